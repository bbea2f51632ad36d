# Hot rows: each thread's copies of the output rows that all threads update most often.
#
# All threads change the nodes near the root in every window, and the output rows of the most frequent
# words in many; a core waits whenever it needs a row that another core changed last. So each thread has
# copies of these rows of its own, and exchanges a row after some updates. The changes of all threads, taken
# from the same old values, point the same way, so that the sum of very many would overshoot: exchanges come
# the sooner the more threads there are, and where they would come too often to be worth it, a thread gives
# only a share of its change. A row is hot only if it is trained so often that smaller steps cost nothing
# (train/hot.py). The mean instead of the sum was worse with two threads: MEN .615 instead of .621 in
# skip-gram with negative sampling.

cdef void* ns_row(const Settings* s, Walk* w, int64_t word_id) noexcept nogil:
    return (w.ns_copies.rows if word_id < s.hot_ns.n else <char*>s.w_ns) + word_id * s.row_bytes


cdef void* hs_row(const Settings* s, Walk* w, int64_t node) noexcept nogil:
    if node < s.hot_hs.first:
        return <char*>s.w_hs + node * s.row_bytes
    return w.hs_copies.rows + (node - s.hot_hs.first) * s.row_bytes


cdef void exchange(const Settings* s, const HotRows* hot, Copies* copies, int64_t row) noexcept nogil:
    cdef int64_t offset = row * s.row_bytes
    copies.n_updates[row] = 0
    if s.is_double:
        exchange_row_f64(hot.rows + offset, copies.rows + offset, copies.base + offset, s.hot_share, s.n_blocks)
    else:
        exchange_row_f32(hot.rows + offset, copies.rows + offset, copies.base + offset, s.hot_share, s.n_blocks)


cdef void exchange_all(const Settings* s, const HotRows* hot, Copies* copies) noexcept nogil:
    cdef int64_t row
    for row in range(hot.n):
        exchange(s, hot, copies, row)


cdef void fetch_copies(const Settings* s, const HotRows* hot, Copies* copies) noexcept nogil:
    memset(copies.rows, 0, hot.n * s.row_bytes)
    memset(copies.base, 0, hot.n * s.row_bytes)
    exchange_all(s, hot, copies)


cdef void count_update(const Settings* s, const HotRows* hot, Copies* copies, int64_t row) noexcept nogil:
    if 0 <= row < hot.n:
        copies.n_updates[row] += 1
        if copies.n_updates[row] >= s.exchange_every:
            exchange(s, hot, copies, row)


cdef void ns_exchange(const Settings* s, Walk* w) noexcept nogil:
    cdef int k
    count_update(s, &s.hot_ns, &w.ns_copies, w.kept[w.position])
    for k in range(s.negative):
        count_update(s, &s.hot_ns, &w.ns_copies, w.noise[k * RING + w.position % RING])


cdef void hs_exchange(const Settings* s, Walk* w) noexcept nogil:
    cdef int64_t start = s.path_start[w.kept[w.position]]
    cdef int k
    for k in range(w.window.n_out):
        count_update(s, &s.hot_hs, &w.hs_copies, s.path_point[start + k] - s.hot_hs.first)
