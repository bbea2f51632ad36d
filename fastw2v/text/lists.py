"""Corpora that are in memory already: token lists, and arrays of ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import CorpusError
from fastw2v.text._marks import mark_of, mark_of_array
from fastw2v.text._tokenize import WordTable
from fastw2v.text.chunks import Chunk, PendingChunk
from fastw2v.text.counting import Watch
from fastw2v.text.encoded import (
    FINAL,
    MAX_CACHED_PLAIN,
    MAX_SENTENCE_WORDS,
    EncodedChunk,
    EncodedCorpus,
    cuts,
    known_words,
    split_in_chunks,
)
from fastw2v.text.scan import Scan, ScanProgress
from fastw2v.text.sentences import length_of, warn_if_text
from fastw2v.text.vocab import Vocab
from fastw2v.text.word_tables import LastTable, table_of

_BATCH_IDS = 1 << 20


def chunk_words(n_words: int) -> int:
    """Return how many words a chunk of an in-memory corpus has: 64 chunks, none of them tiny or huge.

    Parameters
    ----------
    n_words : int
        Of the corpus.

    Returns
    -------
    int

    Examples
    --------
    >>> chunk_words(10), chunk_words(640_000), chunk_words(10**9)
    (1000, 10000, 50000)
    """
    return min(max(n_words // 64, 1_000), 50_000)


class ListSource:
    """A list or tuple of sentences.

    Up to ``max_cached_words`` are encoded once, and again when the list holds something else at the begin of an
    epoch, so that callbacks may change it, as in gensim, which reads the list in every epoch. A longer list is read in
    every epoch, each chunk by the thread that trains it.
    """

    fixed = True  # until the list changes, or holds sentences that nobody can know
    bound = False

    def __init__(
        self, sentences: Sequence[Any], *, max_sentence_length: int | None = None, max_cached_words: int | None = None
    ) -> None:
        self._sentences = sentences
        self._mark: int | None = None  # of the sentences that were read last
        self._was_read = False
        self._max_sentence = MAX_SENTENCE_WORDS if max_sentence_length is None else max_sentence_length
        self._max_cached_words = MAX_CACHED_PLAIN if max_cached_words is None else max_cached_words
        self._encoded: EncodedCorpus | None = None
        self._table = LastTable()

    def scan(self, progress: ScanProgress | None = None) -> Scan:
        """Count every word, in one pass."""
        return self.scan_watched(Watch(progress))

    def scan_watched(self, watch: Watch) -> Scan:
        """Count every word; ``watch`` may end it."""
        self._note_changes()
        borders = _borders(self._sentences)
        table, room = WordTable(), self._room(borders)
        chunks = self._encode(table, table.scan_sentences, 0, borders, room, watch)
        keys, counts = table.export()
        self._encoded = None
        if room is not None:
            self._encoded = EncodedCorpus(chunks, keys, [np.arange(len(keys), dtype=np.int32)])
        return watch.finish(Scan(keys, counts, int(borders[-1]), len(borders) - 1))

    def settle(self, vocab: Vocab) -> None:
        """Translate kept ids by this vocabulary from now on."""
        if self._encoded is not None:
            self._encoded.settle(vocab)

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Return the chunks of one pass, in corpus order."""
        self._note_changes()
        if self._encoded is not None and self._encoded.serves(vocab):
            return self._encoded.epoch(vocab)
        self._encoded = None
        borders = _borders(self._sentences)
        room = self._room(borders)
        if room is None:
            return self._stream(self._table.of(vocab), borders)
        table = table_of(vocab)
        chunks = self._encode(table, table.encode_sentences, FINAL, borders, room, Watch(None))
        for chunk in chunks:
            chunk.drop_unknown()
        self._encoded = EncodedCorpus.finished(chunks, vocab)
        return self._encoded.epoch(vocab)

    def _note_changes(self) -> None:
        """Forget what was read if the list holds something else now."""
        mark = mark_of(self._sentences)
        if mark is None or (self._was_read and mark != self._mark):
            self._encoded, self.fixed = None, False
        self._mark, self._was_read = mark, True

    def sentences(self) -> Sequence[Any]:
        """The sentences as they were given."""
        return self._sentences

    def _room(self, borders: NDArray[np.int64]) -> NDArray[np.uint16] | None:
        """Memory for all ids; None if they are not kept: there are many, and no sentence is longer than a chunk.

        Of one piece: chunks in pieces of their own would keep the allocator from giving back what the scan needed.
        """
        n_words = int(borders[-1])
        if n_words > self._max_cached_words and np.diff(borders).max() <= chunk_words(n_words):
            return None
        return np.empty(n_words, np.uint16)

    def _encode(
        self,
        table: WordTable,
        put: Callable[..., int],
        space: int,
        borders: NDArray[np.int64],
        room: NDArray[np.uint16] | None,
        watch: Watch,
    ) -> list[EncodedChunk]:
        """Read all sentences by ``table``'s method ``put``; give them as chunks of ids, if there is ``room``."""
        warn_if_text(self._sentences[:1])
        target = chunk_words(int(borders[-1]))
        chunks: list[EncodedChunk] = []
        for first, last in cuts(borders, target):  # so that no more than about a chunk is ever held unpacked
            begin, end = int(borders[first]), int(borders[last])
            ids, offsets = self._read(put, first, last, end - begin)
            if room is not None:
                chunks += split_in_chunks(ids, offsets, target, space, self._max_sentence, room[begin:end])
            watch(last, end, len(table))
        return chunks

    def _stream(self, table: WordTable, borders: NDArray[np.int64]) -> Iterator[PendingChunk]:
        """Chunks that are encoded where and when they are needed."""
        warn_if_text(self._sentences[:1])
        for first, last in cuts(borders, chunk_words(int(borders[-1]))):
            n_words = int(borders[last] - borders[first])
            yield PendingChunk(n_words, last - first, partial(self._encode_chunk, table, first, last, n_words))

    def _encode_chunk(self, table: WordTable, first: int, last: int, n_words: int) -> Chunk:
        return known_words(*self._read(table.encode_sentences, first, last, n_words), self._max_sentence)

    def _read(
        self, put: Callable[..., int], first: int, last: int, n_words: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Ids and borders of some sentences."""
        ids, offsets = np.empty(n_words, np.int32), np.zeros(last - first + 1, np.int64)
        batch = self._sentences[first:last]
        n_found = put(batch, first, ids, offsets)
        if (len(batch), n_found) != (last - first, n_words):
            raise CorpusError(
                f"the corpus changed while it was read: {len(batch)} sentences of {n_found} words instead of "
                f"{last - first} of {n_words}"
            )
        return ids, offsets


def _borders(sentences: Sequence[Any]) -> NDArray[np.int64]:
    """Where the sentences begin and end among all words, (n_sentences + 1,)."""
    try:
        lengths = np.fromiter(map(len, sentences), np.int64)
    except TypeError:
        for index, sentence in enumerate(sentences):
            length_of(sentence, index)  # raises, with the sentence's number
        raise
    borders = np.zeros(len(lengths) + 1, np.int64)
    lengths.cumsum(out=borders[1:])
    return borders


class ArraySource:
    """Sentences as two integer arrays: all ids in a row, and where the sentences begin and end.

    They are read again when they hold something else at the begin of an epoch.
    """

    fixed = True  # until they change
    bound = False

    def __init__(self, ids: NDArray[Any], offsets: NDArray[Any], *, max_sentence_length: int | None = None) -> None:
        self._given = ids, offsets
        self._ids, self._offsets = _checked(ids, offsets)
        self._mark: tuple[int, ...] = ()  # of what was read last
        self._max_sentence = MAX_SENTENCE_WORDS if max_sentence_length is None else max_sentence_length
        self._encoded: EncodedCorpus | None = None

    def scan(self, progress: ScanProgress | None = None) -> Scan:
        """Count every word, in one pass."""
        return self.scan_watched(Watch(progress))

    def scan_watched(self, watch: Watch) -> Scan:
        """Count every word; ``watch`` may end it."""
        self._ids, self._offsets = _checked(*self._given)
        self._mark = tuple(map(mark_of_array, self._given))
        table = WordTable()
        ids = np.empty(len(self._ids), np.int32)
        for first in range(0, len(ids), _BATCH_IDS):  # so that only a slice is ever copied to int64
            values = np.ascontiguousarray(self._ids[first : first + _BATCH_IDS], np.int64)
            table.scan_ids(values, ids[first : first + _BATCH_IDS])
            watch(0, first + len(values), len(table), (first + len(values)) / len(ids))
        keys, counts = table.export()
        room = np.empty(len(ids), np.uint16)
        chunks = split_in_chunks(ids, self._offsets, chunk_words(len(ids)), 0, self._max_sentence, room)
        self._encoded = EncodedCorpus(chunks, keys, [np.arange(len(keys), dtype=np.int32)])
        return watch.finish(Scan(keys, counts, len(ids), len(self._offsets) - 1))

    def sentences(self) -> Iterator[list[int]]:
        """The sentences as lists."""
        for begin, end in zip(self._offsets[:-1], self._offsets[1:], strict=True):
            yield self._ids[begin:end].tolist()

    def settle(self, vocab: Vocab) -> None:
        """Translate kept ids by this vocabulary from now on."""
        if self._encoded is not None:
            self._encoded.settle(vocab)

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Return the chunks of one pass, in corpus order."""
        if self._encoded is not None and self._mark != tuple(map(mark_of_array, self._given)):
            self._encoded, self.fixed = None, False
        if self._encoded is None or not self._encoded.serves(vocab):
            self.scan()
        assert self._encoded is not None
        return self._encoded.epoch(vocab)


def is_ids_and_offsets(corpus: object) -> bool:
    """Tell whether this is a corpus for :class:`ArraySource`: a tuple of two arrays.

    Parameters
    ----------
    corpus : object

    Returns
    -------
    bool

    Examples
    --------
    >>> import numpy as np
    >>> is_ids_and_offsets((np.array([3, 4]), np.array([0, 2]))), is_ids_and_offsets([["a"]])
    (True, False)
    """
    return isinstance(corpus, tuple) and len(corpus) == 2 and all(isinstance(part, np.ndarray) for part in corpus)


def _checked(ids: NDArray[Any], offsets: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    for name, array in (("ids", ids), ("offsets", offsets)):
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise CorpusError(
                f"(ids, offsets): {name} is an array of {array.dtype} with {array.ndim} dimensions; "
                "it must be a one-dimensional array of integers"
            )
    if not len(offsets) or offsets[0] != 0:
        raise CorpusError(f"(ids, offsets): offsets must start with 0, not {offsets[:1].tolist()}")
    if offsets[-1] != len(ids):
        raise CorpusError(f"(ids, offsets): offsets end with {offsets[-1]}, but there are {len(ids)} ids")
    borders = offsets.astype(np.int64)
    if (steps := np.diff(borders)).size and steps.min() < 0:
        at = int(np.argmax(steps < 0))
        raise CorpusError(f"(ids, offsets): offsets decrease at place {at}: {borders[at]}, {borders[at + 1]}")
    if len(ids) and ids.max() > np.iinfo(np.int64).max:
        raise CorpusError(f"(ids, offsets): ids[{int(np.argmax(ids))}] is {ids.max()}; ids must be < 2**63")
    if len(ids) and ids.min() < 0:
        raise CorpusError(f"(ids, offsets): ids[{int(np.argmin(ids))}] is {ids.min()}; ids must be >= 0")
    return ids, borders
