"""Text and binary rows without Python objects: line scanning, float parsing and printing, key decoding.

Every function that works on rows releases the GIL, so blocks are parsed and printed by several threads.
The borders are checked here, the arithmetic and its proofs are in ``_parse.h``.
"""

from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_FromStringAndSize, PyByteArray_Resize
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy

from fractions import Fraction
from struct import pack, unpack


cdef extern from "Python.h":
    object PyUnicode_New(Py_ssize_t size, uint32_t largest)
    void *PyUnicode_DATA(object text)

cdef extern from "_parse.h" nogil:
    enum:
        F2V_OK
        F2V_EXACT
        F2V_ROW_OK
        F2V_ROW_NUMBER
        F2V_ROW_SHORT
        F2V_ROW_LONG
        F2V_ROW_NONFINITE
        F2V_MAX_FLOAT_TEXT
        F2V_G_FIRST
        F2V_G_COUNT
    ctypedef struct f2v_decimal:
        pass
    const unsigned char *f2v_parse_decimal(const unsigned char *p, const unsigned char *end, f2v_decimal *out)
    int f2v_decimal_to_float(const f2v_decimal *d, float *out)
    int f2v_decimal_to_double(const f2v_decimal *d, double *out)
    int f2v_is_ascii(const char *p, int64_t n)
    const unsigned char *f2v_key_end(
        const unsigned char *first, const unsigned char *end, int64_t dim, int any_words, int64_t *n_borders)
    int f2v_copy_row(float *out, const unsigned char *row, int64_t dim)
    char *f2v_format_float(char *out, float x, const uint64_t *g)


ROW_OK, ROW_NUMBER, ROW_SHORT, ROW_LONG, ROW_NONFINITE = (
    F2V_ROW_OK, F2V_ROW_NUMBER, F2V_ROW_SHORT, F2V_ROW_LONG, F2V_ROW_NONFINITE
)

# A number with more characters than this is not a number that any tool has printed.
cdef enum:
    MAX_NUMBER_TEXT = 1000

cdef uint64_t POW10[F2V_G_COUNT]

LARGEST = 0x7F7FFFFF  # bits of the largest float32


def pow10_table():
    """Fill the table of printing: ``g`` with ``g * 2**-n`` just above ``10**k``, 64 bits, rounded up."""
    for index in range(F2V_G_COUNT):
        power = index + F2V_G_FIRST
        value = Fraction(10) ** power
        shift = 64 - (value.numerator.bit_length() - value.denominator.bit_length())
        scaled = value * Fraction(2) ** shift
        while scaled >= 2**64:
            scaled /= 2
        while scaled < 2**63:
            scaled *= 2
        POW10[index] = -((-scaled.numerator) // scaled.denominator)


pow10_table()


def exact_float32(text: str) -> float:
    """Round the decimal ``text`` to float32 once, in exact arithmetic (ties to even)."""
    exact = abs(Fraction(text))
    try:
        bits = unpack("<I", pack("<f", abs(float(text))))[0]
    except OverflowError:
        bits = LARGEST
    if float32_value(bits) > exact:
        bits -= 1
    middle = (float32_value(bits) + float32_value(bits + 1)) / 2
    if exact > middle or (exact == middle and bits & 1):
        bits += 1
    return unpack("<f", pack("<I", bits | (0x80000000 if text[0] == "-" else 0)))[0]


def float32_value(bits: int) -> Fraction:
    """Value of a positive float32 bit pattern; the one above the largest counts as 2**128."""
    return Fraction(2) ** 128 if bits > LARGEST else Fraction(unpack("<f", pack("<I", bits))[0])


cdef int exact(const unsigned char *p, Py_ssize_t n, float *out) noexcept with gil:
    """The rare number that doubles cannot decide; 0 if there is a value."""
    try:
        out[0] = exact_float32(PyBytes_FromStringAndSize(<const char *>p, n).decode("ascii"))
        return 0
    except Exception:
        return 1


cdef int exact_double(const unsigned char *p, Py_ssize_t n, double *out) noexcept with gil:
    try:
        out[0] = float(PyBytes_FromStringAndSize(<const char *>p, n))
        return 0
    except Exception:
        return 1


ctypedef fused real:
    float
    double


cdef int parse_row(
    const unsigned char *p, const unsigned char *end, Py_ssize_t dim, real *out, int64_t *where
) noexcept nogil:
    """Parse ``dim`` numbers separated by single spaces or tabs from [p, end); status and the offset of what is wrong."""
    cdef f2v_decimal number
    cdef const unsigned char *token
    cdef const unsigned char *begin = p
    cdef Py_ssize_t i
    cdef int status = F2V_ROW_OK
    for i in range(dim):
        where[0] = p - begin
        if p >= end:
            return F2V_ROW_SHORT
        token = p
        p = f2v_parse_decimal(p, end, &number)
        if p == NULL or p - token > MAX_NUMBER_TEXT:
            return F2V_ROW_NUMBER
        if real is float:
            if f2v_decimal_to_float(&number, out + i) != F2V_OK and exact(token, p - token, out + i):
                return F2V_ROW_NUMBER
        elif f2v_decimal_to_double(&number, out + i) != F2V_OK and exact_double(token, p - token, out + i):
            return F2V_ROW_NUMBER
        if not (out[i] - out[i] == 0):
            status = F2V_ROW_NONFINITE
        if p < end:
            p += 1
    where[0] = p - begin
    return F2V_ROW_LONG if p < end else status


def parse_rows(
    const unsigned char[::1] block,
    const int64_t[::1] starts,
    const int64_t[::1] ends,
    real[:, :] out,
    uint8_t[::1] status,
    int64_t[::1] where,
):
    """Parse one row of numbers from each ``block[starts[i]:ends[i]]`` into ``out[i]``; see the stub file."""
    cdef Py_ssize_t n = starts.shape[0], dim = out.shape[1], i
    cdef const unsigned char *base
    if ends.shape[0] != n or out.shape[0] != n or status.shape[0] != n or where.shape[0] != n:
        raise ValueError("starts, ends, out, status and where need the same length")
    if n == 0:
        return
    if dim and out.strides[1] != <Py_ssize_t>sizeof(real):
        raise ValueError("the rows of out must be contiguous")
    if block.shape[0] == 0:
        raise ValueError("block is empty")
    base = &block[0]
    for i in range(n):
        if starts[i] < 0 or starts[i] > ends[i] or ends[i] > block.shape[0]:
            raise ValueError("a row lies outside the block")
    with nogil:
        for i in range(n):
            if dim == 0:
                status[i] = F2V_ROW_LONG if starts[i] < ends[i] else F2V_ROW_OK
                where[i] = 0
            else:
                status[i] = <uint8_t>parse_row(base + starts[i], base + ends[i], dim, &out[i, 0], &where[i])


def count_lines(const unsigned char[::1] block, Py_ssize_t start, Py_ssize_t end):
    """Count the newlines in ``block[start:end]``."""
    cdef Py_ssize_t n = 0
    cdef const unsigned char *p
    cdef const unsigned char *stop
    if start < 0 or start > end or end > block.shape[0]:
        raise ValueError("the range lies outside the block")
    if start == end:
        return 0
    p, stop = &block[0] + start, &block[0] + end
    with nogil:
        while p < stop:
            p = <const unsigned char *>memchr(p, 10, stop - p)
            if p == NULL:
                break
            n += 1
            p += 1
    return n


def last_line_end(const unsigned char[::1] block, Py_ssize_t start, Py_ssize_t end):
    """Place after the last newline of ``block[start:end]``; ``start`` if there is none."""
    if start < 0 or start > end or end > block.shape[0]:
        raise ValueError("the range lies outside the block")
    while end > start and block[end - 1] != 10:
        end -= 1
    return end


def next_newline(const unsigned char[::1] block, Py_ssize_t start, Py_ssize_t end):
    """Place of the first newline of ``block[start:end]``; ``end`` if there is none."""
    cdef const unsigned char *found = NULL
    if start < 0 or start > end or end > block.shape[0]:
        raise ValueError("the range lies outside the block")
    if start < end:
        found = <const unsigned char *>memchr(&block[start], 10, end - start)
    return end if found == NULL else found - &block[0]


def scan_lines(
    const unsigned char[::1] block, Py_ssize_t start, Py_ssize_t end,
    int64_t[::1] line_starts, int64_t[::1] line_ends,
):
    """Find the lines of ``block[start:end]``: start, and end without trailing white space."""
    cdef Py_ssize_t n = line_starts.shape[0], row = 0
    cdef const unsigned char *base
    cdef const unsigned char *p
    cdef const unsigned char *stop
    cdef const unsigned char *newline
    cdef const unsigned char *last
    if start < 0 or start > end or end > block.shape[0] or line_ends.shape[0] != n:
        raise ValueError("the range lies outside the block, or the outputs differ in length")
    if start == end or n == 0:
        return 0, start
    base = &block[0]
    p, stop = base + start, base + end
    with nogil:
        while row < n and p < stop:
            newline = <const unsigned char *>memchr(p, 10, stop - p)
            last = newline if newline != NULL else stop
            line_starts[row] = p - base
            while last > p and ((last - 1)[0] == 32 or 9 <= (last - 1)[0] <= 13):
                last -= 1
            line_ends[row] = last - base
            row += 1
            p = newline + 1 if newline != NULL else stop
    return row, p - base


def scan_binary(
    const unsigned char[::1] block, Py_ssize_t start, Py_ssize_t end, Py_ssize_t row_bytes,
    int64_t[::1] key_starts, int64_t[::1] key_ends,
):
    """Find whole binary rows (key, space, ``row_bytes`` bytes) in ``block[start:end]``; leading newlines are no key."""
    cdef Py_ssize_t n = key_starts.shape[0], row = 0
    cdef const unsigned char *base
    cdef const unsigned char *p
    cdef const unsigned char *stop
    cdef const unsigned char *space
    if start < 0 or start > end or end > block.shape[0] or key_ends.shape[0] != n or row_bytes < 0:
        raise ValueError("the range lies outside the block, or the outputs differ in length")
    if start == end or n == 0:
        return 0, start
    base = &block[0]
    p, stop = base + start, base + end
    with nogil:
        while row < n and p < stop:
            space = <const unsigned char *>memchr(p, 32, stop - p)
            if space == NULL or stop - space - 1 < row_bytes:
                break
            while p < space and p[0] == 10:
                p += 1
            key_starts[row] = p - base
            key_ends[row] = space - base
            row += 1
            p = space + 1 + row_bytes
    return row, p - base


def copy_rows(const unsigned char[::1] block, const int64_t[::1] starts, float[:, :] out, uint8_t[::1] status):
    """Copy ``out.shape[1]`` float32 values from each ``block[starts[i]:]`` to ``out[i]``; note rows with NaN or Inf."""
    cdef Py_ssize_t n = starts.shape[0], dim = out.shape[1], i
    if out.shape[0] != n or status.shape[0] != n:
        raise ValueError("starts, out and status need the same length")
    if n == 0 or dim == 0:
        return
    if out.strides[1] != <Py_ssize_t>sizeof(float):
        raise ValueError("the rows of out must be contiguous")
    for i in range(n):
        if starts[i] < 0 or starts[i] + dim * 4 > block.shape[0]:
            raise ValueError("a row lies outside the block")
    with nogil:
        for i in range(n):
            status[i] = F2V_ROW_NONFINITE if f2v_copy_row(&out[i, 0], &block[0] + starts[i], dim) else F2V_ROW_OK


def decode_keys(const unsigned char[::1] block, const int64_t[::1] starts, const int64_t[::1] ends, str errors):
    """List of ``str`` from the UTF-8 pieces ``block[starts[i]:ends[i]]``; an error's ``key`` is the first bad ``i``."""
    cdef Py_ssize_t n = starts.shape[0], i
    cdef bytes policy = errors.encode("ascii")
    cdef const char *policy_text = policy
    cdef const char *base = b""
    cdef list keys
    if ends.shape[0] != n:
        raise ValueError("starts and ends need the same length")
    if block.shape[0]:
        base = <const char *>&block[0]
    for i in range(n):
        if starts[i] < 0 or starts[i] > ends[i] or ends[i] > block.shape[0]:
            raise ValueError("a key lies outside the block")
    keys = PyList_New(n)
    for i in range(n):
        if f2v_is_ascii(base + starts[i], ends[i] - starts[i]):
            key = PyUnicode_New(ends[i] - starts[i], 127)
            memcpy(PyUnicode_DATA(key), base + starts[i], ends[i] - starts[i])
        else:
            try:
                key = PyUnicode_DecodeUTF8(base + starts[i], ends[i] - starts[i], policy_text)
            except UnicodeDecodeError as error:
                error.key = i
                raise
        Py_INCREF(key)
        PyList_SET_ITEM(keys, i, key)
    return keys


def find_keys(
    const unsigned char[::1] block, const int64_t[::1] starts, const int64_t[::1] ends, Py_ssize_t dim,
    int64_t[::1] key_ends, int64_t[::1] borders, bint any_words=False,
):
    """Where the key of each line ends whose last ``dim`` fields are numbers: keys may hold spaces and tabs."""
    cdef Py_ssize_t i
    cdef const unsigned char *base
    if not starts.shape[0] == ends.shape[0] == key_ends.shape[0] == borders.shape[0]:
        raise ValueError("starts, ends, key_ends and borders need the same length")
    for i in range(starts.shape[0]):
        if starts[i] < 0 or starts[i] > ends[i] or ends[i] > block.shape[0]:
            raise ValueError("a row lies outside the block")
    if starts.shape[0] == 0 or block.shape[0] == 0:
        return
    base = &block[0]
    with nogil:
        for i in range(starts.shape[0]):
            key_ends[i] = f2v_key_end(base + starts[i], base + ends[i], dim, any_words, &borders[i]) - base


cdef inline char *put_text(char *out, const char *text, Py_ssize_t n_bytes) noexcept nogil:
    """Write some bytes; return the place behind them."""
    if n_bytes:  # an empty one may have no address
        memcpy(out, text, n_bytes)
    return out + n_bytes


def pack_rows(
    const unsigned char[::1] key_blob, const int64_t[::1] key_offsets, const int64_t[::1] order,
    const float[:, :] rows, bytes prefix,
):
    """Binary rows ``prefix + key + " " + float32 values`` of ``rows[order]``, as a bytearray."""
    cdef Py_ssize_t n = order.shape[0], dim = rows.shape[1], i, size, key, after
    cdef Py_ssize_t prefix_bytes = len(prefix)
    cdef const char *prefix_text = prefix
    cdef const unsigned char *keys = &key_blob[0] if key_blob.shape[0] else <const unsigned char *>prefix_text
    cdef char *out
    size = check_keys(key_blob, key_offsets, order, rows) + n * (prefix_bytes + 1 + dim * 4)
    text = PyByteArray_FromStringAndSize(NULL, size)
    out = PyByteArray_AS_STRING(text)
    with nogil:
        for i in range(n):
            out = put_text(out, prefix_text, prefix_bytes)
            key, after = key_offsets[order[i]], key_offsets[order[i] + 1]
            out = put_text(out, <const char *>keys + key, after - key)
            out = put_text(out, b" ", 1)
            if dim:
                out = put_text(out, <const char *>&rows[order[i], 0], dim * 4)
    return text


cdef Py_ssize_t check_keys(
    const unsigned char[::1] key_blob, const int64_t[::1] key_offsets, const int64_t[::1] order,
    const float[:, :] rows,
) except -1:
    """Bytes of the keys in ``order``, after a check that everything lies inside its buffer."""
    cdef Py_ssize_t i, a, b, total = 0
    if key_offsets.shape[0] != rows.shape[0] + 1:
        raise ValueError("key_offsets needs one more entry than there are rows")
    if rows.shape[1] and rows.shape[0] and rows.strides[1] != <Py_ssize_t>sizeof(float):
        raise ValueError("the rows must be contiguous")
    for i in range(order.shape[0]):
        if not 0 <= order[i] < rows.shape[0]:
            raise ValueError("order names a row that does not exist")
        a, b = key_offsets[order[i]], key_offsets[order[i] + 1]
        if a < 0 or a > b or b > key_blob.shape[0]:
            raise ValueError("a key lies outside the blob")
        total += b - a
    return total


def format_rows(
    const unsigned char[::1] key_blob, const int64_t[::1] key_offsets, const int64_t[::1] order,
    const float[:, :] rows, bytes prefix,
):
    """Text lines ``prefix + key + " " + numbers + newline`` of ``rows[order]``, as a bytearray."""
    cdef Py_ssize_t n = order.shape[0], dim = rows.shape[1], i, j, size, key, after
    cdef Py_ssize_t prefix_bytes = len(prefix)
    cdef const char *prefix_text = prefix
    cdef const unsigned char *keys = &key_blob[0] if key_blob.shape[0] else <const unsigned char *>prefix_text
    cdef const float *row
    cdef char *out
    cdef char *begin
    size = check_keys(key_blob, key_offsets, order, rows) + n * (prefix_bytes + 2 + dim * 16) + F2V_MAX_FLOAT_TEXT
    text = PyByteArray_FromStringAndSize(NULL, size)
    begin = out = PyByteArray_AS_STRING(text)
    with nogil:
        for i in range(n):
            out = put_text(out, prefix_text, prefix_bytes)
            key, after = key_offsets[order[i]], key_offsets[order[i] + 1]
            out = put_text(out, <const char *>keys + key, after - key)
            out = put_text(out, b" ", 1)
            if dim:
                row = &rows[order[i], 0]
                for j in range(dim):
                    out = f2v_format_float(out, row[j], POW10)
                    out[0] = 32
                    out += 1
                out -= 1
            out[0] = 10
            out += 1
    PyByteArray_Resize(text, out - begin)
    return text


def format_float32(float value):
    """One float32 as text: the shortest that reads back equal."""
    cdef char text[F2V_MAX_FLOAT_TEXT]
    return PyBytes_FromStringAndSize(text, f2v_format_float(text, value, POW10) - text).decode("ascii")


def check_text(uint32_t first, uint32_t last, uint32_t step):
    """Print and parse back every ``step``-th float32 bit pattern; how many differ (a test of all 2**32)."""
    cdef char text[F2V_MAX_FLOAT_TEXT]
    cdef uint64_t bits = first
    cdef uint32_t pattern, back
    cdef float value, parsed
    cdef int64_t where, wrong = 0
    cdef char *end
    with nogil:
        while bits < last:
            pattern = <uint32_t>bits
            memcpy(&value, &pattern, 4)
            if value == value:
                end = f2v_format_float(text, value, POW10)
                parse_row(<const unsigned char *>text, <const unsigned char *>end, 1, &parsed, &where)
                memcpy(&back, &parsed, 4)
                wrong += back != pattern
            bits += step
    return wrong
