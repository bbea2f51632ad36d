"""Which rows are exchanged when: hot rows often, cold rows seldom, by a count of words that all ranks share.

What ranks do not hear of each other is the sum of the steps that they make meanwhile, as between threads
(``train/hot_rows.py``, STALE), and a step is as long as its learning rate.  So words count as much as their learning
rate, over the highest: while it falls to nothing, half as many exchanges are enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# What follows decides how fast training is, and how soon ranks hear of each other.
# At a constant learning rate a training has so many exchanges of all rows for each two of its ranks, at least.  A short
# training pays for that: what ranks do not hear of would be much of it, and the more, the more of them there are.
# MOST_EXCHANGES are enough for any number of ranks, which then hear of all but a 256th of a training: measured with 16.
FULL_EXCHANGES = 32
MOST_EXCHANGES = 256
WORDS_PER_ROW = 100  # that a rank trains for each row that it exchanges: the exchange is then a small part of the work
TIERS = 4  # each has a quarter of the rows of the one before, the hottest, and half its period


class Timetable(NamedTuple):
    """When which rows are exchanged.

    Examples
    --------
    >>> timetable = Timetable(words=1000, tiers=3)
    >>> timetable.due([500, 500, 500])  # words since each tier was exchanged: too few
    >>> timetable.due([2000, 2000, 2000]), timetable.due([4000, 2000, 2000])  # 0: all rows
    (1, 0)
    >>> timetable.n_rows(5000, tier=1)
    1250
    """

    words: int  # of all ranks together, at the highest learning rate, between two exchanges of the hottest tier
    tiers: int

    def due(self, words: Sequence[float]) -> int | None:
        """Return the largest tier that is due, with so many words since the last exchange of each; None for none."""
        for tier in range(self.tiers):
            if words[tier] >= self.words << (self.tiers - 1 - tier):
                return tier
        return None

    def n_rows(self, n_rows: int, tier: int) -> int:
        """Return how many rows of a matrix a tier has, the hottest."""
        return max(n_rows >> (2 * tier), min(n_rows, 1))

    def tiers_of(self, order: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the tier of each row, the hottest that it belongs to.

        >>> Timetable(words=1000, tiers=2).tiers_of(np.array([4, 0, 1, 2, 3, 5, 6, 7])).tolist()
        [1, 0, 0, 0, 1, 0, 0, 0]
        """
        found = np.zeros(len(order), np.intp)
        for tier in range(1, self.tiers):
            found[order[: self.n_rows(len(order), tier)]] = tier
        return found


def timetable_for(n_rows: int, n_words: int | None, size: int) -> Timetable:
    """Return a timetable.

    Parameters
    ----------
    n_rows : int
        Of all matrices.
    n_words : int or None
        Raw words of the whole training, None where nobody knows.
    size : int
        Ranks.

    Examples
    --------
    >>> timetable_for(n_rows=100_000, n_words=85_000_000, size=4)
    Timetable(words=55338, tiers=4)
    """
    full = n_rows * WORDS_PER_ROW * size
    if n_words:
        full = min(full, n_words // min(FULL_EXCHANGES * max(size * (size - 1) // 2, 1), MOST_EXCHANGES))
    return Timetable(max(full >> (TIERS - 1), 1), TIERS)
