"""Bars: one at a time, for what takes long and where it is asked for; log lines stand above them."""

from __future__ import annotations

import io
import itertools
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import fastw2v
from fastw2v import KeyedVectors, Phrases, Word2Vec, _progress
from fastw2v._progress import progress_bars, standing_bar, step
from fastw2v.cli import main

WORDS = [f"word{number}" for number in range(300)]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step gets its bar, however short it is, and every change of it is drawn."""
    monkeypatch.setattr(_progress, "SECONDS_BEFORE", 0.0)
    monkeypatch.setattr(_progress, "SECONDS_BETWEEN", 0.0)


@pytest.fixture
def vectors() -> KeyedVectors:
    kv = KeyedVectors(4)
    kv.add_vectors(WORDS, np.random.default_rng(1).standard_normal((len(WORDS), 4)).astype(np.float32))
    return kv


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("".join(f"{one} {two}\n" for one, two in itertools.pairwise(WORDS)) * 5)
    return path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_shown_unless_it_is_asked_for(vectors: KeyedVectors, tmp_path: Path, capfd) -> None:
    vectors.save(tmp_path / "v.kv")
    fastw2v.load(tmp_path / "v.kv")
    vectors.nearest_neighbours_graph(2)
    with progress_bars(None):  # stderr is no terminal here
        fastw2v.load(tmp_path / "v.kv")
    with progress_bars(), progress_bars(False):
        fastw2v.load(tmp_path / "v.kv")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["v.kv", "v.txt", "v.bin", "v.glove", "v.txt.gz", "v.tsv"])
def test_saving_and_loading_have_bars(vectors: KeyedVectors, tmp_path: Path, capfd, name: str) -> None:
    with progress_bars():
        fastw2v.save(vectors, tmp_path / name)
        assert "saving" in capfd.readouterr().err
        loaded = fastw2v.load(tmp_path / name)
        assert "loading" in capfd.readouterr().err
    assert len(loaded) == len(vectors)


def test_bars_know_how_much_there_is(vectors: KeyedVectors, tmp_path: Path, capfd) -> None:
    with progress_bars():
        vectors.save(tmp_path / "v.kv")
        fastw2v.load(tmp_path / "v.kv")
    assert capfd.readouterr().err.count("100%") >= 2


def test_counting_evaluating_phrases_and_neighbours_have_bars(
    vectors: KeyedVectors, corpus: Path, tmp_path: Path, capfd
) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text(": all\n" + "".join(" ".join(WORDS[n : n + 4]) + "\n" for n in range(100)))
    with progress_bars():
        vectors.evaluate_word_analogies(str(questions))
        assert "evaluating: 100%" in capfd.readouterr().err
        vectors.nearest_neighbours_graph(2)
        assert "neighbours: 100%" in capfd.readouterr().err
        Phrases(fastw2v.LineSentence(corpus))
        assert "counting phrases" in capfd.readouterr().err
        Phrases([["new", "york"]] * 9)
        assert "counting phrases" in capfd.readouterr().err
        Word2Vec(corpus_file=str(corpus), vector_size=4, workers=1, progress=True)
    shown = capfd.readouterr().err
    assert "counting words: 100%" in shown
    assert "training: 100%" in shown


def test_bars_of_before_answer_the_same(vectors: KeyedVectors, tmp_path: Path, monkeypatch) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text(": all\n" + "".join(" ".join(WORDS[n : n + 4]) + "\n" for n in range(100)))
    whole = vectors.evaluate_word_analogies(str(questions))
    monkeypatch.setattr("fastw2v.vectors.evaluation.QUESTIONS_AT_A_TIME", 7)
    assert vectors.evaluate_word_analogies(str(questions)) == whole


def test_within_a_bar_there_is_no_other(capfd) -> None:
    with progress_bars(), step("outer", 10, "row") as outer, step("inner", 10, "row") as inner:
        inner.add(10)
        outer.add(10)
    shown = capfd.readouterr().err
    assert "outer" in shown
    assert "inner" not in shown
    with progress_bars(), step("later", 10, "row") as later:
        later.at(5, 20)
    assert "later:  25%" in capfd.readouterr().err


def test_a_bar_is_gone_after_an_error(capfd) -> None:
    with pytest.raises(RuntimeError), progress_bars(), step("first", 10, "row"):
        raise RuntimeError
    with progress_bars(), step("second", 10, "row"):
        pass
    assert "second" in capfd.readouterr().err
    assert not _progress._standing.get()


@contextmanager
def console() -> Iterator[Terminal]:
    """A terminal to which the program's own handler logs, as after logging.basicConfig."""
    terminal, stderr = Terminal(), sys.stderr
    sys.stderr = terminal
    handler = logging.StreamHandler(terminal)
    handler.setFormatter(logging.Formatter("said: %(message)s"))
    handler.setLevel(logging.INFO)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield terminal
    finally:
        sys.stderr = stderr
        root.removeHandler(handler)
        root.setLevel(level)
    assert "emit" not in vars(handler)


def lines_on(terminal: Terminal) -> list[str]:
    """What a terminal shows in the end: after a carriage return, a line is written over."""
    lines = []
    for line in terminal.getvalue().split("\n"):
        shown = ""
        for piece in line.replace("\x1b[A", "").split("\r"):  # up one line: there are two bars
            shown = piece + shown[len(piece) :]
        lines.append(shown.rstrip())
    return lines


def test_log_lines_of_a_program_stand_above_the_bar() -> None:
    with console() as terminal:
        with standing_bar(total=10, unit="row", desc="training") as bar:
            logging.getLogger("fastw2v.word2vec").info("one")
            bar.update(5)
            with standing_bar(total=10, unit="row", desc="other"):
                logging.getLogger("any").info("two")
            logging.getLogger("any").debug("of no interest")
        logging.getLogger("any").info("three")
    lines = lines_on(terminal)
    assert [line for line in lines if "said" in line] == ["said: one", "said: two", "said: three"], lines


def test_a_command_in_a_terminal_has_one_bar_and_whole_lines(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "v.txt"
    train = ["train", "-train", str(corpus), "-output", str(out), "-size", "4", "-threads", "1"]
    with console() as terminal:
        assert main(train) == 0
        assert main(["similar", str(out), "word3", "-n", "2"]) == 0
    bars = {piece.partition(":")[0] for piece in pieces(terminal)}
    assert {"counting words", "training", "saving", "loading"} <= bars
    for line in lines_on(terminal):
        assert line.count("said:") + line.count("training:") + line.count("words:") <= 1, line
    with console() as terminal:
        assert main([*train, "-q"]) == 0
    assert not any("|" in piece for piece in pieces(terminal))


def pieces(terminal: Terminal) -> list[str]:
    return [piece for line in terminal.getvalue().split("\n") for piece in line.split("\r")]
