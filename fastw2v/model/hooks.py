"""gensim's hooks for subclasses: which ones training honours, and the engine that calls them.

A subclass of gensim's ``Word2Vec`` may override parts of the training loop.  The one that real
programs use is ``_do_train_job(sentences, alpha, inits)``: their corpus holds place-holders, and the
override makes the real sentences inside the workers.  For such classes training runs on batches of
whatever the corpus gives, each handed to the override by a worker thread; all others take the
native path and pay nothing.  An override that could only be ignored is refused.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v._parallel import Prefetch
from fastw2v.errors import CorpusError
from fastw2v.text.chunks import Chunk, PendingChunk
from fastw2v.text.scan import Scan, ScanProgress
from fastw2v.text.source import is_one_shot, open_source
from fastw2v.train import loop
from fastw2v.train.schedule import Schedule

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors
    from fastw2v.model.live import LiveArrays
    from fastw2v.text.vocab import Vocab

logger = logging.getLogger("fastw2v.word2vec")

# Overriding one of these makes training run batch by batch, through the override.
BATCH_HOOKS = ("_do_train_job", "_raw_word_count", "_get_next_alpha", "_get_thread_working_mem")

# gensim's queues between threads do not exist here: an override of these would never run.
UNSUPPORTED_HOOKS = (
    "_worker_loop", "_worker_loop_corpusfile", "_job_producer", "_train_epoch", "_train_epoch_corpusfile",
    "_do_train_epoch", "_log_progress", "_log_epoch_progress",
)  # fmt: skip

# The constructor takes the same steps as gensim's, through the methods, where one of these is overridden.
BUILDING_HOOKS = ("build_vocab", "scan_vocab", "_scan_vocab", "train", "_check_corpus_sanity", *BATCH_HOOKS)

MISSING = object()

# What Word2Vec had under these names when it was defined: a program may also replace a method on the class itself.
_originals: dict[str, Any] = {}

AHEAD = 8  # batches that may wait for the workers


def overrides(model: Any, name: str) -> bool:
    """Whether a method of ``model`` is not Word2Vec's own: in its class, in the object, or put on Word2Vec itself."""
    return getattr(type(model), name, MISSING) is not _originals[name] or name in vars(model)


def overrides_any(model: Any, names: Iterable[str]) -> bool:
    """Whether at least one of the methods is overridden."""
    return any(overrides(model, name) for name in names)


def refuse_unsupported(model: Any) -> None:
    """Raise for an override that training would have to ignore.

    Raises
    ------
    NotImplementedError
        Naming the method, and what to override instead.
    """
    for name in UNSUPPORTED_HOOKS:
        if overrides(model, name):
            raise NotImplementedError(
                f"{type(model).__name__}.{name}: this method of gensim's training threads has no counterpart in "
                "fastw2v, so the override would never be called. Override train(), _do_train_job(sentences, alpha, "
                "inits), _raw_word_count(job) or _get_next_alpha(epoch_progress, cur_epoch), or pass callbacks"
            )


def corpus_of(model: Any, corpus_iterable: Any, corpus_file: Any) -> Any:
    """Give the source that ``model`` trains on: batches for its overrides, chunks of word ids otherwise."""
    if not overrides_any(model, BATCH_HOOKS):
        return open_source(corpus_iterable, corpus_file, workers=model.workers)
    if corpus_file is not None:
        logger.warning(
            "%s overrides %s, which is not called for corpus_file (nor is it in gensim): the file is trained as it "
            "is; pass corpus_iterable=LineSentence(path) to have the override called",
            type(model).__name__,
            " and ".join(name for name in BATCH_HOOKS if overrides(model, name)),
        )
        return open_source(None, corpus_file, workers=model.workers)
    if not isinstance(corpus_iterable, Iterable):
        raise CorpusError(f"corpus_iterable is {corpus_iterable!r:.60}; it must be an iterable")
    return Batches(corpus_iterable, model.batch_words, model._raw_word_count)


# ------------------------------------------------------------------------ batches of anything ----


class Batches:
    """The items of a corpus, whatever they are, in batches of about ``batch_words`` words."""

    fixed = False

    def __init__(self, corpus: Iterable[Any], batch_words: int, count: Callable[[list[Any]], int]) -> None:
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
        batches = Prefetch(self._batches(), AHEAD)  # one thread for the user's iterator, from iter() on
        try:
            yield from batches
        finally:
            batches.close()

    def _batches(self) -> Iterator[PendingChunk]:
        batch: list[Any] = []
        n_words = 0
        for item in self._corpus:
            n_here = self._count([item])
            if batch and n_words + n_here > self._batch_words:
                yield PendingChunk(n_words, len(batch), _Batch(batch))
                batch, n_words = [], 0
            batch.append(item)
            n_words += n_here
        if batch:
            yield PendingChunk(n_words, len(batch), _Batch(batch))


class _Batch:
    """Gives the items where training expects a chunk; :class:`HookJob` knows."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __call__(self) -> Chunk:
        raise TypeError("this batch holds a corpus' items, not word ids")


# -------------------------------------------------------------------------------- the engine ----


@dataclass
class _Running:
    """What the base methods need to know of the training that runs in this thread."""

    job: HookJob
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
class HookJob(loop.Job):
    """A training job whose batches go through ``model._do_train_job``."""

    model: Any = None

    def fraction(self, words: int, sentences: int) -> float:
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
        running = _thread.running = _Running(self, plan, scratch, epoch, index)
        try:
            alpha = self.model._get_next_alpha(self.fraction(words, sentences), epoch)
            n_kept, n_words = self.model._do_train_job(pending.encode.items, alpha, _thread.inits)
        finally:
            _thread.running = None
        self.guard.chunk_done(epoch, alpha, running.loss, running.n_loss_pairs)
        return int(n_words), int(n_kept), running.n_pairs, running.loss, running.n_loss_pairs


def _running(model: Any) -> _Running | None:
    """The training of ``model`` that runs in this thread."""
    running: _Running | None = getattr(_thread, "running", None)
    return running if running is not None and running.job.model is model else None


def _train_batch(running: _Running, sentences: list[Any], alpha: float) -> tuple[int, int]:
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
            loss_every=1 if job.compute_loss else loop.SAMPLED_LOSS,
        )
        running.n_calls += 1
        running.n_pairs += n_pairs
        running.loss += loss
        running.n_loss_pairs += n_loss_pairs
        n_kept += kept
        n_words += chunk.n_words
    return n_kept, n_words


class Hooks:
    """Mixin of ``Word2Vec``: the base versions of the methods that subclasses override."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if Hooks in cls.__bases__:  # Word2Vec itself, which is complete only now
            _originals.update({name: getattr(cls, name, MISSING) for name in (*BUILDING_HOOKS, *UNSUPPORTED_HOOKS)})

    if TYPE_CHECKING:
        wv: KeyedVectors
        alpha: float
        min_alpha: float
        epochs: int
        seed: int
        vector_size: int
        compute_loss: bool

        def _config(self, **changes: Any) -> Any: ...
        def _engine(self) -> Any: ...
        def _plan(self, config: Any, live: LiveArrays) -> Any: ...

    def _do_train_job(self, sentences: list[Any], alpha: float, inits: Any) -> tuple[int, int]:
        """Train sentences at the learning rate ``alpha``, in the calling thread; ``inits`` is not used.

        Returns
        -------
        (int, int)
            Words trained after sub-sampling, and raw words.
        """
        del inits
        sentences = list(sentences)
        running = _running(self)
        if running is not None:
            return _train_batch(running, sentences, alpha)
        from fastw2v.model.live import LiveArrays
        from fastw2v.vectors.counts import vocabulary_of

        live = LiveArrays()
        plan = self._plan(self._config(), live)
        schedule = Schedule(alpha, alpha, 1)
        engine = self._engine()
        job = HookJob(
            engine, lambda: plan, Batches((), 1, len), vocabulary_of(self.wv), schedule, self.seed % 2**64, 1, None,
            None, self.compute_loss, None, model=self,  # type: ignore[arg-type]
        )  # fmt: skip
        try:
            return _train_batch(_Running(job, plan, engine.Scratch(plan), 0, 0), sentences, alpha)
        finally:
            live.write_back()
            self.wv.norms = None

    def _get_thread_working_mem(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give the ``inits`` of one worker: two vectors, as in gensim; the kernels have their own memory."""
        return np.zeros(self.vector_size, np.float32), np.zeros(self.vector_size, np.float32)

    def _raw_word_count(self, job: list[Any]) -> int:
        """Words in a list of sentences."""
        return sum(map(len, job))

    def _get_next_alpha(self, epoch_progress: float, cur_epoch: int) -> float:
        """Learning rate after a part of the epoch ``cur_epoch`` (from 0)."""
        running = _running(self)
        schedule = running.job.schedule if running else Schedule(self.alpha, self.min_alpha, self.epochs)
        return schedule.at(cur_epoch, epoch_progress)

    def _check_corpus_sanity(self, corpus_iterable: Any = None, corpus_file: Any = None, passes: int = 1) -> None:
        """Raise if there is not exactly one corpus, or it cannot be read ``passes`` times."""
        if (corpus_iterable is None) == (corpus_file is None):
            raise CorpusError(
                "give either a corpus of sentences or corpus_file: exactly one of the two is needed, "
                f"and you gave {'neither' if corpus_file is None else 'both'}"
            )
        if passes > 1 and is_one_shot(corpus_iterable):
            raise CorpusError(
                f"the corpus is a generator, which gives its sentences once, but {passes} passes are needed; pass a "
                "list, a LineSentence, an object whose __iter__ starts anew, or the function that returns the "
                "generator"
            )

    def _clear_post_train(self) -> None:
        """Forget what training has made stale."""
        self.wv.norms = None

    def _log_epoch_end(self, cur_epoch: int, *counts: Any, **named: Any) -> None:
        """Called at the end of each epoch; the record itself is written in any case."""

    def _log_train_end(
        self, raw_word_count: int, trained_word_count: int, total_elapsed: float, job_tally: int
    ) -> None:
        """Called at the end of training; the record itself is written in any case."""
