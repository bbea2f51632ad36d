"""Phrases, which learns from a corpus, and FrozenPhrases, which keeps the accepted phrases only."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterable
from typing import Any

from fastw2v.errors import ConfigError
from fastw2v.phrases import record
from fastw2v.phrases._counts import PhraseTable
from fastw2v.phrases._segment import CUSTOM, FROZEN, NPMI, ORIGINAL, Rule, export
from fastw2v.phrases.counting import learn
from fastw2v.phrases.scoring import (
    Scorer,
    check_connector_words,
    check_parameters,
    npmi_scorer,
    original_scorer,
    resolve_scorer,
)
from fastw2v.phrases.shortcut import Shortcut, phrase_table
from fastw2v.phrases.transform import PhrasesTransformation, check_iterable
from fastw2v.phrases.watched import WatchedDict
from fastw2v.text.trimming import prune_vocab

logger = logging.getLogger("fastw2v.phrases")


class Phrases(PhrasesTransformation):
    """Find the word pairs of a corpus that occur together more often than chance.

    Parameters
    ----------
    sentences : iterable of list of str, optional
        The corpus to learn from; more can be given to :meth:`add_vocab`.
    min_count : float
        Pairs that occur less often are no phrases.
    threshold : float
        A phrase must score more than this; its scale depends on `scoring`.
    max_vocab_size : int
        Above this many words and pairs, the rarest are dropped while counting (memory limit).
    delimiter : str
        Text between the words of a phrase. Chinese text may want ``""``: such models transform
        sentences, but cannot export phrases, since joined words cannot be told apart again.
    progress_per : int
        Log the progress each time so many sentences are counted.
    scoring : {"default", "npmi"} or callable
        :func:`original_scorer`, :func:`npmi_scorer`, or a function with the same parameters.
    connector_words : collection of str
        Words that may stand inside a phrase, never at its ends: ``ENGLISH_CONNECTOR_WORDS``.
    common_terms : collection of str, optional
        gensim 3's name of `connector_words`.

    Attributes
    ----------
    vocab : dict of str to int
        Counts of the words and of the joined pairs.
    corpus_word_count : int
        Words of all the corpora.
    min_reduce : int
        Counts below this are dropped when the vocabulary next becomes too large.

    Raises
    ------
    ConfigError
        For parameters with which no pair can be judged.
    CorpusError
        If the corpus is a string or holds sentences that are not lists of str.

    Examples
    --------
    >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
    >>> phrases = Phrases(corpus, min_count=1, threshold=0.9)
    >>> phrases[["i", "love", "new", "york"]]
    ['i', 'love', 'new_york']
    >>> phrases.export_phrases()
    {'new_york': 0.99}
    """

    _kind = record.COUNTED

    def __init__(
        self,
        sentences: Iterable[Iterable[str]] | None = None,
        min_count: float = 5,
        threshold: float = 10.0,
        max_vocab_size: float = 40_000_000,
        delimiter: str = "_",
        progress_per: int = 10_000,
        scoring: str | Scorer = "default",
        connector_words: Iterable[str] = frozenset(),
        *,
        common_terms: Iterable[str] | None = None,
    ) -> None:
        if common_terms is not None:
            warnings.warn("common_terms is now called connector_words", DeprecationWarning, stacklevel=2)
            connector_words = common_terms
        if isinstance(delimiter, bytes):
            warnings.warn("delimiter is now a str, not bytes", DeprecationWarning, stacklevel=2)
            delimiter = delimiter.decode("utf8")
        if not isinstance(delimiter, str):
            raise ConfigError(f"delimiter={delimiter!r} is a {type(delimiter).__name__}: give a str")
        check_parameters(min_count, threshold, scoring)
        super().__init__(connector_words)
        self.scoring = resolve_scorer(scoring)
        self.min_count = min_count
        self.threshold = threshold
        self.max_vocab_size = max_vocab_size
        self.delimiter = delimiter
        self.progress_per = progress_per
        self.min_reduce = 1
        self.corpus_word_count = 0
        self._set_up()
        if sentences is not None:
            started = time.perf_counter()
            self.add_vocab(sentences)
            seconds = time.perf_counter() - started
            self.add_lifecycle_event("created", msg=f"built {self} in {seconds:.2f}s")

    def _set_up(self) -> None:
        self._table = PhraseTable(self.delimiter, self.connector_words)
        self._vocab: WatchedDict[str, int] | None = None
        self._vocab_is_stale = False  # the dict exists, but the table has learnt since
        self._vocab_rules = False  # a program has edited the dict: it, not the table, is the truth
        self._cached_rule: tuple[tuple[Any, ...], Rule] | None = None
        self._shortcut = Shortcut()

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<{self._n_entries()} vocab, min_count={self.min_count}, "
            f"threshold={self.threshold}, max_vocab_size={self.max_vocab_size}>"
        )

    # The counts live in the native table; the dict is made when a program asks for it.

    @property
    def vocab(self) -> dict[str, int]:
        """Counts of the words and of the joined pairs, in the order in which they were first seen."""
        if self._vocab is None:
            self._vocab = WatchedDict()
            self._vocab_is_stale = True
        if self._vocab_is_stale:
            self._vocab.refill(self._table.to_dict())
            self._vocab_is_stale = False
        return self._vocab

    @vocab.setter
    def vocab(self, counts: dict[str, int]) -> None:
        self._vocab = WatchedDict(counts)
        self._vocab.changed = True
        self._vocab_is_stale = False

    def _n_entries(self) -> int:
        if self._vocab is None or self._vocab_is_stale:
            return len(self._table)
        return len(self._vocab)

    def _synced_table(self) -> PhraseTable:
        """Return the table, with whatever a program has changed in the attributes."""
        edited = self._vocab is not None and self._vocab.changed
        if edited or self._table.delimiter != self.delimiter:
            counts = self.vocab
            table = PhraseTable(self.delimiter, self.connector_words)
            for text, count in counts.items():
                if count > 0:
                    table.set(text, count)
            self._table = table
            if self._vocab is not None and edited:
                self._vocab.changed = False
                self._vocab_rules = True
        if self._table.connectors is not self.connector_words:
            self._table.set_connectors(check_connector_words(self.connector_words))
            self.connector_words = self._table.connectors
        return self._table

    def _rule(self) -> Rule:
        """Return the native form of the scorer, its parameters and the threshold."""
        key = (self.scoring, self.threshold, self.min_count, self._n_entries(), self.corpus_word_count)
        if self._cached_rule is None or self._cached_rule[0] != key:
            scoring, threshold, min_count, len_vocab, n_words = key
            kind = {original_scorer: ORIGINAL, npmi_scorer: NPMI}.get(scoring, CUSTOM)
            self._cached_rule = key, Rule(kind, threshold, min_count, len_vocab, n_words, scoring)
        return self._cached_rule[1]

    def _native(self) -> tuple[PhraseTable, Rule] | None:
        if type(self).score_candidate is not Phrases.score_candidate:
            return None
        return self._synced_table(), self._rule()

    def _whole(self, n_words: int) -> tuple[PhraseTable, Rule] | None:
        native = self._native()
        if native is None or self.scoring not in (original_scorer, npmi_scorer):
            return None
        return self._shortcut.find(*native, n_words)

    def _segment_natively(self, sentences: list[list[Any]], form: int) -> list[list[Any] | None]:
        native = self._native()
        if native is not None and self.scoring in (original_scorer, npmi_scorer):
            return self._shortcut.segment(*native, sentences, form)
        return super()._segment_natively(sentences, form)

    def add_vocab(self, sentences: Iterable[Iterable[str]]) -> None:
        """Count one more corpus.

        Parameters
        ----------
        sentences : iterable of list of str
            Read once. If it raises, the model is as it was before the call.

        Raises
        ------
        CorpusError
            If the corpus is a string or holds sentences that are not lists of str.

        Examples
        --------
        >>> phrases = Phrases(min_count=1, threshold=0.9)
        >>> phrases.add_vocab([["new", "york"]] * 5)
        >>> phrases.vocab["new_york"], phrases.corpus_word_count
        (5, 10)
        """
        check_iterable(sentences, "sentences")
        known = self._synced_table()
        logger.info("counting words and pairs of words")
        empty = PhraseTable(self.delimiter, self.connector_words)
        learnt, min_reduce, n_words = learn(empty, sentences, self.max_vocab_size, self.progress_per)
        self.corpus_word_count += n_words
        if self._n_entries() == 0:
            self._table = learnt
            self._vocab_is_stale = self._vocab is not None
        else:
            self.min_reduce = max(self.min_reduce, min_reduce)
            self._merge(known, learnt)
        logger.info("counted %i words, now %s", n_words, self)

    def _merge(self, known: PhraseTable, learnt: PhraseTable) -> None:
        too_many = False
        if self._vocab_rules:
            counts = self.vocab
            for text, count in learnt.to_dict().items():
                counts[text] = counts.get(text, 0) + count
            too_many = len(counts) > self.max_vocab_size
            if too_many:
                prune_vocab(counts, self.min_reduce)
        else:
            known.merge(learnt)
            too_many = len(known) > self.max_vocab_size
            if too_many:
                known.prune(self.min_reduce)
            self._vocab_is_stale = self._vocab is not None
        self.min_reduce += too_many

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> tuple[Any, Any]:
        """Judge two words and the connector words between them.

        Parameters
        ----------
        word_a, word_b : str
            The ends of the phrase.
        in_between : list of str
            Connector words between them.

        Returns
        -------
        (phrase, score) : (str, float), or (None, None) for no phrase

        Examples
        --------
        >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
        >>> phrases = Phrases(corpus, min_count=1, threshold=0.9)
        >>> phrases.score_candidate("new", "york", [])
        ('new_york', 0.99)
        >>> phrases.score_candidate("york", "is", [])
        (None, None)
        """
        table = self._synced_table()
        counts = [table.get(word) if isinstance(word, str) else 0 for word in (word_a, word_b)]
        if min(counts) <= 0:
            return None, None
        phrase = self.delimiter.join([word_a, *in_between, word_b])
        both = table.get(phrase)
        if both <= 0:
            return None, None
        score = self.scoring(
            worda_count=counts[0],
            wordb_count=counts[1],
            bigram_count=both,
            len_vocab=self._n_entries(),
            min_count=self.min_count,
            corpus_word_count=self.corpus_word_count,
        )
        return (None, None) if score <= self.threshold else (phrase, score)

    def export_phrases(self) -> dict[str, Any]:
        """Return all phrases of the corpora.

        Returns
        -------
        dict of str to float
            {phrase: score}.

        Raises
        ------
        ConfigError
            With ``delimiter=""``, because joined words cannot be told apart again.

        Examples
        --------
        >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
        >>> phrases = Phrases(corpus, min_count=1, threshold=0.9)
        >>> phrases.export_phrases()
        {'new_york': 0.99}
        """
        if not self.delimiter:
            raise ConfigError('delimiter="" joins words for good: use find_phrases(sentences), or another delimiter')
        table = self._synced_table()
        if type(self).score_candidate is Phrases.score_candidate:
            return export(table, self._rule())
        phrases = {}
        for token in table.to_dict():
            first, *rest = token.split(self.delimiter)
            if rest:
                phrase, score = self.score_candidate(first, rest[-1], rest[:-1])
                if score is not None:
                    phrases[phrase] = score
        return phrases

    def freeze(self) -> FrozenPhrases:
        """Return a model that transforms the same, is small, and learns no more.

        Returns
        -------
        FrozenPhrases

        Examples
        --------
        >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
        >>> phrases = Phrases(corpus, min_count=1, threshold=0.9)
        >>> phrases.freeze().phrasegrams
        {'new_york': 0.99}
        """
        return FrozenPhrases(self)

    def __getstate__(self) -> dict[str, Any]:
        native = ("_table", "_vocab", "_vocab_is_stale", "_vocab_rules", "_cached_rule", "_shortcut")
        state = {name: value for name, value in self.__dict__.items() if name not in native}
        state["vocab"] = dict(self.vocab)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vocab = state.pop("vocab")
        self.__dict__.update(state)
        self._set_up()
        self.vocab = vocab


class FrozenPhrases(PhrasesTransformation):
    """The phrases of a :class:`Phrases` model, without the counts that led to them.

    Parameters
    ----------
    phrases_model : Phrases

    Attributes
    ----------
    phrasegrams : dict of str to float
        {phrase: score}; may be edited.
    threshold, min_count, delimiter, scoring, connector_words
        Those of the model.

    Examples
    --------
    >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
    >>> frozen = Phrases(corpus, min_count=1, threshold=0.9).freeze()
    >>> frozen[["a", "new", "york", "taxi"]]
    ['a', 'new_york', 'taxi']
    """

    _kind = record.FROZEN

    def __init__(self, phrases_model: Any) -> None:
        super().__init__(phrases_model.connector_words)
        self.threshold = phrases_model.threshold
        self.min_count = phrases_model.min_count
        self.delimiter = phrases_model.delimiter
        self.scoring = phrases_model.scoring
        started = time.perf_counter()
        self.phrasegrams = phrases_model.export_phrases()
        seconds = time.perf_counter() - started
        self.add_lifecycle_event("created", msg=f"exported {self} from {phrases_model} in {seconds:.2f}s")

    def __str__(self) -> str:
        n_phrases = len(self.phrasegrams)
        return f"{type(self).__name__}<{n_phrases} phrases, min_count={self.min_count}, threshold={self.threshold}>"

    @property
    def phrasegrams(self) -> dict[str, Any]:
        """The phrases and their scores, {phrase: score}; may be edited."""
        return self._phrasegrams

    @phrasegrams.setter
    def phrasegrams(self, phrases: dict[str, Any]) -> None:
        self._phrasegrams: WatchedDict[str, Any] = WatchedDict(phrases)
        self._table: PhraseTable | None = None
        self._cached_rule: tuple[Any, Rule] | None = None

    def _native(self) -> tuple[PhraseTable, Rule] | None:
        if type(self).score_candidate is not FrozenPhrases.score_candidate:
            return None
        table = self._table
        if table is None or self._phrasegrams.changed or table.delimiter != self.delimiter:
            table = phrase_table(self._phrasegrams, self.delimiter, frozenset(self.connector_words))
            self._table = table
            self._cached_rule = None
            self._phrasegrams.changed = False
        if table.connectors is not self.connector_words:
            table.set_connectors(check_connector_words(self.connector_words))
            self.connector_words = table.connectors
        if self._cached_rule is None or self._cached_rule[0] != self.threshold:
            self._cached_rule = self.threshold, Rule(FROZEN, self.threshold, scores=self._phrasegrams, table=table)
        return table, self._cached_rule[1]

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> tuple[Any, Any]:
        """Judge two words and the connector words between them.

        Parameters
        ----------
        word_a, word_b : str
            The ends of the phrase.
        in_between : list of str
            Connector words between them.

        Returns
        -------
        (phrase, score) : (str, float), or (None, None) for no phrase

        Examples
        --------
        >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
        >>> frozen = Phrases(corpus, min_count=1, threshold=0.9).freeze()
        >>> frozen.score_candidate("new", "york", [])
        ('new_york', 0.99)
        """
        if not (isinstance(word_a, str) and isinstance(word_b, str)):
            return None, None
        phrase = self.delimiter.join([word_a, *in_between, word_b])
        score = self._phrasegrams.get(phrase)
        return (phrase, score) if score is not None and score > self.threshold else (None, None)

    def __getstate__(self) -> dict[str, Any]:
        native = ("_table", "_phrasegrams", "_cached_rule")
        state = {name: value for name, value in self.__dict__.items() if name not in native}
        state["phrasegrams"] = dict(self._phrasegrams)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        phrasegrams = state.pop("phrasegrams")
        self.__dict__.update(state)
        self.phrasegrams = phrasegrams


Phraser = FrozenPhrases
