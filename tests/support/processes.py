"""Programs in processes of their own, with gensim or as if it were not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastw2v

ROOT = Path(fastw2v.__file__).parents[1]
HAVE_GENSIM = True
try:
    import gensim  # noqa: F401
except ImportError:
    HAVE_GENSIM = False

needs_gensim = pytest.mark.skipif(not HAVE_GENSIM, reason="gensim is not installed")
# Makes `import gensim` fail in a process of its own, as it does where gensim is not installed.
HIDE_GENSIM = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "gensim":
            raise ModuleNotFoundError(name)
    def find_distributions(self, context=None): return []
import importlib.util, importlib.metadata
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name.split(".")[0] == "gensim" and name not in sys.modules else found(name, package))
sys.meta_path.insert(0, Hidden())
"""


def run(*arguments: str, code: int = 0, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, cwd=cwd, timeout=100
    )
    assert done.returncode == code, done.stderr
    return done


def run_without_gensim(program: str, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run Python code after patching, in a process that cannot import gensim."""
    text = HIDE_GENSIM + f"import sys; sys.argv = {['program', *arguments]!r}\n"
    text += "import fastw2v; fastw2v.patch_gensim()\n" + program
    return run("-c", text, code=code)
