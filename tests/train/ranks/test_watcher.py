"""The process that says which rank was lost first."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys

import pytest

from fastw2v.train.ranks import watcher

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the watcher needs named pipes, which Windows lacks")


class Ranks:
    """Pipes of some ranks, and their watcher."""

    def __init__(self, n_ranks: int) -> None:
        pipes = [os.pipe() for _ in range(n_ranks)]
        self.lines = [line for _, line in pipes]
        ends = [end for end, _ in pipes]
        words = [f"{end}=rank {number}" for number, end in enumerate(ends)]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", watcher.__file__, "Go on.", *words],
            pass_fds=ends, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        for end in ends:
            os.close(end)
        assert self.process.stdout is not None
        assert self.process.stdout.read(1) == "."

    def ends(self, number: int, word: bytes = b"") -> None:
        if word:
            os.write(self.lines[number], word)
        os.close(self.lines[number])

    def heard(self) -> str:
        return self.process.communicate(timeout=30)[1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only epoll keeps the order in which pipes are closed")
@pytest.mark.parametrize("seed", range(6))
def test_the_first_to_go_is_named_however_late_the_watcher_looks(seed: int) -> None:
    """On a busy machine the launcher has ended all ranks before the watcher gets a processor."""
    ranks, order = Ranks(8), random.Random(seed).sample(range(8), 8)
    os.kill(ranks.process.pid, signal.SIGSTOP)
    ranks.ends(order[0], watcher.GOODBYE)  # this one ended as it should
    for number in order[1:]:
        ranks.ends(number)
    os.kill(ranks.process.pid, signal.SIGCONT)
    assert ranks.heard().startswith(f"fastw2v: rank {order[1]} is gone at ")


def test_ranks_that_say_goodbye_are_not_missed() -> None:
    ranks = Ranks(3)
    for number in (2, 0, 1):
        ranks.ends(number, watcher.GOODBYE)
    assert ranks.heard() == ""
    assert ranks.process.returncode == 0


def test_after_a_rank_has_said_why_it_ends_the_job_the_others_are_not_named() -> None:
    ranks = Ranks(3)
    ranks.ends(1, watcher.TOLD)
    assert ranks.heard() == ""
    ranks.ends(0)
    ranks.ends(2)
