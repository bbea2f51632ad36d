"""Recognising a format by the first bytes of a file; and what a file is that is none."""

from __future__ import annotations

import re

from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import _npy, _parse, delimited, fasttext, finalfusion, native, npy
from fastw2v.formats._budget import shown
from fastw2v.formats._io import PathOrFile, is_file_object, kept_in_place, name_of, open_read
from fastw2v.formats._reader import Window
from fastw2v.formats._text_rows import HEAD, are_numbers, has_text_rows

LONGEST_FIRST_LINE = 1 << 20
OTHERS = {
    b"%PDF": "a PDF document",
    b"<": "a web page, or XML: did a download fail?",
    b"\x89HDF": "an HDF5 file; read it with h5py or pandas and save it with numpy.savez(vectors=..., keys=...)",
    b"PAR1": "a Parquet file; read it with pandas and make the vectors with KeyedVectors.add_vectors",
    b"ARROW1": "an Arrow file; read it with pandas and make the vectors with KeyedVectors.add_vectors",
    b"SQLite format 3": "a database of SQLite",
    b"version https://git-lfs": "a pointer of Git LFS; fetch the file itself with git lfs pull",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"{": "JSON; load it with the module json and make the vectors with KeyedVectors.add_vectors",
    b"[": "JSON; load it with the module json and make the vectors with KeyedVectors.add_vectors",
    b"\x7fELF": "a program",
}


OLD_GLOBAL = re.compile(rb"c(?:copy_reg|collections|gensim\.[\w.]+|numpy[\w.]*)\n")  # of objects in protocol 0
# dictionaries, lists and pairs in protocols 0 and 1
OLD_PICKLE = re.compile(rb"\(?(?:\(?[dl]p\d+\n|[}\]]q.|\(V[^ \n]*\n|\(cnumpy[\w.]*\n|\(X.{1,3}\0)", re.DOTALL)


def sniff(path: PathOrFile) -> str:
    r"""Return the name of the format of a file, by its content.

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
        It is none of them; the message says what it is, if that is known.
    ConfigError
        A pipe or a device, which gives its bytes only once.

    Examples
    --------
    >>> import io
    >>> sniff(io.BytesIO(b"2 3\nking 0.5 1 0\nqueen 0.5 0 1\n"))
    'word2vec'
    """
    if not is_file_object(path) and kept_in_place(name_of(path)):
        raise ConfigError(f"{name_of(path)}: a pipe or a device can be read only once, so it needs format=")
    with open_read(path) as reader:
        window = Window(reader)
        window.extend(HEAD)
        head = window.data[: min(window.end, 64)].tobytes()
        if head.startswith(fasttext.MAGIC) or fasttext.is_old(head):
            return "fasttext"
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return "npz"
        if head.startswith(_npy.MAGIC):
            return "npy"
        if head.startswith(finalfusion.MAGIC):
            return "finalfusion"
        if b"\x80" <= head[:2] <= b"\x80\x05":
            first = head[11:12] if head[2:3] == b"\x95" else head[2:3]
            return "pickle" if first in (b"}", b"]", b"(") else "gensim"
        if OLD_GLOBAL.match(head):
            return "gensim"
        if OLD_PICKLE.match(head):
            return "pickle"
        if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= native.LARGEST_HEADER:
            return "native"
        return _sniff_text(window.begin_text())


def _sniff_text(window: Window) -> str:
    """One of the formats that begin with a line of text."""
    while not window.final and window.end < LONGEST_FIRST_LINE:
        if _parse.count_lines(window.data, window.start, window.end) > 1:
            break
        window.extend(HEAD)
    end_of_first = _parse.next_newline(window.data, window.start, window.end)
    first = window.data[window.start : end_of_first].tobytes()
    fields = first[:100].split()
    header = len(first) <= 100 and len(fields) == 2 and fields[0].isdigit() and fields[1].isdigit()
    if header and (b"\t" not in first or _begins_with_key(_line_after(window, end_of_first))):
        window.start = min(end_of_first + 1, window.end)
        return "word2vec" if has_text_rows(window, int(fields[0]), int(fields[1])) else "word2vec-binary"
    if _is_delimited(first, _line_after(window, end_of_first)):
        return "delimited"
    line = first.rstrip()
    if b" " not in line and are_numbers(line, b"\t"):
        return "projector"
    border = max(line.rfind(b" "), line.rfind(b"\t"))
    if border >= 0 and are_numbers(line[border + 1 :], b" "):
        return "glove"
    if npy.has_words_beside(window.reader):
        return "glove-binary"
    raise FormatError(f"{window.reader.name}: byte 0: of no known format, {_what_else(first, window)}")


def _is_delimited(first: bytes, second: bytes) -> bool:
    """Whether lines are those of a table: with commas, with a line that names the columns, or keys in quotes."""
    if first.startswith((b"\t", b'"')) and b"\t" in first and b" " not in first:
        return True
    if first.startswith(b'"') and second.startswith(b'"') and are_numbers(second.rstrip().rpartition(b" ")[2], b" "):
        return True
    names = first.decode("latin1").rstrip()
    if second.strip() and any(delimited.is_numbered(names.split(one)[1:]) for one in delimited.SEPARATORS):
        return True  # a table of pandas
    line = second if second.strip() else first
    for separator in (b",", b";"):
        numbers = line.rstrip().split(separator)[-2:]  # behind a key that may hold spaces
        if line.count(separator) > 1 and all(are_numbers(one, b" ") and b" " not in one.strip() for one in numbers):
            return True
    for separator in (b",", b"\t", b";"):
        before, found, last = line.rstrip().rpartition(separator)
        if found and b" " not in line.strip() and before and are_numbers(last, b" "):
            return separator != b"\t" or not are_numbers(first.rstrip().rpartition(b"\t")[2] or b"x", b" ")
    return False


def _begins_with_key(line: bytes) -> bool:
    """Whether a line after ``rows TAB dimension`` is a row: two numbers with a tab may be a vector of Projector."""
    return bool(line.strip()) and not are_numbers(line[:100].split(b"\t")[0], b" ")


def _line_after(window: Window, end_of_first: int) -> bytes:
    begin = min(end_of_first + 1, window.end)
    return window.data[begin : _parse.next_newline(window.data, begin, window.end)].tobytes()


def _what_else(first: bytes, window: Window) -> str:
    """What a file is that holds no vectors."""
    if window.end == window.start:
        return "the file is empty"
    if not first.strip():
        return "its first line is empty; remove the line"
    if len(first) >= 6 and first[1:6:2] == b"\0\0\0" and b"\0" not in first[:6:2]:
        return "it seems to be text in UTF-16; save it as UTF-8"
    found = next((what for begin, what in OTHERS.items() if first.lstrip().startswith(begin)), None)
    if found is not None:
        return f"it seems to be {found}"
    return (
        f"it begins with {shown(first, 24)}; format= names it if it is one of fastw2v.formats.FORMATS, and an open "
        "file must stand at the beginning"
    )
