"""File formats: one file each, and the registry that finds the right one.

To add a format: write a module with ``load(path, **options)`` and, if it can be written, ``save(table,
path, **options)``; add one row to ``FORMATS``; teach ``sniff`` its first bytes; add it to the contract
suite.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import _parse, fasttext, gensim, glove, native, npz, projector, word2vec
from fastw2v.formats._io import CODECS, PathOrFile, is_file_object, name_of, open_read
from fastw2v.formats._reader import Window
from fastw2v.formats._rows import LONGEST_NUMBER
from fastw2v.table import VectorTable

__all__ = ["FORMATS", "Format", "format_of_name", "load", "save", "sniff"]

HEAD = 1 << 16  # bytes that are enough to recognise a format
LONGEST_FIRST_LINE = 1 << 20


@dataclass(frozen=True)
class Format:
    """How one format is read and written, and the extensions that choose it when saving."""

    load: Callable[..., VectorTable]
    save: Callable[..., None] | None
    extensions: tuple[str, ...] = ()


def _load_binary(path: PathOrFile, **options: Any) -> VectorTable:
    return word2vec.load(path, **{"binary": True, **options})


def _save_binary(table: VectorTable, path: PathOrFile, **options: Any) -> None:
    word2vec.save(table, path, **{"binary": True, **options})


FORMATS = {
    "native": Format(native.load, native.save, native.EXTENSIONS),
    "word2vec": Format(word2vec.load, word2vec.save, (".txt", ".w2v")),
    "word2vec-binary": Format(_load_binary, _save_binary, (".bin",)),
    "glove": Format(glove.load, glove.save, glove.EXTENSIONS),
    "fasttext": Format(fasttext.load, fasttext.save, (".vec",)),
    "gensim": Format(gensim.load_table, None),
    "npz": Format(npz.load, npz.save, npz.EXTENSIONS),
    "projector": Format(projector.load, projector.save, projector.EXTENSIONS),
}


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ConfigError(f"format={name!r}: use one of {', '.join(map(repr, FORMATS))}")
    return FORMATS[name]


def load(path: PathOrFile, format: str | None = None, **options: Any) -> VectorTable:
    r"""Load vectors from a file of any known format.

    Parameters
    ----------
    path : str, path-like or file object
        A local file, an URL (through smart_open), or an open binary file that can seek.
    format : str, optional
        A name in ``FORMATS``; by default the content decides.
    **options
        Of the format's own ``load``.

    Returns
    -------
    VectorTable

    Raises
    ------
    FormatError
        The content is of no known format, or damaged.

    Examples
    --------
    >>> import io
    >>> load(io.BytesIO(b"1 2\na 0.5 1\\n")).keys
    ['a']
    """
    if format is not None:
        return _format(format).load(path, **options)
    if is_file_object(path):
        seekable = getattr(path, "seekable", lambda: False)()
        if not seekable:
            raise ConfigError(f"{name_of(path)}: an open file that cannot seek needs format=")
        begin = path.tell()  # type: ignore[union-attr]
        found = sniff(path)
        path.seek(begin)  # type: ignore[union-attr]
    else:
        found = sniff(path)
    return FORMATS[found].load(path, **options)


def format_of_name(path: PathOrFile) -> str:
    """Name of the format that a file's extension asks for; "native" where it asks for none.

    Examples
    --------
    >>> format_of_name("vectors.txt.gz"), format_of_name("my.model")
    ('word2vec', 'native')
    """
    stem, extension = os.path.splitext(name_of(path).lower())
    if extension in CODECS:
        extension = os.path.splitext(stem)[1]
    return next((name for name, one in FORMATS.items() if extension in one.extensions), "native")


def save(table: VectorTable, path: PathOrFile, format: str | None = None, **options: Any) -> None:
    """Save vectors in any format that can be written.

    Parameters
    ----------
    table : VectorTable
    path : str, path-like or file object
        Replaced atomically if local.
    format : str, optional
        A name in ``FORMATS``; by default the extension decides (before ``.gz`` and the like), and a name
        without a known extension means the native format.
    **options
        Of the format's own ``save``.

    Raises
    ------
    FormatError
        The format cannot hold the table, or cannot be written.
    """
    format = format_of_name(path) if format is None else format
    chosen = _format(format)
    if chosen.save is None:
        raise FormatError(f"format={format!r} is read only; save in the native or the word2vec format")
    chosen.save(table, path, **options)


def sniff(path: PathOrFile) -> str:
    """Name of the format of a file, by its content.

    Parameters
    ----------
    path : str, path-like or file object
        Of a file object the beginning is consumed.

    Returns
    -------
    str
        A name in ``FORMATS``.

    Raises
    ------
    FormatError
        It is none of them.
    """
    with open_read(path) as reader:
        window = Window(reader)
        window.extend(HEAD)
        head = window.data[: min(window.end, 16)].tobytes()
        if head.startswith(fasttext.MAGIC):
            return "fasttext"
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return "npz"
        if (b"\x80" <= head[:2] <= b"\x80\x05") or head.startswith((b"ccopy_reg\n", b"cgensim.")):
            return "gensim"
        if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= native.LARGEST_HEADER:
            return "native"
        return _sniff_text(window)


def _sniff_text(window: Window) -> str:
    """One of the formats that begin with a line of text."""
    while not window.final and window.end < LONGEST_FIRST_LINE:
        if _parse.count_lines(window.data, 0, window.end) > 1:
            break
        window.extend(HEAD)
    end_of_first = _parse.next_newline(window.data, 0, window.end)
    first = window.data[:end_of_first].tobytes()
    fields = first[:100].split()
    if len(first) <= 100 and len(fields) == 2 and fields[0].isdigit() and fields[1].isdigit():
        begin = min(end_of_first + 1, window.end)
        line = window.data[begin : _parse.next_newline(window.data, begin, window.end)].tobytes().rstrip()
        values = line.partition(b" ")[2]
        n_values = values.count(b" ") + 1 if b" " in line else 0
        is_text = begin == window.end or (n_values == int(fields[1]) and _numbers(values, b" "))
        return "word2vec" if is_text else "word2vec-binary"
    line = first.rstrip()
    if b" " not in line and _numbers(line, b"\t"):
        return "projector"
    if b" " in line and _numbers(line[line.rfind(b" ") + 1 :], b" "):
        return "glove"
    raise FormatError(
        f"{window.reader.name}: byte 0: of no known format, it begins with {first[:24]!r}; "
        f"format= takes {', '.join(map(repr, FORMATS))}"
    )


def _numbers(line: bytes, border: bytes) -> bool:
    """Whether all fields are numbers; one at a time, for a line may hold half a million."""
    at = 0
    try:
        while at <= len(line):
            end = line.find(border, at)
            end = len(line) if end < 0 else end
            if end - at > LONGEST_NUMBER:
                return False
            float(line[at:end])
            at = end + 1
    except ValueError:
        return False
    return True
