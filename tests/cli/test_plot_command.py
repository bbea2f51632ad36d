"""``fastw2v plot``: every kind of picture, in every format, and what cannot be drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastw2v import Word2Vec
from fastw2v.cli import main
from fastw2v.demo import python_help_sentences
from fastw2v.utils import save_as_line_sentence

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'fastw2v[plot]'")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sentences = python_help_sentences()[:800]
    save_as_line_sentence(sentences, "corpus.txt")
    for name, alpha in (("first", 0.025), ("second", 0.05)):
        Word2Vec(sentences, vector_size=12, alpha=alpha, workers=1).save(f"{name}.model")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "map first.model", "map first.model -n 50 --dark --title Words", "map first.model the is list string",
        "map first.model --group lists=list,string --group rest=the,is", "analogy first.model the is list",
        "similarity first.model the is list --order", "similarity first.model", "vectors first.model the is",
        "vocabulary corpus.txt --min-count 3 --sample 1e-4", "loss first.model second.model",
    ],
)  # fmt: skip
def test_every_picture(command: str, folder: Path) -> None:
    assert main(["plot", *command.split(), "-o", "picture.png"]) == 0
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("name", "begin"), [("p.svg", b"<?xml"), ("p.pdf", b"%PDF"), ("p.jpg", b"\xff\xd8")])
def test_formats(name: str, begin: bytes, folder: Path) -> None:
    assert main(["plot", "loss", "first.model", "-output", name]) == 0
    assert (folder / name).read_bytes().startswith(begin)


def test_to_stdout_and_by_clusters(folder: Path, capfdbinary) -> None:
    assert main(["plot", "loss", "first.model", "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"\x89PNG")
    pytest.importorskip("sklearn")
    assert main(["plot", "map", "first.model", "-n", "30", "--clusters", "3", "--method", "tsne", "-o", "m.png"]) == 0


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("map first.model -o p.npy", "must end in one of .png"),
        ("map first.model liist -o p.png", "closest: 'list'"),
        ("map first.model --group the -o p.png", "give NAME=WORD,WORD"),
        ("map none -o p.png", "none"),
        ("map first.model -o first.model", "must end in"),
        ("analogy first.model the -o p.png", "give a, b, c, d"),
    ],
)
def test_errors(command: str, message: str, folder: Path, capsys) -> None:
    assert main(["plot", *command.split()]) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "p.png").exists()
