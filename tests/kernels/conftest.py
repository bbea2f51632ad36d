"""Every compiled instruction set, one after the other; what cannot run is skipped by name."""

from __future__ import annotations

import os
from types import ModuleType

import pytest

from fastw2v._dispatch import kernels_for, runnable_isas

ALL_ISAS = ["baseline", "avx2", "avx512", "neon"]


@pytest.fixture(scope="session", params=ALL_ISAS)
def isa(request: pytest.FixtureRequest) -> str:
    """Name of an instruction set; FASTW2V_REQUIRE_ISA lists those that must run here, by comma."""
    name: str = request.param
    if name not in runnable_isas():
        required = os.environ.get("FASTW2V_REQUIRE_ISA", "").split(",")
        assert name not in required, f"FASTW2V_REQUIRE_ISA asks for {name}; here are {runnable_isas()}"
        pytest.skip(f"instruction set {name} is not compiled in or not of this processor")
    return name


@pytest.fixture(scope="session")
def kernels(isa: str) -> ModuleType:
    module: ModuleType = kernels_for(isa)
    assert isa == module.ISA
    return module
