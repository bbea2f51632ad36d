"""Exact softmax, the third objective: cross-entropy over the whole vocabulary (math.md section 2).

Every word of the vocabulary is an output of every window, so the work grows with its size: this is
for vocabularies of up to some ten thousand words, where it needs neither noise nor a tree. Windows
are trained in mini-batches by matrix products; memory is bounded by ``batch x vocabulary``.

Skip-gram predicts the context from the centre word here, as the softmax model was first written
down: one pass over the vocabulary then serves all pairs of a window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError, TrainingError, VocabularyError
from fastw2v.text.chunks import Chunk

LARGEST_BATCH = 64  # windows; more brings the matrix products nothing
MAX_SCORES = 2**24  # numbers in the (batch, vocabulary) matrices


@dataclass(frozen=True)
class SoftmaxPlan:
    """What one training run does, as arrays and numbers; the counterpart of the kernels' ``Plan``.

    Parameters
    ----------
    w_in, w_out : float32 or float64 arrays, shape (n_words, vector_size)
        Weights, updated in place.
    window : int
        Largest distance of a context word.
    skip_gram : bool
        Otherwise CBOW.
    keep : uint32 array, shape (n_words,), optional
        Sub-sampling thresholds of :func:`~fastw2v.train.noise.keep_thresholds`.
    lock : float array, optional
        Factors of the input updates; word ``i`` uses ``lock[i % len(lock)]``.
    cbow_mean, cbow_exact : bool
        Mean or sum of the context; its true gradient or word2vec.c's (math.md section 4).
    shrink : bool
        Draw the window of each word uniformly from 1 to ``window``.
    batch_size : int, optional
        Windows in a mini-batch. The updates of a batch are summed, not averaged, so that the learning
        rate means the same for every size; the default is :meth:`batch_at`.

    Raises
    ------
    ConfigError, VocabularyError
        If shapes disagree, a number is out of range, or there are not two words.
    """

    w_in: NDArray[Any]
    w_out: NDArray[Any]
    window: int = 5
    skip_gram: bool = True
    keep: NDArray[np.uint32] | None = None
    lock: NDArray[Any] | None = None
    cbow_mean: bool = True
    cbow_exact: bool = True
    shrink: bool = True
    batch_size: int | None = None

    def __post_init__(self) -> None:
        if self.w_in.ndim != 2 or self.w_in.shape != self.w_out.shape:
            raise ConfigError(
                f"w_in of shape {self.w_in.shape} and w_out of shape {self.w_out.shape}: "
                "give two matrices of shape (n_words, vector_size)"
            )
        if len(self.w_in) < 2:
            raise VocabularyError(f"{len(self.w_in)} words: softmax needs at least two to choose from")
        if self.window < 1 or (self.batch_size is not None and self.batch_size < 1):
            raise ConfigError(f"window={self.window}, batch_size={self.batch_size}: both must be positive")
        for name, factors in (("keep", self.keep), ("lock", self.lock)):
            if factors is not None and not len(factors):
                raise ConfigError(f"{name} has no values")

    def batch_at(self, alpha: float) -> int:
        """Windows that are trained together at a learning rate.

        All updates of a batch start from the same old weights. Where many of them pull one row the
        same way their sum overshoots, so the default keeps ``alpha`` times the pairs of a batch
        below 1 (measured: about 5 diverges, 1 costs little against one window at a time).
        """
        pairs = 1.0 if not self.skip_gram else self.window + 1.0 if self.shrink else 2.0 * self.window
        wanted = self.batch_size or min(LARGEST_BATCH, int(1 / max(alpha * pairs, 1e-9)))
        return max(1, min(wanted, MAX_SCORES // len(self.w_in)))


class Scratch:
    """Working memory of one thread, as the training loop makes it for the kernels: none is needed here."""

    def __init__(self, plan: SoftmaxPlan) -> None:
        self.plan = plan
        self.stopped = False

    def stop(self) -> None:
        """End the training of a chunk before its end."""
        self.stopped = True


class Totals(NamedTuple):
    """What training one chunk amounted to, as the kernels report it."""

    n_kept: int  # words left after sub-sampling
    n_pairs: int
    loss: float  # summed over n_loss_pairs
    n_loss_pairs: int


def train_chunk(
    plan: SoftmaxPlan,
    scratch: Scratch,
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    *,
    seed: int,
    epoch: int,
    chunk: int,
    alpha: float,
    alpha_end: float,
    loss_every: int = 1,
) -> Totals:
    """Train on one chunk; the counterpart of the kernels' ``train_chunk``.

    Parameters
    ----------
    plan : SoftmaxPlan
    scratch : Scratch
    ids, offsets
        Word ids; sentence ``s`` is ``ids[offsets[s]:offsets[s + 1]]``.
    seed, epoch, chunk : int
        Key of the random stream.
    alpha, alpha_end : float
        Learning rate at the first word and after the last; linear in between.
    loss_every : int
        Not used: the loss costs nothing here.

    Returns
    -------
    Totals
        The loss is not finite if the learning rate was too high.

    Raises
    ------
    ConfigError
        If an id is not in the vocabulary.
    InterruptedError
        If ``scratch.stop()`` was called before the end of the chunk.
    """
    if len(ids) and (ids.min() < 0 or ids.max() >= len(plan.w_in)):
        raise ConfigError(f"ids must lie in [0, {len(plan.w_in)}), these in [{ids.min()}, {ids.max()}]")
    rng = np.random.default_rng([seed % 2**64, epoch, chunk])
    sentence = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    if plan.keep is not None:
        kept = rng.integers(0, 2**32, len(ids), dtype=np.uint32) <= plan.keep[ids]
        ids, sentence = ids[kept], sentence[kept]
    spans = np.full(len(ids), plan.window)
    if plan.shrink:
        spans -= rng.integers(0, plan.window, len(ids))

    n_pairs, loss = 0, 0.0
    first = 0
    while first < len(ids):
        if scratch.stopped:
            raise InterruptedError("training was stopped within a chunk")
        rate = alpha + (alpha_end - alpha) * first / len(ids)
        last = min(first + plan.batch_at(rate), len(ids))
        windows = _windows(plan.window, ids, sentence, spans, np.arange(first, last))
        with np.errstate(over="ignore", invalid="ignore"):  # it shows in the loss
            batch_pairs, batch_loss = _train_batch(plan, *windows, rate)
        n_pairs, loss, first = n_pairs + batch_pairs, loss + batch_loss, last
    return Totals(len(ids), n_pairs, loss, n_pairs)


def _windows(
    window: int,
    ids: NDArray[np.int32],
    sentence: NDArray[np.int64],
    spans: NDArray[np.int64],
    at: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """Centre words (n,), context words (n, 2 * window) and which of these are real; none empty."""
    distances = np.concatenate([np.arange(-window, 0), np.arange(1, window + 1)])
    places = at[:, None] + distances
    inside = (places >= 0) & (places < len(ids))
    places = np.where(inside, places, 0)
    real = inside & (np.abs(distances) <= spans[at, None]) & (sentence[places] == sentence[at, None])
    some = real.any(axis=1)
    return ids[at[some]], ids[places[some]], real[some]


def _train_batch(
    plan: SoftmaxPlan,
    centres: NDArray[np.int32],
    context: NDArray[np.int32],
    real: NDArray[np.bool_],
    alpha: float,
) -> tuple[int, float]:
    """One gradient step on the sum of the losses of some windows, all from the same old weights."""
    rows, columns = np.nonzero(real)  # of the (window, context word) pairs
    others, sizes = context[rows, columns], real.sum(axis=1)
    if plan.skip_gram:
        hidden = plan.w_in[centres]
        step, loss = _cross_entropy(plan.w_out, hidden, rows, others, sizes, alpha)
        _add_rows(plan, centres, step)
        return len(rows), loss
    hidden = np.zeros((len(centres), plan.w_in.shape[1]), dtype=plan.w_in.dtype)
    np.add.at(hidden, rows, plan.w_in[others])
    if plan.cbow_mean:
        hidden /= sizes[:, None]
    ones = np.ones(len(centres), dtype=np.int64)
    step, loss = _cross_entropy(plan.w_out, hidden, np.arange(len(centres)), centres, ones, alpha)
    if plan.cbow_mean == plan.cbow_exact:
        step /= sizes[:, None]
    _add_rows(plan, others, step[rows])
    return len(centres), loss


def _cross_entropy(
    w_out: NDArray[Any],
    hidden: NDArray[Any],
    rows: NDArray[np.int64],
    targets: NDArray[np.int32],
    sizes: NDArray[np.int64],
    alpha: float,
) -> tuple[NDArray[Any], float]:
    """Update ``w_out``, give the update of ``hidden`` and the loss.

    Row ``rows[k]`` of ``hidden`` predicts ``targets[k]``; it has ``sizes[row]`` targets in all.
    """
    scores = hidden @ w_out.T  # (n, V)
    highest = scores.max(axis=1, keepdims=True)
    at_targets = (scores[rows, targets] - highest[rows, 0]).sum(dtype=np.float64)
    scores -= highest
    np.exp(scores, out=scores)
    totals = scores.sum(axis=1, keepdims=True)
    loss = float(sizes @ np.log(totals[:, 0], dtype=np.float64) - at_targets)
    scores *= sizes[:, None] / totals  # the error: sizes * y - t
    np.subtract.at(scores, (rows, targets), 1)
    step: NDArray[Any] = -alpha * (scores @ w_out)
    w_out -= alpha * (scores.T @ hidden)
    return step, loss


def _add_rows(plan: SoftmaxPlan, words: NDArray[np.int32], step: NDArray[Any]) -> None:
    if plan.lock is not None:
        step = step * plan.lock[words % len(plan.lock), None].astype(step.dtype)
    np.add.at(plan.w_in, words, step)


def train_softmax(
    epoch_chunks: Callable[[], Iterable[Chunk]],
    plan: SoftmaxPlan,
    *,
    epochs: int = 5,
    alpha: float = 0.025,
    min_alpha: float = 0.0001,
    seed: int = 1,
) -> list[float]:
    """Train for some epochs, the learning rate falling linearly with the words that are done.

    Parameters
    ----------
    epoch_chunks : callable
        Gives the encoded chunks of one epoch; the first epoch is read once more, to count its words.
    plan : SoftmaxPlan
    epochs, seed : int
    alpha, min_alpha : float
        First and last learning rate.

    Returns
    -------
    list of float
        Mean loss of a trained pair, for each epoch.

    Raises
    ------
    TrainingError
        If the loss is no longer finite: the learning rate was too high.

    Examples
    --------
    >>> import numpy as np
    >>> chunk = Chunk(np.array([0, 1, 0, 2], np.int32), np.array([0, 2, 4]), 4, 2)
    >>> w_in = np.random.default_rng(1).random((3, 2), np.float32) - 0.5
    >>> plan = SoftmaxPlan(w_in, np.zeros_like(w_in))
    >>> losses = train_softmax(lambda: [chunk], plan, epochs=200, alpha=0.1)
    >>> losses[0] > 1.0 > losses[-1]
    True
    """
    total = max(1, sum(len(chunk.ids) for chunk in epoch_chunks()))
    losses, done = [], 0
    for epoch in range(epochs):
        loss, n_pairs = 0.0, 0
        for number, chunk in enumerate(epoch_chunks()):
            after = done + len(chunk.ids)
            progress = [min(1.0, n / (epochs * total)) for n in (done, after)]
            totals = train_chunk(
                plan,
                Scratch(plan),
                chunk.ids,
                chunk.offsets,
                seed=seed,
                epoch=epoch,
                chunk=number,
                alpha=alpha + (min_alpha - alpha) * progress[0],
                alpha_end=alpha + (min_alpha - alpha) * progress[1],
            )
            done, loss, n_pairs = after, loss + totals.loss, n_pairs + totals.n_pairs
        losses.append(loss / max(n_pairs, 1))
        if not np.isfinite(losses[-1]):
            raise TrainingError(f"the loss of epoch {epoch + 1} is {losses[-1]}: lower alpha, now {alpha}")
    return losses
