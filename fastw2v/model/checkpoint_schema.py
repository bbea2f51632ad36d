"""What a checkpoint says of its training, checked: the course, the position, the corpus and the interval."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from fastw2v.checks import MAX_INT32
from fastw2v.errors import FormatError
from fastw2v.model.file_schema import Rules, check_fields, fail, is_count, is_number
from fastw2v.train.checkpoint import UNITS, Interval
from fastw2v.train.fingerprint import Fingerprint
from fastw2v.train.job import Course, Position
from fastw2v.train.threads import EpochTotals

_COUNT = (is_count, "an integer >= 0")
_COUNT_OR_NULL = (lambda value: value is None or is_count(value), "an integer >= 0, or null")
_RATE = (lambda value: is_number(value) and value >= 0, "a finite number >= 0")
_FLAG = (lambda value: isinstance(value, bool), "true or false")

COURSE: Rules = {
    "alpha": _RATE,
    "min_alpha": _RATE,
    "epochs": (lambda value: is_count(value) and 1 <= value <= MAX_INT32, f"an integer from 1 to {MAX_INT32}"),
    "total_words": _COUNT_OR_NULL,
    "total_examples": _COUNT_OR_NULL,
    "report_delay": (lambda value: is_number(value) or value == float("inf"), "a number of seconds"),
    "first_epoch": _COUNT,
}
POSITION: Rules = {
    "epoch": _COUNT,
    "totals": (lambda value: isinstance(value, dict), "counts by name"),
    "finished": (lambda value: isinstance(value, list), "a list of counts by name"),
    "stopped": _FLAG,
}
TOTALS: Rules = {
    **dict.fromkeys(("n_chunks", "n_words", "n_sentences", "n_kept", "n_pairs", "n_loss_pairs"), _COUNT),
    "loss": (is_number, "a finite number"),
}
CORPUS: Rules = {
    **dict.fromkeys(("n_words", "n_sentences", "n_chunks"), _COUNT),
    "digest": (lambda value: isinstance(value, str), "a text"),
}
INTERVAL: Rules = {
    "amount": (lambda value: is_number(value) and value > 0, "a finite number above 0"),
    "unit": (lambda value: value in UNITS, f"one of {', '.join(UNITS)}"),
    "stretch": _FLAG,
}


def part_of(name: Any, whole: dict[str, Any], part: str) -> dict[str, Any]:
    """Give a part of the metadata, which must be there and be values by name.

    Raises
    ------
    FormatError
        If it is not.
    """
    if part not in whole:
        raise FormatError(f"{name}: {part}: this part of the checkpoint is missing; the file is damaged")
    value = whole[part]
    if not isinstance(value, dict):
        fail(name, part, value, "values by name")
    return value


def checked_training(name: Any, training: dict[str, Any]) -> tuple[Course, Position, Fingerprint | None, Interval]:
    """Read what a checkpoint says of its training.

    Parameters
    ----------
    name : path
        Of the file, for messages.
    training : dict
        The part ``training`` of its metadata.

    Raises
    ------
    FormatError
        If a field is missing, not known, or has a value that it cannot have.
    """
    course = _made(name, "course", Course, part_of(name, training, "course"), COURSE)
    place = part_of(name, training, "position")
    check_fields(f"{name}: position", place, POSITION)
    place = dict(place)
    place["totals"] = _made(name, "position.totals", EpochTotals, part_of(name, place, "totals"), TOTALS)
    finished = place.get("finished")
    if not isinstance(finished, list) or len(finished) != place.get("epoch"):
        fail(name, "position.finished", finished, f"the counts of each of the {place.get('epoch')!r} epochs before")
    if len(finished) > course.epochs:
        fail(name, "position.epoch", len(finished), f"an integer from 0 to {course.epochs}, the number of epochs")
    for epoch, totals in enumerate(finished):
        if not isinstance(totals, dict):
            fail(name, f"position.finished[{epoch}]", totals, "counts by name")
    place["finished"] = [
        _made(name, f"position.finished[{epoch}]", EpochTotals, totals, TOTALS) for epoch, totals in enumerate(finished)
    ]
    position = _made(name, "position", Position, place, {})
    corpus = None
    if training.get("corpus", False) is not None:
        corpus = _made(name, "corpus", Fingerprint, part_of(name, training, "corpus"), CORPUS)
    interval = _made(name, "interval", Interval, part_of(name, training, "interval"), INTERVAL)
    return course, position, corpus, interval


def _made(name: Any, part: str, kind: Any, values: dict[str, Any], rules: Rules) -> Any:
    """Make a dataclass of checked values; those that have been checked already need no rules."""
    if rules:
        check_fields(f"{name}: {part}", values, rules)
    for field in fields(kind):
        if field.name not in values:
            raise FormatError(f"{name}: {part}: {field.name} is missing; the file is damaged")
    return kind(**values)
