"""Some rows of a table that was read as a whole."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar

import numpy as np

from fastw2v.errors import ConfigError
from fastw2v.table import VectorTable

Table = TypeVar("Table", bound=VectorTable)


def checked_limit(limit: int | None) -> int | None:
    """How many rows are wanted; None is all, and so is 0, as in gensim."""
    if limit is not None and limit < 0:
        raise ConfigError(f"limit={limit}: must not be negative; None reads all rows")
    return limit or None


def chosen(table: Table, limit: int | None, words: Collection[str] | None) -> Table:
    """Of the first ``limit`` rows those whose key is in ``words``, in table order."""
    limit = checked_limit(limit)
    if words is None and limit is None:
        return table
    keys, attrs = table.keys[:limit], {label: values[:limit] for label, values in table.attrs.items()}
    vectors = table.vectors[:limit]
    if words is not None:
        wanted = frozenset(words)
        rows = np.array([row for row, key in enumerate(keys) if key in wanted], np.int64)
        keys, vectors = [keys[row] for row in rows.tolist()], vectors[rows]
        attrs = {label: values[rows] for label, values in attrs.items()}
    elif vectors.flags.writeable:  # not mapped: the rows that are not wanted need not stay in memory
        vectors = vectors.copy()
    return replace(table, keys=keys, vectors=vectors, attrs=attrs)
