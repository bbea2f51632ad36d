"""Hot rows: rows that are updated so often that each thread gets copies of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.train.huffman import Huffman
from fastw2v.train.noise import noise_weights

TICK, CYCLE = 4, 512  # of _plan.pxi: positions from tick to tick, and ticks after which all begins anew
# Updates of a hot row, by all threads together, that come from the same old values. With 64 threads, vectors were as
# good as with two; half of each change given up instead made MEN .616 of .621 (skip-gram, negative sampling).
STALE = 256
SELDOM, OFTEN = 32, 4  # updates of a thread's copy of a hot row between two exchanges: at most, and at least
MOST_ROWS = 512
ENOUGH_UPDATES = 1000  # of a row: as many as let it settle, even where only the share of one thread counts
# Updates of a row in each window, by all other threads together, from which on waiting for the row costs more than
# exchanging a copy of it, if that comes with each update.
CONTENDED = 0.15


class HotRows(NamedTuple):
    """Rows of one weight matrix of which each thread has copies, and when it exchanges them."""

    n: int  # the first rows (words), or the last (inner nodes)
    share: NDArray[np.float32]  # (n,) how much counts of what a thread did between two exchanges
    start: NDArray[np.int64]  # (CYCLE + 1,)
    due: NDArray[np.int32]  # of the n rows, those due at tick t are due[start[t] : start[t + 1]]


def hot_inputs(kept: NDArray[np.float64], n_context: float, workers: int) -> HotRows | None:
    """Hot input rows.

    Parameters
    ----------
    kept : ndarray of float64, shape (n_words,)
        Occurrences of each word in the whole training, after sub-sampling.
    n_context : float
        Context words of a window, on the average.
    workers : int

    Examples
    --------
    >>> import numpy as np
    >>> kept = np.array([3e6, 2e6, 10.0])
    >>> hot = hot_inputs(kept, 6.0, workers=2)
    >>> hot.n, hot.share.tolist()
    (2, [1.0, 1.0])
    >>> hot_inputs(kept, 6.0, workers=1) is None
    True
    """
    if workers == 1:
        return None
    n_windows = kept.sum()
    return _hot_rows(kept * (n_context / max(n_windows, 1.0)), n_windows, workers)


def hot_words(
    counts: NDArray[np.int64], kept: NDArray[np.float64], negative: int, ns_exponent: float, workers: int
) -> HotRows | None:
    """Hot output rows under negative sampling.

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

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.array([9_000, 5_000] + 2_000 * [100])
    >>> hot_words(counts, 1e3 * counts, 5, 0.75, workers=2).n
    2
    """
    if workers == 1:
        return None
    n_windows = kept.sum()
    updates = kept / max(n_windows, 1.0) + negative * noise_weights(counts, ns_exponent)
    return _hot_rows(updates, n_windows, workers)


def hot_nodes(kept: NDArray[np.float64], tree: Huffman, workers: int) -> HotRows | None:
    """Hot inner nodes under hierarchical softmax: the last ones are those nearest to the root.

    Parameters
    ----------
    kept : ndarray of float64, shape (n_words,)
        Occurrences of each word in the whole training, after sub-sampling.
    tree : Huffman
    workers : int

    Examples
    --------
    >>> import numpy as np
    >>> from fastw2v.train.huffman import build_huffman
    >>> hot_nodes(np.array([9e6, 1e5, 10.0]), build_huffman(np.array([900, 10, 1])), workers=2).n
    2
    """
    if workers == 1:
        return None
    lengths = np.diff(tree.offsets)
    passed = np.zeros(len(kept) - 1)
    for level in range(int(lengths.max())):  # all paths at once would take ten times the memory of the tree
        words = np.flatnonzero(lengths > level)
        passed += np.bincount(tree.points[tree.offsets[words] + level], kept[words], len(kept) - 1)
    n_windows = kept.sum()
    hottest_first = _hot_rows(passed[::-1] / max(n_windows, 1.0), n_windows, workers)
    if hottest_first is None:
        return None
    return hottest_first._replace(share=hottest_first.share[::-1].copy(), due=hottest_first.n - 1 - hottest_first.due)


def _hot_rows(updates: NDArray[np.float64], n_windows: float, workers: int) -> HotRows | None:
    """Of rows with so many updates in each window, the leading stretch of hot ones."""
    every = min(max(STALE // workers, OFTEN), SELDOM)
    from_exchange_to_exchange = np.minimum(every, TICK * CYCLE * updates)
    hot = (workers - 1) * updates * from_exchange_to_exchange >= CONTENDED
    hot &= updates * n_windows >= workers * ENOUGH_UPDATES
    hot &= TICK * updates <= every * (1 + 1e-9)  # in tiny vocabularies, rows change too often to wait for a tick
    cold = np.flatnonzero(~hot[:MOST_ROWS])
    n = int(cold[0]) if len(cold) else min(len(hot), MOST_ROWS)
    if n == 0:
        return None
    in_tick = TICK * updates[:n]
    rows = np.arange(n, dtype=np.int32)
    periods = 2 ** np.floor(np.log2(np.clip(every / in_tick, 1, CYCLE))).astype(np.int64)
    first = (rows * 0.618 % 1 * periods).astype(np.int64)  # by the golden section: as evenly spread as can be
    tick = np.concatenate([np.arange(begin, CYCLE, period) for begin, period in zip(first, periods, strict=True)])
    start = np.concatenate([[0], np.cumsum(np.bincount(tick, minlength=CYCLE))]).astype(np.int64)
    due = np.repeat(rows, CYCLE // periods)[np.argsort(tick, kind="stable")]
    share = np.minimum(1.0, STALE / (workers * in_tick * periods)).astype(np.float32)
    return HotRows(n, share, start, due)
