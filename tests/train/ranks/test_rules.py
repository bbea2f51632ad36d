"""How the changes of many ranks become one, and how they travel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastw2v.train.ranks.rows import Curvature
from fastw2v.train.ranks.rules import one_change
from fastw2v.train.ranks.timetable import Timetable, timetable_for
from fastw2v.train.ranks.wire import WIRES, packed, unpacked


def some_curvature(vector_size: int, rng: np.random.Generator) -> Curvature:
    axes = np.linalg.qr(rng.standard_normal((vector_size, vector_size)))[0]
    return Curvature(axes.astype(np.float32), rng.exponential(1.0, vector_size))


@given(st.integers(1, 300), st.floats(1e-3, 1e5), st.integers(0, 10**6))
def test_between_the_mean_and_the_sum(n_ranks: int, updates: float, seed: int) -> None:
    """Along each axis: never farther than the sum, never less than the mean over those who touched the row."""
    rng = np.random.default_rng(seed)
    curvature = some_curvature(6, rng)
    total = rng.standard_normal((3, 6)).astype(np.float32)
    change = one_change(total, np.full(3, n_ranks), np.full(3, updates), 0.025, curvature)
    ratio = (change @ curvature.axes) / (total @ curvature.axes)
    assert (ratio <= 1 + 1e-2).all()
    assert (ratio >= (1 - 1e-2) / n_ranks).all()


@pytest.mark.parametrize("n_ranks", [2, 8, 64, 256])
@pytest.mark.parametrize("updates", [1, 30, 1000, 10**6])
def test_as_if_one_by_one(n_ranks: int, updates: int) -> None:
    """A quadratic loss: ranks that start from one value and are merged end where one that does all updates ends.

    The sum diverges where each rank closes much of the error, the mean is slow where each closes little.
    """
    rng = np.random.default_rng(n_ranks + updates)
    curvature, alpha = some_curvature(4, rng), 0.01
    error = rng.standard_normal(4)  # of the row, from its best value
    along = error @ curvature.axes
    one_rank = -along * -np.expm1(-alpha * curvature.along * updates)
    total = n_ranks * (curvature.axes @ one_rank)[None].astype(np.float32)
    change = one_change(total, np.array([n_ranks]), np.array([n_ranks * float(updates)]), alpha, curvature)[0]
    one_by_one = -along * -np.expm1(-alpha * curvature.along * updates * n_ranks)
    assert change @ curvature.axes == pytest.approx(one_by_one, abs=0.02 * float(np.abs(along).max()))


def test_a_rank_that_changed_nothing_does_not_make_the_change_smaller() -> None:
    curvature = Curvature(np.eye(2, dtype=np.float32), np.array([1.0, 1.0]))
    total = np.array([[1.0, 2.0]], np.float32)
    assert one_change(total, np.array([1]), np.array([1e6]), 0.025, curvature).tolist() == total.tolist()


@pytest.mark.parametrize("wire", WIRES)
@given(seed=st.integers(0, 10**6), n_rows=st.integers(0, 70))
def test_rows_arrive_as_they_were_sent(wire: str, seed: int, n_rows: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n_rows, 5)).astype(np.float32)
    rows[rng.random(n_rows) < 0.3] = 0
    found, changed = unpacked(packed(rows, rows.any(axis=1), wire), n_rows, 5, wire)
    assert changed.tolist() == rows.any(axis=1).tolist()
    bits = {"float32": 24, "float16": 11, "bfloat16": 8}[wire]
    np.testing.assert_allclose(found, rows[changed], rtol=2.0**-bits, atol=1e-7)


def test_a_number_that_is_too_large_for_the_wire_is_not_finite() -> None:
    """Such weights have diverged, which is found; a wrong number would not be."""
    rows = np.full((1, 2), 1e30, np.float32)
    assert np.isinf(unpacked(packed(rows, np.ones(1, bool), "float16"), 1, 2, "float16")[0]).all()


def test_hot_rows_are_exchanged_often_and_all_rows_now_and_then() -> None:
    timetable = Timetable(words=100, tiers=4)
    when = [0] * 4
    found = []
    for words in range(0, 3201, 50):
        tier = timetable.due([words - last for last in when])
        if tier is not None:
            when[tier:] = [words] * (4 - tier)
            found.append(tier)
    assert [found.count(tier) for tier in range(4)] == [4, 4, 8, 16]


def test_a_short_training_is_exchanged_often_enough() -> None:
    for n_words, size in ((10**5, 2), (10**8, 8), (10**12, 64)):
        timetable = timetable_for(2 * 10**5, n_words, size)
        full = timetable.words * 2 ** (timetable.tiers - 1)
        assert full <= n_words / (8 * size)
        assert full <= 100 * 2 * 10**5 * size
