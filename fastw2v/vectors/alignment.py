"""Two tables brought together: one turned onto the other, or the rows of both in one table.

Source of the turn: Schönemann, "A generalized solution of the orthogonal Procrustes problem" (1966); for vectors of two
years, Hamilton et al. (2016).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.query.similarity import unit_rows
from fastw2v.table import VectorTable

BLOCK = 1 << 14  # rows at a time
ON_DUPLICATES = ("first", "second", "mean", "raise")


def checked_pairs(pairs: Any, shared: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Return the pairs of keys that two tables are compared by: those given, or each shared key with itself.

    Raises
    ------
    ConfigError
        If there are none, or a pair is none.
    """
    found = [(key, key) for key in shared] if pairs is None else [_pair(one) for one in pairs]
    if not found:
        raise ConfigError("no key is in both tables: give pairs=[(key of this table, key of the other), ...]")
    return found


def _pair(one: Any) -> tuple[Any, Any]:
    if isinstance(one, str) or len(one) != 2:
        raise ConfigError(f"pairs has {one!r:.60}: each must be (key of this table, key of the other)")
    return one[0], one[1]


def turn_between(mine: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.float32]:
    """Return the orthogonal matrix, (dim, dim), that brings the rows ``mine`` as near as may be to ``theirs``.

    Parameters
    ----------
    mine, theirs : array, shape (n_pairs, dim)
        At any length: they are compared at length 1.

    Raises
    ------
    ConfigError
        If sizes differ, or a vector is not finite.
    """
    from scipy.linalg import orthogonal_procrustes

    if mine.shape[1] != theirs.shape[1]:
        raise ConfigError(
            f"vectors of size {mine.shape[1]} and of size {theirs.shape[1]} cannot be aligned: cut the longer ones, "
            "such as whiten(n_components=...) or truncate(...)"
        )
    left, right = (unit_rows(side.astype(np.float64)) for side in (mine, theirs))
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ConfigError("a vector of a pair has NaN or infinite numbers: leave it out of pairs")
    turn, _ = orthogonal_procrustes(left, right)
    return np.asarray(turn, dtype=np.float32)


def turned(vectors: Any, turn: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows of a matrix of any storage type, turned, shape (n, dim)."""
    made = np.empty(vectors.shape, dtype=np.float32)
    for start in range(0, len(made), BLOCK):
        rows = np.asarray(vectors[start : start + BLOCK], dtype=np.float32)
        np.matmul(rows, turn, out=made[start : start + BLOCK])
    return made


def merged(first: VectorTable, second: VectorTable, duplicates: str) -> VectorTable:
    """Return a table with the rows of both: those of the first, then the new ones of the second.

    Attributes that both have stay, counts are added up; a key of both tables has the vector that ``duplicates`` says.

    Raises
    ------
    ConfigError
        If sizes differ, the word is unknown, or a key is in both and ``duplicates="raise"``.
    """
    if duplicates not in ON_DUPLICATES:
        raise ConfigError(f"duplicates={duplicates!r:.40}: use one of {', '.join(ON_DUPLICATES)}")
    if first.vector_size != second.vector_size:
        raise ConfigError(f"vectors of size {first.vector_size} and of size {second.vector_size} fit in no one table")
    index = {key: row for row, key in enumerate(first.keys)}
    theirs = np.fromiter((index.get(key, -1) for key in second.keys), np.int64, len(second.keys))
    again = theirs >= 0
    if again.any() and duplicates == "raise":
        twice = second.keys[int(np.argmax(again))]
        raise ConfigError(f"{twice!r} and {int(again.sum()) - 1} more keys are in both tables: duplicates='first', "
                          "'second' or 'mean' says which vector stays")  # fmt: skip
    vectors = np.concatenate([np.asarray(first.vectors), np.asarray(second.vectors)[~again]])
    if duplicates == "second":
        vectors[theirs[again]] = np.asarray(second.vectors)[again]
    elif duplicates == "mean":
        vectors[theirs[again]] = (vectors[theirs[again]] + np.asarray(second.vectors)[again]) / 2
    attrs = {}
    for name in first.attrs.keys() & second.attrs.keys():
        attrs[name] = np.concatenate([first.attrs[name], second.attrs[name][~again]])
        if name == "count":
            attrs[name][theirs[again]] += second.attrs[name][again]
    keys = [*first.keys, *(key for key, known in zip(second.keys, again.tolist(), strict=True) if not known)]
    return VectorTable(keys, vectors, attrs)
