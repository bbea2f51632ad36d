"""Bars for what takes long: one at a time, beside the lines of a log and never across them.

A bar stands on stderr, or is a widget in a notebook. Training shows one where somebody can see it; everything else
(counting, loading, saving, evaluating, neighbours) does inside :func:`progress_bars`, as all of ``fastw2v COMMAND`` is.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

SECONDS_BEFORE = 0.5  # what is done by then needs no bar
SECONDS_BETWEEN = 0.1  # two pictures of a bar

_wanted: ContextVar[bool] = ContextVar("fastw2v_bars_wanted", default=False)
_standing: ContextVar[bool] = ContextVar("fastw2v_bar_standing", default=False)


def in_notebook() -> bool:
    """Return whether a notebook shows what the program prints: there a bar is a widget, if these are installed."""
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def somebody_looks() -> bool:
    """Return whether there is a terminal or a notebook to show a bar in."""
    return in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


@contextmanager
def progress_bars(show: bool | None = True) -> Iterator[None]:
    """Show a bar for what takes more than half a second inside: loading, saving, counting, evaluating, neighbours.

    Parameters
    ----------
    show : bool, optional
        None: in a terminal or a notebook only; False: none, though there are bars around.

    Returns
    -------
    context manager

    Examples
    --------
    >>> import numpy as np
    >>> from fastw2v import KeyedVectors
    >>> kv = KeyedVectors(2)
    >>> kv.add_vectors(["a", "b"], np.eye(2))
    >>> with progress_bars():
    ...     kv.save("large.kv")
    """
    token = _wanted.set(somebody_looks() if show is None else show)
    try:
        yield
    finally:
        _wanted.reset(token)


class Step:
    """How far something is; a bar shows it, or nothing does."""

    def __init__(self, bar: Any = None) -> None:
        self._bar = bar

    def add(self, n: float) -> None:
        """So much more is done."""
        if self._bar is not None:
            self._bar.update(n)

    def at(self, n: float, total: float | None = None) -> None:
        """So much is done, of a total that may be known better by now."""
        if self._bar is not None:
            self._bar.total = total
            self._bar.update(n - self._bar.n)


@contextmanager
def step(name: str, total: float | None, unit: str, *, show: bool = False) -> Iterator[Step]:
    """Give what is to be told how far something is.

    Parameters
    ----------
    name : str
        What is done: "loading".
    total : float or None
        How much there is, where known.
    unit : str
        Of what: "B" (bytes), "word".
    show : bool
        Show a bar here and at once, though nobody asked for bars around.
    """
    if _standing.get() or not (show or _wanted.get()):
        yield Step()
        return
    divisor, delay = 1024 if unit == "B" else 1000, 0.0 if show else SECONDS_BEFORE
    with standing_bar(total=total, unit=unit, unit_divisor=divisor, desc=name, leave=False, delay=delay) as bar:
        yield Step(bar)


@contextmanager
def standing_bar(**options: Any) -> Iterator[Any]:
    """Open a bar of tqdm; while it stands no step shows another, and what is logged appears above it."""
    notebook = in_notebook()
    if notebook:
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm
    token = _standing.set(True)
    try:
        with tqdm(unit_scale=True, dynamic_ncols=True, mininterval=SECONDS_BETWEEN, miniters=1, **options) as bar:
            if notebook:  # a widget is no line that a log could cross
                yield bar
            else:
                with _logs_above(tqdm):
                    yield bar
    finally:
        _standing.reset(token)


_lock = threading.Lock()
_depth = 0  # bars of all threads
_above: list[logging.Handler] = []


@contextmanager
def _logs_above(bars: Any) -> Iterator[None]:
    """Let what the program's handlers write to the terminal, as of ``logging.basicConfig``, appear above the bars."""
    global _depth
    with _lock:
        _depth += 1
        if _depth == 1:
            loggers = logging.getLogger(), logging.getLogger("fastw2v")
            handlers = {handler for logger in loggers for handler in logger.handlers}
            _above[:] = [one for one in handlers if getattr(one, "stream", None) in (sys.stdout, sys.stderr)]
            for handler in _above:
                _write_above(handler, bars)
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                for handler in _above:
                    vars(handler).pop("emit", None)
                _above.clear()


def _write_above(handler: Any, bars: Any) -> None:
    """Make a handler take the bars away for as long as it writes; its level, filters and format stay."""
    emit = handler.emit

    def emit_above(record: logging.LogRecord) -> None:
        with bars.external_write_mode(file=handler.stream):
            emit(record)

    handler.emit = emit_above
