"""Checks of what users give: each returns the value in one form, or raises an error that says what to do."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastw2v.errors import ConfigError

MAX_INT32 = 2**31 - 1


class ParameterTypeError(ConfigError, TypeError):
    """A parameter is of a type that it cannot have."""


def checked_integer(name: str, value: Any, low: int | None, advice: str, high: int | None = None) -> int:
    """Give the value as an int; whole numbers of other types will do.

    Raises
    ------
    ConfigError
        If it is none, or out of range; ParameterTypeError (also a TypeError) if it is no number at all.
    """
    bounds = "" if low is None else f" >= {low}" if high is None else f" from {low} to {high}"
    message = f"{name}={value!r:.60}: must be an integer{bounds}; {advice}"
    if not isinstance(value, numbers.Real):
        raise ParameterTypeError(message)
    # An integer never goes by way of a float, which rounds or overflows.
    if not isinstance(value, numbers.Integral) and not float(value).is_integer():
        raise ConfigError(message)
    whole: int = int(value)  # type: ignore[call-overload]
    if (low is not None and whole < low) or (high is not None and whole > high):
        raise ConfigError(message)
    return whole


def checked_real(name: str, value: Any, advice: str, low: float = -math.inf, high: float = math.inf) -> float:
    """Give the value as a finite float from ``low`` to ``high``; raise ConfigError if it is none."""
    try:
        number = float(value) if isinstance(value, numbers.Real) else math.nan
    except OverflowError:  # an int
        number = math.inf
    if not math.isfinite(number) or not low <= number <= high:
        bound = "" if low == -math.inf else f" >= {low:g}" if high == math.inf else f" from {low:g} to {high:g}"
        raise ConfigError(f"{name}={value!r:.60}: must be a finite number{bound}; {advice}")
    return number


def checked_flag(name: str, value: Any, advice: str = "") -> bool:
    """Give a switch as a bool: 0, 1, False, True, or the texts "0" and "1", as a command line gives them.

    Raises
    ------
    ConfigError
        If it is something else, also a ParameterTypeError unless it is a number.
    """
    message = f"{name}={value!r:.60}: must be 0 or 1 (or False, True)" + (f"; {advice}" if advice else "")
    if isinstance(value, str):
        if value.strip() in ("0", "1"):
            return value.strip() == "1"
        raise ParameterTypeError(f"{message}; a text is true in Python whatever it says")
    if isinstance(value, np.bool_):
        return bool(value)
    if not isinstance(value, numbers.Real):
        raise ParameterTypeError(message)
    if value not in (0, 1):
        raise ConfigError(message)
    return bool(value)


def check_trim_rule(trim_rule: Any) -> None:
    """Raise ParameterTypeError if a rule for trimming the vocabulary cannot be called."""
    if trim_rule is not None and not callable(trim_rule):
        raise ParameterTypeError(
            f"trim_rule={trim_rule!r:.60}: must be a function trim_rule(word, count, min_count) that gives RULE_KEEP, "
            "RULE_DISCARD or RULE_DEFAULT, or None"
        )


def checked_callbacks(callbacks: Any) -> list[Any]:
    """Give the callbacks as a list; raise ParameterTypeError if they are not several things."""
    if not isinstance(callbacks, Iterable):
        raise ParameterTypeError(
            f"callbacks={callbacks!r:.60}: must be a list of callbacks, such as [MyCallback()], or () for none"
        )
    return list(callbacks)
