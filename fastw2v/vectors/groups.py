"""Queries on groups of words: who is at the centre, and how far two texts are apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.query.cosines import centralities
from fastw2v.query.similarity import FOR_COMPILED, compute_dtype
from fastw2v.vectors.rows import reject_string


def checked_group(name: str, keys: Iterable[Any]) -> list[Any]:
    """Return the keys as a list.

    Raises
    ------
    TypeError
        If they are one string.
    """
    reject_string(name, keys)
    return list(keys)


def centrality(rows: NDArray[Any]) -> NDArray[Any]:
    """Return the product of each row with the mean of all at length 1, shape (n,): the cosine for rows of length 1.

    A row with a number that is not finite takes no part in the mean, and gets NaN.
    """
    rows = np.require(rows, compute_dtype(rows.dtype), FOR_COMPILED)
    scores: NDArray[Any] = np.empty(len(rows), dtype=rows.dtype)
    centralities(rows, np.empty(rows.shape[1]), scores)
    return scores


def by_score(words: list[Any], scores: NDArray[Any]) -> list[tuple[Any, Any]]:
    """Return (score, word) pairs, best first; NaN comes last."""
    order = np.argsort(-scores, kind="stable")
    return [(scores[place], words[place]) for place in order]


def word_weights(words: Iterable[Any]) -> tuple[list[Any], NDArray[np.float64]]:
    """Return the different words of a text, and the share of each."""
    counts = Counter(words)
    weights = np.fromiter(counts.values(), np.float64, len(counts))
    return list(counts), weights / weights.sum()
