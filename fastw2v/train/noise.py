"""The noise distribution, an O(1) sampler of it, and sub-sampling (math.md sections 5 and 6)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import VocabularyError

BUCKET = 2**32  # probability mass of one bucket of the alias table, in integer units
CUM_DOMAIN = 2**31 - 1  # the range of word2vec's and gensim's cumulative table


def noise_weights(counts: NDArray[np.int64], ns_exponent: float) -> NDArray[np.float64]:
    """Noise probability of each word: ``count ** ns_exponent``, normalised.

    A word without occurrences is never drawn, whatever the exponent.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_words,)
    ns_exponent : float
        1 draws words as often as they occur, 0 all alike, below 0 the rare ones more often.

    Returns
    -------
    ndarray of float64, shape (n_words,)

    Raises
    ------
    VocabularyError
        If no word has a positive count, or a count is negative.

    Examples
    --------
    >>> import numpy as np
    >>> noise_weights(np.array([16, 1, 0]), 0.5).tolist()
    [0.8, 0.2, 0.0]
    """
    counts, drawn = _checked(counts)
    weights = np.zeros(len(counts))
    exponents = ns_exponent * np.log(counts[drawn])
    # Shifted to a largest weight of 1, so that no exponent overflows.
    weights[drawn] = np.exp(exponents - exponents.max())
    weights /= weights.sum()
    return weights


def _checked(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the counts, and which words are drawn; raise for counts that give no distribution."""
    counts = np.asarray(counts, dtype=np.int64)
    drawn = counts > 0
    if not drawn.any() or counts.min() < 0:
        raise VocabularyError(
            "counts: noise words can only be drawn where counts are >= 0 and at least one is positive; "
            "give the vocabulary its word counts"
        )
    return counts, drawn


def alias_table(counts: NDArray[np.int64], ns_exponent: float) -> NDArray[np.uint32]:
    """Walker's alias table of the noise distribution, built in one sweep and exact in integers.

    Draw a bucket ``b`` uniformly and 32 random bits ``r``: the noise word is ``b`` if ``r < table[b, 0]``,
    ``table[b, 1]`` otherwise.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_words,)
    ns_exponent : float

    Returns
    -------
    ndarray of uint32, shape (n_words, 2)
        Threshold and alternative of each bucket, side by side in memory; a full bucket is its own
        alternative.

    Raises
    ------
    VocabularyError
        If no word has a positive count, or a count is negative.

    Examples
    --------
    >>> import numpy as np
    >>> table = alias_table(np.array([3, 1]), 1.0)
    >>> table[:, 1].tolist(), float(table[1, 0] / 2**32)
    ([0, 0], 0.5)
    """
    mass = _integer_mass(noise_weights(counts, ns_exponent))
    n_words = len(mass)
    lacks = mass < BUCKET
    (small,), (large,) = lacks.nonzero(), (~lacks).nonzero()
    table = np.empty((n_words, 2), dtype=np.uint32)
    prob, alias = table.T
    prob[:] = BUCKET - 1
    alias[:] = np.arange(n_words)
    if not len(small):
        return table

    # Small bucket i lacks mass, taken from the first large word that has any left over; a large
    # word that gave too much is topped up by the next one. Both sides are running sums, so the
    # whole sweep is two searches: lacking[i] before bucket i, spare[j] up to large word j.
    lacking = np.zeros(len(small) + 1, np.int64)
    (BUCKET - mass[small]).cumsum(out=lacking[1:])
    spare = (mass[large] - BUCKET).cumsum()  # (n_large,)
    prob[small] = mass[small]
    alias[small] = large[spare.searchsorted(lacking[:-1], "right")]
    given = lacking[lacking.searchsorted(spare)]  # by large words up to j, the overdraft included
    (overdrawn,) = (given > spare).nonzero()
    prob[large[overdrawn]] = BUCKET + spare[overdrawn] - given[overdrawn]
    alias[large[overdrawn]] = large[overdrawn + 1]
    return table


def _integer_mass(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Scale probabilities to integers that sum to ``n_words * BUCKET``, each within one or two units."""
    n_words = len(weights)
    # A hair less than the whole, so that what is missing can be added and never need be taken away.
    mass: NDArray[np.int64] = np.floor(weights * (n_words * BUCKET * (1 - 2.0**-48))).astype(np.int64)
    by_weight = (-weights).argsort(kind="stable")[: np.count_nonzero(weights)]
    everyone, first = divmod(n_words * BUCKET - int(mass.sum()), len(by_weight))
    mass[by_weight] += everyone
    mass[by_weight[:first]] += 1
    return mass


def cum_table(counts: NDArray[np.int64], ns_exponent: float, domain: int = CUM_DOMAIN) -> NDArray[np.uint32]:
    """Cumulative noise distribution as gensim's ``model.cum_table`` holds it; training does not use it.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_words,)
    ns_exponent : float
    domain : int
        Value of the last entry.

    Returns
    -------
    ndarray of uint32, shape (n_words,)

    Raises
    ------
    VocabularyError
        If no word has a positive count, or a count is negative.

    Examples
    --------
    >>> import numpy as np
    >>> cum_table(np.array([3, 1]), 1.0, domain=100).tolist()
    [75, 100]
    """
    counts, drawn = _checked(counts)
    powers = np.zeros(len(counts))
    powers[drawn] = counts[drawn] ** float(ns_exponent)
    cumulated = np.cumsum(powers)
    table: NDArray[np.uint32] = np.rint(cumulated / cumulated[-1] * domain).astype(np.uint32)
    return table


def _keep_probabilities(counts: NDArray[np.int64], total: int, sample: float) -> NDArray[np.float64]:
    if not sample:
        threshold: float = total
    elif sample < 1:
        threshold = sample * total
    else:  # word2vec's shorthand: words that occur more often than `sample` times are thinned out
        threshold = int(sample * (3 + math.sqrt(5)) / 2)
    # A word that never occurs has nothing to drop.
    occurrences = np.maximum(counts, 1).astype(np.float64)
    probabilities = (np.sqrt(occurrences / threshold) + 1) * (threshold / occurrences)
    kept: NDArray[np.float64] = np.where(np.asarray(counts) > 0, np.minimum(probabilities, 1.0), 1.0)
    return kept


def keep_thresholds(counts: NDArray[np.int64], total: int, sample: float) -> NDArray[np.uint32]:
    """Sub-sampling: a token is dropped when 32 random bits exceed its word's threshold.

    Equal to gensim's ``sample_int`` attribute.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_words,)
    total : int
        Tokens of the words in the vocabulary.
    sample : float
        0: keep all. Below 1: a word that makes up more of the corpus than about this share is thinned
        out. From 1: the same as a number of occurrences.

    Returns
    -------
    ndarray of uint32, shape (n_words,)

    Examples
    --------
    >>> import numpy as np
    >>> keep_thresholds(np.array([90, 10]), 100, 0.1).tolist()
    [1908874353, 4294967295]
    """
    probabilities = _keep_probabilities(counts, total, sample)
    thresholds: NDArray[np.uint32] = (probabilities * (2**32 - 1)).astype(np.uint32)
    return thresholds


def downsampling(counts: NDArray[np.int64], total: int, sample: float) -> tuple[int, int]:
    """What sub-sampling does to a corpus, as ``prepare_vocab`` reports it.

    Parameters
    ----------
    counts, total, sample
        As for :func:`keep_thresholds`.

    Returns
    -------
    downsample_unique : int
        Words of which some occurrences are dropped.
    downsample_total : int
        Expected number of tokens that are kept.

    Examples
    --------
    >>> import numpy as np
    >>> downsampling(np.array([90, 10]), 100, 0.1)
    (1, 50)
    """
    probabilities = _keep_probabilities(counts, total, sample)
    # A running sum, not a pairwise one: gensim adds word by word, and its figure is truncated.
    kept = np.cumsum(np.asarray(counts) * probabilities)
    return int(np.count_nonzero(probabilities < 1)), int(kept[-1]) if len(kept) else 0
