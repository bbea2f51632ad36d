"""word2vec at the machine's speed, with the interface of gensim.

>>> from fastw2v import Word2Vec
>>> model = Word2Vec([["hello", "word", "vectors"]] * 10, vector_size=8, min_count=1, workers=1)
>>> model.wv.most_similar("hello", topn=2)  # doctest: +ELLIPSIS
[(...), (...)]
"""

import importlib
import importlib.machinery
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if importlib.machinery.PathFinder.find_spec("fastw2v._kernels", __path__) is None:  # now, and not at the first name
    raise ImportError(
        f"the compiled modules of fastw2v are not in {__path__[0]}, or not for this Python: install a wheel "
        "(`pip install fastw2v`), or compile them in a checkout (`make build`, or `pip install .`: needs a C compiler)"
    )

if TYPE_CHECKING:
    from fastw2v import callbacks as callbacks
    from fastw2v import distributed as distributed
    from fastw2v import errors as errors
    from fastw2v import explore as explore
    from fastw2v import files as files
    from fastw2v import formats as formats
    from fastw2v import keyedvectors as keyedvectors
    from fastw2v import patch as patch
    from fastw2v import phrases as phrases
    from fastw2v import plot as plot
    from fastw2v import presets as presets
    from fastw2v import sklearn as sklearn
    from fastw2v import tuning as tuning
    from fastw2v import utils as utils
    from fastw2v import word2vec as word2vec
    from fastw2v._dispatch import show_config
    from fastw2v.distributed import train_distributed
    from fastw2v.files import load, save
    from fastw2v.keyedvectors import KeyedVectors
    from fastw2v.patch import patch_gensim, unpatch_gensim
    from fastw2v.phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phrases
    from fastw2v.tuning import tune
    from fastw2v.utils import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP
    from fastw2v.word2vec import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus, Word2Vec

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "BrownCorpus",
    "FrozenPhrases",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Phrases",
    "Text8Corpus",
    "Word2Vec",
    "load",
    "patch_gensim",
    "save",
    "show_config",
    "train_distributed",
    "tune",
    "unpatch_gensim",
]

# Names are imported when they are asked for (PEP 562): a program that only queries vectors never loads the
# trainer, and one that only names the package loads nothing.
_HOMES = {
    "_dispatch": ["show_config"],
    "distributed": ["train_distributed"],
    "files": ["load", "save"],
    "keyedvectors": ["KeyedVectors"],
    "patch": ["patch_gensim", "unpatch_gensim"],
    "phrases": ["ENGLISH_CONNECTOR_WORDS", "FrozenPhrases", "Phrases"],
    "tuning": ["tune"],
    "utils": ["RULE_DEFAULT", "RULE_DISCARD", "RULE_KEEP"],
    "word2vec": ["BrownCorpus", "LineSentence", "PathLineSentences", "Text8Corpus", "Word2Vec"],
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = {*_HOMES, "callbacks", "errors", "explore", "formats", "plot", "presets", "sklearn"} - {"_dispatch"}


if not TYPE_CHECKING:  # a type checker that saw it would take any name for one that exists

    def __getattr__(name: str) -> Any:
        if home := _HOME_OF.get(name):
            value = getattr(importlib.import_module(f"fastw2v.{home}"), name)
            globals()[name] = value
            return value
        if name in _MODULES:
            return importlib.import_module(f"fastw2v.{name}")
        raise AttributeError(f"module 'fastw2v' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, for completion."""
    return sorted({*__all__, *_MODULES, "__version__"})
