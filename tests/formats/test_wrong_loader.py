"""The wrong loader, in every combination: loads what it understands, or names the format and the call that opens it."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fasttext_files import fasttext_bytes

import fastw2v
from fastw2v import KeyedVectors, Phrases, Word2Vec, formats
from fastw2v.errors import FormatError
from fastw2v.table import VectorTable

OWN = ("native", "word2vec", "word2vec-binary", "glove", "npz", "projector")
SAY = {  # what a message says of a file, whoever was asked for it
    "native": "fastw2v's own format", "word2vec": "word2vec text", "word2vec-binary": "word2vec binary",
    "glove": "text without a header", "npz": "archive of NumPy arrays", "projector": "TensorFlow Projector",
    "fasttext": "model of fastText", "pickle": "pickle of words and vectors", "delimited": "commas or tabs",
    "npy": "NumPy array", "a model": "fastw2v's own format", "html": "web page", "json": "JSON", "lfs": "Git LFS",
    "utf16": "UTF-16", "utf16le": "UTF-16", "two files": "zip archive of 2 files",
    "an array": "one array, which has no keys",
    "newline": "first line is empty", "empty": "the file is empty",
}  # fmt: skip
CALLS = ("opens it", "remove the line", "unpack it", "UTF-8", "download", "json", "lfs pull", "add_vectors", "is empty")
RIGHT = {"an array": ("binary=", "numpy.load")}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(0)
    table = VectorTable(["the", "king", "queen"], rng.random((3, 4), np.float32), {"count": np.array([3, 2, 1])})
    found = {}
    for name in OWN:
        found[name] = folder / (name + "_tensor.tsv" * (name == "projector"))
        formats.save(table, found[name], name)
    array = io.BytesIO()
    np.save(array, np.eye(2))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("a.txt", "x")
        out.writestr("b.txt", "y")
    contents = {
        "fasttext": fasttext_bytes(["</s>", "the", "x"], rng.random((13, 4)).astype(np.float32), bucket=10),
        "pickle": pickle.dumps({"a": np.ones(3)}), "delimited": b",0,1,2\nking,1,2,3\nqueen,4,5,6\n",
        "npy": array.getvalue(), "html": b"<html>\n", "json": b'{"a": [1, 2]}', "two files": archive.getvalue(),
        "lfs": b"version https://git-lfs.github.com/spec/v1\n",
        "utf16": "1 2\na 1 2\n".encode("utf16"), "utf16le": "1 2\na 1 2\n".encode("utf-16-le"),
        "an array": pickle.dumps(np.eye(2)), "newline": b"\n1 2\na 1 2\n", "empty": b"",
    }  # fmt: skip
    for name, data in contents.items():
        found[name] = folder / name
        found[name].write_bytes(data)
    found["npy"].with_suffix(".words").write_text("a\nb\n")
    Word2Vec([["a", "b"]] * 9, min_count=1, vector_size=4).save(folder / "model")
    return {**found, "a model": folder / "model"}


LOADERS: dict[str, Callable[[Path], Any]] = {
    "Word2Vec.load": Word2Vec.load,
    "KeyedVectors.load": KeyedVectors.load,
    "text": KeyedVectors.load_word2vec_format,
    "binary": lambda path: KeyedVectors.load_word2vec_format(path, binary=True),
    "no header": lambda path: KeyedVectors.load_word2vec_format(path, no_header=True),
    "Word2Vec.resume": lambda path: Word2Vec.resume(path, [["a"]]),
    **{f"format={name!r}": lambda path, name=name: fastw2v.load(path, name) for name in formats.FORMATS},
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("kind", SAY)
def test_the_message_names_the_format_and_the_call(files: dict[str, Path], kind: str, loader: str) -> None:
    try:
        loaded = LOADERS[loader](files[kind])
    except (FormatError, AttributeError) as error:
        message = str(error)
        if kind == "an array" and loader not in ("KeyedVectors.load", "format='native'", "format='gensim'"):
            assert "pickle" in message
            assert loader != "Word2Vec.load" or "numpy.load" in message
            return
        if loader == "Word2Vec.resume" and kind in ("native", "a model"):
            assert "is no checkpoint" in message
            return
        named = SAY[kind] in message or "holds vectors, not a whole model; load it with KeyedVectors.load" in message
        assert named or "are text, not binary; read them with binary=False" in message
        assert any(call in message for call in (*CALLS, "load it with", "read them with")), message
    else:
        assert len(loaded.wv if isinstance(loaded, Word2Vec) else loaded)


def test_a_wrong_dimension_says_which_one_is_right(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    for header, right in (("2 3", "2 2"), ("2 1000", "2 2")):
        path.write_text(f"{header}\na 1 2\nb 3 4\n")
        with pytest.raises(FormatError, match=f"the first line must be '{right}'|need at least"):
            fastw2v.load(path)


OPENS = {  # the call that opens what we, or gensim's phrases, write
    "vectors": "KeyedVectors.load", "model": "Word2Vec.load", "checkpoint": "Word2Vec.resume",
    "phrases": "Phrases.load", "frozen phrases": "Phrases.load", "gensim's phrases": "Phrases.load",
}  # fmt: skip


@pytest.fixture(scope="module")
def own_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("own")
    found = {name: folder / name.replace(" ", "_") for name in OPENS}
    sentences = [["new", "york", "times"], ["new", "york"]] * 5
    model = Word2Vec(sentences, min_count=1, vector_size=4, workers=1, checkpoint=found["checkpoint"])
    model.save(found["model"])
    model.wv.save(found["vectors"])
    phrases = Phrases(sentences, min_count=1, threshold=0.1)
    phrases.save(found["phrases"])
    phrases.freeze().save(found["frozen phrases"])
    found["gensim's phrases"].write_bytes(b"\x80\x04\x8c\x15gensim.models.phrases\x8c\x07Phrases\x93)\x81}b.")
    return found


@pytest.mark.parametrize("name", OPENS)
@pytest.mark.parametrize(
    ("loader", "loads"),
    [
        (KeyedVectors.load, ("vectors", "model", "checkpoint")),
        (fastw2v.load, ("vectors", "model", "checkpoint")),
        (Word2Vec.load, ("model",)),
        (lambda path: Word2Vec.resume(path, [["new", "york"]]), ("checkpoint",)),
        (Phrases.load, ("phrases", "frozen phrases", "gensim's phrases")),
    ],
)
def test_the_wrong_loader_of_ours_names_the_right_one(
    name: str, loader: Callable[[Path], Any], loads: tuple[str, ...], own_files: dict[str, Path]
) -> None:
    if name in loads:
        return
    with pytest.raises((FormatError, AttributeError)) as raised:
        loader(own_files[name])
    message = str(raised.value)
    assert OPENS[name] in message or "Word2Vec.load(path)" in message


def test_phrases_are_loaded_from_phrases(files: dict[str, Path]) -> None:
    for name in ("word2vec", "npz", "glove", "word2vec-binary"):
        with pytest.raises(FormatError, match=SAY[name]):
            Phrases.load(files[name])
    with pytest.raises(FormatError, match=r"Phrases\.load|fastw2v\.load"):
        Phrases.load(files["pickle"])
