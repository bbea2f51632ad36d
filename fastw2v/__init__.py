"""word2vec at the machine's speed, with the interface of gensim.

>>> from fastw2v import Word2Vec
>>> model = Word2Vec([["hello", "word", "vectors"]] * 10, vector_size=8, min_count=1, workers=1)
>>> model.wv.most_similar("hello", topn=2)  # doctest: +ELLIPSIS
[(...), (...)]
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

from fastw2v._dispatch import show_config
from fastw2v.keyedvectors import KeyedVectors
from fastw2v.utils import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP
from fastw2v.word2vec import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus, Word2Vec

if TYPE_CHECKING:
    from fastw2v.patch import patch_gensim, unpatch_gensim

__all__ = [
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "BrownCorpus",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "Word2Vec",
    "patch_gensim",
    "show_config",
    "unpatch_gensim",
]


def __getattr__(name: str) -> Any:
    """Import what few programs use, and what would cost all others a fifth of the import time."""
    if name in ("patch_gensim", "unpatch_gensim"):
        from fastw2v import patch

        return getattr(patch, name)
    raise AttributeError(f"module 'fastw2v' has no attribute {name!r}")
