"""How many windows may be in flight at the same time (docs/gpu.md, *Windows in flight*).

A warp reads rows, trains a window, and adds its changes to what the rows are by then; meanwhile thousands of others do
the same. Changes of one row that are made from the same old value add up: ``n`` of them close a part ``h = alpha * n *
curvature`` of its error, and a correction that comes ``n`` steps late swings instead of settling where ``h`` passes
pi / 2. The curvature that a row sees is a sum over the rows that it meets in a window, of about 1 for each in trained
vectors. So ``alpha * n * rows`` must stay below a bound in the mean over all updates, and below a larger one for the
busiest row. That is thousands of windows in text, and a few where one token is half of all events.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastw2v.train.hot_rows import input_updates, node_updates, word_updates
from fastw2v.train.huffman import Huffman

IN_THE_MEAN = 2.0
# What warps may do to one row unseen, as a sum of learning rates: 256 updates at the usual one, with five context
# words. In lockstep four times as much diverges in every vocabulary of 4 to 1,000 words.
AT_MOST = 32.0


def warps_in_flight(
    kept: NDArray[np.float64],
    counts: NDArray[np.int64],
    n_context: float,
    *,
    skip_gram: bool,
    negative: int,
    ns_exponent: float,
    tree: Huffman | None,
    n_slices: int,
    alpha: float,
    most: int,
) -> int:
    """Return how many warps may train at the same time.

    Parameters
    ----------
    kept : ndarray of float64, shape (n_words,)
        Occurrences of each word after sub-sampling.
    counts : ndarray of int64, shape (n_words,)
        Occurrences in the corpus, by which noise words are drawn.
    n_context : float
        Context words of a window, in the mean.
    skip_gram : bool
        Otherwise CBOW, whose windows have one input row.
    negative : int
    ns_exponent : float
    tree : Huffman, optional
        For hierarchical softmax.
    n_slices : int
        Parts of a window, of which each reads and writes its output rows.
    alpha : float
        Learning rate.
    most : int
        Warps that the card holds.

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> usual = dict(skip_gram=True, negative=5, ns_exponent=0.75, tree=None, n_slices=1, alpha=0.025, most=2112)
    >>> counts = np.full(10_000, 50)
    >>> warps_in_flight(counts * 1.0, counts, 5.0, **usual)
    2112
    >>> dominant = np.array([10_000, *[50] * 200])  # one token is half of all
    >>> warps_in_flight(dominant * 1.0, dominant, 50.0, **usual)
    3
    """
    n_context = max(n_context, 1.0)
    n_in, n_out = n_context if skip_gram else 1.0, 0.0
    met = []  # (n_rows,) updates of each row by one window, and the rows that it meets between reading and writing
    if negative:
        met.append((word_updates(counts, kept, negative, ns_exponent), n_in / n_slices))
        n_out += 1 + negative
    if tree is not None:
        met.append((node_updates(kept, tree), n_in / n_slices))
        n_out += float(np.average(np.diff(tree.offsets), weights=np.maximum(kept, 1e-9)))
    # An input row of skip-gram has a part of the window.
    met.append((input_updates(kept, n_context), n_out / (n_in * n_slices)))
    in_the_mean = max(float((updates @ updates) / max(updates.sum(), 1e-9)) * rows for updates, rows in met)
    at_most = max(float(updates.max()) * rows for updates, rows in met)
    return int(np.clip(min(IN_THE_MEAN / in_the_mean, AT_MOST / at_most) / max(alpha, 1e-9), 1, most))
