"""A checkout that was not compiled says so where the package is imported, and not by the name of one of its modules."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fastw2v


@pytest.mark.parametrize("line", ["import fastw2v", "from fastw2v import KeyedVectors", "import fastw2v.cli"])
def test_the_error_says_how_to_build(line: str, tmp_path: Path) -> None:
    source = Path(fastw2v.__file__).parent
    shutil.copytree(source, tmp_path / "fastw2v", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    done = subprocess.run([sys.executable, "-S", "-c", line], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: the compiled modules of fastw2v are not in")
    assert "make build" in last
    assert "pip install fastw2v" in last
