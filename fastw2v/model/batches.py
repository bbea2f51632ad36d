"""Batches of whatever a corpus holds, trained through a model's own ``_do_train_job``."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from fastw2v.errors import ConfigError, CorpusError
from fastw2v.model.plans import engine_of
from fastw2v.model.trainable_arrays import TrainableArrays
from fastw2v.parameters import Parameters
from fastw2v.text.chunks import Chunk, PendingChunk, Source
from fastw2v.text.scan import Scan, ScanProgress
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab
from fastw2v.train.job import SAMPLED_LOSS, Job
from fastw2v.train.progress import Progress
from fastw2v.train.schedule import Schedule

logger = logging.getLogger("fastw2v.word2vec")

# ------------------------------------------------------------------------ batches of anything ----


def warn_of_file(class_name: str, overridden: list[str]) -> None:
    """Say that overrides are not called for ``corpus_file``."""
    logger.warning(
        "%s overrides %s, which is not called for corpus_file (nor is it in gensim): the file is trained as it "
        "is; pass corpus_iterable=LineSentence(path) to have the override called",
        class_name, " and ".join(overridden),
    )  # fmt: skip


class Batches:
    """The items of a corpus, whatever they are, in batches of about ``batch_words`` words."""

    fixed = False
    bound = True

    def __init__(self, corpus: Any, batch_words: int, count: Callable[[list[Any]], int]) -> None:
        if not isinstance(corpus, Iterable):
            raise CorpusError(f"corpus_iterable is {corpus!r:.60}; it must be an iterable")
        self._corpus = corpus
        self._batch_words = batch_words
        self._count = count

    def scan(self, progress: ScanProgress | None = None) -> Scan:
        """Not possible: nobody but the override knows the words."""
        raise NotImplementedError("a corpus of place-holders cannot be scanned for words")

    def settle(self, vocab: Vocab) -> None:
        """Nothing is kept from the scan."""

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Give the batches of one pass."""
        del vocab
        batch: list[Any] = []
        n_words = 0
        for item in self._corpus:
            n_here = self._count([item])
            if batch and n_words + n_here > self._batch_words:
                yield PendingChunk(n_words, len(batch), _Batch(batch))
                batch, n_words = [], 0
            batch.append(_kept(item))
            n_words += n_here
        if batch:
            yield PendingChunk(n_words, len(batch), _Batch(batch))


def _kept(item: Any) -> Any:
    """Return an item that stays what it is: programs fill one list or array again and again."""
    return item.copy() if type(item) in (list, np.ndarray) else item


class _Batch:
    """Gives the items where training expects a chunk; :class:`BatchJob` knows."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __call__(self) -> Chunk:
        raise TypeError("this batch holds a corpus' items, not word ids")


# -------------------------------------------------------------------------------- the engine ----


@dataclass
class Running:
    """What the base methods need to know of the training that runs in this thread."""

    job: BatchJob
    plan: Any
    scratch: Any
    epoch: int
    batch: int
    n_calls: int = 0
    n_pairs: int = 0
    loss: float = 0.0
    n_loss_pairs: int = 0


_thread = threading.local()


@dataclass
class BatchJob(Job):
    """A training job whose batches go through ``model._do_train_job``."""

    model: Any = None

    def fraction(self, words: float, sentences: float) -> float:
        """Part of the epoch that lies before a position: by sentences where their number is known, as in gensim."""
        if self.expected_sentences:
            return sentences / self.expected_sentences
        return super().fraction(words, sentences)

    def train_chunk(
        self, plan: Any, epoch: int, scratch: Any, index: int, words: int, sentences: int, pending: PendingChunk
    ) -> tuple[int, int, int, float, int]:
        """Hand one batch to the override, in the calling thread."""
        assert isinstance(pending.encode, _Batch)
        if getattr(_thread, "scratch", None) is not scratch:
            _thread.scratch, _thread.inits = scratch, self.model._get_thread_working_mem()
        running = _thread.running = Running(self, plan, scratch, epoch, index)
        try:
            alpha = self.model._get_next_alpha(self.fraction(words, sentences), epoch)
            n_kept, n_words = self.model._do_train_job(pending.encode.items, alpha, _thread.inits)
        finally:
            _thread.running = None
        self.guard.chunk_done(epoch, alpha, running.loss, running.n_loss_pairs)
        return int(n_words), int(n_kept), running.n_pairs, running.loss, running.n_loss_pairs


def job_maker(model: Any, source: Source, device: str) -> Callable[..., Job]:
    """Return what makes the job of a training: in batches, on a processor, or on a card."""
    if isinstance(source, Batches):
        if device != "cpu":
            raise ConfigError(
                f"device={device!r}: {type(model).__name__} overrides _do_train_job, which trains on the processor; "
                'use device="cpu", or a class without it'
            )
        return partial(BatchJob, model=model)
    if device == "cpu":
        return Job
    from fastw2v.cuda.job import CardJob

    return partial(CardJob, device=device)


def running(model: Any) -> Running | None:
    """Return the training of ``model`` that runs in this thread, if any."""
    found: Running | None = getattr(_thread, "running", None)
    return found if found is not None and found.job.model is model else None


def train_alone(
    sentences: list[Any],
    alpha: float,
    vocab: Vocab,
    parameters: Parameters,
    make_plan: Callable[[TrainableArrays], Any],
) -> tuple[int, int]:
    """Train sentences that belong to no training: what calling ``_do_train_job`` by itself does.

    Returns
    -------
    (int, int)
        Words trained after sub-sampling, and raw words.
    """
    arrays, engine = TrainableArrays(), engine_of(parameters)
    try:
        plan = make_plan(arrays)
        job = BatchJob(
            kernels=engine, make_plan=lambda: plan, source=Batches((), 1, len), vocab=vocab,
            schedule=Schedule(alpha, alpha, 1), seed=(parameters.seed or 0) % 2**64, workers=1, expected_words=None,
            expected_sentences=None, compute_loss=parameters.compute_loss, progress=Progress(None, 1, False, 1.0),
        )  # fmt: skip
        return train_batch(Running(job, plan, engine.Scratch(plan), 0, 0), sentences, alpha)
    finally:
        arrays.together()


def train_batch(running: Running, sentences: list[Any], alpha: float) -> tuple[int, int]:
    """Train sentences, as part of a training; return the words trained after sub-sampling, and the raw words."""
    job = running.job
    n_kept = n_words = 0
    for pending in open_source(sentences).epoch(job.vocab) if len(sentences) else ():
        chunk = pending.encode()
        kept, n_pairs, loss, n_loss_pairs = job.kernels.train_chunk(
            running.plan,
            running.scratch,
            chunk.ids,
            chunk.offsets,
            seed=job.seed,
            epoch=job.first_epoch + running.epoch,
            chunk=(running.batch << 24) + running.n_calls,
            alpha=alpha,
            alpha_end=alpha,
            loss_every=1 if job.compute_loss else SAMPLED_LOSS,
        )
        running.n_calls += 1
        running.n_pairs += n_pairs
        running.loss += loss
        running.n_loss_pairs += n_loss_pairs
        n_kept += kept
        n_words += chunk.n_words
    return n_kept, n_words
