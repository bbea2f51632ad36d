"""The memory of a weight matrix, and its two layouts: rows together as programs see them, apart as kernels need them.

Rows move, and an attribute shows where they are then, in one step. Other threads need the GIL to look the attribute up,
and nothing here gives it up; so they find the array from before or the one from after, never rows on their way. In a
Python without GIL others may fetch the array while its rows move, so there they do not move: a copy is trained.
"""

cimport cython
from cpython.buffer cimport (
    PyBUF_STRIDES, PyBuffer_FillInfo, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer,
)
from libc.string cimport memmove, memset

import sys
from weakref import WeakSet

from numpy import float32, ndarray

cdef extern from "Python.h":
    ctypedef struct PyObject
    Py_ssize_t Py_REFCNT(PyObject* op)
    PyObject* PyDict_GetItemWithError(object names, object name) except? NULL

cdef enum:
    ITEM = sizeof(float)


cdef bint has_gil() except -1:
    return not hasattr(sys, "_is_gil_enabled") or sys._is_gil_enabled()


cdef void spread(char* rows, Py_ssize_t n_rows, Py_ssize_t size, Py_ssize_t stride) noexcept nogil:
    """Move rows of ``size`` bytes apart, the last one first, with zeros between them."""
    cdef Py_ssize_t row
    for row in range(n_rows - 1, -1, -1):
        memmove(rows + row * stride, rows + row * size, size)
        memset(rows + row * stride + size, 0, stride - size)


cdef void gather(char* rows, Py_ssize_t n_rows, Py_ssize_t size, Py_ssize_t stride) noexcept nogil:
    """Move rows together, the first one first."""
    cdef Py_ssize_t row
    for row in range(n_rows):
        memmove(rows + row * size, rows + row * stride, size)


cdef bint begins_at(PyObject* array, const char* place) except -1:
    """Whether an array shows the memory from ``place`` on."""
    cdef Py_buffer view
    if not PyObject_CheckBuffer(<object>array):
        return False
    PyObject_GetBuffer(<object>array, &view, PyBUF_STRIDES)
    cdef bint found = view.buf == place
    PyBuffer_Release(&view)
    return found


cdef class Table:
    cdef readonly tuple shape
    cdef readonly bint apart
    cdef public object original, users
    cdef float[::1] memory
    cdef Py_ssize_t n_rows, size, stride  # in numbers

    def __init__(self, float[::1] memory not None, Py_ssize_t n_rows, Py_ssize_t size, bint apart=False):
        self.stride = memory.shape[0] // n_rows if n_rows else size
        if n_rows < 0 or not 0 < size <= self.stride or n_rows * self.stride != memory.shape[0]:
            raise ValueError(f"{n_rows} rows of {size} numbers do not fill {memory.shape[0]}")
        self.memory, self.n_rows, self.size, self.shape = memory, n_rows, size, (n_rows, size)
        self.apart, self.users = apart, WeakSet()

    @property
    def nbytes(self):
        return self.memory.nbytes

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, &self.memory[0], self.memory.shape[0] * ITEM, False, flags)

    cdef object array(self, bint apart):
        cdef Py_ssize_t step = self.stride if apart else self.size
        return ndarray(self.shape, float32, self, 0, (step * ITEM, ITEM))

    def view(self):
        return self.array(self.apart)

    def move(self, dict names not None, str name, bint apart):
        cdef object other = self.array(apart)
        cdef char* rows
        cdef PyObject* seen
        if apart == self.apart or not self.n_rows:
            return True
        if not has_gil():
            return False
        rows = <char*>&self.memory[0]
        with cython.critical_section(names):
            seen = PyDict_GetItemWithError(names, name)
            if seen == NULL or not begins_at(seen, rows) or Py_REFCNT(seen) != 1:
                return False
            if apart:
                spread(rows, self.n_rows, self.size * ITEM, self.stride * ITEM)
            else:
                gather(rows, self.n_rows, self.size * ITEM, self.stride * ITEM)
            self.apart = apart
            names[name] = other
        return True


def replace(dict names not None, str name, other):
    cdef PyObject* seen
    with cython.critical_section(names):
        seen = PyDict_GetItemWithError(names, name)
        if seen == NULL or Py_REFCNT(seen) != 1:
            return False
        names[name] = other
    return True


def alone(dict names not None, str name):
    cdef PyObject* seen
    with cython.critical_section(names):
        seen = PyDict_GetItemWithError(names, name)
        if seen == NULL or Py_REFCNT(seen) != 1:
            return False
        array = <object>seen
    base = array.base
    while base is not None:
        if Py_REFCNT(<PyObject*>base) != 2 or not isinstance(base, (ndarray, Table)):  # the array's, and ours
            return False
        base = base.base if isinstance(base, ndarray) else None
    return True
