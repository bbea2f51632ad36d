"""One call of ``train``: what it set out to do, where it stands, and how one chunk of it is trained."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from fastw2v.errors import TrainingError
from fastw2v.text.chunks import Chunk, PendingChunk, Source
from fastw2v.text.vocab import Vocab
from fastw2v.train.divergence import Guard
from fastw2v.train.progress import Progress
from fastw2v.train.ranks.alone import Alone
from fastw2v.train.schedule import Schedule
from fastw2v.train.threads import EpochRun, EpochTotals

SAMPLED_LOSS = 16  # without compute_loss the loss is estimated from every 16th window
FEW_WORDS = 100_000  # in an epoch: too few to estimate from
NO_THREAD_WORDS = 2_000  # in an epoch: trained before a thread has started


@dataclass
class Position:
    """Where training stands: all that, beside the weights, is needed to go on from here."""

    epoch: int = 0  # from 0
    totals: EpochTotals = field(default_factory=EpochTotals)  # of this epoch
    finished: list[EpochTotals] = field(default_factory=list)  # one for each epoch before it
    stopped: bool = False  # a callback ended training


@dataclass
class Course:
    """What one call of ``train`` set out to do: with a position in it, all that going on needs.

    A program may change the learning rates on the way.
    """

    alpha: float
    min_alpha: float
    epochs: int
    total_words: int | None
    total_examples: int | None
    report_delay: float
    first_epoch: int  # epochs trained by earlier calls


@dataclass
class Job:
    """One call of ``train``: what to do, on what, and whom to tell.

    ``expected_words`` and ``expected_sentences`` are what one epoch should count; progress, and so
    the learning rate, goes by words where they are known, by sentences otherwise.
    """

    kernels: Any
    make_plan: Callable[[], Any]  # called at each epoch: callbacks may have replaced arrays
    source: Source
    vocab: Vocab
    schedule: Schedule
    seed: int
    workers: int
    expected_words: int | None
    expected_sentences: int | None
    compute_loss: bool
    progress: Progress
    guard: Guard = field(default_factory=Guard)
    member: Alone = field(default_factory=Alone)  # of several processes that train together
    always_threads: bool = False  # start as many as there are workers, even where there are fewer chunks
    first_epoch: int = 0  # of the random streams: epochs trained by earlier calls
    busy: bool = False  # whether a thread may be training: after an epoch, only where its end was interrupted
    on_epoch_begin: Callable[[], bool] = lambda: True  # False ends training
    on_epoch_end: Callable[[EpochTotals], bool] = lambda totals: True  # False ends training
    on_poll: Callable[[EpochRun], None] = lambda run: None
    on_draw: Callable[[EpochRun, Callable[[], None]], None] = lambda run, step: step()  # the source's own code runs
    at_rest: Callable[[], AbstractContextManager[None]] = nullcontext  # around it, where nobody trains

    def fraction(self, words: float, sentences: float) -> float:
        """Part of the epoch that lies before a position."""
        if self.expected_words:
            return words / self.expected_words
        return sentences / self.expected_sentences if self.expected_sentences else 0.0

    def alpha_at(self, epoch: int, words: int, sentences: int) -> float:
        """Learning rate at a position of an epoch."""
        return self.schedule.at(epoch, self.fraction(words, sentences))

    @property
    def loss_every(self) -> int:
        """Windows from one whose loss is counted to the next."""
        few = self.expected_words is not None and self.expected_words <= FEW_WORDS
        return 1 if self.compute_loss or few else SAMPLED_LOSS

    def n_threads(self, first: PendingChunk, n_others: int) -> int:
        """Return how many threads to start for a chunk and so many others; 0: the caller trains it."""
        if self.always_threads or self.source.bound or self.member.size > 1:
            return self.workers
        return 0 if not n_others and first.n_words <= NO_THREAD_WORDS else min(self.workers, 1 + n_others)

    def alphas(self, epoch: int, index: int, words: int, sentences: int, pending: PendingChunk) -> tuple[float, float]:
        """Learning rate at the begin and at the end of a chunk (docs/math.md section 9).

        As many chunks as there are workers, of all ranks, are a round, and are trained at the same time: when half of
        each is done, half of the round is. So they go down together, from the rate at its begin to that at its end.
        """
        n_threads = self.workers * self.member.size
        place, n_others = index % n_threads, n_threads - 1
        # of another chunk, on the average: those behind this one may not be known yet
        other_words = words / index if index else pending.n_words
        other_sentences = sentences / index if index else pending.n_sentences
        first = self.fraction(words - place * other_words, sentences - place * other_sentences)
        length = self.fraction(
            pending.n_words + n_others * other_words, pending.n_sentences + n_others * other_sentences
        )
        return self.schedule.at(epoch, first), self.schedule.at(epoch, first + length)

    def epoch_begins(self, plan: Any, epoch: int) -> None:
        """Prepare the engine for an epoch."""

    def bring_back(self, totals: EpochTotals) -> None:
        """Have the engine end what it was given, so that arrays and totals are what was trained so far."""

    def close(self) -> None:
        """Free what the engine holds."""

    def encoded(self, pending: PendingChunk, index: int) -> Chunk:
        """Encode a chunk; raise TrainingError if it is not what was counted."""
        chunk = pending.encode()
        if self.source.fixed and chunk.n_words != pending.n_words:
            raise TrainingError(
                f"chunk {index} of the corpus had {pending.n_words} words when it was scanned and has "
                f"{chunk.n_words} now: the corpus changed during training; train again on a stable copy"
            )
        return chunk

    def train_chunk(
        self, plan: Any, epoch: int, scratch: Any, index: int, words: int, sentences: int, pending: PendingChunk
    ) -> tuple[int, int, int, float, int]:
        """Encode and train one chunk in the calling thread."""
        chunk = self.encoded(pending, index)
        alpha, alpha_end = self.alphas(epoch, index, words, sentences, pending)
        how = {
            "seed": self.seed, "epoch": self.first_epoch + epoch, "chunk": index,
            "alpha": alpha, "alpha_end": alpha_end, "loss_every": self.loss_every,
        }  # fmt: skip
        if borders := self.member.borders_within(index):
            self.kernels.start_lane(plan, scratch, chunk.ids, chunk.offsets, **how)
            for part, border in borders:
                self.kernels.walk_lane(plan, scratch, part)
                border()
            self.kernels.walk_lane(plan, scratch, 1.0)
            n_kept, n_pairs, loss, n_loss_pairs = self.kernels.end_lane(plan, scratch)
        else:
            n_kept, n_pairs, loss, n_loss_pairs = self.kernels.train_chunk(
                plan, scratch, chunk.ids, chunk.offsets, **how
            )
        self.guard.chunk_done(epoch, alpha, loss, n_loss_pairs)
        return chunk.n_words, n_kept, n_pairs, loss, n_loss_pairs
