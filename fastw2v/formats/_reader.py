"""Reading bytes in order, with checked sizes and errors that name the place."""

from __future__ import annotations

import codecs
import gzip
import io
import lzma
import math
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError, TruncatedFileError
from fastw2v.formats import _parse
from fastw2v.formats._budget import shown

BLOCK = 1 << 21  # bytes read at a time at most: large enough for parallel parsing, small beside a large table
LEAST = 1 << 16  # bytes to begin with where nothing is known about the size
NOTHING: NDArray[np.uint8] = np.empty(0, np.uint8)
DTYPE = re.compile(r"[<>=|]?[fiubOSU]\d{0,9}")
CALL = 1 << 17  # bytes in one call to a codec: some make two copies of as much as they are asked for


def is_shape(shape: Any, itemsize: int) -> bool:
    """Whether NumPy can make an array of that shape; even without values its sizes must not overflow.

    Values that take no bytes are refused: a few bytes could say that there are billions of them.
    """
    return (
        isinstance(shape, tuple)
        and len(shape) <= 32
        and all(type(n) is int and n >= 0 for n in shape)
        and math.prod(max(n, 1) for n in shape) * max(itemsize, 1) < 2**62
        and (itemsize > 0 or math.prod(shape) == 0)
    )


def plain_dtype(text: Any, kinds: str) -> np.dtype[Any]:
    """The dtype of a short name, of one of the ``kinds``; never one of fields, whose text may be long."""
    if not isinstance(text, str) or not DTYPE.fullmatch(text):
        raise FormatError(f"an array of unknown dtype {shown(text)}")
    try:
        dtype = np.dtype(text)
    except (TypeError, ValueError, OverflowError):
        raise FormatError(f"an array of unknown dtype {shown(text)}") from None
    if dtype.kind not in kinds:
        raise FormatError(f"an array of dtype {shown(text)}, which is not numeric; objects are never unpickled")
    return dtype


class KeyDecodeError(FormatError, UnicodeDecodeError):
    """A key is not valid text in the encoding asked for."""

    @classmethod
    def of(cls, error: UnicodeDecodeError, message: str) -> KeyDecodeError:
        """Give the error with a message that names the place."""
        return cls(error.encoding, error.object, error.start, error.end, message)

    def __str__(self) -> str:
        return self.reason


def say_more(error: FormatError, advice: str) -> None:
    """Put advice, if there is any, at the end of the message of an error."""
    if not advice or advice in str(error):
        return
    if isinstance(error, KeyDecodeError):
        error.reason += f"; {advice}"
    elif error.args:
        error.args = (f"{error.args[0]}; {advice}", *error.args[1:])


def refuse_utf16(head: bytes, name: str) -> None:
    """Refuse text that begins with the byte order mark of UTF-16 or UTF-32."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        raise FormatError(f"{name}: byte 0: text in UTF-16 or UTF-32; save it as UTF-8")


class Reader:
    """Bytes of one file in order, with the place that errors name.

    Parameters
    ----------
    stream : file object
        Opened for reading bytes.
    name : str
        What messages call it.
    size : int or None
        Number of bytes, where it is known beforehand (plain files).
    told : callable, optional
        Is told how many bytes were read.
    """

    def __init__(
        self, stream: Any, name: str, size: int | None, told: Callable[[int], None] = lambda n_bytes: None
    ) -> None:
        self.stream, self.name, self.size, self.offset = stream, name, size, 0
        self._told = told

    def remaining(self) -> int | None:
        """Bytes that are left, where the size is known."""
        return None if self.size is None else max(0, self.size - self.offset)

    @property
    def mappable(self) -> bool:
        """Whether this is a plain file of this machine."""
        return self.size is not None and isinstance(self.stream, io.FileIO)

    def readinto(self, buffer: NDArray[Any] | bytearray | memoryview) -> int:
        """Fill ``buffer`` unless the file ends before; return the number of bytes."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        done, most = 0, CALL if self.size is None else 1 << 24
        while done < len(view):
            try:
                got = self.stream.readinto(view[done : done + most])
            except EOFError as error:
                raise TruncatedFileError(f"{self.name}: the compressed data end early ({error})") from error
            except (zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile) as error:
                raise FormatError(f"{self.name}: the compressed data are damaged ({error})") from error
            except OSError as error:
                if error.errno is not None:
                    raise
                raise FormatError(f"{self.name}: the compressed data are damaged ({error})") from error
            if not got:
                break
            done += got
            self._told(got)
        self.offset += done
        return done

    def read(self, n: int, what: str) -> bytes:
        """Exactly ``n`` bytes.

        Raises
        ------
        TruncatedFileError
            If the file ends before; nothing is allocated beyond what the file can hold.
        """
        left = self.remaining()
        if left is not None and n > left:
            raise TruncatedFileError(
                f"{self.name}: {what} at byte {self.offset} needs {n} bytes, the file has {left} more"
            )
        begin = self.offset
        data = self._bytes(n)
        if len(data) < n:
            raise TruncatedFileError(
                f"{self.name}: {what} at byte {begin} needs {n} bytes, the file ends after {len(data)}"
            )
        return data

    def rest(self) -> bytes:
        """Everything that is left."""
        return self._bytes(self.remaining())

    def _bytes(self, n: int | None) -> bytes:
        """At most ``n`` bytes (None: all); a ``BytesIO`` grows in place and gives its bytes away without a copy."""
        collected = io.BytesIO()
        part = memoryview(bytearray(LEAST if n is None else min(n, LEAST)))
        while n is None or collected.tell() < n:
            wanted = part if n is None else part[: n - collected.tell()]
            got = self.readinto(wanted)
            collected.write(wanted[:got])
            if got < len(wanted):
                break
        return collected.getvalue()

    def read_array(self, dtype: Any, count: int, what: str) -> NDArray[Any]:
        """``count`` values of ``dtype`` in a new array, which never takes much more than what was read."""
        kind = np.dtype(dtype)
        begin, needed, left = self.offset, count * kind.itemsize, self.remaining()
        if left is not None and needed > left:
            raise TruncatedFileError(
                f"{self.name}: {what} at byte {begin} needs {needed} bytes, the file has {left} more"
            )
        data = self._grown(needed)
        if len(data) < needed:
            raise TruncatedFileError(
                f"{self.name}: {what} at byte {begin} needs {needed} bytes, the file ends after {len(data)}"
            )
        return data.view(kind) if kind.itemsize else np.empty(count, kind)

    def fill(self, array: NDArray[Any], what: str) -> NDArray[Any]:
        """Read all bytes of a C-contiguous array; return it."""
        begin, got = self.offset, self.readinto(array.reshape(-1).view(np.uint8))
        if got < array.nbytes:
            raise TruncatedFileError(
                f"{self.name}: {what} at byte {begin} needs {array.nbytes} bytes, the file ends after {got}"
            )
        return array

    def _grown(self, n: int, head: NDArray[np.uint8] = NOTHING) -> NDArray[np.uint8]:
        """At most ``n`` bytes, ``head`` first; the array grows with what was really read if the size is not known."""
        data: NDArray[np.uint8] = np.empty(min(n, max(LEAST, len(head))) if self.size is None else n, np.uint8)
        data[: len(head)] = head
        done = len(head) + self.readinto(data[len(head) :])
        while done == len(data) < n:
            data.resize(min(n, done + max(done // 2, LEAST)), refcheck=False)
            done += self.readinto(data[done:])
        return data[:done]


class Window:
    """The bytes of a file that are not consumed yet, in one buffer that moves along.

    ``data[start:end]`` are those bytes, ``base`` is the place of ``data[0]`` in the file.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.data: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.start = self.end = self.base = 0
        self.final = False

    def block(self) -> int:
        """How many bytes to read at a time: few beside the file, so that memory is that of the table."""
        if self.reader.size is None:
            return min(BLOCK, max(LEAST, self.reader.offset // 32))
        return min(BLOCK, max(LEAST, self.reader.size // 64))

    def extend(self, n: int = 0) -> None:
        """Read ``n`` bytes more (0: a block); ``final`` says that the file has ended."""
        kept = self.end - self.start
        size = kept + (n or self.block())
        left = self.reader.remaining()
        if left is not None:
            size = min(size, kept + left + 1)
        if self.start:
            self.data[:kept] = self.data[self.start : self.end]
            self.base, self.start = self.base + self.start, 0
        if len(self.data) < size:
            # a little more than needed: what is kept differs from block to block; in place: no view of it lives on
            room = size if left is not None and size > kept + left else size + size // 8
            if kept:
                self.data.resize(room, refcheck=False)
            else:
                self.data = NOTHING  # not two buffers at a time
                self.data = np.empty(room, np.uint8)
        got = self.reader.readinto(self.data[kept:size])
        self.end, self.final = kept + got, got < size - kept

    def take(self, n: int, what: str) -> bytes:
        """``n`` bytes, consumed.

        Raises
        ------
        TruncatedFileError
            If the file ends before.
        """
        while self.end - self.start < n and not self.final:
            self.extend()
        if self.end - self.start < n:
            raise TruncatedFileError(f"{self.reader.name}: the file ends at byte {self.base + self.end}, in {what}")
        self.start += n
        return self.data[self.start - n : self.start].tobytes()

    def array(self, dtype: Any, count: int, what: str) -> NDArray[Any]:
        """``count`` values of ``dtype``, partly in the window, partly still in the file; consumed.

        Raises
        ------
        TruncatedFileError
            If the file ends before; as far as its size is known, before anything is allocated.
        """
        kind = np.dtype(dtype)
        needed, have, begin = count * kind.itemsize, self.end - self.start, self.base + self.start
        left = self.reader.remaining()
        got = have + left if left is not None else needed
        if needed <= got:
            head = self.data[self.start : self.start + min(have, needed)]
            self.start += len(head)
            data = self.reader._grown(needed, head)
            got = len(data)
        if got < needed:
            raise TruncatedFileError(
                f"{self.reader.name}: {what} at byte {begin} needs {needed} bytes, the file has {got}"
            )
        return data.view(kind)

    def begin_text(self) -> Window:
        """Pass over the byte order mark that text may begin with.

        Raises
        ------
        FormatError
            If it is the mark of UTF-16 or UTF-32.
        """
        if self.base == self.start == self.end == 0:
            self.extend()
        head = self.data[self.start : min(self.end, self.start + 4)].tobytes()
        if head.startswith(codecs.BOM_UTF8):
            self.start += len(codecs.BOM_UTF8)
        refuse_utf16(head, self.reader.name)
        return self

    def lines(self, n: int) -> list[bytes]:
        """The first ``n`` lines, which stay unread; fewer if the file has no more."""
        while True:
            at, found = self.start, list[tuple[int, int]]()
            while len(found) < n and at < self.end:
                stop = _parse.next_newline(self.data, at, self.end)
                if stop == self.end and not self.final:
                    break
                found.append((at, stop))
                at = stop + 1
            if len(found) == n or self.final:
                return [self.data[a:b].tobytes() for a, b in found]
            self.extend(max(self.block(), (self.end - self.start) // 2))

    def line(self, what: str, longest: int = 1000) -> bytes:
        """One line of at most ``longest`` bytes, consumed.

        Raises
        ------
        FormatError
            If there is no line of that length.
        """
        while True:
            head = self.data[self.start : min(self.end, self.start + longest + 1)].tobytes()
            newline = head.find(b"\n")
            if newline >= 0:
                break
            if len(head) > longest:
                raise FormatError(f"{self.reader.name}: no {what} in the first {longest} bytes")
            if self.final:
                break
            self.extend(longest + 1 if self.end == 0 else 0)
        if newline < 0:
            newline = len(head)
        self.start = min(self.end, self.start + newline + 1)
        return head[:newline]
