r"""How the changes that several ranks made of a row become one change: the rule of math.md section 8, for many at once.

Each rank made some updates of a row, all from the same old value.  Had they come one by one, the later ones would have
seen what the earlier ones did, and done less.  Along an axis where an update closes a part :math:`\eta\lambda` of the
error, ``n`` updates close :math:`1 - e^{-\eta\lambda n}`.  So where ``T`` ranks changed a row by
:math:`u_1, \dots, u_T`, with ``N`` updates together, the sum of what they did is too much by a known factor:

.. math:: \frac{1 - e^{-\eta\lambda N}}{T\,(1 - e^{-\eta\lambda N/T})}

That is 1 for a row with few updates, whose changes are summed, and 1/T for a row that each rank has brought to its
best value, where the mean is right.  Between the two it follows the curvature, and it never leaves them: no direction
of a row moves farther than the sum, nor less than the mean over the ranks that touched it.

Threads exchange pairwise, one after the other (``kernels/_exchange_body.h``): each takes back a part ``K`` of what the
others did.  With :math:`K = 1 - e^{-\eta\lambda N/T}`, ``T`` equal changes become :math:`u \sum_i (1 - K)^i`, which is
the factor above: one rule, here in closed form, exact for thousands of updates; there to first order, for a few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import compiled
from fastw2v.train.ranks.communicator import Bytes
from fastw2v.train.ranks.rows import Curvature
from fastw2v.train.ranks.wire import WIRES, message

_changes = compiled("fastw2v.train.ranks._changes")


def one_change(
    messages: list[Bytes], n_updates: NDArray[np.float64], alpha: float, curvature: Curvature, wire: str
) -> tuple[Bytes, NDArray[np.float32]]:
    """Return the change of each row that is as if all updates had come one by one.

    Parameters
    ----------
    messages : list of ndarray
        What each rank has changed, of the same rows.
    n_updates : ndarray of float64, shape (n_rows,)
        Updates of each row by all ranks together, since the last exchange.
    alpha : float
        Learning rate.
    curvature : Curvature
        That rows of this kind meet.
    wire : {"float32", "float16", "bfloat16"}
        Of the messages.

    Returns
    -------
    change : ndarray
        A message.
    left : ndarray of float32, shape (n_rows, vector_size)
        What rounding has left over.

    Examples
    --------
    >>> import numpy as np
    >>> from fastw2v.train.ranks.rows import axes_of
    >>> from fastw2v.train.ranks.wire import packed, unpacked
    >>> flat = axes_of(np.diag([0.0, 0.1]))  # no curvature along the first axis
    >>> few_updates, many = np.array([4.0]), np.array([1e9])
    >>> four = 4 * [packed(np.ones((1, 2), np.float32), "float32")]
    >>> def found(n_updates):
    ...     change, left = one_change(four, n_updates, 0.025, flat, "float32")
    ...     return np.round(unpacked(change, 1, 2, "float32")[0], 1).tolist()
    >>> found(few_updates)  # the sum
    [[4.0, 4.0]]
    >>> found(many)  # the sum and the mean
    [[4.0, 1.0]]
    """
    size, left = len(curvature.along), np.zeros((len(n_updates), len(curvature.along)), np.float32)
    change = message(
        len(n_updates), size, wire,
        lambda out: _changes.make_one(
            messages, WIRES[wire], n_updates, alpha, curvature.axes, curvature.along, out, left
        ),
    )  # fmt: skip
    return change, left
