"""Compressed files of a corpus as streams of bytes whose errors name the file."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Callable
from typing import IO, Any, NoReturn, cast

from fastw2v.errors import CorpusError

_BUFFER_BYTES = 1 << 18
_PACKED_BYTES = 1 << 13  # unpacked at once; few, since a hostile file has 128 kB of text in four bytes


class UnfinishedCorpusFileError(CorpusError, EOFError):
    """A compressed file of the corpus ends too early."""


class DamagedCorpusFileError(CorpusError, OSError):
    """A compressed file of the corpus cannot be unpacked."""


class MissingUnpackerError(CorpusError, ImportError):
    """A file of the corpus is compressed in a way that needs a package which is not installed."""


def is_packed(path: str) -> bool:
    """Whether the file is, by its name, compressed."""
    return _extension(path) in {*_UNPACKERS, ".lz4"}


def open_packed(path: str) -> IO[bytes]:
    """Open a compressed file or a URL for reading the text inside.

    Raises
    ------
    CorpusError
        MissingUnpackerError here; UnfinishedCorpusFileError and DamagedCorpusFileError while it is read.
    """
    # Local files need no smart_open, whose choice of packages for .zst changes from version to version.
    unpacker = _open_with_smart_open if "://" in path else _UNPACKERS.get(_extension(path), _open_with_smart_open)
    try:
        stream, errors = unpacker(path)
    except ImportError as error:
        raise MissingUnpackerError(
            f"{path}: reading this needs a Python package that is not installed ({error}); "
            "install it, or unpack the file first"
        ) from error
    return io.BufferedReader(_Named(stream, path, errors), _BUFFER_BYTES)


def _extension(path: str) -> str:
    return os.path.splitext(path)[1].lower()


class _Named(io.RawIOBase):
    """A stream whose errors name its file.

    Parameters
    ----------
    stream : binary file
    path : str
    errors : tuple of exception types
        What its reading raises for damaged data, beside EOFError and OSError.
    """

    def __init__(self, stream: IO[bytes], path: str, errors: tuple[type[Exception], ...]) -> None:
        self._stream, self._path = stream, path
        self._errors: tuple[type[Exception], ...] = (EOFError, OSError, *errors)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except self._errors as error:
            self._explain(error)
        buffer[: len(data)] = data
        return len(data)

    def _explain(self, error: Exception) -> NoReturn:
        path = self._path
        if isinstance(error, EOFError):
            raise UnfinishedCorpusFileError(
                f"{path}: the file ends before its compressed data does, so text is missing; copy or download it again"
            ) from error
        if isinstance(error, OSError) and (error.errno is not None or "://" in path):
            raise error  # a matter of the disk or the net, not of the data
        raise DamagedCorpusFileError(
            f"{path}: this is no {_extension(path)} data, or it is damaged ({error}); copy or download the file again, "
            f"or, if it was never compressed, give it a name without {_extension(path)}"
        ) from error

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _ZstandardFrames(io.RawIOBase):
    """The text of all frames of a .zst file, by whichever package there is.

    zstandard's own reader takes any end for the end, that of Python 3.14 takes an empty file for one that is cut short.
    """

    def __init__(self, path: str, start_frame: Callable[[], Any]) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 - closed by close()
        self._start_frame = start_frame
        self._frame: Any = None
        self._packed = b""
        self._text = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._text:
            packed = self._packed or self._file.read(_PACKED_BYTES)
            if not packed:
                if self._frame is not None:
                    raise EOFError("the last frame is not finished")
                return 0
            if self._frame is None:
                self._frame = self._start_frame()
            self._text = memoryview(self._frame.decompress(packed))
            self._packed = b""
            if self._frame.eof:
                self._packed, self._frame = self._frame.unused_data, None
        n_bytes = min(len(buffer), len(self._text))
        buffer[:n_bytes] = self._text[:n_bytes]
        self._text = self._text[n_bytes:]
        return n_bytes

    def close(self) -> None:
        self._file.close()
        super().close()


_Opened = tuple[IO[bytes], tuple[type[Exception], ...]]


def _open_gzip(path: str) -> _Opened:
    import gzip
    import zlib

    return cast(IO[bytes], gzip.open(path, "rb")), (zlib.error,)


def _open_bz2(path: str) -> _Opened:
    import bz2

    return bz2.open(path, "rb"), ()


def _open_xz(path: str) -> _Opened:
    import lzma

    return lzma.open(path, "rb"), (lzma.LZMAError,)


def _open_zstandard(path: str) -> _Opened:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        return cast(IO[bytes], _ZstandardFrames(path, module.ZstdDecompressor)), (module.ZstdError,)
    try:
        zstandard = importlib.import_module("zstandard")
    except ImportError as error:
        raise ImportError("pip install zstandard") from error
    frames = _ZstandardFrames(path, lambda: zstandard.ZstdDecompressor().decompressobj())
    return cast(IO[bytes], frames), (zstandard.ZstdError,)


def _open_with_smart_open(path: str) -> _Opened:
    from smart_open import open as smart_open  # slow to import, and only needed here

    if _extension(path) == ".lz4":
        importlib.import_module("lz4.frame")  # where it is missing, smart_open leaves the file open
    return smart_open(path, "rb"), (RuntimeError,)  # what lz4 raises


_UNPACKERS = {".gz": _open_gzip, ".bz2": _open_bz2, ".xz": _open_xz, ".zst": _open_zstandard}
