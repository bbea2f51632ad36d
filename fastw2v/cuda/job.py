"""The job of a training on a card: chunks go to rounds, and what rounds have done comes back later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastw2v.cuda.card import Card, open_card
from fastw2v.cuda.plan import CardPlan, Plan
from fastw2v.cuda.rounds import IdStore, Rounds, checked_ids, flagged
from fastw2v.text.chunks import PendingChunk
from fastw2v.train.job import Job
from fastw2v.train.threads import EpochTotals


class Scratch:
    """What a thread that encodes chunks has of its own: whether it was told to stop."""

    def __init__(self, plan: Any) -> None:
        del plan
        self.stopped = False

    def stop(self) -> None:
        """End the training between two chunks."""
        self.stopped = True


class CardKernels:
    """What the training loop asks of a kernel module."""

    Scratch = Scratch


@dataclass
class CardJob(Job):
    """A job whose threads encode, and whose card trains."""

    device: str = "cuda"
    open_card: Callable[[str], Card] = field(default_factory=lambda: open_card)

    def __post_init__(self) -> None:
        self.kernels = CardKernels
        self._card: Card | None = None  # until the first epoch begins
        self._store: IdStore | None = None
        self._plan: CardPlan | None = None
        self._rounds: Rounds | None = None
        self._ahead = False  # whether the card was given something since its weights were brought back

    def epoch_begins(self, plan: Plan, epoch: int) -> None:
        """Bring weights and tables of an epoch to the card."""
        self._free()
        if self._card is None:
            self._card = self.open_card(self.device)
        if self._store is None:
            self._store = IdStore(self._card)
        if not self.source.fixed:
            self._store.clear()
        self._plan = CardPlan(
            self._card,
            plan,
            seed=self.seed,
            epoch=self.first_epoch + epoch,
            loss_every=self.loss_every,
            alpha=max(self.schedule.alpha, self.schedule.min_alpha),
        )
        self._rounds = Rounds(self._card, self._plan, self._store)

    def train_chunk(
        self, plan: Any, epoch: int, scratch: Any, index: int, words: int, sentences: int, pending: PendingChunk
    ) -> tuple[int, int, int, float, int]:
        """Encode one chunk in the calling thread, and hand it to the card."""
        if scratch.stopped:
            raise InterruptedError("training was stopped within a chunk")
        assert self._rounds is not None
        assert self._store is not None
        marked = None
        if self._store.find(index) is None:
            chunk = self.encoded(pending, index)
            marked = flagged(checked_ids(chunk.ids, len(plan.w_in)), chunk.offsets)
        ends = words + pending.n_words, sentences + pending.n_sentences
        alpha, alpha_end = (self.schedule.at(epoch, self.fraction(*at)) for at in ((words, sentences), ends))
        self._ahead = True
        self._rounds.add(index, marked, alpha, alpha_end)
        done = self._rounds.take_totals()
        self.guard.chunk_done(epoch, alpha, done.loss, done.n_loss_pairs)
        return pending.n_words, done.n_kept, done.n_pairs, done.loss, done.n_loss_pairs

    def bring_back(self, totals: EpochTotals) -> None:
        """Have the card train all that it was given; then weights and totals are what the epoch has done so far."""
        if self._rounds is None or self._plan is None or not self._ahead:
            return  # nothing was trained since: what a callback has changed stays
        self._ahead = False
        self._rounds.finish()
        done = self._rounds.take_totals()
        totals.n_kept += done.n_kept
        totals.n_pairs += done.n_pairs
        totals.loss += done.loss
        totals.n_loss_pairs += done.n_loss_pairs
        self._plan.fetch()

    def close(self) -> None:
        """Free the card."""
        self._free()
        if self._store is not None:
            self._store.clear()
        if self._card is not None:
            self._card.close()

    def _free(self) -> None:
        if self._rounds is not None:
            self._rounds.close()
        if self._plan is not None:
            self._plan.close()
        self._rounds = self._plan = None
