"""Command lines of word2vec.c and fastText, with nothing but the program's name changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.shell import run_line

from fastw2v import KeyedVectors
from fastw2v.demo import python_help_sentences
from fastw2v.utils import save_as_line_sentence


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sentences = python_help_sentences()[:1500] + [["new", "york", "is", "big"], ["big", "new", "york"]] * 20
    save_as_line_sentence(sentences, tmp_path / "text8")
    (tmp_path / "questions-words.txt").write_text(": plurals\nlist lists string strings\n: other\nis is is is\n")
    return tmp_path


def test_demo_word(folder: Path) -> None:
    run_line(
        "fastw2v -train text8 -output vectors.bin -cbow 1 -size 20 -window 8 -negative 25 -hs 0 -sample 1e-4 "
        "-threads 2 -binary 1 -iter 2", folder,
    )  # fmt: skip
    assert len(KeyedVectors.load_word2vec_format(folder / "vectors.bin", binary=True)) > 300
    done = run_line("echo 'list\nEXIT\nstring' | fastw2v distance vectors.bin", folder)
    assert len(done.stdout.split("\n\n")[0].splitlines()) == 40
    assert done.stdout.count("\n\n") == 1
    done = run_line("echo 'list of string' | fastw2v word-analogy vectors.bin", folder)
    assert len(done.stdout.splitlines()) == 41
    done = run_line("fastw2v compute-accuracy vectors.bin 30000 < questions-words.txt", folder)
    assert done.stdout.splitlines()[-1].startswith("-\taccuracy")


def test_demo_phrases_and_classes(folder: Path) -> None:
    run_line("fastw2v word2phrase -train text8 -output text8-phrase -threshold 50 -debug 2", folder)
    text = (folder / "text8-phrase").read_text()
    assert "new_york" in text
    assert len(text.splitlines()) == len((folder / "text8").read_text().splitlines())
    pytest.importorskip("sklearn")
    run_line("fastw2v word2vec -train text8-phrase -output classes.txt -cbow 1 -size 20 -iter 1 -classes 5", folder)
    run_line("sort classes.txt -k 2 -n > classes.sorted.txt && fastw2v --version", folder)
    groups = [int(line.split()[1]) for line in (folder / "classes.sorted.txt").read_text().splitlines()]
    assert groups == sorted(groups)
    assert set(groups) == set(range(5))


def test_word2phrase_scores_as_word2phrase(folder: Path) -> None:
    """``(count - min_count) / a / b * words``: 5 words of text, "new york" 3 times."""
    (folder / "tiny").write_text("new york\nnew york\nnew york\nnew car\n" * 2)  # 16 words; new 8, york 6, both 6
    for threshold, joined in ((16 * (6 - 1) / (8 * 6) - 0.01, True), (16 * (6 - 1) / (8 * 6) + 0.01, False)):
        run_line(f"fastw2v word2phrase -train tiny -output out -min-count 1 -threshold {threshold}", folder)
        assert ("new_york" in (folder / "out").read_text()) is joined


def test_the_tutorial_of_fasttext(folder: Path) -> None:
    run_line("fastw2v skipgram -input text8 -output fil9 -dim 20 -epoch 2 -thread 2", folder)
    done = run_line("fastw2v cbow -input text8 -output sub -minn 2 -maxn 5 -dim 20 -epoch 1 -lr 0.05 -ws 3", folder)
    assert "-minn 2 -maxn 5: sub-words are not trained" in done.stderr
    assert (folder / "fil9.vec").read_text().split()[1] == "20"
    done = run_line("echo 'list string nothere' | fastw2v print-word-vectors fil9.bin", folder, code=1)
    assert [len(line.split()) for line in done.stdout.splitlines()] == [21, 21]
    assert "nothere" in done.stderr
    done = run_line("echo 'list' | fastw2v nn fil9.bin 7", folder)
    assert len(done.stdout.splitlines()) == 7
    # A - B + C, which word-analogy asks as "B A C"
    asked = run_line("echo 'strings string list' | fastw2v analogies fil9.bin 1", folder).stdout.split()[0]
    other = run_line("fastw2v analogy fil9.bin string strings list -n 1", folder).stdout.split()[0]
    assert asked == other


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fastw2v skipgram -input none -output x", "none: there is no such file"),
        ("fastw2v skipgram -input text8 -output x -ws 0", "0: must be an integer"),
        ("fastw2v word2vec -train text8", "nothing to write"),
        ("fastw2v word2vec -train text8 -output text8", "input"),
    ],
)
def test_errors(line: str, message: str, folder: Path) -> None:
    done = run_line(line, folder, code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
