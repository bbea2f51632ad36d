"""Vectors of fastText: words that are not in the table are composed of their n-grams."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastw2v.errors import FormatError
from fastw2v.formats.fasttext import FastTextVectors
from fastw2v.keyedvectors import KeyedVectors
from fastw2v.query import similarity as sim
from fastw2v.table import VectorTable
from fastw2v.vectors.rows import _RAISE

logger = logging.getLogger("fastw2v.keyedvectors")


class FastTextKeyedVectors(KeyedVectors):
    """Vectors by key, with a vector for every other text too: the mean of the vectors of its n-grams.

    What ``fastw2v.load`` and ``KeyedVectors.load`` give for a fastText ``.bin`` model. ``word in kv`` is true of every
    text, and all queries take unknown words; ``key_to_index``, ``index_to_key`` and ``get_index`` know the words of the
    table alone, and answers name no others. A text without any n-gram has a vector of zeros.

    Only the native format keeps the n-grams; :meth:`to_table`, and so every other format, loses them, with a warning.

    Attributes
    ----------
    ngram_vectors : ndarray of float32, shape (bucket, vector_size)
        One row for each bucket of n-grams; empty if the model has none.
    min_n, max_n : int
        Shortest and longest n-gram, in characters.

    Examples
    --------
    >>> kv = FastTextKeyedVectors(2)
    >>> kv.ngram_vectors, kv.min_n, kv.max_n = np.ones((10, 2), dtype=np.float32), 3, 4
    >>> "anything" in kv, kv["anything"], len(kv)
    (True, array([1., 1.], dtype=float32), 0)
    """

    def __init__(self, vector_size: int, count: int = 0, dtype: Any = np.float32, mapfile_path: str | None = None):
        super().__init__(vector_size, count, dtype, mapfile_path)
        self.ngram_vectors: NDArray[np.float32] = np.empty((0, self.vector_size), dtype=np.float32)
        self.min_n = 0
        self.max_n = 0

    @classmethod
    def from_table(cls, table: VectorTable) -> FastTextKeyedVectors:
        """Make vectors by key from a table; arrays are taken over, unless rows were dropped from them."""
        made = super().from_table(table)
        if isinstance(table, FastTextVectors):
            made.ngram_vectors, made.min_n, made.max_n = table.ngram_vectors, table.minn, table.maxn
            base = table.vectors.base
            if base is not None and base.nbytes > table.vectors.nbytes + table.ngram_vectors.nbytes:
                # limit=: both are views of a matrix of all words, which would stay in memory
                made.vectors, made.ngram_vectors = table.vectors.copy(), table.ngram_vectors.copy()
        return made

    def _check_restored(self, name: Any) -> None:
        ngrams = self.ngram_vectors
        if not isinstance(ngrams, np.ndarray) or ngrams.dtype.kind != "f" or ngrams.shape[1:] != (self.vector_size,):
            raise FormatError(f"{name}: own.ngram_vectors: must be floats of shape (bucket, {self.vector_size})")
        for field in ("min_n", "max_n"):
            value = getattr(self, field)
            if type(value) is not int or not 0 <= value <= 100:
                raise FormatError(f"{name}: own.{field}={value!r}: must be a number of characters, 0 to 100")

    def to_table(self) -> VectorTable:
        """Give keys, vectors and attributes as a table, which has no n-grams: a warning says so."""
        if len(self.ngram_vectors):
            logger.warning(
                "the vectors of n-grams, which give unknown words a vector, are lost in this format; the native one "
                "keeps them: save(path)"
            )
        return super().to_table()

    def _composes(self, key: Any) -> bool:
        """Whether a key has no row, but n-grams."""
        return isinstance(key, str) and len(self.ngram_vectors) > 0 and self.max_n > 0 and self.get_index(key, -1) < 0

    def __contains__(self, key: Any) -> bool:
        return self._composes(key) or super().__contains__(key)

    def get_vector(self, key: Any, norm: bool = False, *, default: Any = _RAISE) -> NDArray[Any]:
        """Vector of ``key``, composed of n-grams if it has no row; see :meth:`KeyedVectors.get_vector`."""
        if not self._composes(key):
            return super().get_vector(key, norm, default=default)
        none = np.empty((0, self.vector_size), dtype=np.float32)
        vector = FastTextVectors([], none, {}, self.ngram_vectors, self.min_n, self.max_n).infer(key)
        if norm:
            vector = sim.unit(vector)
        vector.setflags(write=False)
        return vector

    def __getitem__(self, key_or_keys: Any) -> NDArray[Any]:
        """Vector of one key (read-only), or a new matrix with one row for each of several keys."""
        if isinstance(key_or_keys, (list, tuple, np.ndarray)) and not self._is_key(key_or_keys):
            keys = list(key_or_keys)
            if any(map(self._composes, keys)):
                return np.stack([self.get_vector(key) for key in keys])
        return super().__getitem__(key_or_keys)

    def most_similar_batch(
        self, keys_or_matrix: Iterable[Any] | ArrayLike, topn: int = 10, *, restrict_vocab: int | None = None
    ) -> list[list[tuple[Any, float]]]:
        """Answer many :meth:`most_similar` queries at once: see :meth:`KeyedVectors.most_similar_batch`."""
        if isinstance(keys_or_matrix, (str, bytes, np.ndarray)):
            return super().most_similar_batch(keys_or_matrix, topn, restrict_vocab=restrict_vocab)
        keys: list[Any] = list(keys_or_matrix)  # type: ignore[arg-type]
        unknown = [place for place, key in enumerate(keys) if self._composes(key)]
        known = super().most_similar_batch(
            [key for key in keys if not self._composes(key)], topn, restrict_vocab=restrict_vocab
        )
        if not unknown:
            return known
        made = np.stack([self.get_vector(keys[place]) for place in unknown])
        answers = super().most_similar_batch(made, topn, restrict_vocab=restrict_vocab)
        composed = dict(zip(unknown, answers, strict=True))
        rest = iter(known)
        return [composed[place] if place in composed else next(rest) for place in range(len(keys))]

    def truncate(self, dim: int) -> FastTextKeyedVectors:
        """Give the table, and its n-grams, with the first ``dim`` numbers of each vector."""
        made = super().truncate(dim)
        made.ngram_vectors = self.ngram_vectors[:, :dim].copy()
        return made
