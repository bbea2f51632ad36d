"""The passes of an exchange over the rows: compiled for each instruction set, without the GIL.

``rows`` are the numbers of the rows that a message is about; ``wire`` is a value of :data:`wire.WIRES`.
"""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

def most_bytes(n_rows: int, size: int, wire: int) -> int:
    """Return how long a message about so many rows of ``size`` numbers is, at most."""

def form(
    weights: NDArray[np.float32],
    base: NDArray[np.float32],
    rows: NDArray[np.int64],
    wire: int,
    out: Bytes,
    at_a_glance: bool = False,
) -> int:
    """Write a message, ``weights - base`` of the rows that differ, into ``out``; return its length.

    With ``at_a_glance`` a row differs if its first 16 numbers do, by more than the wire would round them by.
    """

def make_one(
    messages: list[Bytes],
    wire: int,
    n_updates: NDArray[np.float64],
    alpha: float,
    axes: NDArray[np.float32],
    along: NDArray[np.float64],
    out: Bytes,
    left: NDArray[np.float32],
) -> int:
    """Write the message of the one change that all ranks' make, by the rule (``rules``); return its length.

    Parameters
    ----------
    messages : list of ndarray
        One from each rank, about the same rows.
    n_updates : ndarray of float64, shape (n_rows,)
        Of each row, by all ranks.
    alpha : float
        Learning rate.
    axes : ndarray of float32, shape (vector_size, vector_size)
        Of the curvature, which goes down from one to the next.
    along : ndarray of float64, shape (vector_size,)
    left : ndarray of float32, shape (n_rows, vector_size)
        Gets what rounding has left over of the rows that changed.
    """

def take_over(
    weights: NDArray[np.float32],
    base: NDArray[np.float32],
    rows: NDArray[np.int64],
    wire: int,
    made: Bytes,
    sent: Bytes,
    left: NDArray[np.float32] | None = None,
) -> None:
    """Add what all ranks did to ``base``, and what the others did, or rounding has left, to ``weights``."""

def add_squares(rows: NDArray[np.float32], out: NDArray[np.float64]) -> None:
    """Add the sum of x x' over rows: a few hundred of them in single precision, these sums in double precision."""

def multiply(rows: NDArray[np.float32], matrix: NDArray[np.float64]) -> None:
    """Put ``rows @ matrix`` in the place of the rows."""

def eigenvectors(matrix: NDArray[np.float32], axes: NDArray[np.float32], along: NDArray[np.float64]) -> None:
    """Turn the rows of ``axes`` into the eigenvectors of a symmetric matrix; write the eigenvalues into ``along``.

    No eigenvalue may be negative.  The order is any.  The rows are orthogonal to each other, of length 1; the nearer
    to the eigenvectors, the sooner these are found.
    """
