"""What the tests of the sources share: a corpus read through, spelt out as words again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise

import numpy as np

from fastw2v.text.chunks import Chunk, Source
from fastw2v.text.vocab import Vocab, select_words


def vocab_of(source: Source, min_count: int = 1) -> Vocab:
    return select_words(source.scan(), min_count=min_count).vocab()


def chunks_of(source: Source, vocab: Vocab) -> list[Chunk]:
    """One epoch, with every promise of the contract checked."""
    chunks = []
    for pending in source.epoch(vocab):
        chunk = pending.encode()
        assert (chunk.n_words, chunk.n_sentences) == (pending.n_words, pending.n_sentences)
        assert (chunk.ids.dtype, chunk.offsets.dtype) == (np.int32, np.int64)
        assert chunk.offsets[0] == 0
        assert chunk.offsets[-1] == len(chunk.ids)
        assert (np.diff(chunk.offsets) >= 0).all()
        assert not len(chunk.ids) or (chunk.ids.min() >= 0 and chunk.ids.max() < len(vocab))
        chunks.append(chunk)
    return chunks


def spelt(chunks: Sequence[Chunk], vocab: Vocab) -> list[list[Hashable]]:
    return [[vocab.keys[i] for i in chunk.ids[a:b]] for chunk in chunks for a, b in pairwise(chunk.offsets)]


def assert_faithful(
    source: Source, sentences: Sequence[Sequence[Hashable]], n_sentences: int | None = None, min_count: int = 1
) -> None:
    """The source counts and gives, twice, just these (cut) sentences; rare words are left out, not lost."""
    words = [word for sentence in sentences for word in sentence]
    expected = Counter(words)
    scan = source.scan()
    assert scan.keys == list(expected)
    assert scan.counts.tolist() == list(expected.values())
    assert (scan.n_words, scan.n_sentences) == (len(words), n_sentences or len(sentences))
    vocab = select_words(scan, min_count=min_count).vocab()
    for _ in range(2):
        chunks = chunks_of(source, vocab)
        assert sum(chunk.n_words for chunk in chunks) == scan.n_words
        assert sum(chunk.n_sentences for chunk in chunks) == scan.n_sentences
        assert spelt(chunks, vocab) == [[w for w in s if expected[w] >= min_count] for s in sentences]
