"""Queries by similarity: keys in, keys and cosines out."""

from __future__ import annotations

import logging
import numbers
from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastw2v.query import batch
from fastw2v.query import similarity as sim
from fastw2v.vectors.attributes import Attributes
from fastw2v.vectors.rows import INTEGERS, reject_string

logger = logging.getLogger("fastw2v.keyedvectors")


class Similarity(Attributes):
    """Cosine queries."""

    def _terms(self, given: Any, sign: float) -> tuple[list[Any], list[float]]:
        """Turn any form of ``positive=`` or ``negative=`` into (keys and vectors, weights)."""
        if given is None:
            return [], []
        if isinstance(given, np.ndarray) and given.dtype.kind not in "OUS":
            given = [given] if given.ndim == 1 else list(given)
        elif isinstance(given, (str, *INTEGERS)) or self._is_key(given):
            given = [given]
        elif not isinstance(given, (list, tuple, np.ndarray)):
            raise TypeError(
                f"expected a key, a vector or a list of keys, vectors and (key, weight) pairs, "
                f"got {type(given).__name__}: {given!r}"
            )
        elif isinstance(given, tuple) and self._may_be_weighted(given):
            raise TypeError(f"{given!r} may mean two keys or one with a weight: give {list(given)!r} or [{given!r}]")
        items, weights = [], []
        for item in given:
            weight: float = 1.0
            if isinstance(item, tuple) and not self._is_key(item):
                if len(item) != 2 or not isinstance(item[1], numbers.Real):
                    raise TypeError(f"{item!r} is neither a key, a vector nor a (key or vector, weight) pair")
                item, weight = item[0], float(item[1])
                items.append(item)
                weights.append(weight)
                continue
            if not isinstance(item, (np.ndarray, str, *INTEGERS)) and not self._is_key(item):
                if item is None or isinstance(item, (float, list, dict, set)):
                    raise TypeError(f"{item!r} is neither a key, a vector nor a (key or vector, weight) pair")
                raise self._missing(item)
            items.append(item)
            weights.append(sign)
        return items, weights

    def _may_be_weighted(self, given: tuple[Any, ...]) -> bool:
        return len(given) == 2 and isinstance(given[1], numbers.Real) and not self._is_key(given[1])

    def _excluded(self, items: Iterable[Any]) -> set[int]:
        """Rows of the keys among the items: an answer never names what was asked."""
        rows = (self.get_index(item, -1) for item in items if not isinstance(item, np.ndarray))
        return {row for row in rows if row >= 0}

    def _named(self, scores: NDArray[Any], topn: int, first: int, excluded: set[int]) -> list[tuple[Any, float]]:
        """Give the ``topn`` best (key, score) pairs of scores for the rows from ``first`` on."""
        inside = {row for row in excluded if first <= row < first + len(scores)}
        best = sim.top_rows(scores, topn + len(inside))
        pairs = [
            (self.index_to_key[first + row], float(scores[row])) for row in best.tolist() if first + row not in inside
        ]
        return pairs[:topn]

    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
    ) -> Any:
        """Keys whose vectors have the highest cosine with the mean of the given ones.

        Parameters
        ----------
        positive, negative : key, vector, matrix, or list of keys, vectors and (key or vector, weight)
            Contribute with weight 1 and -1 unless a weight is given.
        topn : int or None
            How many; with None, the cosines of all rows as an array.
        clip_start, clip_end : int, optional
            Only the rows clip_start .. clip_end - 1.
        restrict_vocab : int, optional
            Only the first so many rows (the most frequent words); wins over the clips.
        indexer : object, optional
            An approximate index with ``most_similar(vector, topn)``; its answer is returned as it is.

        Returns
        -------
        list of (key, float), or ndarray of shape (n,) if ``topn`` is None
            The keys that were asked with are left out. Equal cosines come in the order of rows.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If there is nothing to compare with.

        Examples
        --------
        >>> from fastw2v import KeyedVectors
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["n", "e", "ne"], [[0, 1], [1, 0], [1, 1]])
        >>> [key for key, cosine in kv.most_similar(["n", "e"])]
        ['ne']
        """
        topn = checked_topn(topn)
        if topn is not None and topn < 1:
            return []
        plus, plus_weights = self._terms(positive, 1.0)
        minus, minus_weights = self._terms(negative, -1.0)
        items = plus + minus
        query = self.get_mean_vector(
            items, plus_weights + minus_weights, pre_normalize=True, post_normalize=True, ignore_missing=False
        )
        if indexer is not None and topn is not None:
            return indexer.most_similar(query, topn)
        if restrict_vocab:
            clip_start, clip_end = 0, restrict_vocab
        first, end, _ = slice(clip_start, clip_end or None).indices(len(self.vectors))
        scores = sim.cosine_scores(self.vectors[first : max(first, end)], query)
        return scores if topn is None else self._named(scores, topn, first, self._excluded(items))

    def most_similar_batch(
        self, keys_or_matrix: Iterable[Any] | ArrayLike, topn: int = 10, *, restrict_vocab: int | None = None
    ) -> list[list[tuple[Any, float]]]:
        """Answer many :meth:`most_similar` queries at once, in matrix products over blocks of rows.

        Parameters
        ----------
        keys_or_matrix : iterable of keys, or array of shape (n_queries, vector_size)
            A key is left out of its own answer, a vector has nothing to leave out.
        topn : int
            Neighbours for each query.
        restrict_vocab : int, optional
            Only the first so many rows.

        Returns
        -------
        list of list of (key, float)
            One list for each query, in their order.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If a matrix has another width than the vectors.

        Examples
        --------
        >>> from fastw2v import KeyedVectors
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["n", "e", "ne"], [[0, 1], [1, 0], [1, 1]])
        >>> [best[0][0] for best in kv.most_similar_batch(["n", "ne"], topn=1)]
        ['ne', 'n']
        """
        reject_string("keys_or_matrix", keys_or_matrix)
        topn = checked_topn(topn) or 0
        rows = self.vectors[:restrict_vocab] if restrict_vocab else self.vectors
        if isinstance(keys_or_matrix, np.ndarray) and keys_or_matrix.dtype.kind == "f":
            queries, own = keys_or_matrix, None
            if queries.ndim != 2 or queries.shape[1] != self.vector_size:
                raise ValueError(f"expected vectors of shape (n, {self.vector_size}), got {queries.shape}")
        else:
            own = [self.get_index(key) for key in keys_or_matrix]  # type: ignore[union-attr]
            queries = np.asarray(self.vectors[own]) if own else np.empty((0, self.vector_size), np.float32)
        if topn < 1:
            return [[] for _ in queries]
        scores, best = batch.nearest_rows(rows, queries, topn + (own is not None))
        return [
            [
                (self.index_to_key[row], score)
                for row, score in zip(best[query].tolist(), scores[query].tolist(), strict=True)
                if row >= 0 and (own is None or row != own[query])
            ][:topn]
            for query in range(len(queries))
        ]

    def similar_by_word(self, word: Any, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Keys most similar to ``word``: see :meth:`most_similar`."""
        return self.similar_by_key(word, topn, restrict_vocab)

    def similar_by_key(self, key: Any, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Keys most similar to ``key``: see :meth:`most_similar`."""
        return self.most_similar(positive=[key], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_vector(self, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Keys most similar to a vector of shape (vector_size,): see :meth:`most_similar`."""
        return self.most_similar(positive=[np.asarray(vector)], topn=topn, restrict_vocab=restrict_vocab)

    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Any:
        """Keys with the highest product of cosines to ``positive`` over that to ``negative`` (3CosMul).

        Levy and Goldberg, "Linguistic regularities in sparse and explicit word representations" (2014):
        no single large term can decide, as it can in :meth:`most_similar`. Arguments, result and errors as
        there, without weights; cosines are shifted to 0 .. 1, and at least one positive term is needed.
        """
        topn = checked_topn(topn)
        if topn is not None and topn < 1:
            return []
        plus, weights = self._terms(positive, 1.0)
        minus, minus_weights = self._terms(negative, 1.0)
        if not plus:
            raise ValueError("cannot compute similarity with no input")
        if any(weight != 1.0 for weight in weights + minus_weights):
            raise ValueError("most_similar_cosmul() takes no weights: use most_similar()")
        rows = self.vectors[:restrict_vocab] if restrict_vocab else self.vectors
        scores = sim.cosmul_scores(rows, *([self._vector_of(item) for item in items] for items in (plus, minus)))
        return scores if topn is None else self._named(scores, topn, 0, self._excluded(plus + minus))

    def _vector_of(self, item: Any) -> NDArray[Any]:
        return item if isinstance(item, np.ndarray) else self.get_vector(item, norm=True)

    def most_similar_to_given(self, key1: Any, keys_list: Sequence[Any]) -> Any:
        """Of ``keys_list``, the key most similar to ``key1``."""
        return keys_list[int(np.argmax([self.similarity(key1, key) for key in keys_list]))]

    def similarity(self, w1: Any, w2: Any) -> Any:
        """Cosine of the vectors of two keys, a NumPy scalar; exactly 1 for a key with itself."""
        return sim.cosine(self.get_vector(w1), self.get_vector(w2))

    def distance(self, w1: Any, w2: Any) -> Any:
        """1 - cosine of the vectors of two keys."""
        return 1 - self.similarity(w1, w2)

    def distances(self, word_or_vector: Any, other_words: Iterable[Any] = ()) -> NDArray[Any]:
        """1 - cosine of a key or vector with each of ``other_words``, or with all rows.

        Raises
        ------
        KeyError
            If a key is missing.
        """
        if isinstance(word_or_vector, (str, *INTEGERS)) or self._is_key(word_or_vector):
            vector = self.get_vector(word_or_vector)
        else:
            vector = np.asarray(word_or_vector)
        reject_string("other_words", other_words)
        chosen = [self.get_index(word) for word in other_words]
        return np.asarray(1 - sim.cosine_scores(self.vectors[chosen] if chosen else self.vectors, vector))

    @staticmethod
    def cosine_similarities(vector_1: ArrayLike, vectors_all: ArrayLike) -> NDArray[Any]:
        """Cosine of one vector, shape (d,), with each row of a matrix, shape (n, d); 0 for rows of zeros."""
        return sim.cosine_scores(np.asarray(vectors_all), np.asarray(vector_1))

    def closer_than(self, key1: Any, key2: Any) -> list[Any]:
        """Keys that are strictly closer to ``key1`` than ``key2`` is, in the order of rows."""
        distances = self.distances(key1)
        row1, row2 = self.get_index(key1), self.get_index(key2)
        return [self.index_to_key[row] for row in np.flatnonzero(distances < distances[row2]) if row != row1]

    def rank(self, key1: Any, key2: Any) -> int:
        """Rank of ``key2`` among the neighbours of ``key1``, from 1."""
        distances = self.distances(key1)
        closer = distances < distances[self.get_index(key2)]
        closer[self.get_index(key1)] = False
        return int(np.count_nonzero(closer)) + 1

    def relative_cosine_similarity(self, wa: Any, wb: Any, topn: int = 10) -> float:
        """Cosine of two keys over the sum of those of ``wa`` with its ``topn`` nearest (Leeuwenberg).

        Raises
        ------
        ValueError
            If ``wa`` has no neighbours to compare with.
        """
        nearest = self.similar_by_key(wa, topn)
        if not nearest:
            raise ValueError("Cannot calculate relative cosine similarity without any similar words.")
        return cast(float, float(self.similarity(wa, wb)) / sum(score for _, score in nearest))


def checked_topn(topn: Any) -> int | None:
    """Refuse anything but an integer or None for ``topn``."""
    if topn is None:
        return None
    if not isinstance(topn, INTEGERS):
        raise TypeError(f"topn={topn!r}: must be an integer, or None for the scores of all rows")
    return int(topn)
