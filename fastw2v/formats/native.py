"""The native format: one safetensors file with all arrays, the keys and the parameters.

Layout: 8 bytes little-endian length of the header, the header (JSON, padded with spaces to a multiple of
64), then the arrays one after another, little-endian and C-contiguous, those with larger items first so
that each is aligned. The entry ``__metadata__`` of the header (text values only, as safetensors demands)
holds

    format    "fastw2v"
    version   "1"; a file of a later version is refused
    kind      what the file is: "vectors", "model", ...
    keys      "none", "utf8", "int64" or "json"
    metadata  parameters as JSON

Keys of type ``str`` are the tensors ``keys.utf8`` (one blob) and ``keys.offsets`` (int64); integers are the
tensor ``keys.int64``; all others are JSON with type tags in ``keys.json`` (``_key_json.py``). Nothing tells
who wrote the file, where or when: equal contents give equal bytes. Any safetensors reader can open the arrays.

Lost: nothing of a table but objects that neither JSON nor an array of numbers can hold: a warning names them.
"""

from __future__ import annotations

import json
import math
import mmap as mmap_module
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v._progress import step
from fastw2v.errors import ConfigError, FormatError, TruncatedFileError
from fastw2v.formats import _key_json, _parse, fasttext
from fastw2v.formats._budget import check_distinct, shown
from fastw2v.formats._io import PathOrFile, is_file_object, name_of, open_read, open_write
from fastw2v.formats._plain_values import object_columns, own_values, parted
from fastw2v.formats._reader import BLOCK, KeyDecodeError, Reader, is_shape
from fastw2v.formats._row_selection import checked_limit, chosen_keys, chosen_rows, own
from fastw2v.table import FACTORS, VectorTable, one_for_each
from fastw2v.train.weights import ROW_ALIGNMENT, zeros

EXTENSIONS = (".safetensors", ".fw2v", ".model", ".kv")
VERSION = 1
NGRAMS = "ngram_vectors"
OF_NGRAMS = (NGRAMS, "min_n", "max_n")
LEAST_MAPPED = (
    10 << 20
)  # bytes: gensim keeps smaller arrays in its main file, so in memory, where programs write to them
LARGEST_HEADER = 100_000_000  # the limit of the safetensors library
DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
CODES = {np.dtype(kind): code for code, kind in DTYPES.items()}


def save_arrays(
    path: PathOrFile,
    arrays: dict[str, NDArray[Any]],
    keys: Sequence[Hashable] | None,
    metadata: dict[str, Any],
    *,
    kind: str | None = None,
) -> None:
    """Write arrays, keys and metadata to one file, atomically.

    Parameters
    ----------
    path : str, path-like or file object
        Compressed by extension (such a file cannot be mapped).
    arrays : dict of str to ndarray
        Any shape; row-padded views are written row by row, without a copy of the whole.
    keys : sequence of hashable, optional
        Strings, integers, or a mixture of those with what ``_key_json`` can keep.
    metadata : dict
        Anything that JSON can hold.
    kind : str, optional
        What the file is; by default ``metadata["kind"]``, or "arrays".

    Raises
    ------
    FormatError
        An array holds objects, a key has a type that cannot be stored, metadata are not JSON.
    """
    name = name_of(path)
    tensors, key_kind = _key_tensors(keys, name)
    for label, array in arrays.items():
        if label.startswith("keys.") or label == "__metadata__":
            raise FormatError(f"{name}: an array cannot be called {label!r}, the name is reserved")
        tensors[label] = np.asarray(array)
    try:
        text = _json(metadata, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise FormatError(f"{name}: metadata cannot be written as JSON: {error}") from None
    header: dict[str, Any] = {
        "__metadata__": {
            "format": "fastw2v",
            "version": str(VERSION),
            "kind": str(kind or metadata.get("kind", "arrays")),
            "keys": key_kind,
            "metadata": text,
        }
    }
    ordered = sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize)
    offset = 0
    for label, array in ordered:
        code = CODES.get(_little(array.dtype))
        if code is None:
            raise FormatError(f"{name}: array {label!r} has dtype {array.dtype}, which the native format cannot hold")
        header[label] = {
            "dtype": code,
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    raw = _json(header, separators=(",", ":")).encode()
    raw += b" " * (-(8 + len(raw)) % 64)
    with open_write(path) as out, step("saving", offset, "B") as saving:
        out.write(len(raw).to_bytes(8, "little"))
        out.write(raw)
        for _, array in ordered:
            for part in _bytes_of(array):
                out.write(part)
                saving.add(part.nbytes)


def _json(value: Any, **options: Any) -> str:
    """JSON in UTF-8 as far as that can be; lone surrogates only stand in it escaped."""
    text = json.dumps(value, ensure_ascii=False, **options)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, **options)
    return text


def _little(kind: np.dtype[Any]) -> np.dtype[Any]:
    return kind.newbyteorder("<")


def _bytes_of(array: NDArray[Any]) -> Iterator[memoryview]:
    """The bytes of an array, C-contiguous and little-endian, a block at a time."""
    kind = _little(array.dtype)
    if array.size == 0:
        return
    if array.flags.c_contiguous and array.dtype == kind:
        flat = array.reshape(-1).view(np.uint8)
        for begin in range(0, len(flat), BLOCK):
            yield flat[begin : begin + BLOCK].data
        return
    n_rows = max(1, BLOCK // max(1, array.nbytes // len(array)))
    for begin in range(0, len(array), n_rows):
        yield np.ascontiguousarray(array[begin : begin + n_rows], kind).data


def load_arrays(
    path: PathOrFile,
    mmap: bool = False,
    *,
    least: int = 0,
    part: bool = False,
    weights: Collection[str] = (),
) -> tuple[dict[str, NDArray[Any]], list[Any] | None, dict[str, Any]]:
    """Read what :func:`save_arrays` wrote, or any safetensors file.

    Parameters
    ----------
    path : str, path-like or file object
        The file; compression is recognised by content.
    mmap : bool
        Map the arrays instead of reading them: read-only, shared between processes, paged in when used.
    least : int
        Arrays of fewer bytes are read all the same, and can be written to.
    part : bool
        Only a part is wanted: map the arrays where they can be.
    weights : collection of str
        Arrays that are to be trained: read into memory where they can be, if the size of the file is known.

    Returns
    -------
    arrays : dict of str to ndarray
    keys : list or None
    metadata : dict
        As given to :func:`save_arrays`; the text values of ``__metadata__`` for a foreign file.

    Raises
    ------
    FormatError
        The file is malformed or of a later version.
    TruncatedFileError
        The file ends before the data that the header promises.
    """
    arrays, metadata = _tensors(path, mmap, part=part, weights=weights)
    if mmap:
        arrays = {label: array if array.nbytes >= least else np.array(array) for label, array in arrays.items()}
    keys = _keys(arrays, metadata.get("keys", "none"), name_of(path))
    if metadata.get("format") != "fastw2v":
        return arrays, keys, dict(metadata)
    loaded = _metadata(metadata, name_of(path))
    loaded.setdefault("kind", metadata.get("kind", "arrays"))
    return arrays, keys, loaded


def _metadata(header: dict[str, Any], name: str) -> dict[str, Any]:
    """What the header says in JSON beside the arrays."""
    try:
        loaded = json.loads(header.get("metadata", "{}"))
        if not isinstance(loaded, dict):
            raise ValueError("not an object")
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name}: the metadata are not JSON: {error}") from None
    return loaded


def _tensors(
    path: PathOrFile, mmap: bool, *, part: bool = False, weights: Collection[str] = ()
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """All arrays of a file, and the text of its header; where only a ``part`` is wanted, mapped if they can be."""
    if mmap and is_file_object(path):
        raise FormatError(f"{name_of(path)}: mmap=True needs a path, not an open file")
    with open_read(path) as reader:
        header, begin = read_header(reader)
        metadata = header.pop("__metadata__", {})
        _check_version(metadata, reader.name)
        spans = _spans(header, begin, reader)
        if mmap and reader.size is None:
            raise FormatError(f"{reader.name}: a compressed or remote file cannot be mapped; use mmap=False")
        mapped = mmap or (part and reader.mappable and not is_file_object(path))
        arrays = _mapped(reader, spans, begin) if mapped else _read(reader, spans, weights)
        end = begin + max((span[4] for span in spans), default=0)
        if reader.size > end if reader.size is not None else reader.readinto(bytearray(1)):
            raise FormatError(f"{reader.name}: byte {end}: there is something after the last array")
    return arrays, metadata


def read_header(reader: Reader) -> tuple[dict[str, Any], int]:
    """The header as a dict, and where the data begin."""
    length = int.from_bytes(reader.read(8, "the length of the header"), "little")
    if length > LARGEST_HEADER:
        raise FormatError(f"{reader.name}: byte 0: a header of {length} bytes is not a safetensors header")
    try:
        header = json.loads(reader.read(length, "the header").decode("utf8"), object_pairs_hook=_no_twins)
        metadata = header.get("__metadata__", {})
        if not all(isinstance(value, str) for value in metadata.values()):
            raise ValueError("metadata values must be text")
    except (ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, FormatError):
            raise
        what = shown(str(error), 200)
        raise FormatError(f"{reader.name}: byte 8: the header is not that of a safetensors file: {what}") from None
    return header, 8 + length


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name occurs twice")
    return made


def _check_version(metadata: dict[str, str], name: str) -> None:
    if metadata.get("format") == "fastw2v" and metadata.get("version") != str(VERSION):
        raise FormatError(
            f"{name}: written in version {shown(metadata.get('version'))} of the native format, "
            f"this fastw2v reads version {VERSION}; upgrade it"
        )


Span = tuple[str, np.dtype[Any], tuple[int, ...], int, int]


def _spans(header: dict[str, Any], begin: int, reader: Reader) -> list[Span]:
    """Name, dtype, shape, first and last byte of each array, checked against each other and the file."""
    spans: list[Span] = []
    for label, entry in header.items():
        try:
            kind = np.dtype(DTYPES[entry["dtype"]])
            shape = tuple(entry["shape"])
            first, last = entry["data_offsets"]
            if not is_shape(shape, kind.itemsize) or type(first) is not int or type(last) is not int or first < 0:
                raise ValueError("sizes must be integers >= 0, and possible")
            if last - first != math.prod(shape) * kind.itemsize:
                raise ValueError("the shape does not fit the data")
        except (KeyError, TypeError, ValueError) as error:
            what = shown(str(error), 200)
            raise FormatError(f"{reader.name}: byte 8: array {shown(label)} is described wrongly: {what}") from None
        spans.append((label, kind, shape, first, last))
    spans.sort(key=lambda span: (span[3], span[4]))
    end = 0
    for label, _, _, first, last in spans:
        if first != end:
            raise FormatError(f"{reader.name}: array {shown(label)} begins at byte {begin + first}, not {begin + end}")
        end = last
    left = reader.remaining()
    if left is not None and end > left:
        raise TruncatedFileError(f"{reader.name}: the arrays need {end} bytes after byte {begin}, the file has {left}")
    return spans


def _read(reader: Reader, spans: list[Span], weights: Collection[str] = ()) -> dict[str, NDArray[Any]]:
    arrays = {}
    for label, kind, shape, _, _ in spans:
        what = f"array {shown(label)}"
        if label in weights and reader.size is not None and _may_have_room(kind, shape):
            arrays[label] = reader.fill(zeros(*shape), what)
        else:
            arrays[label] = reader.read_array(kind, math.prod(shape), what).reshape(shape)
    return arrays


def _may_have_room(kind: np.dtype[Any], shape: tuple[int, ...]) -> bool:
    """Whether these are rows to which the room for training adds less than their own size."""
    return kind == np.float32 and len(shape) == 2 and min(shape) > 0 and shape[1] * kind.itemsize >= ROW_ALIGNMENT


def _mapped(reader: Reader, spans: list[Span], begin: int) -> dict[str, NDArray[Any]]:
    if not any(last > first for _, _, _, first, last in spans):
        return _read(reader, spans)
    mapped = mmap_module.mmap(reader.stream.fileno(), 0, access=mmap_module.ACCESS_READ)
    return {
        label: np.frombuffer(mapped, kind, math.prod(shape), begin + first).reshape(shape)
        if last > first
        else np.empty(shape, kind)
        for label, kind, shape, first, last in spans
    }


def _key_tensors(keys: Sequence[Hashable] | None, name: str) -> tuple[dict[str, NDArray[Any]], str]:
    if keys is None:
        return {}, "none"
    kinds = set(map(type, keys))
    if kinds <= {str}:
        try:
            encoded = [key.encode() for key in keys]  # type: ignore[attr-defined]
        except UnicodeEncodeError:
            pass  # lone surrogates: JSON can hold them
        else:
            offsets = np.zeros(len(encoded) + 1, np.int64)
            np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
            return {"keys.utf8": np.frombuffer(b"".join(encoded), np.uint8), "keys.offsets": offsets}, "utf8"
    if kinds == {int}:
        try:
            return {"keys.int64": np.array(keys, np.int64)}, "int64"
        except OverflowError:
            pass  # beyond 64 bits: JSON can hold them
    return {"keys.json": np.frombuffer(_key_json.write(keys, name), np.uint8)}, "json"


def _keys(arrays: dict[str, NDArray[Any]], kind: str, name: str, limit: int | None = None) -> list[Any] | None:
    """Take the key tensors out of ``arrays`` and make the list of keys, or of the first ``limit`` of them."""
    try:
        if kind == "utf8":
            blob, offsets = arrays.pop("keys.utf8"), arrays.pop("keys.offsets")
            if blob.dtype != np.uint8 or offsets.dtype != np.int64 or not len(offsets) or offsets[0] != 0:
                raise ValueError("wrong dtypes or no offsets")
            return _parse.decode_keys(np.ascontiguousarray(blob), offsets[:-1][:limit], offsets[1:][:limit], "strict")
        if kind == "int64":
            numbers: list[Any] = arrays.pop("keys.int64")[:limit].astype(np.int64, copy=False).tolist()
            return numbers
        if kind == "json":
            return _key_json.read(arrays.pop("keys.json").tobytes(), name)[:limit]
    except UnicodeDecodeError as error:
        raise KeyDecodeError.of(
            error,
            f"{name}: a key is not valid UTF-8: {error.reason}",
        ) from None
    except FormatError:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise FormatError(f"{name}: the keys are damaged: {shown(str(error), 200)}") from None
    return None


def load(
    path: PathOrFile, *, mmap: bool = False, limit: int | None = None, words: Collection[str] | None = None
) -> VectorTable:
    """Load the vectors of a native file (of a model: its word vectors).

    Vectors stored as int8 are given as float32; :meth:`KeyedVectors.load` keeps them as they are.

    Parameters
    ----------
    path : str, path-like or file object
    mmap : bool
        Map the vectors read-only instead of reading them; keys are then not compared with each other.
    limit, words
        Keep the first rows, or these keys. Of a plain local file nothing else is read, except the keys.

    Returns
    -------
    VectorTable
    """
    part = checked_limit(limit) is not None or words is not None
    arrays, metadata = _tensors(path, mmap, part=part)
    keys = _keys(arrays, metadata.get("keys", "none"), name_of(path), checked_limit(limit))
    name = name_of(path)
    if "vectors" not in arrays or keys is None:
        raise FormatError(f"{name}: a safetensors file without keys and an array 'vectors' is no vector table")
    if not mmap:
        check_distinct(keys, name)
    n_rows = {label: len(array) if array.ndim else 0 for label, array in arrays.items()}
    rows = chosen_rows(keys, limit, words)
    if part:
        keys = chosen_keys(keys, rows)
    last = -1 if isinstance(rows, slice) or not len(rows) else int(rows[-1])

    def taken(label: str) -> NDArray[Any]:
        array = arrays[label]
        if not part:
            return array
        if array.ndim == 0 or n_rows[label] != n_rows["vectors"] or last >= n_rows[label]:
            shape = shown(array.shape)
            raise FormatError(f"{name}: array {shown(label)} of shape {shape} beside {n_rows['vectors']} vectors")
        return array[rows] if mmap else own(array[rows])

    vectors = taken("vectors")
    if vectors.ndim != 2 or (vectors.dtype.kind != "f" and "vectors.scales" not in arrays):
        raise FormatError(
            f"{name}: array 'vectors' of {vectors.dtype} and shape {shown(vectors.shape)}: must be a table of "
            "float16, float32 or float64; save it with astype('float32')"
        )
    if "vectors.scales" in arrays:  # int8 codes with a scale for each row (query/quantized.py)
        scales = taken("vectors.scales")
        if scales.shape != vectors.shape[:1]:
            raise FormatError(f"{name}: {len(vectors)} rows of codes, but scales of shape {scales.shape}")
        vectors = vectors * scales[:, None].astype(np.float32)
    plain = _metadata(metadata, name) if metadata.get("format") == "fastw2v" else {}
    try:
        attrs = {label[5:]: taken(label) for label in arrays if label.startswith("attr.")}
        attrs.update((label, column[rows]) for label, column in object_columns(plain, n_rows["vectors"], name).items())
        table = VectorTable(keys, vectors, attrs, own=own_values(plain, name))
        table.own.update((label[4:], array) for label, array in arrays.items() if label.startswith("own."))
        if FACTORS in arrays:
            table.own[FACTORS] = taken(FACTORS) if one_for_each(n_rows[FACTORS], n_rows["vectors"]) else arrays[FACTORS]
        return _with_ngrams(table, copy=part and not mmap)
    except (ConfigError, FormatError):
        raise
    except ValueError as error:
        raise FormatError(f"{name}: {error}") from None


def _with_ngrams(table: VectorTable, *, copy: bool) -> VectorTable:
    """The table with its n-grams, if the file has them: attributes of the vectors, as KeyedVectors saves them."""
    ngrams = table.own.get(NGRAMS)
    if not isinstance(ngrams, np.ndarray) or not len(ngrams):
        return table
    rest = {label: value for label, value in table.own.items() if label not in OF_NGRAMS}
    try:
        sizes = table.own["min_n"], table.own["max_n"]
    except KeyError:
        raise FormatError("the n-grams have no lengths") from None
    if not all(type(size) is int and 0 <= size <= fasttext.LONGEST_NGRAM for size in sizes):
        raise FormatError(f"n-grams of {shown(sizes)} characters")
    if ngrams.ndim != 2 or ngrams.dtype.kind != "f" or ngrams.shape[1] != table.vector_size:
        raise FormatError(f"n-grams of shape {shown(ngrams.shape)} beside vectors of {table.vector_size} numbers")
    rows = own(ngrams) if copy else ngrams
    return fasttext.FastTextVectors(table.keys, table.vectors, table.attrs, rows, *sizes, own=rest)


def save(table: VectorTable, path: PathOrFile) -> None:
    """Save a table, with its n-grams if it has them; nothing is lost.

    Parameters
    ----------
    table : VectorTable
        Attributes may have any numeric dtype and shape, or be objects that JSON can hold.
    path : str, path-like or file object
    """
    values = dict(table.own)
    if isinstance(table, fasttext.FastTextVectors) and len(table.ngram_vectors):
        values.update(zip(OF_NGRAMS, (table.ngram_vectors, table.minn, table.maxn), strict=True))
    beside, in_header = parted(table.attrs, values, "the table")
    arrays = {"vectors": table.vectors, **beside}
    metadata = in_header if any(in_header.values()) else {}
    save_arrays(path, arrays, table.keys, metadata, kind="vectors")
