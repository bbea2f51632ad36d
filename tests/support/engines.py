"""Which engines are here; CI says which must be (FASTW2V_REQUIRE_ENGINES)."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest


def mpiexec() -> str | None:
    beside = Path(sys.executable).with_name("mpiexec")
    return str(beside) if beside.exists() else shutil.which("mpiexec")


def require(engine: str) -> None:
    """Skip the module where an engine is not installed, visibly; fail where it must be."""
    missing = ""
    if engine == "mpi" and importlib.util.find_spec("mpi4py") is None:
        missing = "mpi4py is not installed (pip install mpi4py mpich)"
    elif engine == "mpi" and mpiexec() is None:
        missing = "there is no mpiexec (pip install mpich)"
    elif engine == "ray" and importlib.util.find_spec("ray") is None:
        missing = "ray is not installed (pip install ray)"
    if missing and engine in os.environ.get("FASTW2V_REQUIRE_ENGINES", "").split(","):
        raise RuntimeError(f"FASTW2V_REQUIRE_ENGINES names {engine}, but {missing}")
    if missing:
        pytest.skip(missing, allow_module_level=True)
