"""What the file of a model holds, and how it becomes a model again: one safetensors file, never a pickle."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.formats import _key_json
from fastw2v.formats._budget import check_distinct, shown
from fastw2v.formats._plain_values import is_plain, own_label
from fastw2v.keyedvectors import KeyedVectors
from fastw2v.model.file_schema import COUNTED, FIELDS, TREE, check_model, checked_parameters, is_free
from fastw2v.model.plans import Outputs
from fastw2v.parameters import DEFAULTS, STORED
from fastw2v.train import noise
from fastw2v.train.huffman import Huffman
from fastw2v.vectors.loading import check_mmap, format_of
from fastw2v.vectors.state import note_loaded, restore, state_of

if TYPE_CHECKING:
    from fastw2v.formats.gensim import GensimFile

logger = logging.getLogger("fastw2v.word2vec")

State = tuple[dict[str, NDArray[Any]], list[Any], dict[str, Any]]

KIND = "word2vec"  # what the native file says of itself
OUTPUTS = ("syn1neg", "syn1")
LOCKS = ("syn1neg_lockf", "syn1_lockf")
RARE = ("rare.keys", "rare.counts")
WEIGHTS = ("vectors", *OUTPUTS)
OF_VECTORS = ("object_attrs", "own")  # parts of a file that belong to the vectors

# What a file need not hold: arrays are stored beside, the rest is remade or means nothing in another process.
TRANSIENT = frozenset({
    "wv", *OUTPUTS, *LOCKS, "cum_table", "random", "raw_vocab", "layer1_size", "load", "resumed",
    *(DEFAULTS.keys() - STORED),
})  # fmt: skip

Method = TypeVar("Method")


class _OnClassOnly:
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


def on_class_only(method: Method) -> Method:
    """Let a class method be called on the class alone, not on an instance."""
    return cast(Method, _OnClassOnly(cast(Any, method).__func__))


# ----------------------------------------------------------------------- from model to file ----


def model_state(
    model_class: type, values: dict[str, Any], wv: KeyedVectors, outputs: Outputs, tree: Huffman | None
) -> State:
    """Return everything that makes up a model: arrays, keys, and what JSON can say.

    Parameters
    ----------
    model_class : type
        Its methods and properties are no attributes to be kept.
    values : dict
        All attributes of the model.
    wv, outputs
        Vectors and output weights.
    tree : Huffman, optional
        If it does not follow from the counts.
    """
    wv.allocate_vecattrs()  # words may have been added since an attribute was set
    arrays, keys, of_vectors = state_of(wv)
    arrays.update(outputs)
    if tree is not None:
        arrays.update(("tree." + name, flat) for name, flat in tree._asdict().items())
    parameters = {name: plain(values[name]) for name in COUNTED if name in values}
    for name, row in STORED.items():
        if name in values and row.in_file is not None:  # as it was checked: sg="0" is 0
            parameters[name] = row.in_file.checked(name, plain(values[name]), row.advice)
    own = {name: value for name, value in own_attributes(values).items() if is_free(model_class, name)}
    if kept := {name: value for name, value in own.items() if is_plain(value)}:
        parameters["attributes"] = kept
    parameters.update((name, value) for name, value in of_vectors.items() if value)
    return arrays, keys, parameters


def rare_arrays(rare: dict[Any, int]) -> dict[str, NDArray[Any]]:
    """Return what a file keeps of the words that are too rare, if there are any."""
    if not rare:
        return {}
    keys = np.frombuffer(_key_json.write(list(rare), "the words below min_count"), np.uint8)
    return dict(zip(RARE, (keys, np.fromiter(rare.values(), np.int64, len(rare))), strict=True))


def rare_of(arrays: dict[str, NDArray[Any]], name: Any) -> dict[Any, int]:
    """Return the words that are too rare, of the arrays of a file; raise FormatError if they are damaged."""
    if not set(RARE) & set(arrays):
        return {}
    try:
        keys, counts = (arrays[label] for label in RARE)
        if keys.dtype != np.uint8 or counts.dtype != np.int64 or counts.ndim != 1 or (counts < 0).any():
            raise ValueError(f"{keys.dtype} and {counts.dtype}")
        words = _key_json.read(keys.tobytes(), str(name))
        check_distinct(words, str(name))
        return dict(zip(words, counts.tolist(), strict=True))
    except (KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise FormatError(f"{name}: rare words: the file is damaged: {shown(str(error), 200)}") from None


def own_attributes(values: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that the program, or a subclass, has put on a model."""
    return {
        name: value
        for name, value in values.items()
        if name not in FIELDS and name not in TRANSIENT and not name.startswith("_") and value is not None
    }


def write(path: Any, state: State, values: dict[str, Any], ignore: set[str], class_name: str) -> None:
    """Write the state of a model, atomically; say which attributes no file can hold.

    Raises
    ------
    FormatError
        If arrays do not fit each other or a parameter is out of its range: no file could give them back.
    """
    from fastw2v.formats import native

    arrays, keys, parameters = state
    attributes = parameters.get("attributes", {})
    for name in ignore & set(attributes):
        del attributes[name]
    lost = sorted(set(own_attributes(values)) - set(attributes) - ignore)
    if lost:
        logger.warning(
            "%s.save: not in the file: %s. A file holds the model and attributes that JSON can hold, never "
            "pickles; keep the others yourself, or name them in ignore=",
            class_name, ", ".join(f"{name} ({type(values[name]).__name__})" for name in lost),
        )  # fmt: skip
    checked_state(state, f"{class_name}.save")  # what cannot be read is not written
    native.save_arrays(path, arrays, keys, {"kind": KIND, **parameters})


def plain(value: Any) -> Any:
    """Turn NumPy scalars into the Python values that JSON can hold."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)


# ----------------------------------------------------------------------- from file to model ----


def first_values() -> dict[str, Any]:
    """Return what a model has that was never trained, of the plain values of a file and the other parameters."""
    return {
        **DEFAULTS, "epochs_trained": 0, "loss_history": [], "train_count": 0, "total_train_time": 0.0,
        "corpus_count": 0, "corpus_total_words": 0, "running_training_loss": 0.0, "lifecycle_events": [],
        "min_alpha_yet_reached": DEFAULTS["alpha"], "effective_min_count": DEFAULTS["min_count"],
    }  # fmt: skip


def checked_state(state: State, name: Any, *, trains: bool = False) -> dict[str, Any]:
    """Return the plain values of a state, those that are missing filled in, if it is as it must be.

    Raises
    ------
    FormatError
        If an array or a value is not what it must be; the message names it.
    """
    arrays, keys, parameters = state
    known = {label: value for label, value in first_values().items() if label in FIELDS}
    values = checked_parameters(name, {**known, **parameters}, trains=trains)
    check_model(name, arrays, keys, values, trains=trains)
    return values


def attributes_of(values: dict[str, Any], model_class: type, name: Any) -> dict[str, Any]:
    """Return the attributes to be set on a model from the checked values of a file, and warn of what may not be."""
    attributes = {label: DEFAULTS[label] for label in DEFAULTS.keys() - STORED}
    for label, value in (values.get("attributes") or {}).items():
        if label in FIELDS or label in TRANSIENT or not is_free(model_class, label):
            logger.warning("%s: attribute %r would hide a part of the model, and is left out", name, label)
        else:
            attributes[label] = value
    return {**attributes, **{label: values[label] for label in (*STORED, *COUNTED)}}


def vectors_of(state: State, name: Any) -> KeyedVectors:
    """Make the vectors of a state; raise FormatError if their attributes do not fit."""
    arrays, keys, parameters = state
    wv = KeyedVectors(0)
    wv.index_to_key = list(keys)
    wv.key_to_index = {key: row for row, key in enumerate(wv.index_to_key)}
    restore(wv, arrays, {label: parameters.get(label) or {} for label in OF_VECTORS}, name)
    return note_loaded(wv)


def tree_of(arrays: dict[str, NDArray[Any]]) -> Huffman | None:
    """Return the Huffman tree among the arrays of a state, if it does not follow from the counts."""
    if "tree.codes" not in arrays:
        return None
    return Huffman(*(np.array(arrays["tree." + name]) for name in TREE))


def read(fname: Any, mmap: str | None) -> tuple[State, Any]:
    """Read the file of a model, ours or gensim's; return its state, unchecked, and its name for messages.

    Raises
    ------
    AttributeError
        If the file holds vectors only, or a checkpoint.
    FormatError
        If the file is not a model, or damaged.
    """
    from fastw2v.formats import HOW, NATIVE_KINDS, gensim, native
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
        arrays, stored_keys, parameters = native.load_arrays(
            fname, mmap=mmap == "r", least=native.LEAST_MAPPED, weights=WEIGHTS
        )
        keys = stored_keys or []
    kind = parameters.pop("kind", None)
    if kind == "checkpoint":
        raise AttributeError(f"{name}: this file holds the checkpoint of a training; go on with it by Word2Vec.resume")
    if kind != KIND:
        what, how = NATIVE_KINDS.get(str(kind), NATIVE_KINDS["vectors"])
        raise AttributeError(f"{name}: this file holds {what}, not a whole model; load it with {how}")
    return (arrays, keys, parameters), name


def _of_gensim(file: GensimFile, fname: Any) -> State:
    """Return what :func:`model_state` would give, from one of gensim's files."""
    if file.kind != "model":
        raise AttributeError(f"{fname}: this file holds vectors, not a whole model; load it with KeyedVectors.load")
    if file.class_name.rpartition(".")[2] in ("Doc2Vec", "FastText"):
        raise AttributeError(
            f"{fname}: this file holds a {file.class_name}, which only gensim can train; its word vectors can be "
            "loaded with KeyedVectors.load"
        )
    table = file.table
    arrays = {"vectors": table.vectors, **file.weights}
    parameters = {name: value for name, value in file.params.items() if name in FIELDS}
    parameters["attributes"] = {name: value for name, value in file.attributes.items() if not name.startswith("_")}
    arrays.update(("attr." + name, values) for name, values in table.attrs.items())
    parameters["own"] = {name: value for name, value in table.own.items() if not isinstance(value, np.ndarray)}
    of_whole = {name: value for name, value in table.own.items() if isinstance(value, np.ndarray)}
    arrays.update((own_label(name), value) for name, value in of_whole.items())
    n_words = len(table.keys)
    for name in OUTPUTS:
        if name in arrays and len(arrays[name]) < n_words:
            missing = np.zeros((n_words - len(arrays[name]), table.vector_size), np.float32)
            arrays[name] = np.concatenate([arrays[name], missing])
    if "count" in table.attrs and "sample_int" not in table.attrs:  # a file of gensim 3
        counts = np.asarray(table.attrs["count"], np.int64)
        sample = parameters.get("sample") or 0.0
        arrays["attr.sample_int"] = noise.keep_thresholds(counts, int(counts.sum()), sample)
    parameters.setdefault("corpus_total_words", None)  # gensim before 3.6 did not count them
    return arrays, list(table.keys), {"kind": KIND, **parameters}


def of_pickle(state: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a pickled model, ours or gensim's."""
    values = {**first_values(), **state}
    raw = values.pop("raw_vocab", None) or values.pop("_raw_vocab", None) or values.get("_raw")
    values["_tree_is_extended"] = values.pop("_grafted", values.get("_tree_is_extended", False))  # as 0.1 called it
    values.pop("load", None)  # gensim 4 puts one on each model
    return {**values, "_raw": raw}
