"""Attributes of keys (counts and the like), and operations that move or remake all rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.query import similarity as sim
from fastw2v.vectors.growth import Growth
from fastw2v.vectors.rows import take_rows

logger = logging.getLogger("fastw2v.keyedvectors")


def attr_dtype(kind: Any) -> np.dtype[Any]:
    """Dtype of the column for values of a type: int64, float64, bool, a NumPy type, else object."""
    if kind is int:
        return np.dtype(np.int64)  # np.dtype(int) is 32 bits wide on some platforms
    if kind in (float, bool) or isinstance(kind, np.dtype) or (isinstance(kind, type) and issubclass(kind, np.generic)):
        dtype = np.dtype(kind)
        return dtype if dtype.kind in "biufc" else np.dtype(object)
    return np.dtype(object)


def prep_vectors(
    target_shape: tuple[int, int],
    prior_vectors: NDArray[Any] | None = None,
    seed: int = 0,
    dtype: Any = np.float32,
) -> NDArray[Any]:
    """Give a matrix of ``target_shape`` whose first rows are ``prior_vectors``, the others small and random.

    Parameters
    ----------
    target_shape : (int, int)
        Rows and vector size.
    prior_vectors : ndarray, optional
        Returned as it is if it has the shape already.
    seed : int
        Of the random rows, uniform in -1/vector_size .. 1/vector_size.
    dtype : float32 or float64
    """
    if prior_vectors is not None and prior_vectors.shape == target_shape:
        return prior_vectors
    rows, size = target_shape
    fresh = np.random.default_rng(seed).random(target_shape, dtype=dtype)
    fresh *= 2.0
    fresh -= 1.0
    fresh /= max(size, 1)
    if prior_vectors is not None:
        kept = prior_vectors[:rows, :size]
        fresh[: kept.shape[0], : kept.shape[1]] = kept
    return fresh


class Attributes(Growth):
    """Per-key attributes, norms, and changes of all rows at once."""

    def allocate_vecattrs(self, attrs: Iterable[str] | None = None, types: Iterable[Any] | None = None) -> None:
        """Make columns for attributes, one place per key; without arguments, grow all columns that exist.

        Parameters
        ----------
        attrs : iterable of str, optional
        types : iterable of type, optional
            One for each attribute; ints become int64, what is no number becomes object.

        Raises
        ------
        TypeError
            If an attribute exists with a type that cannot hold the new one.
        """
        if attrs is None:
            wanted = {name: column.dtype for name, column in self.expandos.items()}
        else:
            names = list(attrs)
            wanted = dict(zip(names, map(attr_dtype, types or [object] * len(names)), strict=False))
        grown = {}
        for name, dtype in wanted.items():
            column = self.expandos.get(name)
            if column is not None and column.dtype != object and not np.can_cast(dtype, column.dtype, "safe"):
                raise TypeError(
                    f"Can't allocate type {dtype} for attribute {name}, conflicts with its existing type {column.dtype}"
                )
            grown[name] = _resized(column, len(self), dtype)
        self.expandos.update(grown)

    def _grown_attrs(
        self, length: int, columns: dict[str, NDArray[Any]], rows: NDArray[Any], places: NDArray[Any]
    ) -> dict[str, NDArray[Any]]:
        """Columns for a table of ``length`` keys, with the values of an addition filled in."""
        grown = {
            name: _resized(column, length, column.dtype)
            for name, column in self.expandos.items()
            if len(column) != length or name in columns
        }
        for name, values in columns.items():
            dtype = values.dtype if values.dtype.kind in "biufc" else np.dtype(object)
            column = grown.get(name)
            if column is None:
                column = np.zeros(length, dtype=dtype)
            elif column is self.expandos.get(name):
                column = column.copy()
            column[rows] = values[places].astype(column.dtype, casting="same_kind")
            grown[name] = column
        return grown

    def set_vecattr(self, key: Any, attr: str, val: Any) -> None:
        """Set an attribute of a key; the first value of an attribute fixes its type.

        Raises
        ------
        KeyError
            If the key is missing.
        TypeError
            If the attribute cannot hold the value.
        """
        row = self.get_index(key)
        self.allocate_vecattrs([attr], [type(val)])
        self.expandos[attr][row] = val

    def get_vecattr(self, key: Any, attr: str) -> Any:
        """Attribute of a key; KeyError if the key or the attribute does not exist."""
        row = self.get_index(key)
        return self.expandos[attr][row]

    def fill_norms(self, force: bool = False) -> None:
        """Set ``norms`` to the lengths of the vectors as they are now, shape (n,).

        Kept for programs that read ``norms``. The queries never do: they see every change of a vector.
        """
        del force  # the lengths are always computed afresh, which is all that it could ask for
        self.norms = sim.row_norms(self.vectors)

    def get_normed_vectors(self) -> NDArray[Any]:
        """All vectors scaled to length 1, as a new matrix; vectors of zeros stay zeros."""
        return sim.unit_rows(self.vectors)

    def unit_normalize_all(self) -> None:
        """Scale every vector to length 1, in place; the original lengths are lost."""
        self.vectors[:] = sim.unit_rows(self.vectors)
        self.fill_norms(force=True)

    def resize_vectors(self, seed: int = 0) -> None:
        """Make ``vectors`` (and the attributes) as long as the list of keys; new rows are random."""
        self.vectors = prep_vectors((len(self.index_to_key), self.vector_size), prior_vectors=self.vectors, seed=seed)
        self.allocate_vecattrs()
        self.norms = None

    def sort_by_descending_frequency(self) -> None:
        """Order keys, vectors and attributes by falling ``count``; equal counts change places.

        Raises
        ------
        KeyError
            If the keys have no counts.
        """
        if not len(self):
            return
        order = np.argsort(self.expandos["count"], kind="stable")[::-1]
        self.allocate_vecattrs()
        if len(self.vectors):
            logger.warning("sorting after vectors have been allocated is expensive & error-prone")
            self.vectors = take_rows(self.vectors, order)
        self.index_to_key = [self.index_to_key[row] for row in order]
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key)}
        self.expandos = {name: column[order] for name, column in self.expandos.items()}
        self.norms = None


def _resized(column: NDArray[Any] | None, length: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the column itself if it has the length, else a copy that is cut or filled up with zeros."""
    if column is None:
        return np.zeros(length, dtype=dtype)
    if len(column) == length:
        return column
    grown = np.zeros(length, dtype=column.dtype)
    grown[: len(column)] = column[:length]
    return grown
