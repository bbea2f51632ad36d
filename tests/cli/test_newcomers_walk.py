"""Every example that ``fastw2v COMMAND --help`` shows runs, as it is printed, in a folder with what it names.

The rest of a newcomer's walk: README and docs/ in tests/docs/test_pages.py, the command lines of word2vec.c
and fastText in test_others.py.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from support.shell import run_line

from fastw2v import Word2Vec, save
from fastw2v.cli import ALL
from fastw2v.demo import python_help_sentences
from fastw2v.utils import save_as_line_sentence

EXAMPLES = [
    (name, line.strip())
    for name, command in ALL.items()
    for line in command.DESCRIPTION.splitlines()
    if line.startswith("  fastw2v ")
]
NOT_RUN = {"explore": "serves a page until Ctrl-C; tests/explore/ does"}
SHORTER = {"--minutes 10": "--minutes 0.01", "--minutes 5": "--minutes 0.01", "-iter 15": "-iter 1"}
LIBRARIES = {"plot": "matplotlib", "completion": "argcomplete"}
FLAGS_WITH_LIBRARIES = {"--method tsne": "sklearn"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that an example reads."""
    folder = tmp_path_factory.mktemp("newcomer")
    family = ["man", "king", "woman", "queen"]
    sentences = python_help_sentences()[:1500] + [list(pair) for pair in itertools.permutations(family, 2)] * 20
    save_as_line_sentence(sentences, folder / "corpus.txt")
    save_as_line_sentence(sentences[:300], folder / "baskets.txt")
    save_as_line_sentence([["new", "york", "is", "big"]] * 50 + sentences[:500], folder / "phrases.txt")
    for name in ("first.model", "second.model"):
        Word2Vec(sentences, vector_size=20, workers=1, epochs=1).save(folder / name)
    model = Word2Vec(sentences, vector_size=20, workers=1, epochs=3, checkpoint=folder / "state.checkpoint")
    for name in ("vectors.txt", "vectors.bin", "vectors.fw2v", "result.bin", "glove.txt"):
        save(model.wv, folder / name, "glove" if name == "glove.txt" else None)
    save(model.wv, folder / "GoogleNews-vectors-negative300.bin.gz")
    (folder / "words.txt").write_text("king\nqueen\n")
    (folder / "triples.txt").write_text("man king woman\n")
    (folder / "questions.txt").write_text("man king woman\nEXIT\n")
    (folder / "questions-words.txt").write_text(": family\nman king woman queen\n")
    for name in ("wordsim353.tsv", "simlex999.tsv"):
        (folder / name).write_text("king\tqueen\t8\nman\twoman\t9\nman\tqueen\t1\n")
    return folder


@pytest.mark.parametrize(("command", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_an_example_of_the_help_runs(command: str, line: str, prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if command in NOT_RUN:
        pytest.skip(NOT_RUN[command])
    if library := LIBRARIES.get(command):
        pytest.importorskip(library)
    for flag, library in FLAGS_WITH_LIBRARIES.items():
        if flag in line:
            pytest.importorskip(library)
    for long, short in SHORTER.items():
        line = line.replace(long, short)
    (prepared / ".config/fish/completions").mkdir(parents=True, exist_ok=True)
    run_line(line.replace("~/", ""), prepared)


def test_every_command_shows_an_example() -> None:
    assert {name for name, _ in EXAMPLES} == set(ALL)
    for command in ALL:
        shown = [line for name, line in EXAMPLES if name == command]
        assert any(re.match(rf"fastw2v {command}\b", line) for line in shown), command


def test_files_of_examples_that_are_not_there_are_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"[Nn]o such file"):
        run_line("fastw2v similar vectors.txt king", tmp_path)
