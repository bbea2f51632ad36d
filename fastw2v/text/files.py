"""Files as a source: read in parallel, counted and encoded without the GIL."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v._parallel import ordered_map
from fastw2v.errors import CorpusError
from fastw2v.text._tokenize import Tokenizer, WordTable
from fastw2v.text.blocks import Block, BlockReader, blocks_of
from fastw2v.text.chunks import Chunk, PendingChunk
from fastw2v.text.corpus import LineSentence, Text8Corpus
from fastw2v.text.counting import Watch
from fastw2v.text.encoded import (
    FINAL,
    MAX_CACHED_PLAIN,
    MAX_CACHED_WORDS,
    MAX_SENTENCE_WORDS,
    EncodedChunk,
    EncodedCorpus,
    PackedIds,
    others_chunk,
)
from fastw2v.text.paths import is_plain
from fastw2v.text.scan import Scan, ScanProgress
from fastw2v.text.shares import ShareOfScan, Sharers, interleaved, scan_of_all
from fastw2v.text.vocab import Vocab
from fastw2v.text.word_tables import LastTable, table_of


class _Scanned(NamedTuple):
    """What one thread found in one block."""

    worker: int
    n_distinct: int  # of that worker's table, after the block
    ids: PackedIds | None
    offsets: NDArray[np.int64] | None
    n_words: int
    n_sentences: int
    n_bytes: int  # of text


class FileSource:
    """The text of one or many files.

    The first pass counts words and keeps the text as provisional ids, little more than two bytes for each word, while
    there are no more than ``max_cached_words``; above that only the size of each block is kept, and
    every epoch reads the files again, which takes a twentieth of the time of training (of skip-gram, 100 dimensions).

    Parameters
    ----------
    paths : list of str
    max_sentence_length : int
        Longer lines are cut in pieces of so many words; the rest of the line follows as the next sentence.
        A line of more than a mebibyte may also be cut at the border of a block.
    limit : int or None
        Only the first so many lines of each file.
    lines : bool
        Whether a newline ends a sentence; if not, only ``max_sentence_length`` does.
    workers : int
        Threads for passes over all the text.
    max_cached_words : int or None
        None: 24 million; 64 million if a file has to be unpacked or fetched, which takes longer than reading.
    sharers : Sharers, optional
        Processes with which this one shares the files: it reads block ``i`` of a pass only if that is its own, and
        may ask for no other chunk's ids.
    """

    fixed = True
    bound = False

    def __init__(
        self,
        paths: Sequence[str],
        *,
        max_sentence_length: int | None = None,
        limit: int | None = None,
        lines: bool = True,
        workers: int = 1,
        max_cached_words: int | None = None,
        sharers: Sharers | None = None,
    ) -> None:
        self._paths = list(paths)
        self._sharers = sharers
        if max_cached_words is None:
            max_cached_words = MAX_CACHED_PLAIN if all(map(is_plain, self._paths)) else MAX_CACHED_WORDS
        self._max_sentence = MAX_SENTENCE_WORDS if max_sentence_length is None else max_sentence_length
        self._limit = limit
        self._lines = lines
        self._workers = workers
        self._max_cached_words = max_cached_words
        self._encoded: EncodedCorpus | None = None
        self._index: list[tuple[int, int]] | None = None  # (n_words, n_sentences) of each block
        self._local = threading.local()
        self._table = LastTable()

    def scan(self, progress: ScanProgress | None = None) -> Scan:
        """Count every word, in one pass."""
        return self.scan_watched(Watch(progress))

    def scan_watched(self, watch: Watch) -> Scan:
        """Count every word; ``watch`` may end it."""
        tables = [WordTable() for _ in range(self._workers)]

        def read(reader: BlockReader, tokenizer: Tokenizer, worker: int, block: Block) -> _Scanned:
            n_bytes = reader.load(block)
            table = tables[worker]
            found = tokenizer.scan(table, reader.buffer, n_bytes, self._max_sentence, self._lines, self._keep)
            ids = None if found[0] is None else PackedIds(found[0])
            return _Scanned(worker, len(table), ids, *found[1:], n_bytes)

        scanned = self._pass(read, lambda: max(map(len, tables)), watch)
        merged, spaces, n_distinct = _merge(tables, scanned)
        tables.clear()  # tens of megabytes that the list of words can use
        keys, counts = merged.export()
        if self._keep:
            chunks = [
                EncodedChunk(s.ids, s.offsets, s.n_words, s.n_sentences, s.worker)
                for s in scanned
                if s.ids is not None and s.offsets is not None
            ]
            self._encoded = EncodedCorpus(self._with_others(chunks), keys, spaces)
        assert self._index is not None
        n_words, n_sentences = (sum(sizes) for sizes in zip((0, 0), *self._index, strict=True))
        if self._sharers is not None:
            share = ShareOfScan(keys, counts, n_distinct)
            return watch.finish(scan_of_all(self._sharers, share, n_words, n_sentences))
        return watch.finish(Scan(keys, counts, n_words, n_sentences))

    def settle(self, vocab: Vocab) -> None:
        """Translate kept ids by this vocabulary from now on."""
        if self._encoded is not None:
            self._encoded.settle(vocab)

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Return the chunks of one pass, in corpus order."""
        if self._encoded is None or not self._encoded.serves(vocab):
            self._encoded = None
            if self._index is None or sum(n_words for n_words, _ in self._index) <= self._max_cached_words:
                self._encode_all(vocab)
        if self._encoded is not None:
            yield from self._encoded.epoch(vocab)
        else:
            yield from self._stream(vocab)

    def _encode_all(self, vocab: Vocab) -> None:
        """One pass over the text with a finished vocabulary, keeping the ids if they are few enough."""
        table = table_of(vocab)

        def read(reader: BlockReader, tokenizer: Tokenizer, worker: int, block: Block) -> _Scanned:
            n_bytes = reader.load(block)
            if self._keep:
                found = tokenizer.encode(table, reader.buffer, n_bytes, self._max_sentence, self._lines)
                return _Scanned(worker, 0, PackedIds(found[0]), *found[1:], n_bytes)
            sizes = tokenizer.count(reader.buffer, n_bytes, self._max_sentence, self._lines)
            return _Scanned(worker, 0, None, None, *sizes, n_bytes)

        scanned = self._pass(read, lambda: len(vocab), Watch(None))
        if self._keep:
            chunks = [
                EncodedChunk(s.ids, s.offsets, s.n_words, s.n_sentences, FINAL)
                for s in scanned
                if s.ids is not None and s.offsets is not None
            ]
            self._encoded = EncodedCorpus.finished(self._with_others(chunks), vocab)

    def _with_others(self, chunks: list[EncodedChunk]) -> list[EncodedChunk]:
        """Put this process's chunks among those of all, of which it knows the sizes."""
        if self._sharers is None:
            return chunks
        assert self._index is not None
        mine = iter(chunks)
        return [
            next(mine) if number % self._sharers.size == self._sharers.rank else others_chunk(*sizes)
            for number, sizes in enumerate(self._index)
        ]

    def sentences(self) -> Iterator[list[str]]:
        """The sentences as gensim's corpus classes cut them."""
        for path in self._paths:
            if self._lines:
                yield from LineSentence(path, self._max_sentence, self._limit)
            else:
                yield from Text8Corpus(path, self._max_sentence)

    def _pass(
        self,
        read: Callable[[BlockReader, Tokenizer, int, Block], _Scanned],
        n_distinct: Callable[[], int],
        watch: Watch,
    ) -> list[_Scanned]:
        """Apply ``read`` to every block; note the sizes; stop keeping ids when they are too many."""
        self._keep = True
        self._encoded = None

        def make_worker(number: int) -> Callable[[Block], _Scanned]:
            reader, tokenizer = BlockReader(self._paths), Tokenizer()

            def work(block: Block) -> _Scanned:
                try:
                    return read(reader, tokenizer, number, block)
                except UnicodeDecodeError as error:
                    raise reader.explain(error, block) from None

            return work

        scanned: list[_Scanned] = []
        n_words = n_sentences = n_bytes = 0
        all_bytes = self._size()
        blocks = blocks_of(self._paths, self._limit)
        if self._sharers is not None:
            all_bytes //= self._sharers.size
            blocks = itertools.islice(blocks, self._sharers.rank, None, self._sharers.size)
        for result in ordered_map(make_worker, blocks, self._workers):
            n_words += result.n_words
            n_sentences += result.n_sentences
            n_bytes += result.n_bytes
            expected = max(n_words, n_words * all_bytes / max(n_bytes, 1) / 1.5)  # the begin may be unlike the rest
            if self._keep and expected > self._max_cached_words:
                self._keep = False
                scanned = [_without_ids(earlier) for earlier in scanned]
            scanned.append(result if self._keep else _without_ids(result))
            watch(n_sentences, n_words, n_distinct(), min(n_bytes / all_bytes, 1.0) if all_bytes else 0.0)
        self._index = [(s.n_words, s.n_sentences) for s in scanned]
        if self._sharers is not None:
            self._index = interleaved(self._sharers.gather(self._index))
        return scanned

    def _size(self) -> int:
        """Bytes of text, 0 where nobody can tell: ids that will be too many are not even begun to be kept."""
        if self._limit is not None or not all(map(is_plain, self._paths)):
            return 0
        try:
            return sum(map(os.path.getsize, self._paths))
        except OSError:
            return 0  # who opens the file will say why

    def _stream(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Blocks that are read (or were unpacked) and encoded where and when they are needed."""
        table = self._table.of(vocab)
        index = self._index or []
        n_blocks = 0
        for number, block in enumerate(blocks_of(self._paths, self._limit)):
            if number >= len(index):
                raise self._changed()
            n_blocks += 1
            yield PendingChunk(*index[number], _BlockEncoding(self, table, block, index[number]))
        if n_blocks != len(index):
            raise self._changed()

    def encode_block(self, table: WordTable, block: Block, expected: tuple[int, int]) -> Chunk:
        """Read and encode one block; called from any thread."""
        local = self._local
        if not hasattr(local, "reader"):
            local.reader, local.tokenizer = BlockReader(self._paths), Tokenizer()
        n_bytes = local.reader.load(block)
        buffer = local.reader.buffer
        chunk = Chunk(*local.tokenizer.encode(table, buffer, n_bytes, self._max_sentence, self._lines))
        if (chunk.n_words, chunk.n_sentences) != expected:
            raise self._changed()
        return chunk

    def _changed(self) -> CorpusError:
        return CorpusError(
            f"{', '.join(self._paths[:3])} changed after its words were counted; build the vocabulary again"
        )


class _BlockEncoding:
    __slots__ = ("_block", "_expected", "_source", "_table")

    def __init__(self, source: FileSource, table: WordTable, block: Block, expected: tuple[int, int]) -> None:
        self._source, self._table, self._block, self._expected = source, table, block, expected

    def __call__(self) -> Chunk:
        return self._source.encode_block(self._table, self._block, self._expected)


def _without_ids(scanned: _Scanned) -> _Scanned:
    return scanned._replace(ids=None, offsets=None)


def _merge(
    tables: list[WordTable], scanned: list[_Scanned]
) -> tuple[WordTable, list[NDArray[np.int32]], list[int]]:
    """One table with the words in the order in which they stand in the files, whoever read them.

    Also the place there of each word of a worker's table, and how many words there were after each block.

    Within a worker's table words stand in that order already, block after block; so the blocks are
    gone through in order, and of each only the words that were new to its worker.
    """
    if len(tables) == 1:
        return tables[0], [np.arange(len(tables[0]), dtype=np.int32)], [block.n_distinct for block in scanned]
    merged = WordTable()
    spaces = [np.empty(len(table), np.int32) for table in tables]
    n_merged, n_distinct = [0] * len(tables), []
    for block in scanned:
        low, high = n_merged[block.worker], block.n_distinct
        if low < high:
            merged.absorb(tables[block.worker], low, high, spaces[block.worker])
            n_merged[block.worker] = high
        n_distinct.append(len(merged))
    return merged, spaces, n_distinct
