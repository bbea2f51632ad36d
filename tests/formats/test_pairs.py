"""Files that belong together, paths with ~, and files that are opened with the wrong call."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fasttext_files import fasttext_bytes

import fastw2v
from fastw2v import KeyedVectors, Word2Vec, formats
from fastw2v.callbacks import CallbackAny2Vec
from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import _io
from fastw2v.table import VectorTable


def table(value: float) -> VectorTable:
    return VectorTable(["a", "b"], np.full((2, 2), value, np.float32), {"count": np.array([9, 8]) * int(value)})


def save_counted(value: float, folder: Path) -> None:
    formats.save(table(value), folder / "v.txt", fvocab=folder / "v.vocab")


def save_projector(value: float, folder: Path) -> None:
    named = VectorTable([f"a{value}", "b"], table(value).vectors)
    formats.save(named, folder / "v_tensor.tsv")


@pytest.mark.parametrize("save", [save_counted, save_projector])
@pytest.mark.parametrize(("function", "call"), [("fsync", 1), ("fsync", 2), ("replace", 1), ("chmod", 9)])
def test_an_error_leaves_both_old_files(
    save: Any, function: str, call: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(1, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == 2
    calls, real = [0], getattr(os, function)

    def failing(*args):
        calls[0] += 1
        if calls[0] == call:
            raise OSError(28, "No space left on device")
        return real(*args)

    monkeypatch.setattr(_io.os, function, failing)
    if function == "chmod":  # is not that important
        save(2, tmp_path)
        return
    with pytest.raises(OSError, match="No space left"):
        save(2, tmp_path)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    save(2, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_pairs_are_compressed_by_their_names(tmp_path: Path) -> None:
    formats.save(table(1), tmp_path / "v.txt.gz", fvocab=tmp_path / "v.vocab.bz2")
    kv = KeyedVectors.load_word2vec_format(str(tmp_path / "v.txt.gz"), fvocab=str(tmp_path / "v.vocab.bz2"))
    assert kv.expandos["count"].tolist() == [9, 8]
    with (tmp_path / "x").open("wb") as rows:
        formats.save(table(1), rows, "word2vec", fvocab=tmp_path / "y")
    assert formats.load(tmp_path / "x").keys == ["a", "b"]


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.fw2v", "v.npz", "v_tensor.tsv", "v.glove.gz"])
def test_a_tilde_is_the_home_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    kv = KeyedVectors.from_table(table(1))
    fastw2v.save(kv, f"~/{name}")
    assert (tmp_path / name).exists()
    assert fastw2v.load(f"~/{name}").index_to_key == ["a", "b"]
    kv.save("~/k.kv")
    kv.save_word2vec_format("~/w.txt")
    assert KeyedVectors.load("~/k.kv").index_to_key == ["a", "b"]
    assert KeyedVectors.load_word2vec_format("~/w.txt").index_to_key == ["a", "b"]
    model = Word2Vec([["a", "b"]] * 9, min_count=1, vector_size=2, checkpoint="~/c", workers=1)
    model.save("~/m.model")
    assert Word2Vec.load("~/m.model").wv.index_to_key == model.wv.index_to_key
    assert (tmp_path / "c").exists()


class Stop(CallbackAny2Vec):
    def on_epoch_end(self, model: Any) -> None:
        raise ZeroDivisionError


def test_checkpoints_by_url_are_those_by_path(tmp_path: Path) -> None:
    path, sentences = tmp_path / "a file", [["a", "b", "c"]] * 50
    options: dict[str, Any] = {"min_count": 1, "workers": 1, "vector_size": 4}
    path.write_text("precious")
    with pytest.raises(ConfigError, match="no checkpoint"):
        Word2Vec(sentences, checkpoint=path.as_uri(), **options)
    assert path.read_text() == "precious"
    path.unlink()
    with pytest.raises(ZeroDivisionError):
        Word2Vec(
            sentences, checkpoint=path.as_uri(), checkpoint_every="1 epoch", epochs=3, callbacks=[Stop()], **options
        )
    Word2Vec(sentences, checkpoint=path.as_uri(), **options)
    assert path.with_name("a file.previous").exists()
    assert Word2Vec.resume(path.as_uri(), sentences).wv.index_to_key


# ------------------------------------------------------------------------------------------------- the wrong call ----


def wrong_files(folder: Path) -> dict[str, Path]:
    kv = table(1)
    found = {}
    for name in ("native", "word2vec", "word2vec-binary", "glove", "npz"):
        found[name] = folder / f"{name}.x"
        formats.save(kv, found[name], name)
    found["fasttext"] = folder / "f.bin"
    found["fasttext"].write_bytes(fasttext_bytes(["ab"], np.ones((5, 2), np.float32), bucket=4))
    found["pickle"] = folder / "p.pkl"
    found["pickle"].write_bytes(pickle.dumps({"a": np.ones(2, np.float32)}))
    found["npy"] = folder / "p.npy"
    np.save(found["npy"], kv.vectors)
    found["delimited"] = folder / "p.csv"
    found["delimited"].write_text("a,1,2\nb,3,4\n")
    return found


def test_the_wrong_loader_names_the_format_and_the_call(tmp_path: Path) -> None:
    for name, path in wrong_files(tmp_path).items():
        what, how = formats.HOW[name]
        for binary in (False, True):
            if name == ("word2vec-binary" if binary else "word2vec"):
                continue
            with pytest.raises(FormatError, match=r"\.x|f\.bin|p\.") as caught:
                KeyedVectors.load_word2vec_format(str(path), binary=binary)
            message = str(caught.value)
            assert f"binary={not binary}" in message if "word2vec" in name else what in message
            assert how.partition("(")[0] in message or "binary=" in message
        if name != "native":
            with pytest.raises(AttributeError, match=r"KeyedVectors|load") as refused:
                Word2Vec.load(path)
            assert what in str(refused.value)
    with pytest.raises(AttributeError, match=r"KeyedVectors\.load"):
        Word2Vec.load(tmp_path / "native.x")


def test_joblib_says_so(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    joblib.dump(Word2Vec([["a", "b"]] * 9, min_count=1, vector_size=8), tmp_path / "j")
    for load in (Word2Vec.load, KeyedVectors.load):
        with pytest.raises(FormatError, match=r"joblib\.load"):
            load(str(tmp_path / "j"))


def test_a_pair_is_two_files(tmp_path):
    kv = KeyedVectors(2)
    kv.add_vectors(["a"], np.ones((1, 2)), extras={"count": np.array([3])})
    (tmp_path / "link").symlink_to("v.txt")
    for other in ("v.txt", "./v.txt", "link"):
        with pytest.raises(ConfigError, match="are one file"):
            kv.save_word2vec_format(tmp_path / "v.txt", fvocab=os.path.join(tmp_path, other))
    assert not (tmp_path / "v.txt").exists()
