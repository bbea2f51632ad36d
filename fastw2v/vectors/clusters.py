"""Groups of words that stand together: k-means of scikit-learn over vectors at length 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.query.similarity import unit_rows


def k_means() -> Any:
    """Return scikit-learn's class.

    Raises
    ------
    ImportError
        If scikit-learn is missing.
    """
    try:
        from sklearn.cluster import MiniBatchKMeans
    except ImportError as error:
        raise ImportError("clusters needs scikit-learn: pip install 'fastw2v[sklearn]'") from error
    return MiniBatchKMeans


def grouped(vectors: NDArray[Any], n_clusters: int, seed: int | None, *, unit: bool) -> NDArray[np.int32]:
    """Return which group each row belongs to, shape (n,): 0 .. n_clusters - 1, and -1 for a row that is not finite.

    Groups are numbered by falling size.

    Raises
    ------
    ConfigError
        If there are not so many rows.
    ImportError
        If scikit-learn is missing.
    """
    MiniBatchKMeans = k_means()
    finite = np.isfinite(vectors).all(axis=1)
    if not 1 <= n_clusters <= finite.sum():
        raise ConfigError(f"n_clusters={n_clusters!r:.40}: must be in 1 .. {int(finite.sum())}, the number of vectors")
    rows = vectors[finite].astype(np.float32, copy=False)
    rows = unit_rows(rows) if unit else rows
    found = MiniBatchKMeans(n_clusters, random_state=seed, n_init=3, batch_size=max(1024, 4 * n_clusters)).fit(rows)
    sizes = np.bincount(found.labels_, minlength=n_clusters)
    place = np.empty(n_clusters, np.int32)
    place[np.argsort(-sizes, kind="stable")] = np.arange(n_clusters)
    groups = np.full(len(vectors), -1, np.int32)
    groups[finite] = place[found.labels_]
    return groups
