"""Exact softmax on the windows of a chunk, by a team of threads; the arithmetic is in ``_softmax.h``.

The first thread walks over the windows, fills batches and gives orders; the others carry them out with it,
each for its own range of the vocabulary. None of them holds the GIL.
"""

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree
from libc.stdint cimport int32_t, int64_t, uint64_t, uintptr_t
from libc.string cimport memset

cdef extern from "kernels/_simd.h" nogil:
    const char* SIMD_ISA
    enum: CACHE_LINE
    enum: LANES_f32
    enum: LANES_f64

cdef extern from "kernels/_fpmode.h" nogil:
    uint64_t flush_subnormals()
    void restore_fpmode(uint64_t mode)

cdef extern from "kernels/_team.h" nogil:
    ctypedef struct TeamCounter:
        int64_t value
    int64_t TEAM_ADD(int64_t* counter, int64_t n)
    void team_wait(TeamCounter* counter, int64_t value)
    void team_meet(TeamCounter* met, int n_threads, int64_t round)

cdef extern from "kernels/_softmax.h" nogil:
    enum: SOFTMAX_LANES
    ctypedef struct SoftmaxWindow:
        int64_t position
        int64_t low
        int64_t high
        int n_targets
        int is_rest
        double alpha
        double share
        double squared_length
    ctypedef struct SoftmaxPart:
        int64_t first_row
        int64_t n_rows
        int64_t width
        void* errors
        void* hidden_errors
        void* overlaps
        double* highest
        double* total
        void* squares
        void* scores
        double* spread
        double* target_squares
        double target_scores
        int64_t n_met
        int n_done
        int64_t rest
    ctypedef struct SoftmaxBatch:
        void* w_in
        void* w_out
        int64_t n_words
        int64_t stride
        int64_t n_vectors
        const float* lock
        int64_t n_lock
        int skip_gram
        int cbow_mean
        int in_order
        const int32_t* ids
        int capacity
        int n_windows
        int first
        SoftmaxWindow* window
        void* hidden
        void* steps
        void* moves
        double loss
        int n_parts
        SoftmaxPart* part
        TeamCounter* met
    void begin_run_f32(SoftmaxBatch* b)
    void begin_run_f64(SoftmaxBatch* b)
    void run_part_f32(SoftmaxBatch* b, int rank)
    void run_part_f64(SoftmaxBatch* b, int rank)
    void end_run_f32(SoftmaxBatch* b)
    void end_run_f64(SoftmaxBatch* b)
    void update_part_f32(SoftmaxBatch* b, int rank)
    void update_part_f64(SoftmaxBatch* b, int rank)
    void measure_part_f32(SoftmaxBatch* b, int rank)
    void measure_part_f64(SoftmaxBatch* b, int rank)

ISA = SIMD_ISA.decode("ascii")

cdef enum Order:
    END = 0
    RUN = 1
    UPDATE = 2
    MEASURE = 3


cdef struct Walk:
    const int64_t* low  # (n_words of the chunk) window of each position
    const int64_t* high
    int64_t n
    double alpha
    double slope
    bint shared  # context words share the update of their mean or sum
    int64_t rest  # where the targets begin that are left of the window at the position; -1: all are
    int run_limit  # windows that are worth a try in one run
    int64_t* last_run  # (n_words) run in which a word was last an input row
    int64_t run
    # Another thread sets it, and the walk only looks now and then: an old value costs some windows.
    bint stopped


cdef bint is_used(const SoftmaxBatch* b, const Walk* walk, int64_t position) noexcept nogil:
    """Whether an input row of a window is one of the run already."""
    cdef int64_t q
    if b.skip_gram:
        return walk.last_run[b.ids[position]] == walk.run
    for q in range(walk.low[position], walk.high[position]):
        if q != position and walk.last_run[b.ids[q]] == walk.run:
            return True
    return False


cdef void mark(const SoftmaxBatch* b, Walk* walk, int64_t position) noexcept nogil:
    cdef int64_t q
    if b.skip_gram:
        walk.last_run[b.ids[position]] = walk.run
        return
    for q in range(walk.low[position], walk.high[position]):
        if q != position:
            walk.last_run[b.ids[q]] = walk.run


cdef int64_t add_run(SoftmaxBatch* b, Walk* walk, int64_t position) noexcept nogil:
    """Add the windows from a position on to the batch, as far as they are one run; returns the next position."""
    cdef SoftmaxWindow* w
    cdef int64_t low, high, n_context
    b.first = b.n_windows
    walk.run += 1
    while position < walk.n and b.n_windows < min(b.capacity, b.first + walk.run_limit):
        low, high = walk.low[position], walk.high[position]
        if walk.rest >= 0:
            low = walk.rest
        n_context = high - low - (low <= position)
        if n_context > 0:
            if b.in_order:
                if is_used(b, walk, position):
                    break
                mark(b, walk, position)
            w = b.window + b.n_windows
            w.position, w.low, w.high, w.is_rest = position, low, high, walk.rest >= 0
            w.n_targets = <int>n_context if b.skip_gram else 1
            w.alpha = walk.alpha + walk.slope * position
            w.share = 1.0 / n_context if walk.shared and not b.skip_gram else 1.0
            b.n_windows += 1
        walk.rest = -1
        position += 1
    return position


cdef int64_t end_of_run(SoftmaxBatch* b, Walk* walk, int64_t position) noexcept nogil:
    """Return where to go on: at the next position, or at the window of which targets are left."""
    walk.rest = b.part[0].rest
    if walk.rest < 0:
        walk.run_limit = min(2 * walk.run_limit, b.capacity)
        return position
    walk.run_limit = 1  # the next window will most likely leave some, too
    return b.window[b.n_windows - 1].position


cdef void* take(size_t* place, size_t n_bytes) noexcept nogil:
    cdef size_t taken = place[0]
    place[0] += (n_bytes + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE
    return <void*>taken


cdef class Batch:
    """Working memory of a team of threads; see ``_softmax.pyi``."""

    cdef SoftmaxBatch b
    cdef Walk walk
    cdef TeamCounter* orders
    cdef int order
    cdef bint is_double
    cdef char* memory
    cdef object owners

    def __init__(self, w_in, w_out, lock, *, bint skip_gram, bint cbow_mean, bint cbow_exact, bint in_order,
                 int capacity, int n_threads):
        cdef SoftmaxBatch* b = &self.b
        cdef const float[::1] factors
        cdef size_t n_bytes
        memset(b, 0, sizeof(SoftmaxBatch))
        memset(&self.walk, 0, sizeof(Walk))
        self.is_double = w_in.dtype.itemsize == 8
        if w_in.dtype != w_out.dtype or w_in.shape != w_out.shape or w_in.strides != w_out.strides:
            raise ValueError("w_in and w_out must be of one shape, number type and layout")
        b.n_words, b.stride = w_in.shape[0], w_in.strides[0] // w_in.dtype.itemsize
        lanes = LANES_f64 if self.is_double else LANES_f32
        b.n_vectors = (w_in.shape[1] + lanes - 1) // lanes
        b.w_in, b.w_out = self.rows_of(w_in), self.rows_of(w_out)
        if lock is not None:
            factors = lock
            b.lock, b.n_lock = &factors[0], len(factors)
        b.skip_gram, b.cbow_mean, b.in_order = skip_gram, cbow_mean, in_order
        self.walk.shared = cbow_exact == cbow_mean
        b.capacity = max(1, capacity)
        b.n_parts = max(1, min(n_threads, b.n_words))
        self.owners = (w_in, w_out, lock)
        n_bytes = self.lay_out(0) + CACHE_LINE
        self.memory = <char*>PyMem_RawCalloc(n_bytes, 1)  # zeroed: padding lanes must stay finite
        if self.memory == NULL:
            raise MemoryError(f"no {n_bytes} bytes of working memory for batches of {b.capacity} windows")
        self.lay_out((<size_t>self.memory + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE)

    def __dealloc__(self):
        PyMem_RawFree(self.memory)

    cdef void* rows_of(self, array) except NULL:
        cdef float[:, :] single
        cdef double[:, :] double_
        cdef void* data
        if self.is_double:
            double_ = array
            data = &double_[0, 0]
        else:
            single = array
            data = &single[0, 0]
        if array.strides[1] != array.dtype.itemsize or array.strides[0] % CACHE_LINE or <uintptr_t>data % CACHE_LINE:
            raise ValueError("weight rows must be padded and aligned to cache lines: see train/weights.py")
        return data

    cdef size_t lay_out(self, size_t memory) noexcept:
        """Give all arrays their places, the first at ``memory``; returns the bytes that they take together."""
        cdef SoftmaxBatch* b = &self.b
        cdef SoftmaxPart measured  # where the places of a part go while there is no memory yet
        cdef SoftmaxPart* p = &measured
        cdef size_t place = memory, item = 8 if self.is_double else 4, capacity = b.capacity
        cdef int rank
        self.orders = <TeamCounter*>take(&place, sizeof(TeamCounter))
        b.met = <TeamCounter*>take(&place, sizeof(TeamCounter))
        b.part = <SoftmaxPart*>take(&place, b.n_parts * sizeof(SoftmaxPart))
        b.window = <SoftmaxWindow*>take(&place, capacity * sizeof(SoftmaxWindow))
        b.hidden = take(&place, capacity * b.stride * item)
        b.steps = take(&place, capacity * b.stride * item)
        b.moves = take(&place, capacity * capacity * item)
        self.walk.last_run = <int64_t*>take(&place, b.n_words * sizeof(int64_t))
        for rank in range(b.n_parts):
            if memory:
                p = b.part + rank
            p.first_row = b.n_words * rank // b.n_parts
            p.n_rows = b.n_words * (rank + 1) // b.n_parts - p.first_row
            # an odd number of cache lines: rows that are apart by a power of two would share few cache sets
            p.width = ((p.n_rows + SOFTMAX_LANES - 1) // SOFTMAX_LANES | 1) * SOFTMAX_LANES
            p.errors = take(&place, capacity * p.width * item)
            p.hidden_errors = take(&place, capacity * b.stride * item)
            p.overlaps = take(&place, capacity * capacity * item)
            p.highest = <double*>take(&place, capacity * sizeof(double))
            p.total = <double*>take(&place, capacity * sizeof(double))
            p.squares = take(&place, p.width * item)
            p.scores = take(&place, p.width * item)
            p.spread = <double*>take(&place, capacity * sizeof(double))
            p.target_squares = <double*>take(&place, capacity * sizeof(double))
        return place - memory

    @property
    def n_threads(self):
        return self.b.n_parts

    @property
    def stopped(self):
        return self.walk.stopped

    def stop(self):
        self.walk.stopped = True

    def assemble(self):
        cdef int rank
        self.orders.value = self.b.met.value = 0
        for rank in range(self.b.n_parts):
            self.b.part[rank].n_met = 0

    def help(self, int rank):
        cdef int64_t order = 1
        cdef uint64_t mode
        if not 0 < rank < self.b.n_parts:
            raise ValueError(f"rank {rank} in a team of {self.b.n_parts}")
        with nogil:
            mode = flush_subnormals()
            while True:
                team_wait(self.orders, order)
                if self.order == END:
                    break
                self.carry_out(rank)
                order += 1
            restore_fpmode(mode)

    def dismiss(self):
        self.order = END
        TEAM_ADD(&self.orders.value, 1)

    def train(self, const int32_t[::1] ids, const int64_t[::1] low, const int64_t[::1] high, double alpha,
              double alpha_end):
        cdef SoftmaxBatch* b = &self.b
        cdef Walk* walk = &self.walk
        cdef int64_t position = 0, q, n = ids.shape[0]
        cdef uint64_t mode
        cdef bint bad = low.shape[0] != n or high.shape[0] != n
        cdef int rank
        for q in range(0 if bad else n):
            bad |= ids[q] < 0 or ids[q] >= b.n_words or low[q] < 0 or low[q] > q or high[q] <= q or high[q] > n
        if bad:
            raise ValueError("ids must lie in the vocabulary, and windows within the chunk around their word")
        if n == 0:
            return 0.0
        b.ids, walk.low, walk.high, walk.n = &ids[0], &low[0], &high[0], n
        walk.alpha, walk.slope = alpha, (alpha_end - alpha) / n
        b.loss = 0
        for rank in range(b.n_parts):
            b.part[rank].target_scores = 0
        with nogil:
            mode = flush_subnormals()
            walk.rest, walk.run_limit = -1, b.capacity
            if b.in_order and b.skip_gram:
                self.give(MEASURE)
            while position < n and not walk.stopped:
                b.n_windows = 0
                while True:
                    position = add_run(b, walk, position)
                    if b.n_windows == b.first:
                        break
                    if self.is_double:
                        begin_run_f64(b)
                        self.give(RUN)
                        end_run_f64(b)
                    else:
                        begin_run_f32(b)
                        self.give(RUN)
                        end_run_f32(b)
                    position = end_of_run(b, walk, position)
                if b.n_windows:
                    self.give(UPDATE)
            restore_fpmode(mode)
        for rank in range(b.n_parts):
            b.loss -= b.part[rank].target_scores
        return b.loss

    cdef void give(self, Order order) noexcept nogil:
        """Have all threads carry out an order."""
        self.order = order
        TEAM_ADD(&self.orders.value, 1)
        self.carry_out(0)

    cdef void carry_out(self, int rank) noexcept nogil:
        cdef SoftmaxBatch* b = &self.b
        if self.is_double:
            if self.order == RUN:
                run_part_f64(b, rank)
            elif self.order == UPDATE:
                update_part_f64(b, rank)
            else:
                measure_part_f64(b, rank)
        else:
            if self.order == RUN:
                run_part_f32(b, rank)
            elif self.order == UPDATE:
                update_part_f32(b, rank)
            else:
                measure_part_f32(b, rank)
        b.part[rank].n_met += 1
        team_meet(b.met, b.n_parts, b.part[rank].n_met)
