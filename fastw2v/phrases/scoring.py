"""Scores of word pairs, and the checks of what a user gives to choose one."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Callable, Iterable
from typing import Any

from fastw2v.checks import ParameterTypeError
from fastw2v.errors import ConfigError

Scorer = Callable[..., Any]

SCORER_PARAMETERS = ("worda_count", "wordb_count", "bigram_count", "len_vocab", "min_count", "corpus_word_count")

ENGLISH_CONNECTOR_WORDS = frozenset(
    ("a", "an", "the", "for", "of", "with", "without", "at", "from", "to", "in", "on", "by", "and", "or")
)


def original_scorer(
    worda_count: float,
    wordb_count: float,
    bigram_count: float,
    len_vocab: float,
    min_count: float,
    corpus_word_count: float,
) -> float:
    """Score a pair as in Mikolov et al., "Distributed Representations of Words and Phrases" (2013).

    Parameters
    ----------
    worda_count, wordb_count : int
        Counts of the first and of the last word.
    bigram_count : int
        Count of the two in sequence (connector words between them included).
    len_vocab : int
        Number of entries of the vocabulary, words and pairs together.
    min_count : float
        Discount; pairs that are not counted more often score 0 or less.
    corpus_word_count : int
        Not used; every scorer has the same parameters.

    Returns
    -------
    float
        ``(bigram_count - min_count) / (worda_count * wordb_count) * len_vocab``, -inf if a word is
        not counted.

    Examples
    --------
    >>> original_scorer(10, 20, 8, 1000, 5, 50_000)
    15.0
    """
    both_words = worda_count * wordb_count
    if both_words == 0:
        return -math.inf
    return (bigram_count - min_count) / float(both_words) * len_vocab


def npmi_scorer(
    worda_count: float,
    wordb_count: float,
    bigram_count: float,
    len_vocab: float,
    min_count: float,
    corpus_word_count: float,
) -> float:
    """Score a pair by normalised pointwise mutual information (Bouma 2009), from -1 to 1.

    Parameters
    ----------
    worda_count, wordb_count : int
        Counts of the first and of the last word.
    bigram_count : int
        Count of the two in sequence (connector words between them included).
    len_vocab : int
        Not used; every scorer has the same parameters.
    min_count : float
        A pair that is counted less often scores -inf.
    corpus_word_count : int
        Words of the corpus.

    Returns
    -------
    float
        ``ln(p_ab / (p_a * p_b)) / -ln(p_ab)``.

    Examples
    --------
    >>> round(npmi_scorer(10, 20, 8, 1000, 5, 50_000), 3)
    0.87
    """
    if bigram_count < min_count:
        return -math.inf
    n_words = float(corpus_word_count)
    p_both = bigram_count / n_words
    p_independent = (worda_count / n_words) * (wordb_count / n_words)
    if p_both <= 0 or p_independent <= 0:
        return -math.inf
    information = -math.log(p_both)
    return 1.0 if information == 0 else math.log(p_both / p_independent) / information


NAMED_SCORERS: dict[str, Scorer] = {"default": original_scorer, "npmi": npmi_scorer}


def resolve_scorer(scoring: str | Scorer) -> Scorer:
    """Return the function for the argument `scoring`.

    Parameters
    ----------
    scoring : {"default", "npmi"} or callable

    Returns
    -------
    callable

    Raises
    ------
    ConfigError
        For an unknown name, and for a callable without one of the six parameters.

    Examples
    --------
    >>> resolve_scorer("npmi") is npmi_scorer
    True
    """
    if isinstance(scoring, str):
        if scoring not in NAMED_SCORERS:
            raise ConfigError(f'scoring={scoring!r} is unknown: give "default", "npmi" or a function')
        return NAMED_SCORERS[scoring]
    if not callable(scoring):
        raise ConfigError(f'scoring={scoring!r} cannot be called: give "default", "npmi" or a function')
    missing = missing_parameters(scoring)
    if missing:
        raise ConfigError(
            f"scoring function {scoring!r} misses the parameters {missing}: it is called with the keywords "
            + ", ".join(SCORER_PARAMETERS)
        )
    return scoring


def missing_parameters(scoring: Scorer) -> list[str]:
    """Return those of the six parameters that a function cannot be called with by keyword.

    Parameters
    ----------
    scoring : callable

    Returns
    -------
    list of str

    Examples
    --------
    >>> missing_parameters(npmi_scorer)
    []
    >>> missing_parameters(lambda bigram_count, **others: bigram_count)
    []
    >>> len(missing_parameters(lambda count: count))
    6
    """
    try:
        parameters = inspect.signature(scoring).parameters
    except (TypeError, ValueError):  # a builtin without a signature
        return list(SCORER_PARAMETERS)
    kinds = {parameter.kind for parameter in parameters.values()}
    by_keyword = {name for name, parameter in parameters.items() if parameter.kind is not parameter.POSITIONAL_ONLY}
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return []
    return [name for name in SCORER_PARAMETERS if name not in by_keyword]


def check_connector_words(connector_words: Iterable[str]) -> frozenset[str]:
    """Return the connector words as a set.

    Parameters
    ----------
    connector_words : iterable of str

    Returns
    -------
    frozenset of str

    Raises
    ------
    ConfigError
        For one string (its letters would be taken), and for words that are not str.

    Examples
    --------
    >>> sorted(check_connector_words(["of", "the", "of"]))
    ['of', 'the']
    """
    if isinstance(connector_words, str):
        raise ConfigError(
            f"connector_words={connector_words!r} is one string: give a collection of words, "
            f"for example {{{connector_words!r}}} or phrases.ENGLISH_CONNECTOR_WORDS"
        )
    words = frozenset(connector_words)
    for word in words:
        if not isinstance(word, str):
            raise ConfigError(f"connector_words holds {word!r}, a {type(word).__name__}: give str only")
    return words


def check_parameters(min_count: float, threshold: float, scoring: object) -> None:
    """Refuse the values for which no pair can be judged.

    Parameters
    ----------
    min_count, threshold : float
    scoring : {"default", "npmi"} or callable

    Raises
    ------
    ConfigError
        For ``min_count <= 0``, ``threshold <= 0`` with default scoring, ``abs(threshold) > 1`` with NPMI.

    Examples
    --------
    >>> check_parameters(5, 0.5, "npmi")
    """
    for name, value in (("min_count", min_count), ("threshold", threshold)):
        if not isinstance(value, numbers.Real):
            raise ParameterTypeError(f"{name}={value!r:.60}: must be a number")
    if min_count <= 0:
        raise ConfigError(f"min_count={min_count!r} must be at least 1")
    if threshold <= 0 and scoring == "default":
        raise ConfigError(f"threshold={threshold!r} must be positive with default scoring")
    if scoring == "npmi" and not -1 <= threshold <= 1:
        raise ConfigError(f"threshold={threshold!r} must be between -1 and 1 with NPMI scoring")
