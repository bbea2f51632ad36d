"""GloVe text: lines ``key value value ...`` without a header.

The last ``dim`` fields of a line are its values, so keys may hold spaces (``. . .`` in GloVe's own files).
Lost: counts and all other attributes; keys become text; float32 precision unless the table is float64.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import DTypeLike

from fastw2v.errors import FormatError
from fastw2v.formats import word2vec
from fastw2v.formats._io import PathOrFile, name_of, open_read, open_write
from fastw2v.formats._reader import Window
from fastw2v.formats._rows import LONGEST_NUMBER, Policy
from fastw2v.table import VectorTable

EXTENSIONS = (".glove",)
LINES_TO_LOOK_AT = 8


def load(
    path: PathOrFile,
    *,
    dim: int | None = None,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    limit: int | None = None,
    datatype: DTypeLike = np.float32,
    words: Collection[str] | None = None,
    duplicates: str = "first",
    nonfinite: str = "keep",
    bad_rows: str = "error",
) -> VectorTable:
    """Load a GloVe file.

    Parameters
    ----------
    path : str, path-like or file object
    dim : int, optional
        Length of the vectors; by default the number of values that most of the first eight lines end with.
    encoding, unicode_errors, limit, datatype, words, duplicates, nonfinite, bad_rows
        As for :func:`fastw2v.formats.word2vec.load`.

    Returns
    -------
    VectorTable
        With a made-up ``count``, descending.
    """
    with open_read(path) as reader:
        window = Window(reader).begin_text()
        return word2vec.load_window(
            window,
            encoding=encoding,
            unicode_errors=unicode_errors,
            limit=limit,
            datatype=datatype,
            no_header=True,
            words=words,
            policy=Policy(duplicates, nonfinite, bad_rows),
            any_words=True,
            dim=dim or _dim(window),
        )


def save(table: VectorTable, path: PathOrFile) -> None:
    """Save a table as GloVe text, in table order; keys may hold spaces but no newline, and there must be one.

    Parameters
    ----------
    table : VectorTable
    path : str, path-like or file object
    """
    name = name_of(path)
    word2vec.refuse_no_rows(table, name, "GloVe")
    blob, offsets = word2vec.encode_keys(table, name, b"\n\r")
    word2vec.refuse_marks(table, np.arange(len(table)), name)
    first = table.keys[:LINES_TO_LOOK_AT]  # which tell the dimension
    word2vec.refuse_like_values(VectorTable(first, table.vectors[: len(first)]), name)
    with open_write(path) as out:
        word2vec.write_rows(out, table.vectors, np.arange(len(table)), blob, offsets, b"", binary=False)


def _dim(window: Window) -> int:
    """Number of values that most of the first lines end with: a key may end like a value."""
    dims: list[int] = []
    for line in window.lines(LINES_TO_LOOK_AT):
        n, end = 0, len(line)
        while end and line[end - 1] in b" \t\n\r\v\f":  # rstrip would copy a line that may be the whole file
            end -= 1
        if not end:
            continue
        if line.find(b"\r", 0, end) >= 0:
            raise FormatError(
                f"{window.reader.name}: row {len(dims)}: a carriage return within the line: lines that end with CR "
                "alone (of old Macs) are not read; convert them to LF"
            )
        space, tab = line.rfind(b" ", 0, end), line.rfind(b"\t", 0, end)
        while (begin := max(space, tab)) >= 0 and end - begin <= LONGEST_NUMBER:
            if not _is_number(line[begin + 1 : end]):
                break
            n, end = n + 1, begin
            if space == begin:  # only the one that was met is looked for again: the other may be far away, or nowhere
                space = line.rfind(b" ", 0, end)
            else:
                tab = line.rfind(b"\t", 0, end)
        dims.append(n)
    dim = max(dims, key=dims.count, default=0)
    if dim < 1:
        raise FormatError(f"{window.reader.name}: row 0 (byte 0): no 'key value value ...' there")
    return dim


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
