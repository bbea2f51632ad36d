"""Divergence is an error, never a result: checks of what training makes of the weights, on the way.

A step that is too long may throw a vector so far that the next ones throw it farther. What comes out
is not always a number that is not finite; but it cannot hide from two questions that need no setting:

- *Is the loss far above that of vectors of zeros*, which know nothing? Their loss is known: each
  yes-or-no question costs log 2, a choice among V words log V (math.md section 9).
- *Is a vector a thousand times as long as any was before?* Trained vectors have lengths of 1 to 10.

Both are asked of every chunk, as far as they cost next to nothing (the loss is there anyway, a few rows
are measured), and of all weights after each epoch and before each checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import TrainingError
from fastw2v.query import cosines

SENSELESS_LOSS = 10.0  # times that of vectors of zeros; what trains stays near 1
SENSELESS_GROWTH = 1000.0  # times the longest vector before
MANY_PAIRS = 100  # fewer may have any loss
ROWS_OF_A_CHUNK = 64  # the most frequent words come first: they are in every chunk


def longest_row(rows: NDArray[Any]) -> float:
    """Return the length of the longest row; not finite if a number is not.

    Examples
    --------
    >>> longest_row(np.array([[3.0, 4.0], [0.0, 1.0]]))
    5.0
    """
    lengths = np.empty(len(rows))
    cosines.lengths(rows, lengths)
    return float(lengths.max(initial=0.0))  # max keeps a NaN


@dataclass
class Guard:
    """Raises as soon as weights make no sense.

    Parameters
    ----------
    weights : sequence of arrays
        The matrices that are trained, the input vectors first; whoever replaces one says so here.
    untrained_loss : float
        Mean loss of a pair under vectors of zeros; infinite: not known.
    checkpoint : str, optional
        File with the state before, for the message.
    """

    weights: Sequence[NDArray[Any]] = ()
    untrained_loss: float = float("inf")
    checkpoint: str | None = None
    _longest: float = field(default=float("inf"), init=False)  # of all vectors, when the epoch began
    _where: tuple[int, float] = field(default=(0, 0.0), init=False)  # epoch and learning rate, for the message

    def epoch_begins(self) -> None:
        """Measure what the epoch starts from; no shorter than vectors are before training."""
        lengths = [max(longest_row(rows), 1 / np.sqrt(3 * rows.shape[1])) for rows in self.weights]
        self._longest = max(lengths, default=float("inf"))

    def chunk_done(self, epoch: int, alpha: float, loss: float, n_loss_pairs: int) -> None:
        """Check the loss of a chunk, and some rows.

        Raises
        ------
        TrainingError
            If training has diverged.
        """
        self._where = epoch, alpha
        self._check_loss(loss, n_loss_pairs)
        self._check_rows([rows[:ROWS_OF_A_CHUNK] for rows in self.weights[:1]])

    def check(self, loss: float = 0.0, n_loss_pairs: int = 0) -> None:
        """Check all weights, and the loss of what was trained so far; raises as :meth:`chunk_done` does."""
        self._check_loss(loss, n_loss_pairs)
        self._check_rows(self.weights)

    def _check_loss(self, loss: float, n_loss_pairs: int) -> None:
        if not abs(loss) < float("inf"):
            self._raise("the weights are no longer finite")
        if n_loss_pairs >= MANY_PAIRS and loss > SENSELESS_LOSS * self.untrained_loss * n_loss_pairs:
            self._raise(
                f"the mean loss of a pair is {loss / n_loss_pairs:.3g}, where vectors of zeros would have "
                f"{self.untrained_loss:.3g}"
            )

    def _check_rows(self, matrices: Sequence[NDArray[Any]]) -> None:
        for rows in matrices:
            length = longest_row(rows)
            if not length < float("inf"):
                self._raise("the weights are no longer finite")
            if length > SENSELESS_GROWTH * self._longest:
                self._raise(f"a vector has length {length:.3g}, where the longest had {self._longest:.3g} before")

    def _raise(self, what: str) -> None:
        epoch, alpha = self._where
        kept = ""
        if self.checkpoint is not None:
            kept = f", or go on from before with Word2Vec.resume({self.checkpoint!r}, ...)"
        raise TrainingError(
            f"training diverged in epoch {epoch + 1} at a learning rate of {alpha:g}: {what}; train with a smaller "
            f"alpha{kept}"
        )
