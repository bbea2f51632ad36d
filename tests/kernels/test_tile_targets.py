"""The arithmetic header on every target that a compiler here can build for, emulated ones included."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]


class Target(NamedTuple):
    isa: str  # what the header must call itself
    compilers: tuple[str, ...]  # the first that is there
    flags: tuple[str, ...] = ()
    runner: tuple[str, ...] = ()


# -U__SSE2__ gives the version without any intrinsics, which is what other processors get.
TARGETS = {
    "generic": Target("baseline", ("gcc", "clang"), ("-U__SSE2__",)),
    "neon": Target("neon", ("aarch64-linux-gnu-gcc",), ("-static",), ("qemu-aarch64",)),
    "sse2-clang": Target("baseline", ("clang",)),
}


@pytest.mark.parametrize("name", TARGETS)
def test_the_tile_equals_plain_arithmetic(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    compiler = next(filter(shutil.which, target.compilers), None)
    missing = [program for program in target.runner if not shutil.which(program)]
    if sys.platform != "linux" or compiler is None or missing:
        pytest.skip(f"{name}: needs Linux with one of {target.compilers}, and {target.runner or 'nothing else'}")
    program = tmp_path / "tile_check"
    flags = ["-std=c11", "-O3", "-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra", "-Werror"]
    source = [f"-I{ROOT / 'fastw2v'}", str(ROOT / "tests/kernels/tile_check.c"), "-lm"]
    subprocess.run([compiler, *flags, *target.flags, "-o", str(program), *source], check=True, timeout=100)
    run = subprocess.run([*target.runner, str(program)], capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stdout
    assert run.stdout.startswith(f"{target.isa} ok")
