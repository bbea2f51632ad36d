"""What all pictures share: matplotlib itself, axes, styles, fonts, rows and their names."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError

# Fonts with Chinese, Japanese and Korean letters, as the systems name them.
CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "SimSun",
    "PingFang SC", "PingFang HK", "Hiragino Sans GB", "Heiti TC", "STHeiti", "Songti SC", "Arial Unicode MS",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "AR PL UMing CN", "Yu Gothic", "Malgun Gothic",
)  # fmt: skip


def matplotlib_module(name: str) -> Any:
    """Import matplotlib, or a module of it.

    Raises
    ------
    ImportError
        If it is missing; the message names the extra.
    """
    try:
        return import_module("matplotlib" + name)
    except ImportError as error:
        raise ImportError(f"fastw2v.plot needs matplotlib: pip install 'fastw2v[plot]' ({error})") from error


@contextmanager
def styled(dark: bool) -> Iterator[None]:
    """Draw in the dark style of matplotlib, or in the style of the program."""
    if not dark:
        yield
        return
    with matplotlib_module(".style").context("dark_background"):
        yield


def axes(ax: Any, title: str | None = None, inches: tuple[float, float] | None = None) -> Any:
    """Return the Axes to draw in, new ones if none are given, with a title."""
    if ax is None:
        ax = matplotlib_module(".pyplot").subplots(layout="constrained", figsize=inches)[1]
    if title is not None:
        ax.set_title(title, fontfamily=families([title]))
    return ax


def ink() -> str:
    """Return the colour of text in the style that is in force."""
    return str(matplotlib_module("").rcParams["text.color"])


def paper(ax: Any) -> Any:
    """Return the colour of the ground."""
    return ax.get_facecolor()


def rows_and_names(vectors: Any, labels: Iterable[Any] | None) -> tuple[NDArray[np.float64], list[str]]:
    """Return the rows to draw, and what they are called.

    Raises
    ------
    KeyError
        If a key has no vector.
    ConfigError
        If the shapes do not fit.
    """
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


def families(texts: Iterable[str]) -> list[str]:
    """Return fonts for some texts: the usual ones, and behind them one with the letters that these lack.

    matplotlib's own font has no Chinese, Japanese or Korean letters, and draws boxes in their place. One warning says
    so, and matplotlib's, one for each letter, are silenced then.
    """
    usual = list(matplotlib_module("").rcParams["font.family"])
    letters = {letter for text in texts for letter in text if ord(letter) > 0x2E7F}  # CJK begins here
    if not letters or has_letters(usual, letters):
        return usual
    for again in (False, True):
        if again:
            _add_new_fonts()
        installed = {font.name for font in matplotlib_module(".font_manager").fontManager.ttflist}
        for name in CJK_FONTS:
            if name in installed and has_letters([name], letters):
                return [*usual, name]
    warnings.warn(
        f"no font with the letters {''.join(sorted(letters))[:10]!r} was found: they are drawn as boxes; install one "
        "(such as Noto Sans CJK), or name yours: matplotlib.rcParams['font.family'] = [...]",
        UserWarning,
        stacklevel=4,
    )
    warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from", category=UserWarning)
    return usual


def _add_new_fonts() -> None:
    """Make fonts known that were installed after matplotlib made its list, which it keeps in a file."""
    manager = matplotlib_module(".font_manager")
    known = {font.fname for font in manager.fontManager.ttflist}
    for path in manager.findSystemFonts():
        if path not in known:
            with suppress(OSError, RuntimeError, ValueError):  # a file that is no font: matplotlib passes it over, too
                manager.fontManager.addfont(path)


def has_letters(names: list[str], letters: set[str]) -> bool:
    """Return whether a font has all of some letters."""
    manager = matplotlib_module(".font_manager")
    font = matplotlib_module(".ft2font").FT2Font(manager.findfont(manager.FontProperties(family=names)))
    return all(font.get_char_index(ord(letter)) for letter in letters)
