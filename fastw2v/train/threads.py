"""The engine: Python threads that pull chunks and train each in one call without the GIL.

Whatever goes wrong in a source or in a worker stops all workers and reaches the caller; the
caller's thread never blocks for longer than a poll, so that Ctrl-C works on every platform.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from fastw2v.text.chunks import PendingChunk
from fastw2v.train.feed import POLL_SECONDS, Feed

logger = logging.getLogger("fastw2v.word2vec")

PATIENCE_SECONDS = 0.5  # with a source, and with a chunk that is being trained, when training has to end


@dataclass
class EpochTotals:
    """What one epoch has done so far."""

    n_chunks: int = 0  # handed out
    n_words: int = 0  # raw words, trained
    n_sentences: int = 0
    n_kept: int = 0  # words left after sub-sampling
    n_pairs: int = 0
    loss: float = 0.0  # sum over n_loss_pairs pairs
    n_loss_pairs: int = 0

    @property
    def mean_loss(self) -> float:
        """Mean loss per trained pair, NaN before the first."""
        return self.loss / self.n_loss_pairs if self.n_loss_pairs else float("nan")


class Scratch(Protocol):
    """Working memory of one thread."""

    def stop(self) -> None:
        """End the training of a chunk before its end; it raises ``InterruptedError`` in its own thread."""


ChunkTrainer = Callable[[Any, int, int, int, PendingChunk], tuple[int, int, int, float, int]]


class EpochRun:
    """One epoch on ``n_workers`` threads; 0: in the thread that calls :meth:`run`.

    Parameters
    ----------
    chunks : iterator of PendingChunk
        Pulled by the workers, one at a time, in order.
    make_scratch : callable
        Gives each worker its own working memory.
    train_chunk : callable ``(scratch, index, words_before, sentences_before, pending)``
        Encodes and trains one chunk; gives ``(n_words, n_kept, n_pairs, loss, n_loss_pairs)``.
    totals : EpochTotals
        Where to start from: ``totals.n_chunks`` chunks are skipped (they were trained before).
    bound : bool
        Draw the chunks in the thread that calls :meth:`run`, instead of in the workers.
    mine : callable, optional
        Whether the chunk of a number is trained here; the others are another process's.
    border : callable ``(index, words_before, sentences_before)``, optional
        Called before each chunk but the first, in corpus order, by a worker that trains none at the moment.
    """

    def __init__(
        self,
        chunks: Iterator[PendingChunk],
        n_workers: int,
        make_scratch: Callable[[], Scratch],
        train_chunk: ChunkTrainer,
        totals: EpochTotals,
        *,
        bound: bool = False,
        mine: Callable[[int], bool] = lambda index: True,
        border: Callable[[int, int, int], None] | None = None,
    ) -> None:
        self.totals = totals
        self._mine = mine
        self._border = border
        self._make_scratch = make_scratch
        self._train_chunk = train_chunk
        self._skip = totals.n_chunks
        self._position = (0, 0, 0)  # chunks, words, sentences handed out, skipped ones included
        self._source = threading.Lock()  # held while the source gives the next chunk, however long
        self._state = threading.Condition()  # guards everything else, never held for long
        self._feed = Feed(chunks, self._state) if bound else None
        self._chunks = self._feed or chunks
        self._stop = False
        self._paused = False
        self._n_busy = 0
        self._n_running = max(n_workers, 1)
        self._error: BaseException | None = None
        self._scratches: list[Scratch] = []
        self._threads = [
            threading.Thread(target=self._work, name=f"fastw2v-{i}", daemon=True) for i in range(n_workers)
        ]

    def _pull(self) -> tuple[int, int, int, PendingChunk] | None:
        """Take the next chunk: its index, the words and sentences before it, and itself."""
        with self._source:
            while not self._stop:
                pending = next(self._chunks, None)
                if self._border is not None and pending is not None and self._position[0] > self._skip:
                    self._border(*self._position)
                with self._state:
                    while self._paused and not self._stop:
                        self._state.wait()
                    if self._stop or pending is None:
                        return None
                    index, words, sentences = self._position
                    self._position = (index + 1, words + pending.n_words, sentences + pending.n_sentences)
                    if index == self._skip:
                        self._check_skipped(words, sentences)
                    if index >= self._skip and self._mine(index):
                        self.totals.n_chunks = index + 1
                        self._n_busy += 1
                        return index, words, sentences, pending
        return None

    def _train_one(self, scratch: Any, job: tuple[int, int, int, PendingChunk]) -> None:
        done: tuple[int, int, int, float, int] | None = None
        try:
            done = self._train_chunk(scratch, *job)
        except BaseException as error:
            self._fail(error)  # before the chunk counts as done, so that pause() cannot miss it
            raise
        finally:
            with self._state:
                self._n_busy -= 1
                if done is not None:
                    totals = self.totals
                    totals.n_words += done[0]
                    totals.n_sentences += job[3].n_sentences
                    totals.n_kept += done[1]
                    totals.n_pairs += done[2]
                    totals.loss += done[3]
                    totals.n_loss_pairs += done[4]
                if self._paused:
                    self._state.notify_all()

    def _work(self) -> None:
        try:
            scratch = self._make_scratch()
            self._scratches.append(scratch)
            while (job := self._pull()) is not None:
                self._train_one(scratch, job)
        except BaseException as error:
            self._fail(error)
        finally:
            with self._state:
                self._n_running -= 1
                self._state.notify_all()

    def _fail(self, error: BaseException) -> None:
        with self._state:
            self._error = self._error or error
            self._stop = True

    @property
    def position(self) -> tuple[int, int, int]:
        """Chunks, words and sentences that the source has given, those of other processes included."""
        return self._position

    @property
    def failed(self) -> bool:
        """Whether a chunk that was handed out has not been trained to its end, because of an error."""
        return self._error is not None

    @property
    def over(self) -> bool:
        """Whether no thread trains, or ever will again."""
        with self._state:
            return self._stop and not self._n_busy

    def _check_skipped(self, words: int, sentences: int) -> None:
        """Warn if what is skipped is not what was trained; nothing of this epoch is trained yet."""
        if (words, sentences) != (self.totals.n_words, self.totals.n_sentences):
            logger.warning(
                "resumed after %d chunks, which are %d words in %d sentences now, and were %d in %d when they were "
                "trained: either the corpus gives something else in each epoch, or it is another one",
                self._skip, words, sentences, self.totals.n_words, self.totals.n_sentences,
            )  # fmt: skip

    def run(
        self, poll: Callable[[EpochRun], None], draw: Callable[[EpochRun, Callable[[], None]], None] | None = None
    ) -> EpochTotals:
        """Train the epoch; ``poll`` is called again and again meanwhile, from this thread.

        ``draw(run, step)`` calls ``step()``, in which foreign code may run; None: it is called.

        Raises
        ------
        Exception
            Whatever a source, a worker or ``poll`` raised, unchanged, after all workers stopped.
        """
        polled = 0.0
        try:
            for thread in self._threads:
                thread.start()
            if not self._threads:
                self._work()
            while self._n_running and self._error is None:
                if self._feed is not None and self._feed.wants:
                    if draw is None:
                        self._feed.draw()
                    else:
                        draw(self, self._feed.draw)
                else:
                    self._wait()
                if self._feed is None or time.monotonic() - polled >= POLL_SECONDS:
                    poll(self)
                    polled = time.monotonic()
        finally:
            self._end()
        if self._error is not None:
            raise self._error
        return self.totals

    def _wait(self) -> None:
        """Wait for a moment, or until something happens."""
        with self._state:
            if self._n_running and not (self._feed is not None and self._feed.wants):
                self._state.wait(POLL_SECONDS)

    def _end(self) -> None:
        """Let every worker finish its chunk and end; a chunk that takes long is stopped before its end.

        A worker that waits for a source which never answers cannot be woken: it is left behind, a
        daemon thread that trains nothing more.
        """
        with self._state:
            self._stop = True
            self._state.notify_all()
        if self._feed is not None:
            self._feed.close()
        deadline = time.monotonic() + PATIENCE_SECONDS
        for thread in self._threads:
            while thread.is_alive() and (self._n_busy or time.monotonic() < deadline):
                thread.join(POLL_SECONDS)
                if time.monotonic() > deadline:
                    for scratch in self._scratches:
                        scratch.stop()

    def rest(self) -> None:
        """Wait until no chunk is being trained; for the worker that is at a border."""
        with self._state:
            while self._n_busy and not self._stop:
                self._state.wait(0.001)

    def pause(self) -> None:
        """Hold all workers between chunks; every chunk handed out so far is then trained."""
        with self._state:
            self._paused = True
            while self._n_busy:
                self._state.wait(POLL_SECONDS)

    def resume(self) -> None:
        """Let the workers go on after :meth:`pause`."""
        with self._state:
            self._paused = False
            self._state.notify_all()
