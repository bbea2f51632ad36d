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


def old_bytes(words: list[str], matrix: NDArray[np.float32], *, bucket: int, minn: int = 3, maxn: int = 6) -> bytes:
    """The same as fastText wrote it before 2017: no magic and version, no number of pruned n-grams, no flag."""
    data = fasttext_bytes(words, matrix, bucket=bucket, minn=minn, maxn=maxn)
    tail = 17 + matrix.nbytes + 17  # the flag and sizes of both matrices
    entries = data[92 : len(data) - tail]
    return data[8:84] + entries + data[len(data) - tail + 1 : -17] + struct.pack("<qq", 0, matrix.shape[1])


def quantizer(centroids: list[NDArray[np.float32]]) -> bytes:
    """Centroids of the pieces of a vector, shape (256, length)."""
    dim = sum(piece.shape[1] for piece in centroids)
    lengths = [piece.shape[1] for piece in centroids]
    head = struct.pack("<4i", dim, len(centroids), lengths[0], lengths[-1])
    return head + b"".join(piece.astype("<f4").tobytes() for piece in centroids)


def quantised_bytes(
    words: list[str], codes: NDArray[np.uint8], centroids: list[NDArray[np.float32]], *, bucket: int,
    norms: tuple[NDArray[np.uint8], NDArray[np.float32]] | None = None, kept: dict[int, int] | None = None,
    minn: int = 3, maxn: int = 6,
) -> bytes:  # fmt: skip
    """A ``.ftz`` file: rows are codes; ``norms`` are codes and their 256 values; ``kept``: rows of the buckets left."""
    dim = sum(piece.shape[1] for piece in centroids)
    data = bytearray(
        fasttext_bytes(words, np.zeros((len(codes), dim), np.float32), bucket=bucket, minn=minn, maxn=maxn)
    )
    end = len(data) - 17 - 4 * dim * len(codes) - 17
    struct.pack_into("<q", data, 84, -1 if kept is None else len(kept))
    left = b"".join(struct.pack("<ii", *pair) for pair in (kept or {}).items())
    matrix = struct.pack("<??qqi", True, norms is not None, len(codes), dim, codes.size) + codes.tobytes()
    matrix += quantizer(centroids)
    if norms is not None:
        matrix += norms[0].tobytes() + quantizer([norms[1].reshape(256, 1)])
    return bytes(data[:end]) + left + matrix
