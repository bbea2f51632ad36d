"""Work on slices of rows in parallel: the compiled functions release the GIL."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


def threads() -> int:
    """How many threads a file is parsed or printed with."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, 8))


class Slices:
    """Run a function over slices of ``range(n)``, in threads when that pays; a context manager.

    The threads live as long as the file is open: a pool that outlived it would not survive a fork.
    """

    def __init__(self) -> None:
        self.n_threads = threads()
        self.pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Slices:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def _submit(self, function: Callable[[slice], Any], part: slice) -> Future[Any]:
        if self.pool is None:
            self.pool = ThreadPoolExecutor(self.n_threads)
        return self.pool.submit(function, part)

    def run(self, function: Callable[[slice], None], n: int, least: int = 64) -> None:
        """Call ``function(slice)`` for all rows; ``least`` rows are worth a thread."""
        parts = max(1, min(self.n_threads, n // least))
        if parts == 1:
            function(slice(0, n))
            return
        borders = [n * i // parts for i in range(parts + 1)]
        futures = [self._submit(function, slice(a, b)) for a, b in itertools.pairwise(borders)]
        for future in futures:
            future.result()

    def stream(self, function: Callable[[slice], Any], n: int, step: int) -> Iterator[Any]:
        """Results of ``function(slice)`` for steps of rows, in order; the next ones are made meanwhile."""
        parts = [slice(begin, min(begin + step, n)) for begin in range(0, n, step)]
        if len(parts) < 2 or self.n_threads == 1:
            yield from map(function, parts)
            return
        waiting: deque[Future[Any]] = deque()
        for part in parts:
            waiting.append(self._submit(function, part))
            if len(waiting) > self.n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
