"""Ranks over MPI: what a launcher such as ``mpiexec`` or ``srun`` has started, by mpi4py's buffer collectives.

Every wait polls, for two reasons: MPI's own wait keeps a processor busy that training can use, and Ctrl-C must reach
the program.  What kills a rank ends the job: the launcher sees to it, and a watcher says which rank it was.
"""

from __future__ import annotations

import atexit
import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import Any

import numpy as np

from fastw2v.errors import ConfigError
from fastw2v.train.ranks.communicator import Bytes, as_bytes, from_bytes
from fastw2v.train.ranks.watcher import TOLD, Line
from fastw2v.train.ranks.wire import Room

logger = logging.getLogger("fastw2v.word2vec")

SHORTEST, LONGEST = 5e-5, 2e-3  # seconds between two looks at a message
FORWARDED = 1.0  # seconds for the launcher to read what a rank has said: an abort overtakes it (seen: Hydra)
LONG = 60.0  # seconds of waiting after which a rank says so


class MpiCommunicator:
    """The ranks of ``MPI.COMM_WORLD``, on a communicator of their own; :func:`world` makes the only one."""

    def __init__(self) -> None:
        try:
            from mpi4py import MPI
        except ImportError as error:
            raise ConfigError(
                "engine='mpi' needs mpi4py and an MPI library: pip install 'fastw2v[mpi]' and, where the system has no "
                f"MPI, pip install mpich ({error})"
            ) from error
        except RuntimeError as error:  # mpi4py is there, and finds no library
            raise ConfigError(
                f"engine='mpi': mpi4py finds no MPI library; pip install mpich, or load your system's ({error})"
            ) from error
        self._mpi: Any = MPI
        self._world: Any = MPI.COMM_WORLD.Dup()
        self.rank: int = self._world.Get_rank()
        self.size: int = self._world.Get_size()
        if self.size > 1 and MPI.Query_thread() < MPI.THREAD_SERIALIZED:
            raise ConfigError(
                "engine='mpi': this MPI library was started without threads (it must grant MPI_THREAD_SERIALIZED): set "
                "mpi4py.rc.thread_level = 'multiple' before the first import of mpi4py.MPI"
            )
        self._line: Line | None = None
        self._room = Room()  # for what is received
        if self.size > 1:
            self._take_care_of_errors()

    @property
    def name(self) -> str:
        """What messages call this rank."""
        return f"rank {self.rank} of {self.size} (process {os.getpid()} on {socket.gethostname()})"

    def trade(self, messages: list[list[Bytes]]) -> list[list[Bytes]]:
        """Give each rank its messages; return those that each rank has for this one."""
        # Messages between two ranks each: the collective calls of MPICH move 8 kB with each look at them.  How long one
        # is says the message itself, which takes fewer looks than to tell it before.
        others = [(self.rank + step) % self.size for step in range(1, self.size)]  # not all to rank 0 at first
        requests = [
            self._world.Isend([np.ascontiguousarray(message), self._mpi.BYTE], other, number)
            for other in others
            for number, message in enumerate(messages[other])
        ]
        received = [[*theirs] for theirs in messages]
        missing = [(other, number) for other in others for number in range(len(messages[other]))]
        status = self._mpi.Status()

        def is_over() -> bool:
            for other, number in missing[:]:
                message = self._world.Improbe(other, number, status)
                if message is not None:
                    received[other][number] = self._room((other, number), status.Get_count(self._mpi.BYTE))
                    requests.append(message.Irecv([received[other][number], self._mpi.BYTE]))
                    missing.remove((other, number))
            return bool(self._mpi.Request.Testall(requests)) and not missing

        self._wait(is_over)
        return received

    def gather(self, messages: list[Bytes]) -> list[list[Bytes]]:
        """Return the messages of all ranks."""
        return self.trade([messages] * self.size)

    def broadcast(self, value: Any) -> Any:
        """Return what rank 0 gave."""
        data = as_bytes(value) if self.rank == 0 else np.empty(0, np.uint8)
        size = np.array([len(data)], np.int64)
        self._wait(self._world.Ibcast(size).Test)
        data = data.copy() if self.rank == 0 else np.empty(int(size[0]), np.uint8)
        self._wait(self._world.Ibcast(data).Test)
        return from_bytes(data)

    def barrier(self) -> None:
        """Return when all ranks have called."""
        self._wait(self._world.Ibarrier().Test)

    def abort(self, reason: str) -> None:
        """End all processes of the job, and say which rank asked for it, and why."""
        if self._line is not None:
            self._line.end(TOLD)
        print(f"fastw2v: {self.name} ends the job: {reason}", file=sys.stderr, flush=True)
        time.sleep(FORWARDED)
        self._mpi.COMM_WORLD.Abort(1)

    def _wait(self, is_over: Callable[[], bool]) -> None:
        pause, started, told = SHORTEST, time.monotonic(), LONG
        while not is_over():
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST)
            if time.monotonic() - started > told:
                logger.warning("%s has waited %.0f s for another rank", self.name, time.monotonic() - started)
                told *= 2

    def _take_care_of_errors(self) -> None:
        """Let nobody wait for a rank that has ended."""
        advice = "A checkpoint, where one was asked for, goes on with Word2Vec.resume(path, corpus, engine='mpi')."
        node = self._world.Split_type(self._mpi.COMM_TYPE_SHARED)
        self._line = Line(node, self.name, advice)
        node.Free()
        atexit.register(self._line.end)
        before = sys.excepthook

        def excepthook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
            before(kind, error, traceback)
            self.abort(f"{kind.__name__}: {error}")  # else it would wait, at its end, for ranks that wait for it

        sys.excepthook = excepthook


@cache
def world() -> MpiCommunicator:
    """Return the communicator of this process."""
    return MpiCommunicator()
