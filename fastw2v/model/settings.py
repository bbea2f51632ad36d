"""Attributes that a program changes while its model is trained: they count from then on, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError, TrainingError
from fastw2v.parameters import Parameters, check_objective

# Rates and the loss count from the next chunk on, the others from the next epoch.
EFFECTIVE = (
    "alpha", "min_alpha", "compute_loss", "window", "sample", "workers", "sg", "hs", "negative", "ns_exponent",
    "cbow_mean", "shrink_windows", "cbow_exact", "joint_context",
)  # fmt: skip
FIXED = {
    "epochs": "end training earlier with StopTraining, or call train() again for more epochs",
    "vector_size": "make another model",
    "seed": "call train() again",
    "softmax": "call train() again",
    "checkpoint": "give it to train()",
    "checkpoint_every": "give it to train()",
    "progress": "set it before train()",
    "device": "call train() again",
}
NAMES = (*EFFECTIVE, *FIXED)


class Settings:
    """The parameters of a training, and what the program makes of them on the way.

    Parameters
    ----------
    parameters : Parameters
        Those that the training begins with.
    get : callable
        ``get(name)`` is an attribute of the model.
    """

    def __init__(self, parameters: Parameters, get: Callable[[str], Any]) -> None:
        self.parameters = parameters
        self._get = get
        self._seen = self._look()

    def _look(self) -> tuple[Any, ...]:
        return (*map(self._get, NAMES), self._get("_n_trainings"))

    def refresh(self) -> Parameters:
        """Return the parameters as the attributes are now.

        Raises
        ------
        ConfigError
            If an attribute was set that cannot change during training, or to what it cannot be.
        """
        now, before = self._look(), self._seen
        if now == before:
            return self.parameters
        self._seen = now
        changed = [name for name, new, old in zip(NAMES, now, before, strict=False) if new != old]
        if now[-1] == before[-1]:  # a train() within a callback sets its own
            for name in changed:
                if name in FIXED:
                    raise ConfigError(
                        f"{name}={self._get(name)!r:.60} was set while the model is trained, which has no effect on a "
                        f"training that runs with {name}={before[NAMES.index(name)]!r:.60}: {FIXED[name]}"
                    )
        values = {name: self._get(name) for name in changed if name in EFFECTIVE}
        self.parameters = replace(self.parameters, **values)
        check_objective(self.parameters)
        return self.parameters


# ------------------------------------------------------------------- noise of the program's own ----


def cum_table_mark(table: NDArray[Any]) -> int:
    """Return what tells whether a program has changed a cumulative noise table."""
    return crc32(np.ascontiguousarray(table).tobytes())


def own_noise(table: Any, mark: int | None, n_words: int) -> NDArray[np.int64] | None:
    """Return the shares of the noise words, (n_words,), in a ``cum_table`` that a program has put in or changed.

    None for the one that :meth:`Word2Vec.make_cum_table` made, of which ``mark`` is left.

    Raises
    ------
    TrainingError
        If it cannot be one.
    """
    if table is None or mark is None:
        return None
    table = np.asarray(table)
    if table.dtype.kind in "iuf" and cum_table_mark(table) == mark:
        return None
    shape_fits = table.dtype.kind in "iuf" and table.shape == (n_words,) and n_words > 0
    shares = np.diff(table.astype(np.float64), prepend=0.0) if shape_fits else np.empty(0)
    if not shape_fits or not np.isfinite(shares).all() or shares.min() < 0 or not shares.max() > 0:
        raise TrainingError(
            f"cum_table is {table.dtype} of shape {table.shape}: it must hold {n_words} numbers that never fall, the "
            "last above 0; make_cum_table() makes it anew"
        )
    rounded: NDArray[np.int64] = np.rint(shares / shares.sum() * 2**52).astype(np.int64)
    return rounded
