"""Hot rows: rows that are updated so often that each thread gets copies of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.train.huffman import Huffman
from fastw2v.train.noise import noise_weights

TICK, CYCLE = 4, 512  # of kernels/_plan.pxi: positions from tick to tick, and ticks after which all begins anew
EVERY = 32  # updates of a thread's copy of a hot row between two exchanges, at most
# Sum of the steps of all updates of a row, by all threads, between two exchanges, at most: 128 updates of six pairs at
# a learning rate of 0.025. What an exchange takes off is known to first order (docs/math.md section 8); with twice as
# many, hierarchical softmax on 64 threads is at the edge of divergence in its first epoch.
STALE = 3.2
PAIRS = 6  # of an update: context words of a window, and a word with its noise words
ROUNDS = 256  # of exchanges in a training, at least: in a short one, what threads do not hear of would be much of it
MOST_ROWS = 512
# Updates of a row in each window, by all other threads together, from which on waiting for the row costs more than
# exchanging a copy of it, if that comes with each update.
CONTENDED = 0.15


class HotRows(NamedTuple):
    """Rows of one weight matrix of which each thread has copies, and when it exchanges them."""

    n: int  # the first rows (words), or the last (inner nodes)
    threads: int
    rate: NDArray[np.float32]  # (n,) updates of each by one thread, per position
    start: NDArray[np.int64]  # (CYCLE + 1,)
    due: NDArray[np.int32]  # of the n rows, those due at tick t are due[start[t] : start[t + 1]]


def hot_inputs(kept: NDArray[np.float64], n_context: float, workers: int, step: float) -> HotRows | None:
    """Hot input rows.

    Parameters
    ----------
    kept : ndarray of float64, shape (n_words,)
        Occurrences of each word in the whole training, after sub-sampling.
    n_context : float
        Context words of a window, on the average.
    workers : int
    step : float
        Length of an update: see :func:`step_of`.

    Examples
    --------
    >>> import numpy as np
    >>> kept = np.array([3e6, 2e6, 10.0, 10.0, 10.0])
    >>> hot = hot_inputs(kept, 6.0, workers=2, step=0.025)
    >>> hot.n, [round(rate, 2) for rate in hot.rate.tolist()]
    (2, [3.6, 2.4])
    >>> hot_inputs(kept, 6.0, workers=1, step=0.025) is None
    True
    """
    if workers == 1:
        return None
    return _hot_rows(input_updates(kept, n_context), kept.sum(), workers, step)


def hot_words(
    counts: NDArray[np.int64],
    kept: NDArray[np.float64],
    negative: int,
    ns_exponent: float,
    workers: int,
    step: float,
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
    step : float
        Length of an update: see :func:`step_of`.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.array([9_000, 5_000] + 2_000 * [100])
    >>> hot_words(counts, 1e3 * counts, 5, 0.75, workers=2, step=0.025).n
    2
    """
    if workers == 1:
        return None
    return _hot_rows(word_updates(counts, kept, negative, ns_exponent), kept.sum(), workers, step)


def hot_nodes(kept: NDArray[np.float64], tree: Huffman, workers: int, step: float) -> HotRows | None:
    """Hot inner nodes under hierarchical softmax: the last ones are those nearest to the root.

    Parameters
    ----------
    kept : ndarray of float64, shape (n_words,)
        Occurrences of each word in the whole training, after sub-sampling.
    tree : Huffman
    workers : int
    step : float
        Length of an update: see :func:`step_of`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastw2v.train.huffman import build_huffman
    >>> counts = np.array([900, 10, 1, 1, 1, 1])
    >>> hot_nodes(1e4 * counts, build_huffman(counts), workers=2, step=0.025).n
    2
    """
    if workers == 1:
        return None
    hottest_first = _hot_rows(node_updates(kept, tree)[::-1], kept.sum(), workers, step)
    if hottest_first is None:
        return None
    return hottest_first._replace(rate=hottest_first.rate[::-1].copy(), due=hottest_first.n - 1 - hottest_first.due)


def input_updates(kept: NDArray[np.float64], n_context: float) -> NDArray[np.float64]:
    """Return the updates of each input row in a window, on the average; parameters as of :func:`hot_inputs`."""
    return kept * (n_context / max(float(kept.sum()), 1.0))


def word_updates(
    counts: NDArray[np.int64], kept: NDArray[np.float64], negative: int, ns_exponent: float
) -> NDArray[np.float64]:
    """Return the updates of each output row of negative sampling in a window; parameters as of :func:`hot_words`."""
    return kept / max(float(kept.sum()), 1.0) + negative * noise_weights(counts, ns_exponent)


def node_updates(kept: NDArray[np.float64], tree: Huffman) -> NDArray[np.float64]:
    """Return the updates of each inner node in a window; parameters as of :func:`hot_nodes`."""
    lengths = np.diff(tree.offsets)
    passed = np.zeros(len(kept) - 1)
    for level in range(int(lengths.max())):  # all paths at once would take ten times the memory of the tree
        words = np.flatnonzero(lengths > level)
        passed += np.bincount(tree.points[tree.offsets[words] + level], kept[words], len(kept) - 1)
    return passed / max(float(kept.sum()), 1.0)


def step_of(alpha: float, n_pairs: float) -> float:
    """Return how long an update is: the learning rate, times the pairs that make it up over the usual six.

    The curvature that a row sees is a sum over the pairs of an update. Fewer than six count as six.

    >>> [round(step_of(0.025, n_outputs), 4) for n_outputs in (6, 21, 1)]
    [0.025, 0.0875, 0.025]
    """
    return alpha * max(n_pairs / PAIRS, 1.0)


def updates_between_exchanges(workers: int, step: float) -> int:
    """Return how many updates a thread makes of its copy of a row before it exchanges it, at most.

    A thread that exchanges a row in each tick has updated it up to four times. Where that is too often already, as with
    more than 32 threads at the usual rate, there is nothing to gain from copies: 0.

    >>> [updates_between_exchanges(workers, 0.025) for workers in (2, 16, 32, 33)]
    [32, 8, 4, 0]
    >>> [updates_between_exchanges(workers, 0.05) for workers in (2, 16, 32, 33)]
    [32, 4, 0, 0]
    """
    updates = int(min(EVERY, STALE / max(workers * step, 1e-9)) + 1e-9)
    return updates if updates >= TICK else 0


def _hot_rows(updates: NDArray[np.float64], n_windows: float, workers: int, step: float) -> HotRows | None:
    """Of rows with so many updates in each window, the leading stretch of hot ones."""
    at_most = updates_between_exchanges(workers, step)
    if at_most == 0:
        return None
    every = np.minimum(at_most, updates * n_windows / (workers * ROUNDS))
    positions = np.clip(every / np.maximum(updates, 1e-9), TICK, TICK * CYCLE)
    hot = (workers - 1) * updates * np.minimum(updates * positions, at_most) >= CONTENDED
    cold = np.flatnonzero(~hot[:MOST_ROWS])
    n = int(cold[0]) if len(cold) else min(len(hot), MOST_ROWS)
    # in a small vocabulary most rows are hot: with copies of them all, each thread would train a model of its own
    if not 0 < n <= len(hot) // 2:
        return None
    rows = np.arange(n, dtype=np.int32)
    periods = 2 ** np.floor(np.log2(positions[:n] / TICK)).astype(np.int64)  # in ticks
    first = (rows * 0.618 % 1 * periods).astype(np.int64)  # by the golden section: as evenly spread as can be
    tick = np.concatenate([np.arange(begin, CYCLE, period) for begin, period in zip(first, periods, strict=True)])
    start = np.concatenate([[0], np.cumsum(np.bincount(tick, minlength=CYCLE))]).astype(np.int64)
    due = np.repeat(rows, CYCLE // periods)[np.argsort(tick, kind="stable")]
    return HotRows(n, workers, updates[:n].astype(np.float32), start, due)
