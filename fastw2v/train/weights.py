"""Weight matrices in the layout of the kernels: rows padded and aligned to cache lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

ROW_ALIGNMENT = 64  # bytes; _kernels.pyx refuses anything else


def padded_rows(n_rows: int, vector_size: int, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Return zeros of shape ``(n_rows, vector_size)`` whose rows start on cache lines.

    The padding behind each row is part of the buffer, is zero, and stays zero in training.

    Parameters
    ----------
    n_rows, vector_size : int
    dtype : data-type

    Returns
    -------
    ndarray, shape (n_rows, vector_size)

    Examples
    --------
    >>> rows = padded_rows(3, 100)
    >>> rows.shape, rows.strides
    ((3, 100), (448, 4))
    """
    dtype = np.dtype(dtype)
    lanes = ROW_ALIGNMENT // dtype.itemsize
    stride = -(-vector_size // lanes) * lanes
    buffer = np.zeros(n_rows * stride + lanes, dtype=dtype)
    start = -(buffer.ctypes.data // dtype.itemsize) % lanes
    return buffer[start : start + n_rows * stride].reshape(n_rows, stride)[:, :vector_size]


def is_padded(array: NDArray[Any]) -> bool:
    """Tell whether the kernels can train this array in place (its padding must be ours, hence zero).

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    bool

    Examples
    --------
    >>> import numpy as np
    >>> is_padded(padded_rows(3, 100)), is_padded(np.zeros((3, 100), np.float32))
    (True, False)
    """
    if array.ndim != 2 or array.dtype != np.float32 or not array.flags.writeable or array.shape[0] == 0:
        return False
    vector_size = array.shape[1]
    lanes = ROW_ALIGNMENT // array.itemsize
    stride = -(-vector_size // lanes) * lanes * array.itemsize
    if array.strides != (stride, array.itemsize) or array.ctypes.data % ROW_ALIGNMENT:
        return False
    return stride == vector_size * array.itemsize or _padding_is_zero(array, stride // array.itemsize)


def _padding_is_zero(array: NDArray[Any], stride: int) -> bool:
    base = array.base
    if not isinstance(base, np.ndarray):
        return False
    first = (array.ctypes.data - base.ctypes.data) // array.itemsize
    flat = base.reshape(-1) if base.flags.c_contiguous else None
    if flat is None or flat.dtype != array.dtype or first < 0 or first + array.shape[0] * stride > flat.size:
        return False
    whole = flat[first : first + array.shape[0] * stride].reshape(array.shape[0], stride)
    return not whole[:, array.shape[1] :].any()


def to_padded(array: NDArray[Any]) -> NDArray[np.float32]:
    """Return ``array`` itself where the kernels can use it in place, a padded float32 copy otherwise.

    Parameters
    ----------
    array : ndarray, shape (n_rows, vector_size)

    Returns
    -------
    ndarray of float32, of the same shape

    Examples
    --------
    >>> import numpy as np
    >>> rows = to_padded(np.eye(2))
    >>> rows.dtype, rows.strides
    (dtype('float32'), (64, 4))
    >>> to_padded(rows) is rows
    True
    """
    if is_padded(array):
        return array
    copy: NDArray[np.float32] = padded_rows(*array.shape)
    copy[:] = array
    return copy


def init_input(n_words: int, vector_size: int, seed: int | None) -> NDArray[np.float32]:
    """Return input vectors before training: uniform in (-1, 1) / vector_size, as gensim 4 draws them.

    A negative seed, which NumPy refuses, counts as the unsigned number of the same 64 bits, as in the kernels.

    Parameters
    ----------
    n_words, vector_size : int
    seed : int or None
        None: others each time.

    Returns
    -------
    ndarray of float32, shape (n_words, vector_size)
        Padded.

    Examples
    --------
    >>> vectors = init_input(1000, 50, seed=1)
    >>> vectors.shape, bool(abs(vectors).max() < 1 / 50)
    ((1000, 50), True)
    """
    rng = np.random.default_rng(seed if seed is None or seed >= 0 else int(seed) % 2**64)
    rows: NDArray[np.float32] = padded_rows(n_words, vector_size)
    block = max(1, 2**16 // vector_size)  # rows: the same stream as one big draw, without its memory
    for first in range(0, n_words, block):
        part = rows[first : first + block]
        part[:] = rng.random(part.shape, dtype=np.float32)
        part *= 2.0
        part -= 1.0
        part /= vector_size
    return rows


def grow_rows(rows: NDArray[np.float32], n_rows: int) -> NDArray[np.float32]:
    """Return the rows with zeros appended up to ``n_rows``.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, vector_size)
    n_rows : int
        At least n.

    Returns
    -------
    ndarray of float32, shape (n_rows, vector_size)
        Padded; a new array.

    Examples
    --------
    >>> import numpy as np
    >>> grow_rows(np.ones((1, 2), np.float32), 3).tolist()
    [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """
    grown: NDArray[np.float32] = padded_rows(n_rows, rows.shape[1])
    grown[: rows.shape[0]] = rows
    return grown
