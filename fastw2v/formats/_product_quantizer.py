"""fastText's quantised matrices (``.ftz``): each row is a few codes, each code names a piece of a vector.

As fastText writes them, little-endian: a byte (norms are quantised too), int64 rows and columns, int32 number of codes,
the codes; then a quantizer; then, if norms are quantised, one code for each row and a quantizer of one number.
A quantizer is four int32 (dimension, pieces of a vector, their length, the length of the last one) and 256 centroids of
each piece as float32. (H. Jégou et al., "Product quantization for nearest neighbor search", 2011.)
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.formats._budget import Budget
from fastw2v.formats._reader import Window

CENTROIDS = 256
PER_BYTE = 64  # bytes of vectors that a byte of the file pays for: a code of one byte stands for at most 16 numbers


def read_matrix(window: Window, dim: int) -> NDArray[np.float32]:
    """The matrix that follows in the file, its rows put together again, shape (rows, dim).

    Raises
    ------
    FormatError
        Its sizes contradict each other, or a few bytes ask for much.
    """
    name, at = window.reader.name, window.base + window.start
    with_norms, n_rows, n_columns, n_codes = struct.unpack("<?qqi", window.take(21, "the quantised matrix"))
    if n_columns != dim or n_rows < 0 or n_codes < 0:
        raise FormatError(f"{name}: byte {at}: a quantised matrix of {n_rows} x {n_columns}, dim is {dim}")
    codes = window.array(np.uint8, n_codes, "the codes of the matrix")
    pieces = _read_centroids(window, dim)
    if n_codes != n_rows * len(pieces):
        raise FormatError(f"{name}: byte {at}: {n_codes} codes for {n_rows} rows of {len(pieces)} pieces")
    Budget(name, window.base + window.start, PER_BYTE).charge(4 * n_rows * dim, "its quantised vectors")
    matrix = np.empty((n_rows, dim), np.float32)
    begin = 0
    for number, centroids in enumerate(pieces):
        end = begin + centroids.shape[1]
        matrix[:, begin:end] = centroids[codes[number :: len(pieces)]]
        begin = end
    if with_norms:
        norm_codes = window.array(np.uint8, n_rows, "the codes of the norms")
        matrix *= _read_centroids(window, 1)[0][norm_codes]
    return matrix


def _read_centroids(window: Window, dim: int) -> list[NDArray[np.float32]]:
    """For each piece of a vector its 256 centroids, shape (256, length of the piece)."""
    name, at = window.reader.name, window.base + window.start
    columns, n_pieces, length, last = struct.unpack("<4i", window.take(16, "the quantizer"))
    if columns != dim or n_pieces < 1 or min(length, last) < 1 or (n_pieces - 1) * length + last != dim:
        raise FormatError(f"{name}: byte {at}: {n_pieces} pieces of {length} and {last} numbers are no vector of {dim}")
    flat = window.array("<f4", dim * CENTROIDS, "the centroids")
    whole = flat[: (n_pieces - 1) * CENTROIDS * length].reshape(n_pieces - 1, CENTROIDS, length)
    return [*whole, flat[(n_pieces - 1) * CENTROIDS * length :].reshape(CENTROIDS, last)]
