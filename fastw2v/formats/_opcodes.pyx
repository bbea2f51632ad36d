"""A look at a pickle before it is unpickled: what could exhaust memory or the C stack is refused here.

The unpickler of CPython allocates what a length or a memo index says before it reads on, calls the registry of
extension codes behind the back of ``find_class``, and hashes nested tuples recursively, each part as often as it is named:
``t = (t, t)`` forty times over takes a hundred bytes and would be hashed for hours. So every opcode is walked once,
with a stack that holds nothing but the nesting depth of each value and how many parts it has when it is hashed.
"""

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree, PyMem_RawRealloc  # tracemalloc sees them
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memset


cdef enum:
    DEEPEST = 200
    MARK_SIGN = 0xFFFF
    LARGEST = 1000000  # parts of a tuple beyond what the length of the file explains


cdef struct Cell:
    uint32_t depth
    uint32_t parts  # of tuples and frozen sets, with all that is in them; everything else is hashed in one step


cdef struct Walk:
    Cell *stack
    Py_ssize_t size
    Py_ssize_t room
    uint64_t largest  # parts that a value may have, and all values together that containers take
    uint64_t taken
    Cell *memo
    Py_ssize_t memo_room
    Py_ssize_t memo_used


cdef int push(Walk *w, uint32_t depth, uint64_t parts) noexcept nogil:
    cdef Cell *larger
    if depth != MARK_SIGN and depth > DEEPEST or parts > w.largest:
        return 1
    if w.size == w.room:
        larger = <Cell *>PyMem_RawRealloc(w.stack, <size_t>w.room * 2 * sizeof(Cell))
        if larger == NULL:
            return 1
        w.stack = larger
        w.room *= 2
    w.stack[w.size].depth = depth
    w.stack[w.size].parts = <uint32_t>parts
    w.size += 1
    return 0


cdef int pop(Walk *w, Py_ssize_t n, uint32_t *deepest, uint64_t *parts) noexcept nogil:
    """Take ``n`` values; the greatest depth among them, and their parts together."""
    cdef Py_ssize_t i
    deepest[0] = 0
    parts[0] = 0
    if w.size < n:
        return 1
    for i in range(n):
        w.size -= 1
        if w.stack[w.size].depth == MARK_SIGN:
            return 1
        parts[0] += w.stack[w.size].parts
        if w.stack[w.size].depth > deepest[0]:
            deepest[0] = w.stack[w.size].depth
    return 0


cdef int pop_mark(Walk *w, uint32_t *deepest, uint64_t *parts) noexcept nogil:
    """Take everything down to the last mark."""
    deepest[0] = 0
    parts[0] = 0
    while w.size:
        w.size -= 1
        if w.stack[w.size].depth == MARK_SIGN:
            return 0
        parts[0] += w.stack[w.size].parts
        if w.stack[w.size].depth > deepest[0]:
            deepest[0] = w.stack[w.size].depth
    return 1


cdef int deepen_top(Walk *w, uint32_t deepest, uint64_t parts) noexcept nogil:
    """The container on top now holds something of that depth, which may be hashed on the way into it."""
    if w.size == 0 or w.stack[w.size - 1].depth == MARK_SIGN:
        return 1
    w.taken += parts
    if deepest + 1 > DEEPEST or w.taken > w.largest:
        return 1
    if w.stack[w.size - 1].depth < deepest + 1:
        w.stack[w.size - 1].depth = deepest + 1
    return 0


cdef int put(Walk *w, uint64_t index) noexcept nogil:
    """Memorise the top; an index may not be far beyond the number of values memorised so far."""
    cdef Cell *larger
    cdef Py_ssize_t room = w.memo_room
    if w.size == 0 or w.stack[w.size - 1].depth == MARK_SIGN or index > <uint64_t>(2 * w.memo_used + 1000):
        return 1
    while <uint64_t>room <= index:
        room *= 2
    if room > w.memo_room:
        larger = <Cell *>PyMem_RawRealloc(w.memo, <size_t>room * sizeof(Cell))
        if larger == NULL:
            return 1
        memset(larger + w.memo_room, 0, <size_t>(room - w.memo_room) * sizeof(Cell))
        w.memo, w.memo_room = larger, room
    w.memo_used += w.memo[index].parts == 0
    w.memo[index] = w.stack[w.size - 1]  # a value has a part at least: none stands for an index never memorised
    return 0


cdef int get(Walk *w, uint64_t index) noexcept nogil:
    if index >= <uint64_t>w.memo_room or w.memo[index].parts == 0:
        return 1
    return push(w, w.memo[index].depth, w.memo[index].parts)


cdef int64_t number(const uint8_t *p, Py_ssize_t n) noexcept nogil:
    """Decimal index of a text opcode, -1 if it is none."""
    cdef int64_t value = 0
    cdef Py_ssize_t i
    if n == 0 or n > 9:
        return -1
    for i in range(n):
        if not 48 <= p[i] <= 57:
            return -1
        value = value * 10 + p[i] - 48
    return value


cdef uint64_t index_of(const uint8_t *data, uint8_t op, Py_ssize_t at, Py_ssize_t line_at, Py_ssize_t line) noexcept nogil:
    """Memo index of a get or put opcode: text, one byte or four."""
    cdef uint32_t quad
    if op == c"g" or op == c"p":
        return <uint64_t>number(data + line_at, line)
    if op == c"h" or op == c"q":
        return data[at]
    memcpy(&quad, data + at, 4)
    return quad


cdef Py_ssize_t walk(const uint8_t *data, Py_ssize_t n, Walk *w) noexcept nogil:
    """Walk all opcodes; -1 if everything is in order, else the place of the one that is not."""
    cdef Py_ssize_t at = 0, start, frame_end = 0
    cdef Py_ssize_t line = 0, second = 0
    cdef uint64_t length, parts
    cdef uint32_t deepest, quad
    cdef uint8_t op
    cdef const uint8_t *newline
    cdef int lines, width
    while at < n:
        start = at
        op = data[at]
        at += 1
        # 1. the argument: text lines, a fixed number of bytes, or a length and that many bytes
        lines = 0
        width = 0
        length = 0
        if op == c"c" or op == c"i":
            lines = 2
        elif op == c"F" or op == c"I" or op == c"L" or op == c"S" or op == c"V" or op == c"g" or op == c"p":
            lines = 1
        elif op == c"K" or op == c"h" or op == c"q" or op == 0x80:
            length = 1
        elif op == c"M":
            length = 2
        elif op == c"J" or op == c"j" or op == c"r":
            length = 4
        elif op == c"G" or op == 0x95:
            length = 8
        elif op == c"U" or op == c"C" or op == 0x8A or op == 0x8C:
            width = 1
        elif op == c"T" or op == c"B" or op == c"X" or op == 0x8B:
            width = 4
        elif op == 0x8D or op == 0x8E or op == 0x96:
            width = 8
        if lines:
            second = at
            newline = <const uint8_t *>memchr(data + at, 10, n - at)
            if newline == NULL:
                return start
            line = newline - data - at
            at = newline - data + 1
            if lines == 2:
                newline = <const uint8_t *>memchr(data + at, 10, n - at)
                if newline == NULL:
                    return start
                at = newline - data + 1
            if (op == c"L" or op == c"I") and line > 4000:
                return start
        if width:
            if n - at < width:
                return start
            if width == 1:
                length = data[at]
            elif width == 4:
                memcpy(&quad, data + at, 4)
                length = quad
            else:
                memcpy(&length, data + at, 8)
            at += width
            if (op == 0x8A or op == 0x8B) and length > 2000:
                return start
        if length > <uint64_t>(n - at):
            return start
        # the unpickler goes on after a frame, whatever it has read of an opcode that reaches beyond: it would see other opcodes
        if start < frame_end and (op == 0x95 or at + <Py_ssize_t>length > frame_end):
            return start
        # 2. the effect on the stack
        if op == c".":
            return -1 if pop(w, 1, &deepest, &parts) == 0 else start
        elif op == c"(":
            if push(w, MARK_SIGN, 1):
                return start
        elif op == c"0":
            if w.size == 0:
                return start
            w.size -= 1
        elif op == c"1":
            if pop_mark(w, &deepest, &parts):
                return start
        elif op == c"2":
            if w.size == 0 or w.stack[w.size - 1].depth == MARK_SIGN or push(
                w, w.stack[w.size - 1].depth, w.stack[w.size - 1].parts
            ):
                return start
        elif op == 0x80 or op == 0x95:
            if op == 0x80 and data[at] > 5:
                return start
            if op == 0x95:
                memcpy(&length, data + at, 8)
                at += 8
                if length > <uint64_t>(n - at):
                    return n
                frame_end = at + <Py_ssize_t>length
                length = 0
        elif op == c"g" or op == c"h" or op == c"j":
            if get(w, index_of(data, op, at, second, line)):
                return start
        elif op == 0x94:
            if put(w, <uint64_t>w.memo_used):
                return start
        elif op == c"p" or op == c"q" or op == c"r":
            if put(w, index_of(data, op, at, second, line)):
                return start
        elif op == c"a":
            if pop(w, 1, &deepest, &parts) or deepen_top(w, deepest, parts):
                return start
        elif op == c"s":
            if pop(w, 2, &deepest, &parts) or deepen_top(w, deepest, parts):
                return start
        elif op == c"e" or op == c"u" or op == 0x90:
            if pop_mark(w, &deepest, &parts) or deepen_top(w, deepest, parts):
                return start
        elif op == c"b":
            if pop(w, 1, &deepest, &parts) or deepen_top(w, deepest, parts):
                return start
        elif op == c"l" or op == c"d" or op == c"o" or op == c"i":
            if pop_mark(w, &deepest, &parts) or push(w, deepest + 1, 1):
                return start
            w.taken += parts
            if w.taken > w.largest:
                return start
        elif op == c"t" or op == 0x91:
            if pop_mark(w, &deepest, &parts) or push(w, deepest + 1, parts + 1):
                return start
        elif op == 0x85 or op == 0x86 or op == 0x87:
            if pop(w, op - 0x84, &deepest, &parts) or push(w, deepest + 1, parts + 1):
                return start
        elif op == c"R" or op == 0x81 or op == 0x93:
            if pop(w, 2, &deepest, &parts) or push(w, deepest + 1, 1):
                return start
        elif op == 0x92:
            if pop(w, 3, &deepest, &parts) or push(w, deepest + 1, 1):
                return start
        elif (
            op == c"N" or op == c"I" or op == c"J" or op == c"K" or op == c"M" or op == c"L" or op == 0x8A
            or op == 0x8B or op == c"F" or op == c"G" or op == c"S" or op == c"T" or op == c"U" or op == c"V"
            or op == c"X" or op == 0x8C or op == 0x8D or op == c"B" or op == c"C" or op == 0x8E or op == 0x96
            or op == c"]" or op == c"}" or op == c")" or op == 0x8F or op == 0x88 or op == 0x89 or op == c"c"
        ):
            if push(w, 0, 1):
                return start
        else:
            return start  # persistent ids, extension codes, out-of-band buffers, unknown opcodes
        at += <Py_ssize_t>length
    return n


def check_pickle(const uint8_t[::1] data):
    """Walk a pickle; -1 if it may be unpickled, else the offset of the opcode that is refused or cut off."""
    cdef Walk w
    cdef Py_ssize_t result
    if data.shape[0] == 0:
        return 0
    w.room = w.memo_room = 1024
    w.size = w.memo_used = 0
    w.taken = 0
    w.largest = min(<uint64_t>0xFFFFFFFF, <uint64_t>LARGEST + 8 * <uint64_t>data.shape[0])
    w.stack = <Cell *>PyMem_RawCalloc(w.room, sizeof(Cell))
    w.memo = <Cell *>PyMem_RawCalloc(w.memo_room, sizeof(Cell))
    if w.stack == NULL or w.memo == NULL:
        PyMem_RawFree(w.stack)
        PyMem_RawFree(w.memo)
        raise MemoryError("no memory to check a pickle")
    with nogil:
        result = walk(&data[0], data.shape[0], &w)
    PyMem_RawFree(w.stack)
    PyMem_RawFree(w.memo)
    return result
