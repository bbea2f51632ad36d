"""What is shipped, and the two commands of the README."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import fastw2v
from fastw2v import demo

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fastw2v"


def run(*command: str, cwd: Path = ROOT) -> str:
    # one small module stands for all of them: the contents are the question here, not the compiler
    environment = {**os.environ, "FASTW2V_ONLY": "query._topk"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, without what was built from them."""
    pytest.importorskip("Cython", reason="building needs Cython")
    copy = tmp_path_factory.mktemp("sources") / "fastw2v"
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__", "results")
    for name in ("fastw2v", "tests", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for file in ROOT.iterdir():
        if file.is_file():
            shutil.copy(file, copy)
    return copy


@pytest.fixture(scope="module")
def sdist(sources: Path) -> Path:
    run(sys.executable, "setup.py", "-q", "sdist", cwd=sources)
    (path,) = (sources / "dist").glob("*.tar.gz")
    return path


@pytest.mark.slow
def test_the_source_archive_is_complete(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.py", "*.pyx", "*.pxd", "*.pxi", "*.h", "*.pyi")
        for path in PACKAGE.rglob(pattern)
    }
    assert needed <= names
    assert {
        "setup.py",
        "pyproject.toml",
        "LICENSE",
        "README.md",
        "Makefile",
        "fastw2v/py.typed",
        "tests/conftest.py",
    } <= names
    assert not [name for name in names if name.startswith("build/") or name.endswith((".so", ".pyc", "_topk.c"))]


@pytest.mark.slow
def test_a_wheel_from_the_source_archive_holds_what_users_need(sdist: Path, tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())
    run(sys.executable, "setup.py", "-q", "bdist_wheel", cwd=unpacked)
    (wheel,) = (unpacked / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py")}
    stubs = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.pyi")}
    assert modules | stubs | {"fastw2v/py.typed"} <= names
    assert any(re.match(r"fastw2v/query/_topk\..*(so|pyd)$", name) for name in names)
    sources = (".c", ".h", ".pyx", ".pxd", ".pxi")
    assert not [name for name in names if name.endswith(sources) or name.startswith("tests")]


def test_versions_agree() -> None:
    (declared,) = re.findall(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    latest = re.findall(r"^## \[(.*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[0]
    assert fastw2v.__version__ == declared == latest
    if Path(fastw2v.__file__).parents[1] == ROOT:
        return  # imported from this folder, not installed
    assert metadata.version("fastw2v") == declared


def test_build_tools_are_named_alike() -> None:
    requires = re.search(r"requires = \[(.*)\]", (ROOT / "pyproject.toml").read_text("utf-8"))
    tools = re.search(r"build_tools := (.*?)\s*#", (ROOT / "Makefile").read_text("utf-8"))
    assert requires
    assert tools
    assert requires.group(1).replace(",", "") == tools.group(1)


def test_help_names_every_target() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", text, re.MULTILINE)) - {"help"}
    named = set(re.findall(r"make (\w+)", "\n".join(re.findall(r'@echo "(.*)"', text))))
    assert targets == named
    (phony,) = re.findall(r"^\.PHONY: (.*)", text, re.MULTILINE)
    assert set(phony.split()) == targets | {"help"}


def test_continuous_integration_tests_every_python_that_is_named() -> None:
    path = ROOT / ".github" / "workflows" / "ci.yml"
    if not path.exists():
        pytest.skip("a source archive has no workflows")
    workflow = path.read_text("utf-8")
    (listed,) = re.findall(r"python: (\[.*\])", workflow)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    named = re.findall(r"Python :: (3\.\d+)", project)
    (oldest,) = re.findall(r'requires-python = ">=(3\.\d+)"', project)
    assert named[0] == oldest
    assert {named[0], named[-1]} <= set(json.loads(listed)) <= set(named)
    assert f'"{named[-1]}t"' in workflow, "without the GIL"


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_documents_name_only_commands_that_exist(document: str) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    used = set(re.findall(r"(?:`|^    |^)make ([a-z]+)", (ROOT / document).read_text("utf-8"), re.MULTILINE))
    assert {"test"} <= used <= targets


def test_documents_link_to_files_that_exist() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / link).exists(), f"{document.name} links to {link}"


def test_the_demo_on_the_help_texts(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--workers", "1"]) == 0
    output = capsys.readouterr().out
    for part in ("words/s", "loss", "neighbours", "list ", "analogies", "tuple is to tuples as list is to"):
        assert part in output


def test_the_demo_on_a_text_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog\n" * 200)
    assert demo.main([str(path)]) == 0
    assert "none: the text lacks" in capsys.readouterr().out


def test_the_demo_without_its_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        demo.main([str(tmp_path / "missing.txt")])
    assert "missing.txt" in capsys.readouterr().err
