"""The arithmetic header on every target that a compiler here can build for, emulated ones included."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from fastw2v._dispatch import runnable_isas

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class Target(NamedTuple):
    isa: str  # what the header must call itself
    compilers: tuple[str, ...]  # the first that is there
    flags: tuple[str, ...] = ()
    runner: tuple[str, ...] = ()
    header: str = ""  # that the compiler must find
    cpu: str = ""  # instruction set that this processor must have


AVX2 = ("-mavx2", "-mfma", "-mf16c", "-mbmi2", "-mprfchw")
AVX512 = ("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", *AVX2[1:], "-mprefer-vector-width=512")  # of setup.py

# -U__SSE2__ gives the version without any intrinsics, which is what other processors get.
TARGETS = {
    "generic": Target("baseline", ("gcc", "clang"), ("-U__SSE2__",)),
    "avx512-emulated": Target(
        "avx512", ("gcc",), ("-O1", "-mavx2", "-mfma", "-Wno-psabi", f"-I{HERE / 'emulated'}"), (), "simde/x86/avx512.h"
    ),
    "neon": Target("neon", ("aarch64-linux-gnu-gcc",), ("-static",), ("qemu-aarch64",)),
    "sse2": Target("baseline", ("gcc",), cpu="baseline"),
    "sse2-clang": Target("baseline", ("clang",), cpu="baseline"),
    "avx2": Target("avx2", ("gcc", "clang"), AVX2, cpu="avx2"),
    "avx512": Target("avx512", ("gcc", "clang"), AVX512, cpu="avx512"),
}


def has_header(compiler: str, header: str) -> bool:
    source = f"#if !__has_include(<{header}>)\n#error\n#endif\n".encode()
    return subprocess.run([compiler, "-x", "c", "-E", "-"], input=source, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", TARGETS)
def test_the_tile_equals_plain_arithmetic(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    compiler = next(filter(shutil.which, target.compilers), None)
    missing = [program for program in target.runner if not shutil.which(program)]
    if sys.platform != "linux" or compiler is None or missing:
        pytest.skip(f"{name}: needs Linux with one of {target.compilers}, and {target.runner or 'nothing else'}")
    if target.cpu and target.cpu not in runnable_isas():
        pytest.skip(f"{name}: this processor has {runnable_isas()}")
    if target.header and not has_header(compiler, target.header):
        pytest.skip(f"{name}: needs x86-64 and the header {target.header} (Debian: libsimde-dev)")
    program = tmp_path / "tile_check"
    flags = ["-std=c11", "-O3", "-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra", "-Werror"]
    source = [f"-I{ROOT / 'fastw2v'}", str(ROOT / "tests/kernels/tile_check.c"), "-lm"]
    subprocess.run([compiler, *flags, *target.flags, "-o", str(program), *source], check=True, timeout=100)
    run = subprocess.run([*target.runner, str(program)], capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stdout
    assert run.stdout.startswith(f"{target.isa} ok")
