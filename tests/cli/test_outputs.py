"""Files that a command is to write: never its input, never one for two, found out before the work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fastw2v import KeyedVectors
from fastw2v.cli import main

TEXT = "new york is big\nnew york is far\n" * 200
QUICK = ["-size", "4", "-iter", "1", "-min-count", "1", "-q"]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("c.txt").write_text(TEXT)
    Path("vocab.txt").write_text("new 400\nyork 400\n")
    Path("folder").mkdir()
    Path("folder/c.txt").write_text(TEXT)
    Path("soft.txt").symlink_to("c.txt")
    os.link("c.txt", "hard.txt")
    Path("linked").symlink_to("folder")
    return Path("c.txt")


INPUTS = [
    ("c.txt", "c.txt"),
    ("c.txt", "./folder/../c.txt"),
    ("c.txt", "soft.txt"),
    ("c.txt", "hard.txt"),
    ("soft.txt", "hard.txt"),
    ("folder", "folder/c.txt"),
    ("folder", "linked/c.txt"),
    ("folder", "folder/vectors.txt"),
    ("linked", "folder/vectors.txt"),
]


@pytest.mark.parametrize(("train", "output"), INPUTS)
@pytest.mark.parametrize("flag", ["-output", "--save-model", "-save-vocab"])
def test_train_never_writes_to_its_text(train: str, output: str, flag: str, corpus: Path, capsys) -> None:
    assert main(["train", "-train", train, flag, output, *QUICK]) == 2
    assert "input" in capsys.readouterr().err
    assert corpus.read_text() == Path("folder/c.txt").read_text() == TEXT
    assert not Path("folder/vectors.txt").exists()


@pytest.mark.parametrize("flag", ["-output", "--save-model", "-save-vocab"])
def test_a_checkpoint_is_a_file_of_its_own(flag: str, corpus: Path, capsys) -> None:
    assert main(["train", "-train", "c.txt", flag, "o", "--checkpoint", "./o", *QUICK]) == 2
    assert "own name" in capsys.readouterr().err
    assert main(["train", "-train", "c.txt", "-output", "o", "--checkpoint", "hard.txt", *QUICK]) == 2
    assert corpus.read_text() == TEXT


@pytest.mark.parametrize("flag", ["-output", "--export", "--save-model"])
@pytest.mark.parametrize(("train", "output"), INPUTS[:5])
def test_phrases_never_write_to_their_text(train: str, output: str, flag: str, corpus: Path) -> None:
    assert main(["phrases", "-train", train, flag, output, "-min-count", "1", "-threshold", "1", "-q"]) == 2
    assert corpus.read_text() == TEXT


def test_train_never_writes_to_the_vocabulary_that_it_reads(corpus: Path) -> None:
    command = ["train", "-train", "c.txt", "-read-vocab", "vocab.txt", *QUICK]
    for flag in ("-output", "-save-vocab"):
        assert main([*command, flag, "vocab.txt"]) == 2
    assert Path("vocab.txt").read_text() == "new 400\nyork 400\n"


def test_convert_never_writes_to_its_input(corpus: Path) -> None:
    assert main(["train", "-train", "c.txt", "-output", "v.txt", *QUICK]) == 0
    before = Path("v.txt").read_bytes()
    Path("link.txt").symlink_to("v.txt")
    assert main(["convert", "v.txt", "link.txt"]) == 2
    assert main(["convert", "v.txt", "x_tensor.tsv"]) == 0
    assert main(["convert", "x_tensor.tsv", "x_metadata.tsv", "--to", "word2vec"]) == 2
    assert Path("v.txt").read_bytes() == before


def test_two_outputs_are_two_files(corpus: Path, capsys) -> None:
    assert main(["train", "-train", "c.txt", "-output", "v.txt", "-save-vocab", "./v.txt", *QUICK]) == 2
    assert "-output" in capsys.readouterr().err
    assert not Path("v.txt").exists()


@pytest.mark.parametrize("output", ["folder", "missing/v.txt", "linked"])
def test_outputs_that_cannot_be_written_are_found_before_the_work(output: str, corpus: Path, capsys) -> None:
    for command in (["train", "-train", "c.txt", *QUICK], ["phrases", "-train", "c.txt"], ["convert", "none.txt"]):
        flag = [] if command[0] == "convert" else ["-output"]
        assert main([*command, *flag, output]) == 2
        assert "folder" in capsys.readouterr().err


def test_phrases_are_written_as_a_whole_or_not_at_all(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastw2v.phrases import FrozenPhrases

    Path("out.txt").write_text("old")

    def half(self, sentences):
        yield ["new"]
        raise OSError("the disk is gone")

    monkeypatch.setattr(FrozenPhrases, "__getitem__", half)
    assert main(["phrases", "-train", "c.txt", "-output", "out.txt", "-min-count", "1", "-q"]) == 2
    assert Path("out.txt").read_text() == "old"
    assert sorted(name for name in os.listdir() if name.startswith(".")) == []


def test_conversion_keeps_ngrams_or_says_what_it_loses(corpus: Path, capsys) -> None:
    import numpy as np
    from support.fasttext_files import fasttext_bytes

    Path("f.bin").write_bytes(fasttext_bytes(["ab", "cd"], np.ones((6, 2), np.float32), bucket=4))
    assert main(["convert", "f.bin", "f.fw2v"]) == 0
    assert (KeyedVectors.load("f.fw2v")["unknown"] == 1).all()
    assert main(["info", "f.fw2v"]) == 0
    out = capsys.readouterr().out
    assert "n-grams\t4 rows, of 3 to 6 characters" in out
    assert "format\tnative" in out
    assert main(["convert", "f.fw2v", "f.txt"]) == 0
    assert "lost: count" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_closed_streams_and_other_encodings(corpus: Path) -> None:
    Path("v.txt").write_text("2 2\nnaïve 1 2\n中文 3 4\n", "utf8")
    run = f"{sys.executable} -m fastw2v"
    for command, code in (
        (f"{run} info v.txt >&-", 0),
        (f"{run} similar v.txt 中文 >&-", 0),
        (f"{run} similar v.txt <&-", 2),
        (f"{run} similar v.txt nothing 2>&-", 2),
        (f"printf 'na\\xefve\\n中文\\n' | {run} similar v.txt -n 1", 1),
    ):
        done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
        assert "not present" not in done.stdout
    assert done.stdout.split() == ["naïve", "0.983870"], "the line after one that is not UTF-8 is answered"
    Path("c.txt").write_text("中文 naïve the\n" * 50, "utf8")
    done = subprocess.run(
        [*run.split(), "train", "-train", "c.txt", "-save-vocab", "c.vocab", "-min-count", "1"],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = subprocess.run([*run.split(), "info", "v.txt"], capture_output=True, env=environment, timeout=60)
    assert done.returncode == 0
    assert b"na\\xefve" in done.stdout


def test_bytes_as_paths(corpus: Path) -> None:
    kv = KeyedVectors(2)
    kv.add_vectors(["a"], [[1, 2]])
    kv.save(b"v.kv")  # type: ignore[arg-type]
    assert KeyedVectors.load(b"v.kv").index_to_key == ["a"]  # type: ignore[arg-type]
