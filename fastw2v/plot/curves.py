"""Curves: the loss and the learning rate of trainings, and what a vocabulary keeps of a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.plot.common import axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_MARKERS = 50


def loss_curve(
    losses: Any, *, label: str | None = None, title: str | None = None, dark: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw the loss of each epoch; several calls on one ``ax`` compare trainings.

    Parameters
    ----------
    losses : Word2Vec, callbacks.SampledLoss, or sequence of float
        What has a ``loss_history``, or the numbers.
    label : str, optional
        Name of the curve in the legend.
    title, dark, ax
        As in :func:`vector_heatmap`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ConfigError
        If there is no loss, or more than one for an epoch.

    Examples
    --------
    >>> from fastw2v import plot
    >>> ax = plot.loss_curve([2.1, 1.7, 1.5], label="alpha=0.05")
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('epoch', 'mean loss of a pair')
    """
    values = np.asarray(getattr(losses, "loss_history", losses), dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ConfigError(f"losses of shape {values.shape}: give one number for each epoch, at least one")
    with styled(dark):
        ax = axes(ax, title)
        marker = "o" if len(values) <= MOST_MARKERS else None
        ax.plot(np.arange(1, len(values) + 1), values, marker=marker, markersize=4, label=label)
        ax.set_xlabel("epoch")
        ax.set_ylabel("mean loss of a pair")
        if label is not None:
            ax.legend()
    return ax


def training_curves(
    runs: Mapping[str, Any], *, title: str | None = None, dark: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw loss and learning rate of one or several trainings, one colour each; the rates are dashed.

    Parameters
    ----------
    runs : mapping of str to Word2Vec, callbacks.SampledLoss, or sequence of float
        Names and trainings. What has no ``alpha`` gets no learning rate.
    title, dark, ax
        As in :func:`vector_heatmap`.

    Returns
    -------
    matplotlib Axes
        Those of the losses; the rates have others, with the same epochs.

    Raises
    ------
    ConfigError
        As :func:`loss_curve`.

    Examples
    --------
    >>> from fastw2v import Word2Vec, plot
    >>> sentences = [["to", "be", "or", "not"]] * 50
    >>> runs = {f"alpha={alpha}": Word2Vec(sentences, min_count=1, alpha=alpha, workers=1) for alpha in (0.025, 0.05)}
    >>> ax = plot.training_curves(runs)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['alpha=0.025', 'alpha=0.05']
    """
    if not runs:
        raise ConfigError("runs={}: give at least one training, with its name")
    with styled(dark):
        ax = axes(ax, title)
        rates = None
        for name, run in runs.items():
            loss_curve(run, label=str(name), ax=ax)
            if not hasattr(run, "min_alpha"):
                continue
            if rates is None:
                rates = ax.twinx()
                rates.set_ylabel("learning rate (dashed)")
            n_epochs = len(run.loss_history)
            rates.plot([0.5, n_epochs + 0.5], [run.alpha, run.min_alpha], "--", lw=1, color=ax.lines[-1].get_color())
        if rates is not None:
            rates.set_ylim(bottom=0)
    return ax


def vocabulary(
    counts: Any,
    *,
    min_count: int | None = None,
    sample: float | None = None,
    title: str | None = None,
    dark: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often each word occurs against its rank (Zipf's law), and what ``min_count`` and ``sample`` keep.

    Parameters
    ----------
    counts : Word2Vec, KeyedVectors, mapping of word to count, or sequence of int
        Of a model its vocabulary, so that what ``min_count`` left out is not there any more; ``model.scan_vocab``
        leaves the counts of all words in ``model.raw_vocab``.
    min_count : int, optional
        Show what would be left out below it.
    sample : float, optional
        Show how often words are trained after sub-sampling.
    title, dark, ax
        As in :func:`vector_heatmap`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ConfigError
        If there are no counts.

    Examples
    --------
    >>> from fastw2v import plot
    >>> ax = plot.vocabulary({"the": 90, "king": 9, "rules": 1}, min_count=5)
    >>> ax.get_legend().get_texts()[1].get_text()
    'min_count=5 keeps 2 of 3 words, 99.0% of the text'
    """
    found = _counts(counts)
    rank, total = np.arange(1, len(found) + 1), found.sum()
    with styled(dark):
        ax = axes(ax, title)
        ax.loglog(rank, found, label=f"{len(found):,} words, {int(total):,} in the text")
        if min_count is not None:
            kept = int((found >= min_count).sum())
            share = found[:kept].sum() / total
            text = f"min_count={min_count} keeps {kept:,} of {len(found):,} words, {share:.1%} of the text"
            ax.axvspan(kept + 0.5, len(found), color="tab:red", alpha=0.15, lw=0)
            ax.axvline(kept + 0.5, color="tab:red", lw=1, label=text)
        if sample:
            threshold = sample * total
            keep = np.minimum(1.0, np.sqrt(threshold / found) + threshold / found)
            text = f"sample={sample:g} trains {float((found * keep).sum() / total):.1%} of the text"
            ax.loglog(rank, found * keep, "--", label=text)
        ax.set_xlabel("rank of the word")
        ax.set_ylabel("how often it occurs")
        ax.legend(loc="lower left")
    return ax


def _counts(given: Any) -> NDArray[np.float64]:
    """Return counts, falling."""
    table = getattr(given, "wv", given)
    if hasattr(table, "expandos"):
        given = table.expandos.get("count", ())
    values = np.asarray(list(given.values()) if isinstance(given, Mapping) else given, dtype=np.float64)
    values = np.sort(values[values > 0])[::-1] if values.ndim == 1 else values
    if values.ndim != 1 or not len(values):
        raise ConfigError("counts: there are none; give a model, a mapping of words to counts, or the numbers")
    return values
