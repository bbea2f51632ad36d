"""Callbacks that end training early."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.checkpoints import (
    SETTINGS,
    Hook,
    assert_same,
    make_sentences,
    stop,
)

from fastw2v import Word2Vec


@pytest.fixture(scope="module")
def sentences() -> list[list[str]]:
    return make_sentences()


@pytest.mark.parametrize(("end", "epochs"), [(stop, 2), (lambda model: False, 2), (lambda model: None, 3)])
def test_a_callback_ends_training_after_an_epoch(
    end: Callable[[Word2Vec], Any], epochs: int, sentences: list[list[str]], tmp_path: Path
) -> None:
    ends, others = Hook("on_epoch_end", end, at=1), Hook("", bool)
    model = Word2Vec(sentences, **SETTINGS, callbacks=[ends, others], checkpoint=tmp_path / "ck")
    assert model.epochs_trained == len(model.loss_history) == epochs
    assert others.calls == ["on_train_begin", *["on_epoch_begin", "on_epoch_end"] * epochs, "on_train_end"]
    resumed = Word2Vec.resume(tmp_path / "ck")  # stopped is over: resuming does not train on
    assert_same(resumed, model)


@pytest.mark.parametrize(
    ("hook", "epochs"), [("on_train_begin", 0), ("on_epoch_begin", 0), ("on_epoch_end", 1), ("on_train_end", 3)]
)
def test_stop_training_may_come_from_any_hook(hook: str, epochs: int, sentences: list[list[str]]) -> None:
    callbacks = [Hook(hook, stop), Hook("", bool)]
    model = Word2Vec(**SETTINGS)
    model.build_vocab(sentences)
    _, n_words = model.train(sentences, total_words=60_000, epochs=3, callbacks=callbacks)
    assert n_words == 60_000 * epochs
    assert model.epochs_trained == epochs
    assert callbacks[1].calls[-1] == "on_train_end"


def test_false_counts_at_the_end_of_an_epoch_only(sentences: list[list[str]]) -> None:
    callbacks = [Hook(hook, lambda model: False) for hook in ("on_train_begin", "on_epoch_begin", "on_train_end")]
    assert Word2Vec(sentences, **SETTINGS, callbacks=callbacks).epochs_trained == 3
