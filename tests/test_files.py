"""``fastw2v.load`` and ``fastw2v.save``: the name chooses what is written, the content what is read."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import fastw2v
from fastw2v import formats
from fastw2v.errors import FormatError

NAMES = ["v.txt", "v.txt.gz", "v.w2v", "v.bin", "v.glove", "v.vec", "v.npz", "v.tsv", "v.safetensors", "v"]


@pytest.fixture
def vectors() -> fastw2v.KeyedVectors:
    made = fastw2v.KeyedVectors(5)
    made.add_vectors(["ein", "zwei", "drei"], np.random.default_rng(1).random((3, 5), dtype=np.float32))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_what_is_saved_is_loaded(name: str, tmp_path: Path, vectors: fastw2v.KeyedVectors) -> None:
    path = tmp_path / name
    fastw2v.save(vectors, path)
    assert formats.sniff(path) == formats.format_of_name(path).replace("fasttext", "word2vec")
    loaded = fastw2v.load(path)
    assert type(loaded) is fastw2v.KeyedVectors
    assert loaded.index_to_key == ["ein", "zwei", "drei"]
    np.testing.assert_array_equal(loaded.vectors, vectors.vectors)


def test_a_model_file_gives_its_vectors(tmp_path: Path, sentences: list[list[str]]) -> None:
    model = fastw2v.Word2Vec(sentences, vector_size=7, min_count=1, workers=1)
    model.save(tmp_path / "w2v.model")
    loaded = fastw2v.load(str(tmp_path / "w2v.model"))
    assert loaded.index_to_key == model.wv.index_to_key
    np.testing.assert_array_equal(loaded.vectors, model.wv.vectors)


def test_options_reach_the_format(tmp_path: Path, vectors: fastw2v.KeyedVectors) -> None:
    fastw2v.save(vectors, tmp_path / "any.name", format="word2vec")
    assert fastw2v.load(tmp_path / "any.name", limit=2).index_to_key == ["ein", "zwei"]
    assert fastw2v.load(tmp_path / "any.name", words=["drei"]).index_to_key == ["drei"]
    with pytest.raises(TypeError, match="limit"):
        fastw2v.load(tmp_path / "any.name", mmap="r", limit=2)


def test_int8_stays_int8(tmp_path: Path, vectors: fastw2v.KeyedVectors) -> None:
    small = vectors.quantize()
    fastw2v.save(small, tmp_path / "small")
    assert type(fastw2v.load(tmp_path / "small", mmap="r").vectors) is type(small.vectors)


def test_unknown_content_and_names_are_refused(tmp_path: Path, vectors: fastw2v.KeyedVectors) -> None:
    (tmp_path / "noise").write_bytes(bytes(range(256)))
    with pytest.raises(FormatError, match="of no known format"):
        fastw2v.load(tmp_path / "noise")
    with pytest.raises(ValueError, match="one of 'native'"):
        fastw2v.save(vectors, tmp_path / "x", format="word")
    with pytest.raises(FormatError, match="read only"):
        fastw2v.save(vectors, tmp_path / "x", format="gensim")
    assert not (tmp_path / "x").exists()


def test_a_mapped_file_makes_its_index_when_it_is_asked_for(tmp_path: Path, vectors: fastw2v.KeyedVectors) -> None:
    vectors.save(tmp_path / "v")
    mapped = fastw2v.load(tmp_path / "v", mmap="r")
    assert "key_to_index" not in vars(mapped)
    assert pickle.loads(pickle.dumps(mapped)).key_to_index == vectors.key_to_index
    assert (mapped["zwei"] == vectors["zwei"]).all()
    assert type(vars(mapped)["key_to_index"]) is dict
    assert mapped.key_to_index == vectors.key_to_index
    mapped.key_to_index = {"z": 0}
    assert mapped.get_index("z") == 0
    assert "key_to_index" in vars(fastw2v.load(tmp_path / "v"))


def test_a_key_twice_is_found_at_once_or_with_the_first_look_at_a_mapped_file(tmp_path: Path) -> None:
    from fastw2v.formats import native

    native.save_arrays(tmp_path / "v", {"vectors": np.eye(2, dtype=np.float32)}, ["a", "a"], {}, kind="vectors")
    with pytest.raises(FormatError, match="a key occurs twice"):
        fastw2v.load(tmp_path / "v")
    mapped = fastw2v.load(tmp_path / "v", mmap="r")
    with pytest.raises(FormatError, match="a key occurs twice"):
        mapped.most_similar("a")


@pytest.mark.parametrize("name", ["v.npy", "v.csv", "v.parquet", "v.PKL", "v.json"])
def test_a_name_that_promises_another_format_is_refused(name: str, tmp_path: Path) -> None:
    kv = fastw2v.KeyedVectors(2)
    kv.add_vectors(["a"], [[1, 2]])
    with pytest.raises(ValueError, match=r"is not written here.*format='native'"):
        fastw2v.save(kv, tmp_path / name)
    assert not (tmp_path / name).exists()
    fastw2v.save(kv, tmp_path / name, "native")
    fastw2v.save(kv, tmp_path / "v.1")  # says nothing
    assert fastw2v.load(tmp_path / "v.1").index_to_key == ["a"]
