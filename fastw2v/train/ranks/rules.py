r"""How the changes that several ranks made of a row become one change: the rule of math.md section 8, for many at once.

Each rank made some updates of a row, all from the same old value.  Had they come one by one, the later ones would have
seen what the earlier ones did, and done less.  Along an axis where an update closes a part :math:`\eta\lambda` of the
error, ``n`` updates close :math:`1 - e^{-\eta\lambda n}`.  So where ``T`` ranks changed a row by
:math:`u_1, \dots, u_T`, with ``N`` updates together, the sum of what they did is too much by a known factor:

.. math:: \frac{1 - e^{-\eta\lambda N}}{T\,(1 - e^{-\eta\lambda N/T})}

That is 1 for a row with few updates, whose changes are summed, and 1/T for a row that each rank has brought to its
best value, where the mean is right.  Between the two it follows the curvature, and it never leaves them: no direction
of a row moves farther than the sum, nor less than the mean over the ranks that touched it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastw2v.train.ranks.rows import Curvature

FEW, LEAST = 1e-2, 1e-4  # parts of the error closed, below which the sum is right to a percent, and to a float


def one_change(
    total: NDArray[np.float32],
    n_ranks: NDArray[np.int32],
    n_updates: NDArray[np.float64],
    alpha: float,
    curvature: Curvature,
) -> NDArray[np.float32]:
    """Return the change of each row that is as if all updates had come one by one.

    Parameters
    ----------
    total : ndarray of float32, shape (n_rows, vector_size)
        Sum of the changes that the ranks made.
    n_ranks : ndarray of int32, shape (n_rows,)
        How many ranks have changed the row.
    n_updates : ndarray of float64, shape (n_rows,)
        Updates of the row by all ranks together, since the last exchange.
    alpha : float
        Learning rate.
    curvature : Curvature
        That rows of this kind meet.

    Examples
    --------
    >>> import numpy as np
    >>> flat = Curvature(np.eye(2, dtype=np.float32), np.array([0.0, 0.1]))  # no curvature along the first axis
    >>> few_updates, many = np.array([4.0]), np.array([1e9])
    >>> total, n_ranks = np.array([[4.0, 4.0]], np.float32), np.array([4])
    >>> np.round(one_change(total, n_ranks, few_updates, 0.025, flat)).tolist()  # the sum
    [[4.0, 4.0]]
    >>> np.round(one_change(total, n_ranks, many, 0.025, flat)).tolist()  # the sum and the mean
    [[4.0, 1.0]]
    """
    ranks = np.maximum(n_ranks, 1).astype(np.float32)[:, None]
    # ranks that made no update of a row changed nothing; those that changed it made at least one each
    closed = (alpha * np.maximum(n_updates, n_ranks)).astype(np.float32)
    change = total
    many = np.flatnonzero(closed * curvature.along.max() > FEW)
    if len(many):
        along = np.minimum(curvature.along, 1e30).astype(np.float32)
        part = np.maximum(closed[many, None] * along / ranks[many], LEAST)
        factor = np.expm1(-part * ranks[many]) / (np.expm1(-part) * ranks[many])
        change = total.copy()
        change[many] = ((total[many] @ curvature.axes) * factor) @ curvature.axes.T
    return change
