"""What an exchange sees of a model: its rows, how often each is updated, and the curvature that updates meet.

All of it follows from the counts of the words and from the rows as they stand, so that every rank knows it without
asking.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import compiled

_changes = compiled("fastw2v.train.ranks._changes")

STRETCH = 16  # of rows that have the same owner
SAMPLE = 512  # windows from which the curvature is taken


class Rows(NamedTuple):
    """One weight matrix."""

    weights: NDArray[np.float32]  # (n_rows, vector_size)
    rate: NDArray[np.float64]  # (n_rows,) updates of each in a window, on the average
    order: NDArray[np.int64]  # (n_rows,) hottest first

    def due(self, n_rows: int, owner: int, size: int) -> NDArray[np.int64]:
        """Return which of the ``n_rows`` hottest rows a rank owns, of ``size`` ranks.

        They lie in stretches, which memory gives out faster than every other row, and which are short, so that all
        ranks own as many hot rows as cold ones.

        >>> matrix = rows_of(np.zeros((100, 2), np.float32), -np.arange(100.0))
        >>> [len(matrix.due(50, owner, size=2)) for owner in range(2)]
        [32, 18]
        """
        places = np.arange(n_rows)
        return self.order[:n_rows][places // STRETCH % size == owner]


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
    return Rows(weights, rate, np.argsort(-rate, kind="stable"))


def curvatures(model: Model, rng: np.random.Generator) -> list[Curvature]:
    r"""Return the curvature of each matrix of :meth:`Model.matrices`, from a sample of windows (math.md section 8).

    An update of an output row meets :math:`\sum_i \sigma'(x_i \cdot o)\, x_i x_i^\top` of the input rows of the window,
    one of an input row the same of the output rows.  The words of a window are drawn independently here: most output
    rows are noise, and of those it is true.
    """
    inputs = model.inputs.weights
    n_context = max(round(model.n_context), 1)
    context = _drawn(rng, model.inputs.rate, (SAMPLE, 1 if model.skip_gram else n_context))
    x = inputs[context].astype(np.float64)  # (SAMPLE, n, vector_size)
    if model.skip_gram:
        x, n_inputs = x[:, 0], model.n_context
    else:
        x, n_inputs = (x.mean(axis=1) if model.cbow_mean else x.sum(axis=1)), 1.0
    found: list[Curvature] = []
    seen = np.zeros((x.shape[1], x.shape[1]))  # by input rows
    for rows, n_outputs in ((model.words, 1.0 + model.negative), (model.nodes, 0.0)):
        if rows is None:
            continue
        n_outputs = n_outputs or float(rows.rate.sum())  # the mean length of a path
        o = rows.weights[_drawn(rng, rows.rate, SAMPLE)].astype(np.float64)
        slope = np.exp(-np.abs(np.einsum("ij,ij->i", x, o)))
        slope = slope / (1 + slope) ** 2
        seen += _squares(o, slope * n_outputs)
        found.append(axes_of(_squares(x, slope * n_inputs)))
    if not model.skip_gram:  # the rows of a context move together, each by the step of their mean or sum, or a part
        exact = 1.0 / n_context if model.cbow_mean else float(n_context)
        seen *= exact if model.cbow_exact else 1.0
    return [axes_of(seen), *found]


def _drawn(rng: np.random.Generator, rate: NDArray[np.float64], shape: int | tuple[int, ...]) -> NDArray[np.int64]:
    borders = np.cumsum(rate)
    drawn: NDArray[np.int64] = np.searchsorted(borders, rng.random(shape) * borders[-1], "right")
    return np.minimum(drawn, len(rate) - 1)


def _squares(rows: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weighted mean of x x' over rows; without BLAS, whose threads would go on turning for a tenth of a second."""
    mean: NDArray[np.float64] = np.einsum("ij,ik->jk", rows * (weights / len(rows))[:, None], rows)
    return mean


def axes_of(mean: NDArray[np.float64]) -> Curvature:
    """Return the axes of a symmetric matrix without negative eigenvalues.

    >>> import numpy as np
    >>> found = axes_of(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> np.round(found.along, 3).tolist(), np.abs(np.round(found.axes.astype(float), 3)).tolist()
    ([3.0, 1.0], [[0.707, 0.707], [0.707, 0.707]])
    """
    axes, along = np.zeros(mean.shape, np.float32), np.zeros(len(mean))
    if np.isfinite(mean).all():  # else training has diverged, and will say so
        _changes.eigenvectors(np.ascontiguousarray(mean), axes, along)
    order = np.argsort(-along, kind="stable")
    return Curvature(axes[order], along[order])
