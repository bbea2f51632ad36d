"""NumPy ``.npz``: arrays ``vectors``, ``keys_utf8`` (uint8), ``keys_offsets`` (int64) and ``attr_<name>``.

``bytes(keys_utf8[keys_offsets[i]:keys_offsets[i + 1]]).decode()`` is the key of row ``i``. A fixed-width
text array would cut NUL characters off and make all keys as long as the longest one; files that have one
(``keys``, ``words`` or ``index_to_key``) are read all the same. Lost: the type of keys (they become text).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.formats import _npy, _parse, word2vec
from fastw2v.formats._budget import check_distinct, shown
from fastw2v.formats._io import PathOrFile, name_of, open_read, open_write
from fastw2v.formats._npy import read_members
from fastw2v.formats._reader import KeyDecodeError
from fastw2v.formats._row_selection import checked_limit, chosen
from fastw2v.table import VectorTable

EXTENSIONS = (".npz",)
KEY_NAMES = ("keys", "words", "index_to_key")
VECTOR_NAMES = ("vectors", "embeddings", "arr_0")


def load(path: PathOrFile, *, limit: int | None = None, words: Collection[str] | None = None) -> VectorTable:
    """Load an ``.npz`` archive; arrays of Python objects are refused.

    Parameters
    ----------
    path : str, path-like or file object
    limit, words
        Keep the first rows, or these keys. With ``limit`` no more of the archive is read than these rows (and the text
        of all keys); ``words`` reads it as a whole.

    Returns
    -------
    VectorTable
    """
    n_rows = checked_limit(limit)
    with open_read(path) as reader:
        stream = reader.stream
        if reader.size is None:  # compressed as a whole, or a stream: an archive is read from its end
            stream = io.BytesIO(reader.rest())
        arrays = read_members(stream, reader.name, _is_wanted, lambda label: _rows(label, n_rows))
        name = reader.name
    keys = _keys(arrays, name)
    label = next((label for label in VECTOR_NAMES if label in arrays), None)
    if label is None:
        raise FormatError(f"{name}: no array 'vectors' in the archive, which has {_labels(arrays)}")
    vectors = arrays.pop(label)
    if vectors.dtype.kind != "f":
        raise FormatError(f"{name}: array {label!r} has dtype {vectors.dtype}, which is not floating")
    attrs = {key.removeprefix("attr_"): array for key, array in arrays.items() if key.startswith("attr_")}
    try:
        table = VectorTable(keys, vectors, attrs)
    except (ValueError, TypeError) as error:
        raise FormatError(f"{name}: {error}") from None
    check_distinct(keys, name)
    return chosen(table, limit, words)


def _is_wanted(label: str) -> bool:
    """Whether an array is part of a table; others may be large, and are not read."""
    return label.startswith(("keys_", "attr_")) or label in KEY_NAMES + VECTOR_NAMES


def _rows(label: str, limit: int | None) -> int | None:
    """How many rows of an array the first ``limit`` rows of the table need."""
    if limit is None or label == "keys_utf8":
        return None
    return limit + 1 if label == "keys_offsets" else limit


def _keys(arrays: dict[str, NDArray[Any]], name: str) -> list[Any]:
    try:
        if "keys_utf8" in arrays:
            blob, offsets = arrays.pop("keys_utf8"), arrays.pop("keys_offsets")
            if blob.dtype != np.uint8 or offsets.dtype != np.int64 or blob.ndim != 1 or offsets.ndim != 1:
                raise ValueError("wrong dtypes")
            return _parse.decode_keys(blob, offsets[:-1], offsets[1:], "strict")
        label = next((label for label in KEY_NAMES if label in arrays), "")
        return _npy.items_of(arrays.pop(label), "keys")
    except UnicodeDecodeError as error:
        raise KeyDecodeError.of(
            error,
            f"{name}: a key is not valid UTF-8: {error.reason}",
        ) from None
    except (KeyError, ValueError) as error:
        what = "" if isinstance(error, KeyError) else f" ({error})"
        raise FormatError(
            f"{name}: no usable keys in the archive{what}, which has {_labels(arrays)}: keys are an array 'keys' (or "
            "'words', 'index_to_key') of text, one for each row of 'vectors' (or 'embeddings', 'arr_0'); numpy.load "
            "reads it, and KeyedVectors.add_vectors(keys, array) puts them together"
        ) from None


def _labels(arrays: dict[str, NDArray[Any]]) -> str:
    return ", ".join(shown(label) for label in sorted(arrays)[:10]) or "none that vectors by key have"


class _WriteOnly:
    """A stream that zipfile cannot wind back: compressors say they can seek, and then cannot."""

    def __init__(self, out: Any) -> None:
        self.write, self.flush = out.write, out.flush


def save(table: VectorTable, path: PathOrFile, *, compressed: bool = False) -> None:
    """Save a table as ``.npz``, readable by ``numpy.load`` without pickle.

    Parameters
    ----------
    table : VectorTable
    path : str, path-like or file object
    compressed : bool
        Deflate the arrays.
    """
    blob, offsets = word2vec.encode_keys(table, name_of(path), b"")
    arrays = {
        "vectors": table.vectors,
        "keys_utf8": np.frombuffer(blob, np.uint8),
        "keys_offsets": offsets,
        **{f"attr_{label}": array for label, array in table.attrs.items()},
    }
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with open_write(path) as out, zipfile.ZipFile(_WriteOnly(out), "w", method) as archive:  # type: ignore[call-overload]
        for label, array in arrays.items():
            if array.dtype.hasobject:
                raise FormatError(
                    f"{name_of(path)}: array {label!r} holds Python objects, .npz cannot hold them; native files can"
                )
            member = zipfile.ZipInfo(f"{label}.npy", (1980, 1, 1, 0, 0, 0))  # equal tables give equal files
            member.compress_type = method
            with archive.open(member, "w", force_zip64=True) as part:
                np.lib.format.write_array(part, array, allow_pickle=False)
