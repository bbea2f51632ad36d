"""Opening files: plain, compressed, remote or given; writing atomically.

Reading decides about compression by the first bytes, never by the name. Writing decides by the extension,
because there is nothing else to go by. A plain local file is written to a temporary file beside it, flushed
to the disk and renamed: whoever is killed in between leaves the old file whole.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any
from urllib.request import url2pathname

from fastw2v.errors import ConfigError
from fastw2v.formats import _tempfiles as tempfiles
from fastw2v.formats._reader import Reader

PathOrFile = str | os.PathLike[str] | IO[bytes]

MAGIC = {b"\x1f\x8b\x08": ".gz", b"BZh": ".bz2", b"\xfd7zXZ\x00": ".xz", b"\x28\xb5\x2f\xfd": ".zst"}


LARGEST_WINDOW = 1 << 27  # bytes that a compressed file may want for its decoder: what zstd allows, twice xz -9


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


def _unpack_xz(stream: Any) -> Iterator[bytes]:
    """Stream after stream, at most 64 kB at a time; ``lzma.open`` would believe any size of the dictionary."""
    packed = stream.read(1 << 16)
    while packed.startswith(b"\xfd7zXZ\x00"):
        decompressor = lzma.LZMADecompressor(memlimit=LARGEST_WINDOW)
        while not decompressor.eof:
            if decompressor.needs_input and not packed:
                packed = stream.read(1 << 16)
                if not packed:
                    raise EOFError("an xz stream is cut off")
            plain, packed = decompressor.decompress(packed, 1 << 16), b""
            yield plain
        packed = decompressor.unused_data
        while len(packed.lstrip(b"\0")) < 6 and (more := stream.read(1 << 16)):  # zeros may stand between streams
            packed = packed.lstrip(b"\0") + more
        packed = packed.lstrip(b"\0")


def _unpack_zstd(stream: Any) -> Iterator[bytes]:
    """Frame after frame, block by block: a block gives 128 kB at most, where a few bytes could give gigabytes."""
    zstandard = _zstandard()
    held = bytearray()

    def take(n: int) -> bytes:
        while len(held) < n and (more := stream.read(1 << 16)):
            held.extend(more)
        if len(held) < n:
            raise EOFError("a zstd frame is cut off")
        with memoryview(held) as view:
            taken = view[:n].tobytes()
        del held[:n]
        return taken

    while held or (more := stream.read(1 << 16)):
        held.extend(b"" if held else more)
        head = take(5)
        if head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50:  # a frame to be skipped
            length = int.from_bytes(head[4:] + take(3), "little")
            while length:
                length -= len(take(min(length, 1 << 16)))
            continue
        flags = head[4]
        single = flags >> 5 & 1
        head += take(1 - single + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6])
        frame = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()
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


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError:
        raise ImportError("zstd files need the package 'zstandard': pip install fastw2v[zstd]") from None
    return zstandard


def _xz(stream: Any, mode: str) -> Any:
    return _Unpacked(_unpack_xz(stream)) if mode == "rb" else lzma.open(stream, mode)


def _zstd(stream: Any, mode: str) -> Any:
    if mode == "rb":
        return _Unpacked(_unpack_zstd(stream))
    return _zstandard().ZstdCompressor().stream_writer(stream, closefd=False)


CODECS: dict[str, Callable[[Any, str], Any]] = {
    # no file name and no time in the header: equal tables give equal files
    ".gz": lambda stream, mode: gzip.GzipFile("", mode, 6, stream, 0.0),
    ".bz2": lambda stream, mode: bz2.open(stream, mode),  # noqa: SIM115 - closed by whoever opens
    ".xz": _xz,
    ".zst": _zstd,
}


def compression_of(head: bytes) -> str | None:
    """Extension of the compression that a file beginning with ``head`` uses."""
    return next((ext for magic, ext in MAGIC.items() if head.startswith(magic)), None)


def is_file_object(source: object) -> bool:
    """Whether ``source`` is an open file and not a path."""
    return hasattr(source, "read") or hasattr(source, "write")


def name_of(source: PathOrFile) -> str:
    """What messages call a path or an open file: of a path or a ``file://`` URL, the path."""
    if is_file_object(source):
        return str(getattr(source, "name", "<stream>"))
    path = os.fspath(source)  # type: ignore[arg-type]
    if path.startswith("file://"):
        host, slash, local = path[len("file://") :].partition("/")
        if host not in ("", "localhost") or not slash:
            raise ConfigError(
                f"{path}: a file:// URL needs three slashes and an absolute path, or give the path itself"
            )
        return url2pathname(slash + local)
    return path


def is_remote(path: str) -> bool:
    """Whether a path is an URL that smart_open has to open."""
    return "://" in path


def kept_in_place(path: str) -> bool:
    """Whether a path is a pipe or a device: not to be replaced by a file, and not to be opened twice."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):  # there is nothing there, or an URL
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


class _Joined(io.RawIOBase):
    """A stream that cannot seek, with the bytes that were read to look at its beginning put back."""

    def __init__(self, head: bytes, stream: Any) -> None:
        self.head, self.stream = head, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = self.head[: len(view)] if self.head else self.stream.read(len(view))
        self.head = self.head[len(data) :]
        view[: len(data)] = data
        return len(data)


@contextmanager
def open_read(source: PathOrFile) -> Iterator[Reader]:
    """Open a path, URL or file object for reading; known compressions are undone.

    Raises
    ------
    TypeError
        If a file object was opened in text mode.
    """
    name = name_of(source)
    stream: Any
    if is_file_object(source):
        stream, owned = source, False
    elif is_remote(name):
        import smart_open

        stream, owned = smart_open.open(name, "rb", compression="disable"), True
    else:
        stream, owned = open(name, "rb", buffering=0), True  # noqa: SIM115 - closed below
    opened = [stream] if owned else []
    try:
        seekable = stream.seekable()
        begin = stream.tell() if seekable else 0
        head = stream.read(8)
        if isinstance(head, str):
            raise TypeError(f"{name}: the file object gives text; open it in binary mode ('rb')")
        size = None
        if seekable:
            size = stream.seek(0, os.SEEK_END) - begin
            stream.seek(begin)
        if not seekable or not hasattr(stream, "readinto"):
            stream = _Joined(b"" if seekable else head, stream)
        codec = compression_of(head)
        if codec:
            stream, size = CODECS[codec](stream, "rb"), None
            opened.append(stream)
        yield Reader(stream, name, size)
    finally:
        for one in reversed(opened):
            one.close()


@contextmanager
def open_write(target: PathOrFile, *, append: bool = False) -> Iterator[Any]:
    """Open a path, URL or file object for writing; compressed by extension, a local file atomically.

    Pipes and devices are written to as they are. Appending cannot be atomic: after an error the file is cut
    back to its old length.

    Raises
    ------
    OSError
        With the path; the old file is whole and no temporary file is left.
    """
    name = name_of(target)
    if is_file_object(target):
        yield target
        return
    codec = CODECS.get(os.path.splitext(name)[1].lower())
    if is_remote(name):
        import smart_open

        with smart_open.open(name, "ab" if append else "wb", compression="disable") as stream:
            yield from _coded(stream, codec)
        return
    if kept_in_place(name):
        with open(name, "wb") as stream:
            yield from _coded(stream, codec)
        return
    name = os.path.realpath(name)  # a symbolic link stays one
    try:
        if append:
            yield from _appended(name, codec)
        else:
            yield from _replaced(name, codec)
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, f"{error.strerror} (the file was not changed)", name) from error


def _coded(stream: Any, codec: Callable[[Any, str], Any] | None) -> Iterator[Any]:
    if codec is None:
        yield stream
        return
    coded = codec(stream, "wb")
    try:
        yield coded
    except BaseException:
        with suppress(Exception):
            coded.close()
        raise
    coded.close()


def _appended(name: str, codec: Callable[[Any, str], Any] | None) -> Iterator[Any]:
    with open(name, "ab") as stream:
        length = stream.tell()
        try:
            yield from _coded(stream, codec)
            stream.flush()
            os.fsync(stream.fileno())
        except BaseException:
            with suppress(OSError):
                stream.close()
            os.truncate(name, length)
            raise


def _replaced(name: str, codec: Callable[[Any, str], Any] | None) -> Iterator[Any]:
    folder, base = os.path.split(name)
    try:
        stream, temporary = tempfiles.create(folder, base)
    except OSError as error:
        error.filename = name  # nobody knows the temporary file
        raise
    try:
        yield from _coded(stream, codec)
        stream.flush()
        os.fsync(stream.fileno())
        if os.name == "nt":
            stream.close()  # an open file cannot be renamed there; elsewhere its lock is held until it has its name
        with suppress(OSError):  # a new file has the mode of the umask, an old one keeps its own
            os.chmod(temporary, stat.S_IMODE(os.stat(name).st_mode))
        os.replace(temporary, name)
        stream.close()
    except BaseException:
        with suppress(OSError):
            stream.close()
        with suppress(OSError):
            os.unlink(temporary)
        raise
    tempfiles.remove(folder, base)
    if hasattr(os, "O_DIRECTORY"):
        with suppress(OSError):  # the rename itself is on the disk only when the folder is
            descriptor = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
