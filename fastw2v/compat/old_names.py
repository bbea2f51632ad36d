"""Names of gensim 3.x, and names that gensim 4 deprecates: each warns once and gives what replaced it.

gensim 4 raises for most of the 3.x names. Here old programs run. The aliases are read-only: assigning to
one raises an AttributeError that names the attribute to assign to.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypedDict

from numpy.typing import NDArray

from fastw2v.checks import truth

logger = logging.getLogger("fastw2v.keyedvectors")


def warn(old: str, new: str, stacklevel: int = 3) -> None:
    """Say that a name is deprecated, as seen from the caller of the function that calls this."""
    warnings.warn(f"{old} is deprecated, use {new}", DeprecationWarning, stacklevel=stacklevel)


class CompatVocab:
    """What gensim 3.x kept about a word: ``count``, ``index`` and whatever else it is made with."""

    def __init__(self, **fields: Any) -> None:
        self.count = 0
        self.__dict__.update(fields)

    def __lt__(self, other: CompatVocab) -> bool:
        return self.count < other.count

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}:{value!r}" for name, value in sorted(self.__dict__.items()))
        return f"{type(self).__name__}({fields})"


CompatVocab.__module__ = "fastw2v.keyedvectors"  # the path that stays: programs pickle such objects


class VocabView(Mapping[Any, CompatVocab]):
    """The dictionary that ``vocab`` was in gensim 3.x, made up from ``key_to_index`` and the attributes."""

    def __init__(self, vectors: Any) -> None:
        self._vectors = vectors

    def __getitem__(self, key: Any) -> CompatVocab:
        row = self._vectors.key_to_index[key]
        columns = self._vectors.expandos.items()
        known = {name: column[row].item() if column.dtype != object else column[row] for name, column in columns}
        return CompatVocab(**{"count": len(self) - row, **known, "index": row})

    def __iter__(self) -> Iterator[Any]:
        return iter(self._vectors.key_to_index)

    def __len__(self) -> int:
        return len(self._vectors.key_to_index)

    def __contains__(self, key: object) -> bool:
        return key in self._vectors.key_to_index

    def __repr__(self) -> str:
        return repr(dict(self))


class _Alias:
    """Attribute that warns and gives what replaced it; read-only unless told how to set it."""

    def __init__(self, new: str, get: Callable[[Any], Any], set: Callable[[Any, Any], None] | None = None) -> None:
        self.new, self.get, self.set = new, get, set

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._replacement(instance)

    def _replacement(self, instance: Any) -> Any:
        if instance is None:
            return self
        warn(f"{type(instance).__name__}.{self.name}", self.new, stacklevel=4)
        return self.get(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.set is None:
            raise AttributeError(
                f"{type(instance).__name__}.{self.name} is an alias that can only be read: set {self.new}"
            )
        warn(f"{type(instance).__name__}.{self.name}", self.new)
        self.set(instance, value)


class _FreeAlias(_Alias):
    """Alias whose name a program may also use for something of its own, as it may in gensim 4."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is not None and self.name in instance.__dict__:
            return instance.__dict__[self.name]
        return self._replacement(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.name] = value

    def __delete__(self, instance: Any) -> None:
        try:
            del instance.__dict__[self.name]
        except KeyError:
            raise AttributeError(self.name) from None


def _set_keys(vectors: Any, keys: list[Any]) -> None:
    vectors.index_to_key = keys


class _WvMethod:
    """Method that gensim 3.x had on the model too, and that belongs to its vectors."""

    def __init__(self, new: str | None = None) -> None:
        self.new = new

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        new = self.new or self.name
        warn(f"{type(instance).__name__}.{self.name}()", f"wv.{new}()")
        return getattr(instance.wv, new)


class DeprecatedKeyedVectorsNames:
    """The 3.x names of ``KeyedVectors``."""

    wv = _Alias("the object itself", lambda kv: kv)
    vocab = _Alias("key_to_index, get_vecattr() and set_vecattr()", VocabView)
    syn0 = _Alias("vectors", lambda kv: kv.vectors)
    syn0norm = _Alias("get_normed_vectors()", lambda kv: kv.get_normed_vectors())
    # gensim 4 has setters for these three, which programs for both versions use.
    index2word = _Alias("index_to_key", lambda kv: kv.index_to_key, _set_keys)
    index2entity = _Alias("index_to_key", lambda kv: kv.index_to_key, _set_keys)
    vectors_norm = _Alias("get_normed_vectors()", lambda kv: kv.get_normed_vectors(), lambda kv, value: None)

    def init_sims(self, replace: bool = False) -> None:
        """3.x: prepare the scaled vectors; with ``replace`` scale all vectors to length 1 in place."""
        warn("KeyedVectors.init_sims()", "fill_norms() or unit_normalize_all()")
        if truth("replace", replace):
            logger.warning("destructive init_sims(replace=True) deprecated & no longer required for space-efficiency")
            self.unit_normalize_all()  # type: ignore[attr-defined]
        else:
            self.fill_norms()  # type: ignore[attr-defined]

    def word_vec(self, word: Any, use_norm: bool = False, *, norm: bool = False) -> NDArray[Any]:
        """3.x: ``get_vector``."""
        warn("KeyedVectors.word_vec()", "get_vector()")
        return self.get_vector(word, norm=use_norm or norm)  # type: ignore[attr-defined, no-any-return]

    def words_closer_than(self, word1: Any, word2: Any) -> list[Any]:
        """3.x: ``closer_than``."""
        warn("KeyedVectors.words_closer_than()", "closer_than()")
        return self.closer_than(word1, word2)  # type: ignore[attr-defined, no-any-return]

    def similarity_unseen_docs(self, *args: Any, **kwargs: Any) -> None:
        """3.x: of Doc2Vec only; raises NotImplementedError."""
        raise NotImplementedError("similarity_unseen_docs() belongs to Doc2Vec models: there are none in this package")

    def accuracy(
        self,
        questions: Any,
        restrict_vocab: int = 30000,
        most_similar: Any = None,
        case_insensitive: bool = True,
    ) -> list[dict[str, Any]]:
        """3.x: the sections of ``evaluate_word_analogies``."""
        warn("KeyedVectors.accuracy()", "evaluate_word_analogies()")
        method = getattr(most_similar, "__name__", "most_similar")
        sections: list[dict[str, Any]] = self.evaluate_word_analogies(  # type: ignore[attr-defined]
            questions, restrict_vocab, case_insensitive, similarity_function=method
        )[1]
        sections[-1]["section"] = "total"
        return sections


class DeprecatedWord2VecNames:
    """The 3.x names of ``Word2Vec``, most of which moved to ``wv``."""

    most_similar = _WvMethod()
    most_similar_cosmul = _WvMethod()
    most_similar_to_given = _WvMethod()
    similar_by_word = _WvMethod()
    similar_by_vector = _WvMethod()
    similarity = _WvMethod()
    distance = _WvMethod()
    distances = _WvMethod()
    n_similarity = _WvMethod()
    doesnt_match = _WvMethod()
    wmdistance = _WvMethod()
    closer_than = _WvMethod()
    rank = _WvMethod()
    evaluate_word_pairs = _WvMethod()
    evaluate_word_analogies = _WvMethod()
    accuracy = _WvMethod()
    get_vector = _WvMethod()
    word_vec = _WvMethod("get_vector")
    save_word2vec_format = _WvMethod()
    intersect_word2vec_format = _WvMethod()

    iter = _FreeAlias("epochs", lambda model: model.epochs)
    size = _FreeAlias("vector_size", lambda model: model.vector_size)
    vocab = _FreeAlias("wv.key_to_index", lambda model: VocabView(model.wv))
    index2word = _FreeAlias("wv.index_to_key", lambda model: model.wv.index_to_key)
    syn0 = _FreeAlias("wv.vectors", lambda model: model.wv.vectors)
    syn0norm = _FreeAlias("wv.get_normed_vectors()", lambda model: model.wv.get_normed_vectors())
    syn0_lockf = _FreeAlias("wv.vectors_lockf", lambda model: model.wv.vectors_lockf)
    vectors_lockf = _FreeAlias("wv.vectors_lockf", lambda model: model.wv.vectors_lockf)
    trainables = _FreeAlias("the model itself", lambda model: model)
    vocabulary = _FreeAlias("the model itself", lambda model: model)

    def __getitem__(self: Any, words: Any) -> NDArray[Any]:
        """3.x: ``wv[words]``."""
        warn("Word2Vec[...]", "wv[...]")
        vectors: NDArray[Any] = self.wv[words]
        return vectors

    def __contains__(self: Any, word: Any) -> bool:
        """3.x: ``word in wv``."""
        warn("'word in model'", "'word in model.wv'")
        return word in self.wv

    __iter__ = None  # __getitem__ alone would make Python iterate over 0, 1, 2, ...

    def delete_temporary_training_data(self, *args: Any, **kwargs: Any) -> None:
        """3.x: free memory after training; nothing is kept now that would be worth it."""
        warn("Word2Vec.delete_temporary_training_data()", "model.wv alone: save it and drop the model")


# What **keywords may be, so that type checkers find misspelt arguments.


class OldSettings(TypedDict, total=False):
    """Keyword arguments of ``Word2Vec`` in gensim 3."""

    size: int
    iter: int


class OldCorpus(TypedDict, total=False):
    """Keyword arguments of ``scan_vocab`` in gensim 3."""

    sentences: Any


class OldTraining(OldCorpus, total=False):
    """Keyword arguments of ``train`` in gensim 3."""

    iter: int


class VocabularySettings(OldCorpus, total=False):
    """What ``build_vocab`` hands on, and its keyword arguments in gensim 3."""

    min_count: int | None
    sample: float | None
    dry_run: bool


OLD_KEYWORDS = {
    "__init__": {"size": "vector_size", "iter": "epochs"},
    "build_vocab": {"sentences": "corpus_iterable"},
    "scan_vocab": {"sentences": "corpus_iterable"},
    "train": {"sentences": "corpus_iterable", "iter": "epochs"},
}


def rename_old_keywords(method: str, keywords: Mapping[str, Any], stacklevel: int = 3) -> dict[str, Any]:
    """Give keyword arguments of a Word2Vec method under their present names; warn about each old one.

    Parameters
    ----------
    method : str
        ``"__init__"``, ``"build_vocab"``, ``"scan_vocab"`` or ``"train"``.
    keywords : dict
        What the method got as ``**kwargs``; unknown names are left for the method to refuse.
    stacklevel : int
        Of the warnings; 3 is the caller of the method that calls this.

    Raises
    ------
    TypeError
        If an argument is given under both names.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     rename_old_keywords("__init__", {"size": 50})
    {'vector_size': 50}
    """
    present: dict[str, Any] = {}
    for name, value in keywords.items():
        new = OLD_KEYWORDS[method].get(name, name)
        if new != name:
            warn(f"{name}=", f"{new}=", stacklevel + 1)
        if new in present or (new != name and new in keywords):
            raise TypeError(f"{name}= and {new}= are the same argument: give {new}= only")
        present[new] = value
    return present


def refuse_unknown(method: str, keywords: Iterable[str], known: Iterable[str] = ()) -> None:
    """Raise TypeError for a keyword argument that a method does not have.

    Parameters
    ----------
    method : str
        Its name, for the message.
    keywords : iterable of str
        What it got as ``**kwargs``.
    known : iterable of str
        What is allowed.

    Examples
    --------
    >>> refuse_unknown("train", {"iters": 5})
    Traceback (most recent call last):
    TypeError: train() got an unexpected keyword argument 'iters'
    """
    unknown = [name for name in keywords if name not in known]
    if unknown:
        raise TypeError(f"{method}() got an unexpected keyword argument {unknown[0]!r}")
