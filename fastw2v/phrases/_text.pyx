"""Text as numbers of words, from blocks of a file through phrase models to lists of str.

A *lexicon* numbers words: `strings[number]` is the word. Models join phrases in arrays of numbers; a joined
phrase is one more word of the lexicon, so that several models can follow one another.
"""

from cpython.list cimport PyList_GET_ITEM, PyList_New, PyList_SET_ITEM
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memset

from fastw2v.phrases._words cimport GRAM_LOCAL, GRAM_NONE, GRAM_SEAM, gram_token
from fastw2v.phrases._counts cimport PhraseTable
from fastw2v.phrases._segment cimport Rule, Span, Words, find_spans, prefetch_pair

import numpy as np

cdef enum:
    UNNUMBERED = -1  # of a phrase: it was not met yet
    PENDING = -2     # and below: it was, and waits for its number
    AHEAD = 16       # words between the request for one and its use


cdef extern from "text/_tokenize.h" nogil:
    enum:
        FW_BACK
        FW_GROUP
    void fw_prefetch(const void *address) noexcept
    int fw_popcount64(uint64_t x) noexcept
    int fw_ctz64(uint64_t x) noexcept
    void fw_classify(const uint8_t *p, uint64_t *blank, uint64_t *newline) noexcept


cdef inline bint is_blank(uint8_t c) noexcept nogil:
    return 9 <= c <= 13 or 28 <= c <= 32


def spell(const uint8_t[::1] buffer, size_t start, size_t n_bytes, const int32_t[::1] ids, list strings,
          Py_ssize_t n_known):
    """Append the words that a block of text has brought to a lexicon.

    Parameters
    ----------
    buffer : bytearray
        Tokenized UTF-8 text, whose white space is ASCII therefore, at ``start``, and ``BACK`` more bytes.
    start, n_bytes : int
    ids : int32 array
        Numbers of its words, given in the order in which words were first met.
    strings : list of str
        Words by number.
    n_known : int
        How many there are to be.
    """
    cdef size_t at, first, last, stop = start + n_bytes
    cdef Py_ssize_t next_word = 0, n_before = 0, wanted = len(strings)
    cdef uint64_t blank, newline, begins, after_blank = 1
    if stop + FW_BACK > <size_t>buffer.shape[0]:
        raise ValueError("the text ends beyond the buffer")
    for at in range(start, stop, FW_GROUP):
        while wanted < n_known and next_word < ids.shape[0] and ids[next_word] != wanted:
            next_word += 1
        if wanted == n_known or next_word == ids.shape[0]:
            break
        fw_classify(&buffer[at], &blank, &newline)
        if stop - at < FW_GROUP:
            blank |= ~<uint64_t>0 << (stop - at)
        begins = ~blank & (blank << 1 | after_blank)
        after_blank = blank >> 63
        while n_before + fw_popcount64(begins) > next_word:  # its word begins in this group
            while n_before < next_word:
                begins &= begins - 1
                n_before += 1
            first = last = at + fw_ctz64(begins)
            while last < stop and not is_blank(buffer[last]):
                last += 1
            strings.append(PyUnicode_DecodeUTF8(<const char *>&buffer[first], last - first, NULL))
            wanted += 1
            while next_word < ids.shape[0] and ids[next_word] != wanted:
                next_word += 1
        n_before += fw_popcount64(begins)
    if wanted != n_known:
        raise ValueError(f"{n_known} words are numbered, but the text has {wanted}")


cdef int check(const int32_t[::1] ids, const int64_t[::1] offsets, Py_ssize_t n_known) except -1:
    cdef int64_t s, i
    if offsets.shape[0] < 1 or offsets[0] != 0 or offsets[offsets.shape[0] - 1] != ids.shape[0]:
        raise ValueError("offsets do not fit the ids")
    for s in range(offsets.shape[0] - 1):
        if offsets[s] > offsets[s + 1]:
            raise ValueError(f"offsets decrease at place {s}")
    for i in range(ids.shape[0]):
        if not 0 <= ids[i] < n_known:
            raise ValueError(f"there are {n_known} words, none has the number {ids[i]}")
    return 0


cdef class Sentences:
    """Iterator over sentences as lists of str.

    Parameters
    ----------
    strings : list of str
        Words by number.
    ids : int32 array
    offsets : int64 array (n_sentences + 1,)
        Sentence s is ``ids[offsets[s]:offsets[s + 1]]``.
    """

    cdef list strings
    cdef const int32_t[::1] ids
    cdef const int64_t[::1] offsets
    cdef Py_ssize_t place

    def __init__(self, list strings not None, const int32_t[::1] ids, const int64_t[::1] offsets):
        check(ids, offsets, len(strings))
        self.strings = strings
        self.ids = ids
        self.offsets = offsets

    def __iter__(self):
        return self

    def __next__(self):
        cdef int64_t i, begin, end
        cdef PyObject *word
        cdef list sentence
        if self.place + 1 >= self.offsets.shape[0]:
            raise StopIteration
        begin, end = self.offsets[self.place], self.offsets[self.place + 1]
        self.place += 1
        sentence = PyList_New(end - begin)
        for i in range(begin, end):
            if i + AHEAD < self.ids.shape[0]:
                fw_prefetch(PyList_GET_ITEM(self.strings, self.ids[i + AHEAD]))
            word = PyList_GET_ITEM(self.strings, self.ids[i])
            Py_INCREF(<object>word)
            PyList_SET_ITEM(sentence, i - begin, <object>word)
        return sentence


cdef class Joiner:
    """Joins phrases in arrays of word numbers; for one thread, as long as table and rule do not change.

    Parameters
    ----------
    table : PhraseTable
    rule : Rule
    strings : list of str
        Words of the lexicon by number; may grow.
    put : callable
        ``put(words)`` gives the numbers of texts in the lexicon as an int32 array, new ones where needed.
    by_text : callable
        Joins the sentences that cannot be joined by number: ``by_text(words)`` gives their tokens.
    whole : (PhraseTable, Rule), optional
        A smaller table that gives the same for sentences of which no word holds the delimiter.
    """

    cdef PhraseTable table
    cdef Rule rule
    cdef list strings
    cdef object put, by_text
    cdef Joiner whole
    cdef Words known          # what the table knows of each word of the lexicon
    cdef Py_ssize_t n_known
    cdef int32_t *phrase_ids  # by node: number in the lexicon, UNNUMBERED, or PENDING - place in `pending`
    cdef size_t n_nodes
    cdef list pending         # (joiner, node) of the phrases that have no number yet
    cdef int64_t[::1] given   # by node: `n_given` when `find` gave the phrase
    cdef int64_t n_given      # grows whenever phrases are to be given again
    cdef gram_token *words    # of the sentence that is being joined
    cdef Span *spans
    cdef size_t capacity

    def __init__(self, PhraseTable table not None, Rule rule not None, list strings not None, put, by_text, whole=None):
        self.table = table
        self.rule = rule
        self.strings = strings
        self.put = put
        self.by_text = by_text
        self.known = Words(table)
        self.pending = []
        self.given = None
        self.n_nodes = table.table.n_nodes
        self.phrase_ids = <int32_t *>malloc(self.n_nodes * sizeof(int32_t) + 1)
        if self.phrase_ids == NULL:
            raise MemoryError(f"no memory to number the phrases of {self.n_nodes} sequences")
        memset(self.phrase_ids, 0xff, self.n_nodes * sizeof(int32_t))
        if whole is not None:
            self.whole = Joiner(*whole, strings, put, by_text)
            self.whole.pending = self.pending

    def __dealloc__(self):
        free(self.phrase_ids)
        free(self.words)
        free(self.spans)

    def find(self, const int32_t[::1] ids, const int64_t[::1] offsets, pairs_of):
        """Find the phrases of sentences.

        In a sentence of which no word holds the delimiter a phrase tells its words, and so its score: it is given
        the first time only. Other sentences may give the same text another score, after which all are given again.

        Parameters
        ----------
        ids : int32 array
        offsets : int64 array (n_sentences + 1,)
        pairs_of : callable
            ``pairs_of(words)`` gives the (phrase, score) pairs of a sentence.

        Returns
        -------
        list of (str, float)
            In the order in which they stand; what was given before may be missing.
        """
        check(ids, offsets, len(self.strings))
        cdef Joiner plain = self if self.whole is None else self.whole
        cdef int64_t s, begin, end, i
        cdef list found = []
        plain.learn()
        for s in range(offsets.shape[0] - 1):
            begin, end = offsets[s], offsets[s + 1]
            if plain.describe(ids, begin, end, True):
                plain.find_new(ids, begin, end, pairs_of, found)
                continue
            pairs = pairs_of([self.strings[ids[i]] for i in range(begin, end)])
            if pairs:
                found.extend(pairs)
                plain.n_given += 1
        return found

    cdef int find_new(self, const int32_t[::1] ids, int64_t begin, int64_t end, pairs_of, list found) except -1:
        """Find the phrases of the sentence in `words` that were not given."""
        cdef Py_ssize_t k, n_spans
        cdef int64_t i
        cdef Span span
        if self.given is None:
            self.given = np.full(self.n_nodes, -1, np.int64)
        n_spans = find_spans(self.table, self.rule, self.words, end - begin, self.known.atoms, self.spans, None)
        for k in range(n_spans):
            span = self.spans[k]
            if span.node != GRAM_NONE and self.given[span.node] != self.n_given:
                self.given[span.node] = self.n_given
                words = [self.strings[ids[i]] for i in range(begin + span.first, begin + span.last + 1)]
                found.extend(pairs_of(words))
        return 0

    def join(self, const int32_t[::1] ids, const int64_t[::1] offsets):
        """Join the phrases of sentences.

        Parameters
        ----------
        ids : int32 array
        offsets : int64 array (n_sentences + 1,)

        Returns
        -------
        (ids, offsets) : (int32 array, int64 array)
            As many sentences; phrases are one word.
        """
        check(ids, offsets, len(self.strings))
        joined = np.empty(ids.shape[0], np.int32)
        borders = np.zeros(offsets.shape[0], np.int64)
        cdef int32_t[::1] out = joined
        cdef int64_t[::1] out_offsets = borders
        cdef int64_t s, begin, end, n_out = 0
        cdef bint by_whole
        self.learn()
        if self.whole is not None:
            self.whole.learn()
        for s in range(offsets.shape[0] - 1):
            begin, end = offsets[s], offsets[s + 1]
            by_whole = self.whole is not None and self.whole.describe(ids, begin, end, True)
            if by_whole:
                n_out += self.whole.join_one(ids, begin, out, n_out, end - begin)
            elif self.describe(ids, begin, end, False):
                n_out += self.join_one(ids, begin, out, n_out, end - begin)
            else:
                tokens = self.put(self.by_text([self.strings[ids[i]] for i in range(begin, end)]))
                joined[n_out:n_out + len(tokens)] = tokens
                n_out += len(tokens)
            out_offsets[s + 1] = n_out
        joined = joined[:n_out]
        self.number_pending(joined)
        return joined, borders

    cdef int learn(self) except -1:
        """Look up the words that are new in the lexicon."""
        cdef Py_ssize_t n = len(self.strings)
        if self.table.table.n_nodes != self.n_nodes:
            raise ValueError("the table of phrases has grown: make a new Joiner")
        if n > self.n_known:
            self.known.look_up(self.strings[self.n_known:], self.n_known)
            self.n_known = n
        return 0

    cdef bint describe(self, const int32_t[::1] ids, int64_t begin, int64_t end, bint whole_only) except -1:
        """Fill `words` with a sentence; False: it cannot be joined by number (or has words that are not whole)."""
        cdef int64_t i
        cdef uint32_t flags = 0, n_atoms = 1
        self.reserve(end - begin)
        for i in range(end - begin):
            self.words[i] = self.known.words[ids[begin + i]]
            flags |= self.words[i].flags
            n_atoms |= self.words[i].n_atoms
            prefetch_pair(self.table, self.words, i)
        return not flags & GRAM_SEAM and not (whole_only and (n_atoms != 1 or flags & GRAM_LOCAL))

    cdef int64_t join_one(self, const int32_t[::1] ids, int64_t begin, int32_t[::1] out, int64_t n_out,
                          int64_t n) except -1:
        """Join the sentence in `words`, whose numbers are ``ids[begin:begin + n]``; give its new length."""
        cdef Py_ssize_t k, n_spans
        n_spans = find_spans(self.table, self.rule, self.words, n, self.known.atoms, self.spans, None)
        for k in range(n_spans):
            if self.spans[k].node == GRAM_NONE:
                out[n_out + k] = ids[begin + self.spans[k].first]
            else:
                out[n_out + k] = self.number_of(self.spans[k].node)
        return n_spans

    cdef int reserve(self, size_t n) except -1:
        cdef void *grown
        if n > self.capacity:
            n *= 2
            grown = realloc(self.words, n * sizeof(gram_token))
            if grown != NULL:
                self.words = <gram_token *>grown
                grown = realloc(self.spans, n * sizeof(Span))
            if grown == NULL:
                raise MemoryError(f"no memory for a sentence of {n} words")
            self.spans = <Span *>grown
            self.capacity = n
        return 0

    cdef inline int32_t number_of(self, uint32_t node) except? -1:
        if self.phrase_ids[node] == UNNUMBERED:
            self.phrase_ids[node] = PENDING - <int32_t>len(self.pending)
            self.pending.append((self, node))
        return self.phrase_ids[node]

    cdef int number_pending(self, int32_t[::1] ids) except -1:
        """Give new phrases their numbers, all at once, and put them where the phrases stand."""
        cdef int64_t i
        cdef int32_t[::1] numbers
        cdef Joiner joiner
        cdef list texts = []
        if not self.pending:
            return 0
        for joiner, node in self.pending:
            texts.append(joiner.table.text_of(<uint32_t>node))
        numbers = self.put(texts)
        for i, (joiner, node) in enumerate(self.pending):
            joiner.phrase_ids[<uint32_t>node] = numbers[i]
        for i in range(ids.shape[0]):
            if ids[i] <= PENDING:
                ids[i] = numbers[PENDING - ids[i]]
        self.pending.clear()
        return 0
