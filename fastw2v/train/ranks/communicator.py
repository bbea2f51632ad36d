"""What an engine must be able to do: six calls, by which ranks hear of each other.

A rank is one process with the whole model.  Bytes travel as arrays; who receives them knows what they mean.  There is
no all-reduce of arrays, for changes of rows are not summed: each row has an owner, who applies the rule
(``rules``).  Trading the changes with the owners and gathering what they made costs as many bytes as an all-reduce.
"""

from __future__ import annotations

import hashlib
import pickle
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


class Communicator(Protocol):
    """One rank's way to the others.

    All ranks make the same calls in the same order; one thread at a time calls.  A call that waits for a rank which is
    gone raises :class:`~fastw2v.errors.RankError`, or the engine ends the job: nothing waits for ever.  The next call
    may overwrite what one returns.
    """

    @property
    def rank(self) -> int:
        """The number of this rank, from 0; rank 0 is the caller's."""

    @property
    def size(self) -> int:
        """How many ranks there are."""

    def trade(self, messages: list[list[Bytes]]) -> list[list[Bytes]]:
        """Give each rank its messages; return those that each rank has for this one, as many (all-to-all)."""

    def gather(self, messages: list[Bytes]) -> list[list[Bytes]]:
        """Return the messages of all ranks, everywhere, as many from each (all-gather)."""

    def broadcast(self, value: Any) -> Any:
        """Return what rank 0 gave, everywhere."""

    def barrier(self) -> None:
        """Return when all ranks have called."""

    def abort(self, reason: str) -> None:
        """End the job of all ranks, since this one cannot go on."""


def as_bytes(value: Any) -> Bytes:
    """Return an object as bytes that :func:`from_bytes` understands; between ranks of one job alone, never from files.

    Examples
    --------
    >>> from_bytes(as_bytes({"words": 3}))
    {'words': 3}
    """
    return np.frombuffer(pickle.dumps(value, protocol=5), np.uint8)


def from_bytes(data: Bytes) -> Any:
    """Return what :func:`as_bytes` was given."""
    return pickle.loads(data.tobytes())


def gather_objects(communicator: Communicator, value: Any) -> list[Any]:
    """Return the objects of all ranks, everywhere."""
    return [from_bytes(message) for (message,) in communicator.gather([as_bytes(value)])]


def collect_objects(communicator: Communicator, value: Any) -> list[Any]:
    """Return the objects of all ranks at rank 0, an empty list elsewhere."""
    nothing = np.empty(0, np.uint8)
    found = communicator.trade([[as_bytes(value)]] + [[nothing]] * (communicator.size - 1))
    return [from_bytes(message) for (message,) in found] if communicator.rank == 0 else []


def share_of_array(array: NDArray[Any], communicator: Communicator) -> None:
    """Overwrite an array with that of rank 0; in pieces that need little memory, and not if all ranks have the same."""
    step = max(1, (1 << 22) // max(1, array[:1].nbytes))
    pieces = [array[first : first + step] for first in range(0, len(array), step)]
    digest = hashlib.sha256()
    for rows in pieces:
        digest.update(np.ascontiguousarray(rows).data)
    if len(set(gather_objects(communicator, digest.digest()))) == 1:
        return
    for rows in pieces:
        rows[:] = communicator.broadcast(np.array(rows) if communicator.rank == 0 else None)
