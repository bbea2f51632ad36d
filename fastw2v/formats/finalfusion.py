"""finalfusion's ``.fifu`` files (read only): chunks, each with a number that says what it is and its length.

All little-endian: ``FiFu``, uint32 version 0, uint32 number of chunks and their kinds; then chunks: uint32 kind,
uint64 length, content. Vocabularies are a number of words (uint64), sizes of n-grams if there are any, and words
(uint32 length, UTF-8). A matrix is uint64 rows, uint32 columns, uint32 type (10: float32), one to four bytes up to a
multiple of four, values: rows of words first, then those of n-grams. Vectors have the length 1; the chunk of norms has
what they had.

Lost: n-grams, metadata.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Collection
from typing import Any

from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.formats._budget import check_distinct
from fastw2v.formats._io import PathOrFile, open_read
from fastw2v.formats._reader import KeyDecodeError, Reader
from fastw2v.formats._row_selection import checked_limit, chosen
from fastw2v.formats._rows import LONGEST_KEY
from fastw2v.table import VectorTable

logger = logging.getLogger(__name__)

MAGIC = b"FiFu"
FLOAT32 = 10
VOCABULARIES = {1: 0, 3: 12, 7: 12, 8: 8, 9: 16}  # bytes of what stands between the number of words and the words
MATRIX, QUANTISED, NORMS = 2, 4, 6


def load(path: PathOrFile, *, limit: int | None = None, words: Collection[str] | None = None) -> VectorTable:
    """Load a finalfusion file; vectors have the length 1, ``norm`` is what they had in training.

    Parameters
    ----------
    path : str, path-like or file object
    limit, words
        Keep the first rows, or these keys.

    Returns
    -------
    VectorTable

    Raises
    ------
    FormatError
        The file is malformed, or its vectors are quantised.
    """
    limit = checked_limit(limit)
    with open_read(path) as reader:
        magic, version, n_chunks = struct.unpack("<4sII", reader.read(12, "the header"))
        if magic != MAGIC or version != 0 or n_chunks > 100:
            raise FormatError(f"{reader.name}: byte 0: no finalfusion file of version 0")
        reader.read(4 * n_chunks, "the kinds of chunks")
        keys: list[Any] | None = None
        vectors: NDArray[Any] | None = None
        attrs: dict[str, NDArray[Any]] = {}
        for _ in range(n_chunks):
            kind, length = struct.unpack("<IQ", reader.read(12, "a chunk"))
            end = reader.offset + length
            if kind in VOCABULARIES:
                keys = _vocabulary(reader, VOCABULARIES[kind], end, limit)
            elif kind == MATRIX:
                rows, columns, type_id = struct.unpack("<QII", reader.read(16, "the matrix"))
                if keys is None or columns < 1 or type_id != FLOAT32 or rows < len(keys):
                    raise FormatError(
                        f"{reader.name}: byte {end - length}: {rows} x {columns} values of type {type_id}"
                    )
                reader.read(4 - reader.offset % 4, "the matrix")
                vectors = reader.read_array("<f4", len(keys) * columns, "the matrix").reshape(len(keys), columns)
            elif kind == NORMS and keys is not None:
                n_norms, type_id = struct.unpack("<QI", reader.read(12, "the norms"))
                if type_id != FLOAT32 or n_norms < len(keys):
                    raise FormatError(f"{reader.name}: byte {end - length}: {n_norms} norms of type {type_id}")
                reader.read(4 - reader.offset % 4, "the norms")
                attrs["norm"] = reader.read_array("<f4", len(keys), "the norms")
            elif kind == QUANTISED:
                raise FormatError(
                    f"{reader.name}: byte {end - length}: quantised vectors, which are not read; "
                    "finalfusion reconstruct makes a file that is"
                )
            _skip(reader, end)
        if keys is None or vectors is None:
            raise FormatError(f"{reader.name}: no vocabulary, or no matrix")
    check_distinct(keys, reader.name)
    return chosen(VectorTable(keys, vectors, attrs), None, words)


def _vocabulary(reader: Reader, n_sizes: int, end: int, limit: int | None) -> list[Any]:
    """The words of a chunk, or the first ``limit`` of them."""
    (n_words,) = struct.unpack("<Q", reader.read(8, "the vocabulary"))
    if n_sizes:
        reader.read(n_sizes, "the vocabulary")
        logger.warning("%s: n-grams are left out, so unknown words have no vector", reader.name)
    if 4 * n_words > max(0, end - reader.offset):
        raise FormatError(f"{reader.name}: byte {reader.offset}: {n_words} words in {end - reader.offset} bytes")
    keys: list[Any] = []
    for row in range(n_words if limit is None else min(limit, n_words)):
        (length,) = struct.unpack("<I", reader.read(4, f"word {row}"))
        if length > min(LONGEST_KEY, end - reader.offset):
            raise FormatError(f"{reader.name}: row {row} (byte {reader.offset}): a word of {length} bytes")
        try:
            keys.append(reader.read(length, f"word {row}").decode("utf8"))
        except UnicodeDecodeError as error:
            raise KeyDecodeError.of(error, f"{reader.name}: row {row}: not valid UTF-8 ({error.reason})") from None
    return keys


def _skip(reader: Reader, end: int) -> None:
    """Go to the end of a chunk."""
    while reader.offset < end:
        reader.read(min(end - reader.offset, 1 << 16), "the rest of a chunk")
    if reader.offset > end:
        raise FormatError(f"{reader.name}: byte {end}: a chunk is longer than it says")
