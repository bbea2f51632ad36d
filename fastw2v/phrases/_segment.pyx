"""Decide which counted pairs are phrases, and join them in sentences."""

from cpython.list cimport PyList_GET_ITEM, PyList_New, PyList_SET_ITEM
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_Check, PyUnicode_FindChar, PyUnicode_GET_LENGTH
from libc.math cimport INFINITY, log
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from fastw2v.phrases._words cimport (
    FW_LISTS_MAY_CHANGE, GRAM_CONNECTOR, GRAM_EMPTY, GRAM_INNER, GRAM_LOCAL, GRAM_NONE, GRAM_PREFIX, GRAM_SEAM,
    gram_extend, gram_token,
)
from fastw2v.phrases._counts cimport PhraseTable

from fastw2v.errors import CorpusError

ORIGINAL, NPMI, CUSTOM, FROZEN = range(4)
TOKENS, PAIRS, PHRASES = range(3)

cdef enum:
    _ORIGINAL = 0
    _NPMI = 1
    _CUSTOM = 2
    _FROZEN = 3

cdef enum:
    _TOKENS = 0
    _PAIRS = 1


cdef inline double npmi(double a, double b, double both, double n_words) noexcept nogil:
    """Formula of `fastw2v.phrases.npmi_scorer`, operation by operation."""
    cdef double p_both = both / n_words
    cdef double information = -log(p_both)
    if information == 0:
        return 1.0
    return log(p_both / ((a / n_words) * (b / n_words))) / information


cdef class Rule:
    """What makes a phrase of two counted words: a scorer with its parameters, and a threshold.

    Parameters
    ----------
    kind : int
        ``ORIGINAL`` or ``NPMI`` are computed here, ``CUSTOM`` calls `scorer`, ``FROZEN`` reads `scores`.
    threshold : float
        A phrase must score more than this.
    min_count, len_vocab, corpus_word_count : float
        What a scorer is given beside the three counts.
    scorer : callable, optional
    scores : dict of str to float, optional
        All their texts must be in `table`.
    table : PhraseTable, optional
    """

    def __init__(self, kind, threshold, min_count=0, len_vocab=0, corpus_word_count=0, scorer=None, scores=None,
                 PhraseTable table=None):
        self.kind = kind
        self.threshold = threshold
        self.scorer = scorer
        self.scores = scores
        if kind == CUSTOM:
            self.parameters = {
                "len_vocab": len_vocab, "min_count": min_count, "corpus_word_count": corpus_word_count
            }
        else:
            self.limit = threshold
            self.min_count = min_count
            self.len_vocab = len_vocab
            self.corpus_word_count = corpus_word_count
        if kind == FROZEN:
            self.accepted = [None] * table.table.n_nodes
            for phrase, score in scores.items():
                if score > threshold:
                    self.accepted[table.find_text(phrase)] = phrase

    cdef object judge(self, int64_t a, int64_t b, int64_t both):
        """Give the score of a pair if it is above the threshold, else None."""
        cdef double score
        if self.kind == _CUSTOM:
            given = self.scorer(worda_count=a, wordb_count=b, bigram_count=both, **self.parameters)
            return None if given <= self.threshold else given
        score = self.score(a, b, both)
        return None if score <= self.limit else score

    cdef double score(self, int64_t a, int64_t b, int64_t both) noexcept:
        """Give the score of a pair by one of the two scorers that are computed here."""
        if self.kind == _ORIGINAL:
            return (<double>both - self.min_count) / (<double>a * <double>b) * self.len_vocab
        if <double>both >= self.min_count:
            return npmi(<double>a, <double>b, <double>both, self.corpus_word_count)
        return -INFINITY


def export(PhraseTable table, Rule rule):
    """Give {phrase: score} of all entries of two or more atoms that the rule accepts.

    An entry is judged by its first and its last atom, whatever words it was counted from.
    """
    cdef size_t e
    cdef uint32_t node
    cdef uint64_t first, last
    cdef int64_t a, b
    cdef dict phrases = {}
    for e in range(table.table.n_entries):
        node = table.table.entries[e]
        first = last = table.table.nodes[node].key
        if last >> 32 == GRAM_NONE:
            continue
        while first >> 32 != GRAM_NONE:
            first = table.table.nodes[first >> 32].key
        a = table.table.nodes[table.tokens[<uint32_t>first].node].count
        b = table.table.nodes[table.tokens[<uint32_t>last].node].count
        if a > 0 and b > 0:
            score = rule.judge(a, b, table.table.nodes[node].count)
            if score is not None:
                phrases[table.text_of(node)] = score
    return phrases


cdef class Words:
    """Words as a table of phrases knows them.

    Parameters
    ----------
    table : PhraseTable
    """

    def __init__(self, PhraseTable table):
        self.table = table
        if len(table.delimiter) == 1:
            self.delimiter_char = ord(table.delimiter)

    def __dealloc__(self):
        free(self.words)
        free(self.ids)
        free(self.atoms)

    cdef int reserve(self, size_t n) except -1:
        cdef void *grown
        if n > self.capacity:
            n += self.capacity // 2
            grown = realloc(self.words, n * sizeof(gram_token))
            if grown != NULL:
                self.words = <gram_token *>grown
                grown = realloc(self.ids, n * sizeof(uint32_t))
            if grown == NULL:
                raise MemoryError(f"no memory for a text of {n} words")
            self.ids = <uint32_t *>grown
            self.capacity = n
        return 0

    cdef uint32_t look_up(self, list words, size_t at) except? 0xFFFFFFFF:
        """Describe words from place `at` on; give all their flags together."""
        cdef PhraseTable table = self.table
        cdef Py_ssize_t i, n = len(words)
        cdef gram_token *found
        cdef uint32_t *ids
        cdef uint32_t flags = 0
        self.reserve(at + n)
        found, ids = self.words + at, self.ids + at
        table.look_up(words, ids, False)
        for i in range(n):
            if ids[i] != GRAM_NONE:
                found[i] = table.tokens[ids[i]]
            else:
                self.look_at_unknown(words[i], &found[i])
            flags |= found[i].flags
            prefetch_pair(table, found, i)
        return flags

    cdef int look_at_unknown(self, object word, gram_token *token) except -1:
        """Describe a word that was never counted; it may still read like a pair that was."""
        token.node = token.first_atom = GRAM_NONE
        token.n_atoms = 1
        if self.delimiter_char and PyUnicode_Check(word) and PyUnicode_GET_LENGTH(word):
            token.flags = 0
            if PyUnicode_FindChar(word, self.delimiter_char, 0, PyUnicode_GET_LENGTH(word), 1) >= 0:
                self.cut_unknown(self.table.atoms_of(word), token)
            return 0
        token.flags = 0 if word else GRAM_EMPTY
        if isinstance(word, str):
            if self.table.breaks_seam(word):
                token.flags |= GRAM_SEAM
            elif not self.table.delimiter or self.table.delimiter in word:
                self.cut_unknown(self.table.atoms_of(word), token)
        return 0

    cdef int cut_unknown(self, list atoms, gram_token *token) except -1:
        """Find the sequence that a word of several atoms stands for, if all the atoms are known."""
        cdef size_t start = self.n_atoms, wanted = start + len(atoms)
        cdef uint32_t *grown
        cdef uint32_t known
        if wanted > self.atom_capacity:
            grown = <uint32_t *>realloc(self.atoms, 2 * wanted * sizeof(uint32_t))
            if grown == NULL or wanted >= 0xFFFFFFFF:
                raise MemoryError(f"no memory for a text with {wanted} parts of words")
            self.atoms = grown
            self.atom_capacity = 2 * wanted
        token.flags |= GRAM_LOCAL
        for atom in atoms:
            known = self.table.known_id(atom)
            if known == GRAM_NONE:
                self.n_atoms = start
                return 0
            self.atoms[self.n_atoms] = known
            self.n_atoms += 1
        token.flags |= GRAM_PREFIX | GRAM_INNER
        token.first_atom = <uint32_t>start
        token.n_atoms = <uint32_t>len(atoms)
        token.node = self.table.tokens[self.atoms[start]].node
        for start in range(start + 1, self.n_atoms):
            token.node = extend(self.table, token.node, &self.table.tokens[self.atoms[start]], self.atoms)
        return 0


cdef inline uint32_t extend(PhraseTable table, uint32_t node, const gram_token *word,
                            const uint32_t *local_atoms) noexcept:
    """Give the sequence `node` followed by a word, GRAM_NONE if it was never counted."""
    if node == GRAM_NONE:
        return GRAM_NONE
    return gram_extend(&table.table, node, word, local_atoms if word.flags & GRAM_LOCAL else table.atom_pool, 0)


cdef inline int64_t count_of(PhraseTable table, uint32_t node) noexcept:
    return 0 if node == GRAM_NONE else table.table.nodes[node].count


cdef inline bint accepts(Rule rule, PhraseTable table, uint32_t first, uint32_t last, uint32_t found,
                         list scores) except -1:
    """Judge the sequence `found`, which begins and ends with two words, given as their sequences."""
    cdef int64_t a, b, both
    if found == GRAM_NONE:
        return False
    if rule.kind == _FROZEN:
        return rule.accepted[found] is not None
    a, b, both = count_of(table, first), count_of(table, last), count_of(table, found)
    if a <= 0 or b <= 0 or both <= 0:
        return False
    if rule.kind != _CUSTOM:
        return not rule.score(a, b, both) <= rule.limit
    score = rule.judge(a, b, both)
    if score is None:
        return False
    if scores is not None:
        scores.append(score)
    return True


cdef Py_ssize_t find_spans(PhraseTable table, Rule rule, const gram_token *words, Py_ssize_t n, const uint32_t *atoms,
                           Span *spans, list scores) except -1:
    """Cut a sentence into phrases and plain words, greedily from the left; give the number of pieces.

    Parameters
    ----------
    table, rule
    words, n, atoms
        The sentence; the atoms of those of its words that are ``GRAM_LOCAL``.
    spans
        Room for `n`.
    scores
        Takes what a custom scorer gives for each of the phrases; may be None.
    """
    cdef Py_ssize_t i, k, start = -1, n_spans = 0
    cdef uint32_t found, sequence = GRAM_NONE  # the words from `start` on
    cdef bint sealed = table.sealed
    cdef const gram_token *word
    for i in range(n):
        word = &words[i]
        if word.flags & GRAM_CONNECTOR:
            if start < 0:
                spans[n_spans] = Span(i, i, GRAM_NONE)
                n_spans += 1
            else:
                sequence = extend(table, sequence, word, atoms)
            continue
        if start >= 0:
            found = GRAM_NONE
            if not sealed or word.flags & GRAM_INNER:
                found = extend(table, sequence, word, atoms)
            if accepts(rule, table, words[start].node, word.node, found, scores):
                spans[n_spans] = Span(start, i, found)
                n_spans += 1
                start = -1
                continue
            for k in range(start, i):
                spans[n_spans] = Span(k, k, GRAM_NONE)
                n_spans += 1
        # As in gensim an empty word starts nothing, and so disappears.
        start = -1 if word.flags & GRAM_EMPTY else i
        sequence = word.node if not sealed or word.flags & GRAM_PREFIX else GRAM_NONE
    if start >= 0:
        for k in range(start, n):
            spans[n_spans] = Span(k, k, GRAM_NONE)
            n_spans += 1
    return n_spans


cdef class Segmenter:
    """Joins the phrases of sentences; for use by one thread, as long as table and rule do not change.

    Parameters
    ----------
    table : PhraseTable
    rule : Rule
    """

    cdef PhraseTable table
    cdef Rule rule
    cdef Words words
    cdef Span *spans
    cdef size_t capacity
    cdef dict texts  # of phrases, by node

    def __init__(self, PhraseTable table not None, Rule rule not None):
        self.table = table
        self.rule = rule
        self.words = Words(table)
        self.texts = {}

    def __dealloc__(self):
        free(self.spans)

    def segment(self, list sentences, int form=_TOKENS, bint whole_only=False):
        """Join the phrases of sentences, greedily from the left.

        Parameters
        ----------
        sentences : list of list
            Unknown words, and words that are no text, pass through.
        form : {TOKENS, PAIRS, PHRASES}
            What is given of each sentence: its tokens; (token, score) with None for a plain word; or
            (phrase, score) of its phrases only.
        whole_only : bool
            Give None for sentences with a word that holds the delimiter.

        Returns
        -------
        list of (list or None)
            None: some word ends like the delimiter begins, so only joined texts can be compared.
        """
        cdef list joined = []
        for words in sentences:
            joined.append(self.segment_one(list(words) if FW_LISTS_MAY_CHANGE else words, form, whole_only))
        return joined

    cdef object segment_one(self, list words, int form, bint whole_only):
        cdef Py_ssize_t i, n_spans, n = len(words)
        cdef void *grown
        cdef list scores = None
        self.words.n_atoms = 0
        flags = self.words.look_up(words, 0)
        if flags & GRAM_SEAM:
            return None
        if whole_only:
            for i in range(n):
                if self.words.words[i].n_atoms != 1 or self.words.words[i].flags & GRAM_LOCAL:
                    return None
        if <size_t>n > self.capacity:
            grown = realloc(self.spans, n * sizeof(Span))
            if grown == NULL:
                raise MemoryError(f"no memory for a sentence of {n} words")
            self.spans = <Span *>grown
            self.capacity = n
        if self.rule.kind == _CUSTOM:
            scores = []
        n_spans = find_spans(self.table, self.rule, self.words.words, n, self.words.atoms, self.spans, scores)
        if len(words) != n:
            raise CorpusError(f"a sentence of {n} words was changed by the scorer that judged it")
        return self.tokens(words, n_spans) if form == _TOKENS else self.pairs(words, n_spans, form, scores)

    cdef list tokens(self, list words, Py_ssize_t n_spans):
        cdef list out = PyList_New(n_spans)
        cdef Py_ssize_t i
        cdef PyObject *token
        for i in range(n_spans):
            if self.spans[i].node == GRAM_NONE:
                token = PyList_GET_ITEM(words, self.spans[i].first)
                Py_INCREF(<object>token)
                PyList_SET_ITEM(out, i, <object>token)
            else:
                phrase = self.text(self.spans[i].node)
                Py_INCREF(phrase)
                PyList_SET_ITEM(out, i, phrase)
        return out

    cdef list pairs(self, list words, Py_ssize_t n_spans, int form, list scores):
        cdef list out = []
        cdef Py_ssize_t i, n_phrases = 0
        for i in range(n_spans):
            if self.spans[i].node != GRAM_NONE:
                out.append((self.text(self.spans[i].node), self.score(&self.spans[i], scores, n_phrases)))
                n_phrases += 1
            elif form == _PAIRS:
                out.append((words[self.spans[i].first], None))
        return out

    cdef object text(self, uint32_t node):
        if self.rule.kind == _FROZEN:
            return self.rule.accepted[node]
        text = self.texts.get(node)
        if text is None:
            text = self.texts[node] = self.table.text_of(node)
        return text

    cdef object score(self, const Span *span, list scores, Py_ssize_t n_phrases):
        cdef gram_token *words = self.words.words
        if self.rule.kind == _FROZEN:
            return self.rule.scores[self.rule.accepted[span.node]]
        if self.rule.kind == _CUSTOM:
            return scores[n_phrases]
        return self.rule.score(
            count_of(self.table, words[span.first].node), count_of(self.table, words[span.last].node),
            count_of(self.table, span.node),
        )
