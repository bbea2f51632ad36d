"""Files as arrays of word numbers, for the phrase models that come after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from fastw2v.phrases._text import spell
from fastw2v.text._tokenize import FRONT, Tokenizer, WordTable
from fastw2v.text.blocks import BlockReader, blocks_of
from fastw2v.text.encoded import MAX_SENTENCE_WORDS, cut_long_sentences

Numbered = tuple[NDArray[np.int32], NDArray[np.int64]]  # ids, offsets: sentence s is ids[offsets[s]:offsets[s + 1]]

MAX_WORDS = 500_000  # a lexicon with more is given up for a new one, which bounds the memory that it takes
_UNCUT = np.iinfo(np.int64).max
_BLANKS = bytes([*range(9, 14), *range(28, 33)])


class Lexicon:
    """Words by number, in the order in which they were first met; each is one str, however often it occurs."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._table = WordTable()

    def read(self, tokenizer: Tokenizer, buffer: bytearray, n_bytes: int, lines: bool) -> Numbered:
        """Number the words of the text in a block's buffer, cut into lines (or not cut)."""
        ids, offsets, _, _ = tokenizer.scan(self._table, buffer, n_bytes, _UNCUT, lines, keep=True)
        assert ids is not None
        assert offsets is not None
        spell(buffer, FRONT, n_bytes, ids, self.strings, len(self._table))
        return ids, offsets

    def put(self, words: list[str]) -> NDArray[np.int32]:
        """Return the numbers of words, new ones where they are new."""
        ids, offsets = np.empty(len(words), np.int32), np.empty(2, np.int64)
        self._table.scan_sentences([words], 0, ids, offsets)
        for number, word in zip(ids.tolist(), words, strict=True):
            if number == len(self.strings):
                self.strings.append(word)
        return ids


def read_files(
    paths: Sequence[str], *, max_sentence_length: int | None = None, limit: int | None = None, lines: bool = True
) -> Iterator[tuple[Lexicon, NDArray[np.int32], NDArray[np.int64]]]:
    """Read files a block at a time, cut into the very sentences that iterating over the corpus gives.

    Parameters
    ----------
    paths : list of str
    max_sentence_length : int or None
        Longer lines are cut in pieces of so many words; None: 10,000.
    limit : int or None
        Only the first so many lines of each file.
    lines : bool
        Whether a newline ends a sentence.

    Yields
    ------
    (lexicon, ids, offsets)
        The lexicon grows, and now and then a new one takes its place.

    Raises
    ------
    CorpusError
        If a file is no UTF-8 (then also UnicodeDecodeError).
    """
    longest = MAX_SENTENCE_WORDS if max_sentence_length is None else max_sentence_length
    reader, tokenizer, lexicon = BlockReader(paths), Tokenizer(), Lexicon()
    rest = np.empty(0, np.int32)  # of a line that goes on in the next block
    file = -1
    for block in blocks_of(paths, limit):
        n_bytes = reader.load(block)
        try:
            ids, offsets = lexicon.read(tokenizer, reader.buffer, n_bytes, lines)
        except UnicodeDecodeError as error:
            raise reader.explain(error, block) from None
        ends = offsets[1:].tolist()
        if len(rest):
            if block.file != file or (lines and _starts_with_newline(reader.buffer, n_bytes)):
                yield lexicon, *_cut(rest, [len(rest)], longest)
            else:
                ids = np.concatenate([rest, ids])
                ends = [end + len(rest) for end in ends]
        file = block.file
        if ends and not (lines and _ends_with_newline(reader.buffer, n_bytes)):
            begin = ends[-2] if len(ends) > 1 else 0
            ends[-1] -= (ends[-1] - begin) % longest  # what may yet become part of a longer piece waits
        n_complete = ends[-1] if ends else 0
        rest = ids[n_complete:].copy()
        yield lexicon, *_cut(ids[:n_complete], ends, longest)
        if len(lexicon.strings) > MAX_WORDS:
            full, lexicon = lexicon, Lexicon()
            rest = lexicon.put([full.strings[number] for number in rest.tolist()])
    if len(rest):
        yield lexicon, *_cut(rest, [len(rest)], longest)


def _starts_with_newline(buffer: bytearray, n_bytes: int) -> bool:
    text = buffer[FRONT : FRONT + n_bytes]
    return b"\n" in text[: n_bytes - len(text.lstrip(_BLANKS))]


def _ends_with_newline(buffer: bytearray, n_bytes: int) -> bool:
    if n_bytes and buffer[FRONT + n_bytes - 1] == ord("\n"):
        return True
    text = buffer[FRONT : FRONT + n_bytes]
    return b"\n" in text[len(text.rstrip(_BLANKS)) :]


def _cut(ids: NDArray[np.int32], ends: list[int], longest: int) -> Numbered:
    """Cut sentences that are too long; none is empty."""
    offsets = np.unique(np.array([0, *ends], np.int64))
    return ids, cut_long_sentences(offsets, longest)[0]
