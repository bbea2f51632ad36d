"""The device code compiles for every card from Volta on; skipped where there is no NVRTC."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fastw2v.cuda import compiler
from fastw2v.cuda.options import MAX_VECTOR_SIZE, options_of
from fastw2v.errors import ConfigError, TrainingError

ALL = [(7, 0), (7, 5), (8, 0), (8, 6), (8, 9), (9, 0), (10, 0), (12, 0)]
TRAININGS: list[dict[str, Any]] = [
    {"vector_size": 100, "skip_gram": True, "negative": 5, "max_path": 0},
    {"vector_size": 300, "skip_gram": False, "negative": 0, "max_path": 30},
    {"vector_size": MAX_VECTOR_SIZE, "skip_gram": True, "negative": 5, "max_path": 30, "joint_context": True},
]


def nvrtc() -> Any:
    """NVRTC's binding, if it and the library are here."""
    binding = pytest.importorskip("cuda.bindings.nvrtc", reason="needs cuda-bindings: pip install fastw2v[cuda]")
    try:
        binding.nvrtcVersion()
    except RuntimeError as error:
        pytest.skip(f"NVRTC cannot be used: {str(error).splitlines()[0]}")
    return binding


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("training", "capability"), [(TRAININGS[0], one) for one in ALL] + [(other, (9, 0)) for other in TRAININGS[1:]]
)
def test_it_compiles_for_every_card(training: dict[str, Any], capability: tuple[int, int]) -> None:
    binding, (major, minor) = nvrtc(), capability
    if 10 * major + minor not in binding.nvrtcGetSupportedArchs()[1]:
        pytest.skip(f"NVRTC {binding.nvrtcVersion()[1:]} does not know compute capability {major}.{minor}")
    image = compiler.compiled(binding, compiler.sources(), options_of(**training), f"sm_{major}{minor}")
    assert image[:4] == b"\x7fELF"
    assert b"train_round" in image
    assert b"draw_chunks" in image


def test_an_error_of_the_compiler_is_shown() -> None:
    binding = nvrtc()
    code = compiler.sources() | {"tile.cuh": "no such thing;"}
    with pytest.raises(TrainingError, match=r"NVRTC cannot compile the kernels for sm_80.*no such|identifier"):
        compiler.compiled(binding, code, options_of(**TRAININGS[0]), "sm_80")


def test_images_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nvrtc()
    monkeypatch.setenv("FASTW2V_CACHE", str(tmp_path / "kept"))
    image = compiler.image_of(options_of(**TRAININGS[0]), (8, 0))
    monkeypatch.setattr(compiler, "compiled", None)  # is not called again
    assert compiler.image_of(options_of(**TRAININGS[0]), (8, 0)) == image
    assert [path.suffix for path in (tmp_path / "kept").iterdir()] == [".cubin"]


def test_a_card_that_is_too_old_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"compute capability 6\.1, and 7\.0"):
        compiler.image_of(options_of(**TRAININGS[0]), (6, 1))


def test_the_sources_are_there_and_fit_in_the_head() -> None:
    found = compiler.sources()
    assert set(found) == {"draws.cuh", "kernels.cu", "structs.cuh", "tile.cuh", "walk.cuh", "warp.cuh"}
    assert all(len(code.splitlines()) <= 500 for code in found.values())


@pytest.mark.parametrize("training", TRAININGS, ids=lambda training: f"d{training['vector_size']}")
def test_blocks_fit_into_every_card(training: dict[str, Any]) -> None:
    options = options_of(**training)
    assert options.step_bytes <= 48 * 1024
    assert 1 <= options.tile_out <= 8
    assert options.n_slices * options.tile_out >= options.most_out
