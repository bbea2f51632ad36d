"""Sentences from any iterable, drawn anew for each pass, and from functions that give one."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from fastw2v.errors import CorpusError
from fastw2v.text._tokenize import WordTable
from fastw2v.text.chunks import Chunk, PendingChunk
from fastw2v.text.counting import Watch
from fastw2v.text.encoded import MAX_SENTENCE_WORDS, known_words
from fastw2v.text.lists import ArraySource, chunk_words, is_ids_and_offsets
from fastw2v.text.scan import Scan, ScanProgress
from fastw2v.text.sentences import own_tokens, refuse_text, warn_if_text
from fastw2v.text.vocab import Vocab
from fastw2v.text.word_tables import LastTable

BATCH_WORDS = 20_000  # words in a chunk of an iterable, where nobody knows how many it has

ITERATORS: tuple[Any, ...] = (
    map, filter, zip, enumerate, reversed, type(iter([])), type(iter(())), type(iter({}.values()))
)  # fmt: skip


def is_one_shot(corpus: object) -> bool:
    """Tell whether the corpus can be read once only: a generator, as in gensim.

    Other iterators may rewind themselves in ``__iter__``, so they are given a chance.

    Parameters
    ----------
    corpus : object

    Returns
    -------
    bool

    Examples
    --------
    >>> is_one_shot(sentence for sentence in [["one"]]), is_one_shot([["one"]])
    (True, False)
    """
    return isinstance(corpus, types.GeneratorType)


def is_spent_by_a_count(corpus: object) -> bool:
    """Tell whether nothing is left of a corpus for training after its words were counted.

    That is so for generators and for the iterators of Python itself. Those of programs may rewind themselves.

    Parameters
    ----------
    corpus : object

    Returns
    -------
    bool

    Examples
    --------
    >>> is_spent_by_a_count(map(str.split, ["one line"])), is_spent_by_a_count([["one", "line"]])
    (True, False)
    """
    return is_one_shot(corpus) or isinstance(corpus, ITERATORS) or type(corpus).__module__ in ("itertools", "_csv")


class IterableSource:
    """An iterable of sentences: a new ``iter()`` for each pass, so that fresh walks stay fresh."""

    fixed = False
    bound = True

    def __init__(self, corpus: Iterable[Any], *, max_sentence_length: int | None = None) -> None:
        self._corpus = corpus
        self._max_sentence = MAX_SENTENCE_WORDS if max_sentence_length is None else max_sentence_length
        self._n_words: int | None = None  # of a pass, where that is known
        self._n_passes = 0
        self._was_read = False  # of texts instead of lists of words one pass warns
        self._table = LastTable()

    def sentences(self) -> Iterable[Any]:
        """The sentences of the next pass."""
        if self._n_passes and is_one_shot(self._corpus):
            raise CorpusError(
                f"the corpus {self._corpus!r:.80} is a {type(self._corpus).__name__} and is used up after one pass, "
                "but more are needed; pass a list, an object whose __iter__ starts anew, "
                "or the function that makes it"
            )
        self._n_passes += 1
        return self._corpus

    def scan(self, progress: ScanProgress | None = None) -> Scan:
        """Count every word, in one pass."""
        table, watch = WordTable(), Watch(progress)
        n_words = n_sentences = 0
        for sentences, lengths in self._batches():
            ids, offsets = _room(lengths)
            n_words += table.scan_sentences(sentences, n_sentences, ids, offsets)
            n_sentences += len(sentences)
            watch(n_sentences, n_words, len(table))
        return watch.finish(Scan(*table.export(), n_words, n_sentences))

    def settle(self, vocab: Vocab) -> None:
        """Nothing is kept from the scan."""

    def expect(self, n_words: int | None) -> None:
        """Know how many words a pass has, so that chunks are those of a list with the same sentences."""
        self._n_words = n_words

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Return the chunks of one pass, in corpus order."""
        n_sentences = 0
        for sentences, lengths in self._batches():
            table = self._table.of(vocab)  # not before: the corpus may be exhausted
            ids, offsets = _room(lengths)
            table.encode_sentences(sentences, n_sentences, ids, offsets)
            n_sentences += len(sentences)
            chunk = known_words(ids, offsets, self._max_sentence)
            yield PendingChunk(chunk.n_words, chunk.n_sentences, Ready(chunk))

    def _batches(self) -> Iterator[tuple[list[Any], list[int]]]:
        """Sentences with their lengths, about a chunk of words at a time; all are taken as they come."""
        most = BATCH_WORDS if self._n_words is None else chunk_words(self._n_words)
        warn, self._was_read = not self._was_read, True
        batch: list[Any] = []
        lengths: list[int] = []
        n_words, first = 0, 0
        for sentence in self.sentences():
            if warn:
                warn_if_text([sentence])
                warn = False
            batch.append(own_tokens(sentence, first + len(batch)))
            lengths.append(len(batch[-1]))
            n_words += lengths[-1]
            if n_words >= most:
                yield batch, lengths
                first += len(batch)
                batch, lengths, n_words = [], [], 0
        if batch:
            yield batch, lengths


class CallableSource(IterableSource):
    """A function that gives the sentences of a pass: called with the epoch's number if it takes one."""

    def __init__(self, function: Callable[..., Iterable[Any]], *, max_sentence_length: int | None = None) -> None:
        super().__init__((), max_sentence_length=max_sentence_length)
        self._function = function
        self._wants_epoch = _required_parameters(function) == 1
        self._n_epochs = 0

    def start_at(self, epoch: int) -> None:
        """Let the next pass be that of an epoch, counted from 0: for training that is resumed."""
        self._n_epochs = epoch

    def sentences(self) -> Iterable[Any]:
        """Return the sentences of the next pass."""
        sentences: Any = self._function(self._n_epochs) if self._wants_epoch else self._function()
        refuse_text(sentences, f"the corpus function {self._function!r} gave")
        if is_ids_and_offsets(sentences):
            return ArraySource(*sentences).sentences()
        if not isinstance(sentences, Iterable) and not hasattr(type(sentences), "__getitem__"):
            raise CorpusError(
                f"the corpus function {self._function!r} gave {sentences!r:.60}; it must give an iterable of sentences"
            )
        return sentences  # type: ignore[no-any-return]

    def settle(self, vocab: Vocab) -> None:
        """Nothing is kept from the scan."""

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Return the chunks of one pass, in corpus order."""
        yield from super().epoch(vocab)
        self._n_epochs += 1


def _required_parameters(function: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have no signature
        return 0
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is inspect.Parameter.empty for p in parameters)


class Ready:
    """What a pending chunk calls where the chunk was encoded beforehand."""

    __slots__ = ("_chunk",)

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk

    def __call__(self) -> Chunk:
        """Return the chunk."""
        return self._chunk


def _room(lengths: list[int]) -> tuple[Any, Any]:
    return np.empty(sum(lengths), np.int32), np.empty(len(lengths) + 1, np.int64)
