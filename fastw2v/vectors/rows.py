"""Rows by key: what may be a key, and rows of a matrix."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.query.quantized import QuantizedMatrix

INTEGERS = (int, np.integer)
KEYS = (str, bytes, *INTEGERS)  # one key, whatever else is in the table
BLOCK = 1 << 18  # numbers that are converted at a time


def is_row_number(key: object) -> bool:
    """Return whether a key that is not in the table may stand for a row: any integer except booleans."""
    return isinstance(key, INTEGERS) and not isinstance(key, (bool, np.bool_))


def numbered_row(key: Any, keys: list[Any]) -> int:
    """Return the row that a number means which is no key, or -1.

    In a table of item ids an unknown id is missing, it is not the row of another item.

    Examples
    --------
    >>> numbered_row(1, ["a", "b"]), numbered_row(1, ["a", 7]), numbered_row("c", ["a", "b"])
    (1, -1, -1)
    """
    return key if is_row_number(key) and 0 <= key < len(keys) and not is_row_number(keys[key]) else -1


def is_key(value: Any, key_to_index: Mapping[Any, int]) -> bool:
    """Return whether a value, which need not be hashable, is a key of the table."""
    try:
        return value in key_to_index
    except TypeError:  # an array, or a tuple with one in it
        return False


def checked_size(vector_size: int) -> int:
    """Return the size of vectors as an int, or raise a ConfigError."""
    if not isinstance(vector_size, numbers.Real) or int(vector_size) != vector_size or vector_size < 0:
        raise ConfigError(f"vector_size={vector_size!r}: must be an integer >= 0; 100 is usual")
    return int(vector_size)


def reject_string(name: str, keys: object) -> None:
    """Refuse one string where a collection of keys belongs: it would be taken for its characters."""
    if isinstance(keys, (str, bytes)):
        raise TypeError(f"{name}={keys!r} is one string, not a collection of keys: pass [{keys!r}], or {name}.split()")


def take_rows(vectors: Any, rows: NDArray[np.int64]) -> Any:
    """Return the rows in a new matrix of the same storage type."""
    return vectors.take(rows) if isinstance(vectors, QuantizedMatrix) else vectors[rows]


def dense(vectors: QuantizedMatrix, dtype: Any = np.float32) -> NDArray[Any]:
    """Return int8 rows as a new float matrix, made block by block, so that there is never a second one."""
    made = np.empty(vectors.shape, dtype=dtype)
    step = max(1, BLOCK // max(1, made.shape[1]))
    for start in range(0, len(made), step):
        made[start : start + step] = vectors[start : start + step]
    return made
