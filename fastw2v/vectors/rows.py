"""Rows by key: look-up and access."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.query import similarity as sim
from fastw2v.query.quantized import QuantizedMatrix
from fastw2v.vectors.missing import MissingKeyError

_RAISE: Any = object()
INTEGERS = (int, np.integer)
BLOCK = 1 << 18  # numbers that are converted at a time


def is_row_number(key: Any) -> bool:
    """Whether a key that is not in the table may stand for a row: any integer except booleans."""
    return isinstance(key, INTEGERS) and not isinstance(key, (bool, np.bool_))


def reject_string(name: str, keys: Any) -> None:
    """Refuse one string where a collection of keys belongs: it would be taken for its characters."""
    if isinstance(keys, (str, bytes)):
        raise TypeError(f"{name}={keys!r} is one string, not a collection of keys: pass [{keys!r}], or {name}.split()")


def take_rows(vectors: Any, rows: Any) -> Any:
    """Give the rows in a new matrix of the same storage type."""
    return vectors.take(rows) if isinstance(vectors, QuantizedMatrix) else vectors[rows]


def dense(vectors: Any, dtype: Any = np.float32) -> NDArray[Any]:
    """Give int8 rows as a new float matrix, block by block, so that there is never a second one."""
    made = np.empty(vectors.shape, dtype=dtype)
    step = max(1, BLOCK // max(1, made.shape[1]))
    for start in range(0, len(made), step):
        made[start : start + step] = vectors[start : start + step]
    return made


class Rows:
    """Vectors by key, in the plain attributes of gensim's class: see :class:`fastw2v.KeyedVectors`.

    The queries get vectors of keys from :meth:`get_vector` and ask ``key in self``: a subclass that makes
    vectors up for unknown keys overrides these two.
    """

    vector_size: int
    index_to_key: list[Any]
    key_to_index: dict[Any, int]
    next_index: int
    vectors: NDArray[Any]
    norms: NDArray[Any] | None
    expandos: dict[str, NDArray[Any]]
    mapfile_path: str | None
    vectors_lockf: NDArray[np.float32]

    def __init__(
        self,
        vector_size: int,
        count: int = 0,
        dtype: Any = np.float32,
        mapfile_path: str | None = None,
    ) -> None:
        if not isinstance(vector_size, numbers.Real) or int(vector_size) != vector_size or vector_size < 0:
            raise ConfigError(f"vector_size={vector_size!r}: must be an integer >= 0; 100 is usual")
        self.vector_size = int(vector_size)
        self.index_to_key = [None] * count  # rows made beforehand have no key yet
        self.next_index = 0
        self.key_to_index = {}
        self.vectors = np.zeros((count, self.vector_size), dtype=dtype)
        self.norms = None
        self.expandos = {}
        self.mapfile_path = mapfile_path

    def __str__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    __repr__ = __str__

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the keys, in the order of their rows."""
        return iter(self.index_to_key)

    def __contains__(self, key: Any) -> bool:
        return self.has_index_for(key)

    def _missing(self, key: Any, where: str = "") -> MissingKeyError:
        return MissingKeyError(f"Key '{key}' not present{where}", key, self.index_to_key)

    def get_index(self, key: Any, default: int | None = None) -> int:
        """Row of ``key``.

        An integer that is not a key means the row itself, unless that row belongs to an integer key: in
        a table of item ids an unknown id is missing, it is not another item.

        Parameters
        ----------
        key : hashable
        default : int, optional
            What to return for a missing key, instead of raising.

        Raises
        ------
        KeyError
            If the key is missing and there is no default; the message names the closest keys.
        """
        row = self.key_to_index.get(key)
        if row is not None:
            return row
        if is_row_number(key) and 0 <= key < len(self.index_to_key) and not is_row_number(self.index_to_key[key]):
            return cast(int, key)
        if default is not None:
            return default
        raise self._missing(key)

    def has_index_for(self, key: Any) -> bool:
        """Whether ``key`` has a vector (the meaning of ``key in kv``)."""
        return self.get_index(key, -1) >= 0

    def get_vector(self, key: Any, norm: bool = False, *, default: Any = _RAISE) -> NDArray[Any]:
        """Vector of ``key`` as a read-only array of shape (vector_size,).

        Parameters
        ----------
        key : hashable
        norm : bool
            Scale to length 1 (a vector of zeros stays as it is).
        default : array, None or callable, keyword-only
            For a missing key: returned as it is, or called with the key if it is callable.

        Raises
        ------
        KeyError
            If the key is missing and no default was given.

        Examples
        --------
        >>> from fastw2v import KeyedVectors
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["a"], [[3.0, 4.0]])
        >>> kv.get_vector("a", norm=True)
        array([0.6, 0.8], dtype=float32)
        >>> kv.get_vector("b", default=None) is None
        True
        """
        row = self.key_to_index.get(key)
        if row is None and (row := self.get_index(key, -1)) < 0:
            if default is _RAISE:
                raise self._missing(key)
            return cast(NDArray[Any], default(key) if callable(default) else default)
        vector: NDArray[Any] = self.vectors[row]
        if norm:
            vector = sim.unit(vector)
        vector.setflags(write=False)
        return vector

    def __getitem__(self, key_or_keys: Any) -> NDArray[Any]:
        """Vector of one key (read-only view), or a new matrix with one row for each of several keys."""
        if isinstance(key_or_keys, (str, bytes, *INTEGERS)) or self._is_key(key_or_keys):
            return self.get_vector(key_or_keys)
        if isinstance(key_or_keys, slice):
            raise TypeError("vectors are looked up by key: use kv.vectors[...] for a range of rows")
        rows = [self.get_index(key) for key in key_or_keys]
        if not rows:
            raise ValueError("need at least one key, got none")
        return np.asarray(self.vectors[rows])

    def _is_key(self, value: Any) -> bool:
        try:
            return value in self.key_to_index
        except TypeError:  # an array, or a tuple with one in it
            return False

    def get_mean_vector(
        self,
        keys: Iterable[Any] | NDArray[Any],
        weights: Iterable[float] | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> NDArray[Any]:
        """Weighted mean of vectors: sum of weight times vector, over the sum of absolute weights.

        Parameters
        ----------
        keys : iterable of keys and vectors
            Vectors may be mixed with keys.
        weights : iterable of float, optional
            One for each key; all 1 by default.
        pre_normalize : bool
            Scale the vectors of keys (not the vectors given as such) to length 1 first.
        post_normalize : bool
            Scale the mean to length 1.
        ignore_missing : bool
            Leave keys without a vector out; with False they raise.

        Returns
        -------
        ndarray, shape (vector_size,)
            Zeros if none of the keys has a vector.

        Raises
        ------
        ValueError
            If there are no keys, or another number of weights.
        KeyError
            If a key is missing and ``ignore_missing`` is False.
        TypeError
            If ``keys`` is one string.
        """
        reject_string("keys", keys)
        items = list(keys)
        if not items:
            raise ValueError("cannot compute mean with no input")
        factors = [1.0] * len(items) if weights is None else list(weights)
        if len(factors) != len(items):
            raise ValueError("keys and weights array must have same number of elements")
        vectors, used = [], []
        for item, factor in zip(items, factors, strict=True):
            if isinstance(item, np.ndarray):
                if item.shape != (self.vector_size,):
                    raise ValueError(f"a vector of shape {item.shape} among the keys; expected ({self.vector_size},)")
                vectors.append(item)
            elif item in self:
                vectors.append(self.get_vector(item, norm=pre_normalize))
            elif ignore_missing:
                continue
            else:
                raise self._missing(item, " in vocabulary")
            used.append(float(factor))
        dtype = sim.compute_dtype(self.vectors.dtype)
        if not vectors:
            return np.zeros(self.vector_size, dtype=dtype)
        mean = sim.mean_vector(vectors, used, dtype)
        return np.asarray(sim.unit(mean), dtype=np.float32) if post_normalize else mean
