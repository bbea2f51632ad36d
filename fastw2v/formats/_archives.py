"""Archives that hold one file: a zip, or a tar, is read as if it were that file."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from fastw2v.errors import FormatError
from fastw2v.formats._budget import shown

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
BLOCK = 512  # bytes of a header of tar, and what its files are filled up to


def is_tar(head: bytes) -> bool:
    """Whether a file that begins like that is a tar archive."""
    return head[257:262] == b"ustar" and _number(head[148:156]) is not None


def _number(field: bytes) -> int | None:
    """An octal number of a header; None if it is none."""
    text = field.split(b"\0", 1)[0].strip()
    return int(text, 8) if text and not text.strip(b"01234567") else None


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def zip_member(stream: Any, name: str) -> Any:
    """The one file in a zip archive, opened; None if it is an archive of NumPy's arrays.

    Raises
    ------
    FormatError
        There are none, or several; the message names them.
    """
    from fastw2v.formats._npy import DAMAGE, check_members

    try:
        archive = zipfile.ZipFile(stream)
        members = [one for one in archive.infolist() if not one.filename.endswith("/") and not _is_hidden(one.filename)]
        if any(one.filename.endswith(".npy") for one in members):
            return None
        if any(one.filename.endswith("data.pkl") for one in members):
            raise FormatError(
                f"{name}: a file of PyTorch; open it with torch.load, and save its arrays with numpy.savez"
            )
        if len(members) != 1:
            names = ", ".join(shown(one.filename) for one in members[:5])
            raise FormatError(
                f"{name}: a zip archive of {len(members)} files ({names}{', ...' if len(members) > 5 else ''}); "
                "unpack it, and load the one that holds the vectors"
            )
        check_members(members, stream.seek(0, io.SEEK_END))
        return archive.open(members[0])
    except DAMAGE as error:
        if isinstance(error, FormatError) or (isinstance(error, OSError) and error.errno not in (None, 22)):
            raise
        raise FormatError(f"{name}: the archive is damaged: {shown(str(error), 200)}") from None


class TarMember(io.RawIOBase):
    """The one file of a tar archive, as a stream; a second one is an error where the first one ends."""

    def __init__(self, stream: Any, name: str) -> None:
        self.stream, self.name = stream, name
        self.left, self.padding, self.member = 0, 0, ""
        if not self._next():
            raise FormatError(f"{name}: a tar archive without a file")

    def readable(self) -> bool:
        return True

    def _exactly(self, n: int) -> bytes:
        data = bytearray()
        while len(data) < n and (piece := self.stream.read(min(n - len(data), 1 << 16))):
            data += piece
        return bytes(data)

    def _skip(self, n: int) -> None:
        while n:
            skipped = len(self._exactly(min(n, 1 << 16)))
            if not skipped:
                raise EOFError("a tar archive is cut off")
            n -= skipped

    def _next(self) -> bool:
        """Go to the next file; whether there is one."""
        while True:
            header = self._exactly(BLOCK)
            if not header.strip(b"\0"):
                return False
            if len(header) < BLOCK or not is_tar(header):
                raise FormatError(f"{self.name}: the tar archive is damaged")
            size = _number(header[124:136]) if header[124] < 128 else int.from_bytes(header[125:136], "big")
            if size is None:
                raise FormatError(f"{self.name}: the tar archive is damaged")
            self.member = header[:100].split(b"\0", 1)[0].decode("utf8", "replace")
            if header[156:157] in (b"0", b"\0") and not _is_hidden(self.member):
                self.left, self.padding = size, -size % BLOCK
                return True
            self._skip(size + -size % BLOCK)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if not self.left:
            self._skip(self.padding)
            self.padding, first = 0, self.member
            if self._next():
                raise FormatError(
                    f"{self.name}: a tar archive of several files ({shown(first)}, {shown(self.member)}, ...); "
                    "unpack it, and load the one that holds the vectors"
                )
            return 0
        data = self.stream.read(min(len(view), self.left))
        if not data:
            raise EOFError("a tar archive is cut off")
        view[: len(data)] = data
        self.left -= len(data)
        return len(data)
