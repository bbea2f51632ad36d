r"""The balance of input and output rows: what changes that become one change lose of it, and how it is given back.

Let X be the input rows and O the output rows.  A step along one pair's error moves x by a multiple of o, and o by the
same multiple of x.  So all steps of a training, one by one, keep

.. math:: B = X^\top X - O^\top O

but for the squares of the steps (math.md section 8).  Changes of several ranks that become one do not: output rows,
whose curvature is steep, are damped, and input rows, which answer to the same errors, are summed.  Inputs of frequent
words grow, outputs shrink, and that is a training with other learning rates: eight ranks lost a tenth of their score.
(In CBOW as word2vec has it the rows of a context take another multiple of their share of a step, with as many words as
there are in it.  No balance is kept there, and nothing here is done.)

Products ``x . o`` stay what they are if all of X is multiplied by a matrix A, and all of O by its inverse, transposed.
There is one symmetric positive A for each B: so ranks whose weights are equal and at rest multiply by the one that
makes B what it would be one by one.  The squares of the steps are measured: what a rank does by itself between two
exchanges is what one process does.  (To all rows: what a step does to B is the small rest of two sums that are equal,
also if each rank measured some of the rows, and ranks were the same but for chance.)

Products of rows are compiled here, not BLAS's: its threads, one for each core in each rank, wait for each other by
turning in loops, on cores that train (four of five seconds of two ranks on two cores), and go on turning for a tenth of
a second.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import compiled
from fastw2v.train.ranks.communicator import Communicator, gather_objects
from fastw2v.train.ranks.rows import Model

_changes = compiled("fastw2v.train.ranks._changes")

logger = logging.getLogger("fastw2v.word2vec")

Square = NDArray[np.float64]

BLOCK = 1 << 15  # rows that are multiplied at a time, by all ranks
LONGEST = 0.3  # of a step to the matrix that is looked for: the error falls with each
NEAR = 1e-9  # the balance's error, of the squares that it is the difference of, that is none


class Balance:
    """The balance that the weights of all ranks should have, followed through a training, on one of them."""

    def __init__(self, communicator: Communicator) -> None:
        self.kept = False  # whether training keeps it
        self._communicator = communicator
        # the balance, and words of all ranks, where this rank began to train by itself; None while it hears of others
        self._begun: tuple[Square, int] | None = None
        self._rate: Square | None = None  # of change, by one rank's steps, over words times squared learning rates
        self._waiting = 0.0  # words times squared learning rates, since it was measured last

    def follow(self, model: Model, base: list[NDArray[np.float32]], first_word: int, *, same: bool = False) -> None:
        """Keep the balance of these weights, which are equal on all ranks, from a word of an epoch on.

        Parameters
        ----------
        model : Model
        base : list of ndarray
            The weights of all its matrices.
        first_word : int
        same : bool
            Whether the weights are those that it has given the balance back to.
        """
        known = self.kept and same
        self._matrices = model.matrices()
        self._words = first_word
        self.kept = model.keeps_balance
        if not self.kept or known:
            return
        inputs, outputs = self._squares(base)
        self._wanted = inputs - outputs
        self._steps: Square = np.zeros_like(self._wanted)  # what this rank's steps have done to it by themselves

    def passed(self, n_words: int, alpha: float) -> None:
        """Go on to a word of the epoch, all ranks' words counted."""
        if not self.kept:
            return
        self._waiting += max(n_words - self._words, 0) * alpha**2
        self._words = n_words

    def measure(self) -> None:
        """Note the balance of the weights: from now on this rank trains by itself."""
        self._begun = self._own(), self._words

    def measured(self, n_words: int, alpha: float) -> None:
        """Note what this rank has done by itself, before it hears of others."""
        if self._begun is None:
            return
        (before, begun), self._begun = self._begun, None
        if (amount := (n_words - begun) / self._communicator.size * alpha**2) <= 0:
            return
        with np.errstate(all="ignore"):  # of a training that has diverged, and will say so
            rate: Square = (self._own() - before) / amount
            self._count(rate if self._rate is None else 0.5 * (self._rate + rate))
        self._rate = rate

    def _own(self) -> Square:
        """Return the balance of this rank's weights, all of them."""
        inputs, outputs = squares_of([[matrix.weights] for matrix in self._matrices])
        with np.errstate(all="ignore"):
            return inputs - outputs

    def _count(self, rate: Square) -> None:
        """Note what this rank's steps have done since the last measurement, at this rate of change."""
        self._steps += rate * self._waiting
        self._waiting = 0.0

    # ------------------------------------------------------------------ where all ranks are at rest ----

    def restore(self, base: list[NDArray[np.float32]]) -> int:
        """Give the balance back to weights that are equal on all ranks, and stay so; return the bytes sent.

        Parameters
        ----------
        base : list of ndarray
            Overwritten.
        """
        if not self.kept:
            return 0
        if self._rate is not None:
            self._count(self._rate)
        steps = gather_objects(self._communicator, self._steps)
        self._wanted = self._wanted + sum(steps) / len(steps)
        self._steps[:] = 0
        inputs, outputs = self._squares(base)
        turns = self._communicator.broadcast(self._turns(inputs, outputs) if self._communicator.rank == 0 else None)
        if turns is None:
            logger.debug("the weights have no balance that could be given back")
            return 0
        turn, back = turns
        return sum(self._multiply(matrix, back if number else turn) for number, matrix in enumerate(base))

    def _turns(self, inputs: Square, outputs: Square) -> tuple[Square, Square] | None:
        """Return by what inputs and outputs are to be multiplied; others wait for it."""
        with one_thread():
            turn = turned_to(inputs, outputs, self._wanted)
            return None if turn is None else (turn, np.linalg.inv(turn).T.astype(np.float64))

    def _squares(self, base: list[NDArray[np.float32]]) -> tuple[Square, Square]:
        """Return the two sides of the balance, the same bits everywhere: each rank sums over its rows."""
        rank = self._communicator.rank
        mine = [[matrix[blocks[rank]] for blocks in self._rounds(len(matrix))] for matrix in base]
        found = gather_objects(self._communicator, squares_of(mine))
        return sum(one for one, _ in found), sum(other for _, other in found)

    def _rounds(self, n_rows: int) -> list[list[slice]]:
        """Return the blocks of rows of all ranks in each round; those of the last may be short, or empty."""
        size = self._communicator.size
        rows = -(-BLOCK // size)  # of a rank
        starts = range(0, n_rows, rows * size)
        return [[slice(start + rows * rank, start + rows * (rank + 1)) for rank in range(size)] for start in starts]

    def _multiply(self, matrix: NDArray[np.float32], turn: Square) -> int:
        """Multiply all rows, each rank its blocks, so that ranks on different machines get the same bits."""
        rank, size, n_bytes = self._communicator.rank, self._communicator.size, 0
        for blocks in self._rounds(len(matrix)):
            _changes.multiply(matrix[blocks[rank]], turn)
            made = matrix[blocks[rank]].ravel().view(np.uint8)
            n_bytes += made.nbytes * (size - 1)
            for other, (part,) in enumerate(self._communicator.gather([made])):
                if other != rank:
                    rows = matrix[blocks[other]]
                    rows[:] = part.view(np.float32).reshape(rows.shape)
        return n_bytes


def squares_of(matrices: list[list[NDArray[np.float32]]]) -> tuple[Square, Square]:
    """Return the squares of inputs and of outputs; the parts of each matrix, the inputs first."""
    size = matrices[0][0].shape[1]
    inputs, outputs = np.zeros((size, size)), np.zeros((size, size))
    for number, parts in enumerate(matrices):
        for rows in parts:
            _changes.add_squares(rows, outputs if number else inputs)
    return inputs, outputs


def one_thread() -> AbstractContextManager[Any]:
    """Let BLAS have one thread, if threadpoolctl is there, which the extras mpi and ray bring."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    limits: AbstractContextManager[Any] = threadpool_limits(1, "blas")
    return limits


def turned_to(inputs: Square, outputs: Square, wanted: Square) -> Square | None:
    r"""Return the matrix A by which inputs are to be multiplied, for :math:`A^\top I A - A^{-1} O A^{-\top}` as wanted.

    Newton's method: with A times ``1 + a``, a symmetric, the balance moves by ``S a + a S``, S the sum of both sides.

    Parameters
    ----------
    inputs, outputs, wanted : ndarray of float64, shape (d, d)
        Symmetric: the squares of both sides, and what their difference should be.

    Returns
    -------
    ndarray, shape (d, d), or None
        None if numbers are not finite, or no such matrix was found.

    Examples
    --------
    >>> turned_to(np.eye(1) * 16.0, np.eye(1), np.zeros((1, 1))).round(3).tolist()
    [[0.5]]
    """
    if not (np.isfinite(inputs).all() and np.isfinite(outputs).all() and np.isfinite(wanted).all()):
        return None
    turn = np.eye(len(wanted))
    for _ in range(100):
        back = np.linalg.inv(turn)
        left, right = turn.T @ inputs @ turn, back @ outputs @ back.T
        both, error = left + right, left - right - wanted
        if np.abs(error).max() <= NEAR * np.abs(both).max():
            return turn
        along, axes = np.linalg.eigh(both)
        along = np.maximum(along, 1e-12 * along[-1])
        step = -axes @ ((axes.T @ error @ axes) / (along[:, None] + along)) @ axes.T
        turn = turn @ (np.eye(len(turn)) + step * min(1.0, LONGEST / np.abs(np.linalg.eigvalsh(step)).max()))
    return None
