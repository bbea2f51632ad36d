"""CallbackAny2Vec: four hooks that do nothing until they are overridden."""

import numpy as np
import pytest

from fastw2v import Word2Vec
from fastw2v.callbacks import CallbackAny2Vec, Evaluation, SampledLoss, StopTraining

HOOKS = ["on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end"]


def test_hooks_do_nothing():
    callback = CallbackAny2Vec()
    assert [getattr(callback, hook)(None) for hook in HOOKS] == [None] * 4


def test_order_of_calls(sentences):
    calls = []

    class Recorder(CallbackAny2Vec):
        def __init__(self, name):
            self.name = name

        def on_train_begin(self, model):
            calls.append((self.name, "train begin"))

        def on_epoch_end(self, model):
            calls.append((self.name, "epoch end"))

        def on_train_end(self, model):
            calls.append((self.name, "train end"))

    Word2Vec(sentences, vector_size=4, min_count=1, epochs=2, callbacks=[Recorder("a"), Recorder("b")])
    assert calls == [
        (name, hook) for hook in ("train begin", "epoch end", "epoch end", "train end") for name in ("a", "b")
    ]


@pytest.mark.parametrize("max_vocab_size", [None, 10, 10_000])
def test_a_list_that_a_callback_changes_is_trained_as_it_is(sentences, max_vocab_size):
    corpus = [list(sentence) for sentence in sentences]
    n_words = sum(map(len, corpus))

    class Doubling(CallbackAny2Vec):
        def on_epoch_end(self, model):
            corpus.extend([list(sentence) for sentence in corpus])

    model = Word2Vec(
        corpus, vector_size=4, min_count=1, max_vocab_size=max_vocab_size, sample=0, epochs=2, callbacks=[Doubling()]
    )
    assert len(corpus) == 4 * len(sentences)
    counts = model.train(
        corpus, total_words=4 * n_words, epochs=2, callbacks=[Doubling()], start_alpha=0.001, end_alpha=0.001
    )
    assert counts[1] == 12 * n_words
    assert max_vocab_size == 10 or counts[0] == 12 * n_words


def test_evaluation_measures_every_so_many_words_and_changes_no_bit():
    text = [[f"w{(n * m) % 97}" for m in range(20)] for n in range(4000)]  # 80,000 words
    settings = {"vector_size": 8, "min_count": 1, "workers": 1, "epochs": 3, "seed": 3, "compute_loss": True}
    seen = Evaluation(lambda model: float(np.abs(model.wv.vectors).sum()), every_words=20_000)
    model = Word2Vec(text, callbacks=[seen], **settings)
    assert (model.wv.vectors == Word2Vec(text, **settings).wv.vectors).all()
    places = [n_words for n_words, _ in seen.history]
    assert places == sorted(set(places))
    assert places[-1] == 240_000
    assert {80_000, 160_000} <= set(places)  # at the end of each epoch at the latest
    assert seen.history[-1][1] == float(np.abs(model.wv.vectors).sum())
    each = Evaluation(lambda model: model.epochs_trained)
    Word2Vec(text, callbacks=[each], **settings)
    assert [n_words for n_words, _ in each.history] == [80_000, 160_000, 240_000]


def test_hooks_of_progress_get_the_words_of_the_call_and_their_errors_reach_the_caller(sentences):
    n_words, seen = sum(map(len, sentences)), []

    class Watching:
        def __getattr__(self, name):
            return lambda model: None

        def on_progress(self, model, n_words):
            seen.append(n_words)

    model = Word2Vec(sentences, vector_size=4, min_count=1, epochs=2, callbacks=[Watching()])
    model.train(sentences, total_words=n_words, epochs=1, callbacks=[Watching()])
    assert (seen[-2], seen[-1]) == (2 * n_words, n_words)

    class Failing(CallbackAny2Vec):
        def on_progress(self, model, n_words):
            raise ZeroDivisionError("of the program")

    with pytest.raises(ZeroDivisionError, match="of the program"):
        Word2Vec(sentences, vector_size=4, min_count=1, callbacks=[Failing()])

    class Enough(CallbackAny2Vec):
        def on_progress(self, model, n_words):
            raise StopTraining

    assert Word2Vec(sentences, vector_size=4, min_count=1, epochs=9, callbacks=[Enough()]).epochs_trained == 1


def test_an_evaluation_that_never_comes_is_refused():
    with pytest.raises(ValueError, match="every_words=0"):
        Evaluation(len, every_words=0)


MODES = [
    {"sg": 1}, {"sg": 0}, {"sg": 0, "cbow_mean": 0, "alpha": 0.01}, {"sg": 1, "hs": 1, "negative": 0},
    {"sg": 0, "hs": 1, "negative": 0}, {"sg": 1, "softmax": True}, {"sg": 1, "window": (3, 0)},
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_the_sampled_loss_falls_and_training_does_not_see_it(mode, sentences):
    settings = {"vector_size": 8, "min_count": 1, "epochs": 4, "workers": 1, "sample": 0, **mode}
    loss = SampledLoss(sentences, n_pairs=500)
    model = Word2Vec(sentences, callbacks=[loss], **settings)
    plain = Word2Vec(sentences, **settings)
    np.testing.assert_array_equal(model.wv.vectors, plain.wv.vectors)
    assert len(loss.loss_history) == 4
    assert loss.loss_history[-1] < loss.loss_history[0]
    again = SampledLoss(sentences, n_pairs=500)
    Word2Vec(sentences, callbacks=[again], **settings)
    assert again.loss_history == loss.loss_history


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_the_sampled_loss_of_vectors_of_zeros_is_known(mode):
    """log 2 for each choice between two, log n for one among n."""
    model = Word2Vec([["a", "b", "c", "d"]] * 10, vector_size=4, min_count=1, workers=1, epochs=1, **mode)
    loss = SampledLoss([["a", "b", "c", "d"]], n_pairs=400)
    loss.on_train_begin(model)
    model.wv.vectors[:] = 0
    loss.on_epoch_end(model)
    (found,) = loss.loss_history
    if mode.get("softmax"):
        assert found == pytest.approx(np.log(4))
    elif mode.get("hs"):
        assert found == pytest.approx(2 * np.log(2))  # a balanced tree of four
    else:
        assert found == pytest.approx((1 + 5 * 3 / 4) * np.log(2), rel=0.05)  # noise that is the target does not count


def test_a_loss_that_rises_on_the_way_falls_between_epochs():
    """Windows over whole sequences: what docs/items.md says of them."""
    rng = np.random.default_rng(1)
    baskets = [[int(item) for item in (kind * 60 + rng.permutation(60))] for kind in rng.integers(0, 5, 300)]
    loss = SampledLoss(baskets, n_pairs=2000)
    model = Word2Vec(
        baskets, sg=1, window=100, vector_size=16, sample=0, alpha=0.05, epochs=8, workers=1, callbacks=[loss]
    )
    assert model.loss_history[-1] > model.loss_history[1]
    assert loss.loss_history[-1] < loss.loss_history[1]


@pytest.mark.parametrize(("sentences_given", "n_pairs"), [([["a"]], 10), ([["x", "y"]], 10), ([["a", "b"]], 0)])
def test_a_sampled_loss_without_pairs_is_refused(sentences_given, n_pairs):
    with pytest.raises(ValueError, match=r"n_pairs=0|no two words"):
        Word2Vec([["a", "b"]] * 9, min_count=1, callbacks=[SampledLoss(sentences_given, n_pairs=n_pairs)])
