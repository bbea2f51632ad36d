"""A corpus held as word ids: provisional ones from the scan, then those of the vocabulary."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from fastw2v.text._tokenize import compact
from fastw2v.text.chunks import Chunk, PendingChunk
from fastw2v.text.vocab import Vocab

MAX_SENTENCE_WORDS = 10_000  # longer sentences are cut in pieces, as gensim's LineSentence does
MAX_CACHED_WORDS = 64_000_000  # of corpora that take long to read: some 130 MB
MAX_CACHED_PLAIN = 24_000_000  # of text files and lists: 50 MB, so that the whole process stays below gensim's
FINAL = -1  # the "space" of ids that are the vocabulary's


class PackedIds:
    """Word ids in little more than two bytes each: few words of a text have an id above 65,535.

    Parameters
    ----------
    ids : int32 array, (n_ids,)
        Copied; -1 stands for an unknown word.
    room : uint16 array, (n_ids,), optional
        Memory for them, such as a part of what a whole corpus needs.
    """

    __slots__ = ("_high", "_low", "_where")

    def __init__(self, ids: NDArray[np.int32], room: NDArray[np.uint16] | None = None) -> None:
        self._low = np.empty(len(ids), np.uint16) if room is None else room  # (n_ids,) the lower half of each id
        self.replace(ids)

    def replace(self, ids: NDArray[np.int32]) -> None:
        """Hold other ids, no more than there were, in the same memory: freed pieces seldom go back."""
        self._low = self._low[: len(ids)]
        np.copyto(self._low, ids, casting="unsafe")
        self._where = (ids >> 16).nonzero()[0].astype(np.int32)  # places of the ids that need both halves
        self._high = ids[self._where]

    def unpack(self) -> NDArray[np.int32]:
        """The ids as they were given, in a new array."""
        ids = self._low.astype(np.int32)
        ids[self._where] = self._high
        return ids


class EncodedChunk:
    """One chunk whose ids are translated for good when they are first asked for."""

    __slots__ = ("ids", "n_sentences", "n_words", "offsets", "space")

    def __init__(
        self, ids: PackedIds, offsets: NDArray[np.int64], n_words: int, n_sentences: int, space: int
    ) -> None:
        self.ids = ids
        self.offsets = offsets
        self.n_words = n_words
        self.n_sentences = n_sentences
        self.space = space  # which provisional numbering the ids belong to; FINAL: the vocabulary's

    def translate(self, mappings: Sequence[NDArray[np.int32]]) -> Chunk:
        """Return the chunk with the ids of the vocabulary, by the mapping of its space."""
        ids = self.ids.unpack()
        if self.space != FINAL:
            ids = ids[: compact(ids, self.offsets, mappings[self.space])]
            self.ids.replace(ids)
            self.space = FINAL
        return Chunk(ids, self.offsets, self.n_words, self.n_sentences)

    def drop_unknown(self) -> None:
        """Leave out the ids -1 of a chunk that was encoded with the vocabulary."""
        ids = self.ids.unpack()
        self.ids.replace(ids[: compact(ids, self.offsets)])


class OthersChunk(EncodedChunk):
    """A chunk that another process trains: only its sizes are known here."""

    __slots__ = ()

    def translate(self, mappings: Sequence[NDArray[np.int32]]) -> Chunk:
        """Raise: nobody should ask."""
        raise AssertionError("this chunk is another process's")


def others_chunk(n_words: int, n_sentences: int) -> EncodedChunk:
    """Return a chunk that another process trains.

    Parameters
    ----------
    n_words, n_sentences : int

    Returns
    -------
    EncodedChunk
        Without ids.

    Examples
    --------
    >>> others_chunk(9, 2).n_words
    9
    """
    return OthersChunk(PackedIds(np.empty(0, np.int32)), np.zeros(1, np.int64), n_words, n_sentences, FINAL)


class EncodedCorpus:
    """All chunks of a corpus in memory, little more than two bytes for each word.

    Parameters
    ----------
    chunks : list of EncodedChunk
    keys : list
        Words of the scan, in the order in which they were first seen.
    spaces : list of int32 arrays
        For each provisional numbering, the place in ``keys`` of each id.
    """

    def __init__(
        self, chunks: list[EncodedChunk], keys: Sequence[Hashable], spaces: Sequence[NDArray[np.int32]]
    ) -> None:
        self._chunks = chunks
        self._keys: Sequence[Hashable] = keys
        self._spaces = spaces
        self._mappings: Sequence[NDArray[np.int32]] = ()
        self._words: Sequence[Hashable] | None = None  # of the vocabulary, without its index of megabytes

    @classmethod
    def finished(cls, chunks: list[EncodedChunk], vocab: Vocab) -> EncodedCorpus:
        """Chunks that were encoded with ``vocab`` already."""
        corpus = cls(chunks, (), ())
        corpus._words = vocab.keys
        return corpus

    def serves(self, vocab: Vocab) -> bool:
        """Whether the ids can (still) be those of ``vocab``: words that were left out are gone."""
        return self._words is None or self._words == vocab.keys

    def settle(self, vocab: Vocab) -> None:
        """Choose the vocabulary for good; the words of the scan are let go."""
        if self._words is None:
            known = ids_of(self._keys, vocab)
            self._mappings = [known[space] for space in self._spaces]
            self._words, self._keys, self._spaces = vocab.keys, (), ()

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Return all chunks, in corpus order; the iterator knows how many (``operator.length_hint``)."""
        self.settle(vocab)
        chunks = self._chunks
        return iter([PendingChunk(one.n_words, one.n_sentences, _Translation(one, self._mappings)) for one in chunks])


class _Translation:
    __slots__ = ("_chunk", "_mappings")

    def __init__(self, chunk: EncodedChunk, mappings: Sequence[NDArray[np.int32]]) -> None:
        self._chunk = chunk
        self._mappings = mappings

    def __call__(self) -> Chunk:
        return self._chunk.translate(self._mappings)


def ids_of(keys: Sequence[Hashable], vocab: Vocab) -> NDArray[np.int32]:
    """Return the vocabulary's id of each key, -1 where it has none.

    Parameters
    ----------
    keys : sequence of hashable
    vocab : Vocab

    Returns
    -------
    ndarray of int32, shape (n_keys,)

    Examples
    --------
    >>> vocab = Vocab(["the", "cat"], np.array([7, 2]))
    >>> ids_of(["cat", "dog", "the"], vocab)
    array([ 1, -1,  0], dtype=int32)
    """
    index = vocab.index
    return np.fromiter((index.get(key, -1) for key in keys), np.int32, len(keys))


def cut_long_sentences(
    offsets: NDArray[np.int64], max_sentence_length: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the borders of pieces no longer than ``max_sentence_length``, and which of them start a sentence.

    Parameters
    ----------
    offsets : ndarray of int64, shape (n_sentences + 1,)
        Borders of the sentences.
    max_sentence_length : int

    Returns
    -------
    offsets : ndarray of int64, shape (n_pieces + 1,)
    starts_sentence : ndarray of bool, shape (n_pieces,)

    Examples
    --------
    >>> import numpy as np
    >>> pieces, starts = cut_long_sentences(np.array([0, 2, 7]), 3)
    >>> pieces.tolist(), starts.tolist()
    ([0, 2, 5, 7], [True, True, False])
    """
    lengths = offsets[1:] - offsets[:-1]
    if not lengths.size or lengths.max() <= max_sentence_length:
        return offsets, np.ones(lengths.size, np.bool_)
    n_pieces = np.maximum(-(-lengths // max_sentence_length), 1)
    first_piece = np.cumsum(n_pieces) - n_pieces
    place = np.arange(n_pieces.sum()) - np.repeat(first_piece, n_pieces)
    starts = np.repeat(offsets[:-1], n_pieces) + place * max_sentence_length
    return np.append(starts, offsets[-1]), place == 0


def known_words(ids: NDArray[np.int32], offsets: NDArray[np.int64], max_sentence_length: int) -> Chunk:
    """Return encoded sentences as a chunk, without the ids -1 of unknown words; long sentences are cut.

    Parameters
    ----------
    ids : ndarray of int32, shape (n_words,)
        Changed.
    offsets : ndarray of int64, shape (n_sentences + 1,)
    max_sentence_length : int

    Returns
    -------
    Chunk

    Examples
    --------
    >>> import numpy as np
    >>> chunk = known_words(np.array([4, -1, 5], np.int32), np.array([0, 2, 3]), 10_000)
    >>> chunk.ids.tolist(), chunk.offsets.tolist(), chunk.n_words
    ([4, 5], [0, 1, 2], 3)
    """
    pieces, _ = cut_long_sentences(offsets, max_sentence_length)
    n_words = len(ids)
    return Chunk(ids[: compact(ids, pieces)], pieces, n_words, len(offsets) - 1)


def cuts(offsets: NDArray[np.int64], target_words: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of sentences with about ``target_words`` words each, one sentence at least.

    Parameters
    ----------
    offsets : ndarray of int64, shape (n_sentences + 1,)
    target_words : int

    Yields
    ------
    (first, last) : (int, int)
        Sentences ``first`` to ``last - 1``.

    Examples
    --------
    >>> import numpy as np
    >>> list(cuts(np.array([0, 3, 6, 20, 21]), 5))
    [(0, 2), (2, 3), (3, 4)]
    """
    first, n_sentences = 0, len(offsets) - 1
    while first < n_sentences:
        last = int(offsets.searchsorted(offsets[first] + target_words, "left"))
        last = min(max(last, first + 1), n_sentences)
        yield first, last
        first = last


def split_in_chunks(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    target_words: int,
    space: int,
    max_sentence_length: int,
    room: NDArray[np.uint16],
) -> list[EncodedChunk]:
    """Cut encoded sentences in chunks of about ``target_words`` words.

    Parameters
    ----------
    ids : ndarray of int32, shape (n_words,)
    offsets : ndarray of int64, shape (n_sentences + 1,)
    target_words : int
    space : int
        Which mapping the ids need still.
    max_sentence_length : int
        Longer sentences are cut.
    room : ndarray of uint16, shape (n_words,)
        The ids are packed into it.

    Returns
    -------
    list of EncodedChunk

    Examples
    --------
    >>> import numpy as np
    >>> ids, offsets = np.arange(6, dtype=np.int32), np.array([0, 3, 6])
    >>> chunks = split_in_chunks(ids, offsets, 3, 0, 10_000, np.empty(6, np.uint16))
    >>> [chunk.ids.unpack().tolist() for chunk in chunks]
    [[0, 1, 2], [3, 4, 5]]
    """
    pieces, starts_sentence = cut_long_sentences(offsets, max_sentence_length)
    n_starts = np.zeros(len(pieces), np.int64)
    starts_sentence.cumsum(out=n_starts[1:])
    chunks = []
    for first, last in cuts(pieces, target_words):
        begin, end = int(pieces[first]), int(pieces[last])
        chunks.append(
            EncodedChunk(
                PackedIds(ids[begin:end], room[begin:end]),
                pieces[first : last + 1] - begin,
                end - begin,
                int(n_starts[last] - n_starts[first]),
                space,
            )
        )
    return chunks
