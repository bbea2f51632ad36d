"""The shipped kernels, compiled for double, descend the gradient of the loss that they report.

With a learning rate of 0 a kernel only reports its loss, so central differences of that loss by
every weight give the gradient. The update itself is differentiated by the learning rate: at 0 it is
minus the gradient, times the factors of docs/math.md section 4.
"""

import numpy as np
import pytest
from support.kernel_runs import Job, KernelRun, initial_weights, kernel_result, lock_of, oracle_result
from support.strategies import DIMENSIONS, MODES, ChunkCase, Mode

from fastw2v.train.reference import Weights, numeric_gradient

N_CONTEXT = 3  # every word of a sentence of four sees the three others, so that factors are known
TOLERANCE = 1e-6  # relative to the largest entry of the gradient


def case() -> ChunkCase:
    """Two sentences; the second says one word twice, so that one context row gets two updates."""
    ids = np.array([0, 1, 2, 3, 4, 1, 1, 0], dtype=np.int32)
    return ChunkCase(5, ids, np.array([0, 4, 8]), np.bincount(ids).astype(np.int64))


def update_rate(kernels, job: Job, name: str, alpha: float = 1e-5) -> np.ndarray:
    """Derivative by the learning rate, at 0, of what training does to one matrix."""
    after = []
    for rate in (alpha, -alpha):
        weights = initial_weights(job, np.float64)
        KernelRun(kernels, job, weights).train(rate, rate)
        after.append(getattr(weights, name))
    return (after[0] - after[1]) / (2 * alpha)


def factor(mode: Mode) -> float:
    """What the update of an input row is, as a multiple of its gradient."""
    if mode.skip_gram or mode.cbow_exact:
        return 1.0
    return float(N_CONTEXT) if mode.cbow_mean else 1.0 / N_CONTEXT


def small_job(mode: Mode, dim: int, alpha: float = 0.0) -> Job:
    return Job(case(), mode, dim, N_CONTEXT, negative=3, shrink=False, alpha=alpha, alpha_end=alpha)


def check(kernels, mode: Mode, dim: int) -> None:
    """Every single number of every matrix."""
    job = small_job(mode, dim)
    weights = initial_weights(job, np.float64)
    run = KernelRun(kernels, job, weights)
    for name in Weights._fields:
        matrix = getattr(weights, name)
        if matrix is None:
            continue
        expected = -numeric_gradient(lambda: run.train(0.0, 0.0)[2], matrix)
        if name == "w_in":
            lock = lock_of(job)
            expected *= factor(mode)
            if lock is not None:
                expected *= lock[np.arange(len(matrix)) % len(lock), None]
        error = np.abs(update_rate(kernels, job, name) - expected).max() / np.abs(expected).max()
        assert error < TOLERANCE, f"{name}, dimension {dim}: relative error {error:.1e}"


def check_slope(kernels, mode: Mode, dim: int) -> None:
    """The loss along one random direction of each matrix: cheap, and any wrong number shows."""
    job = small_job(mode, dim)
    weights = initial_weights(job, np.float64)
    run = KernelRun(kernels, job, weights)
    rng = np.random.default_rng(dim)
    for name in Weights._fields:
        matrix = getattr(weights, name)
        if matrix is None:
            continue
        start, direction, step = matrix.copy(), rng.standard_normal(matrix.shape), 1e-5
        losses = []
        for sign in (1, -1):
            matrix[:] = start + sign * step * direction
            losses.append(run.train(0.0, 0.0)[2])
        matrix[:] = start
        slope = (losses[0] - losses[1]) / (2 * step)
        gradient = -update_rate(kernels, job, name) / (factor(mode) if name == "w_in" else 1.0)
        error = abs(np.sum(gradient * direction) - slope) / np.sum(np.abs(gradient * direction))
        assert error < TOLERANCE, f"{name}, dimension {dim}: relative error {error:.1e}"


@pytest.mark.parametrize("mode", [mode for mode in MODES if not mode.locked], ids=str)
def test_update_is_the_gradient(kernels, mode):
    for dim in range(1, 68):
        check_slope(kernels, mode, dim)
    for dim in DIMENSIONS:
        check(kernels, mode, dim)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.locked], ids=str)
def test_locked_update_is_the_scaled_gradient(kernels, mode):
    for dim in (1, 9, 67):
        check(kernels, mode, dim)


def test_reported_loss_is_the_oracles(kernels):
    """A wrong loss with its own right gradient would pass above."""
    for mode in MODES:
        job = small_job(mode, 10)
        found, expected = kernel_result(kernels, job, np.float64), oracle_result(kernels, job)
        np.testing.assert_allclose(found.loss, expected.loss, rtol=1e-13)
