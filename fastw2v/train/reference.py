"""The specification: word2vec in float64 NumPy, obvious and slow, to be read beside docs/math.md.

The compiled kernels are tested against this module, draw by draw and number by number. It has no
random numbers of its own below :func:`train`: windows and noise words are arguments.

    architecture    which rows of w_in are the input      skip_gram_window, cbow_window
    objective       what they should predict, and how     logistic_step, softmax_step

An objective takes input rows ``x`` and a learning rate, updates its own output matrix, and returns
the update of ``x`` and the loss; an architecture makes ``x`` and hands that update on to ``w_in``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastw2v.errors import ConfigError, VocabularyError
from fastw2v.train.huffman import Huffman, build_huffman
from fastw2v.train.noise import noise_weights

Array = NDArray[Any]
Objective = Callable[[Array, float], tuple[Array, float]]  # (x, alpha) -> (update of x, loss)

# ------------------------------------------------------------------ objectives (math.md 2, 5, 8, 11)


def sigmoid(scores: Array) -> Array:
    """Logistic function, without overflow for any score (math.md section 10)."""
    small = np.exp(-np.abs(scores))
    ratio: Array = np.where(scores < 0, small, 1.0) / (1.0 + small)
    return ratio


NO_LOCK = np.ones(1)


def log_sigmoid(scores: Array) -> Array:
    """Logarithm of :func:`sigmoid`, exact where the sigmoid itself underflows."""
    logs: Array = np.minimum(scores, 0.0) - np.log1p(np.exp(-np.abs(scores)))
    return logs


class Outputs(NamedTuple):
    """Output rows of one window: what every input row of it should say yes or no to."""

    rows: NDArray[np.int64]  # (n_out,), distinct rows of the output matrix
    labels: Array  # (n_out,), 1: yes, 0: no


def ns_outputs(centre: int, noise: Iterable[int]) -> list[Outputs]:
    """Return the passes of negative sampling over a window (math.md section 5).

    The first has the word itself and each noise word; the second the noise words that were drawn twice, and
    so on: the second step of a row has to see the first. A noise word that is the word itself is left out.
    """
    drawn = Counter(int(word) for word in noise if word != centre)
    passes = [Outputs(np.array([centre, *drawn]), np.array([1.0] + [0.0] * len(drawn)))]
    for times in range(2, max(drawn.values(), default=0) + 1):
        again = [word for word, n in drawn.items() if n >= times]
        passes.append(Outputs(np.array(again), np.zeros(len(again))))
    return passes


def hs_outputs(centre: int, tree: Huffman) -> Outputs:
    """Hierarchical softmax: the inner nodes on the way from the root to the word (math.md section 11)."""
    path = slice(tree.offsets[centre], tree.offsets[centre + 1])
    labels = 1.0 - tree.codes[path]
    return Outputs(tree.points[path].astype(np.int64), labels)


def logistic_step(
    x: Array, alpha: float, *, w_out: Array, outputs: Outputs, w_before: Array | None = None, lock: Array = NO_LOCK
) -> tuple[Array, float]:
    """One yes-or-no question for each pair of an input and an output row (math.md section 8).

    ``w_before`` holds the output rows by which ``x`` moves, if these are not those that it is asked about. Output row
    ``i`` makes ``lock[i % len(lock)]`` of its step.
    """
    rows, labels = outputs
    o = w_out[rows]  # (n_out, d), a copy: both updates use old values
    scores = x @ o.T  # (n_in, n_out)
    g = alpha * (labels - sigmoid(scores))
    w_out[rows] += lock[rows % len(lock), None] * (g.T @ x)
    loss = -np.sum(log_sigmoid(np.where(labels == 1, scores, -scores)))
    return g @ (o if w_before is None else w_before[rows]), float(loss)


def softmax_step(x: Array, alpha: float, *, w_out: Array, targets: ArrayLike) -> tuple[Array, float]:
    """Cross-entropy over the whole vocabulary, each input row predicting all targets (math.md section 2)."""
    t = np.bincount(np.asarray(targets, dtype=np.int64), minlength=len(w_out))  # (V,)
    scores = x @ w_out.T  # (n_in, V)
    highest = scores.max(axis=1, keepdims=True)
    log_y = scores - highest - np.log(np.sum(np.exp(scores - highest), axis=1, keepdims=True))
    error = t.sum() * np.exp(log_y) - t  # (n_in, V), the derivative of the loss by the scores
    step = -alpha * error @ w_out
    w_out -= alpha * error.T @ x
    return step, float(-np.sum(t * log_y))


def targets_at_once(x: Array, alpha: float, *, w_out: Array, targets: NDArray[np.int64]) -> int:
    """Return how many targets of one input row may share a step that cannot overshoot (math.md section 2)."""
    scores = w_out @ x
    y = np.exp(scores - scores.max())
    squares = np.sum(w_out**2, axis=1)  # (V,)
    curvature = x @ x / 2 + max(y @ squares / y.sum(), squares[targets].mean())
    most = 2 / (alpha * curvature) if alpha * curvature else np.inf
    return int(np.clip(most, 1, len(targets)))


# ------------------------------------------------------------------------ architectures (3 and 4)

JOINT_ROWS = 8  # of a joint context, at most so many rows move by the same old outputs


def skip_gram_window(
    w_in: Array, context: NDArray[np.int64], objective: Objective, alpha: float, lock: Array = NO_LOCK
) -> float:
    """Each context word is one input row, one after the other (math.md sections 3 and 8)."""
    total = 0.0
    for row in context:
        step, loss = objective(w_in[[row]], alpha)
        w_in[row] += lock[row % len(lock)] * step[0]
        total += loss
    return total


def joint_context_window(
    w_in: Array,
    context: NDArray[np.int64],
    objective: Callable[..., tuple[Array, float]],
    alpha: float,
    lock: Array = NO_LOCK,
    *,
    w_out: Array,
) -> float:
    """As :func:`skip_gram_window`, but words of one block move by the outputs as they were before it."""
    total = 0.0
    for block in joint_blocks(context):
        old = partial(objective, w_before=w_out.copy())
        total += skip_gram_window(w_in, block, old, alpha, lock)
    return total


def joint_blocks(context: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Cut a context in blocks of nearly equal size, in which no word stands twice."""
    first = 0
    while first < len(context):
        left = len(context) - first
        last = first + -(-left // -(-left // JOINT_ROWS))
        distinct = 1
        while first + distinct < last and context[first + distinct] not in context[first : first + distinct]:
            distinct += 1
        yield context[first : first + distinct]
        first += distinct


def cbow_window(
    w_in: Array,
    context: NDArray[np.int64],
    objective: Objective,
    alpha: float,
    lock: Array = NO_LOCK,
    *,
    mean: bool = True,
    exact: bool = False,
) -> float:
    """The mean or the sum of the context rows is the one input row (math.md section 4)."""
    count = len(context)
    hidden = w_in[context].sum(axis=0, keepdims=True) / (count if mean else 1)
    step, loss = objective(hidden, alpha)
    # word2vec.c and gensim divide in the wrong one of the two modes: exact=False
    scale = 1 / count if mean == exact else 1.0
    np.add.at(w_in, context, lock[context % len(lock), None] * scale * step)
    return loss


def softmax_skip_gram_window(
    w_in: Array, w_out: Array, centre: int, context: NDArray[np.int64], alpha: float, lock: Array = NO_LOCK
) -> float:
    """The centre word predicts its context: one pass over the vocabulary serves as many pairs as may share a step."""
    loss, rest = None, context
    while len(rest):
        n = targets_at_once(w_in[centre], alpha, w_out=w_out, targets=rest)
        if loss is None:  # of the whole window, before it moves anything
            loss = softmax_step(w_in[[centre]], 0.0, w_out=w_out, targets=rest)[1]
        objective = partial(softmax_step, w_out=w_out, targets=rest[:n])
        skip_gram_window(w_in, np.array([centre]), objective, alpha, lock)
        rest = rest[n:]
    return loss or 0.0


# ------------------------------------------------------------------------------ the walk (7 and 8)


class Position(NamedTuple):
    """One word of a chunk that survived sub-sampling, and the words around it."""

    place: int  # among the words that survived
    centre: int
    context: NDArray[np.int64]  # (n_context,), never empty


def walk_windows(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    keep: NDArray[np.bool_],
    reduced_windows: NDArray[np.int64],
    window: int | tuple[int, int],
    *,
    left_only: bool = False,
) -> Iterator[Position]:
    """Give the windows of a chunk of sentences (math.md sections 6 and 7).

    Parameters
    ----------
    ids, offsets
        Word ids; sentence ``s`` is ``ids[offsets[s]:offsets[s + 1]]``.
    keep : ndarray of bool, shape (n_ids,)
        False where sub-sampling drops the word; windows close over the gap.
    reduced_windows : ndarray of int, shape (n_kept,) or (n_kept, 2)
        What is taken off ``window``, on both sides or on each, for each word that is kept.
    window : int or (int, int)
        Largest distance of a context word, or of those before and of those after the word.
    left_only : bool
        Only the words before the centre: prediction of the next word.

    Yields
    ------
    Position
        Words without any context are passed over.
    """
    place = 0
    widest = np.broadcast_to(np.atleast_1d(window), 2)
    for first, last in pairwise(offsets):
        sentence = ids[first:last][keep[first:last]].astype(np.int64)
        for i, centre in enumerate(sentence):
            left, right = widest - reduced_windows[place]
            after = sentence[:0] if left_only else sentence[i + 1 : i + 1 + right]
            context = np.concatenate([sentence[max(0, i - left) : i], after])
            if len(context):
                yield Position(place, int(centre), context)
            place += 1


class Weights(NamedTuple):
    """The matrices of a model, float64, updated in place; ``None`` for objectives that are off."""

    w_in: Array  # (V, d)
    w_ns: Array | None = None  # (V, d)
    w_hs: Array | None = None  # (V - 1 or more, d), inner nodes of the tree
    w_softmax: Array | None = None  # (V, d)


def train_window(
    weights: Weights,
    position: Position,
    alpha: float,
    *,
    skip_gram: bool,
    noise: Iterable[int] = (),
    tree: Huffman | None = None,
    lock: Array = NO_LOCK,
    lock_ns: Array = NO_LOCK,
    lock_hs: Array = NO_LOCK,
    cbow_mean: bool = True,
    cbow_exact: bool = False,
    joint_context: bool = False,
) -> float:
    """Train every objective that is on, one after the other, on one window; give the sum of the losses."""
    centre, context = position.centre, position.context
    if skip_gram:
        step: Callable[..., float] = skip_gram_window
    else:
        step = partial(cbow_window, mean=cbow_mean, exact=cbow_exact)

    def train(w_out: Array, outputs: Outputs, lock_out: Array) -> float:
        objective = partial(logistic_step, w_out=w_out, outputs=outputs, lock=lock_out)
        if skip_gram and joint_context:
            return joint_context_window(weights.w_in, context, objective, alpha, lock, w_out=w_out)
        return step(weights.w_in, context, objective, alpha, lock)

    loss = 0.0
    if weights.w_hs is not None and tree is not None:
        loss += train(weights.w_hs, hs_outputs(centre, tree), lock_hs)
    if weights.w_ns is not None:
        loss += sum(train(weights.w_ns, outputs, lock_ns) for outputs in ns_outputs(centre, noise))
    if weights.w_softmax is not None:
        if skip_gram:
            loss += softmax_skip_gram_window(weights.w_in, weights.w_softmax, centre, context, alpha, lock)
        else:
            objective = partial(softmax_step, w_out=weights.w_softmax, targets=[centre])
            loss += step(weights.w_in, context, objective, alpha, lock)
    return loss


def numeric_gradient(function: Callable[[], float], array: Array, step: float = 1e-5) -> Array:
    """Central differences of ``function()`` by each entry of ``array``, which it reads; O(step**2)."""
    gradient = np.empty(array.shape)
    for place in np.ndindex(array.shape):
        value = array[place]
        array[place] = value + step
        above = function()
        array[place] = value - step
        below = function()
        array[place] = value
        gradient[place] = (above - below) / (2 * step)
    return gradient


# ------------------------------------------------------------------------------- a tiny engine


class ReferenceModel(NamedTuple):
    """What :func:`train` gives: words, their vectors, and the other half of the network."""

    words: list[Hashable]  # most frequent first
    weights: Weights
    tree: Huffman | None
    losses: list[float]  # mean loss of a trained pair, by epoch
    cbow_mean: bool

    def predict(self, context: Sequence[Hashable], topn: int = 10) -> list[tuple[Hashable, float]]:
        """Give the ``topn`` most probable words beside (or between) the context words."""
        rows = self.weights.w_in[[self.words.index(word) for word in context]]
        hidden = rows.mean(axis=0) if self.cbow_mean else rows.sum(axis=0)
        if self.weights.w_hs is not None and self.tree is not None:
            answers = self.weights.w_hs @ hidden
            paths = [hs_outputs(word, self.tree) for word in range(len(self.words))]
            scores = np.array([np.sum(log_sigmoid((2 * p.labels - 1) * answers[p.rows])) for p in paths])
        else:
            w_out = self.weights.w_ns if self.weights.w_softmax is None else self.weights.w_softmax
            assert w_out is not None
            scores = w_out @ hidden
        odds = np.exp(scores - scores.max())
        best = np.argsort(-odds, kind="stable")[:topn]
        return [(self.words[word], float(odds[word] / odds.sum())) for word in best]


def train(
    sentences: Iterable[Sequence[Hashable]],
    *,
    objective: str = "softmax",
    skip_gram: bool = True,
    vector_size: int = 10,
    window: int | tuple[int, int] = 2,
    left_only: bool = False,
    shrink_windows: bool = False,
    negative: int = 5,
    ns_exponent: float = 0.75,
    cbow_mean: bool = True,
    cbow_exact: bool = True,
    epochs: int = 100,
    alpha: float | Callable[[float], float] = 0.05,
    min_alpha: float = 0.0001,
    seed: int = 1,
) -> ReferenceModel:
    """Train on a corpus that fits on a page, by the formulas of docs/math.md and nothing else.

    Parameters
    ----------
    sentences : iterable of sequences of hashable
        Words, item ids, ...: every word counts.
    objective : {"softmax", "ns", "hs"}
    skip_gram : bool
        Otherwise CBOW.
    vector_size, epochs, seed : int
    window : int or (int, int)
        Words that count on either side of a word, or before it and after it.
    left_only : bool
        Only words before the centre: CBOW then predicts the next word.
    shrink_windows : bool
        Draw the window of each word uniformly from 1 to ``window``, both sides by one draw.
    negative, ns_exponent
        Noise words of ``"ns"``.
    cbow_mean, cbow_exact : bool
        Mean or sum of the context; its true gradient or word2vec.c's.
    alpha : float or callable
        First learning rate, falling linearly to ``min_alpha``; or a function of the share of the
        training that is done, from 0 up to 1.
    min_alpha : float

    Returns
    -------
    ReferenceModel

    Raises
    ------
    ConfigError
        If the objective has another name.
    VocabularyError
        If there are not two different words.

    Examples
    --------
    >>> model = train([["thou", "shalt", "not"]] * 3, skip_gram=False, left_only=True)
    >>> model.predict(["thou", "shalt"], topn=1)[0][0]
    'not'
    """
    if objective not in ("softmax", "ns", "hs"):
        raise ConfigError(f"objective={objective!r}: choose 'softmax', 'ns' or 'hs'")
    corpus = [list(sentence) for sentence in sentences]
    counted = Counter(word for sentence in corpus for word in sentence).most_common()
    if len(counted) < 2:
        raise VocabularyError(f"{len(counted)} different words: there is nothing to predict")
    words, counts = [word for word, _ in counted], np.array([count for _, count in counted])
    index = {word: i for i, word in enumerate(words)}
    ids = np.array([index[word] for sentence in corpus for word in sentence], dtype=np.int32)
    offsets = np.cumsum([0, *map(len, corpus)], dtype=np.int64)

    rng = np.random.default_rng(seed)
    zeros = np.zeros((len(words), vector_size))
    weights = Weights(rng.uniform(-1, 1, zeros.shape) / vector_size)._replace(**{f"w_{objective}": zeros})
    tree = build_huffman(counts) if objective == "hs" else None
    noise_share = noise_weights(counts, ns_exponent)
    losses = []
    for epoch in range(epochs):
        reduced = np.zeros(len(ids), dtype=np.int64)
        if shrink_windows:
            reduced = (rng.random((len(ids), 1)) * np.broadcast_to(np.atleast_1d(window), 2)).astype(np.int64)
        keep, loss, n_pairs = np.ones(len(ids), dtype=bool), 0.0, 0
        for position in walk_windows(ids, offsets, keep, reduced, window, left_only=left_only):
            done = (epoch + position.place / len(ids)) / epochs
            rate = alpha(done) if callable(alpha) else alpha + (min_alpha - alpha) * done
            loss += train_window(
                weights,
                position,
                rate,
                skip_gram=skip_gram,
                noise=rng.choice(len(words), negative, p=noise_share) if objective == "ns" else (),
                tree=tree,
                cbow_mean=cbow_mean,
                cbow_exact=cbow_exact,
            )
            n_pairs += len(position.context) if skip_gram else 1
        losses.append(loss / max(n_pairs, 1))
    return ReferenceModel(words, weights, tree, losses, cbow_mean or skip_gram)
