"""What a file of vectors holds: arrays, keys, and what JSON can say about the rest of the object."""

from __future__ import annotations

import json
import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.query.quantized import QuantizedMatrix

logger = logging.getLogger("fastw2v.keyedvectors")

State = tuple[dict[str, NDArray[Any]], list[Any], dict[str, Any]]
REBUILT = {"code", "point"}  # Huffman paths follow from the counts
KNOWN = {"vector_size", "index_to_key", "key_to_index", "vectors", "norms", "expandos", "vectors_lockf"}


def is_plain(value: Any) -> bool:
    """Whether JSON gives back exactly what it was given."""
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


def state_of(kv: Any) -> State:
    """Everything of the vectors that a file can hold; a warning names what it cannot."""
    if isinstance(kv.vectors, QuantizedMatrix):
        arrays: dict[str, NDArray[Any]] = {"vectors": kv.vectors.codes, "vectors.scales": kv.vectors.scales}
    else:
        arrays = {"vectors": kv.vectors}
    if "vectors_lockf" in kv.__dict__:
        arrays["vectors_lockf"] = kv.vectors_lockf
    objects, own = {}, {}
    for name, column in kv.expandos.items():
        if column.dtype != object:
            arrays[f"attr.{name}"] = column
        elif is_plain(values := column.tolist()):
            objects[name] = values
        elif name not in REBUILT:
            logger.warning("attribute %r holds objects that no file can hold, and is not saved", name)
    for name, value in kv.__dict__.items():
        if name in KNOWN:
            continue
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            arrays[f"own.{name}"] = value
        elif is_plain(value):
            own[name] = value
        else:
            logger.warning("%s.%s cannot be held by a file, and is not saved", type(kv).__name__, name)
    return arrays, list(kv.index_to_key), {"object_attrs": objects, "own": own}


def _is_free(kv: Any, name: str) -> bool:
    """Whether a file may set an attribute: it must not replace a method or what the table is made of."""
    return name not in KNOWN and not name.startswith("__") and not hasattr(type(kv), name)


def restore(kv: Any, arrays: dict[str, NDArray[Any]], metadata: dict[str, Any], name: Any) -> None:
    """Take over the arrays and metadata of :func:`state_of`, into an object that has the keys already.

    Raises
    ------
    FormatError
        If they do not fit the keys.
    """
    rows = len(kv.index_to_key)
    for label, array in arrays.items():
        if label.startswith("attr."):
            kv.expandos[label[5:]] = array
        elif label.startswith("own.") and _is_free(kv, label[4:]):
            setattr(kv, label[4:], array)
    for label, values in dict(metadata.get("object_attrs", {})).items():
        kv.expandos[label] = np.empty(len(values), dtype=object)
        kv.expandos[label][:] = values
    for label, value in dict(metadata.get("own", {})).items():
        if _is_free(kv, label):
            setattr(kv, label, value)
    if "vectors_lockf" in arrays:
        kv.vectors_lockf = arrays["vectors_lockf"]
    try:
        if "vectors.scales" in arrays:
            kv.vectors = QuantizedMatrix(arrays["vectors"], arrays["vectors.scales"])
        else:
            kv.vectors = arrays["vectors"]
        kv.vector_size = int(kv.vectors.shape[1])
        short = [label for label, column in kv.expandos.items() if len(column) != rows]
        if len(kv.vectors) != rows or short:
            raise ValueError(f"{rows} keys, {len(kv.vectors)} vectors, other lengths: {short}")
    except (KeyError, IndexError, ValueError) as error:
        raise FormatError(f"{name}: not a table of vectors by key: {error}") from error
