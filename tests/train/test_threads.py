"""The engine alone: chunks of numbers, a trainer that only counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from fastw2v.text.chunks import Chunk, PendingChunk
from fastw2v.train.threads import EpochRun, EpochTotals

N_CHUNKS = 200
WORDS = [1 + index % 7 for index in range(N_CHUNKS)]

pytestmark = pytest.mark.timeout(20)


def pending(n_words: int) -> PendingChunk:
    ids = np.zeros(n_words, np.int32)
    return PendingChunk(n_words, 2, lambda: Chunk(ids, np.array([0, 1, n_words]), n_words, 2))


def chunks() -> Iterator[PendingChunk]:
    return (pending(n_words) for n_words in WORDS)


class Memory:
    """Scratch memory with nothing in it."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def stop(self) -> None:
        self.stopped.set()


class Recorder:
    """Trains nothing; notes what it was given."""

    def __init__(self, pause: float = 0.0) -> None:
        self.seen: list[tuple[int, int, int]] = []
        self.scratches: set[int] = set()
        self.pause = pause

    def __call__(self, scratch: Any, index: int, words: int, sentences: int, chunk: PendingChunk) -> Any:
        time.sleep(self.pause)
        self.seen.append((index, words, sentences))
        self.scratches.add(id(scratch))
        return chunk.n_words, chunk.n_words - 1, 3, 0.5, 2


def start(
    n_workers: int,
    train: Callable[..., Any],
    source: Iterator[PendingChunk] | None = None,
    totals: EpochTotals | None = None,
    make_scratch: Callable[[], Any] = Memory,
) -> EpochRun:
    return EpochRun(source or chunks(), n_workers, make_scratch, train, totals or EpochTotals())


def idle(run: EpochRun) -> None:
    """A poll that does nothing."""


def engine_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("fastw2v-")]


@pytest.mark.parametrize("n_workers", [1, 2, 3, 8, 300])
def test_every_chunk_is_trained_once(n_workers: int) -> None:
    train = Recorder()
    totals = start(n_workers, train).run(idle)
    before = np.concatenate([[0], np.cumsum(WORDS)])
    assert sorted(train.seen) == [(index, before[index], 2 * index) for index in range(N_CHUNKS)]
    assert totals == EpochTotals(N_CHUNKS, sum(WORDS), 2 * N_CHUNKS, sum(WORDS) - N_CHUNKS, 600, 100.0, 400)
    assert totals.mean_loss == pytest.approx(0.25)
    assert not engine_threads()


def test_one_worker_keeps_the_order() -> None:
    train = Recorder()
    start(1, train).run(idle)
    assert train.seen == sorted(train.seen)


def test_each_worker_has_memory_of_its_own() -> None:
    made: list[Memory] = []

    def make_scratch() -> Memory:
        made.append(Memory())
        return made[-1]

    train = Recorder(pause=0.001)
    start(4, train, make_scratch=make_scratch).run(idle)
    assert len(made) == 4
    assert train.scratches <= {id(scratch) for scratch in made}


def test_chunks_of_before_are_skipped() -> None:
    train = Recorder()
    totals = EpochTotals(n_chunks=150, n_words=sum(WORDS[:150]), n_sentences=300)
    start(2, train, totals=totals).run(idle)
    assert sorted(index for index, _, _ in train.seen) == list(range(150, N_CHUNKS))
    assert totals.n_words == sum(WORDS)


def test_an_empty_source() -> None:
    totals = start(3, Recorder(), iter(())).run(idle)
    assert totals == EpochTotals()
    assert np.isnan(totals.mean_loss)


class Surprise(Exception):
    """Nobody expects it."""


def failing_source() -> Iterator[PendingChunk]:
    yield from [pending(3)] * 20
    raise Surprise("in the source")


def failing_train(scratch: Any, index: int, *rest: Any) -> Any:
    if index == 50:
        raise Surprise("in a worker")
    return Recorder()(scratch, index, *rest)


def failing_scratch() -> Any:
    raise Surprise("in the memory")


POLLED = threading.Event()


def failing_poll(run: EpochRun) -> None:
    POLLED.set()
    raise Surprise("in the poll")


def train_until_polled(scratch: Any, index: int, *rest: Any) -> Any:
    POLLED.wait(20)  # or all would be over on a busy machine, before anybody is polled
    return Recorder()(scratch, index, *rest)


@pytest.mark.parametrize("n_workers", [1, 4])
@pytest.mark.parametrize(
    ("place", "parts", "poll"),
    [
        ("source", {"source": failing_source}, idle),
        ("worker", {"train": lambda: failing_train}, idle),
        ("memory", {"make_scratch": lambda: failing_scratch}, idle),
        ("poll", {"train": lambda: train_until_polled}, failing_poll),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_any_exception_ends_all_threads_and_is_raised(place: str, parts: Any, poll: Any, n_workers: int) -> None:
    POLLED.clear()
    arguments = {"train": Recorder(pause=0.001), **{name: make() for name, make in parts.items()}}
    run = start(n_workers, **arguments)
    with pytest.raises(Surprise, match=place):
        run.run(poll)
    assert not engine_threads()


def test_a_source_that_never_answers_can_be_left() -> None:
    release = threading.Event()

    def source() -> Iterator[PendingChunk]:
        yield pending(1)
        release.wait()

    def give_up(run: EpochRun) -> None:
        if run.totals.n_words:
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        start(2, Recorder(), source()).run(give_up)
    assert time.monotonic() - started < 2
    release.set()
    for thread in engine_threads():
        thread.join(5)
    assert not engine_threads()


def test_a_pause_is_between_chunks() -> None:
    train = Recorder(pause=0.002)
    seen_in_pauses: list[int] = []

    def held_back() -> Iterator[PendingChunk]:
        """Chunks that wait for pauses: on a busy machine all would be over before the third."""
        for index, chunk in enumerate(chunks()):
            while len(set(seen_in_pauses)) <= index // 60:
                time.sleep(0.001)
            yield chunk

    def poll(run: EpochRun) -> None:
        run.pause()
        seen_in_pauses.append(len(train.seen))
        assert run.totals.n_chunks == len(train.seen)  # all that was handed out is trained
        time.sleep(0.01)
        assert len(train.seen) == seen_in_pauses[-1]
        run.resume()

    totals = start(3, train, held_back()).run(poll)
    assert totals.n_chunks == N_CHUNKS
    assert len(set(seen_in_pauses)) > 2


def test_a_long_chunk_is_stopped_before_its_end() -> None:
    """Ctrl-C must not wait for a chunk that takes minutes, as chunks of the exact softmax do."""

    def train(scratch: Memory, *_: Any) -> Any:
        if scratch.stopped.wait(15):
            raise InterruptedError
        return 1, 1, 1, 0.0, 1

    def interrupt(run: EpochRun) -> None:
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        start(2, train).run(interrupt)
    assert time.monotonic() - begun < 5
    assert not engine_threads()


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), KeyboardInterrupt()])
@pytest.mark.parametrize("bound", [False, True])
def test_no_worker_outlives_a_start_that_fails(error: BaseException, bound: bool, monkeypatch: Any) -> None:
    original, n_started = threading.Thread.start, 0

    def start_some(thread: threading.Thread) -> None:
        nonlocal n_started
        if n_started == 3:
            raise error
        n_started += 1
        original(thread)

    train = Recorder(pause=0.01)
    run = EpochRun(chunks(), 8, Memory, train, EpochTotals(), bound=bound)
    monkeypatch.setattr(threading.Thread, "start", start_some)
    with pytest.raises(type(error)):
        run.run(idle)
    assert not engine_threads()
    n_trained = len(train.seen)
    time.sleep(0.05)
    assert len(train.seen) == n_trained < N_CHUNKS


@pytest.mark.parametrize("n_workers", [1, 3])
def test_a_bound_source_is_drawn_by_the_caller(n_workers: int) -> None:
    drawn = set()

    def source() -> Iterator[PendingChunk]:
        for chunk in chunks():
            drawn.add(threading.get_ident())
            yield chunk

    train = Recorder()
    run = EpochRun(source(), n_workers, Memory, train, EpochTotals(), bound=True)
    assert run.run(idle).n_chunks == N_CHUNKS == len(train.seen)
    assert drawn == {threading.get_ident()}


def test_an_error_of_a_bound_source_comes_after_what_was_drawn() -> None:
    train = Recorder()
    run = EpochRun(failing_source(), 2, Memory, train, EpochTotals(), bound=True)
    with pytest.raises(Surprise, match="in the source"):
        run.run(idle)
    assert len(train.seen) == 20
    assert not engine_threads()
