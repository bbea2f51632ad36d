"""What the training loop asks of the processes that train together, where there is only one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fastw2v.text.chunks import PendingChunk
from fastw2v.train.threads import EpochRun, EpochTotals

if TYPE_CHECKING:
    from fastw2v.train.ranks.rows import Model


class Alone:
    """Stands in where one process trains the whole corpus."""

    size = 1
    leads = True  # shows progress and writes checkpoints
    border: Callable[[int, int, int], None] | None = None  # of :class:`~fastw2v.train.threads.EpochRun`

    def train(self, model: Model, first_word: int, n_threads: int) -> None:
        """Train these weights from now on, from a word of the epoch, by so many threads."""

    def mine(self, index: int) -> bool:
        """Whether this process trains a chunk."""
        del index
        return True

    def takes_part(self, run: EpochRun, alpha_at: Callable[[int, int], float]) -> None:
        """Know the epoch that begins."""

    def rounds(self, chunks: Iterator[PendingChunk]) -> Iterator[PendingChunk]:
        """Hand on the chunks of an epoch."""
        return chunks

    def borders_within(self, index: int) -> list[tuple[float, Callable[[], None]]]:
        """Return after which parts of a chunk something is to be called, and what."""
        del index
        return []

    def so_far(self, totals: EpochTotals) -> EpochTotals:
        """Return what all have done in the epoch, as far as is known."""
        return totals

    def epoch_ends(self, run: EpochRun, *, fixed: bool) -> None:
        """Bring all together: what was trained here is all there is."""
