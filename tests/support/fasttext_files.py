"""A tiny writer of fastText ``.bin`` files: the format is read only, so tests need one of their own."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray


def fnv(data: bytes) -> int:
    """fastText's hash, written down once more."""
    h = 2166136261
    for byte in data:
        h = ((h ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) & 0xFFFFFFFF
    return h


def ngrams(word: str, minn: int, maxn: int) -> list[str]:
    text = f"<{word}>"
    return [
        text[i : i + n]
        for i in range(len(text))
        for n in range(minn, maxn + 1)
        if i + n <= len(text) and not (n == 1 and (i == 0 or i + n == len(text)))
    ]


def expected(word: str, row: NDArray[np.float32] | None, buckets: NDArray[np.float32], minn: int, maxn: int):
    rows = [] if row is None else [row]
    rows += [buckets[fnv(gram.encode()) % len(buckets)] for gram in ngrams(word, minn, maxn)]
    return np.mean(rows, axis=0)


def fasttext_bytes(
    words: list[str], matrix: NDArray[np.float32], *, bucket: int, minn: int = 3, maxn: int = 6, version: int = 12
) -> bytes:
    dim = matrix.shape[1]
    head = struct.pack("<ii12id", 793712314, version, dim, 5, 5, 1, 5, 1, 2, 1, bucket, minn, maxn, 100, 1e-4)
    head += struct.pack("<iiiqq", len(words), len(words), 0, 1000, -1)
    entries = b"".join(word.encode() + b"\0" + struct.pack("<qb", 100 - i, 0) for i, word in enumerate(words))
    values = matrix.astype("<f4").tobytes()
    output = struct.pack("<?qq", False, 0, dim)
    return head + entries + struct.pack("<?qq", False, len(matrix), dim) + values + output
