"""``Word2Vec(softmax=True)``: exact softmax through the whole model."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from support import planted

from fastw2v import Word2Vec
from fastw2v.model import plans, training
from fastw2v.model.trainable_arrays import TrainableArrays
from fastw2v.train import softmax
from fastw2v.train.softmax import Scratch, SoftmaxPlan, train_chunk

CLUSTERS = planted.clusters(n_sentences=800)
ANALOGIES = planted.analogies()
EPOCHS = {1: 3, 0: 8}  # skip-gram has more pairs


def learn(sentences: Any, **options: Any) -> Word2Vec:
    settings = {"vector_size": 24, "window": 4, "min_count": 1, "sample": 0, "alpha": 0.1, "workers": 1}
    return Word2Vec(sentences, softmax=True, **{**settings, "progress": False, **options})


def small(**options: Any) -> Word2Vec:
    return learn(CLUSTERS.sentences[:100], **{"vector_size": 8, "epochs": 2, **options})


@pytest.mark.parametrize("sg", [0, 1])
def test_learns_the_planted_clusters(sg):
    model = learn(CLUSTERS.sentences, sg=sg, epochs=EPOCHS[sg])
    right = [
        CLUSTERS.clusters.get(other) == cluster
        for word, cluster in CLUSTERS.clusters.items()
        for other, _ in model.wv.most_similar(word, topn=7)
    ]
    assert np.mean(right) > 0.99
    assert model.loss_history[-1] < 0.9 * np.log(len(model.wv))
    assert model.loss_history[-1] < model.loss_history[0]


@pytest.mark.parametrize("sg", [0, 1])
def test_learns_the_planted_analogies(sg):
    wv = learn(ANALOGIES.sentences, sg=sg, epochs=EPOCHS[sg]).wv
    right = [wv.most_similar(positive=[b, c], negative=[a], topn=1)[0][0] == d for a, b, c, d in ANALOGIES.analogies]
    assert np.mean(right) > 0.95


def test_the_facade_trains_what_the_engine_trains():
    """One epoch of one chunk, beside a direct call with the same numbers."""
    model = small(epochs=1, sg=1, shrink_windows=True, sample=1e-2, seed=3)
    fresh = Word2Vec(vector_size=8, min_count=1, sample=1e-2, seed=3, softmax=True)
    fresh.build_vocab(CLUSTERS.sentences[:100])
    rows = [[fresh.wv.key_to_index[word] for word in sentence] for sentence in CLUSTERS.sentences[:100]]
    ids = np.array([row for sentence in rows for row in sentence], dtype=np.int32)
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    keep = fresh.wv.expandos["sample_int"]
    arrays = TrainableArrays()
    vectors, outputs = arrays.use(fresh.wv, "vectors"), arrays.use(fresh, "syn1neg")
    plan = SoftmaxPlan(vectors, outputs, window=4, skip_gram=True, keep=keep)
    train_chunk(plan, Scratch(plan), ids, offsets, seed=3, epoch=0, chunk=0, alpha=0.1, alpha_end=0.0001)
    arrays.together()
    np.testing.assert_allclose(model.wv.vectors, fresh.wv.vectors, atol=1e-6)
    np.testing.assert_allclose(model.syn1neg, fresh.syn1neg, atol=1e-6)


def test_probabilities_are_those_of_the_corpus():
    """After a, in this corpus, b follows three times as often as c: exactly what softmax estimates."""
    sentences = [["a", "b"], ["a", "b"], ["a", "b"], ["a", "c"]] * 50
    model = learn(sentences, sg=1, window=1, vector_size=8, epochs=150, min_alpha=0.002)
    beside = dict(model.predict_output_word(["a"], topn=3))
    assert sum(beside.values()) == pytest.approx(1, abs=1e-5)
    assert beside["b"] == pytest.approx(0.75, abs=0.03)
    assert beside["c"] == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("cbow_mean", [0, 1])
def test_cbow_predicts_the_centre_word(cbow_mean):
    sentences = [["thou", "shalt", "not"], ["shalt", "go", "now"]] * 40
    model = learn(sentences, window=2, vector_size=8, epochs=30, cbow_mean=cbow_mean, shrink_windows=False)
    found = model.predict_output_word(["thou", "not"], topn=len(model.wv))
    assert found[0][0] == "shalt"
    assert found[0][1] > 0.8
    assert sum(share for _, share in found) == pytest.approx(1, abs=1e-5)
    assert [share for _, share in found] == sorted((share for _, share in found), reverse=True)


@pytest.mark.parametrize("sg", [0, 1])
def test_saved_loaded_and_trained_on(sg, tmp_path):
    model = small(sg=sg)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.softmax is True
    assert loaded.negative == loaded.hs == 0
    np.testing.assert_array_equal(loaded.syn1neg, model.syn1neg)
    word = model.wv.index_to_key[0]
    assert loaded.predict_output_word([word]) == model.predict_output_word([word])
    before = loaded.loss_history[-1]
    for each in (model, loaded):
        each.train(CLUSTERS.sentences[:100], total_words=each.corpus_total_words, epochs=10, start_alpha=0.1)
    np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)
    assert loaded.loss_history[-1] < before


def test_a_checkpoint_goes_on_bit_for_bit(tmp_path):
    class Cut(Exception):
        pass

    class Interrupt:
        def __getattr__(self, name):
            return lambda model: None

        def on_epoch_begin(self, model):
            if model.epochs_trained == 2:
                raise Cut

    whole = small(epochs=4)
    path = tmp_path / "training.checkpoint"
    with pytest.raises(Cut):
        small(epochs=4, checkpoint=path, checkpoint_every="1 epoch", callbacks=[Interrupt()])
    resumed = Word2Vec.resume(path, CLUSTERS.sentences[:100], progress=False)
    np.testing.assert_array_equal(resumed.wv.vectors, whole.wv.vectors)
    np.testing.assert_array_equal(resumed.syn1neg, whole.syn1neg)


def test_the_vocabulary_can_grow():
    model = small()
    n_before = len(model.wv)
    model.build_vocab([["new", "words", "c0w1"]] * 5, update=True)
    assert model.syn1neg.shape == (n_before + 2, 8)
    model.train([["new", "words", "c0w1"]] * 5, total_examples=5, epochs=2)
    assert model.syn1neg[model.wv.key_to_index["new"]].any()


def test_locked_words_stay():
    model = Word2Vec(vector_size=8, min_count=1, sample=0, softmax=True, progress=False)
    model.build_vocab(CLUSTERS.sentences[:100])
    model.wv.vectors_lockf = np.ones(len(model.wv), np.float32)
    model.wv.vectors_lockf[0] = 0
    before = model.wv.vectors.copy()
    model.train(CLUSTERS.sentences[:100], total_words=model.corpus_total_words, epochs=1)
    np.testing.assert_array_equal(model.wv.vectors[0], before[0])
    assert (model.wv.vectors[1:] != before[1:]).any(axis=1).all()


def test_overridden_training_of_batches_uses_it_too():
    class Own(Word2Vec):
        def _do_train_job(self, sentences, alpha, inits):
            return super()._do_train_job(sentences, alpha, inits)

    settings = {"vector_size": 8, "min_count": 1, "sample": 0, "alpha": 0.1, "progress": False}
    model = Own(CLUSTERS.sentences[:100], softmax=True, **settings)
    assert model.loss_history[-1] < model.loss_history[0] < 1.1 * np.log(len(model.wv))
    assert model.syn1neg.any()
    before = model.syn1neg.copy()
    model._do_train_job([["c0w1", "c0w2"]], 0.1, None)
    assert (model.syn1neg != before).any()


def test_it_replaces_the_other_objectives():
    assert small(negative=5).negative == 0
    assert not hasattr(small(), "syn1")
    with pytest.raises(ValueError, match=r"softmax=True with hs=1.*hs=0"):
        Word2Vec(softmax=True, hs=1)
    model = small()
    model.negative = 5
    with pytest.raises(ValueError, match="negative=5"):
        model.train(CLUSTERS.sentences[:100], total_examples=100, epochs=1)


def test_clear_errors():
    with pytest.raises(RuntimeError, match="two words or more"):
        learn([["alone", "alone"]])
    with pytest.raises(RuntimeError, match="smaller alpha"), np.errstate(all="ignore"):
        small(alpha=1e20, min_alpha=1e20)
    with pytest.raises(RuntimeError, match="hs=1"):
        small().score([["c0w1", "c0w2"]])
    with pytest.raises(RuntimeError, match="softmax=True"):
        Word2Vec(CLUSTERS.sentences[:10], min_count=1, hs=1, negative=0, progress=False).predict_output_word(["c0w1"])


def test_many_words_are_spoken_of(caplog, monkeypatch):
    monkeypatch.setattr(training, "MANY_WORDS_FOR_SOFTMAX", 10)
    small()
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "max_final_vocab=10" in warning.getMessage()


@pytest.mark.parametrize("sg", [0, 1])
def test_threads_change_nothing_but_rounding(sg, monkeypatch):
    monkeypatch.setattr(softmax, "ROWS_PER_THREAD", 1)
    monkeypatch.setattr(plans, "usable_cpus", lambda: 3)
    one, three = small(sg=sg), small(sg=sg, workers=3)
    np.testing.assert_allclose(three.wv.vectors, one.wv.vectors, rtol=1e-4, atol=1e-5)
    assert three.loss_history == pytest.approx(one.loss_history, rel=1e-5)


@pytest.mark.parametrize("sg", [0, 1])
def test_wide_windows_on_a_dominant_word_stay_in_bounds(sg):
    rng = np.random.default_rng(2)
    words = np.where(rng.random((30, 100)) < 0.5, 0, rng.integers(1, 12, (30, 100)))
    model = learn([[str(word) for word in sentence] for sentence in words], sg=sg, window=50, epochs=3)
    assert np.linalg.norm(model.wv.vectors, axis=1).max() < 10
    assert model.loss_history[-1] <= model.loss_history[0] < np.log(12)


def test_few_words_are_no_cause_for_a_warning(caplog):
    small()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_memory_counts_the_output_matrix():
    assert small().estimate_memory()["syn1neg"] == len(small().wv) * 64
