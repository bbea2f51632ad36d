"""Exact softmax: the oracle's numbers, the right gradient, and it learns."""

import itertools
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.strategies import ChunkCase, chunks

from fastw2v.errors import ConfigError, TrainingError, VocabularyError
from fastw2v.text.chunks import Chunk
from fastw2v.train import reference, softmax
from fastw2v.train.softmax import MAX_SCORES, Scratch, SoftmaxPlan, train_chunk, train_softmax
from fastw2v.train.weights import padded_rows

ARCHITECTURES = [
    (True, True, True),
    *((False, *flags) for flags in itertools.product((True, False), repeat=2)),
]
KEY = {"seed": 1, "epoch": 0, "chunk": 0}

architectures = pytest.mark.parametrize(("skip_gram", "mean", "exact"), ARCHITECTURES)


def weights(n_words: int, dim: int = 6, dtype: type = np.float64, scale: float = 1.0) -> tuple:
    rng = np.random.default_rng(n_words)
    rows = padded_rows(n_words, dim, dtype), padded_rows(n_words, dim, dtype)
    for matrix in rows:
        matrix[:] = scale * rng.standard_normal((n_words, dim)) / np.sqrt(dim)
    return rows


def oracle(case: ChunkCase, alpha: float, skip_gram: bool, mean: bool, exact: bool, window: int):
    w_in, w_out = weights(case.n_words)
    state = reference.Weights(w_in, w_softmax=w_out)
    keep, reduced = np.ones(len(case.ids), dtype=bool), np.zeros(len(case.ids), dtype=np.int64)
    loss = sum(
        reference.train_window(state, at, alpha, skip_gram=skip_gram, cbow_mean=mean, cbow_exact=exact)
        for at in reference.walk_windows(case.ids, case.offsets, keep, reduced, window)
    )
    return w_in, w_out, loss


@settings(deadline=None)
@given(
    case=chunks(),
    window=st.integers(1, 4) | st.sampled_from([(3, 0), (0, 2), (1, 4)]),
    architecture=st.sampled_from(ARCHITECTURES),
)
def test_window_by_window_it_is_the_oracle(case, window, architecture):
    skip_gram, mean, exact = architecture
    w_in, w_out = weights(case.n_words)
    plan = SoftmaxPlan(w_in, w_out, window, skip_gram, cbow_mean=mean, cbow_exact=exact, shrink=False)
    totals = train_chunk(plan, Scratch(plan), case.ids, case.offsets, **KEY, alpha=0.2, alpha_end=0.2)
    expected_in, expected_out, loss = oracle(case, 0.2, *architecture, window)
    np.testing.assert_allclose(w_in, expected_in, atol=1e-12)
    np.testing.assert_allclose(w_out, expected_out, atol=1e-12)
    assert totals.loss == pytest.approx(loss, rel=1e-12)
    assert totals.n_kept == len(case.ids)


@architectures
def test_batch_descends_the_gradient_of_its_loss(skip_gram, mean, exact):
    """With a rate of 0 the loss is reported and nothing moves: its differences give the gradient."""
    ids, offsets = np.array([0, 1, 2, 3, 4, 1, 1, 0], dtype=np.int32), np.array([0, 4, 8])
    n_context = 3  # of every word, so that gensim's factors are known

    def run(alpha: float, w_in: np.ndarray, w_out: np.ndarray) -> float:
        plan = SoftmaxPlan(
            w_in, w_out, n_context, skip_gram, cbow_mean=mean, cbow_exact=exact, shrink=False, batch_size=99
        )
        return train_chunk(plan, Scratch(plan), ids, offsets, **KEY, alpha=alpha, alpha_end=alpha).loss

    w_in, w_out = weights(5)
    factor = 1.0 if skip_gram or exact else n_context if mean else 1 / n_context
    expected_in = -factor * reference.numeric_gradient(lambda: run(0.0, w_in, w_out), w_in)
    expected_out = -reference.numeric_gradient(lambda: run(0.0, w_in, w_out), w_out)
    after_in, after_out = weights(5)
    run(1.0, after_in, after_out)
    np.testing.assert_allclose(after_in - w_in, expected_in, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(after_out - w_out, expected_out, rtol=1e-6, atol=1e-8)


@architectures
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_scores_neither_overflow_nor_spoil_the_loss(skip_gram, mean, exact, dtype):
    ids = np.array([0, 1, 2, 3], dtype=np.int32)
    w_in, w_out = weights(4, dtype=dtype, scale=300.0)
    plan = SoftmaxPlan(w_in, w_out, 2, skip_gram, cbow_mean=mean, cbow_exact=exact)
    totals = train_chunk(plan, Scratch(plan), ids, np.array([0, 4]), **KEY, alpha=0.01, alpha_end=0.01)
    assert np.isfinite(w_in).all()
    assert np.isfinite(w_out).all()
    assert 1e3 < totals.loss < 1e7
    assert w_in.dtype == w_out.dtype == dtype


def cycle(n_words: int = 40, n_sentences: int = 60) -> Chunk:
    """Word w is always followed by w + 1: after a left-to-right window of 1 both sides are known."""
    rng = np.random.default_rng(0)
    starts = rng.integers(0, n_words, n_sentences)
    ids = (starts[:, None] + np.arange(10)).ravel() % n_words
    return Chunk(ids.astype(np.int32), np.arange(0, 10 * n_sentences + 1, 10), len(ids), n_sentences)


@architectures
def test_learns_the_neighbours_down_to_the_entropy(skip_gram, mean, exact):
    chunk = cycle()
    w_in, w_out = weights(40, 16, np.float32, 0.1)
    plan = SoftmaxPlan(w_in, w_out, 1, skip_gram, cbow_mean=mean, cbow_exact=exact)
    losses = train_softmax(lambda: [chunk], plan, epochs=60, alpha=0.3)
    assert losses[0] > losses[5] > losses[-1]
    if skip_gram:  # two neighbours, each with probability 1/2
        assert losses[-1] == pytest.approx(np.log(2), abs=0.1)
        best = np.argsort(-(w_in @ w_out.T), axis=1)[:, :2]
        assert [set(row) for row in best.tolist()] == [{(w - 1) % 40, (w + 1) % 40} for w in range(40)]
    else:  # the word between two others is certain
        assert losses[-1] < 0.3
        hidden = (w_in + np.roll(w_in, -2, axis=0)) / (2 if mean else 1)
        assert np.argmax(hidden @ w_out.T, axis=1).tolist() == [(w + 1) % 40 for w in range(40)]


def test_same_seed_same_bits_and_another_seed_other_ones():
    def run(seed: int) -> bytes:
        w_in, w_out = weights(40, 8, np.float32)
        keep = np.full(40, 2**31, dtype=np.uint32)
        plan = SoftmaxPlan(w_in, w_out, 3, keep=keep)
        train_softmax(lambda: [cycle()], plan, epochs=2, seed=seed)
        return w_in.tobytes() + w_out.tobytes()

    assert run(1) == run(1) != run(-2)


def test_sub_sampling_drops_words_and_windows_close_over_the_gap():
    ids = np.tile(np.array([0, 1, 2], dtype=np.int32), 2000)
    w_in, w_out = weights(3)
    keep = np.array([2**32 - 1, 0, 2**31], dtype=np.uint32)  # all, none, half
    plan = SoftmaxPlan(w_in, w_out, 1, keep=keep)
    totals = train_chunk(plan, Scratch(plan), ids, np.array([0, 6000]), **KEY, alpha=0.0, alpha_end=0.0)
    assert totals.n_kept == pytest.approx(3000, abs=100)
    assert totals.n_pairs == 2 * totals.n_kept - 2


@pytest.mark.parametrize("skip_gram", [True, False])
def test_locked_rows_do_not_move(skip_gram):
    w_in, w_out = weights(40, 8)
    before = w_in.copy()
    lock = np.arange(40) % 2
    train_softmax(lambda: [cycle()], SoftmaxPlan(w_in, w_out, 2, skip_gram, lock=lock), epochs=1)
    moved = (w_in != before).any(axis=1)
    assert moved.tolist() == (lock == 1).tolist()


@pytest.mark.parametrize("batch_size", [None, 10**6])
def test_memory_is_bounded_whatever_the_vocabulary(batch_size):
    rows = np.zeros((2 * MAX_SCORES // 10, 1), dtype=np.float32)
    assert SoftmaxPlan(rows, rows, batch_size=batch_size).capacity * len(rows) <= 2 * MAX_SCORES
    few = np.zeros((5, 2), dtype=np.float32)
    assert SoftmaxPlan(few, few, batch_size=7).capacity == 7


def test_threads_share_the_vocabulary_and_change_nothing_but_rounding(monkeypatch):
    def run(n_threads: int) -> tuple:
        w_in, w_out = weights(40, 8, np.float32)
        plan = SoftmaxPlan(w_in, w_out, 3, n_threads=n_threads)
        assert Scratch(plan).batch.n_threads == n_threads
        return w_in, w_out, train_softmax(lambda: [cycle()], plan, epochs=2, alpha=0.2)

    monkeypatch.setattr(softmax, "ROWS_PER_THREAD", 1)
    one = run(1)
    for n_threads in (2, 3, 5):
        w_in, w_out, losses = run(n_threads)
        np.testing.assert_allclose(w_in, one[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(w_out, one[1], rtol=1e-4, atol=1e-5)
        assert losses == pytest.approx(one[2], rel=1e-5)
        assert run(n_threads)[0].tobytes() == w_in.tobytes()


def test_small_vocabularies_are_not_worth_more_threads():
    rows = np.zeros((1000, 2), dtype=np.float32)
    assert [SoftmaxPlan(rows[:n], rows[:n], n_threads=8).threads for n in (2, 511, 512, 1000)] == [1, 1, 2, 3]


def test_helpers_go_home_if_one_cannot_start(monkeypatch):
    class Thread(threading.Thread):
        n_started = 0

        def start(self):
            Thread.n_started += 1
            if Thread.n_started == 2:
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(softmax, "ROWS_PER_THREAD", 1)
    monkeypatch.setattr(softmax.threading, "Thread", Thread)
    n_before = threading.active_count()
    with pytest.raises(RuntimeError, match="new thread"):
        train_softmax(lambda: [cycle()], SoftmaxPlan(*weights(40, 8, np.float32), n_threads=3), epochs=1)
    assert threading.active_count() == n_before


def test_a_chunk_is_stopped_before_its_end():
    plan = SoftmaxPlan(*weights(40))
    scratch = Scratch(plan)
    scratch.stop()
    before = plan.w_in.copy()
    with pytest.raises(InterruptedError):
        train_chunk(plan, scratch, cycle().ids, cycle().offsets, **KEY, alpha=0.1, alpha_end=0.1)
    np.testing.assert_array_equal(plan.w_in, before)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"w_out": np.zeros((3, 2))}, ConfigError, r"shape \(3, 2\)"),
        ({"w_in": np.zeros((1, 2)), "w_out": np.zeros((1, 2))}, VocabularyError, "1 words"),
        ({"window": 0}, ConfigError, "window=0"),
        ({"batch_size": 0}, ConfigError, "batch_size=0"),
        ({"n_threads": 0}, ConfigError, "n_threads=0"),
        ({"lock": np.zeros(0)}, ConfigError, "lock"),
    ],
)
def test_bad_plans_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        SoftmaxPlan(**{"w_in": np.zeros((4, 2)), "w_out": np.zeros((4, 2)), **change})


def test_ids_outside_the_vocabulary_are_refused():
    plan = SoftmaxPlan(*weights(4))
    for bad in (-1, 4):
        with pytest.raises(ConfigError, match=f"{bad}"):
            train_chunk(
                plan,
                Scratch(plan),
                np.array([0, bad], np.int32),
                np.array([0, 2]),
                **KEY,
                alpha=0.1,
                alpha_end=0.1,
            )


def test_divergence_is_an_error():
    plan = SoftmaxPlan(*weights(40, 8, np.float32))
    with pytest.raises(TrainingError, match="lower alpha"):
        train_softmax(lambda: [cycle()], plan, epochs=50, alpha=1e6)
