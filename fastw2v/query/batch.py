"""Many queries at once: matrix products over blocks of rows, each query keeping only its best rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.query import _topk
from fastw2v.query.search import RowLists, forbid, nearest_rows
from fastw2v.query.similarity import COSMUL_EPSILON, Floats, Rows, blocks, compute_dtype, cosmul_scores, unit_rows

SCORED_ROWS = 1 << 18  # for one question at a time: 2 MB of scores
QUERIES_PER_PRODUCT = 1024  # few, large products: their threads wait for each other at the end of each

# From a block of unit rows and a range of queries to the scores, shape (queries, rows of the block).
Scorer = Callable[[Floats, int, int], Floats]


def best_rows(rows: Floats, n_queries: int, count: int, score: Scorer) -> tuple[Floats, Rows]:
    """Give the best ``count`` scores and their rows for each query, best first; unused places have row -1.

    Memory: ``n_queries * count`` results, one block of rows and its scores.
    """
    count = max(0, min(count, len(rows)))
    best_scores: Floats = np.full((n_queries, count), -np.inf, dtype=compute_dtype(rows.dtype))
    best: Rows = np.full((n_queries, count), -1, dtype=np.int64)
    for start, block in blocks(rows):
        block = unit_rows(block)
        for first in range(0, n_queries, QUERIES_PER_PRODUCT):
            end = min(first + QUERIES_PER_PRODUCT, n_queries)
            _topk.push_block(score(block, first, end), start, best_scores[first:end], best[first:end])
    _topk.sort_heaps(best_scores, best)
    return best_scores, best


def analogy_rows(rows: Floats, questions: NDArray[np.int64], count: int, cosmul: bool = False) -> Rows:
    """Best ``count`` rows for "a is to b as c is to ...", by 3CosAdd or 3CosMul.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
    questions : ndarray of int64, shape (q, 3)
        Rows of a, b and c. They are candidates like all others.

    Returns
    -------
    ndarray of int64, shape (q, min(count, n))
    """
    words, places = np.unique(questions, return_inverse=True)
    places = places.reshape(questions.shape)
    units = unit_rows(np.asarray(rows[words]))
    if not cosmul:
        targets = unit_rows(units[places[:, 1]] + units[places[:, 2]] - units[places[:, 0]])
        return nearest_rows(rows, targets, count)[1]

    def score(block: Floats, first: int, end: int) -> Floats:
        used, inverse = np.unique(places[first:end], return_inverse=True)
        shifted = units[used] @ block.T
        shifted += 1.0
        shifted *= 0.5
        a, b, c = (shifted[column] for column in inverse.reshape(-1, 3).T)
        b *= c
        a += COSMUL_EPSILON
        b /= a
        return b

    return best_rows(rows, len(questions), count, score)[1]


def cosmul_rows(
    rows: Floats,
    terms: list[tuple[list[Floats], list[Floats]]],
    count: int,
    *,
    part: slice = slice(None),
    left_out: RowLists | None = None,
    allowed: NDArray[np.bool_] | RowLists | None = None,
) -> tuple[Floats, Rows]:
    """Return the scores and numbers of the best rows of many questions, by 3CosMul.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
    terms : list of (positive vectors, negative vectors)
        One for each question.
    count, part, left_out, allowed
        As for :func:`fastw2v.query.search.nearest_rows`.

    Returns
    -------
    scores, rows : ndarray of float64 and int64, shape (n_questions, min(count, n))
        Best first, equal scores by row. Places without an answer have score -inf and row -1.
    """
    first, stop, _ = part.indices(len(rows))
    count = max(0, min(count, stop - first))
    best_scores = np.full((len(terms), count), -np.inf)
    best = np.full((len(terms), count), -1, dtype=np.int64)
    for question, (plus, minus) in enumerate(terms):
        heap = best_scores[question : question + 1], best[question : question + 1]
        for start in range(first, stop, SCORED_ROWS):
            end = min(start + SCORED_ROWS, stop)
            scores = cosmul_scores(rows[start:end], plus, minus)
            if isinstance(allowed, np.ndarray):
                scores[~allowed[start:end]] = np.nan
            forbid(scores, question, start, left_out, allowed)
            _topk.push_block(scores[None], start, *heap)
    _topk.sort_heaps(best_scores, best)
    return best_scores, best


def paired_cosines(rows: Floats, pairs: NDArray[np.int64]) -> Any:
    """Cosines of pairs of rows, shape (q,) for pairs of shape (q, 2)."""
    left, right = (unit_rows(np.asarray(rows[column])).astype(np.float64) for column in pairs.T)
    return np.einsum("ij,ij->i", left, right)
