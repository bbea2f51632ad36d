"""The device code, played on the processor, does what the oracle does: in every mode, for rows of any length."""

from __future__ import annotations

import ctypes
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kernel_runs import KEY, Job, KernelRun, Result, assert_close, initial_weights, lock_of, oracle_result
from support.played_card import PlayedCard, play
from support.strategies import MODES, ChunkCase, Mode, chunks

from fastw2v import _kernels
from fastw2v.cuda import structs
from fastw2v.cuda.options import Options
from fastw2v.cuda.plan import CardPlan, Plan
from fastw2v.cuda.rounds import IdStore, Rounds, flagged
from fastw2v.train.noise import alias_table, keep_thresholds
from fastw2v.train.reference import Weights, numeric_gradient

TILES = {1: 6, 3: 5, 8: 2}  # rows of a tile, by the parts of 128 numbers that a row has


def fixed_chunk(n_words: int = 20, lengths: tuple[int, ...] = (30, 0, 1, 2, 300), seed: int = 3) -> ChunkCase:
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, n_words + 1)
    ids = rng.choice(n_words, sum(lengths), p=share / share.sum()).astype(np.int32)
    offsets = np.cumsum([0, *lengths], dtype=np.int64)
    return ChunkCase(n_words, ids, offsets, np.bincount(ids, minlength=n_words).astype(np.int64) + 1)


class CardRun:
    """One chunk on the played card, from the weights of ``initial_weights``."""

    def __init__(self, job: Job, weights: Weights, real: str = "double", tile_out: int = 0) -> None:
        mode, case = job.mode, job.case
        parts = -(-job.dim // 128)
        options = Options(
            job.dim, tile_out or TILES[parts], mode.skip_gram, mode.ns, mode.hs, job.joint_context, 1, 1, 32
        )
        self.job, self.weights, self.card = job, weights, PlayedCard(real)
        self.plan = Plan(
            weights.w_in,
            weights.w_ns,
            weights.w_hs,
            keep_thresholds(case.counts, int(case.counts.sum()), job.sample) if job.sample else None,
            alias_table(case.counts, 0.75) if mode.ns else None,
            case.tree if mode.hs else None,
            lock_of(job),
            window=job.window,
            negative=job.negative if mode.ns else 0,
            cbow_mean=mode.cbow_mean,
            cbow_exact=mode.cbow_exact,
            shrink=job.shrink,
            options=options,
            flight=lambda alpha, most: 1,
        )

    def train(self, alpha: float, alpha_end: float) -> Result:
        case = self.job.case
        on_card = CardPlan(self.card, self.plan, seed=KEY["seed"], epoch=KEY["epoch"], loss_every=1, alpha=alpha)
        store = IdStore(self.card)
        rounds = Rounds(self.card, on_card, store)
        rounds.add(KEY["chunk"], flagged(case.ids, case.offsets), alpha, alpha_end)
        rounds.finish()
        totals = rounds.take_totals()
        on_card.fetch()
        for part in (rounds, on_card):
            part.close()
        store.clear()
        self.card.close()
        assert totals.n_pairs == totals.n_loss_pairs
        return Result(*self.weights[:3], totals.n_pairs, totals.loss)


def card_result(job: Job, real: str = "double", tile_out: int = 0) -> Result:
    weights = initial_weights(job, np.float64 if real == "double" else np.float32)
    return CardRun(job, weights, real, tile_out).train(job.alpha, job.alpha_end)


# ------------------------------------------------------------------------------- draws ----


def test_structs_have_the_same_size_on_both_sides() -> None:
    library = play("double", 1, 6)
    for number, struct in enumerate((structs.Settings, structs.Chunk, structs.Round)):
        assert library.size_of(number) == ctypes.sizeof(struct)
    assert library.size_of(3) == structs.PIECE


@pytest.mark.parametrize("sample", [0.0, 0.05])
@pytest.mark.parametrize("lengths", [(1100, 0, 1, 260), (0, 0), (1,), (5,) * 200, (256,), (257, 31)])
def test_a_card_draws_what_a_processor_draws(sample: float, lengths: tuple[int, ...]) -> None:
    case = fixed_chunk(50, lengths)
    job = Job(case, Mode(True, True, False), 4, window=7, negative=3, sample=sample)
    kept, border, spans, noise = KernelRun(_kernels, job, initial_weights(job, np.float32)).draws()
    n = len(case.ids)
    arrays = {name: np.full(size, -7, np.int32) for name, size in
              (("kept", n), ("left", n), ("right", n), ("border", n + 1), ("noise", 3 * n))}  # fmt: skip
    marked, counters = flagged(case.ids, case.offsets), np.zeros(5, np.uint64)
    chunk = structs.Chunk(ids=marked.ctypes.data, n_ids=n, number=KEY["chunk"])
    this_round = structs.Round(
        chunks=ctypes.addressof(chunk), n_chunks=1, n_kept=counters.ctypes.data,
        **{name: array.ctypes.data for name, array in arrays.items()},
    )  # fmt: skip
    keep, table = keep_thresholds(case.counts, int(case.counts.sum()), sample), alias_table(case.counts, 0.75)
    how = structs.Settings(
        w_ns=1, keep=keep.ctypes.data if sample else None, noise=table.ctypes.data, n_words=50, seed=KEY["seed"],
        epoch=KEY["epoch"], window=7, negative=3, shrink=1,
    )  # fmt: skip
    play("double", 1, 6).draw_chunks(ctypes.byref(how), ctypes.byref(this_round))
    assert chunk.n_kept == counters[0] == len(kept)
    assert arrays["kept"][: len(kept)].tolist() == kept
    assert arrays["noise"][: 3 * len(kept)].reshape(-1, 3).tolist() == noise
    for begin, end in pairwise(border):
        for p in range(begin, end):
            assert arrays["left"][p] == min(spans[p], p - begin)
            assert arrays["right"][p] == min(spans[p], end - 1 - p)
    for name, array in arrays.items():  # nothing is written behind the end
        assert (array[(len(kept) * (3 if name == "noise" else 1) + (name == "border")) :] == -7).all()


# ----------------------------------------------------------------------------- windows ----


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_every_mode_is_the_oracles(mode: Mode) -> None:
    for how in ({}, {"negative": 31, "window": 9, "shrink": False}, {"sample": 0.05, "window": 40}):
        job = Job(fixed_chunk(), mode, 20, alpha=0.03, alpha_end=0.01, **how)
        assert_close(card_result(job), oracle_result(_kernels, job), 1e-10)


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 31, 32, 33, 100, 127, 128, 257, 300, 383, 384, 897, 1000, 1023, 1024])
@pytest.mark.parametrize("mode", [Mode(True, True, True, locked=True), Mode(False, True, True)], ids=str)
def test_rows_of_any_length(mode: Mode, dim: int) -> None:
    job = Job(fixed_chunk(lengths=(20, 10)), mode, dim, alpha=0.03, alpha_end=0.01)
    assert_close(card_result(job), oracle_result(_kernels, job), 1e-10)


@pytest.mark.parametrize("tile_out", [1, 2, 3, 5, 6, 8])
def test_slices_of_any_size_are_one_window(tile_out: int) -> None:
    for mode in (Mode(True, True, False), Mode(True, False, True, locked=True), Mode(False, True, True)):
        job = Job(fixed_chunk(lengths=(60, 10)), mode, 9, negative=8, alpha=0.03, alpha_end=0.01)
        assert_close(card_result(job, tile_out=tile_out), oracle_result(_kernels, job), 1e-10)


@pytest.mark.parametrize("objective", [(True, False), (False, True), (True, True)], ids=["ns", "hs", "hs+ns"])
@settings(max_examples=30, deadline=None)
@given(
    case=chunks(),
    joint=st.booleans(),
    skip_gram=st.booleans(),
    window=st.sampled_from([1, 2, 5, 8, 9, 50]),
    negative=st.integers(1, 31),
    shrink=st.booleans(),
    sample=st.sampled_from([0.0, 0.05, 3.0]),
    alpha=st.floats(0, 0.1),
)
def test_any_chunk(objective, case, joint, skip_gram, window, negative, shrink, sample, alpha) -> None:
    """Few words: repeated rows, noise equal to the target and drawn again, sentences of one word and none."""
    mode = Mode(skip_gram, *objective)
    job = Job(case, mode, 12, window, negative, shrink, sample, alpha, alpha / 2, joint and skip_gram)
    assert_close(card_result(job), oracle_result(_kernels, job), 1e-9)


def test_windows_wider_than_a_warp() -> None:
    for mode in (Mode(True, True, False), Mode(True, False, True), Mode(False, True, False)):
        for joint in (False, True):
            job = Job(fixed_chunk(300, (230,)), mode, 20, 90, 3, False, 0.0, 0.03, 0.03, joint and mode.skip_gram)
            assert_close(card_result(job), oracle_result(_kernels, job), 1e-10)


def test_single_precision() -> None:
    for mode in (Mode(True, True, False), Mode(True, False, True), Mode(False, True, True)):
        job = Job(fixed_chunk(), mode, 100, alpha=0.03, alpha_end=0.01)
        assert_close(card_result(job, "float"), oracle_result(_kernels, job), 3e-6)


# ---------------------------------------------------------------------------- gradient ----

FACTOR = {(True, False): 3.0, (False, False): 1 / 3, (True, True): 1.0, (False, True): 1.0}  # (mean, exact), 3 words


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("negative", [3, 40])
def test_the_update_is_the_gradient_of_the_loss(mode: Mode, negative: int) -> None:
    """Forty noise words come in two groups, for which the oracle has another order; the gradient is the same."""
    ids = np.array([0, 1, 2, 3, 4, 1, 1, 0], dtype=np.int32)
    case = ChunkCase(5, ids, np.array([0, 4, 8]), np.bincount(ids).astype(np.int64))
    job = Job(case, mode, 3, 3, negative, False, 0.0, 0.0, 0.0)

    def run(weights: Weights, alpha: float) -> Result:
        return CardRun(job, Weights(*(None if w is None else w.copy() for w in weights[:3])), "double").train(
            alpha, alpha
        )

    weights, step = initial_weights(job, np.float64), 1e-5
    up, down = run(weights, step), run(weights, -step)
    for place, name in enumerate(("w_in", "w_ns", "w_hs")):
        matrix: Any = weights[place]
        if matrix is None:
            continue
        expected = -numeric_gradient(lambda: run(weights, 0.0).loss, matrix)
        if name == "w_in":
            lock = lock_of(job)
            expected *= 1.0 if mode.skip_gram else FACTOR[mode.cbow_mean, mode.cbow_exact]
            expected *= 1.0 if lock is None else lock[np.arange(5) % len(lock), None]
        error = np.abs((up[place] - down[place]) / (2 * step) - expected).max() / np.abs(expected).max()
        assert error < 1e-6, f"{name}: {error:.1e}"
