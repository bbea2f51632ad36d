"""Queries for neighbours: what a user asks with, and the names of the best rows."""

from __future__ import annotations

import logging
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.query.similarity import compute_dtype, mean_row
from fastw2v.vectors.missing import MissingKeyError
from fastw2v.vectors.rows import INTEGERS, is_key, reject_string

logger = logging.getLogger("fastw2v.keyedvectors")

Neighbours = list[tuple[Any, float]]


def checked_topn(topn: Any) -> int | None:
    """Refuse anything but an integer or None for ``topn``."""
    if topn is None:
        return None
    if not isinstance(topn, INTEGERS):
        raise TypeError(f"topn={topn!r}: must be an integer, or None for the scores of all rows")
    return int(topn)


def terms(positive: Any, negative: Any, key_to_index: Mapping[Any, int]) -> tuple[list[Any], list[float]]:
    """Turn any form of ``positive=`` and ``negative=`` into keys and vectors, and their weights.

    Examples
    --------
    >>> terms("king", ["queen", ("man", 0.5)], {"king": 0, "man": 1, "queen": 2})
    (['king', 'queen', 'man'], [1.0, -1.0, 0.5])
    """
    found = [*_side(positive, 1.0, key_to_index), *_side(negative, -1.0, key_to_index)]
    return [item for item, _ in found], [weight for _, weight in found]


def cosmul_terms(positive: Any, negative: Any, key_to_index: Mapping[Any, int]) -> tuple[list[Any], list[Any]]:
    """Turn any form of ``positive=`` and ``negative=`` into two lists of keys and vectors, without weights.

    Raises
    ------
    ValueError
        If nothing is positive, or something has a weight.
    """
    plus, minus = _side(positive, 1.0, key_to_index), _side(negative, 1.0, key_to_index)
    if not plus:
        raise ValueError("cannot compute similarity with no input")
    if any(weight != 1.0 for _, weight in plus + minus):
        raise ValueError("most_similar_cosmul() takes no weights: use most_similar()")
    return [item for item, _ in plus], [item for item, _ in minus]


def _side(given: Any, sign: float, key_to_index: Mapping[Any, int]) -> list[tuple[Any, float]]:
    if given is None:
        return []
    if isinstance(given, np.ndarray) and given.dtype.kind not in "OUS":
        given = [given] if given.ndim == 1 else list(given)
    elif isinstance(given, (str, *INTEGERS)) or is_key(given, key_to_index):
        given = [given]
    elif not isinstance(given, (list, tuple, np.ndarray)):
        raise TypeError(
            f"expected a key, a vector or a list of keys, vectors and (key, weight) pairs, "
            f"got {type(given).__name__}: {given!r}"
        )
    elif isinstance(given, tuple) and _may_be_weighted(given, key_to_index):
        raise TypeError(f"{given!r} may mean two keys or one with a weight: give {list(given)!r} or [{given!r}]")
    return [_term(item, sign, key_to_index) for item in given]


def _may_be_weighted(given: tuple[Any, ...], key_to_index: Mapping[Any, int]) -> bool:
    return len(given) == 2 and isinstance(given[1], numbers.Real) and not is_key(given[1], key_to_index)


def _term(item: Any, sign: float, key_to_index: Mapping[Any, int]) -> tuple[Any, float]:
    """Return one key or vector, and its weight."""
    if isinstance(item, (str, np.ndarray, *INTEGERS)) or is_key(item, key_to_index):
        return item, sign
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], numbers.Real):
        return item[0], float(item[1])
    if item is None or isinstance(item, (float, list, dict, set, tuple)):
        raise TypeError(f"{item!r} is neither a key, a vector nor a (key or vector, weight) pair")
    raise MissingKeyError(f"Key '{item}' not present", item)


def mean_terms(keys: Iterable[Any], weights: Iterable[float] | None) -> tuple[list[Any], list[float]]:
    """Return the keys and vectors of a mean, and their weights.

    Raises
    ------
    ValueError
        If there are none, or another number of weights.
    """
    if isinstance(keys, (str, bytes)):
        reject_string("keys", keys)
    items = list(keys)
    if not items:
        raise ValueError("cannot compute mean with no input")
    factors = [1.0] * len(items) if weights is None else list(map(float, weights))
    if len(factors) != len(items):
        raise ValueError("keys and weights array must have same number of elements")
    return items, factors


def without_vector(items: list[Any], has_row: list[bool]) -> list[Any]:
    """Return the keys that have no vector, among keys and vectors."""
    pairs = zip(items, has_row, strict=True)
    return [item for item, has in pairs if not has and not isinstance(item, np.ndarray)]


def mean_of(items: list[Any], factors: list[float], rows: NDArray[Any], has_row: list[bool]) -> NDArray[Any]:
    """Return the weighted mean of the vectors of keys and of those given as such.

    Parameters
    ----------
    items : list of keys and vectors
    factors : list of float
        Weights of the items.
    rows : ndarray, shape (n_keys with a vector, vector_size)
        The vectors of the keys among the items, in their order.
    has_row : list of bool
        Which items are keys with a vector.

    Returns
    -------
    ndarray, shape (vector_size,)
    """
    rows = rows.astype(compute_dtype(rows.dtype), copy=False)
    if len(rows) == len(items):
        return mean_row(rows, factors)
    size, of_keys = rows.shape[1], iter(rows)
    vectors, used = [], []
    for item, factor, has in zip(items, factors, has_row, strict=True):
        if has or isinstance(item, np.ndarray):
            vectors.append(next(of_keys) if has else item)
            used.append(factor)
            compute_dtype(vectors[-1].dtype)  # NumPy would make floats of complex numbers
        if vectors and vectors[-1].shape != (size,):
            raise ValueError(f"a vector of shape {item.shape} among the keys; expected ({size},)")
    return mean_row(np.array(vectors, dtype=rows.dtype).reshape(len(vectors), size), used)


def row_range(n_rows: int, first: int, end: int | None, restrict_vocab: int | None = None) -> slice:
    """Return the rows that a query may answer with; ``restrict_vocab`` wins over the clips.

    Raises
    ------
    TypeError
        If one of them is no integer.
    """
    if restrict_vocab:
        first, end = 0, restrict_vocab
    try:
        start, stop, _ = slice(first, end or None).indices(n_rows)
    except TypeError:
        asked = f"restrict_vocab={restrict_vocab!r}" if restrict_vocab else f"clip_start={first!r}, clip_end={end!r}"
        raise TypeError(f"{asked}: must be integers, or None") from None
    return slice(start, max(start, stop))


def named(scores: NDArray[Any], rows: NDArray[np.int64], keys: Sequence[Any]) -> Neighbours:
    """Return (key, score) pairs, best first; where nothing is found, a warning says why.

    Parameters
    ----------
    scores, rows : ndarray, shape (n,)
        Best first; a row below 0 is no answer.
    keys : sequence
        Of all rows.
    """
    best = [(keys[row], score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True) if row >= 0]
    if not best and len(keys) > 1:
        logger.warning(
            "no neighbours: a number in the vectors that were asked with, or in those of all keys, is not finite, "
            "or no row is left to answer"
        )
    return best


def closer_rows(distances: NDArray[Any], row1: int, row2: int) -> NDArray[np.bool_]:
    """Return which rows are strictly closer than ``row2`` to ``row1``, which is left out.

    A row without a distance (NaN) is closer than none, and farther than all that have one.
    """
    limit = distances[row2]
    closer: NDArray[np.bool_] = ~np.isnan(distances) if np.isnan(limit) else distances < limit
    closer[row1] = False
    return closer


def rank_of(distances: NDArray[Any], row1: int, row2: int) -> int:
    """Return the rank of ``row2`` among the neighbours of ``row1``, from 1; without a distance (NaN) the last one."""
    if np.isnan(distances[row2]):
        return max(1, len(distances) - 1)
    return int(np.count_nonzero(closer_rows(distances, row1, row2))) + 1


def best_place(scores: Sequence[Any]) -> int:
    """Return the place of the highest score; NaN never ranks.

    Raises
    ------
    ValueError
        If there is no score, or none is a number.
    """
    found = np.asarray(scores, dtype=np.float64)
    if not len(found) or np.isnan(found).all():
        raise ValueError(f"none of the {len(found)} keys has a cosine with the given one: nothing to choose from")
    return int(np.nanargmax(found))
