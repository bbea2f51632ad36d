"""NumPy's ``.npy`` arrays, alone or in an ``.npz``, read without trusting a size and without pickle."""

from __future__ import annotations

import math
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError, TruncatedFileError
from fastw2v.formats._budget import shown
from fastw2v.formats._reader import Reader, is_shape, plain_dtype

MAGIC = b"\x93NUMPY"
LARGEST_HEADER = 10_000
# what zipfile raises for bytes that are no archive
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
)


def items_of(array: NDArray[Any], what: str) -> list[Any]:
    """The items of an array of one dimension; FormatError for texts that are none."""
    if array.ndim != 1:
        raise FormatError(f"{what}: of shape {shown(array.shape)}")
    if array.dtype.kind == "U" and array.nbytes:  # of what is no character NumPy makes a text all the same
        codes = np.ascontiguousarray(array).view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
        if int(codes.max()) > sys.maxunicode:
            raise FormatError(f"{what}: a text of NumPy holds a character that does not exist")
    return list(array.tolist())


def read_header(reader: Reader) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    """Dtype, shape and Fortran order of the array that follows.

    Raises
    ------
    FormatError
        Not an array, or one of Python objects.
    """
    name = reader.name
    magic = reader.read(8, "the beginning of an array")
    if magic[:6] != MAGIC or magic[6] not in (1, 2, 3):
        raise FormatError(f"{name}: byte 0: not a NumPy array")
    width = 2 if magic[6] == 1 else 4
    length = int.from_bytes(reader.read(width, "the length of the array header"), "little")
    if length > LARGEST_HEADER:
        raise FormatError(f"{name}: byte 8: an array header of {length} bytes")
    text = reader.read(length, "the array header")
    try:
        import ast

        entry = ast.literal_eval(text.decode("utf8" if magic[6] == 3 else "latin1").strip())
        kind, shape, fortran = entry["descr"], entry["shape"], entry["fortran_order"]
        if not isinstance(kind, str) or not isinstance(shape, tuple) or not isinstance(fortran, bool):
            raise ValueError("a plain array is wanted")
        dtype = plain_dtype(kind, "fiubUS")
        if not is_shape(shape, dtype.itemsize):
            raise ValueError(f"shape {shown(shape)} of {shown(kind)}")
    except (ValueError, TypeError, KeyError, SyntaxError, RecursionError, MemoryError) as error:
        raise FormatError(f"{name}: byte 10: the array header is not understood: {shown(str(error), 200)}") from None
    return dtype, shape, fortran


def read_array(reader: Reader, limit: int | None = None) -> NDArray[Any]:
    """The array at the place of the reader, or its first ``limit`` rows."""
    return read_values(reader, read_header(reader), limit)


def read_values(
    reader: Reader, header: tuple[np.dtype[Any], tuple[int, ...], bool], limit: int | None = None
) -> NDArray[Any]:
    """The array, or its first ``limit`` rows, behind a header that was read."""
    dtype, shape, fortran = header
    if limit is not None and shape and not fortran:
        shape = (min(limit, shape[0]), *shape[1:])
    flat = reader.read_array(dtype, math.prod(shape), "the array")
    return flat.reshape(shape[::-1]).T[:limit] if fortran else flat.reshape(shape)


def map_array(reader: Reader) -> NDArray[Any]:
    """The array at the place of the reader, mapped read-only."""
    dtype, shape, fortran = read_header(reader)
    if reader.size is None:
        raise FormatError(f"{reader.name}: a compressed or remote file cannot be mapped")
    if math.prod(shape) * dtype.itemsize > reader.size - reader.offset:
        raise TruncatedFileError(f"{reader.name}: the array at byte {reader.offset} is longer than the file")
    if math.prod(shape) == 0:
        return np.empty(shape, dtype)
    return np.memmap(reader.name, dtype, "r", reader.offset, shape, "F" if fortran else "C")


def read_members(
    stream: Any,
    name: str,
    wanted: Callable[[str], bool],
    limits: Callable[[str], int | None] = lambda label: None,
) -> dict[str, NDArray[Any]]:
    """Arrays of an ``.npz`` archive by name: the ``wanted`` ones, with ``limits`` only so many rows of each."""
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(stream) as archive:
            members = [one for one in archive.infolist() if wanted(one.filename.removesuffix(".npy"))]
            check_members(members, stream.seek(0, os.SEEK_END))
            for member in members:
                label = member.filename.removesuffix(".npy")
                if label in arrays:
                    raise FormatError(f"{name}: two arrays are called {shown(label)}")
                # neither of the two sizes is believed: an array grows with what comes out
                with archive.open(member) as part:
                    arrays[label] = read_array(Reader(part, f"{name}:{member.filename[:200]}", None), limits(label))
    except DAMAGE as error:
        if isinstance(error, FormatError) or (isinstance(error, OSError) and error.errno not in (None, 22)):
            raise
        raise FormatError(f"{name}: the archive is damaged: {shown(str(error), 200)}") from None
    return arrays


def check_members(members: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Refuse members of an archive that share their bytes, or want a large decoder."""
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile(
                f"member {shown(member.filename)} is packed by method {member.compress_type}, "
                "of which only 0 (stored) and 8 (deflate) are read"
            )
    if sum(member.compress_size for member in members) > size:
        raise zipfile.BadZipFile("its members overlap")
