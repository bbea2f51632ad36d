"""One rank's part in a training: its share of the chunks, the borders at which it exchanges, and the counts of all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from fastw2v.errors import TrainingError
from fastw2v.text.chunks import PendingChunk
from fastw2v.train.ranks.alone import Alone
from fastw2v.train.ranks.communicator import share_of_array
from fastw2v.train.ranks.engine import Engine
from fastw2v.train.ranks.exchange import Exchange
from fastw2v.train.ranks.rows import Model
from fastw2v.train.ranks.timetable import timetable_for
from fastw2v.train.threads import EpochRun, EpochTotals

logger = logging.getLogger("fastw2v.word2vec")

COUNTS = [one.name for one in fields(EpochTotals) if one.name != "n_chunks"]


class Round(NamedTuple):
    """As many chunks as there are ranks, one for each."""

    words: int  # of the epoch before it
    sentences: int
    n_words: int  # in it
    n_sentences: int


class Member(Alone):
    """One of several ranks.

    Chunk ``i`` is that of rank ``i % size``; so many chunks are a round.  Borders lie between two rounds and, where
    ranks have one thread each, after equal parts of all chunks of a round, if that is so long that ranks should hear of
    each other sooner.  All ranks know that, and make the same exchanges.  At some borders between rounds, and at the
    end of each epoch, the ranks' weights become equal, and so do the totals: what is then written is a checkpoint like
    any other, with which any number of ranks can go on.

    Parameters
    ----------
    engine : Engine
    seed : int
    n_words : int or None
        Raw words of the whole training.
    wants_checkpoint : callable
        Asked at rank 0: whether it is time for one.
    checkpoint : callable
        Called at rank 0 when the weights are equal and at rest.
    """

    def __init__(
        self,
        engine: Engine,
        seed: int,
        n_words: int | None,
        wants_checkpoint: Callable[[], bool],
        checkpoint: Callable[[], None],
    ) -> None:
        self.leads, self.size = engine.rank == 0, engine.size
        self._engine = engine
        self._seed = seed
        self._n_words = n_words
        self._wants_checkpoint = wants_checkpoint
        self._checkpoint = checkpoint
        self._exchange: Exchange | None = None
        self._run: EpochRun | None = None
        self._alpha_at: Callable[[int, int], float] = lambda words, sentences: 0.0
        self._rounds: dict[int, Round] = {}  # those that all ranks train from begin to end, by their first chunks
        self._first = 0  # chunk of the epoch that is trained
        self._is_time = False  # for a checkpoint: so a rank has said
        self._warned = False
        self._agreed = EpochTotals()  # what all had done when they were equal last
        self._others = EpochTotals()  # what the others have done since, as far as is known

    def train(self, model: Model, first_word: int, n_threads: int) -> None:
        """Train these weights from now on, from a word of the epoch; the first are those of rank 0, everywhere."""
        if self._exchange is None:
            for rows in model.matrices():
                share_of_array(rows.weights, self._engine.communicator)
            n_rows = sum(len(rows.weights) for rows in model.matrices())
            timetable = timetable_for(n_rows, self._n_words, self._engine.size, balanced=model.keeps_balance)
            self._exchange = Exchange(self._engine.communicator, timetable, self._engine.wire, self._seed)
        self._exchange.follow(model, first_word, n_threads)
        self._n_threads = n_threads

    def mine(self, index: int) -> bool:
        """Whether this rank trains a chunk."""
        return index % self._engine.size == self._engine.rank

    def takes_part(self, run: EpochRun, alpha_at: Callable[[int, int], float]) -> None:
        """Know the epoch that begins."""
        self._run, self._alpha_at = run, alpha_at
        self._first, self._rounds = run.totals.n_chunks, {}
        self._agreed, self._others = replace(run.totals), EpochTotals()

    def so_far(self, totals: EpochTotals) -> EpochTotals:
        """Return what all have done in the epoch, as far as is known."""
        found = replace(totals)
        _add(found, self._others)
        return found

    def epoch_ends(self, run: EpochRun, *, fixed: bool) -> None:
        """Wait for all ranks; then weights and totals are equal.

        Raises
        ------
        CorpusError
            If the ranks do not read the same corpus; borders on the way ask for that, too.
        TrainingError
            If what they trained together is not all of it.
        """
        assert self._exchange is not None
        n_chunks, words, sentences = run.position
        totals = run.totals
        self._exchange.make_equal(words, self._alpha_at(words, sentences))
        self._fold(totals, n_chunks)
        if fixed and totals.n_words != words:
            raise TrainingError(
                f"{self._engine.size} ranks have trained {totals.n_words} words of an epoch of {words}: text was lost "
                "or repeated; please report this as a bug"
            )

    def rounds(self, chunks: Iterator[PendingChunk]) -> Iterator[PendingChunk]:
        """Hand on the chunks of an epoch, each round when all of it is known."""
        size, n_chunks, words, sentences = self._engine.size, 0, 0, 0
        while found := list(islice(chunks, size)):
            if len(found) < size and not n_chunks and self.leads and not self._warned:
                self._warned = True
                logger.warning(
                    "the text has %d chunks for %d ranks, which hear of each other at the end of each epoch alone: "
                    "train it with fewer ranks, or with one", len(found), size,
                )  # fmt: skip
            n_words, n_sentences = sum(one.n_words for one in found), sum(one.n_sentences for one in found)
            if len(found) == size and n_chunks >= self._first:
                self._rounds[n_chunks] = Round(words, sentences, n_words, n_sentences)
            yield from found
            n_chunks, words, sentences = n_chunks + size, words + n_words, sentences + n_sentences

    def borders_within(self, index: int) -> list[tuple[float, Callable[[], None]]]:
        """Return after which parts of a chunk this rank comes to a border, and what it does there."""
        assert self._exchange is not None
        first = index - index % self._engine.size
        for one in list(self._rounds):
            if one < first:
                del self._rounds[one]
        found = self._rounds.get(first)
        if found is None or self._n_threads > 1:
            return []
        words, sentences, n_words, n_sentences = found
        alpha = min(self._alpha_at(words, sentences), self._alpha_at(words + n_words, sentences + n_sentences))
        n = self._exchange.n_due(n_words, alpha)
        return [
            (i / n, partial(self._at_border, words + n_words * i // n, sentences + n_sentences * i // n))
            for i in range(1, n)
        ]

    def border(self, n_chunks: int, words: int, sentences: int) -> None:
        """Exchange what is due; all ranks come here, after the same chunks."""
        if n_chunks % self._engine.size:
            return
        self._at_border(words, sentences)
        if self._is_time:
            assert self._exchange is not None
            assert self._run is not None
            self._is_time = False
            self._run.rest()
            self._exchange.make_equal(words, self._alpha_at(words, sentences))
            self._fold(self._run.totals, n_chunks)
            if self.leads:
                self._checkpoint()

    def _at_border(self, words: int, sentences: int) -> None:
        assert self._exchange is not None
        assert self._run is not None
        alpha = self._alpha_at(words, sentences)
        if not self._exchange.is_due(words, alpha):
            return
        notes = self._exchange.finish()
        if notes:
            self._others = EpochTotals()
        for rank, (done, wanted) in enumerate(notes):
            self._is_time |= wanted
            if rank != self._engine.rank:
                _add(self._others, done)
        note = (self._done(self._run.totals), self.leads and not self._is_time and self._wants_checkpoint())
        self._exchange.begin(words, alpha, note)

    def _done(self, totals: EpochTotals) -> EpochTotals:
        """Return what this rank has done since all were equal."""
        found = replace(totals)
        _add(found, self._agreed, -1)
        return found

    def _fold(self, totals: EpochTotals, n_chunks: int) -> None:
        """Let the totals be those of all ranks, everywhere."""
        everybody: list[EpochTotals] = self._engine.gather(self._done(totals))
        for name in COUNTS:
            setattr(totals, name, getattr(self._agreed, name))
        for done in everybody:
            _add(totals, done)
        totals.n_chunks = n_chunks
        self._agreed, self._others = replace(totals), EpochTotals()


def _add(totals: EpochTotals, more: EpochTotals, sign: int = 1) -> None:
    for name in COUNTS:
        value: Any = getattr(totals, name) + sign * getattr(more, name)
        setattr(totals, name, value)
