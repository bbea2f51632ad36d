"""Hypothesis strategies for the training code: chunks, trees, dimensions, modes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from fastw2v.train.huffman import Huffman, build_huffman

# around every vector width
DIMENSIONS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 67)

dimensions = st.integers(1, 67)


class Mode(NamedTuple):
    """One way to train, in the words of the kernels' plan."""

    skip_gram: bool
    ns: bool
    hs: bool
    cbow_mean: bool = True
    cbow_exact: bool = False
    locked: bool = False

    def __str__(self) -> str:
        architecture = "sg" if self.skip_gram else f"cbow-{'mean' if self.cbow_mean else 'sum'}"
        objective = "+".join(name for name, on in (("hs", self.hs), ("ns", self.ns)) if on)
        exact = "-exact" if self.cbow_exact else ""
        return f"{architecture}{exact}-{objective}{'-lock' if self.locked else ''}"


OBJECTIVES = [(True, False), (False, True), (True, True)]  # (ns, hs)
MODES = [Mode(True, ns, hs, locked=locked) for ns, hs in OBJECTIVES for locked in (False, True)] + [
    Mode(False, ns, hs, mean, exact, locked)
    for ns, hs in OBJECTIVES
    for mean in (True, False)
    for exact in (True, False)
    for locked in (False, True)
]


class ChunkCase(NamedTuple):
    """A chunk of sentences over a small vocabulary."""

    n_words: int
    ids: np.ndarray  # int32
    offsets: np.ndarray  # int64
    counts: np.ndarray  # int64, at least 1 for each word

    @property
    def tree(self) -> Huffman:
        return build_huffman(self.counts)


@st.composite
def chunks(draw: st.DrawFn, max_words: int = 12, max_sentences: int = 6, max_length: int = 14) -> ChunkCase:
    """Sentences of any length, also empty ones, full of repetitions."""
    n_words = draw(st.integers(2, max_words))
    word = st.integers(0, n_words - 1)
    sentences = draw(st.lists(st.lists(word, max_size=max_length), min_size=1, max_size=max_sentences))
    ids = np.array([w for sentence in sentences for w in sentence], dtype=np.int32)
    offsets = np.cumsum([0, *map(len, sentences)], dtype=np.int64)
    return ChunkCase(n_words, ids, offsets, np.bincount(ids, minlength=n_words).astype(np.int64) + 1)
