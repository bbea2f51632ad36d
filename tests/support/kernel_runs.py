"""One chunk, trained by a kernel module and by the oracle, from the same weights and the same draws."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from support.strategies import ChunkCase, Mode

from fastw2v.train import reference
from fastw2v.train.noise import alias_table, keep_thresholds
from fastw2v.train.weights import padded_rows

KEY = {"seed": 11, "epoch": 2, "chunk": 5}
ALPHA_BLOCK = 256  # positions that share one learning rate


class Job(NamedTuple):
    """Everything that a chunk's training depends on."""

    case: ChunkCase
    mode: Mode
    dim: int
    window: int | tuple[int, int] = 3
    negative: int = 5
    shrink: bool = True
    sample: float = 0.0
    alpha: float = 0.3
    alpha_end: float = 0.1
    joint_context: bool = False
    scale: float = 1.0  # of the weights: large ones saturate the sigmoid
    locks_outputs: bool = False


class Result(NamedTuple):
    w_in: np.ndarray
    w_ns: np.ndarray | None
    w_hs: np.ndarray | None
    n_pairs: int
    loss: float


def lock_of(job: Job) -> np.ndarray | None:
    if not job.mode.locked:
        return None
    return np.linspace(0, 1.5, job.case.n_words // 2 + 1).astype(np.float32)


def output_locks(job: Job) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Factors of the rows of negative sampling and of the tree: 0, 1 and others."""
    if not job.locks_outputs:
        return None, None
    n_words = job.case.n_words
    return np.linspace(0, 1.5, n_words).astype(np.float32), np.linspace(1, 0, n_words // 2 + 1).astype(np.float32)


def initial_weights(job: Job, dtype: Any) -> reference.Weights:
    """Random rows, in the layout of the kernels; the same values (float32 ones) for both types."""
    rng = np.random.default_rng([job.dim, job.case.n_words])

    def rows() -> np.ndarray:
        matrix = padded_rows(job.case.n_words, job.dim, dtype)
        matrix[:] = (job.scale * rng.standard_normal(matrix.shape) / np.sqrt(job.dim)).astype(np.float32)
        return matrix

    w_in, w_ns, w_hs = rows(), rows(), rows()
    return reference.Weights(w_in, w_ns if job.mode.ns else None, w_hs if job.mode.hs else None)


class KernelRun:
    """A plan over given weights, ready to train or to tell its draws."""

    def __init__(self, kernels: ModuleType, job: Job, weights: reference.Weights, **hot: Any) -> None:
        case, mode = job.case, job.mode
        self.kernels, self.job, self.weights = kernels, job, weights
        total = int(case.counts.sum())
        self.plan = kernels.Plan(
            weights.w_in,
            weights.w_ns,
            weights.w_hs,
            keep_thresholds(case.counts, total, job.sample) if job.sample else None,
            alias_table(case.counts, 0.75) if mode.ns else None,
            tuple(case.tree) if mode.hs else None,
            lock_of(job),
            window=job.window,
            negative=job.negative if mode.ns else 0,
            skip_gram=mode.skip_gram,
            cbow_mean=mode.cbow_mean,
            cbow_exact=mode.cbow_exact,
            shrink=job.shrink,
            joint_context=job.joint_context,
            **{**dict(zip(("lock_ns", "lock_hs"), output_locks(job), strict=True)), **hot},
        )
        self.scratch = kernels.Scratch(self.plan)

    def draws(self, **place: int) -> tuple[list[int], list[int], list[Any], list[list[int]]]:
        """Words kept, their sentence borders, spans and noise words."""
        case, place = self.job.case, KEY | place
        drawn: Any = self.kernels.draw_chunk(self.plan, self.scratch, case.ids, case.offsets, **place)
        return drawn

    def train(self, alpha: float, alpha_end: float) -> tuple[int, int, float, int]:
        case = self.job.case
        totals: Any = self.kernels.train_chunk(
            self.plan, self.scratch, case.ids, case.offsets, **KEY, alpha=alpha, alpha_end=alpha_end
        )
        return totals


def kernel_result(kernels: ModuleType, job: Job, dtype: Any) -> Result:
    weights = initial_weights(job, dtype)
    n_kept, n_pairs, loss, n_loss_pairs = KernelRun(kernels, job, weights).train(job.alpha, job.alpha_end)
    assert n_loss_pairs == n_pairs
    assert n_kept <= len(job.case.ids)
    return Result(weights.w_in, weights.w_ns, weights.w_hs, n_pairs, loss)


def oracle_result(kernels: ModuleType, job: Job) -> Result:
    """Train the oracle with the draws that the kernel reports."""
    weights = initial_weights(job, np.float64)
    kept, borders, spans, noise = KernelRun(kernels, job, weights).draws()
    lock = lock_of(job)
    lock_ns, lock_hs = (reference.NO_LOCK if one is None else one.astype(np.float64) for one in output_locks(job))
    n_pairs, loss = 0, 0.0
    for position in oracle_positions(job, kept, borders, spans):
        share = position.place // ALPHA_BLOCK * ALPHA_BLOCK / max(len(kept), 1)
        loss += reference.train_window(
            weights,
            position,
            job.alpha + (job.alpha_end - job.alpha) * share,
            skip_gram=job.mode.skip_gram,
            noise=noise[position.place],
            tree=job.case.tree if job.mode.hs else None,
            lock=reference.NO_LOCK if lock is None else lock.astype(np.float64),
            lock_ns=lock_ns,
            lock_hs=lock_hs,
            cbow_mean=job.mode.cbow_mean,
            cbow_exact=job.mode.cbow_exact,
            joint_context=job.joint_context,
        )
        n_pairs += len(position.context) if job.mode.skip_gram else 1
    return Result(weights.w_in, weights.w_ns, weights.w_hs, n_pairs, loss)


def oracle_positions(job: Job, kept: list[int], borders: list[int], spans: list[Any]) -> list[reference.Position]:
    return list(
        reference.walk_windows(
            np.array(kept, dtype=np.int32),
            np.array(borders, dtype=np.int64),
            np.ones(len(kept), dtype=bool),
            np.array(job.window) - np.array(spans, dtype=np.int64).reshape(len(kept), *np.shape(job.window)),
            job.window,
        )
    )


def assert_close(found: Result, expected: Result, tolerance: float) -> None:
    """Equal up to a tolerance relative to the largest number of each matrix."""
    assert found.n_pairs == expected.n_pairs
    np.testing.assert_allclose(found.loss, expected.loss, rtol=tolerance * 10, atol=tolerance)
    for name in ("w_in", "w_ns", "w_hs"):
        left, right = getattr(found, name), getattr(expected, name)
        assert (left is None) == (right is None)
        if left is not None:
            scale = max(1.0, float(np.abs(right).max()))
            np.testing.assert_allclose(left, right, rtol=0, atol=tolerance * scale, err_msg=name)


def own_error(job: Job, expected: Result, kernels: Any) -> float:
    """Return by how much rounding alone moves the oracle, relative to the largest number of each matrix.

    Few words in many windows are chaotic in their first steps: of two runs whose learning rates differ in the last bit,
    none is right.
    """
    other = oracle_result(kernels, job._replace(alpha=np.nextafter(job.alpha, 1)))
    moved = [abs(other.loss - expected.loss) / max(1.0, abs(expected.loss))]
    for left, right in zip(other[:3], expected[:3], strict=True):
        if right is not None:
            moved.append(float(np.abs(left - right).max()) / max(1.0, float(np.abs(right).max())))
    return max(moved)
