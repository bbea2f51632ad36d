from libc.stdint cimport int64_t, uint32_t

from fastw2v.phrases._words cimport gram_prefetch_word, gram_token
from fastw2v.phrases._counts cimport PhraseTable


cdef struct Span:
    uint32_t first  # places of its first and its last word in the sentence
    uint32_t last
    uint32_t node   # sequence of a phrase, GRAM_NONE for a plain word


cdef class Rule:
    cdef int kind
    cdef double limit, min_count, len_vocab, corpus_word_count
    cdef object scorer, threshold, scores
    cdef dict parameters
    cdef list accepted  # by node: the phrase if its stored score is above the threshold, else None

    cdef object judge(self, int64_t a, int64_t b, int64_t both)
    cdef double score(self, int64_t a, int64_t b, int64_t both) noexcept


cdef class Words:
    cdef PhraseTable table
    cdef Py_UCS4 delimiter_char  # 0: the delimiter is no single character, and may fuse with words
    cdef gram_token *words
    cdef uint32_t *ids      # scratch memory
    cdef size_t capacity
    cdef uint32_t *atoms    # of the unknown words that hold the delimiter
    cdef size_t n_atoms
    cdef size_t atom_capacity

    cdef int reserve(self, size_t n) except -1
    cdef uint32_t look_up(self, list words, size_t at) except? 0xFFFFFFFF
    cdef int look_at_unknown(self, object word, gram_token *token) except -1
    cdef int cut_unknown(self, list atoms, gram_token *token) except -1


cdef Py_ssize_t find_spans(PhraseTable table, Rule rule, const gram_token *words, Py_ssize_t n, const uint32_t *atoms,
                           Span *spans, list scores) except -1


cdef inline void prefetch_pair(PhraseTable table, const gram_token *words, Py_ssize_t i) noexcept:
    """Ask for what word `i` of a sentence and the word before it will be looked up in."""
    if not table.sealed:
        gram_prefetch_word(&table.table, words, i)
