"""Words, and the sequences of words that phrases are looked up by.

A word is cut at the delimiter into atoms, so that "new_york" as one word and "new", "york" as two are the
same sequence: both are the key "new_york" of the vocabulary that gensim keeps as a dict of joined texts.
"""

from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_Check
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memset

from fastw2v.phrases._words cimport (
    FW_BATCH, FW_ENCODE, FW_INLINE, FW_OK, FW_SCAN, FW_SCRATCH, FW_SCRATCH_WORD, GRAM_CONNECTOR, GRAM_EMPTY,
    GRAM_NONE, GRAM_SEAM, fw_batch, fw_flush, fw_prefetch, fw_push, fw_scratch, fw_seed, fw_str_utf8,
    fw_table_free, fw_table_init, gram_extend, gram_free, gram_init, gram_new_atom, gram_token,
)

import os

from fastw2v.errors import CorpusError

cdef extern from "Python.h":
    PyObject **PySequence_Fast_ITEMS(object sequence) noexcept

cdef fw_seed SEED  # one for the process, so that no corpus can be built to collide
_secret = os.urandom(16)
SEED.a = int.from_bytes(_secret[:8], "little")
SEED.b = int.from_bytes(_secret[8:], "little")


def shown(value):
    """Give a short repr for an error message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


cdef class PhraseWords:
    """Words by number, and their sequences as a trie of atoms; owns the memory of both.

    Parameters
    ----------
    delimiter : str
        Text between the words of a phrase.
    connectors : iterable of str
        Words that may stand inside a phrase but not at its ends.
    """

    def __cinit__(self):
        if gram_init(&self.table) or fw_table_init(&self.words, SEED, 1 << 10) != FW_OK:
            raise MemoryError("no memory for an empty phrase table")

    def __init__(self, delimiter, connectors=()):
        self.delimiter = delimiter
        self.odd_words = {}
        self.strings = []
        self.connectors = frozenset()
        self.set_connectors(connectors)

    def __dealloc__(self):
        gram_free(&self.table)
        fw_table_free(&self.words)
        free(self.tokens)
        free(self.atom_pool)

    def set_connectors(self, connectors):
        """Replace the connector words."""
        cdef size_t token
        for token in range(<size_t>len(self.strings)):
            self.tokens[token].flags &= ~GRAM_CONNECTOR
        self.connectors = frozenset(connectors)
        for word in self.connectors:
            self.tokens[self.token_of(word)].flags |= GRAM_CONNECTOR

    cdef int look_up(self, list words, uint32_t *ids, bint learning) except -1:
        """Put the ids of words into `ids`; unknown words get a new one, or GRAM_NONE if not `learning`."""
        cdef fw_batch batch
        cdef fw_scratch scratch
        cdef uint8_t *free_scratch = &scratch.bytes[0]
        cdef uint8_t *full_scratch = free_scratch + FW_SCRATCH - FW_SCRATCH_WORD
        cdef const uint8_t *utf8
        cdef Py_ssize_t i, length, n_done = 0, n = len(words)
        cdef PyObject **items = PySequence_Fast_ITEMS(words)
        batch.n = 0
        for i in range(n):
            if i + 8 < n:
                fw_prefetch(items[i + 8])
            length = -1
            if PyUnicode_Check(<object>items[i]):
                length = fw_str_utf8(<object>items[i], free_scratch, &utf8)
            if length >= 0:
                fw_push(&batch, &self.words, utf8, length)
                if utf8 == free_scratch and length > FW_INLINE:
                    free_scratch += length
                if batch.n < FW_BATCH and free_scratch <= full_scratch:
                    continue
            n_done += self.flush(&batch, ids + n_done, learning)
            free_scratch = &scratch.bytes[0]
            if length < 0:
                ids[n_done] = self.odd_id(words[i], learning)
                n_done += 1
                if len(words) != n:  # looking at such a word may run the code of its class
                    raise CorpusError(f"a sentence of {n} words changed while it was read")
                items = PySequence_Fast_ITEMS(words)
        self.flush(&batch, ids + n_done, learning)
        return 0

    cdef int flush(self, fw_batch *batch, uint32_t *ids, bint learning) except -1:
        cdef int n = batch.n
        if fw_flush(batch, &self.words, FW_SCAN if learning else FW_ENCODE, <int32_t *>ids) != FW_OK:
            raise MemoryError(f"no memory for more words ({self.words.next_id} so far)")
        return n

    cdef uint32_t odd_id(self, object word, bint learning) except? 0xFFFFFFFF:
        if learning and not isinstance(word, str):
            raise CorpusError(
                f"a sentence holds {shown(word)}, a {type(word).__name__}: words must be str, "
                "because phrases join them with the delimiter; convert with str(word) or word.decode()"
            )
        known = self.odd_words.get(word)
        if known is not None:
            return <uint32_t><Py_ssize_t>known
        if not learning:
            return GRAM_NONE
        self.odd_words[word] = self.words.next_id
        self.words.next_id += 1
        return <uint32_t>(self.words.next_id - 1)

    cdef uint32_t known_id(self, str word) except? 0xFFFFFFFF:
        """Give the id of a word, GRAM_NONE if it is not known."""
        cdef uint32_t token = GRAM_NONE
        self.look_up([word], &token, False)
        return token

    cdef uint32_t token_of(self, str word) except? 0xFFFFFFFF:
        """Give the id of a word; a new word is registered."""
        cdef uint32_t token = GRAM_NONE
        self.look_up([word], &token, True)
        self.reserve_tokens()
        if self.tokens[token].n_atoms == 0:
            self.register(token, word)
        return token

    cdef list atoms_of(self, str text):
        return text.split(self.delimiter) if self.delimiter else list(text)

    cdef int register(self, uint32_t new, str text) except -1:
        """Fill in what a new id stands for."""
        cdef list atoms = self.atoms_of(text), atom_ids
        cdef gram_token token
        text = str(text)
        token.flags = (0 if text else GRAM_EMPTY) | (GRAM_SEAM if self.breaks_seam(text) else 0)
        if text in self.connectors:
            token.flags |= GRAM_CONNECTOR
        if len(atoms) == 1 or not text:
            token.n_atoms = 1
            token.first_atom = new
            token.node = gram_new_atom(&self.table, new)
            if token.node == GRAM_NONE:
                raise MemoryError(f"no memory for one more word ({new} so far)")
        else:
            atom_ids = [self.token_of(atom) for atom in atoms]
            token.n_atoms = <uint32_t>len(atom_ids)
            token.first_atom = self.store_atoms(atom_ids)
            token.node = self.intern_atoms(atom_ids)
        self.tokens[new] = token
        self.strings[new] = text
        return 0

    cdef int reserve_tokens(self) except -1:
        """Make room for every id that was given."""
        cdef size_t n = self.words.next_id, capacity
        cdef gram_token *tokens
        if n > self.token_capacity:
            capacity = 2 * n + 256
            tokens = <gram_token *>realloc(self.tokens, capacity * sizeof(gram_token))
            if tokens == NULL:
                raise MemoryError(f"no memory for {capacity} words")
            memset(tokens + self.token_capacity, 0, (capacity - self.token_capacity) * sizeof(gram_token))
            self.tokens = tokens
            self.token_capacity = capacity
        if <size_t>len(self.strings) < n:
            self.strings.extend([None] * (n - len(self.strings)))
        return 0

    cdef bint breaks_seam(self, str text):
        """Tell whether text + delimiter can be cut before the delimiter's own first character."""
        cdef Py_ssize_t length
        if not self.delimiter:
            return not text
        for length in range(1, len(self.delimiter)):
            if text.endswith(self.delimiter[:length]):
                return True
        return False

    cdef uint32_t store_atoms(self, list atom_ids) except? 0xFFFFFFFF:
        cdef size_t start = self.n_pooled, wanted = start + len(atom_ids)
        cdef uint32_t *pool
        if wanted > self.pool_capacity:
            pool = <uint32_t *>realloc(self.atom_pool, 2 * wanted * sizeof(uint32_t))
            if pool == NULL or wanted >= 0xFFFFFFFF:
                raise MemoryError(f"no memory for the parts of words that hold the delimiter ({wanted})")
            self.atom_pool = pool
            self.pool_capacity = 2 * wanted
        for atom in atom_ids:
            self.atom_pool[self.n_pooled] = atom
            self.n_pooled += 1
        return <uint32_t>start

    cdef uint32_t intern_atoms(self, list atom_ids) except? 0xFFFFFFFF:
        """Give the node of a sequence of one-atom words."""
        cdef uint32_t node = self.tokens[<uint32_t>atom_ids[0]].node
        cdef Py_ssize_t a
        for a in range(1, len(atom_ids)):
            node = gram_extend(&self.table, node, &self.tokens[<uint32_t>atom_ids[a]], self.atom_pool, 1)
            if node == GRAM_NONE:
                raise MemoryError(f"no memory for one more pair ({self.table.n_nodes} so far)")
        return node

    cdef uint32_t find_text(self, str text) except? 0xFFFFFFFF:
        """Give the node of a joined text, GRAM_NONE if there is none; nothing is registered."""
        cdef uint32_t token = self.known_id(text), node = GRAM_NONE
        cdef bint first = True
        if token != GRAM_NONE:
            return self.tokens[token].node
        for atom in self.atoms_of(text):
            token = self.known_id(atom)
            if token == GRAM_NONE:
                return GRAM_NONE
            if first:
                node = self.tokens[token].node
                first = False
            else:
                node = gram_extend(&self.table, node, &self.tokens[token], self.atom_pool, 0)
            if node == GRAM_NONE:
                return GRAM_NONE
        return node

    cdef str text_of(self, uint32_t node):
        cdef uint64_t key = self.table.nodes[node].key
        cdef list atoms = [self.strings[<uint32_t>key]]
        while key >> 32 != GRAM_NONE:
            key = self.table.nodes[key >> 32].key
            atoms.append(self.strings[<uint32_t>key])
        if len(atoms) == 1:
            return atoms[0]
        atoms.reverse()
        return self.delimiter.join(atoms)
