"""Words as points of a plane: maps, with groups in colours, and analogies as arrows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.plot.common import axes, families, ink, matplotlib_module, rows_and_names, styled
from fastw2v.plot.placing import place_labels
from fastw2v.vectors.layout import pca, projected

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REST = "tab:gray"


def scatter(
    vectors: Any,
    labels: Iterable[Any] | None = None,
    *,
    groups: Mapping[str, Iterable[Any]] | Sequence[Any] | None = None,
    method: str = "pca",
    most_labels: int | None = None,
    title: str | None = None,
    dark: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw words as points in a plane, those that are alike near each other; labels stand where there is room.

    Parameters
    ----------
    vectors : KeyedVectors, or array of shape (n, dim)
        Two rows and two dimensions at least; up to some 2,000 points can be read.
    labels : iterable, optional
        As in :func:`vector_heatmap`. The first ones are labelled first: words in the order of a vocabulary, the most
        frequent ones.
    groups : mapping of str to iterable, or sequence, optional
        Names of groups and their words, which get a colour each and a legend; without ``labels`` these words are
        drawn. Or one group for each row, such as ``wv.clusters(8)``.
    method : {"pca", "tsne", "umap"}
        Principal components (of which the axes are then), or a map of neighbourhoods by scikit-learn or umap-learn.
    most_labels : int, optional
        No more labels than this; by default as many as have room.
    title, dark, ax
        As in :func:`vector_heatmap`.

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
    >>> ax = plot.scatter(vectors, groups={"royal": ["king", "queen"], "others": ["man", "woman"]})
    >>> ax.get_xlabel()
    'first principal component (50%)'
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['royal', 'others']
    """
    if isinstance(groups, Mapping) and labels is None:
        labels = dict.fromkeys(word for words in groups.values() for word in words)
    labels = None if labels is None else list(labels)
    rows, names = rows_and_names(vectors, labels)
    keys = labels if labels is not None else getattr(vectors, "index_to_key", range(len(rows)))
    points, shares = pca(rows) if method == "pca" else (projected(rows, method).astype(np.float64), None)
    with styled(dark):
        ax = axes(ax, title, inches=None if len(rows) <= 100 else (10, 8))
        colours = _draw_points(ax, points, keys, groups)
        ax.margins(0.08)
        if shares is not None:
            ax.set_xlabel(f"first principal component ({shares[0]:.0%})")
            ax.set_ylabel(f"second ({shares[1]:.0%})")
            ax.set_aspect("equal", adjustable="datalim")
        else:
            ax.set_xticks([])
            ax.set_yticks([])
        place_labels(ax, points, names, most=most_labels, colours=colours)
    return ax


def _draw_points(ax: Any, points: NDArray[np.float64], keys: Sequence[Any], groups: Any) -> list[Any] | None:
    """Draw the points, by groups with a legend; return the colours of their labels."""
    size, opacity = (14, 1.0) if len(points) <= 300 else (6, 0.6)
    if groups is None:
        ax.scatter(points[:, 0], points[:, 1], s=size, alpha=opacity)
        return None
    if isinstance(groups, Mapping):
        group_of = {word: name for name, words in groups.items() for word in words}
        of_rows = [group_of.get(key) for key in keys]
    else:
        of_rows = list(groups)
        if len(of_rows) != len(points):
            raise ConfigError(f"groups: {len(of_rows)} for {len(points)} points; give one for each, or a mapping")
    named = list(groups) if isinstance(groups, Mapping) else sorted({one for one in of_rows if one is not None})
    palette = matplotlib_module("").colormaps["tab10" if len(named) <= 10 else "tab20"]
    colour_of = {name: palette(number % palette.N) for number, name in enumerate(named)}
    for name in [None, *named]:
        member = np.array([one == name for one in of_rows])
        if member.any():
            where = points[member]
            label = "_rest" if name is None else str(name)
            ax.scatter(where[:, 0], where[:, 1], s=size, alpha=opacity, color=colour_of.get(name, REST), label=label)
    for text in ax.legend().get_texts():
        text.set_fontfamily(families([text.get_text()]))
    return [colour_of.get(one, REST) for one in of_rows]


def analogy(
    vectors: Any, words: Sequence[Any], *, title: str | None = None, dark: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw "a is to b as c is to d" as two arrows, a to b and c to d, in the plane of the four.

    Parameters
    ----------
    vectors : KeyedVectors, or array of shape (4, dim)
    words : sequence of 4, or of 3
        a, b, c, d.  Without d, KeyedVectors are asked for the word next to ``b - a + c``.
    title, dark, ax
        As in :func:`vector_heatmap`.

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
    rows, _ = rows_and_names(vectors, names)
    a, b, c, _ = rows
    points, shares = pca(np.vstack([rows, b - a + c]))
    with styled(dark):
        ax = axes(ax, title)
        for start, end, colour in ((0, 1, "tab:blue"), (2, 3, "tab:orange")):
            arrow = {"arrowstyle": "-|>", "color": colour, "lw": 2, "shrinkA": 5, "shrinkB": 5, "mutation_scale": 16}
            ax.annotate("", xy=points[end], xytext=points[start], arrowprops=arrow)
        ax.scatter(points[:4, 0], points[:4, 1], s=20, color=ink())
        ax.scatter(*points[4], marker="x", color="tab:red", label=f"{names[1]} - {names[0]} + {names[2]}")
        for text in ax.legend().get_texts():
            text.set_fontfamily(families([text.get_text()]))
        ax.set_xlabel(f"first principal component ({shares[0]:.0%})")
        ax.set_ylabel(f"second ({shares[1]:.0%})")
        ax.margins(0.2)
        ax.set_aspect("equal", adjustable="datalim")
        place_labels(
            ax, points[:4], [str(name) for name in names], arrows=[(points[0], points[1]), (points[2], points[3])]
        )
    return ax
