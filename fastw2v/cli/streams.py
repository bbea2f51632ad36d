"""Where a command reads and writes: ``-`` is stdin or stdout, a pipe is read once, and terminals lack letters.

What is read more than once (a text is, in each epoch) comes from a file. So a pipe, and a text in another encoding than
UTF-8, are written to a temporary file first, which is removed when the command ends.
"""

from __future__ import annotations

import argparse
import codecs
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from fastw2v.errors import ConfigError

STANDARD = "-"
NAMES: dict[str, str] = {}  # what messages call temporary files, removed ones too
BLOCK = 1 << 20


def ready_streams() -> None:
    r"""Make stdout and stderr take any word, or nothing if they are closed (``>&-``); stdin gives any bytes as words.

    Letters that a terminal does not have become escapes such as ``\u4e2d``. Without this, what is printed to a closed
    stderr would appear on stdout.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf8"))  # noqa: SIM115 - for as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")


def input_path(path: str, args: argparse.Namespace, encoding: str | None = None) -> str:
    """Return the path of a file with what is to be read: `path` itself, unless that can be read only once.

    Parameters
    ----------
    path : str
        ``-`` for stdin; a file, folder or URL; or a named pipe, as the shell makes it of ``<(zcat text.gz)``.
    args : Namespace
        Its ``stack`` removes temporary files in the end.
    encoding : str, optional
        Of a text; it becomes UTF-8.
    """
    from fastw2v.formats._io import kept_in_place, name_of

    foreign = encoding is not None and codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig", "ascii")
    if path != STANDARD and not kept_in_place(name_of(path)):
        if not foreign:
            return path
        if os.path.isdir(name_of(path)):
            raise ConfigError(
                f"--encoding {encoding} with the folder {path}: convert its files to UTF-8, or give one file"
            )
    stack: ExitStack = args.stack
    if path == STANDARD:
        if sys.stdin is None:
            raise ConfigError("stdin is closed, so - gives nothing; give a file")
        return _spooled(getattr(sys.stdin, "buffer", sys.stdin), "stdin", stack, encoding if foreign else None)
    if kept_in_place(name_of(path)):
        with open(name_of(path), "rb") as stream:
            return _spooled(stream, path, stack, encoding if foreign else None)
    from fastw2v.text.paths import open_text

    with open_text(path) as stream:
        return _spooled(stream, path, stack, encoding)


def _spooled(stream: Any, name: str, stack: ExitStack, encoding: str | None) -> str:
    """Copy a stream to a temporary file, in UTF-8; return its path."""
    from fastw2v._codecs import compression_of

    head = stream.read(512)
    head = head.encode("utf8", "surrogateescape") if isinstance(head, str) else head
    packed = None if encoding else compression_of(head)  # what reads a text goes by its name
    handle, path = tempfile.mkstemp(packed or ".txt", "fastw2v-")
    stack.callback(os.unlink, path)
    NAMES[path] = name
    with os.fdopen(handle, "wb") as out:
        if encoding is None:
            out.write(head)
            while piece := stream.read(BLOCK):
                out.write(piece.encode("utf8", "surrogateescape") if isinstance(piece, str) else piece)
        else:
            text = codecs.getreader(encoding)(io.BufferedReader(_Rest(head, stream)))
            try:
                shutil.copyfileobj(text, codecs.getwriter("utf8")(out), BLOCK)
            except UnicodeError as error:
                raise ConfigError(f"{name}: is not in the encoding that --encoding {encoding} names: {error}") from None
    return path


class _Rest(io.RawIOBase):
    """A stream from its beginning, some of which was read already."""

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._head[: len(buffer)] or self._stream.read(len(buffer))
        self._head = self._head[len(piece) :] if self._head else b""
        buffer[: len(piece)] = piece
        return len(piece)


def output(path: str) -> Any:
    """Return what to write to: stdout as bytes for ``-``, otherwise the path."""
    return getattr(sys.stdout, "buffer", sys.stdout) if path == STANDARD else path


@contextmanager
def writing(path: str) -> Iterator[Any]:
    """Open an output for bytes: a file as a whole or not at all, or stdout."""
    from fastw2v.formats._io import open_write

    with open_write(output(path)) as out:
        yield out


def renamed(message: str) -> str:
    """Return a message with the names that the user knows in the place of those of temporary files."""
    for path, name in NAMES.items():
        message = message.replace(path, name)
    return message
