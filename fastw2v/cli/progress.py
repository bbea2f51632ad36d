"""Show on stderr what the package logs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def progress_on_stderr(quiet: bool) -> Iterator[None]:
    """Print the log of the package, warnings only if `quiet`, as long as the context lasts."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    # Life-cycle events are for the record that a model keeps of itself.
    handler.addFilter(lambda record: "lifecycle event" not in str(record.msg))
    logger = logging.getLogger("fastw2v")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
