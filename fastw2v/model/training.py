"""``Word2Vec.train``: from the model's attributes to a job for the training loop, and back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import kernels
from fastw2v._parallel import usable_cpus
from fastw2v.callbacks import StopTraining
from fastw2v.compat.old_names import rename_old_keywords
from fastw2v.config import TrainConfig, checked_callbacks, checked_real
from fastw2v.errors import ConfigError, VocabularyError
from fastw2v.model import hooks
from fastw2v.model.live import LiveArrays, check_weights
from fastw2v.text.chunks import Source
from fastw2v.train import hot, loop, noise, softmax
from fastw2v.train.checkpoint import NoCheckpoints
from fastw2v.train.divergence import Guard
from fastw2v.train.progress import Progress
from fastw2v.train.schedule import Schedule
from fastw2v.train.threads import EpochTotals
from fastw2v.vectors.counts import vocabulary_of

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors
    from fastw2v.model.resuming import Keeping
    from fastw2v.text.vocab import Vocab
    from fastw2v.train.huffman import Huffman

logger = logging.getLogger("fastw2v.word2vec")

MANY_WORDS_FOR_SOFTMAX = 20_000


class Training:
    """Mixin of ``Word2Vec``: training, and what is known about it afterwards."""

    if TYPE_CHECKING:
        wv: KeyedVectors
        syn1: NDArray[np.float32]
        syn1neg: NDArray[np.float32]
        vector_size: int
        alpha: float
        min_alpha: float
        window: int
        min_count: int
        sg: int
        hs: int
        negative: int
        softmax: bool
        cbow_mean: int
        cbow_exact: bool
        shrink_windows: bool
        sample: float
        ns_exponent: float
        seed: int
        workers: int
        epochs: int
        compute_loss: bool
        progress: bool | None
        corpus_count: int
        corpus_total_words: int
        running_training_loss: float
        min_alpha_yet_reached: float
        train_count: int
        total_train_time: float
        epochs_trained: int
        loss_history: list[float]
        _empty_epochs: int

        def add_lifecycle_event(self, event_name: str, log_level: int = ..., **event: Any) -> None: ...
        def _huffman(self) -> Huffman: ...
        def _keeping(self, path: Any, every: Any, source: Source, vocab: Vocab) -> Keeping | None: ...
        def _keeper(
            self,
            keeping: Keeping | None,
            course: loop.Course,
            position: loop.Position,
            book: Callable[[], None],
            guard: Guard,
        ) -> NoCheckpoints: ...
        def _check_corpus_sanity(
            self, corpus_iterable: Any = ..., corpus_file: Any = ..., passes: int = ...
        ) -> None: ...
        def _clear_post_train(self) -> None: ...
        def _log_train_end(self, raw: int, trained: int, total_elapsed: float, job_tally: int) -> None: ...
        def _log_epoch_end(self, cur_epoch: int, *counts: Any, **named: Any) -> None: ...

    def _config(self, **changes: Any) -> TrainConfig:
        """Check the parameters as they stand now; ``changes`` take precedence."""
        names = TrainConfig.__dataclass_fields__
        values = {name: getattr(self, name) for name in names}
        if self.seed is None:  # as in gensim: whatever the model's own generator gives
            values["seed"] = int(self.random.randint(2**31 - 1))
        values.update(sg=bool(self.sg), hs=bool(self.hs), cbow_mean=bool(self.cbow_mean), sample=self.sample or 0.0)
        values.update(changes)
        return TrainConfig(**values)

    def train(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        word_count: int = 0,
        queue_factor: int = 2,
        report_delay: float = 1.0,
        compute_loss: bool | None = None,
        callbacks: Iterable[Any] = (),
        *,
        checkpoint: Any = None,
        checkpoint_every: float | str | None = None,
        **kwargs: Any,
    ) -> tuple[int, int]:
        """Train the model on a corpus, ``epochs`` times.

        The learning rate falls linearly from ``start_alpha`` to ``end_alpha`` over all epochs of this
        call.  May be called again, on the same or on another corpus.

        Parameters
        ----------
        corpus_iterable : iterable of list of str, or any other source that the constructor takes
        corpus_file : path, or list of paths
            One of the two is needed.
        total_examples : int, optional
            Sentences in the corpus.
        total_words : int, optional
            Raw words in the corpus.  One of the two is needed, to place the learning rate:
            ``model.corpus_count``, ``model.corpus_total_words`` after :meth:`build_vocab`.
        epochs : int
            Passes over the corpus, usually ``model.epochs``.
        start_alpha, end_alpha : float, optional
            Learning rate of this call only; default ``model.alpha``, ``model.min_alpha``.
        word_count, queue_factor : ignored
            Accepted for gensim's sake.
        report_delay : float
            Seconds between two log records.
        compute_loss : bool, optional
            Sum the loss over all pairs (:meth:`get_latest_training_loss`); default as in the
            constructor.  :attr:`loss_history` is kept in any case; for more than 100,000 words it is
            estimated from every 16th window.
        callbacks : iterable of CallbackAny2Vec
            ``on_epoch_end`` may return ``False`` to end training early, and any hook may raise
            :class:`~fastw2v.callbacks.StopTraining`.
        checkpoint, checkpoint_every : optional
            As in the constructor, whose values are the default.

        Returns
        -------
        (int, int)
            Words trained after sub-sampling, and raw words, over all epochs.

        Raises
        ------
        TypeError
            If not exactly one corpus is given, or it is not a corpus, or a generator.
        ValueError
            If ``epochs``, or both of ``total_examples`` and ``total_words``, are missing.
        RuntimeError
            If there is no vocabulary; if words got lost, or training diverged: weights that are no longer finite,
            a loss far above that of vectors of zeros, vectors a thousand times as long as before.
        """
        if kwargs:
            present = rename_old_keywords("train", kwargs)
            corpus_iterable, epochs = present.pop("corpus_iterable", corpus_iterable), present.pop("epochs", epochs)
            if present:
                raise TypeError(f"train() got an unexpected keyword argument {next(iter(present))!r}")
        hooks.refuse_unsupported(self)
        callbacks = checked_callbacks(callbacks)
        checked_real("report_delay", report_delay, "seconds between two log records, such as 1.0", 0.0)
        for name, total in (("total_words", total_words), ("total_examples", total_examples)):
            if total is not None:
                checked_real(name, total, "usually model.corpus_total_words and model.corpus_count", 0.0)
        self._check_training_sanity(epochs=epochs, total_examples=total_examples, total_words=total_words)
        assert epochs is not None
        self._check_corpus_sanity(corpus_iterable=corpus_iterable, corpus_file=corpus_file, passes=int(epochs))
        return self._train_source(
            hooks.corpus_of(self, corpus_iterable, corpus_file),
            total_examples=total_examples,
            total_words=total_words,
            epochs=epochs,
            start_alpha=start_alpha,
            end_alpha=end_alpha,
            report_delay=report_delay,
            compute_loss=compute_loss,
            callbacks=callbacks,
            checkpoint=checkpoint,
            checkpoint_every=checkpoint_every,
        )

    def _check_training_sanity(
        self, epochs: int | None = None, total_examples: int | None = None, total_words: int | None = None, **_: Any
    ) -> None:
        """Raise if training cannot begin; nothing is changed before this."""
        if not len(self.wv.key_to_index):
            raise VocabularyError(self._why_no_vocabulary())
        if not len(self.wv.vectors):
            raise VocabularyError("you must initialize vectors before training the model: call init_weights()")
        if epochs is None or epochs <= 0:
            raise ConfigError(
                f"epochs={epochs!r}: you must specify an explicit epochs count > 0, usually epochs=model.epochs"
            )
        if total_words is None and total_examples is None:
            raise ConfigError(
                "you must specify either total_examples or total_words, for proper learning-rate and progress "
                "calculations: usually total_examples=model.corpus_count, total_words=model.corpus_total_words"
            )
        if self.hs and self.negative:
            logger.warning(
                "Both hierarchical softmax and negative sampling are activated. This is probably a mistake. "
                "You should set either 'hs=0' or 'negative=0' to disable one of them."
            )
        if self.hs and len(self.wv) < 2:
            raise VocabularyError(
                "hs=1 with a vocabulary of one word: hierarchical softmax needs two words or more; "
                "lower min_count, or use negative sampling (hs=0, negative=5)"
            )
        if self.softmax:
            self._check_softmax(len(self.wv))
        self._config(epochs=epochs)

    def _check_softmax(self, n_words: int) -> None:
        """Raise if there is nothing to choose from; say what exact softmax costs where that is much."""
        if n_words < 2:
            raise VocabularyError(
                "softmax=True with a vocabulary of one word: it needs two words or more; lower min_count, or use "
                "negative sampling (softmax=False)"
            )
        if n_words > MANY_WORDS_FOR_SOFTMAX:
            logger.warning(
                "softmax=True with %i words: each window computes a score, and updates the output vector, of every one "
                "of them, about %.1g floating-point operations for each word of text; use negative sampling "
                "(softmax=False), or fewer words (max_final_vocab=%i, or a higher min_count)",
                n_words, 6.0 * n_words * self.vector_size, MANY_WORDS_FOR_SOFTMAX,
            )  # fmt: skip

    def _why_no_vocabulary(self) -> str:
        """The start of the message is gensim's, which programs match on."""
        message = "you must first build vocabulary before training the model: "
        if self.corpus_total_words:
            return message + (
                f"none of the {self.corpus_total_words} words of the corpus occurs min_count={self.min_count} times "
                "(or trim_rule discards all); lower min_count, 1 keeps every word"
            )
        if self.corpus_count:
            return message + f"there are no words in the {self.corpus_count} sentences of the corpus: all are empty"
        return message + "call build_vocab() on a corpus (if you did: it was empty, or an iterator that was used up)"

    def _train_source(
        self,
        source: Source,
        *,
        total_examples: int | None,
        total_words: int | None,
        epochs: int,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        report_delay: float = 1.0,
        compute_loss: bool | None = None,
        callbacks: Iterable[Any] = (),
        checkpoint: Any = None,
        checkpoint_every: float | str | None = None,
    ) -> tuple[int, int]:
        """Set a new course, and train along it."""
        config = self._config(
            epochs=epochs,
            alpha=self.alpha if start_alpha is None else start_alpha,
            min_alpha=self.min_alpha if end_alpha is None else end_alpha,
        )
        vocab = vocabulary_of(self.wv)
        keeping = self._keeping(checkpoint, checkpoint_every, source, vocab)
        if config.alpha > self.min_alpha_yet_reached:
            logger.warning("Effective 'alpha' higher than previous training cycles")
        self.epochs = config.epochs
        self.compute_loss = self.compute_loss if compute_loss is None else bool(compute_loss)
        self.running_training_loss = 0.0
        self.loss_history = []
        if total_words is None and total_examples == self.corpus_count and not isinstance(source, hooks.Batches):
            total_words = self.corpus_total_words or None
        course = loop.Course(
            config.alpha, config.min_alpha, config.epochs, total_words, total_examples, report_delay,
            self.epochs_trained,
        )  # fmt: skip
        return self._follow(course, loop.Position(), source, vocab, list(callbacks), keeping)

    def _follow(
        self,
        course: loop.Course,
        position: loop.Position,
        source: Source,
        vocab: Vocab,
        callbacks: list[Any],
        keeping: Keeping | None,
    ) -> tuple[int, int]:
        """Train along a course, from a position on."""
        config = self._config(epochs=course.epochs, alpha=course.alpha, min_alpha=course.min_alpha)
        live = LiveArrays()
        started = last = time.perf_counter()

        def book() -> None:
            """Bring the model up to what has been trained."""
            nonlocal last
            live.write_back()
            now = time.perf_counter()
            self.total_train_time, last = self.total_train_time + now - last, now

        guard = Guard(checkpoint=keeping.path if keeping else None)

        def make_plan() -> Any:
            plan = self._plan(config, live)
            guard.weights, guard.untrained_loss = live.newest(), self._untrained_loss(config)
            return plan

        keeper = self._keeper(keeping, course, position, book, guard)

        def call(hook: str) -> bool:
            """Call all callbacks; False if one of them wants training to end."""
            go_on = True
            with keeper.at_rest():
                for callback in callbacks:
                    try:
                        go_on &= getattr(callback, hook)(self) is not False or hook != "on_epoch_end"
                    except StopTraining:
                        go_on = False
            position.stopped |= not go_on
            return go_on

        def epoch_end(totals: EpochTotals) -> bool:
            live.write_back()
            self._epoch_done(totals, course.total_words, course.total_examples)
            if not call("on_epoch_end"):
                return False
            keeper.epoch_done()
            return True

        total_words, epochs = course.total_words, course.epochs
        by_batch = isinstance(source, hooks.Batches)
        job = (hooks.HookJob if by_batch else loop.Job)(
            kernels=self._engine(),
            make_plan=make_plan,
            source=source,
            vocab=vocab,
            schedule=Schedule(config.alpha, config.min_alpha, config.epochs),
            seed=config.seed % 2**64,
            workers=1 if config.softmax else config.workers,  # softmax: its threads share a chunk
            expected_words=total_words,
            expected_sentences=course.total_examples,
            compute_loss=self.compute_loss,
            progress=Progress(total_words and total_words * epochs, epochs, self.progress, course.report_delay),
            guard=guard,
            first_epoch=course.first_epoch,
            on_epoch_begin=lambda: call("on_epoch_begin"),
            on_epoch_end=epoch_end,
            on_poll=keeper.poll,
            **({"model": self} if by_batch else {}),
        )
        self.add_lifecycle_event(
            "train",
            msg=f"training model with {self.workers} workers on {len(self.wv)} vocabulary and {self.vector_size} "
            f"features, using sg={self.sg} hs={self.hs} sample={self.sample} negative={self.negative} "
            f"window={self.window} shrink_windows={self.shrink_windows}" + " softmax=True" * self.softmax,
        )
        self._empty_epochs = 0
        go_on = call("on_train_begin")
        try:
            with keeper:
                finished = loop.train(job, position) if go_on else position.finished
                self.train_count += 1
                keeper.finish()
        finally:
            book()
            job.progress.close()
            self._clear_post_train()
        n_kept, n_words = sum(t.n_kept for t in finished), sum(t.n_words for t in finished)
        self.add_lifecycle_event(
            "train",
            msg=f"training on {n_words} raw words ({n_kept} effective words) took {time.perf_counter() - started:.1f}s",
        )
        self._log_train_end(n_words, n_kept, time.perf_counter() - started, sum(t.n_chunks for t in finished))
        call("on_train_end")
        return n_kept, n_words

    def _epoch_done(self, totals: EpochTotals, total_words: int | None, total_examples: int | None) -> None:
        """Book one epoch; warn about counts that are not what was announced."""
        self.epochs_trained += 1
        self.loss_history.append(totals.mean_loss)
        if self.compute_loss:
            self.running_training_loss += totals.loss
        fraction = len(self.loss_history) / self.epochs
        self.min_alpha_yet_reached = min(
            self.min_alpha_yet_reached, self.alpha - (self.alpha - self.min_alpha) * fraction
        )
        self._log_epoch_end(
            len(self.loss_history) - 1, totals.n_sentences, total_examples, totals.n_words, total_words,
            totals.n_kept, self.total_train_time, False,
        )  # fmt: skip
        if not totals.n_sentences:
            if not self._empty_epochs:
                logger.warning(
                    "train() called with an empty iterator (if not intended, be sure to provide a corpus that offers "
                    "restartable iteration = an iterable: a list, or an object whose __iter__ starts anew): nothing "
                    "is trained in epoch %i of %i, nor in later ones that are empty, too",
                    len(self.loss_history), self.epochs,
                )  # fmt: skip
            self._empty_epochs += 1
            return
        for name, expected, found in (
            ("example", total_examples, totals.n_sentences),
            ("raw word", total_words, totals.n_words),
        ):
            if expected and expected != found:
                logger.warning(
                    "EPOCH %i: supplied %s count (%i) did not equal expected count (%i)",
                    len(self.loss_history) - 1, name, found, expected,
                )  # fmt: skip

    def _untrained_loss(self, config: TrainConfig) -> float:
        """Mean loss of a pair under vectors of zeros: log 2 for each question, log V for a choice among V words."""
        counts = self.wv.expandos["count"]
        questions = (1.0 + config.negative) if config.negative else 0.0
        if config.hs:
            questions += float(np.average(np.diff(self._huffman().offsets), weights=np.maximum(counts, 1e-9)))
        return float(np.log(len(self.wv)) if config.softmax else questions * np.log(2))

    def _engine(self) -> Any:
        """What trains the chunks: the kernels, or the module of the exact softmax."""
        return softmax if self.softmax else kernels

    def _plan(self, config: TrainConfig, live: LiveArrays) -> Any:
        """The engine's view of the model, as it stands now."""
        check_weights(self, config)
        wv = self.wv
        lockf = np.ascontiguousarray(getattr(wv, "vectors_lockf", np.ones(1)), dtype=np.float32)
        lock = None if (lockf == 1).all() else lockf
        keep = np.ascontiguousarray(wv.expandos["sample_int"], dtype=np.uint32) if config.sample else None
        vectors = live.use(wv.vectors, "wv.vectors")
        if config.softmax:
            return softmax.SoftmaxPlan(
                vectors,
                live.use(self.syn1neg, "syn1neg"),
                window=config.window,
                skip_gram=config.sg,
                keep=keep,
                lock=lock,
                cbow_mean=config.cbow_mean,
                shrink=config.shrink_windows,
                n_threads=min(config.workers, usable_cpus()),  # each waits for all others, again and again
            )
        tree = self._huffman() if config.hs else None
        counts = wv.expandos["count"]
        # (n_words,) occurrences in the whole training, after sub-sampling
        kept = config.epochs * counts * (1.0 if keep is None else (keep + 1.0) / 2**32)
        sentences = max(config.epochs * self.corpus_count, 1)
        n_context = min(config.window + 1 if config.shrink_windows else 2 * config.window, kept.sum() / sentences - 1)
        return kernels.Plan(
            vectors,
            live.use(self.syn1neg, "syn1neg") if config.negative else None,
            live.use(self.syn1, "syn1") if config.hs else None,
            keep,
            noise.alias_table(counts, config.ns_exponent) if config.negative else None,
            (tree.codes, tree.points, tree.offsets) if tree is not None else None,
            lock,
            window=config.window,
            negative=config.negative,
            skip_gram=config.sg,
            cbow_mean=config.cbow_mean,
            cbow_exact=config.cbow_exact,
            shrink=config.shrink_windows,
            hot_in=hot.hot_inputs(kept, n_context, config.workers) if lock is None and self.corpus_count else None,
            hot_ns=hot.hot_words(counts, kept, config.negative, config.ns_exponent, config.workers)
            if config.negative
            else None,
            hot_hs=hot.hot_nodes(kept, tree, config.workers) if tree is not None else None,
        )

    def get_latest_training_loss(self) -> float:
        """Sum of the loss over all pairs of the latest ``train(compute_loss=True)``, in float64.

        :attr:`loss_history` has the mean per trained pair of each epoch, which is what to plot.
        """
        return self.running_training_loss
