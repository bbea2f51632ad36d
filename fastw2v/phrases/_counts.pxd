from libc.stdint cimport int64_t, uint32_t, uint64_t

from fastw2v.phrases._words cimport PhraseWords


cdef class PhraseTable(PhraseWords):
    cdef uint32_t *ids         # of the batch of sentences that is being counted
    cdef uint64_t *hashes
    cdef size_t batch_words
    cdef int64_t *offsets      # sentence s of the batch is ids[offsets[s]:offsets[s + 1]]
    cdef size_t batch_sentences
    cdef Py_ssize_t sentence_no
    cdef int n_compactions
    cdef bint sealed           # no sequence is added any more, the tokens know where they occur

    cdef list words_of(self, object sentence)
    cdef int reserve_batch(self, size_t n_words, size_t n_sentences) except -1
    cdef bint encode(self, list sentences, Py_ssize_t first) except -1
    cdef int count_by_text(self, Py_ssize_t begin, Py_ssize_t end) except -1
    cdef Py_ssize_t count_batch(self, list sentences, double limit, Py_ssize_t min_reduce) except -1
    cdef Py_ssize_t count_encoded(self, int64_t *done, int64_t n_sentences, bint has_seam, double limit,
                                  Py_ssize_t min_reduce) except -1
    cdef int add(self, uint32_t node, int64_t count) except -1
    cdef int compact(self) except -1
    cdef uint32_t import_node(self, PhraseTable other, uint32_t node, uint32_t *mine) except? 0xFFFFFFFF
