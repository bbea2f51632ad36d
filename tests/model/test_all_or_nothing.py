"""Whatever fails half way, model and vectors are as they were: an error is injected at each line of our code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastw2v
from fastw2v import KeyedVectors, Word2Vec
from fastw2v.errors import ConfigError

HERE = str(Path(fastw2v.__file__).parent)
SENTENCES = [["a", "b", "c", "d"], ["b", "c"], ["d", "a", "e"]] * 5
NEW = [["x", "y", "z", "a"], ["y", "z"]] * 5


class InjectedError(MemoryError):
    """Raised at a line where nobody expects it."""


def failing_at(nth: int, call: Callable[[], Any]) -> bool:
    """Call with an error at the nth line that our code runs; give whether there was such a line."""
    left = nth

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        name = frame.f_code.co_filename
        if not name.startswith(HERE) or name.endswith("_undo.py"):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise InjectedError
        return trace

    sys.settrace(trace)
    try:
        call()
    except InjectedError:
        return True
    finally:
        sys.settrace(None)
    return False


def frozen(owner: Any) -> dict[str, Any]:
    """What an object holds, in a form that can be compared."""
    values = {}
    for name, value in vars(owner).items():
        if isinstance(value, np.ndarray):
            values[name] = (value.dtype.str, value.shape, value.tobytes())
        elif name == "wv":
            values[name] = frozen(value)
        elif name == "expandos":
            values[name] = {column: list(map(str, of)) for column, of in value.items()}
        elif name == "lifecycle_events":
            values[name] = len(value)
        elif name == "_raw":
            values[name] = id(value)
        elif name == "_tree":
            values[name] = None if value is None else [part.tolist() for part in value]
        elif name != "random":
            values[name] = list(value) if isinstance(value, list) else value
    return values


def made(**kinds: Any) -> Word2Vec:
    model = Word2Vec(SENTENCES, vector_size=4, min_count=1, workers=1, sample=0, epochs=1, progress=False, **kinds)
    model.wv.set_vecattr("a", "colour", 1)
    model.lifecycle_events = model.lifecycle_events[:1]
    return model


def bad_rule(word: str, count: int, least: int) -> int:
    raise ValueError("no rule")


CHANGES: dict[str, Callable[[Word2Vec], Any]] = {
    "update": lambda model: model.build_vocab(NEW, update=True),
    "anew": lambda model: model.build_vocab(NEW),
    "counts": lambda model: model.build_vocab_from_freq({"x": 3, "a": 2}, update=True),
    "weights": lambda model: model.init_weights(),
    "null word": lambda model: model.add_null_word(),
    "tree": lambda model: model.create_binary_tree(),
    "other": lambda model: model.reset_from(OTHER),
}
OTHER = Word2Vec(NEW, vector_size=4, min_count=1, hs=1, epochs=1, workers=1)


@pytest.mark.parametrize("mode", [{}, {"hs": 1}, {"hs": 1, "negative": 0}], ids=["ns", "both", "hs"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_model_is_changed_as_a_whole_or_not_at_all(change: str, mode: dict) -> None:
    model, nth = made(**mode), 1
    before = frozen(model)
    while failing_at(nth, lambda: CHANGES[change](model)):
        now = frozen(model)
        assert now == before, (nth, [name for name in now if now[name] != before.get(name)])
        nth += 1 if nth < 5 else 13  # each line takes the whole call
    assert nth > 3
    n_words = len(model.wv)
    assert len(model.wv.index_to_key) == len(model.wv.key_to_index) == n_words
    if change not in ("null word", "tree"):
        assert len(model.wv.vectors) == n_words
        assert model.train(SENTENCES, total_examples=15, total_words=45, epochs=1)[1] == 45


def table() -> KeyedVectors:
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b"], [[1, 0], [0, 1]], extras={"count": [3, 7]})
    return kv


EDITS: dict[str, Callable[[KeyedVectors], Any]] = {
    "add": lambda kv: kv.add_vectors(["c", "a", "d"], np.ones((3, 2)), extras={"count": [1, 2, 3], "new": [1, 2, 3]}),
    "replace": lambda kv: kv.add_vectors(["c", "a"], np.ones((2, 2)), replace=True),
    "sort": lambda kv: kv.sort_by_descending_frequency(),
    "attribute": lambda kv: kv.set_vecattr("a", "weight", 1.5),
    "normalize": lambda kv: kv.unit_normalize_all(),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_table_is_changed_as_a_whole_or_not_at_all(edit: str) -> None:
    nth = 1
    while True:
        kv = table()
        before = frozen(kv)
        if not failing_at(nth, lambda kv=kv: EDITS[edit](kv)):
            break
        assert frozen(kv) == before, f"line {nth}"
        nth += 2
    assert frozen(kv) != before
    assert len(kv.index_to_key) == len(kv.key_to_index) == len(kv.vectors)


def test_a_rule_that_raises_leaves_the_model(tmp_path: Path) -> None:
    model = made()
    before = frozen(model)
    with pytest.raises(ValueError, match="no rule"):
        model.build_vocab(NEW, update=True, trim_rule=bad_rule)
    assert frozen(model) == before
    model.save(tmp_path / "m")


def test_a_value_that_a_column_cannot_hold_leaves_none() -> None:
    kv = table()

    class Odd(np.float64):
        def __float__(self) -> float:
            raise ValueError("odd")

    for attr, value in (("count", "many"), ("weight", Odd(1))):
        try:
            kv.set_vecattr("a", attr, value)
        except (ValueError, TypeError):
            assert (attr in kv.expandos) == (attr == "count")
    assert kv.get_vecattr("a", "count") == 3


def test_another_vector_size_is_refused_in_an_update() -> None:
    model = Word2Vec([["a", "b"]] * 9, min_count=1, vector_size=4)
    model.vector_size = 7
    with pytest.raises(ConfigError, match="vector_size=7: the trained vectors have 4 numbers"):
        model.build_vocab([["new"]], update=True)
    assert model.wv.vectors.shape == (2, 4)
    assert "new" not in model.wv
