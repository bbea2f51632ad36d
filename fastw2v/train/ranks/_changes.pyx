"""The passes of an exchange over the rows, without the GIL; see ``_changes.h`` and ``_changes.pyi``."""

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree
from libc.math cimport exp2, log2, round
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy, memmove, memset

cdef extern from "kernels/_simd.h" nogil:
    enum: LANES_f32

cdef extern from "kernels/_products.h" nogil:
    ctypedef struct Sum_f32:
        float* out
        int64_t out_stride
        const float* coefficient
        int64_t by_out
        int64_t by_source
        const float* source
        int64_t source_stride
        int n_sources
    void add_products_f32(const Sum_f32* s, int64_t n_out, int64_t n_vectors)

cdef extern from "train/ranks/_changes.h" nogil:
    ctypedef struct Message:
        const uint8_t* bits
        const char* next
    ctypedef struct Factors:
        double closed
        float* factors
    int64_t wire_bytes(int wire, int64_t size)
    void to_wire(int wire, const float* row, char* out, int64_t size)
    void from_wire(int wire, const char* data, float* row, int64_t size)
    enum: GLANCE
    enum: AHEAD
    void fetch(const float* row, const float* base, int64_t size)
    int is_same_at_a_glance(const float* row, const float* base, int64_t size, int wire)
    int has_row(const Message* message, int64_t i)
    int64_t form_change(const float* row, const float* base, float* change, char* out, int wire, int64_t size)
    void take_over_change(float* row, float* base, const float* made, const float* sent, const float* left, int64_t size)
    void compute_factors(Factors* f, const double* along, int n_axes, double closed, int n_ranks)
    enum: RUN
    ctypedef struct Run:
        int n
        const Factors* factors
        int64_t rows[RUN]
        float* totals
        float* changes
        float* scores
        float* arrived
    char* write_run(
        Run* run, const float* axes, int64_t stride, int n_axes, int wire, int64_t size, char* out, float* left
    )
    void find_axes(const float* matrix, float* axes, float* turned, double* along, int n, int64_t stride)

# Rows whose closed parts lie so close together have the same factors: then few are computed, and one of them is off by
# two percent at most.
cdef double STEPS = 16  # of a doubling
cdef double HALF_A_STEP = exp2(0.5 / STEPS)
cdef int64_t NEAR_ROWS = 32  # that are multiplied at a time: in a near cache
cdef int64_t BLOCKS = 8  # of these, whose sum is one of single precision


cdef int64_t bytes_of_bits(int64_t n_rows) noexcept nogil:
    return (n_rows + 63) // 64 * 8


cdef Message reader(const uint8_t[::1] message, int64_t n_rows) noexcept nogil:
    cdef Message found
    found.bits = &message[0] if n_rows else NULL
    found.next = <const char*>found.bits + bytes_of_bits(n_rows)
    return found


cdef void* memory(int64_t n_bytes) except NULL:
    """Zeros, with room for whole vectors behind the last number."""
    cdef void* found = PyMem_RawCalloc(1, n_bytes + 256)
    if found == NULL:
        raise MemoryError(f"{n_bytes} bytes for an exchange between ranks")
    return found


def most_bytes(int64_t n_rows, int64_t size, int wire):
    return bytes_of_bits(n_rows) + n_rows * wire_bytes(wire, size)


cdef int check_rows(const float[:, :] rows, int64_t size) except -1:
    """The numbers of a row must lie together; rows may have gaps between them."""
    if rows.shape[1] != size or rows.strides[1] != 4:
        raise ValueError(f"rows of {rows.shape[1]} numbers, {rows.strides[1]} bytes apart, instead of {size}, 4 bytes apart")
    return 0


cdef int64_t check_message(const uint8_t[::1] message, int64_t n_rows, int64_t size, int wire) except -1:
    """Whether a message is as long as its bits say; it came from another process."""
    cdef int64_t i, n_changed = 0
    cdef int64_t n_bits = bytes_of_bits(n_rows)
    if message.shape[0] >= n_bits:
        for i in range((n_rows + 7) // 8):
            n_changed += POPCOUNT[message[i]]
    if message.shape[0] != n_bits + n_changed * wire_bytes(wire, size):
        raise ValueError(f"a message of {message.shape[0]} bytes for {n_changed} of {n_rows} rows")
    return n_changed


cdef int POPCOUNT[256]
for _number in range(256):
    POPCOUNT[_number] = bin(_number).count("1")


def form(
    const float[:, :] weights, const float[:, :] base, const int64_t[:] rows, int wire, uint8_t[::1] out,
    bint at_a_glance=False,
):
    cdef int64_t n = rows.shape[0], size = weights.shape[1], i, ahead, row, n_bytes
    cdef int64_t place = bytes_of_bits(n)
    check_rows(weights, size)
    check_rows(base, size)
    if out.shape[0] < most_bytes(n, size, wire):
        raise ValueError("too little room for the changes")
    cdef float* change = <float*>memory(4 * size)
    cdef char* start = <char*>&out[0] if out.shape[0] else NULL
    cdef bint is_same[AHEAD]  # of the rows that come next
    with nogil:
        memset(start, 0, place)
        for i in range(-2 * AHEAD, n):
            if i + 2 * AHEAD < n:
                row = rows[i + 2 * AHEAD]
                fetch(&weights[row, 0], &base[row, 0], min(size, GLANCE))
            if i >= 0 and not is_same[i % AHEAD]:
                n_bytes = form_change(&weights[rows[i], 0], &base[rows[i], 0], change, start + place, wire, size)
                if n_bytes:
                    out[i >> 3] |= 1 << (i & 7)
                    place += n_bytes
            ahead = i + AHEAD
            if 0 <= ahead < n:
                row = rows[ahead]
                is_same[ahead % AHEAD] = at_a_glance and is_same_at_a_glance(&weights[row, 0], &base[row, 0], size, wire)
                if not is_same[ahead % AHEAD]:
                    fetch(&weights[row, 0], &base[row, 0], size)
    PyMem_RawFree(change)
    return place


cdef bint is_near(double closed, double other) noexcept nogil:
    """Whether two closed parts have the same factors."""
    return other / HALF_A_STEP <= closed <= other * HALF_A_STEP


def make_one(
    list messages, int wire, const double[::1] n_updates, double alpha, const float[:, ::1] axes,
    const double[::1] along, uint8_t[::1] out, float[:, ::1] left,
):
    cdef int64_t n_rows = n_updates.shape[0], size = left.shape[1], i, k
    cdef int64_t n_bytes = wire_bytes(wire, size), padded = (size + LANES_f32 - 1) // LANES_f32 * LANES_f32
    cdef int n_parts = len(messages), n_axes = along.shape[0], part, n_ranks
    cdef double closed
    cdef const uint8_t[::1] message
    if out.shape[0] < most_bytes(n_rows, size, wire) or left.shape[0] != n_rows:
        raise ValueError("too little room for the changes")
    if axes.shape[0] != n_axes or axes.shape[1] != size:
        raise ValueError("each axis has as many numbers as a row, and needs its eigenvalue")
    for message in messages:
        check_message(message, n_rows, size, wire)
    if not n_rows:
        return 0
    cdef Message* parts = <Message*>memory(n_parts * sizeof(Message))
    cdef Factors* factors = <Factors*>memory((n_parts + 1) * sizeof(Factors))
    cdef Factors* found
    cdef float* numbers = <float*>memory(4 * ((2 * RUN + 2 + n_axes) * padded + (RUN + n_parts + 1) * n_axes))
    cdef float* padded_axes = numbers + (2 * RUN + 2) * padded
    cdef float* total
    cdef Run run
    run.n, run.factors = 0, NULL
    run.totals, run.changes, run.arrived = numbers, numbers + RUN * padded, numbers + 2 * RUN * padded
    run.scores = padded_axes + n_axes * padded
    cdef float* one = run.arrived + padded
    for part in range(n_parts):
        parts[part] = reader(messages[part], n_rows)
    for part in range(n_parts + 1):
        factors[part].factors = run.scores + (RUN + part) * n_axes
    cdef char* start = <char*>&out[0]
    cdef char* place = start + bytes_of_bits(n_rows)
    with nogil:
        for i in range(n_axes):
            memcpy(padded_axes + i * padded, &axes[i, 0], 4 * size)
        memset(start, 0, place - start)
        for i in range(n_rows):
            if run.n == RUN:
                place = write_run(&run, padded_axes, padded, n_axes, wire, size, place, &left[0, 0])
            total = run.totals + run.n * padded
            n_ranks = 0
            for part in range(n_parts):
                if has_row(&parts[part], i):
                    from_wire(wire, parts[part].next, one if n_ranks else total, size)
                    parts[part].next += n_bytes
                    if n_ranks:
                        for k in range(size):
                            total[k] += one[k]
                    n_ranks += 1
            if not n_ranks:
                continue
            out[i >> 3] |= 1 << (i & 7)
            found = NULL
            closed = alpha * max(n_updates[i], <double>n_ranks)  # who changed it made at least one update
            if n_ranks > 1 and closed > 0:
                found = &factors[n_ranks]
            if found != run.factors or found and not is_near(closed, found.closed):
                place = write_run(&run, padded_axes, padded, n_axes, wire, size, place, &left[0, 0])
                memmove(run.totals, total, 4 * size)
                run.factors = found
                if found and not is_near(closed, found.closed):
                    closed = exp2(round(log2(closed) * STEPS) / STEPS)
                    compute_factors(found, &along[0], n_axes, closed, n_ranks)
            run.rows[run.n] = i
            run.n += 1
        place = write_run(&run, padded_axes, padded, n_axes, wire, size, place, &left[0, 0])
    PyMem_RawFree(parts)
    PyMem_RawFree(factors)
    PyMem_RawFree(numbers)
    return place - start


def take_over(
    float[:, :] weights, float[:, :] base, const int64_t[:] rows, int wire, const uint8_t[::1] made,
    const uint8_t[::1] sent, const float[:, ::1] left=None,
):
    cdef int64_t n = rows.shape[0], size = weights.shape[1], i, n_bytes = wire_bytes(wire, size)
    cdef bint owned = left is not None
    cdef const float* over
    cdef const float* mine
    check_rows(weights, size)
    check_rows(base, size)
    check_message(made, n, size, wire)
    check_message(sent, n, size, wire)
    if owned and (left.shape[0] != n or left.shape[1] != size):
        raise ValueError("what is left over must have the shape of the rows")
    cdef float* numbers = <float*>memory(12 * size)
    cdef float* zeros = numbers + 2 * size
    cdef Message all_ranks = reader(made, n), this_rank = reader(sent, n)
    with nogil:
        for i in range(n):
            if i + AHEAD < n and has_row(&all_ranks, i + AHEAD):
                fetch(&weights[rows[i + AHEAD], 0], &base[rows[i + AHEAD], 0], size)
            mine = zeros
            if has_row(&this_rank, i):
                from_wire(wire, this_rank.next, numbers + size, size)
                this_rank.next += n_bytes
                mine = numbers + size
            if has_row(&all_ranks, i):
                from_wire(wire, all_ranks.next, numbers, size)
                all_ranks.next += n_bytes
                over = &left[i, 0] if owned else zeros
                take_over_change(&weights[rows[i], 0], &base[rows[i], 0], numbers, mine, over, size)
    PyMem_RawFree(numbers)


def add_squares(const float[:, :] rows, double[:, ::1] out):
    cdef int64_t n = rows.shape[0], size = out.shape[0], stride = (size + LANES_f32 - 1) // LANES_f32 * LANES_f32
    cdef int64_t block, part, first, i, k
    check_rows(rows, size)
    if out.shape[1] != size:
        raise ValueError("a square matrix is wanted")
    cdef float* near = <float*>memory(4 * stride * (NEAR_ROWS + size))
    cdef float* total = near + NEAR_ROWS * stride
    cdef Sum_f32 sums
    sums.out_stride, sums.by_out, sums.by_source, sums.source_stride = stride, 1, stride, stride
    with nogil:
        for block in range((n + NEAR_ROWS - 1) // NEAR_ROWS):
            sums.n_sources = min(n - block * NEAR_ROWS, NEAR_ROWS)
            for i in range(sums.n_sources):
                memcpy(near + i * stride, &rows[block * NEAR_ROWS + i, 0], 4 * size)
            for part in range(stride // LANES_f32):  # what lies before the diagonal's vector is known by symmetry
                first = part * LANES_f32
                sums.out, sums.coefficient, sums.source = total + first * (stride + 1), near + first, near + first
                add_products_f32(&sums, min(size - first, LANES_f32), (stride - first) // LANES_f32)
            if (block + 1) % BLOCKS == 0 or (block + 1) * NEAR_ROWS >= n:
                for i in range(size):
                    out[i, i] += total[i * (stride + 1)]
                    for k in range(i + 1, size):
                        out[i, k] += total[i * stride + k]
                        out[k, i] += total[i * stride + k]
                memset(total, 0, 4 * size * stride)
    PyMem_RawFree(near)


def multiply(float[:, :] rows, const double[:, :] matrix):
    cdef int64_t n = rows.shape[0], size = matrix.shape[0], stride = (size + LANES_f32 - 1) // LANES_f32 * LANES_f32
    cdef int64_t block, first, i, k, part
    check_rows(rows, size)
    if matrix.shape[1] != size:
        raise ValueError("a square matrix is wanted")
    cdef float* numbers = <float*>memory(4 * stride * (2 * NEAR_ROWS + size))
    cdef Sum_f32 sums
    sums.out, sums.out_stride = numbers, stride
    sums.coefficient, sums.by_out, sums.by_source = numbers + NEAR_ROWS * stride, stride, 1
    sums.source, sums.source_stride = numbers + 2 * NEAR_ROWS * stride, stride
    sums.n_sources = <int>size
    with nogil:
        for i in range(size):
            for k in range(size):
                numbers[(2 * NEAR_ROWS + i) * stride + k] = <float>matrix[i, k]
        for block in range((n + NEAR_ROWS - 1) // NEAR_ROWS):
            first = block * NEAR_ROWS
            part = min(n - first, NEAR_ROWS)
            memset(numbers, 0, 4 * part * stride)
            for i in range(part):
                memcpy(numbers + (NEAR_ROWS + i) * stride, &rows[first + i, 0], 4 * size)
            add_products_f32(&sums, part, stride // LANES_f32)
            for i in range(part):
                memcpy(&rows[first + i, 0], numbers + i * stride, 4 * size)
    PyMem_RawFree(numbers)


def eigenvectors(const float[:, ::1] matrix, float[:, ::1] axes, double[::1] along):
    cdef int64_t n = along.shape[0], stride = (n + LANES_f32 - 1) // LANES_f32 * LANES_f32, i
    if not matrix.shape[0] == matrix.shape[1] == axes.shape[0] == axes.shape[1] == n:
        raise ValueError("a square matrix is wanted, and one number for each row")
    cdef float* numbers = <float*>memory(12 * n * stride)
    cdef float* found = numbers + n * stride
    with nogil:
        for i in range(n):
            memcpy(numbers + i * stride, &matrix[i, 0], 4 * n)
            memcpy(found + i * stride, &axes[i, 0], 4 * n)
        find_axes(numbers, found, found + n * stride, &along[0], <int>n, stride)
        for i in range(n):
            memcpy(&axes[i, 0], found + i * stride, 4 * n)
    PyMem_RawFree(numbers)
