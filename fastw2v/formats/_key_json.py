"""Keys that are neither all texts nor all integers, as JSON: data that say which type they had, never a pickle.

A text or an integer stands for itself; everything else is a list of a tag and its content: ``["D", "1.5"]`` is
``Decimal("1.5")``, ``["t", 1, ["U", "..."]]`` a tuple of an integer and a UUID. What would need a class of the program
to be made again (an Enum, a dataclass) cannot be kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np

from fastw2v.errors import FormatError
from fastw2v.formats._budget import check_hashes

WAY_OUT = (
    "keep the model with pickle, or the vectors under other keys: "
    "kv.add_vectors([str(key) for key in wv.index_to_key], wv.vectors)"
)
LONGEST = 4000  # characters of a number, where making it takes the square of the time


# ------------------------------------------------------------------------------- content ----


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(f"a number of {len(text)} digits, more than {LONGEST},")
    return text


def _read_decimal(text: str) -> Decimal:
    made = Decimal(_short(text))
    if made.is_snan():
        raise ValueError("a signalling NaN is no key")
    return made


def _write_fraction(key: Fraction) -> str:
    return _short(f"{key.numerator:x}") + "/" + _short(f"{key.denominator:x}")


def _read_fraction(text: str) -> Fraction:
    above, below = text.split("/")
    return Fraction(int(_short(above), 16), int(_short(below), 16))


def _write_instant(key: datetime | time) -> str:
    if type(key.tzinfo) not in (type(None), timezone):
        raise ValueError(f"a {type(key).__name__} in the zone {key.tzinfo}, of which only fixed offsets can be kept")
    return key.isoformat()


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON would make one character of two halves
        return False
    return True


def _read_duration(text: str) -> timedelta:
    days, seconds, microseconds = map(int, text.split())
    return timedelta(days, seconds, microseconds)


Write = Callable[[Any], str]
Read = Callable[[str], Any]

# By type, and no subclass of it (a pandas.Timestamp has nanoseconds that a datetime has not).
CONTENT: dict[type, tuple[str, Write, Read]] = {
    UUID: ("U", lambda key: key.hex, UUID),
    Decimal: ("D", lambda key: _short(str(key)), _read_decimal),
    Fraction: ("r", _write_fraction, _read_fraction),
    date: ("date", date.isoformat, date.fromisoformat),
    datetime: ("datetime", _write_instant, datetime.fromisoformat),
    time: ("time", _write_instant, time.fromisoformat),
    timedelta: ("timedelta", lambda key: f"{key.days} {key.seconds} {key.microseconds}", _read_duration),
}
READ: dict[str, Read] = {
    **{tag: read for tag, _, read in CONTENT.values()},
    "f": float.fromhex,
    "y": bytes.fromhex,
    "u": lambda text: bytes.fromhex(text).decode("utf8", "surrogatepass"),
    "i": lambda text: int(text, 16),  # JSON's own have a limit of some thousand digits
}


# --------------------------------------------------------------------------------- write ----


def write(keys: Sequence[Hashable], name: str) -> bytes:
    """Return the JSON of all keys; equal keys give equal bytes.

    Raises
    ------
    FormatError
        A key cannot be kept; the message says what to do.
    """
    tagged = []
    for row, key in enumerate(keys):
        try:
            tagged.append(_tagged(key))
        except ValueError as error:
            raise FormatError(f"{name}: row {row}: {error} cannot be stored; {WAY_OUT}") from None
    return _text(tagged).encode()


def unstorable(keys: Sequence[Hashable]) -> list[str]:
    """Return what of these keys no file of ours can hold, each kind of it once."""
    if set(map(type, keys)) <= {str, int}:
        return []
    found: dict[str, None] = {}
    for key in keys:
        try:
            _tagged(key)
        except ValueError as error:
            found.setdefault(str(error), None)
            if len(found) == 5:
                break
    return sorted(found)


def _text(tagged: Any) -> str:
    return json.dumps(tagged, separators=(",", ":"))


def _tagged(key: Any) -> Any:
    """The key as JSON has it; a ValueError that says what the key is if it cannot be kept."""
    if key is None or isinstance(key, bool | np.bool_):
        return ["b", None if key is None else bool(key)]
    if isinstance(key, int | np.integer) and not isinstance(key, np.timedelta64):
        number = int(key)
        return number if number.bit_length() < 10_000 else ["i", f"{number:x}"]
    if isinstance(key, str):
        text = str.__str__(key)  # whatever an Enum of texts makes of it
        return text if text.isascii() or _is_unicode(text) else ["u", text.encode("utf8", "surrogatepass").hex()]
    if isinstance(key, float | np.floating):
        return ["f", float(key).hex()]
    if isinstance(key, bytes):
        return ["y", key.hex()]
    if isinstance(key, tuple):
        return ["t", *map(_tagged, key)]
    if type(key) is frozenset:
        return ["s", *sorted(map(_tagged, key), key=_text)]
    if type(key) not in CONTENT:
        raise ValueError(f"a key of type {type(key).__name__}")
    tag, content, _ = CONTENT[type(key)]
    return [tag, content(key)]


# ---------------------------------------------------------------------------------- read ----


def read(text: bytes, name: str) -> list[Any]:
    """Return the keys that :func:`write` wrote.

    Raises
    ------
    FormatError, ValueError, TypeError, ArithmeticError, RecursionError
        The text is none of ours, or the keys are made to have one hash.
    """
    made = [_untagged(value, name) for value in json.loads(text.decode("utf8"))]
    check_hashes(made, name)  # here, since whoever maps a file makes the index later
    return made


def _untagged(value: Any, name: str) -> Any:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    tag, *rest = value
    if tag == "t":
        return tuple(_untagged(part, name) for part in rest)
    if tag == "s":
        parts = [_untagged(part, name) for part in rest]
        check_hashes(parts, name)
        made = frozenset(parts)
        if len(made) < len(parts):
            raise ValueError("a part of a set occurs twice")
        return made
    (content,) = rest
    if tag == "b" and (content is None or isinstance(content, bool)):
        return content
    if tag not in READ or not isinstance(content, str):
        raise ValueError(f"unknown tag {tag!r:.40}")
    return READ[tag](content)
