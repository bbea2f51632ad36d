"""How good vectors are: one evaluator, fastw2v's own, for the vectors of every contender."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from corpora import topic_agreement

ANALOGY_VOCABULARY = 30_000
PAIRS = {
    "english": {
        "WordSim-353": "wordsim353.tsv",
        "SimLex-999": "simlex999.tsv",
        "MEN": "men.tsv",
        "MTurk-771": "mturk771.tsv",
        "RareWords": "rarewords.tsv",
    },
    "chinese": {"wordsim-240": "zh_wordsim240.tsv", "wordsim-297": "zh_wordsim297.tsv"},
}
ANALOGIES = {
    "english": {"Google analogies": "questions-words.txt"},
    "chinese": {"Chinese analogies": "zh_analogies.txt"},
}
# What decides, beside figures that are shown only.
DECISIVE = {
    "english": ("WordSim-353", "SimLex-999", "MEN", "Google analogies"),
    "chinese": ("wordsim-240", "wordsim-297", "Chinese analogies"),
    "synthetic": ("topics",),
}
QUICK = {"english": "WordSim-353", "chinese": "wordsim-240", "synthetic": "topics"}


def as_keyed_vectors(keys: Sequence[Any], matrix: np.ndarray) -> Any:
    from fastw2v import KeyedVectors

    vectors = KeyedVectors(matrix.shape[1])
    vectors.add_vectors(list(keys), np.ascontiguousarray(matrix, dtype=np.float32))
    return vectors


def quick_score(keys: Sequence[Any], matrix: np.ndarray, language: str, folder: Path | None) -> float | None:
    """One figure that shows whether vectors have learned anything; None without the data for it."""
    if not np.isfinite(matrix).all():
        return 0.0
    if language == "synthetic":
        return topic_agreement(keys, matrix)
    file = folder and folder / PAIRS[language][QUICK[language]]
    if not file or not file.exists():
        return None
    return float(as_keyed_vectors(keys, matrix).evaluate_word_pairs(str(file))[1][0])


def scores(keys: Sequence[Any], matrix: np.ndarray, language: str, folder: Path | None) -> dict[str, float]:
    """Spearman's correlation for each set of word pairs, accuracy for analogies; sets that are absent are left out."""
    if language == "synthetic":
        return {"topics": topic_agreement(keys, matrix)}
    vectors = as_keyed_vectors(keys, matrix)
    found = {}
    for name, file in PAIRS[language].items():
        if folder and (folder / file).exists():
            found[name] = float(vectors.evaluate_word_pairs(str(folder / file))[1][0])
    for name, file in ANALOGIES[language].items():
        if folder and (folder / file).exists():
            path = str(folder / file)
            found[name] = float(vectors.evaluate_word_analogies(path, restrict_vocab=ANALOGY_VOCABULARY)[0])
    if not found:
        raise SystemExit(f"no evaluation sets for {language} in the data folder: expected eval/*.tsv there")
    return found
