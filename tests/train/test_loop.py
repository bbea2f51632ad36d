"""The loop over recorded kernels: what it counts, which learning rates it asks for, when it refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from fastw2v import Word2Vec
from fastw2v.errors import TrainingError
from fastw2v.text.chunks import Chunk, PendingChunk
from fastw2v.text.vocab import Vocab
from fastw2v.train import loop
from fastw2v.train.progress import Progress
from fastw2v.train.schedule import Schedule

SIZES = [4, 6, 10]
VOCAB = Vocab(["a"], np.array([20], dtype=np.int64))


class FakeSource:
    """Three chunks; ``lost`` words are missing from what the second one encodes."""

    bound = False

    def __init__(self, fixed: bool = True, lost: int = 0) -> None:
        self.fixed, self.lost = fixed, lost

    def scan(self, progress: Any = None) -> Any:
        raise AssertionError("the loop must not scan")

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        for index, size in enumerate(SIZES):
            n_words = size - (self.lost if index == 1 else 0)
            chunk = Chunk(np.zeros(n_words, np.int32), np.array([0, n_words]), n_words, 1)
            yield PendingChunk(size, 1, lambda chunk=chunk: chunk)  # type: ignore[misc]


class FakeKernels:
    """Notes each call; every pair has a loss of 2."""

    def __init__(self, loss: float = 2.0) -> None:
        self.calls: list[dict[str, Any]] = []
        self.loss = loss

    def Scratch(self, plan: Any) -> Any:
        return plan

    def train_chunk(self, plan: Any, scratch: Any, ids: Any, offsets: Any, **key: Any) -> Any:
        assert plan is scratch
        self.calls.append(key)
        return len(ids), len(ids), self.loss * len(ids), len(ids)


def make_job(kernels: FakeKernels, source: FakeSource | None = None, **changes: Any) -> loop.Job:
    values: dict[str, Any] = {
        "kernels": kernels,
        "make_plan": object,
        "source": source or FakeSource(),
        "vocab": VOCAB,
        "schedule": Schedule(1.0, 0.0, 2),
        "seed": 7,
        "workers": 1,
        "expected_words": 20,
        "expected_sentences": 3,
        "compute_loss": True,
        "progress": Progress(40, 2, False, 1.0),
    }
    return loop.Job(**{**values, **changes})


def test_streams_are_keyed_and_rates_follow_the_words() -> None:
    kernels = FakeKernels()
    totals = loop.train(make_job(kernels, first_epoch=3))
    assert [(call["seed"], call["epoch"], call["chunk"]) for call in kernels.calls] == [
        (7, epoch, chunk) for epoch in (3, 4) for chunk in range(3)
    ]
    borders = [1.0, 0.9, 0.75, 0.5, 0.4, 0.25, 0.0]  # 0, 4, 10, 20 words of 20, twice
    np.testing.assert_allclose([call["alpha"] for call in kernels.calls], borders[:-1])
    np.testing.assert_allclose([call["alpha_end"] for call in kernels.calls], borders[1:])
    assert [epoch.n_words for epoch in totals] == [20, 20]
    assert [epoch.mean_loss for epoch in totals] == [2.0, 2.0]


@pytest.mark.parametrize("n_chunks", [1, 5, 12, 14])
@pytest.mark.parametrize("workers", [1, 3, 4, 40])
def test_chunks_that_are_trained_at_the_same_time_share_their_rates(workers: int, n_chunks: int) -> None:
    """However many there are, the rate falls as with one worker: from the begin of each round to its end."""
    size = 10
    job = make_job(FakeKernels(), workers=workers, expected_words=size * n_chunks, schedule=Schedule(1.0, 0.0, 1))
    pending = next(FakeSource().epoch(VOCAB))._replace(n_words=size)
    rates = [job.alphas(0, chunk, size * chunk, chunk, pending) for chunk in range(n_chunks)]
    for chunk, (alpha, alpha_end) in enumerate(rates):
        first = chunk // workers * workers
        assert alpha == pytest.approx(1 - first / n_chunks)
        assert alpha_end == pytest.approx(max(1 - (first + workers) / n_chunks, 0))


def test_rates_follow_the_sentences_where_words_are_unknown() -> None:
    kernels = FakeKernels()
    loop.train(make_job(kernels, expected_words=None))
    np.testing.assert_allclose([call["alpha"] for call in kernels.calls], np.arange(6, 0, -1) / 6)


def test_a_corpus_longer_than_announced_never_trains_backwards() -> None:
    kernels = FakeKernels()
    loop.train(make_job(kernels, expected_words=5, schedule=Schedule(1.0, 0.1, 1)))
    assert min(call["alpha_end"] for call in kernels.calls) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("compute_loss", "words", "every"), [(True, 10**6, 1), (False, 10**6, 16), (False, None, 16), (False, 20, 1)]
)
def test_the_loss_of_much_text_is_sampled_unless_asked_for(compute_loss: bool, words: int | None, every: int) -> None:
    kernels = FakeKernels()
    loop.train(make_job(kernels, compute_loss=compute_loss, expected_words=words))
    assert {call["loss_every"] for call in kernels.calls} == {every}


def test_lost_words_end_training() -> None:
    with pytest.raises(TrainingError, match=r"chunk 1 .* had 6 words .* has 5 now: the corpus changed"):
        loop.train(make_job(FakeKernels(), FakeSource(lost=1)))


def test_a_foreign_iterable_may_change_its_length() -> None:
    totals = loop.train(make_job(FakeKernels(), FakeSource(fixed=False, lost=1)))
    assert [epoch.n_words for epoch in totals] == [19, 19]


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_weights_that_are_not_finite_end_training(loss: float) -> None:
    with pytest.raises(TrainingError, match="smaller alpha"):
        loop.train(make_job(FakeKernels(loss=loss)))


def test_hooks_frame_each_epoch_and_may_end_training() -> None:
    events: list[str] = []

    def begin() -> bool:
        events.append("begin")
        return True

    def end(totals: Any) -> bool:
        events.append("end")
        return False

    assert len(loop.train(make_job(FakeKernels(), on_epoch_begin=begin, on_epoch_end=end))) == 1
    assert events == ["begin", "end"]


def test_training_goes_on_from_a_position() -> None:
    whole, rest = FakeKernels(), FakeKernels()
    loop.train(make_job(whole))
    position = loop.Position(epoch=1, finished=[loop.EpochTotals(3, 20, 3)])
    position.totals.n_chunks, position.totals.n_words, position.totals.n_sentences = 2, 10, 2
    totals = loop.train(make_job(rest), position)
    assert rest.calls == whole.calls[5:]
    assert [epoch.n_words for epoch in totals] == [20, 20]


# --------------------------------------------------------------------------- how many threads ----


@pytest.mark.parametrize(
    ("workers", "n_others", "n_words", "how", "expected"),
    [
        (3, 0, 20, {}, 0),  # one small chunk: trained by the caller
        (3, 0, 100_000, {}, 1),  # one that takes long: the caller has to hear Ctrl-C
        (3, 1, 20, {}, 2),
        (3, 9, 20, {}, 3),
        (1, 9, 20, {}, 1),
        (3, 0, 20, {"always_threads": True}, 3),
    ],
)
def test_no_more_threads_than_chunks(workers: int, n_others: int, n_words: int, how: Any, expected: int) -> None:
    job = make_job(FakeKernels(), workers=workers, **how)
    pending = next(FakeSource().epoch(VOCAB))._replace(n_words=n_words)
    assert job.n_threads(pending, n_others) == expected
    job.source.bound = True  # the caller draws from the program's iterable: somebody else has to train
    assert job.n_threads(pending, n_others) == workers


def started(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Note the threads that are started from now on."""
    found: list[threading.Thread] = []
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda self: (found.append(self), start(self))[1])
    return found


@pytest.mark.parametrize("mode", [{"sg": 1}, {"hs": 1, "negative": 0}, {"softmax": True}], ids=str)
def test_a_tiny_corpus_is_trained_without_threads_and_to_the_same_bits(mode: Any, monkeypatch: Any) -> None:
    how = {"min_count": 1, "vector_size": 8, "workers": 3, "sample": 0, "progress": False, **mode}
    text = [["a", "b", "c", "a"], ["c", "b", "a"]] * 9
    found = started(monkeypatch)
    alone = Word2Vec(text, **how)
    assert not found
    monkeypatch.setattr(loop.Job, "n_threads", lambda job, first, n_others: job.workers)
    by_threads = Word2Vec(text, **how)
    assert len(found) == (1 if mode.get("softmax") else 3) * by_threads.epochs
    np.testing.assert_array_equal(alone.wv.vectors, by_threads.wv.vectors)
    assert alone.loss_history == by_threads.loss_history
    assert alone.wv.vectors.flags.c_contiguous


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, ValueError])
def test_an_error_in_the_callers_own_chunk_reaches_the_caller(error: Any, monkeypatch: Any) -> None:
    model = Word2Vec([["a", "b", "c"]] * 9, min_count=1, vector_size=8)
    monkeypatch.setattr(loop.Job, "train_chunk", lambda *_: (_ for _ in ()).throw(error("here")))
    with pytest.raises(error, match="here"):
        model.train([["a", "b", "c"]] * 9, total_examples=9, epochs=1)
    monkeypatch.undo()
    assert model.wv.vectors.flags.c_contiguous
    assert model.train([["a", "b", "c"]] * 9, total_examples=9, epochs=1)[1] == 27
