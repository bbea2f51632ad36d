"""Threads' copies of hot rows: what a thread does to them reaches the shared rows, and nothing is lost."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from harness import ALPHA_BLOCK, Job, KernelRun, initial_weights
from strategies import ChunkCase, Mode

from fastw2v.train.hot import hot_nodes, hot_words
from fastw2v.train.huffman import build_huffman

N_WORDS, HOT = 60, 20
STEP = 1e-7  # so small that updates just add up


def job(*, ns: bool) -> Job:
    rng = np.random.default_rng(3)
    counts = np.sort(rng.zipf(1.3, N_WORDS).clip(max=500))[::-1].astype(np.int64)
    drawn = rng.choice(N_WORDS, 2 * ALPHA_BLOCK - N_WORDS, p=counts / counts.sum())
    ids = np.concatenate([np.arange(N_WORDS), drawn]).astype(np.int32)
    case = ChunkCase(N_WORDS, ids, np.array([0, 100, len(ids)], dtype=np.int64), counts)
    return Job(case, Mode(skip_gram=True, ns=ns, hs=not ns), dim=20)


def trained(kernels: ModuleType, *, ns: bool, workers: int, hot: int) -> np.ndarray:
    """What one thread of ``workers`` does to the output rows."""
    weights = initial_weights(job(ns=ns), np.float64)
    rows = weights.w_ns if ns else weights.w_hs
    assert rows is not None
    before = rows.copy()
    KernelRun(kernels, job(ns=ns), weights, workers=workers, hot_words=hot, hot_nodes=hot).train(STEP, STEP)
    return rows - before


@pytest.mark.parametrize("ns", [True, False])
@pytest.mark.parametrize(("workers", "share"), [(2, 1.0), (8, 1.0), (32, 0.25)])
def test_one_thread_of_many_gives_its_share(kernels: ModuleType, ns: bool, workers: int, share: float) -> None:
    alone, one_of_many = (trained(kernels, ns=ns, workers=threads, hot=HOT) for threads in (1, workers))
    is_hot = np.arange(N_WORDS) < HOT if ns else np.arange(N_WORDS) >= N_WORDS - 1 - HOT
    assert np.abs(alone[: N_WORDS - 1]).max(axis=1).min() > 0, "every row must be trained, or nothing is shown"
    np.testing.assert_allclose(one_of_many[~is_hot], alone[~is_hot], rtol=1e-4, atol=1e-12)
    np.testing.assert_allclose(one_of_many[is_hot], alone[is_hot] * share, rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize("ns", [True, False])
def test_with_one_thread_copies_change_nothing(kernels: ModuleType, ns: bool) -> None:
    plain, copied = (trained(kernels, ns=ns, workers=1, hot=hot) for hot in (0, N_WORDS))
    np.testing.assert_allclose(copied, plain, rtol=1e-6, atol=1e-14)


def test_rows_are_hot_where_training_is_long() -> None:
    tree = build_huffman(np.arange(1000, 0, -1))
    found = []
    for n_kept in (1e3, 1e5, 1e9):
        kept = np.arange(1000.0, 0, -1) * n_kept / 500_500
        counts = np.ceil(kept).astype(np.int64)
        found.append((hot_words(counts, kept, 5, 0.75, workers=1000), hot_nodes(kept, tree, workers=2)))
        assert hot_words(counts, kept, 5, 0.75, workers=1) == hot_nodes(kept, tree, workers=1) == 0
    assert found[0] == (0, 0)
    assert found[1] == (0, 72), "the nodes of which 1,000 updates by each of two threads are expected"
    assert found[2] == (512, 128)


def test_words_are_hot_where_threads_wait_for_them() -> None:
    """A tenth of the noise is the first word, a twentieth each of the next two: with 5 noise words, they are
    updated about once in every two and in every four windows."""
    counts = np.array([2000, 1000, 1000] + [1] * 16_000, dtype=np.int64)
    found = [hot_words(counts, counts * 1e6, 5, 1.0, workers) for workers in (1, 2, 4, 8)]
    assert found == [0, 1, 3, 3]


def test_the_hottest_nodes_are_the_last() -> None:
    """The order in which a tree numbers its nodes is what makes "the last nodes" the most frequent ones."""
    counts = np.sort(np.random.default_rng(1).zipf(1.2, 3000).clip(max=10**6))[::-1].astype(np.int64)
    tree = build_huffman(counts)
    weight = np.bincount(tree.points, np.repeat(counts, np.diff(tree.offsets)))
    assert (np.diff(weight) >= 0).all()
