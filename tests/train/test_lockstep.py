"""Many lanes on one core: the same training, whose windows interleave as on many cores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from fastw2v import Word2Vec
from fastw2v.errors import TrainingError
from fastw2v.train import hot_rows as hot
from fastw2v.train.lockstep import lockstep

MODES = {"sg-ns": (1, 0), "cbow-ns": (0, 0), "sg-hs": (1, 1), "cbow-hs": (0, 1)}


def text(n_sentences: int = 1500, n_words: int = 200) -> list[list[str]]:
    rng = np.random.default_rng(5)
    return [[f"w{word}" for word in rng.zipf(1.3, 20).clip(max=n_words)] for _ in range(n_sentences)]


def parameters(mode: str) -> dict[str, Any]:
    sg, hs = MODES[mode]
    return {"sg": sg, "hs": hs, "negative": 0 if hs else 5, "vector_size": 24, "min_count": 1, "epochs": 2, "seed": 3}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("turn", [1, 7, 10**9])
def test_one_lane_is_one_thread(mode: str, turn: int) -> None:
    """A walk that stops after any position and goes on does what one does that never stops."""
    sentences = text(300)
    plain = Word2Vec(sentences, workers=1, **parameters(mode))
    with lockstep(turn):
        lane = Word2Vec(sentences, workers=1, **parameters(mode))
    assert np.array_equal(lane.wv.vectors, plain.wv.vectors)
    assert lane.loss_history == plain.loss_history


@pytest.mark.parametrize("lanes", [3, 40])
def test_equal_seeds_give_equal_bits_with_any_number_of_lanes(lanes: int) -> None:
    sentences = text()
    found = []
    for _ in range(2):
        with lockstep():
            found.append(Word2Vec(sentences, workers=lanes, **parameters("sg-ns")))
    assert np.array_equal(found[0].wv.vectors, found[1].wv.vectors)
    assert found[0].loss_history == found[1].loss_history


def test_lanes_interleave(monkeypatch: pytest.MonkeyPatch) -> None:
    """With turns longer than any chunk, each lane trains a chunk from end to end, which is what one lane does."""
    monkeypatch.setattr(hot, "MOST_ROWS", 0)  # copies would be behind
    sentences = text(400)
    vectors = {}
    for lanes, turn in ((1, 4), (8, 10**9), (8, 4)):
        with lockstep(turn):
            model = Word2Vec(sentences, workers=lanes, **parameters("cbow-ns") | {"epochs": 1})
        vectors[lanes, turn] = model.wv.vectors
    assert np.array_equal(vectors[8, 10**9], vectors[1, 4])
    assert np.abs(vectors[8, 4] - vectors[1, 4]).max() > 0.01


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("lanes", "how"),
    [
        (2, {"vector_size": 8, "alpha": 0.1, "window": 10, "negative": 20}),
        (16, {"vector_size": 32, "alpha": 0.025}),
        (16, {"vector_size": 8, "alpha": 0.1, "window": 10, "negative": 20}),
        (64, {"vector_size": 2, "alpha": 0.05}),
    ],
)
def test_many_lanes_are_as_good_as_one(mode: str, lanes: int, how: dict[str, Any]) -> None:
    """Few kinds of words, so that all lanes change all rows all the time."""
    how = parameters(mode) | how | ({"negative": 0} if MODES[mode][1] else {}) | {"sample": 0}
    for n_words in (2, 5, 30):
        words = np.random.default_rng(n_words).integers(0, n_words, (2000, 20))
        sentences = [[f"w{word}" for word in line] for line in words]
        loss = {}
        for workers in (1, lanes):
            try:
                with lockstep():
                    model = Word2Vec(sentences, workers=workers, **how)
            except TrainingError:
                assert workers == 1
                break  # what one thread cannot train, many need not
            loss[workers] = model.loss_history[-1]
        if len(loss) == 2:
            assert loss[lanes] < loss[1] * 1.03
            assert loss[lanes] > loss[1] * 0.97, "words that are drawn at random cannot be known"


def test_an_error_of_the_corpus_reaches_the_caller() -> None:
    class Broken:
        passes = 0

        def __iter__(self) -> Iterator[list[str]]:
            self.passes += 1
            for number, sentence in enumerate(text()):
                if self.passes > 1 and number == 1200:
                    raise OSError("the disk is gone")
                yield sentence

    with lockstep(), pytest.raises(OSError, match="the disk is gone"):
        Word2Vec(Broken(), workers=8, **parameters("sg-ns"))
