"""Shared fixtures: where the real corpora are, and a tiny corpus that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TINY_SENTENCES = [
    ["human", "interface", "computer"],
    ["survey", "user", "computer", "system", "response", "time"],
    ["eps", "user", "interface", "system"],
    ["system", "human", "system", "eps"],
    ["user", "response", "time"],
    ["trees"],
    ["graph", "trees"],
    ["graph", "minors", "trees"],
    ["graph", "minors", "survey"],
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--corpus-dir",
        default=os.environ.get("FASTW2V_DATA"),
        help="folder with english_17m.txt.xz and eval/ (default: FASTW2V_DATA, then ../shared/data)",
    )


@pytest.fixture(scope="session")
def corpus_dir(request: pytest.FixtureRequest) -> Path:
    """Folder of the real corpora; tests that ask for it skip where there is none."""
    given = request.config.getoption("--corpus-dir")
    folder = Path(given) if given else Path(__file__).parents[2] / "shared" / "data"
    if not (folder / "english_17m.txt.xz").exists():
        pytest.skip("no real corpora: give --corpus-dir or set FASTW2V_DATA")
    return folder


@pytest.fixture
def sentences() -> list[list[str]]:
    """Nine short sentences, twelve words: each test gets its own copy."""
    return [list(sentence) for sentence in TINY_SENTENCES]
