"""``train``: what users may have done to the arrays before it, small corpora, and interrupting it."""

from __future__ import annotations

import signal
import threading
import time

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.callbacks import CallbackAny2Vec
from fastw2v.errors import TrainingError, VocabularyError

TEXT = [["a", "b", "c"]] * 100


def built(**parameters) -> Word2Vec:
    model = Word2Vec(vector_size=8, min_count=1, workers=1, progress=False, **parameters)
    model.build_vocab(TEXT)
    return model


@pytest.mark.parametrize("parameters", [{}, {"sg": 1}, {"vector_size": 16}])
def test_one_word_is_trained(parameters):
    parameters = {"min_count": 1, "vector_size": 100, "sample": 0, "progress": False} | parameters
    model = Word2Vec([["a", "a"]] * 10, **parameters)
    assert np.isfinite(model.wv["a"]).all()
    assert np.isfinite(model.loss_history).all()


@pytest.mark.parametrize("mode", [{}, {"sg": 1}, {"hs": 1, "negative": 0}])
def test_the_loss_of_a_small_corpus_is_that_of_all_windows(mode):
    """An estimate from every 16th window met none at all in some epochs."""
    parameters = {"vector_size": 8, "min_count": 1, "sample": 0, "workers": 1, "progress": False} | mode
    found = Word2Vec(TEXT, **parameters).loss_history
    assert found == Word2Vec(TEXT, compute_loss=True, **parameters).loss_history
    assert np.isfinite(found).all()


def test_words_that_only_the_vectors_know_are_refused():
    model = built()
    model.wv.add_vectors(["new", "newer"], np.ones((2, 8)))
    with pytest.raises(TrainingError, match=r"syn1neg is of shape \(3, 8\).*5 words.*update=True"):
        model.train(TEXT, total_examples=len(TEXT), epochs=1)


def test_vectors_of_another_shape_are_refused():
    model = built()
    model.wv.vectors = model.wv.vectors[:2]
    with pytest.raises(TrainingError, match=r"wv.vectors is of shape \(2, 8\)"):
        model.train(TEXT, total_examples=len(TEXT), epochs=1)


@pytest.mark.parametrize("sample", [0, 1e-3])
def test_vectors_without_counts_are_refused(sample):
    model = built(sample=sample)
    bare = KeyedVectors(8)
    bare.add_vectors(["a", "b", "c"], np.ones((3, 8), np.float32))
    model.wv = bare
    with pytest.raises(VocabularyError, match=r"'count'.*build_vocab"):
        model.train(TEXT, total_examples=len(TEXT), epochs=1)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to threads")
def test_ctrl_c_does_not_wait_for_a_long_chunk():
    """A chunk of the exact softmax over thousands of words takes minutes."""
    rng = np.random.default_rng(0)
    corpus = (rng.integers(0, 4000, 100_000), np.arange(0, 100_001, 100))
    model = Word2Vec(vector_size=100, min_count=1, sg=1, softmax=True, negative=0, workers=1, progress=False)
    model.build_vocab(corpus)
    main = threading.main_thread().ident
    timer = threading.Timer(1.0, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        model.train(corpus, total_words=model.corpus_total_words, epochs=1)
    timer.join()
    assert time.monotonic() - begun < 6
    assert np.isfinite(model.wv.vectors).all()


def test_quantized_vectors_are_refused():
    model = built()
    model.wv = model.wv.quantize("int8")
    with pytest.raises(TrainingError, match=r"QuantizedMatrix.*astype\('float32'\)"):
        model.train(TEXT, total_examples=len(TEXT), epochs=1)
    model.wv = model.wv.astype("float32")
    model.train(TEXT, total_examples=len(TEXT), epochs=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("total_words", "x"), ("total_examples", float("nan")), ("total_words", -1), ("report_delay", None),
     ("callbacks", 5)],
)  # fmt: skip
def test_arguments_are_checked_before_any_work(name, value):
    model = built()
    before = model.wv.vectors.copy()
    with pytest.raises(ValueError, match=rf"{name}={value!r}"):
        model.train(TEXT, **({"total_examples": len(TEXT), "epochs": 1} | {name: value}))
    np.testing.assert_array_equal(model.wv.vectors, before)


def test_a_callback_may_extend_the_vocabulary():
    class Extend(CallbackAny2Vec):
        def on_epoch_end(self, model):
            model.build_vocab([["d"] * 5], update=True)

    model = Word2Vec(TEXT, vector_size=8, min_count=1, workers=1, epochs=2, progress=False, callbacks=[Extend()])
    assert "d" in model.wv
    assert len(model.loss_history) == 2
