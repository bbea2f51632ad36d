"""The loss of a fixed sample of pairs, in NumPy: one number that means the same in every epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.parameters import TABLE, sides_of

if TYPE_CHECKING:
    from fastw2v.word2vec import Word2Vec

MOST_SENTENCES = 5_000  # of which pairs are drawn; more do not make the mean better
BATCH = 256  # windows at a time: bounds the memory of exact softmax


@dataclass(frozen=True)
class PairSample:
    """Windows and noise words, drawn once.

    Parameters
    ----------
    inputs : int64 array, (n_inputs,)
        Rows of the words that predict, window after window.
    begins : int64 array, (n,)
        Where each window begins in ``inputs``.
    targets : int64 array, (n,)
        Rows of the words that are predicted.
    noise : int64 array, (n, negative)
        Rows of noise words; (n, 0) without negative sampling.
    """

    inputs: NDArray[np.int64]
    begins: NDArray[np.int64]
    targets: NDArray[np.int64]
    noise: NDArray[np.int64]

    @classmethod
    def drawn(cls, model: Word2Vec, sentences: Iterable[Any], n: int, seed: int) -> PairSample:
        """Draw windows as training does (but for sub-sampling), and noise words by the model's distribution.

        Raises
        ------
        ConfigError
            If no sentence has two words of the vocabulary.
        """
        rng = np.random.default_rng(seed)
        texts = _known(model, _reservoir(sentences, rng))
        if not texts:
            raise ConfigError(
                "the sentences for the sampled loss have no two words of the vocabulary beside each other"
            )
        inputs: list[list[int]] = []
        targets: list[int] = []
        left, right = sides_of(TABLE["window"].checked(model.window))
        widest = max(left, right)
        while len(inputs) < n:
            text = texts[int(rng.integers(len(texts)))]
            center = int(rng.integers(len(text)))
            reach = int(rng.integers(1, widest + 1)) if model.shrink_windows else widest
            before, after = (-(-reach * side // widest) for side in (left, right))
            context = text[max(0, center - before) : center] + text[center + 1 : center + 1 + after]
            if not context:  # of a window to one side
                continue
            inputs.append([context[int(rng.integers(len(context)))]] if model.sg else context)
            targets.append(text[center])
        begins = np.cumsum([0, *map(len, inputs[:-1])])
        weights = np.asarray(model.wv.expandos["count"], np.float64) ** model.ns_exponent
        noise = rng.choice(len(weights), size=(n, model.negative), p=weights / weights.sum())
        return cls(np.concatenate(inputs), begins, np.array(targets), noise)

    def mean_loss(self, model: Word2Vec) -> float:
        """Return the mean loss of a window under the vectors as they are now."""
        sizes = np.diff(np.append(self.begins, len(self.inputs)))
        hidden = np.add.reduceat(np.asarray(model.wv.vectors, np.float64)[self.inputs], self.begins)
        if not model.sg and model.cbow_mean:
            hidden /= sizes[:, None]
        total = 0.0
        for first in range(0, len(hidden), BATCH):
            part = slice(first, first + BATCH)
            if model.softmax:
                total += _softmax(hidden[part], model.syn1neg, self.targets[part])
                continue
            if model.negative:
                total += _sampled(hidden[part], model.syn1neg, self.targets[part], self.noise[part])
            if model.hs:
                total += sum(map(_path, hidden[part], [model] * BATCH, self.targets[part].tolist()))
        return total / len(hidden)


def _reservoir(sentences: Iterable[Any], rng: np.random.Generator) -> list[Any]:
    """Return some of the sentences, each with the same probability."""
    kept: list[Any] = []
    for number, sentence in enumerate(sentences):
        if len(kept) < MOST_SENTENCES:
            kept.append(list(sentence))
        elif (place := int(rng.integers(number + 1))) < MOST_SENTENCES:
            kept[place] = list(sentence)
    return kept


def _known(model: Word2Vec, sentences: list[Any]) -> list[list[int]]:
    """Return the sentences as rows of known words, those with at least two."""
    rows = model.wv.key_to_index
    texts = [[rows[word] for word in sentence if word in rows] for sentence in sentences]
    return [text for text in texts if len(text) > 1]


def _sampled(hidden: Any, outputs: Any, targets: Any, noise: Any) -> float:
    """Sum ``-log sigmoid`` of the targets' scores, and of the noise words' negative ones where they are no targets."""
    outputs = np.asarray(outputs)
    right = np.einsum("nd,nd->n", hidden, outputs[targets].astype(np.float64))
    wrong = np.einsum("nd,nkd->nk", hidden, outputs[noise].astype(np.float64))
    counted = noise != targets[:, None]
    return float(np.logaddexp(0.0, -right).sum() + (np.logaddexp(0.0, wrong) * counted).sum())


def _softmax(hidden: Any, outputs: Any, targets: Any) -> float:
    """Sum ``-log`` of the targets' probabilities among all words."""
    scores = hidden @ np.asarray(outputs, np.float64).T
    top = scores.max(axis=1)
    logs = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    return float((logs - scores[np.arange(len(scores)), targets]).sum())


def _path(hidden: Any, model: Word2Vec, row: int) -> float:
    """Sum ``-log sigmoid`` of the turns on the way to a word in the Huffman tree."""
    code, point = (np.asarray(model.wv.expandos[name][row]) for name in ("code", "point"))
    scores = np.asarray(model.syn1, np.float64)[point] @ hidden
    return float(np.logaddexp(0.0, -(1.0 - 2.0 * code) * scores).sum())
