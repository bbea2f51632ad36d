"""What an exchange sees of a model: its rows, how often each is updated, and the curvature that updates meet.

All of it follows from the counts of the words and from the rows as they stand, so that every rank knows it without
asking.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import compiled

_changes = compiled("fastw2v.train.ranks._changes")

# Windows that a curvature is taken from, for each of its axes: what rows meet is then up to 1.5 times as steep as
# measured, along the axis where that is worst.  (With 5 windows for each axis it is four times as steep, which is as
# much as an exchange stands: rules.)
SAMPLES_PER_AXIS = 32
STEEPEST = 0.25  # of the slopes of the sigmoid
SIDES = 2  # of an error, an input row and an output row: both move, as much where they are in balance


class Rows(NamedTuple):
    """One weight matrix."""

    weights: NDArray[np.float32]  # (n_rows, vector_size)
    rate: NDArray[np.float64]  # (n_rows,) updates of each in a window, on the average
    order: NDArray[np.int64]  # (n_rows,) hottest first
    borders: NDArray[np.float64]  # (n_rows,) where the updates of each end, all of them laid one after the other

    def drawn(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """Return rows drawn as often as they are updated: one from each of as many equal parts of all updates."""
        n = math.prod(shape)
        places = (np.arange(n) + rng.random(n)) / n * self.borders[-1]
        found = np.minimum(np.searchsorted(self.borders, places, "right"), len(self.borders) - 1)
        drawn: NDArray[np.int64] = rng.permutation(found).reshape(shape)
        return drawn


class Model(NamedTuple):
    """All weights that are trained, and how windows use them."""

    inputs: Rows
    words: Rows | None  # output rows of negative sampling
    nodes: Rows | None  # of hierarchical softmax
    negative: int
    n_context: float  # words in the context of a word, on the average
    skip_gram: bool
    cbow_mean: bool
    cbow_exact: bool
    kept_share: float  # of the raw words, after sub-sampling: windows for each raw word
    held: bool = False  # whether some rows are held back, by factors of their own

    @property
    def keeps_balance(self) -> bool:
        """Whether each step moves an input row by an output row as much as that one by it (``balance``)."""
        return not self.held and (self.skip_gram or self.cbow_exact)

    def matrices(self) -> list[Rows]:
        """Return all matrices, the inputs first."""
        return [self.inputs, *(rows for rows in (self.words, self.nodes) if rows is not None)]


class Curvature(NamedTuple):
    """What rows of one kind meet in an update, as the mean over windows: axes, and the eigenvalue along each."""

    axes: NDArray[np.float32]  # (vector_size, vector_size), one axis in each row
    along: NDArray[np.float64]  # (vector_size,), the steepest first


def rows_of(weights: NDArray[np.float32], rate: NDArray[np.float64]) -> Rows:
    """Return a matrix with the order of its rows.

    Examples
    --------
    >>> import numpy as np
    >>> rows_of(np.zeros((3, 2), np.float32), np.array([0.1, 0.5, 0.2])).order.tolist()
    [1, 2, 0]
    """
    return Rows(weights, rate, np.argsort(-rate, kind="stable"), np.cumsum(rate))


class Sample(NamedTuple):
    """What rows of one kind meet in some windows: the curvature is the sum of weight x x' over them."""

    met: NDArray[np.float32]  # (n, vector_size)
    weights: NDArray[np.float64]  # (n,)


def samples(model: Model, rng: np.random.Generator) -> list[Sample]:
    r"""Return what the rows of each matrix of :meth:`Model.matrices` meet in some windows (math.md section 8).

    An update of an output row meets :math:`\sum_i \sigma'(x_i \cdot o)\, x_i x_i^\top` of the input rows of the window,
    one of an input row the same of the output rows.  The words of a window are drawn independently here: most output
    rows are noise, and of those it is true.

    Output rows of frequent words meet up to twice the mean, and an error is closed from both sides.  Where the balance
    is given back, :math:`\sigma'` is therefore taken for the 1/4 that it never exceeds, and both sides count.  Where it
    is not, rows that are held back too much stay short, and :math:`\sigma'` is the mean, of one side: the rule stands
    four times as much.
    """
    n_context = max(round(model.n_context), 1)
    n = SAMPLES_PER_AXIS * model.inputs.weights.shape[1]
    x = model.inputs.weights[model.inputs.drawn(rng, (n, 1 if model.skip_gram else n_context))]  # (n, n_context, d)
    if model.skip_gram:
        x, n_inputs = x[:, 0], model.n_context
    else:
        x, n_inputs = (x.mean(axis=1) if model.cbow_mean else x.sum(axis=1)), 1.0
    found: list[Sample] = []
    seen: list[Sample] = []  # by input rows
    # the rows of a context move together, each by the step of their mean or sum, or a part
    share = 1.0
    if not model.skip_gram and model.cbow_exact:
        share = 1.0 / n_context if model.cbow_mean else float(n_context)
    for rows, n_outputs in ((model.words, 1.0 + model.negative), (model.nodes, 0.0)):
        if rows is None:
            continue
        n_outputs = n_outputs or float(rows.rate.sum())  # the mean length of a path
        o = rows.weights[rows.drawn(rng, (n,))]
        slope = (np.full(n, SIDES * STEEPEST) if model.keeps_balance else _slopes(x, o)) / n
        seen.append(Sample(o, slope * (n_outputs * share)))
        found.append(Sample(x, slope * n_inputs))
    return [Sample(*map(np.concatenate, zip(*seen, strict=True))), *found]


def _slopes(x: NDArray[np.float32], o: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the slope of the sigmoid at the product of each pair of rows."""
    e: NDArray[np.float64] = np.exp(-np.abs(np.einsum("ij,ij->i", x, o).astype(np.float64)))
    return e / (1 + e) ** 2


def curvature_of(sample: Sample, near: Curvature | None = None) -> Curvature:
    """Return the axes of a curvature, and how steep it is along each; sooner if others are known that are near."""
    mean = np.zeros((sample.met.shape[1],) * 2)
    _changes.add_squares(sample.met * np.sqrt(sample.weights).astype(np.float32)[:, None], mean)
    return axes_of(mean, near)


def axes_of(mean: NDArray[np.floating[Any]], near: Curvature | None = None) -> Curvature:
    """Return the axes of a symmetric matrix without negative eigenvalues; sooner if others are known that are near.

    >>> import numpy as np
    >>> found = axes_of(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> np.round(found.along, 3).tolist(), np.abs(np.round(found.axes.astype(float), 3)).tolist()
    ([3.0, 1.0], [[0.707, 0.707], [0.707, 0.707]])
    """
    axes, along = np.zeros(mean.shape, np.float32), np.zeros(len(mean))
    if np.isfinite(mean).all():  # else training has diverged, and will say so
        axes[:] = np.eye(len(mean)) if near is None else near.axes
        _changes.eigenvectors(np.ascontiguousarray(mean, np.float32), axes, along)
    order = np.argsort(-along, kind="stable")
    return Curvature(axes[order], along[order])
