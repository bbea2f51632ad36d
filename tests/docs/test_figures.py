"""The results that are kept are listed once, and the tables of README and docs are what they say."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
if not RESULTS.is_dir():
    pytest.skip("the benchmarks are not in the source archive", allow_module_level=True)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The program of ``make figures``, by its plain name as it runs."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield importlib.import_module("figures")
    for name in ("figures", "report", "measure"):
        sys.modules.pop(name, None)


def test_each_result_is_listed_once_with_its_tables(figures: Any) -> None:
    listed = set(figures.kept().values())
    assert {path.stem for path in RESULTS.glob("*.json")} == listed
    others = {"README", "programs", "kill_test", "threads"}
    assert {path.stem for path in RESULTS.glob("*.md")} - others == {
        name for name in listed if "benchmark" in json.loads((RESULTS / f"{name}.json").read_text("utf8"))
    }


def test_two_results_of_one_benchmark_on_one_machine_are_refused(figures: Any, tmp_path: Path) -> None:
    row = "| train | Zen 9 | 2026-01-0{}-train |\n"
    index = tmp_path / "README.md"
    index.write_text(row.format(1) + row.format(2))
    with pytest.raises(SystemExit, match="two results of train on Zen 9"):
        figures.kept(index)


def test_the_tables_are_those_of_the_results(figures: Any) -> None:
    for page in figures.PAGES:
        text = page.read_text("utf8")
        assert "<!-- figures: " in text
        assert figures.filled(text) == text, f"{page.name} differs from benchmarks/results: call make figures"


def test_a_figure_that_was_not_measured_is_found(figures: Any) -> None:
    page = (ROOT / "README.md").read_text("utf8")
    (speed,) = {line for line in page.splitlines() if line.startswith("| CBOW, negative")}
    assert figures.filled(page.replace(speed, speed.replace("(", "(9"))) == page


def test_every_result_can_be_drawn(figures: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    report = importlib.import_module("report")
    kinds = {}
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text("utf8"))
        kinds.setdefault(result.get("benchmark"), result)
    assert {"train", "quality", "roofline", "scaling", "memory", "io", "phrases", "text"} <= set(kinds)
    for kind, result in kinds.items():
        if kind:
            assert report.draw(result, tmp_path / f"{kind}.png") is None
            assert (tmp_path / f"{kind}.png").stat().st_size > 5000
