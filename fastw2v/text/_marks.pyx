"""Hashes of what a corpus in memory holds, to see whether a program has changed it.

They are hashes of contents: addresses say nothing, since those of freed objects are used again.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint64_t

import os

import numpy as np


cdef extern from "text/_strings.h" nogil:
    enum:
        FW_LISTS_MAY_CHANGE
    ctypedef struct fw_seed:
        uint64_t a
        uint64_t b
    ctypedef struct fw_key:
        uint64_t a
        uint64_t b

    fw_key fw_long_key(const uint8_t *word, size_t length, fw_seed seed) noexcept
    uint64_t fw_hash(fw_key key, fw_seed seed) noexcept
    uint64_t fw_mark_join(uint64_t mark, uint64_t part) noexcept


cdef extern from "text/_strings.h":
    Py_ssize_t fw_mark_tokens(PyObject **items, Py_ssize_t i, Py_ssize_t n, fw_seed seed, uint64_t *mark) noexcept


cdef extern from "Python.h":
    PyObject **PySequence_Fast_ITEMS(object sequence) noexcept
    Py_ssize_t PySequence_Fast_GET_SIZE(object sequence) noexcept


cdef fw_seed SEED  # one for the process, set below and never again
_secret = os.urandom(16)
SEED.a = int.from_bytes(_secret[:8], "little")
SEED.b = int.from_bytes(_secret[8:], "little")


cdef uint64_t tokens_mark(sentence, uint64_t mark) except? 7:
    """Go on with a hash of the tokens of a list or tuple."""
    cdef Py_ssize_t i = 0
    if FW_LISTS_MAY_CHANGE:
        sentence = tuple(sentence)
    mark = fw_mark_join(mark, <uint64_t> PySequence_Fast_GET_SIZE(sentence) + 1)
    while True:
        i = fw_mark_tokens(PySequence_Fast_ITEMS(sentence), i, PySequence_Fast_GET_SIZE(sentence), SEED, &mark)
        if i >= PySequence_Fast_GET_SIZE(sentence):
            return mark
        token = <object> PySequence_Fast_ITEMS(sentence)[i]  # held: hashing it may run Python code, which may drop it
        mark = fw_mark_join(mark, <uint64_t> <Py_ssize_t> hash(token))
        i += 1


def mark_of(sentences):
    """Return a hash of all that a list or tuple of sentences holds; None if it holds what cannot be known.

    Equal numbers for two states of a list mean, all but surely, that it holds the same words. Sentences that are
    neither lists, tuples, texts nor NumPy arrays may give something else each time they are iterated.
    """
    cdef uint64_t mark = SEED.a
    try:
        for sentence in sentences:
            if type(sentence) is list or type(sentence) is tuple:
                mark = tokens_mark(sentence, mark)
            elif type(sentence) is np.ndarray and sentence.dtype != object:
                mark = fw_mark_join(mark, mark_of_array(sentence))
            elif type(sentence) is str:
                mark = fw_mark_join(mark, <uint64_t> <Py_ssize_t> hash(sentence))
            else:
                return None
    except Exception:  # whatever is wrong with a token is said where it is read
        return None
    return mark


def mark_of_array(array):
    """Return a hash of the type, the shape and the bytes of an array, which must not be one of objects."""
    cdef uint64_t mark = <uint64_t> <Py_ssize_t> hash((array.dtype.str, array.shape))
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    cdef const uint8_t[::1] data = flat
    cdef size_t n = data.shape[0]
    if n < 16:
        return fw_mark_join(mark, <uint64_t> <Py_ssize_t> hash(flat.tobytes()))
    with nogil:
        mark = fw_mark_join(mark, fw_hash(fw_long_key(&data[0], n, SEED), SEED))
    return mark
