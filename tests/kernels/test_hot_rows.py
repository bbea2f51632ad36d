"""Copies of the nodes near the root: what the threads of one training do to them is averaged, and nothing is lost."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from harness import ALPHA_BLOCK, Job, KernelRun, initial_weights
from strategies import ChunkCase, Mode

N_WORDS, HOT_NODES = 60, 16  # HOT_NODES of _kernels.pyx, for each thread


def job() -> Job:
    rng = np.random.default_rng(3)
    counts = np.sort(rng.zipf(1.3, N_WORDS).clip(max=500))[::-1].astype(np.int64)
    drawn = rng.choice(N_WORDS, 2 * ALPHA_BLOCK - N_WORDS, p=counts / counts.sum())
    ids = np.concatenate([np.arange(N_WORDS), drawn]).astype(np.int32)
    case = ChunkCase(N_WORDS, ids, np.array([0, 100, len(ids)], dtype=np.int64), counts)
    return Job(case, Mode(skip_gram=True, ns=False, hs=True), dim=20)


def trained(kernels: ModuleType, workers: int, alpha: float) -> np.ndarray:
    """What one thread of ``workers`` does to the inner nodes."""
    weights = initial_weights(job(), np.float64)
    assert weights.w_hs is not None
    before = weights.w_hs.copy()
    KernelRun(kernels, job(), weights, workers=workers).train(alpha, alpha)
    return weights.w_hs - before


def test_one_thread_of_two_moves_the_hot_rows_by_half(kernels: ModuleType) -> None:
    alone, one_of_two = trained(kernels, 1, 1e-7), trained(kernels, 2, 1e-7)  # so small that steps just add up
    first_hot = N_WORDS - 1 - 2 * HOT_NODES
    assert np.abs(alone[:-1]).max(axis=1).min() > 0, "every node must be trained, or nothing is shown"
    np.testing.assert_allclose(one_of_two[:first_hot], alone[:first_hot], rtol=1e-4, atol=1e-12)
    np.testing.assert_allclose(one_of_two[first_hot:], alone[first_hot:] / 2, rtol=1e-4, atol=1e-12)


def test_small_trees_and_many_threads(kernels: ModuleType) -> None:
    """All nodes of a small tree are hot; a share of 1/64 is what remains of each step."""
    np.testing.assert_allclose(trained(kernels, 64, 1e-7), trained(kernels, 1, 1e-7) / 64, rtol=1e-4, atol=1e-12)
