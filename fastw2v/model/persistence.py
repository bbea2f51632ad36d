"""Saving and loading whole models: one safetensors file, written atomically, never a pickle."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastw2v.model.checked import check_model, checked_parameters, is_free
from fastw2v.train import noise
from fastw2v.train.huffman import Huffman
from fastw2v.train.weights import to_padded
from fastw2v.vectors.loading import check_mmap, format_of
from fastw2v.vectors.state import is_plain, restore, state_of

if TYPE_CHECKING:
    from fastw2v.formats.gensim import GensimFile
    from fastw2v.keyedvectors import KeyedVectors

logger = logging.getLogger("fastw2v.word2vec")

# Plain attributes that make up a model beside its arrays and keys; their values are JSON.
PARAMETERS = (
    "vector_size", "alpha", "min_alpha", "window", "min_count", "effective_min_count", "max_vocab_size",
    "max_final_vocab", "sample", "seed", "workers", "sg", "hs", "negative", "ns_exponent", "cbow_mean", "cbow_exact",
    "softmax", "epochs", "null_word", "sorted_vocab", "batch_words", "compute_loss", "comment", "shrink_windows",
    "progress", "corpus_count", "corpus_total_words", "train_count", "total_train_time", "epochs_trained",
    "running_training_loss", "min_alpha_yet_reached", "loss_history", "lifecycle_events",
)  # fmt: skip

# What a file need not hold: arrays are stored beside, the rest is remade or means nothing in another process.
TRANSIENT = frozenset({
    "wv", "syn1", "syn1neg", "cum_table", "random", "raw_vocab", "hashfxn", "layer1_size", "load", "checkpoint",
    "checkpoint_every", "resumed",
})  # fmt: skip

KIND = "word2vec"  # what the native file says of itself

Model = TypeVar("Model", bound="Persistence")


class ClassMethodOnly:
    """A class method that says so when it is called on an instance, where it would discard the instance."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is not None:
            raise AttributeError(
                f"load() is called on the class, {owner.__name__}.load(path): it gives a new object, "
                "and would not change this one"
            )
        return self._function.__get__(owner, type(owner))


def plain(value: Any) -> Any:
    """Turn NumPy scalars into the Python values that JSON can hold."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)


class Persistence:
    """Mixin of ``Word2Vec``: files and pickling."""

    if TYPE_CHECKING:
        wv: KeyedVectors
        negative: int
        hs: int
        ns_exponent: float
        seed: int
        vector_size: int
        random: np.random.RandomState
        _tree: Huffman | None
        _grafted: bool

        def add_lifecycle_event(self, event_name: str, log_level: int = ..., **event: Any) -> None: ...
        def create_binary_tree(self) -> None: ...
        def _set_tree(self, tree: Huffman) -> None: ...
        def make_cum_table(self, domain: int = ...) -> None: ...

    def state(self) -> tuple[dict[str, NDArray[Any]], list[Any], dict[str, Any]]:
        """Everything that makes up the model: arrays, keys, and parameters that JSON can hold."""
        self.wv.allocate_vecattrs()  # words may have been added since an attribute was set
        arrays, keys, of_vectors = state_of(self.wv)
        for name in ("syn1neg", "syn1"):
            if hasattr(self, name):
                arrays[name] = getattr(self, name)
        if self._grafted and self._tree is not None:
            arrays.update(("tree." + name, flat) for name, flat in self._tree._asdict().items())
        parameters = {name: plain(getattr(self, name)) for name in PARAMETERS if hasattr(self, name)}
        own = {
            name: value if is_plain(value) else None
            for name, value in self._own_attributes().items()
            if is_free(type(self), name)
        }
        if kept := {name: value for name, value in own.items() if value is not None}:
            parameters["attributes"] = kept
        parameters.update((name, value) for name, value in of_vectors.items() if value)
        return arrays, keys, parameters

    def _own_attributes(self) -> dict[str, Any]:
        """Attributes that the program, or a subclass, has put on the model."""
        return {
            name: value
            for name, value in vars(self).items()
            if name not in PARAMETERS and name not in TRANSIENT and not name.startswith("_") and value is not None
        }

    def set_state(
        self,
        arrays: dict[str, NDArray[Any]],
        keys: list[Any],
        parameters: dict[str, Any],
        *,
        name: Any = "the state of a model",
        trains: bool = False,
    ) -> None:
        """Take over what :meth:`state` gave, once all of it is checked; ``name`` and ``trains`` are for the checks.

        Raises
        ------
        FormatError
            If an array or a parameter is not what it must be; the message names it.
        """
        from fastw2v.keyedvectors import KeyedVectors

        parameters = _checked(arrays, keys, parameters, name, trains=trains)
        for label, value in (parameters.pop("attributes", None) or {}).items():
            if label in PARAMETERS or label in TRANSIENT or not is_free(type(self), label):
                logger.warning("%s: attribute %r would hide a part of the model, and is left out", name, label)
            else:
                setattr(self, label, value)
        of_vectors = {label: parameters.pop(label, None) or {} for label in ("object_attrs", "own")}
        for label, value in parameters.items():
            setattr(self, label, value)
        self._set_transient()
        wv = KeyedVectors(0)
        wv.index_to_key = list(keys)
        wv.key_to_index = {key: row for row, key in enumerate(wv.index_to_key)}
        restore(wv, arrays, of_vectors, name)
        if isinstance(wv.vectors, np.ndarray):
            wv.vectors = _trainable(wv.vectors)
        self.wv = wv
        for label in ("syn1neg", "syn1"):
            if label in arrays:
                setattr(self, label, _trainable(arrays[label]))
        if "count" in wv.expandos and len(keys):
            if self.hs and "tree.codes" in arrays:
                self._set_tree(Huffman(*(np.array(arrays["tree." + name]) for name in Huffman._fields)))
                self._grafted = True
            elif self.hs:
                self.create_binary_tree()
            if self.negative and self.ns_exponent is not None:
                self.make_cum_table()

    def _set_transient(self) -> None:
        """Give the attributes that no file holds their first values, where they are missing."""
        seed: int | None = self.seed
        defaults: dict[str, Any] = {
            "hashfxn": hash,
            "layer1_size": self.vector_size,
            "lifecycle_events": [],
            "cum_table": None,
            "_raw": None,
            "_raw_vocab": None,
            "_tree": None,
        }
        for name, value in defaults.items():
            if name not in self.__dict__:
                setattr(self, name, value)
        if "random" not in self.__dict__:
            self.random = np.random.RandomState(None if seed is None else int(seed) % 2**32)

    def save(
        self,
        fname_or_handle: Any,
        separately: list[str] | None = None,
        sep_limit: int = 10 * 1024**2,
        ignore: Any = frozenset(),
        pickle_protocol: int = 4,
    ) -> None:
        """Save the whole model, so that training can go on after :meth:`load`.

        One safetensors file with all arrays, the keys and the parameters, written to a temporary file
        that replaces ``fname_or_handle`` at the end: a crash or a full disk leaves the old file whole.

        Parameters
        ----------
        fname_or_handle : path or binary file
            A path that ends in .gz, .bz2, .xz or .zst is compressed.
            Attributes of keys and of ``wv`` are kept, and ``wv`` stays int8 or float16 if it is.
        ignore : collection of str
            Attributes that the program has put on the model and that are not to be saved.
        separately, sep_limit, pickle_protocol : ignored
            Accepted for gensim's sake: there are no side files, and nothing is pickled.

        Raises
        ------
        FormatError
            If arrays do not fit each other or a parameter is out of its range: no file could give them back.
        """
        from fastw2v.formats import native

        arrays, keys, parameters = self.state()
        dropped = set(ignore)
        attributes = parameters.get("attributes", {})
        for name in dropped & set(attributes):
            del attributes[name]
        lost = sorted(set(self._own_attributes()) - set(attributes) - dropped)
        if lost:
            logger.warning(
                "%s.save: not in the file: %s. A file holds the model and attributes that JSON can hold, never "
                "pickles; keep the others yourself, or name them in ignore=",
                type(self).__name__, ", ".join(f"{name} ({type(getattr(self, name)).__name__})" for name in lost),
            )  # fmt: skip
        _checked(arrays, keys, parameters, f"{type(self).__name__}.save")  # what cannot be read is not written
        native.save_arrays(fname_or_handle, arrays, keys, {"kind": KIND, **parameters})
        self.add_lifecycle_event("saved", msg=f"{type(self).__name__} of {len(keys)} words")

    @classmethod
    def load(cls: type[Model], fname: Any, mmap: str | None = None, rethrow: bool = False) -> Model:
        """Load a model that :meth:`save` wrote, or one of gensim's (without gensim, without running code).

        Parameters
        ----------
        fname : path or binary file object
        mmap : {None, "r", "c"}
            ``"r"`` maps the arrays read-only: for queries; a model to be trained is loaded without. ``"c"`` reads
            them, as None does: what is written to them stays in memory.
        rethrow : ignored
            Accepted for gensim's sake.

        Raises
        ------
        AttributeError
            If the file holds vectors only: use ``KeyedVectors.load``.
        FormatError
            If the file is not a model, or damaged; the message says where.
        """
        from fastw2v.formats import HOW, gensim, native
        from fastw2v.formats._io import name_of

        check_mmap(mmap)
        name = name_of(fname)
        found = format_of(fname)
        if found not in ("gensim", "native"):
            what, how = HOW[found]
            raise AttributeError(f"{name}: this file holds {what}, and no model to be trained: {how} opens it")
        if found == "gensim":
            arrays, keys, parameters = _of_gensim(gensim.load(fname, mmap=mmap == "r"), name)
        else:
            arrays, stored_keys, parameters = native.load_arrays(fname, mmap=mmap == "r", least=native.LEAST_MAPPED)
            keys = stored_keys or []
        kind = parameters.pop("kind", None)
        if kind == "checkpoint":
            raise AttributeError(
                f"{name}: this file holds the checkpoint of a training; go on with it by Word2Vec.resume"
            )
        if kind != KIND:
            raise AttributeError(f"{name}: this file holds vectors, not a whole model; load it with KeyedVectors.load")
        model = cls.__new__(cls)
        model.set_state(arrays, keys, parameters, name=name)
        return model

    if not TYPE_CHECKING:  # to a type checker it is the class method above
        load = ClassMethodOnly(load.__func__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over a pickled state, gensim's too; arrays get back the layout of the kernels."""
        state = {**_constructor_defaults(), **state}
        raw_vocab = state.pop("raw_vocab", None)
        state.pop("load", None)
        self.__dict__.update(state)
        self._set_transient()
        if raw_vocab:
            self._raw_vocab = raw_vocab
        wv = state.get("wv")
        if wv is not None and isinstance(getattr(wv, "vectors", None), np.ndarray) and wv.vectors.dtype == np.float32:
            wv.vectors = _trainable(wv.vectors)
        for name in ("syn1neg", "syn1"):
            if name in state:
                setattr(self, name, _trainable(state[name]))


def _constructor_defaults() -> dict[str, Any]:
    """Parameters of models that are older than the parameters."""
    from fastw2v.word2vec import Word2Vec

    known = inspect.signature(Word2Vec.__init__).parameters
    defaults = {name: known[name].default for name in PARAMETERS if name in known}
    return {
        **defaults, "epochs_trained": 0, "loss_history": [], "train_count": 0, "total_train_time": 0.0,
        "corpus_count": 0, "corpus_total_words": 0, "running_training_loss": 0.0, "lifecycle_events": [],
        "min_alpha_yet_reached": defaults["alpha"], "effective_min_count": defaults["min_count"],
        "checkpoint": None, "checkpoint_every": known["checkpoint_every"].default,
    }  # fmt: skip


def _checked(
    arrays: dict[str, NDArray[Any]], keys: list[Any], parameters: dict[str, Any], name: Any, *, trains: bool = False
) -> dict[str, Any]:
    """Give the parameters, defaults filled in, if everything that makes up a model is as it must be."""
    defaults = _constructor_defaults()
    keeping = {label: defaults.pop(label) for label in ("checkpoint", "checkpoint_every")}  # no file sets these
    parameters = checked_parameters(name, {**defaults, **parameters}, PARAMETERS, trains=trains)
    check_model(name, arrays, keys, parameters, trains=trains)
    return {**keeping, **parameters}


def _of_gensim(file: GensimFile, fname: Any) -> tuple[dict[str, NDArray[Any]], list[Any], dict[str, Any]]:
    """What :meth:`Persistence.state` would give, from one of gensim's files."""
    if file.kind != "model":
        raise AttributeError(f"{fname}: this file holds vectors, not a whole model; load it with KeyedVectors.load")
    if file.class_name.rpartition(".")[2] in ("Doc2Vec", "FastText"):
        raise AttributeError(
            f"{fname}: this file holds a {file.class_name}, which only gensim can train; its word vectors can be "
            "loaded with KeyedVectors.load"
        )
    table = file.table
    arrays = {"vectors": table.vectors, **file.weights}
    arrays.update(("attr." + name, values) for name, values in table.attrs.items())
    parameters = {name: value for name, value in file.params.items() if name in PARAMETERS}
    n_words = len(table.keys)
    for name in ("syn1", "syn1neg"):
        if name in arrays and len(arrays[name]) < n_words:
            arrays[name] = np.concatenate(
                [arrays[name], np.zeros((n_words - len(arrays[name]), table.vector_size), np.float32)]
            )
    if "count" in table.attrs and "sample_int" not in table.attrs:  # a file of gensim 3
        counts = np.asarray(table.attrs["count"], np.int64)
        sample = parameters.get("sample") or 0.0
        arrays["attr.sample_int"] = noise.keep_thresholds(counts, int(counts.sum()), sample)
    parameters.setdefault("corpus_total_words", None)  # gensim before 3.6 did not count them
    return arrays, list(table.keys), {"kind": KIND, **parameters}


def _trainable(array: NDArray[Any]) -> NDArray[Any]:
    """Give the array in the layout of the kernels, or as it is where it is mapped or not float32."""
    if array.dtype != np.float32 or not array.flags.writeable or isinstance(array, np.memmap) or array.ndim != 2:
        return array
    return to_padded(array) if len(array) else array
