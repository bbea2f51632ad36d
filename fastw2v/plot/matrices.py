"""Heat maps: vectors as rows of colours, and cosines of every two words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.plot.common import axes, families, rows_and_names, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LABELS = 100  # beyond this the names of a heat map cannot be read any more
MOST_NUMBERS = 12
INCHES_PER_NAME = 0.17


def vector_heatmap(
    vectors: Any,
    labels: Iterable[Any] | None = None,
    *,
    limit: float | None = None,
    title: str | None = None,
    dark: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw each vector as a row of coloured cells: red for positive, blue for negative numbers.

    Parameters
    ----------
    vectors : KeyedVectors, or array of shape (n, dim)
    labels : iterable, optional
        Of KeyedVectors: the keys to show, default all; of an array: the names of its rows.
    limit : float, optional
        The number that gets the full colour, default: the largest absolute one.
    title : str, optional
    dark : bool
        Draw on black.
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
    rows, names = rows_and_names(vectors, labels)
    with styled(dark):
        ax = axes(ax, title, inches=(6.4, max(2.0, 1.2 + INCHES_PER_NAME * min(len(rows), MOST_LABELS))))
        limit = limit or float(np.abs(rows).max()) or 1.0
        image = ax.imshow(rows, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
        ax.figure.colorbar(image, ax=ax)
        ax.set_xlabel("dimension")
        _name_ticks(ax, names, columns=False)
    return ax


def similarity_heatmap(
    vectors: Any,
    labels: Iterable[Any] | None = None,
    *,
    order: bool = False,
    title: str | None = None,
    dark: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw the cosine of every two vectors, as a number too where there are few; up to 100 words can be read.

    Parameters
    ----------
    vectors, labels, title, dark, ax
        As in :func:`vector_heatmap`.
    order : bool
        Put similar words beside each other.

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
    rows, names = rows_and_names(vectors, labels)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(norms > 0, norms, 1.0)
    cosines = unit @ unit.T
    if order and len(rows) > 2:
        places = _by_likeness(cosines)
        cosines, names = cosines[np.ix_(places, places)], [names[place] for place in places]
    with styled(dark):
        side = max(4.8, 2.0 + INCHES_PER_NAME * min(len(rows), MOST_LABELS))
        ax = axes(ax, title, inches=(side * 1.1, side))
        image = ax.imshow(cosines, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
        ax.figure.colorbar(image, ax=ax, label="cosine", shrink=0.8)
        if len(rows) <= MOST_NUMBERS:
            for (row, column), cosine in np.ndenumerate(cosines.round(2) + 0.0):  # no -0.00
                colour = "white" if abs(cosine) > 0.6 else "black"
                ax.text(column, row, f"{cosine:.2f}", ha="center", va="center", fontsize="small", color=colour)
        _name_ticks(ax, names, columns=True)
    return ax


def _by_likeness(cosines: NDArray[np.float64]) -> list[int]:
    """Return an order in which words that are alike are neighbours: the leaves of a tree of clusters."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    distances = np.clip(1.0 - cosines, 0.0, None)
    np.fill_diagonal(distances, 0.0)
    if not np.isfinite(distances).all():
        raise ConfigError("order=True: a vector is not finite, so it is like no other; leave it out")
    condensed = squareform((distances + distances.T) / 2, checks=False)
    return [int(leaf) for leaf in leaves_list(linkage(condensed, "average", optimal_ordering=True))]


def _name_ticks(ax: Any, names: list[str], *, columns: bool) -> None:
    if len(names) > MOST_LABELS:
        return
    font = {"fontfamily": families(names), "fontsize": 10 if len(names) <= 30 else 7}
    ax.set_yticks(range(len(names)), names, **font)
    if columns:
        ax.set_xticks(range(len(names)), names, rotation=90, **font)
