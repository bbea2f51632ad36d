"""A column of attributes whose values are stretches of one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class RaggedColumn(Sequence[NDArray[Any]]):
    """An attribute with an array for each key, made as a view when it is asked for.

    As objects, the Huffman paths of a vocabulary would take four times the memory of their numbers. It behaves as an
    array of objects with one dimension that cannot be written; a choice of several rows is such an array.

    Parameters
    ----------
    flat : ndarray, shape (n_values,)
    offsets : int64 array, shape (n_rows + 1,)
        Row ``r`` is ``flat[offsets[r]:offsets[r + 1]]``.

    Examples
    --------
    >>> column = RaggedColumn(np.array([1, 0, 0]), np.array([0, 1, 3]))
    >>> column[-1].tolist(), column[np.array([0])].dtype, len(column)
    ([0, 0], dtype('O'), 2)
    """

    __slots__ = ("_flat", "_offsets")
    dtype = np.dtype(object)
    ndim = 1

    def __init__(self, flat: NDArray[Any], offsets: NDArray[np.int64]) -> None:
        self._flat = flat
        self._offsets = offsets

    @property
    def shape(self) -> tuple[int]:
        """One dimension: a place for each key."""
        return (len(self),)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, rows: Any) -> Any:
        if not isinstance(rows, (int, np.integer)) or isinstance(rows, bool):
            return np.asarray(self)[rows]
        row = int(rows) + (len(self) if rows < 0 else 0)
        if not 0 <= row < len(self):
            raise IndexError(f"row {rows} of a column of {len(self)}")
        return self._flat[self._offsets[row] : self._offsets[row + 1]]

    def __setitem__(self, rows: Any, values: Any) -> None:
        raise TypeError("this attribute cannot be set: it follows from others, as Huffman paths do from word counts")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("an array of the values of a ragged column is always a new one")
        column = np.empty(len(self), object)
        for row, values in enumerate(self):
            column[row] = values
        return column if dtype is None else column.astype(dtype)

    def copy(self) -> NDArray[Any]:
        """All values as an array of objects."""
        return np.asarray(self)

    def tolist(self) -> list[NDArray[Any]]:
        """All values as a list."""
        return list(self)
