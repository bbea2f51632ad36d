"""Some rows of a table that was read, or mapped, as a whole."""

from __future__ import annotations

import numbers
from collections.abc import Collection, Hashable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastw2v.checks import ParameterTypeError
from fastw2v.errors import ConfigError
from fastw2v.table import FACTORS, VectorTable, one_for_each

Table = TypeVar("Table", bound=VectorTable)


def checked_limit(limit: int | None) -> int | None:
    """How many rows are wanted; None is all, and so is 0, as in gensim."""
    if limit is None:
        return None
    if not isinstance(limit, numbers.Integral):
        raise ParameterTypeError(f"limit={limit!r:.60}: must be an integer >= 0; None reads all rows")
    if limit < 0:
        raise ConfigError(f"limit={limit}: must not be negative; None reads all rows")
    return int(limit) or None


def checked_words(words: Collection[str]) -> Collection[str]:
    """The words that are wanted; a text is none, since its letters would be."""
    if isinstance(words, str | bytes):
        raise ParameterTypeError(f"words={words!r:.60}: must be a collection of words, such as [{words!r:.60}]")
    return words


def chosen_rows(
    keys: Sequence[Hashable], limit: int | None, words: Collection[str] | None
) -> slice | NDArray[np.int64]:
    """Of the first ``limit`` rows those whose key is in ``words``, in table order: an index for arrays."""
    limit = checked_limit(limit)
    if words is None:
        return slice(limit)
    wanted = frozenset(checked_words(words))
    return np.array([row for row, key in enumerate(keys[:limit]) if key in wanted], np.int64)


def chosen_keys(keys: list[Hashable], rows: slice | NDArray[np.int64]) -> list[Hashable]:
    """The keys of those rows."""
    return keys[rows] if isinstance(rows, slice) else [keys[row] for row in rows.tolist()]


def chosen(table: Table, limit: int | None, words: Collection[str] | None, *, mapped: bool = False) -> Table:
    """The table with those rows only; unless it is to stay ``mapped``, nothing else of it stays in memory."""
    if words is None and checked_limit(limit) is None:
        return table
    rows = chosen_rows(table.keys, limit, words)
    keys = chosen_keys(table.keys, rows)
    attrs = {label: values[rows] if mapped else own(values[rows]) for label, values in table.attrs.items()}
    whole = table.own
    if one_for_each(len(whole.get(FACTORS, ())), len(table)):
        whole = {**whole, FACTORS: whole[FACTORS][rows]}
    vectors = table.vectors[rows] if mapped else own(table.vectors[rows])
    return replace(table, keys=keys, vectors=vectors, attrs=attrs, own=whole)


def own(array: NDArray[Any]) -> NDArray[Any]:
    """The array in memory of its own: not a part of a larger one, not a mapped file."""
    return np.array(array) if array.base is not None else array
