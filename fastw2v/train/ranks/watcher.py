"""A process on each machine that says which rank was lost first: what is killed cannot say so itself.

Each rank holds the writing end of a pipe, and the watcher all reading ends.  The system closes the pipe of a rank that
is gone, and keeps the order: where several are closed before the watcher gets a processor, as when the launcher has
ended all others within milliseconds, the first is still the first.  (So epoll does it, on Linux.  Elsewhere it is the
order in which they are found, which is another one only if the watcher has waited longer for a processor than the
launcher needs to end the others.)

This file is run by its path, without the package: it imports nothing of it.
"""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

GOODBYE = b"."  # the rank ends as it should
TOLD = b"!"  # the rank ends the job, and has said so


class Line:
    """What a rank holds: its end of a pipe to the watcher.

    Parameters
    ----------
    node : mpi4py.MPI.Comm
        The ranks of this machine; all of them call.
    name : str
        What the watcher calls this rank.
    advice : str
        What it adds.
    """

    def __init__(self, node: Any, name: str, advice: str) -> None:
        names, pipes = node.gather(name), _Pipes(node.size) if node.rank == 0 else None
        folder = node.bcast(pipes.folder if pipes else None)
        self._end: int | None = None
        with suppress(OSError):
            self._end = os.open(os.path.join(folder, str(node.rank)), os.O_WRONLY) if folder else None
        opened = node.gather(self._end is not None)  # also: the names of the pipes are needed no longer
        if pipes:
            pipes.hand_over(names, opened, advice)
        node.Barrier()  # from here on no loss is missed
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._close)  # else a rank's child would keep its pipe open

    def end(self, word: bytes = GOODBYE) -> None:
        """Tell the watcher that this rank ends."""
        if self._end is not None:
            with suppress(OSError):  # of a watcher that is gone
                os.write(self._end, word)
        self._close()

    def _close(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            os.close(end)


class _Pipes:
    """The reading ends of named pipes, one for each rank of this machine; without a folder where there can be none."""

    def __init__(self, size: int) -> None:
        self.folder: str | None = None
        self._ends: list[int] = []
        try:
            self.folder = tempfile.mkdtemp(prefix="fastw2v-")
            for number in range(size):
                path = os.path.join(self.folder, str(number))
                os.mkfifo(path, 0o600)
                self._ends.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        except (AttributeError, OSError):  # Windows has none, and a disk may be full: then only the launcher speaks
            self._remove()

    def hand_over(self, names: list[str], opened: list[bool], advice: str) -> None:
        """Start the watcher of the pipes that ranks have opened."""
        ends = [end for end, is_open in zip(self._ends, opened, strict=False) if is_open]
        watched = [f"{end}={name}" for end, name, is_open in zip(self._ends, names, opened, strict=False) if is_open]
        if ends:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, advice, *watched], pass_fds=ends, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            )  # fmt: skip
            assert process.stdout is not None
            process.stdout.read(1)
            process.stdout.close()
            process.returncode = 0  # it outlives this rank, and nobody waits for it
        self._remove()

    def _remove(self) -> None:
        ends, self._ends = self._ends, []
        for end in ends:
            os.close(end)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None


def watch(names: dict[int, str], ready: Callable[[], object]) -> str | None:
    """Return the name of the first rank that is gone without a word, by reading ends; None if all have said goodbye.

    From the call of ``ready`` on the order is known.
    """
    selector = selectors.DefaultSelector()
    for end in names:
        selector.register(end, selectors.EVENT_READ)
    ready()
    while selector.get_map():
        for key, _ in selector.select():  # by epoll in the order in which they became ready
            word = os.read(key.fd, 1)
            if not word:
                return names[key.fd]
            if word == TOLD:
                return None
            selector.unregister(key.fd)
    return None


if __name__ == "__main__":
    ends = dict(word.split("=", 1) for word in sys.argv[2:])
    lost = watch({int(end): name for end, name in ends.items()}, lambda: os.write(1, b"."))
    if lost is not None:  # of several machines each names one, and the earliest was the first
        now = time.time()
        when = time.strftime("%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d} UTC"
        sys.stderr.write(
            f"fastw2v: {lost} is gone at {when}: it was killed, or it crashed; the job ends. {sys.argv[1]}\n"
        )
