"""The training kernels: a walk over one chunk of word ids that never touches a Python object.

Sections, top-down: the plan and the scratch memory, draws, objectives (which output rows),
architectures (which input rows), the walk, the entry points.  Each mode is one objective and one
architecture; the dense arithmetic in between is ``tile_window`` of ``_tile.h``.

Hogwild, and why it is safe enough: threads share the weight matrices without locks (Niu et al.,
2011).  Rows are aligned to cache lines and only ever read and written as floats inside buffers
whose owner, the :class:`Plan`, outlives the call; a lost update costs a gradient step, never
memory safety.
"""

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memset

cdef extern from "_rng.h" nogil:
    enum: RNG_LANES
    ctypedef struct RandomStream:
        pass
    uint64_t rng_key(uint64_t seed, uint64_t epoch, uint64_t chunk, uint64_t purpose)
    void rng_seed(RandomStream* stream, uint64_t key)
    void rng_fill(RandomStream* stream, uint32_t* out, int64_t n)
    uint32_t rng_bounded(uint32_t draw, uint32_t bound)

cdef extern from "_tile.h" nogil:
    const char* TILE_ISA
    enum: TILE_OUT
    enum: LOGISTIC_LANES
    enum: CACHE_LINE
    enum: TILE_LANES_f32
    enum: TILE_LANES_f64
    ctypedef struct Window:
        void** x_rows
        void** in_rows
        void** out_rows
        const float* label
        const float* times
        const void** next_rows
        void* grad
        void* labels
        void* counts
        double* loss
        double alpha
        int n_blocks
        int n_in
        int n_out
        int n_next
        int fetch_step
        int n_labelled
    int tile_fetch_step(int n_lines)
    void PREFETCH(const void* address)
    void tile_window_f32(Window* window)
    void tile_window_f64(Window* window)
    void copy_rows_f32(void** targets, void** rows, int n_rows, int n_blocks)
    void copy_rows_f64(void** targets, void** rows, int n_rows, int n_blocks)
    void sum_rows_f32(void* target, void** rows, int n_rows, double scale, int n_blocks)
    void sum_rows_f64(void* target, void** rows, int n_rows, double scale, int n_blocks)
    void add_scaled_f32(void* row, const void* step, double scale, int n_blocks)
    void add_scaled_f64(void* row, const void* step, double scale, int n_blocks)
    void exchange_row_f32(void* shared, void* mine, void* base, double share, int n_blocks)
    void exchange_row_f64(void* shared, void* mine, void* base, double share, int n_blocks)

cdef extern from "_cpu.h" nogil:
    enum: CPU_AVX2
    enum: CPU_AVX512
    int features_of_this_cpu "cpu_features" ()

ISA = TILE_ISA.decode("ascii")
ROW_ALIGNMENT = CACHE_LINE  # bytes: every row of a weight matrix starts on a cache line

cdef enum:
    BLOCK = 256  # positions whose windows and noise words are drawn together
    RING = 2 * BLOCK  # the block in use and the one after it, for prefetching across the border
    GROUP = 32  # context rows that take one step together, at most
    ARC = 2 * BLOCK  # neighbouring buckets of the noise table: half of their rows are new in each block
    DRAW = 1024  # sub-sampling draws made together
    NEAR_ROOT = 6  # levels of the Huffman tree so near to its root that they never leave the cache
    AHEAD = 4  # positions between a prefetch and its use
    STALE = 32  # updates of a hot row, by all threads together, that may come from the same old values
    FEWEST = 4  # updates of a thread's copy of a hot row between two exchanges, at least
    FAR = 2147483647

cdef enum Purpose:
    SUBSAMPLE = 1
    SHRINK = 2
    NOISE = 3


# ------------------------------------------------------------------------ plan and scratch ----

cdef struct HotRows:
    char* rows  # (n, stride) of a weight matrix
    int64_t first  # their place in it
    int64_t n


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
    const uint32_t* noise  # (n_words, 3) buckets of the alias table: threshold, word, alternative
    uint32_t n_arc  # neighbouring buckets from which the noise words of one block are drawn
    const int64_t* path_start  # (n_words + 1) Huffman paths in CSR form
    const uint8_t* path_code
    const uint32_t* path_point
    int max_path
    HotRows hot_ns  # the most frequent words: they come first
    HotRows hot_hs  # the inner nodes nearest to the root: they come last
    int exchange_every  # so many updates of a thread's copy of a hot row
    double hot_share  # of their sum that counts
    const float* lock  # (n_lock) factor of each input row's update; NULL: all 1
    int64_t n_lock
    int window
    int negative
    bint skip_gram
    bint cbow_mean
    bint cbow_exact
    bint shrink
    bint is_double


cdef void* rows_of(object array, bint is_double, int64_t* stride, int64_t* n_rows) except NULL:
    cdef float[:, :] single
    cdef double[:, :] double_
    cdef Py_ssize_t row_bytes, item
    cdef void* data
    if is_double:
        double_ = array
        data, row_bytes, item, n_rows[0] = &double_[0, 0], double_.strides[0], double_.strides[1], double_.shape[0]
    else:
        single = array
        data, row_bytes, item, n_rows[0] = &single[0, 0], single.strides[0], single.strides[1], single.shape[0]
    if item != (8 if is_double else 4) or row_bytes % CACHE_LINE or <uintptr_t>data % CACHE_LINE:
        raise ValueError("weight rows must be padded and aligned to cache lines: see train/weights.py")
    stride[0] = row_bytes // item
    return data


cdef class Plan:
    """What one call of train() does, as arrays and numbers; checked once, then shared by all threads.

    Parameters
    ----------
    w_in, w_ns, w_hs : float32 or float64 arrays, (n_words, vector_size), rows padded to cache lines
        Weights, updated in place; ``None`` for an objective that is off.
    keep : uint32 array, (n_words,), or None
        Sub-sampling thresholds.
    noise : uint32 array, (n_words, 3), or None
        Buckets of the alias table, in random order: threshold, word and alternative of each.
    tree : (uint8 codes, uint32 points, int64 offsets) or None
        Huffman paths of all words, one after the other.
    lock : float32 array or None
        Factors of the input updates; word ``i`` uses ``lock[i % len(lock)]``.
    workers : int
        Threads that will train with the plan.
    hot_words, hot_nodes : int
        Output rows of which each thread has copies: of the first words, of the last inner nodes.
    """

    cdef Settings s
    cdef object owners

    def __init__(self, w_in, w_ns, w_hs, keep, noise, tree, lock, *, int window, int negative, bint skip_gram,
                 bint cbow_mean, bint cbow_exact, bint shrink, int workers=1, int64_t hot_words=0, int64_t hot_nodes=0):
        cdef Settings* s = &self.s
        cdef int64_t stride = 0, n_rows = 0
        cdef const uint32_t[::1] keep_, points
        cdef const uint32_t[:, ::1] buckets
        cdef const uint8_t[::1] codes
        cdef const int64_t[::1] starts
        cdef const float[::1] lock_
        cdef int lanes
        cdef int64_t i
        if workers < 1 or hot_words < 0 or hot_nodes < 0:
            raise ValueError("workers must be positive, and the numbers of hot rows not below 0")
        memset(s, 0, sizeof(Settings))
        s.exchange_every = max(STALE // workers, <int>FEWEST)
        s.hot_share = min(1.0, <double>STALE / (<double>s.exchange_every * workers))
        self.owners = (w_in, w_ns, w_hs, keep, noise, tree, lock)
        s.is_double = memoryview(w_in).format == "d"
        s.w_in = rows_of(w_in, s.is_double, &s.stride, &s.n_words)
        s.row_bytes = s.stride * (8 if s.is_double else 4)
        lanes = TILE_LANES_f64 if s.is_double else TILE_LANES_f32
        s.n_blocks = (w_in.shape[1] + lanes - 1) // lanes
        s.n_lines = (w_in.shape[1] * (8 if s.is_double else 4) + CACHE_LINE - 1) // CACHE_LINE
        if window < 1 or negative < 0:
            raise ValueError("window must be positive and negative must not be below 0")
        s.window, s.negative = window, negative
        s.skip_gram, s.cbow_mean, s.cbow_exact, s.shrink = skip_gram, cbow_mean, cbow_exact, shrink
        if w_ns is not None:
            s.w_ns = rows_of(w_ns, s.is_double, &stride, &n_rows)
            buckets = noise
            if stride != s.stride or n_rows != s.n_words or len(buckets) != n_rows or negative < 1:
                raise ValueError("w_ns, noise and w_in disagree in shape")
            if buckets.shape[1] != 3:
                raise ValueError("a bucket of the noise table has a threshold, a word and an alternative")
            s.noise = &buckets[0, 0]
            s.n_arc = <uint32_t>min(n_rows, <int64_t>ARC)
            s.hot_ns.n = min(hot_words, n_rows)
            s.hot_ns.rows = <char*>s.w_ns
            for i in range(n_rows):
                if buckets[i, 1] >= n_rows or buckets[i, 2] >= n_rows:
                    raise ValueError("the alias table names a word that does not exist")
        if w_hs is not None:
            s.w_hs = rows_of(w_hs, s.is_double, &stride, &n_rows)
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
            s.hot_hs.n = min(hot_nodes, n_rows - 1)
            s.hot_hs.first = n_rows - 1 - s.hot_hs.n
            s.hot_hs.rows = <char*>s.w_hs + s.hot_hs.first * s.row_bytes
        if s.w_ns == NULL and s.w_hs == NULL:
            raise ValueError("no objective: give w_ns or w_hs")
        if keep is not None:
            keep_ = keep
            if len(keep_) != s.n_words:
                raise ValueError("keep and w_in disagree in length")
            s.keep = &keep_[0]
        if lock is not None:
            lock_ = lock
            if len(lock_) < 1:
                raise ValueError("vectors_lockf needs at least one value")
            s.lock, s.n_lock = &lock_[0], len(lock_)


cdef struct Copies:
    char* rows  # (n, stride) of this thread
    char* base  # (n, stride) as they were at the last exchange
    uint8_t* n_updates  # (n) since then


cdef struct Walk:
    # one window
    Window window
    double loss[LOGISTIC_LANES]
    void** context  # (2 * window) context rows
    bint repeats  # whether one of them stands there twice
    void** old  # (GROUP) rows of scratch memory: input values from before the window
    void** step  # (GROUP) rows of scratch memory: input updates that are not added to the rows directly
    void** out_rows  # (n_out)
    const void** next_rows  # (n_out + 2)
    float* label
    float* times
    # this thread's copies of the hot rows
    Copies ns_copies
    Copies hs_copies
    # draws for a ring of positions
    uint32_t* draw  # (2 * DRAW)
    int32_t* span  # (RING) window on each side of the position
    int32_t* noise  # (negative, RING)
    uint8_t* clash  # (RING) 1 where a noise word is the target or stands twice
    RandomStream shrink_stream
    RandomStream noise_stream
    uint32_t first_bucket  # of the noise table, for the first block of the chunk
    # the sub-sampled chunk
    int32_t* kept  # (n_kept) word ids
    int32_t* back  # (n_kept) how far back the word stood last; FAR if that is beyond any window
    int64_t* border  # (n_sentences + 1)
    int64_t n_kept
    int64_t position  # of the window in kept
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
        cdef size_t n_context = 2 * <size_t>s.window, n_out = max(s.negative + 1, s.max_path)
        cdef size_t n_in = min(n_context, <size_t>GROUP)
        cdef size_t grad = (n_in * TILE_OUT + 4 * LOGISTIC_LANES) * 8
        cdef size_t sizes[21]
        cdef char* place
        cdef char* old
        cdef char* step
        cdef size_t total = CACHE_LINE, i
        cdef int k
        self.plan = plan
        memset(w, 0, sizeof(Walk))
        sizes = [n_in * s.row_bytes, n_in * s.row_bytes, n_context * sizeof(void*), n_in * sizeof(void*),
                 n_in * sizeof(void*), n_out * sizeof(void*), n_out * 4, n_out * 4, grad, grad, grad,
                 2 * DRAW * 4, RING * 4, RING + max(s.negative, 1) * RING * 4,
                 (s.negative + s.max_path + 3) * sizeof(void*),
                 s.hot_ns.n * s.row_bytes, s.hot_ns.n * s.row_bytes, s.hot_ns.n,
                 s.hot_hs.n * s.row_bytes, s.hot_hs.n * s.row_bytes, s.hot_hs.n]
        for k in range(21):
            total += (sizes[k] + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE
        self.memory = <char*>PyMem_RawCalloc(total, 1)  # zeroed: padding lanes must stay finite
        if self.memory == NULL:
            raise MemoryError(f"no {total} bytes of working memory for a window of {s.window} words")
        place = self.memory + (CACHE_LINE - <uintptr_t>self.memory % CACHE_LINE)
        old, place = place, place + round_up(sizes[0])
        step, place = place, place + round_up(sizes[1])
        w.context, place = <void**>place, place + round_up(sizes[2])
        w.old, place = <void**>place, place + round_up(sizes[3])
        w.step, place = <void**>place, place + round_up(sizes[4])
        w.out_rows, place = <void**>place, place + round_up(sizes[5])
        w.label, place = <float*>place, place + round_up(sizes[6])
        w.times, place = <float*>place, place + round_up(sizes[7])
        w.window.grad, place = place, place + round_up(sizes[8])
        w.window.labels, place = place, place + round_up(sizes[9])
        w.window.counts, place = place, place + round_up(sizes[10])
        w.draw, place = <uint32_t*>place, place + round_up(sizes[11])
        w.span, place = <int32_t*>place, place + round_up(sizes[12])
        w.noise = <int32_t*>place
        w.clash = <uint8_t*>(w.noise + max(s.negative, 1) * RING)
        place += round_up(sizes[13])
        w.next_rows, place = <const void**>place, place + round_up(sizes[14])
        w.ns_copies.rows, place = place, place + round_up(sizes[15])
        w.ns_copies.base, place = place, place + round_up(sizes[16])
        w.ns_copies.n_updates, place = <uint8_t*>place, place + round_up(sizes[17])
        w.hs_copies.rows, place = place, place + round_up(sizes[18])
        w.hs_copies.base, place = place, place + round_up(sizes[19])
        w.hs_copies.n_updates = <uint8_t*>place
        for i in range(n_in):
            w.old[i], w.step[i] = old + i * s.row_bytes, step + i * s.row_bytes
        w.window.next_rows, w.window.out_rows = w.next_rows, w.out_rows
        w.window.label, w.window.times = w.label, w.times
        w.window.n_blocks = s.n_blocks
        w.window.fetch_step = tile_fetch_step(s.n_lines)

    cdef int reserve(self, int64_t n_ids, int64_t n_sentences) except -1:
        cdef size_t border = round_up((n_sentences + 1) * sizeof(int64_t))
        cdef size_t words = round_up(n_ids * sizeof(int32_t))
        cdef size_t needed = border + 2 * words
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
        return 0

    def __dealloc__(self):
        PyMem_RawFree(self.memory)
        PyMem_RawFree(self.chunk_memory)


cdef size_t round_up(size_t n_bytes) noexcept nogil:
    return (n_bytes + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE


# --------------------------------------------------------------------------------- draws ----

cdef void subsample(const Settings* s, Walk* w, const int32_t* ids, const int64_t* offsets, int64_t n_sentences,
                    uint64_t key) noexcept nogil:
    """Keep each word with its probability (math.md section 6); unknown and dropped words leave no gap."""
    cdef RandomStream stream
    cdef int64_t sentence, i, n = 0, drawn = 0
    cdef int32_t word_id
    rng_seed(&stream, key)
    w.border[0] = 0
    for sentence in range(n_sentences):
        for i in range(offsets[sentence], offsets[sentence + 1]):
            word_id = ids[i]
            if s.keep != NULL:
                if drawn % DRAW == 0:
                    rng_fill(&stream, w.draw, DRAW)
                w.kept[n] = word_id
                n += w.draw[drawn % DRAW] <= s.keep[word_id]
                drawn += 1
            else:
                w.kept[n] = word_id
                n += 1
        w.border[sentence + 1] = n
    w.n_kept = n


cdef void look_back(const Settings* s, Walk* w) noexcept nogil:
    """For each word of the chunk, how far back it stood last, as far as a window can hold both."""
    cdef int64_t block, first, farthest, distance, i
    cdef int32_t* back
    cdef const int32_t* kept
    for block in range((w.n_kept + BLOCK - 1) // BLOCK):
        first = block * BLOCK
        back, kept = w.back + first, w.kept + first
        for i in range(BLOCK):
            back[i] = FAR
        farthest = min(2 * <int64_t>s.window, first + BLOCK)
        for distance in range(farthest, 0, -1):
            for i in range(max(<int64_t>0, distance - first), BLOCK):
                back[i] = <int32_t>distance if kept[i] == kept[i - distance] else back[i]


cdef void draw_block(const Settings* s, Walk* w, int64_t first) noexcept nogil:
    """Windows and noise words of the positions first .. first + BLOCK (math.md sections 5 and 7).

    The noise words of a block come from an arc of the table, which moves on with the blocks: a rare
    word is then drawn a few times in quick succession, while its row is in this core's cache and in no
    other's, and not again for long.  The order of the table is random, and so is its first bucket.
    """
    cdef int64_t slot = first % RING
    cdef int32_t* noise
    cdef int32_t* other
    cdef const int32_t* target = w.kept + first
    cdef uint8_t* clash = w.clash + slot
    cdef int64_t n = min(<int64_t>BLOCK, w.n_kept - first)
    cdef int64_t i
    cdef uint32_t n_words = <uint32_t>s.n_words, arc, bucket, threshold, own_id, other_id
    cdef const uint32_t* entry
    cdef int k, j
    if n <= 0:
        return
    if s.shrink:
        rng_fill(&w.shrink_stream, w.draw, BLOCK)
        for i in range(BLOCK):
            w.span[slot + i] = s.window - <int32_t>rng_bounded(w.draw[i], s.window)
    else:
        for i in range(BLOCK):
            w.span[slot + i] = s.window
    if s.w_ns == NULL:
        return
    memset(clash, 0, BLOCK)
    arc = <uint32_t>((w.first_bucket + first) % s.n_words)
    for k in range(s.negative):
        noise = w.noise + k * RING + slot
        rng_fill(&w.noise_stream, w.draw, 2 * BLOCK)
        for i in range(BLOCK):
            bucket = arc + rng_bounded(w.draw[i], s.n_arc)
            bucket -= n_words & -<uint32_t>(bucket >= n_words)
            entry = s.noise + 3 * <size_t>bucket
            threshold, own_id, other_id = entry[0], entry[1], entry[2]
            # a select without a branch, which would be guessed wrong in one draw of four
            noise[i] = <int32_t>(other_id ^ ((other_id ^ own_id) & -<uint32_t>(w.draw[BLOCK + i] < threshold)))
        for i in range(n):
            clash[i] |= noise[i] == target[i]
        for j in range(k):
            other = w.noise + j * RING + slot
            for i in range(n):
                clash[i] |= noise[i] == other[i]


# ------------------------------------------------------------------------------ hot rows ----
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


# ---------------------------------------------------------------------------- objectives ----

cdef int ns_outputs(const Settings* s, Walk* w) noexcept nogil:
    """Output rows of negative sampling: the word itself (label 1) and its noise words (label 0)."""
    cdef int64_t slot = w.position % RING
    cdef int32_t word_id = w.kept[w.position]
    cdef int k, j, n_out = 1
    w.out_rows[0] = ns_row(s, w, word_id)
    for k in range(s.negative):
        w.out_rows[k + 1] = ns_row(s, w, w.noise[k * RING + slot])
    if not w.clash[slot]:
        return s.negative + 1
    # a row may stand only once in a tile, or its last copy would overwrite the updates of the others:
    # a word drawn k times counts k times, and the word itself is no noise (gensim skips it too)
    w.window.n_labelled = 0
    for k in range(1, s.negative + 1):
        for j in range(n_out):
            if w.out_rows[k] == w.out_rows[j]:
                w.times[j] += j > 0
                break
        else:
            w.out_rows[n_out] = w.out_rows[k]
            n_out += 1
    return n_out


cdef void ns_labels(const Settings* s, Walk* w) noexcept nogil:
    cdef int k
    w.window.n_labelled = 0
    w.label[0] = 1
    for k in range(1, s.negative + 1):
        w.label[k] = 0


cdef void ns_restore(const Settings* s, Walk* w) noexcept nogil:
    cdef int k
    if w.clash[w.position % RING]:
        w.window.n_labelled = 0
        for k in range(s.negative + 1):
            w.times[k] = 1


cdef int hs_outputs(const Settings* s, Walk* w) noexcept nogil:
    """Output rows of hierarchical softmax: the inner nodes from the root to the word."""
    cdef int32_t word_id = w.kept[w.position]
    cdef int64_t start = s.path_start[word_id]
    cdef int n_out = <int>(s.path_start[word_id + 1] - start)
    cdef int k
    for k in range(n_out):
        w.out_rows[k] = hs_row(s, w, s.path_point[start + k])
        w.label[k] = 1 - s.path_code[start + k]
    return n_out


# ------------------------------------------------------------------------- architectures ----

cdef void tile(const Settings* s, Window* window) noexcept nogil:
    if s.is_double:
        tile_window_f64(window)
    else:
        tile_window_f32(window)


cdef double lock_of(const Settings* s, const void* row) noexcept nogil:
    return s.lock[((<const char*>row - <const char*>s.w_in) // s.row_bytes) % s.n_lock] if s.lock != NULL else 1.0


cdef void add_scaled(const Settings* s, void* row, const void* step, double scale) noexcept nogil:
    if s.is_double:
        add_scaled_f64(row, step, scale, s.n_blocks)
    else:
        add_scaled_f32(row, step, scale, s.n_blocks)


cdef void skip_gram_window(const Settings* s, Walk* w, int n_context) noexcept nogil:
    """Each context word is one input row (math.md section 3).

    Rows that take one step together add up their updates of the same output rows: too many of them
    overshoot and diverge, so a wide window is cut in nearly equal groups, one after the other.
    """
    cdef int n_groups = (n_context + GROUP - 1) // GROUP
    cdef int group, first, last
    for group in range(n_groups):
        first, last = n_context * group // n_groups, n_context * (group + 1) // n_groups
        skip_gram_group(s, w, w.context + first, last - first)
        w.window.n_next = 0


cdef void skip_gram_group(const Settings* s, Walk* w, void** context, int n_in) noexcept nogil:
    cdef int i
    w.window.n_in = n_in
    w.window.x_rows = w.window.in_rows = context
    if s.lock != NULL:
        memset(w.step[0], 0, n_in * s.row_bytes)
        w.window.in_rows = w.step
    elif w.repeats or w.window.n_out > TILE_OUT:
        w.window.x_rows = w.old
        if s.is_double:
            copy_rows_f64(w.old, context, n_in, s.n_blocks)
        else:
            copy_rows_f32(w.old, context, n_in, s.n_blocks)
    tile(s, &w.window)
    if s.lock != NULL and w.window.alpha != 0:
        for i in range(n_in):
            add_scaled(s, context[i], w.step[i], lock_of(s, context[i]))


cdef void cbow_window(const Settings* s, Walk* w, int n_context) noexcept nogil:
    """The mean (or sum) of the context rows is the one input row (math.md section 4).

    word2vec.c and gensim add the gradient of the mean undivided, and that of the sum divided:
    the factor stands in the wrong one of the two; ``cbow_exact`` puts it right.
    """
    cdef int i
    cdef double share = 1.0 / n_context
    cdef double scale = share if s.cbow_exact == s.cbow_mean else 1.0
    if s.is_double:
        sum_rows_f64(w.old[0], w.context, n_context, share if s.cbow_mean else 1.0, s.n_blocks)
    else:
        sum_rows_f32(w.old[0], w.context, n_context, share if s.cbow_mean else 1.0, s.n_blocks)
    w.window.n_in = 1
    w.window.x_rows, w.window.in_rows = w.old, w.step
    memset(w.step[0], 0, s.row_bytes)
    tile(s, &w.window)
    if w.window.alpha == 0:
        return
    for i in range(n_context):
        add_scaled(s, w.context[i], w.step[0], scale * lock_of(s, w.context[i]))


# ---------------------------------------------------------------------------------- walk ----

cdef void update(const Settings* s, Walk* w, int n_context, int n_out) noexcept nogil:
    w.window.n_out = n_out
    if s.skip_gram:
        skip_gram_window(s, w, n_context)
    else:
        cbow_window(s, w, n_context)


cdef void look_ahead(const Settings* s, Walk* w, int64_t position) noexcept nogil:
    """List the rows of a later position that are least likely to be in a near cache."""
    cdef int64_t k
    cdef int n = 0
    cdef int32_t word_id
    if position + s.window < w.n_kept:
        w.next_rows[n] = <char*>s.w_in + w.kept[position + s.window] * s.row_bytes
        n += 1
    if position < w.n_kept:
        word_id = w.kept[position]
        if s.w_ns != NULL:
            w.next_rows[n] = ns_row(s, w, word_id)
            n += 1
            for k in range(s.negative):
                w.next_rows[n] = ns_row(s, w, w.noise[k * RING + position % RING])
                n += 1
        if s.w_hs != NULL:
            # the path is looked up in two steps, each fetched ahead of the next
            if position + 2 * AHEAD < w.n_kept:
                PREFETCH(&s.path_start[w.kept[position + 2 * AHEAD]])
            if position + AHEAD < w.n_kept:
                k = s.path_start[w.kept[position + AHEAD]]
                PREFETCH(&s.path_point[k])
                PREFETCH(&s.path_code[k])
            for k in range(s.path_start[word_id] + NEAR_ROOT, s.path_start[word_id + 1]):
                w.next_rows[n] = hs_row(s, w, s.path_point[k])
                n += 1
    w.window.n_next = n


cdef void walk(const Settings* s, Walk* w, int64_t first_sentence, int64_t n_sentences, double alpha,
               double alpha_end, int64_t loss_every) noexcept nogil:
    """Train the sentences first_sentence .. n_sentences of the sub-sampled chunk, word by word."""
    cdef int64_t sentence, first, last, low, high, p, c
    cdef double slope = (alpha_end - alpha) / max(w.n_kept, 1)
    cdef int n_context, k
    w.n_pairs = w.n_loss_pairs = 0
    memset(w.loss, 0, sizeof(w.loss))
    w.window.alpha = alpha
    for k in range(max(s.negative + 1, s.max_path)):
        w.times[k] = 1
    ns_labels(s, w)
    p = w.border[first_sentence] // BLOCK * BLOCK
    draw_block(s, w, p)
    if w.border[first_sentence] > p:
        draw_block(s, w, p + BLOCK)
    for sentence in range(first_sentence, n_sentences):
        first, last = w.border[sentence], w.border[sentence + 1]
        for p in range(first, last):
            if p % BLOCK == 0:
                draw_block(s, w, p + BLOCK)
                w.window.alpha = alpha + slope * p
            look_ahead(s, w, p + AHEAD)
            low = max(first, p - w.span[p % RING])
            high = min(last, p + w.span[p % RING] + 1)
            n_context = 0
            w.repeats = False
            for c in range(low, high):
                w.context[n_context] = <char*>s.w_in + w.kept[c] * s.row_bytes
                n_context += c != p
                w.repeats |= w.back[c] <= c - low
            if n_context == 0:
                continue
            w.position = p
            w.window.loss = NULL
            w.n_pairs += n_context if s.skip_gram else 1
            if p % loss_every == 0:
                w.window.loss = w.loss
                w.n_loss_pairs += n_context if s.skip_gram else 1
            if s.w_hs != NULL:
                w.window.n_labelled = 0
                update(s, w, n_context, hs_outputs(s, w))
                if s.hot_hs.n:
                    hs_exchange(s, w)
            if s.w_ns != NULL:
                if s.w_hs != NULL:
                    ns_labels(s, w)
                update(s, w, n_context, ns_outputs(s, w))
                ns_restore(s, w)
                if s.hot_ns.n:
                    ns_exchange(s, w)


# -------------------------------------------------------------------------- entry points ----

def cpu_features():
    """Names of the instruction sets beyond the baseline that this machine can run, best last."""
    cdef int found = features_of_this_cpu()
    return [name for name, bit in (("avx2", CPU_AVX2), ("avx512", CPU_AVX512)) if found & bit]


cdef int start_chunk(Plan plan, Scratch scratch, const int32_t[::1] ids, const int64_t[::1] offsets, uint64_t seed,
                     uint64_t epoch, uint64_t chunk) except -1:
    cdef Settings* s = &plan.s
    cdef Walk* w = &scratch.w
    cdef int64_t n_ids = ids.shape[0], n_sentences = offsets.shape[0] - 1, i
    cdef int32_t lowest = 0, highest = -1
    if scratch.plan is not plan:
        raise ValueError("the scratch memory belongs to another plan")
    if n_sentences < 0 or offsets[0] != 0 or offsets[n_sentences] != n_ids:
        raise ValueError("offsets must run from 0 to len(ids)")
    scratch.reserve(n_ids + BLOCK, n_sentences)
    with nogil:
        for i in range(n_sentences):
            if offsets[i + 1] < offsets[i]:
                highest = 2147483647
        for i in range(n_ids):
            lowest = min(lowest, ids[i])
            highest = max(highest, ids[i])
    if lowest < 0 or highest >= s.n_words:
        raise ValueError(f"ids must lie in [0, {s.n_words}) and offsets must not decrease")
    with nogil:
        rng_seed(&w.shrink_stream, rng_key(seed, epoch, chunk, SHRINK))
        rng_seed(&w.noise_stream, rng_key(seed, epoch, chunk, NOISE))
        rng_fill(&w.noise_stream, w.draw, RNG_LANES)
        w.first_bucket = rng_bounded(w.draw[0], <uint32_t>s.n_words)
        subsample(s, w, &ids[0] if n_ids else NULL, &offsets[0], n_sentences, rng_key(seed, epoch, chunk, SUBSAMPLE))
        if s.skip_gram:
            look_back(s, w)
    return 0


def train_chunk(Plan plan, Scratch scratch, const int32_t[::1] ids, const int64_t[::1] offsets, *, uint64_t seed,
                uint64_t epoch, uint64_t chunk, double alpha, double alpha_end, int64_t loss_every=1):
    """Train on one chunk; see ``_kernels.pyi``."""
    cdef Settings* s = &plan.s
    cdef Walk* w = &scratch.w
    cdef double loss = 0
    cdef int k
    start_chunk(plan, scratch, ids, offsets, seed, epoch, chunk)
    with nogil:
        fetch_copies(s, &s.hot_ns, &w.ns_copies)
        fetch_copies(s, &s.hot_hs, &w.hs_copies)
        walk(s, w, 0, offsets.shape[0] - 1, alpha, alpha_end, max(loss_every, <int64_t>1))
        exchange_all(s, &s.hot_ns, &w.ns_copies)
        exchange_all(s, &s.hot_hs, &w.hs_copies)
    for k in range(LOGISTIC_LANES):
        loss += w.loss[k]
    return w.n_kept, w.n_pairs, loss, w.n_loss_pairs


def draw_chunk(Plan plan, Scratch scratch, const int32_t[::1] ids, const int64_t[::1] offsets, *, uint64_t seed,
               uint64_t epoch, uint64_t chunk):
    """The random choices that :func:`train_chunk` makes, without training; see ``_kernels.pyi``."""
    cdef Settings* s = &plan.s
    cdef Walk* w = &scratch.w
    cdef int64_t p, k
    start_chunk(plan, scratch, ids, offsets, seed, epoch, chunk)
    spans, noise = [], []
    for p in range(w.n_kept):
        if p % BLOCK == 0:
            draw_block(s, w, p)
        spans.append(w.span[p % RING])
        noise.append([w.noise[k * RING + p % RING] for k in range(s.negative if s.w_ns != NULL else 0)])
    kept = [w.kept[p] for p in range(w.n_kept)]
    border = [w.border[p] for p in range(offsets.shape[0])]
    return kept, border, spans, noise


def score_chunk(Plan plan, Scratch scratch, const int32_t[::1] ids, const int64_t[::1] offsets):
    """Log-likelihood of each sentence, over full windows; see ``_kernels.pyi``."""
    cdef Settings* s = &plan.s
    cdef Walk* w = &scratch.w
    cdef int64_t sentence, n_sentences = offsets.shape[0] - 1
    cdef double loss
    cdef int k
    if s.keep != NULL or s.shrink:
        raise ValueError("a plan for scoring neither sub-samples nor shrinks windows")
    start_chunk(plan, scratch, ids, offsets, 0, 0, 0)
    scores = []
    for sentence in range(n_sentences):
        with nogil:
            walk(s, w, sentence, sentence + 1, 0.0, 0.0, 1)
        loss = 0
        for k in range(LOGISTIC_LANES):
            loss += w.loss[k]
        scores.append(-loss)
    return scores
