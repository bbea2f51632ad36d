r"""How the changes that several ranks made of a row become one change: the rule of math.md section 8, for many at once.

Each rank made some updates of a row, all from the same old value.  Had they come one by one, the later ones would have
seen what the earlier ones did, and taken a part of it back.  Along an axis with curvature :math:`\lambda`, ``n``
updates close a part :math:`s = 1 - e^{-\eta\lambda n}` of the error.  So the ranks' changes :math:`u_1, \dots, u_T`
become one as threads exchange a row, one after the other (``kernels/_exchange_body.h``):

.. math:: c \leftarrow (1 - s)\, c + u_i

Equal changes become :math:`G u` with :math:`G = (1 - (1 - s)^T) / s`: the sum of a row with few updates, the change of
one rank where each has brought the row to its best value.  There it is that of the last rank, with the noise that
updates have; the mean of all would have a T-th of it, as if the learning rate was lower.

**Ranks train while an exchange is under way**, and go on closing an error that all of them have closed already.  With
``E`` the error of what all agree on, and ``D`` a rank's change under way, :math:`E' = E - G D`, :math:`D' = s (E - D)`:

.. math:: z^2 - (1 - s)\, z + s\, (G - 1) = 0

With the ``G`` above this swings, and where the curvature is twice what was measured it grows: input and output rows
move together, and what each meets was measured while the other stood still.  Errors fall fastest, without a swing, with
:math:`G = 1 + (1 - s)^2 / 4 s`.  So what all ranks did is made less along axes where it would be more than that.  Then
errors fall as long as the curvature is below four times what was measured.
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
    """Return the change of each row that is as if all updates had come one by one, or less where that would swing.

    Parameters
    ----------
    messages : list of ndarray
        What each rank has changed, of the same rows; the last one counts in full.
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
    >>> found(many)  # the sum, and what one did
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
