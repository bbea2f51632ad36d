"""Every training parameter: its default, its range and the message for a value outside it."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any

from fastw2v.errors import ConfigError


def _integer(name: str, value: Any, low: int, advice: str) -> int:
    is_whole = isinstance(value, numbers.Real) and float(value).is_integer()
    if is_whole:
        value = int(value)
    if not isinstance(value, int) or value < low:
        raise ConfigError(f"{name}={value!r}: must be an integer >= {low}; {advice}")
    return value


def _real(name: str, value: Any, advice: str, low: float = -math.inf) -> float:
    if not isinstance(value, numbers.Real) or not math.isfinite(value) or value < low:
        bound = "" if low == -math.inf else f" >= {low:g}"
        raise ConfigError(f"{name}={value!r}: must be a finite number{bound}; {advice}")
    return float(value)


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
            "vector_size": _integer("vector_size", self.vector_size, 1, "100 is usual"),
            "alpha": _real("alpha", self.alpha, "0.025 is usual", 0.0),
            "min_alpha": _real("min_alpha", self.min_alpha, "0.0001 is usual", 0.0),
            "window": _integer("window", self.window, 1, "5 is usual; a window of 0 has no context to learn from"),
            "negative": _integer("negative", self.negative, 0, "5 is usual, 0 turns negative sampling off"),
            "sample": _real("sample", self.sample, "0.001 is usual, 0 turns sub-sampling off", 0.0),
            "ns_exponent": _real("ns_exponent", self.ns_exponent, "0.75 is usual"),
            "seed": _integer("seed", self.seed, -(2**63), "any integer will do"),
            "workers": _integer("workers", self.workers, 1, "use at least one thread"),
            "epochs": _integer("epochs", self.epochs, 1, "train at least one epoch"),
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
