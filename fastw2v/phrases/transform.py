"""What all phrase models do with sentences: join, analyse, find, and stream over a corpus."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast, overload

from fastw2v.compat.corpora import SaveLoad
from fastw2v.errors import CorpusError
from fastw2v.phrases import storage
from fastw2v.phrases._counts import PhraseTable
from fastw2v.phrases._segment import PAIRS, PHRASES, TOKENS, Rule, Segmenter
from fastw2v.phrases._words import shown
from fastw2v.phrases.file_stream import Stage
from fastw2v.phrases.record import Kind
from fastw2v.phrases.scoring import check_connector_words
from fastw2v.phrases.stream import TransformedCorpus, batches, open_files

if TYPE_CHECKING:
    from typing_extensions import Self


def check_iterable(value: object, name: str) -> None:
    """Refuse a string, and what cannot be iterated, where sentences or words are expected.

    Parameters
    ----------
    value : object
    name : str
        What the message calls it.

    Raises
    ------
    CorpusError
        If it is a string or no iterable.

    Examples
    --------
    >>> check_iterable(["new", "york"], "sentence")
    """
    if isinstance(value, (str, bytes, bytearray)):
        raise CorpusError(
            f"{name} is {shown(value)}, a {type(value).__name__}: its letters would be taken for words. "
            "Give a list of words, for example text.split(), or LineSentence(path) for a file"
        )
    if isinstance(value, Mapping):
        raise CorpusError(
            f"{name} is {shown(value)}, a {type(value).__name__}: its keys would be taken for words. "
            "Give the values, or the field that holds the words"
        )
    if not (hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__")):
        raise CorpusError(f"{name} is {shown(value)}, a {type(value).__name__}: it cannot be iterated over")


def split_single(sentence_or_corpus: Any) -> tuple[bool, Any]:
    """Tell whether the argument is one sentence, and return it unread.

    Parameters
    ----------
    sentence_or_corpus : iterable
        An iterator is started to look at its first element.

    Returns
    -------
    (single, whole) : (bool, iterable)
        `whole` has all elements; of an iterator it is a new one.

    Examples
    --------
    >>> split_single(["new", "york"])
    (True, ['new', 'york'])
    >>> split_single([["new", "york"]])
    (False, [['new', 'york']])
    """
    if isinstance(sentence_or_corpus, (list, tuple)):
        return not sentence_or_corpus or isinstance(sentence_or_corpus[0], str), sentence_or_corpus
    check_iterable(sentence_or_corpus, "the sentence or corpus")
    iterator = iter(sentence_or_corpus)
    try:
        first = next(iterator)
    except StopIteration:
        return True, []
    whole: Any = itertools.chain([first], iterator)
    if isinstance(first, str):
        return True, whole
    return False, whole if iterator is sentence_or_corpus else sentence_or_corpus


def _as_list(sentence: Iterable[Any]) -> list[Any]:
    return sentence if type(sentence) is list else list(sentence)


class PhrasesTransformation(SaveLoad):
    """Base of the phrase models; a subclass needs :meth:`score_candidate` and `connector_words`.

    Parameters
    ----------
    connector_words : iterable of str
        Words that may stand inside a phrase but not at its ends.
    """

    connector_words: frozenset[str]
    _kind: ClassVar[Kind]  # what is saved of it; of the two classes that can be saved

    def __init__(self, connector_words: Iterable[str] = frozenset()) -> None:
        self.connector_words = check_connector_words(connector_words)

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> tuple[Any, Any]:
        """Judge two words, which are no connector words, and the connector words between them.

        Parameters
        ----------
        word_a, word_b : str
            The ends of the phrase.
        in_between : list of str
            Connector words between them.

        Returns
        -------
        (phrase, score) : (str, float), or (None, None) for no phrase

        Raises
        ------
        NotImplementedError
            Always; a subclass defines it.

        Examples
        --------
        >>> class Pairs(PhrasesTransformation):
        ...     def score_candidate(self, word_a, word_b, in_between):
        ...         return ("new_york", 1.0) if (word_a, word_b) == ("new", "york") else (None, None)
        >>> Pairs()[["in", "new", "york"]]
        ['in', 'new_york']
        """
        raise NotImplementedError(f"{type(self).__name__} must define score_candidate")

    def _native(self) -> tuple[PhraseTable, Rule] | None:
        """Return what native segmentation needs; None: ask `score_candidate` for each pair."""
        return None

    def _whole(self, n_words: int) -> tuple[PhraseTable, Rule] | None:
        """Return a smaller table for sentences of which no word holds the delimiter, if there is one.

        Parameters
        ----------
        n_words : int
            So many words are to be joined next.
        """
        return None

    def _joins_natively(self) -> bool:
        """Tell whether :meth:`_segment` gives what a subclass would have its sentences become."""
        kind, base = type(self), PhrasesTransformation
        own = kind.__getitem__ is not base.__getitem__ or kind.analyze_sentence is not base.analyze_sentence
        return not own and self._native() is not None

    def _segment_natively(self, sentences: list[list[Any]], form: int) -> list[list[Any] | None]:
        """Return what :meth:`_segment` gives, None where only texts can be compared."""
        native = self._native()
        return [None] * len(sentences) if native is None else Segmenter(*native).segment(sentences, form)

    def _segment(self, sentences: list[list[Any]], form: int = TOKENS) -> list[list[Any]]:
        """Return of each sentence its tokens, its (token, score) pairs, or the pairs of its phrases only."""
        found = self._segment_natively(sentences, form)
        return [
            self._segment_by_text(words, form) if tokens is None else tokens
            for words, tokens in zip(sentences, found, strict=True)
        ]

    def _segment_by_text(self, sentence: list[Any], form: int) -> list[Any]:
        pairs = self._analyse_by_text(sentence)
        if form == TOKENS:
            return [token for token, _ in pairs]
        return [pair for pair in pairs if form == PAIRS or pair[1] is not None]

    def _analyse_by_text(self, sentence: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Specify the analysis; native segmentation gives the same and is used where it can be."""
        start = None  # position of the last word that may begin a phrase
        for position, word in enumerate(sentence):
            if word in self.connector_words:
                if start is None:
                    yield word, None
                continue
            if start is not None:
                in_between = sentence[start + 1 : position]
                phrase, score = self.score_candidate(sentence[start], word, in_between)
                if score is not None:
                    yield phrase, score
                    start = None
                    continue
                yield from ((token, None) for token in sentence[start:position])
            # As in gensim an empty word starts nothing, and so disappears.
            start = position if word else None
        if start is not None:
            yield from ((token, None) for token in sentence[start:])

    def analyze_sentence(self, sentence: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """Return the tokens of a sentence, phrases joined, each with its score.

        Parameters
        ----------
        sentence : iterable of str

        Yields
        ------
        (token, score) : (str, float or None)
            None for a word that is part of no phrase.

        Raises
        ------
        CorpusError
            If `sentence` is one string.

        Examples
        --------
        >>> from fastw2v.phrases import Phrases
        >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
        >>> phrases = Phrases(corpus, min_count=1, threshold=0.9)
        >>> list(phrases.analyze_sentence(["in", "new", "york"]))
        [('in', None), ('new_york', 0.99)]
        """
        check_iterable(sentence, "sentence")
        yield from self._segment([_as_list(sentence)], PAIRS)[0]

    @overload
    def __getitem__(self, sentence: Sequence[str]) -> list[str]: ...  # type: ignore[overload-overlap]

    @overload
    def __getitem__(self, sentence: Iterable[Iterable[str]]) -> TransformedCorpus: ...

    def __getitem__(self, sentence: Any) -> Any:
        """Join the phrases of one sentence, or of each sentence of a corpus.

        Parameters
        ----------
        sentence : list of str, or iterable of list of str

        Returns
        -------
        list of str, or TransformedCorpus
            A corpus is read lazily, and as often as the result is iterated.

        Raises
        ------
        CorpusError
            If `sentence` is one string.
        """
        single, sentence = split_single(sentence)
        if not single:
            return self._apply(sentence)
        if type(self).analyze_sentence is not PhrasesTransformation.analyze_sentence:
            return [token for token, _ in self.analyze_sentence(sentence)]
        return self._segment([_as_list(sentence)])[0]

    def _apply(self, corpus: Any, chunksize: int | None = None, **kwargs: Any) -> TransformedCorpus:
        return TransformedCorpus(self, corpus, chunksize, **kwargs)

    def find_phrases(self, sentences: Iterable[Iterable[str]]) -> dict[str, Any]:
        """Return the phrases that occur in some sentences.

        Parameters
        ----------
        sentences : iterable of list of str

        Returns
        -------
        dict of str to float
            {phrase: score}.

        Raises
        ------
        CorpusError
            If `sentences` or one of them is a string.

        Examples
        --------
        >>> from fastw2v.phrases import Phrases
        >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
        >>> phrases = Phrases(corpus, min_count=1, threshold=0.9)
        >>> phrases.find_phrases([["new", "york"], ["old", "york"]])
        {'new_york': 0.99}
        """
        check_iterable(sentences, "sentences")
        phrases: dict[str, Any] = {}
        if type(self).analyze_sentence is not PhrasesTransformation.analyze_sentence:
            for sentence in sentences:
                phrases.update(pair for pair in self.analyze_sentence(sentence) if pair[1] is not None)
            return phrases
        files_read = open_files(sentences) if self._joins_natively() else None
        if files_read is not None:
            stage = Stage(self)
            for block in files_read:
                phrases.update(stage.find(*block))
            return phrases
        found = batches(sentences)
        for batch in ([sentence] for sentence in sentences) if found is None else found:
            for sentence in (checked := list(batch)):
                check_iterable(sentence, "sentence")
            for pairs in self._segment(list(map(_as_list, checked)), PHRASES):
                phrases.update(pairs)
        return phrases

    def save(self, fname_or_handle: Any, *args: Any, **kwargs: Any) -> None:
        """Write the model to one file (safetensors, no pickle), atomically.

        Parameters
        ----------
        fname_or_handle : path or binary file
            A name that ends in .gz, .bz2, .xz or .zst is compressed.
        *args, **kwargs
            gensim's further arguments; not used, there are no side files.

        Raises
        ------
        ConfigError
            If the scoring function cannot be found again by its name (a lambda, a local function).

        Examples
        --------
        >>> from fastw2v.phrases import Phrases
        >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
        >>> phrases = Phrases(corpus, min_count=1, threshold=0.9)
        >>> phrases.save("phrases.model")
        >>> Phrases.load("phrases.model").export_phrases()
        {'new_york': 0.99}
        """
        storage.write(self, fname_or_handle)
        self.add_lifecycle_event("saved")

    @classmethod
    def load(cls, fname: Any, mmap: str | None = None, *, scoring: Any = None) -> Self:
        """Read a model that :meth:`save` or gensim has written; no code from the file is run.

        Parameters
        ----------
        fname : path
        mmap : None
            Accepted for gensim's signature.
        scoring : callable, optional
            The custom scorer of the model. Needed if the module that defines it is not imported.

        Returns
        -------
        Phrases or FrozenPhrases
            What the file holds, as `cls` if that is a subclass of it.

        Raises
        ------
        FormatError
            If the file is no phrase model, is damaged, or names a scorer that is not at hand.

        Examples
        --------
        >>> from fastw2v.phrases import FrozenPhrases, Phrases
        >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
        >>> frozen = Phrases(corpus, min_count=1, threshold=0.9).freeze()
        >>> frozen.save("frozen.model")
        >>> FrozenPhrases.load("frozen.model")[["new", "york"]]
        ['new_york']
        """
        kind, state = storage.read(fname, scoring)
        recorded = next(one for one in PhrasesTransformation.__subclasses__() if vars(one).get("_kind") is kind)
        made = cls if issubclass(cls, recorded) else recorded
        model: Any = object.__new__(made)
        parts = {*kind.parameters, kind.items, *storage.RECORDED}
        model.__setstate__({name: value for name, value in state.items() if name in parts or not hasattr(made, name)})
        model.add_lifecycle_event("loaded")
        return cast("Self", model)  # what is asked for; who asks the wrong class gets the one of the file all the same
