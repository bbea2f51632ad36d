"""Vectors whose principal axes are scaled towards equal variance, each row counting as often as its word occurs.

Source: Yokoi, Bao, Kurita and Shimodaira, "Zipfian Whitening" (NeurIPS 2024), with the power of the eigenvalues as a
parameter: 1 is theirs, 1/2 is what word pairs and analogies gain most from (docs/better-vectors.md).

And vectors without the axes of the largest variance: Mu and Viswanath, "All-but-the-Top" (ICLR 2018).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError

BLOCK = 16384  # rows of float64 at a time: 13 MB for d = 100, whatever the table holds
# Axes with less than this share of the largest variance are rounding errors of float32 rows.
SMALLEST_SHARE = float(np.finfo(np.float32).eps)


def whitened(vectors: Any, weights: NDArray[Any], gamma: float, n_components: int | None) -> NDArray[np.float32]:
    """Return the vectors about their weighted mean, along their principal axes, scaled by variance ** (-gamma / 2).

    Parameters
    ----------
    vectors : matrix, shape (n, dim)
        Of any storage type.
    weights : array, shape (n,)
        How often each row counts; >= 0.
    gamma : float
        0 turns the axes only, 1 gives all axes the same variance.
    n_components : int, optional
        How many axes are kept, those of the largest variance first; default: all.

    Returns
    -------
    float32 array, shape (n, n_components)

    Raises
    ------
    ConfigError
        If a parameter is out of range, or the vectors are not finite.
    """
    n_rows, dim = vectors.shape
    kept = dim if n_components is None else n_components
    if not 0 <= gamma <= 1:
        raise ConfigError(f"gamma={gamma!r:.40}: must be from 0 (axes are only turned) to 1 (all of one variance)")
    if not 1 <= kept <= dim:
        raise ConfigError(f"n_components={n_components!r:.40}: must be in 1 .. {dim}, the size of the vectors")
    shares = np.asarray(weights, dtype=np.float64)
    if not n_rows or not shares.sum() > 0:
        raise ConfigError("there is nothing to whiten: the table is empty, or every count is 0")
    shares = shares / shares.sum()
    mean, covariance = _moments(vectors, shares)
    variances, axes = np.linalg.eigh(covariance)  # by rising variance
    variances, axes = variances[::-1], axes[:, ::-1]
    floor = max(float(variances[0]), 0.0) * SMALLEST_SHARE
    # An axis in which the words do not differ has nothing to scale: it stays next to zero.
    scales = np.where(variances > floor, np.maximum(variances, floor or 1.0) ** (-gamma / 2), 1.0)
    turn = (axes * scales)[:, :kept]
    made = np.empty((n_rows, kept), dtype=np.float32)
    for start in range(0, n_rows, BLOCK):
        made[start : start + BLOCK] = (_block(vectors, start) - mean) @ turn
    return made


def top_axes(vectors: Any, n_axes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of the vectors, shape (dim,), and the axes of the largest variance about it, (dim, n_axes).

    Raises
    ------
    ConfigError
        If there are fewer axes, no vectors, or the vectors are not finite.
    """
    n_rows, dim = vectors.shape
    if not 0 <= n_axes < dim:
        raise ConfigError(f"n_axes={n_axes!r:.40}: must be in 0 .. {dim - 1}, for an axis has to be left")
    if not n_rows:
        raise ConfigError("the table is empty: it has no axes")
    mean, covariance = _moments(vectors, np.full(n_rows, 1 / n_rows))
    return mean, np.linalg.eigh(covariance)[1][:, dim - n_axes :]


def without_axes(vectors: Any, mean: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the vectors about a mean, without what lies along some axes: a new matrix, shape (n, dim)."""
    made = np.empty(vectors.shape, dtype=np.float32)
    for start in range(0, len(vectors), BLOCK):
        rows = _block(vectors, start) - mean
        made[start : start + BLOCK] = rows - (rows @ axes) @ axes.T
    return made


def _block(vectors: Any, start: int) -> NDArray[np.float64]:
    return np.asarray(vectors[start : start + BLOCK], dtype=np.float64)


def _moments(vectors: Any, shares: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean, shape (dim,), and the covariance, shape (dim, dim), of rows that count by their shares.

    Raises
    ------
    ConfigError
        If they are not finite.
    """
    n_rows, dim = vectors.shape
    mean = np.zeros(dim)
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, n_rows, BLOCK):
            mean += shares[start : start + BLOCK] @ _block(vectors, start)
        covariance = np.zeros((dim, dim))
        for start in range(0, n_rows, BLOCK):
            rows = _block(vectors, start) - mean
            covariance += (rows * shares[start : start + BLOCK, None]).T @ rows
    if not np.isfinite(covariance).all():
        raise ConfigError("the vectors have NaN or infinite numbers, or too large to square: they have no axes")
    return mean, covariance
