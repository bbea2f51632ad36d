"""Ranks as threads of one process: what tests and simulations train with; nothing is gained in speed.

Each rank has a model and a share of its own, and hears of the others only by what they exchange, as on machines of
their own.  With one training thread for each rank, equal seeds give equal bits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from fastw2v.errors import RankError
from fastw2v.train.ranks.communicator import Bytes, Communicator

R = TypeVar("R")


class LocalCommunicator:
    """One of several ranks of a process; :func:`run_ranks` makes them."""

    def __init__(self, rank: int, meeting: _Meeting) -> None:
        self.rank = rank
        self.size = meeting.size
        self._meeting = meeting

    def trade(self, messages: list[list[Bytes]]) -> list[list[Bytes]]:
        """Give each rank its messages; return those that each rank has for this one."""
        return [theirs[self.rank] for theirs in self._meeting.put(self.rank, messages)]

    def gather(self, messages: list[Bytes]) -> list[list[Bytes]]:
        """Return the messages of all ranks."""
        return self._meeting.put(self.rank, messages)

    def broadcast(self, value: Any) -> Any:
        """Return what rank 0 gave."""
        return self._meeting.put(self.rank, value)[0]

    def barrier(self) -> None:
        """Return when all ranks have called."""
        self._meeting.put(self.rank, None)

    def abort(self, reason: str) -> None:
        """Let every call of another rank fail."""
        self._meeting.end(f"rank {self.rank} of {self.size}: {reason}")


class _Meeting:
    """Where the ranks lay down what they have, and pick up what all have laid down."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._changed = threading.Condition()
        self._tables: dict[int, dict[int, Any]] = {}  # by number of the call: what each rank has put
        self._taken: dict[int, int] = {}
        self._calls = [0] * size
        self._over: str | None = None

    def put(self, rank: int, value: Any) -> list[Any]:
        with self._changed:
            call = self._calls[rank]
            self._calls[rank] += 1
            table = self._tables.setdefault(call, {})
            table[rank] = value
            self._changed.notify_all()
            while len(table) < self.size and self._over is None:
                self._changed.wait(0.2)
            if self._over is not None:
                raise RankError(self._over)
            self._taken[call] = self._taken.get(call, 0) + 1
            if self._taken[call] == self.size:
                del self._tables[call], self._taken[call]
            return [table[other] for other in range(self.size)]

    def end(self, reason: str) -> None:
        with self._changed:
            self._over = self._over or reason
            self._changed.notify_all()


def run_ranks(size: int, task: Callable[[Communicator], R]) -> list[R]:
    """Run a task on some ranks of this process; return what each returned.

    Parameters
    ----------
    size : int
    task : callable
        Gets the communicator of its rank.

    Raises
    ------
    Exception
        What a rank raised, the first that failed; the others end with it.

    Examples
    --------
    >>> run_ranks(3, lambda ranks: ranks.broadcast(ranks.rank + 10))
    [10, 10, 10]
    """
    meeting = _Meeting(size)
    results: dict[int, R] = {}
    errors: list[BaseException] = []

    def work(rank: int) -> None:
        try:
            results[rank] = task(LocalCommunicator(rank, meeting))
        except BaseException as error:
            errors.append(error)
            meeting.end(f"rank {rank} of {size} failed: {error}")

    threads = [
        threading.Thread(target=work, args=(rank,), name=f"fastw2v-rank-{rank}", daemon=True) for rank in range(size)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.2)
    if errors:
        raise errors[0]
    return [results[rank] for rank in range(size)]
