"""Words to int32 ids: blocks of UTF-8 text without the GIL, lists of tokens at C speed.

``WordTable`` owns a hash table of words, ids in the order in which the words were first seen.
``Tokenizer`` is the scratch memory of one thread that reads text. Tokens that are not text (ints,
tuples, str with lone surrogates) are kept in a dict beside the native table, ids from one counter.
"""

from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_Check, PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

import numbers
import os

import numpy as np

from fastw2v.errors import CorpusError
from fastw2v.text.sentences import bad_token, tokens_of
from fastw2v.text.words import Words


cdef extern from "text/_tokenize.h" nogil:
    enum:
        FW_FRONT
        FW_BACK
        FW_INLINE
        FW_BATCH
        FW_OK
        FW_NO_MEMORY
        FW_COUNT
        FW_SCAN
        FW_ENCODE

    ctypedef struct fw_key:
        uint64_t a
        uint64_t b
    ctypedef struct fw_seed:
        uint64_t a
        uint64_t b
    ctypedef struct fw_slot:
        fw_key key
        int64_t count
        int32_t id
    ctypedef struct fw_table:
        int64_t next_id
        uint64_t mask
        fw_slot *slots
    ctypedef struct fw_batch:
        int n
    ctypedef struct fw_cutter:
        int64_t n_words
        int64_t n_sentences
        int64_t max_sentence
        int64_t *offsets

    void fw_prefetch(const void *address) noexcept
    int fw_table_init(fw_table *t, fw_seed seed, uint64_t n_slots) noexcept
    void fw_table_free(fw_table *t) noexcept
    void fw_order(const fw_table *t, fw_slot **order) noexcept
    const uint8_t *fw_word(const fw_table *t, const fw_slot *slot, uint8_t *scratch, size_t *length) noexcept
    int fw_absorb(fw_table *t, const fw_table *other, fw_slot **order, int32_t lo, int32_t hi,
                  int32_t *mapping) noexcept
    void fw_push(fw_batch *batch, const fw_table *t, const uint8_t *word, size_t length) noexcept
    void fw_push_key(fw_batch *batch, const fw_table *t, fw_key key, const uint8_t *word) noexcept
    fw_key fw_integer_key(int64_t value) noexcept
    bint fw_is_integer(fw_key key) noexcept
    int fw_put_integers(fw_table *t, const int64_t *values, int64_t n, int mode, int32_t *ids) noexcept
    int fw_flush(fw_batch *batch, fw_table *t, int mode, int32_t *ids) noexcept
    size_t fw_clean_utf8(uint8_t *s, size_t n) noexcept
    int fw_tokenize(const uint8_t *text, size_t n, int lines, int mode, fw_table *table, int32_t *ids,
                    fw_cutter *cut) noexcept
    int64_t fw_compact(int32_t *ids, int64_t *offsets, int64_t n_sentences, const int32_t *mapping) noexcept


cdef extern from "text/_strings.h" nogil:
    enum:
        FW_LISTS_MAY_CHANGE
        FW_SCRATCH
        FW_SCRATCH_WORD
    ctypedef struct fw_scratch:
        uint8_t bytes[1]
    Py_ssize_t fw_str_utf8(object s, uint8_t *scratch, const uint8_t **word) noexcept


cdef extern from "Python.h":
    bint PyLong_CheckExact(object token) noexcept
    long long PyLong_AsLongLongAndOverflow(object token, int *overflow) except? -1
    PyObject **PySequence_Fast_ITEMS(object sequence) noexcept
    Py_ssize_t PySequence_Fast_GET_SIZE(object sequence) noexcept


FRONT = FW_FRONT
BACK = FW_BACK

cdef object NUMPY_INTEGER = np.integer
cdef tuple NUMPY_PLAIN = (np.bool_, np.floating, np.complexfloating)  # equal to Python's, which files can hold
cdef fw_seed SEED  # one for the process, set below and never again
_secret = os.urandom(16)
SEED.a = int.from_bytes(_secret[:8], "little")
SEED.b = int.from_bytes(_secret[8:], "little")


cdef int check(int status) except -1:
    if status == FW_NO_MEMORY:
        raise MemoryError("no memory for the table of words")
    if status != FW_OK:
        raise OverflowError("more than 2**31 - 1 distinct words")
    return 0


cdef inline int settle(fw_batch *batch, fw_table *table, int mode, int32_t *ids) except -1:
    """Ids of the batch into ``ids``; gives their number."""
    cdef int n = batch.n
    check(fw_flush(batch, table, mode, ids))
    return n


cdef class WordTable:
    """Distinct words with their counts; ids in the order in which they were first seen."""

    cdef fw_table table
    cdef dict faces  # id -> the number that was seen first, where it equals an int but is none (1.0, True)
    cdef dict foreign  # token -> its place in the two arrays below
    cdef int32_t *foreign_ids
    cdef int64_t *foreign_counts
    cdef Py_ssize_t foreign_size
    cdef fw_slot **order
    cdef int64_t n_ordered

    def __cinit__(self):
        self.faces = {}
        self.foreign = {}
        check(fw_table_init(&self.table, SEED, 1 << 12))

    def __dealloc__(self):
        fw_table_free(&self.table)
        free(self.foreign_ids)
        free(self.foreign_counts)
        free(self.order)

    def __len__(self):
        return self.table.next_id

    def export(self):
        """Give the words, in the order of their ids, and their counts; the table must not grow after this."""
        cdef Py_ssize_t i, n = self.table.next_id
        cdef fw_slot **order = self.by_id()
        counts = np.empty(n, np.int64)
        cdef int64_t[::1] count = counts
        foreign = {}
        for i in range(n):
            if order[i] != NULL:
                count[i] = order[i].count
        for token, place in self.foreign.items():
            foreign[self.foreign_ids[<Py_ssize_t> place]] = token
            count[self.foreign_ids[<Py_ssize_t> place]] = self.foreign_counts[<Py_ssize_t> place]
        return Words(self, foreign), counts

    def word(self, Py_ssize_t i):
        """The text or number with an id; None for other tokens."""
        cdef fw_slot *slot
        cdef uint8_t scratch[16]
        cdef const uint8_t *text
        cdef size_t length
        if not 0 <= i < self.table.next_id:
            raise IndexError(f"there are {self.table.next_id} words, none has the id {i}")
        slot = self.by_id()[i]
        if slot == NULL:
            return None
        if fw_is_integer(slot.key):
            return self.faces.get(i, <int64_t> slot.key.b)
        text = fw_word(&self.table, slot, scratch, &length)
        return PyUnicode_DecodeUTF8(<const char *> text, length, NULL)

    def absorb(self, WordTable other, int32_t low, int32_t high, int32_t[::1] mapping):
        """Learn the words ``low..high - 1`` of another table, which holds text only, with their counts.

        Parameters
        ----------
        mapping : int32 array (len(other),)
            Takes the id in this table of each of those words.
        """
        cdef Py_ssize_t n = other.table.next_id
        if low < 0 or high > n or mapping.shape[0] < n or other.foreign or other.faces:
            raise ValueError("no such words, a mapping that is too short, or a table of more than text")
        if low < high:
            check(fw_absorb(&self.table, &other.table, other.by_id(), low, high, &mapping[0]))

    cdef fw_slot **by_id(self) except NULL:
        """Slot of each id; valid until the next new word, and NULL for tokens that are not text."""
        cdef int64_t n = self.table.next_id
        if self.order == NULL or self.n_ordered != n:
            free(self.order)
            self.order = <fw_slot **> malloc((n + 1) * sizeof(fw_slot *))
            if self.order == NULL:
                raise MemoryError("no memory for the list of words")
            fw_order(&self.table, self.order)
            self.n_ordered = n
        return self.order

    cdef int32_t foreign_id(self, token, place, int mode) except -2:
        cdef Py_ssize_t at, size
        cdef void *grown
        if place is None:
            if mode == FW_ENCODE:
                return -1
            at = len(self.foreign)
            if at == self.foreign_size:
                size = max(64, 2 * at)
                grown = realloc(self.foreign_ids, size * sizeof(int32_t))
                if grown == NULL:
                    raise MemoryError("no memory for the table of words")
                self.foreign_ids = <int32_t *> grown
                grown = realloc(self.foreign_counts, size * sizeof(int64_t))
                if grown == NULL:
                    raise MemoryError("no memory for the table of words")
                self.foreign_counts = <int64_t *> grown
                self.foreign_size = size
            if self.table.next_id >= 0x7FFFFFFF:
                raise OverflowError("more than 2**31 - 1 distinct words")
            self.foreign[token] = at
            self.foreign_ids[at] = <int32_t> self.table.next_id
            self.foreign_counts[at] = 0
            self.table.next_id += 1
        else:
            at = place
        self.foreign_counts[at] += mode == FW_SCAN
        return self.foreign_ids[at]

    cdef int64_t put(self, sentences, Py_ssize_t first_index, int mode, int32_t *ids, int64_t room,
                     int64_t *offsets) except -1:
        """Ids of all tokens of a list of sentences; offsets[s + 1] = where sentence s ends."""
        cdef fw_batch batch
        cdef fw_scratch scratch
        cdef uint8_t *free_scratch = &scratch.bytes[0]
        cdef uint8_t *full_scratch = free_scratch + FW_SCRATCH - FW_SCRATCH_WORD
        cdef const uint8_t *word
        cdef int64_t n_done = 0  # ids written; the words of the batch come next
        cdef Py_ssize_t s = -1, i, n, length, n_sentences = len(sentences)
        cdef PyObject **items
        cdef bint passing, pushed
        cdef int overflow
        cdef int64_t value
        batch.n = 0
        offsets[0] = 0
        for sentence in sentences:
            s += 1
            if s >= n_sentences:
                raise CorpusError(f"the corpus grew while sentence {first_index + s} was read")
            passing = type(sentence) is not tuple and (FW_LISTS_MAY_CHANGE or type(sentence) is not list)
            if passing:  # this may run Python code: no pointer to a word may wait for it
                n_done += settle(&batch, &self.table, mode, ids + n_done)
                free_scratch = &scratch.bytes[0]
                sentence = tuple(sentence) if type(sentence) is list else tokens_of(sentence, first_index + s)
            n = PySequence_Fast_GET_SIZE(sentence)
            if n_done + batch.n + n > room:
                raise CorpusError(f"sentence {first_index + s} changed its length while it was read")
            items = PySequence_Fast_ITEMS(sentence)
            for i in range(n):
                if i + 8 < n:
                    fw_prefetch(items[i + 8])
                pushed = False
                if PyUnicode_Check(<object> items[i]):
                    length = fw_str_utf8(<object> items[i], free_scratch, &word)
                    if length >= 0:
                        fw_push(&batch, &self.table, word, length)
                        if word == free_scratch and length > FW_INLINE:
                            free_scratch += length
                        pushed = True
                elif PyLong_CheckExact(<object> items[i]):
                    value = PyLong_AsLongLongAndOverflow(<object> items[i], &overflow)
                    if not overflow:
                        fw_push_key(&batch, &self.table, fw_integer_key(value), NULL)
                        pushed = True
                if pushed and batch.n < FW_BATCH and free_scratch <= full_scratch:
                    continue
                n_done += settle(&batch, &self.table, mode, ids + n_done)
                free_scratch = &scratch.bytes[0]
                if not pushed:  # other tokens run Python code: trust no pointer after
                    token = <object> items[i]  # held, whatever becomes of the list
                    ids[n_done] = self.other_id(token, first_index + s, mode)
                    n_done += 1
                    if PySequence_Fast_GET_SIZE(sentence) != n:
                        raise CorpusError(f"sentence {first_index + s} changed its length while it was read")
                    items = PySequence_Fast_ITEMS(sentence)
            if passing:  # its strings die with it
                n_done += settle(&batch, &self.table, mode, ids + n_done)
                free_scratch = &scratch.bytes[0]
            offsets[s + 1] = n_done + batch.n
        for i in range(s + 1, n_sentences):
            offsets[i + 1] = n_done + batch.n
        return n_done + settle(&batch, &self.table, mode, ids + n_done)

    cdef int32_t other_id(self, token, Py_ssize_t index, int mode) except -2:
        """Id of a token that is neither a plain int nor a str that is short or all ASCII."""
        cdef fw_batch batch
        cdef int32_t id
        cdef int64_t value = 0, n_before = self.table.next_id
        cdef bint is_integer = isinstance(token, NUMPY_INTEGER)
        batch.n = 0
        if isinstance(token, NUMPY_PLAIN):
            token = token.item()
        if isinstance(token, str):
            try:
                utf8 = str.encode(token)  # of a subclass too: its own method may give anything
            except UnicodeEncodeError:
                pass  # lone surrogates
            else:
                fw_push(&batch, &self.table, utf8, len(utf8))
                settle(&batch, &self.table, mode, &id)
                return id
        try:
            place = None if is_integer else self.foreign.get(token)
            if place is None and (is_integer or isinstance(token, numbers.Number)):
                try:  # as in a dict, 1.0 and np.int64(1) are the same word as 1
                    value = int(token.real)
                    is_integer = is_integer or value == token
                except (AttributeError, TypeError, ValueError, OverflowError):
                    is_integer = False
                if is_integer:
                    fw_push_key(&batch, &self.table, fw_integer_key(value), NULL)
                    settle(&batch, &self.table, mode, &id)
                    if self.table.next_id > n_before and not isinstance(token, NUMPY_INTEGER):
                        self.faces[id] = token
                    return id
            return self.foreign_id(token, self.foreign.get(token) if place is None else place, mode)
        except TypeError as error:
            raise bad_token(token, index, error) from error

    def scan_sentences(self, sentences, Py_ssize_t first_index, int32_t[::1] ids, int64_t[::1] offsets):
        """Learn and count the tokens of a list of sentences.

        Parameters
        ----------
        sentences : list or tuple of token lists
        first_index : int
            Number of the first sentence in the corpus, for messages.
        ids : int32 array, at least as long as the sentences together
        offsets : int64 array (len(sentences) + 1,)

        Returns
        -------
        int
            Number of ids written.
        """
        if offsets.shape[0] < len(sentences) + 1:
            raise ValueError("offsets is too short")
        return self.put(sentences, first_index, FW_SCAN, &ids[0] if ids.shape[0] else NULL, ids.shape[0],
                        &offsets[0])

    def encode_sentences(self, sentences, Py_ssize_t first_index, int32_t[::1] ids, int64_t[::1] offsets):
        """Find the tokens of a list of sentences, learn nothing: unknown ones get -1."""
        if offsets.shape[0] < len(sentences) + 1:
            raise ValueError("offsets is too short")
        return self.put(sentences, first_index, FW_ENCODE, &ids[0] if ids.shape[0] else NULL, ids.shape[0],
                        &offsets[0])

    def scan_ids(self, const int64_t[::1] values, int32_t[::1] ids):
        """Learn and count an array of integers; ``ids`` (as long) takes theirs."""
        cdef int status = FW_OK
        if ids.shape[0] < values.shape[0]:
            raise ValueError("ids is too short")
        if values.shape[0]:
            with nogil:
                status = fw_put_integers(&self.table, &values[0], values.shape[0], FW_SCAN, &ids[0])
        check(status)


cdef class Tokenizer:
    """Scratch memory for reading blocks of text; each thread needs its own."""

    cdef int32_t *ids
    cdef int64_t *offsets
    cdef size_t size  # of the longest text that fits

    def __dealloc__(self):
        free(self.ids)
        free(self.offsets)

    cdef int reserve(self, size_t n) except -1:
        if n > self.size or self.ids == NULL:
            free(self.ids)
            free(self.offsets)
            self.ids = NULL
            self.offsets = NULL
            self.ids = <int32_t *> malloc((n // 2 + 2) * sizeof(int32_t))
            self.offsets = <int64_t *> malloc((n // 2 + 3) * sizeof(int64_t))
            if self.ids == NULL or self.offsets == NULL:
                raise MemoryError("no memory for a block of text")
            self.size = n
        return 0

    cdef fw_cutter read(self, WordTable table, uint8_t[::1] buffer, size_t n, int64_t max_sentence, bint lines,
                        int mode) except *:
        cdef uint8_t *text
        cdef fw_cutter cut
        cdef int status = FW_OK
        cdef fw_table *native = NULL if table is None else &table.table
        cdef size_t valid
        if <size_t> buffer.shape[0] < FW_FRONT + n + FW_BACK or max_sentence < 1:
            raise ValueError("the buffer lacks room around the text, or max_sentence < 1")
        self.reserve(n)
        text = &buffer[FW_FRONT]
        cut.offsets = self.offsets
        cut.max_sentence = max_sentence
        with nogil:
            valid = fw_clean_utf8(text, n)
            if valid == n:
                status = fw_tokenize(text, n, lines, mode, native, self.ids, &cut)
        if valid < n:
            bytes(buffer[FW_FRONT:FW_FRONT + n]).decode("utf-8")  # raises, with Python's own words
            raise AssertionError(f"Python takes the bytes at {valid} for UTF-8, the tokenizer does not")
        check(status)
        return cut

    cdef tuple result(self, fw_cutter cut, int64_t n_ids):
        ids = np.empty(n_ids, np.int32)
        offsets = np.empty(cut.n_sentences + 1, np.int64)
        cdef int32_t[::1] ids_view = ids
        cdef int64_t[::1] offsets_view = offsets
        if n_ids:
            memcpy(&ids_view[0], self.ids, n_ids * sizeof(int32_t))
        memcpy(&offsets_view[0], self.offsets, (cut.n_sentences + 1) * sizeof(int64_t))
        return ids, offsets, cut.n_words, cut.n_sentences

    def count(self, buffer, n, max_sentence, lines):
        """Give (n_words, n_sentences) of the text in ``buffer[FRONT:FRONT + n]``."""
        cdef fw_cutter cut = self.read(None, buffer, n, max_sentence, lines, FW_COUNT)
        return cut.n_words, cut.n_sentences

    def scan(self, WordTable table not None, buffer, n, max_sentence, lines, keep):
        """Learn and count the words of a text.

        Parameters
        ----------
        table : WordTable
            Takes the words; no other thread may use it at the same time.
        buffer : bytearray
            The text is in ``buffer[FRONT:FRONT + n]``, with ``BACK`` more bytes behind; it is changed.
        max_sentence : int
            Longer sentences are cut.
        lines : bool
            Whether a newline ends a sentence.
        keep : bool
            False: no arrays are returned.

        Returns
        -------
        ids (int32), offsets (int64), n_words, n_sentences

        Raises
        ------
        UnicodeDecodeError
            The text is no valid UTF-8; positions count from the start of the text.
        """
        cdef fw_cutter cut = self.read(table, buffer, n, max_sentence, lines, FW_SCAN)
        if not keep:
            return None, None, cut.n_words, cut.n_sentences
        return self.result(cut, cut.n_words)

    def encode(self, WordTable table not None, buffer, n, max_sentence, lines):
        """Like :meth:`scan` with a finished vocabulary: unknown words are left out of the ids.

        Many threads may encode with one table at the same time.
        """
        cdef fw_cutter cut = self.read(table, buffer, n, max_sentence, lines, FW_ENCODE)
        cdef int64_t n_ids
        with nogil:
            n_ids = fw_compact(self.ids, self.offsets, cut.n_sentences, NULL)
        return self.result(cut, n_ids)


def compact(int32_t[::1] ids, int64_t[::1] offsets, const int32_t[::1] mapping=None):
    """Translate ids in place by ``mapping`` and leave out those that become negative.

    Parameters
    ----------
    ids : int32 array (n,)
        Becomes the ids that are left, at its start.
    offsets : int64 array (n_sentences + 1,)
        Borders of the sentences in ``ids``; becomes those of the ids that are left, from 0.
    mapping : int32 array or None
        New id of each id, or negative. None: ids stay as they are.

    Returns
    -------
    int
        How many ids are left.
    """
    cdef int64_t n
    cdef int32_t *id = &ids[0] if ids.shape[0] else NULL
    cdef const int32_t *map = &mapping[0] if mapping is not None and mapping.shape[0] else NULL
    if offsets.shape[0] < 1 or offsets[offsets.shape[0] - 1] - offsets[0] != ids.shape[0]:
        raise ValueError("offsets do not fit the ids")
    with nogil:
        n = fw_compact(id, &offsets[0], offsets.shape[0] - 1, map)
    return n

