"""What a trained model can do beside looking up vectors: score texts, predict words."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import kernels
from fastw2v.checks import ParameterTypeError, checked_integer
from fastw2v.errors import ConfigError, VocabularyError
from fastw2v.keyedvectors import KeyedVectors
from fastw2v.parameters import Parameters
from fastw2v.query.similarity import logits, top_rows
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab
from fastw2v.vectors import copies, sketched

logger = logging.getLogger("fastw2v.word2vec")


def check_scoring(n_words: int, parameters: Parameters, has_weights: bool) -> None:
    """Raise VocabularyError unless the model can give likelihoods."""
    if not n_words:
        raise VocabularyError("you must first build vocabulary before scoring new data: call build_vocab()")
    if not parameters.hs or not has_weights:
        raise VocabularyError(
            "score() needs hierarchical softmax, which gives true probabilities: train with hs=1, negative=0"
        )


def scores(plan: Any, vocab: Vocab, sentences: Iterable[Any], total_sentences: int) -> NDArray[np.float32]:
    """Return the log-likelihood of each of the first ``total_sentences`` sentences, (n_sentences,)."""
    scratch = kernels.Scratch(plan)
    found: list[NDArray[np.float64]] = []
    n_scored = 0
    for pending in open_source(sentences).epoch(vocab):
        if n_scored >= total_sentences:
            break
        chunk = pending.encode()
        found.append(np.asarray(kernels.score_chunk(plan, scratch, chunk.ids, chunk.offsets)))
        n_scored += len(found[-1])
    joined = np.concatenate(found) if found else np.empty(0)
    return joined[:total_sentences].astype(np.float32)


def check_prediction(has_objective: Any, has_weights: bool) -> None:
    """Raise VocabularyError unless the model has output vectors of words, and an objective that trains them."""
    if not has_objective:
        raise VocabularyError(
            "predict_output_word() needs negative sampling (negative > 0) or softmax=True: their output vectors "
            "give the scores"
        )
    if not has_weights:
        raise VocabularyError("parameters required for predicting the output words not found: train the model")


def most_probable(
    context: Any, topn: int | None, wv: KeyedVectors, output_vectors: NDArray[np.float32], *, mean: bool
) -> list[tuple[Any, np.float32]] | None:
    """Return the most probable centre words of a context, with a softmax over the whole vocabulary, best first.

    ``output_vectors`` is (n_words, vector_size); ``mean`` says whether the input is the mean of the context's
    vectors or their sum.  None if no word of the context is known.
    """
    inputs = _context_vectors(context, wv)
    if not inputs:
        logger.warning("All the input context words are out-of-vocabulary for the current model.")
        return None
    hidden: NDArray[np.float32] = np.add.reduce(inputs, axis=0, dtype=np.float32)
    if mean:
        hidden /= len(inputs)
    products, log_sum = logits(output_vectors, hidden)
    n_best = len(products) if topn is None else checked_integer("topn", topn, None, "None for all words")
    best = top_rows(products, max(n_best, 0))
    probabilities = np.exp(products[best].astype(np.float64) - log_sum).astype(np.float32)
    return [(wv.index_to_key[row], score) for row, score in zip(best.tolist(), probabilities, strict=True)]


def combined(wv: KeyedVectors, outputs: NDArray[Any] | None) -> KeyedVectors:
    """Return a new table of the sums of both vectors of each word.

    Raises
    ------
    VocabularyError
        If there are no output vectors of words.
    """
    if outputs is None or len(outputs) != len(wv):
        raise VocabularyError(
            "the model has no output vector for each word, so there is nothing to combine: train with negative=5 "
            "(or softmax=True), and with hs=0 if memory matters"
        )
    table = wv.to_table()
    sums = np.add(table.vectors, outputs, dtype=np.float32)
    return KeyedVectors.from_table(copies.with_vectors(table, sums))


def _context_vectors(context: Any, wv: KeyedVectors) -> list[NDArray[np.float32]]:
    """Return the vectors of a context: those of its known words, and those that it holds itself."""
    if isinstance(context, (str, bytes)):
        raise ParameterTypeError(
            f"context_words_list={context!r:.60}: must be a list of words, since the letters of a text would be taken "
            f"for words: [{context!r:.60}] or text.split()"
        )
    if isinstance(context, np.ndarray) and context.ndim == 1 and context.dtype.kind == "f":
        context = [context]
    vectors, rows = [], sketched.rows(wv)
    for word in context:
        if isinstance(word, np.ndarray) and word.ndim:
            if word.shape != (wv.vector_size,) or word.dtype.kind not in "iuf":
                raise ConfigError(
                    f"a vector of the context is {word.dtype} of shape {word.shape}; vectors here are "
                    f"({wv.vector_size},)"
                )
            vectors.append(word)
        elif (row := wv.get_index(word, -1)) >= 0:
            vectors.append(rows[row])
    return vectors
