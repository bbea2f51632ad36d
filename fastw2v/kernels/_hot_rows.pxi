# Hot rows: each thread's copies of the rows that all threads update most often.
#
# All threads change the nodes near the root in every window, and the rows of the most frequent words in
# many; a core waits whenever it needs a row that another core changed last. So each thread has copies of
# these rows of its own, and exchanges them from time to time, by a timetable of the plan (train/hot_rows.py).
#
# Between two exchanges all threads change a row from about the same old value. Their sum alone would overshoot,
# and diverge: see _exchange_body.h for what is taken off, and math.md section 8 for why that cannot. The curvature,
# which it takes, each thread measures as it goes.

cdef inline void* row_of(const Rows* rows, int64_t number) noexcept nogil:
    """A row of the matrix, or this thread's copy of it: a select without a branch, which would be guessed wrong."""
    cdef bint is_hot = <uint64_t>(number - rows.hot.first) < <uint64_t>rows.hot.n
    return rows.shared + number * rows.row_bytes + (rows.to_copy & -<int64_t>is_hot)


cdef void exchange(const Settings* s, const Walk* w, const Rows* rows, int64_t hot_row, int64_t position) noexcept nogil:
    """Exchange a hot row, some updates after its last exchange."""
    cdef int64_t offset = hot_row * s.row_bytes, now = w.n_before + position
    cdef void* shared = rows.shared + rows.hot.first * s.row_bytes + offset
    cdef const void* axis = rows.curvature.mean[0]
    cdef double step = w.window.alpha * rows.hot.rate[hot_row] * (now - rows.when[hot_row])
    cdef double first = step * rows.curvature.along[0], rest = step * rows.curvature.along[1]
    rows.when[hot_row] = now
    s.compute.exchange_row(shared, rows.copies + offset, rows.base + offset, axis, first, rest, rows.hot.n_threads,
                      s.n_blocks)


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


cdef void exchange_due(const Settings* s, const Walk* w, const Rows* rows, int64_t position) noexcept nogil:
    """Exchange the rows that are due, and fetch those of the next tick."""
    cdef int64_t i, tick = position // TICK
    cdef int64_t now = tick % CYCLE, later = (tick + 1) % CYCLE
    if rows.hot.n:
        for i in range(rows.hot.start[now], rows.hot.start[now + 1]):
            exchange(s, w, rows, rows.hot.due[i], position)
        for i in range(rows.hot.start[later], rows.hot.start[later + 1]):
            fetch_for_exchange(s, w, rows, rows.hot.due[i])


cdef void exchange_hot_rows(const Settings* s, const Walk* w, const Rows* rows, int64_t position) noexcept nogil:
    cdef int64_t row
    for row in range(-IN_FLIGHT, rows.hot.n):
        if row + IN_FLIGHT < rows.hot.n:
            fetch_for_exchange(s, w, rows, row + IN_FLIGHT)
        if row >= 0:
            exchange(s, w, rows, row, position)


cdef void exchange_all(const Settings* s, const Walk* w, int64_t position) noexcept nogil:
    """What this thread did reaches the shared rows."""
    exchange_hot_rows(s, w, &w.input_rows, position)
    exchange_hot_rows(s, w, &w.ns_rows, position)
    exchange_hot_rows(s, w, &w.hs_rows, position)


cdef bint is_copy(const Rows* rows, const void* row) noexcept nogil:
    return <uintptr_t>row - <uintptr_t>rows.copies < <uintptr_t>(rows.hot.n * rows.row_bytes)


cdef void measure(const Settings* s, Walk* w, Rows* outputs, int n_context, int n_out) noexcept nogil:
    """Take one pair of a window as a sample of the curvature that its rows see, before they are updated."""
    cdef int j = <int>(w.n_measured % n_out), i
    cdef void* x = w.context[w.n_measured // n_out % n_context]
    cdef void* o = w.window.out_rows[j]
    cdef int n_in = n_context
    cdef double n_steps = n_out * (w.times[j] if w.n_drawn else 1)  # of an input row: each is as one by this output row
    cdef double x_copied = 0
    cdef double scale = 1.0 / n_context if s.cbow_mean else 1.0
    # how much of its gradient an input row gets: twice as much if it is updated for two objectives
    cdef double share = 1.0 + (s.w_ns != NULL and s.w_hs != NULL)
    # of the newest pairs: in the beginning rows grow, and older ones say little
    cdef double part = 1.0 / (1 + min(w.n_measured, min(max(w.n_measured // 8, <int64_t>8), <int64_t>MEMORY)))
    if not s.skip_gram:
        x, n_in = w.old[0], 1
        s.compute.sum_rows(x, w.context, n_context, scale, s.n_blocks)
        for i in range(n_context):
            x_copied += is_copy(&w.input_rows, w.context[i]) / <double>n_context
        # all copies among the context rows move together, each by the whole update of their mean or sum or by a part
        share *= (scale if s.cbow_exact else 1.0) if s.cbow_mean else (n_context if s.cbow_exact else 1.0)
        share *= max(x_copied, 1.0 / n_context)
    s.compute.measure_pair(x, o, n_in, n_steps, share, part, &outputs.curvature, &w.input_rows.curvature, s.n_blocks)
    w.n_measured += 1


def exchange_rows(shared, mine, base, axis, const double[::1] first, const double[::1] rest, int64_t n_threads):
    """Exchange rows that somebody else has changed, too; see ``_kernels.pyi``."""
    cdef bint is_double = memoryview(shared).format == "d"
    cdef Arithmetic compute = arithmetic_of(is_double)
    cdef int lanes = LANES_f64 if is_double else LANES_f32
    cdef int n_blocks = (shared.shape[1] + lanes - 1) // lanes
    cdef int64_t stride = 0, n = 0, i, row
    cdef char* rows = <char*>rows_of(shared, is_double, &stride, &n)
    cdef char* copies = <char*>rows_of(mine, is_double, &stride, &n)
    cdef char* old = <char*>rows_of(base, is_double, &stride, &n)
    cdef void* line = rows_of(axis, is_double, &stride, &n)
    if not shared.shape == mine.shape == base.shape == (len(first), axis.shape[1]) or n != 1 or len(rest) != len(first):
        raise ValueError("rows, their copies, their old values, the axis and what is taken back disagree in shape")
    stride *= 8 if is_double else 4
    with nogil:
        for i in range(first.shape[0]):
            row = i * stride
            compute.exchange_row(rows + row, copies + row, old + row, line, first[i], rest[i], n_threads, n_blocks)
