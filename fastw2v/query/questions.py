"""Reading of evaluation sets: analogies in sections, and word pairs with scores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO, Any

from fastw2v.text.paths import path_of

Source = str | os.PathLike[str] | IO[Any]
BYTE_ORDER_MARK = "\ufeff"  # which Windows' editors put before UTF-8
Quadruple = tuple[str, str, str, str]


def lines_of(source: Source, encoding: str = "utf8") -> Iterator[str]:
    """Decoded lines of a path (compressed or not, or a URL) or of an open file, or texts.

    Raises
    ------
    TypeError
        If what is given holds something else than lines.
    """
    if not isinstance(source, (str, bytes, os.PathLike)):
        if not isinstance(source, Iterable):
            raise TypeError(f"{source!r:.60} is a {type(source).__name__}, neither a path nor an open file")
        for number, line in enumerate(source):
            text = line.decode(encoding) if isinstance(line, bytes) else line
            if not isinstance(text, str):
                raise TypeError(
                    f"{line!r:.60} is a {type(line).__name__}, where a path or an open file has lines of text: write "
                    "them to a file, or join the words of each with its delimiter"
                )
            yield text if number else text.removeprefix(BYTE_ORDER_MARK)
        return
    from smart_open import open as smart_open

    with smart_open(path_of(source), "rb") as stream:
        for number, line in enumerate(stream):
            text = line.decode(encoding)
            yield text if number else text.removeprefix(BYTE_ORDER_MARK)


def read_analogies(source: Source) -> Iterator[tuple[int, str | None, Quadruple | None]]:
    """Lines of an analogy file as (line number, name of a new section or None, four words or None).

    A line ``: name`` opens a section, every other line should have four words; one that has not comes
    with two Nones.

    Raises
    ------
    ValueError
        If words come before the first section.
    """
    opened = False
    for number, line in enumerate(lines_of(source)):
        if line.startswith(": "):
            opened = True
            yield number, line[2:].strip(), None
            continue
        if not opened:
            raise ValueError(
                f"Missing section header before line #{number} in {source}: "
                "an analogy file begins with a line ': name of the section'"
            )
        words = line.split()
        yield number, None, (words[0], words[1], words[2], words[3]) if len(words) == 4 else None


def read_pairs(
    source: Source, delimiter: str, encoding: str
) -> Iterator[tuple[int, str, tuple[str, str, float] | None]]:
    """Lines of a file of word pairs as (line number, text, (word, word, score) or None if it is none).

    Comment lines, which begin with ``#``, are left out.
    """
    for number, line in enumerate(lines_of(source, encoding)):
        if line.startswith("#"):
            continue
        try:
            left, right, score = line.split(delimiter)
            yield number, line.strip(), (left, right, float(score))
        except ValueError:
            yield number, line.strip(), None
