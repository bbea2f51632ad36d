from typing import Any

from numpy import dtype, float32, int64, ndarray, uint8
from numpy.typing import NDArray

ROW_OK: int
ROW_NUMBER: int
ROW_SHORT: int
ROW_LONG: int
ROW_NONFINITE: int

Bytes = bytes | bytearray | NDArray[uint8]
Float32Rows = ndarray[Any, dtype[float32]]

def exact_float32(text: str) -> float: ...
def format_float32(value: float) -> str: ...
def check_text(first: int, last: int, step: int) -> int: ...
def count_lines(block: Bytes, start: int, end: int) -> int: ...
def last_line_end(block: Bytes, start: int, end: int) -> int: ...
def next_newline(block: Bytes, start: int, end: int) -> int: ...
def scan_lines(
    block: Bytes,
    start: int,
    end: int,
    line_starts: NDArray[int64],
    line_ends: NDArray[int64],
) -> tuple[int, int]:
    """Fill the outputs; return the number of lines and where the next one begins."""

def find_keys(
    block: Bytes,
    starts: NDArray[int64],
    ends: NDArray[int64],
    dim: int,
    key_ends: NDArray[int64],
    borders: NDArray[int64],
    any_words: bool = False,
) -> None:
    """Fill ``key_ends``, and the number of ``borders`` between fields.

    A line ends with ``dim`` values, and what stands before them is its key, which may hold spaces and tabs. If its last
    word is a number the row may as well be too long: then the first word is the key, unless ``any_words`` are allowed.
    """

def scan_binary(
    block: Bytes,
    start: int,
    end: int,
    row_bytes: int,
    key_starts: NDArray[int64],
    key_ends: NDArray[int64],
) -> tuple[int, int]:
    """Fill the outputs; return the number of whole rows and where the next one begins."""

def parse_rows(
    block: Bytes,
    starts: NDArray[int64],
    ends: NDArray[int64],
    out: NDArray[Any],
    status: NDArray[uint8],
    where: NDArray[int64],
) -> None:
    """Parse rows of numbers separated by single spaces or tabs.

    Parameters
    ----------
    block : bytes-like
    starts, ends : int64, shape (n,)
        Where the numbers of each row lie in ``block``.
    out : float32 or float64, shape (n, dim)
        Takes the values; the last axis is contiguous.
    status : uint8, shape (n,)
        Takes ``ROW_OK`` or what is wrong with each row.
    where : int64, shape (n,)
        Takes the offset of that, counted from the start of the row.
    """

def copy_rows(block: Bytes, starts: NDArray[int64], out: Float32Rows, status: NDArray[uint8]) -> None: ...
def decode_keys(block: Bytes, starts: NDArray[int64], ends: NDArray[int64], errors: str) -> list[str]: ...
def format_rows(
    key_blob: Bytes, key_offsets: NDArray[int64], order: NDArray[int64], rows: Float32Rows, prefix: bytes
) -> bytearray: ...
def pack_rows(
    key_blob: Bytes, key_offsets: NDArray[int64], order: NDArray[int64], rows: Float32Rows, prefix: bytes
) -> bytearray: ...
