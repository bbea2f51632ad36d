"""Queries on groups of words: lists, texts."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.query import similarity as sim
from fastw2v.query.wmd import word_movers_distance
from fastw2v.vectors.neighbours import Similarity
from fastw2v.vectors.rows import reject_string

logger = logging.getLogger("fastw2v.keyedvectors")


class Groups(Similarity):
    """Similarity of groups of words, and of words to their group."""

    def n_similarity(self, ws1: Iterable[Any], ws2: Iterable[Any]) -> Any:
        """Cosine of the mean vectors of two collections of keys, a NumPy scalar.

        Keys without a vector are left out; 0 if none is left.

        Raises
        ------
        ZeroDivisionError
            If a collection is empty.
        TypeError
            If one is a string.
        """
        reject_string("ws1", ws1)
        reject_string("ws2", ws2)
        left, right = list(ws1), list(ws2)
        if not left or not right:
            raise ZeroDivisionError("at least one of the passed lists is empty")
        return sim.cosine(
            self.get_mean_vector(left, pre_normalize=False), self.get_mean_vector(right, pre_normalize=False)
        )

    def rank_by_centrality(self, words: Iterable[Any], use_norm: bool = True) -> list[tuple[Any, Any]]:
        """Give (cosine with the mean of all, word), best first; words without a vector are left out.

        Raises
        ------
        ValueError
            If no word has a vector.
        """
        reject_string("words", words)
        words = list(words)
        used = [word for word in words if word in self]
        if len(used) < len(words):
            logger.warning(
                "vectors for words %s are not present in the model, ignoring these words",
                {word for word in words if word not in self},
            )
        if not used:
            raise ValueError("cannot select a word from an empty list")
        dtype = sim.compute_dtype(self.vectors.dtype)
        rows: NDArray[Any] = np.stack([self.get_vector(word, norm=use_norm) for word in used]).astype(dtype, copy=False)
        scores = rows @ sim.unit(rows.mean(axis=0))
        order = sorted(range(len(used)), key=lambda place: -scores[place])
        return [(scores[place], used[place]) for place in order]

    def doesnt_match(self, words: Iterable[Any]) -> Any:
        """Of the words, the one least like the others."""
        return self.rank_by_centrality(words)[-1][1]

    def wmdistance(self, document1: Iterable[Any], document2: Iterable[Any], norm: bool = True) -> float:
        """Word Mover's Distance between two lists of words; words without a vector are left out.

        Parameters
        ----------
        document1, document2 : iterable of keys
        norm : bool
            Move between vectors of length 1.

        Returns
        -------
        float
            ``inf`` if nothing is left of a document.

        Raises
        ------
        ImportError
            Without the package POT.
        TypeError
            If a document is one string.
        """
        texts = []
        for name, document in (("document1", document1), ("document2", document2)):
            reject_string(name, document)
            texts.append(list(document))
        kept = [Counter(word for word in text if word in self) for text in texts]
        removed = [len(text) - sum(counts.values()) for text, counts in zip(texts, kept, strict=True)]
        if any(removed):
            logger.info("Removed %d and %d OOV words from document 1 and 2 (respectively).", *removed)
        if not all(kept):
            logger.warning("At least one of the documents had no words that were in the vocabulary.")
            return float("inf")
        sides: list[Any] = []
        for counts in kept:
            weights = np.fromiter(counts.values(), np.float64, len(counts))
            rows = np.stack([self.get_vector(word, norm=norm) for word in counts])
            sides += [rows, weights / weights.sum()]
        return word_movers_distance(*sides)
