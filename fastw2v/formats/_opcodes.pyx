"""The opcodes of a pickle, carried out on values that can do nothing: nothing is imported, called, compared or hashed.

CPython's unpickler calls whatever stands in for a global (its ``__setstate__`` too), hashes keys as often as a pickle
names them, and allocates what a length says before it reads on. Here dictionaries and sets are lists of what was put
into them, objects hold what was said about them, and every opcode makes one value of the bytes that belong to it. So
time and memory grow with the length of the pickle and with nothing else, however its parts refer to each other.
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy

from codecs import escape_decode
from struct import unpack

from fastw2v.errors import FormatError, TruncatedFileError


cdef enum:
    LONGEST_NUMBER = 4000  # characters, or bytes of binary ones: beyond, the time would grow with their square
    OFTEN = 1 << 16  # opcodes between two looks at Ctrl-C


# Values refer to each other in any depth, so they are freed the way CPython frees its lists: not by recursion.

@cython.final
@cython.trashcan(True)
cdef class Global:
    """A class or function by its name; ``known`` ones may be called, which makes an :class:`Inert`."""

    cdef readonly str module
    cdef readonly str name
    cdef readonly bint known

    def __init__(self, str module, str name, bint known):
        self.module, self.name, self.known = module, name, known

    @property
    def label(self):
        """Module and name."""
        return f"{self.module}.{self.name}"


@cython.final
@cython.trashcan(True)
cdef class Pairs:
    """What was put into a dictionary: key, value, key, value ..."""

    cdef readonly list flat
    cdef dict texts

    def __init__(self, list flat):
        self.flat = flat

    def fields(self):
        """Values by the keys that are text, as a dictionary that is made once."""
        cdef Py_ssize_t i
        if self.texts is None:
            self.texts = {}
            for i in range(0, len(self.flat) - 1, 2):
                if type(self.flat[i]) is str:
                    self.texts[self.flat[i]] = self.flat[i + 1]
        return self.texts


@cython.final
@cython.trashcan(True)
cdef class Bag:
    """What was put into a set."""

    cdef readonly list items

    def __init__(self, list items):
        self.items = items


@cython.final
@cython.trashcan(True)
cdef class Inert:
    """What a pickle says about an object: its class, arguments, state, and what was put into it."""

    cdef readonly Global kind
    cdef readonly tuple args
    cdef readonly object state
    cdef readonly list items  # where it is some list
    cdef readonly list flat  # where it is some dictionary

    def __init__(self, Global kind, tuple args):
        self.kind, self.args = kind, args

    @property
    def label(self):
        """Module and name of its class, or of the function that was to make it."""
        return self.kind.label

    def fields(self):
        """The state as a dictionary of attributes, always the same one."""
        state = self.state
        if type(state) is tuple and len(state) == 2:
            state = state[0]
        if type(state) is not Pairs:
            raise FormatError(f"an object of {self.label[:200]!r} has no attributes")
        return (<Pairs>state).fields()


cdef class Machine:
    """The stack, the marks and the memo of an unpickler, and its place in the bytes."""

    cdef const uint8_t *data
    cdef Py_ssize_t n
    cdef Py_ssize_t at  # of the byte that is read next
    cdef Py_ssize_t start  # of the opcode
    cdef Py_ssize_t text  # of its argument
    cdef Py_ssize_t length
    cdef Py_ssize_t frame_end
    cdef list stack
    cdef list marks
    cdef list memo
    cdef Py_ssize_t memo_used
    cdef dict globals
    cdef object is_known
    cdef object missing

    cdef object damaged(self):
        return FormatError(f"byte {self.start}: damaged, or an opcode that is not allowed in a pickle of vectors")

    cdef object cut_off(self):
        return TruncatedFileError(f"the pickle ends early, at byte {self.n}")

    cdef int read_line(self) except -1:
        """The bytes before the next newline become the argument."""
        cdef const uint8_t *newline
        newline = <const uint8_t *>memchr(self.data + self.at, 10, self.n - self.at)
        if newline == NULL:
            raise self.cut_off()
        self.text, self.length = self.at, newline - self.data - self.at
        self.at = newline - self.data + 1
        return 0

    cdef int read_fixed(self, uint64_t length) except -1:
        """So many bytes become the argument."""
        if length > <uint64_t>(self.n - self.at):
            raise self.cut_off()
        self.text, self.length = self.at, <Py_ssize_t>length
        self.at += self.length
        return 0

    cdef int read_counted(self, int width) except -1:
        """A length of ``width`` bytes, and that many bytes, which become the argument."""
        cdef uint64_t length = 0
        cdef int i
        self.read_fixed(width)
        for i in range(width):
            length |= <uint64_t>self.data[self.text + i] << (8 * i)
        self.read_fixed(length)
        return 0

    cdef bytes raw(self):
        return PyBytes_FromStringAndSize(<const char *>self.data + self.text, self.length)

    cdef str utf8(self):
        return PyUnicode_DecodeUTF8(<const char *>self.data + self.text, self.length, b"surrogatepass")

    cdef Py_ssize_t index(self, uint8_t op) except -1:
        """Memo index of a get or put opcode: text, one byte or four."""
        cdef uint32_t quad
        cdef Py_ssize_t value = 0, i
        if op == c"h" or op == c"q":
            self.read_fixed(1)
            return self.data[self.text]
        if op == c"j" or op == c"r":
            self.read_fixed(4)
            memcpy(&quad, self.data + self.text, 4)
            return quad
        self.read_line()
        if not 0 < self.length < 10:
            raise self.damaged()
        for i in range(self.text, self.text + self.length):
            if not 48 <= self.data[i] <= 57:
                raise self.damaged()
            value = value * 10 + self.data[i] - 48
        return value

    cdef object text_number(self, uint8_t op):
        cdef bytes line
        self.read_line()
        if self.length > LONGEST_NUMBER:
            raise self.damaged()
        line = self.raw()
        if op == c"F":
            return float(line)
        if op == c"I" and line in (b"00", b"01"):
            return line == b"01"
        return int(line.removesuffix(b"L"))

    cdef Py_ssize_t fence(self):
        """Values below the last mark are out of reach."""
        return <Py_ssize_t>self.marks[len(self.marks) - 1] if self.marks else 0

    cdef object pop(self):
        if len(self.stack) <= self.fence():
            raise self.damaged()
        return self.stack.pop()

    cdef list pop_mark(self):
        """All values above the last mark."""
        cdef Py_ssize_t place
        if not self.marks:
            raise self.damaged()
        place = self.marks.pop()
        values = self.stack[place:]
        del self.stack[place:]
        return values

    cdef object top(self):
        if len(self.stack) <= self.fence():
            raise self.damaged()
        return self.stack[len(self.stack) - 1]

    cdef int put(self, Py_ssize_t index) except -1:
        """Memorise the top; an index may not be far beyond the number of values memorised so far."""
        value = self.top()
        if index > 2 * self.memo_used + 1000:
            raise self.damaged()
        while len(self.memo) <= index:
            self.memo.append(self.missing)
        self.memo_used += self.memo[index] is self.missing
        self.memo[index] = value
        return 0

    cdef object get(self, Py_ssize_t index):
        if index >= len(self.memo) or self.memo[index] is self.missing:
            raise self.damaged()
        return self.memo[index]

    cdef Global named(self, object module, object name):
        """The stand-in of a class or function, the same for each mention."""
        cdef tuple key
        if type(module) is not str or type(name) is not str:
            raise self.damaged()
        key = (module, name)
        found = self.globals.get(key)
        if found is None:
            found = self.globals[key] = Global(module, name, self.is_known(module, name))
        return found

    cdef Global named_in_lines(self):
        self.read_line()
        module = self.utf8()
        self.read_line()
        return self.named(module, self.utf8())

    cdef object call(self, object kind, object args, bint as_class=False):
        """What a pickle would call becomes a note of it; an object without arguments may be of any class."""
        if type(kind) is not Global or type(args) is not tuple:
            raise self.damaged()
        if not (<Global>kind).known and (args or not as_class):
            raise FormatError(f"the pickle wants to call {(<Global>kind).label[:200]!r}, which is not allowed")
        if (<Global>kind).name == "_reconstructor":  # of copyreg: makes an object of the class it is given
            if not args or type((<tuple>args)[0]) is not Global:
                raise self.damaged()
            return Inert((<tuple>args)[0], ())
        return Inert(kind, args)

    cdef int append(self, object target, list values) except -1:
        if type(target) is list:
            (<list>target).extend(values)
        elif type(target) is Inert:
            if (<Inert>target).items is None:
                (<Inert>target).items = []
            (<Inert>target).items.extend(values)
        else:
            raise self.damaged()
        return 0

    cdef int set_items(self, object target, list values) except -1:
        if len(values) % 2:
            raise self.damaged()
        if type(target) is Pairs:
            (<Pairs>target).flat.extend(values)
            (<Pairs>target).texts = None
        elif type(target) is Inert:
            if (<Inert>target).flat is None:
                (<Inert>target).flat = []
            (<Inert>target).flat.extend(values)
        else:
            raise self.damaged()
        return 0

    cdef int build(self, object state) except -1:
        target = self.top()
        if type(target) is not Inert:  # the state of a class, say
            raise self.damaged()
        (<Inert>target).state = state
        return 0

    cdef object step(self, uint8_t op):
        """Carry out an opcode that makes a value, which is returned; ``missing`` if it makes none."""
        cdef uint16_t pair
        cdef int32_t quad
        cdef double real
        cdef list values
        if op == c"N":
            return None
        elif op == 0x88 or op == 0x89:
            return True if op == 0x88 else False
        elif op == c"K":
            self.read_fixed(1)
            return self.data[self.text]
        elif op == c"M":
            self.read_fixed(2)
            memcpy(&pair, self.data + self.text, 2)
            return pair
        elif op == c"J":
            self.read_fixed(4)
            memcpy(&quad, self.data + self.text, 4)
            return quad
        elif op == 0x8A or op == 0x8B:
            self.read_counted(1 if op == 0x8A else 4)
            if self.length > LONGEST_NUMBER:
                raise self.damaged()
            return int.from_bytes(self.raw(), "little", signed=True)
        elif op == c"G":
            self.read_fixed(8)
            return unpack(">d", self.raw())[0]
        elif op == c"I" or op == c"L" or op == c"F":
            return self.text_number(op)
        elif op == c"X" or op == 0x8C or op == 0x8D:
            self.read_counted(4 if op == c"X" else 1 if op == 0x8C else 8)
            return self.utf8()
        elif op == c"U" or op == c"T":  # bytes of Python 2, which were its texts
            self.read_counted(1 if op == c"U" else 4)
            return self.raw().decode("latin1")
        elif op == c"S":
            self.read_line()
            if self.length < 2 or self.data[self.text] != self.data[self.text + self.length - 1]:
                raise self.damaged()
            self.text, self.length = self.text + 1, self.length - 2
            return escape_decode(self.raw())[0].decode("latin1")
        elif op == c"V":
            self.read_line()
            return self.raw().decode("raw-unicode-escape")
        elif op == c"B" or op == c"C" or op == 0x8E or op == 0x96:
            self.read_counted(4 if op == c"B" else 1 if op == c"C" else 8)
            return self.raw()
        elif op == c"]":
            return []
        elif op == c"}":
            return Pairs([])
        elif op == c")":
            return ()
        elif op == 0x8F:
            return Bag([])
        elif op == c"l":
            return self.pop_mark()
        elif op == c"t":
            return tuple(self.pop_mark())
        elif op == 0x91:
            return Bag(self.pop_mark())
        elif op == c"d":
            values = self.pop_mark()
            if len(values) % 2:
                raise self.damaged()
            return Pairs(values)
        elif op == 0x85:
            return (self.pop(),)
        elif op == 0x86:
            second = self.pop()
            return (self.pop(), second)
        elif op == 0x87:
            third, second = self.pop(), self.pop()
            return (self.pop(), second, third)
        elif op == c"2":
            return self.top()
        elif op == c"g" or op == c"h" or op == c"j":
            return self.get(self.index(op))
        elif op == c"c":
            return self.named_in_lines()
        elif op == 0x93:
            name = self.pop()
            return self.named(self.pop(), name)
        elif op == c"R":
            args = self.pop()
            return self.call(self.pop(), args)
        elif op == 0x81:
            args = self.pop()
            return self.call(self.pop(), args, True)
        elif op == 0x92:
            if type(self.pop()) is not Pairs:
                raise self.damaged()
            args = self.pop()
            return self.call(self.pop(), args)
        elif op == c"i":
            return self.call(self.named_in_lines(), tuple(self.pop_mark()), True)
        elif op == c"o":
            values = self.pop_mark()
            if not values:
                raise self.damaged()
            return self.call(values[0], tuple(values[1:]), True)
        self.effect(op)
        return self.missing

    cdef int effect(self, uint8_t op) except -1:
        """Carry out an opcode that makes no value."""
        cdef list values
        if op == c"(":
            self.marks.append(len(self.stack))
        elif op == c"0":
            if self.marks and self.fence() == len(self.stack):
                self.marks.pop()
            else:
                self.pop()
        elif op == c"1":
            self.pop_mark()
        elif op == c"p" or op == c"q" or op == c"r":
            self.put(self.index(op))
        elif op == 0x94:
            self.put(self.memo_used)
        elif op == c"a":
            value = self.pop()
            self.append(self.top(), [value])
        elif op == c"e":
            values = self.pop_mark()
            self.append(self.top(), values)
        elif op == c"s":
            value = self.pop()
            key = self.pop()
            self.set_items(self.top(), [key, value])
        elif op == c"u":
            values = self.pop_mark()
            self.set_items(self.top(), values)
        elif op == 0x90:
            values = self.pop_mark()
            target = self.top()
            if type(target) is not Bag:
                raise self.damaged()
            (<Bag>target).items.extend(values)
        elif op == c"b":
            value = self.pop()
            self.build(value)
        elif op == 0x80:
            self.read_fixed(1)
            if self.data[self.text] > 5:
                raise self.damaged()
        elif op == 0x95:
            if self.start < self.frame_end:
                raise self.damaged()
            self.read_fixed(8)
            self.frame_end = self.at + int.from_bytes(self.raw(), "little")
            if self.frame_end > self.n:
                raise self.cut_off()
        else:  # persistent ids, extension codes, out-of-band buffers, unknown opcodes
            raise self.damaged()
        return 0

    cdef object run(self):
        cdef Py_ssize_t steps = 0
        cdef uint8_t op
        while self.at < self.n:
            self.start = self.at
            op = self.data[self.at]
            self.at += 1
            if op == c".":
                return self.pop()
            try:
                value = self.step(op)
            except (ValueError, OverflowError, Warning) as error:  # of numbers and texts
                if isinstance(error, FormatError):
                    raise
                raise self.damaged() from None
            # an opcode does not reach over the end of its frame
            if self.start < self.frame_end < self.at and op != 0x95:
                raise self.damaged()
            if value is not self.missing:
                self.stack.append(value)
            steps += 1
            if steps % OFTEN == 0:
                PyErr_CheckSignals()
        self.start = self.n
        raise self.cut_off()


def read_pickle(const uint8_t[::1] data, is_known):
    """Return the value that a pickle describes; see the stub file."""
    cdef Machine machine = Machine()
    if data.shape[0] == 0:
        raise TruncatedFileError("the pickle ends early, at byte 0")
    machine.data, machine.n = &data[0], data.shape[0]
    machine.at = machine.start = machine.text = machine.length = machine.frame_end = machine.memo_used = 0
    machine.stack, machine.marks, machine.memo = [], [], []
    machine.globals, machine.is_known, machine.missing = {}, is_known, object()
    return machine.run()
