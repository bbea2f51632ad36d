"""The scripts with gensim's flags, run as a user runs them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.errors import ConfigError, FormatError
from fastw2v.scripts import glove2word2vec, word2vec2tensor, word2vec_standalone

QUESTIONS = ": section\nking man queen woman\nking man prince boy\n: none\nno such words here\n"


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "my.corpus.txt"
    path.write_text("king man queen woman\nprince boy king queen\nman woman boy king\n" * 30)
    return path


@pytest.fixture
def vectors(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("3 2\nking 1.5 -2\n中文 0.25 1e-05\nqueen 3 4\n", encoding="utf8")
    return path


def run(module, *arguments):
    command = [sys.executable, "-m", f"fastw2v.scripts.{module}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_standalone_as_a_process(corpus, tmp_path):
    (tmp_path / "questions").write_text(QUESTIONS)
    done = run(
        "word2vec_standalone",
        *("-train", corpus, "-output", tmp_path / "out.txt", "-size", 8, "-window", 2, "-sample", 0.01, "-hs", 0),
        *("-negative", 3, "-threads", 2, "-iter", 2, "-min_count", 1, "-alpha", 0.04, "-cbow", 0, "-binary", 0),
        *("-accuracy", tmp_path / "questions"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "accuracy" in done.stderr
    vectors = KeyedVectors.load_word2vec_format(tmp_path / "out.txt")
    assert vectors.vectors.shape == (6, 8)


@pytest.mark.parametrize(("cbow", "alpha"), [(1, 0.05), (0, 0.025)])
def test_standalone_without_output(corpus, cbow, alpha):
    arguments = ["-train", str(corpus), "-size", "4", "-min_count", "1", "-cbow", str(cbow), "-binary", "1"]
    assert word2vec_standalone.main(arguments) == 0
    model = Word2Vec.load(corpus.parent / "my.model")
    assert (model.sg, model.alpha, model.epochs, model.workers) == (1 - cbow, alpha, 5, 3)
    vectors = KeyedVectors.load_word2vec_format(corpus.parent / "my.model.bin", binary=True)
    np.testing.assert_array_equal(vectors.vectors, model.wv.vectors)
    assert word2vec_standalone.main([*arguments[:-1], "0"]) == 0
    assert (corpus.parent / "my.model.txt").read_text().startswith("6 4\n")


@pytest.mark.parametrize(
    ("train", "stem"),
    [("a.b.txt", "a"), ("../x.y/corpus.txt", "../x.y/corpus"), ("corpus", "corpus"), ("d/.hidden", "d/.hidden")],
)
def test_names_of_models(train, stem):
    assert word2vec_standalone.model_stem(train).replace("\\", "/") == stem


@pytest.mark.parametrize("arguments", [[], ["-train", "x", "-cbow", "2"], ["-train", "x", "-size", "many"]])
def test_standalone_with_bad_flags(arguments):
    done = run("word2vec_standalone", *arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


@pytest.mark.parametrize("binary", [False, True])
def test_tensor(vectors, tmp_path, binary):
    source = vectors
    if binary:
        source = tmp_path / "vectors.bin"
        KeyedVectors.load_word2vec_format(vectors).save_word2vec_format(source, binary=True)
    word2vec2tensor.main(["-i", str(source), "-o", str(tmp_path / "pre"), *(["-b"] if binary else [])])
    assert (tmp_path / "pre_metadata.tsv").read_text(encoding="utf8") == "king\n中文\nqueen\n"
    assert (tmp_path / "pre_tensor.tsv").read_text() == "1.5\t-2.0\n0.25\t1e-05\n3.0\t4.0\n"


@pytest.mark.gensim
def test_tensor_is_gensims(vectors, tmp_path):
    peer = pytest.importorskip("gensim.scripts.word2vec2tensor")
    peer.word2vec2tensor(str(vectors), str(tmp_path / "theirs"))
    word2vec2tensor.word2vec2tensor(str(vectors), str(tmp_path / "ours"))
    for part in ("tensor", "metadata"):
        theirs = (tmp_path / f"theirs_{part}.tsv").read_bytes()
        assert (tmp_path / f"ours_{part}.tsv").read_bytes() == theirs


def test_glove(vectors, tmp_path):
    glove = tmp_path / "glove.txt"
    glove.write_text(vectors.read_text(encoding="utf8").split("\n", 1)[1], encoding="utf8")
    assert glove2word2vec.get_glove_info(glove) == (3, 2)
    with pytest.warns(DeprecationWarning, match="no_header"):
        assert glove2word2vec.glove2word2vec(glove, tmp_path / "out.txt") == (3, 2)
    ours = KeyedVectors.load_word2vec_format(tmp_path / "out.txt")
    assert ours.index_to_key == ["king", "中文", "queen"]
    np.testing.assert_array_equal(ours["中文"], np.float32([0.25, 1e-5]))
    assert run("glove2word2vec", "-i", glove, "-o", tmp_path / "again.txt").returncode == 0
    assert (tmp_path / "again.txt").read_bytes() == (tmp_path / "out.txt").read_bytes()
    (tmp_path / "empty").write_text("")
    with pytest.raises(FormatError, match="empty"):
        glove2word2vec.get_glove_info(tmp_path / "empty")


@pytest.mark.parametrize("flag", ["-read-vocab", "-save-vocab", "-classes"])
def test_flags_of_word2vec_c_are_refused_with_the_way_out(corpus, capsys, flag):
    with pytest.raises(SystemExit):
        word2vec_standalone.main(["-train", str(corpus), flag, "file"])
    assert f"unrecognized arguments: {flag} file. " in (message := capsys.readouterr().err)
    assert "fastw2v train takes all those of word2vec.c" in message


def test_no_script_overwrites_what_it_reads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text, glove = "new york is big\n" * 50, "king 1 0\nqueen 0 1\n"
    files = {"c.txt": text, "g.txt": glove, "x_tensor.tsv": "2 2\n" + glove}
    for name, content in files.items():
        Path(name).write_text(content)
    os.symlink("c.txt", "link.txt")
    for main, arguments in (
        (word2vec_standalone.main, ["-train", "c.txt", "-output", "c.txt"]),
        (word2vec_standalone.main, ["-train", "c.txt", "-output", "./link.txt"]),
        (glove2word2vec.main, ["-i", "g.txt", "-o", "g.txt"]),
        (word2vec2tensor.main, ["-i", "x_tensor.tsv", "-o", "x"]),
    ):
        with pytest.raises(ConfigError, match="would overwrite"):
            main(arguments)
    assert {name: Path(name).read_text() for name in files} == files
