# What a training is: matrices, tables and numbers, which all of its threads share.

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memset

cdef extern from "kernels/_fpmode.h" nogil:
    uint64_t flush_subnormals()
    void restore_fpmode(uint64_t mode)

cdef extern from "kernels/_rng.h" nogil:
    ctypedef struct RandomStream:
        pass
    uint64_t rng_key(uint64_t seed, uint64_t epoch, uint64_t chunk, uint64_t purpose)
    void rng_seed(RandomStream* stream, uint64_t key)
    void rng_fill(RandomStream* stream, uint32_t* out, int64_t n)
    uint32_t rng_bounded(uint32_t draw, uint32_t bound)

cdef extern from "kernels/_simd.h" nogil:
    const char* SIMD_ISA
    enum: CACHE_LINE
    enum: LANES_f32
    enum: LANES_f64
    void PREFETCH(const void* address)
    void PREFETCH_TO_WRITE(const void* address)

cdef extern from "kernels/_tile.h" nogil:
    enum: TILE_IN
    enum: TILE_ROW
    enum: TILE_OUT
    ctypedef struct Window:
        void** x_rows
        void** in_rows
        void** out_rows
        const float* label
        void** next_rows
        double* loss
        double alpha
        int n_blocks
        int n_in
        int n_out
        int n_next
        int fetch_step
        int fetch_to_write
        int joint
    ctypedef struct Curvature:
        void* mean[2]
        double along[2]
        void* spare
    ctypedef struct Arithmetic:
        void tile_window(Window* window) noexcept nogil
        void copy_rows(void** targets, void** rows, int n_rows, int n_blocks) noexcept nogil
        void sum_rows(void* target, void** rows, int n_rows, double scale, int n_blocks) noexcept nogil
        void add_scaled(void** rows, int n_rows, const void* step, double scale, int n_blocks) noexcept nogil
        void move_towards(void* row, const void* target, double share, int n_blocks) noexcept nogil
        void exchange_row(void* shared, void* mine, void* base, const void* axis, double first, double rest,
                          double n_threads, int n_blocks) noexcept nogil
        void measure_pair(const void* x, const void* o, double n_in, double n_out, double share, double part,
                          Curvature* outputs, Curvature* inputs, int n_blocks) noexcept nogil
    Arithmetic arithmetic_of(bint is_double)
    int tile_fetch_step(int n_lines)

cdef extern from "kernels/_cpu.h" nogil:
    enum: CPU_AVX2
    enum: CPU_AVX512
    enum: CPU_PREFETCHW
    int features_of_this_cpu "cpu_features" ()

ISA = SIMD_ISA.decode("ascii")
ROW_ALIGNMENT = CACHE_LINE  # bytes: every row of a weight matrix starts on a cache line
HOT_TICK, HOT_CYCLE = TICK, CYCLE

cdef int FEATURES = features_of_this_cpu()  # asked once: within a virtual machine each question takes microseconds

cdef enum:
    BLOCK = 256  # positions whose windows and noise words are drawn together
    RING = 2 * BLOCK  # the block in use and the one after it, for prefetching across the border
    POOL = 2 * BLOCK  # noise words from which windows draw theirs: half of them are new in each block
    DRAW = 1024  # sub-sampling draws made together
    NEAR_ROOT = 6  # levels of the Huffman tree so near to its root that they never leave the cache
    AHEAD = 2  # positions between a prefetch and its use: what is fetched earlier may be lost to another core again
    SLOTS = 4  # for what is listed of positions ahead: a power of two above AHEAD
    TICK = 4  # positions from one exchange of hot rows to the next; a part of BLOCK
    IN_FLIGHT = 4  # hot rows that are fetched while one is exchanged
    CYCLE = 512  # ticks after which the same hot rows are due again
    MEMORY = 64  # pairs over which the curvature is averaged ...
    SELDOM = 32  # ... of which one is taken in so many windows, and in the first windows more
    FAR = 2147483647

cdef enum Purpose:
    SUBSAMPLE = 1
    SHRINK = 2
    NOISE = 3


cdef struct HotRows:
    int64_t first  # of n rows of a weight matrix
    int64_t n
    int64_t n_threads
    const float* rate  # (n) updates of each by one thread, per position
    const int64_t* start  # (CYCLE + 1) which of them are due at each tick, in CSR form
    const int32_t* due


cdef struct Lock:
    const float* factor  # (n) of the update of each row; NULL: all 1
    int64_t n  # row i has factor i % n


cdef struct Settings:
    void* w_in  # (n_words, stride) input vectors
    void* w_ns  # (n_words, stride) output vectors of negative sampling, NULL: mode off
    void* w_hs  # (n_words, stride) inner nodes of the Huffman tree, NULL: mode off
    int64_t row_bytes
    int64_t stride  # numbers per row, padding included
    int n_blocks  # vectors per row
    int n_lines  # cache lines per row
    int64_t n_words
    const uint32_t* keep  # (n_words) keep where a 32-bit draw is not above it; NULL keeps all
    const uint32_t* noise  # (n_words, 2) alias table: threshold and alternative of each word
    const int64_t* path_start  # (n_words + 1) Huffman paths in CSR form
    const uint8_t* path_code
    const uint32_t* path_point
    int max_path
    HotRows hot_in  # input and output rows of the most frequent words: they come first
    HotRows hot_ns
    HotRows hot_hs  # the inner nodes nearest to the root: they come last
    Lock lock_in
    Lock lock_ns
    Lock lock_hs
    int window  # the wider side
    int left  # words that count before a word
    int right  # and after it
    int64_t reach_mask  # 1 less than a power of two that is not below the number of positions in reach
    int negative
    bint skip_gram
    bint cbow_mean
    bint cbow_exact
    bint shrink
    bint joint_context
    Arithmetic compute  # for the number type of the weights


cdef void* rows_of(object array, bint is_double, int64_t* stride, int64_t* n_rows) except NULL:
    cdef float[:, :] single
    cdef double[:, :] double_
    # NumPy's strides: those of a buffer of one row say nothing about the padding
    cdef Py_ssize_t row_bytes = array.strides[0], item = array.strides[1]
    cdef void* data
    if is_double:
        double_ = array
        data, n_rows[0] = &double_[0, 0], double_.shape[0]
    else:
        single = array
        data, n_rows[0] = &single[0, 0], single.shape[0]
    if item != (8 if is_double else 4) or row_bytes % CACHE_LINE or <uintptr_t>data % CACHE_LINE:
        raise ValueError("weight rows must be padded and aligned to cache lines: see train/weights.py")
    stride[0] = row_bytes // item
    return data


cdef HotRows hot_rows_of(object hot, int64_t n_rows, bint last) except *:
    cdef HotRows found
    cdef const int64_t[::1] start
    cdef const int32_t[::1] due
    cdef const float[::1] rate
    cdef int64_t i
    memset(&found, 0, sizeof(HotRows))
    if hot is None:
        return found
    found.n, found.n_threads, rate, start, due = hot
    if not 0 < found.n <= n_rows or len(rate) != found.n or found.n_threads < 1:
        raise ValueError(f"{found.n} hot rows with {len(rate)} rates, of {n_rows}: see train/hot_rows.py")
    if len(start) != CYCLE + 1 or start[0] != 0 or start[CYCLE] != len(due):
        raise ValueError(f"hot rows are due in {CYCLE} ticks, whose offsets run from 0 to len(due)")
    for i in range(CYCLE):
        if start[i + 1] < start[i]:
            raise ValueError("the offsets of the ticks must not decrease")
    for i in range(len(due)):
        if not 0 <= due[i] < found.n:
            raise ValueError("the ticks name a hot row that does not exist")
    found.first = n_rows - found.n if last else 0
    found.rate, found.start, found.due = &rate[0], &start[0], &due[0] if len(due) else NULL
    return found


cdef Lock lock_of_rows(object factors) except *:
    cdef Lock lock
    cdef const float[::1] factor
    memset(&lock, 0, sizeof(Lock))
    if factors is None:
        return lock
    factor = factors
    if len(factor) < 1:
        raise ValueError("locks need at least one value")
    lock.factor, lock.n = &factor[0], len(factor)
    return lock


cdef class Plan:
    """What one call of train() does, as arrays and numbers; checked once, then shared by all threads.

    Parameters
    ----------
    w_in, w_ns, w_hs : float32 or float64 arrays, (n_words, vector_size), rows padded to cache lines
        Weights, updated in place; ``None`` for an objective that is off.
    keep : uint32 array, (n_words,), or None
        Sub-sampling thresholds.
    noise : uint32 array, (n_words, 2), or None
        Alias table of the noise distribution: threshold and alternative of each word.
    tree : (uint8 codes, uint32 points, int64 offsets) or None
        Huffman paths of all words, one after the other.
    lock, lock_ns, lock_hs : float32 array or None
        Factors of the updates of ``w_in``, ``w_ns``, ``w_hs``; row ``i`` uses ``lock[i % len(lock)]``.
    window : int or (int, int)
        Words that count on either side of a word, or before it and after it.
    hot_in, hot_ns, hot_hs : HotRows or None
        Rows of which each thread has copies, and when it exchanges them: input and output rows of the
        first words, the last inner nodes.
    """

    cdef Settings s
    cdef object owners

    def __init__(self, w_in, w_ns, w_hs, keep, noise, tree, lock, *, object window, int negative, bint skip_gram,
                 bint cbow_mean, bint cbow_exact, bint shrink, bint joint_context=False, hot_in=None, hot_ns=None,
                 hot_hs=None, lock_ns=None, lock_hs=None):
        cdef Settings* s = &self.s
        cdef int64_t stride = 0, n_rows = 0
        cdef const uint32_t[::1] keep_, points
        cdef const uint32_t[:, ::1] table
        cdef const uint8_t[::1] codes
        cdef const int64_t[::1] starts
        cdef bint is_double = memoryview(w_in).format == "d"
        cdef int lanes = LANES_f64 if is_double else LANES_f32
        cdef int64_t i
        memset(s, 0, sizeof(Settings))
        self.owners = (w_in, w_ns, w_hs, keep, noise, tree, lock, lock_ns, lock_hs, hot_in, hot_ns, hot_hs)
        s.compute = arithmetic_of(is_double)
        s.w_in = rows_of(w_in, is_double, &s.stride, &s.n_words)
        s.row_bytes = s.stride * (8 if is_double else 4)
        s.n_blocks = (w_in.shape[1] + lanes - 1) // lanes
        s.n_lines = (w_in.shape[1] * (8 if is_double else 4) + CACHE_LINE - 1) // CACHE_LINE
        if hot_in is not None and lock is not None:
            raise ValueError("copies of input rows know no vectors_lockf: give hot_in or lock")
        if (hot_ns is not None and lock_ns is not None) or (hot_hs is not None and lock_hs is not None):
            raise ValueError("copies of output rows know no locks: give hot rows or locks")
        if joint_context and (lock_ns is not None or lock_hs is not None):
            raise ValueError("a joint context knows no locks of output rows")
        s.hot_in = hot_rows_of(hot_in, s.n_words, False)
        s.left, s.right = window if isinstance(window, tuple) else (window, window)
        s.window, s.negative = max(s.left, s.right), negative
        if min(s.left, s.right) < 0 or s.window < 1 or negative < 0:
            raise ValueError("window must be positive and negative must not be below 0")
        while s.reach_mask < 2 * <int64_t>s.window + AHEAD:
            s.reach_mask = 2 * s.reach_mask + 1
        s.skip_gram, s.cbow_mean, s.cbow_exact, s.shrink = skip_gram, cbow_mean, cbow_exact, shrink
        s.joint_context = joint_context
        if w_ns is not None:
            s.w_ns = rows_of(w_ns, is_double, &stride, &n_rows)
            table = noise
            if stride != s.stride or n_rows != s.n_words or len(table) != n_rows or negative < 1:
                raise ValueError("w_ns, noise and w_in disagree in shape")
            if table.shape[1] != 2:
                raise ValueError("the noise table has a threshold and an alternative for each word")
            s.noise = &table[0, 0]
            s.hot_ns = hot_rows_of(hot_ns, n_rows, False)
            for i in range(n_rows):
                if table[i, 1] >= n_rows:
                    raise ValueError("the alias table names a word that does not exist")
        if w_hs is not None:
            s.w_hs = rows_of(w_hs, is_double, &stride, &n_rows)
            codes, points, starts = tree
            if stride != s.stride or n_rows != s.n_words or len(starts) != n_rows + 1 or starts[0] != 0:
                raise ValueError("w_hs, tree and w_in disagree in shape")
            if len(codes) != starts[n_rows] or len(points) != starts[n_rows] or len(codes) == 0:
                raise ValueError("hierarchical softmax needs a tree of at least two words")
            for i in range(n_rows):
                if starts[i + 1] < starts[i]:
                    raise ValueError("the tree's offsets must not decrease")
                s.max_path = max(s.max_path, <int>(starts[i + 1] - starts[i]))
            for i in range(len(points)):
                if points[i] >= n_rows:
                    raise ValueError("the tree names an inner node that does not exist")
            s.path_code, s.path_point, s.path_start = &codes[0], &points[0], &starts[0]
            s.hot_hs = hot_rows_of(hot_hs, n_rows - 1, True)
        if s.w_ns == NULL and s.w_hs == NULL:
            raise ValueError("no objective: give w_ns or w_hs")
        if keep is not None:
            keep_ = keep
            if len(keep_) != s.n_words:
                raise ValueError("keep and w_in disagree in length")
            s.keep = &keep_[0]
        s.lock_in, s.lock_ns, s.lock_hs = lock_of_rows(lock), lock_of_rows(lock_ns), lock_of_rows(lock_hs)
