"""Evaluation on analogies and word pairs: reading the questions, and counting the answers."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fastw2v._progress import step
from fastw2v.checks import truth
from fastw2v.query.batch import analogy_rows
from fastw2v.query.questions import Source, lines_of, read_analogies, read_pairs

logger = logging.getLogger("fastw2v.keyedvectors")

CANDIDATES = 5  # as in gensim: an analogy fails if none of the five best is another word than the given ones
QUESTIONS_AT_A_TIME = 4096  # what is between two steps of the bar
BATCH_METHODS = ("most_similar", "most_similar_cosmul")
Section = dict[str, Any]


class Correlation(Protocol):
    """What SciPy makes of a correlation: also a pair of both numbers."""

    @property
    def statistic(self) -> float:
        """-1 .. 1."""

    @property
    def pvalue(self) -> float:
        """How likely one as far from 0 is by chance."""

    def __getitem__(self, place: int, /) -> float:
        """Return the statistic (0) or the p-value (1)."""


Fold = Callable[[Any], Any]


def folding(case_insensitive: bool) -> Fold:
    """Return what turns a word into the form in which it is compared."""
    return _upper if truth("case_insensitive", case_insensitive) else _same


def _upper(key: Any) -> Any:
    return key.upper() if isinstance(key, str) else key


def _same(key: Any) -> Any:
    return key


def folded_rows(keys: Iterable[Any], fold: Fold) -> dict[Any, int]:
    """Return the row of each word in its folded form; of words that fold together the first one."""
    rows: dict[Any, int] = {}
    for row, key in enumerate(keys):
        rows.setdefault(fold(key), row)
    return rows


def checked_method(owner: Any, name: str) -> Callable[..., Any]:
    """Return the method that is to answer analogies.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    method: Callable[..., Any] | None = getattr(owner, name, None)
    if not callable(method):
        raise ValueError(
            f"similarity_function={name!r} is not a method of {type(owner).__name__}: "
            "use 'most_similar' or 'most_similar_cosmul'"
        )
    return method


class Analogies(NamedTuple):
    """The questions of a file: "a is to b as c is to d"."""

    sections: list[str]
    section_of: list[int]  # one for each question, as are the next two
    words: list[tuple[Any, ...]]  # folded
    known: list[bool]  # whether the table has all four words

    def rows(self, known: dict[Any, int]) -> NDArray[np.int64]:
        """Return the rows of a, b and c of the questions that can be asked, shape (n, 3)."""
        asked = [[known[word] for word in words[:3]] for words, ok in zip(self.words, self.known, strict=True) if ok]
        return np.array(asked, dtype=np.int64).reshape(-1, 3)


def questions_of(analogies: Source, known: dict[Any, int], fold: Fold, dummy4unknown: bool) -> Analogies:
    """Read a file of analogies; ``known`` has the words that questions may use.

    Raises
    ------
    ValueError
        If the file has no analogies, or some before the first section.
    """
    read = Analogies([], [], [], [])
    for number, name, words in read_analogies(analogies):
        if name is not None:
            read.sections.append(name)
            continue
        if words is None:
            logger.info("Skipping invalid line #%i in %s", number, analogies)
            continue
        folded = tuple(map(fold, words))
        inside = all(word in known for word in folded)
        if not inside:
            said = "Zero accuracy for" if dummy4unknown else "Skipping"
            logger.debug("%s line #%i with OOV words: %s", said, number, " ".join(words))
        read.section_of.append(len(read.sections) - 1)
        read.words.append(folded)
        read.known.append(inside)
    if not read.words:
        raise ValueError(f"no analogies in {analogies}: expected lines of four words in sections")
    return read


def answers_of_table(
    vectors: Any, questions: NDArray[np.int64], keys: list[Any], fold: Fold, cosmul: bool
) -> Iterator[Any]:
    """Yield the first of the best candidates that is another word than those of its question, or None.

    Parameters
    ----------
    vectors : matrix, shape (n_candidates, vector_size)
    questions : ndarray of int64, shape (n_questions, 3)
    cosmul : bool
        3CosMul instead of 3CosAdd.
    """
    with step("evaluating", len(questions), "analogy") as evaluating:
        for first in range(0, len(questions), QUESTIONS_AT_A_TIME):
            some = questions[first : first + QUESTIONS_AT_A_TIME]
            found = analogy_rows(vectors, some, CANDIDATES + 3, cosmul)
            for asked, best in zip(some.tolist(), found.tolist(), strict=True):
                given = {fold(keys[row]) for row in asked}
                candidates = [row for row in best if row >= 0 and row not in asked][:CANDIDATES]
                yield next((name for name in (fold(keys[row]) for row in candidates) if name not in given), None)
            evaluating.add(len(some))


def answers_of_method(
    ask: Callable[..., Any], questions: NDArray[np.int64], keys: list[Any], fold: Fold, restrict_vocab: int | None
) -> Iterator[Any]:
    """Yield the same as :func:`answers_of_table`, from a method such as ``most_similar`` of a subclass."""
    known = {fold(key) for key in keys[:restrict_vocab]}
    with step("evaluating", len(questions), "analogy") as evaluating:
        for asked in questions.tolist():
            a, b, c = (keys[row] for row in asked)
            best = ask(positive=[b, c], negative=[a], topn=CANDIDATES, restrict_vocab=restrict_vocab)
            given = {fold(a), fold(b), fold(c)}
            yield next((name for name in (fold(key) for key, _ in best) if name in known and name not in given), None)
            evaluating.add(1)


def marked(asked: Analogies, answers: Iterable[Any], dummy4unknown: bool) -> list[Section]:
    """Return the sections with their questions in lists ``correct`` and ``incorrect``."""
    sections: list[Section] = [{"section": name, "correct": [], "incorrect": []} for name in asked.sections]
    left = iter(list(answers))  # all of them now: a bar stands until the last one
    for section, words, inside in zip(asked.section_of, asked.words, asked.known, strict=True):
        predicted = next(left) if inside else None
        if inside or dummy4unknown:
            outcome = "correct" if inside and predicted == words[3] else "incorrect"
            sections[section][outcome].append(words)
            if outcome == "incorrect" and inside:
                logger.debug("%s: expected %s, predicted %s", " ".join(words), words[3], predicted)
    return sections


def total_of(sections: list[Section]) -> Section:
    """Return one section with the questions of all."""
    lists = {name: [words for part in sections for words in part[name]] for name in ("correct", "incorrect")}
    return {"section": "Total accuracy", **lists}


def log_unknown(asked: Analogies, dummy4unknown: bool) -> None:
    """Log how many questions had words without a vector."""
    unknown = 100.0 * (len(asked.known) - sum(asked.known)) / len(asked.known)
    logger.info("Quadruplets with out-of-vocabulary words: %.1f%%", unknown)
    if not dummy4unknown:
        logger.info(
            "NB: analogies containing OOV words were skipped from evaluation! "
            'To change this behavior, use "dummy4unknown=True"'
        )


def outcomes(total: Section) -> dict[tuple[Any, ...], float]:
    """Return 1.0 for each question that was answered rightly, 0.0 for each other one."""
    return {**dict.fromkeys(total["incorrect"], 0.0), **dict.fromkeys(total["correct"], 1.0)}


def reread(source: Source) -> Callable[[], Source]:
    """Return what gives the questions of a file again and again, which an open file does once."""
    if not hasattr(source, "read"):
        return lambda: source
    text = "\n".join(line.rstrip("\r\n") for line in lines_of(source))
    return lambda: io.StringIO(text)


def logged_accuracy(section: Section) -> float:
    """Log the accuracy of a section and return it; 0.0 for an empty one, which is not logged."""
    correct, asked = len(section["correct"]), len(section["correct"]) + len(section["incorrect"])
    if not asked:
        return 0.0
    logger.info("%s: %.1f%% (%i/%i)", section["section"], 100.0 * correct / asked, correct, asked)
    return correct / asked


class Judgements(NamedTuple):
    """Word pairs of a file that can be used, with the scores that people gave them."""

    lines: list[int]  # of the file, one for each pair
    rows: NDArray[np.int64]  # (n_pairs, 2); -1 for both words of a pair that counts as unlike
    gold: list[float]
    oov_ratio: float  # percent

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Which pairs have two vectors."""
        return self.rows[:, 0] >= 0


def judgements_of(
    pairs: Source, delimiter: str, encoding: str, known: dict[Any, int], fold: Fold, dummy4unknown: bool
) -> Judgements:
    """Read a file of word pairs.

    Raises
    ------
    ValueError
        If no pair can be used.
    """
    lines, gold, found, unknown = [], [], [], 0
    for number, text, pair in read_pairs(pairs, delimiter, encoding):
        if pair is None:
            logger.info("Skipping invalid line #%d in %s", number, pairs)
            continue
        left, right = (known.get(fold(word)) for word in pair[:2])
        if left is None or right is None:
            unknown += 1
            if not dummy4unknown:
                logger.info("Skipping line #%d with OOV words: %s", number, text)
                continue
            logger.debug("Zero similarity for line #%d with OOV words: %s", number, text)
            left = right = -1
        lines.append(number)
        gold.append(pair[2])
        found.append((left, right))
    if not gold:
        raise ValueError(
            f"No valid similarity judgements found in {pairs}: either invalid format or all are out-of-vocabulary "
            f"(the table has {len(known)} words)"
        )
    ratio = 100.0 * unknown / (len(gold) if dummy4unknown else len(gold) + unknown)
    return Judgements(lines, np.array(found, dtype=np.int64), gold, ratio)


def similarities_of(judged: Judgements, cosines: NDArray[Any], pairs: Source) -> NDArray[np.float64]:
    """Return a number for each pair, shape (n_pairs,): its cosine, or 0 for one that counts as unlike.

    Parameters
    ----------
    cosines : ndarray, shape (n_pairs with two vectors,)
        A NaN makes all correlations NaN, and a warning counts them.
    """
    similarities = np.zeros(len(judged.gold))
    similarities[judged.inside] = cosines
    if unlike := int(np.isnan(similarities).sum()):
        logger.warning(
            "%d of %d pairs in %s have no cosine, as a number in one of their vectors is not finite",
            unlike, len(similarities), pairs,
        )  # fmt: skip
    return similarities


def correlations(judged: Judgements, similarities: NDArray[np.float64]) -> tuple[Any, Any]:
    """Return Pearson's and Spearman's correlation of similarities with judgements."""
    from scipy import stats

    return stats.pearsonr(judged.gold, similarities), stats.spearmanr(judged.gold, similarities)


def log_correlations(pearson: Any, spearman: Any, oov: float, pairs: Source) -> None:
    """Log the result of an evaluation on word pairs."""
    logger.info("Pearson correlation coefficient against %s: %.4f", pairs, pearson[0])
    logger.info("Spearman rank-order correlation coefficient against %s: %.4f", pairs, spearman[0])
    logger.info("Pairs with unknown words ratio: %.1f%%", oov)
