"""Labels beside points that cover neither each other nor, where there are few, the points and arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.plot.common import families

Box = tuple[float, float, float, float]  # left, bottom, right, top, in pixels

# Places around a point, the best first: which way, and from which corner or side of the text.
DIRECTIONS = ((1, 0.6), (-1, 0.6), (1, -0.6), (-1, -0.6), (0, 1), (0, -1), (1, 0), (-1, 0))
FEW = 80  # points: all get a label, farther away if need be
PADDING = 0.15  # around a label, in heights of it
DISTANCES = (0.35, 0.9, 1.8, 3.0)  # in heights of a label; the first one alone where there are many points


def place_labels(
    ax: Any,
    points: NDArray[np.float64],
    names: Sequence[str],
    *,
    most: int | None = None,
    arrows: Sequence[tuple[Any, Any]] = (),
    colours: Sequence[Any] | None = None,
) -> list[int]:
    """Write names beside points; of many points only those with room get one, the first ones first.

    Parameters
    ----------
    ax : matplotlib Axes
    points : array, (n, 2)
        In data coordinates.
    names : sequence of str
    most : int, optional
        No more labels than this.
    arrows : sequence of (start, end)
        Not to be covered.
    colours : sequence, optional
        Of the labels.

    Returns
    -------
    list of int
        Which points have a label.
    """
    figure = ax.figure
    figure.draw_without_rendering()  # settles the layout, so that pixels stay where they are
    renderer = figure.canvas.get_renderer()
    ax.set_autoscale_on(False)
    pixels = ax.transData.transform(points)
    few = len(points) <= FEW
    font = {"fontfamily": families(names), "fontsize": 10 if few else 8}
    probe = ax.text(0, 0, "", transform=None, **font)
    frame = ax.get_window_extent(renderer).padded(-4)
    obstacles = pixels if few else np.empty((0, 2))
    if arrows:
        steps = np.linspace(0, 1, 300)[:, None]
        lines = [np.asarray(start) * (1 - steps) + np.asarray(end) * steps for start, end in arrows]
        obstacles = np.vstack([obstacles, *(ax.transData.transform(line) for line in lines)])
    taken = np.empty((0, 4))
    labelled: list[int] = []
    for number, name in enumerate(names):
        if most is not None and len(labelled) >= most:
            break
        probe.set_text(name)
        extent = probe.get_window_extent(renderer)
        box = _free_place(pixels[number], (extent.width, extent.height), taken, obstacles, frame, few)
        if box is None:
            continue
        taken = np.vstack([taken, box])
        labelled.append(number)
        _write(ax, points[number], pixels[number], box, name, None if colours is None else colours[number], font)
    probe.remove()
    return labelled


def _free_place(
    point: NDArray[np.float64], size: tuple[float, float], taken: Any, obstacles: Any, frame: Any, few: bool
) -> Box | None:
    """Return the first free box around a point, or, where there are few points, the one that covers least."""
    best, least = None, np.inf
    for distance in DISTANCES if few else DISTANCES[:1]:
        for direction in DIRECTIONS:
            box = _box(point, size, direction, distance * size[1])
            outside = box[0] < frame.x0 or box[1] < frame.y0 or box[2] > frame.x1 or box[3] > frame.y1
            clear = PADDING * size[1]
            wide = box[0] - clear, box[1] - clear, box[2] + clear, box[3] + clear
            covered = _overlap(wide, taken) + 0.2 * size[1] ** 2 * _inside(wide, obstacles) + 1e6 * outside
            if not covered:
                return box
            if covered < least:
                best, least = box, covered
    return best if few else None


def _box(point: Any, size: tuple[float, float], direction: tuple[float, float], gap: float) -> Box:
    """Return the box of a label that stands off a point."""
    (x, y), (width, height), (right, up) = point, size, direction
    left = x + right * gap - width * (0.5 - 0.5 * right)
    bottom = y + up * gap - height * (0.5 - 0.5 * up)
    return left, bottom, left + width, bottom + height


def _overlap(box: Box, taken: Any) -> float:
    """Return the area that a box shares with others."""
    width = np.minimum(box[2], taken[:, 2]) - np.maximum(box[0], taken[:, 0])
    height = np.minimum(box[3], taken[:, 3]) - np.maximum(box[1], taken[:, 1])
    return float((np.clip(width, 0, None) * np.clip(height, 0, None)).sum())


def _inside(box: Box, points: Any) -> int:
    """Return how many points lie in a box."""
    x, y = points[:, 0], points[:, 1]
    return int(((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])).sum())


def _write(ax: Any, at: Any, pixel: Any, box: Box, name: str, colour: Any, font: dict[str, Any]) -> None:
    """Write a label, with a thin line to its point if that is far away."""
    scale = 72.0 / ax.figure.dpi  # pixels to points
    offset = (box[0] - pixel[0]) * scale, (box[1] - pixel[1]) * scale
    gap = max(box[0] - pixel[0], pixel[0] - box[2], box[1] - pixel[1], pixel[1] - box[3])
    line = {"arrowstyle": "-", "lw": 0.5, "alpha": 0.5, "shrinkA": 0, "shrinkB": 2}
    style = dict(font) if colour is None else {**font, "color": colour}
    if gap > 1.2 * (box[3] - box[1]):
        line["color"] = colour or "gray"
        style["arrowprops"] = line
    ax.annotate(name, at, xytext=offset, textcoords="offset points", ha="left", va="bottom", **style)
