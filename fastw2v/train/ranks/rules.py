r"""How the changes that several ranks made of a row become one change: the rule of math.md section 8, for many at once.

Each rank made some updates of a row, all from the same old value.  Had they come one by one, the later ones would have
seen what the earlier ones did, and done less.  Along an axis with curvature :math:`\lambda` (``rows.samples``), ``n``
updates of a rank close a part :math:`s = 1 - e^{-\eta\lambda n}` of the error, and all ``T`` ranks
:math:`1 - (1 - s)^T`.  So the ranks together should do as much as ``G`` of them:

.. math:: G = \frac{1 - (1 - s)^T}{s}

That is T for a row with few updates, whose changes are summed, and 1 for a row that each rank has brought to its best
value, where the mean is right.  Between the two it follows the curvature.

**Ranks train while an exchange is under way**, and go on closing an error that all of them have closed already.  With
``E`` the error of what all agree on, and ``D`` a rank's change under way, :math:`E' = E - G D`, :math:`D' = s (E - D)`:

.. math:: z^2 - (1 - s)\, z + s\, (G - 1) = 0

With the ``G`` above this swings, and where the curvature is twice what was measured it grows.  Errors fall fastest,
without a swing, with :math:`G = 1 + (1 - s)^2 / 4 s`.  So ``G`` is never more than that, and errors fall as long as the
curvature is below four times what was measured.  It is never less than 1, which is safe whatever the curvature is.

Threads exchange pairwise, one after the other (``kernels/_exchange_body.h``): each takes back a part ``K`` of what the
others did.  With :math:`K = s`, ``T`` equal changes become ``G`` of them: one rule, here in closed form, exact for
thousands of updates, and damped; there to first order, for a few, and heard of at once.  (One rank after the other was
tried here, too: along a steep axis the last one then counts alone, with the noise of its updates.  Eight ranks that
exchanged often did not find their way back from that.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import compiled
from fastw2v.train.ranks.communicator import Bytes
from fastw2v.train.ranks.rows import Curvature
from fastw2v.train.ranks.wire import WIRES, Room

_changes = compiled("fastw2v.train.ranks._changes")


def one_change(
    messages: list[Bytes],
    n_updates: NDArray[np.float64],
    alpha: float,
    curvature: Curvature,
    wire: str,
    room: Room | None = None,
) -> tuple[Bytes, NDArray[np.float32]]:
    """Return the change of each row that is as if all updates had come one by one, or less where that would swing.

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
    room : Room, optional
        For what is returned.

    Returns
    -------
    change : ndarray
        A message.
    left : ndarray of float32, shape (n_rows, vector_size)
        What rounding has left over of the rows that changed; undefined for others.

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
    room = room or Room()
    n_rows, size = len(n_updates), len(curvature.along)
    change = room("made", _changes.most_bytes(n_rows, size, WIRES[wire]))
    left = room("left", 4 * n_rows * size).view(np.float32).reshape(n_rows, size)
    n_bytes = _changes.make_one(
        messages, WIRES[wire], n_updates, alpha, curvature.axes, curvature.along, change, left
    )  # fmt: skip
    return change[:n_bytes], left
