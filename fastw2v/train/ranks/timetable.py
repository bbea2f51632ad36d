"""Which rows are exchanged when: hot rows often, cold rows seldom, by a count of words that all ranks share.

Every exchange has the hottest rows, half of those that are exchanged half as often, and so on: all are as long, what
they need of memory is little and near, and none keeps training waiting.

What ranks do not hear of each other is the sum of the steps that they make meanwhile, as between threads
(``train/hot_rows.py``, STALE), and a step is as long as its learning rate.  So words count as much as their learning
rate, over the highest: while it falls to nothing, half as many exchanges are enough.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# What follows decides how fast training is, and how soon ranks hear of each other.
# At a constant learning rate a training has so many exchanges of all rows for each two of its ranks, at least.  A short
# training pays for that: what ranks do not hear of would be much of it, and the more, the more of them there are.
# It is twice as many where no balance of input and output rows is given back (``balance``), and nothing makes up for
# what an exchange loses.  MOST_EXCHANGES are enough for any number of ranks, which then hear of all but a 256th of a
# training: measured with 16.
FULL_EXCHANGES = 32
MOST_EXCHANGES = 256
WORDS_PER_ROW = 100  # that a rank trains for each row that it exchanges: the exchange is then a small part of the work
# Each tier has a quarter of the rows of the one before, the hottest, and half its period; there is one less where ranks
# are so many that MOST_EXCHANGES bound them: with a tier more, eight ranks exchanged twice as often, for less quality.
TIERS = 4
STRETCH = 16  # rows one after the other in their order, by heat, that have the same owner and are exchanged together


class Timetable(NamedTuple):
    """When which rows are exchanged: one part of all of them after the other, and then the first again.

    Examples
    --------
    >>> timetable = Timetable(words=1000, tiers=3)
    >>> timetable.n_parts
    4
    >>> order = np.arange(64 * 16)  # rows, the hottest first, of one rank
    >>> [len(timetable.rows(order, part, owner=0, size=1)) for part in range(4)]  # 4 + 12 / 2 + 48 / 4 stretches
    [352, 352, 352, 352]
    """

    words: int  # of all ranks together, at the highest learning rate, between two exchanges
    tiers: int

    @property
    def n_parts(self) -> int:
        """How many exchanges have all rows, the hottest in each of them."""
        return 1 << (self.tiers - 1)

    def period(self, tier: int) -> int:
        """Return in how many exchanges the rows of a tier are once."""
        return self.n_parts >> tier

    def tiers_of(self, order: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the tier of each row, the hottest that it belongs to.

        >>> Timetable(words=1000, tiers=2).tiers_of(np.arange(100))[[0, 31, 32, 99]].tolist()  # 25 rows, in 2 stretches
        [1, 1, 0, 0]
        """
        found = np.zeros(len(order), np.intp)
        found[order] = np.repeat(self._tiers_of_stretches(len(order)), STRETCH)[: len(order)]
        return found

    def _tiers_of_stretches(self, n_rows: int) -> NDArray[np.intp]:
        found = np.zeros(-(-n_rows // STRETCH), np.intp)
        for tier in range(1, self.tiers):
            found[: -(-(n_rows >> (2 * tier)) // STRETCH)] = tier
        return found

    def rows(
        self, order: NDArray[np.int64], part: int, owner: int, size: int, *, once: bool = False
    ) -> NDArray[np.int64]:
        """Return the rows of a part that a rank owns, the hottest first.

        They lie in stretches, which memory gives out faster than every other row, and which are short, so that all
        ranks own as many hot rows as cold ones, in every part.

        Parameters
        ----------
        order : ndarray of int64
            All rows of a matrix, the hottest first.
        part, owner, size : int
            Of the exchanges, of the ranks, and how many ranks there are.
        once : bool
            Each row in one part alone: that of the coldest.
        """
        tiers = self._tiers_of_stretches(len(order))
        turn, rank = np.divmod(np.arange(len(tiers)), size)
        period = self.n_parts if once else self.n_parts >> tiers
        due = np.repeat((rank == owner) & (turn % period == part % period), STRETCH)[: len(order)]
        rows: NDArray[np.int64] = order[due]
        return rows


def timetable_for(n_rows: int, n_words: int | None, size: int, *, balanced: bool) -> Timetable:
    """Return a timetable.

    Parameters
    ----------
    n_rows : int
        Of all matrices.
    n_words : int or None
        Raw words of the whole training, None where nobody knows.
    size : int
        Ranks.
    balanced : bool
        Whether the balance of input and output rows is given back.

    Examples
    --------
    >>> timetable_for(n_rows=100_000, n_words=85_000_000, size=4, balanced=True)
    Timetable(words=55338, tiers=4)
    """
    full, n_pairs = n_rows * WORDS_PER_ROW * size, max(size * (size - 1) // 2, 1)
    n_exchanges = FULL_EXCHANGES * n_pairs * (1 if balanced else 2)
    if n_words:
        full = min(full, n_words // min(n_exchanges, MOST_EXCHANGES))
    tiers = TIERS if n_exchanges < MOST_EXCHANGES else TIERS - 1
    return Timetable(max(full >> (tiers - 1), 1), tiers)
