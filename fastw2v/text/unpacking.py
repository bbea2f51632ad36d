"""Compressed files of a corpus as streams of bytes whose errors name the file."""

from __future__ import annotations

import io
from typing import IO, Any, NoReturn

from fastw2v._codecs import compression_named, unpacked
from fastw2v.errors import CorpusError

_BUFFER_BYTES = 1 << 18


class UnfinishedCorpusFileError(CorpusError, EOFError):
    """A compressed file of the corpus ends too early."""


class DamagedCorpusFileError(CorpusError, OSError):
    """A compressed file of the corpus cannot be unpacked."""


class MissingUnpackerError(CorpusError, ImportError):
    """A file of the corpus is compressed in a way that needs a package which is not installed."""


def is_packed(path: str) -> bool:
    """Tell whether the file is, by its name, compressed.

    Parameters
    ----------
    path : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_packed("text.txt.xz"), is_packed("text.txt")
    (True, False)
    """
    return compression_named(path) is not None


def open_packed(path: str) -> IO[bytes]:
    """Open a compressed file or a URL for reading the text inside.

    Parameters
    ----------
    path : str
        Its ending says how it is compressed.

    Returns
    -------
    binary file

    Raises
    ------
    CorpusError
        MissingUnpackerError here; UnfinishedCorpusFileError and DamagedCorpusFileError while it is read.

    Examples
    --------
    >>> import bz2
    >>> with bz2.open("text.txt.bz2", "wb") as file:
    ...     n_bytes = file.write(b"one line")
    >>> with open_packed("text.txt.bz2") as file:
    ...     file.read(100)
    b'one line'
    """
    extension = compression_named(path)
    source = open_remote(path) if "://" in path else open(path, "rb")  # noqa: SIM115 - closed by _Named
    try:
        # the user's own text may want any dictionary
        stream = unpacked(source, extension, largest_window=None) if extension else source
    except ImportError as error:
        source.close()
        raise MissingUnpackerError(
            f"{path}: reading this needs a Python package that is not installed ({error}); "
            "install it, or unpack the file first"
        ) from error
    return io.BufferedReader(_Named(stream, source, path, extension or ""), _BUFFER_BYTES)


def open_remote(path: str) -> IO[bytes]:
    """Open a URL for reading its bytes as they are.

    Parameters
    ----------
    path : str

    Returns
    -------
    binary file

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("text.txt").write_text("one line")
    >>> with open_remote(Path("text.txt").absolute().as_uri()) as file:
    ...     file.read()
    b'one line'
    """
    from smart_open import open as smart_open  # slow to import, and only needed here

    opened: IO[bytes] = smart_open(path, "rb", compression="disable")
    return opened


class _Named(io.RawIOBase):
    """A stream whose errors name its file."""

    def __init__(self, stream: Any, source: IO[bytes], path: str, extension: str) -> None:
        self._stream, self._source, self._path, self._extension = stream, source, path, extension

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except (EOFError, OSError) as error:
            self._explain(error)
        buffer[: len(data)] = data
        return len(data)

    def _explain(self, error: Exception) -> NoReturn:
        path, extension = self._path, self._extension
        if isinstance(error, EOFError):
            raise UnfinishedCorpusFileError(
                f"{path}: the file ends before its compressed data does, so text is missing; copy or download it again"
            ) from error
        if isinstance(error, OSError) and (error.errno is not None or not extension):
            raise error  # a matter of the disk or the net, not of the data
        raise DamagedCorpusFileError(
            f"{path}: this is no {extension} data, or it is damaged ({error}); copy or download the file again, "
            f"or, if it was never compressed, give it a name without {extension}"
        ) from error

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._source.close()
        super().close()
