"""What a file may cost: memory and work in proportion to the bytes that were read, and how messages show its content.

A size or a count that stands in a file is believed as far as bytes bear it out. Where few bytes can ask for much (one
array that is named a thousand times, one word with a million n-grams, keys that are alike to a hash table) the
cost is charged here before it is spent.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from fastw2v.errors import FormatError

FREE = 1 << 16  # bytes that every file may cost
FEW = 1000  # objects that every file may ask for
MOST_ALIKE = 64  # keys that may have one hash: honest ones have their own, but for -1 and -2


class Budget:
    """Memory or work that is left to a file.

    Parameters
    ----------
    name : str
        The file, for messages.
    n_bytes : int
        That were read of it, unpacked.
    per_byte : float
        What each of them pays for.
    free : float
        What every file may cost.
    """

    def __init__(self, name: str, n_bytes: int, per_byte: float, free: float = FREE) -> None:
        self.name, self.n_bytes = name, n_bytes
        self.left, self.parts_left = free + per_byte * n_bytes, FEW + n_bytes

    def charge(self, cost: float, what: str) -> None:
        """Spend ``cost``; a FormatError that names ``what`` if it is too much for a file of this size."""
        self.left -= cost
        if self.left < 0:
            raise FormatError(f"{self.name}: {what}: more than a file of {self.n_bytes} bytes can honestly ask for")

    def charge_parts(self, n: int, what: str) -> None:
        """Make ``n`` objects, each of which an honest file mentions: with a byte at least."""
        self.parts_left -= n
        if self.parts_left < 0:
            raise FormatError(f"{self.name}: {what}: more than a file of {self.n_bytes} bytes can honestly ask for")


def shown(value: Any, longest: int = 60) -> str:
    """A value of a file as a message shows it: short, however long or deep it is."""
    if isinstance(value, str | bytes):
        return repr(value) if len(value) <= longest else f"{value[:longest]!r}... ({len(value)} long)"
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        return f"a number of {value.bit_length()} bits"
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, tuple):
        parts = [shown(part, 20) if not isinstance(part, tuple) else "(...)" for part in value[:6]]
        return f"({', '.join(parts)}{', ...' if len(value) > 6 else ',' if len(parts) == 1 else ''})"
    return f"a {type(value).__name__}"


def check_distinct(keys: Sequence[Hashable], name: str) -> None:
    """Refuse keys that occur twice, and keys that were chosen so that telling them apart takes for ever.

    Python salts the hashes of texts; those of numbers and tuples of numbers can be chosen: a million keys with one hash
    take hours. So hashes are counted before the keys meet in a table.
    """
    check_hashes(keys, name)
    if len(dict.fromkeys(keys)) < len(keys):
        raise FormatError(f"{name}: a key occurs twice")


def check_hashes(keys: Sequence[Hashable], name: str) -> None:
    """Refuse keys of which too many have the same hash, be they alike or not."""
    if len(keys) <= MOST_ALIKE or set(map(type, keys)) <= {str, bytes}:
        return
    hashes = np.fromiter(map(hash, keys), np.int64, len(keys))
    hashes.sort()
    if (hashes[MOST_ALIKE:] == hashes[:-MOST_ALIKE]).any():
        raise FormatError(f"{name}: more than {MOST_ALIKE} keys are one key, or have the same hash")
