"""Log records under gensim's names, for programs that silence, capture or format gensim's log.

While the patch lasts, each of our loggers hangs below the gensim logger of the same purpose.  Levels and
handlers are then found where the program put them, and no record comes twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from fastw2v.patch.names import LOGGERS


def redirect() -> Callable[[], None]:
    """Hang our loggers below gensim's; give the function that undoes it."""
    package = logging.getLogger("fastw2v")  # made now: a logger made later takes over those of names below its own
    pairs = [(logging.getLogger(ours), logging.getLogger(gensims)) for ours, gensims in LOGGERS.items()]
    undo = [_redirect(logger, target, package) for logger, target in pairs]

    def restore() -> None:
        for step in undo:
            step()

    return restore


def _redirect(logger: logging.Logger, target: logging.Logger, package: logging.Logger) -> Callable[[], None]:
    def pass_as_gensims(record: logging.LogRecord) -> bool:
        """Treat a record as `target` would one of its own, and show it to those who watch our package."""
        if target.disabled or record.levelno < package.level:
            return False
        record.name = target.name
        if not target.filter(record):
            return False
        for handler in package.handlers:
            if record.levelno >= handler.level:
                handler.handle(record)
        return True

    parent = logger.parent
    logger.addFilter(pass_as_gensims)
    _hang(logger, target)

    def restore() -> None:
        logger.removeFilter(pass_as_gensims)
        _hang(logger, parent)

    return restore


def _hang(logger: logging.Logger, parent: logging.Logger | None) -> None:
    logger.parent = parent
    logger.setLevel(logger.level)  # logging remembers which levels are on until a level is set
