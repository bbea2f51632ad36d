"""Phrase models of version 0.1, saved and pickled: they load, wherever the code stands now."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from fastw2v.phrases import FrozenPhrases, Phrases, TransformedCorpus, npmi_scorer, original_scorer

FOLDER = Path(__file__).parents[1] / "data" / "phrases_0_1"
BY_COUNTS = {"new_york": 1.08, "is_big": 1.92, "lack_of_interest": 1.92}
BY_NPMI = {
    "new-york": 1.0, "york-is": 0.6989700043360189, "is-big": 1.0, "in-new": 0.6989700043360189, "lack-of": 1.0,
    "of-interest": 1.0,
}  # fmt: skip


def unpickled(name: str) -> Any:
    return pickle.loads((FOLDER / name).read_bytes())


@pytest.mark.parametrize("model", [Phrases.load(FOLDER / "counted.fw2v"), unpickled("counted.pickle")])
def test_a_model_that_counts(model: Phrases) -> None:
    assert type(model) is Phrases
    assert model.scoring is original_scorer
    assert model.export_phrases() == BY_COUNTS
    assert model[["lack", "of", "interest", "in", "new", "york"]] == ["lack_of_interest", "in", "new_york"]
    model.add_vocab([["new", "york"]])
    assert model.vocab["new_york"] == 11


def test_a_model_with_the_other_scorer() -> None:
    model = unpickled("npmi.pickle")
    assert model.scoring is npmi_scorer
    assert model.delimiter == "-"
    assert model.export_phrases() == pytest.approx(BY_NPMI)


@pytest.mark.parametrize(
    ("model", "phrases"),
    [(FrozenPhrases.load(FOLDER / "frozen_npmi.fw2v"), BY_NPMI), (unpickled("frozen.pickle"), BY_COUNTS)],
)
def test_models_that_only_find(model: FrozenPhrases, phrases: dict[str, float]) -> None:
    assert type(model) is FrozenPhrases
    assert model.phrasegrams == pytest.approx(phrases)


def test_a_corpus_seen_through_two_models() -> None:
    corpus = unpickled("corpus.pickle")
    assert type(corpus) is TransformedCorpus
    assert list(corpus) == [["new_york", "is_big"], ["in", "new_york"], ["lack_of_interest"]]
