"""Tables made from a table: fewer keys, fewer dimensions, another storage type."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastw2v.query.quantized import QuantizedMatrix
from fastw2v.vectors.attributes import Attributes
from fastw2v.vectors.rows import dense, reject_string, take_rows

Table = TypeVar("Table", bound="Derived")
FLOATS = ("float16", "float32", "float64")


class Derived(Attributes):
    """New tables; the original stays as it is, and shares nothing that can be changed."""

    def _with_rows(self: Table, rows: NDArray[np.int64], vectors: Any) -> Table:
        """Copy of this object for some of its rows, in the given order, with their new vectors."""
        self.allocate_vecattrs()  # attributes may be shorter than the table, after words were added to a model
        made = copy.copy(self)
        made.index_to_key = [self.index_to_key[row] for row in rows]
        made.key_to_index = {key: row for row, key in enumerate(made.index_to_key)}
        made.next_index = len(rows)
        made.vectors = vectors
        made.vector_size = int(vectors.shape[1])
        made.norms = None
        made.expandos = {name: column[rows] for name, column in self.expandos.items()}
        factors = self.__dict__.get("vectors_lockf")
        if factors is not None:
            made.vectors_lockf = factors[rows] if len(factors) == len(self) else factors.copy()
        return made

    def subset(self: Table, words: Iterable[Any], *, ignore_missing: bool = True) -> Table:
        """Give the table of these words alone, in the order of this table (most frequent first).

        Parameters
        ----------
        words : iterable of keys
        ignore_missing : bool
            With False, a word without a vector raises a KeyError.

        Examples
        --------
        >>> from fastw2v import KeyedVectors
        >>> kv = KeyedVectors(1)
        >>> kv.add_vectors(["a", "b", "c"], [[1], [2], [3]])
        >>> kv.subset(["c", "a", "z"]).index_to_key
        ['a', 'c']
        """
        reject_string("words", words)
        wanted = (self.get_index(word, -1 if ignore_missing else None) for word in words)
        rows = np.unique(np.fromiter((row for row in wanted if row >= 0), dtype=np.int64))
        return self._with_rows(rows, take_rows(self.vectors, rows))

    def truncate(self: Table, dim: int) -> Table:
        """Give the table with the first ``dim`` numbers of each vector.

        Of use for vectors whose dimensions are in order of importance (after a PCA, say).

        Raises
        ------
        ValueError
            If ``dim`` is not in 1 .. vector_size.
        """
        if not 1 <= dim <= self.vector_size:
            raise ValueError(f"dim={dim!r}: must be in 1 .. {self.vector_size}")
        if isinstance(self.vectors, QuantizedMatrix):
            cut: Any = QuantizedMatrix(self.vectors.codes[:, :dim].copy(), self.vectors.scales.copy())
        else:
            cut = self.vectors[:, :dim].copy()
        return self._with_rows(np.arange(len(self)), cut)

    def astype(self: Table, dtype: Any) -> Table:
        """Give the table with its vectors stored as float16, float32 or float64.

        All queries work on float16, and compute in float32 block by block.

        Raises
        ------
        ValueError
            For any other dtype; see :meth:`quantize` for int8.
        """
        kind = np.dtype(dtype)
        if kind.name not in FLOATS:
            raise ValueError(f"dtype={dtype!r}: use one of {', '.join(FLOATS)}, or quantize('int8')")
        small = isinstance(self.vectors, QuantizedMatrix)
        vectors = dense(self.vectors, kind) if small else np.array(self.vectors, dtype=kind, order="C")
        return self._with_rows(np.arange(len(self)), vectors)

    def quantize(self: Table, kind: str = "int8") -> Table:
        """Give the table with its vectors stored as bytes: int8 codes and one scale for each row.

        It answers all queries, with an error of about 0.005 in a cosine, and cannot be changed or trained.

        Parameters
        ----------
        kind : {"int8"}

        Raises
        ------
        ValueError
            For another kind, and for vectors with NaN or infinite numbers.
        """
        if kind != "int8":
            raise ValueError(f"kind={kind!r}: only 'int8' is known; for half precision use astype('float16')")
        return self._with_rows(np.arange(len(self)), QuantizedMatrix.from_rows(np.asarray(self.vectors)))
