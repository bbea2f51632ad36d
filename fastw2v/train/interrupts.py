"""Ctrl-C and SIGTERM, put off until the state of training has been written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """While this is entered, SIGINT and SIGTERM wait for :meth:`deliver`; then they go to whom they belong.

    Handlers can be set in the main thread only; elsewhere, and for a signal that is ignored (as under
    ``nohup``) or handled outside Python, nothing is changed.  A second signal is not put off any more.
    """

    def __init__(self) -> None:
        self.pending: int | None = None
        self._previous: dict[int, Callable[[int, FrameType | None], Any] | int] = {}
        self._at_once = False
        self._serve: Callable[[], None] | None = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                previous = signal.getsignal(number)
                if previous is not None and previous is not signal.SIG_IGN:
                    self._previous[number] = previous
                    signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        if self.pending is not None:  # it came after the last chance to deliver it
            self.deliver()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let signals through while foreign code runs, which may take as long as it likes."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    @contextmanager
    def served_by(self, serve: Callable[[], None]) -> Iterator[None]:
        """Call ``serve`` as soon as a signal comes, in the midst of foreign code; it is to call :meth:`deliver`."""
        self._serve = serve
        try:
            yield
        finally:
            self._serve = None

    def deliver(self) -> None:
        """Do now what the waiting signal would have done: raise, or call the handler that was there before."""
        if self.pending is not None:
            number, self.pending = self.pending, None
            self._pass_on(number, None)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._at_once or self.pending is not None:
            self._pass_on(number, frame)
        else:
            self.pending = number
            if self._serve is not None:
                self._serve()

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        previous = self._previous[number]
        if callable(previous):
            previous(number, frame)
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
        else:
            raise SystemExit(128 + number)
