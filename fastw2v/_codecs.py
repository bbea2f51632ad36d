"""Compression of files: which one it is, and streams that undo it or do it.

What comes out is handed on in pieces of 128 kB at most, however much a few bytes unpack to: a hostile file costs no
more memory than an honest one.
"""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

MAGIC = {
    b"\x1f\x8b\x08": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ\x00": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"\x04\x22\x4d\x18": ".lz4",
}
LARGEST_WINDOW = 1 << 27  # bytes that a compressed file may want for its decoder: what zstd allows, twice xz -9
_PIECE = 1 << 16


def compression_of(head: bytes) -> str | None:
    """Return the extension of the compression that a file with these first bytes uses."""
    return next((extension for magic, extension in MAGIC.items() if head.startswith(magic)), None)


def compression_named(path: str) -> str | None:
    """Return the extension of a path if it stands for a compression."""
    extension = os.path.splitext(path)[1].lower()
    return extension if extension in CODECS else None


def unpacked(stream: Any, extension: str, *, largest_window: int | None = LARGEST_WINDOW) -> Any:
    """Return a stream of the content of a compressed one.

    Parameters
    ----------
    stream : binary file
        Stays open when the result is closed.
    extension : str
        One of ``CODECS``.
    largest_window : int or None
        Memory in bytes that the decoder of .xz may take; None: whatever the file asks for. The other codecs have
        bounds of their own.

    Raises
    ------
    ImportError
        If a package is missing; the message names it.
    EOFError
        While it is read: the content is cut short.
    OSError
        While it is read: the content is damaged (then without an ``errno``), or the stream itself fails.
    """
    codec = CODECS[extension]
    return _Guarded(codec.unpack(stream, largest_window), codec.errors())


def packed(stream: Any, extension: str) -> Any:
    """Return a stream that writes compressed bytes to another, which stays open when the result is closed."""
    return CODECS[extension].pack(stream)


class _Guarded(io.RawIOBase):
    """A stream of unpacked bytes; each package says in a way of its own that the content is damaged."""

    def __init__(self, stream: Any, errors: tuple[type[Exception], ...]) -> None:
        self._stream, self._errors = stream, errors

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            got: int = self._stream.readinto(buffer)
        except self._errors as error:
            raise OSError(str(error)) from error
        return got

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _Unpacked(io.RawIOBase):
    """What comes out of a generator of byte strings, as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.piece = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        while not self.piece:
            found = next(self.pieces, None)
            if found is None:
                return 0
            self.piece = memoryview(found)
        n = min(len(view), len(self.piece))
        view[:n], self.piece = self.piece[:n], self.piece[n:]
        return n


def _unpack_xz(stream: Any, largest_window: int | None) -> Iterator[bytes]:
    """Stream after stream; ``lzma.open`` would believe any size of the dictionary."""
    packed, first = stream.read(_PIECE), True
    while first or packed.startswith(b"\xfd7zXZ\x00"):
        first = False
        decompressor = lzma.LZMADecompressor(memlimit=largest_window)
        while not decompressor.eof:
            if decompressor.needs_input and not packed:
                packed = stream.read(_PIECE)
                if not packed:
                    raise EOFError("an xz stream is cut off")
            plain, packed = decompressor.decompress(packed, _PIECE), b""
            yield plain
        packed = decompressor.unused_data
        while len(packed.lstrip(b"\0")) < 6 and (more := stream.read(_PIECE)):  # zeros may stand between streams
            packed = packed.lstrip(b"\0") + more
        packed = packed.lstrip(b"\0")


class _Zstd(NamedTuple):
    """A package that knows zstd."""

    start_frame: Callable[[], Any]
    pack: Callable[[Any], Any]
    error: type[Exception]


def _zstd() -> _Zstd:
    """Return Python's own package where there is one."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            own: Any = importlib.import_module(name)
        except ImportError:
            continue
        return _Zstd(own.ZstdDecompressor, partial(own.ZstdFile, mode="wb"), own.ZstdError)
    try:
        zstandard: Any = importlib.import_module("zstandard")
    except ImportError:
        raise ImportError("zstd files need the package 'zstandard': pip install fastw2v[zstd]") from None
    return _Zstd(
        lambda: zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj(),
        lambda stream: zstandard.ZstdCompressor().stream_writer(stream, closefd=False),
        zstandard.ZstdError,
    )


def _unpack_zstd(stream: Any, start_frame: Callable[[], Any]) -> Iterator[bytes]:
    """Frame after frame, block by block: a block gives 128 kB at most, where a few bytes could give gigabytes."""
    held = bytearray()

    def take(n: int) -> bytes:
        while len(held) < n and (more := stream.read(_PIECE)):
            held.extend(more)
        if len(held) < n:
            raise EOFError("a zstd frame is cut off")
        with memoryview(held) as view:
            taken = view[:n].tobytes()
        del held[:n]
        return taken

    while held or (more := stream.read(_PIECE)):
        held.extend(b"" if held else more)
        head = take(5)
        if head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50:  # a frame to be skipped
            length = int.from_bytes(head[4:] + take(3), "little")
            while length:
                length -= len(take(min(length, _PIECE)))
            continue
        flags = head[4]
        single = flags >> 5 & 1
        head += take(1 - single + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6])
        frame = start_frame()
        yield frame.decompress(head)
        last = 0
        while not last:
            head = take(3)
            block = int.from_bytes(head, "little")
            last, size = block & 1, 1 if block >> 1 & 3 == 1 else block >> 3
            if size > 1 << 17:
                raise OSError(f"a zstd block of {size} bytes")
            yield frame.decompress(head + take(size))
        if flags & 4:
            yield frame.decompress(take(4))


def _lz4() -> Any:
    try:
        return importlib.import_module("lz4.frame")
    except ImportError:
        raise ImportError("lz4 files need the package 'lz4': pip install lz4") from None


class _Codec(NamedTuple):
    """One compression."""

    unpack: Callable[[Any, int | None], Any]
    pack: Callable[[Any], Any]
    errors: Callable[[], tuple[type[Exception], ...]] = tuple  # of damaged content, beside EOFError and OSError


CODECS = {
    # no file name and no time in the header: equal content gives equal files
    ".gz": _Codec(
        lambda stream, _: gzip.GzipFile("", "rb", 6, stream),
        lambda stream: gzip.GzipFile("", "wb", 6, stream, 0.0),
        lambda: (zlib.error,),
    ),
    ".bz2": _Codec(lambda stream, _: bz2.BZ2File(stream), lambda stream: bz2.BZ2File(stream, "wb")),
    ".xz": _Codec(
        lambda stream, largest_window: _Unpacked(_unpack_xz(stream, largest_window)),
        partial(lzma.LZMAFile, mode="wb"),
        lambda: (lzma.LZMAError,),
    ),
    ".zst": _Codec(
        lambda stream, _: _Unpacked(_unpack_zstd(stream, _zstd().start_frame)),
        lambda stream: _zstd().pack(stream),
        lambda: (_zstd().error,),
    ),
    ".lz4": _Codec(
        lambda stream, _: _lz4().open(stream, "rb"),
        lambda stream: _lz4().open(stream, "wb"),
        lambda: (RuntimeError,),
    ),
}
