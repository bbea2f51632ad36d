"""Where words stand on a map: two coordinates for each, made by a well-known projection."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.query.similarity import unit_rows

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors

METHODS = ("umap", "tsne", "pca")
MOST_POINTS = 50_000


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
    if method not in METHODS:
        raise ConfigError(f"method={method!r:.40}: use one of {', '.join(METHODS)}")
    rows = np.asarray(vectors.vectors[:n_points], dtype=np.float32)
    finite = np.isfinite(rows).all(axis=1)
    points = np.zeros((n_points, 2), np.float32)
    if finite.sum() >= 5:
        made = _project(unit_rows(rows[finite]), method, seed)
        made = made - np.median(made, axis=0)
        # A few words far out would leave all others a dot in the middle: they stand beyond 1.
        points[finite] = made / max(float(np.quantile(np.abs(made), 0.995)), 1e-12)
    return points


def _project(rows: NDArray[np.float32], method: str, seed: int) -> NDArray[Any]:
    if method == "pca":
        from fastw2v.plot import pca

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
