"""tune: finds what is better, within its time, and says so."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

import fastw2v
from fastw2v import Word2Vec, tuning
from fastw2v.cli import main
from fastw2v.errors import ConfigError
from fastw2v.tuning import Report, Trial, hit_rate, tune

SENTENCES = [["the", "king", "rules"], ["a", "queen", "sings"]] * 60
QUICK = {"fixed": {"min_count": 1, "vector_size": 4, "epochs": 1}, "workers": 1}


def test_the_best_is_what_the_measure_likes_best() -> None:
    report = tune(SENTENCES, measure=lambda model: model.window, minutes=0.05, space={"window": [1, 7, 3]}, **QUICK)
    assert report.best["window"] == 7
    assert report.trials[0].parameters == QUICK["fixed"], "gensim's defaults are the first trial"
    assert len({json.dumps(trial.parameters, sort_keys=True) for trial in report.trials}) == len(report.trials)
    assert Word2Vec(SENTENCES, **report.best).window == 7
    assert "--window 7" in report.as_flags()
    assert "window=7" in str(report).splitlines()[1]


def test_it_ends_in_time() -> None:
    begin = time.monotonic()
    tune(SENTENCES, measure=lambda model: 1.0, minutes=0.02, **QUICK)
    assert time.monotonic() - begin < 20


def test_a_part_first_then_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "SAMPLE_WORDS", 90)
    sizes = []

    def measure(model: Word2Vec) -> float:
        sizes.append(model.corpus_total_words)
        return float(model.window)

    report = tune(SENTENCES, measure=measure, minutes=0.03, space={"window": [1, 7]}, **QUICK)
    assert set(sizes) == {90, 360}
    assert sizes == sorted(sizes)
    assert report.ranked[0].whole
    assert report.best["window"] == 7


def test_items_are_guessed(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    baskets = [[f"i{kind * 8 + item}" for item in rng.permutation(8)] for kind in rng.integers(0, 5, 300)]
    model = Word2Vec([basket[:-1] for basket in baskets], sg=1, min_count=1, vector_size=16, epochs=20, workers=1)
    assert hit_rate(model, [(basket[:-1], basket[-1]) for basket in baskets], topn=1) > 0.9
    report = tune(baskets, next_item=True, minutes=0.05, workers=1, fixed={"min_count": 1})
    assert report.ranked[0].score > 0.9


def test_pairs_and_analogies(tmp_path: Path) -> None:
    (tmp_path / "pairs").write_text("king\tqueen\t9\nking\tsings\t1\nqueen\tsings\t5\n")
    (tmp_path / "questions").write_text(": x\nking rules queen sings\n")
    report = tune(SENTENCES, pairs=[tmp_path / "pairs"], analogies=[tmp_path / "questions"], minutes=0.01, **QUICK)
    assert len(report.trials[0].scores) == 2
    assert json.loads(report.to_json())["best"] == report.best


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "nothing to measure"),
        ({"next_item": True, "minutes": 0}, "minutes=0"),
        ({"next_item": True, "space": {"widnow": [1]}}, "widnow"),
        ({"next_item": True, "fixed": {"size": 1}}, "size"),
    ],
)
def test_what_cannot_be_searched(arguments: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        fastw2v.tune(SENTENCES, **arguments)


def test_a_score_that_is_no_number_is_the_worst() -> None:
    report = Report([Trial({"a": 1}, True, 0.0, {"x": float("nan")}, 1.0), Trial({}, True, 0.2, {}, 1.0)])
    assert report.best == {}
    found = tune(SENTENCES, measure=lambda model: float("nan"), minutes=0.001, **QUICK)
    assert found.trials[0].score == 0


def test_from_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.txt").write_text("\n".join(map(" ".join, SENTENCES)))
    command = ["tune", "-train", "c.txt", "--next-item", "--minutes", "0.005", "-min-count", "1", "-threads", "1"]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].startswith("fastw2v train -train c.txt")
    assert "whole text" in err
    train = out.splitlines()[-1].split()[1:]
    assert main([*train, "-q", "-iter", "1"]) == 0
    assert main([*command, "--json", "-q"]) == 0
    out, err = capsys.readouterr()
    assert "best" in json.loads(out)
    assert err == ""
    assert main(command[:3]) == 2
