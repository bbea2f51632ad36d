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

ALPHA = 0.05
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
    """With turns longer than any chunk, each lane trains a chunk from end to end, which is what one lane does.

    The learning rate stays: where it falls, chunks of several lanes go down together.
    """
    monkeypatch.setattr(hot, "MOST_ROWS", 0)  # copies would be behind
    sentences = text(400)
    vectors = {}
    for lanes, turn in ((1, 4), (8, 10**9), (8, 4)):
        with lockstep(turn):
            model = Word2Vec(sentences, workers=lanes, **parameters("cbow-ns") | {"epochs": 1, "min_alpha": 0.025})
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


def topics(n_topics: int = 30, words_per_topic: int = 100) -> list[list[str]]:
    """Sentences with a topic each; words by Zipf's law, of which 30 % belong to none."""
    rng = np.random.default_rng(5)
    share = 1 / np.arange(1, words_per_topic + 1)
    word = rng.choice(words_per_topic, (6000, 25), p=share / share.sum())
    topic = np.where(rng.random(word.shape) < 0.3, n_topics, rng.integers(n_topics, size=(6000, 1)))
    return [[f"{t}_{w}" for t, w in zip(*line, strict=True)] for line in zip(topic, word, strict=True)]


def sum_of_changes(monkeypatch: pytest.MonkeyPatch, updates: int) -> None:
    """Nothing is taken off what threads did: the rule of version 0.1, with so many updates of all between exchanges.

    The kernel works out what to take off from how often a row is updated: never, it is told.
    """
    hot_rows = hot._hot_rows

    def never_updated(*arguments: Any) -> hot.HotRows | None:
        found = hot_rows(*arguments)
        return found and found._replace(rate=np.zeros_like(found.rate))

    monkeypatch.setattr(hot, "_hot_rows", never_updated)
    monkeypatch.setattr(hot, "STALE", updates * ALPHA)


def loss_of_topics(mode: str, lanes: int) -> float:
    """Mean of the first epoch, infinite where training diverges."""
    how = parameters(mode) | {"vector_size": 32, "sample": 0, "alpha": ALPHA}
    try:
        with lockstep():
            return Word2Vec(topics(), workers=lanes, **how).loss_history[0]
    except TrainingError:
        return float("inf")


@pytest.mark.parametrize(("mode", "least"), [("sg-ns", 1.4), ("sg-hs", 10.0)])
def test_the_simulation_shows_what_many_cores_did(monkeypatch: pytest.MonkeyPatch, mode: str, least: float) -> None:
    """On 16 cores version 0.1 diverged, on 12 its vectors were rubbish; with 64 updates it held, as now."""
    one = loss_of_topics(mode, 1)
    assert loss_of_topics(mode, 16) < 1.15 * one
    with monkeypatch.context() as changed:
        sum_of_changes(changed, 256)
        assert loss_of_topics(mode, 12) > least * one
        assert loss_of_topics(mode, 16) > least * one
    with monkeypatch.context() as changed:
        sum_of_changes(changed, 64)
        assert loss_of_topics(mode, 16) < 1.3 * one


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
