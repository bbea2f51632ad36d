"""Corpora seen through phrase models: natively from files, in batches from lists, else one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastw2v.phrases._text import Sentences
from fastw2v.phrases.file_stream import FileStream, Joins
from fastw2v.phrases.source import StreamSource
from fastw2v.text.source import files_of

BATCH_SENTENCES = 64  # of a list, transformed together


class TransformedCorpus:
    """A corpus seen through a phrase model: each pass reads the corpus again and joins its phrases.

    Made by ``model[corpus]``; as often iterable as the corpus itself is. Lists, and corpora that stand for files, are
    read some sentences ahead; other corpora are not.

    Parameters
    ----------
    obj : object
        ``obj[sentence]`` is a transformed sentence.
    corpus : iterable of sentences
    chunksize : None
        Accepted for gensim's signature; not used.

    Examples
    --------
    >>> from fastw2v.phrases import Phrases
    >>> corpus = [["new", "york", "is", "big"], ["in", "new", "york"], ["big", "apple"]] * 5
    >>> joined = Phrases(corpus, min_count=1, threshold=0.9)[corpus]
    >>> list(joined)[:2]
    [['new_york', 'is', 'big'], ['in', 'new_york']]
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
        found = batches(self)
        if found is None:
            transform = self.obj.__getitem__
            for sentence in self.corpus:
                yield transform(sentence)
        else:
            for batch in found:
                yield from batch

    def __getitem__(self, docno: int) -> Any:
        """Return the transformed sentence at position `docno`.

        Raises
        ------
        RuntimeError
            If the corpus has no positions.
        """
        if not hasattr(self.corpus, "__getitem__"):
            raise RuntimeError(f"a corpus of type {type(self.corpus).__name__} has no positions: iterate over it")
        return self.obj[self.corpus[docno]]

    def native_source(self, **options: Any) -> StreamSource | None:
        """Return what trains on this corpus without making a list of any sentence; None if there is no such way.

        Parameters
        ----------
        **options
            Those of :class:`fastw2v.phrases.source.StreamSource`.

        Returns
        -------
        StreamSource or None

        Examples
        --------
        >>> from fastw2v.phrases import Phrases
        >>> sentences = [["new", "york"]] * 5
        >>> Phrases(sentences, min_count=1, threshold=0.9)[sentences].native_source() is None  # a list is no file
        True
        """
        stream = open_files(self)
        return None if stream is None else StreamSource(self, stream, **options)


def unwrap(corpus: Any) -> tuple[Any, list[Joins]] | None:
    """Return the innermost corpus and the phrase models around it, from the inside out.

    Parameters
    ----------
    corpus : iterable of sentences

    Returns
    -------
    (corpus, models) or None
        None if one of the models may treat sentences in a way of its own.

    Examples
    --------
    >>> unwrap([["new", "york"]])
    ([['new', 'york']], [])
    """
    models: list[Joins] = []
    while isinstance(corpus, TransformedCorpus):
        if type(corpus) is not TransformedCorpus or not getattr(corpus.obj, "_joins_natively", bool)():
            return None
        models.append(corpus.obj)
        corpus = corpus.corpus
    return corpus, models[::-1]


def open_files(corpus: Any) -> FileStream | None:
    """Return the native reader of files, or of files seen through phrase models; None for other corpora.

    Parameters
    ----------
    corpus : iterable of sentences

    Returns
    -------
    FileStream or None

    Examples
    --------
    >>> open_files([["new", "york"]]) is None
    True
    """
    unwrapped = unwrap(corpus)
    if unwrapped is None:
        return None
    files = files_of(unwrapped[0])
    return None if files is None else FileStream(files, unwrapped[1])


def batches(corpus: Any) -> Iterator[Iterable[Any]] | None:
    """Return the sentences of a corpus in batches; None if they must be taken one by one.

    Parameters
    ----------
    corpus : iterable of sentences

    Returns
    -------
    iterator of iterables of sentences, or None

    Examples
    --------
    >>> [list(batch) for batch in batches([["new", "york"], ["old"]])]
    [[['new', 'york'], ['old']]]
    >>> batches(iter([["new", "york"]])) is None
    True
    """
    unwrapped = unwrap(corpus)
    if unwrapped is None:
        return None
    innermost, models = unwrapped
    if type(innermost) in (list, tuple):
        return _list_batches(innermost, models)
    files = files_of(innermost)
    if files is None:
        return None
    return (Sentences(lexicon.strings, ids, offsets) for lexicon, ids, offsets in FileStream(files, models))


def _list_batches(
    sentences: list[Any] | tuple[Any, ...], models: list[Joins]
) -> Iterator[Iterable[Any]]:
    first = 0
    while first < len(sentences):  # a list may grow on the way
        batch = sentences[first : first + BATCH_SENTENCES]
        first += BATCH_SENTENCES
        yield _joined(list(batch), models) if all(map(_is_plain, batch)) else _one_by_one(batch, models)


def _is_plain(words: Any) -> bool:
    return type(words) is list and (not words or isinstance(words[0], str))


def _joined(batch: list[list[Any]], models: list[Joins]) -> Iterable[Any]:
    joined = batch
    try:
        for model in models:
            joined = model._segment(joined)
    except Exception:  # the sentences before the one that fails are due first
        return _one_by_one(batch, models)
    return joined


def _one_by_one(batch: Iterable[Any], models: list[Joins]) -> Iterator[Any]:
    for words in batch:
        for model in models:
            words = model[words]
        yield words
