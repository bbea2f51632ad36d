"""Classes of ``gensim.models.word2vec`` that nothing here uses, but that programs import."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from fastw2v.compat.corpora import SaveLoad


class Heapitem(namedtuple("Heapitem", "count index left right")):
    """Node of a Huffman tree in the making: the rarer of two is the smaller.

    Examples
    --------
    >>> min(Heapitem(5, 0, None, None), Heapitem(2, 1, None, None)).index
    1
    """

    def __lt__(self, other: Any) -> bool:
        return bool(self.count < other.count)


class Word2VecVocab(SaveLoad):
    """What held the vocabulary's settings in gensim 3."""


class Word2VecTrainables(SaveLoad):
    """What held the output weights in gensim 3."""
