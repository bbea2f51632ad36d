"""Opening files: plain, compressed, remote or given; writing atomically.

Reading decides about compression by the first bytes, never by the name. Writing decides by the extension,
because there is nothing else to go by. A plain local file is written to a temporary file beside it, flushed
to the disk and renamed: whoever is killed in between leaves the old file whole.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, Any
from urllib.request import url2pathname

from fastw2v._codecs import compression_named, compression_of, packed, unpacked
from fastw2v._progress import step
from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import _archives as archives
from fastw2v.formats import _tempfiles as tempfiles
from fastw2v.formats._reader import Reader

PathOrFile = str | os.PathLike[str] | IO[bytes]

HEAD = 512  # bytes that tell a compression or an archive: a tar has its mark in a header of that length


def is_file_object(source: object) -> bool:
    """Whether ``source`` is an open file and not a path."""
    return hasattr(source, "read") or hasattr(source, "write")


def name_of(source: PathOrFile) -> str:
    """What messages call a path or an open file: of a path or a ``file://`` URL, the path; ``~`` is a home folder."""
    if is_file_object(source):
        return str(getattr(source, "name", "<stream>"))
    path = os.fsdecode(source)  # type: ignore[arg-type]
    if path.startswith("file://"):
        host, slash, local = path[len("file://") :].partition("/")
        if host not in ("", "localhost") or not slash:
            raise ConfigError(
                f"{path}: a file:// URL needs three slashes and an absolute path, or give the path itself"
            )
        return url2pathname(slash + local)
    return os.path.expanduser(path)


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


def checked_file(path: str) -> str:
    """The path of a file that belongs to another, unless it is a pipe or a device: reading that would wait for ever."""
    if kept_in_place(path):
        raise FormatError(f"{path}: is a pipe or a device, and not the file that belongs to another")
    return path


def _beginning(stream: Any, name: str) -> bytes:
    """The first bytes of a stream, which are read from it; a pipe may give a few at a time."""
    head = b""
    while len(head) < HEAD and (piece := stream.read(HEAD - len(head))):
        if isinstance(piece, str):
            raise TypeError(f"{name}: the file object gives text; open it in binary mode ('rb')")
        head += piece
    return head


def _size(stream: Any, begin: int) -> tuple[bool, int]:
    """Whether a stream has an end to seek to, and its bytes from ``begin`` on; files of /proc say 0, or have none."""
    try:
        return True, int(stream.seek(0, os.SEEK_END)) - begin
    except OSError:
        return False, 0


def _first_unpacked(stream: Any, name: str) -> bytes:
    """The same of a decoder, whose errors are those of a file."""
    head = bytearray(HEAD)
    return bytes(head[: Reader(stream, name, None).readinto(head)])


class _Joined(io.RawIOBase):
    """A stream that cannot seek, with the bytes that were read to look at its beginning put back."""

    def __init__(self, head: bytes, stream: Any) -> None:
        self.head, self.stream = head, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if not self.head and hasattr(self.stream, "readinto"):
            return self.stream.readinto(view) or 0
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
        head = _beginning(stream, name)
        size = None
        if seekable:
            seekable, size = _size(stream, begin)
            size = None if size < len(head) else size
        if seekable:
            if head.startswith(archives.ZIP) and (member := archives.zip_member(stream, name)):
                opened.append(member)
                head, stream, size, seekable = _first_unpacked(member, name), member, None, False
            else:
                stream.seek(begin)
        if not seekable or not hasattr(stream, "readinto"):
            stream = _Joined(b"" if seekable else head, stream)
        codec = compression_of(head)
        if codec:
            opened.append(plain := unpacked(stream, codec))
            head = _first_unpacked(plain, name)
            stream, size = _Joined(head, plain), None
        if archives.is_tar(head):
            stream, size = archives.TarMember(stream, name), None
        with step("loading", size, "B") as loading:
            yield Reader(stream, name, size, loading.add)
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
    codec = compression_named(name)
    if is_remote(name):
        import smart_open

        with smart_open.open(name, "ab" if append else "wb", compression="disable") as stream:
            yield from _coded(stream, codec)
        return
    if kept_in_place(name):
        with open(name, "wb") as stream:
            yield from _coded(stream, codec)
        return
    with _explained(name):
        yield from _appended(os.path.realpath(name), codec) if append else _replaced(name, codec)


@contextmanager
def open_write_together(targets: Sequence[PathOrFile]) -> Iterator[list[Any]]:
    """Open files that belong together: all are complete and on the disk before the first one gets its name.

    So an error leaves all the old files; only a process that is killed between two renames leaves one of each. Pipes,
    devices, URLs and file objects are written to as they are.
    """
    replaced = [is_replaced(target) for target in targets]
    places = [os.path.realpath(name_of(target)) for target, new in zip(targets, replaced, strict=True) if new]
    if len(set(places)) < len(places):
        raise ConfigError(f"{', '.join(map(name_of, targets))}: are one file; give each of them a name of its own")
    files = [Replacement(name_of(target)) if new else None for target, new in zip(targets, replaced, strict=True)]
    with ExitStack() as stack:
        outs = [
            stack.enter_context(_explained(file.name)) and stack.enter_context(file.writing())
            if file is not None
            else stack.enter_context(open_write(target))
            for target, file in zip(targets, files, strict=True)
        ]
        yield outs
        for file in files:
            if file is not None:
                file.finish()
        for file in files:
            if file is not None:
                file.rename()


def is_replaced(target: PathOrFile) -> bool:
    """Whether a target is a local file that a new one replaces."""
    return not is_file_object(target) and not is_remote(name_of(target)) and not kept_in_place(name_of(target))


@contextmanager
def _explained(name: str) -> Iterator[bool]:
    """Errors of the system name the file, and say that it is what it was."""
    try:
        yield True
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, f"{error.strerror} (the file was not changed)", name) from error


def _coded(stream: Any, codec: str | None) -> Iterator[Any]:
    if codec is None:
        yield stream
        return
    coded = packed(stream, codec)
    try:
        yield coded
    except BaseException:
        with suppress(Exception):
            coded.close()
        raise
    coded.close()


def _appended(name: str, codec: str | None) -> Iterator[Any]:
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


def _replaced(name: str, codec: str | None) -> Iterator[Any]:
    file = Replacement(name)
    with file.writing() as out:
        yield out
        file.finish()
        file.rename()


class Replacement:
    """A temporary file beside its target, which gets the target's name when it is complete and on the disk.

    Parameters
    ----------
    name : str
        Path of the target; a symbolic link stays one. Compressed by extension.
    """

    def __init__(self, name: str) -> None:
        self.name, self.codec = os.path.realpath(name), compression_named(name)
        self.out: Any = None

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """Open the temporary file, which is removed if it was not renamed by then."""
        folder, base = os.path.split(self.name)
        try:
            self.stream, self.temporary = tempfiles.create(folder, base)
        except OSError as error:
            error.filename = self.name  # nobody knows the temporary file
            raise
        self.out = self.stream if self.codec is None else packed(self.stream, self.codec)
        try:
            yield self.out
        finally:
            if self.out is not None:
                with suppress(Exception):
                    self.out.close()
                with suppress(OSError):
                    self.stream.close()
                with suppress(OSError):
                    os.unlink(self.temporary)

    def finish(self) -> None:
        """Write the rest, as far as the disk."""
        if self.out is not self.stream:
            self.out.close()
        self.stream.flush()
        os.fsync(self.stream.fileno())

    def rename(self) -> None:
        """Give the file its name, and remove what killed writers left behind."""
        folder, base = os.path.split(self.name)
        if os.name == "nt":
            self.stream.close()  # an open file cannot be renamed there; elsewhere its lock is held until then
        with suppress(OSError):  # a new file has the mode of the umask, an old one keeps its own
            os.chmod(self.temporary, stat.S_IMODE(os.stat(self.name).st_mode))
        os.replace(self.temporary, self.name)
        self.out = None
        self.stream.close()
        tempfiles.remove(folder, base)
        if hasattr(os, "O_DIRECTORY"):
            with suppress(OSError):  # the rename itself is on the disk only when the folder is
                descriptor = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
