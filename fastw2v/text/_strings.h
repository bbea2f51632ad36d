/* What is asked of Python objects in bulk: the characters of str objects as UTF-8, without leaving a copy inside
 * them, and a hash of tokens, to see whether a list is still the same. */
#ifndef FASTW2V_STRINGS_H
#define FASTW2V_STRINGS_H

#include <Python.h>
#include <stdint.h>

#include "_words.h"

enum {
    FW_SCRATCH = 4096,
    FW_SCRATCH_WORD = 256, /* room that one more word may need */
};

/* Without a GIL another thread may change a list while it is read, and free what it held: then a copy is read. */
#ifdef Py_GIL_DISABLED
enum { FW_LISTS_MAY_CHANGE = 1 };
#else
enum { FW_LISTS_MAY_CHANGE = 0 };
#endif

typedef struct {
    uint8_t front[16]; /* readable bytes before the first word */
    uint8_t bytes[FW_SCRATCH];
} fw_scratch;

/* The characters of a str as UTF-8: in place for ASCII, else encoded into scratch (no copy is
 * left in the str object). Returns the length, or -1: too long for FW_SCRATCH_WORD, -2: a lone surrogate. */
static inline Py_ssize_t fw_str_utf8(PyObject *s, uint8_t *scratch, const uint8_t **word)
{
    Py_ssize_t n, i, length;
    int kind;
    const void *data;
    uint8_t *out = scratch;
#if PY_VERSION_HEX < 0x030c0000
    if (PyUnicode_READY(s) < 0) {
        PyErr_Clear();
        return -2;
    }
#endif
    n = PyUnicode_GET_LENGTH(s);
    data = PyUnicode_DATA(s);
    if (PyUnicode_IS_COMPACT_ASCII(s)) {
        *word = (const uint8_t *)data;
        return n;
    }
    if (n > FW_SCRATCH_WORD / 4)
        return -1;
    kind = (int)PyUnicode_KIND(s);
    for (i = 0; i < n; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c < 0x80) {
            *out++ = (uint8_t)c;
        } else if (c < 0x800) {
            *out++ = (uint8_t)(0xc0 | c >> 6);
            *out++ = (uint8_t)(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            if (c >= 0xd800 && c < 0xe000)
                return -2;
            *out++ = (uint8_t)(0xe0 | c >> 12);
            *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
            *out++ = (uint8_t)(0x80 | (c & 0x3f));
        } else {
            *out++ = (uint8_t)(0xf0 | c >> 18);
            *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
            *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
            *out++ = (uint8_t)(0x80 | (c & 0x3f));
        }
    }
    length = out - scratch;
    *word = scratch;
    return length;
}

/* A hash of bytes, of which the 16 before `end` are readable; one word of a text takes a few steps. */
static inline uint64_t fw_mark_bytes(const uint8_t *bytes, size_t n, fw_seed seed)
{
    return fw_hash(n <= FW_INLINE ? fw_short_key(bytes + n, n) : fw_long_key(bytes, n, seed), seed);
}

static inline uint64_t fw_mark_join(uint64_t mark, uint64_t part)
{
    mark = (mark ^ part) * UINT64_C(0x9e3779b97f4a7c15); /* odd, without pattern: 2**64 divided by the golden ratio */
    return mark ^ mark >> 32;
}

/* Go on with a hash of tokens while they are plain str and int of 64 bits; returns where the first other one is. */
static inline Py_ssize_t fw_mark_tokens(PyObject **items, Py_ssize_t i, Py_ssize_t n, fw_seed seed, uint64_t *mark)
{
    for (; i < n; i++) {
        PyObject *token = items[i];
        if (i + 8 < n)
            fw_prefetch(items[i + 8]);
        if (PyUnicode_CheckExact(token) && PyUnicode_IS_COMPACT(token)) {
            int kind = (int)PyUnicode_KIND(token);
            size_t size = (size_t)PyUnicode_GET_LENGTH(token) * (size_t)kind;
            uint64_t part = fw_mark_bytes((const uint8_t *)PyUnicode_DATA(token), size, seed);
            *mark = fw_mark_join(*mark, part + (uint64_t)kind);
        } else if (PyLong_CheckExact(token)) {
            int overflow;
            long long value = PyLong_AsLongLongAndOverflow(token, &overflow);
            if (overflow)
                return i;
            *mark = fw_mark_join(*mark, fw_hash(fw_integer_key(value), seed));
        } else {
            return i;
        }
    }
    return n;
}

#endif
