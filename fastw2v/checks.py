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
    kind: type[ConfigError] = ConfigError
    if not isinstance(value, (int, numbers.Real)):
        kind = ParameterTypeError
    # An integer never goes by way of a float, which rounds or overflows.
    elif isinstance(value, (int, numbers.Integral)) or float(value).is_integer():
        whole: int = int(value)  # type: ignore[arg-type]
        if (low is None or whole >= low) and (high is None or whole <= high):
            return whole
    bounds = "" if low is None else f" >= {low}" if high is None else f" from {low} to {high}"
    raise kind(f"{name}={value!r:.60}: must be an integer{bounds}; {advice}")


def checked_real(name: str, value: Any, advice: str, low: float = -math.inf, high: float = math.inf) -> float:
    """Give the value as a finite float from ``low`` to ``high``; raise ConfigError if it is none."""
    try:
        number = float(value) if isinstance(value, (float, int, numbers.Real)) else math.nan
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
    if isinstance(value, str) and value.strip() in ("0", "1"):
        return value.strip() == "1"
    is_number = isinstance(value, (int, np.bool_, numbers.Real))
    if is_number and value in (0, 1):
        return bool(value)
    message = f"{name}={value!r:.60}: must be 0 or 1 (or False, True)" + (f"; {advice}" if advice else "")
    if is_number:
        raise ConfigError(message)
    raise ParameterTypeError(message + "; a text is true in Python whatever it says" * isinstance(value, str))


def truth(name: str, value: Any) -> bool:
    """Give a switch of a method as a bool: any value as Python takes it, but of texts only "0" and "1".

    Raises
    ------
    ParameterTypeError
        For another text: they are all true, "False" too.

    Examples
    --------
    >>> truth("binary", "0"), truth("binary", None), truth("binary", 2)
    (False, False, True)
    """
    return checked_flag(name, value) if isinstance(value, str) else bool(value)


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
