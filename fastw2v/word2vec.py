"""``Word2Vec``: gensim's interface over native training."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np

from fastw2v._events import note_event
from fastw2v.compat.old_names import DeprecatedWord2VecNames, rename_old_keywords
from fastw2v.config import checked_callbacks
from fastw2v.errors import TrainingError
from fastw2v.keyedvectors import KeyedVectors
from fastw2v.model import hooks
from fastw2v.model.hooks import Hooks
from fastw2v.model.inference import Inference
from fastw2v.model.persistence import Persistence
from fastw2v.model.resuming import Resuming
from fastw2v.model.training import Training
from fastw2v.model.vocabulary import TrimRule, Vocabulary
from fastw2v.text.corpus import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus
from fastw2v.text.source import open_source

logger = logging.getLogger(__name__)

__all__ = ["BrownCorpus", "LineSentence", "PathLineSentences", "Text8Corpus", "Word2Vec"]


class Word2Vec(Vocabulary, Training, Resuming, Inference, Persistence, Hooks, DeprecatedWord2VecNames):
    r"""Word vectors trained from a corpus: skip-gram or CBOW, negative sampling or hierarchical softmax.

    With a corpus, the constructor builds the vocabulary and trains; without, call
    :meth:`build_vocab` and :meth:`train`.  Parameters, defaults and their order are gensim 4.4's;
    what is new is keyword-only, at the end.

    Parameters
    ----------
    sentences : corpus, optional
        A list of token lists; any object that can be iterated several times, such as
        :class:`~fastw2v.LineSentence`; ``(ids, offsets)`` as integer NumPy arrays; or a function that
        returns a fresh iterable for each pass.  Tokens may be any hashable.
    corpus_file : path or list of paths, optional
        Text with one sentence per line and words between white space, UTF-8, possibly compressed
        (.gz, .bz2, .xz, .zst); read natively and in parallel.  Or a folder of such files.
    vector_size : int
        Dimension of the vectors.
    alpha, min_alpha : float
        Learning rate at the start and at the end; it falls linearly in between.
    window : int
        Largest distance between two words that count as context of each other.
    min_count : int
        Words that occur less often are left out.
    max_vocab_size : int, optional
        While counting, prune rare words whenever there are more distinct words than this.
    sample : float
        Threshold of sub-sampling frequent words; 0 turns it off.
    seed : int
        Equal seeds give equal draws; with ``workers=1``, equal vectors.
    workers : int
        Training threads.
    sg : {0, 1}
        1 for skip-gram, 0 for CBOW.
    hs : {0, 1}
        1 for hierarchical softmax.
    negative : int
        Noise words for each window; 0 turns negative sampling off.
    ns_exponent : float
        Exponent of the noise distribution.
    cbow_mean : {0, 1}
        1: CBOW's input is the mean of the context vectors, 0: their sum.
    hashfxn : callable
        Stored for gensim's sake; the initial vectors depend on ``seed`` alone.
    epochs : int
        Passes over the corpus.
    null_word : {0, 1}
        1 adds the pseudo-word ``"\0"``.
    trim_rule : callable, optional
        ``trim_rule(word, count, min_count)`` gives ``RULE_KEEP``, ``RULE_DISCARD`` or ``RULE_DEFAULT``.
    sorted_vocab : {0, 1}
        1 sorts the vocabulary by falling count.
    batch_words : int
        Stored for gensim's sake; chunk sizes follow from the corpus alone.
    compute_loss : bool
        Sum the loss over all pairs, see :meth:`get_latest_training_loss`.  Without, ``loss_history``
        is estimated from every 16th window.
    callbacks : iterable of CallbackAny2Vec
        Hooks at the begin and end of training and epochs.
    comment : object
        Stored with the model.
    max_final_vocab : int, optional
        Raise ``min_count`` until at most so many words are left.
    shrink_windows : bool
        Draw the window of each word uniformly from 1 to ``window``.
    cbow_exact : bool
        CBOW with the exact gradient of the mean (or sum); use a larger ``alpha``, such as 0.075.
    softmax : bool
        Exact softmax over the whole vocabulary, instead of ``negative`` (which becomes 0) and ``hs``:
        for vocabularies of up to some ten thousand words, with the exact gradient.
        A small corpus wants a larger ``alpha``, such as 0.1.
    progress : bool, optional
        True shows a progress bar, False only log records; default: a bar in a terminal.
    checkpoint : path, optional
        Write the state of training to this file now and then, so that :meth:`resume` can go on from
        it after a crash; Ctrl-C and SIGTERM write it once more.
    checkpoint_every : float or str, optional
        Seconds, or a text such as ``"5 min"``, ``"10000000 words"``, ``"1 epoch"``; default: a minute,
        or longer where the model is so large that this would take more than 2 % of a processor.

    Attributes
    ----------
    wv : KeyedVectors
        The vectors and all queries on them.
    syn1neg, syn1 : float32 arrays, (n_words, vector_size)
        Output vectors of negative sampling or exact softmax; inner nodes of hierarchical softmax.
    loss_history : list of float
        Mean loss per trained pair for each epoch of the last :meth:`train`.
    corpus_count, corpus_total_words : int
        Sentences and raw words of the last :meth:`build_vocab`.

    Raises
    ------
    ValueError
        A parameter out of range; the message names it, its value and the way out.
    TypeError
        A corpus that is none: a string, a generator (it can be read only once).
    RuntimeError
        A corpus without words, or none left after ``min_count``.

    Examples
    --------
    >>> from fastw2v import Word2Vec
    >>> sentences = [["the", "king", "rules"], ["the", "queen", "rules"]] * 50
    >>> model = Word2Vec(sentences, vector_size=16, min_count=1, workers=1, seed=1)
    >>> len(model.wv), model.wv["king"].shape
    (4, (16,))
    """

    def __init__(
        self,
        sentences: Any = None,
        corpus_file: Any = None,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        sample: float = 1e-3,
        seed: int = 1,
        workers: int = 3,
        min_alpha: float = 0.0001,
        sg: int = 0,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Callable[[Hashable], int] = hash,
        epochs: int = 5,
        null_word: int = 0,
        trim_rule: TrimRule | None = None,
        sorted_vocab: int = 1,
        batch_words: int = 10000,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
        comment: Any = None,
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        *,
        cbow_exact: bool = False,
        softmax: bool = False,
        progress: bool | None = None,
        checkpoint: Any = None,
        checkpoint_every: float | str | None = None,
        **old_names: Any,
    ) -> None:
        if old_names:
            present = rename_old_keywords("__init__", old_names)
            vector_size, epochs = present.pop("vector_size", vector_size), present.pop("epochs", epochs)
            if present:
                raise TypeError(f"Word2Vec() got an unexpected keyword argument {next(iter(present))!r}")
        self.vector_size = vector_size
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.window = window
        self.min_count = min_count
        self.max_vocab_size = max_vocab_size
        self.max_final_vocab = max_final_vocab
        self.sample = sample
        self.seed = seed
        self.workers = workers
        self.sg = sg
        self.hs = hs
        self.softmax = bool(softmax)
        self.negative = 0 if softmax else negative
        self.ns_exponent = ns_exponent
        self.cbow_mean = cbow_mean
        self.cbow_exact = cbow_exact
        self.hashfxn = hashfxn
        self.epochs = epochs
        self.null_word = null_word
        self.sorted_vocab = sorted_vocab
        self.batch_words = batch_words
        self.compute_loss = compute_loss
        self.comment = comment
        self.shrink_windows = shrink_windows
        self.progress = progress
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self._checkpoint_at(checkpoint, checkpoint_every)
        self.random = np.random.RandomState(int(seed) % 2**32 if isinstance(seed, (int, np.integer)) else None)
        config = self._config()
        self.seed = seed if seed is None else config.seed
        self._check_vocabulary_parameters(trim_rule)
        self.vector_size = self.layer1_size = config.vector_size
        self.alpha, self.min_alpha, self.workers = config.alpha, config.min_alpha, config.workers

        self.corpus_count = 0
        self.corpus_total_words = 0
        self.epochs_trained = 0
        self.train_count = 0
        self.total_train_time = 0.0
        self.running_training_loss = 0.0
        self.loss_history: list[float] = []
        self.min_alpha_yet_reached = self.alpha
        self.cum_table = None
        self.raw_vocab = None
        self.effective_min_count = min_count
        self._tree = None
        self.lifecycle_events: list[dict[str, Any]] | None = []
        self.wv = KeyedVectors(self.vector_size)
        self.wv.vectors_lockf = np.ones(1, dtype=np.float32)
        self.add_lifecycle_event("created", params=str(self))

        if sentences is None and corpus_file is None:
            if trim_rule is not None:
                logger.warning(
                    "The rule, if given, is only used to prune vocabulary during build_vocab() and is not stored "
                    "as part of the model. Model initialized without sentences. trim_rule provided, if any, will "
                    "be ignored."
                )
            if callbacks is not None and checked_callbacks(callbacks):
                logger.warning(
                    "Callbacks are no longer retained by the model, so must be provided whenever training is "
                    "triggered, as in initialization with a corpus or calling `train()`. The callbacks provided in "
                    "this initialization without triggering train will be ignored."
                )
            return
        self._learn(sentences, corpus_file, trim_rule, checked_callbacks(callbacks))

    def _learn(self, sentences: Any, corpus_file: Any, trim_rule: TrimRule | None, callbacks: Iterable[Any]) -> None:
        """Build the vocabulary and train, on one source that is read once where that is possible."""
        hooks.refuse_unsupported(self)
        self._check_corpus_sanity(corpus_iterable=sentences, corpus_file=corpus_file, passes=self.epochs + 1)
        if hooks.overrides_any(self, hooks.BUILDING_HOOKS):
            self.build_vocab(corpus_iterable=sentences, corpus_file=corpus_file, trim_rule=trim_rule)
            self.train(
                corpus_iterable=sentences,
                corpus_file=corpus_file,
                total_examples=self.corpus_count,
                total_words=self.corpus_total_words,
                epochs=self.epochs,
                start_alpha=self.alpha,
                end_alpha=self.min_alpha,
                compute_loss=self.compute_loss,
                callbacks=callbacks,
            )
            return
        source = open_source(
            sentences, corpus_file, max_vocab_size=self.max_vocab_size, trim_rule=trim_rule, workers=self.workers
        )
        self._build_from_source(source, trim_rule=trim_rule)
        total_examples, total_words = self.corpus_count, self.corpus_total_words  # a callback may change them
        self._check_training_sanity(epochs=self.epochs, total_examples=total_examples, total_words=total_words)
        _, n_words = self._train_source(
            source,
            total_examples=total_examples,
            total_words=total_words,
            epochs=self.epochs,
            callbacks=callbacks,
        )
        expected = total_words * len(self.loss_history)
        if source.fixed and n_words != expected:
            raise TrainingError(
                f"{n_words} words were trained, but {len(self.loss_history)} epochs of {total_words} words "
                f"are {expected}: text was lost or repeated; please report this as a bug"
            )

    def reset_from(self, other_model: Word2Vec) -> None:
        """Take over the vocabulary of another model, and start with weights of one's own.

        Parameters
        ----------
        other_model : Word2Vec
        """
        other = other_model.wv
        self.wv = KeyedVectors(self.vector_size)
        self.wv.index_to_key = other.index_to_key
        self.wv.key_to_index = other.key_to_index
        self.wv.expandos = other.expandos
        self._tree, self._grafted = other_model._tree, other_model._grafted
        self.cum_table = other_model.cum_table
        self.corpus_count = other_model.corpus_count
        self.corpus_total_words = other_model.corpus_total_words
        self.init_weights()

    def seeded_vector(self, seed_string: str, vector_size: int) -> Any:
        """Give a small random vector for a string; deprecated, as in gensim."""
        import warnings

        from fastw2v.keyedvectors import pseudorandom_weak_vector

        warnings.warn(
            "seeded_vector is deprecated: call keyedvectors.pseudorandom_weak_vector", DeprecationWarning, stacklevel=2
        )
        return pseudorandom_weak_vector(vector_size, seed_string=seed_string, hashfxn=self.hashfxn)

    def init_sims(self, replace: bool = False) -> None:
        """Deprecated: norms are computed when they are needed; see :meth:`KeyedVectors.init_sims`."""
        self.wv.init_sims(replace=replace)

    def add_lifecycle_event(self, event_name: str, log_level: int = logging.INFO, **event: Any) -> None:
        """Note an event in :attr:`lifecycle_events` (set that to None to keep none) and log it.

        Unlike gensim's, an entry does not tell which machine or path it happened on.
        """
        note_event(self, logger, event_name, log_level, event)

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<vocab={len(self.wv.index_to_key)}, vector_size={self.vector_size}, "
            f"alpha={self.alpha}>"
        )
