"""Search for parameters that suit a corpus and a task, within a budget of minutes.

A random search with a first round on a part of the corpus: gensim's defaults, the presets and random draws are trained
on sentences spread over the corpus, and the best of them on all of it.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastw2v._parallel import usable_cpus
from fastw2v.errors import ConfigError
from fastw2v.parameters import TABLE
from fastw2v.presets import PRESETS
from fastw2v.text.corpus import LineSentence
from fastw2v.word2vec import Word2Vec

SAMPLE_WORDS = 1_000_000  # of the first round
SHARE_OF_FIRST_ROUND = 0.6  # of the time
MOST_FINALISTS = 8
LAST_ITEMS = 10  # before the one that is to be guessed

TEXT_SPACE: dict[str, Sequence[Any]] = {
    "sg": [1, 1, 1, 0],
    "vector_size": [100, 150, 200],
    "window": [2, 3, 4, 5, 8, 10],
    "negative": [5, 10],
    "ns_exponent": [0.5, 0.75, 1.0],
    "sample": [1e-3, 1e-4, 1e-5],
    "alpha": [0.025, 0.05],
    "epochs": [5, 10, 20],
    "joint_context": [False, True],
}
ITEM_SPACE: dict[str, Sequence[Any]] = {
    "sg": [1],
    "vector_size": [32, 64, 100],
    "window": [5, 10, 30, 100],
    "negative": [5, 10, 20],
    "ns_exponent": [-0.5, 0.0, 0.5, 0.75, 1.0],
    "sample": [0.0, 1e-3, 1e-4],
    "alpha": [0.025, 0.05],
    "epochs": [10, 20, 50],
}

Measure = Callable[[Word2Vec], float]


@dataclass(frozen=True)
class Trial:
    """One training of the search.

    Parameters
    ----------
    parameters : dict
        Those that are not the defaults of ``Word2Vec``.
    whole : bool
        Whether the whole corpus was trained.
    score : float
        Mean of the scores.
    scores : dict of str to float
    seconds : float
    """

    parameters: dict[str, Any]
    whole: bool
    score: float
    scores: dict[str, float]
    seconds: float


@dataclass
class Report:
    """What a search has found: all trials, the best first, whole ones before those of a part.

    Examples
    --------
    >>> report = Report([Trial({"sg": 1}, True, 0.5, {"MEN": 0.5}, 2.0)])
    >>> report.best
    {'sg': 1}
    """

    trials: list[Trial] = field(default_factory=list)

    @property
    def ranked(self) -> list[Trial]:
        """The trials, the best first."""
        return sorted(self.trials, key=lambda trial: (not trial.whole, -trial.score))

    @property
    def best(self) -> dict[str, Any]:
        """The parameters of the best trial: ``Word2Vec(corpus, **report.best)``."""
        return dict(self.ranked[0].parameters)

    def as_flags(self) -> str:
        """Return the best parameters as flags of ``fastw2v train``."""
        rows = ((TABLE[name].flags, value) for name, value in self.best.items())
        flags = (f"{names[-1]} {int(value) if isinstance(value, bool) else value}" for names, value in rows if names)
        return " ".join(flags)

    def to_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps({"best": self.best, "trials": [vars(trial) for trial in self.ranked]}, default=str)

    def __str__(self) -> str:
        lines = ["score   corpus  seconds  parameters"]
        for trial in self.ranked:
            where = "whole " if trial.whole else "part  "
            given = ", ".join(f"{name}={value}" for name, value in trial.parameters.items()) or "gensim's defaults"
            scores = ", ".join(f"{name} {score:.3f}" for name, score in trial.scores.items())
            more = f"  ({scores})" if len(trial.scores) > 1 else ""
            lines.append(f"{trial.score:.4f}  {where} {trial.seconds:8.1f}  {given}{more}")
        return "\n".join(lines)


def tune(
    corpus: Any,
    *,
    pairs: Iterable[Any] = (),
    analogies: Iterable[Any] = (),
    next_item: bool = False,
    measure: Measure | None = None,
    minutes: float = 10.0,
    space: Mapping[str, Sequence[Any]] | None = None,
    fixed: Mapping[str, Any] | None = None,
    seed: int = 1,
    workers: int | None = None,
    tell: Callable[[Trial], None] | None = None,
) -> Report:
    """Search for parameters that suit a corpus and a task, within a budget of minutes.

    Parameters
    ----------
    corpus : path, or re-iterable of token lists
    pairs : iterable of path
        Files of word pairs with scores, as for ``evaluate_word_pairs``: their rank correlation counts.
    analogies : iterable of path
        Files of analogies, as for ``evaluate_word_analogies``: the share of right answers counts.
    next_item : bool
        Hold the last item of each sequence back, and count how often it is among the ten items that are nearest to the
        mean of those before it. The search is then among parameters for items.
    measure : callable, optional
        ``measure(model)`` gives a number, the larger the better.
    minutes : float
        How long the search may take; a training that has begun is finished.
    space : mapping of str to sequence, optional
        Values to choose from, for each parameter; instead of those that are usual for text, or for items.
    fixed : mapping, optional
        Parameters that all trials have.
    seed : int
        Of the draws and of the trainings.
    workers : int, optional
        Threads; default: one for each processor.
    tell : callable, optional
        Is given each trial when it is over.

    Returns
    -------
    Report
        ``report.best`` are parameters; ``print(report)`` shows all trials.

    Raises
    ------
    ConfigError
        If there is nothing to measure, or a parameter that does not exist.

    Notes
    -----
    The best of many trials is a little lucky: with few questions, judge it by other ones.

    Examples
    --------
    >>> baskets = [["tea", "milk", "cup"], ["beer", "nuts", "glass"]] * 50
    >>> report = tune(baskets, next_item=True, minutes=0.01, fixed={"min_count": 1, "epochs": 2})
    >>> report.trials[0].score <= 1
    True
    """
    measures = _measures(pairs, analogies, measure)
    if not measures and not next_item:
        raise ConfigError("nothing to measure: give pairs=, analogies=, next_item=True or measure=")
    space = dict(space if space is not None else ITEM_SPACE if next_item else TEXT_SPACE)
    fixed = {**(fixed or {}), "workers": usable_cpus() if workers is None else workers, "seed": seed}
    for name in (*space, *fixed):
        if name not in TABLE:
            raise ConfigError(f"{name}=: there is no such parameter of Word2Vec")
    if not minutes > 0:
        raise ConfigError(f"minutes={minutes!r:.40}: must be above 0")
    search = _Search(corpus, measures, next_item, fixed, time.monotonic() + 60.0 * minutes, tell)
    search.run(_candidates(space, fixed, next_item, np.random.default_rng(seed)), 60.0 * minutes)
    return search.report


def _measures(pairs: Iterable[Any], analogies: Iterable[Any], measure: Measure | None) -> dict[str, Measure]:
    """Return what is measured, by name."""
    found: dict[str, Measure] = {}
    for path in pairs:
        found[str(path)] = lambda model, path=path: float(model.wv.evaluate_word_pairs(path)[1][0])  # type: ignore[misc]
    for path in analogies:
        found[str(path)] = lambda model, path=path: float(model.wv.evaluate_word_analogies(path)[0])  # type: ignore[misc]
    if measure is not None:
        found["measure"] = measure
    return found


def _candidates(
    space: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any], items: bool, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Give gensim's defaults, the presets, then random draws, each once."""
    names = ["items", "graph"] if items else [name for name in PRESETS if name not in ("items", "graph")]
    first = [{}, *(PRESETS[name] for name in names)]
    seen: set[str] = set()
    draws = ({name: values[int(rng.integers(len(values)))] for name, values in space.items()} for _ in range(100_000))
    for one in itertools.chain(first, draws):
        free = {name: value for name, value in one.items() if name not in fixed}
        parameters = {name: value for name, value in free.items() if value != TABLE[name].default}
        if (key := json.dumps(parameters, sort_keys=True)) not in seen:
            seen.add(key)
            yield parameters


class _Search:
    """Trials on a part of a corpus, then on all of it."""

    def __init__(
        self, corpus: Any, measures: Mapping[str, Measure], next_item: bool, fixed: Mapping[str, Any], end: float,
        tell: Callable[[Trial], None] | None,
    ) -> None:  # fmt: skip
        sentences = (
            LineSentence(corpus) if isinstance(corpus, (str, bytes)) or hasattr(corpus, "__fspath__") else corpus
        )
        self._held: list[tuple[list[Any], Any]] = []
        if next_item:
            texts = [list(sequence) for sequence in sentences]
            self._held = [(text[-1 - LAST_ITEMS : -1], text[-1]) for text in texts if len(text) > 1]
            sentences = [text[:-1] for text in texts]
        self._whole = sentences
        self._part = _spread(sentences)
        self._measures, self._fixed, self._end, self._tell = measures, fixed, end, tell
        self.report = Report()

    def run(self, candidates: Iterator[dict[str, Any]], seconds: float) -> None:
        """Try candidates until the time is over."""
        if self._part is None:  # it is small
            for parameters in candidates:
                self._try(parameters, whole=True)
                if time.monotonic() > self._end:
                    return
            return
        half_time = self._end - seconds * (1 - SHARE_OF_FIRST_ROUND)
        for parameters in candidates:
            self._try(parameters, whole=False)
            if time.monotonic() > half_time:
                break
        for trial in self.report.ranked[:MOST_FINALISTS]:
            self._try(trial.parameters, whole=True)
            if time.monotonic() > self._end:
                return

    def _try(self, parameters: dict[str, Any], *, whole: bool) -> None:
        begin = time.monotonic()
        corpus = self._whole if whole else self._part
        model = Word2Vec(corpus, **{**parameters, **self._fixed, "progress": False})
        scores = {name: measure(model) for name, measure in self._measures.items()}
        if self._held:
            scores["next item"] = hit_rate(model, self._held)
        finite = [score if np.isfinite(score) else 0.0 for score in scores.values()]
        shown = {name: value for name, value in self._fixed.items() if name not in ("workers", "seed")}
        trial = Trial({**parameters, **shown}, whole, float(np.mean(finite)), scores, time.monotonic() - begin)
        self.report.trials.append(trial)
        if self._tell is not None:
            self._tell(trial)


def _spread(sentences: Iterable[Any]) -> list[Any] | None:
    """Return sentences from all over a corpus, of a million words together; None if it has hardly more."""
    n_words = sum(len(sentence) for sentence in sentences)
    step = n_words // SAMPLE_WORDS
    if step < 2:
        return None
    return [list(sentence) for number, sentence in enumerate(sentences) if number % step == 0]


def hit_rate(model: Word2Vec, held: Sequence[tuple[list[Any], Any]], topn: int = 10) -> float:
    """Return how often an item is among the nearest to the mean of those before it.

    Parameters
    ----------
    model : Word2Vec
    held : sequence of (list of items, item)
        Unknown items are no neighbours; items seen before are no answers.
    topn : int

    Returns
    -------
    float

    Examples
    --------
    >>> model = Word2Vec([["a", "b"]] * 20, vector_size=4, min_count=1, workers=1)
    >>> hit_rate(model, [(["a"], "b")])
    1.0
    """
    wv = model.wv
    known = [([item for item in before if item in wv], item) for before, item in held]
    asked = [(before, item) for before, item in known if before]
    if not asked:
        return 0.0
    answers = wv.most_similar_batch([before for before, _ in asked], topn=topn)
    hits = sum(any(key == item for key, _ in found) for found, (_, item) in zip(answers, asked, strict=True))
    return hits / len(held)
