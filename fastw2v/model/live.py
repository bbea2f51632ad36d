"""The weight arrays of a model as training meets them: users may have put in others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.config import TrainConfig
from fastw2v.errors import ConfigError, TrainingError, VocabularyError
from fastw2v.train.weights import to_padded


class LiveArrays:
    """Weight arrays in the layout of the kernels, beside the arrays that the user sees.

    Usually these are the same.  Where a user put in an array of their own (another layout, a memory
    map), the kernels train a padded copy, and :meth:`write_back` copies it into the user's array.
    """

    def __init__(self) -> None:
        self._pairs: list[tuple[NDArray[Any], NDArray[np.float32]]] = []
        self._newest: dict[str, NDArray[np.float32]] = {}

    def use(self, array: NDArray[Any], name: str) -> NDArray[np.float32]:
        """Give the array that the kernels train for ``array``."""
        for seen, live in self._pairs:
            if seen is array:
                self._newest[name] = live
                return live
        if not array.flags.writeable:
            raise ConfigError(
                f"{name} is read-only (a memory map opened with mmap='r'?): training would not reach it; "
                f"load it without mmap, or assign a copy: model.{name} = model.{name}.copy()"
            )
        live = to_padded(array)
        self._pairs.append((array, live))
        self._newest[name] = live
        return live

    def newest(self) -> list[NDArray[np.float32]]:
        """Give what was last used under each name, in the order of first use."""
        return list(self._newest.values())

    def write_back(self) -> None:
        """Copy what was trained apart into the users' arrays."""
        for array, live in self._pairs:
            if array is not live:
                np.copyto(array, live, casting="same_kind")


def check_weights(model: Any, config: TrainConfig) -> None:
    """Raise unless the arrays that users may have replaced fit each other."""
    wv, shape = model.wv, (len(model.wv), model.vector_size)
    if not isinstance(wv.vectors, np.ndarray):
        raise TrainingError(
            f"wv.vectors is a {type(wv.vectors).__name__}, which cannot be trained: model.wv = "
            "model.wv.astype('float32') first"
        )
    for name in ("count", *(["sample_int"] if config.sample else [])):
        if len(wv.expandos.get(name, ())) != len(wv):
            raise VocabularyError(
                f"wv has no {name!r} for each of its {len(wv)} words, which training needs: vectors alone are not "
                "enough; call build_vocab() (update=True keeps what is there), or set_vecattr() for each word"
            )
    if (config.negative or config.softmax) and not hasattr(model, "syn1neg"):
        raise TrainingError(
            f"{'softmax=True' if config.softmax else 'negative > 0'}, but the model has no syn1neg: "
            "call init_weights() first"
        )
    if config.hs and not hasattr(model, "syn1"):
        raise TrainingError("hs=1, but the model has no syn1: call init_weights() first")
    used = {"wv.vectors": True, "syn1neg": config.negative or config.softmax, "syn1": config.hs}
    for name in [name for name, needed in used.items() if needed]:
        found = (wv.vectors if name == "wv.vectors" else getattr(model, name)).shape
        if found != shape:
            raise TrainingError(
                f"{name} is of shape {found} where {shape[0]} words of vector_size={shape[1]} need {shape}: words "
                "that are to be trained come from build_vocab(..., update=True), not from wv.add_vectors()"
            )
