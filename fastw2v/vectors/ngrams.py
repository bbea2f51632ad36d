"""Vectors of n-grams, as fastText has them: any text is composed of those that are in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.table import VectorTable

LONGEST = 100  # characters


def has_ngrams(table: VectorTable) -> bool:
    """Return whether a table is one of fastText, whose n-grams have vectors."""
    from fastw2v.formats.fasttext import FastTextVectors

    return isinstance(table, FastTextVectors)


def parts_of(table: Any) -> tuple[NDArray[Any], NDArray[Any], int, int]:
    """Return the vectors of words and of n-grams of a table of fastText, and the shortest and longest n-gram."""
    base = table.vectors.base
    if base is not None and base.nbytes > table.vectors.nbytes + table.ngram_vectors.nbytes:
        # limit=: both are views of a matrix of all words, which would stay in memory
        return table.vectors.copy(), table.ngram_vectors.copy(), table.minn, table.maxn
    return table.vectors, table.ngram_vectors, table.minn, table.maxn


def composed(text: str, ngram_vectors: NDArray[Any], min_n: int, max_n: int) -> NDArray[Any]:
    """Return the mean of the vectors of a text's n-grams, shape (vector_size,); zeros if it has none."""
    from fastw2v.formats.fasttext import FastTextVectors

    none = np.empty((0, ngram_vectors.shape[1]), dtype=np.float32)
    return FastTextVectors([], none, {}, ngram_vectors, min_n, max_n).infer(text)


def check_parts(ngram_vectors: Any, min_n: Any, max_n: Any, vector_size: int, name: Any) -> None:
    """Raise a FormatError if what a file gave as n-grams does not fit its vectors."""
    if (
        not isinstance(ngram_vectors, np.ndarray)
        or ngram_vectors.dtype.kind != "f"
        or ngram_vectors.shape[1:] != (vector_size,)
    ):
        raise FormatError(f"{name}: own.ngram_vectors: must be floats of shape (bucket, {vector_size})")
    for field, value in (("min_n", min_n), ("max_n", max_n)):
        if type(value) is not int or not 0 <= value <= LONGEST:
            raise FormatError(f"{name}: own.{field}={value!r}: must be a number of characters, 0 to {LONGEST}")
