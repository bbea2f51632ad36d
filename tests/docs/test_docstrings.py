"""Every example in a docstring runs and is true."""

from __future__ import annotations

import doctest
import importlib
import io
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import fastw2v

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(fastw2v.__path__, "fastw2v.")
    if not module.name.endswith("__main__")
)


def examples(name: str) -> list[doctest.DocTest]:
    module = importlib.import_module(name)
    return [test for test in doctest.DocTestFinder().find(module, name) if test.examples]


@pytest.fixture
def printed_alike(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An empty folder, and NumPy that prints as version 2 does by default, whatever other tests have set."""
    if np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("examples show what NumPy 2 prints")
    monkeypatch.chdir(tmp_path)
    with np.printoptions(precision=8, suppress=False, threshold=1000, linewidth=75, legacy=False):
        yield


def failures(test: doctest.DocTest) -> str:
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=report.write)
    return report.getvalue() if runner.failures else ""


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.usefixtures("printed_alike")
def test_the_examples_of_a_module_are_true(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name.startswith("fastw2v.plot"):
        pytest.importorskip("matplotlib")
        monkeypatch.setenv("MPLBACKEND", "Agg")
    if name == "fastw2v.sklearn":
        pytest.importorskip("sklearn")
    found = [failures(test) for test in examples(name)]
    assert not any(found), "\n".join(found)


def test_a_false_example_is_found() -> None:
    parse = doctest.DocTestParser().get_doctest
    assert not failures(parse(">>> 1 + 1\n2\n", {}, "true", None, None))
    assert "Got:\n    2" in failures(parse(">>> 1 + 1\n3\n", {}, "false", None, None))
