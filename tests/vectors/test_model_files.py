"""Files of whole models: open files, mapping, and what is on the vectors beside the numbers."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.allocations import peak_of

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.callbacks import CallbackAny2Vec
from fastw2v.errors import FormatError
from fastw2v.formats import native
from fastw2v.query.quantized import QuantizedMatrix

SENTENCES = [[f"w{(place * line) % 20}" for place in range(10)] for line in range(30)]
SETTINGS: dict[str, Any] = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 2, "progress": False}


@pytest.fixture
def model() -> Word2Vec:
    return Word2Vec(SENTENCES, **SETTINGS)


def test_a_model_from_an_open_file(model: Word2Vec, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    with open(tmp_path / "m", "rb") as stream:
        loaded = Word2Vec.load(stream)
    assert (loaded.wv.vectors == model.wv.vectors).all()
    held = io.BytesIO(b"before" + (tmp_path / "m").read_bytes())
    held.seek(6)
    assert (Word2Vec.load(held).syn1neg == model.syn1neg).all()
    model.wv.save(tmp_path / "v")
    with pytest.raises(AttributeError, match="vectors, not a whole model"):
        Word2Vec.load(io.BytesIO((tmp_path / "v").read_bytes()))


def test_a_model_of_gensim_from_an_open_file(tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim.models")
    theirs = gensim.Word2Vec(SENTENCES, vector_size=4, min_count=1, workers=1, epochs=1)
    theirs.save(str(tmp_path / "g"))
    with open(tmp_path / "g", "rb") as stream:
        assert (Word2Vec.load(stream).wv.vectors == theirs.wv.vectors).all()
    loaded = Word2Vec.load(io.BytesIO((tmp_path / "g").read_bytes()))
    loaded.train(SENTENCES, total_examples=len(SENTENCES), epochs=1)


@pytest.mark.parametrize("whole", [True, False])
def test_companions_of_gensim_are_mapped(whole: bool, tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim.models")
    theirs = gensim.Word2Vec(SENTENCES, vector_size=4, min_count=1, workers=1, epochs=1)
    (theirs if whole else theirs.wv).save(str(tmp_path / "g"), sep_limit=0)
    mapped = KeyedVectors.load(tmp_path / "g", mmap="r")
    assert isinstance(mapped.vectors, np.memmap) or isinstance(mapped.vectors.base, np.memmap)
    assert not mapped.vectors.flags.writeable
    assert mapped.most_similar("w1") == KeyedVectors.load(tmp_path / "g").most_similar("w1")
    assert KeyedVectors.load(tmp_path / "g", mmap="c").vectors.flags.writeable


def test_mmap_of_a_model(model: Word2Vec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model.save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m", mmap="r").wv.vectors.flags.writeable, "as in gensim: it is small"
    monkeypatch.setattr(native, "LEAST_MAPPED", 0)
    assert not Word2Vec.load(tmp_path / "m", mmap="r").wv.vectors.flags.writeable
    private = Word2Vec.load(tmp_path / "m", mmap="c")
    private.train(SENTENCES, total_examples=len(SENTENCES), epochs=1)
    with pytest.raises(ValueError, match="mmap='zzz'"):
        Word2Vec.load(tmp_path / "m", mmap="zzz")


class StopHere(CallbackAny2Vec):
    def on_epoch_end(self, model: Word2Vec) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("how", ["file", "checkpoint"])
def test_what_is_on_the_vectors_is_kept(how: str, model: Word2Vec, tmp_path: Path) -> None:
    model.wv.set_vecattr("w1", "tag", "noun")
    model.wv.set_vecattr("w2", "forms", ["w2s", "w2ed"])
    model.wv.set_vecattr("w1", "score", 1.5)
    model.wv.source = {"name": "test"}
    model.wv.mean = np.ones(3)
    model.build_vocab([["new"]], update=True)  # the attributes do not know of it yet
    if how == "file":
        model.save(tmp_path / "m")
        loaded = Word2Vec.load(tmp_path / "m")
        assert KeyedVectors.load(tmp_path / "m").get_vecattr("w1", "tag") == "noun"
    else:
        with pytest.raises(KeyboardInterrupt):
            model.train(SENTENCES, total_examples=30, epochs=2, checkpoint=tmp_path / "m", callbacks=[StopHere()])
        loaded = Word2Vec.resume(tmp_path / "m", SENTENCES)
    assert loaded.wv.get_vecattr("w1", "tag") == "noun"
    assert loaded.wv.get_vecattr("w2", "forms") == ["w2s", "w2ed"]
    assert loaded.wv.get_vecattr("w1", "score") == 1.5
    assert loaded.wv.get_vecattr("new", "score") == 0
    assert loaded.wv.source == {"name": "test"}
    assert loaded.wv.mean.tolist() == [1, 1, 1]


def test_what_no_file_can_hold_of_the_vectors_is_named(
    model: Word2Vec, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model.wv.oddity = object()
    with caplog.at_level(logging.WARNING):
        model.save(tmp_path / "m")
    assert "oddity" in caplog.text


def test_small_vectors_stay_small(model: Word2Vec, tmp_path: Path) -> None:
    model.wv = model.wv.quantize()
    model.save(tmp_path / "m")
    loaded = Word2Vec.load(tmp_path / "m")
    assert isinstance(loaded.wv.vectors, QuantizedMatrix)
    assert loaded.wv.most_similar("w1") == model.wv.most_similar("w1")
    model.wv = model.wv.astype("float16")
    model.save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m").wv.vectors.dtype == np.float16


def test_vectors_added_by_hand_are_saved_with_the_model(model: Word2Vec, tmp_path: Path) -> None:
    model.wv.add_vectors(["by hand"], np.ones((1, 4)))
    model.save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m").wv["by hand"].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("convert", ["to_table", "astype"])
def test_int8_becomes_float_with_one_copy(convert: str) -> None:
    kv = KeyedVectors(100)
    kv.add_vectors(range(20_000), np.random.default_rng(1).normal(size=(20_000, 100)).astype(np.float32))
    small = kv.quantize()
    convert_it = {"to_table": small.to_table, "astype": lambda: small.astype("float32")}[convert]
    peak, made = peak_of(lambda: convert_it().vectors)
    assert (made == np.asarray(small.vectors)).all()
    assert peak < 1.6 * made.nbytes


@pytest.mark.parametrize("mmap", [None, "r"])
@pytest.mark.parametrize("more", [False, True])
def test_rows_made_beforehand(more: bool, mmap: str | None, tmp_path: Path) -> None:
    kv = KeyedVectors(3, count=3)
    kv.add_vector("a", np.ones(3))
    if more:
        kv.add_vectors(["z"], np.eye(1, 3))
    kv.save(tmp_path / "kv")
    loaded = KeyedVectors.load(tmp_path / "kv", mmap=mmap)
    assert loaded.index_to_key == kv.index_to_key
    assert loaded.key_to_index == kv.key_to_index
    assert (loaded.vectors == kv.vectors).all()
    if mmap is None:
        assert loaded.add_vector("b", np.ones(3)) == 1
        loaded.save(tmp_path / "kv")
        assert KeyedVectors.load(tmp_path / "kv").get_index("b") == 1
    KeyedVectors(3, count=2).save(tmp_path / "empty")
    assert KeyedVectors.load(tmp_path / "empty").key_to_index == {}


def test_a_key_twice_names_the_file(tmp_path: Path) -> None:
    from fastw2v.formats import native

    native.save_arrays(tmp_path / "v", {"vectors": np.eye(3, dtype=np.float32)}, ["a", "b", "a"], {}, kind="vectors")
    with pytest.raises(FormatError, match=r"v: a key occurs twice: 'a', in rows 0 and 2"):
        KeyedVectors.load(tmp_path / "v")


@pytest.mark.parametrize(
    ("arrays", "metadata", "field"),
    [
        ({"vectors": np.ones((3, 2, 2), np.float32)}, {}, "vectors"),
        ({"vectors": np.ones((3, 2), np.int64)}, {}, "vectors"),
        ({"vectors": np.ones((3, 2), bool)}, {}, "vectors"),
        ({"vectors": np.ones((3, 2), np.int8)}, {}, "vectors.scales"),
        ({"vectors.scales": np.ones(3, np.float32)}, {}, "vectors.scales"),
        ({"vectors_lockf": np.ones((2, 2), np.float32)}, {}, "vectors_lockf"),
        ({"attr.count": np.int64(5)}, {}, "attr.count"),
        ({}, {"own": 5}, "own"),
        ({}, {"object_attrs": None}, "object_attrs"),
        ({}, {"object_attrs": {"tag": 5}}, "object_attrs.tag"),
        ({}, {"object_attrs": {"tag": ["x"]}}, "object_attrs.tag"),
        ({}, {"next_index": -1}, "next_index"),
    ],
)
def test_vectors_that_do_not_fit_are_named(
    arrays: dict[str, Any], metadata: dict[str, Any], field: str, tmp_path: Path
) -> None:
    from fastw2v.formats import native

    arrays = {"vectors": np.ones((3, 2), np.float32), **arrays}
    native.save_arrays(tmp_path / "v", arrays, ["a", "b", "c"], metadata, kind="vectors")
    with pytest.raises(FormatError, match=f"v: .*{field}"):
        KeyedVectors.load(tmp_path / "v")


def test_what_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    kv = KeyedVectors(2, dtype=np.int64)
    kv.add_vectors(["a"], [[1, 2]])
    with pytest.raises(FormatError, match="int64"):
        kv.save(tmp_path / "v")
    assert not (tmp_path / "v").exists()


@pytest.mark.gensim
def test_a_gensim_model_without_threads_can_be_asked(tmp_path: Path) -> None:
    models = pytest.importorskip("gensim.models")
    peer = models.Word2Vec(vector_size=8, min_count=1, workers=0)
    peer.build_vocab([["a", "b"]] * 5)
    peer.save(str(tmp_path / "m"))
    np.testing.assert_array_equal(Word2Vec.load(tmp_path / "m").wv["a"], peer.wv["a"])
