"""Whole chunks: the kernels do what the oracle does, draw for draw, in every mode and instruction set."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kernel_runs import (
    KEY,
    Job,
    KernelRun,
    assert_close,
    initial_weights,
    kernel_result,
    oracle_positions,
    oracle_result,
    own_error,
)
from support.strategies import DIMENSIONS, MODES, ChunkCase, Mode, chunks, dimensions

from fastw2v.train.noise import noise_weights


def fixed_chunk(n_words: int = 20, lengths: tuple[int, ...] = (30, 0, 1, 2, 17), seed: int = 3) -> ChunkCase:
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, n_words + 1)
    ids = rng.choice(n_words, sum(lengths), p=share / share.sum()).astype(np.int32)
    offsets = np.cumsum([0, *lengths], dtype=np.int64)
    return ChunkCase(n_words, ids, offsets, np.bincount(ids, minlength=n_words).astype(np.int64) + 1)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_every_mode_in_double(kernels, mode):
    for dim in DIMENSIONS:
        job = Job(fixed_chunk(), mode, dim)
        assert_close(kernel_result(kernels, job, np.float64), oracle_result(kernels, job), 1e-11)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_every_mode_in_single(kernels, mode):
    """Where context words meet a step may be off by alpha / 64 (math.md section 8): a small alpha shows the rest."""
    for dim in (1, 7, 50, 67):
        for alpha, tolerance in ((0.002, 3e-6), (0.05, 0.05 / 64 if mode.skip_gram else 1e-5)):
            job = Job(fixed_chunk(), mode, dim, alpha=alpha, alpha_end=alpha / 5)
            assert_close(kernel_result(kernels, job, np.float32), oracle_result(kernels, job), tolerance)


@settings(max_examples=80, deadline=None)
@given(
    case=chunks(),
    mode=st.sampled_from(MODES),
    dim=dimensions,
    window=st.integers(1, 9) | st.sampled_from([(9, 0), (0, 9), (1, 0), (0, 1), (2, 7), (7, 2), (300, 3)]),
    negative=st.integers(1, 27),
    shrink=st.booleans(),
    sample=st.sampled_from([0.0, 0.05, 3.0]),
    alpha=st.floats(0, 0.3),  # far above it the loop itself is chaotic
    locks=st.booleans(),
)
def test_any_chunk_in_any_mode(kernels, case, mode, dim, window, negative, shrink, sample, alpha, locks):
    job = Job(case, mode, dim, window, negative, shrink, sample, alpha, alpha / 2, locks_outputs=locks)
    expected = oracle_result(kernels, job)
    assert_close(kernel_result(kernels, job, np.float64), expected, 1e-9 + 10 * own_error(job, expected, kernels))


def test_a_chunk_whose_first_steps_are_chaotic(kernels):
    """A learning rate that differs in its last bit moves the oracle by a million times that."""
    ids, offsets = np.array([0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0], np.int32), np.array([0, 9, 17])
    case = ChunkCase(5, ids, offsets, np.array([15, 3, 2, 1, 1]))
    mode = Mode(False, True, True, cbow_mean=False, cbow_exact=True)
    job = Job(case, mode, 1, window=4, negative=23, shrink=False, alpha=0.21875, alpha_end=0.21875 / 2)
    expected = oracle_result(kernels, job)
    moved = own_error(job, expected, kernels)
    assert 1e-9 < moved < 1e-6
    assert_close(kernel_result(kernels, job, np.float64), expected, 1e-9 + 10 * moved)


@pytest.mark.parametrize("objective", [(True, False), (False, True)], ids=["ns", "hs"])
@pytest.mark.parametrize("skip_gram", [True, False], ids=["sg", "cbow"])
def test_saturated_scores_still_learn(kernels, skip_gram, objective):
    job = Job(fixed_chunk(), Mode(skip_gram, *objective), 30, alpha=1e-3, alpha_end=1e-3, scale=40.0)
    assert_close(kernel_result(kernels, job, np.float64), oracle_result(kernels, job), 1e-9)
    assert_close(kernel_result(kernels, job, np.float32), oracle_result(kernels, job), 1e-5)


def test_learning_rate_falls_along_a_long_chunk(kernels):
    job = Job(fixed_chunk(50, (400, 300, 500)), Mode(True, True, False), 10, alpha=0.05, alpha_end=0.0)
    assert_close(kernel_result(kernels, job, np.float64), oracle_result(kernels, job), 1e-9)


def test_large_vocabulary_with_long_paths_and_many_noise_words(kernels):
    for mode in (Mode(True, True, False), Mode(True, False, True), Mode(False, True, True)):
        job = Job(fixed_chunk(3000, (200,)), mode, 20, window=10, negative=25, alpha=0.05, alpha_end=0.05)
        assert_close(kernel_result(kernels, job, np.float64), oracle_result(kernels, job), 1e-9)


@pytest.mark.parametrize("joint", [False, True], ids=["one-by-one", "joint"])
@pytest.mark.parametrize("objective", [(True, False), (False, True), (True, True)], ids=["ns", "hs", "hs+ns"])
@settings(max_examples=25, deadline=None)
@given(
    n_words=st.sampled_from([2, 3, 10, 100, 1000]),
    exponent=st.floats(0, 3),
    length=st.integers(2, 60),
    window=st.sampled_from([1, 2, 5, 8, 9, 50, 1_000_000]),
    negative=st.integers(1, 40),
    alpha=st.floats(0, 0.1),
    scale=st.sampled_from([0.3, 1.0, 3.0]),
)
def test_any_vocabulary_takes_the_one_by_one_order(
    kernels, joint, objective, n_words, exponent, length, window, negative, alpha, scale
):
    """Dominant tokens, repeated words, wide windows, many noise words: exactly in double, by the bound in single."""
    rng = np.random.default_rng([n_words, length, negative])
    share = np.arange(1, n_words + 1) ** -exponent
    ids = rng.choice(n_words, length, p=share / share.sum()).astype(np.int32)
    case = ChunkCase(n_words, ids, np.array([0, length]), np.bincount(ids, minlength=n_words).astype(np.int64) + 1)
    job = Job(case, Mode(True, *objective), 20, window, negative, False, 0.0, alpha, alpha, joint, scale)
    expected = oracle_result(kernels, job)
    assert_close(kernel_result(kernels, job, np.float64), expected, 1e-9)
    single = kernel_result(kernels, job, np.float32)
    for found, matrix in zip(single[:3], expected[:3], strict=True):
        if matrix is not None:
            moved = max(1.0, float(np.abs(matrix).max()))
            assert np.abs(found - matrix).max() < 0.05 * moved


def test_more_noise_words_than_the_pool_has(kernels):
    for negative in (511, 512, 513, 1500):
        job = Job(fixed_chunk(1000, (40,)), Mode(True, True, False), 4, 3, negative, alpha=0.01, alpha_end=0.01)
        assert_close(kernel_result(kernels, job, np.float64), oracle_result(kernels, job), 1e-9)


def test_the_work_grows_with_the_noise_words_and_not_with_their_square(kernels):
    job = Job(fixed_chunk(5, (250,)), Mode(False, True, False), 1, 1, 50_000)
    run = KernelRun(kernels, job, initial_weights(job, np.float32))
    begin = time.process_time()
    run.train(0.025, 0.025)
    assert time.process_time() - begin < 10  # half a second; comparing each with each took minutes


def test_wide_windows_are_trained_in_blocks(kernels):
    for mode in (Mode(True, True, False), Mode(True, False, True), Mode(False, True, False)):
        job = Job(fixed_chunk(300, (230,)), mode, 20, window=90, negative=3, alpha=0.05, alpha_end=0.05)
        assert_close(kernel_result(kernels, job, np.float64), oracle_result(kernels, job), 1e-9)


def test_draws_do_not_depend_on_the_instruction_set(kernels):
    from fastw2v import _kernels

    job = Job(fixed_chunk(100, (600, 300)), Mode(True, True, False), 8, sample=0.01)
    weights = initial_weights(job, np.float32)
    assert KernelRun(kernels, job, weights).draws() == KernelRun(_kernels, job, weights).draws()


def test_draws_follow_their_distributions(kernels):
    """Spans uniform in 1 .. window; noise by the alias table; words kept with the right frequency."""
    case = fixed_chunk(10, (20_000,))
    job = Job(case, Mode(True, True, False), 4, window=4, negative=3, sample=0.1)
    kept, borders, spans, noise = KernelRun(kernels, job, initial_weights(job, np.float32)).draws()
    np.testing.assert_allclose(np.bincount(spans, minlength=5)[1:] / len(spans), 0.25, atol=0.02)
    expected = case.counts**0.75 / np.sum(case.counts**0.75)
    np.testing.assert_allclose(np.bincount(np.ravel(noise), minlength=10) / (3 * len(noise)), expected, atol=0.01)
    share = case.counts / case.counts.sum()
    keep = np.minimum((np.sqrt(share / 0.1) + 1) * 0.1 / share, 1)
    found = np.bincount(kept, minlength=10) / np.bincount(case.ids, minlength=10)
    np.testing.assert_allclose(found, keep, atol=0.03)
    assert borders == [0, len(kept)]
    assert len(oracle_positions(job, kept, borders, spans)) == len(kept)


def test_each_side_of_a_window_is_uniform(kernels):
    job = Job(fixed_chunk(10, (20_000,)), Mode(True, True, False), 4, window=(4, 3))
    spans = np.array(KernelRun(kernels, job, initial_weights(job, np.float32)).draws()[2])
    for side, widest in zip(spans.T, (4, 3), strict=True):
        np.testing.assert_allclose(np.bincount(side, minlength=widest + 1)[1:] / len(side), 1 / widest, atol=0.02)
    one_sided = Job(fixed_chunk(10, (2000,)), Mode(True, True, False), 4, window=(0, 4))
    spans = np.array(KernelRun(kernels, one_sided, initial_weights(job, np.float32)).draws()[2])
    assert set(spans[:, 0]) == {0}
    assert set(spans[:, 1]) == {1, 2, 3, 4}


def test_two_equal_sides_are_one_window(kernels):
    jobs = [Job(fixed_chunk(), Mode(True, True, True), 20, window=window) for window in (4, (4, 4))]
    one, two = (kernel_result(kernels, job, np.float32) for job in jobs)
    for a, b in zip(one[:3], two[:3], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("mode", [mode for mode in MODES if not mode.locked], ids=str)
def test_output_rows_that_are_locked_stay_to_the_bit(kernels, mode):
    job = Job(fixed_chunk(), mode, 33, window=9, negative=14)
    weights, before = initial_weights(job, np.float32), initial_weights(job, np.float32)
    zeros = np.zeros(1, np.float32)
    locks = {"lock_ns": zeros if mode.ns else None, "lock_hs": zeros if mode.hs else None}
    KernelRun(kernels, job, weights, **locks).train(0.05, 0.05)
    for found, old in ((weights.w_ns, before.w_ns), (weights.w_hs, before.w_hs)):
        if old is not None:
            np.testing.assert_array_equal(found, old)
    assert np.abs(weights.w_in - before.w_in).max() > 1e-4


def test_locks_and_what_they_cannot_go_with(kernels):
    job = Job(fixed_chunk(), Mode(True, True, False), 4)
    weights, lock = initial_weights(job, np.float32), np.zeros(1, np.float32)
    with pytest.raises(ValueError, match="joint"):
        KernelRun(kernels, job._replace(joint_context=True), weights, lock_ns=lock)
    with pytest.raises(ValueError, match="at least one"):
        KernelRun(kernels, job, weights, lock_ns=lock[:0])
    for window in ((0, 0), (-1, 3), 0):
        with pytest.raises(ValueError, match="window"):
            KernelRun(kernels, job._replace(window=window), weights)


def test_noise_of_a_large_vocabulary(kernels):
    """Neighbouring positions draw from few rows, which change along the chunk; all chunks together from all."""
    case = fixed_chunk(4000, (6000,))
    job = Job(case, Mode(True, True, False), 4, negative=5)
    run = KernelRun(kernels, job, initial_weights(job, np.float32))
    free = np.random.default_rng(0).choice(4000, (256, 5), p=noise_weights(case.counts, 0.75))
    total = np.zeros(4000)
    for chunk in range(60):
        noise = np.array(run.draws(chunk=chunk)[3])
        total += np.bincount(noise.ravel(), minlength=4000)
    blocks = [np.unique(noise[first : first + 256]) for first in range(0, 5888, 256)]
    assert max(map(len, blocks)) < 0.8 * len(np.unique(free))
    assert len(np.intersect1d(blocks[0], blocks[4])) < 0.5 * len(blocks[0])
    expected = noise_weights(case.counts, 0.75)
    found = total / total.sum()
    # in tenths of the vocabulary, since the rows of an arc are drawn or missed together
    tenths = np.arange(4000) // 400
    np.testing.assert_allclose(np.bincount(tenths, found), np.bincount(tenths, expected), rtol=0.03)
    assert np.corrcoef(found, expected)[0, 1] > 0.99


def test_a_chunk_can_be_stopped(kernels):
    job = Job(fixed_chunk(50, (400, 300, 500)), Mode(True, True, False), 10)
    weights = initial_weights(job, np.float32)
    before = weights.w_in.copy()
    run = KernelRun(kernels, job, weights)
    run.scratch.stop()
    with pytest.raises(InterruptedError):
        run.train(0.1, 0.1)
    np.testing.assert_array_equal(weights.w_in, before)


@pytest.mark.parametrize("dim", [1, 8, 100])
def test_a_vocabulary_of_one_word(kernels, dim):
    """The buffer of an array with one row says nothing about the row's padding."""
    job = Job(fixed_chunk(1, (20,)), Mode(True, True, False), dim)
    assert_close(kernel_result(kernels, job, np.float64), oracle_result(kernels, job), 1e-9)


def wide_run(kernels, shrink: bool = True) -> KernelRun:
    """Twenty thousand words, all equally frequent, and windows as wide: draws that are made alike would be equal."""
    case = fixed_chunk(20_000, (1024,))._replace(counts=np.ones(20_000, dtype=np.int64))
    job = Job(case, Mode(True, True, False), 2, window=20_000, negative=5, shrink=shrink)
    return KernelRun(kernels, job, initial_weights(job, np.float32))


def test_noise_words_and_window_sizes_come_from_streams_of_their_own(kernels):
    _, _, spans, noise = wide_run(kernels).draws()
    reduced = 20_000 - np.array(spans)
    assert np.isin(np.ravel(noise), reduced).mean() < 0.2  # by chance 5 %; of one stream, all
    assert wide_run(kernels, shrink=False).draws()[3] == noise


def test_a_block_draws_half_of_its_noise_words_from_the_pool_of_the_block_before(kernels):
    """Words then stay in a core's cache for two blocks; the new half alone was worse, the old half alone as well."""
    noise = np.array(wide_run(kernels).draws()[3]).reshape(4, -1)  # (blocks of 256 positions, draws)
    for block in (1, 2, 3):
        assert 0.35 < np.isin(noise[block], noise[block - 1]).mean() < 0.65
    assert np.isin(noise[2], noise[0]).mean() < 0.1


def test_the_loss_is_taken_from_every_nth_position(kernels):
    case = fixed_chunk(50, (400, 300))
    job = Job(case, Mode(True, True, False), 8)
    run = KernelRun(kernels, job, initial_weights(job, np.float64))
    options = {**KEY, "alpha": 0.0, "alpha_end": 0.0}
    pairs, losses = [], []
    for every in (1, 7):
        _, n_pairs, loss, n_loss_pairs = kernels.train_chunk(
            run.plan, run.scratch, case.ids, case.offsets, **options, loss_every=every
        )
        pairs.append((n_pairs, n_loss_pairs))
        losses.append(loss / n_loss_pairs)
    assert pairs[0][0] == pairs[0][1] == pairs[1][0]
    assert abs(pairs[1][1] - pairs[0][0] / 7) < 60
    assert losses[1] == pytest.approx(losses[0], rel=0.3)
    assert losses[1] != losses[0]


@pytest.mark.parametrize("skip_gram", [True, False])
@pytest.mark.parametrize("parts", [[1.0], [0.5, 1.0], [0.0, 0.31, 0.3, 0.999, 2.0]])
def test_a_chunk_in_parts_is_the_chunk(kernels, skip_gram, parts):
    """To the bit: ranks of several machines exchange rows between the parts."""
    job = Job(fixed_chunk(50, (400, 300, 500)), Mode(skip_gram, True, True), 20)
    whole, in_parts = (KernelRun(kernels, job, initial_weights(job, np.float32)) for _ in range(2))
    expected = whole.train(0.1, 0.01)
    where = in_parts.plan, in_parts.scratch
    kernels.start_lane(*where, job.case.ids, job.case.offsets, **KEY, alpha=0.1, alpha_end=0.01)
    for part in parts:
        kernels.walk_lane(*where, part)
    assert kernels.end_lane(*where) == expected
    for one, other in zip(whole.weights, in_parts.weights, strict=True):
        assert np.array_equal(one, other)


def test_a_walk_stops_in_the_middle_of_a_chunk(kernels):
    case = fixed_chunk(50, (3_000_000,))
    job = Job(case, Mode(True, True, False), 100)
    run = KernelRun(kernels, job, initial_weights(job, np.float32))
    timer = threading.Timer(0.3, run.scratch.stop)
    timer.start()
    begin = time.monotonic()
    with pytest.raises(InterruptedError, match="stopped"):
        run.train(0.025, 0.025)
    assert time.monotonic() - begin < 2  # the whole chunk takes longer than that on any machine of today


def test_a_walk_stops_within_a_block_of_positions(kernels):
    job = Job(fixed_chunk(5000, (250,)), Mode(True, True, False), 100, window=10, negative=100_000, shrink=False)
    run = KernelRun(kernels, job, initial_weights(job, np.float32))
    timer = threading.Timer(0.3, run.scratch.stop)
    timer.start()
    begin = time.monotonic()
    with pytest.raises(InterruptedError, match="stopped"):
        run.train(0.025, 0.025)
    assert time.monotonic() - begin < 3  # the block of them takes a minute
