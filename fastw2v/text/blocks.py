"""Files cut into blocks of text at line borders, for reading in parallel."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

from fastw2v._parallel import Prefetch
from fastw2v.errors import CorpusError
from fastw2v.text._tokenize import BACK, FRONT
from fastw2v.text.paths import CorpusDecodeError, is_plain, mark_length, open_text

# A block of a plain file: small enough for 128 of them, so that many threads share even a small
# file evenly, and for the processor's cache; large enough to drown the cost of handing it over.
MIN_BLOCK, MAX_BLOCK, BLOCKS_PER_FILE = 1 << 14, 1 << 18, 128
# A line that goes on for so long after the end of a block is cut at white space instead.
MAX_LINE = 1 << 20
_PROBE = 1 << 12
HEAD = 512  # bytes that tell an archive
_ASCII_SPACE = b"\t\n\v\f\r\x1c\x1d\x1e\x1f "


class Block(NamedTuple):
    """Whole lines of a file (or pieces of a giant line): bytes start..stop of its (unpacked) text."""

    file: int  # place of the file in the list of files
    start: int
    stop: int
    data: bytes | None  # the bytes where they had to be unpacked, None: read them from the file


def blocks_of(paths: Sequence[str], limit: int | None = None) -> Iterator[Block]:
    r"""Cut files into blocks, in order.

    Parameters
    ----------
    paths : sequence of str
    limit : int, optional
        Only so many lines of each file.

    Yields
    ------
    Block
        It ends with a line, or within a very long line with a word.

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("text.txt").write_bytes(b"one line\nand another\n")
    >>> [(block.file, block.start, block.stop) for block in blocks_of(["text.txt"])]
    [(0, 0, 21)]
    """
    for number, path in enumerate(paths):
        blocks = _plain_blocks(number, path) if is_plain(path) else _stream_blocks(number, path)
        yield from blocks if limit is None else _first_lines(blocks, path, limit)


def _plain_blocks(number: int, path: str) -> Iterator[Block]:
    with open_text(path) as file:
        size, head = os.fstat(file.fileno()).st_size, file.read(HEAD)
        if head and not size:  # a file of /proc, whose length nobody knows
            yield from _stream_blocks(number, path)
            return
        block_size = min(max(size // BLOCKS_PER_FILE, MIN_BLOCK), MAX_BLOCK)
        start, no_newline_until = mark_length(head, path), 0
        while start < size:
            stop, no_newline_until = _block_end(file, start + block_size, size, no_newline_until)
            yield Block(number, start, stop, None)
            start = stop


def _block_end(file: IO[bytes], wanted: int, size: int, no_newline_until: int) -> tuple[int, int]:
    """First line start at or after ``wanted``, or in a giant line the first word start.

    Also how far the file is known to have no newline, which spares the next call the search.
    """
    if wanted >= size:
        return size, no_newline_until
    at, horizon = max(wanted - 1, no_newline_until), wanted + MAX_LINE
    while at < horizon:
        piece = _read_at(file, at, _PROBE if at < wanted else MAX_BLOCK)
        if not piece:
            return size, no_newline_until
        newline = piece.find(b"\n")
        if newline >= 0:
            return at + newline + 1, at + newline + 1
        at += len(piece)
    space = wanted - 1
    while piece := _read_at(file, space, _PROBE):
        words = piece.translate(_SPACE_TO_BLANK)
        if (blank := words.find(b" ")) >= 0:
            return space + blank + 1, at
        space += len(piece)
    return size, at


_SPACE_TO_BLANK = bytes(32 if byte in _ASCII_SPACE else byte for byte in range(256))


def _read_at(file: IO[bytes], offset: int, n_bytes: int) -> bytes:
    file.seek(offset)
    return file.read(n_bytes)


def _stream_blocks(number: int, path: str) -> Iterator[Block]:
    """Blocks of a stream that can only be read once through; unpacked in a thread of its own."""
    stream = Prefetch(_pieces(path), depth=8)
    try:
        start, text = 0, bytearray()
        begins = True
        no_newline_until = no_blank_until = 0  # without these, a line without end is searched from its start for ever
        for piece in stream:
            text += piece
            if begins:
                begins, start = False, mark_length(piece, path)
                del text[:start]
            while len(text) > MAX_BLOCK:
                end = text.find(b"\n", max(MAX_BLOCK - 1, no_newline_until)) + 1
                if not end:
                    no_newline_until = len(text)
                    if len(text) < MAX_BLOCK + MAX_LINE:
                        break
                    first = max(MAX_BLOCK - 1, no_blank_until)
                    blank = text[first:].translate(_SPACE_TO_BLANK).find(b" ")
                    if blank < 0:
                        no_blank_until = len(text)
                        break
                    end = first + blank + 1
                yield Block(number, start, start + end, bytes(text[:end]))
                del text[:end]
                start += end
                no_newline_until, no_blank_until = max(no_newline_until - end, 0), 0
        if text:
            yield Block(number, start, start + len(text), bytes(text))
    finally:
        stream.close()


def _pieces(path: str) -> Iterator[bytes]:
    with open_text(path) as stream:
        while piece := stream.read(MAX_BLOCK):
            yield piece


def _first_lines(blocks: Iterator[Block], path: str, limit: int) -> Iterator[Block]:
    n_lines = 0
    with open_text(path) if is_plain(path) else _Nothing() as file:
        for block in blocks:
            if n_lines >= limit:
                return
            data = block.data
            if data is None:
                data = _read_at(file, block.start, block.stop - block.start)
            n_here = data.count(b"\n")
            if n_lines + n_here >= limit:
                end = 0
                for _ in range(limit - n_lines):
                    end = data.index(b"\n", end) + 1
                yield block._replace(stop=block.start + end, data=block.data and data[:end])
                return
            yield block
            n_lines += n_here


class _Nothing:
    """A file that nobody reads."""

    def __enter__(self) -> Any:
        return None

    def __exit__(self, *_: object) -> None:
        pass


class BlockReader:
    """One thread's buffer and open file."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._file: IO[bytes] | None = None
        self._file_number = -1
        self.buffer = bytearray(FRONT + MAX_BLOCK + _PROBE + BACK)

    def load(self, block: Block) -> int:
        """Put the block's text into ``buffer[FRONT:]``; give its length."""
        n_bytes = block.stop - block.start
        if len(self.buffer) < FRONT + n_bytes + BACK:
            self.buffer = bytearray(FRONT + n_bytes + n_bytes // 2 + BACK)
        text = memoryview(self.buffer)[FRONT : FRONT + n_bytes]
        if block.data is not None:
            text[:] = block.data
            return n_bytes
        if block.file != self._file_number or self._file is None:
            self.close()
            self._file = open_text(self._paths[block.file])
            self._file_number = block.file
        self._file.seek(block.start)
        done = 0
        while done < n_bytes:
            n_read: int | None = self._file.readinto(text[done:])  # type: ignore[attr-defined]
            if not n_read:
                raise CorpusError(
                    f"{self._paths[block.file]} became shorter while it was read: no byte at {block.start + done}"
                )
            done += n_read
        return n_bytes

    def explain(self, error: UnicodeDecodeError, block: Block) -> CorpusDecodeError:
        """The same error with file, line and byte offset."""
        path = self._paths[block.file]
        offset = block.start + error.start
        line, rest = 1, offset
        with open_text(path) as file:
            while rest and (piece := file.read(min(rest, MAX_BLOCK))):
                line += piece.count(b"\n")
                rest -= len(piece)
        return CorpusDecodeError(error, path, line, offset)

    def close(self) -> None:
        """Close the file that is open, if any."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:
        self.close()
