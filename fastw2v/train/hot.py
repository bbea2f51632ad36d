"""Hot rows: output rows that are updated so often that each thread gets copies of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastw2v.train.huffman import Huffman
from fastw2v.train.noise import noise_weights

ROWS_PER_THREAD = 64
MOST_ROWS = 512
ENOUGH_UPDATES = 1000  # of a row: as many as let it settle, even where only the share of one thread counts
# Updates of a word's output row in each window, by all threads together, from which on they wait for it. Windows fetch
# such rows ahead, and a pool of noise words keeps them near for a while, so that with two threads copies of the most
# frequent words cost 14 % more time than they saved. Nodes near the root are not fetched ahead: there every copy pays.
CONTENDED = 1.0


def hot_words(
    counts: NDArray[np.int64], kept: NDArray[np.float64], negative: int, ns_exponent: float, workers: int
) -> int:
    """How many of the first words have hot output rows under negative sampling: none for a few threads.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_words,)
        Occurrences of each word in the corpus, by which noise words are drawn.
    kept : ndarray of float64, shape (n_words,)
        Occurrences in the whole training, after sub-sampling.
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
    >>> counts = np.array([9_000_000, 100_000, 10])
    >>> hot_words(counts, counts / 2, 5, 0.75, workers=8)
    2
    >>> hot_words(counts, counts / 2, 5, 0.75, workers=1)
    0
    """
    if workers == 1 or not negative or not kept.sum() > 0:
        return 0
    in_each_window = kept / kept.sum() + negative * noise_weights(counts, ns_exponent)
    few = np.flatnonzero(workers * in_each_window < CONTENDED)
    return min(_n_hot(kept.sum() * in_each_window, workers), int(few[0]) if len(few) else len(kept))


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
