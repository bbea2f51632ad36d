"""The files of a corpus: found, checked, opened, and named when their text is bad."""

from __future__ import annotations

import codecs
import os
from typing import IO, Any

from fastw2v._codecs import compression_of
from fastw2v.errors import CorpusError
from fastw2v.text.unpacking import is_packed, open_packed


class MissingCorpusFileError(CorpusError, FileNotFoundError):
    """A file of the corpus is not there."""


class CorpusFolderError(CorpusError, IsADirectoryError):
    """A folder stands where a file is wanted."""


class CorpusDecodeError(CorpusError, UnicodeDecodeError):
    """A file of the corpus is not valid UTF-8; the message names file, line and byte offset."""

    def __init__(self, error: UnicodeDecodeError, path: str, line: int, offset: int) -> None:
        UnicodeDecodeError.__init__(self, error.encoding, error.object, error.start, error.end, error.reason)
        self.path = path
        self.line = line
        self.offset = offset

    def __str__(self) -> str:
        byte = self.object[self.start]
        return (
            f"{self.path}, line {self.line}, byte offset {self.offset}: byte 0x{byte:02x} is not valid UTF-8 "
            f"({self.reason}); convert the file to UTF-8, or "
            "read it with open(..., encoding=...) and pass the sentences"
        )


class PackedCorpusFileError(CorpusError, ValueError):
    """A file of the corpus is an archive, or compressed under a name that does not say so."""


def mark_length(head: bytes, path: str) -> int:
    r"""Return how many bytes stand before the text of a file: those of a byte order mark.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, 512 if it has as many.
    path : str
        What messages call it.

    Returns
    -------
    int
        0 or 3.

    Raises
    ------
    PackedCorpusFileError
        The file is an archive or compressed: its bytes would be trained as if they were words.

    Examples
    --------
    >>> mark_length("\ufeffking rules".encode(), "corpus.txt"), mark_length(b"king rules", "corpus.txt")
    (3, 0)
    """
    compression = compression_of(head)
    if head.startswith(b"PK\x03\x04") or (head[257:262] == b"ustar" and b"\0" in head[:257]):
        kind = "zip" if head.startswith(b"PK") else "tar"
        raise PackedCorpusFileError(f"{path} is a {kind} archive: unpack it, and pass the file or the folder")
    if compression is not None and not head.isascii():
        raise PackedCorpusFileError(
            f"{path} is compressed, but its name does not say so: give it a name that ends in {compression}"
        )
    return len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0


def is_plain(path: str) -> bool:
    """Tell whether the file can be read at any offset: local and, by its name, not compressed.

    Parameters
    ----------
    path : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_plain("text.txt"), is_plain("text.txt.gz"), is_plain("s3://bucket/text.txt")
    (True, False, False)
    """
    return "://" not in path and not is_packed(path)


def path_of(given: Any) -> str:
    """Return a path as text, ``~`` expanded; it may be bytes, which are what a file system has.

    Parameters
    ----------
    given : str, bytes or path-like

    Returns
    -------
    str

    Examples
    --------
    >>> path_of(b"text.txt")
    'text.txt'
    """
    return os.path.expanduser(os.fsdecode(given))


def expand(given: object) -> list[str]:
    """Return the files that a path, a folder or a list of them stands for, checked.

    A folder stands for its files in the order of their names, hidden ones (``.name``) left out.

    Parameters
    ----------
    given : path, or list of paths

    Returns
    -------
    list of str

    Raises
    ------
    CorpusError
        If it is none of these; MissingCorpusFileError if a file is not there.

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("text.txt").write_text("one line")
    >>> expand("text.txt")
    ['text.txt']
    """
    if isinstance(given, (list, tuple)):
        if not given:
            raise CorpusError(f"corpus_file={given!r}: the list of files is empty")
        return [path for item in given for path in expand(item)]
    if not isinstance(given, (str, bytes, os.PathLike)):
        raise CorpusError(
            f"corpus_file={given!r:.80} of type {type(given).__name__}: must be a path (str or "
            "pathlib.Path), a folder, or a list of these; pass sentences as corpus_iterable"
        )
    path = path_of(given)
    if not os.path.isdir(path):
        return [checked_file(path)]
    names = sorted(name for name in os.listdir(path) if not name.startswith("."))
    if not names:
        raise CorpusError(f"corpus_file={path!r}: the folder holds no file")
    return [checked_file(os.path.join(path, name)) for name in names]


def checked_file(given: Any) -> str:
    """Return the path, if there is such a file (URLs are not tried).

    Parameters
    ----------
    given : path

    Returns
    -------
    str

    Raises
    ------
    CorpusError
        MissingCorpusFileError, CorpusFolderError, or for a pipe or device, which can be read only once.

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("text.txt").write_text("one line")
    >>> checked_file("text.txt")
    'text.txt'
    """
    path = path_of(given)
    if "://" in path or os.path.isfile(path):
        return path
    if os.path.isdir(path):
        raise CorpusFolderError(
            f"{path} is a folder where a file is wanted; folders inside a folder are not read: "
            "pass the list of files as corpus_file"
        )
    if not os.path.exists(path):
        raise MissingCorpusFileError(f"{path}: there is no such file")
    raise CorpusError(
        f"{path} is no regular file (a pipe or a device?) and cannot be read more than once; save it first"
    )


def open_text(path: str, *, buffered: bool = False) -> IO[bytes]:
    """Open a file for reading bytes, unpacked where its name says that it is compressed.

    Parameters
    ----------
    path : str
    buffered : bool
        For a plain file: read ahead, for many small reads.

    Returns
    -------
    binary file

    Examples
    --------
    >>> import gzip
    >>> with gzip.open("text.txt.gz", "wb") as file:
    ...     n_bytes = file.write(b"one line")
    >>> with open_text("text.txt.gz") as file:
    ...     file.read(100)
    b'one line'
    """
    if is_plain(path):
        return open(path, "rb") if buffered else open(path, "rb", buffering=0)
    return open_packed(path)
