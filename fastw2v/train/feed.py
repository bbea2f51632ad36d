"""Chunks that the caller's thread draws and the workers take.

A program's iterable may belong to the thread that called ``train``: it reads a database connection, a context
variable, a session.  So it runs there, in the thread that has nothing else to do meanwhile.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from fastw2v.text.chunks import PendingChunk

AHEAD = 8  # chunks that may wait for the workers
POLL_SECONDS = 0.05


class Feed(Iterator[PendingChunk]):
    """An iterator for the workers, filled by :meth:`draw`.

    Parameters
    ----------
    chunks : iterator of PendingChunk
        Advanced in the thread that calls ``draw``.
    changed : threading.Condition
        Guards what waits; notified whenever that changes.
    """

    def __init__(self, chunks: Iterator[PendingChunk], changed: threading.Condition) -> None:
        self._chunks = chunks
        self._changed = changed
        self._ready: deque[PendingChunk] = deque()
        self._finished = False
        self._error: Exception | None = None

    @property
    def wants(self) -> bool:
        """Whether there is room for one more chunk, and there may be one."""
        return not self._finished and len(self._ready) < AHEAD

    def draw(self) -> None:
        """Take the next chunk from the source; an error there is raised where the chunk would be taken."""
        chunk = None
        try:
            chunk = next(self._chunks, None)
        except Exception as error:
            self._error = error
        with self._changed:
            if chunk is None:
                self._finished = True
            else:
                self._ready.append(chunk)
            self._changed.notify_all()

    def __next__(self) -> PendingChunk:
        with self._changed:
            while not self._ready and not self._finished:
                self._changed.wait(POLL_SECONDS)
            if self._ready:
                chunk = self._ready.popleft()
                self._changed.notify_all()
                return chunk
        if self._error is not None:
            raise self._error
        raise StopIteration

    def close(self) -> None:
        """Forget what waits; nothing more comes."""
        with self._changed:
            self._finished = True
            self._ready.clear()
            self._changed.notify_all()
