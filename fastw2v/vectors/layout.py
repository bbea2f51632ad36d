"""Where words stand on a map: two coordinates for each, made by a well-known projection."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastw2v.errors import ConfigError
from fastw2v.query.similarity import unit_rows

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors

METHODS = ("umap", "tsne", "pca")
MOST_POINTS = 50_000


def pca(vectors: ArrayLike, n_components: int = 2) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project rows on their principal components: the plane in which they differ most.

    Parameters
    ----------
    vectors : array, shape (n, dim)
    n_components : int
        At most ``min(n, dim)``.

    Returns
    -------
    float64 array, shape (n, n_components)
        Coordinates about the mean; of each component the sign is chosen so that its largest is positive.
    float64 array, shape (n_components,)
        Share of the variance that each component explains.

    Raises
    ------
    ConfigError
        If there are fewer rows or columns than components.

    Examples
    --------
    >>> coordinates, shares = pca([[0, 7], [1, 7], [5, 7]], n_components=1)
    >>> coordinates[:, 0].round(6).tolist(), shares.tolist()
    ([-2.0, -1.0, 3.0], [1.0])
    """
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or not 1 <= n_components <= min(rows.shape):
        raise ConfigError(
            f"n_components={n_components} for an array of shape {rows.shape}: give at least so many rows and columns"
        )
    left, values, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    coordinates = left * values
    largest = np.take_along_axis(coordinates, np.abs(coordinates).argmax(axis=0)[None], axis=0)
    coordinates *= np.where(largest < 0, -1.0, 1.0)
    variance = values**2
    total = variance.sum()
    return coordinates[:, :n_components], variance[:n_components] / (total if total > 0 else 1.0)


def method_here(n_points: int) -> str:
    """Return the best method that is installed and takes no more than about a minute for so many points."""
    if importlib.util.find_spec("umap"):
        return "umap"
    return "tsne" if importlib.util.find_spec("sklearn") and n_points <= 3_000 else "pca"


def layout(vectors: KeyedVectors, n_points: int, method: str | None = None, seed: int = 1) -> NDArray[np.float32]:
    """Return coordinates of the first words, nearly all from -1 to 1, shape (n_points, 2).

    Parameters
    ----------
    vectors : KeyedVectors
    n_points : int
        How many of the most frequent words; no more than there are, and than 50,000.
    method : {"umap", "tsne", "pca"}, optional
        By default the best that is installed.
    seed : int

    Returns
    -------
    float32 array
        A row that is not finite stands at the origin.

    Raises
    ------
    ConfigError
        If the method is none.
    ImportError
        If its package is missing.
    """
    n_points = min(n_points, len(vectors), MOST_POINTS)
    method = method or method_here(n_points)
    return projected(np.asarray(vectors.vectors[:n_points], dtype=np.float32), method, seed)


def projected(rows: NDArray[Any], method: str, seed: int = 1) -> NDArray[np.float32]:
    """Return two coordinates for each row, nearly all from -1 to 1, by the directions of the rows.

    Parameters
    ----------
    rows : array, shape (n, dim)
    method : {"umap", "tsne", "pca"}
    seed : int

    Returns
    -------
    float32 array, shape (n, 2)
        A row that is not finite stands at the origin, and so do all if fewer than five are.

    Raises
    ------
    ConfigError
        If the method is none.
    ImportError
        If its package is missing.

    Examples
    --------
    >>> projected(np.eye(6), "pca").shape
    (6, 2)
    """
    if method not in METHODS:
        raise ConfigError(f"method={method!r:.40}: use one of {', '.join(METHODS)}")
    finite = np.isfinite(rows).all(axis=1)
    points = np.zeros((len(rows), 2), np.float32)
    if finite.sum() >= 5:
        made = _project(unit_rows(rows[finite].astype(np.float32, copy=False)), method, seed)
        made = made - np.median(made, axis=0)
        # A few words far out would leave all others a dot in the middle: they stand beyond 1.
        points[finite] = made / max(float(np.quantile(np.abs(made), 0.995)), 1e-12)
    return points


def _project(rows: NDArray[np.float32], method: str, seed: int) -> NDArray[Any]:
    if method == "pca":
        return pca(rows, 2)[0] if rows.shape[1] > 1 else np.column_stack([rows[:, 0], np.zeros(len(rows))])
    try:
        if method == "umap":
            from umap import UMAP

            return np.asarray(UMAP(metric="cosine", random_state=seed).fit_transform(rows))
        from sklearn.manifold import TSNE

        perplexity = min(30.0, (len(rows) - 1) / 3)
        return np.asarray(TSNE(init="pca", random_state=seed, perplexity=perplexity).fit_transform(rows))
    except ImportError as error:
        package = {"umap": "umap-learn", "tsne": "scikit-learn"}[method]
        raise ImportError(f"a map by {method} needs {package}: pip install {package}; or choose 'pca'") from error
