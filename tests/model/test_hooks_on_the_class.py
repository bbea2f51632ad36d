"""Methods replaced on ``Word2Vec`` itself are called, or refused by name, as those of subclasses are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastw2v import Word2Vec

TEXT = [["a", "b", "c", "d"], ["b", "c", "e"]] * 20
SMALL: dict[str, Any] = {"vector_size": 8, "min_count": 1, "workers": 1, "sample": 0}


def test_a_replaced_do_train_job_supplies_the_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Word2Vec._do_train_job
    sizes: list[int] = []

    def job(self: Word2Vec, sentences: list[Any], alpha: float, inits: Any) -> tuple[int, int]:
        sizes.append(len(sentences))
        return original(self, TEXT, alpha, inits)

    monkeypatch.setattr(Word2Vec, "_do_train_job", job)
    model = Word2Vec(**SMALL)
    model.build_vocab(TEXT)
    before = model.wv.vectors.copy()
    assert model.train([["dummy"]] * 20, total_examples=20, epochs=2)[0] == 2 * sum(map(len, TEXT))
    assert sum(sizes) == 40
    assert np.abs(model.wv.vectors - before).max() > 0


@pytest.mark.parametrize("name", ["train", "build_vocab", "scan_vocab", "_raw_word_count", "_get_next_alpha"])
def test_the_constructor_calls_a_replaced_method(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    original = getattr(Word2Vec, name)
    calls: list[str] = []

    def replaced(self: Word2Vec, *args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Word2Vec, name, replaced)
    assert Word2Vec(TEXT, **SMALL).train_count == 1
    assert calls
    monkeypatch.undo()
    del calls[:]
    Word2Vec(TEXT, **SMALL)
    assert not calls


@pytest.mark.parametrize("name", ["_worker_loop", "_job_producer", "_train_epoch", "_log_progress"])
def test_what_would_never_be_called_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(Word2Vec, name, lambda self, *args: None, raising=False)
    with pytest.raises(NotImplementedError, match=f"Word2Vec.{name}"):
        Word2Vec(TEXT, **SMALL)
    model = type("Mine", (Word2Vec,), {})(**SMALL)
    model.build_vocab(TEXT)
    with pytest.raises(NotImplementedError, match=f"Mine.{name}"):
        model.train(TEXT, total_examples=len(TEXT), epochs=1)
