"""Threads around what releases the GIL: ahead of the caller, over items in order, over slices of rows.

All forward exceptions to the caller, hold a bounded number of results, and stop their threads when
the caller is done with them, whether by exhaustion, by an exception or by ``close()``. No thread outlives its call:
a pool that did would be dead after a fork. (The threads that train are those of ``train/threads``.)
"""

from __future__ import annotations

import _thread
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

# A wait without a time limit cannot be interrupted by Ctrl-C on every system.
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 1.0

SLICES_PER_THREAD = 4  # a thread that starts late, or is slowed down, takes fewer of them


def usable_cpus() -> int:
    """Return how many processors this process may use; at least 1."""
    if hasattr(os, "sched_getaffinity"):  # fewer than there are: containers, taskset
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Prefetch(Iterator[T], Generic[T]):
    """Draw items from an iterable in a thread, at most ``depth`` ahead of the caller.

    Parameters
    ----------
    iterable : iterable
        Iterated in the thread, from ``iter()`` on; an exception there is raised by ``next()`` here.
    depth : int
        How many items may wait.

    Examples
    --------
    >>> list(Prefetch(range(3), depth=2))
    [0, 1, 2]
    """

    def __init__(self, iterable: Iterable[T], depth: int) -> None:
        self._ready: deque[T] = deque()
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._finished = False
        self._closed = False
        self._depth = depth
        self._thread = threading.Thread(target=self._run, args=(iterable,), daemon=True, name="fastw2v-prefetch")
        self._thread.start()

    def _run(self, iterable: Iterable[T]) -> None:
        error: BaseException | None = None
        iterator: Iterator[T] | None = None
        try:
            iterator = iter(iterable)
            for item in iterator:
                with self._changed:
                    while len(self._ready) >= self._depth and not self._closed:
                        self._changed.wait()
                    if self._closed:
                        break
                    self._ready.append(item)
                    self._changed.notify_all()
            if self._closed:
                _close(iterator)
        except BaseException as raised:  # whatever it is, it belongs to the caller
            error = raised
        with self._changed:
            self._error = error
            self._finished = True
            self._changed.notify_all()

    def __next__(self) -> T:
        with self._changed:
            while not self._ready and not self._finished:
                self._changed.wait(_POLL_SECONDS)
            if self._ready:
                item = self._ready.popleft()
                self._changed.notify_all()
                return item
            error, self._error = self._error, None
        if error is not None:
            raise error
        raise StopIteration

    def close(self) -> None:
        """Stop the thread at its next item and forget what waits; does not wait for it."""
        with self._changed:
            self._closed = True
            self._ready.clear()
            self._changed.notify_all()


def _close(iterator: Iterator[T]) -> None:
    close = getattr(iterator, "close", None)
    if close is not None:
        close()


def ordered_map(
    make_worker: Callable[[int], Callable[[T], R]], items: Iterable[T], workers: int, depth: int | None = None
) -> Iterator[R]:
    """Apply a function to items in several threads; yield the results in the order of the items.

    Parameters
    ----------
    make_worker : callable
        Called once for each thread with its number; gives the function for the items.
    items : iterable
        Drawn by one thread at a time.
    workers : int
        Number of threads; 1 works in the caller's own.
    depth : int, optional
        How many results may wait; at least `workers`. None: four for each thread.

    Raises
    ------
    BaseException
        Of the items that failed, the first in order decides: the results before it are given, then
        its exception is raised.

    Examples
    --------
    >>> list(ordered_map(lambda number: str, [1, 2, 3], workers=2))
    ['1', '2', '3']
    """
    if workers <= 1:
        work = make_worker(0)
        for item in items:
            yield work(item)
        return
    pool = _Pool(make_worker, iter(items), workers, 4 * workers if depth is None else depth)
    try:
        yield from pool.results()
    finally:
        pool.stop()


class _Pool(Generic[T, R]):
    def __init__(
        self, make_worker: Callable[[int], Callable[[T], R]], items: Iterator[T], workers: int, depth: int
    ) -> None:
        self._items = items
        self._drawing = threading.Lock()
        self._changed = threading.Condition()
        self._done: dict[int, tuple[R | None, BaseException | None]] = {}
        self._n_drawn = 0
        self._n_given = 0
        self._n_running = workers
        self._stopped = False
        self._depth = depth
        self._threads = [
            threading.Thread(target=self._run, args=(make_worker(k),), daemon=True, name=f"fastw2v-text-{k}")
            for k in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, work: Callable[[T], R]) -> None:
        place = 0
        try:
            while not self._stopped:
                with self._drawing:
                    if self._stopped:
                        break
                    place = self._n_drawn
                    self._n_drawn += 1
                    try:
                        item = next(self._items)
                    except StopIteration:
                        break
                self._put(place, work(item), None)
        except BaseException as error:  # it is raised where the results are read
            self._stopped = True
            self._put(place, None, error)
        with self._changed:
            self._n_running -= 1
            self._changed.notify_all()

    def _put(self, place: int, result: R | None, error: BaseException | None) -> None:
        with self._changed:
            self._done[place] = (result, error)
            self._changed.notify_all()
            while place - self._n_given >= self._depth and not self._stopped:
                self._changed.wait()

    def results(self) -> Iterator[R]:
        while True:
            with self._changed:
                while self._n_given not in self._done and self._n_running:
                    self._changed.wait(_POLL_SECONDS)
                if self._n_given not in self._done:
                    return
                result, error = self._done.pop(self._n_given)
                self._n_given += 1
                self._changed.notify_all()
            if error is not None:
                raise error
            yield result  # type: ignore[misc]

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        # A thread that still waits for a source which does not answer is left behind; it does nothing more.
        if not any(thread.is_alive() for thread in self._threads):
            _close(self._items)


def in_slices(task: Callable[[slice], Any], n: int, *, least: int = 64, n_threads: int | None = None) -> None:
    """Call ``task(slice)`` for slices of ``n`` rows, in threads where that pays.

    The caller works, too, and takes what no other thread has begun: on a busy machine it does not wait for a thread
    that has yet to start, which finds nothing left to do.

    Parameters
    ----------
    task : callable
    n : int
    least : int
        So many rows are worth a thread; its slices may be smaller.
    n_threads : int, optional
        None: as many as there are processors, up to 8.

    Raises
    ------
    Exception
        What a call raised, the first in the order of the rows.

    Examples
    --------
    >>> squares = [0] * 4
    >>> def square(rows):
    ...     for row in range(rows.start, rows.stop):
    ...         squares[row] = row * row
    >>> in_slices(square, 4, least=2, n_threads=2)
    >>> squares
    [0, 1, 4, 9]
    """
    n_threads = max(1, min(min(usable_cpus(), 8) if n_threads is None else n_threads, n // least))
    if n_threads == 1:
        task(slice(0, n))
        return
    n_slices = min(n, SLICES_PER_THREAD * n_threads)
    borders = [n * part // n_slices for part in range(n_slices + 1)]
    work = _Slices(task, list(itertools.starmap(slice, itertools.pairwise(borders))))
    try:
        for _ in range(n_threads - 1):
            _thread.start_new_thread(work.run, ())  # which, unlike Thread.start(), does not wait for it
    except RuntimeError:  # no more threads: the others do it
        pass
    try:
        work.run()
    finally:
        work.finish()
    if work.errors:
        raise work.errors[min(work.errors)]


class _Slices:
    """What is left to do of some slices, by several threads."""

    def __init__(self, task: Callable[[slice], Any], slices: list[slice]) -> None:
        self._task = task
        self._slices = slices
        self._changed = threading.Condition()
        self._n_begun = self._n_running = 0
        self.errors: dict[int, BaseException] = {}

    def run(self) -> None:
        """Do what nobody has begun."""
        while True:
            with self._changed:
                place = self._n_begun
                if place == len(self._slices):
                    return
                self._n_begun += 1
                self._n_running += 1
            try:
                self._task(self._slices[place])
            except BaseException as error:  # it is raised in the caller
                self.errors[place] = error
            with self._changed:
                self._n_running -= 1
                if place in self.errors:
                    self._n_begun = len(self._slices)
                self._changed.notify_all()

    def finish(self) -> None:
        """Begin nothing more, and wait for what was begun."""
        with self._changed:
            self._n_begun = len(self._slices)
            while self._n_running:
                self._changed.wait(_POLL_SECONDS)
            self._task = _nothing  # a thread that comes late holds no array


def _nothing(_: slice) -> None:
    pass
