"""How changes of rows travel: which rows have changed, one bit each, and their changes in 32 or 16 bits a number.

What rounding leaves over is not lost: it stays where it arose, and travels with the next change (``exchange``).
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import compiled
from fastw2v.train.ranks.communicator import Bytes

_changes = compiled("fastw2v.train.ranks._changes")

WIRES = {"float32": 0, "float16": 1, "bfloat16": 2}


class Room:
    """Memory that exchanges use again: the system would clear new memory first, which takes as long as filling it.

    Also between ranks of one process, which see each other's memory, nobody reads what is overwritten: a rank that
    begins an exchange has heard from all others that they have read what the one before was about.

    Examples
    --------
    >>> room = Room()
    >>> np.shares_memory(room("made", 300), room("made", 200)), np.shares_memory(room("made", 300), room("left", 300))
    (True, False)
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, Bytes] = {}

    def __call__(self, name: Hashable, n_bytes: int) -> Bytes:
        """Return so many bytes, the same as before for the same name."""
        kept = self._kept.get(name)
        if kept is None or len(kept) < n_bytes:
            kept = self._kept[name] = np.empty(n_bytes, np.uint8)
        return kept[:n_bytes]


def packed(rows: NDArray[np.float32], wire: str) -> Bytes:
    """Return the rows that are not all zeros as bytes.

    Parameters
    ----------
    rows : ndarray of float32, shape (n_rows, vector_size)
    wire : {"float32", "float16", "bfloat16"}

    Examples
    --------
    >>> import numpy as np
    >>> message = packed(np.array([[0, 0], [1, 2], [0, 0]], np.float32), "float16")
    >>> len(message)  # 3 bits in 8 bytes, and two numbers of two bytes
    12
    >>> found, changed = unpacked(message, 3, 2, "float16")
    >>> found.tolist(), changed.tolist()
    ([[1.0, 2.0]], [False, True, False])
    """
    zeros, every = np.zeros_like(rows), np.arange(len(rows))
    out = np.empty(_changes.most_bytes(len(rows), rows.shape[1], WIRES[wire]), np.uint8)
    return out[: _changes.form(rows, zeros, every, WIRES[wire], out)]


def unpacked(data: Bytes, n_rows: int, vector_size: int, wire: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the rows that have changed, and which of ``n_rows`` these are."""
    changed = np.unpackbits(data[: (n_rows + 7) // 8], count=n_rows, bitorder="little").view(np.bool_)
    numbers = data[(n_rows + 63) // 64 * 8 :]
    if wire == "float32":
        values = numbers.view(np.float32)
    elif wire == "float16":
        values = numbers.view(np.float16).astype(np.float32)
    else:
        values = (numbers.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return values.reshape(-1, vector_size), changed
