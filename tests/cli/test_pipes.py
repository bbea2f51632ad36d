"""``-`` as stdin and stdout, pipes, encodings, JSON, words behind flags, and a conversation in a terminal."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.cli import main

TEXT = "king man queen woman\nnew york boy king\nman new york woman\nboy queen\n" * 30
QUICK = ["-size", "6", "-min-count", "1", "-threads", "1", "-q"]


class Stream(io.TextIOWrapper):
    """A stdin that holds some bytes and cannot seek."""

    def __init__(self, data: bytes) -> None:
        raw = io.BytesIO(data)
        raw.seekable = lambda: False  # type: ignore[method-assign]
        super().__init__(raw, encoding="utf8", errors="surrogateescape")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    Path("c.txt").write_text(TEXT)
    rows = {"man": (1, 0, 0), "woman": (0, 1, 0), "king": (1, 0, 1), "queen": (0, 1, 1), "far": (-1, -1, -1)}
    Path("v.txt").write_text("5 3\n" + "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in rows.items()))
    return tmp_path


def give(monkeypatch: pytest.MonkeyPatch, data: bytes | str) -> None:
    monkeypatch.setattr(sys, "stdin", Stream(data.encode() if isinstance(data, str) else data))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_training_from_a_pipe_equals_training_from_the_file(pack, folder, monkeypatch) -> None:
    assert main(["train", "-train", "c.txt", "-output", "a.fw2v", *QUICK]) == 0
    give(monkeypatch, pack(TEXT.encode()))
    assert main(["train", "-train", "-", "-output", "b.fw2v", *QUICK]) == 0
    first, second = KeyedVectors.load("a.fw2v"), KeyedVectors.load("b.fw2v")
    assert first.index_to_key == second.index_to_key
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert not list((folder / "spool").iterdir()), "what was spooled is removed"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_training_from_a_named_pipe(folder: Path) -> None:
    os.mkfifo("pipe")
    writer = subprocess.Popen([sys.executable, "-c", "open('pipe', 'w').write(open('c.txt').read())"])
    assert main(["train", "-train", "pipe", "-output", "b.txt", *QUICK]) == 0
    assert writer.wait(30) == 0
    assert len(KeyedVectors.load_word2vec_format("b.txt")) == 7


def test_vectors_to_stdout_and_from_stdin(folder, monkeypatch, capfdbinary) -> None:
    assert main(["convert", "v.txt", "-", "--to", "glove"]) == 0
    out, _ = capfdbinary.readouterr()
    assert out.startswith(b"man 1")
    give(monkeypatch, out)
    assert main(["similar", "-", "king", "-n", "1"]) == 0
    assert capfdbinary.readouterr().out == b"man\t0.707107\n"
    assert main(["train", "-train", "c.txt", "-output", "-", "-binary", "1", *QUICK]) == 0
    Path("b.bin").write_bytes(capfdbinary.readouterr().out)
    assert len(KeyedVectors.load_word2vec_format("b.bin", binary=True)) == 7
    give(monkeypatch, TEXT)
    assert main(["phrases", "-train", "-", "-output", "-", "-threshold", "0.2", "-q"]) == 0
    assert b"new_york" in capfdbinary.readouterr().out


def test_errors_about_stdin_name_stdin(folder, monkeypatch, capsys) -> None:
    give(monkeypatch, b"caf\xe9 au lait\n" * 9)
    assert main(["train", "-train", "-", "-output", "x.txt", *QUICK]) == 2
    err = capsys.readouterr().err
    assert "stdin, line 1" in err
    assert "say --encoding NAME" in err
    assert "fastw2v-" not in err


def test_another_encoding(folder, monkeypatch, capsys) -> None:
    Path("latin.txt").write_bytes("café au lait\n".encode("latin-1") * 9)
    assert main(["vocab", "latin.txt", "--encoding", "latin-1", "-n", "1"]) == 0
    assert capsys.readouterr().out == "café\t9\n"
    assert main(["train", "-train", "latin.txt", "--encoding", "latin-1", "-output", "x.txt", *QUICK]) == 0
    assert "café" in KeyedVectors.load_word2vec_format("x.txt")
    assert main(["vocab", "latin.txt", "--encoding", "ascii"]) == 2
    assert main(["vocab", "latin.txt", "--encoding", "utf-16"]) == 2
    assert "--encoding utf-16" in capsys.readouterr().err
    assert main(["vocab", "latin.txt", "--encoding", "klingon"]) == 2
    Path("l.txt").write_bytes("1 2\ncafé 1 2\n".encode("latin-1"))
    assert main(["similar", "l.txt", "café", "--encoding", "latin-1"]) == 0


def test_json(folder, monkeypatch, capsys) -> None:
    def lines() -> list[dict]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert main(["similar", "v.txt", "--json", "-n", "1", "king"]) == 0
    assert lines() == [{"words": ["king"], "neighbours": [{"word": "man", "similarity": 0.707107}]}]
    give(monkeypatch, "man king woman\nno such words\nman king woman\n")
    assert main(["analogy", "v.txt", "--json", "-n", "1"]) == 1
    assert [one["neighbours"][0]["word"] for one in lines()] == ["queen", "queen"]
    assert main(["odd-one-out", "v.txt", "--json", "man", "king", "far"]) == 0
    assert lines() == [{"words": ["man", "king", "far"], "answer": "far"}]
    Path("pairs").write_text("man king 9\nman woman 3\nman far 1\nman nobody 5\n")
    assert main(["evaluate", "v.txt", "--pairs", "pairs", "--delimiter", " ", "--json"]) == 0
    (found,) = lines()
    assert found["spearman"] == pytest.approx(1.0)
    assert found["unknown_percent"] == 25.0
    assert main(["info", "v.txt", "--json"]) == 0
    assert lines()[0]["vectors"] == 5
    assert main(["vocab", "c.txt", "--json", "-n", "1"]) == 0
    assert lines()[0]["distinct"] == 7
    assert main(["train", "-train", "c.txt", "-output", "x.txt", "--json", *QUICK]) == 0
    assert lines()[0]["words"] == 7


@pytest.mark.parametrize(
    "words", [["-n", "1", "king", "queen"], ["king", "-n", "1", "queen"], ["king", "queen", "-n", "1"]]
)
def test_words_may_stand_behind_flags(words, folder, capsys) -> None:
    assert main(["similar", "v.txt", *words]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_command_that_is_none_names_the_nearest(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["simlar", "v.txt", "king"])
    assert "did you mean similar?" in capsys.readouterr().err


def test_info_reads_the_header_alone(folder, capsys, monkeypatch) -> None:
    model = Word2Vec([line.split() for line in TEXT.splitlines()], vector_size=6, min_count=1, window=3, workers=1)
    model.save("m.model")
    model.wv.save("v.kv")
    monkeypatch.setattr(KeyedVectors, "load", None)
    assert main(["info", "m.model"]) == 0
    out = capsys.readouterr().out
    assert "kind\twhole model" in out
    assert "window=3" in out
    assert f"first words\t{' '.join(model.wv.index_to_key)}\n" in out
    assert main(["info", "v.kv"]) == 0
    assert "kind\tvectors\nvectors\t7\n" in capsys.readouterr().out


def test_checkpoints_and_resume(folder, capsys) -> None:
    keep = ["--checkpoint", "state", "--checkpoint-every", "1 epoch"]
    assert main(["train", "-train", "c.txt", "-output", "a.txt", *keep, *QUICK]) == 0
    assert main(["resume", "state", "-train", "c.txt", "-output", "b.txt", "-q"]) == 0
    assert Path("a.txt").read_text() == Path("b.txt").read_text()
    assert main(["info", "state"]) == 0
    assert "checkpoint of a training" in capsys.readouterr().out
    assert main(["resume", "a.txt", "-train", "c.txt", "-output", "b.txt", "-q"]) == 2


def test_several_outputs_and_classes(folder) -> None:
    outputs = ["-output", "a.bin", "-output", "a.vec", "-output", "a.npz", "-output", "plain"]
    assert main(["train", "-train", "c.txt", *outputs, *QUICK]) == 0
    assert Path("plain").read_text().startswith("7 6\n")
    tables = [KeyedVectors.load(name) for name in ("a.bin", "a.vec", "a.npz", "plain")]
    for table in tables[1:]:
        np.testing.assert_allclose(table.vectors, tables[0].vectors, rtol=1e-6)
    pytest.importorskip("sklearn")
    assert main(["train", "-train", "c.txt", "-output", "classes.txt", "-classes", "2", *QUICK]) == 0
    assert {line.split()[1] for line in Path("classes.txt").read_text().splitlines()} == {"0", "1"}
    assert main(["train", "-train", "c.txt", "-output", "classes.txt", "-classes", "500", *QUICK]) == 0
    assert len(Path("classes.txt").read_text().splitlines()) == 7, "more classes than words"


def test_classes_are_refused_before_the_training_without_scikit_learn(folder, monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    monkeypatch.setattr("fastw2v.cli.train.train", lambda *_: pytest.fail("was trained"))
    assert main(["train", "-train", "c.txt", "-output", "classes.txt", "-classes", "2", *QUICK]) == 2
    assert "pip install 'fastw2v[sklearn]'" in capsys.readouterr().err


def test_presets_and_flags_that_win(folder) -> None:
    given = ["--preset", "balanced", "-window", "2", "--save-model", "m.model"]
    assert main(["train", "-train", "c.txt", *given, "-min-count", "1", "-q"]) == 0
    model = Word2Vec.load("m.model")
    assert (model.sg, model.window, model.vector_size, model.epochs, model.alpha) == (1, 2, 150, 10, 0.025)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, folder: Path, capsys) -> None:
    pytest.importorskip("argcomplete")
    assert main(["completion", shell]) == 0
    assert "fastw2v" in capsys.readouterr().out
    environment = {**os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": "fastw2v sim", "COMP_POINT": "11", "_ARC_DEBUG": ""}
    environment |= {"_ARGCOMPLETE_STDOUT_FILENAME": str(folder / "found"), "_ARGCOMPLETE_IFS": "\n"}
    subprocess.run([sys.executable, "-m", "fastw2v"], env=environment, timeout=60, check=False, capture_output=True)
    assert (folder / "found").read_text().strip() == "similar"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of Unix")
def test_a_conversation_completes_words_and_remembers(folder: Path) -> None:
    pytest.importorskip("readline")
    import pty
    import select

    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(XDG_STATE_HOME=str(folder / "state"), TERM="dumb")
        os.execv(sys.executable, [sys.executable, "-m", "fastw2v", "similar", "v.txt", "-n", "1"])

    seen = b""

    def until(text: bytes) -> None:
        nonlocal seen
        while text not in seen:
            ready, _, _ = select.select([terminal], [], [], 60)
            assert ready, seen
            seen += os.read(terminal, 1000)
        seen = seen.partition(text)[2]

    until(b"> ")
    os.write(terminal, b"kin\t\n")
    until(b"man\t0.707107")
    until(b"> ")
    os.write(terminal, b"\n")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)
    assert "king" in (folder / "state/fastw2v/history").read_text()
