"""The best rows for many queries, by their cosines; compiled once for each instruction set."""

from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int64_t, uint8_t, uint16_t

ctypedef signed char schar

cdef extern from "query/_search.h" nogil:
    enum: STORED_F32
    enum: STORED_F64
    enum: STORED_F16
    enum: STORED_I8
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
        ptrdiff_t k
        double* best
        int64_t* best_rows
    int search_rows(const Search* s) noexcept
    int search_listed(const Search* s, const int64_t* offsets, const int64_t* listed) noexcept
    int offer(double* scores, int64_t* rows, ptrdiff_t k, double score, int64_t row) noexcept
    void sort_heap(double* scores, int64_t* rows, ptrdiff_t k) noexcept

ctypedef fused stored:
    float
    double
    uint16_t
    schar


def search(
    const stored[:, :] rows, Py_ssize_t first, const float[:, ::1] queries, const double[:, ::1] exact,
    double[:, ::1] best, int64_t[:, ::1] best_rows, const uint8_t[::1] allowed=None, left_out=None, listed=None,
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

    Raises
    ------
    ValueError
        If shapes or strides do not fit.
    MemoryError
        If there is none for a block of rows.
    """
    cdef Search s
    cdef const int64_t[::1] offsets, left_rows, listed_offsets, listed_rows
    cdef int failed = 0
    s.n, s.size, s.n_queries, s.k = rows.shape[0], rows.shape[1], queries.shape[0], best.shape[1]
    if queries.shape[1] != s.size or exact.shape[0] != s.n_queries or exact.shape[1] != s.size:
        raise ValueError(f"rows {s.n} x {s.size}, queries {s.n_queries} x {queries.shape[1]}, exact {len(exact)}")
    if best.shape[0] != s.n_queries or best_rows.shape[0] != s.n_queries or best_rows.shape[1] != s.k:
        raise ValueError("there must be one heap for each query")
    if s.size > 1 and rows.strides[1] != sizeof(stored) or rows.strides[0] % <ptrdiff_t>sizeof(stored):
        raise ValueError("the numbers of a row must be contiguous and aligned")
    if allowed is not None and allowed.shape[0] < first + s.n:
        raise ValueError(f"{allowed.shape[0]} rows are said to be allowed or not, of {first + s.n}")
    if s.n == 0 or s.n_queries == 0 or s.k == 0:
        return
    s.stored = STORED_F32 if stored is float else STORED_F64 if stored is double else STORED_F16 if stored is uint16_t else STORED_I8
    s.rows, s.stride, s.first = <const char*>&rows[0, 0], rows.strides[0], first
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
