"""Reading bytes in order, with checked sizes and errors that name the place."""

from __future__ import annotations

import gzip
import lzma
import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError, TruncatedFileError

BLOCK = 1 << 21  # bytes read at a time: large enough for parallel parsing, small beside any table


def is_shape(shape: Any, itemsize: int) -> bool:
    """Whether NumPy can make an array of that shape; even without values its sizes must not overflow."""
    return (
        isinstance(shape, tuple)
        and len(shape) <= 32
        and all(type(n) is int and n >= 0 for n in shape)
        and math.prod(max(n, 1) for n in shape) * max(itemsize, 1) < 2**62
    )


class KeyDecodeError(FormatError, UnicodeDecodeError):
    """A key is not valid text in the encoding asked for."""

    def __str__(self) -> str:
        return self.reason


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
    """

    def __init__(self, stream: Any, name: str, size: int | None) -> None:
        self.stream, self.name, self.size, self.offset = stream, name, size, 0

    def remaining(self) -> int | None:
        """Bytes that are left, where the size is known."""
        return None if self.size is None else max(0, self.size - self.offset)

    def readinto(self, buffer: NDArray[Any] | bytearray | memoryview) -> int:
        """Fill ``buffer`` unless the file ends before; return the number of bytes."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        done = 0
        while done < len(view):
            try:
                got = self.stream.readinto(view[done : done + (1 << 30)])
            except EOFError as error:
                raise TruncatedFileError(f"{self.name}: the compressed data end early ({error})") from error
            except (zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
                raise FormatError(f"{self.name}: the compressed data are damaged ({error})") from error
            except OSError as error:
                if error.errno is not None:
                    raise
                raise FormatError(f"{self.name}: the compressed data are damaged ({error})") from error
            except Exception as error:  # zstandard has its own class, known only where it is installed
                if type(error).__name__ != "ZstdError":
                    raise
                raise FormatError(f"{self.name}: the compressed data are damaged ({error})") from error
            if not got:
                break
            done += got
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
        parts: list[bytes] = []
        missing, begin = n, self.offset
        while missing:
            part = bytearray(min(missing, BLOCK))
            got = self.readinto(part)
            parts.append(bytes(part[:got]))
            missing -= got
            if got < len(part):
                raise TruncatedFileError(
                    f"{self.name}: {what} at byte {begin} needs {n} bytes, the file ends after {n - missing}"
                )
        return b"".join(parts)

    def rest(self) -> bytes:
        """Everything that is left."""
        parts = []
        while True:
            part = bytearray(min(BLOCK, (self.remaining() or BLOCK - 1) + 1))
            got = self.readinto(part)
            parts.append(bytes(part[:got]))
            if got < len(part):
                return b"".join(parts)

    def read_array(self, dtype: Any, count: int, what: str) -> NDArray[Any]:
        """``count`` values of ``dtype`` in a new array, allocated only if the file can hold them."""
        kind = np.dtype(dtype)
        left = self.remaining()
        if left is None:
            return np.frombuffer(bytearray(self.read(count * kind.itemsize, what)), kind)
        if count * kind.itemsize > left:
            raise TruncatedFileError(
                f"{self.name}: {what} at byte {self.offset} needs {count * kind.itemsize} bytes, "
                f"the file has {left} more"
            )
        values = np.empty(count, kind)
        begin = self.offset
        if count and self.readinto(values.view(np.uint8)) < values.nbytes:
            raise TruncatedFileError(f"{self.name}: {what} at byte {begin} is cut off")
        return values


class Window:
    """The bytes of a file that are not consumed yet, in one buffer that moves along.

    ``data[start:end]`` are those bytes, ``base`` is the place of ``data[0]`` in the file.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.data: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.start = self.end = self.base = 0
        self.final = False

    def extend(self, n: int = BLOCK) -> None:
        """Read ``n`` bytes more; ``final`` says that the file has ended."""
        kept = self.end - self.start
        size = kept + n
        left = self.reader.remaining()
        if left is not None:
            size = kept + min(n, left + 1)
        # a little more than needed: what is kept differs from block to block
        data = self.data if len(self.data) >= size else np.empty(size + size // 8, np.uint8)
        data[:kept] = self.data[self.start : self.end]
        self.data, self.base = data, self.base + self.start
        got = self.reader.readinto(data[kept:size])
        self.start, self.end, self.final = 0, kept + got, got < size - kept

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
            if newline >= 0 or self.final:
                break
            if len(head) > longest:
                raise FormatError(f"{self.reader.name}: no {what} in the first {longest} bytes")
            self.extend(longest + 1 if self.end == 0 else BLOCK)
        if newline < 0:
            newline = len(head)
        self.start = min(self.end, self.start + newline + 1)
        return head[:newline]
