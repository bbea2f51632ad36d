"""What all phrase models do with sentences: join, analyse, find, and stream over a corpus."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from fastw2v._phrase_words import shown
from fastw2v._phrases import PhraseTable
from fastw2v._segment import Rule, segment
from fastw2v.errors import CorpusError
from fastw2v.phrases import files
from fastw2v.phrases.scoring import check_connector_words
from fastw2v.utils import SaveLoad


class TransformedCorpus:
    """A corpus seen through a phrase model: each pass reads the corpus again and joins its phrases.

    Made by ``model[corpus]``; as often iterable as the corpus itself is.

    Parameters
    ----------
    obj : object
        ``obj[sentence]`` is a transformed sentence.
    corpus : iterable of sentences
    chunksize : None
        Accepted for gensim's signature; sentences are transformed one by one.
    """

    def __init__(self, obj: Any, corpus: Any, chunksize: int | None = None, **kwargs: Any) -> None:
        self.obj = obj
        self.corpus = corpus
        self.chunksize = chunksize
        for name, value in kwargs.items():
            setattr(obj, name, value)
        self.metadata = False

    def __len__(self) -> int:
        return len(self.corpus)

    def __iter__(self) -> Iterator[Any]:
        transform = self.obj.__getitem__
        for sentence in self.corpus:
            yield transform(sentence)

    def __getitem__(self, docno: int) -> Any:
        """Give the transformed sentence at position `docno`.

        Raises
        ------
        RuntimeError
            If the corpus has no positions.
        """
        if not hasattr(self.corpus, "__getitem__"):
            raise RuntimeError(f"a corpus of type {type(self.corpus).__name__} has no positions: iterate over it")
        return self.obj[self.corpus[docno]]


def check_iterable(value: object, name: str) -> None:
    """Raise a CorpusError if a string, or no iterable, stands where sentences or words are expected."""
    if isinstance(value, (str, bytes, bytearray)):
        raise CorpusError(
            f"{name} is {shown(value)}, a {type(value).__name__}: its letters would be taken for words. "
            "Give a list of words, for example text.split(), or LineSentence(path) for a file"
        )
    if not (hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__")):
        raise CorpusError(f"{name} is {shown(value)}, a {type(value).__name__}: it cannot be iterated over")


def split_single(sentence_or_corpus: Any) -> tuple[bool, Any]:
    """Tell whether the argument is one sentence; give it back unread.

    An iterator has to be started for that, so what comes back may be a new one.
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


class PhrasesTransformation(SaveLoad):
    """Base of the phrase models; a subclass needs :meth:`score_candidate` and `connector_words`.

    Parameters
    ----------
    connector_words : iterable of str
        Words that may stand inside a phrase but not at its ends.
    """

    connector_words: frozenset[str]

    def __init__(self, connector_words: Iterable[str] = frozenset()) -> None:
        self.connector_words = check_connector_words(connector_words)

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> tuple[Any, Any]:
        """Judge two words, which are no connector words, and the connector words between them.

        Returns
        -------
        (phrase, score) : (str, float) or (None, None)
        """
        raise NotImplementedError(f"{type(self).__name__} must define score_candidate")

    def _native(self) -> tuple[PhraseTable, Rule] | None:
        """Give what native segmentation needs; None: ask `score_candidate` for each pair."""
        return None

    def _segment(self, sentence: Iterable[Any], with_scores: bool) -> list[Any]:
        words = sentence if isinstance(sentence, list) else list(sentence)
        native = self._native()
        tokens = None if native is None else segment(native[0], words, native[1], with_scores)
        if tokens is None:
            pairs = self._analyse_by_text(words)
            tokens = list(pairs) if with_scores else [token for token, _ in pairs]
        return tokens

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
        """Give the tokens of a sentence, phrases joined, each with its score.

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
        """
        check_iterable(sentence, "sentence")
        yield from self._segment(sentence, with_scores=True)

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
        return self._segment(sentence, with_scores=False)

    def _apply(self, corpus: Any, chunksize: int | None = None, **kwargs: Any) -> TransformedCorpus:
        return TransformedCorpus(self, corpus, chunksize, **kwargs)

    def find_phrases(self, sentences: Iterable[Iterable[str]]) -> dict[str, Any]:
        """Give the phrases that occur in some sentences.

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
        """
        check_iterable(sentences, "sentences")
        return {
            phrase: score
            for sentence in sentences
            for phrase, score in self.analyze_sentence(sentence)
            if score is not None
        }

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
        """
        files.save(self, fname_or_handle)
        self.add_lifecycle_event("saved", fname_or_handle=str(fname_or_handle))

    @classmethod
    def load(cls, fname: Any, mmap: str | None = None, *, scoring: Any = None) -> Any:
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
        """
        model = files.load(cls, fname, scoring)
        model.add_lifecycle_event("loaded", fname=str(fname))
        return model
