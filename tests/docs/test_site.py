"""The site is built without a warning, has every page, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="the extra 'docs' is not installed (make docs does)")
ROOT = Path(__file__).parents[2]
OUTSIDE = re.compile(r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="(?:https?:)?//')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
def test_every_page_is_there(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(site) for path in site.rglob("*.html")}
    assert pages <= built
    assert {Path("architecture.html"), Path("changelog.html")} <= built


@pytest.mark.slow
def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    assert OUTSIDE.search('<script src="https://example.org/x.js">')
    for page in site.rglob("*.html"):
        assert not OUTSIDE.search(page.read_text("utf8")), page.name


@pytest.mark.slow
def test_formulas_are_drawn_and_docstrings_are_read(site: Path) -> None:
    mathematics = (site / "math.html").read_text("utf8")
    assert mathematics.count("<math") > 100
    assert "arithmatex" not in mathematics
    assert "$$" not in mathematics
    reference = (site / "api" / "keyedvectors.html").read_text("utf8")
    assert "most_similar" in reference
    assert "Parameters" in reference


@pytest.mark.slow
def test_the_search_knows_the_pages(site: Path) -> None:
    assert "huffman" in (site / "search" / "search_index.json").read_text("utf8").lower()
