"""Pictures of vectors: heat maps, a map in two dimensions, analogies as arrows, loss curves.

Needs matplotlib: ``pip install 'fastw2v[plot]'``.  Every function takes plain arrays or
:class:`~fastw2v.KeyedVectors`, draws into ``ax`` (or a new figure) and returns the Axes, so that all
else is matplotlib's own business: ``ax.figure.savefig("words.png")``, ``matplotlib.pyplot.show()``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastw2v.errors import ConfigError

MOST_LABELS = 60  # beyond this the names of a heat map cannot be read any more

# Fonts with Chinese, Japanese and Korean letters, as the systems name them.
CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "SimSun",
    "PingFang SC", "PingFang HK", "Hiragino Sans GB", "Heiti TC", "STHeiti", "Songti SC", "Arial Unicode MS",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "AR PL UMing CN", "Yu Gothic", "Malgun Gothic",
)  # fmt: skip


def pca(vectors: ArrayLike, n_components: int = 2) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project rows on their principal components: the plane in which they differ most.

    Parameters
    ----------
    vectors : array, shape (n, dim)
    n_components : int
        At most ``min(n, dim)``.

    Returns
    -------
    float64 array, shape (n, n_components)
        Coordinates about the mean; of each component the sign is chosen so that its largest is positive.
    float64 array, shape (n_components,)
        Share of the variance that each component explains.

    Raises
    ------
    ConfigError
        If there are fewer rows or columns than components.

    Examples
    --------
    >>> coordinates, shares = pca([[0, 7], [1, 7], [5, 7]], n_components=1)
    >>> coordinates[:, 0].round(6).tolist(), shares.tolist()
    ([-2.0, -1.0, 3.0], [1.0])
    """
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or not 1 <= n_components <= min(rows.shape):
        raise ConfigError(
            f"n_components={n_components} for an array of shape {rows.shape}: give at least so many rows and columns"
        )
    left, values, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    coordinates = left * values
    largest = np.take_along_axis(coordinates, np.abs(coordinates).argmax(axis=0)[None], axis=0)
    coordinates *= np.where(largest < 0, -1.0, 1.0)
    variance = values**2
    total = variance.sum()
    return coordinates[:, :n_components], variance[:n_components] / (total if total > 0 else 1.0)


def vector_heatmap(
    vectors: Any, labels: Iterable[Any] | None = None, *, limit: float | None = None, ax: Any = None
) -> Any:
    """Draw each vector as a row of coloured cells: red for positive, blue for negative numbers.

    Parameters
    ----------
    vectors : KeyedVectors, or array of shape (n, dim)
    labels : iterable, optional
        Of KeyedVectors: the keys to show, default all; of an array: the names of its rows.
    limit : float, optional
        The number that gets the full colour, default: the largest absolute one.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    KeyError
        If a key has no vector.
    ConfigError
        If the shapes do not fit, or there is nothing to draw.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> from fastw2v import KeyedVectors, plot
    >>> vectors = KeyedVectors(2)
    >>> vectors.add_vectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [2, 0], [2, 1]])
    >>> ax = plot.vector_heatmap(vectors, ["man", "king"])
    >>> ax.figure.savefig("vectors.png")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['man', 'king']
    """
    rows, names = _rows_and_names(vectors, labels)
    ax = _axes(ax)
    limit = limit or float(np.abs(rows).max()) or 1.0
    image = ax.imshow(rows, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    ax.figure.colorbar(image, ax=ax)
    ax.set_xlabel("dimension")
    _name_ticks(ax, names, columns=False)
    return ax


def similarity_heatmap(vectors: Any, labels: Iterable[Any] | None = None, *, ax: Any = None) -> Any:
    """Draw the cosine of every two vectors, as a number too where there are few.

    Parameters
    ----------
    vectors, labels, ax
        As in :func:`vector_heatmap`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    KeyError, ConfigError, ImportError
        As in :func:`vector_heatmap`.

    Examples
    --------
    >>> from fastw2v import KeyedVectors, plot
    >>> vectors = KeyedVectors(2)
    >>> vectors.add_vectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [2, 0], [2, 1]])
    >>> ax = plot.similarity_heatmap(vectors)
    >>> [text.get_text() for text in ax.texts[:4]]  # those of "man"
    ['1.00', '0.71', '1.00', '0.89']
    """
    rows, names = _rows_and_names(vectors, labels)
    ax = _axes(ax)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(norms > 0, norms, 1.0)
    cosines = unit @ unit.T
    image = ax.imshow(cosines, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label="cosine")
    if len(rows) <= 12:
        for (row, column), cosine in np.ndenumerate(cosines):
            colour = "white" if abs(cosine) > 0.6 else "black"
            ax.text(column, row, f"{cosine:.2f}", ha="center", va="center", fontsize="small", color=colour)
    _name_ticks(ax, names, columns=True)
    return ax


def scatter(vectors: Any, labels: Iterable[Any] | None = None, *, ax: Any = None) -> Any:
    """Draw words as points in the plane of their two principal components (:func:`pca`).

    Parameters
    ----------
    vectors, labels, ax
        As in :func:`vector_heatmap`; two rows and two dimensions at least.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    KeyError, ConfigError, ImportError
        As in :func:`vector_heatmap`; ConfigError also for fewer than two rows or dimensions.

    Examples
    --------
    >>> from fastw2v import KeyedVectors, plot
    >>> vectors = KeyedVectors(2)
    >>> vectors.add_vectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [2, 0], [2, 1]])
    >>> ax = plot.scatter(vectors)
    >>> ax.get_xlabel()
    'first principal component (50%)'
    """
    rows, names = _rows_and_names(vectors, labels)
    points, shares = pca(rows)
    ax = _axes(ax)
    ax.scatter(points[:, 0], points[:, 1], s=14)
    _name_points(ax, points, names)
    _name_components(ax, shares)
    return ax


def analogy(vectors: Any, words: Sequence[Any], *, ax: Any = None) -> Any:
    """Draw "a is to b as c is to d" as two arrows, a to b and c to d, in the plane of the four.

    Parameters
    ----------
    vectors : KeyedVectors, or array of shape (4, dim)
    words : sequence of 4, or of 3
        a, b, c, d.  Without d, KeyedVectors are asked for the word next to ``b - a + c``.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        The arrows are parallel if the analogy holds; a cross marks ``b - a + c``.

    Raises
    ------
    ConfigError
        If there are not four words, nor three and KeyedVectors.

    Examples
    --------
    >>> from fastw2v import KeyedVectors, plot
    >>> vectors = KeyedVectors(2)
    >>> vectors.add_vectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [2, 0], [2, 1]])
    >>> ax = plot.analogy(vectors, ["man", "king", "woman", "queen"])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['king - man + woman']
    """
    names = list(words)
    if len(names) == 3 and hasattr(vectors, "most_similar"):
        names.append(vectors.most_similar(positive=[names[1], names[2]], negative=[names[0]], topn=1)[0][0])
    if len(names) != 4:
        raise ConfigError(f"words={names!r}: give a, b, c, d; or a, b, c with KeyedVectors")
    rows, _ = _rows_and_names(vectors, names)
    a, b, c, _ = rows
    points, shares = pca(np.vstack([rows, b - a + c]))
    ax = _axes(ax)
    for start, end, colour in ((0, 1, "tab:blue"), (2, 3, "tab:orange")):
        arrow = {"arrowstyle": "->", "color": colour, "lw": 2}
        ax.annotate("", xy=points[end], xytext=points[start], arrowprops=arrow)
    ax.scatter(points[:4, 0], points[:4, 1], s=20, color="black")
    ax.scatter(*points[4], marker="x", color="tab:red", label=f"{names[1]} - {names[0]} + {names[2]}")
    for text in ax.legend().get_texts():
        text.set_fontfamily(_families([text.get_text()]))
    _name_points(ax, points[:4], [str(name) for name in names])
    _name_components(ax, shares)
    return ax


def loss_curve(losses: Any, *, label: str | None = None, ax: Any = None) -> Any:
    """Draw the loss of each epoch; several calls on one ``ax`` compare trainings.

    Parameters
    ----------
    losses : Word2Vec, or sequence of float
        A model (its ``loss_history``), or the numbers.
    label : str, optional
        Name of the curve in the legend.
    ax : matplotlib Axes, optional

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
    ax = _axes(ax)
    ax.plot(np.arange(1, len(values) + 1), values, marker="o" if len(values) <= 50 else None, label=label)
    ax.set_xlabel("epoch")
    ax.set_ylabel("mean loss of a pair")
    if label is not None:
        ax.legend()
    return ax


# --------------------------------------------------------------------------------- common parts ----


def _matplotlib(module: str) -> Any:
    try:
        return import_module("matplotlib" + module)
    except ImportError as error:
        raise ImportError(f"fastw2v.plot needs matplotlib: pip install 'fastw2v[plot]' ({error})") from error


def _axes(ax: Any) -> Any:
    return _matplotlib(".pyplot").subplots(layout="constrained")[1] if ax is None else ax


def _rows_and_names(vectors: Any, labels: Iterable[Any] | None) -> tuple[NDArray[np.float64], list[str]]:
    if hasattr(vectors, "index_to_key"):
        keys = list(vectors.index_to_key if labels is None else labels)
        rows = np.array([vectors[key] for key in keys], dtype=np.float64)
    else:
        rows = np.asarray(vectors, dtype=np.float64)
        keys = list(range(len(rows)) if labels is None and rows.ndim else labels or ())
    if rows.ndim != 2 or not rows.size:
        raise ConfigError(f"vectors of shape {rows.shape}: give at least one row, as an array of shape (n, dim)")
    if len(keys) != len(rows):
        raise ConfigError(f"{len(keys)} labels for {len(rows)} vectors: give one for each row")
    return rows, [str(key) for key in keys]


def _families(texts: Iterable[str]) -> list[str]:
    """Fonts for some texts: the usual ones, and behind them one with the letters that these lack.

    matplotlib's own font has no Chinese, Japanese or Korean letters, and draws boxes in their place.
    """
    usual = list(_matplotlib("").rcParams["font.family"])
    letters = {letter for text in texts for letter in text if ord(letter) > 0x2E7F}  # CJK begins here
    if not letters or _has_letters(usual, letters):
        return usual
    installed = {font.name for font in _matplotlib(".font_manager").fontManager.ttflist}
    for name in CJK_FONTS:
        if name in installed and _has_letters([name], letters):
            return [*usual, name]
    warnings.warn(
        f"no font with the letters {''.join(sorted(letters))[:10]!r} was found: they are drawn as boxes; install one "
        "(such as Noto Sans CJK), or name yours: matplotlib.rcParams['font.family'] = [...]",
        UserWarning,
        stacklevel=4,
    )
    return usual


def _has_letters(families: list[str], letters: set[str]) -> bool:
    manager = _matplotlib(".font_manager")
    font = _matplotlib(".ft2font").FT2Font(manager.findfont(manager.FontProperties(family=families)))
    return all(font.get_char_index(ord(letter)) for letter in letters)


def _name_ticks(ax: Any, names: list[str], *, columns: bool) -> None:
    if len(names) > MOST_LABELS:
        return
    families = _families(names)
    ax.set_yticks(range(len(names)), names, fontfamily=families)
    if columns:
        ax.set_xticks(range(len(names)), names, fontfamily=families, rotation=90)


def _name_points(ax: Any, points: NDArray[np.float64], names: list[str]) -> None:
    families = _families(names)
    for point, name in zip(points, names, strict=True):
        ax.annotate(name, point, xytext=(4, 3), textcoords="offset points", fontfamily=families)
    ax.margins(0.15)


def _name_components(ax: Any, shares: NDArray[np.float64]) -> None:
    ax.set_xlabel(f"first principal component ({shares[0]:.0%})")
    ax.set_ylabel(f"second ({shares[1]:.0%})")
    ax.set_aspect("equal", adjustable="datalim")
