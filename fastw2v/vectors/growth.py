"""New rows, and new vectors for old ones: all of a call, or on an error nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastw2v.query.similarity import compute_dtype
from fastw2v.vectors.attributes import Columns, checked_extras, with_values

Places = NDArray[np.int64] | slice


class Addition(NamedTuple):
    """What a table becomes by new keys: its whole matrix, and the columns that change."""

    keys: list[Any]  # those that are new, in the order of their rows
    vectors: NDArray[Any]  # (all rows, vector_size)
    attrs: Columns


def checked_vectors(weights: ArrayLike, n_keys: int, vectors: Any, vector_size: int) -> NDArray[Any]:
    """Return what a caller gives as vectors as a matrix of the type of ``vectors``, or say what does not fit."""
    if not isinstance(vectors, np.ndarray):
        raise TypeError("quantized vectors are read-only: use astype('float32') for vectors to be changed")
    if isinstance(weights, np.ndarray):
        compute_dtype(weights.dtype)  # NumPy would make floats of complex numbers
    try:
        matrix = np.asarray(weights, dtype=vectors.dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the vectors are not {vector_size} numbers each: {error}") from error
    if matrix.ndim == 1 and n_keys == 1:
        matrix = matrix[None, :]
    if matrix.size == 0 and n_keys == 0:
        matrix = matrix.reshape(0, vector_size)
    if matrix.shape != (n_keys, vector_size):
        raise ValueError(f"{n_keys} keys need an array of ({n_keys}, {vector_size}), not {matrix.shape}")
    return matrix


def addition(
    keys: list[Any],
    weights: ArrayLike,
    extras: Mapping[str, Any] | None,
    replace: bool,
    *,
    n_rows: int,
    key_to_index: Mapping[Any, int],
    vectors: NDArray[Any],
    vector_size: int,
    attrs: Columns,
) -> Addition:
    """Return what a table becomes when vectors are added; rows that are replaced are written in place.

    Of keys that occur twice the first vector counts, with ``replace`` the last.

    Raises
    ------
    ValueError
        If shapes or lengths do not fit; nothing is changed then.
    """
    matrix = checked_vectors(weights, len(keys), vectors, vector_size)
    columns = checked_extras(extras, len(keys))
    fresh, rows, places = _placed(keys, key_to_index, n_rows, replace)
    grown = with_values(attrs, n_rows + len(fresh), columns, rows, places)
    if fresh:
        longer = np.empty((n_rows + len(fresh), vector_size), dtype=vectors.dtype)
        longer[:n_rows] = vectors
        vectors = longer
    vectors[rows] = matrix[places]
    return Addition(fresh, vectors, grown)


def _placed(
    keys: list[Any], key_to_index: Mapping[Any, int], n_rows: int, replace: bool
) -> tuple[list[Any], Places, Places]:
    """Return the keys that are new, the rows that are written, and the place in the call of what goes there."""
    if len(set(keys)) == len(keys) and key_to_index.keys().isdisjoint(keys):
        return keys, slice(n_rows, n_rows + len(keys)), slice(None)
    target: dict[Any, tuple[int, int]] = {}  # key -> (row, place)
    fresh: list[Any] = []
    for place, key in enumerate(keys):
        row = key_to_index.get(key)
        if row is not None:
            if replace:
                target[key] = (row, place)
        elif key not in target:
            target[key] = (n_rows + len(fresh), place)
            fresh.append(key)
        elif replace:
            target[key] = (target[key][0], place)
    rows, places = np.array(list(target.values()), dtype=np.int64).reshape(-1, 2).T
    return fresh, rows, places


def prep_vectors(
    target_shape: tuple[int, int],
    prior_vectors: NDArray[Any] | None = None,
    seed: int = 0,
    dtype: Any = np.float32,
) -> NDArray[Any]:
    """Return a matrix of ``target_shape`` whose first rows are ``prior_vectors``, the others small and random.

    Parameters
    ----------
    target_shape : (int, int)
        Rows and vector size.
    prior_vectors : ndarray, optional
        Returned as it is if it has the shape already.
    seed : int
        Of the random rows, uniform in -1/vector_size .. 1/vector_size.
    dtype : float32 or float64

    Returns
    -------
    ndarray of ``dtype``, of ``target_shape``

    Examples
    --------
    >>> prep_vectors((2, 2), prior_vectors=np.ones((1, 2))).shape
    (2, 2)
    """
    if prior_vectors is not None and prior_vectors.shape == target_shape:
        return prior_vectors
    rows, size = target_shape
    fresh = np.random.default_rng(seed).random(target_shape, dtype=dtype)
    fresh *= 2.0
    fresh -= 1.0
    fresh /= max(size, 1)
    if prior_vectors is not None:
        kept = prior_vectors[:rows, :size]
        fresh[: kept.shape[0], : kept.shape[1]] = kept
    return fresh
