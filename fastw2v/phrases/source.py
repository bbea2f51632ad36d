"""Files seen through phrase models, as a source for training: encoded without making any sentence a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v._parallel import Prefetch
from fastw2v.phrases.file_stream import FileStream
from fastw2v.phrases.lexicon import Lexicon
from fastw2v.text._tokenize import compact
from fastw2v.text.chunks import Chunk, PendingChunk
from fastw2v.text.counting import Watch
from fastw2v.text.encoded import (
    FINAL,
    MAX_CACHED_WORDS,
    MAX_SENTENCE_WORDS,
    EncodedChunk,
    EncodedCorpus,
    PackedIds,
    cut_long_sentences,
)
from fastw2v.text.iterables import Ready
from fastw2v.text.scan import Scan, ScanProgress
from fastw2v.text.vocab import Vocab

AHEAD = 8  # chunks that may wait for the training threads
_NEW = -2  # a word of the lexicon that nobody has asked for


class Numbering:
    """Numbers for the words of a stream, whose lexicon changes.

    Parameters
    ----------
    number : callable
        Gives the number of a word (-1: none), asked once for each word of a lexicon.
    """

    def __init__(self, number: Callable[[str], int]) -> None:
        self._number = number
        self._lexicon: Lexicon | None = None
        self._numbers = np.empty(0, np.int32)

    def of(self, lexicon: Lexicon, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the numbers of words, asking for new ones in the order in which they stand here."""
        if lexicon is not self._lexicon:
            self._lexicon, self._numbers = lexicon, np.empty(0, np.int32)
        if len(lexicon.strings) > len(self._numbers):
            room = np.full(2 * len(lexicon.strings), _NEW, np.int32)
            room[: len(self._numbers)] = self._numbers
            self._numbers = room
        numbers = self._numbers[ids]
        new = dict.fromkeys(ids[numbers == _NEW].tolist())
        if new:
            for place in new:
                self._numbers[place] = self._number(lexicon.strings[place])
            numbers = self._numbers[ids]
        return numbers


class StreamSource:
    """The text of files with its phrases joined, in chunks that follow the blocks of the files.

    As of other files, the word ids of a text of up to ``max_cached_words`` are kept; of a longer one each epoch
    reads the files again, in a thread of its own.

    Parameters
    ----------
    corpus : iterable of list of str
        What the stream gives, sentence by sentence.
    stream : FileStream
    max_sentence_length : int or None
        Longer sentences are cut in pieces of so many words; None: 10,000.
    max_cached_words : int or None
        None: 64 million.
    """

    fixed = True
    bound = False

    def __init__(
        self,
        corpus: Iterable[Any],
        stream: FileStream,
        *,
        max_sentence_length: int | None = None,
        max_cached_words: int | None = None,
    ) -> None:
        self._corpus = corpus
        self._stream = stream
        self._max_sentence = MAX_SENTENCE_WORDS if max_sentence_length is None else max_sentence_length
        self._max_cached_words = MAX_CACHED_WORDS if max_cached_words is None else max_cached_words
        self._encoded: EncodedCorpus | None = None
        self._n_words: int | None = None

    def sentences(self) -> Iterable[Any]:
        """The sentences of one pass."""
        return self._corpus

    def scan(self, progress: ScanProgress | None = None) -> Scan:
        """Count every word, in one pass."""
        return self.scan_watched(Watch(progress))

    def scan_watched(self, watch: Watch) -> Scan:
        """Count every word; ``watch`` may end it."""
        places: dict[str, int] = {}
        numbering = Numbering(lambda word: places.setdefault(word, len(places)))
        counts = np.zeros(0, np.int64)
        kept: list[EncodedChunk] | None = []
        n_words = n_sentences = 0
        for chunk in self._chunks(numbering):
            n_words += chunk.n_words
            n_sentences += chunk.n_sentences
            found = np.bincount(chunk.ids, minlength=len(counts))
            found[: len(counts)] += counts
            counts = found
            kept = self._keep(kept, chunk, n_words, 0)
            watch(n_sentences, n_words, len(places))
        self._n_words = n_words
        keys = list(places)
        self._encoded = None
        if kept is not None:
            self._encoded = EncodedCorpus(kept, keys, [np.arange(len(keys), dtype=np.int32)])
        return watch.finish(Scan(keys, counts, n_words, n_sentences))

    def settle(self, vocab: Vocab) -> None:
        """Translate kept ids by this vocabulary from now on."""
        if self._encoded is not None:
            self._encoded.settle(vocab)

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Return the chunks of one pass, in corpus order."""
        if self._encoded is not None and self._encoded.serves(vocab):
            yield from self._encoded.epoch(vocab)
            return
        self._encoded = None
        may_fit = self._n_words is None or self._n_words <= self._max_cached_words
        kept: list[EncodedChunk] | None = [] if may_fit else None
        n_words = 0
        index = vocab.index
        chunks = Prefetch(self._chunks(Numbering(lambda word: index.get(word, -1))), AHEAD)
        try:
            for chunk in chunks:
                n_words += chunk.n_words
                n_known = compact(chunk.ids, chunk.offsets)
                chunk = chunk._replace(ids=chunk.ids[:n_known])
                kept = self._keep(kept, chunk, n_words, FINAL)
                yield PendingChunk(chunk.n_words, chunk.n_sentences, Ready(chunk))
        finally:
            chunks.close()
        self._n_words = n_words
        if kept is not None:
            self._encoded = EncodedCorpus.finished(kept, vocab)

    def _keep(
        self, kept: list[EncodedChunk] | None, chunk: Chunk, n_words: int, space: int
    ) -> list[EncodedChunk] | None:
        """Pack the ids of a chunk behind the others, or let go of all when they are too many."""
        if kept is None or n_words > self._max_cached_words:
            return None
        kept.append(EncodedChunk(PackedIds(chunk.ids), chunk.offsets, chunk.n_words, chunk.n_sentences, space))
        return kept

    def _chunks(self, numbering: Numbering) -> Iterator[Chunk]:
        """One pass; unknown words are -1."""
        for lexicon, ids, offsets in self._stream:
            pieces, _ = cut_long_sentences(offsets, self._max_sentence)
            yield Chunk(numbering.of(lexicon, ids), pieces, len(ids), len(offsets) - 1)
