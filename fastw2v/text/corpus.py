r"""Files as re-iterable corpora of token lists, as in ``gensim.models.word2vec``.

``Word2Vec`` recognises these classes and reads their files natively; iterating them is for everybody
else. Sentences are cut by ``str.split()``, lines end at ``\n`` only.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import IO, Any

from fastw2v.checks import MAX_INT32, checked_integer
from fastw2v.text.encoded import MAX_SENTENCE_WORDS
from fastw2v.text.paths import CorpusDecodeError, checked_file, mark_length, open_text, path_of

_READ_BYTES = 1 << 16
HEAD = 512  # bytes that tell an archive


class LineSentence:
    r"""One sentence in each line, words separated by white space, UTF-8.

    Parameters
    ----------
    source : path or file object
        A path may name a compressed file (.gz, .bz2, .xz, .zst) or a URL; a file object must be seekable.
    max_sentence_length : int
        Longer lines are cut in pieces of so many words.
    limit : int or None
        Only the first so many lines.

    Raises
    ------
    ConfigError
        If ``max_sentence_length`` or ``limit`` is no such number.
    UnicodeDecodeError
        While iterating, if the text is not UTF-8; the message names file, line and byte offset.

    Examples
    --------
    >>> import io
    >>> list(LineSentence(io.BytesIO(b"one line\n\nand another")))
    [['one', 'line'], ['and', 'another']]
    """

    def __init__(self, source: Any, max_sentence_length: int = MAX_SENTENCE_WORDS, limit: int | None = None) -> None:
        self.source = source
        self.max_sentence_length, self.limit = checked_lengths(max_sentence_length, limit)

    def __iter__(self) -> Iterator[list[str]]:
        if hasattr(self.source, "seek"):
            self.source.seek(0)
            opened: Any = nullcontext(self.source)
        else:
            opened = open_text(checked_file(self.source), buffered=True)
        with opened as lines:
            texts = _decoded(itertools.islice(lines, self.limit), self.source)
            yield from _cut(texts, self.max_sentence_length)


class PathLineSentences:
    """All files of a folder, in the order of their names, each as in :class:`LineSentence`.

    Parameters
    ----------
    source : path
        A folder, or one file. Sub-folders are not entered: one inside is an error (IsADirectoryError)
        when the corpus is read.
    max_sentence_length, limit
        As in :class:`LineSentence`, for each file.

    Raises
    ------
    ValueError
        If a number is out of range, or ``source`` is neither a file nor a folder.

    Examples
    --------
    >>> import os
    >>> from fastw2v.utils import save_as_line_sentence
    >>> os.mkdir("texts")
    >>> save_as_line_sentence([["one"], ["two"]], "texts/a.txt")
    >>> save_as_line_sentence([["three"]], "texts/b.txt.gz")
    >>> list(PathLineSentences("texts"))
    [['one'], ['two'], ['three']]
    """

    def __init__(self, source: Any, max_sentence_length: int = MAX_SENTENCE_WORDS, limit: int | None = None) -> None:
        self.source = path_of(source)
        self.max_sentence_length, self.limit = checked_lengths(max_sentence_length, limit)
        if os.path.isfile(self.source):
            self.input_files = [self.source]
        elif os.path.isdir(self.source):
            self.source = os.path.join(self.source, "")
            self.input_files = sorted(os.path.join(self.source, name) for name in os.listdir(self.source))
        else:
            raise ValueError(f"source={source!r}: there is no such file or folder")

    def __iter__(self) -> Iterator[list[str]]:
        for path in self.input_files:
            yield from LineSentence(path, self.max_sentence_length, self.limit)


class Text8Corpus:
    """A file as one stream of words (such as ``text8``), cut every ``max_sentence_length`` words.

    Parameters
    ----------
    fname : path
    max_sentence_length : int

    Examples
    --------
    >>> from fastw2v.utils import save_as_line_sentence
    >>> save_as_line_sentence([["one", "two", "three", "four", "five"]], "text8")
    >>> list(Text8Corpus("text8", max_sentence_length=2))
    [['one', 'two'], ['three', 'four'], ['five']]
    """

    def __init__(self, fname: Any, max_sentence_length: int = MAX_SENTENCE_WORDS) -> None:
        self.fname = fname
        self.max_sentence_length, _ = checked_lengths(max_sentence_length)

    def __iter__(self) -> Iterator[list[str]]:
        sentence: list[str] = []
        with open_text(checked_file(self.fname), buffered=True) as stream:
            for text in _decoded(_whole_words(stream), self.fname):
                sentence += text.split()
                full = len(sentence) - len(sentence) % self.max_sentence_length
                for start in range(0, full, self.max_sentence_length):
                    yield sentence[start : start + self.max_sentence_length]
                del sentence[:full]
        if sentence:
            yield sentence


class BrownCorpus:
    """The Brown corpus as NLTK distributes it: ``word/tag`` tokens become ``word/TA``.

    Words are lower-cased, tags keep their first two letters; tokens whose tag does not begin with two
    letters (punctuation) are left out.

    Parameters
    ----------
    dirname : path
        The folder of the corpus' files.

    Examples
    --------
    >>> import os
    >>> from fastw2v.utils import save_as_line_sentence
    >>> os.mkdir("brown")
    >>> save_as_line_sentence([["The/at", "dog/nn", "barks/vbz", "./."]], "brown/ca01")
    >>> list(BrownCorpus("brown"))
    [['the/at', 'dog/nn', 'barks/vb']]
    """

    def __init__(self, dirname: Any) -> None:
        self.dirname = dirname

    def __iter__(self) -> Iterator[list[str]]:
        folder = path_of(self.dirname)
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                continue
            with open_text(path, buffered=True) as lines:
                for line in _decoded(lines, path):
                    parts = [token.split("/") for token in line.split()]
                    tagged = [(pair[0].lower(), pair[1][:2]) for pair in parts if len(pair) == 2]
                    words = [f"{word}/{tag}" for word, tag in tagged if tag.isalpha()]
                    if words:
                        yield words


def checked_lengths(max_sentence_length: Any, limit: Any = None) -> tuple[int, int | None]:
    """Return the two bounds of a corpus class as plain integers.

    Parameters
    ----------
    max_sentence_length : int
    limit : int or None

    Returns
    -------
    (int, int or None)

    Raises
    ------
    ConfigError
        If they cannot be meant: no sentence would ever end, or no line be read.

    Examples
    --------
    >>> checked_lengths(10_000, None)
    (10000, None)
    """
    # Nothing is that long, and the compiled reader counts in 32 bits.
    longest = min(checked_integer("max_sentence_length", max_sentence_length, 1, "10000 is usual"), MAX_INT32)
    return longest, None if limit is None else checked_integer("limit", limit, 0, "None for all lines")


def _decoded(pieces: Iterable[bytes | str], source: Any) -> Iterator[str]:
    line, offset = 1, 0
    name = source if isinstance(source, (str, os.PathLike)) else getattr(source, "name", source)
    for number, piece in enumerate(pieces):
        if isinstance(piece, str):
            yield piece if number else piece.removeprefix("\ufeff")
            continue
        if number == 0:
            offset = mark_length(piece[:HEAD], str(name))
            piece = piece[offset:]
        try:
            yield piece.decode("utf-8")
        except UnicodeDecodeError as error:
            line += piece.count(b"\n", 0, error.start)
            raise CorpusDecodeError(error, str(name), line, offset + error.start) from None
        line += piece.count(b"\n")
        offset += len(piece)


def _cut(lines: Iterable[str], max_sentence_length: int) -> Iterator[list[str]]:
    for line in lines:
        words = line.split()
        for start in range(0, len(words), max_sentence_length):
            yield words[start : start + max_sentence_length]


def _whole_words(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a stream in pieces that end at ASCII white space."""
    rest = bytearray()  # of the word that goes on
    while piece := stream.read(_READ_BYTES):
        n_last = 0 if piece[-1:].isspace() else len(piece.rsplit(None, 1)[-1])
        if n_last < len(piece):
            yield bytes(rest + piece[: len(piece) - n_last])
            rest.clear()
        rest += piece[len(piece) - n_last :]
    if rest:
        yield bytes(rest)
