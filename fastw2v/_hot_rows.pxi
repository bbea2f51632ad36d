# Hot rows: each thread's copies of the rows that all threads update most often.
#
# All threads change the nodes near the root in every window, and the rows of the most frequent words in
# many; a core waits whenever it needs a row that another core changed last. So each thread has copies of
# these rows of its own, and exchanges them from time to time: a row is due when some updates of it are
# expected, which the plan has worked out before (train/hot.py), so that nothing is counted here. The changes
# of all threads, taken from the same old values, point the same way, so that the sum of very many would
# overshoot: exchanges come the sooner the more threads there are, and where they would come too often to be
# worth it, a thread gives only a share of its change. A row is hot only if it is trained so often that
# smaller steps cost nothing. The mean instead of the sum was worse with two threads: MEN .615 instead of
# .621 in skip-gram with negative sampling.

cdef inline void* row_of(const Rows* rows, int64_t number) noexcept nogil:
    """A row of the matrix, or this thread's copy of it: a select without a branch, which would be guessed wrong."""
    cdef bint is_hot = <uint64_t>(number - rows.hot.first) < <uint64_t>rows.hot.n
    return rows.shared + number * rows.row_bytes + (rows.to_copy & -<int64_t>is_hot)


cdef void exchange(const Settings* s, const Rows* rows, int64_t hot_row) noexcept nogil:
    cdef int64_t offset = hot_row * s.row_bytes
    cdef void* shared = rows.shared + rows.hot.first * s.row_bytes + offset
    if s.is_double:
        exchange_row_f64(shared, rows.copies + offset, rows.base + offset, rows.hot.share[hot_row], s.n_blocks)
    else:
        exchange_row_f32(shared, rows.copies + offset, rows.base + offset, rows.hot.share[hot_row], s.n_blocks)


cdef void fetch_for_exchange(const Settings* s, const Walk* w, const Rows* rows, int64_t hot_row) noexcept nogil:
    cdef const char* shared = rows.shared + (rows.hot.first + hot_row) * s.row_bytes
    cdef const char* base = rows.base + hot_row * s.row_bytes
    cdef int line
    for line in range(s.n_lines):
        if w.window.fetch_to_write:
            PREFETCH_TO_WRITE(shared + line * CACHE_LINE)
        else:
            PREFETCH(shared + line * CACHE_LINE)
        PREFETCH(base + line * CACHE_LINE)


cdef void exchange_due(const Settings* s, const Walk* w, const Rows* rows, int64_t tick) noexcept nogil:
    """Exchange the rows that are due, and fetch those of the next tick."""
    cdef int64_t i, now = tick % CYCLE, later = (tick + 1) % CYCLE
    if rows.hot.n:
        for i in range(rows.hot.start[now], rows.hot.start[now + 1]):
            exchange(s, rows, rows.hot.due[i])
        for i in range(rows.hot.start[later], rows.hot.start[later + 1]):
            fetch_for_exchange(s, w, rows, rows.hot.due[i])


cdef void exchange_rows(const Settings* s, const Walk* w, const Rows* rows) noexcept nogil:
    cdef int64_t row
    for row in range(-IN_FLIGHT, rows.hot.n):
        if row + IN_FLIGHT < rows.hot.n:
            fetch_for_exchange(s, w, rows, row + IN_FLIGHT)
        if row >= 0:
            exchange(s, rows, row)


cdef void exchange_all(const Settings* s, const Walk* w) noexcept nogil:
    """What this thread did reaches the shared rows."""
    exchange_rows(s, w, &w.input_rows)
    exchange_rows(s, w, &w.ns_rows)
    exchange_rows(s, w, &w.hs_rows)
