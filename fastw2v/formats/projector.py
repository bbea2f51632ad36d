"""TensorFlow Projector: one TSV file of vectors, one TSV file of labels.

``PREFIX_tensor.tsv`` has one row of values in each line, separated by tabs; ``PREFIX_metadata.tsv`` has one
key in each line (with several columns the first line names them, and the first column is the key). Lost:
counts and other attributes, and the type of keys. Keys with a tab or a newline are refused.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastw2v._codecs import CODECS
from fastw2v.errors import FormatError
from fastw2v.formats import word2vec
from fastw2v.formats._io import PathOrFile, checked_file, is_file_object, name_of, open_read, open_write_together
from fastw2v.formats._reader import KeyDecodeError, Window, refuse_utf16
from fastw2v.formats._row_selection import checked_limit
from fastw2v.formats._rows import Policy, Rows, TableBuilder
from fastw2v.table import VectorTable

EXTENSIONS = (".tsv",)
PAIRS = (
    ("_tensor", "_metadata"),
    ("vectors", "metadata"),
    ("tensor", "metadata"),
    ("vecs", "meta"),
    ("vectors", "meta"),
)


class MissingLabelsError(FormatError, FileNotFoundError):
    """There is no file of labels beside a file of vectors."""


def companion(path: PathOrFile) -> str:
    """Path of the labels that belong to a file of vectors."""
    if is_file_object(path):
        raise FormatError(f"{name_of(path)}: an open file has no companion; give metadata=")
    folder, base = os.path.split(name_of(path))
    for vectors, metadata in PAIRS:
        head, found, tail = base.rpartition(vectors)
        if found:
            return os.path.join(folder, head + metadata + tail)
    stem, extension = os.path.splitext(base)
    if extension in CODECS:
        stem, inner = os.path.splitext(stem)
        extension = inner + extension
    return os.path.join(folder, f"{stem}_metadata{extension}")


def load(
    path: PathOrFile,
    *,
    metadata: PathOrFile | None = None,
    limit: int | None = None,
    datatype: DTypeLike = np.float32,
    words: Collection[str] | None = None,
    duplicates: str = "first",
    nonfinite: str = "keep",
) -> VectorTable:
    """Load a pair of TSV files.

    Parameters
    ----------
    path : str, path-like or file object
        The vectors.
    metadata : str, path-like or file object, optional
        The labels; by default the companion (``_tensor`` becomes ``_metadata`` in the name).
    limit, datatype, words, duplicates, nonfinite
        As for :func:`fastw2v.formats.word2vec.load`; the labels are read as a whole.

    Returns
    -------
    VectorTable
        Without counts.

    Raises
    ------
    FormatError
        The files are malformed, or do not belong together.
    MissingLabelsError
        There is no file of labels (also a ``FormatError`` and a ``FileNotFoundError``).
    """
    n_rows = checked_limit(limit)
    labels = checked_file(companion(path)) if metadata is None else metadata
    try:
        keys, columns = _labels(labels)
    except FileNotFoundError:
        raise MissingLabelsError(
            f"{name_of(path)}: as a file of TensorFlow Projector it needs one of labels, and {name_of(labels)} does "
            "not exist; metadata= names it, format= says what the file is if it is something else"
        ) from None
    with open_read(path) as reader:
        window = Window(reader).begin_text()
        columns_of_lines = [line.count(b"\t") + 1 for line in window.lines(1) if line]
        if not columns_of_lines:
            raise FormatError(f"{reader.name}: row 0 (byte 0): no values in the first line")
        dim = columns_of_lines[0]
        builder = TableBuilder(reader.name, dim, datatype, n_rows, words, Policy(duplicates, nonfinite))
        n_lines = Rows(builder, n_rows, promised=False, labels=keys).read_text(window)
        if n_lines == n_rows or builder.complete:
            return builder.finish()
        if columns > 1 and n_lines == len(keys) - 1:
            raise FormatError(f"{reader.name}: the labels have {columns} columns but no line that names them")
        if n_lines != len(keys):
            raise FormatError(f"{reader.name}: {n_lines} rows of values, but {len(keys)} labels")
    return builder.finish()


def _labels(path: PathOrFile) -> tuple[list[str], int]:
    """Keys, and the number of columns of the file."""
    with open_read(path) as reader:
        raw = reader.rest()
        name = reader.name
    refuse_utf16(raw[:4], name)
    try:
        lines = [line.removesuffix("\r") for line in raw.decode("utf-8-sig").split("\n")]
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start)
        raise KeyDecodeError.of(
            error,
            f"{name}: row {row} (byte {error.start}): not valid UTF-8 ({error.reason})",
        ) from None
    if lines[-1] == "":
        lines.pop()
    columns = lines[0].count("\t") + 1 if lines else 1
    if columns > 1:
        lines = [line.split("\t", 1)[0] for line in lines[1:]]
    return lines, columns


class _Tabs:
    """Turns lines with an empty key and spaces into lines with tabs."""

    def __init__(self, out: Any) -> None:
        self.out = out

    def write(self, text: bytes | bytearray) -> None:
        self.out.write(text[1:].replace(b"\n ", b"\n").replace(b" ", b"\t"))


def save(table: VectorTable, path: PathOrFile, *, metadata: PathOrFile | None = None) -> None:
    """Save a pair of TSV files: both, or neither.

    Parameters
    ----------
    table : VectorTable
    path : str, path-like or file object
        For the vectors.
    metadata : str, path-like or file object, optional
        For the labels; by default the companion.
    """
    word2vec.refuse_no_rows(table, name_of(path), "Projector")
    labels = companion(path) if metadata is None else metadata
    word2vec.refuse_marks(table, np.arange(len(table)), name_of(labels))
    blob, offsets = word2vec.encode_keys(table, name_of(labels), b"\t\n\r")
    with open_write_together([labels, path]) as (keys, rows):
        for begin, end in itertools.pairwise(offsets.tolist()):
            keys.write(blob[begin:end] + b"\n")
        order, empty = np.arange(len(table)), np.zeros(len(table) + 1, np.int64)
        word2vec.write_rows(_Tabs(rows), table.vectors, order, b"", empty, b"", binary=False)
