"""gensim's own ``.model`` and ``.kv`` files, of versions 0.12 to 4.4, without gensim, nothing is executed.

Layout: one pickle (maybe compressed) of the object; large arrays stand beside it as ``FILE.attribute.npy``
(``.npz`` where the file is compressed), those of the word vectors as ``FILE.wv.attribute.npy``. Read only.

Attributes that a program gave to its vectors or its model are kept as far as JSON, or arrays of numbers, can hold them;
a warning names the others. Lost: Huffman codes (they follow from the counts), the random state, gensim's list of events
(which names a machine), functions (``hashfxn``, ``trim_rule``).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import _npy, _unpickle, fasttext, pickled
from fastw2v.formats._budget import Budget, check_distinct, check_hashes, shown
from fastw2v.formats._io import PathOrFile, checked_file, is_file_object, name_of, open_read
from fastw2v.formats._opcodes import Inert, Pairs
from fastw2v.formats._row_selection import checked_limit, chosen
from fastw2v.formats._unpickle import NotPlainError, array_of, is_a, is_array, plain_of, scalar_of
from fastw2v.table import FACTORS, HUFFMAN_PATHS, VectorTable

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

PER_BYTE = 16  # bytes of arrays and keys that a byte of the file pays for: an honest one names each array once
KEY_LISTS = ("index_to_key", "index2word", "index2entity")
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
# What gensim itself puts on a model or its vectors, in any version, beside parameters: the rest is a program's.
OF_GENSIM = {
    *PARAMETERS, *RENAMED, *WEIGHTS, *KEY_LISTS, "wv", "kv", "dv", "docvecs", "trainables", "vocabulary", "vocab",
    "vectors", "syn0", "syn0norm", "vectors_norm", "norms", "key_to_index", "next_index", "expandos", "mapfile_path",
    "lifecycle_events", "load", "load_word2vec_format", "random", "raw_vocab", "cum_table", "make_cum_table", "hashfxn",
    "table", "callbacks", "neg_labels", "model_trimmed_post_training", "build_vocab", "add_lifecycle_event",
    "max_sentence_length", "word_ngrams",
    "vectors_vocab", "syn0_vocab", "syn0_ngrams", "vectors_vocab_norm", "vectors_ngrams_norm", "vectors_vocab_lockf",
    "vectors_ngrams_lockf", "syn0_vocab_lockf", "syn0_ngrams_lockf", "buckets_word", "compatible_hash", "hash2index",
    "num_ngram_vectors", "ngrams", "ngrams_word", "ngram_vectors", "num_original_vectors",
    "doctags", "max_rawint", "offset2doctag", "index2doctag", "vectors_docs", "vectors_docs_norm", "doctag_syn0",
    "vectors_docs_lockf", "doctag_syn0_lockf", "doctag_syn0norm", "dbow_words", "dm_concat", "dm_tag_count", "count",
}  # fmt: skip


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
        With ``count`` and the other numeric attributes; of FastText with the n-grams.
    weights : dict of str to ndarray
        ``syn1``, ``syn1neg``, ``vectors_lockf``: those that the file has.
    params : dict
        Parameters under gensim 4 names; numbers, texts, booleans and None.
    attributes : dict
        What a program gave to its model, as far as JSON can hold it.
    """

    kind: str
    class_name: str
    table: VectorTable
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


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
    return _load(path, mmap, _interpret)


def load_table(
    path: PathOrFile,
    *,
    mmap: bool = False,
    limit: int | None = None,
    words: Collection[str] | None = None,
    part: str = "wv",
) -> VectorTable:
    """The vectors of a gensim file; ``limit`` and ``words`` read no more of its companions than needed.

    Parameters
    ----------
    path : str, path-like or file object
    mmap : bool
        Map companion arrays read-only.
    limit, words
        Keep the first rows, or these keys.
    part : {"wv", "dv"}
        Of a Doc2Vec model, the vectors of words or of documents.

    Returns
    -------
    VectorTable
        A :class:`fastw2v.formats.fasttext.FastTextVectors` if the file has n-grams.
    """
    if part not in ("wv", "dv"):
        raise ConfigError(f"part={part!r}: use 'wv' for the vectors of words, 'dv' for those of documents (Doc2Vec)")
    some = checked_limit(limit) is not None or words is not None
    read = _vectors if part == "wv" else _documents
    return chosen(_load(path, mmap or (None if some else False), read, pickled.table_of), limit, words, mapped=mmap)


def _load(
    path: PathOrFile,
    mmap: bool | None,
    interpret: Callable[[Inert, Budget], Result],
    other: Callable[[Any, Budget], Result] | None = None,
) -> Result:
    """What ``interpret`` makes of the object in a file, after its companions were attached; ``other``: of no object."""
    name = name_of(path)
    with open_read(path) as reader:
        data = reader.rest()
    root = _unpickle.load(data, name)
    budget = Budget(name, len(data), PER_BYTE)
    plain = not isinstance(root, Inert) or root.state is None or is_array(root)
    if plain or _unpickle.pairs_of(root) is not None:
        if other is not None:
            return other(root, budget)
        hint = ": one array, which has no keys; numpy.load(path, allow_pickle=True) opens it, if you trust it"
        raise FormatError(
            f"{name}: the pickle holds {_unpickle.name_of(root)}, no gensim object{hint if is_array(root) else ''}"
        )
    if is_a(root, "Phrases", "FrozenPhrases", "Phraser"):
        raise FormatError(f"{name}: holds {root.label}, no word vectors: Phrases.load(path) opens it")
    try:
        if not is_file_object(path):
            _attach(root, name, mmap, budget, depth=0)
        return interpret(root, budget)
    except FormatError as error:
        raise error if str(error).startswith(name) else type(error)(f"{name}: {error}") from None


def _names(fields: dict[Any, Any], key: str) -> list[str]:
    """Attribute names that gensim lists; they become parts of paths, so only identifiers are allowed."""
    names = _unpickle.items_of(fields.pop(key, None) or [])
    if names is None or not all(isinstance(one, str) and one.isidentifier() for one in names):
        raise FormatError(f"{key} does not list attribute names")
    return list(dict.fromkeys(names))


def _attach(owner: Inert, prefix: str, mmap: bool | None, budget: Budget, depth: int) -> None:
    """Read the arrays that stand beside the pickle into the fields of their owners."""
    fields = owner.fields()
    if depth > 4:
        raise FormatError("objects with companions are nested too deeply")
    for one in _names(fields, "__recursive_saveloads"):
        if isinstance(fields.get(one), Inert):
            _attach(fields[one], f"{prefix}.{one}", mmap, budget, depth + 1)
    for one in _names(fields, "__numpys"):
        fields[one] = _companion(f"{prefix}.{one}", mmap)
        budget.left += PER_BYTE * fields[one].nbytes
    for one in (*_names(fields, "__ignoreds"), *_names(fields, "__scipys")):
        fields[one] = None


def _companion(stem: str, mmap: bool | None) -> NDArray[Any]:
    if os.path.exists(stem + ".npz") and not os.path.exists(stem + ".npy"):
        if mmap:
            raise FormatError(f"{stem}.npz: a compressed array cannot be mapped; use mmap=False")
        with open(checked_file(stem + ".npz"), "rb") as stream:
            arrays = _npy.read_members(stream, stem + ".npz", lambda label: label == "val")
        if "val" not in arrays:
            raise FormatError(f"{stem}.npz: no array 'val' in the archive that gensim keeps beside its file")
        return arrays["val"]
    with open_read(checked_file(stem + ".npy")) as reader:
        mapped = mmap or (mmap is None and reader.mappable)
        return _npy.map_array(reader) if mapped else _npy.read_array(reader)


def _owners(root: Inert) -> tuple[list[dict[Any, Any]], dict[Any, Any]]:
    """Where attributes may be, by version: the model itself, its helpers of 3.x, its vectors; and the vectors alone."""
    fields = root.fields()
    helpers = (fields.get(helper) for helper in ("trainables", "vocabulary", "wv", "kv"))
    owners = [fields, *(helper.fields() for helper in helpers if isinstance(helper, Inert))]
    separate = any(isinstance(fields.get(name), Inert) for name in ("wv", "kv"))
    return owners, owners[-1] if separate else fields


def _vectors(root: Inert, budget: Budget) -> VectorTable:
    """The vectors of words, of whatever model; its other weights do not matter."""
    fields = root.fields()
    _, vectors_owner = _owners(root)
    if vectors_owner is fields and "vectors" not in fields and ("vectors_docs" in fields or "doctag_syn0" in fields):
        return _documents(root, budget)  # vectors of documents that gensim 3 saved by themselves
    return _table(vectors_owner, fields, budget)


def _interpret(root: Inert, budget: Budget) -> GensimFile:
    fields = root.fields()
    owners, vectors_owner = _owners(root)
    is_model = vectors_owner is not fields or any(key in fields for key in ("syn1", "syn1neg", "iter", "alpha"))
    table = _table(vectors_owner, fields, budget)
    weights: dict[str, NDArray[Any]] = {}
    params: dict[str, Any] = {}
    for owner in owners if is_model else owners[:1]:
        for key in WEIGHTS:
            if owner.get(key) is not None:
                weights.setdefault(RENAMED.get(key, key), _owned(array_of(owner[key], key, budget)))
        for key in (*PARAMETERS, *RENAMED):
            value = scalar_of(owner.get(key))
            if key in owner and (value is not None or owner[key] is None):
                params.setdefault(RENAMED.get(key, key), value)
    if params.get("vector_size") is None:
        params["vector_size"] = table.vector_size
    for key, array in weights.items():
        rows = len(array) if array.ndim else 0
        if key in ("syn1", "syn1neg") and (array.ndim != 2 or rows > len(table) or array.shape[1] != table.vector_size):
            raise FormatError(
                f"{key} of shape {array.shape} does not fit {len(table)} vectors of {table.vector_size} numbers, as in "
                "Doc2Vec with dm_concat=1; KeyedVectors.load reads the vectors"
            )
    attributes = _own(fields, budget, "the model", arrays=False) if is_model else {}
    return GensimFile("model" if is_model else "vectors", root.label, table, weights, params, attributes)


def _table(owner: dict[Any, Any], model: dict[Any, Any], budget: Budget) -> VectorTable:
    keys = next((owner[key] for key in KEY_LISTS if owner.get(key) is not None), None)
    if keys is None:
        keys = next((model[key] for key in KEY_LISTS if model.get(key) is not None), [])
    vectors = next((source[key] for source in (owner, model) for key in ("vectors", "syn0") if key in source), None)
    subwords = vectors is None and owner.get("vectors_vocab") is not None  # FastText of gensim 4 saves no sums
    if subwords:
        vectors = owner["vectors_vocab"]
    if is_array(keys):
        keys = _unpickle.listed(keys, "the array of keys", budget)  # gensim puts large ones beside the file
    if not isinstance(keys, list) or vectors is None:
        raise FormatError("the file holds no word vectors")
    keys = _filled(keys, owner.get("next_index"))
    matrix = array_of(vectors, "the matrix of vectors", budget)
    if matrix.ndim != 2 or matrix.dtype.kind != "f" or matrix.shape[0] < len(keys):
        raise FormatError(f"{len(keys)} keys and vectors of shape {matrix.shape} ({matrix.dtype})")
    plain = _plain_keys(keys, budget)
    attrs = _expandos(owner, len(plain), budget)
    vocab = _unpickle.pairs_of(owner.get("vocab", model.get("vocab")))
    if "count" not in attrs and vocab:
        attrs["count"] = _counts(vocab, plain, budget)
    rows = _owned(matrix[: len(plain)])
    own = _own(owner, budget, "the vectors") if owner is not model or "alpha" not in model else {}
    table = VectorTable(plain, rows, attrs, own={**own, **_factors(owner, len(plain), budget)})
    if owner.get("vectors_ngrams") is None and not subwords:
        return table
    return _with_ngrams(table, owner, budget, composed=not subwords)


def _plain_keys(keys: list[Any], budget: Budget) -> list[Hashable]:
    plain: list[Hashable] = _unpickle.keys_of(keys, budget)
    check_distinct(plain, budget.name)
    return plain


def _filled(keys: list[Any], next_index: Any) -> list[Any]:
    """The keys of a table that was made for more of them: gensim names the rows that are still free None."""
    if type(next_index) is not int or not 0 <= next_index < len(keys):
        return keys
    return keys[:next_index] if all(key is None for key in keys[next_index:]) else keys


def _with_ngrams(table: VectorTable, owner: dict[Any, Any], budget: Budget, *, composed: bool) -> VectorTable:
    """The table with n-grams, which give a vector to every text; words may be ``composed`` of them already."""
    minn, maxn, bucket = (scalar_of(owner.get(name)) for name in ("min_n", "max_n", "bucket"))
    if not all(type(number) is int and number >= 0 for number in (minn, maxn, bucket)):
        raise FormatError(f"FastText vectors with min_n={shown(minn)}, max_n={shown(maxn)}, bucket={shown(bucket)}")
    if bucket == 0:
        return table
    ngrams = array_of(owner.get("vectors_ngrams"), "the matrix of n-grams", budget)
    if scalar_of(owner.get("compatible_hash", not composed or None)) is not True or "hash2index" in owner:
        if not composed:
            raise FormatError("FastText vectors with the hash of gensim before 3.8; save model.wv.save_word2vec_format")
        logger.warning(
            "%s: the n-grams are those of gensim before 3.8 and are left out, so unknown words have no vector; "
            "load and save it with gensim 4 to keep them",
            budget.name,
        )
        return table
    if (
        ngrams.shape != (bucket, table.vector_size)
        or ngrams.dtype.kind != "f"
        or max(minn, maxn) > fasttext.LONGEST_NGRAM
    ):
        raise FormatError(f"{bucket} n-grams of up to {maxn} characters and vectors of shape {ngrams.shape}")
    words = table.vectors
    if not composed:
        words = np.array(words, np.float32, order="C")  # never into a mapped file
    if not composed and maxn >= max(minn, 1) and words.size:
        raw = [str(key).encode("utf8", "surrogatepass") for key in table.keys]
        bordered = [b"<%b>" % word for word in raw]
        rows = np.ascontiguousarray(ngrams, np.float32)
        work = fasttext.work_budget(budget.name, ngrams.nbytes)
        fasttext.compose(bordered, words, rows, minn, maxn, work, divide=True)
    rows = ngrams if isinstance(ngrams, np.memmap) else _owned(ngrams)
    return fasttext.FastTextVectors(table.keys, words, table.attrs, rows, minn, maxn, own=table.own)


def _documents(root: Inert, budget: Budget) -> VectorTable:
    """The vectors of documents of a Doc2Vec model, by their tags."""
    fields = root.fields()
    found = next((fields[name] for name in ("dv", "docvecs") if isinstance(fields.get(name), Inert)), root)
    owner = found.fields()
    if any(owner.get(name) is not None for name in KEY_LISTS):
        return _table(owner, owner, budget)
    vectors = next((owner[name] for name in ("vectors_docs", "doctag_syn0", "vectors") if name in owner), None)
    if vectors is None or (found is root and "doctags" not in owner):
        raise FormatError(f"{_unpickle.name_of(root)} has no vectors of documents; part='wv' reads those of words")
    matrix = array_of(vectors, "the matrix of documents", budget)
    names: Any = next((items for name in ("offset2doctag", "index2doctag") if (items := owner.get(name))), [])
    numbered = scalar_of(owner.get("max_rawint", -1))
    if matrix.ndim != 2 or matrix.dtype.kind != "f" or not isinstance(names, list) or type(numbered) is not int:
        raise FormatError(f"vectors of documents of shape {matrix.shape} ({matrix.dtype})")
    tags = [*range(min(numbered + 1, len(matrix))), *_plain_keys(names, budget)]
    if len(tags) > len(matrix):
        raise FormatError(f"{len(tags)} tags and vectors of documents of shape {matrix.shape}")
    check_distinct(tags, budget.name)
    return VectorTable(tags, _owned(matrix[: len(tags)]))


def _owned(array: NDArray[Any]) -> NDArray[Any]:
    """A mapped array as it is; one in the bytes of the pickle copied, so that it can be written to."""
    if isinstance(array, np.memmap):
        return array
    native = array.dtype.newbyteorder("=")
    return array if array.flags.writeable and array.dtype == native else array.astype(native, order="C")


def _expandos(owner: dict[Any, Any], n_keys: int, budget: Budget) -> dict[str, NDArray[Any]]:
    """Attributes of numbers and of plain objects; Huffman codes, which are arrays, follow from the counts."""
    attrs = {}
    found = owner.get("expandos")
    for label, value in (found.fields() if isinstance(found, Pairs) else {}).items():
        array = array_of(value, f"attribute {shown(label)}", budget)
        if not array.ndim or len(array) < n_keys:
            continue
        if array.dtype.kind in "fiub":
            attrs[label] = _owned(array[:n_keys])
            continue
        try:
            for row in range(n_keys):
                array[row] = plain_of(array[row], budget)
            attrs[label] = array[:n_keys]
        except NotPlainError as error:
            if label not in HUFFMAN_PATHS:
                _say_lost(budget.name, "the vectors", [f"attribute {shown(label)} ({error})"])
    return attrs


def _own(owner: dict[Any, Any], budget: Budget, whose: str, *, arrays: bool = True) -> dict[str, Any]:
    """What a program has given to its vectors, or its model, as far as a file of ours could hold it."""
    kept: dict[str, Any] = {}
    lost = []
    for name, value in owner.items():
        if name in OF_GENSIM or name.startswith("__") or not name.isidentifier():
            continue
        try:
            if arrays and is_array(value) and (array := array_of(value, name, budget)).dtype.kind in "fiub":
                kept[name] = _owned(array)
            else:
                kept[name] = plain_of(value, budget)
        except FormatError as error:  # no array of numbers, too: the vectors do not depend on it
            lost.append(f"{name} ({error})")
    if lost:
        _say_lost(budget.name, whose, lost)
    return kept


def _say_lost(name: str, whose: str, lost: list[str]) -> None:
    logger.warning(
        "%s: left out of %s, as no number, text, array, list or dictionary: %s", name, whose, ", ".join(lost[:10])
    )


def _factors(owner: dict[Any, Any], n_keys: int, budget: Budget) -> dict[str, NDArray[Any]]:
    """The factors of the updates of rows, as an attribute: one for each row or one for all, if there are any."""
    given = next((owner[key] for key in ("vectors_lockf", "syn0_lockf") if owner.get(key) is not None), None)
    if given is None:
        return {}
    factors = array_of(given, "vectors_lockf", budget)
    if factors.ndim != 1 or not len(factors) or factors.dtype.kind not in "fiub":
        _say_lost(budget.name, "the vectors", [f"vectors_lockf of shape {shown(factors.shape)} ({factors.dtype})"])
        return {}
    return {FACTORS: _owned(factors[: max(n_keys, 1)])}


def _counts(vocab: list[Any], keys: list[Any], budget: Budget) -> NDArray[np.int64]:
    """Counts of the words of 3.x files: one object for each."""
    words = _unpickle.keys_of(vocab[::2], budget)
    check_hashes(words, budget.name)
    entries = dict(zip(words, vocab[1::2], strict=True))
    counts: list[int] = []
    for key in keys:
        entry = entries.get(key)
        known = isinstance(entry, Inert) and is_a(entry, "Vocab") and isinstance(entry.state, Pairs)
        value = scalar_of(entry.fields().get("count", 0)) if isinstance(entry, Inert) and known else None
        if not isinstance(value, int) or not -(2**63) <= value < 2**63:
            raise FormatError(f"the key of row {len(counts)} has no count")
        counts.append(value)
    return np.array(counts, np.int64)
