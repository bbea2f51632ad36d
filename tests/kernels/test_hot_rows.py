"""Threads' copies of hot rows: what a thread does to them reaches the shared rows, and nothing is lost."""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.kernel_runs import ALPHA_BLOCK, KEY, Job, KernelRun, initial_weights
from support.strategies import ChunkCase, Mode

from fastw2v import Word2Vec
from fastw2v.train import hot_rows as hot
from fastw2v.train import reference
from fastw2v.train.hot_rows import HotRows, hot_inputs, hot_nodes, hot_words
from fastw2v.train.huffman import build_huffman
from fastw2v.train.noise import noise_weights
from fastw2v.train.weights import padded_rows

N_WORDS, HOT = 60, 20
STEP = 1e-7  # so small that updates just add up
ALPHA = 0.025
MATRICES = ["in", "ns", "hs"]
SETTINGS = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def job(matrix: str, *, skip_gram: bool = True) -> Job:
    rng = np.random.default_rng(3)
    counts = np.sort(rng.zipf(1.3, N_WORDS).clip(max=500))[::-1].astype(np.int64)
    drawn = rng.choice(N_WORDS, 2 * ALPHA_BLOCK - N_WORDS, p=counts / counts.sum())
    ids = np.concatenate([np.arange(N_WORDS), drawn]).astype(np.int32)
    case = ChunkCase(N_WORDS, ids, np.array([0, 100, len(ids)], dtype=np.int64), counts)
    return Job(case, Mode(skip_gram=skip_gram, ns=matrix != "hs", hs=matrix == "hs"), dim=20)


def copies(n: int, *, period: int = 3) -> HotRows:
    """All of them exchanged in every ``period``-th tick."""
    start = np.arange(hot.CYCLE + 1, dtype=np.int64) // period * n
    due = np.tile(np.arange(n, dtype=np.int32), start[-1] // n)
    return HotRows(n, 2, np.ones(n, dtype=np.float32), start, due)


def rows_of(weights: reference.Weights, matrix: str) -> np.ndarray:
    rows = getattr(weights, f"w_{matrix}")
    assert isinstance(rows, np.ndarray)
    return rows


def trained(kernels: ModuleType, matrix: str, found: HotRows | None, *, skip_gram: bool = True) -> np.ndarray:
    """What one thread does to a matrix of which it has copies."""
    weights = initial_weights(job(matrix), np.float64)
    before = rows_of(weights, matrix).copy()
    KernelRun(kernels, job(matrix, skip_gram=skip_gram), weights, **{f"hot_{matrix}": found}).train(STEP, STEP)
    return rows_of(weights, matrix) - before


def test_ticks_and_cycles_are_those_of_the_kernels(kernels: ModuleType) -> None:
    assert (kernels.HOT_TICK, kernels.HOT_CYCLE) == (hot.TICK, hot.CYCLE)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("skip_gram", [True, False])
def test_with_one_thread_copies_change_nothing(kernels: ModuleType, matrix: str, skip_gram: bool) -> None:
    every = copies(N_WORDS - (matrix == "hs"), period=1)
    plain, copied = (trained(kernels, matrix, found, skip_gram=skip_gram) for found in (None, every))
    np.testing.assert_allclose(copied, plain, rtol=1e-6, atol=1e-14)


@pytest.mark.parametrize("matrix", MATRICES)
def test_copies_of_several_threads_add_up(kernels: ModuleType, matrix: str) -> None:
    """Two threads train by turns, so that each finds its copies as they were two chunks ago."""
    one = job(matrix)
    found = []
    for rows in (None, copies(HOT)):
        weights = initial_weights(one, np.float64)
        before = rows_of(weights, matrix).copy()
        run = KernelRun(kernels, one, weights, **{f"hot_{matrix}": rows})
        threads = [run.scratch, kernels.Scratch(run.plan)]
        for chunk in range(6):
            kernels.train_chunk(
                run.plan, threads[chunk % 2], one.case.ids, one.case.offsets, **KEY | {"chunk": chunk},
                alpha=STEP, alpha_end=STEP,
            )  # fmt: skip
        found.append(rows_of(weights, matrix) - before)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-12)


def test_hot_rows_that_do_not_exist_are_refused(kernels: ModuleType) -> None:
    weights = initial_weights(job("ns"), np.float64)
    good = copies(HOT)
    for bad in (
        good._replace(n=N_WORDS + 1),
        good._replace(rate=good.rate[1:]),
        good._replace(threads=0),
        good._replace(start=good.start[1:]),
        good._replace(start=good.start + 1),
        good._replace(start=np.concatenate([good.start[:1], good.start[:0:-1]])),
        good._replace(due=good.due + np.int32(1)),
        good._replace(due=good.due - np.int32(1)),
    ):
        for matrix in ("in", "ns"):
            with pytest.raises(ValueError, match=r"hot row|tick"):
                KernelRun(kernels, job("ns"), weights, **{f"hot_{matrix}": bad})


def test_copies_of_input_rows_and_locks_exclude_each_other(kernels: ModuleType) -> None:
    weights = initial_weights(job("ns"), np.float64)
    locked = job("ns")._replace(mode=Mode(skip_gram=True, ns=True, hs=False, locked=True))
    with pytest.raises(ValueError, match="hot_in or lock"):
        KernelRun(kernels, locked, weights, hot_in=copies(HOT))


# -------------------------------------------------------------------------------- exchanging ----


class Exchange(NamedTuple):
    shared: np.ndarray
    mine: np.ndarray
    base: np.ndarray

    def by(
        self, kernels: ModuleType, axis: np.ndarray | None = None, first: float = 0, rest: float = 0, threads: int = 1
    ) -> np.ndarray:
        """The shared rows afterwards, which are the copies and the old values, too."""
        n = len(self.shared)
        rows = [padded(row) for row in self]
        line = padded(np.ones((1, self.shared.shape[1])) if axis is None else axis[None])
        kernels.exchange_rows(*rows, line, np.full(n, float(first)), np.full(n, float(rest)), threads)
        assert np.array_equal(rows[0], rows[1])
        assert np.array_equal(rows[0], rows[2])
        return rows[0]


def padded(values: np.ndarray) -> np.ndarray:
    rows: np.ndarray = padded_rows(*values.shape, np.float64)
    rows[:] = values
    return rows


def random_rows(seed: int, n: int = 6, dim: int = 20) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, dim))


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
@SETTINGS
def test_what_nobody_else_changed_is_what_one_thread_makes_of_it(kernels: ModuleType, seed: int, first: float,
                                                                 rest: float) -> None:  # fmt: skip
    base, mine = random_rows(seed), random_rows(seed + 1)
    axis = random_rows(seed + 2)[0]
    np.testing.assert_allclose(Exchange(base, mine, base).by(kernels, axis, first, rest), mine, atol=1e-12)


@given(st.integers(0, 10**6), st.floats(0, 2), st.floats(0, 2), st.integers(1, 100))
@SETTINGS
def test_an_exchange_takes_back_what_updates_would_have(
    kernels: ModuleType, seed: int, first: float, rest: float, threads: int
) -> None:
    """K = rest + (first - rest) axis axis', both at most a half and no more than this thread did there."""
    base, theirs, ours = 1e5 * random_rows(seed), random_rows(seed + 1), random_rows(seed + 2)
    axis = 7 * random_rows(seed + 3)[0]
    unit = axis / np.linalg.norm(axis)
    across = min(max(rest - 1 / threads, 0), 0.5)
    along = max(min(first, 0.5), across)
    theirs_along, ours_along = theirs @ unit, ours @ unit  # (n,)
    theirs_across, ours_across = (rows - np.outer(rows @ unit, unit) for rows in (theirs, ours))
    along = np.clip(ours_along / theirs_along, 0, along)
    across = np.clip((ours_across * theirs_across).sum(axis=1) / (theirs_across**2).sum(axis=1), 0, across)
    expected = base + theirs + ours - across[:, None] * theirs_across - np.outer(along * theirs_along, unit)
    found = Exchange(base + theirs, base + ours, base).by(kernels, axis, first, rest, threads)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@given(st.integers(0, 10**6), st.floats(0, 1))
@SETTINGS
def test_curvature_grows_with_the_rows(kernels: ModuleType, seed: int, growth: float) -> None:
    """Where the others have made a row twice as long, four times as much is taken back."""
    base = random_rows(seed)
    axis, nothing = base[0], np.zeros_like(base)
    found = Exchange((1 + growth) * base, (1 + growth) * base, base).by(kernels, axis, 0.01, 0.01)
    back = np.minimum(0.01 * (1 + growth) ** 2, 0.5)
    np.testing.assert_allclose(found[:1], ((1 + 2 * growth) * base - back * growth * base)[:1], atol=1e-9)
    np.testing.assert_allclose(Exchange(base, base, nothing).by(kernels, axis, 0.01, 0.01)[0], 1.5 * base[0])


@given(st.integers(0, 10**6), st.floats(0, 2), st.floats(0, 2))
@SETTINGS
def test_what_the_others_did_stays_where_this_thread_did_nothing(
    kernels: ModuleType, seed: int, first: float, rest: float
) -> None:
    """A curvature that is taken for too great must not undo at each exchange what others have learned."""
    base, theirs = random_rows(seed), random_rows(seed + 1)
    found = Exchange(base + theirs, base, base).by(kernels, random_rows(seed + 2)[0], first, rest)
    np.testing.assert_allclose(found, base + theirs, atol=1e-12)


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(1, 3))
@SETTINGS
def test_changes_along_a_line_count_once_where_nothing_is_known(
    kernels: ModuleType, seed: int, ours: float, theirs: float
) -> None:
    """Rows that begin at zero: along a line, no more than half of the common part is added up; across it, all is."""
    line = random_rows(seed)
    zero = np.zeros_like(line)
    found = Exchange(theirs * line, ours * line, zero).by(kernels)
    np.testing.assert_allclose(found, (ours + theirs - min(ours, theirs / 2)) * line, atol=1e-9)
    across = random_rows(seed + 1)
    across -= (across * line).sum(axis=1, keepdims=True) / (line * line).sum(axis=1, keepdims=True) * line
    np.testing.assert_allclose(Exchange(line, across, zero).by(kernels), line + across, atol=1e-9)


@given(st.integers(0, 10**6), st.integers(2, 64), st.floats(0.05, 0.9))
@SETTINGS
def test_threads_on_a_parabola_come_down(kernels: ModuleType, seed: int, n_threads: int, top: float) -> None:
    """Each closes up to all of the error between two exchanges, in its own directions: their sum would diverge."""
    rng = np.random.default_rng(seed)
    dim, best = 8, 1e3 + rng.standard_normal(8)
    closes = top * np.array([1.0, *rng.uniform(0, 0.3, dim - 1)])  # of an error, by one thread, along each axis
    axis = np.eye(dim)[0]
    first, rest = closes[0], closes[1:].max()
    shared = padded((best + rng.standard_normal(dim))[None])
    base = [padded(shared) for _ in range(n_threads)]
    mine = [padded(shared) for _ in range(n_threads)]
    worst = np.abs(shared[0] - best)
    parts = np.array([first]), np.array([rest])
    for turn in range(30 * n_threads):
        thread = turn % n_threads
        mine[thread] += closes * (best - mine[thread])
        kernels.exchange_rows(shared, mine[thread], base[thread], padded(axis[None]), *parts, 10**6)
        assert (np.abs(shared[0] - best) <= worst + 1e-9).all()
    assert np.abs(shared[0] - best)[0] < 0.5 * worst[0]


def test_the_sum_of_threads_on_a_parabola_diverges(kernels: ModuleType) -> None:
    """What the test above would find without what is taken back."""
    shared, axis, none = padded(np.full((1, 4), 1e3)), padded(np.ones((1, 4))), np.zeros(1)
    base, mine = ([padded(shared) for _ in range(16)] for _ in range(2))
    for turn in range(16 * 10):
        mine[turn % 16] += 0.5 * (999 - mine[turn % 16])
        kernels.exchange_rows(shared, mine[turn % 16], base[turn % 16], axis, none, none, 1)
    assert np.abs(shared - 999).max() > 100


def test_rows_that_do_not_fit_are_not_exchanged(kernels: ModuleType) -> None:
    rows = [padded(random_rows(i)) for i in range(3)]
    axis, parts = padded(np.ones((1, 20))), np.zeros(6)
    for bad in (
        (rows[0], rows[1], rows[2][:5], axis, parts, parts),
        (rows[0], padded(random_rows(1, dim=24)), rows[2], axis, parts, parts),
        (*rows, axis, parts[1:], parts),
        (*rows, padded(np.ones((1, 19))), parts, parts),
        (*rows, padded(np.ones((2, 20))), parts, parts),
    ):
        with pytest.raises(ValueError, match="disagree in shape"):
            kernels.exchange_rows(*bad, 2)


def test_two_threads_at_once() -> None:
    """Real threads, whose exchanges meet: nothing is lost that the loss would show."""
    rng = np.random.default_rng(8)
    sentences = [[f"w{word}" for word in rng.zipf(1.2, 30).clip(max=300)] for _ in range(5000)]
    for mode in ({"sg": 1}, {"sg": 0}, {"sg": 1, "hs": 1, "negative": 0}, {"sg": 0, "hs": 1, "negative": 0}):
        losses = [
            Word2Vec(sentences, workers=workers, vector_size=40, min_count=1, seed=2, epochs=2, **mode).loss_history[-1]
            for workers in (1, 2)
        ]
        np.testing.assert_allclose(losses[1], losses[0], rtol=0.01, err_msg=str(mode))


# ------------------------------------------------------------------------ which rows are hot ----


def test_one_thread_needs_no_copies() -> None:
    counts = np.arange(1000, 0, -1)
    kept = counts * 1e3
    tree = build_huffman(counts)
    assert hot_inputs(kept, 6.0, 1, ALPHA) is None
    assert hot_words(counts, kept, 5, 0.75, 1, ALPHA) is hot_nodes(kept, tree, 1, ALPHA) is None


def test_rows_are_hot_where_threads_wait_for_them() -> None:
    """The more threads there are, the more often another one has just changed a row."""
    counts = (1e6 / np.arange(1, 20_001)).astype(np.int64)  # Zipf
    for rows_of_threads in (
        [hot_inputs(counts * 10.0, 6.0, workers, ALPHA) for workers in (2, 4, 32)],
        [hot_words(counts, counts * 10.0, 5, 0.75, workers, ALPHA) for workers in (2, 4, 32)],
    ):
        n = [rows.n for rows in rows_of_threads if rows is not None]
        assert len(n) == 3
        assert 0 < n[0] < n[1] < n[2] <= hot.MOST_ROWS


@pytest.mark.parametrize("workers", [2, 8, 16, 32])
def test_all_threads_together_update_no_row_too_often_unseen(workers: int) -> None:
    """The root is updated in every window: by all threads no more than 128 times between two exchanges."""
    counts = (1e6 / np.arange(1, 20_001)).astype(np.int64)
    nodes = hot_nodes(counts * 10.0, build_huffman(counts), workers, ALPHA)
    assert nodes is not None
    assert nodes.rate[-1] == 1
    assert np.count_nonzero(nodes.due == nodes.n - 1) == hot.CYCLE * hot.TICK // min(hot.EVERY, 128 // workers)


@pytest.mark.parametrize("workers", [33, 256])
def test_so_many_threads_have_no_copies(workers: int) -> None:
    """Each would have to exchange the root after every window or two: that is what copies should save."""
    counts = (1e6 / np.arange(1, 20_001)).astype(np.int64)
    assert hot_nodes(counts * 10.0, build_huffman(counts), workers, ALPHA) is None
    assert hot_words(counts, counts * 10.0, 5, 0.75, workers, ALPHA) is None


@pytest.mark.parametrize("workers", [2, 8, 16, 32])
def test_a_row_is_exchanged_as_often_as_it_is_updated(workers: int) -> None:
    counts = (1e6 / np.arange(1, 20_001)).astype(np.int64)
    kept = counts * 10.0
    rows = hot_words(counts, kept, 5, 0.75, workers, ALPHA)
    assert rows is not None
    assert (rows.start[-1], len(rows.start), rows.threads) == (len(rows.due), hot.CYCLE + 1, workers)
    np.testing.assert_allclose(rows.rate, (kept / kept.sum() + 5 * noise_weights(counts, 0.75))[: rows.n], rtol=1e-6)
    exchanges = np.bincount(rows.due, minlength=rows.n)
    between = rows.rate * hot.TICK * hot.CYCLE / exchanges
    assert between.max() <= hot.EVERY * 1.001
    most = hot.updates_between_exchanges(workers, ALPHA)
    assert (between[exchanges > 1] > most * 0.499).all(), "and not much more often than that"
    for row in range(rows.n):
        ticks = np.repeat(np.arange(hot.CYCLE), np.diff(rows.start))[rows.due == row]
        assert len(set(np.diff(ticks).tolist())) <= 1, "at regular intervals"


def test_short_trainings_have_as_many_rounds() -> None:
    counts = np.array([5_000] * 20 + [1] * 1_000)
    short, long = (hot_words(counts, counts * factor, 5, 0.75, 16, ALPHA) for factor in (0.1, 1e3))
    assert short is not None
    assert long is not None
    assert len(short.due) >= 2 * len(long.due)


def test_nothing_is_copied_where_most_rows_are_hot() -> None:
    """Threads with copies of nearly everything would train models of their own."""
    counts = np.full(50, 10**6)
    assert hot_words(counts, 5.0 * counts, 5, 0.75, 16, ALPHA) is None


def test_the_hottest_nodes_are_the_last() -> None:
    """The order in which a tree numbers its nodes is what makes "the last nodes" the most frequent ones."""
    counts = np.sort(np.random.default_rng(1).zipf(1.2, 3000).clip(max=10**6))[::-1].astype(np.int64)
    tree = build_huffman(counts)
    weight = np.bincount(tree.points, np.repeat(counts, np.diff(tree.offsets)))
    assert (np.diff(weight) >= 0).all()
    rows = hot_nodes(counts * 1e3, tree, workers=2, step=ALPHA)
    assert rows is not None
    exchanges = np.bincount(rows.due, minlength=rows.n)
    assert (np.diff(exchanges) >= 0).all(), "the root most often"


@pytest.mark.parametrize(("window", "n_context"), [(2, 3.0), (1000, 9.0)])
def test_context_words_are_expected_within_sentences(
    monkeypatch: pytest.MonkeyPatch, window: int, n_context: float
) -> None:
    asked = []
    monkeypatch.setattr(hot, "hot_inputs", lambda kept, context, workers, step: asked.append(context))
    sentences = [[f"w{i}" for i in range(start, start + 10)] for start in range(50)]
    model = Word2Vec(sentences, min_count=1, window=window, workers=2, sample=0, epochs=2, vector_size=8)
    model.wv.vectors_lockf = np.full(len(model.wv), 0.5, dtype=np.float32)
    model.train(sentences, total_examples=50, epochs=1)
    np.testing.assert_allclose(asked, [n_context] * 2, err_msg="once in each epoch, and not where rows are locked")
