"""fastText's models through the public interface: unknown words are composed of n-grams."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from support.fasttext_files import expected, fasttext_bytes

import fastw2v
from fastw2v import KeyedVectors
from fastw2v.errors import FormatError
from fastw2v.formats import native
from fastw2v.vectors.subwords import FastTextKeyedVectors

WORDS = ["king", "queen", "reign", "rain"]
BUCKETS, SIZE = 50, 6
MATRIX = np.random.default_rng(5).normal(size=(len(WORDS) + BUCKETS, SIZE)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "ft.bin").write_bytes(fasttext_bytes(WORDS, MATRIX, bucket=BUCKETS))
    return tmp_path / "ft.bin"


@pytest.fixture
def kv(path: Path) -> KeyedVectors:
    return fastw2v.load(path)


def unknown(word: str) -> np.ndarray:
    return expected(word, None, MATRIX[len(WORDS) :], 3, 6)


def test_unknown_words_have_vectors(kv: KeyedVectors) -> None:
    assert type(kv) is FastTextKeyedVectors
    assert "kingdom" in kv
    assert 99 not in kv
    assert kv.index_to_key == WORDS
    assert "kingdom" not in kv.key_to_index
    assert not kv.has_index_for("kingdom")
    np.testing.assert_allclose(kv["kingdom"], unknown("kingdom"), rtol=1e-6)
    np.testing.assert_allclose(kv[["king", "kingdom"]], [kv["king"], unknown("kingdom")], rtol=1e-6)
    assert np.linalg.norm(kv.get_vector("kingdom", norm=True)) == pytest.approx(1)
    with pytest.raises(KeyError):
        kv[99]
    with pytest.raises(KeyError, match="kingdom"):
        kv.get_index("kingdom")


def test_queries_compose(kv: KeyedVectors) -> None:
    direct = kv.most_similar(positive=[np.array(kv["kingdom"])], topn=2)
    assert kv.most_similar("kingdom", topn=2) == direct
    assert kv.similarity("kingdom", "kingdom") == 1
    assert len(kv.distances("kingdom")) == len(WORDS)
    assert kv.doesnt_match(["kingdom", "king", "rain"]) in ("kingdom", "king", "rain")
    batch = kv.most_similar_batch(["king", "kingdom", "rain"], topn=2)
    assert [word for word, _ in batch[1]] == [word for word, _ in direct]
    assert [batch[0], batch[2]] == kv.most_similar_batch(["king", "rain"], topn=2)
    assert kv.vectors_for_all(["king", "kingdom"]).index_to_key == ["king", "kingdom"]
    np.testing.assert_array_equal(kv.truncate(2)["kingdom"], kv["kingdom"][:2])


def test_the_same_as_gensim(path: Path, kv: KeyedVectors) -> None:
    gensim = pytest.importorskip("gensim.models.fasttext")
    theirs = gensim.load_facebook_vectors(str(path))
    for word in ("kingdom", "rainy", "xyz", "queen"):
        assert (word in theirs) == (word in kv)
        np.testing.assert_allclose(kv[word], theirs[word], rtol=1e-5, atol=1e-6)
    ours = kv.most_similar("kingdom", topn=3)
    assert [word for word, _ in ours] == [word for word, _ in theirs.most_similar("kingdom", topn=3)]


@pytest.mark.parametrize("mmap", [None, "r"])
def test_the_native_format_keeps_the_ngrams(mmap: str | None, kv: KeyedVectors, tmp_path: Path) -> None:
    fastw2v.save(kv, tmp_path / "kv")
    loaded = KeyedVectors.load(tmp_path / "kv", mmap=mmap)
    assert type(loaded) is FastTextKeyedVectors
    np.testing.assert_array_equal(loaded["kingdom"], kv["kingdom"])
    arrays, keys, metadata = native.load_arrays(tmp_path / "kv")
    native.save_arrays(tmp_path / "a", {**arrays, "own.ngram_vectors": np.ones((5, 2), np.float32)}, keys, metadata)
    with pytest.raises(FormatError, match="ngram_vectors"):
        KeyedVectors.load(tmp_path / "a")
    metadata["own"]["max_n"] = "x"
    native.save_arrays(tmp_path / "b", arrays, keys, metadata)
    with pytest.raises(FormatError, match="max_n='x'"):
        KeyedVectors.load(tmp_path / "b")


def test_other_formats_say_what_is_lost(kv: KeyedVectors, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        fastw2v.save(kv, tmp_path / "kv.txt")
    assert "n-grams" in caplog.text
    assert "kingdom" not in fastw2v.load(tmp_path / "kv.txt")


def test_rows_that_were_dropped_do_not_stay_in_memory(path: Path) -> None:
    few = fastw2v.load(path, limit=1)
    assert few.vectors.base is None
    assert few.ngram_vectors.base is None
    np.testing.assert_allclose(few["queen"], unknown("queen"), rtol=1e-6)


def test_a_class_of_ones_own_stays(path: Path) -> None:
    class Mine(KeyedVectors):
        pass

    assert type(Mine.load(path)) is Mine
