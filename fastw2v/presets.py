"""Presets of ``Word2Vec``: parameters that go together, each measured for its purpose (docs/presets.md).

A preset is a set of defaults: what the program passes itself wins.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

from fastw2v.compat.old_names import OLD_KEYWORDS
from fastw2v.errors import ConfigError

Arguments = ParamSpec("Arguments")

PRESETS: dict[str, Mapping[str, Any]] = {
    "balanced": {"sg": 1, "vector_size": 150, "window": 4, "epochs": 10},
    "similarity": {"sg": 1, "vector_size": 300, "window": 4, "epochs": 16},
    "relatedness": {
        "sg": 1, "alpha": 0.05, "negative": 10, "sample": 1e-4, "epochs": 20, "joint_context": True,
    },
    "analogy": {
        "sg": 1, "alpha": 0.05, "negative": 10, "sample": 1e-4, "epochs": 20, "joint_context": True,
    },
    "small": {"sg": 1, "epochs": 30},
    "items": {"sg": 1, "vector_size": 32, "window": 30, "sample": 0, "epochs": 20},
    "graph": {"sg": 1, "hs": 1, "negative": 0, "vector_size": 32, "window": 10, "sample": 0},
}


def preset_named(name: str) -> Mapping[str, Any]:
    """Return the parameters of a preset.

    Raises
    ------
    ConfigError
        If there is none of that name.

    Examples
    --------
    >>> preset_named("balanced")["epochs"]
    10
    """
    if not isinstance(name, str) or name not in PRESETS:
        names = ", ".join(PRESETS)
        raise ConfigError(f"preset={name!r:.60}: use one of {names}, or None; docs/presets.md compares them")
    return PRESETS[name]


def with_presets(init: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Return a constructor that fills in what its ``preset`` says and the caller does not.

    Only here is it known which arguments were given: inside, a default looks like a choice.
    """
    names = init.__code__.co_varnames[: init.__code__.co_argcount]

    @functools.wraps(init)
    def filled(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        preset: Any = kwargs.get("preset")
        if preset is not None:
            given = {*names[: len(args)], *(OLD_KEYWORDS["__init__"].get(name, name) for name in kwargs)}
            kwargs.update({name: value for name, value in preset_named(preset).items() if name not in given})
        init(*args, **kwargs)

    return filled
