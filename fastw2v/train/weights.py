"""Weight matrices: rows together, as programs see them, or on cache lines of their own, as kernels need them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastw2v.train._rows import Table

ROW_ALIGNMENT = 64  # bytes; _kernels.pyx refuses anything else


def _stride(vector_size: int, dtype: np.dtype[Any]) -> int:
    """Return the numbers from one row to the next in the layout of the kernels."""
    lanes = ROW_ALIGNMENT // dtype.itemsize
    return -(-vector_size // lanes) * lanes


def _aligned_zeros(n: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return zeros of shape ``(n,)`` that start on a cache line."""
    lanes = ROW_ALIGNMENT // dtype.itemsize
    memory = np.zeros(n + lanes, dtype=dtype)
    start = -(memory.ctypes.data // dtype.itemsize) % lanes
    return memory[start : start + n]


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
    stride = _stride(vector_size, dtype)
    return _aligned_zeros(n_rows * stride, dtype).reshape(n_rows, stride)[:, :vector_size]


def new_table(n_rows: int, vector_size: int, *, apart: bool = False) -> Table:
    """Return a table of zeros, with the room that moving its rows apart takes.

    Parameters
    ----------
    n_rows, vector_size : int
    apart : bool
        Where the rows are at first.

    Returns
    -------
    Table

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> model = SimpleNamespace(weights=new_table(3, 100).view())
    >>> model.weights.strides
    (400, 4)
    >>> table = model.weights.base
    >>> table.move(vars(model), "weights", apart=True), model.weights.strides
    (True, (448, 4))
    >>> table.move(vars(model), "weights", apart=False), model.weights.strides
    (True, (400, 4))
    >>> row = model.weights[0]  # which would show something else then
    >>> table.move(vars(model), "weights", apart=True)
    False
    """
    dtype = np.dtype(np.float32)
    return Table(_aligned_zeros(n_rows * _stride(vector_size, dtype), dtype), n_rows, vector_size, apart)


def zeros(n_rows: int, vector_size: int) -> NDArray[np.float32]:
    """Return zeros, C-contiguous, that can be trained where they are.

    Parameters
    ----------
    n_rows, vector_size : int

    Returns
    -------
    ndarray of float32, shape (n_rows, vector_size)

    Examples
    --------
    >>> zeros(2, 3).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    return new_table(n_rows, vector_size).view()


def fits_kernels(array: NDArray[Any]) -> bool:
    """Whether the kernels can train an array as it is: whole cache lines of float32, and nothing between the rows.

    Parameters
    ----------
    array : array, (n_rows, size)

    Returns
    -------
    bool

    Examples
    --------
    >>> fits_kernels(zeros(3, 96)), fits_kernels(zeros(3, 100))
    (True, False)
    """
    return bool(
        array.ndim == 2
        and array.dtype == np.float32
        and array.flags.c_contiguous
        and array.shape[1] * array.itemsize % ROW_ALIGNMENT == 0
        and array.ctypes.data % ROW_ALIGNMENT == 0
    )


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
        Can be trained where they are.

    Examples
    --------
    >>> vectors = init_input(1000, 50, seed=1)
    >>> vectors.shape, bool(abs(vectors).max() < 1 / 50)
    ((1000, 50), True)
    """
    rng = np.random.default_rng(seed if seed is None or seed >= 0 else int(seed) % 2**64)
    rows = zeros(n_words, vector_size)
    block = max(1, 2**16 // vector_size)  # rows: the same stream as one big draw, without its memory
    for first in range(0, n_words, block):
        part = rows[first : first + block]
        rng.random(dtype=np.float32, out=part)
        part *= 2.0
        part -= 1.0
        part /= vector_size
    return rows


def grown_lock(factors: NDArray[Any] | None, n_rows: int) -> NDArray[np.float32]:
    """Return the factors of the updates of rows for a grown table: new rows are trained.

    Parameters
    ----------
    factors : float array, shape (1,) or (n,), optional
        One for all rows, or one for each; None: all are trained.
    n_rows : int

    Returns
    -------
    ndarray of float32, shape (1,) or (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> grown_lock(np.zeros(2, np.float32), 3).tolist(), grown_lock(np.zeros(1, np.float32), 3).tolist()
    ([0.0, 0.0, 1.0], [0.0])
    """
    lock = np.ones(1, np.float32) if factors is None else np.atleast_1d(np.asarray(factors, np.float32))
    return np.append(lock, np.ones(n_rows - len(lock), np.float32)) if 1 < len(lock) < n_rows else lock


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
        A new array, which can be trained where it is.

    Examples
    --------
    >>> import numpy as np
    >>> grow_rows(np.ones((1, 2), np.float32), 3).tolist()
    [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """
    grown = zeros(n_rows, rows.shape[1])
    grown[: rows.shape[0]] = rows
    return grown
