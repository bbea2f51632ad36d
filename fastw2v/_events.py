"""Lifecycle events: what happened to a model, and when; never on which machine or under which path."""

from __future__ import annotations

import datetime
import logging
from typing import Any


def note_event(owner: Any, logger: logging.Logger, name: str, log_level: int | None, details: dict[str, Any]) -> None:
    """Append an event to ``owner.lifecycle_events``, unless that is None, and log it.

    Parameters
    ----------
    owner : object
        Gets the attribute, a list of dict, if it lacks it.
    logger : logging.Logger
    name : str
        What happened: "created", "saved".
    log_level : int or None
        None or 0: do not log.
    details : dict
        What is worth remembering; can be written as JSON.
    """
    from fastw2v import __version__

    entry = {**details, "datetime": datetime.datetime.now().isoformat(), "fastw2v": __version__, "event": name}
    if log_level:
        logger.log(log_level, "%s lifecycle event %s", type(owner).__name__, entry)
    if not hasattr(owner, "lifecycle_events"):
        owner.lifecycle_events = []
    if owner.lifecycle_events is not None:
        owner.lifecycle_events.append(entry)
