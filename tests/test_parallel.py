"""Threads around compiled functions: order kept, exceptions forwarded, threads ended."""

from __future__ import annotations

import _thread
import gc
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fastw2v._parallel import Prefetch, in_slices, ordered_map, usable_cpus


def threads_left() -> list[threading.Thread]:
    deadline = time.monotonic() + 5
    while left := [t for t in threading.enumerate() if t.name.startswith("fastw2v-")]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    return left


def failing(n: int) -> Iterator[int]:
    yield from range(n)
    raise KeyError("source")


@pytest.mark.parametrize("depth", [1, 3, 100])
def test_prefetch_gives_all_items_in_order(depth: int) -> None:
    assert list(Prefetch(range(50), depth)) == list(range(50))
    assert not threads_left()


def test_prefetch_holds_no_more_than_its_depth() -> None:
    drawn: list[int] = []

    def source() -> Iterator[int]:
        for i in range(100):
            drawn.append(i)
            yield i

    items = Prefetch(source(), depth=3)
    assert next(items) == 0
    time.sleep(0.1)
    assert len(drawn) <= 5
    items.close()
    assert not threads_left()


def test_prefetch_raises_after_the_items_before_the_error() -> None:
    items = Prefetch(failing(3), depth=10)
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError, match="source"):
        next(items)
    with pytest.raises(StopIteration):
        next(items)


def test_prefetch_calls_iter_in_its_thread() -> None:
    class Bad:
        def __iter__(self) -> Iterator[int]:
            raise KeyError("iter")

    with pytest.raises(KeyError, match="iter"):
        next(Prefetch(Bad(), depth=1))


def test_prefetch_closes_its_generator() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    items = Prefetch(source(), depth=2)
    next(items)
    items.close()
    assert closed.wait(5)


def slow_square(number: int) -> Callable[[int], int]:
    def work(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return item * item

    return work


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_ordered_map_keeps_the_order(workers: int) -> None:
    assert list(ordered_map(slow_square, range(60), workers)) == [i * i for i in range(60)]
    assert list(ordered_map(slow_square, [], workers)) == []
    assert not threads_left()


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_ordered_map_raises_the_first_error_in_order(workers: int) -> None:
    def make(number: int) -> Callable[[int], int]:
        def work(item: int) -> int:
            if item in (20, 21, 25):
                time.sleep(0.02 * (item == 20))
                raise ValueError(f"item {item}")
            return item

        return work

    found = []
    with pytest.raises(ValueError, match="item 20"):
        found.extend(ordered_map(make, range(40), workers))
    assert found == list(range(20))
    assert not threads_left()


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_ordered_map_forwards_errors_of_the_items(workers: int) -> None:
    found = []
    with pytest.raises(KeyError, match="source"):
        found.extend(ordered_map(slow_square, failing(5), workers))
    assert found == [0, 1, 4, 9, 16]
    assert not threads_left()


def test_ordered_map_does_not_wait_for_a_source_that_hangs() -> None:
    release = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        release.wait(20)

    results = ordered_map(slow_square, items(), 2)
    assert next(results) == 1
    start = time.monotonic()
    results.close()
    assert time.monotonic() - start < 5
    release.set()
    assert not threads_left()


@pytest.mark.parametrize("workers", [2, 7])
def test_ordered_map_is_bounded_and_ends_when_given_up(workers: int) -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for i in range(10_000):
            drawn.append(i)
            yield i

    results = ordered_map(lambda number: lambda item: item, items(), workers)
    assert next(results) == 0
    time.sleep(0.05)
    results.close()
    assert len(drawn) <= 6 * workers
    assert not threads_left()


def test_cpus_are_those_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= usable_cpus() <= (os.cpu_count() or 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 5}, raising=False)
    assert usable_cpus() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cpus() == 1


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("n", [0, 1, 7, 64])
def test_slices_cover_all_rows_once(n: int, n_threads: int) -> None:
    rows: list[int] = []
    in_slices(lambda part: rows.extend(range(part.start, part.stop)), n, least=3, n_threads=n_threads)
    assert sorted(rows) == [*range(n)]


def test_slices_are_done_side_by_side() -> None:
    meeting = threading.Barrier(3)
    in_slices(lambda part: meeting.wait(20), 3, least=1, n_threads=3)


def test_a_slice_that_fails_ends_in_the_caller() -> None:
    def task(part: slice) -> None:
        if part.start:
            raise ValueError(part.start)

    with pytest.raises(ValueError, match=r"^1$"):
        in_slices(task, 12, least=1, n_threads=3)


@pytest.mark.parametrize("wrong", [KeyboardInterrupt, SystemExit, MemoryError])
def test_nothing_runs_on_behind_an_error(wrong: type[BaseException]) -> None:
    ended, both = [], threading.Barrier(2)

    def task(part: slice) -> None:
        both.wait(20)
        if part.start == 0:
            raise wrong
        time.sleep(0.05)
        ended.append(part.start)

    with pytest.raises(wrong):
        in_slices(task, 2, least=1, n_threads=2)
    assert ended == [1]


def test_a_thread_that_is_held_up_leaves_most_to_the_others() -> None:
    others_done, begun, done = threading.Event(), threading.Event(), []

    def task(part: slice) -> None:
        if part.start == 0:
            begun.set()
            assert others_done.wait(20)
        else:
            assert begun.wait(20)
            done.append(part.start)
            if len(done) == 7:
                others_done.set()

    in_slices(task, 80, least=8, n_threads=2)
    assert done == [10, 20, 30, 40, 50, 60, 70]


def test_the_caller_does_what_no_thread_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a thread starts late; it then finds nothing to do, and holds nothing. Or there is none."""
    late: list[Any] = []

    def none_left(run: Any, arguments: Any) -> None:
        late.append(run)
        if len(late) == 2:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", none_left)
    rows: list[int] = []

    def task(part: slice) -> None:
        rows.extend(range(part.start, part.stop))

    held = weakref.ref(task)
    in_slices(task, 10, least=2, n_threads=4)
    assert sorted(rows) == [*range(10)]
    del task
    gc.collect()
    assert held() is None
    late[0]()
    assert len(rows) == 10
    with pytest.raises(ValueError, match="no"):
        in_slices(failing_slice, 10, least=2, n_threads=4)


def failing_slice(part: slice) -> None:
    raise ValueError("no")
