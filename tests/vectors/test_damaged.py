"""Files whose contents were changed: an error that names file and field, or a model that can be used."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.callbacks import CallbackAny2Vec
from fastw2v.errors import CorpusError, FormatError
from fastw2v.formats import native

Stored = tuple[dict[str, Any], list[Any], dict[str, Any]]
SENTENCES = [[f"w{(place * line) % 20}" for place in range(10)] for line in range(30)]
SETTINGS: dict[str, Any] = {
    "vector_size": 4, "min_count": 1, "workers": 1, "epochs": 3, "hs": 1, "negative": 2, "progress": False,
}  # fmt: skip
VALUES = ("x", -5, None, True, 0.5, 10**30, 1e400, [1], {"a": 1})
REMOVED = object()


class StopHere(CallbackAny2Vec):
    def on_epoch_end(self, model: Word2Vec) -> None:
        if len(model.loss_history) == 1:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def model() -> Word2Vec:
    made = Word2Vec(SENTENCES, **SETTINGS)
    made.note = {"a": [1]}
    made.wv.set_vecattr("w1", "tag", "noun")
    made.build_vocab([["new", "words"]] * 3, update=True)  # a tree that does not follow from the counts
    return made


@pytest.fixture(scope="module")
def of_model(model: Word2Vec, tmp_path_factory: pytest.TempPathFactory) -> Stored:
    path = tmp_path_factory.mktemp("model") / "m"
    model.save(path)
    arrays, keys, metadata = native.load_arrays(path)
    assert keys is not None
    return arrays, keys, metadata


@pytest.fixture(scope="module")
def of_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    path = tmp_path_factory.mktemp("checkpoint") / "c"
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(SENTENCES, checkpoint=path, callbacks=[StopHere()], **SETTINGS)
    arrays, keys, metadata = native.load_arrays(path)
    assert keys is not None
    return arrays, keys, metadata


@pytest.fixture(scope="module")
def of_vectors(model: Word2Vec, tmp_path_factory: pytest.TempPathFactory) -> Stored:
    path = tmp_path_factory.mktemp("vectors") / "v"
    model.wv.note = {"a": [1]}
    model.wv.quantize().save(path)
    del model.wv.note
    arrays, keys, metadata = native.load_arrays(path)
    assert keys is not None
    return arrays, keys, metadata


def places(tree: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All paths into nested dicts and lists."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        if key != "lifecycle_events":
            yield (*above, key)
            yield from places(value, (*above, key))


def changed_metadata(metadata: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for place in places(metadata):
        for value in (*VALUES, REMOVED):
            changed = copy.deepcopy(metadata)
            owner = changed
            for key in place[:-1]:
                owner = owner[key]
            if value is REMOVED:
                del owner[place[-1]]
            else:
                owner[place[-1]] = value
            yield f"{place} = {'(removed)' if value is REMOVED else value!r}", changed


def changed_arrays(arrays: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    changes: dict[str, Callable[[Any], Any]] = {
        "float64": lambda array: array.astype(np.float64),
        "int8": lambda array: array.astype(np.int8),
        "int64": lambda array: array.astype(np.int64),
        "bool": lambda array: array.astype(bool),
        "shorter": lambda array: array[:-1],
        "longer": lambda array: np.concatenate([array, array[:1]]),
        "empty": lambda array: array[:0],
        "one number": lambda array: np.array(array.flat[0]),
        "three axes": lambda array: array.reshape(*array.shape, *[1] * (3 - array.ndim)),
        "flat": lambda array: array.reshape(-1),
        "narrow": lambda array: array[..., :1],
        "largest": lambda array: np.full_like(array, 127),
        "negative": lambda array: (array * 0 - 1).astype(array.dtype),
    }
    for name, array in arrays.items():
        yield f"{name} removed", {key: value for key, value in arrays.items() if key != name}
        for what, change in changes.items():
            with np.errstate(all="ignore"):
                yield f"{name} {what}", {**arrays, name: change(array)}


def check(path: Path, stored: Stored, use: Callable[[Path], Any]) -> int:
    """Use the file after each change; give how many were refused."""
    arrays, keys, metadata = stored
    native.save_arrays(path, arrays, keys, metadata)
    use(path)
    cases = [(label, arrays, keys, changed) for label, changed in changed_metadata(metadata)]
    cases += [(label, changed, keys, metadata) for label, changed in changed_arrays(arrays)]
    others = {"fewer": keys[:-1], "twice": [*keys[:-1], keys[0]], "more": [*keys, "z"], "none": None}
    cases += [(f"{label} keys", arrays, changed, metadata) for label, changed in others.items()]
    refused, wrong = 0, []
    for label, *contents in cases:
        held = io.BytesIO()  # a thousand files need not reach the disk
        native.save_arrays(held, *contents)
        path.write_bytes(held.getvalue())
        try:
            use(path)
        except (FormatError, AttributeError, CorpusError) as error:  # of another kind of file, another corpus
            refused += isinstance(error, FormatError)
            if str(path) not in str(error):
                wrong.append((label, error))
        except Exception as error:
            wrong.append((label, error))
    assert not wrong
    return refused


@pytest.mark.filterwarnings("ignore")
def test_models(of_model: Stored, tmp_path: Path) -> None:
    def use(path: Path) -> None:
        loaded = Word2Vec.load(path)
        loaded.wv.most_similar("w1")
        assert callable(loaded.train)
        assert set(loaded.wv.index_to_key) == set(loaded.wv.key_to_index)

    assert check(tmp_path / "m", of_model, use) > 200


@pytest.mark.filterwarnings("ignore")
def test_checkpoints(of_checkpoint: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # one whole training is enough: what resume() would train is made from what was checked
    followed: list[Any] = []
    monkeypatch.setattr(Word2Vec, "_follow", lambda self, *course: followed.append(self._config(epochs=3)))
    assert check(tmp_path / "c", of_checkpoint, lambda path: Word2Vec.resume(path, SENTENCES)) > 300
    assert followed


@pytest.mark.parametrize("mmap", [None, "r"])
def test_vectors(of_vectors: Stored, mmap: str | None, tmp_path: Path) -> None:
    def use(path: Path) -> None:
        loaded = KeyedVectors.load(path, mmap=mmap)
        if len(set(loaded.index_to_key)) == len(loaded):  # of a mapped file, only the first look finds out
            loaded.most_similar("w1")
        loaded.truncate(1)

    assert check(tmp_path / "v", of_vectors, use) > 40


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("train", 3), ("negative", "x"), ("alpha", None), ("workers", 10**30), ("window", -5), ("vector_size", 5),
        ("loss_history", 5), ("attributes", [1]), ("seed", "abc"), ("lifecycle_events", 5), ("softmax", "zzz"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_named(field: str, value: Any, of_model: Stored, tmp_path: Path) -> None:
    arrays, keys, metadata = of_model
    native.save_arrays(tmp_path / "m", arrays, keys, {**metadata, field: value})
    with pytest.raises(FormatError, match=f"(?s){tmp_path / 'm'}.*{field}"):
        Word2Vec.load(tmp_path / "m")


def test_an_attribute_cannot_hide_a_method(of_model: Stored, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    arrays, keys, metadata = of_model
    hostile = {"train": 1, "wv": 2, "__class__": 3, "syn0": 4, "_tree": 5, "language": "en"}
    native.save_arrays(tmp_path / "m", arrays, keys, {**metadata, "attributes": hostile})
    loaded = Word2Vec.load(tmp_path / "m")
    assert callable(loaded.train)
    assert isinstance(loaded.wv, KeyedVectors)
    assert loaded.language == "en"
    assert "'train' would hide" in caplog.text


def test_what_could_not_be_loaded_is_not_saved(model: Word2Vec, tmp_path: Path) -> None:
    (tmp_path / "m").write_text("old")
    broken = copy.copy(model)
    broken.syn1neg = model.syn1neg[:, :2]
    with pytest.raises(FormatError, match=r"save: syn1neg: must be a float array of \(\d+, 4\)"):
        broken.save(tmp_path / "m")
    assert (tmp_path / "m").read_text() == "old"
    assert json.dumps(model._state()[2])  # nothing was changed
