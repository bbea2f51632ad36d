"""Evaluation on word pairs and analogies."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastw2v.query import batch
from fastw2v.query.questions import Source, read_analogies, read_pairs
from fastw2v.vectors.groups import Groups

logger = logging.getLogger("fastw2v.keyedvectors")

CANDIDATES = 5  # as in gensim: an analogy fails if none of the five best is another word than the given ones
BATCH_METHODS = ("most_similar", "most_similar_cosmul")
Section = dict[str, Any]


class Evaluation(Groups):
    """Evaluation on analogies and word pairs."""

    def _folded(self, restrict_vocab: int | None, case_insensitive: bool) -> dict[Any, int]:
        """Row of each word that an evaluation may use; of words that fold together the first one."""
        keys = self.index_to_key[:restrict_vocab]
        if not case_insensitive:
            return {key: row for row, key in enumerate(keys)}
        folded: dict[Any, int] = {}
        for row, key in enumerate(keys):
            folded.setdefault(_upper(key), row)
        return folded

    def evaluate_word_analogies(
        self,
        analogies: Source,
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
    ) -> tuple[float, list[Section]]:
        """Share of the analogies "a is to b as c is to d" in a file that the vectors solve.

        Parameters
        ----------
        analogies : path or open file
            Sections that begin with ``: name``; lines of four words.
        restrict_vocab : int
            Only the first so many words are candidates; lines with other words are left out.
        case_insensitive : bool
            Compare upper-case forms; the first (most frequent) of several spellings counts.
        dummy4unknown : bool
            Count lines with unknown words as wrong, instead of leaving them out.
        similarity_function : str
            ``"most_similar"`` (3CosAdd), ``"most_similar_cosmul"`` (3CosMul) or another method of the
            object that takes ``positive``, ``negative``, ``topn`` and ``restrict_vocab``.

        Returns
        -------
        accuracy : float
        sections : list of dict
            ``section``, and lists of quadruples ``correct`` and ``incorrect``; the last one has them all.

        Raises
        ------
        ValueError
            If the file has no analogies at all, or none of them comes in a section.
        """
        method = getattr(self, similarity_function, None)
        if not callable(method):
            raise ValueError(
                f"similarity_function={similarity_function!r} is not a method of {type(self).__name__}: "
                "use 'most_similar' or 'most_similar_cosmul'"
            )
        known = self._folded(restrict_vocab, case_insensitive)
        logger.info(
            "Evaluating word analogies for top %i words in the model on %s",
            restrict_vocab or len(self),
            analogies,
        )
        names: list[str] = []
        asked: list[tuple[int, Any, bool]] = []  # section, words, whether all are known
        for number, name, words in read_analogies(analogies):
            if name is not None:
                names.append(name)
            elif words is None:
                logger.info("Skipping invalid line #%i in %s", number, analogies)
            else:
                folded = tuple(map(_upper, words)) if case_insensitive else words
                inside = all(word in known for word in folded)
                if not inside:
                    logger.debug(
                        "%s line #%i with OOV words: %s",
                        "Zero accuracy for" if dummy4unknown else "Skipping",
                        number,
                        " ".join(words),
                    )
                asked.append((len(names) - 1, folded, inside))
        if not asked:
            raise ValueError(f"no analogies in {analogies}: expected lines of four words in sections")

        questions = np.array([[known[w] for w in words[:3]] for _, words, ok in asked if ok], dtype=np.int64)
        answers = iter(
            self._answers(questions.reshape(-1, 3), restrict_vocab, similarity_function, known, case_insensitive)
        )
        sections: list[Section] = [{"section": name, "correct": [], "incorrect": []} for name in names]
        for section, words, inside in asked:
            predicted = next(answers) if inside else None
            if inside or dummy4unknown:
                outcome = "correct" if inside and predicted == words[3] else "incorrect"
                sections[section][outcome].append(words)
                if outcome == "incorrect" and inside:
                    logger.debug("%s: expected %s, predicted %s", " ".join(words), words[3], predicted)
        for filled in sections:
            self._log_evaluate_word_analogies(filled)
        total: Section = {
            "section": "Total accuracy",
            "correct": [words for filled in sections for words in filled["correct"]],
            "incorrect": [words for filled in sections for words in filled["incorrect"]],
        }
        unknown = sum(not inside for _, _, inside in asked)
        logger.info("Quadruplets with out-of-vocabulary words: %.1f%%", 100.0 * unknown / len(asked))
        if not dummy4unknown:
            logger.info(
                "NB: analogies containing OOV words were skipped from evaluation! "
                'To change this behavior, use "dummy4unknown=True"'
            )
        return self._log_evaluate_word_analogies(total), [*sections, total]

    def _answers(
        self,
        questions: Any,
        restrict_vocab: int | None,
        method: str,
        known: dict[Any, int],
        case_insensitive: bool,
    ) -> Iterable[Any]:
        """Give the first of the best candidates that is another word than those of its question, or None."""
        fold = _upper if case_insensitive else _same
        overridden = getattr(type(self), method, None) is not getattr(Evaluation, method, None)
        if method in BATCH_METHODS and not overridden:
            rows = self.vectors[:restrict_vocab] if restrict_vocab else self.vectors
            found = batch.analogy_rows(rows, questions, CANDIDATES + 3, cosmul=method == "most_similar_cosmul")
            for asked, best in zip(questions.tolist(), found.tolist(), strict=True):
                given = {fold(self.index_to_key[row]) for row in asked}
                candidates = [row for row in best if row >= 0 and row not in asked][:CANDIDATES]
                names = (fold(self.index_to_key[row]) for row in candidates)
                yield next((name for name in names if name not in given), None)
            return
        ask = getattr(self, method)
        for asked in questions.tolist():
            a, b, c = (self.index_to_key[row] for row in asked)
            best = ask(positive=[b, c], negative=[a], topn=CANDIDATES, restrict_vocab=restrict_vocab)
            names = (fold(key) for key, _ in best)
            yield next((name for name in names if name in known and name not in map(fold, (a, b, c))), None)

    @staticmethod
    def _log_evaluate_word_analogies(section: Section) -> float:
        """Log the accuracy of a section and return it; 0.0 for an empty one."""
        correct, incorrect = len(section["correct"]), len(section["incorrect"])
        if correct + incorrect == 0:
            return 0.0
        logger.info(
            "%s: %.1f%% (%i/%i)",
            section["section"],
            100.0 * correct / (correct + incorrect),
            correct,
            correct + incorrect,
        )
        return correct / (correct + incorrect)

    @staticmethod
    def log_accuracy(section: Section) -> None:
        """Log the accuracy of a section of :meth:`evaluate_word_analogies`."""
        Evaluation._log_evaluate_word_analogies(section)

    def evaluate_word_pairs(
        self,
        pairs: Source,
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Any, Any, float]:
        """Correlation of cosines with human judgements of similarity in a file.

        Parameters
        ----------
        pairs : path or open file
            Lines of two words and a score; lines that begin with ``#`` are comments.
        delimiter, encoding : str
        restrict_vocab : int
            Only the first so many words; pairs with others are left out.
        case_insensitive : bool
            Compare upper-case forms; the first (most frequent) of several spellings counts.
        dummy4unknown : bool
            Give pairs with unknown words the similarity 0, instead of leaving them out.

        Returns
        -------
        pearson, spearman : SciPy results, (statistic, pvalue)
        oov_ratio : float
            Percentage of pairs with unknown words.

        Raises
        ------
        ValueError
            If no pair can be used.
        """
        from scipy import stats

        known = self._folded(restrict_vocab, case_insensitive)
        gold, found, unknown = [], [], 0
        for number, text, pair in read_pairs(pairs, delimiter, encoding):
            if pair is None:
                logger.info("Skipping invalid line #%d in %s", number, pairs)
                continue
            left, right = (known.get(_upper(word) if case_insensitive else word) for word in pair[:2])
            if left is None or right is None:
                unknown += 1
                if not dummy4unknown:
                    logger.info("Skipping line #%d with OOV words: %s", number, text)
                    continue
                logger.debug("Zero similarity for line #%d with OOV words: %s", number, text)
                left = right = -1
            gold.append(pair[2])
            found.append((left, right))
        if not gold:
            raise ValueError(
                f"No valid similarity judgements found in {pairs}: "
                f"either invalid format or all are out-of-vocabulary in {self}"
            )
        rows = np.array(found, dtype=np.int64)
        inside = rows[:, 0] >= 0
        similarities = np.zeros(len(rows))
        if type(self).similarity is Evaluation.similarity:
            similarities[inside] = batch.paired_cosines(self.vectors, rows[inside])
        else:
            keys = self.index_to_key
            similarities[inside] = [self.similarity(keys[a], keys[b]) for a, b in rows[inside]]
        pearson, spearman = stats.pearsonr(gold, similarities), stats.spearmanr(gold, similarities)
        oov_ratio = 100.0 * unknown / (len(gold) if dummy4unknown else len(gold) + unknown)
        self.log_evaluate_word_pairs(pearson, spearman, oov_ratio, pairs)
        return pearson, spearman, oov_ratio

    @staticmethod
    def log_evaluate_word_pairs(pearson: Any, spearman: Any, oov: float, pairs: Any) -> None:
        """Log the result of :meth:`evaluate_word_pairs`."""
        logger.info("Pearson correlation coefficient against %s: %.4f", pairs, pearson[0])
        logger.info("Spearman rank-order correlation coefficient against %s: %.4f", pairs, spearman[0])
        logger.info("Pairs with unknown words ratio: %.1f%%", oov)


def _upper(key: Any) -> Any:
    return key.upper() if isinstance(key, str) else key


def _same(key: Any) -> Any:
    return key
