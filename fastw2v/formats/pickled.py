"""Pickled dictionaries of a vector for each word, and pairs of words and a matrix; read only, nothing is executed.

``{word: vector}``, where a vector is an array or a list of numbers, and ``(words, matrix)`` or ``(matrix, words)``,
where the words are a list or ``{word: row}``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.formats import _unpickle
from fastw2v.formats._budget import Budget, check_distinct, shown
from fastw2v.formats._io import PathOrFile, open_read
from fastw2v.formats._row_selection import chosen
from fastw2v.formats._unpickle import array_of, is_array, items_of
from fastw2v.table import VectorTable

PER_BYTE = 16  # bytes of arrays that a byte of the file pays for


def load(path: PathOrFile, *, limit: int | None = None, words: Collection[str] | None = None) -> VectorTable:
    """Load a pickled dictionary, or pair; ``limit`` and ``words`` keep the first rows, or these keys.

    Parameters
    ----------
    path : str, path-like or file object
    limit : int, optional
    words : collection of str, optional

    Returns
    -------
    VectorTable

    Raises
    ------
    FormatError
        It is something else, damaged, or wants something executed.
    """
    with open_read(path) as reader:
        data, name = reader.rest(), reader.name
    root = _unpickle.load(data, name)
    return chosen(table_of(root, Budget(name, len(data), PER_BYTE)), limit, words)


def table_of(root: Any, budget: Budget) -> VectorTable:
    """The table that a value of a pickle stands for."""
    try:
        if (pairs := _unpickle.pairs_of(root)) is not None:
            return _of_pairs(pairs, budget)
        if isinstance(root, tuple | list) and len(root) == 2:
            first, second = root
            return _of_both(second, first, budget) if _is_matrix(first) else _of_both(first, second, budget)
    except FormatError as error:
        raise error if str(error).startswith(budget.name) else FormatError(f"{budget.name}: {error}") from None
    if is_array(root):
        raise FormatError(
            f"{budget.name}: the pickle holds one array, which has no keys; numpy.load(path, allow_pickle=True) opens "
            "it, if you trust it, and KeyedVectors.add_vectors(keys, array) makes vectors of it"
        )
    raise FormatError(
        f"{budget.name}: the pickle holds {_unpickle.name_of(root)}: no gensim object, no {{word: vector}} and no "
        "(words, matrix)"
    )


def _is_matrix(value: Any) -> bool:
    """Whether an array has two dimensions, as far as the pickle says."""
    parts = (*value.args, *(value.state if isinstance(value.state, tuple) else ())) if is_array(value) else ()
    return any(isinstance(part, tuple) and len(part) == 2 for part in parts)


def _keys(given: Any, budget: Budget) -> list[Any]:
    if (pairs := _unpickle.pairs_of(given)) is not None:
        given = _in_order_of_rows(pairs[::2], pairs[1::2])
    items = _unpickle.listed(given, "the words", budget) if is_array(given) else items_of(given)
    if items is None or any(map(is_array, items)):
        raise FormatError("no list of words beside the matrix")
    keys = _unpickle.keys_of(items, budget)
    check_distinct(keys, budget.name)
    return keys


def _in_order_of_rows(words: list[Any], rows: list[Any]) -> list[Any]:
    """Return the words of ``{word: row}``, whose rows must be 0 .. n - 1 in any order."""
    if not all(type(row) is int for row in rows) or sorted(rows) != list(range(len(rows))):
        raise FormatError(f"the numbers beside the {len(words)} words are not the rows 0 .. {len(words) - 1}")
    ordered = [None] * len(words)
    for word, row in zip(words, rows, strict=True):
        ordered[row] = word
    return ordered


def _of_both(words: Any, matrix: Any, budget: Budget) -> VectorTable:
    keys, rows = _keys(words, budget), array_of(matrix, "the matrix of vectors", budget)
    if rows.ndim != 2 or rows.dtype.kind not in "fiu" or len(rows) != len(keys):
        raise FormatError(f"{len(keys)} keys and a matrix of shape {shown(rows.shape)} ({rows.dtype})")
    kind = rows.dtype.newbyteorder("=") if rows.dtype.kind == "f" else np.dtype(np.float32)
    return VectorTable(keys, rows.astype(kind, order="C"))


def _of_pairs(pairs: list[Any], budget: Budget) -> VectorTable:
    keys = _keys(pairs[::2], budget)
    if not keys:
        raise FormatError("an empty dictionary")
    first = _vector(pairs[1], keys[0], budget)
    kind = first.dtype.newbyteorder("=") if first.dtype.kind == "f" else np.dtype(np.float32)
    budget.charge(first.size * kind.itemsize * len(keys), "vectors that are as long as the first")
    rows = np.empty((len(keys), len(first)), kind)
    for row, (key, value) in enumerate(zip(keys, pairs[1::2], strict=True)):
        vector = _vector(value, key, budget)
        if len(vector) != len(first):
            raise FormatError(
                f"row {row}: the vector of {shown(key)} has {len(vector)} numbers, the first {len(first)}"
            )
        rows[row] = vector
    return VectorTable(keys, rows)


def _vector(value: Any, key: Any, budget: Budget) -> NDArray[Any]:
    if isinstance(value, list | tuple):
        budget.charge(8 * len(value), "its vectors")
        if not all(type(one) in (int, float) for one in value):
            raise FormatError(f"the vector of {shown(key)} is no list of numbers")
        try:
            array: NDArray[Any] = np.array(value, np.float32)
        except OverflowError:
            raise FormatError(f"the vector of {shown(key)} holds a number that is too large") from None
    else:
        array = array_of(value, f"the vector of {shown(key)}", budget)
    if array.ndim != 1 or array.dtype.kind not in "fiu" or not array.size:
        raise FormatError(f"the vector of {shown(key)} has the shape {shown(array.shape)} ({array.dtype})")
    return array
