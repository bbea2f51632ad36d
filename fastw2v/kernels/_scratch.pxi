# What each thread of a training works with.


cdef struct Rows:
    # a weight matrix as one thread sees it
    char* shared  # (n_rows, stride)
    int64_t row_bytes
    HotRows hot
    char* copies  # (hot.n, stride) hot rows of this thread
    char* base  # (hot.n, stride) as they were at the last exchange
    int64_t* when  # (hot.n) the last exchange
    Curvature curvature  # that these rows see
    int64_t to_copy  # bytes from a hot row to its copy


cdef struct Listed:
    # what a position will use, one after the other: the input row that comes into reach with it stands last
    void** path  # nodes from the root to the word; none without hierarchical softmax
    void** words  # the word and its noise words; none without negative sampling


cdef struct Walk:
    # the positions ahead
    Listed listed[SLOTS]
    void** inputs  # (reach_mask + 1) input rows of the positions in reach
    # one window
    Window window
    double loss[TILE_ROW]
    void** context  # (2 * window) context rows
    int32_t* before  # (2 * window) for each of them, where in the window the word stood last, negative if nowhere
    bint repeats  # whether one of them stands there twice
    void** old  # (TILE_IN) rows of scratch memory: input values from before the window
    void** step  # (TILE_IN) rows of scratch memory: input updates that are not added to the rows directly
    void** moved  # (negative + 1 or max_path) rows of scratch memory: output rows as they would be without locks
    const Lock* lock  # of the output rows in hand
    const void* locked  # the matrix whose rows they are
    float* ns_label  # (negative + 1) 1, 0, 0, ...
    float* hs_label  # (max_path)
    int32_t* times  # (negative + 1) how often each output row was drawn
    int n_drawn  # output rows of which some were drawn more than once; 0 if none was
    # weights, and this thread's copies of their hot rows
    Rows input_rows
    Rows ns_rows
    Rows hs_rows
    bint copied
    bint copies_rows  # whether any row is hot
    int64_t n_before  # positions of all chunks before this one
    int64_t n_windows
    int64_t n_measured
    int64_t next_measured  # the next window of which a pair is taken
    bint measuring  # whether this window is such a one
    # draws for a ring of positions
    uint32_t* draw  # (2 * DRAW)
    int32_t* left  # (RING) words of the window before the position
    int32_t* right  # (RING) and after it
    int32_t* noise  # (negative, RING)
    uint8_t* clash  # (RING) 1 where a noise word is the target or stands twice
    RandomStream shrink_stream
    RandomStream noise_stream
    int32_t* pool  # (POOL) noise words at hand
    # the sub-sampled chunk
    int32_t* kept  # (n_kept) word ids
    int32_t* back  # (n_kept) how far back the word stood last in the chunk; FAR if nowhere
    int32_t* last  # (last_mask + 1) hash table by word: where in kept it stood last, -1 if nowhere
    int64_t last_mask
    int64_t reach  # how far a window can reach: no farther than the longest sentence
    int64_t* border  # (n_sentences + 1)
    int64_t n_kept
    # where the walk stands, so that it can stop after any position and go on later
    int64_t position  # in kept: of the window in hand, and between two calls of the next one
    int64_t sentence  # in which the position lies
    double alpha  # at the begin of the chunk
    double slope  # of alpha for each position
    int64_t loss_every
    int64_t next_loss  # the next position whose loss is counted
    # Another thread sets it, and the walk only looks now and then: an old value costs some windows.
    bint stopped
    # totals
    int64_t n_pairs
    int64_t n_loss_pairs


cdef class Scratch:
    """Working memory of one thread, kept from chunk to chunk."""

    cdef Walk w
    cdef char* memory
    cdef char* chunk_memory
    cdef size_t chunk_bytes
    cdef object plan

    def __init__(self, Plan plan):
        cdef Settings* s = &plan.s
        cdef Walk* w = &self.w
        cdef size_t n_bytes
        self.plan = plan
        memset(w, 0, sizeof(Walk))
        n_bytes = lay_out(s, w, 0) + CACHE_LINE
        self.memory = <char*>PyMem_RawCalloc(n_bytes, 1)  # zeroed: padding lanes must stay finite
        if self.memory == NULL:
            raise MemoryError(f"no {n_bytes} bytes of working memory for window={s.window} and negative={s.negative}")
        lay_out(s, w, round_up(<size_t>self.memory))
        w.ns_label[0] = 1
        w.window.joint = s.joint_context
        w.copies_rows = s.hot_in.n + s.hot_ns.n + s.hot_hs.n > 0
        w.window.n_blocks = s.n_blocks
        w.window.fetch_step = tile_fetch_step(s.n_lines)
        w.window.fetch_to_write = FEATURES & CPU_PREFETCHW

    def stop(self):
        """End the training of a chunk before its end."""
        self.w.stopped = True

    cdef int reserve(self, int64_t n_ids, int64_t n_sentences) except -1:
        cdef size_t border = round_up((n_sentences + 1) * sizeof(int64_t))
        cdef size_t words = round_up(n_ids * sizeof(int32_t)), n_last = 16, needed
        while n_last < 2 * <size_t>n_ids:
            n_last *= 2
        needed = border + 2 * words + n_last * sizeof(int32_t)
        if needed > self.chunk_bytes:
            PyMem_RawFree(self.chunk_memory)
            self.chunk_bytes = 0
            self.chunk_memory = <char*>PyMem_RawCalloc(needed, 1)
            if self.chunk_memory == NULL:
                raise MemoryError(f"no {needed} bytes of working memory for a chunk of {n_ids} words")
            self.chunk_bytes = needed
        self.w.border = <int64_t*>self.chunk_memory
        self.w.kept = <int32_t*>(self.chunk_memory + border)
        self.w.back = <int32_t*>(self.chunk_memory + border + words)
        self.w.last = <int32_t*>(self.chunk_memory + border + 2 * words)
        self.w.last_mask = n_last - 1
        return 0

    def __dealloc__(self):
        PyMem_RawFree(self.memory)
        PyMem_RawFree(self.chunk_memory)


cdef size_t round_up(size_t n_bytes) noexcept nogil:
    return (n_bytes + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE


cdef void* take(size_t* place, size_t n_bytes) noexcept nogil:
    cdef size_t taken = place[0]
    place[0] += round_up(n_bytes)
    return <void*>taken


cdef void take_rows(const Settings* s, Rows* rows, void* shared, const HotRows* hot, size_t* place) noexcept nogil:
    cdef int i
    rows.shared, rows.row_bytes, rows.hot = <char*>shared, s.row_bytes, hot[0]
    rows.copies = <char*>take(place, hot.n * s.row_bytes)
    rows.base = <char*>take(place, hot.n * s.row_bytes)
    rows.when = <int64_t*>take(place, hot.n * sizeof(int64_t))
    for i in range(2):
        rows.curvature.mean[i] = take(place, s.row_bytes)
    rows.curvature.spare = take(place, s.row_bytes)
    # a number, not a pointer: it leads from one block of memory to another
    rows.to_copy = <int64_t>(<uintptr_t>rows.copies - <uintptr_t>shared - <uintptr_t>(hot.first * s.row_bytes))


cdef size_t lockable_rows(const Settings* s) noexcept nogil:
    """Output rows of a window that locks may hold back."""
    cdef size_t n = 0
    if s.lock_ns.factor != NULL:
        n = s.negative + 1
    if s.lock_hs.factor != NULL:
        n = max(n, <size_t>s.max_path)
    return n


cdef size_t lay_out(const Settings* s, Walk* w, size_t memory) noexcept nogil:
    """Give the arrays of a walk their places, the first at ``memory``; returns the bytes that they take together."""
    cdef size_t n_context = 2 * <size_t>s.window
    cdef size_t n_in = min(n_context, <size_t>TILE_IN), n_noise = max(s.negative, 1) * RING
    cdef size_t n_moved = lockable_rows(s)
    cdef size_t place = memory, i
    cdef char* old
    cdef char* step
    cdef char* moved
    w.context = <void**>take(&place, n_context * sizeof(void*))
    w.before = <int32_t*>take(&place, n_context * sizeof(int32_t))
    w.old = <void**>take(&place, n_in * sizeof(void*))
    w.step = <void**>take(&place, n_in * sizeof(void*))
    w.moved = <void**>take(&place, n_moved * sizeof(void*))
    for i in range(SLOTS):
        w.listed[i].path = <void**>take(&place, (s.max_path + s.negative + 2) * sizeof(void*))
    w.inputs = <void**>take(&place, (s.reach_mask + 1) * sizeof(void*))
    w.ns_label = <float*>take(&place, (s.negative + 2 + TILE_ROW) * sizeof(float))
    w.hs_label = <float*>take(&place, (s.max_path + TILE_ROW) * sizeof(float))
    w.times = <int32_t*>take(&place, (s.negative + 1) * sizeof(int32_t))
    w.draw = <uint32_t*>take(&place, 2 * DRAW * sizeof(uint32_t))
    w.left = <int32_t*>take(&place, RING * sizeof(int32_t))
    w.right = <int32_t*>take(&place, RING * sizeof(int32_t))
    w.pool = <int32_t*>take(&place, POOL * sizeof(int32_t))
    w.noise = <int32_t*>take(&place, n_noise * sizeof(int32_t))
    w.clash = <uint8_t*>take(&place, RING)
    take_rows(s, &w.input_rows, s.w_in, &s.hot_in, &place)
    take_rows(s, &w.ns_rows, s.w_ns, &s.hot_ns, &place)
    take_rows(s, &w.hs_rows, s.w_hs, &s.hot_hs, &place)
    old = <char*>take(&place, n_in * s.row_bytes)
    step = <char*>take(&place, n_in * s.row_bytes)
    moved = <char*>take(&place, n_moved * s.row_bytes)
    if memory:
        for i in range(n_in):
            w.old[i], w.step[i] = old + i * s.row_bytes, step + i * s.row_bytes
        for i in range(n_moved):
            w.moved[i] = moved + i * s.row_bytes
    return place - memory
