"""Vectors of documents: means of the vectors of their words, each word with a weight.

Sources: Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings" (ICLR 2017): the weight
a / (a + p) of a word with share p of the text, and the common components that are taken out afterwards.  The inverse
document frequency is scikit-learn's smooth one.
"""

from __future__ import annotations

import itertools
import logging
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError, CorpusError

logger = logging.getLogger("fastw2v.keyedvectors")

WEIGHTINGS = ("mean", "sif", "tfidf")
MISSING = ("zero", "nan", "raise")
BLOCK = 1 << 16  # tokens of the documents whose vectors are gathered at a time


class Documents(NamedTuple):
    """Documents as numbers of their words, in the order in which these came up."""

    words: list[Any]  # distinct
    ids: NDArray[np.int64]  # (n_tokens,) which of the words each token is
    borders: NDArray[np.int64]  # (n_documents + 1,) where documents begin and end among the tokens

    def known(self, is_known: NDArray[np.bool_]) -> Documents:
        """Return the documents without the words that are not known."""
        kept = is_known[self.ids]
        ends = np.concatenate(([0], np.cumsum(kept)))[self.borders]
        return Documents(self.words, self.ids[kept], ends)

    def frequencies(self) -> NDArray[np.int64]:
        """Return in how many documents each word is, shape (n_words,)."""
        from scipy.sparse import csr_array  # 30 ms, so here

        shape = (len(self.borders) - 1, len(self.words))
        by_word = csr_array((np.ones(len(self.ids), np.int8), self.ids, self.borders), shape).tocsc()
        word = np.repeat(np.arange(shape[1]), np.diff(by_word.indptr))
        again = np.zeros(len(word), np.bool_)  # the same word in the same document: they stand side by side
        again[1:] = (np.diff(word) == 0) & (np.diff(by_word.indices) == 0)
        return np.bincount(word[~again], minlength=shape[1])


def read(documents: Iterable[Iterable[Any]]) -> Documents:
    """Return documents as numbers.

    Raises
    ------
    CorpusError
        If the documents are one string, or a document is one, or no collection at all.
    """
    if isinstance(documents, (str, bytes)):
        raise CorpusError("documents is one string: pass a list of token lists, such as [text.split()]")
    numbers: defaultdict[Any, int] = defaultdict(itertools.count().__next__)
    ids, borders = array("q"), array("q", [0])
    for place, document in enumerate(documents):  # read at once: a program may fill one list again for each
        ids.extend(map(numbers.__getitem__, _tokens(document, place)))
        borders.append(len(ids))
    return Documents(list(numbers), np.array(ids, np.int64), np.array(borders, np.int64))


def _tokens(document: Any, place: int) -> Sequence[Any]:
    if isinstance(document, (list, tuple)):
        return document
    if isinstance(document, (str, bytes)):
        raise CorpusError(
            f"document {place} is one string, {document!r:.60}, which would be taken for its letters: split it into "
            "tokens, such as document.split()"
        )
    try:
        return list(document)
    except TypeError:
        raise CorpusError(f"document {place} is a {type(document).__name__}, not a list of tokens") from None


def check_options(weighting: Any, missing: Any) -> None:
    """Raise a ConfigError unless the names are known."""
    if not isinstance(weighting, Mapping) and weighting not in WEIGHTINGS:
        names = ", ".join(WEIGHTINGS)
        raise ConfigError(f"weighting={weighting!r:.40}: use one of {names}, or a mapping of word to number")
    if missing not in MISSING:
        raise ConfigError(f"missing={missing!r:.40}: use one of {', '.join(MISSING)}")


def check_empty(documents: Documents, missing: str) -> None:
    """Say how many documents have no known word: an error, or a line of the log."""
    empty = np.flatnonzero(np.diff(documents.borders) == 0)
    if not len(empty):
        return
    if missing == "raise":
        raise KeyError(f"document {empty[0]} has no known word ({len(empty)} such): leave them out, or missing='zero'")
    logger.warning(
        "%d of %d documents have no known word; their vectors are %s",
        len(empty), len(documents.borders) - 1, {"zero": "zeros", "nan": "NaN"}[missing],
    )  # fmt: skip


def weights_of(
    documents: Documents,
    weighting: str | Mapping[Any, float],
    a: float,
    index: Mapping[Any, int],
    counts: NDArray[Any] | None,
) -> NDArray[np.float64]:
    """Return the weight of each word of the documents, shape (n_words,).

    Raises
    ------
    KeyError
        If ``"sif"`` finds no counts.
    """
    words = documents.words
    if isinstance(weighting, Mapping):
        return np.fromiter((weighting.get(word, 0.0) for word in words), np.float64, len(words))
    if weighting == "tfidf":
        return inverse_document_frequencies(documents.frequencies(), len(documents.borders) - 1)
    if weighting == "mean":
        return np.ones(len(words))
    if counts is None:
        raise KeyError(
            "the words have no counts, which weighting='sif' needs: set them with set_vecattr(word, 'count', n), load "
            "a format that keeps them (the native one), or give weights of your own"
        )
    rows = np.fromiter((index.get(word, -1) for word in words), np.int64, len(words))
    found = np.where(rows >= 0, np.append(counts, 0)[rows], 0)  # a word made of n-grams was never counted
    return sif_weights(found, int(counts.sum()), a)


def sif_weights(counts: NDArray[Any], n_tokens: int, a: float) -> NDArray[np.float64]:
    """Return a / (a + share) for words with these counts in a text of so many tokens, shape as the counts.

    Raises
    ------
    ConfigError
        If ``a`` is not above 0, or there are no tokens.
    """
    if not 0 < a < np.inf:
        raise ConfigError(f"sif_a={a!r:.40}: must be a number above 0; the paper takes 1e-3 (from 1e-4 to 1e-3)")
    if not n_tokens > 0:
        raise ConfigError("weighting='sif' needs the counts of the words, and all are 0")
    return a / (a + np.asarray(counts, dtype=np.float64) / n_tokens)


def fitted_frequencies(documents: Iterable[Iterable[Any]]) -> dict[Any, float]:
    """Return the inverse document frequency of each word of some documents, to weigh others by."""
    given = read(documents)
    found = inverse_document_frequencies(given.frequencies(), len(given.borders) - 1)
    return dict(zip(given.words, found.tolist(), strict=True))


def inverse_document_frequencies(frequencies: NDArray[np.int64], n_documents: int) -> NDArray[np.float64]:
    """Return ln((1 + n_documents) / (1 + frequency)) + 1 of each word, shape as the frequencies."""
    return np.log((1 + n_documents) / (1 + frequencies)) + 1


def pooled(
    documents: Documents, weights: NDArray[Any], dim: int, vectors_of: Callable[[list[Any]], NDArray[Any]]
) -> NDArray[np.float32]:
    """Return the mean of weight times vector over the tokens of each document, shape (n_documents, dim).

    A document without tokens has zeros.

    Parameters
    ----------
    documents : Documents
        Of words that all have a vector.
    weights : array, shape (n_words,)
    dim : int
    vectors_of : callable
        Gives the vectors of a list of words, shape (n, dim).
    """
    from scipy.sparse import csr_array

    words, ids, borders = documents
    lengths = np.diff(borders)
    values = (weights[ids] / np.repeat(np.maximum(lengths, 1), lengths)).astype(np.float32)
    made = np.zeros((len(lengths), dim), dtype=np.float32)
    place_of = np.empty(len(words), np.int64)  # of a word among those of the batch
    for first, last in _batches(borders):
        begin, end = int(borders[first]), int(borders[last])
        if begin == end:
            continue
        is_used = np.zeros(len(words), np.bool_)
        is_used[ids[begin:end]] = True
        used = np.flatnonzero(is_used)
        place_of[used] = np.arange(len(used))
        vectors = np.asarray(vectors_of([words[place] for place in used.tolist()]), dtype=np.float32)
        parts = values[begin:end], place_of[ids[begin:end]], borders[first : last + 1] - begin
        made[first:last] = csr_array(parts, (last - first, len(used))) @ vectors
    return made


def _batches(borders: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Return ranges of documents of up to BLOCK tokens; a longer document is alone."""
    first, n_documents = 0, len(borders) - 1
    while first < n_documents:
        last = int(np.searchsorted(borders, borders[first] + BLOCK, side="right")) - 1
        yield first, (last := max(last, first + 1))
        first = last


def common_components(vectors: NDArray[np.float32], n: int) -> NDArray[np.float64]:
    """Return the directions that documents have most in common, shape (n, dim): the first singular vectors.

    Raises
    ------
    ConfigError
        If there are not more documents and dimensions than components: nothing would be left.
    """
    if not 0 <= n < min(vectors.shape):
        raise ConfigError(
            f"remove_components={n!r:.40}: must be from 0 to less than the {min(vectors.shape)} documents or "
            "dimensions that there are, or nothing would be left of them"
        )
    rows = vectors.astype(np.float64)
    return np.linalg.eigh(rows.T @ rows)[1][:, ::-1][:, :n].T


def without_components(vectors: NDArray[np.float32], components: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the vectors less their parts along some orthonormal directions, shape as before."""
    return (vectors - (vectors @ components.T) @ components).astype(np.float32)
