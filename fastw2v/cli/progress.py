"""Show on stderr what the package logs; bars make room for it (``_progress``)."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS_BETWEEN = 2.0  # two lines that tell the same, with other numbers


class _Seldom(logging.Filter):
    """Lets each kind of news pass now and then, and none of a training beside a bar, which shows the same."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}  # by the text of a message before its numbers are filled in

    def filter(self, record: logging.LogRecord) -> bool:
        text = str(record.msg)
        if "lifecycle event" in text:  # those are for the record that a model keeps of itself
            return False
        if record.levelno > logging.INFO:
            return True
        now = time.monotonic()
        if ("PROGRESS" in text and sys.stderr.isatty()) or now - self._last.get(text, -math.inf) < SECONDS_BETWEEN:
            return False
        self._last[text] = now
        return True


@contextmanager
def progress_on_stderr(quiet: bool, *, silent: bool = False) -> Iterator[None]:
    """Print the log of the package as long as the context lasts: warnings only if `quiet`, errors only if `silent`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler.addFilter(_Seldom())
    logger = logging.getLogger("fastw2v")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR if silent else logging.WARNING if quiet else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
