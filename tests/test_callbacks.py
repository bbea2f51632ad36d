"""CallbackAny2Vec: four hooks that do nothing until they are overridden."""

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
