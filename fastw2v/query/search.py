"""Exact search: for each of many queries the rows with the highest cosines, equal ones by row."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.query import _topk
from fastw2v.query.similarity import Floats, Rows, blocks, compute_dtype, unit_rows

QUERIES_PER_PRODUCT = 1024  # few, large products: their threads wait for each other at the end of each


class RowLists(NamedTuple):
    """Rows for each of many queries: those of query ``q`` are ``rows[offsets[q] : offsets[q + 1]]``, rising."""

    offsets: NDArray[np.int64]  # (n_queries + 1,)
    rows: NDArray[np.int64]

    def of(self, query: int) -> NDArray[np.int64]:
        """Return the rows of one query."""
        return self.rows[self.offsets[query] : self.offsets[query + 1]]


def row_lists(lists: list[Any]) -> RowLists:
    """Return lists of rows, one for each query, as arrays; each becomes rising and without repetitions.

    Examples
    --------
    >>> row_lists([[5, 2, 5], []]).rows
    array([2, 5])
    """
    found = [np.unique(np.asarray(rows, dtype=np.int64)) for rows in lists]
    offsets = np.cumsum([0, *map(len, found)], dtype=np.int64)
    return RowLists(offsets, np.concatenate([np.empty(0, dtype=np.int64), *found]))


def nearest_rows(
    rows: Floats,
    queries: Floats,
    count: int,
    *,
    part: slice = slice(None),
    left_out: RowLists | None = None,
    allowed: NDArray[np.bool_] | RowLists | None = None,
    threads: int | None = None,
) -> tuple[Floats, Rows]:
    """Return the cosines and numbers of the ``count`` rows nearest to each query.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
        Any storage type.
    queries : ndarray, shape (q, d)
    count : int
    part : slice
        Rows that are candidates; step 1.
    left_out : RowLists, optional
        Rows that the answer to a query must not name.
    allowed : ndarray of bool, shape (n,), or RowLists, optional
        Rows that the answers may name: the same for all queries, or of each.
    threads : int, optional
        By default as many as the work is worth.

    Returns
    -------
    cosines, rows : ndarray, shape (q, min(count, n))
        Best first, equal cosines by row. Places without an answer have cosine -inf and row -1.

    Examples
    --------
    >>> nearest_rows(np.eye(3, dtype=np.float32), np.array([[0, 2.0, 0]]), 1)[1]
    array([[1]])
    """
    del threads
    first, stop, _ = part.indices(len(rows))
    count = max(0, min(count, stop - first))
    directions: Floats = np.ascontiguousarray(unit_rows(np.asarray(queries)), dtype=compute_dtype(rows.dtype))
    best_scores: Floats = np.full((len(directions), count), -np.inf, dtype=directions.dtype)
    best: Rows = np.full((len(directions), count), -1, dtype=np.int64)
    for start, block in blocks(rows[first:stop]):
        units, start = unit_rows(block), first + start
        end = start + len(units)
        for low in range(0, len(directions), QUERIES_PER_PRODUCT):
            scores = directions[low : low + QUERIES_PER_PRODUCT] @ units.T
            if isinstance(allowed, np.ndarray):
                scores[:, ~allowed[start:end]] = np.nan
            for query in range(len(scores) if left_out or isinstance(allowed, RowLists) else 0):
                forbid(scores[query], low + query, start, left_out, allowed)
            high = low + len(scores)
            _topk.push_block(scores, start, best_scores[low:high], best[low:high])
    _topk.sort_heaps(best_scores, best)
    return best_scores, best


def forbid(scores: Floats, query: int, start: int, left_out: RowLists | None, allowed: Any) -> None:
    """Make the scores of rows that may not answer a query NaN; ``scores`` are of the rows from ``start`` on."""
    if isinstance(allowed, RowLists):
        scores[np.isin(np.arange(start, start + len(scores)), allowed.of(query), invert=True)] = np.nan
    if left_out:
        rows = left_out.of(query) - start
        scores[rows[(rows >= 0) & (rows < len(scores))]] = np.nan
