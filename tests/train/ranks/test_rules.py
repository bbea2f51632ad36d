"""How the changes of many ranks become one, and how they travel."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastw2v._dispatch import compiled
from fastw2v.train.ranks.communicator import Communicator
from fastw2v.train.ranks.exchange import Exchange
from fastw2v.train.ranks.local import run_ranks
from fastw2v.train.ranks.rows import Curvature, Model, axes_of, curvature_of, rows_of, samples
from fastw2v.train.ranks.rules import one_change
from fastw2v.train.ranks.timetable import Timetable, timetable_for
from fastw2v.train.ranks.wire import WIRES, packed, unpacked

_changes = compiled("fastw2v.train.ranks._changes")


def some_curvature(vector_size: int, rng: np.random.Generator) -> Curvature:
    axes = np.linalg.qr(rng.standard_normal((vector_size, vector_size)))[0]
    return axes_of((axes * rng.exponential(1.0, vector_size)) @ axes.T)


def changed_by(changes: np.ndarray, n_updates: np.ndarray, curvature: Curvature, alpha: float = 0.025) -> np.ndarray:
    """What becomes of changes, (n_ranks, n_rows, vector_size)."""
    messages = [packed(of_rank, "float32") for of_rank in changes]
    change, left = one_change(messages, n_updates.astype(float), alpha, curvature, "float32")
    found = np.zeros(changes.shape[1:], np.float32)
    rows, changed = unpacked(change, *found.shape, "float32")
    assert not left[changed].any()
    found[changed] = rows
    return found


def in_double(changes: np.ndarray, n_updates: np.ndarray, curvature: Curvature, alpha: float) -> np.ndarray:
    """The rule as the module says it, row by row."""
    found = changes.sum(axis=0, dtype=np.float64)
    for row, n_ranks in enumerate((changes != 0).any(axis=2).sum(axis=0)):
        if n_ranks:
            factor = gain(closed_by_a_rank(alpha, n_updates[row], curvature, n_ranks), n_ranks) / n_ranks
            found[row] = ((found[row] @ curvature.axes.T) * factor) @ curvature.axes
    return found


def closed_by_a_rank(alpha: float, n_updates: float, curvature: Curvature, n_ranks: int) -> np.ndarray:
    return -np.expm1(-np.maximum(alpha * max(n_updates, n_ranks) * curvature.along / n_ranks, 1e-9))


def gain(own: np.ndarray, n_ranks: int) -> np.ndarray:
    """How many ranks' changes all of them together make."""
    return np.minimum((1 - (1 - own) ** n_ranks) / own, 1 + (1 - own) ** 2 / (4 * own))


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 10**6))
def test_the_compiled_rule_is_the_rule(vector_size: int, n_ranks: int, seed: int) -> None:
    """Rows that some ranks have not changed, few and many updates: to four percent of a row's change."""
    rng = np.random.default_rng(seed)
    curvature = some_curvature(vector_size, rng)
    changes = rng.standard_normal((n_ranks, 20, vector_size)).astype(np.float32)
    changes[rng.random((n_ranks, 20)) < 0.4] = 0
    n_updates = np.exp(rng.uniform(0, 12, 20))
    found, expected = changed_by(changes, n_updates, curvature), in_double(changes, n_updates, curvature, 0.025)
    length = np.linalg.norm(changes.sum(axis=0), axis=1)
    assert (np.linalg.norm(found - expected, axis=1) <= 0.04 * length + 1e-6).all()


@given(st.integers(1, 300), st.floats(1e-3, 1e5), st.integers(0, 10**6))
def test_between_the_mean_and_the_sum(n_ranks: int, updates: float, seed: int) -> None:
    """Along each axis: never farther than the sum, never less than the mean over those who touched the row."""
    rng = np.random.default_rng(seed)
    curvature = some_curvature(6, rng)
    each = rng.standard_normal((3, 6)).astype(np.float32)
    change = changed_by(np.stack(n_ranks * [each]), np.full(3, updates), curvature)
    along, length = each @ curvature.axes.T * n_ranks, n_ranks * np.linalg.norm(each, axis=1, keepdims=True)
    found = change @ curvature.axes.T
    assert (np.abs(found) <= np.abs(along) + 0.04 * length).all()
    assert (np.abs(found) >= np.abs(along) / n_ranks - 0.04 * length).all()


@pytest.mark.parametrize("n_ranks", [2, 8, 64, 256])
@pytest.mark.parametrize("updates", [1, 30, 1000, 10**6])
def test_as_if_one_by_one(n_ranks: int, updates: int) -> None:
    """A quadratic loss: ranks that start from one value are merged where one that does all updates ends, or before.

    Before, where they would overshoot as they hear of each other an exchange later. The sum diverges where each rank
    closes much of the error, the mean is slow where each closes little.
    """
    rng = np.random.default_rng(n_ranks + updates)
    curvature, alpha = some_curvature(4, rng), 0.01
    error = rng.standard_normal(4)  # of the row, from its best value
    along = curvature.axes @ error
    one_rank = (-along * -np.expm1(-alpha * curvature.along * updates) @ curvature.axes).astype(np.float32)
    changes = np.tile(one_rank, (n_ranks, 1, 1))
    change = changed_by(changes, np.array([n_ranks * float(updates)]), curvature, alpha)[0]
    one_by_one = along * np.expm1(-alpha * curvature.along * updates * n_ranks)
    own = closed_by_a_rank(alpha, n_ranks * float(updates), curvature, n_ranks)
    one_by_one *= np.minimum(gain(own, n_ranks) * own / -np.expm1(-alpha * curvature.along * updates * n_ranks), 1)
    assert curvature.axes @ change == pytest.approx(one_by_one, abs=0.04 * float(np.linalg.norm(n_ranks * one_rank)))


@pytest.mark.parametrize("n_ranks", [2, 8, 64, 256])
@pytest.mark.parametrize("closed", [0.001, 0.03, 0.3, 1.0, 30.0])
@pytest.mark.parametrize("wrong", [0.25, 1.0, 2.0, 3.5])
def test_exchanges_under_way_do_not_overshoot(n_ranks: int, closed: float, wrong: float) -> None:
    """Ranks go on training while an exchange is under way: the error of a quadratic loss falls all the same.

    Also where the curvature is up to four times what was measured: input and output rows, which move together, alone
    make it twice as much. Without damping it grows from one exchange to the next.
    """
    curvature, alpha, errors = axes_of(np.eye(1)), 0.01, [1.0]
    n_updates = closed / alpha * n_ranks
    own = -np.expm1(-closed * wrong)  # what a rank really closes
    under_way = 0.0
    for _ in range(60):
        changes = np.full((n_ranks, 1, 1), under_way, np.float32)
        made = changed_by(changes, np.array([n_updates]), curvature, alpha)[0, 0] if under_way else 0.0
        under_way = own * (errors[-1] - under_way)
        errors.append(errors[-1] - float(made))
    assert max(np.abs(errors)) <= 1.001
    assert abs(errors[-1]) <= max(0.05, (1 - own) ** 50)


def test_a_rank_that_changed_nothing_does_not_make_the_change_smaller() -> None:
    change = np.array([[[1.0, 2.0]], [[0.0, 0.0]]], np.float32)
    assert changed_by(change, np.array([1e6]), axes_of(np.eye(2))).tolist() == [[1.0, 2.0]]


@given(st.integers(1, 70), st.integers(0, 10**6))
def test_the_axes_are_eigenvectors(size: int, seed: int) -> None:
    """To a part in 50, also of matrices with fewer directions than they have rows, of zeros, and from near axes."""
    rng = np.random.default_rng(seed)
    some = rng.standard_normal((int(rng.integers(0, size + 1)), size)) * np.exp(rng.uniform(-5, 1, size))
    before, mean = None, some.T @ some
    for _ in range(int(rng.integers(0, 20))):
        other = some + 0.1 * rng.standard_normal(some.shape)
        before = axes_of(other.T @ other, before)
    found, scale = axes_of(mean, before), max(float(np.abs(mean).max()), 1e-30)
    assert (np.diff(found.along) <= 0).all()
    np.testing.assert_allclose(found.along / scale, np.linalg.eigvalsh(mean)[::-1] / scale, atol=2e-2)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(size), atol=1e-4)
    np.testing.assert_allclose(found.axes @ mean @ found.axes.T / scale, np.diag(found.along / scale), atol=2e-2)


@pytest.mark.parametrize("wire", WIRES)
@given(seed=st.integers(0, 10**6), n_rows=st.integers(0, 70))
def test_rows_arrive_as_they_were_sent(wire: str, seed: int, n_rows: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n_rows, 5)).astype(np.float32)
    rows[rng.random(n_rows) < 0.3] = 0
    found, changed = unpacked(packed(rows, wire), n_rows, 5, wire)
    assert changed.tolist() == rows.any(axis=1).tolist()
    bits = {"float32": 24, "float16": 11, "bfloat16": 8}[wire]
    np.testing.assert_allclose(found, rows[changed], rtol=2.0**-bits, atol=1e-7)


@pytest.mark.parametrize("wire", WIRES)
def test_a_number_that_is_too_large_for_the_wire_is_not_finite(wire: str) -> None:
    """Such weights have diverged, which is found; a wrong number would not be."""
    rows = np.array([[1e30, -1e30], [np.nan, -np.nan]], np.float32)
    found = unpacked(packed(rows, wire), 2, 2, wire)[0]
    assert not np.isfinite(found[1]).any()
    assert wire != "float16" or np.isinf(found[0]).all()


def test_half_numbers_are_numpys() -> None:
    """Ties, subnormal numbers, signs of zeros and infinity."""
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    exact = halves[np.isfinite(halves)].astype(np.float32)
    between = np.sort(exact)
    between = (between[:-1] + between[1:]) / 2
    rows = np.concatenate([exact, between, np.nextafter(between, 1), [65519, 65520, 1e-9, -1e-9]]).astype(np.float32)
    found = unpacked(packed(rows[:, None].repeat(9, axis=1), "float16"), len(rows), 9, "float16")  # vectors, and a rest
    with np.errstate(over="ignore"):
        expected = rows.astype(np.float16).astype(np.float32)
    assert np.array_equal(found[0], expected[rows != 0][:, None].repeat(9, axis=1))


@pytest.mark.parametrize("cut", [0, 7, 9, 100])
def test_a_message_that_was_cut_is_an_error(cut: int) -> None:
    """Nothing is read behind the end of it."""
    module, message = compiled("fastw2v.train.ranks._changes"), packed(np.ones((10, 3), np.float32), "float32")
    rows, numbers = np.arange(10), np.zeros((10, 3), np.float32)
    with pytest.raises(ValueError, match="a message of"):
        module.take_over(numbers, numbers.copy(), rows, WIRES["float32"], message[:cut], message)
    with pytest.raises(ValueError, match="a message of"):
        module.take_over(numbers, numbers.copy(), rows, WIRES["float32"], message, message[:cut])
    with pytest.raises(ValueError, match="a message of"):
        one_change([message, message[:cut]], np.ones(10), 0.025, axes_of(np.eye(3)), "float32")


@given(st.integers(0, 3000), st.integers(1, 9), st.integers(1, 5), st.integers(0, 1000))
def test_hot_rows_are_exchanged_often_and_all_rows_now_and_then(n_rows: int, size: int, tiers: int, seed: int) -> None:
    """Of all owners together, each row comes up as often as its tier says; a fourth of the rows twice as often."""
    timetable = Timetable(words=100, tiers=tiers)
    order = np.random.default_rng(seed).permutation(n_rows)
    found, once = np.zeros(n_rows, int), np.zeros(n_rows, int)
    for part, owner in product(range(timetable.n_parts), range(size)):
        rows = timetable.rows(order, part, owner, size)
        assert np.isin(timetable.rows(order, part, owner, size, once=True), rows).all()
        found[rows] += 1
        once[timetable.rows(order, part, owner, size, once=True)] += 1
    assert (once == 1).all()
    assert found.tolist() == (1 << timetable.tiers_of(order)).tolist()
    assert (np.diff(found[order]) <= 0).all()
    for tier in range(1, tiers):
        assert n_rows // 4**tier <= np.count_nonzero(found >= 1 << tier) < n_rows // 4**tier + 16


def test_all_exchanges_are_as_long() -> None:
    """None keeps training waiting, and what one needs of memory serves all."""
    timetable, order = Timetable(words=100, tiers=4), np.arange(100_000)
    n_rows = [len(timetable.rows(order, part, owner, 2)) for part, owner in product(range(8), range(2))]
    assert max(n_rows) - min(n_rows) <= 4 * 16


def test_a_short_training_is_exchanged_often_enough() -> None:
    for n_words, size in ((10**5, 2), (10**8, 8), (10**12, 64)):
        timetable = timetable_for(2 * 10**5, n_words, size, balanced=True)
        full = timetable.words * timetable.n_parts
        assert full <= n_words / min(32 * size * (size - 1) / 2, 256)
        assert full <= 100 * 2 * 10**5 * size


def test_where_no_balance_is_given_back_twice_as_often() -> None:
    found = [timetable_for(2 * 10**5, 10**8, 2, balanced=balanced) for balanced in (True, False)]
    assert found[0].words // 2 == found[1].words


def test_many_ranks_of_a_long_training_are_not_exchanged_more_often_than_few() -> None:
    """Or exchanges would take all of the time: each rank trains the less between two of them, the more there are."""
    of_eight, of_more = (timetable_for(2 * 10**9, 10**12, size, balanced=True) for size in (8, 1000))
    assert of_more == of_eight


def test_words_count_as_much_as_their_learning_rate() -> None:
    """A rate that falls to nothing over the training: half of the exchanges that a constant rate has."""

    def n_exchanges(rate: Callable[[int], float]) -> int:
        def task(ranks: Communicator) -> int:
            exchange = Exchange(ranks, Timetable(words=100, tiers=1), "float32", 1)
            matrix = rows_of(np.zeros((4, 2), np.float32), np.ones(4))
            model = Model(
                matrix, matrix, None, 5, 6.0, skip_gram=True, cbow_mean=True, cbow_exact=False, kept_share=1.0
            )
            exchange.follow(model, 0, n_threads=1)
            for words in range(10, 10_001, 10):
                if exchange.is_due(words, rate(words)):
                    exchange.finish()
                    exchange.begin(words, rate(words))
            exchange.finish()
            return exchange.costs.n_exchanges

        return run_ranks(1, task)[0]

    assert n_exchanges(lambda words: 0.025) == 100
    assert n_exchanges(lambda words: 0.025 * (1 - words / 10_000)) == pytest.approx(50, abs=2)
    assert n_exchanges(lambda words: 0.0) == 100


@pytest.mark.parametrize("vector_size", [4, 20, 100])
@pytest.mark.parametrize(("skip_gram", "length"), [(True, 1.0), (True, 30.0), (False, 1.0)])
def test_no_axis_is_much_steeper_than_was_measured(vector_size: int, skip_gram: bool, length: float) -> None:
    """Errors grow where the curvature is four times what was taken (``rules``), and it is taken from a sample.

    Where the balance is given back, also for a row whose products are all near 0, where the sigmoid is steepest, in a
    table whose others are not, and with both sides of an error.
    """
    rng = np.random.default_rng(1)
    n_rows, n_context = 5000, 4
    scales = np.geomspace(0.1, 0.01, vector_size)
    x, o = ((rng.standard_normal((n_rows, vector_size)) * scales + 0.02) * length for _ in range(2))
    rate = 1.0 / np.arange(1, n_rows + 1)
    share = rate / rate.sum()
    model = Model(
        rows_of(x.astype(np.float32), share * n_context), rows_of(o.astype(np.float32), share * 6), None,
        negative=5, n_context=n_context, skip_gram=skip_gram, cbow_mean=True, cbow_exact=False, kept_share=1.0,
    )  # fmt: skip
    mean = share @ x
    met_by_outputs = (x * share[:, None]).T @ x
    if not skip_gram:  # by the mean of a context
        met_by_outputs = met_by_outputs / n_context + np.outer(mean, mean) * (1 - 1 / n_context)
    slope, n_inputs = (2 / 4, n_context) if skip_gram else (1 / 4, 1)
    wanted = [slope * 6 * (o * share[:, None]).T @ o, slope * n_inputs * met_by_outputs]
    for _ in range(5):
        for exact, sample in zip(wanted, samples(model, rng), strict=True):
            found = curvature_of(sample)
            back = found.axes.astype(np.float64).T / np.sqrt(np.maximum(found.along, 1e-12))
            steepness = np.linalg.eigvalsh(back.T @ exact @ back)  # along each axis, over what was measured
            assert steepness[0] > 0.55
            assert steepness[-1] < 1.9


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("size", [1, 7, 16, 40])
def test_at_a_glance_what_rounding_has_left_is_no_change(wire: str, size: int) -> None:
    """It stays in the row, and is found when all is compared; what is no number is a change."""
    rng = np.random.default_rng(size)
    rounding = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}[wire]
    base = rng.normal(size=(6, size)).astype(np.float32)
    base[3] = 0
    weights = base.copy()
    weights[0] += base[0] * np.float32(rounding / 4)
    weights[1] += base[1] * np.float32(rounding * 4)
    weights[2, 0] = np.nan
    weights[3] = 1e-12
    weights[4, 0] = np.inf
    out = np.zeros(_changes.most_bytes(6, size, WIRES[wire]), np.uint8)

    def changed(at_a_glance: bool) -> list[int]:
        _changes.form(weights, base, np.arange(6), WIRES[wire], out, at_a_glance)
        return [row for row in range(6) if out[0] >> row & 1]

    assert changed(at_a_glance=True) == [1, 2, 3, 4]
    assert changed(at_a_glance=False) == [0, 1, 2, 3, 4] if wire != "float32" else [1, 2, 3, 4]
