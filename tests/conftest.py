"""Shared fixtures: where the real corpora are, and a tiny corpus that every test may use."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
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


def pytest_configure() -> None:
    """Signals as they are in a terminal.

    A shell without job control starts background commands with Ctrl-C ignored, and children inherit that; Python
    then installs no handler, and the tests that interrupt training would wait for an interrupt that never comes.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})


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


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """No test leaves figures behind: of many, matplotlib warns in the test that happens to open the next."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture
def sentences() -> list[list[str]]:
    """Nine short sentences, twelve words: each test gets its own copy."""
    return [list(sentence) for sentence in TINY_SENTENCES]
