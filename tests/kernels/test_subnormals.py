"""Subnormal numbers count as zero while a kernel runs, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastw2v._dispatch import compiled
from fastw2v.train.noise import alias_table
from fastw2v.train.weights import padded_rows

SUBNORMAL = np.float32(1e-40)
IDS, OFFSETS = np.array([0, 1, 2, 1] * 5, dtype=np.int32), np.array([0, 20])


def subnormal_rows() -> np.ndarray:
    rows = padded_rows(3, 20)
    rows[:] = SUBNORMAL
    return rows


def keeps_subnormals() -> bool:
    return bool((np.array([SUBNORMAL]) * np.float32(0.5))[0] > 0)


@pytest.mark.parametrize("sg", [True, False])
def test_the_kernels_leave_no_subnormals_and_no_trace(kernels: Any, sg: bool) -> None:
    w_in, w_ns = subnormal_rows(), subnormal_rows()
    plan = kernels.Plan(
        w_in, w_ns, None, None, alias_table(np.ones(3, dtype=np.int64), 0.75), None, None, window=2, negative=2,
        skip_gram=sg, cbow_mean=True, cbow_exact=True, shrink=False,
    )  # fmt: skip
    assert keeps_subnormals()
    kernels.train_chunk(
        plan, kernels.Scratch(plan), IDS, OFFSETS, seed=1, epoch=0, chunk=0, alpha=0.1, alpha_end=0.1
    )
    assert not w_in.any()
    assert not w_ns.any()
    assert keeps_subnormals()


@pytest.mark.parametrize("sg", [True, False])
def test_nor_does_the_softmax(isa: str, sg: bool) -> None:
    w_in, w_out = subnormal_rows(), subnormal_rows()
    options = {"skip_gram": sg, "cbow_mean": True, "cbow_exact": True, "in_order": True, "capacity": 4, "n_threads": 1}
    batch = compiled("fastw2v.kernels._softmax", isa).Batch(w_in, w_out, None, **options)
    at = np.arange(len(IDS))
    batch.assemble()
    batch.train(IDS, np.maximum(at - 1, 0), np.minimum(at + 2, len(IDS)), 0.1, 0.1)
    assert not w_in.any()
    assert not w_out.any()
    assert keeps_subnormals()
