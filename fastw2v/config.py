"""Every training parameter: its default, its range and the message for a value outside it."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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


def checked_real(name: str, value: Any, advice: str, low: float = -math.inf) -> float:
    """Give the value as a finite float not below ``low``; raise ConfigError if it is none."""
    try:
        number = float(value) if isinstance(value, numbers.Real) else math.nan
    except OverflowError:  # an int
        number = math.inf
    if not math.isfinite(number) or number < low:
        bound = "" if low == -math.inf else f" >= {low:g}"
        raise ConfigError(f"{name}={value!r:.60}: must be a finite number{bound}; {advice}")
    return number


def check_vocabulary_bounds(min_count: Any, max_vocab_size: Any, max_final_vocab: Any) -> None:
    """Check what limits a vocabulary.

    Raises
    ------
    ConfigError
        The message names the parameter, the value and what to do.
    """
    for name, value, advice in (
        ("min_count", min_count, "5 is usual, 1 keeps every word"),
        ("max_vocab_size", 0 if max_vocab_size is None else max_vocab_size, "None, for no limit, is usual"),
    ):
        if not isinstance(value, numbers.Real):
            raise ParameterTypeError(f"{name}={value!r:.60}: must be a number; {advice}")
        if math.isnan(value):
            raise ConfigError(f"{name}={value!r}: must be a number; {advice}")
    if max_final_vocab is not None:
        checked_integer("max_final_vocab", max_final_vocab, 0, "None is no limit")


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


@dataclass(frozen=True)
class TrainConfig:
    """The parameters of one training run, checked: what the training loop sees of a model.

    Raises
    ------
    ConfigError
        If a value is out of range; the message names the parameter, the value and what to do.
    """

    vector_size: int = 100
    alpha: float = 0.025
    min_alpha: float = 0.0001
    window: int = 5
    sg: bool = False
    hs: bool = False
    negative: int = 5
    softmax: bool = False  # exact, over the whole vocabulary; instead of the other two objectives
    cbow_mean: bool = True
    cbow_exact: bool = False  # the true gradient of the mean (or sum), instead of word2vec.c's
    shrink_windows: bool = True
    sample: float = 1e-3
    ns_exponent: float = 0.75
    seed: int = 1
    workers: int = 3
    epochs: int = 5

    def __post_init__(self) -> None:
        checked = {
            "vector_size": checked_integer("vector_size", self.vector_size, 1, "100 is usual", MAX_INT32),
            "alpha": checked_real("alpha", self.alpha, "0.025 is usual", 0.0),
            "min_alpha": checked_real("min_alpha", self.min_alpha, "0.0001 is usual", 0.0),
            "window": checked_integer(
                "window", self.window, 1, "5 is usual; a window of 0 has no context to learn from", MAX_INT32
            ),
            "negative": checked_integer(
                "negative", self.negative, 0, "5 is usual, 0 turns negative sampling off", MAX_INT32
            ),
            "sample": checked_real("sample", self.sample, "0.001 is usual, 0 turns sub-sampling off", 0.0),
            "ns_exponent": checked_real("ns_exponent", self.ns_exponent, "0.75 is usual"),
            "seed": checked_integer("seed", self.seed, None, "any integer will do"),
            "workers": checked_integer("workers", self.workers, 1, "use at least one thread"),
            "epochs": checked_integer("epochs", self.epochs, 1, "train at least one epoch"),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.softmax and (self.hs or self.negative):
            raise ConfigError(
                f"softmax=True with hs={int(self.hs)} and negative={self.negative}: the exact softmax replaces the two "
                "others, which approximate it; set hs=0 and negative=0, or softmax=False"
            )
        if not self.hs and not self.negative and not self.softmax:
            raise ConfigError(
                "hs=0 and negative=0: there is no training objective left; "
                "set negative=5 (negative sampling) or hs=1 (hierarchical softmax), or softmax=True for few words"
            )
