"""Output vectors that are held back while the rest is trained: ``syn1neg_lockf`` and ``syn1_lockf``."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.checkpoints import Hook

from fastw2v import Word2Vec
from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import native
from fastw2v.train.ranks.engine import Engine
from fastw2v.train.ranks.local import run_ranks

KINDS: dict[str, Any] = dict(vector_size=16, min_count=1, workers=1, seed=1, sample=0)
RNG = np.random.default_rng(0)
TEXT = [[f"w{i}" for i in row] for row in RNG.integers(0, 40, (200, 12))]
COUNTED = dict(total_examples=len(TEXT), total_words=2400, epochs=2)
MODES = [
    pytest.param(dict(sg=sg, hs=hs, negative=negative), id=f"{'sg' if sg else 'cbow'}-hs{hs}-ns{negative}")
    for sg in (0, 1)
    for hs, negative in ((0, 5), (1, 0), (1, 5))
]


def outputs(model: Word2Vec) -> dict[str, np.ndarray]:
    return {name: getattr(model, name).copy() for name in ("syn1neg", "syn1") if hasattr(model, name)}


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("kinds", MODES)
def test_a_frozen_matrix_stays_while_vectors_learn(kinds: dict[str, Any], workers: int) -> None:
    model = Word2Vec(TEXT, **{**KINDS, **kinds, "workers": workers})
    before, vectors = outputs(model), model.wv.vectors.copy()
    model.syn1neg_lockf[:] = model.syn1_lockf[:] = 0
    model.train(TEXT, **COUNTED)
    for name, matrix in outputs(model).items():
        assert np.array_equal(matrix, before[name]), name
    assert np.abs(model.wv.vectors - vectors).max() > 1e-3
    model.syn1neg_lockf[:] = model.syn1_lockf[:] = 1
    model.train(TEXT, **COUNTED)
    for name, matrix in outputs(model).items():
        assert np.abs(matrix - before[name]).max() > 1e-3, name


@pytest.mark.parametrize("kinds", MODES)
def test_rows_are_held_one_by_one(kinds: dict[str, Any]) -> None:
    model = Word2Vec(TEXT, **{**KINDS, **kinds})
    before = outputs(model)
    for name in before:
        lock = np.ones(len(model.wv))
        lock[::2] = 0
        setattr(model, name + "_lockf", lock)
    model.train(TEXT, **COUNTED)
    for name, matrix in outputs(model).items():
        assert np.array_equal(matrix[::2], before[name][::2]), name
        moved = np.abs(matrix[1::2] - before[name][1::2]).max(axis=1)
        assert (moved > 1e-5).sum() >= len(moved) - 1, name  # the tree has a row less


def test_locks_of_one_train_as_none_do() -> None:
    plain, locked = Word2Vec(**KINDS), Word2Vec(**KINDS)
    for model in (plain, locked):
        model.build_vocab(TEXT)
    locked.syn1neg_lockf = np.ones(len(locked.wv))
    for model in (plain, locked):
        model.train(TEXT, **COUNTED)
    assert np.array_equal(plain.wv.vectors, locked.wv.vectors)


def test_they_are_saved_resumed_and_grow(tmp_path: Path) -> None:
    def begun() -> Word2Vec:
        model = Word2Vec(**KINDS, hs=1)
        model.build_vocab(TEXT)
        model.syn1neg_lockf = np.linspace(0, 1, len(model.wv)).astype(np.float32)
        model.syn1_lockf = np.array([0.5], np.float32)
        return model

    def fail(model: Word2Vec) -> None:
        raise ZeroDivisionError

    whole, broken = begun(), begun()
    whole.train(TEXT, **COUNTED)
    with pytest.raises(ZeroDivisionError):
        broken.train(
            TEXT, **COUNTED, checkpoint=tmp_path / "ck", checkpoint_every="1 epoch",
            callbacks=[Hook("on_epoch_begin", fail, at=1)],
        )  # fmt: skip
    resumed = Word2Vec.resume(tmp_path / "ck", TEXT)
    assert np.array_equal(resumed.syn1neg, whole.syn1neg)
    assert np.array_equal(resumed.syn1, whole.syn1)
    whole.save(tmp_path / "m")
    for loaded in (Word2Vec.load(tmp_path / "m"), pickle.loads(pickle.dumps(whole))):
        assert np.array_equal(loaded.syn1neg_lockf, whole.syn1neg_lockf)
        assert np.array_equal(loaded.syn1_lockf, whole.syn1_lockf)
    whole.build_vocab([["new", "w1"]], update=True)
    assert whole.syn1neg_lockf.tolist()[-2:] == [1, 1]
    assert whole.syn1_lockf.tolist() == [0.5]
    whole.init_weights()
    assert whole.syn1neg_lockf.tolist() == whole.syn1_lockf.tolist() == [1]


def test_files_without_them_have_ones(tmp_path: Path) -> None:
    model = Word2Vec(TEXT, **KINDS)
    model.save(tmp_path / "m")
    assert not any("lockf" in name and name.startswith("syn1") for name in native.load_arrays(tmp_path / "m")[0])
    assert Word2Vec.load(tmp_path / "m").syn1neg_lockf.tolist() == [1]
    state = model.__getstate__()
    del state["syn1neg_lockf"]
    older = Word2Vec.__new__(Word2Vec)
    older.__setstate__(state)
    assert older.syn1neg_lockf.tolist() == [1]


def test_what_is_no_lock(tmp_path: Path) -> None:
    model = Word2Vec(TEXT, **KINDS)
    for lock in (np.zeros((2, 2)), np.zeros(0), np.array([np.nan])):
        model.syn1neg_lockf = lock
        with pytest.raises(ConfigError, match="syn1neg_lockf of shape"):
            model.train(TEXT, **COUNTED)
    model.syn1neg_lockf = np.zeros((2, 2))
    with pytest.raises(FormatError, match="syn1neg_lockf"):
        model.save(tmp_path / "m")


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("kinds", [dict(softmax=True), dict(joint_context=True, sg=1)])
def test_what_they_cannot_go_with_says_so(kinds: dict[str, Any], each: bool) -> None:
    model = Word2Vec(TEXT, **KINDS, **kinds)
    before = model.wv.vectors.copy()
    model.syn1neg_lockf = np.zeros(len(model.wv) if each else 1)
    with pytest.raises(ConfigError, match="cannot be held back"):
        model.train(TEXT, **COUNTED)
    assert np.array_equal(model.wv.vectors, before)


@pytest.mark.parametrize("kinds", MODES)
def test_ranks_hold_them_too(kinds: dict[str, Any]) -> None:
    def train(ranks: Any) -> tuple[Word2Vec, dict[str, np.ndarray]]:
        model = Word2Vec(engine=Engine(ranks), progress=False, **{**KINDS, **kinds})
        model.build_vocab(TEXT)
        for name in outputs(model):
            setattr(model, name, np.random.default_rng(2).standard_normal((len(model.wv), 16)).astype(np.float32))
            setattr(model, name + "_lockf", np.zeros(1, np.float32))
        before = outputs(model)
        model.train(TEXT, **COUNTED)
        return model, before

    for model, before in run_ranks(2, train):
        for name, matrix in outputs(model).items():
            assert np.array_equal(matrix, before[name]), name
        assert np.abs(model.wv.vectors).max() > 0.1
