"""Approximate search behind gensim's ``indexer=``: graphs of usearch or indexes of faiss over the vectors of a table.

Exact search reads the whole table for a question; an index reads a small part of it, and finds most of the same
neighbours. docs/queries.md says from which size on that pays. An index holds a copy of the vectors: make it anew when
the table changes.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastw2v.errors import ConfigError
from fastw2v.query.similarity import unit_rows
from fastw2v.text.paths import path_of

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FaissIndexer", "UsearchIndexer"]

BLOCK = 1 << 14  # rows that are added at a time

Neighbours = list[tuple[Any, float]]


class UsearchIndexer:
    """A graph of neighbours (HNSW) made by usearch; needs ``pip install 'fastw2v[ann]'``.

    Parameters
    ----------
    vectors : KeyedVectors or Word2Vec
    connectivity, expansion_add, expansion_search : int, optional
        Edges of each row, and how widely is searched while the graph is made and asked: more finds more, and takes
        longer. None: what usearch chooses.
    dtype : str, optional
        How the index stores its copy: "f32", "bf16", "f16" or "i8"; None: what usearch chooses.
    threads : int
        While the graph is made; 0: all processors.

    Raises
    ------
    ImportError
        Without usearch.

    Examples
    --------
    >>> from fastw2v import KeyedVectors
    >>> kv = KeyedVectors(2)
    >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
    >>> indexer = UsearchIndexer(kv)  # doctest: +SKIP
    >>> kv.most_similar("north", topn=2, indexer=indexer)  # doctest: +SKIP
    [('north', 1.0), ('both', 0.70703125)]
    """

    def __init__(
        self,
        vectors: Any,
        *,
        connectivity: int | None = None,
        expansion_add: int | None = None,
        expansion_search: int | None = None,
        dtype: str | None = None,
        threads: int = 0,
    ) -> None:
        index_of = _usearch()
        self._keys, table = _parts(vectors)
        self.index = index_of(
            ndim=table.shape[1], metric="cos", dtype=dtype, connectivity=connectivity, expansion_add=expansion_add,
            expansion_search=expansion_search,
        )  # fmt: skip
        for start in range(0, len(self._keys), BLOCK):
            rows, places = _finite(table, start)
            self.index.add(places, rows, threads=threads)

    def most_similar(self, vector: ArrayLike, num_neighbors: int) -> Neighbours:
        """Return the keys next to a vector with their cosines, best first; the key of the vector is among them.

        Parameters
        ----------
        vector : array, shape (vector_size,)
        num_neighbors : int

        Returns
        -------
        list of (key, float)
        """
        found = self.index.search(_query(vector), num_neighbors)
        return [(self._keys[int(row)], 1.0 - float(far)) for row, far in zip(found.keys, found.distances, strict=True)]

    def save(self, fname: str | os.PathLike[str]) -> None:
        """Write the graph to a file; the keys stay with the vectors.

        Parameters
        ----------
        fname : path
        """
        self.index.save(path_of(fname))

    @classmethod
    def load(cls, fname: str | os.PathLike[str], vectors: Any) -> Self:
        """Return an index from a file, for the vectors that it was made of.

        Parameters
        ----------
        fname : path
        vectors : KeyedVectors or Word2Vec

        Returns
        -------
        UsearchIndexer

        Raises
        ------
        ValueError
            If the file is of other vectors.
        """
        made = cls.__new__(cls)
        made._keys, table = _parts(vectors)
        made.index = _usearch().restore(path_of(fname))
        if made.index is None:
            raise ConfigError(f"{path_of(fname)} is no index of usearch: UsearchIndexer(kv).save(path) makes one")
        _check_fits(fname, (len(made.index), made.index.ndim), table)
        return made


class FaissIndexer:
    """An index of faiss; needs ``pip install 'fastw2v[ann]'``.

    Parameters
    ----------
    vectors : KeyedVectors or Word2Vec
    factory : str
        What faiss' ``index_factory`` makes, by inner products of vectors at length 1: ``"HNSW32"`` is a graph,
        ``"Flat"`` exact, ``"IVF1024,Flat"`` searches a few of 1024 cells, ``"IVF1024,PQ25"`` stores codes.

    Attributes
    ----------
    index : faiss.Index
        To be tuned by faiss' own means, such as ``faiss.ParameterSpace().set_index_parameter(index, "nprobe", 16)``.

    Raises
    ------
    ImportError
        Without faiss.

    Examples
    --------
    >>> from fastw2v import KeyedVectors
    >>> kv = KeyedVectors(2)
    >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
    >>> kv.most_similar("north", topn=2, indexer=FaissIndexer(kv, "Flat"))  # doctest: +SKIP
    [('north', 1.0), ('both', 0.7071067690849304)]
    """

    def __init__(self, vectors: Any, factory: str = "HNSW32") -> None:
        faiss = _faiss()
        self._keys, table = _parts(vectors)
        self.index = faiss.index_factory(table.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
        blocks = [_finite(table, start) for start in range(0, len(self._keys), BLOCK)]
        if not self.index.is_trained:
            self.index.train(np.concatenate([rows for rows, _ in blocks]))
        for rows, _ in blocks:
            self.index.add(rows)
        self._rows = np.concatenate([places for _, places in blocks] or [np.empty(0, np.int64)])

    def most_similar(self, vector: ArrayLike, num_neighbors: int) -> Neighbours:
        """Return the keys next to a vector with their cosines, best first; the key of the vector is among them.

        Parameters
        ----------
        vector : array, shape (vector_size,)
        num_neighbors : int

        Returns
        -------
        list of (key, float)
        """
        scores, found = self.index.search(unit_rows(_query(vector)[None]), num_neighbors)
        pairs = zip(found[0].tolist(), scores[0].tolist(), strict=True)
        return [(self._keys[self._rows[place]], score) for place, score in pairs if place >= 0]

    def save(self, fname: str | os.PathLike[str]) -> None:
        """Write the index to a file; the keys stay with the vectors.

        Parameters
        ----------
        fname : path
        """
        _faiss().write_index(self.index, path_of(fname))

    @classmethod
    def load(cls, fname: str | os.PathLike[str], vectors: Any) -> Self:
        """Return an index from a file, for the vectors that it was made of.

        Parameters
        ----------
        fname : path
        vectors : KeyedVectors or Word2Vec

        Returns
        -------
        FaissIndexer

        Raises
        ------
        ValueError
            If the file is of other vectors.
        """
        made = cls.__new__(cls)
        made._keys, table = _parts(vectors)
        places = [_finite(table, start)[1] for start in range(0, len(made._keys), BLOCK)]
        made._rows = np.concatenate(places or [np.empty(0, np.int64)])
        made.index = _faiss().read_index(path_of(fname))
        _check_fits(fname, (made.index.ntotal, made.index.d), table)
        return made


def _usearch() -> Any:
    with contextlib.suppress(ImportError):
        import faiss  # noqa: F401 - if usearch comes first, faiss crashes when it is used (seen: 2.26.6 and 1.15.1)
    try:
        from usearch.index import Index
    except ImportError as error:
        raise ImportError("UsearchIndexer needs usearch: pip install 'fastw2v[ann]'") from error
    return Index


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise ImportError("FaissIndexer needs faiss: pip install 'fastw2v[ann]'") from error
    return faiss


def _parts(vectors: Any) -> tuple[list[Any], Any]:
    """Return the keys and the matrix of vectors or of a model."""
    table = vectors if hasattr(vectors, "index_to_key") else vectors.wv
    return table.index_to_key, table.vectors


def _finite(table: Any, start: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the rows of a block that have a direction, at length 1, and which they are."""
    rows = np.asarray(table[start : start + BLOCK], dtype=np.float32)
    kept = np.isfinite(rows).all(axis=1) & rows.any(axis=1)
    return unit_rows(rows[kept]), start + np.flatnonzero(kept)


def _query(vector: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(vector, dtype=np.float32)


def _check_fits(fname: Any, shape: tuple[int, int], table: Any) -> None:
    """Raise a ConfigError unless an index is of as many vectors of the same size."""
    n_rows = sum(len(_finite(table, start)[1]) for start in range(0, len(table), BLOCK))
    if shape != (n_rows, table.shape[1]):
        raise ConfigError(
            f"{path_of(fname)} is an index of {shape[0]} vectors of size {shape[1]}, but the table has {n_rows} of "
            f"size {table.shape[1]}: make it anew"
        )
