"""New rows, and new vectors for old ones."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastw2v.vectors.rows import INTEGERS, Rows


class Growth(Rows):
    """Adding and replacing vectors: all of a call, or on an error nothing."""

    def _checked_rows(self, keys: list[Any], weights: ArrayLike) -> NDArray[Any]:
        """Turn what a caller gives as vectors of ``keys`` into a matrix, or say what does not fit."""
        if not isinstance(self.vectors, np.ndarray):
            raise TypeError("quantized vectors are read-only: use astype('float32') for vectors to be changed")
        try:
            matrix = np.asarray(weights, dtype=self.vectors.dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(f"the vectors are not {self.vector_size} numbers each: {error}") from error
        if matrix.ndim == 1 and len(keys) == 1:
            matrix = matrix[None, :]
        if matrix.size == 0 and not keys:
            matrix = matrix.reshape(0, self.vector_size)
        if matrix.shape != (len(keys), self.vector_size):
            raise ValueError(f"{len(keys)} keys need an array of ({len(keys)}, {self.vector_size}), not {matrix.shape}")
        return matrix

    def add_vector(self, key: Any, vector: ArrayLike) -> int:
        """Add one vector and return its row: the next prepared row, or a new one at the end.

        A key that is present already keeps its row and gets the new vector.

        Raises
        ------
        ValueError
            If the vector does not have ``vector_size`` numbers; nothing is changed then.
        """
        row = self.key_to_index.get(key)
        slot = self.next_index
        if row is None and (slot >= len(self.index_to_key) or self.index_to_key[slot] is not None):
            warnings.warn(
                "Adding single vectors to a KeyedVectors which grows by one each time can be costly. "
                "Consider adding in batches or preallocating to the required size.",
                UserWarning,
                stacklevel=2,
            )
            self.add_vectors([key], self._checked_rows([key], vector))
            self.next_index = len(self.index_to_key)
            return self.key_to_index[key]
        value = self._checked_rows([key], vector)[0]
        if row is None:
            row = slot
            self.index_to_key[row] = key
            self.key_to_index[key] = row
            self.next_index += 1
        self.vectors[row] = value
        self.norms = None
        return row

    def add_vectors(
        self,
        keys: Any,
        weights: ArrayLike,
        extras: dict[str, Any] | None = None,
        replace: bool = False,
    ) -> None:
        """Append vectors for new keys; keys that are present keep their vectors unless ``replace``.

        Either everything is added or, on an error, nothing. Attributes of the keys grow along.

        Parameters
        ----------
        keys : str, int or iterable of hashable
            One key, or several; of keys that occur twice the first vector counts (with ``replace`` the last).
        weights : array-like, shape (vector_size,) or (n_keys, vector_size)
            Cast to the dtype of the table.
        extras : dict of str to array-like, optional
            Attributes of the keys, see :meth:`set_vecattr`: ``{"count": [7, 3]}``.
        replace : bool
            Overwrite the vectors (and extras) of keys that are present.

        Raises
        ------
        ValueError
            If shapes or lengths do not fit.

        Examples
        --------
        >>> from fastw2v import KeyedVectors
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["a", "b"], [[1, 0], [0, 1]], extras={"count": [7, 3]})
        >>> kv.get_vecattr("b", "count")
        np.int64(3)
        """
        keys = [keys] if isinstance(keys, (str, bytes, *INTEGERS)) else list(keys)
        matrix = self._checked_rows(keys, weights)
        extra_columns = {name: np.asarray(values) for name, values in (extras or {}).items()}
        for name, values in extra_columns.items():
            if values.ndim == 0:
                extra_columns[name] = values = values[None]
            if len(values) != len(keys):
                raise ValueError(f"extras[{name!r}] has {len(values)} values for {len(keys)} keys")

        known = len(self.index_to_key)
        target: dict[Any, tuple[int, int]] = {}  # key -> (row in the table, place in this call)
        fresh: list[Any] = []
        for place, key in enumerate(keys):
            row = self.key_to_index.get(key)
            if row is not None:
                if replace:
                    target[key] = (row, place)
            elif key not in target:
                target[key] = (known + len(fresh), place)
                fresh.append(key)
            elif replace:
                target[key] = (target[key][0], place)

        rows = np.array([row for row, _ in target.values()], dtype=np.int64)
        places = np.array([place for _, place in target.values()], dtype=np.int64)
        attrs = self._grown_attrs(known + len(fresh), extra_columns, rows, places)
        vectors = self.vectors
        if fresh:
            grown = np.empty((known + len(fresh), self.vector_size), dtype=vectors.dtype)
            grown[:known] = vectors
            vectors = grown
        vectors[rows] = matrix[places]

        self.vectors = vectors  # from here on nothing can fail
        self.norms = None
        self.expandos.update(attrs)
        self.index_to_key.extend(fresh)
        self.key_to_index.update(zip(fresh, range(known, known + len(fresh)), strict=True))

    def _grown_attrs(
        self, length: int, columns: dict[str, NDArray[Any]], rows: NDArray[Any], places: NDArray[Any]
    ) -> dict[str, NDArray[Any]]:
        raise NotImplementedError

    def __setitem__(self, keys: Any, weights: ArrayLike) -> None:
        """Set the vector of one key or of a list of keys; new keys are added."""
        if not isinstance(keys, (list, np.ndarray)) or isinstance(keys, str):
            keys, weights = [keys], np.reshape(np.asarray(weights), (1, -1))
        self.add_vectors(keys, weights, replace=True)
