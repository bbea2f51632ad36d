"""Tables made from a table: fewer keys, another order, fewer dimensions, another storage type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.query.quantized import QuantizedMatrix
from fastw2v.table import VectorTable
from fastw2v.vectors.attributes import Columns
from fastw2v.vectors.rows import dense, take_rows

FLOATS = ("float16", "float32", "float64")
ON_MISSING = ("raise", "skip", "zero", "mean")
BLOCK = 1 << 18  # numbers that are added up at a time, as float64


def with_rows(table: VectorTable, rows: NDArray[np.int64]) -> VectorTable:
    """Return the table of some rows, in the given order; arrays are new."""
    keys = [table.keys[row] for row in rows]
    return VectorTable(keys, take_rows(table.vectors, rows), {name: c[rows] for name, c in table.attrs.items()})


def with_vectors(table: VectorTable, vectors: Any) -> VectorTable:
    """Return a table of the same keys and attributes, copied, with other vectors."""
    return VectorTable(list(table.keys), vectors, {name: column.copy() for name, column in table.attrs.items()})


def first_dimensions(vectors: Any, dim: int) -> Any:
    """Return the first ``dim`` numbers of each vector as a new matrix of the same storage type.

    Raises
    ------
    ValueError
        If ``dim`` is not in 1 .. vector_size.
    """
    if not 1 <= dim <= vectors.shape[1]:
        raise ValueError(f"dim={dim!r}: must be in 1 .. {vectors.shape[1]}")
    if isinstance(vectors, QuantizedMatrix):
        return QuantizedMatrix(vectors.codes[:, :dim].copy(), vectors.scales.copy())
    return vectors[:, :dim].copy()


def as_floats(vectors: Any, dtype: Any) -> NDArray[Any]:
    """Return the vectors as a new matrix of float16, float32 or float64.

    Raises
    ------
    ValueError
        For any other dtype.
    """
    kind = np.dtype(dtype)
    if kind.name not in FLOATS:
        raise ValueError(f"dtype={dtype!r}: use one of {', '.join(FLOATS)}, or quantize('int8')")
    if isinstance(vectors, QuantizedMatrix):
        return dense(vectors, kind)
    return np.array(vectors, dtype=kind, order="C")


def as_bytes(vectors: Any, kind: str) -> QuantizedMatrix:
    """Return the vectors as int8 codes with one scale for each row.

    Raises
    ------
    ValueError
        For another kind, and for vectors with NaN or infinite numbers.
    """
    if kind != "int8":
        raise ValueError(f"kind={kind!r}: only 'int8' is known; for half precision use astype('float16')")
    return QuantizedMatrix.from_rows(np.asarray(vectors))


def chosen_factors(factors: NDArray[Any], rows: NDArray[np.int64], n_rows: int) -> NDArray[Any]:
    """Return the training factors of some rows; a short array counts for all rows, and is copied."""
    return factors[rows] if len(factors) == n_rows else factors.copy()


def order_by_count(attrs: Columns) -> NDArray[np.int64]:
    """Return the rows by falling ``count``; equal counts change places.

    Raises
    ------
    KeyError
        If there are no counts.
    """
    return np.argsort(attrs["count"], kind="stable")[::-1]


def table_of_keys(keys: Sequence[Any], rows: NDArray[np.int64], vectors: NDArray[Any], attrs: Columns) -> VectorTable:
    """Return a table of keys, some of which (row -1) are in no other table: their attributes are zeros.

    Keys without a ``count`` get counts in falling order, so that their order survives being saved.
    """
    made = {}
    for name, column in attrs.items():
        made[name] = np.zeros(len(keys), dtype=column.dtype)
        made[name][rows >= 0] = column[rows[rows >= 0]]
    if "count" not in made:
        made["count"] = np.arange(len(keys), 0, -1, dtype=np.int64)
    return VectorTable(list(keys), vectors, made)


def check_missing(missing: Any) -> None:
    """Raise a ConfigError unless ``missing`` is a name that ``vectors_for`` knows."""
    if missing not in ON_MISSING:
        raise ConfigError(f"missing={missing!r:.40}: use one of {', '.join(ON_MISSING)}")


def mean_row(vectors: Any) -> NDArray[np.float64]:
    """Return the mean of all rows, shape (dim,); zeros of an empty table."""
    n_rows, dim = vectors.shape
    step, total = max(1, BLOCK // max(1, dim)), np.zeros(dim)
    for start in range(0, n_rows, step):
        total += np.asarray(vectors[start : start + step], dtype=np.float64).sum(axis=0)
    total /= max(n_rows, 1)
    return total
