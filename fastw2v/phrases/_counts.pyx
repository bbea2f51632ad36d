"""Count words and pairs of words in one trie of word sequences (`_grams.h`).

Not safe for concurrent learning; tables that learn no more may be read from many threads.
"""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc

from collections.abc import Mapping

from fastw2v.phrases._words cimport (
    GRAM_CONNECTOR, GRAM_INNER, GRAM_NONE, GRAM_PREFIX, GRAM_SEAM, PhraseWords, gram_add, gram_count_batch, gram_extend,
    gram_make_filter, gram_prune,
)

from fastw2v.phrases._words import shown
from fastw2v.errors import CorpusError

cdef enum:
    BATCH_WORDS = 4096


cdef class PhraseTable(PhraseWords):
    """Counts of words and of pairs of words, keyed by the text that joins them.

    Parameters
    ----------
    delimiter : str
        Text between the words of a phrase.
    connectors : iterable of str
        Words that may stand inside a phrase but not at its ends.
    """

    def __dealloc__(self):
        free(self.ids)
        free(self.hashes)
        free(self.offsets)

    def __len__(self):
        return self.table.n_entries

    cdef list words_of(self, object sentence):
        """Give the words of a sentence in a list of our own: programs fill one list again and again."""
        reason = None
        if not isinstance(sentence, (str, bytes, bytearray, Mapping)):
            try:
                return list(sentence)
            except TypeError as error:
                reason = error
        raise CorpusError(
            f"sentence {self.sentence_no} is {shown(sentence)}, a {type(sentence).__name__}: give a list of words, "
            "for example text.split()"
        ) from reason

    cdef int reserve_batch(self, size_t n_words, size_t n_sentences) except -1:
        cdef void *grown
        if n_words >= self.batch_words:
            n_words = 2 * n_words + 64
            grown = realloc(self.ids, n_words * sizeof(uint32_t))
            if grown != NULL:
                self.ids = <uint32_t *>grown
                grown = realloc(self.hashes, n_words * sizeof(uint64_t))
            if grown == NULL:
                raise MemoryError(f"no memory for a batch of {n_words} words")
            self.hashes = <uint64_t *>grown
            self.batch_words = n_words
        if n_sentences >= self.batch_sentences:
            n_sentences = 2 * n_sentences + 64
            grown = realloc(self.offsets, n_sentences * sizeof(int64_t))
            if grown == NULL:
                raise MemoryError(f"no memory for a batch of {n_sentences} sentences")
            self.offsets = <int64_t *>grown
            self.batch_sentences = n_sentences
        return 0

    cdef bint encode(self, list sentences, Py_ssize_t first) except -1:
        """Fill `ids` and `offsets` from sentence `first` on; tell whether a word may fuse with the delimiter."""
        cdef Py_ssize_t s, i, n = 0, n_sentences = len(sentences)
        cdef uint32_t token, flags = 0
        cdef list words
        self.reserve_batch(sum([len(words) for words in sentences]), n_sentences)
        self.offsets[first] = 0
        for s in range(first, n_sentences):
            words = sentences[s]
            self.look_up(words, self.ids + n, True)
            self.reserve_tokens()
            for i in range(len(words)):
                token = self.ids[n + i]
                if self.tokens[token].n_atoms == 0:
                    self.register(token, words[i])
                flags |= self.tokens[token].flags
            n += len(words)
            self.offsets[s + 1] = n
        return (flags & GRAM_SEAM) != 0

    cdef int count_by_text(self, Py_ssize_t begin, Py_ssize_t end) except -1:
        """Count a sentence one joined text at a time, as is needed where words and delimiter may fuse."""
        cdef Py_ssize_t i, start = -1
        for i in range(begin, end):
            if self.tokens[self.ids[i]].flags & GRAM_CONNECTOR:
                continue
            self.add(self.tokens[self.ids[i]].node, 1)
            if start >= 0:
                text = self.delimiter.join([self.strings[self.ids[k]] for k in range(start, i + 1)])
                self.add(self.tokens[self.token_of(text)].node, 1)
            start = i
        return 0

    cdef Py_ssize_t count_batch(self, list sentences, double limit, Py_ssize_t min_reduce) except -1:
        """Count sentences, prune whenever there are too many entries; give the new `min_reduce`."""
        cdef int64_t s = 0
        cdef bint has_seam
        while s < len(sentences):
            has_seam = self.encode(sentences, s)
            min_reduce = self.count_encoded(&s, len(sentences), has_seam, limit, min_reduce)
        return min_reduce

    cdef Py_ssize_t count_encoded(self, int64_t *done, int64_t n_sentences, bint has_seam, double limit,
                                  Py_ssize_t min_reduce) except -1:
        """Count the batch in `ids` from sentence `done` on, until its end or until pruning makes the ids invalid."""
        cdef int n_compactions = self.n_compactions
        cdef int64_t s = done[0]
        while s < n_sentences and n_compactions == self.n_compactions:
            if has_seam:
                self.count_by_text(self.offsets[s], self.offsets[s + 1])
                s += 1
            else:
                with nogil:
                    s = gram_count_batch(&self.table, self.tokens, self.atom_pool, self.ids, self.offsets, s,
                                         n_sentences, limit, self.hashes)
                if s < 0:
                    raise MemoryError(f"no memory for more pairs ({self.table.n_nodes}): lower max_vocab_size")
            if self.table.n_entries > limit:
                self.prune(min_reduce)
                min_reduce += 1
        done[0] = s
        return min_reduce

    def learn_encoded(self, const int32_t[::1] ids, const int64_t[::1] offsets, list words, uint32_t[::1] tokens,
                      max_vocab_size, min_reduce):
        """Count sentences whose words are numbers, pruning as gensim does.

        Parameters
        ----------
        ids : int32 array
        offsets : int64 array (n_sentences + 1,)
            Sentence s is ``ids[offsets[s]:offsets[s + 1]]``.
        words : list of str
            Word of each id.
        tokens : uint32 array (len(words),)
            Filled with 2**32 - 1 before the first call, then left alone: what is known of each word.
        max_vocab_size : int or float
        min_reduce : int

        Returns
        -------
        int
            The new `min_reduce`.
        """
        cdef int64_t s, i, done = 0, n_sentences = offsets.shape[0] - 1
        cdef double limit = max_vocab_size
        cdef Py_ssize_t least = min_reduce
        cdef int n_compactions
        cdef uint32_t flags
        if offsets[n_sentences] > ids.shape[0] or tokens.shape[0] != len(words):
            raise ValueError("offsets reach beyond ids, or there are not as many tokens as words")
        self.reserve_batch(ids.shape[0], n_sentences)
        for s in range(n_sentences + 1):
            self.offsets[s] = offsets[s]
        while done < n_sentences:
            flags = 0
            for i in range(offsets[done], offsets[n_sentences]):
                if tokens[ids[i]] == GRAM_NONE:
                    tokens[ids[i]] = self.token_of(words[ids[i]])
                self.ids[i] = tokens[ids[i]]
                flags |= self.tokens[self.ids[i]].flags
            n_compactions = self.n_compactions
            least = self.count_encoded(&done, n_sentences, (flags & GRAM_SEAM) != 0, limit, least)
            if n_compactions != self.n_compactions:
                for i in range(tokens.shape[0]):
                    tokens[i] = GRAM_NONE
        return least

    cdef int add(self, uint32_t node, int64_t count) except -1:
        if gram_add(&self.table, node, count):
            raise MemoryError(f"no memory for one more entry ({self.table.n_entries} so far)")
        return 0

    def learn(self, sentences, max_vocab_size, progress_per, report):
        """Count every sentence of an iterable, pruning as gensim does.

        Parameters
        ----------
        sentences : iterable of iterable of str
        max_vocab_size : int or float
            Above this many entries, the rarest are dropped after each sentence.
        progress_per : int
            ``report(n_sentences, n_words, n_entries)`` is called each time so many sentences are done.

        Returns
        -------
        (min_reduce, n_words, n_sentences) : tuple of int
        """
        cdef Py_ssize_t n_words = 0, n_counted = 0, min_reduce = 1, until_report = 0
        cdef Py_ssize_t every = progress_per if progress_per else -1
        cdef double limit = max_vocab_size
        cdef list words, batch = []
        self.sentence_no = 0
        for sentence in sentences:
            if until_report == 0 or n_words - n_counted >= BATCH_WORDS:
                min_reduce = self.count_batch(batch, limit, min_reduce)
                batch = []
                n_counted = n_words
                PyErr_CheckSignals()
            if until_report == 0:
                report(self.sentence_no, n_words, self.table.n_entries)
                until_report = every
            until_report -= 1
            words = self.words_of(sentence)
            batch.append(words)
            n_words += len(words)
            self.sentence_no += 1
        return self.count_batch(batch, limit, min_reduce), n_words, self.sentence_no

    def prune(self, min_count):
        """Drop the entries counted less than `min_count` times; give their number."""
        cdef size_t lost = gram_prune(&self.table, min_count)
        if self.table.n_nodes + len(self.strings) > 4 * self.table.n_entries + 1024:
            self.compact()
        return lost

    cdef int compact(self) except -1:
        """Rebuild the table from its entries, which frees words and prefixes that none needs."""
        cdef PhraseTable fresh = PhraseTable(self.delimiter, self.connectors)
        fresh.merge(self)
        self.table, fresh.table = fresh.table, self.table
        self.tokens, fresh.tokens = fresh.tokens, self.tokens
        self.token_capacity, fresh.token_capacity = fresh.token_capacity, self.token_capacity
        self.atom_pool, fresh.atom_pool = fresh.atom_pool, self.atom_pool
        self.n_pooled, self.pool_capacity = fresh.n_pooled, fresh.pool_capacity
        self.words, fresh.words = fresh.words, self.words
        self.n_compactions += 1
        self.strings, self.odd_words = fresh.strings, fresh.odd_words
        return 0

    def merge(self, PhraseTable other):
        """Add the counts of another table with the same delimiter, in its order."""
        cdef size_t e, n_nodes = other.table.n_nodes
        cdef uint32_t node
        cdef uint32_t *mine = <uint32_t *>malloc(n_nodes * sizeof(uint32_t) + 1)
        if mine == NULL:
            raise MemoryError(f"no memory to merge {n_nodes} sequences")
        for e in range(n_nodes):
            mine[e] = GRAM_NONE
        try:
            for e in range(other.table.n_entries):
                node = other.table.entries[e]
                self.add(self.import_node(other, node, mine), other.table.nodes[node].count)
        finally:
            free(mine)

    cdef uint32_t import_node(self, PhraseTable other, uint32_t node, uint32_t *mine) except? 0xFFFFFFFF:
        """Give this table's node for another table's; `mine` remembers those already known."""
        cdef uint64_t key
        cdef uint32_t atom_token, prefix
        if mine[node] == GRAM_NONE:
            key = other.table.nodes[node].key
            atom_token = self.token_of(other.strings[<uint32_t>key])
            if key >> 32 == GRAM_NONE:
                mine[node] = self.tokens[atom_token].node
            else:
                prefix = self.import_node(other, <uint32_t>(key >> 32), mine)
                mine[node] = gram_extend(&self.table, prefix, &self.tokens[atom_token], self.atom_pool, 1)
            if mine[node] == GRAM_NONE:
                raise MemoryError(f"no memory to merge tables of {len(self)} and {len(other)} entries")
        return mine[node]

    def get(self, str text):
        """Give the count of a word or of a joined phrase, 0 if it was never seen."""
        cdef uint32_t node = self.find_text(text)
        return 0 if node == GRAM_NONE else self.table.nodes[node].count

    def set(self, str text, int64_t count):
        """Set the count (> 0) of a text that is not in the table yet."""
        self.add(self.tokens[self.token_of(text)].node, count)

    def seal(self):
        """Note which words begin and continue sequences, so that few pairs need a look-up; nothing may be added."""
        cdef size_t node, token, n_nodes = self.table.n_nodes
        cdef uint64_t key
        cdef uint8_t *has_children = <uint8_t *>calloc(n_nodes + 1, 1)
        if has_children == NULL:
            raise MemoryError(f"no memory to seal {n_nodes} sequences")
        for node in range(n_nodes):
            key = self.table.nodes[node].key
            if key >> 32 != GRAM_NONE:
                has_children[key >> 32] = 1
                self.tokens[<uint32_t>key].flags |= GRAM_INNER
        for token in range(<size_t>len(self.strings)):
            if self.tokens[token].n_atoms != 1:
                self.tokens[token].flags |= GRAM_INNER | GRAM_PREFIX
            elif has_children[self.tokens[token].node]:
                self.tokens[token].flags |= GRAM_PREFIX
        free(has_children)
        if gram_make_filter(&self.table):
            raise MemoryError(f"no memory to seal {n_nodes} sequences")
        self.sealed = True

    def to_dict(self):
        """Give {text: count} in the order in which the texts were first counted."""
        cdef size_t e
        cdef uint32_t node
        cdef dict counts = {}
        for e in range(self.table.n_entries):
            node = self.table.entries[e]
            counts[self.text_of(node)] = self.table.nodes[node].count
        return counts
