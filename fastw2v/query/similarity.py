"""Cosine queries as pure functions on arrays: a matrix of rows, a vector, numbers out.

The norms of rows are never cached: :func:`cosine_scores` computes them in the pass that it makes over
the rows anyway, so that a row written in place is seen by the next query.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastw2v.query import _topk, cosines
from fastw2v.query.cosines import in_threads
from fastw2v.query.quantized import QuantizedMatrix

Floats = NDArray[Any]
Rows = NDArray[np.int64]

# A number that is not finite makes every cosine of its row NaN, which no ranking takes in (`_topk.pyx`).

SAFE_LOW, SAFE_HIGH = 1e-30, 1e30  # a float32 sum of squares outside has lost digits, or everything
COSMUL_EPSILON = 1e-6  # Levy and Goldberg's guard against a division by zero
FOR_COMPILED: Final = ("C", "ALIGNED")  # np.ascontiguousarray leaves a view of bytes between two floats
BLOCK_BYTES = 1 << 20  # a converted block of rows stays in the second-level cache


@functools.cache
def compute_dtype(dtype: np.dtype[Any] | type) -> type:
    """Number type in which rows of a storage type are compared: float64 for float64, else float32.

    Raises
    ------
    TypeError
        For complex numbers, times and records.
    """
    stored = np.dtype(dtype)
    if stored.kind in "cmMV":
        raise TypeError(f"vectors of {stored}: must be real numbers; array.real takes those parts of complex ones")
    return np.float64 if stored == np.float64 else np.float32


def unit(vector: Floats) -> Floats:
    """Scale a vector to length 1 in a new array, as :func:`unit_rows` does: the same bits.

    Examples
    --------
    >>> unit(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    if not _direct(vector):
        vector = np.require(vector, compute_dtype(vector.dtype), FOR_COMPILED)
    out: Floats = np.empty(vector.shape, vector.dtype)
    cosines.unit(vector, out)
    return out


def unit_rows(rows: Floats) -> Floats:
    """Scale each row to length 1 in a new array; rows of zeros stay zeros, and rows of length 1 what they are.

    A row with a number that is not finite becomes a row of NaN.
    """
    if not _direct(rows):
        rows = np.require(rows, compute_dtype(rows.dtype), FOR_COMPILED)
    out: Floats = np.empty(rows.shape, dtype=rows.dtype)
    cosines.unit_rows(rows, out)
    return out


def row_norms(rows: Floats) -> Floats:
    """Euclidean length of each row, shape (n,), without a second copy of the rows."""
    out: Floats = np.empty(len(rows))
    if _direct(rows):
        cosines.lengths(rows, out)
    else:
        for start, block in blocks(rows):
            cosines.lengths(block, out[start : start + len(block)])
    with np.errstate(over="ignore"):  # longer than the largest float32
        return out.astype(compute_dtype(rows.dtype), copy=False)


def cosine(left: Floats, right: Floats) -> float:
    """Cosine of two vectors as a scalar of their compute dtype; 0 if one of them is zero.

    It is NaN if one of the numbers is not finite. The lengths are multiplied in float64: a vector and itself give
    exactly 1.
    """
    if left.dtype is not right.dtype or left.dtype.char not in "fd":
        kind = compute_dtype(np.result_type(left, right))
        left, right = left.astype(kind, copy=False), right.astype(kind, copy=False)
    dtype: type[float] = left.dtype.type  # a NumPy scalar, as good as a float
    left_squares, right_squares = float(np.vdot(left, left)), float(np.vdot(right, right))
    if not (SAFE_LOW < left_squares < SAFE_HIGH and SAFE_LOW < right_squares < SAFE_HIGH):
        left, right = unit_rows(np.stack([left, right]).astype(np.float64))
        left_squares, right_squares = float(np.vdot(left, left)), float(np.vdot(right, right))
        if left_squares == 0.0 or right_squares == 0.0:
            return dtype(left_squares * right_squares)  # 0, or NaN
    return dtype(float(np.dot(left, right)) / math.sqrt(left_squares * right_squares))


def _rows_per_block(rows: Floats) -> int:
    width = int(rows.shape[1]) * np.dtype(compute_dtype(rows.dtype)).itemsize
    return max(1, BLOCK_BYTES // max(1, width))


def blocks(rows: Floats) -> Iterator[tuple[int, Floats]]:
    """Cut a matrix of any storage type into contiguous blocks of its compute dtype: (first row, block)."""
    dtype = compute_dtype(rows.dtype)
    step = _rows_per_block(rows)
    for start in range(0, len(rows), step):
        yield start, np.require(rows[start : start + step], dtype, FOR_COMPILED)


def _direct(rows: Floats) -> bool:
    """Whether the compiled code can read the rows, or the one vector, where they are."""
    return (
        isinstance(rows, np.ndarray)
        and rows.dtype.char in "fd"
        and rows.dtype.isnative
        and rows.flags.aligned
        and (rows.shape[-1] < 2 or rows.strides[-1] == rows.itemsize)
    )


def cosine_scores(rows: Floats, query: Floats) -> Floats:
    """Cosine of each row with ``query``, shape (n,); rows of zeros, and a query of zeros, give 0.

    It is NaN where a number of the row, or of the query, is not finite.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
        Any storage type; float32 and float64 are read in place, others are converted block by block.
    query : ndarray, shape (d,)

    Examples
    --------
    >>> cosine_scores(np.eye(2, dtype=np.float32), np.array([2.0, 0.0]))
    array([1., 0.], dtype=float32)
    """
    out: Floats = np.empty(len(rows), dtype=compute_dtype(rows.dtype))
    _write_cosines(rows, _direction(rows, query), out)
    return out


def logits(rows: Floats, vector: NDArray[np.float32]) -> tuple[Floats, float]:
    """Return the product of each row with a vector, shape (n,), and the logarithm of the sum of their exponentials.

    That is all that a softmax needs: ``exp(products - log_sum)`` are its probabilities.

    Examples
    --------
    >>> products, log_sum = logits(np.eye(2, dtype=np.float32), np.array([3, 4], dtype=np.float32))
    >>> products, round(log_sum, 3)
    (array([3., 4.], dtype=float32), 4.313)
    """
    if rows.dtype != np.float32 or not _direct(rows):
        products = np.asarray(rows @ vector)
        return products, float(np.logaddexp.reduce(products, dtype=np.float64))
    products, vector = np.empty(len(rows), dtype=np.float32), np.ascontiguousarray(vector)
    log_sums: dict[int, float] = {}  # by the first row of a part

    def multiply(part: slice) -> None:
        log_sums[part.start] = cosines.logits(rows[part], vector, products[part])

    in_threads(multiply, len(rows), rows.nbytes)
    return products, float(np.logaddexp.reduce([log_sums[start] for start in sorted(log_sums)]))


def scores_of_all(rows: Floats, queries: Floats) -> Floats:
    """Return the cosine of each query with each row, shape (n_queries, n)."""
    out: Floats = np.empty((len(queries), len(rows)), dtype=compute_dtype(rows.dtype))
    for query, scores in zip(queries, out, strict=True):
        _write_cosines(rows, _direction(rows, query), scores)
    return out


def cosines_of_pairs(left: Floats, right: Floats) -> Floats:
    """Return the cosine of each row with the row beside it, shape (n,); NaN where a number is not finite."""
    dtype = compute_dtype(np.result_type(left, right))
    units = (unit_rows(rows).astype(np.float64) for rows in (left, right))
    return np.asarray(np.einsum("ij,ij->i", *units).astype(dtype))


def _direction(rows: Floats, query: Floats) -> Floats:
    """Turn the query into a unit vector of the dtype that the rows are compared in."""
    query = np.asarray(query)
    if query.shape != (rows.shape[1],):
        raise ValueError(f"a vector of shape {query.shape} cannot be compared with rows of {rows.shape[1]} numbers")
    return np.ascontiguousarray(unit(query), dtype=compute_dtype(rows.dtype))


def _write_cosines(rows: Floats, direction: Floats, out: Floats) -> None:
    if math.isnan(np.vdot(direction, direction)):
        out.fill(np.nan)  # also where a row of zeros would give 0
    elif isinstance(rows, QuantizedMatrix):
        cosines.cosines(rows.codes, direction, out)
    elif _direct(rows):
        cosines.cosines(rows, direction, out)
    else:
        for start, block in blocks(rows):
            cosines.cosines(block, direction, out[start : start + len(block)])


def cosmul_scores(rows: Floats, positive: Sequence[Floats], negative: Sequence[Floats]) -> Floats:
    """3CosMul: product of the shifted cosines with ``positive`` over that with ``negative``, shape (n,)."""
    plus, minus = ([_direction(rows, vector) for vector in vectors] for vectors in (positive, negative))
    scores: Floats = np.empty(len(rows), dtype=np.float64)
    step = _rows_per_block(rows)

    def multiply(part: slice) -> None:
        for start in range(part.start, part.stop, step):
            block = rows[start : min(start + step, part.stop)]  # read from memory once, for all vectors
            work: Floats = np.ones((3, len(block)), dtype=compute_dtype(rows.dtype))
            shifted, numerator, divisor = work
            for directions, product in ((plus, numerator), (minus, divisor)):
                for direction in directions:
                    _write_cosines(block, direction, shifted)
                    shifted += 1.0
                    shifted *= 0.5
                    product *= shifted
            divisor += COSMUL_EPSILON
            np.divide(numerator, divisor, out=scores[start : start + len(block)])

    in_threads(multiply, len(rows), rows.nbytes)
    return scores


def top_rows(scores: Floats, count: int) -> Rows:
    """Rows of the ``count`` best scores, best first; equal scores by row, NaN is left out.

    Examples
    --------
    >>> top_rows(np.array([0.5, 0.9, 0.5]), 2)
    array([1, 0])
    """
    count = min(count, len(scores))
    scores = np.ascontiguousarray(scores, dtype=compute_dtype(scores.dtype))
    best_scores: Floats = np.empty(count, dtype=scores.dtype)
    best_rows: Rows = np.empty(count, dtype=np.int64)
    _topk.best_rows(scores, best_scores, best_rows)
    return best_rows if count == 0 or best_rows[-1] >= 0 else best_rows[best_rows >= 0]


def mean_row(rows: Floats, weights: Sequence[float]) -> Floats:
    """Weighted sum of rows, shape (d,), over the sum of the absolute weights (over 1 if these are all 0).

    Examples
    --------
    >>> mean_row(np.array([[2.0, 0.0], [0.0, 2.0]]), [1.0, -3.0])
    array([ 0.5, -1.5])
    """
    mass = sum(map(abs, weights)) or 1.0
    total: Floats = np.array(weights, dtype=rows.dtype).dot(rows)
    return total if mass == 1.0 else np.asarray(total / mass)
