"""Exact softmax, the third objective: cross-entropy over the whole vocabulary (math.md section 2).

Every word of the vocabulary is an output of every window, so the work grows with its size: this is
for vocabularies of up to some ten thousand words, where it needs neither noise nor a tree. Windows
are trained in batches by matrix products whose result is that of one window after the other;
the compiled module ``_softmax`` does the work, its threads share the vocabulary.

Skip-gram predicts the context from the centre word here, as the softmax model was first written
down: one pass over the vocabulary then serves all pairs of a window.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import compiled
from fastw2v.errors import ConfigError, TrainingError, VocabularyError
from fastw2v.text.chunks import Chunk

compiled_softmax = compiled("fastw2v.kernels._softmax")

LARGEST_BATCH = 16  # windows: the corrections within a batch grow with its square
NEAR_SCORES = 2**17  # numbers in the scores of one thread's batch, which then stay in its cache
MAX_SCORES = 2**24  # numbers in the scores of a batch of a size that the caller chose
ROWS_PER_THREAD = 256  # at least: fewer are done before threads have found each other


@dataclass(frozen=True)
class SoftmaxPlan:
    """What one training run does, as arrays and numbers; the counterpart of the kernels' ``Plan``.

    Parameters
    ----------
    w_in, w_out : float32 or float64 arrays, shape (n_words, vector_size)
        Weights, updated in place; rows padded to cache lines (:func:`~fastw2v.train.weights.padded_rows`).
    window : int or (int, int)
        Largest distance of a context word, or of those before and of those after the word.
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
        Train this many windows at a time, all from the same old values, their updates summed (not
        averaged, so that the learning rate means the same for every size): a step of many windows may
        overshoot. By default windows are trained one after the other, whatever batches they are in.
    n_threads : int
        Threads that share the vocabulary; small vocabularies take fewer. The result is the same but
        for the rounding of sums.

    Raises
    ------
    ConfigError, VocabularyError
        If shapes disagree, a number is out of range, or there are not two words.
    """

    w_in: NDArray[Any]
    w_out: NDArray[Any]
    window: int | tuple[int, int] = 5
    skip_gram: bool = True
    keep: NDArray[np.uint32] | None = None
    lock: NDArray[Any] | None = None
    cbow_mean: bool = True
    cbow_exact: bool = True
    shrink: bool = True
    batch_size: int | None = None
    n_threads: int = 1

    def __post_init__(self) -> None:
        if self.w_in.ndim != 2 or self.w_in.shape != self.w_out.shape:
            raise ConfigError(
                f"w_in of shape {self.w_in.shape} and w_out of shape {self.w_out.shape}: "
                "give two matrices of shape (n_words, vector_size)"
            )
        if len(self.w_in) < 2:
            raise VocabularyError(f"{len(self.w_in)} words: softmax needs at least two to choose from")
        no_window = min(self.sides) < 0 or max(self.sides) < 1
        if no_window or self.n_threads < 1 or (self.batch_size is not None and self.batch_size < 1):
            raise ConfigError(
                f"window={self.window}, batch_size={self.batch_size}, n_threads={self.n_threads}: all must be positive"
            )
        for name, factors in (("keep", self.keep), ("lock", self.lock)):
            if factors is not None and not len(factors):
                raise ConfigError(f"{name} has no values")

    @property
    def sides(self) -> tuple[int, int]:
        """The window before a word, and that after it."""
        return self.window if isinstance(self.window, tuple) else (self.window, self.window)

    @property
    def threads(self) -> int:
        """Threads that are worth their while."""
        return max(1, min(self.n_threads, len(self.w_in) // ROWS_PER_THREAD))

    @property
    def capacity(self) -> int:
        """Windows in a batch: as many as memory allows, since the size changes no result."""
        if self.batch_size is not None:
            return max(1, min(self.batch_size, MAX_SCORES // len(self.w_in)))
        return max(LARGEST_BATCH // 2, min(LARGEST_BATCH, NEAR_SCORES * self.threads // len(self.w_in)))


class Scratch:
    """Working memory of the threads that train one chunk together."""

    def __init__(self, plan: SoftmaxPlan) -> None:
        lock = None if plan.lock is None else np.ascontiguousarray(plan.lock, dtype=np.float32)
        self.plan = plan
        self.batch = compiled_softmax.Batch(
            plan.w_in,
            plan.w_out,
            lock,
            skip_gram=plan.skip_gram,
            cbow_mean=plan.cbow_mean,
            cbow_exact=plan.cbow_exact,
            in_order=plan.batch_size is None,
            capacity=plan.capacity,
            n_threads=plan.threads,
        )

    def stop(self) -> None:
        """End the training of a chunk before its end."""
        self.batch.stop()


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
    ids, low, high = _windows(plan, ids, offsets, np.random.default_rng([seed % 2**64, epoch, chunk]))
    with _team(scratch.batch):
        loss = scratch.batch.train(ids, low, high, alpha, alpha_end)
    if scratch.batch.stopped:
        raise InterruptedError("training was stopped within a chunk")
    n_context = high - low - 1
    n_pairs = int(n_context.sum() if plan.skip_gram else np.count_nonzero(n_context))
    return Totals(len(ids), n_pairs, loss, n_pairs)


def _windows(
    plan: SoftmaxPlan, ids: NDArray[np.int32], offsets: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Word ids that sub-sampling keeps, and where the window of each begins and ends among them."""
    sentence = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    if plan.keep is not None:
        kept = rng.integers(0, 2**32, len(ids), dtype=np.uint32) <= plan.keep[ids]
        ids, sentence = ids[kept], sentence[kept]
    left, right = np.full(len(ids), plan.sides[0], dtype=np.int64), np.full(len(ids), plan.sides[1], dtype=np.int64)
    if plan.shrink:
        draws = rng.random(len(ids))  # one for both sides
        left, right = (side - (draws * side).astype(np.int64) for side in (left, right))
    border = np.concatenate([[0], np.cumsum(np.bincount(sentence, minlength=len(offsets) - 1))])
    at = np.arange(len(ids))
    low, high = np.maximum(border[sentence], at - left), np.minimum(border[sentence + 1], at + right + 1)
    return np.ascontiguousarray(ids, dtype=np.int32), low, high


@contextmanager
def _team(batch: Any) -> Iterator[None]:
    """Have the other threads of a team help as long as the block runs."""
    batch.assemble()
    helpers = [threading.Thread(target=batch.help, args=(rank,), daemon=True) for rank in range(1, batch.n_threads)]
    started = []
    try:
        for helper in helpers:
            helper.start()
            started.append(helper)
        yield
    finally:
        batch.dismiss()
        for helper in started:
            helper.join()


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
    >>> from fastw2v.train.weights import padded_rows
    >>> w_in, w_out = padded_rows(3, 2), padded_rows(3, 2)
    >>> w_in[:] = np.random.default_rng(1).random((3, 2)) - 0.5
    >>> plan = SoftmaxPlan(w_in, w_out)
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
