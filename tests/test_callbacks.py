"""CallbackAny2Vec: four hooks that do nothing until they are overridden."""

import pytest

from fastw2v import Word2Vec
from fastw2v.callbacks import CallbackAny2Vec

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
