"""The compiled softmax in batches, by any number of threads, equals one window after the other by the oracle."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.strategies import ChunkCase, chunks, dimensions

from fastw2v._dispatch import compiled
from fastw2v.train import reference
from fastw2v.train.weights import padded_rows

ARCHITECTURES = [(True, True, True), *((False, mean, exact) for mean in (True, False) for exact in (True, False))]


@pytest.fixture(scope="session")
def softmax(isa: str) -> Any:
    module = compiled("fastw2v.kernels._softmax", isa)
    assert isa == module.ISA
    return module


def random_rows(n_words: int, dim: int, dtype: Any, seed: int) -> np.ndarray:
    rows = padded_rows(n_words, dim, dtype)
    rows[:] = np.random.default_rng(seed).standard_normal(rows.shape) / np.sqrt(dim)
    return rows


def windows(case: ChunkCase, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of full windows."""
    at, length = np.arange(len(case.ids)), np.diff(case.offsets)
    first, end = np.repeat(case.offsets[:-1], length), np.repeat(case.offsets[1:], length)
    return np.maximum(first, at - window), np.minimum(end, at + window + 1)


def run(
    module: Any, rows: tuple[np.ndarray, np.ndarray], case: ChunkCase, window: int, alphas: tuple[float, float],
    *, n_threads: int = 1, lock: Any = None, **options: Any,
) -> float:  # fmt: skip
    batch = module.Batch(*rows, lock, n_threads=n_threads, **{"in_order": True, **options})
    batch.assemble()
    helpers = [threading.Thread(target=batch.help, args=(rank,)) for rank in range(1, batch.n_threads)]
    for helper in helpers:
        helper.start()
    loss = batch.train(case.ids, *windows(case, window), *alphas)
    batch.dismiss()
    for helper in helpers:
        helper.join()
    return float(loss)


def oracle(
    rows: tuple[np.ndarray, np.ndarray], case: ChunkCase, window: int, alphas: tuple[float, float],
    architecture: tuple[bool, bool, bool], lock: Any = None,
) -> tuple[np.ndarray, np.ndarray, float]:  # fmt: skip
    skip_gram, mean, exact = architecture
    w_in, w_out = (np.array(matrix, dtype=np.float64) for matrix in rows)
    state = reference.Weights(w_in, w_softmax=w_out)
    keep, reduced = np.ones(len(case.ids), dtype=bool), np.zeros(len(case.ids), dtype=np.int64)
    loss = 0.0
    for at in reference.walk_windows(case.ids, case.offsets, keep, reduced, window):
        alpha = alphas[0] + (alphas[1] - alphas[0]) * at.place / len(case.ids)
        loss += reference.train_window(
            state, at, alpha, skip_gram=skip_gram, cbow_mean=mean, cbow_exact=exact,
            lock=reference.NO_LOCK if lock is None else lock.astype(np.float64),
        )  # fmt: skip
    return w_in, w_out, loss


@settings(deadline=None, max_examples=150)
@given(
    case=chunks(max_words=100, max_length=30),
    window=st.integers(1, 40),
    architecture=st.sampled_from(ARCHITECTURES),
    dim=dimensions,
    capacity=st.integers(1, 17),
    n_threads=st.integers(1, 3),
    n_locks=st.integers(0, 5),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_batches_equal_one_window_after_the_other(
    softmax, case, window, architecture, dim, capacity, n_threads, n_locks, dtype
):
    skip_gram, mean, exact = architecture
    rows = random_rows(case.n_words, dim, dtype, 1), random_rows(case.n_words, dim, dtype, 2)
    alphas = 0.1, 0.05
    lock = np.linspace(0, 1.5, n_locks, dtype=np.float32) if n_locks else None
    expected_in, expected_out, expected_loss = oracle(rows, case, window, alphas, architecture, lock)
    loss = run(
        softmax, rows, case, window, alphas, n_threads=n_threads, lock=lock, capacity=capacity,
        skip_gram=skip_gram, cbow_mean=mean, cbow_exact=exact,
    )  # fmt: skip
    tolerance = 1e-10 if dtype is np.float64 else 2e-3
    np.testing.assert_allclose(rows[0], expected_in, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(rows[1], expected_out, rtol=tolerance, atol=tolerance)
    assert loss == pytest.approx(expected_loss, rel=tolerance, abs=1e-12)


@pytest.mark.parametrize("n_words", [2, 3, 16, 17, 31, 32, 33, 64, 65, 97, 100])
@pytest.mark.parametrize("architecture", ARCHITECTURES[:2])
def test_every_tail_of_vocabulary_and_dimension(softmax, n_words, architecture):
    skip_gram, mean, exact = architecture
    rng = np.random.default_rng(n_words)
    for dim in range(1, 68):
        ids = rng.integers(0, n_words, 24).astype(np.int32)
        case = ChunkCase(n_words, ids, np.array([0, 11, 24]), np.ones(n_words, dtype=np.int64))
        rows = random_rows(n_words, dim, np.float64, 1), random_rows(n_words, dim, np.float64, 2)
        expected_in, expected_out, expected_loss = oracle(rows, case, 2, (0.2, 0.2), architecture)
        loss = run(
            softmax, rows, case, 2, (0.2, 0.2), capacity=7, skip_gram=skip_gram, cbow_mean=mean, cbow_exact=exact
        )
        np.testing.assert_allclose(rows[0], expected_in, atol=1e-12)
        np.testing.assert_allclose(rows[1], expected_out, atol=1e-12)
        assert loss == pytest.approx(expected_loss, rel=1e-12)


# not the true gradient of a sum of a hundred rows, with which one window alone is too long a step
@pytest.mark.parametrize("architecture", [a for a in ARCHITECTURES if a != (False, False, True)])
def test_a_dominant_token_in_wide_windows_at_a_high_rate_follows_the_oracle(softmax, architecture):
    """What diverged when the windows of a batch stepped from the same old values."""
    skip_gram, mean, exact = architecture
    rng = np.random.default_rng(5)
    n_words, n = 10, 1500
    ids = np.where(rng.random(n) < 0.5, 0, rng.integers(1, n_words, n)).astype(np.int32)
    case = ChunkCase(n_words, ids, np.arange(0, n + 1, 300), np.bincount(ids, minlength=n_words))
    rows = random_rows(n_words, 16, np.float64, 1), padded_rows(n_words, 16, np.float64)
    expected_in, expected_out, expected_loss = oracle(rows, case, 50, (0.1, 0.1), architecture)
    loss = run(
        softmax, rows, case, 50, (0.1, 0.1), capacity=16, n_threads=2,
        skip_gram=skip_gram, cbow_mean=mean, cbow_exact=exact,
    )  # fmt: skip
    assert np.abs(rows[1]).max() < 20
    np.testing.assert_allclose(rows[0], expected_in, atol=1e-6)
    np.testing.assert_allclose(rows[1], expected_out, atol=1e-6)
    assert loss == pytest.approx(expected_loss, rel=1e-8)


def test_bad_arguments_are_refused(softmax):
    rows = random_rows(5, 4, np.float32, 1), random_rows(5, 4, np.float32, 2)
    options = {"skip_gram": True, "cbow_mean": True, "cbow_exact": True, "in_order": True, "capacity": 4}
    with pytest.raises(ValueError, match="one shape"):
        softmax.Batch(rows[0], random_rows(5, 20, np.float32, 2), None, n_threads=1, **options)
    with pytest.raises(ValueError, match="padded"):
        softmax.Batch(np.zeros((5, 4), np.float32), np.zeros((5, 4), np.float32), None, n_threads=1, **options)
    batch = softmax.Batch(*rows, None, n_threads=2, **options)
    with pytest.raises(ValueError, match="rank 2"):
        batch.help(2)
    good = np.array([0, 4], np.int32), np.array([0, 0]), np.array([2, 2])
    for wrong in (
        (np.array([0, 5], np.int32), *good[1:]),
        (np.array([-1, 4], np.int32), *good[1:]),
        (good[0], np.array([0, -1]), good[2]),
        (good[0], np.array([1, 0]), good[2]),
        (good[0], good[1], np.array([2, 3])),
        (good[0], good[1], np.array([0, 2])),
        (good[0], good[1], np.array([2])),
    ):
        with pytest.raises(ValueError, match="ids must lie"):
            batch.train(*wrong, 0.1, 0.1)
