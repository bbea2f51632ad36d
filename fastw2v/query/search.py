"""Exact search: for each of many queries the rows with the highest cosines, equal ones by row.

Cosines are sums in float64, rounded to float32 unless the table is of float64. They have the same bits on every
processor, with any number of threads, and whatever else is asked in the same call: there is one answer, ties included.
No list of all scores is made: a thread keeps the best so far, and a block of rows.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v import _dispatch
from fastw2v._parallel import in_slices, usable_cpus
from fastw2v.query.quantized import QuantizedMatrix
from fastw2v.query.similarity import Floats, Rows, blocks, compute_dtype, unit_rows

QUERIES_AT_A_TIME = 1024  # the table is read from memory once for so many
QUERY_BYTES = 8 << 20  # of queries and of heaps, for each thread
NUMBERS_PER_THREAD = 4 << 20  # fewer products are done in half a millisecond: a thread takes as long to start

_compiled = _dispatch.compiled("fastw2v.query._search")


class RowLists(NamedTuple):
    """Rows for each of many queries: those of query ``q`` are ``rows[offsets[q] : offsets[q + 1]]``, rising."""

    offsets: NDArray[np.int64]  # (n_queries + 1,)
    rows: NDArray[np.int64]

    def of(self, query: int) -> NDArray[np.int64]:
        """Return the rows of one query."""
        return self.rows[self.offsets[query] : self.offsets[query + 1]]


class Sketch(NamedTuple):
    """A byte for each number of a table, by which exact search rules most rows out: see ``query/_bytes.h``."""

    codes: NDArray[np.int8]  # (n / 16 rounded up, d / 4 rounded up, 16, 4)
    factors: NDArray[np.float32]  # (n,): factor times code is near the row at length 1; NaN tells nothing
    errors: NDArray[np.float32]  # (n,): the length of what that leaves out
    sums: NDArray[np.int32]  # (n,): of the codes


def sketch_of(rows: Any, most_bytes: int) -> Sketch | None:
    """Return a sketch of a table for :func:`nearest_rows`, or None.

    There is none where the processor gains nothing by it (without AVX-512 VNNI), if it would take more than
    ``most_bytes``, or if the compiled code cannot read the rows where they are.

    Examples
    --------
    >>> made = sketch_of(np.eye(3, dtype=np.float32), 1 << 20)
    >>> made is None or made.codes[0, 0, 1].tolist()
    [0, 127, 0, 0]
    """
    table, readable = _table_of(rows)
    if not readable or len(table) * (table.shape[1] + 16) > most_bytes:
        return None
    made = _compiled.sketch(table)
    return made and Sketch(*made)


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


def one_list(rows: Iterable[int]) -> RowLists:
    """Return the rows of a single query; those below 0 are none."""
    found = np.array(sorted(row for row in rows if row >= 0), dtype=np.int64)
    return RowLists(np.array([0, len(found)], dtype=np.int64), found)


def nearest_rows(
    rows: Floats,
    queries: Floats,
    count: int,
    *,
    part: slice = slice(None),
    left_out: RowLists | None = None,
    allowed: NDArray[np.bool_] | RowLists | None = None,
    sketch: Sketch | None = None,
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
    sketch : Sketch, optional
        Of ``rows`` as they are now: a single query then reads little more than this. Answers are the same.
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
    first, stop, _ = part.indices(len(rows))
    count, stop = max(0, min(count, stop - first)), max(first, stop)
    directions: Floats = unit_rows(np.asarray(queries)).astype(compute_dtype(rows.dtype), copy=False)
    if directions.shape[1:] != rows.shape[1:]:
        raise ValueError(f"queries of shape {directions.shape} cannot be compared with rows of {rows.shape[1]} numbers")
    table, readable = _table_of(rows)
    allowed = np.ascontiguousarray(allowed) if isinstance(allowed, np.ndarray) else allowed
    found, step = [], queries_at_a_time(rows.shape[1], count)
    numbers = rows.shape[1] * min(step, len(directions))  # of products for each row
    per_thread = NUMBERS_PER_THREAD * (1 if sketch is None else 4)  # of a byte
    least = 1 if threads else -(-per_thread // max(1, numbers))
    n_threads = min(threads or usable_cpus(), (stop - first) // least) if (stop - first) > least else 1
    for low in range(0, len(directions), step):
        high = low + step
        search = _Search(table, readable, directions[low:high], count, sketch)
        search.left_out, search.allowed = _cut(left_out, low, high), _cut(allowed, low, high)
        in_slices(partial(search.run, first), stop - first, least=least, n_threads=n_threads)
        found.append(search.found())
    scores, best = found[0] if len(found) == 1 else _joined(found, count)
    return scores.astype(directions.dtype, copy=False), best


def _joined(found: list[tuple[Floats, Rows]], count: int) -> tuple[Floats, Rows]:
    """Return the answers to some queries after those to others as one pair of arrays."""
    nothing = np.empty((0, count)), np.empty((0, count), dtype=np.int64)
    scores, rows = zip(nothing, *found, strict=True)
    return np.concatenate(scores), np.concatenate(rows)


def queries_at_a_time(size: int, count: int) -> int:
    """Return how many queries go through the table together: their numbers and heaps take a few MB at most."""
    return max(1, min(QUERIES_AT_A_TIME, QUERY_BYTES // (12 * max(1, size)), QUERY_BYTES // (16 * max(1, count))))


def _table_of(rows: Any) -> tuple[NDArray[Any], bool]:
    """Return the rows as the compiled code takes them, and whether it can read them where they are."""
    table: NDArray[Any] = rows.codes if isinstance(rows, QuantizedMatrix) else rows
    readable = (
        table.dtype.char in "fdeb"
        and table.dtype.isnative
        and table.flags.aligned
        and (table.shape[1] < 2 or table.strides[1] == table.itemsize)
    )
    return (table.view(np.uint16) if readable and table.dtype.char == "e" else table), bool(readable)


def _cut(lists: Any, low: int, high: int) -> Any:
    """Return the lists of some queries; what is for all queries stays as it is."""
    return RowLists(lists.offsets[low : high + 1], lists.rows) if isinstance(lists, RowLists) else lists


class _Search:
    """Some queries against a table, whose parts may be searched by several threads."""

    def __init__(
        self, table: NDArray[Any], readable: bool, directions: Floats, count: int, sketch: Sketch | None
    ) -> None:
        self._table = table
        self._readable = readable
        self._count = count
        self._sketch = sketch
        self._lost = None  # queries that have no cosine
        if math.isnan(np.vdot(directions, directions)):  # a number that is not finite makes all of its row NaN
            self._lost = np.flatnonzero(np.isnan(directions).any(axis=1))
        self._exact = directions.astype(np.float64)
        self._queries = directions.astype(np.float32)
        if self._lost is not None:
            self._queries[self._lost] = 0
        self._parts: dict[int, tuple[Floats, Rows]] = {}  # by the thread that found them
        self.left_out: RowLists | None = None
        self.allowed: Any = None

    def run(self, offset: int, some: slice) -> None:
        """Search some of the rows from ``offset`` on."""
        first, stop = offset + some.start, offset + some.stop
        best, best_rows = self._heaps_of_thread()
        listed = self.allowed if isinstance(self.allowed, RowLists) else None
        mask = None if listed or self.allowed is None else self.allowed.view(np.uint8)
        asked = (self._queries, self._exact, best, best_rows, mask, self.left_out, listed, self._sketch)
        if self._readable:
            _compiled.search(self._table[first:stop], first, *asked)
        else:
            for start, block in blocks(self._table[first:stop]):
                _compiled.search(block, first + start, *asked)

    def _heaps_of_thread(self) -> tuple[Floats, Rows]:
        """Return the heaps of the calling thread: what it found before rules more out."""
        thread = threading.get_ident()
        if thread not in self._parts:
            self._parts[thread] = _heaps(len(self._queries), self._count)
            if self._lost is not None:
                self._parts[thread][0][self._lost] = np.nan
        return self._parts[thread]

    def found(self) -> tuple[Floats, Rows]:
        """Return scores and rows, best first, of all that was searched."""
        parts = iter(self._parts.values())
        best, best_rows = next(parts)
        for part in parts:
            _compiled.merge(best, best_rows, *part)
        _compiled.sort(best, best_rows)
        if self._lost is not None:
            best[self._lost] = -np.inf
        return best, best_rows


def _heaps(n_queries: int, count: int) -> tuple[Floats, Rows]:
    """Return a heap for each query, of scores and rows, in which nothing is yet."""
    best: Floats = np.empty((n_queries, count))
    rows: Rows = np.empty((n_queries, count), dtype=np.int64)
    best.fill(-np.inf)
    rows.fill(-1)
    return best, rows


def forbid(scores: Floats, query: int, start: int, left_out: RowLists | None, allowed: Any) -> None:
    """Make the scores of rows that may not answer a query NaN; ``scores`` are of the rows from ``start`` on."""
    if isinstance(allowed, RowLists):
        scores[np.isin(np.arange(start, start + len(scores)), allowed.of(query), invert=True)] = np.nan
    if left_out:
        rows = left_out.of(query) - start
        scores[rows[(rows >= 0) & (rows < len(scores))]] = np.nan
