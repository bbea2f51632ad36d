"""gensim's own ``.model`` and ``.kv`` files, of versions 0.12 to 4.4, without gensim, nothing is executed.

Layout: one pickle (maybe compressed) of the object; large arrays stand beside it as ``FILE.attribute.npy``
(``.npz`` where the file is compressed), those of the word vectors as ``FILE.wv.attribute.npy``. Read only.

Lost: Huffman codes (they follow from the counts), the random state, gensim's list of events, functions
(``hashfxn``, ``trim_rule``), and whatever a user's subclass added.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.formats import _npy, _unpickle, fasttext
from fastw2v.formats._io import PathOrFile, is_file_object, name_of, open_read
from fastw2v.formats._row_selection import checked_limit, chosen
from fastw2v.formats._unpickle import Inert, array_of, is_a, scalar_of
from fastw2v.table import VectorTable

WEIGHTS = ("syn1", "syn1neg", "vectors_lockf", "syn0_lockf", "vectors_ngrams")
RENAMED = {
    "size": "vector_size",
    "iter": "epochs",
    "layer_size": "layer1_size",
    "syn0_lockf": "vectors_lockf",
}
PARAMETERS = (
    "vector_size", "workers", "epochs", "train_count", "total_train_time", "batch_words", "sg", "alpha",
    "min_alpha", "window", "shrink_windows", "hs", "negative", "ns_exponent", "cbow_mean",
    "compute_loss", "running_training_loss", "min_alpha_yet_reached", "corpus_count",
    "corpus_total_words", "max_final_vocab", "max_vocab_size", "min_count", "sample", "sorted_vocab",
    "null_word", "seed", "layer1_size", "comment", "effective_min_count", "min_n", "max_n", "bucket",
)  # fmt: skip


@dataclass
class GensimFile:
    """What a gensim file holds.

    Parameters
    ----------
    kind : {"model", "vectors"}
        A trainable model, or keyed vectors.
    class_name : str
        Full name of the class that was saved.
    table : VectorTable
        With ``count`` and the other numeric attributes.
    weights : dict of str to ndarray
        ``syn1``, ``syn1neg``, ``vectors_lockf``: those that the file has.
    params : dict
        Parameters under gensim 4 names; numbers, texts, booleans and None.
    """

    kind: str
    class_name: str
    table: VectorTable
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)


def load(path: PathOrFile, *, mmap: bool | None = False) -> GensimFile:
    """Read a gensim ``Word2Vec``, ``FastText`` or ``KeyedVectors`` file.

    Parameters
    ----------
    path : str, path-like or file object
        The main file; its companions are found beside it.
    mmap : bool or None
        Map companion arrays read-only instead of reading them; None: those that can be mapped.

    Returns
    -------
    GensimFile

    Raises
    ------
    FormatError
        The file is damaged, is no word vectors, or wants something executed (the message names it).
    FileNotFoundError
        A companion is missing.
    """
    name = name_of(path)
    with open_read(path) as reader:
        root = _unpickle.load(reader.rest(), name)
    if not isinstance(root, Inert):
        raise FormatError(f"{name}: the pickle holds {type(root).__name__}, no gensim object")
    try:
        if not is_file_object(path):
            _attach(root, name, mmap, depth=0)
        return _interpret(root, name)
    except FormatError as error:
        raise error if str(error).startswith(name) else type(error)(f"{name}: {error}") from None


def load_table(
    path: PathOrFile, *, mmap: bool = False, limit: int | None = None, words: Collection[str] | None = None
) -> VectorTable:
    """The word vectors of a gensim file; ``limit`` and ``words`` read no more of its companions than needed."""
    part = checked_limit(limit) is not None or words is not None
    return chosen(load(path, mmap=mmap or (None if part else False)).table, limit, words, mapped=mmap)


def _names(fields: dict[Any, Any], key: str) -> list[str]:
    """Attribute names that gensim lists; they become parts of paths, so only identifiers are allowed."""
    names = fields.pop(key, None) or []
    if not isinstance(names, list | tuple) or not all(isinstance(one, str) and one.isidentifier() for one in names):
        raise FormatError(f"{key} does not list attribute names")
    return list(names)


def _attach(owner: Inert, prefix: str, mmap: bool | None, depth: int) -> None:
    """Read the arrays that stand beside the pickle into the fields of their owners."""
    fields = owner.fields()
    if depth > 4:
        raise FormatError("objects with companions are nested too deeply")
    for one in _names(fields, "__recursive_saveloads"):
        if isinstance(fields.get(one), Inert):
            _attach(fields[one], f"{prefix}.{one}", mmap, depth + 1)
    for one in _names(fields, "__numpys"):
        fields[one] = _companion(f"{prefix}.{one}", mmap)
    for one in (*_names(fields, "__ignoreds"), *_names(fields, "__scipys")):
        fields[one] = None


def _companion(stem: str, mmap: bool | None) -> NDArray[Any]:
    if os.path.exists(stem + ".npz") and not os.path.exists(stem + ".npy"):
        if mmap:
            raise FormatError(f"{stem}.npz: a compressed array cannot be mapped; use mmap=False")
        with open(stem + ".npz", "rb") as stream:
            return _npy.read_members(stream, stem + ".npz", "val")["val"]
    with open_read(stem + ".npy") as reader:
        mapped = mmap or (mmap is None and reader.mappable)
        return _npy.map_array(reader) if mapped else _npy.read_array(reader)


def _interpret(root: Inert, name: str) -> GensimFile:
    fields = root.fields()
    # where attributes may be, by version: the model itself, its helpers of 3.x, its vectors
    helpers = (fields.get(helper) for helper in ("trainables", "vocabulary", "wv"))
    owners = [fields, *(helper.fields() for helper in helpers if isinstance(helper, Inert))]
    vectors_owner = owners[-1] if isinstance(fields.get("wv"), Inert) else fields
    is_model = vectors_owner is not fields or any(key in fields for key in ("syn1", "syn1neg", "iter", "alpha"))
    table = _table(vectors_owner, fields)
    weights: dict[str, NDArray[Any]] = {}
    params: dict[str, Any] = {}
    for owner in owners if is_model else owners[:1]:
        for key in WEIGHTS:
            if owner.get(key) is not None:
                weights.setdefault(RENAMED.get(key, key), _owned(array_of(owner[key], key)))
        for key in (*PARAMETERS, *RENAMED):
            value = scalar_of(owner.get(key))
            if key in owner and (value is not None or owner[key] is None):
                params.setdefault(RENAMED.get(key, key), value)
    if params.get("vector_size") is None:
        params["vector_size"] = table.vector_size
    for key, array in weights.items():
        rows = len(array) if array.ndim else 0
        if key in ("syn1", "syn1neg") and (array.ndim != 2 or rows > len(table) or array.shape[1] != table.vector_size):
            raise FormatError(f"{key} of shape {array.shape} does not fit {len(table)} vectors")
    return GensimFile("model" if is_model else "vectors", root.label, table, weights, params)


def _table(owner: dict[Any, Any], model: dict[Any, Any]) -> VectorTable:
    keys = next((owner[key] for key in ("index_to_key", "index2word", "index2entity") if owner.get(key)), None)
    if keys is None:
        keys = next((model[key] for key in ("index2word", "index2entity") if model.get(key)), [])
    vectors = next((source[key] for source in (owner, model) for key in ("vectors", "syn0") if key in source), None)
    subwords = vectors is None and owner.get("vectors_vocab") is not None  # FastText of gensim 4 saves no sums
    if subwords:
        vectors = owner["vectors_vocab"]
    if not isinstance(keys, list) or vectors is None:
        raise FormatError("the file holds no word vectors")
    keys = _filled(keys, owner.get("next_index"))
    matrix = array_of(vectors, "the matrix of vectors")
    if matrix.ndim != 2 or matrix.dtype.kind != "f" or matrix.shape[0] < len(keys):
        raise FormatError(f"{len(keys)} keys and vectors of shape {matrix.shape} ({matrix.dtype})")
    plain: list[Hashable] = [_key(key) for key in keys]
    try:
        if len(set(plain)) < len(plain):
            raise FormatError("a key occurs twice")
    except TypeError:
        raise FormatError("a key is a tuple of something that cannot be part of a key") from None
    attrs = _expandos(owner, len(plain))
    vocab = owner.get("vocab", model.get("vocab"))
    if "count" not in attrs and isinstance(vocab, dict) and vocab:
        attrs["count"] = _counts(vocab, keys)
    rows = _owned(matrix[: len(plain)])
    return VectorTable(plain, _composed(plain, rows, owner) if subwords else rows, attrs)


def _filled(keys: list[Any], next_index: Any) -> list[Any]:
    """The keys of a table that was made for more of them: gensim names the rows that are still free None."""
    if type(next_index) is not int or not 0 <= next_index < len(keys):
        return keys
    return keys[:next_index] if all(key is None for key in keys[next_index:]) else keys


def _composed(keys: list[Hashable], rows: NDArray[Any], owner: dict[Any, Any]) -> NDArray[Any]:
    """Vectors of words from their own rows and those of their n-grams, as gensim's FastText makes them."""
    minn, maxn, bucket = (scalar_of(owner.get(name)) for name in ("min_n", "max_n", "bucket"))
    if not all(type(number) is int and number >= 0 for number in (minn, maxn, bucket)):
        raise FormatError(f"FastText vectors with min_n={minn!r}, max_n={maxn!r}, bucket={bucket!r}")
    if bucket == 0:
        return rows
    if scalar_of(owner.get("compatible_hash", True)) is False:
        raise FormatError("FastText vectors with the hash of gensim before 3.8; save model.wv.save_word2vec_format")
    ngrams = array_of(owner.get("vectors_ngrams"), "the matrix of n-grams")
    if ngrams.shape != (bucket, rows.shape[1]) or ngrams.dtype.kind != "f" or maxn > fasttext.LONGEST_NGRAM:
        raise FormatError(f"{bucket} n-grams of up to {maxn} characters and vectors of shape {ngrams.shape}")
    words = np.array(rows, np.float32, order="C")  # never into a mapped file
    if maxn >= max(minn, 1) and words.size:
        raw = [str(key).encode("utf8", "surrogatepass") for key in keys]
        bordered, ngrams = [b"<%b>" % word for word in raw], np.ascontiguousarray(ngrams, np.float32)
        fasttext.compose(bordered, words, ngrams, minn, maxn, divide=True)
    return words


def _owned(array: NDArray[Any]) -> NDArray[Any]:
    """A mapped array as it is; one in the bytes of the pickle copied, so that it can be written to."""
    if isinstance(array, np.memmap):
        return array
    native = array.dtype.newbyteorder("=")
    return array if array.flags.writeable and array.dtype == native else array.astype(native, order="C")


def _key(key: Any) -> Hashable:
    if isinstance(key, str | int | float | bytes | tuple) or key is None:
        return key
    value = scalar_of(key)
    if value is None:
        raise FormatError(f"a key of type {getattr(key, 'label', type(key).__name__)}")
    return value  # type: ignore[no-any-return]


def _expandos(owner: dict[Any, Any], n_keys: int) -> dict[str, NDArray[Any]]:
    """Numeric attributes; the Huffman codes, which are arrays of objects, follow from the counts."""
    found = owner.get("expandos")
    attrs = {}
    for label, value in (found if isinstance(found, dict) else {}).items():
        array = array_of(value, f"attribute {label!r}")
        if isinstance(label, str) and array.dtype.kind in "fiub" and array.ndim and len(array) >= n_keys:
            attrs[label] = _owned(array[:n_keys])
    return attrs


def _counts(vocab: dict[Any, Any], keys: list[Any]) -> NDArray[np.int64]:
    """Counts of the words of 3.x files: one object for each."""
    counts: list[int] = []
    for key in keys:
        entry = vocab.get(_key(key))
        known = isinstance(entry, Inert) and is_a(entry, "Vocab") and isinstance(entry.state, dict)
        value = scalar_of(entry.state.get("count", 0)) if isinstance(entry, Inert) and known else None
        if not isinstance(value, int) or not -(2**63) <= value < 2**63:
            raise FormatError(f"the key of row {len(counts)} has no count")
        counts.append(value)
    return np.array(counts, np.int64)
