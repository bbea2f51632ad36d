"""Hot rows: output rows that are updated so often that each thread gets copies of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastw2v.train.huffman import Huffman
from fastw2v.train.noise import noise_weights

ROWS_PER_THREAD = 64
MOST_ROWS = 512
ENOUGH_UPDATES = 1000  # of a row: as many as let it settle, even where only the share of one thread counts


def hot_words(kept: NDArray[np.float64], negative: int, ns_exponent: float, workers: int) -> int:
    """How many of the first words have hot output rows under negative sampling.

    Parameters
    ----------
    kept : ndarray of float64, shape (n_words,)
        Occurrences of each word in the whole training, after sub-sampling.
    negative : int
        Noise words for each of them.
    ns_exponent : float
    workers : int

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> hot_words(np.array([9e6, 1e5, 10.0]), 5, 0.75, workers=2)
    2
    >>> hot_words(np.array([9e6, 1e5, 10.0]), 5, 0.75, workers=1)
    0
    """
    if workers == 1 or not negative or not kept.sum() > 0:
        return 0
    counts = np.ceil(kept).astype(np.int64)
    return _n_hot(kept + kept.sum() * negative * noise_weights(counts, ns_exponent), workers)


def hot_nodes(kept: NDArray[np.float64], tree: Huffman, workers: int) -> int:
    """How many of the last inner nodes, those nearest to the root, are hot under hierarchical softmax.

    Parameters
    ----------
    kept : ndarray of float64, shape (n_words,)
        Occurrences of each word in the whole training, after sub-sampling.
    tree : Huffman
    workers : int

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> from fastw2v.train.huffman import build_huffman
    >>> hot_nodes(np.array([9e6, 1e5, 10.0]), build_huffman(np.array([900, 10, 1])), workers=2)
    2
    """
    if workers == 1:
        return 0
    lengths = np.diff(tree.offsets)
    updates = np.asarray(np.bincount(tree.points, np.repeat(kept, lengths), len(kept) - 1), dtype=np.float64)
    return _n_hot(updates[::-1], workers)


def _n_hot(updates: NDArray[np.float64], workers: int) -> int:
    """Length of the leading stretch of rows that get enough updates from each thread."""
    considered = updates[: min(workers * ROWS_PER_THREAD, MOST_ROWS)]
    few = np.flatnonzero(considered < workers * ENOUGH_UPDATES)
    return int(few[0]) if len(few) else len(considered)
