"""How changes of rows travel: which rows have changed, one bit each, and their changes in 32 or 16 bits a number.

What rounding leaves over is not lost: it stays where it arose, and travels with the next change (``exchange``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.train.ranks.communicator import Bytes

WIRES = ("float32", "float16", "bfloat16")


def packed(rows: NDArray[np.float32], changed: NDArray[np.bool_], wire: str) -> Bytes:
    """Return the rows that have changed as bytes.

    Parameters
    ----------
    rows : ndarray of float32, shape (n_rows, vector_size)
    changed : ndarray of bool, shape (n_rows,)
    wire : {"float32", "float16", "bfloat16"}

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0, 0], [1, 2], [0, 0]], np.float32)
    >>> message = packed(rows, rows.any(axis=1), "float16")
    >>> len(message)  # 3 bits in 8 bytes, and two numbers of two bytes
    12
    >>> found, changed = unpacked(message, 3, 2, "float16")
    >>> found.tolist(), changed.tolist()
    ([[1.0, 2.0]], [False, True, False])
    """
    values: NDArray[Any] = rows if changed.all() else rows[changed]
    if wire == "float16":
        with np.errstate(over="ignore"):  # to infinity: what is so large has diverged, and is found
            values = values.astype(np.float16)
    elif wire == "bfloat16":
        bits = np.ascontiguousarray(values).view(np.uint32)
        values = ((bits + 0x8000) >> 16).astype(np.uint16)
    values = np.ascontiguousarray(values).reshape(-1)
    bits_of_rows = np.packbits(changed)
    spare = np.zeros(-len(bits_of_rows) % 8, np.uint8)  # numbers begin at a multiple of 8 bytes
    return np.concatenate([bits_of_rows, spare, values.view(np.uint8)])


def unpacked(
    message: Bytes, n_rows: int, vector_size: int, wire: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the rows that have changed, and which of ``n_rows`` these are."""
    changed = np.unpackbits(message[: (n_rows + 7) // 8], count=n_rows).view(np.bool_)
    data = message[(n_rows + 63) // 64 * 8 :]
    if wire == "float32":
        values = data.view(np.float32)
    elif wire == "float16":
        values = data.view(np.float16).astype(np.float32)
    else:
        values = (data.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return values.reshape(-1, vector_size), changed
