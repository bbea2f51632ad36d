"""Divergence is an error of the epoch in which it happens, in every mode; what trains is never taken for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastw2v import Word2Vec
from fastw2v.errors import TrainingError
from fastw2v.train.divergence import Guard, longest_row

MODES: dict[str, dict[str, Any]] = {
    "sg-ns": {"sg": 1},
    "cbow-ns": {"sg": 0},
    "sg-hs": {"sg": 1, "hs": 1, "negative": 0},
    "cbow-hs": {"sg": 0, "hs": 1, "negative": 0},
    "sg-both": {"sg": 1, "hs": 1},
    "sg-softmax": {"sg": 1, "softmax": True},
    "cbow-softmax": {"sg": 0, "softmax": True},
}


def corpus(kind: str) -> list[list[str]]:
    rng = np.random.default_rng(1)
    n_words, top = {"two": (2, 0.9), "dominated": (50, 0.5), "even": (300, 0.0)}[kind]
    words = np.where(rng.random((300, 30)) < top, 0, rng.integers(1 if top else 0, n_words, (300, 30)))
    return [[str(word) for word in sentence] for sentence in words]


def train(kind: str, mode: str, **options: Any) -> Word2Vec:
    settings = {"vector_size": 16, "min_count": 1, "window": 5, "progress": False, "epochs": 3}
    return Word2Vec(corpus(kind), **{**settings, **MODES[mode], **options})


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", ["two", "dominated", "even"])
@pytest.mark.parametrize("mode", MODES)
def test_a_rate_of_ten_is_an_error_that_names_rate_and_epoch(mode, kind, workers):
    with pytest.raises(TrainingError, match=r"diverged in epoch 1 at a learning rate of [0-9.]+: .*smaller alpha"):
        train(kind, mode, workers=workers, alpha=10.0, min_alpha=10.0)


@pytest.mark.parametrize("compute_loss", [False, True])
@pytest.mark.parametrize("kind", ["two", "dominated", "even"])
@pytest.mark.parametrize("mode", MODES)
def test_what_trains_is_not_taken_for_it(mode, kind, compute_loss):
    for alpha in (0.025, 0.1):
        model = train(kind, mode, workers=2, alpha=alpha, min_alpha=alpha, compute_loss=compute_loss)
        assert np.linalg.norm(model.wv.vectors, axis=1).max() < 10


def test_finite_but_senseless_vectors_are_an_error():
    """Scores of a million, from vectors that stay finite."""

    class Throw:
        def __getattr__(self, name):
            return lambda model: None

        def on_epoch_begin(self, model):
            model.wv.vectors[:] = np.random.default_rng(1).standard_normal(model.wv.vectors.shape) * 250
            model.syn1neg[:] = np.random.default_rng(2).standard_normal(model.wv.vectors.shape) * 250

    with pytest.raises(TrainingError, match=r"diverged in epoch 1 .*mean loss of a pair .*zeros would have 4\.16"):
        train("even", "sg-ns", callbacks=[Throw()], alpha=1e-9, min_alpha=1e-9)


def test_a_later_epoch_is_named():
    class Throw:
        def __getattr__(self, name):
            return lambda model: None

        def on_epoch_end(self, model):
            if model.epochs_trained == 1:
                model.wv.vectors[:] *= 1e20

    with pytest.raises(TrainingError, match="diverged in epoch 2"):
        train("even", "sg-ns", callbacks=[Throw()])


@pytest.mark.parametrize("workers", [1, 2])
def test_the_checkpoint_keeps_the_state_before_and_is_named(workers, tmp_path):
    class Steep:
        """From the second epoch on, vectors so long that each step throws them farther."""

        def __getattr__(self, name):
            return lambda model: None

        def on_epoch_begin(self, model):
            if model.epochs_trained == 1:
                model.wv.vectors[:] = 3e15
                model.syn1neg[:] = 3e15

    path = tmp_path / "run.checkpoint"
    with pytest.raises(TrainingError, match=r"epoch 2 .*Word2Vec\.resume\('.*run\.checkpoint'"):
        train("even", "sg-ns", workers=workers, checkpoint=path, checkpoint_every="1 epoch", callbacks=[Steep()])
    resumed = Word2Vec.resume(path, corpus("even"), progress=False)
    assert resumed.epochs_trained == 3
    assert np.isfinite(resumed.wv.vectors).all()
    assert np.linalg.norm(resumed.wv.vectors, axis=1).max() < 10


# ---------------------------------------------------------------------------------- the guard ----


def guard(rows: np.ndarray, **options: Any) -> Guard:
    found = Guard([rows], **options)
    found.epoch_begins()
    return found


def test_the_longest_row_is_found_in_any_place():
    for place in range(11):
        rows = np.ones((11, 4), dtype=np.float32)
        rows[place] *= 3
        assert longest_row(rows) == 6.0
        rows[place, 2] = 1e30
        assert longest_row(rows) == pytest.approx(1e30, rel=1e-6)  # whose square is no float32
        for odd in (np.nan, np.inf):
            rows[place, 2] = odd
            assert not longest_row(rows) < np.inf
    assert longest_row(np.zeros((0, 4))) == 0.0


def test_lengths_may_grow_a_thousand_times_and_no_more():
    rows = np.full((200, 4), 0.5)  # of length 1
    watching = guard(rows)
    rows[:] *= 999
    watching.chunk_done(0, 0.025, 1.0, 1)
    watching.check()
    rows[150] *= 1.01
    watching.chunk_done(2, 0.025, 1.0, 1)  # not one of the rows of a chunk
    with pytest.raises(TrainingError, match=r"epoch 3 at a learning rate of 0\.025: a vector has length 1\.01e\+03"):
        watching.check()
    rows[3] *= 1.01
    with pytest.raises(TrainingError, match="the longest had 1 before"):
        watching.chunk_done(2, 0.025, 1.0, 1)


def test_short_or_empty_vectors_may_grow_to_the_usual_length():
    for rows in (np.zeros((5, 100)), np.full((5, 100), 1e-9)):
        watching = guard(rows)
        rows[:] = 0.5
        watching.check()


def test_the_loss_counts_where_many_pairs_agree():
    watching = guard(np.ones((5, 4)), untrained_loss=2.0)
    watching.chunk_done(0, 0.1, 19.9 * 1000, 1000)
    watching.chunk_done(0, 0.1, 500.0 * 99, 99)
    with pytest.raises(TrainingError, match=r"mean loss of a pair is 20\.1, where vectors of zeros would have 2;"):
        watching.chunk_done(0, 0.1, 20.1 * 1000, 1000)
    for loss in (np.nan, np.inf):
        with pytest.raises(TrainingError, match="no longer finite"):
            watching.chunk_done(0, 0.1, loss, 1)
