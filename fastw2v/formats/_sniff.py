"""Recognising a format by the first bytes of a file."""

from __future__ import annotations

import codecs

import numpy as np

from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import _parse, fasttext, native
from fastw2v.formats._io import PathOrFile, is_file_object, kept_in_place, name_of, open_read
from fastw2v.formats._reader import Window
from fastw2v.formats._rows import LONGEST_NUMBER

HEAD = 1 << 16  # bytes that are enough to recognise a format
LONGEST_FIRST_LINE = 1 << 20
CONTROLS = bytes(range(32))
ENOUGH_TEXT = 256  # so many bytes without a control character are text in some encoding, and no floats


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
        It is none of them.
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
    header = len(first) <= 100 and b"\t" not in first and len(fields) == 2
    if header and fields[0].isdigit() and fields[1].isdigit():
        window.start = min(end_of_first + 1, window.end)
        return "word2vec" if _text_rows(window, int(fields[0]), int(fields[1])) else "word2vec-binary"
    line = first.rstrip()
    if b" " not in line and _numbers(line, b"\t"):
        return "projector"
    if b" " in line and _numbers(line[line.rfind(b" ") + 1 :], b" "):
        return "glove"
    raise FormatError(
        f"{window.reader.name}: byte 0: of no known format, it begins with {first[:24]!r}; "
        "format= names it if it is one of fastw2v.formats.FORMATS"
    )


def _text_rows(window: Window, n_rows: int, dim: int) -> bool:
    """Whether text follows a header, be its first row as it should be or not: binary rows look like text by chance."""
    begin, end = window.start, window.end
    line = window.data[begin : _parse.next_newline(window.data, begin, end)].tobytes().rstrip()
    values = line.partition(b" ")[2]
    if begin == end or (values and values.count(b" ") + 1 == dim and _numbers(values, b" ")):
        return True
    rest = window.data[begin : min(end, begin + HEAD)].tobytes()
    if rest.translate(None, b"\t\n\r") != rest.translate(None, CONTROLS + b"\t\n\r"):
        return False
    if len(rest) >= ENOUGH_TEXT:
        return True
    try:
        codecs.getincrementaldecoder("utf8")().decode(rest)  # its last character may be cut
    except UnicodeDecodeError:
        return False
    if n_rows > len(rest):
        return True
    starts, ends = np.empty(n_rows, np.int64), np.empty(n_rows, np.int64)
    found, stop = _parse.scan_binary(window.data, begin, end, 4 * dim, starts, ends)
    return found < n_rows or bool(rest[stop - begin :].strip())  # else it fits exactly: few values, all letters


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
