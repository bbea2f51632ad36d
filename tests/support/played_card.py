"""A card that is played on the processor: the device code of fastw2v/cuda, compiled as C++ (tests/cuda/play.cpp)."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastw2v.cuda.options import Options
from fastw2v.cuda.structs import Round, Settings
from fastw2v.errors import TrainingError

HERE = Path(__file__).parents[1] / "cuda"
DEVICE_CODE = Path(__file__).parents[2] / "fastw2v" / "cuda" / "device"
BUILDS: tempfile.TemporaryDirectory[str] | None = None


@functools.cache
def play(real: str, vectors: int, tile_out: int) -> Any:
    """The kernels, compiled; one build serves all trainings with rows of so many parts."""
    global BUILDS
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler, which plays the card")
    BUILDS = BUILDS or tempfile.TemporaryDirectory()
    library = Path(BUILDS.name) / f"play-{real}-{vectors}-{tile_out}.so"
    constants = [f"-DREAL={real}", f"-DVECTORS={vectors}", f"-DTILE_OUT={tile_out}"]
    flags = ["-std=c++17", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", "-U_FORTIFY_SOURCE"]
    subprocess.run(
        [*compiler.split(), *flags, *constants, f"-I{HERE}", f"-I{DEVICE_CODE}", "-o", str(library),
         str(HERE / "play.cpp")],
        check=True,
    )  # fmt: skip
    return ctypes.CDLL(str(library))


class PlayedEvent:
    """A round is over when it was launched."""

    seconds = 0.0

    def over(self) -> bool:
        return True

    def wait(self) -> None:
        pass


class PlayedKernels:
    def __init__(self, options: Options, library: Any, most_warps: int) -> None:
        self.options, self.library, self.most_warps = options, library, most_warps


class PlayedCard:
    """Memory and launches of a card, on the processor; ``real="double"`` for exact comparisons."""

    name = "a played card"

    def __init__(self, real: str = "float", most_warps: int = 1, n_bytes: int = 1 << 32) -> None:
        self.real = np.dtype(np.float64 if real == "double" else np.float32)
        self._real = real
        self._most_warps = most_warps
        self._total = n_bytes
        self.blocks: dict[int, Any] = {}
        self.launched: list[tuple[int, int, int]] = []  # chunks, words, warps of each round
        self.uploaded = 0  # bytes
        self.before_launch: Callable[[], None] = lambda: None
        self.closed = False

    def memory(self) -> tuple[int, int]:
        return self._total - sum(block.nbytes for block in self.blocks.values()), self._total

    def allocate(self, n_bytes: int) -> int:
        if n_bytes > self.memory()[0]:
            raise TrainingError(f"no {n_bytes} bytes")
        block = np.full(n_bytes + 64, 0xCC, np.uint8)  # what nobody has written is not zero
        address = int(-(-block.ctypes.data // 64) * 64)
        self.blocks[address] = block
        return address

    def release(self, address: int) -> None:
        del self.blocks[address]

    def _check(self, address: int, n_bytes: int) -> None:
        inside = [
            start for start, block in self.blocks.items() if start <= address <= start + block.nbytes - 64 - n_bytes
        ]
        assert inside, f"{n_bytes} bytes at {address} are not in the card's memory"

    def upload(self, address: int, array: Any) -> None:
        assert array.flags.c_contiguous
        self._check(address, array.nbytes)
        ctypes.memmove(address, array.ctypes.data, array.nbytes)
        self.uploaded += array.nbytes

    def download(self, array: Any, address: int) -> None:
        assert array.flags.c_contiguous
        self._check(address, array.nbytes)
        ctypes.memmove(array.ctypes.data, address, array.nbytes)

    def build(self, options: Options) -> PlayedKernels:
        vectors = -(-options.vector_size // 128)
        return PlayedKernels(options, play(self._real, vectors, options.tile_out), self._most_warps)

    def launch(self, kernels: PlayedKernels, settings: Settings, this_round: Round, warps: int) -> PlayedEvent:
        self.before_launch()
        o = kernels.options
        kernels.library.choose(o.vector_size, o.skip_gram, o.ns, o.hs, o.joint_context)
        kernels.library.draw_chunks(ctypes.byref(settings), ctypes.byref(this_round))
        assert kernels.library.train_round(ctypes.byref(settings), ctypes.byref(this_round), warps) == 0
        self.launched.append((this_round.n_chunks, this_round.n_pieces, warps))
        return PlayedEvent()

    def close(self) -> None:
        assert not self.blocks, f"{len(self.blocks)} blocks of memory were not given back"
        self.closed = True
