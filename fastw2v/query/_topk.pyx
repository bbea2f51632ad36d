"""The best rows of blocks of scores, without sorting the vocabulary: one small heap per query."""

from libc.math cimport INFINITY

ctypedef fused real:
    float
    double


cdef inline bint worse(real score, long long row, real other_score, long long other_row) noexcept nogil:
    """Whether the first entry ranks behind the second: lower score, then later row."""
    return score < other_score or (score == other_score and row > other_row)


cdef inline void sift_down(real* scores, long long* rows, Py_ssize_t start, Py_ssize_t size) noexcept nogil:
    """Restore the heap below ``start``; its root is the worst entry that is kept."""
    cdef Py_ssize_t parent = start, child
    cdef real score = scores[start]
    cdef long long row = rows[start]
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        if child + 1 < size and worse(scores[child + 1], rows[child + 1], scores[child], rows[child]):
            child += 1
        if not worse(scores[child], rows[child], score, row):
            break
        scores[parent] = scores[child]
        rows[parent] = rows[child]
        parent = child
    scores[parent] = score
    rows[parent] = row


cdef inline void offer(
    const real* scores, Py_ssize_t n, long long first_row, real* heap_scores, long long* heap_rows, Py_ssize_t k
) noexcept nogil:
    """Put the scores that are good enough into a heap of k."""
    cdef Py_ssize_t j
    cdef real bar = heap_scores[0]
    for j in range(n):
        if scores[j] > bar:  # rows come in order, so that an equal score is always a later row
            heap_scores[0] = scores[j]
            heap_rows[0] = first_row + j
            sift_down(heap_scores, heap_rows, 0, k)
            bar = heap_scores[0]


cdef inline void heap_sort(real* scores, long long* rows, Py_ssize_t k) noexcept nogil:
    """Turn a heap into a list, best first."""
    cdef Py_ssize_t last
    cdef real score
    cdef long long row
    for last in range(k - 1, 0, -1):
        score = scores[last]
        row = rows[last]
        scores[last] = scores[0]
        rows[last] = rows[0]
        scores[0] = score
        rows[0] = row
        sift_down(scores, rows, 0, last)


def push_block(const real[:, :] block, long long first_row, real[:, ::1] heap_scores, long long[:, ::1] heap_rows):
    """Offer a block of scores to one heap per query.

    Parameters
    ----------
    block : shape (n_queries, n_rows)
        ``block[q, j]`` is the score of row ``first_row + j`` for query ``q``; NaN never enters a heap.
    first_row : int
        Row number of the first column.
    heap_scores, heap_rows : shape (n_queries, k)
        Start from -inf and -1; after the last block, :func:`sort_heaps` puts the best first.
    """
    cdef Py_ssize_t n_queries = block.shape[0], k = heap_scores.shape[1], q
    if heap_scores.shape[0] != n_queries or heap_rows.shape[0] != n_queries or heap_rows.shape[1] != k:
        raise ValueError("there must be one heap per query")
    if block.shape[1] > 1 and block.strides[1] != sizeof(real):
        raise ValueError("the scores of a query must be contiguous")
    if k == 0 or n_queries == 0 or block.shape[1] == 0:
        return
    with nogil:
        for q in range(n_queries):
            offer(&block[q, 0], block.shape[1], first_row, &heap_scores[q, 0], &heap_rows[q, 0], k)


def sort_heaps(real[:, ::1] heap_scores, long long[:, ::1] heap_rows):
    """Sort each heap in place, best first; equal scores by row, unused places (row -1) last."""
    cdef Py_ssize_t n_queries = heap_scores.shape[0], k = heap_scores.shape[1], q
    if heap_rows.shape[0] != n_queries or heap_rows.shape[1] != k:
        raise ValueError("scores and rows must have the same shape")
    if k == 0:
        return
    with nogil:
        for q in range(n_queries):
            heap_sort(&heap_scores[q, 0], &heap_rows[q, 0], k)


def best_rows(const real[::1] scores, real[::1] best_scores, long long[::1] best_rows):
    """Fill in the highest scores and their rows, best first; places that stay free get row -1."""
    cdef Py_ssize_t k = best_scores.shape[0], place
    if best_rows.shape[0] != k:
        raise ValueError("scores and rows must have the same length")
    if k == 0:
        return
    for place in range(k):
        best_scores[place] = -INFINITY
        best_rows[place] = -1
    with nogil:
        offer(&scores[0] if scores.shape[0] else NULL, scores.shape[0], 0, &best_scores[0], &best_rows[0], k)
        heap_sort(&best_scores[0], &best_rows[0], k)
