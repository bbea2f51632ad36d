"""Command lines as a user types them, with pipes and redirections, run by this Python."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = {"fastw2v": ["-m", "fastw2v"], "python": []}
HELPERS = ("cat", "head", "sort", "echo", "printf", "sed", "tr", "gzip")
OPERATORS = ("|", "<", ">", ">>", "&&", "2>")


def run_line(line: str, folder: Path, *, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run one line in a folder; only what pages may show, so that a test never runs anything else."""
    words = shlex.split(line, comments=True)
    starts = [0, *(place + 1 for place, word in enumerate(words) if word in ("|", "&&"))]
    for start in starts:
        known = words[start] in PROGRAMS or (len(starts) > 1 and words[start] in HELPERS)
        assert known, f"{line!r}: only python and fastw2v are run; say why this is not"
    quoted = " ".join(
        word if word in OPERATORS else _program(word, place in starts) for place, word in enumerate(words)
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(
        quoted, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, errors="replace"
    )
    assert done.returncode == code, f"{line}\n{done.stdout}{done.stderr}"
    return done


def _program(word: str, begins: bool) -> str:
    if begins and word in PROGRAMS:
        return " ".join(map(shlex.quote, [sys.executable, *PROGRAMS[word]]))
    return shlex.quote(word)
