"""The best rows for many queries, by their cosines; compiled once for each instruction set."""

from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t

import numpy as np

ctypedef signed char schar

cdef extern from "query/_search.h" nogil:
    enum: STORED_F32
    enum: STORED_F64
    enum: STORED_F16
    enum: STORED_I8
    enum: MOST_BYTES
    enum: SKETCH_ROWS
    ctypedef struct Sketch:
        schar* codes
        ptrdiff_t groups
        float* factors
        float* errors
        int32_t* sums
    ctypedef struct Search:
        const char* rows
        ptrdiff_t n
        ptrdiff_t stride
        ptrdiff_t size
        int stored
        ptrdiff_t first
        ptrdiff_t n_queries
        const float* queries
        const double* exact
        const uint8_t* allowed
        const int64_t* offsets
        const int64_t* left_out
        const Sketch* sketch
        int by_floats
        ptrdiff_t k
        double* best
        int64_t* best_rows
    int multiplies_bytes() noexcept
    ptrdiff_t sketch_groups(ptrdiff_t size) noexcept
    void sketch_rows(const Search* s, float* work, ptrdiff_t start, ptrdiff_t n, Sketch* sketch) noexcept
    int search_rows(const Search* s) noexcept
    int search_listed(const Search* s, const int64_t* offsets, const int64_t* listed) noexcept
    int offer(double* scores, int64_t* rows, ptrdiff_t k, double score, int64_t row) noexcept
    void sort_heap(double* scores, int64_t* rows, ptrdiff_t k) noexcept

ctypedef fused stored:
    float
    double
    uint16_t
    schar

multiplies_bytes()  # for the first time: later, several threads may ask at once


cdef int set_rows(Search* s, const stored[:, :] rows) except -1:
    s.n, s.size, s.stride = rows.shape[0], rows.shape[1], rows.strides[0]
    if s.size > 1 and rows.strides[1] != sizeof(stored) or s.stride % <ptrdiff_t>sizeof(stored):
        raise ValueError("the numbers of a row must be contiguous and aligned")
    s.stored = STORED_F32 if stored is float else STORED_F64 if stored is double else STORED_F16 if stored is uint16_t else STORED_I8
    s.rows = <const char*>&rows[0, 0] if s.n and s.size else NULL
    return 0


def sketch(const stored[:, :] rows):
    """Return a table of a byte for each number, by which :func:`search` rules most rows out, or None where none helps.

    Parameters
    ----------
    rows : float32, float64, uint16 (float16) or int8, shape (n, d)

    Returns
    -------
    codes : int8, shape (n / 16 rounded up, d / 4 rounded up, 16, 4)
        Of row ``i`` the group ``g`` of four numbers is ``codes[i // 16, g, i % 16]``; zeros fill up.
    factors, errors : float32, shape (n,)
        Its factor times its codes is within its error of row ``i`` at length 1; a factor of NaN tells nothing.
    sums : int32, shape (n,)
        Of the codes.
    """
    cdef Search s
    cdef Sketch made
    set_rows(&s, rows)
    if not multiplies_bytes() or s.size > MOST_BYTES:
        return None
    shape = ((s.n + SKETCH_ROWS - 1) // SKETCH_ROWS, sketch_groups(s.size), SKETCH_ROWS, 4)
    room = np.empty(np.prod(shape) + 63, np.int8)  # for large arrays NumPy asks for large pages, but not by zeros()
    room.fill(0)
    begin = -room.ctypes.data % 64  # a vector of codes is a cache line
    codes = room[begin : len(room) - 63 + begin].reshape(shape)
    arrays = codes, np.empty(s.n, np.float32), np.empty(s.n, np.float32), np.empty(s.n, np.int32)
    cdef float[::1] work = np.empty(s.size + 1, np.float32)
    if s.n == 0:
        return arrays
    set_sketch(&made, arrays)
    with nogil:
        sketch_rows(&s, &work[0], 0, s.n, &made)
    return arrays


cdef int set_sketch(Sketch* made, arrays) except -1:
    cdef schar[:, :, :, ::1] codes
    cdef float[::1] factors, errors
    cdef int32_t[::1] sums
    codes, factors, errors, sums = arrays
    made.groups = codes.shape[1]
    made.codes = &codes[0, 0, 0, 0] if made.groups else NULL
    made.factors, made.errors, made.sums = &factors[0], &errors[0], &sums[0]
    return 0


def search(
    const stored[:, :] rows, Py_ssize_t first, const float[:, ::1] queries, const double[:, ::1] exact,
    double[:, ::1] best, int64_t[:, ::1] best_rows, const uint8_t[::1] allowed=None, left_out=None, listed=None,
    sketch=None, bint by_floats=False,
):
    """Put the rows that rank among the best into one heap for each query.

    Parameters
    ----------
    rows : float32, float64, uint16 (float16) or int8, shape (n, d)
        A part of a table. The numbers of a row must be contiguous; the stride between rows is free.
    first : int
        Number of the first of these rows in the table.
    queries : float32, shape (n_queries, d)
        Of length 1, or zeros for a query that has no cosine.
    exact : float64, shape (n_queries, d)
        The same queries, of length 1 as far as the numbers of the table can tell.
    best, best_rows : shape (n_queries, k)
        Heaps of what was found before: -inf and row -1 to begin with, NaN for a query that has no cosine.
    allowed : uint8, shape of the table, optional
        Rows that may answer.
    left_out : (offsets, rows), optional
        Rows that may not answer query ``q``, rising: ``rows[offsets[q] : offsets[q + 1]]``.
    listed : (offsets, rows), optional
        The only rows that may answer query ``q``.
    sketch : tuple of arrays, optional
        Of the whole table, as :func:`sketch` made it.
    by_floats : bool
        Do not multiply bytes even where that is faster: for tests.

    Raises
    ------
    ValueError
        If shapes or strides do not fit.
    MemoryError
        If there is none for a block of rows.
    """
    cdef Search s
    cdef const int64_t[::1] offsets, left_rows, listed_offsets, listed_rows
    cdef Sketch made
    cdef int failed = 0
    set_rows(&s, rows)
    s.n_queries, s.k = queries.shape[0], best.shape[1]
    if queries.shape[1] != s.size or exact.shape[0] != s.n_queries or exact.shape[1] != s.size:
        raise ValueError(f"rows {s.n} x {s.size}, queries {s.n_queries} x {queries.shape[1]}, exact {len(exact)}")
    if best.shape[0] != s.n_queries or best_rows.shape[0] != s.n_queries or best_rows.shape[1] != s.k:
        raise ValueError("there must be one heap for each query")
    if sketch is not None and (len(sketch[1]) < first + s.n or sketch[0].shape[1] != sketch_groups(s.size)):
        raise ValueError(f"the sketch of {len(sketch[1])} rows is not that of these rows")
    if allowed is not None and allowed.shape[0] < first + s.n:
        raise ValueError(f"{allowed.shape[0]} rows are said to be allowed or not, of {first + s.n}")
    if s.n == 0 or s.n_queries == 0 or s.k == 0:
        return
    s.first, s.by_floats, s.sketch = first, by_floats, NULL
    if sketch is not None and multiplies_bytes():
        set_sketch(&made, sketch)
        s.sketch = &made
    s.queries, s.exact, s.best, s.best_rows = &queries[0, 0], &exact[0, 0], &best[0, 0], &best_rows[0, 0]
    s.allowed, s.offsets, s.left_out = NULL, NULL, NULL
    if allowed is not None:
        s.allowed = &allowed[0]
    if left_out is not None:
        offsets, left_rows = _checked(left_out, s.n_queries)
        if left_rows.shape[0]:
            s.offsets, s.left_out = &offsets[0], &left_rows[0]
    if listed is None:
        with nogil:
            failed = search_rows(&s)
    else:
        listed_offsets, listed_rows = _checked(listed, s.n_queries)
        if listed_rows.shape[0]:
            with nogil:
                failed = search_listed(&s, &listed_offsets[0], &listed_rows[0])
    if failed:
        raise MemoryError(f"no memory for a block of rows of {s.size} numbers and {s.n_queries} queries")


def _checked(lists, Py_ssize_t n_queries):
    """Return offsets and rows, or raise a ValueError if they are no lists of rows for so many queries."""
    offsets, rows = lists
    cdef const int64_t[::1] borders = offsets
    cdef Py_ssize_t query
    if borders.shape[0] != n_queries + 1 or borders[0] < 0 or borders[n_queries] > len(rows):
        raise ValueError(f"lists for {borders.shape[0] - 1} queries, of {len(rows)} rows; there are {n_queries} queries")
    for query in range(n_queries):
        if borders[query] > borders[query + 1]:
            raise ValueError(f"the list of query {query} ends before it begins")
    return offsets, rows


def merge(double[:, ::1] best, int64_t[:, ::1] best_rows, const double[:, ::1] others, const int64_t[:, ::1] other_rows):
    """Put what is in other heaps, of the same queries, into the first ones."""
    cdef ptrdiff_t n_queries = best.shape[0], k = best.shape[1], n_others = others.shape[1], query, place
    if (
        others.shape[0] != n_queries or best_rows.shape[0] != n_queries or best_rows.shape[1] != k
        or other_rows.shape[0] != n_queries or other_rows.shape[1] != n_others
    ):
        raise ValueError("there must be one heap for each query")
    if k == 0:
        return
    with nogil:
        for query in range(n_queries):
            for place in range(n_others):
                if other_rows[query, place] >= 0:
                    offer(&best[query, 0], &best_rows[query, 0], k, others[query, place], other_rows[query, place])


def sort(double[:, ::1] best, int64_t[:, ::1] best_rows):
    """Sort each heap in place, best first; equal scores by row, places that are free (row -1) last."""
    cdef ptrdiff_t n_queries = best.shape[0], k = best.shape[1], query
    if best_rows.shape[0] != n_queries or best_rows.shape[1] != k:
        raise ValueError("there must be one heap for each query")
    if k == 0:
        return
    with nogil:
        for query in range(n_queries):
            sort_heap(&best[query, 0], &best_rows[query, 0], k)
