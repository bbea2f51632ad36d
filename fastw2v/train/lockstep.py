"""Many cores on one: the threads of a training take turns of a few positions each.

On as many cores as threads, all walks go on at the same time. On fewer cores they do not: the system lets each thread
run for thousands of windows before the next, so that what threads do to each other's rows never shows. In lockstep,
each thread walks a few positions and hands on to the next, in one call that holds no GIL. Kernels, chunks, copies of
rows and the training loop are those of every training; only the order of the windows is another one.

>>> from fastw2v import Word2Vec
>>> sentences = [["a", "b", "c", "d"] * 5, ["c", "b", "d", "a"] * 5] * 100
>>> with lockstep():
...     model = Word2Vec(sentences, workers=16, vector_size=8)  # as on 16 cores, whatever there is
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastw2v.train import loop
from fastw2v.train.job import Job, Position

TURN = 4  # positions that a lane walks before it is the next one's turn
POLL_SECONDS = 0.0005  # between two looks at whether a thread has ended


@contextmanager
def lockstep(turn: int = TURN) -> Iterator[None]:
    """Let every training that begins within the context run in lockstep, ``turn`` positions a time."""
    train = loop.train

    def in_turns(job: Job, position: Position | None = None) -> Any:
        job.kernels, job.always_threads = Lanes(job.kernels, job.workers, turn), True
        return train(job, position)

    loop.train = in_turns
    try:
        yield
    finally:
        loop.train = train


class Lanes:
    """A kernel module whose ``train_chunk`` lets all threads of a training walk in turns.

    Every thread waits for the end of its chunk, but for one, which leads: once all are within a chunk, it walks
    for all of them until one is done, and waits until that one is back with the next chunk or has ended. So what
    happens does not depend on the system's scheduler, and equal seeds give equal bits.
    """

    def __init__(self, kernels: Any, n_lanes: int, turn: int) -> None:
        self._kernels = kernels
        self._n_lanes = n_lanes
        self._turn = turn
        self._arrived = threading.Condition()  # guards all below
        self._plan: Any = None  # of the epoch
        self._n_to_come = 0  # threads of the epoch that have no scratch memory yet
        self._threads: dict[int, threading.Thread] = {}  # those that train, by the id of their scratch memory
        self._walking: dict[int, tuple[int, Any]] = {}  # those in a chunk: its number, and the scratch memory
        self._wake: dict[int, threading.Event] = {}
        self._leader: int | None = None
        self._next = 0  # number of the chunk whose turn it is

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernels, name)

    def Scratch(self, plan: Any) -> Any:
        """Give the calling thread its scratch memory."""
        with self._arrived:
            if plan is not self._plan:
                self._plan, self._n_to_come, self._next = plan, self._n_lanes, 0
            self._n_to_come -= 1
        scratch = self._kernels.Scratch(plan)
        with self._arrived:
            self._threads[id(scratch)] = threading.current_thread()
        return scratch

    def train_chunk(self, plan: Any, scratch: Any, ids: Any, offsets: Any, **how: Any) -> Any:
        """Train on one chunk, in turns with the other threads."""
        lane = id(scratch)
        self._kernels.start_lane(plan, scratch, ids, offsets, **how)
        with self._arrived:
            self._walking[lane] = how["chunk"], scratch
            wake = self._wake[lane] = threading.Event()
            self._arrived.notify_all()  # to the leader, who alone waits for it
            leads = self._leader is None
            self._leader = lane if leads else self._leader
        if not leads:
            wake.wait()
        with self._arrived:
            while lane in self._walking:  # woken before the end of its chunk, it leads
                self._lead(plan)
            if self._leader == lane:
                self._leader = next(iter(self._walking), None)
                if self._leader is not None:
                    self._wake[self._leader].set()
        return self._kernels.end_lane(plan, scratch)

    def _lead(self, plan: Any) -> None:
        while self._n_to_come or len(self._walking) < len(self._threads):
            self._arrived.wait(POLL_SECONDS)
            self._threads = {lane: thread for lane, thread in self._threads.items() if thread.is_alive()}
        order = sorted(self._walking.items(), key=lambda item: (item[1][0] < self._next, item[1][0]))
        done = self._kernels.walk_in_turns(plan, [scratch for _, (_, scratch) in order], self._turn)
        self._next = order[done][1][0] + 1
        del self._walking[order[done][0]]
        self._wake[order[done][0]].set()
