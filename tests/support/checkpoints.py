"""What the tests of checkpoints share: a corpus, callbacks that act at a known moment, equality of models."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fastw2v import Word2Vec
from fastw2v.callbacks import CallbackAny2Vec, StopTraining
from fastw2v.formats import native

MODES = {
    "cbow": {},
    "sg": {"sg": 1},
    "hs": {"sg": 1, "hs": 1, "negative": 0},
    "exact": {"cbow_exact": True, "cbow_mean": 0},
}
SETTINGS: dict[str, Any] = {
    "vector_size": 20, "min_count": 1, "epochs": 3, "workers": 1, "compute_loss": True, "progress": False,
}  # fmt: skip


def make_sentences(n_words: int = 60_000, seed: int = 1) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    words = [f"w{word}" for word in np.minimum(rng.zipf(1.3, n_words), 3000)]
    return [words[at : at + 12] for at in range(0, n_words, 12)]


class Foreign:
    """An iterable that the library knows nothing about; may do something in the midst of a pass."""

    def __init__(self, sentences: list[list[str]], at: tuple[int, int] = (-1, 0), do: Callable[[], Any] = bool) -> None:
        self.sentences, self.at, self.do = sentences, at, do
        self.n_passes = 0

    def __iter__(self) -> Iterator[list[str]]:
        here, self.n_passes = self.n_passes, self.n_passes + 1
        for place, sentence in enumerate(self.sentences):
            if (here, place) == self.at:
                time.sleep(0.3)  # until what was drawn is trained
                self.do()
            yield sentence


class Hook(CallbackAny2Vec):
    """Does something in one hook, at its n-th call."""

    def __init__(self, name: str, do: Callable[[Word2Vec], Any], at: int = 0) -> None:
        self.calls: list[str] = []
        for hook in ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end"):
            setattr(self, hook, lambda model, hook=hook: self.call(model, hook))
        self.name, self.do, self.at = name, do, at

    def call(self, model: Word2Vec, hook: str) -> Any:
        self.calls.append(hook)
        if hook == self.name and self.calls.count(hook) == self.at + 1:
            return self.do(model)
        return None


def interrupt(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def fail(*_: Any) -> None:
    raise RuntimeError("the process dies here")


def stop(*_: Any) -> None:
    raise StopTraining


def assert_same(one: Word2Vec, other: Word2Vec) -> None:
    arrays, keys, parameters = one._state()
    arrays2, keys2, parameters2 = other._state()
    assert keys == keys2
    assert arrays.keys() == arrays2.keys()
    for name in arrays:
        assert arrays[name].tobytes() == arrays2[name].tobytes(), name
    for name in parameters.keys() - {"lifecycle_events", "total_train_time", "progress"}:
        assert parameters[name] == parameters2[name], name


def position_of(path: Path) -> dict[str, Any]:
    return native.load_arrays(path)[2]["training"]["position"]


def left_behind(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.endswith(".tmp")]
