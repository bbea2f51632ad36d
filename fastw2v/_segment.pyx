"""Decide which counted pairs are phrases, and join them in sentences."""

from libc.math cimport INFINITY, log
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc

from fastw2v._phrase_words cimport (
    GRAM_CONNECTOR, GRAM_EMPTY, GRAM_INNER, GRAM_LOCAL, GRAM_NONE, GRAM_PREFIX, GRAM_SEAM, gram_extend,
    gram_prefetch_word, gram_token,
)
from fastw2v._phrases cimport PhraseTable

ORIGINAL, NPMI, CUSTOM, FROZEN = range(4)

cdef enum:
    _ORIGINAL = 0
    _NPMI = 1
    _CUSTOM = 2
    _FROZEN = 3


cdef struct Lookup:
    uint32_t *ids      # (n,), GRAM_NONE for unknown words
    gram_token *words  # (n,)
    uint32_t *atoms    # of the unknown words that hold the delimiter
    size_t n_atoms
    size_t atom_capacity


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

    cdef int kind
    cdef double limit, min_count, len_vocab, corpus_word_count
    cdef object scorer, threshold, scores
    cdef dict parameters
    cdef list accepted  # by node: the phrase if its stored score is above the threshold, else None

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
        cdef double score = -INFINITY
        if self.kind == _CUSTOM:
            given = self.scorer(worda_count=a, wordb_count=b, bigram_count=both, **self.parameters)
            return None if given <= self.threshold else given
        if self.kind == _ORIGINAL:
            score = (<double>both - self.min_count) / (<double>a * <double>b) * self.len_vocab
        elif <double>both >= self.min_count:
            score = npmi(<double>a, <double>b, <double>both, self.corpus_word_count)
        return None if score <= self.limit else score


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


def segment(PhraseTable table, sentence, Rule rule, bint with_scores=False, bint whole_only=False):
    """Join the phrases of a sentence, greedily from the left.

    Parameters
    ----------
    table : PhraseTable
    sentence : iterable
        Its words; unknown and non-text words pass through.
    rule : Rule
    with_scores : bool
        Give (token, score) with None for a plain word, instead of tokens.
    whole_only : bool
        Give None if a word holds the delimiter.

    Returns
    -------
    list or None
        None: some word ends like the delimiter begins, so only joined texts can be compared.
    """
    cdef list words = sentence if type(sentence) is list else list(sentence)
    cdef Py_ssize_t n = len(words)
    cdef Lookup lookup
    lookup.atoms = NULL
    lookup.n_atoms = lookup.atom_capacity = 0
    lookup.ids = <uint32_t *>malloc(n * sizeof(uint32_t) + 1)
    lookup.words = <gram_token *>malloc(n * sizeof(gram_token) + 1)
    try:
        if lookup.ids == NULL or lookup.words == NULL:
            raise MemoryError(f"no memory for a sentence of {n} words")
        if not look_up(table, words, &lookup, whole_only):
            return None
        return join_phrases(table, words, &lookup, rule, with_scores)
    finally:
        free(lookup.ids)
        free(lookup.words)
        free(lookup.atoms)


cdef bint look_up(PhraseTable table, list words, Lookup *lookup, bint whole_only) except -1:
    cdef Py_ssize_t i
    cdef gram_token *token
    table.look_up(words, lookup.ids, False)
    for i in range(len(words)):
        token = &lookup.words[i]
        if lookup.ids[i] != GRAM_NONE:
            token[0] = table.tokens[lookup.ids[i]]
        elif not look_at_unknown(table, words[i], token, lookup, whole_only):
            return False
        if token.flags & GRAM_SEAM or (whole_only and token.n_atoms != 1):
            return False
        gram_prefetch_word(&table.table, lookup.words, i)
    return True


cdef bint look_at_unknown(PhraseTable table, word, gram_token *token, Lookup *lookup, bint whole_only) except -1:
    """Describe a word that was never counted; it may still read like a pair that was."""
    token.node = token.first_atom = GRAM_NONE
    token.n_atoms = 1
    token.flags = 0 if word else GRAM_EMPTY
    if isinstance(word, str):
        if table.breaks_seam(word):
            return False
        if not table.delimiter or table.delimiter in word:
            if whole_only:
                return False
            cut_unknown(table, table.atoms_of(word), token, lookup)
    return True


cdef int cut_unknown(PhraseTable table, list atoms, gram_token *token, Lookup *lookup) except -1:
    """Find the sequence that a word of several atoms stands for, if all the atoms are known."""
    cdef size_t start = lookup.n_atoms, wanted = start + len(atoms)
    cdef uint32_t *grown
    cdef uint32_t known
    if wanted > lookup.atom_capacity:
        grown = <uint32_t *>realloc(lookup.atoms, 2 * wanted * sizeof(uint32_t))
        if grown == NULL or wanted >= 0xFFFFFFFF:
            raise MemoryError(f"no memory for a sentence with {wanted} parts of words")
        lookup.atoms = grown
        lookup.atom_capacity = 2 * wanted
    for atom in atoms:
        known = table.known_id(atom)
        if known == GRAM_NONE:
            lookup.n_atoms = start
            return 0
        lookup.atoms[lookup.n_atoms] = known
        lookup.n_atoms += 1
    token.flags |= GRAM_LOCAL | GRAM_PREFIX | GRAM_INNER
    token.first_atom = <uint32_t>start
    token.n_atoms = <uint32_t>len(atoms)
    token.node = table.tokens[lookup.atoms[start]].node
    for start in range(start + 1, lookup.n_atoms):
        token.node = extend(table, token.node, &table.tokens[lookup.atoms[start]], lookup)
    return 0


cdef inline uint32_t extend(PhraseTable table, uint32_t node, const gram_token *word, Lookup *lookup) noexcept:
    """Give the sequence `node` followed by a word, GRAM_NONE if it was never counted."""
    if node == GRAM_NONE:
        return GRAM_NONE
    return gram_extend(&table.table, node, word, lookup.atoms if word.flags & GRAM_LOCAL else table.atom_pool, 0)


cdef inline int64_t count_of(PhraseTable table, uint32_t node) noexcept:
    return 0 if node == GRAM_NONE else table.table.nodes[node].count


cdef int emit(list out, list words, Py_ssize_t start, Py_ssize_t stop, bint with_scores) except -1:
    cdef Py_ssize_t i
    for i in range(start, stop):
        out.append((words[i], None) if with_scores else words[i])
    return 0


cdef list join_phrases(PhraseTable table, list words, Lookup *lookup, Rule rule, bint with_scores):
    cdef Py_ssize_t i, start = -1, n = len(words)
    cdef uint32_t sequence = GRAM_NONE  # the words from `start` on
    cdef gram_token *word
    cdef uint32_t found
    cdef int64_t a, b
    cdef list out = []
    for i in range(n):
        word = &lookup.words[i]
        if word.flags & GRAM_CONNECTOR:
            if start < 0:
                emit(out, words, i, i + 1, with_scores)
            else:
                sequence = extend(table, sequence, word, lookup)
            continue
        if start >= 0:
            score = phrase = None
            found = GRAM_NONE
            if not table.sealed or word.flags & GRAM_INNER:
                found = extend(table, sequence, word, lookup)
            if rule.kind == _FROZEN:
                if found != GRAM_NONE:
                    phrase = rule.accepted[found]
                    score = None if phrase is None else rule.scores[phrase] if with_scores else phrase
            elif count_of(table, found) > 0:
                a, b = count_of(table, lookup.words[start].node), count_of(table, word.node)
                if a > 0 and b > 0:
                    score = rule.judge(a, b, count_of(table, found))
                    phrase = None if score is None else table.delimiter.join(words[start:i + 1])
            if phrase is not None:
                out.append((phrase, score) if with_scores else phrase)
                start = -1
                continue
            emit(out, words, start, i, with_scores)
        # As in gensim an empty word starts nothing, and so disappears.
        start = -1 if word.flags & GRAM_EMPTY else i
        sequence = word.node if not table.sealed or word.flags & GRAM_PREFIX else GRAM_NONE
    if start >= 0:
        emit(out, words, start, n, with_scores)
    return out
