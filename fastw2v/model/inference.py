"""What a trained ``Word2Vec`` can do beside looking up vectors: score texts, predict words."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import kernels
from fastw2v.errors import VocabularyError
from fastw2v.query.similarity import top_rows
from fastw2v.text.source import open_source
from fastw2v.train.weights import to_padded
from fastw2v.vectors.counts import vocabulary_of

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors
    from fastw2v.train.huffman import Huffman

logger = logging.getLogger("fastw2v.word2vec")


class Inference:
    """Mixin of ``Word2Vec``: likelihood of texts, most probable centre words."""

    if TYPE_CHECKING:
        wv: KeyedVectors
        syn1: NDArray[np.float32]
        syn1neg: NDArray[np.float32]
        window: int
        sg: int
        hs: int
        negative: int
        softmax: bool
        cbow_mean: int

        def _huffman(self) -> Huffman: ...

    def score(
        self,
        sentences: Iterable[Any],
        total_sentences: int = int(1e6),
        chunksize: int = 100,
        queue_factor: int = 2,
        report_delay: float = 1,
    ) -> NDArray[np.float32]:
        """Log-likelihood of each sentence under a model with hierarchical softmax (Taddy, 2015).

        Every word within the full window of another one counts; unknown words are skipped.

        Parameters
        ----------
        sentences : iterable of list of str
        total_sentences : int
            Score at most so many sentences.
        chunksize, queue_factor, report_delay : ignored
            Accepted for gensim's sake.

        Returns
        -------
        float32 array, shape (n_sentences,)
            Natural logarithms, all <= 0.

        Raises
        ------
        RuntimeError
            If there is no vocabulary, or the model has no hierarchical softmax.
        """
        if not len(self.wv.key_to_index):
            raise VocabularyError("you must first build vocabulary before scoring new data: call build_vocab()")
        if not self.hs:
            raise VocabularyError(
                "score() needs hierarchical softmax, which gives true probabilities: train with hs=1, negative=0"
            )
        tree = self._huffman()
        plan = kernels.Plan(
            to_padded(self.wv.vectors),
            None,
            to_padded(self.syn1),
            None,
            None,
            (tree.codes, tree.points, tree.offsets),
            None,
            window=self.window,
            negative=0,
            skip_gram=bool(self.sg),
            cbow_mean=bool(self.cbow_mean),
            cbow_exact=False,
            shrink=False,
        )
        scratch = kernels.Scratch(plan)
        vocab = vocabulary_of(self.wv)
        scores: list[NDArray[np.float64]] = []
        n_scored = 0
        for pending in open_source(sentences).epoch(vocab):
            if n_scored >= total_sentences:
                break
            chunk = pending.encode()
            scores.append(np.asarray(kernels.score_chunk(plan, scratch, chunk.ids, chunk.offsets)))
            n_scored += len(scores[-1])
        joined = np.concatenate(scores) if scores else np.empty(0)
        return joined[:total_sentences].astype(np.float32)

    def predict_output_word(
        self, context_words_list: list[Any], topn: int | None = 10
    ) -> list[tuple[Any, np.float32]] | None:
        """Most probable centre words for a context, by the output vectors.

        A model of exact softmax gives the probabilities that it was trained for: CBOW those of the
        centre word, skip-gram those of a word beside the one word of the context.

        Parameters
        ----------
        context_words_list : list of str or int
            Words (or row numbers) of the context; unknown ones are left out.
        topn : int or None
            How many words to return; None for all.

        Returns
        -------
        list of (word, float32) or None
            Words with their probabilities (a softmax over the whole vocabulary), best first; None if
            the model knows none of the context words.

        Raises
        ------
        RuntimeError
            If the model was trained with neither negative sampling nor exact softmax.
        """
        if not self.negative and not self.softmax:
            raise VocabularyError(
                "predict_output_word() needs negative sampling (negative > 0) or softmax=True: their output vectors "
                "give the scores"
            )
        if not hasattr(self.wv, "vectors") or not hasattr(self, "syn1neg"):
            raise VocabularyError("parameters required for predicting the output words not found: train the model")
        rows = [self.wv.get_index(word) for word in context_words_list if word in self.wv]
        if not rows:
            logger.warning("All the input context words are out-of-vocabulary for the current model.")
            return None
        hidden = np.sum(self.wv.vectors[rows], axis=0)
        if self.cbow_mean:
            hidden /= len(rows)
        scores = hidden @ self.syn1neg.T
        best = top_rows(scores, len(scores) if topn is None else max(topn, 0))
        scores -= scores.max()
        probabilities = np.exp(scores, out=scores)
        probabilities /= probabilities.sum()
        return [(self.wv.index_to_key[row], probabilities[row]) for row in best]
