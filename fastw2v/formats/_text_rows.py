"""Whether rows are text: binary ones look like it by chance, and text may be damaged."""

from __future__ import annotations

import codecs

import numpy as np

from fastw2v.formats import _parse
from fastw2v.formats._reader import Window
from fastw2v.formats._rows import LONGEST_NUMBER

HEAD = 1 << 13  # bytes that are enough to tell
CONTROLS = bytes(range(32))
ENOUGH_TEXT = 256  # so many bytes without a control character are text in some encoding, and no floats
LONGEST_LOOKED_AT = 1 << 16  # bytes of a line whose numbers are counted for a message
OF_NUMBERS = b"0123456789+-.eEinfatyINFATY \t\r"  # what rows of numbers are made of


def has_text_rows(window: Window, n_rows: int, dim: int) -> bool:
    """Whether text follows a header, be its first row as it should be or not: binary rows look like text by chance."""
    begin, end = window.start, window.end
    if begin == end or surely_text(window, dim):
        return True
    rest = window.data[begin : min(end, begin + HEAD)].tobytes()
    if _has_controls(rest):
        return False
    try:
        codecs.getincrementaldecoder("utf8")().decode(rest)  # its last character may be cut
    except UnicodeDecodeError:
        return False
    if n_rows > len(rest):
        return True
    starts, ends = np.empty(n_rows, np.int64), np.empty(n_rows, np.int64)
    found, stop = _parse.scan_binary(window.data, begin, end, 4 * dim, starts, ends)
    return found < n_rows or bool(rest[stop - begin :].strip())  # else it fits exactly: few values, all letters


def surely_text(window: Window, dim: int) -> bool:
    """Whether the first line is a row of text, or so much follows without a control character that it is no floats."""
    line = window.data[window.start : _parse.next_newline(window.data, window.start, window.end)].tobytes()
    if is_text_row(line.rstrip(), dim):
        return True
    rest = window.data[window.start : min(window.end, window.start + HEAD)].tobytes()
    values = rest.partition(b" ")[2]  # a key is text in any case
    return len(values) >= ENOUGH_TEXT and not _has_controls(rest)


def values_of_row(window: Window) -> int:
    """How many numbers follow the key in the first line; 0 if that is no such line, or a very long one."""
    stop = _parse.next_newline(window.data, window.start, window.end)
    if stop - window.start > LONGEST_LOOKED_AT or (stop == window.end and not window.final):
        return 0
    _, _, values = window.data[window.start : stop].tobytes().rstrip().replace(b"\t", b" ").partition(b" ")
    return values.count(b" ") + 1 if values and are_numbers(values, b" ") else 0


def _has_controls(text: bytes) -> bool:
    return text.translate(None, b"\t\n\r") != text.translate(None, CONTROLS + b"\t\n\r")


def is_text_row(line: bytes, dim: int) -> bool:
    """Whether a line is a key and so many numbers, or a key and what is meant to be numbers; it may be very long."""
    line = line.replace(b"\t", b" ")
    spaces = line.count(b" ")
    if spaces < dim:
        return False
    border = len(line)
    for _ in range(dim):
        border = line.rfind(b" ", 0, border)
    if are_numbers(line[border + 1 :], b" "):
        return True
    # one value of four bytes may look like that by chance
    return spaces == dim > 1 and not line.partition(b" ")[2].translate(None, OF_NUMBERS)


def are_numbers(line: bytes, border: bytes) -> bool:
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
