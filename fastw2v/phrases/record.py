"""What files keep of a phrase model: its texts with their numbers, its parameters, the name of its scorer.

A custom scorer is stored as the name of its function; loading never imports anything for it.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from fastw2v.errors import ConfigError, FormatError
from fastw2v.phrases.scoring import NAMED_SCORERS, Scorer, missing_parameters


class Kind(NamedTuple):
    """What is saved of a class."""

    name: str
    items: str  # the attribute that is a dict of texts
    array: str
    dtype: type
    parameters: tuple[str, ...]


COUNTED = Kind(
    "Phrases",
    "vocab",
    "counts",
    np.int64,
    ("min_count", "threshold", "delimiter", "max_vocab_size", "progress_per", "min_reduce", "corpus_word_count"),
)
FROZEN = Kind("FrozenPhrases", "phrasegrams", "scores", np.float64, ("min_count", "threshold", "delimiter"))
KINDS = {"phrases": COUNTED, "frozen_phrases": FROZEN}


class FunctionName(NamedTuple):
    """A function that a file names."""

    module: str
    name: str

    def look_up(self) -> Any:
        """Return what has this name in a module that is imported already, or None."""
        found: Any = sys.modules.get(self.module)
        for part in self.name.split("."):
            found = getattr(found, part, None)
        return found

    def scorer(self, path: object) -> Scorer:
        """Return the function if it is there and is a scorer.

        Raises
        ------
        FormatError
            Otherwise; the message says how to load the file all the same.
        """
        found = self.look_up()
        origin = (getattr(found, "__module__", None), getattr(found, "__qualname__", None))
        if origin != tuple(self) or not callable(found) or missing_parameters(found):
            raise FormatError(
                f"{path}: the scorer {self.module}.{self.name} is not at hand. Import its module first, or give "
                "the function: load(path, scoring=function)"
            )
        return found  # type: ignore[no-any-return]


def scorer_name(scoring: Scorer) -> list[str]:
    """Return the short name of a scorer of ours, else its module and its name there.

    Parameters
    ----------
    scoring : callable

    Returns
    -------
    list of str
        One name or two.

    Raises
    ------
    ConfigError
        For a lambda, a local function, a partial or the like.

    Examples
    --------
    >>> import math
    >>> scorer_name(NAMED_SCORERS["npmi"]), scorer_name(math.log)
    (['npmi'], ['math', 'log'])
    """
    for short, function in NAMED_SCORERS.items():
        if scoring is function:
            return [short]
    name = FunctionName(str(getattr(scoring, "__module__", "")), str(getattr(scoring, "__qualname__", "")))
    if name.look_up() is not scoring:
        raise ConfigError(
            f"scoring={scoring!r} cannot be saved: only a function defined at the top of a module "
            "can be found again by its name"
        )
    return list(name)
