"""When training's state is written, and how that stays cheap: copy while the workers hold, write behind them.

What the state is, and what a file is, the callers know: ``capture()`` copies the state and gives the
function that writes the copy.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from fastw2v.errors import ConfigError
from fastw2v.train.interrupts import Interrupts
from fastw2v.train.job import Position
from fastw2v.train.threads import EpochRun

logger = logging.getLogger("fastw2v.word2vec")

DEFAULT_SECONDS = 60.0
UNITS = ("seconds", "words", "epochs")
LARGEST_SHARE = 0.02  # of one processor may go into checkpoints, where the user did not say how often to write

_UNITS = {
    "s": ("seconds", 1), "sec": ("seconds", 1), "second": ("seconds", 1), "m": ("seconds", 60), "min": ("seconds", 60),
    "minute": ("seconds", 60), "h": ("seconds", 3600), "hour": ("seconds", 3600), "word": ("words", 1),
    "epoch": ("epochs", 1),
}  # fmt: skip


@dataclass(frozen=True)
class Interval:
    """Time between two checkpoints, in seconds, raw words or epochs.

    Examples
    --------
    >>> Interval.of("5 min")
    Interval(amount=300.0, unit='seconds', stretch=False)
    """

    amount: float = DEFAULT_SECONDS
    unit: str = "seconds"
    stretch: bool = True  # wait longer where copying and writing take long

    @classmethod
    def of(cls, value: Any) -> Interval:
        """Read what a user gave: None, seconds, or a text such as ``"5 min"``, ``"1000000 words"``, ``"1 epoch"``.

        Raises
        ------
        ConfigError
            If it is none of these, or not above 0.
        """
        if value is None:
            return cls()
        amount, unit = 0.0, "seconds"
        if isinstance(value, str):
            match = re.fullmatch(r"\s*([0-9_.]+(?:e[0-9]+)?)\s*([a-z]+?)s?\s*", value.lower())
            if match and match[2] in _UNITS:
                unit, factor = _UNITS[match[2]]
                amount = _number(match[1]) * factor
        elif not isinstance(value, bool):
            amount = _number(value)
        if not 0 < amount < float("inf"):
            raise ConfigError(
                f"checkpoint_every={value!r}: must be a number of seconds above 0, or a text with a unit, such as "
                "'5 min', '1000000 words' or '1 epoch'"
            )
        return cls(amount, unit, False)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


class NoCheckpoints:
    """Stands in where no checkpoints are wanted; signals do what they always do."""

    def __enter__(self) -> NoCheckpoints:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Foreign code runs, between two epochs: the state is whole."""
        yield

    def poll(self, run: EpochRun) -> None:
        """Workers are training; called again and again from the caller's thread."""

    def draw(self, run: EpochRun, step: Callable[[], None]) -> None:
        """Draw the next chunk of a corpus, whose code is foreign, while workers are training."""
        del run
        step()

    def watch(self, run: EpochRun) -> None:
        """Workers are training, in step with other processes: the state is whole when they say so (:meth:`take`)."""

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return False

    def take(self) -> None:
        """The state is whole; called from a worker, while nobody trains."""

    def epoch_done(self) -> None:
        """All of an epoch is trained and booked."""

    def finish(self) -> None:
        """Training is over."""


class Checkpointer(NoCheckpoints):
    """Writes checkpoints while it is entered; enter it right before training.

    The first is written at once, so that a path that cannot be written is an error before anything
    is trained.  Later errors are logged and warned of each time, and training goes on: the weights in
    memory are worth more than the file, and the next attempt may succeed.

    Parameters
    ----------
    name : str
        The file's, for messages.
    interval : Interval
    position : Position
        Of the training loop, which changes it.
    capture : callable
        Copies the state; gives a function that writes the copy, in any thread.
    first : bool
        Whether to write a checkpoint at the beginning.
    """

    def __init__(
        self,
        name: str,
        interval: Interval,
        position: Position,
        capture: Callable[[], Callable[[], None]],
        *,
        first: bool = True,
    ) -> None:
        self.interval = interval
        self.n_written = 0
        self.pause_seconds = 0.0  # of all checkpoints together
        self._name = name
        self._position = position
        self._capture = capture
        self._first = first
        self._interrupts = Interrupts()
        self._at_rest = False
        self._writer: threading.Thread | None = None
        self._error: Exception | None = None
        self._last = (time.monotonic(), 0, 0)  # when the last one was taken: clock, words, epochs
        self._cost = 0.0  # seconds of the last one: the pause, and the processor time of writing

    def __enter__(self) -> Checkpointer:
        if self._first:
            self._capture()()
            self.n_written += 1
        self._mark(0.0)
        self._interrupts.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._at_rest and isinstance(error, (KeyboardInterrupt, SystemExit)):
                self._write_now()
            self._join()
        finally:
            self._interrupts.__exit__(kind, error, traceback)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Foreign code runs, which a signal may end; the state can be written from here."""
        self._at_rest = True  # and stays so when an interrupt leaves from here
        with self._interrupts.at_once():
            yield
        self._at_rest = False

    def poll(self, run: EpochRun) -> None:
        """Write where it is time to, or where a signal has come; that is then passed on."""
        self._report()
        if self._interrupts.pending is not None:
            self._interrupted(run)
        elif self._due() and not self._writing():
            started = time.perf_counter()
            run.pause()
            try:
                if run.failed:
                    return
                write = self._capture()
            finally:
                run.resume()
            self._mark(time.perf_counter() - started)
            self._write_behind(write)

    def draw(self, run: EpochRun, step: Callable[[], None]) -> None:
        """Draw the next chunk, which may take as long as it likes: a signal is served at once."""
        with self._interrupts.served_by(lambda: self._interrupted(run)):
            step()

    def _interrupted(self, run: EpochRun) -> None:
        """Write the state, and pass on the signal that has come."""
        run.pause()
        if not run.failed:
            self._write_now()
        self._interrupts.deliver()  # usually raises, and the workers end where they stand
        run.resume()

    def watch(self, run: EpochRun) -> None:
        """Pass signals on; the last checkpoint is what is left."""
        del run
        self._report()
        if self._interrupts.pending is not None:
            self._interrupts.deliver()

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return self._due() and not self._writing()

    def take(self) -> None:
        """Copy the state, and write the copy while training goes on."""
        started = time.perf_counter()
        write = self._capture()
        self._mark(time.perf_counter() - started)
        self._write_behind(write)

    def epoch_done(self) -> None:
        """Write where it is time to; nobody trains at the moment."""
        self._report()
        if self.due:
            self.take()

    def finish(self) -> None:
        """Write that training is over."""
        self._write_now()

    # -------------------------------------------------------------------------------- when ----

    def _words(self) -> int:
        return sum(totals.n_words for totals in self._position.finished) + self._position.totals.n_words

    def _mark(self, pause_seconds: float) -> None:
        self._last = (time.monotonic(), self._words(), self._position.epoch)
        self.pause_seconds += pause_seconds
        self._cost = pause_seconds

    def _due(self) -> bool:
        clock, words, epochs = self._last
        wait = self.interval.amount
        if self.interval.unit == "epochs":
            return self._position.epoch - epochs >= wait
        done = self._words() - words
        if self.interval.unit == "words":
            return done >= wait
        if self.interval.stretch:
            wait = max(wait, self._cost / LARGEST_SHARE)
        return done > 0 and time.monotonic() - clock >= wait

    # --------------------------------------------------------------------------------- how ----

    def _writing(self) -> bool:
        return self._writer is not None and self._writer.is_alive()

    def _write_behind(self, write: Callable[[], None]) -> None:
        def work() -> None:
            started = time.thread_time()
            try:
                write()
                self.n_written += 1
            except Exception as error:
                self._error = error
            self._cost += time.thread_time() - started

        self._writer = threading.Thread(target=work, name="fastw2v-checkpoint", daemon=True)
        self._writer.start()

    def _write_now(self) -> None:
        """Write in the caller's thread, after a write that may be under way; errors are reported."""
        self._join()
        try:
            self._capture()()
            self.n_written += 1
        except Exception as error:
            self._error = error
        self._mark(0.0)
        self._report()

    def _join(self) -> None:
        while self._writer is not None and self._writer.is_alive():
            self._writer.join(0.2)  # without a limit, a second Ctrl-C could not end the wait on every system
        self._report()

    def _report(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            message = (
                f"the checkpoint {self._name} could not be written ({error}): the file is still the last one that "
                "could be; training goes on"
            )
            logger.error(message)
            warnings.warn(message, RuntimeWarning, stacklevel=2)
