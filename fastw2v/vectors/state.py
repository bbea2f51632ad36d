"""What a file of vectors holds: arrays, keys, and what JSON can say about the rest of the object."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.formats._plain_values import object_columns, own_values, parted
from fastw2v.formats._row_selection import chosen_keys, chosen_rows
from fastw2v.formats.native import OF_NGRAMS
from fastw2v.query.quantized import QuantizedMatrix
from fastw2v.table import FACTORS, HUFFMAN_PATHS, one_for_each
from fastw2v.vectors.ragged import RaggedColumn

Vectors = TypeVar("Vectors")
State = tuple[dict[str, NDArray[Any]], list[Any], dict[str, Any]]
# gensim leaves these lists on what it has loaded, and programs (spec2vec) take them from there
BOOKKEEPING = ("__numpys", "__scipys", "__ignoreds", "__recursive_saveloads")
KNOWN = {
    "vector_size", "index_to_key", "key_to_index", "next_index", "vectors", "norms", "expandos", "vectors_lockf",
}  # fmt: skip


def state_of(kv: Any) -> State:
    """Everything of the vectors that a file can hold; a warning names what it cannot."""
    if isinstance(kv.vectors, QuantizedMatrix):
        arrays: dict[str, NDArray[Any]] = {"vectors": kv.vectors.codes, "vectors.scales": kv.vectors.scales}
    else:
        arrays = {"vectors": kv.vectors}
    columns = {name: column for name, column in kv.expandos.items() if not is_rebuilt(name, column)}
    own = {name: value for name, value in kv.__dict__.items() if name not in KNOWN and name not in BOOKKEEPING}
    beside, in_header = parted(columns, own, type(kv).__name__)
    arrays.update(beside)
    if FACTORS in kv.__dict__:
        arrays[FACTORS] = np.asarray(kv.vectors_lockf)
    metadata: dict[str, Any] = dict(in_header)
    if len(kv.key_to_index) < len(kv.index_to_key):  # rows that were made beforehand and have no key yet
        metadata["next_index"] = int(kv.next_index)
    check_arrays(arrays, len(kv.index_to_key), f"these {type(kv).__name__}")
    return arrays, list(kv.index_to_key), metadata


def part_of(state: State, limit: int | None, words: Collection[str] | None, name: Any) -> State:
    """Return the state of some rows: the first ``limit``, or those of some words; nothing stays mapped."""
    arrays, keys, metadata = state
    check_arrays(arrays, len(keys), name)
    rows = chosen_rows(keys, limit, words)
    in_rows = {label for label in arrays if label in ("vectors", "vectors.scales") or label.startswith("attr.")}
    if one_for_each(len(arrays.get(FACTORS, ())), len(keys)):
        in_rows.add(FACTORS)
    arrays = {label: np.array(array[rows] if label in in_rows else array) for label, array in arrays.items()}
    objects = metadata.get("object_attrs", {})
    if isinstance(objects, dict):
        columns = {label: values for label, values in objects.items() if isinstance(values, list)}
        columns = {label: chosen_keys(values, rows) for label, values in columns.items() if len(values) == len(keys)}
        metadata = {**metadata, "object_attrs": {**objects, **columns}}
    chosen = chosen_keys(keys, rows)
    if type(metadata.get("next_index")) is int:  # rows that have no key yet stand at the end
        metadata["next_index"] = min(metadata["next_index"], len(chosen))
    return arrays, chosen, metadata


def note_loaded(kv: Vectors) -> Vectors:
    """Return loaded vectors with what gensim leaves there: which arrays stood beside the file, here none.

    Parameters
    ----------
    kv : KeyedVectors

    Returns
    -------
    KeyedVectors
        The same.

    Examples
    --------
    >>> from fastw2v import KeyedVectors
    >>> note_loaded(KeyedVectors(2)).__dict__["__numpys"]
    []
    """
    for name in BOOKKEEPING:
        kv.__dict__.setdefault(name, [])
    return kv


def is_rebuilt(name: str, column: NDArray[Any] | RaggedColumn) -> bool:
    """Whether an attribute is the Huffman paths, ours or gensim's, which follow from the counts."""
    if isinstance(column, RaggedColumn):
        return True
    return name in HUFFMAN_PATHS and column.dtype == object and isinstance(next(iter(column), None), np.ndarray)


def check_arrays(arrays: dict[str, NDArray[Any]], rows: int, name: Any) -> None:
    """Compare arrays with each other and with the number of keys.

    Raises
    ------
    FormatError
        If one is missing, or has a shape or a dtype that vectors by key cannot have.
    """
    if "vectors" not in arrays:
        raise FormatError(f"{name}: vectors: the array is missing, so these are no vectors by key")
    vectors, scales = arrays["vectors"], arrays.get("vectors.scales")
    if vectors.ndim != 2 or len(vectors) != rows:
        raise FormatError(f"{name}: vectors: {rows} keys need an array of ({rows}, vector_size), not {vectors.shape}")
    if scales is None and vectors.dtype.kind != "f":
        raise FormatError(
            f"{name}: vectors: dtype {vectors.dtype} is none of float16, float32, float64 (int8 needs an array "
            "'vectors.scales'): convert with astype('float32')"
        )
    if scales is not None and (vectors.dtype != np.int8 or scales.dtype.kind != "f" or scales.shape != (rows,)):
        raise FormatError(
            f"{name}: vectors.scales: {rows} rows of int8 need as many scales of a float type; the vectors are "
            f"{vectors.dtype}, the scales {scales.dtype} of shape {scales.shape}"
        )
    if scales is not None and not (known := np.isfinite(scales) & (scales >= 0)).all():
        row = int(np.argmin(known))
        raise FormatError(f"{name}: vectors.scales: row {row} has {scales[row]}, not a finite number of 0 or more")
    factors = arrays.get(FACTORS)
    if factors is not None and (factors.ndim != 1 or not len(factors) or factors.dtype.kind not in "biuf"):
        raise FormatError(
            f"{name}: vectors_lockf: one factor, or one for each key, is needed, not {factors.dtype} of shape "
            f"{factors.shape}"
        )
    for label, column in arrays.items():
        if label.startswith("attr.") and column.shape[:1] != (rows,):
            raise FormatError(f"{name}: {label}: {rows} keys need as many values, not an array of {column.shape}")


def index_of(keys: list[Any], name: Any, *, prepared: bool = False) -> dict[Any, int]:
    """Row of each key; with ``prepared``, None means a row that has no key yet.

    Raises
    ------
    FormatError
        If a key occurs twice.
    """
    index = dict(zip(keys, range(len(keys)), strict=True))
    if prepared:
        index.pop(None, None)
    if len(index) < len(keys) - (keys.count(None) if prepared else 0):
        key, row = next((key, row) for row, key in enumerate(keys) if index.get(key, row) != row)
        raise FormatError(f"{name}: a key occurs twice: {key!r}, in rows {row} and {index[key]}")
    return index


def _is_free(kv: Any, name: str) -> bool:
    """Whether a file may set an attribute: it must not replace a method or what the table is made of."""
    return name not in KNOWN and not name.startswith("__") and not hasattr(type(kv), name)


def own_of(kv: Any) -> dict[str, Any]:
    """Return what belongs to the vectors as a whole: the factors of training, and what a program gave them."""
    left_out = {*KNOWN, *BOOKKEEPING, *OF_NGRAMS, "lifecycle_events", "mapfile_path"} - {FACTORS}
    return {name: value for name, value in kv.__dict__.items() if name not in left_out}


def take_own(kv: Any, own: dict[str, Any]) -> None:
    """Give vectors what :func:`own_of` found on others, or a file held."""
    for name, value in own.items():
        if name == FACTORS or (name not in OF_NGRAMS and _is_free(kv, name)):
            setattr(kv, name, value)


def restore(kv: Any, arrays: dict[str, NDArray[Any]], metadata: dict[str, Any], name: Any) -> None:
    """Take over the arrays and metadata of :func:`state_of`, into an object that has the keys already.

    Raises
    ------
    FormatError
        If they do not fit the keys.
    """
    rows = len(kv.index_to_key)
    check_arrays(arrays, rows, name)
    objects, own = object_columns(metadata, rows, name), own_values(metadata, name)
    next_index = metadata.get("next_index", rows)
    if type(next_index) is not int or not 0 <= next_index <= rows:
        raise FormatError(f"{name}: next_index={next_index!r}: must be the number of a row, 0 to {rows}")
    kv.next_index = next_index
    for label, array in arrays.items():
        if label.startswith("attr."):
            kv.expandos[label[5:]] = array
        elif label.startswith("own.") and _is_free(kv, label[4:]):
            setattr(kv, label[4:], array)
    kv.expandos.update(objects)
    for label, value in own.items():
        if _is_free(kv, label):
            setattr(kv, label, value)
    if FACTORS in arrays:
        kv.vectors_lockf = arrays[FACTORS]
    if "vectors.scales" in arrays:
        kv.vectors = QuantizedMatrix(arrays["vectors"], arrays["vectors.scales"])
    else:
        kv.vectors = arrays["vectors"]
    kv.vector_size = int(kv.vectors.shape[1])
