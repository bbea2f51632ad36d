"""Threads' copies of hot rows: what a thread does to them reaches the shared rows, and nothing is lost."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from support.kernel_runs import ALPHA_BLOCK, KEY, Job, KernelRun, initial_weights
from support.strategies import ChunkCase, Mode

from fastw2v import Word2Vec
from fastw2v.train import hot, reference
from fastw2v.train.hot import HotRows, hot_inputs, hot_nodes, hot_words
from fastw2v.train.huffman import build_huffman
from fastw2v.train.noise import noise_weights

N_WORDS, HOT = 60, 20
STEP = 1e-7  # so small that updates just add up
MATRICES = ["in", "ns", "hs"]


def job(matrix: str, *, skip_gram: bool = True) -> Job:
    rng = np.random.default_rng(3)
    counts = np.sort(rng.zipf(1.3, N_WORDS).clip(max=500))[::-1].astype(np.int64)
    drawn = rng.choice(N_WORDS, 2 * ALPHA_BLOCK - N_WORDS, p=counts / counts.sum())
    ids = np.concatenate([np.arange(N_WORDS), drawn]).astype(np.int32)
    case = ChunkCase(N_WORDS, ids, np.array([0, 100, len(ids)], dtype=np.int64), counts)
    return Job(case, Mode(skip_gram=skip_gram, ns=matrix != "hs", hs=matrix == "hs"), dim=20)


def copies(n: int, *, share: float = 1.0, period: int = 3) -> HotRows:
    """All of them exchanged in every ``period``-th tick."""
    start = np.arange(hot.CYCLE + 1, dtype=np.int64) // period * n
    return HotRows(n, np.full(n, share, dtype=np.float32), start, np.tile(np.arange(n, dtype=np.int32), start[-1] // n))


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
@pytest.mark.parametrize("share", [1.0, 0.25])
def test_a_thread_gives_its_share(kernels: ModuleType, matrix: str, share: float) -> None:
    alone, one_of_many = (trained(kernels, matrix, found) for found in (None, copies(HOT, share=share)))
    is_hot = np.arange(N_WORDS) >= N_WORDS - 1 - HOT if matrix == "hs" else np.arange(N_WORDS) < HOT
    assert np.abs(alone[: N_WORDS - 1]).max(axis=1).min() > 0, "every row must be trained, or nothing is shown"
    np.testing.assert_allclose(one_of_many[~is_hot], alone[~is_hot], rtol=1e-4, atol=1e-12)
    np.testing.assert_allclose(one_of_many[is_hot], alone[is_hot] * share, rtol=1e-4, atol=1e-12)


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
        good._replace(share=good.share[1:]),
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


# ------------------------------------------------------------------------ which rows are hot ----


def test_rows_are_hot_where_training_is_long() -> None:
    tree = build_huffman(np.arange(1000, 0, -1))
    passed = np.bincount(tree.points, np.repeat(np.arange(1000, 0, -1), np.diff(tree.offsets))) / 500_500
    found = []
    for n_kept in (1e3, 1e5, 1e9):
        kept = np.arange(1000.0, 0, -1) * n_kept / 500_500
        counts = np.ceil(kept).astype(np.int64)
        rows = (hot_inputs(kept, 6.0, 16), hot_words(counts, kept, 5, 0.75, 16), hot_nodes(kept, tree, 2))
        found.append(tuple(it and it.n for it in rows))
        assert hot_inputs(kept, 6.0, 1) is hot_words(counts, kept, 5, 0.75, 1) is hot_nodes(kept, tree, 1) is None
    assert found[0] == (None, None, None)
    assert found[1] == (None, None, 72), "the nodes of which 1,000 updates by each of two threads are expected"
    costly = passed * np.minimum(hot.SELDOM, hot.TICK * hot.CYCLE * passed) >= hot.CONTENDED
    assert found[2] == (512, 512, np.count_nonzero(costly))


def test_rows_are_hot_where_threads_wait_for_them() -> None:
    """The more threads there are, the more often another one has just changed a row."""
    counts = (1e6 / np.arange(1, 20_001)).astype(np.int64)  # Zipf
    for rows_of_threads in (
        [hot_inputs(counts * 10.0, 6.0, workers) for workers in (2, 4, 64)],
        [hot_words(counts, counts * 10.0, 5, 0.75, workers) for workers in (2, 4, 64)],
    ):
        n = [rows.n for rows in rows_of_threads if rows is not None]
        assert len(n) == 3
        assert 0 < n[0] < n[1] < n[2] <= hot.MOST_ROWS


@pytest.mark.parametrize("workers", [2, 8, 64])
def test_the_root_is_hot_and_rows_of_tiny_vocabularies_are_not(workers: int) -> None:
    """The root is updated once in every window; where a row is updated more often, copies would be far behind."""
    counts = (1e6 / np.arange(1, 20_001)).astype(np.int64)
    nodes = hot_nodes(counts * 10.0, build_huffman(counts), workers)
    assert nodes is not None
    every = min(max(hot.STALE // workers, hot.OFTEN), hot.SELDOM)
    assert np.count_nonzero(nodes.due == nodes.n - 1) == hot.CYCLE * hot.TICK // every
    few = np.array([5000, 3000, 2000], dtype=np.int64)
    assert hot_inputs(few * 1e3, 200.0, workers) is hot_words(few, few * 1e3, 50, 0.75, workers) is None


@pytest.mark.parametrize("workers", [2, 8, 32, 128])
def test_a_row_is_exchanged_as_often_as_it_is_updated(workers: int) -> None:
    """At most STALE updates of all threads together come from the same old values, or their sum counts as so many."""
    every = min(max(hot.STALE // workers, hot.OFTEN), hot.SELDOM)
    counts = (1e6 / np.arange(1, 20_001)).astype(np.int64)
    kept = counts * 10.0
    rows = hot_words(counts, kept, 5, 0.75, workers)
    assert rows is not None
    updates = (kept / kept.sum() + 5 * noise_weights(counts, 0.75))[: rows.n]
    exchanges = np.bincount(rows.due, minlength=rows.n)
    assert (rows.start[-1], len(rows.start)) == (len(rows.due), hot.CYCLE + 1)
    assert exchanges.min() >= 1
    between = updates * hot.TICK * hot.CYCLE / exchanges
    assert (workers * between * rows.share).max() <= hot.STALE * 1.001
    assert (rows.share == 1).all() == (workers <= 64)
    assert between.max() <= every * 1.001
    assert (between[exchanges > 1] > every * 0.499).all(), "and not much more often than that"
    for row in range(rows.n):
        ticks = np.repeat(np.arange(hot.CYCLE), np.diff(rows.start))[rows.due == row]
        assert len(set(np.diff(ticks).tolist())) <= 1, "at regular intervals"


def test_the_hottest_nodes_are_the_last() -> None:
    """The order in which a tree numbers its nodes is what makes "the last nodes" the most frequent ones."""
    counts = np.sort(np.random.default_rng(1).zipf(1.2, 3000).clip(max=10**6))[::-1].astype(np.int64)
    tree = build_huffman(counts)
    weight = np.bincount(tree.points, np.repeat(counts, np.diff(tree.offsets)))
    assert (np.diff(weight) >= 0).all()
    rows = hot_nodes(counts * 1e3, tree, workers=2)
    assert rows is not None
    exchanges = np.bincount(rows.due, minlength=rows.n)
    assert (np.diff(exchanges) >= 0).all(), "the root most often"


@pytest.mark.parametrize(("window", "n_context"), [(2, 3.0), (1000, 9.0)])
def test_context_words_are_expected_within_sentences(
    monkeypatch: pytest.MonkeyPatch, window: int, n_context: float
) -> None:
    asked = []
    monkeypatch.setattr(hot, "hot_inputs", lambda kept, context, workers: asked.append(context))
    sentences = [[f"w{i}" for i in range(start, start + 10)] for start in range(50)]
    model = Word2Vec(sentences, min_count=1, window=window, workers=2, sample=0, epochs=2, vector_size=8)
    model.wv.vectors_lockf = np.full(len(model.wv), 0.5, dtype=np.float32)
    model.train(sentences, total_examples=50, epochs=1)
    np.testing.assert_allclose(asked, [n_context] * 2, err_msg="once in each epoch, and not where rows are locked")
