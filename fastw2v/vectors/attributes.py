"""Attributes of keys: counts and the like, one column for each, one place in it for each key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]


def attr_dtype(kind: Any) -> np.dtype[Any]:
    """Return the dtype of the column for values of a type: int64, float64, bool, a NumPy type, else object."""
    if kind is int:
        return np.dtype(np.int64)  # np.dtype(int) is 32 bits wide on some platforms
    if kind in (float, bool) or isinstance(kind, np.dtype) or (isinstance(kind, type) and issubclass(kind, np.generic)):
        dtype = np.dtype(kind)
        return dtype if dtype.kind in "biufc" else np.dtype(object)
    return np.dtype(object)


def allocated(
    columns: Columns, length: int, attrs: Iterable[str] | None = None, types: Iterable[Any] | None = None
) -> Columns:
    """Return columns of ``length`` places for some attributes, or for all that exist; new places hold zeros.

    Raises
    ------
    TypeError
        If an attribute exists with a type that cannot hold the new one.
    """
    if attrs is None:
        wanted = {name: column.dtype for name, column in columns.items()}
    else:
        names = list(attrs)
        wanted = dict(zip(names, map(attr_dtype, types or [object] * len(names)), strict=False))
    for name, dtype in wanted.items():
        column = columns.get(name)
        if column is not None and column.dtype != object and not np.can_cast(dtype, column.dtype, "safe"):
            raise TypeError(
                f"Can't allocate type {dtype} for attribute {name}, conflicts with its existing type {column.dtype}"
            )
    return {name: _resized(columns.get(name), length, dtype) for name, dtype in wanted.items()}


def checked_extras(extras: Mapping[str, Any] | None, n_keys: int) -> Columns:
    """Return what a caller gives as attributes of ``n_keys`` keys as arrays, or raise a ValueError."""
    made = {name: np.atleast_1d(np.asarray(values)) for name, values in (extras or {}).items()}
    for name, values in made.items():
        if len(values) != n_keys:
            raise ValueError(f"extras[{name!r}] has {len(values)} values for {n_keys} keys")
    return made


def with_values(
    columns: Columns, length: int, extras: Columns, rows: NDArray[np.int64] | slice, places: NDArray[np.int64] | slice
) -> Columns:
    """Return the columns that an addition changes, for a table of ``length`` keys; the given ones stay as they are.

    Parameters
    ----------
    columns, extras : dict of str to ndarray
        What there is, and what is added.
    rows, places : ndarray of int64, shape (n,), or slices
        ``extras[name][places]`` goes to ``rows``.
    """
    grown = {
        name: _resized(column, length, column.dtype)
        for name, column in columns.items()
        if len(column) != length or name in extras
    }
    for name, values in extras.items():
        dtype = values.dtype if values.dtype.kind in "biufc" else np.dtype(object)
        column = grown.get(name)
        if column is None:
            column = np.zeros(length, dtype=dtype)
        elif column is columns.get(name):
            column = column.copy()
        column[rows] = values[places].astype(column.dtype, casting="same_kind")
        grown[name] = column
    return grown


def _resized(column: NDArray[Any] | None, length: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the column itself if it has the length, else a copy that is cut or filled up with zeros."""
    if column is None:
        return np.zeros(length, dtype=dtype)
    if len(column) == length:
        return column
    grown = np.zeros(length, dtype=column.dtype)
    grown[: len(column)] = column[:length]
    return grown
