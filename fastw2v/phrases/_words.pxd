from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "phrases/_grams.h" nogil:
    ctypedef struct gram_node:
        uint64_t key
        int64_t count
    ctypedef struct gram_token:
        uint32_t node
        uint32_t first_atom
        uint32_t n_atoms
        uint32_t flags
    ctypedef struct gram_table:
        gram_node *nodes
        uint32_t *entries
        size_t n_nodes
        size_t n_entries
    const uint32_t GRAM_NONE
    const uint32_t GRAM_CONNECTOR
    const uint32_t GRAM_SEAM
    const uint32_t GRAM_EMPTY
    const uint32_t GRAM_LOCAL
    const uint32_t GRAM_PREFIX
    const uint32_t GRAM_INNER
    int gram_init(gram_table *) noexcept
    void gram_free(gram_table *) noexcept
    int gram_make_filter(gram_table *) noexcept
    uint32_t gram_new_atom(gram_table *, uint32_t) noexcept
    uint32_t gram_extend(gram_table *, uint32_t, const gram_token *, const uint32_t *, int) noexcept
    int gram_add(gram_table *, uint32_t, int64_t) noexcept
    size_t gram_prune(gram_table *, int64_t) noexcept
    int64_t gram_count_batch(gram_table *, const gram_token *, const uint32_t *, const uint32_t *, const int64_t *,
                             int64_t, int64_t, double, uint64_t *) noexcept
    void gram_prefetch_word(const gram_table *, const gram_token *, size_t) noexcept


cdef extern from "text/_words.h" nogil:
    ctypedef struct fw_seed:
        uint64_t a
        uint64_t b
    ctypedef struct fw_table:
        int64_t next_id
    ctypedef struct fw_batch:
        int n
    enum:
        FW_OK
        FW_SCAN
        FW_ENCODE
        FW_BATCH
        FW_INLINE
    int fw_table_init(fw_table *, fw_seed, uint64_t) noexcept
    void fw_table_free(fw_table *) noexcept
    void fw_push(fw_batch *, const fw_table *, const uint8_t *, size_t) noexcept
    int fw_flush(fw_batch *, fw_table *, int, int32_t *) noexcept
    void fw_prefetch(const void *) noexcept


cdef extern from "text/_strings.h":
    enum:
        FW_LISTS_MAY_CHANGE
        FW_SCRATCH
        FW_SCRATCH_WORD
    ctypedef struct fw_scratch:
        uint8_t bytes[1]
    Py_ssize_t fw_str_utf8(object, uint8_t *, const uint8_t **) noexcept


cdef class PhraseWords:
    cdef gram_table table
    cdef fw_table words        # word -> id, an index of `tokens` and `strings`
    cdef dict odd_words        # those that UTF-8 cannot hold, and very long ones
    cdef list strings
    cdef gram_token *tokens    # n_atoms == 0: the id is given, the word is not registered yet
    cdef size_t token_capacity
    cdef uint32_t *atom_pool   # ids of the atoms of words that hold the delimiter
    cdef size_t n_pooled
    cdef size_t pool_capacity
    cdef readonly str delimiter
    cdef readonly frozenset connectors

    cdef list atoms_of(self, str text)
    cdef int look_up(self, list words, uint32_t *ids, bint learning) except -1
    cdef int flush(self, fw_batch *batch, uint32_t *ids, bint learning) except -1
    cdef uint32_t odd_id(self, object word, bint learning) except? 0xFFFFFFFF
    cdef uint32_t token_of(self, str word) except? 0xFFFFFFFF
    cdef uint32_t known_id(self, str word) except? 0xFFFFFFFF
    cdef int register(self, uint32_t new, str text) except -1
    cdef bint breaks_seam(self, str text)
    cdef int reserve_tokens(self) except -1
    cdef uint32_t store_atoms(self, list atom_ids) except? 0xFFFFFFFF
    cdef uint32_t intern_atoms(self, list atom_ids) except? 0xFFFFFFFF
    cdef uint32_t find_text(self, str text) except? 0xFFFFFFFF
    cdef str text_of(self, uint32_t node)
