"""What a user sees while training runs: a bar in a terminal, log records elsewhere.

Both show the same: percent, raw words per second, learning rate, loss and the time that is left.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from fastw2v._progress import somebody_looks, standing_bar

logger = logging.getLogger("fastw2v.word2vec")


class Progress:
    """Progress of one call of ``train``.

    Parameters
    ----------
    total_words : int or None
        Raw words of all epochs together, where known.
    show : bool or None
        True: a bar; False: log records only; None: a bar in a terminal or a notebook.
    report_delay : float
        Seconds between two log records.
    logs : bool
        False: nothing is logged, since another process does.
    tell : callable, optional
        Is told what :meth:`update` is told.
    """

    def __init__(
        self,
        total_words: int | None,
        epochs: int,
        show: bool | None,
        report_delay: float,
        logs: bool = True,
        tell: Callable[[int, int, float, float], None] | None = None,
    ) -> None:
        self._total = total_words
        self._epochs = epochs
        self._delay = report_delay
        self._tell = tell
        self._level = logging.INFO if logs else logging.DEBUG
        self._start = self._last = time.perf_counter()
        self._first_words = -1
        self._bar: Any = None
        self._stack = ExitStack()
        if show or (show is None and somebody_looks()):
            self._bar = self._stack.enter_context(standing_bar(total=total_words, unit="word", desc="training"))

    def update(self, epoch: int, words: int, alpha: float, loss: float, *, now: bool = False) -> None:
        """Report a position: ``words`` raw words trained in all epochs so far, ``epoch`` from 0."""
        if self._first_words < 0:
            self._first_words = words
        if self._tell is not None:
            self._tell(epoch, words, alpha, loss)
        rate = f"alpha {alpha:.5f}" if math.isnan(loss) else f"alpha {alpha:.5f}, loss {loss:.4f}"  # none yet
        if self._bar is not None:
            self._bar.n = words
            self._bar.set_postfix_str(f"epoch {epoch + 1}/{self._epochs}, {rate}", refresh=False)
            self._bar.refresh() if now else self._bar.update(0)
        clock = time.perf_counter()
        if clock - self._last < self._delay or now:
            return
        self._last = clock
        speed = (words - self._first_words) / max(clock - self._start, 1e-9)
        share, left = "", ""
        if self._total:
            share = f"at {100 * words / self._total:.2f}% words, "
            if speed > 0:
                left = f", {max(self._total - words, 0) / speed:.0f} s left"
        logger.log(self._level, "EPOCH %d - PROGRESS: %s%.0f words/s, %s%s", epoch, share, speed, rate, left)

    def epoch_done(self, epoch: int, n_words: int, n_kept: int, seconds: float, loss: float) -> None:
        """Report the end of an epoch."""
        logger.log(
            self._level,
            "EPOCH %d: training on %d raw words (%d effective words) took %.1fs, %.0f effective words/s, loss %s",
            epoch,
            n_words,
            n_kept,
            seconds,
            n_kept / max(seconds, 1e-9),
            "unknown" if math.isnan(loss) else f"{loss:.4f}",
        )

    def close(self) -> None:
        """Leave the terminal tidy, whatever happened."""
        self._stack.close()
