from numpy import float32, int8, int64, uint8
from numpy.typing import NDArray

Bytes = bytes | bytearray | NDArray[uint8]

def scan_entries(
    block: Bytes,
    start: int,
    end: int,
    starts: NDArray[int64],
    ends: NDArray[int64],
    counts: NDArray[int64],
    kinds: NDArray[int8],
) -> tuple[int, int]: ...
def ngram_rows(word: bytes, minn: int, maxn: int, bucket: int) -> list[int]: ...
def compose(
    blob: Bytes,
    offsets: NDArray[int64],
    begin: int,
    end: int,
    minn: int,
    maxn: int,
    buckets: NDArray[float32],
    words: NDArray[float32],
    divide: bool = False,
) -> None: ...
