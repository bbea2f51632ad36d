"""How sure an evaluation is: intervals by the bootstrap, and two tables compared on the same questions.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), percentile intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError

N_RESAMPLES = 2000


class Interval(NamedTuple):
    """A figure, and between which bounds it would lie had other questions of the same kind been asked."""

    value: float
    low: float
    high: float


class Comparison(NamedTuple):
    """A figure of two tables on the questions that both can answer."""

    value: float
    other: float
    difference: Interval  # value - other; both tables get the same questions in each resampling
    n: int  # questions
    p_value: float  # of a difference at least so far from 0 where there is none, two-sided


Answers = Mapping[Any, Any]  # what a table makes of each question
Figure = Callable[[NDArray[np.float64]], float]  # of answers, shape (n_questions, ...)


def check(confidence: Any) -> None:
    """Raise a ConfigError unless the confidence is None, or between 0 and 1."""
    if confidence is not None and (not isinstance(confidence, (int, float)) or not 0 < confidence < 1):
        raise ConfigError(f"confidence={confidence!r:.40}: must be between 0 and 1, such as 0.95; None: no interval")


def mean(answers: NDArray[np.float64]) -> float:
    """Return the share of right answers, which are 0 or 1."""
    return float(answers.mean())


def rank_correlation(answers: NDArray[np.float64]) -> float:
    """Return Spearman's correlation of two columns."""
    from scipy.stats import rankdata

    ranks = np.asarray(rankdata(answers, axis=0))
    return float(np.asarray(np.corrcoef(ranks.T))[0, 1])


def by_line(lines: Sequence[int], gold: Sequence[float], similarities: NDArray[np.float64]) -> Answers:
    """Return the score and the similarity of each pair, by its line in the file."""
    return dict(zip(lines, zip(gold, similarities.tolist(), strict=True), strict=True))


def added(mine: Answers, theirs: Answers | None, figure: Figure, confidence: float | None) -> tuple[Any, ...]:
    """Return what an evaluation adds to its report: an interval if asked for, and a comparison if there is another.

    Raises
    ------
    ConfigError
        If there are fewer than two questions, or two that both tables know.
    """
    found: tuple[Any, ...] = ()
    if confidence is not None:
        found += (interval(np.array(list(mine.values()), dtype=np.float64), figure, confidence),)
    if theirs is not None:
        both = [question for question in mine if question in theirs]
        left, right = (np.array([side[one] for one in both], dtype=np.float64) for side in (mine, theirs))
        found += (comparison(left, right, figure, 0.95 if confidence is None else confidence),)
    return found


def interval(answers: NDArray[np.float64], figure: Figure, confidence: float) -> Interval:
    """Return a figure of answers, shape (n_questions, ...), with its interval."""
    found = _resampled(len(answers), lambda drawn: figure(answers[drawn]))
    return Interval(figure(answers), *_bounds(found, confidence))


def comparison(
    mine: NDArray[np.float64], theirs: NDArray[np.float64], figure: Figure, confidence: float
) -> Comparison:
    """Return a figure of two tables that answered the same questions, and the difference with its interval."""
    found = _resampled(len(mine), lambda drawn: figure(mine[drawn]) - figure(theirs[drawn]))
    # Both tails, each with the sample itself: a p-value of resamplings is never 0.
    tails = (np.sum(found <= 0) + 1, np.sum(found >= 0) + 1)
    p_value = min(1.0, 2 * float(min(tails)) / (len(found) + 1))
    value, other = figure(mine), figure(theirs)
    return Comparison(value, other, Interval(value - other, *_bounds(found, confidence)), len(mine), p_value)


def _bounds(found: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _resampled(n_questions: int, figure: Callable[[NDArray[np.int64]], float]) -> NDArray[np.float64]:
    """Return the figure of N_RESAMPLES drawings of the questions, with replacement, shape (N_RESAMPLES,).

    The seed is always the same: the same question gets the same answer.
    """
    if n_questions < 2:
        raise ConfigError(f"an interval needs two questions or more, there are {n_questions}")
    random = np.random.default_rng(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawings = (random.integers(n_questions, size=n_questions) for _ in range(N_RESAMPLES))
        found = np.array([figure(drawn) for drawn in drawings])
    finite: NDArray[np.float64] = found[np.isfinite(found)]  # the same question again and again has no correlation
    if not len(finite):
        raise ConfigError("the figure is not finite, whatever is drawn: there is no interval")
    return finite
