"""The arrays that are trained, beside those that the program sees: it may have put in others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.train.weights import to_padded


class TrainableArrays:
    """Weight arrays in the layout of the kernels, beside the arrays that the user sees.

    Usually these are the same.  Where a user put in an array of their own (another layout, a memory
    map), the kernels train a padded copy, and :meth:`write_back` copies it into the user's array.
    """

    def __init__(self) -> None:
        self._pairs: list[tuple[NDArray[Any], NDArray[np.float32]]] = []
        self._newest: dict[str, NDArray[np.float32]] = {}

    def use(self, array: NDArray[Any], name: str) -> NDArray[np.float32]:
        """Give the array that the kernels train for ``array``."""
        for seen, trained in self._pairs:
            if seen is array:
                self._newest[name] = trained
                return trained
        if not array.flags.writeable:
            raise ConfigError(
                f"{name} is read-only (a memory map opened with mmap='r'?): training would not reach it; "
                f"load it without mmap, or assign a copy: model.{name} = model.{name}.copy()"
            )
        trained = to_padded(array)
        self._pairs.append((array, trained))
        self._newest[name] = trained
        return trained

    def newest(self) -> list[NDArray[np.float32]]:
        """Return what was last used under each name, in the order of first use."""
        return list(self._newest.values())

    def write_back(self) -> None:
        """Copy what was trained apart into the users' arrays."""
        for array, trained in self._pairs:
            if array is not trained:
                np.copyto(array, trained, casting="same_kind")
