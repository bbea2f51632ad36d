"""``Word2Vec``: gensim's interface over native training, one class that reads from top to bottom.

Methods check and delegate: what they call stands in ``model/``, takes what it needs as arguments and returns what it
made.  Methods that programs override are called through ``self`` (``model/subclassing.py`` says which).
"""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastw2v._events import note_event
from fastw2v._progress import progress_bars
from fastw2v._undo import changes_all_or_nothing
from fastw2v.checks import check_trim_rule, checked_callbacks, checked_flag, checked_real
from fastw2v.compat.old_names import DeprecatedWord2VecNames, refuse_unknown, rename_old_keywords
from fastw2v.errors import ConfigError, CorpusError, VocabularyError
from fastw2v.keyedvectors import KeyedVectors, pseudorandom_weak_vector
from fastw2v.model import (
    batches,
    checkpoints,
    inference,
    persistence,
    plans,
    ranks,
    settings,
    subclassing,
    training,
    vocabulary,
)
from fastw2v.model.trainable_arrays import TrainableArrays
from fastw2v.parameters import TABLE, Parameters, check_objective
from fastw2v.presets import with_presets
from fastw2v.text.chunks import Source
from fastw2v.text.corpus import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus
from fastw2v.text.scan import Scan
from fastw2v.text.source import is_one_shot, is_spent_by_a_count, open_source
from fastw2v.text.trimming import TrimRule
from fastw2v.train import noise
from fastw2v.train.fingerprint import fingerprint
from fastw2v.train.huffman import Huffman, build_huffman, extend_huffman
from fastw2v.train.job import Course, Position
from fastw2v.train.schedule import Schedule
from fastw2v.train.threads import EpochTotals
from fastw2v.train.weights import grow_rows, grown_lock, init_input, zeros
from fastw2v.vectors import html
from fastw2v.vectors.counts import vocabulary_of
from fastw2v.vectors.ragged import RaggedColumn

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastw2v.compat.old_names import OldCorpus, OldSettings, OldTraining, VocabularySettings

logger = logging.getLogger(__name__)

__all__ = ["BrownCorpus", "LineSentence", "PathLineSentences", "Text8Corpus", "Word2Vec"]

Model = TypeVar("Model", bound="Word2Vec")


class Word2Vec(DeprecatedWord2VecNames):
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
    alpha : float
        Learning rate at the start; it falls linearly to ``min_alpha``.
    window : int or (int, int)
        Largest distance between two words that count as context of each other; a pair: of the words before a word
        and of those after it, such as ``(5, 0)``.
    min_count : int
        Words that occur less often are left out.
    max_vocab_size : int, optional
        While counting, prune rare words whenever there are more distinct words than this.
    sample : float
        Threshold of sub-sampling: more of the words that are more frequent than this share of the text are left
        out; 0 turns it off.
    seed : int, optional
        Equal seeds give equal draws; with ``workers=1``, equal vectors. None: another one each time.
    workers : int
        Training threads; -1: one for each processor.
    min_alpha : float
        Learning rate at the end.
    sg : {0, 1}
        1 for skip-gram, 0 for CBOW.
    hs : {0, 1}
        1 for hierarchical softmax.
    negative : int
        Noise words for each window; 0 turns negative sampling off.
    ns_exponent : float
        Exponent of the noise distribution: 1 draws words as often as they occur, 0 all equally.
    cbow_mean : {0, 1}
        1: CBOW's input is the mean of the context vectors, 0: their sum.
    hashfxn : callable
        Kept for gensim's sake; the initial vectors depend on ``seed`` alone.
    epochs : int
        Passes over the text.
    null_word : {0, 1}
        1 adds the pseudo-word ``"\0"``.
    trim_rule : callable, optional
        ``trim_rule(word, count, min_count)`` gives ``RULE_KEEP``, ``RULE_DISCARD`` or ``RULE_DEFAULT``.
    sorted_vocab : {0, 1}
        1 sorts the vocabulary by falling count.
    batch_words : int
        Kept for gensim's sake; chunk sizes follow from the corpus alone. (Only overrides of ``_do_train_job``
        get batches of about so many words.)
    compute_loss : bool
        Sum the loss over all pairs, see ``get_latest_training_loss``. Without, ``loss_history`` is estimated
        from every 16th window.
    callbacks : iterable of CallbackAny2Vec
        Hooks at the begin and end of training and epochs.
    comment : object
        Stored with the model.
    max_final_vocab : int, optional
        Raise ``min_count`` until at most so many words are left.
    shrink_windows : bool
        Draw the window of each word uniformly from 1 to ``window``; one draw serves both sides.
    preset : {"balanced", "similarity", "relatedness", "analogy", "small", "items", "graph"}, optional
        Defaults that were measured for a purpose, instead of gensim's; arguments given beside it win. See
        docs/presets.md.
    cbow_exact : bool
        CBOW with the exact gradient of the mean (or sum), instead of word2vec.c's; use a larger ``alpha``, such
        as 0.075.
    joint_context : bool
        Skip-gram's context words move together, by the output vectors as they were before them, instead of one
        after the other as in word2vec: a little better in text, worse for items and graphs. See docs/math.md,
        section 8.
    softmax : bool
        Exact softmax over the whole vocabulary, instead of ``negative`` (which becomes 0) and ``hs``: for
        vocabularies of up to some ten thousand words, with the exact gradient. A small corpus
        wants a larger ``alpha``, such as 0.1.
    keep_rare : bool
        Remember how often words below ``min_count`` occurred: ``build_vocab(update=True)`` adds to it, and takes a
        word in when the sum reaches ``min_count``. At most ``max_vocab_size`` words are remembered.
    progress : bool, optional
        True shows a progress bar, False only log records; None: a bar in a terminal.
    checkpoint : path, optional
        Write the state of training to this file now and then, so that ``Word2Vec.resume`` can go on from it
        after a crash; Ctrl-C and SIGTERM write it once more.
    checkpoint_every : float or str, optional
        Seconds, or a text such as ``"5 min"``, ``"10000000 words"``, ``"1 epoch"``; None: a minute, or longer
        where the model is so large that this would take more than 2 % of a processor.
    engine : {"mpi"} or Engine, optional
        Train together with the other processes that ``mpiexec`` or ``srun`` has started, all of which run the same
        program; None: this process alone. See docs/distributed.md.
    device : str, optional
        Where to train: on the processor, ``"cpu"``, or on a CUDA card, ``"cuda"`` or ``"cuda:1"``; None: as the
        environment variable ``FASTW2V_DEVICE`` says, or else on the processor. Needs
        ``pip install "fastw2v[cuda]"``, see docs/gpu.md.

    Attributes
    ----------
    wv : KeyedVectors
        The vectors and all queries on them.
    syn1neg, syn1 : float32 arrays, (n_words, vector_size)
        Output vectors of negative sampling or exact softmax; inner nodes of hierarchical softmax.
    syn1neg_lockf, syn1_lockf : float32 arrays, (1,) or (n_words,)
        Factors of the updates of these rows, as ``wv.vectors_lockf`` has for the input vectors: 0 holds a row, 1
        trains it. ``model.syn1neg_lockf = np.zeros(1, np.float32)`` freezes the output matrix.
    loss_history : list of float
        Mean loss per trained pair for each epoch of the last :meth:`train`.
    corpus_count, corpus_total_words : int
        Sentences and raw words of the last :meth:`build_vocab`.
    resumed : bool
        True in a model that :meth:`resume` gave: for callbacks that prepare something once.

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

    resumed = False
    _n_trainings = 0  # begun, those within callbacks included
    _cum_mark: int | None = None  # of the cum_table that make_cum_table() made
    _tree_is_extended = False  # words were added to the Huffman tree, which is no longer that of the counts

    @with_presets
    def __init__(
        self,
        sentences: Any = None,
        corpus_file: Any = None,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int | tuple[int, int] = 5,
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
        preset: str | None = None,
        cbow_exact: bool = False,
        joint_context: bool = False,
        softmax: bool = False,
        keep_rare: bool = False,
        progress: bool | None = None,
        checkpoint: Any = None,
        checkpoint_every: float | str | None = None,
        engine: Any = None,
        device: str | None = None,
        **more: Unpack[OldSettings],
    ) -> None:
        del preset  # with_presets() has put its parameters in the place of defaults
        present = rename_old_keywords("__init__", more, stacklevel=4)
        refuse_unknown("Word2Vec", present, ("vector_size", "epochs", *TABLE))
        self.vector_size = vector_size
        self.alpha = alpha
        self.window = window
        self.min_count = min_count
        self.max_vocab_size = max_vocab_size
        self.sample = sample
        self.seed = seed
        self.workers = workers
        self.min_alpha = min_alpha
        self.sg = sg
        self.hs = hs
        self.negative = negative
        self.ns_exponent = ns_exponent
        self.cbow_mean = cbow_mean
        self.hashfxn = hashfxn
        self.epochs = epochs
        self.null_word = null_word
        self.sorted_vocab = sorted_vocab
        self.batch_words = batch_words
        self.compute_loss = compute_loss
        self.comment = comment
        self.max_final_vocab = max_final_vocab
        self.shrink_windows = shrink_windows
        self.cbow_exact = cbow_exact
        self.joint_context = joint_context
        self.softmax = checked_flag("softmax", softmax)
        self.keep_rare = checked_flag("keep_rare", keep_rare)
        self.progress = progress
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.engine = engine
        self.device = device
        self.__dict__.update(present)  # rows of the table that the signature does not spell out, and gensim 3's names
        if self.softmax:
            self.negative = 0
        parameters = self._parameters()
        self.__dict__.update(parameters.__dict__)  # each in the form that was checked: sg="0" is 0
        check_objective(parameters)
        check_trim_rule(trim_rule)
        checkpoints.place_of(checkpoint, checkpoint_every)

        self.layer1_size = self.vector_size
        self.corpus_count = 0
        self.corpus_total_words = 0
        self.effective_min_count = self.min_count
        self.epochs_trained = 0
        self.train_count = 0
        self.total_train_time = 0.0
        self.running_training_loss = 0.0
        self.loss_history: list[float] = []
        self.min_alpha_yet_reached = self.alpha
        self.lifecycle_events: list[dict[str, Any]] | None = []
        self.cum_table: NDArray[np.uint32] | None = None
        self._rare: dict[Hashable, int] = {}
        self._raw: Scan | vocabulary.Counts | None = None
        self._tree: Huffman | None = None
        self.wv = KeyedVectors(self.vector_size)
        self.wv.vectors_lockf = np.ones(1, dtype=np.float32)
        self.syn1neg_lockf, self.syn1_lockf = np.ones(1, dtype=np.float32), np.ones(1, dtype=np.float32)
        self.add_lifecycle_event("created", params=str(self))

        if sentences is None and corpus_file is None:
            training.warn_of_what_is_unused(trim_rule, callbacks)
            return
        plans.check_device(parameters)  # before a long count
        self._learn(sentences, corpus_file, trim_rule, checked_callbacks(callbacks))

    def _learn(self, sentences: Any, corpus_file: Any, trim_rule: TrimRule | None, callbacks: list[Any]) -> None:
        """Build the vocabulary and train, on one source that is read once where that is possible."""
        subclassing.refuse_unsupported(self)
        self._check_corpus_sanity(
            corpus_iterable=sentences, corpus_file=corpus_file, passes=self.epochs + 1, counts=True
        )
        if subclassing.overridden(self, subclassing.BUILDING_HOOKS):
            self._learn_by_methods(sentences, corpus_file, trim_rule, callbacks)
            return
        source = self._open(sentences, corpus_file, trim_rule)
        self.corpus_total_words, self.corpus_count = self._scan_source(source)
        report = self.prepare_vocab(trim_rule=trim_rule)
        source.settle(vocabulary_of(self.wv))  # and lets go of what the count needed, before there are weights
        self._finish_vocabulary(report)
        total_examples, total_words = self.corpus_count, self.corpus_total_words  # a callback may change them
        self._check_training_sanity(epochs=self.epochs, total_examples=total_examples, total_words=total_words)
        _, n_words = self._train_source(
            source, total_examples=total_examples, total_words=total_words, epochs=self.epochs, callbacks=callbacks
        )
        if source.fixed:
            training.check_nothing_lost(n_words, total_words, len(self.loss_history))

    def _learn_by_methods(
        self, sentences: Any, corpus_file: Any, trim_rule: TrimRule | None, callbacks: list[Any]
    ) -> None:
        """Take the same steps as gensim's constructor, through methods that a program has overridden."""
        self.build_vocab(corpus_iterable=sentences, corpus_file=corpus_file, trim_rule=trim_rule)
        self.train(
            corpus_iterable=sentences, corpus_file=corpus_file, total_examples=self.corpus_count,
            total_words=self.corpus_total_words, epochs=self.epochs, start_alpha=self.alpha, end_alpha=self.min_alpha,
            compute_loss=self.compute_loss, callbacks=callbacks,
        )  # fmt: skip

    @cached_property
    def random(self) -> np.random.RandomState:
        """The model's own generator, as in gensim; ``seed=None`` draws on it. It is made when it is first asked for."""
        return np.random.RandomState(None if self.seed is None else int(self.seed) % 2**32)

    def _parameters(self, **changes: Any) -> Parameters:
        """Return the parameters as they stand now, checked; ``changes`` take precedence."""
        values = {name: getattr(self, name, row.default) for name, row in TABLE.items()}
        return Parameters(**{**values, **changes})

    def _parameter(self, name: str) -> Any:
        """Return one parameter as it stands now, checked."""
        return TABLE[name].checked(getattr(self, name, TABLE[name].default))

    def _config(self, **changes: Any) -> Parameters:
        """Return the parameters of a training: with a seed, and something to train for."""
        if self.seed is None:  # as in gensim: whatever the model's own generator gives
            changes.setdefault("seed", int(self.random.randint(2**31 - 1)))
        parameters = self._parameters(**changes)
        check_objective(parameters)
        return parameters

    # ---------------------------------------------------------------------------- counting ----

    @property
    def raw_vocab(self) -> dict[Hashable, int] | None:
        """Counts of all words of the last scan, until :meth:`prepare_vocab` has used them.

        Examples
        --------
        >>> model = Word2Vec(min_count=2)
        >>> model.scan_vocab([["to", "be", "or", "not", "to", "be"]])
        (6, 1)
        >>> dict(model.raw_vocab)
        {'to': 2, 'be': 2, 'or': 1, 'not': 1}
        """
        if isinstance(self._raw, Scan):
            self._raw = vocabulary.as_counts(self._raw)
        return self._raw

    @raw_vocab.setter
    def raw_vocab(self, counts: dict[Hashable, int] | None) -> None:
        self._raw = counts

    def scan_vocab(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        progress_per: int = 10000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
        **old_names: Unpack[OldCorpus],
    ) -> tuple[int, int]:
        """Count the words of a corpus into :attr:`raw_vocab`.

        Parameters
        ----------
        corpus_iterable, corpus_file
            As in the constructor; one pass, so a generator will do.
        progress_per : ignored
            Accepted for gensim's sake; progress is logged by time.
        workers : int, optional
            Threads that read a file, default as in the constructor.
        trim_rule : callable, optional
            Asked when ``max_vocab_size`` forces pruning.

        Returns
        -------
        (int, int)
            Raw words and sentences.

        Raises
        ------
        TypeError
            If not exactly one corpus is given, or it is none.

        Examples
        --------
        >>> Word2Vec().scan_vocab([["to", "be"], ["or", "not"]])
        (4, 2)
        """
        if old_names:
            present = rename_old_keywords("scan_vocab", old_names)
            corpus_iterable = present.pop("corpus_iterable", corpus_iterable)
            refuse_unknown("scan_vocab", present)
        self._parameters()  # all of them, before the corpus is read
        self._check_corpus_sanity(corpus_iterable=corpus_iterable, corpus_file=corpus_file, passes=1)
        check_trim_rule(trim_rule)
        if corpus_file is None and subclassing.overrides(self, "_scan_vocab"):
            return self._scan_vocab(corpus_iterable, progress_per, trim_rule)
        return self._scan_source(self._open(corpus_iterable, corpus_file, trim_rule, workers))

    def _scan_vocab(self, sentences: Any, progress_per: int, trim_rule: TrimRule | None) -> tuple[int, int]:
        """Count the words of an iterable: what :meth:`scan_vocab` does, for subclasses that call it."""
        del progress_per
        return self._scan_source(self._open(sentences, None, trim_rule))

    def _scan_source(self, source: Source) -> tuple[int, int]:
        """Count the words of a source; return raw words and sentences."""
        engine = self._engine()
        shows = self._parameter("progress") if engine is None or engine.rank == 0 else False
        with ranks.together(engine), progress_bars(shows):
            self._raw = scan = vocabulary.count_words(source)
        return scan.n_words, scan.n_sentences

    def _open(self, corpus_iterable: Any, corpus_file: Any, trim_rule: Any, workers: int | None = None) -> Source:
        """Open a corpus to be counted."""
        return open_source(
            corpus_iterable, corpus_file, max_vocab_size=self._parameter("max_vocab_size"), trim_rule=trim_rule,
            workers=self._parameter("workers") if workers is None else TABLE["workers"].checked(workers),
            sharers=self._engine(),
        )  # fmt: skip

    # ---------------------------------------------------------------------------- vocabulary ----

    @changes_all_or_nothing
    def build_vocab(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        update: bool = False,
        progress_per: int = 10000,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        **kwargs: Unpack[VocabularySettings],
    ) -> None:
        """Build the vocabulary from a corpus, and the weights with it.

        Parameters
        ----------
        corpus_iterable, corpus_file
            As in the constructor; one pass, so a generator will do.
        update : bool
            Add the corpus' new words to an existing vocabulary; known words add to their counts.
        progress_per : ignored
            Accepted for gensim's sake.
        keep_raw_vocab : bool
            Keep the counts of all words in :attr:`raw_vocab`.
        trim_rule : callable, optional
            ``trim_rule(word, count, min_count)`` gives ``RULE_KEEP``, ``RULE_DISCARD`` or ``RULE_DEFAULT``.
        **kwargs
            ``min_count``, ``sample``, ``dry_run``, for :meth:`prepare_vocab`.

        Raises
        ------
        TypeError
            If not exactly one corpus is given, or it is none.
        RuntimeError
            If there is nothing that could be updated.

        Examples
        --------
        >>> model = Word2Vec(min_count=1, vector_size=16)
        >>> model.build_vocab([["to", "be", "or", "not", "to", "be"]])
        >>> model.wv.index_to_key
        ['be', 'to', 'not', 'or']
        >>> model.wv.vectors.shape, model.corpus_count, model.corpus_total_words
        ((4, 16), 1, 6)
        """
        given = rename_old_keywords("build_vocab", kwargs)
        corpus_iterable = given.pop("corpus_iterable", corpus_iterable)
        update = checked_flag("update", update)
        self._check_corpus_sanity(corpus_iterable=corpus_iterable, corpus_file=corpus_file, passes=1)
        self._check_counting(trim_rule, given.get("min_count"))
        vocabulary.refuse_update_of_nothing(update, len(self.wv))
        if subclassing.overridden(self, ("scan_vocab", "_scan_vocab")):
            counted = self.scan_vocab(
                corpus_iterable=corpus_iterable, corpus_file=corpus_file, progress_per=progress_per, trim_rule=trim_rule
            )
        else:
            counted = self._scan_source(self._open(corpus_iterable, corpus_file, trim_rule))
        self.corpus_total_words, self.corpus_count = counted
        report = self.prepare_vocab(update=update, keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, **given)
        self._finish_vocabulary(report, update, checked_flag("dry_run", given.get("dry_run", False)))

    @changes_all_or_nothing
    def build_vocab_from_freq(
        self,
        word_freq: dict[Any, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: TrimRule | None = None,
        update: bool = False,
    ) -> None:
        """Build the vocabulary from word counts, e.g. counted elsewhere.

        Parameters
        ----------
        word_freq : dict of word to int
            Not changed.
        keep_raw_vocab, trim_rule, update
            As in :meth:`build_vocab`.
        corpus_count : int, optional
            Sentences in the corpus.

        Raises
        ------
        ValueError
            If a count is no integer, or negative.
        RuntimeError
            If there is nothing that could be updated.

        Examples
        --------
        >>> model = Word2Vec(min_count=2)
        >>> model.build_vocab_from_freq({"rare": 1, "king": 7, "queen": 9}, corpus_count=8)
        >>> model.wv.index_to_key
        ['queen', 'king']
        """
        update = checked_flag("update", update)
        vocabulary.refuse_update_of_nothing(update, len(self.wv))
        counts = vocabulary.checked_counts(word_freq)
        if corpus_count is not None:
            checked_real("corpus_count", corpus_count, "the number of sentences", 0.0)
        logger.info("Processing provided word frequencies")
        self.raw_vocab, self.corpus_count = counts, corpus_count or 0
        report = self.prepare_vocab(keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, update=update)
        self._finish_vocabulary(report, update)

    def _finish_vocabulary(self, report: dict[str, Any], update: bool = False, dry_run: bool = False) -> None:
        """Note that the vocabulary is made, and make the weights for it."""
        shown: dict[str, Any] = {name: str(value) for name, value in report.items()}
        self.add_lifecycle_event("build_vocab", update=update, **shown)
        if not dry_run:
            report["memory"] = self.estimate_memory(vocab_size=report["num_retained_words"])
            self.prepare_weights(update=update)

    def _check_counting(self, trim_rule: Any, min_count: Any = None) -> None:
        """Raise now what would otherwise show after the whole text was counted."""
        self._parameters(**({} if min_count is None else {"min_count": min_count}))
        check_trim_rule(trim_rule)

    @changes_all_or_nothing
    def prepare_vocab(
        self,
        update: bool = False,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        min_count: int | None = None,
        sample: float | None = None,
        dry_run: bool = False,
    ) -> dict[str, int]:
        """Turn the counts of the last scan into the vocabulary.

        Parameters
        ----------
        update, keep_raw_vocab, trim_rule
            As in :meth:`build_vocab`.
        min_count, sample : optional
            Instead of the model's values, which they replace unless ``dry_run``.
        dry_run : bool
            Only report; the model stays as it is.

        Returns
        -------
        dict
            ``drop_unique``, ``retain_total``, ``downsample_unique``, ``downsample_total``,
            ``num_retained_words``.

        Raises
        ------
        RuntimeError
            If there are no counts: nothing was scanned, or they have been used up.

        Examples
        --------
        >>> model = Word2Vec()
        >>> words, sentences = model.scan_vocab([["to", "be", "or", "not", "to", "be"]])
        >>> report = model.prepare_vocab(min_count=2, sample=0, dry_run=True)
        >>> report["num_retained_words"], report["drop_unique"], report["retain_total"]
        (2, 2, 4)
        """
        changes = {"min_count": min_count, "sample": sample}
        parameters = self._parameters(**{name: value for name, value in changes.items() if value is not None})
        check_trim_rule(trim_rule)
        update = checked_flag("update", update)
        scan = vocabulary.as_scan(self._raw, self.corpus_count, len(self.wv))
        known = vocabulary_of(self.wv) if update else None
        if update and self.keep_rare:
            scan = vocabulary.with_rare(scan, self._rare)
        prepared = vocabulary.prepare(scan, known, parameters, trim_rule)
        if not checked_flag("dry_run", dry_run):
            self.min_count, self.sample = parameters.min_count, parameters.sample or 0.0
            self.effective_min_count = prepared.effective_min_count
            self._set_words(prepared.keys, prepared.counts, prepared.thresholds, grow=update)
            if self.keep_rare:
                self._rare = vocabulary.rare_of(scan, prepared.keys, self.max_vocab_size)
            if not checked_flag("keep_raw_vocab", keep_raw_vocab):
                self.raw_vocab = defaultdict(int)
        return prepared.report

    def _set_words(
        self, keys: list[Hashable], counts: NDArray[np.int64], thresholds: NDArray[np.uint32], grow: bool
    ) -> None:
        """Take over a vocabulary; with ``grow`` the first words are those that were there."""
        vocabulary.warn_of_keys(keys)
        vocabulary.set_words(self.wv, keys, counts, thresholds)
        if not keys:
            self._tree = None
            return
        if self._parameter("hs"):
            trained = getattr(self, "syn1", None)
            if grow and self._tree is not None and trained is not None and trained.any():
                self._set_tree(extend_huffman(self._tree, counts), extended=True)
            else:
                self.create_binary_tree()
        if self._parameter("negative"):
            self.make_cum_table()

    @changes_all_or_nothing
    def add_null_word(self) -> None:
        r"""Add the pseudo-word ``"\0"`` with count 1, for padding; the weights are not made for it.

        Examples
        --------
        >>> model = Word2Vec(min_count=1)
        >>> model.build_vocab([["to", "be"]])
        >>> model.add_null_word()
        >>> model.wv.index_to_key
        ['be', 'to', '\x00']
        """
        wv = self.wv
        counts = np.append(wv.expandos["count"], 1)
        thresholds = np.append(wv.expandos["sample_int"], np.uint32(2**32 - 1))
        self._set_words([*wv.index_to_key, "\0"], counts, thresholds, grow=True)

    @changes_all_or_nothing
    def create_binary_tree(self) -> None:
        """Build the Huffman tree of the word counts, for hierarchical softmax.

        ``build_vocab(update=True)`` does not call this on a trained model, since the rows of ``syn1``
        belong to the nodes of its tree: it adds the new words to that tree.

        Examples
        --------
        >>> model = Word2Vec(min_count=1, hs=1, negative=0)
        >>> model.build_vocab([["a", "a", "a", "a", "b", "b", "c"]])
        >>> [model.wv.get_vecattr(word, "code").tolist() for word in "abc"]
        [[1], [0, 1], [0, 0]]
        """
        self._set_tree(build_huffman(np.asarray(self.wv.expandos["count"], dtype=np.int64)), extended=False)

    def _set_tree(self, tree: Huffman, *, extended: bool) -> None:
        """Take over a Huffman tree, and show the path of each word as attributes ``code`` and ``point``."""
        self._tree, self._tree_is_extended = tree, extended
        columns: dict[str, Any] = self.wv.expandos
        columns["code"] = RaggedColumn(tree.codes, tree.offsets)
        columns["point"] = RaggedColumn(tree.points, tree.offsets)

    def _huffman(self) -> Huffman:
        """Return the Huffman tree of the vocabulary as it is now."""
        if self._tree is None or len(self._tree.offsets) != len(self.wv.index_to_key) + 1:
            self.create_binary_tree()
        assert self._tree is not None
        return self._tree

    @changes_all_or_nothing
    def make_cum_table(self, domain: int = 2**31 - 1) -> None:
        """Build gensim's cumulative noise table; training itself draws from an alias table.

        Parameters
        ----------
        domain : int
            Largest value in the table: the noise words of a draw from 0 to ``domain`` are found by bisection.

        Examples
        --------
        >>> model = Word2Vec(min_count=1, ns_exponent=1.0)
        >>> model.build_vocab([["a", "a", "a", "b"]])
        >>> model.make_cum_table(domain=100)
        >>> model.cum_table.tolist()
        [75, 100]
        """
        self.cum_table = noise.cum_table(self.wv.expandos["count"], self.ns_exponent, domain)
        self._cum_mark = settings.cum_table_mark(self.cum_table)

    @changes_all_or_nothing
    def reset_from(self, other_model: Word2Vec) -> None:
        """Take over the vocabulary of another model, and start with weights of one's own.

        Parameters
        ----------
        other_model : Word2Vec
            Its words, counts and Huffman tree are shared, not copied.

        Examples
        --------
        >>> model, other = Word2Vec(vector_size=16), Word2Vec(min_count=1, vector_size=32)
        >>> other.build_vocab([["to", "be"]])
        >>> model.reset_from(other)
        >>> model.wv.index_to_key, model.wv.vectors.shape
        (['be', 'to'], (2, 16))
        """
        other = other_model.wv
        self.wv = KeyedVectors(self.vector_size)
        self.wv.index_to_key = other.index_to_key
        self.wv.key_to_index = other.key_to_index
        self.wv.expandos = other.expandos
        self._tree, self._tree_is_extended = other_model._tree, other_model._tree_is_extended
        self.cum_table, self._cum_mark = other_model.cum_table, other_model._cum_mark
        self.corpus_count = other_model.corpus_count
        self.corpus_total_words = other_model.corpus_total_words
        self.init_weights()

    # ------------------------------------------------------------------------------- weights ----

    @changes_all_or_nothing
    def prepare_weights(self, update: bool = False) -> None:
        """Make the weights for the vocabulary.

        Parameters
        ----------
        update : bool
            Keep the rows of known words, and add those of new ones.

        Examples
        --------
        >>> model = Word2Vec(min_count=1, vector_size=16)
        >>> counted = model.scan_vocab([["to", "be"]])
        >>> report = model.prepare_vocab()
        >>> model.prepare_weights()
        >>> model.syn1neg.shape
        (2, 16)
        """
        if checked_flag("update", update):
            self.update_weights()
        else:
            self.init_weights()

    @changes_all_or_nothing
    def init_weights(self) -> None:
        """Start all weights anew: input vectors random by ``seed``, output vectors zero.

        Examples
        --------
        >>> model = Word2Vec([["to", "be", "or", "not"]] * 9, min_count=1, vector_size=16, workers=1)
        >>> bool(model.syn1neg.any())
        True
        >>> model.init_weights()
        >>> bool(model.syn1neg.any())
        False
        """
        of, n_words = self._parameter, len(self.wv.index_to_key)
        size = of("vector_size")
        self.wv.vectors = init_input(n_words, size, of("seed"))
        self.wv.vectors_lockf = np.ones(1, dtype=np.float32)
        self.syn1neg_lockf, self.syn1_lockf = np.ones(1, dtype=np.float32), np.ones(1, dtype=np.float32)
        self.wv.norms = None
        if of("hs"):
            self.syn1 = zeros(n_words, size)
        if of("negative") or of("softmax"):
            self.syn1neg = zeros(n_words, size)

    @changes_all_or_nothing
    def update_weights(self) -> None:
        """Grow all weights to the vocabulary; the rows of known words stay.

        Raises
        ------
        RuntimeError
            If there are no weights yet.

        Examples
        --------
        >>> model = Word2Vec([["to", "be"]] * 9, min_count=1, vector_size=16)
        >>> model.build_vocab([["or", "not"]], update=True)  # calls this
        >>> model.wv.vectors.shape, model.syn1neg.shape
        ((4, 16), (4, 16))
        """
        parameters = self._parameters()
        n_words, n_known = len(self.wv.index_to_key), len(self.wv.vectors)
        if not n_known:
            raise VocabularyError("there are no weights to update: build a vocabulary without update first")
        if self.wv.vectors.shape[1] != parameters.vector_size:
            raise ConfigError(
                f"vector_size={parameters.vector_size}: the trained vectors have {self.wv.vectors.shape[1]} numbers, "
                "and keep them; make another model for another size"
            )
        vectors = init_input(n_words, parameters.vector_size, parameters.seed)
        vectors[:n_known] = self.wv.vectors
        self.wv.vectors, self.wv.norms = vectors, None
        locked: list[tuple[Any, str]] = [(self.wv, "vectors_lockf"), *((self, name) for name in persistence.LOCKS)]
        for owner, name in locked:
            setattr(owner, name, grown_lock(getattr(owner, name, None), n_words))
        self._make_missing_outputs(parameters)  # of an objective that was switched on since
        if parameters.hs:
            self.syn1 = grow_rows(self.syn1, n_words)
        if parameters.negative or parameters.softmax:
            self.syn1neg = grow_rows(self.syn1neg, n_words)

    def _outputs(self) -> plans.Outputs:
        """Return the output weights that there are, by name."""
        return {name: getattr(self, name) for name in persistence.OUTPUTS if hasattr(self, name)}

    def _locks(self) -> dict[str, NDArray[np.float32]]:
        """Return the factors of the updates of output weights, where they are not 1."""
        locks = {name: np.asarray(getattr(self, name, 1.0)) for name in persistence.LOCKS}
        return {name: lock for name, lock in locks.items() if not (lock == 1).all()}

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Estimate the memory of the model in bytes.

        Parameters
        ----------
        vocab_size : int, optional
            Words, default: those of the model.
        report : dict, optional
            Filled in and returned.

        Returns
        -------
        dict
            ``vocab`` (keys, index, counts, tree), ``vectors``, ``syn1``, ``syn1neg`` (with the room
            that training needs between rows) and ``total``.

        Examples
        --------
        >>> Word2Vec(vector_size=100).estimate_memory(vocab_size=1_000_000)["total"]
        1026000000
        """
        return vocabulary.memory_report(vocab_size or len(self.wv), self._parameter, report or {})

    # ------------------------------------------------------------------------------ training ----

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
        **old_names: Unpack[OldTraining],
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
            If ``epochs``, or both of ``total_examples`` and ``total_words``, are missing; if a parameter
            of the model has been set to what it cannot be.
        RuntimeError
            If there is no vocabulary; if words got lost, or training diverged: weights that are no longer finite,
            a loss far above that of vectors of zeros, vectors a thousand times as long as before.

        Examples
        --------
        >>> sentences = [["the", "king", "rules"], ["the", "queen", "rules"]] * 50
        >>> model = Word2Vec(min_count=1, sample=0, workers=1)
        >>> model.build_vocab(sentences)
        >>> model.train(sentences, total_examples=model.corpus_count, epochs=2)
        (600, 600)
        >>> len(model.loss_history)
        2
        """
        if old_names:
            given = rename_old_keywords("train", old_names)
            corpus_iterable, epochs = given.pop("corpus_iterable", corpus_iterable), given.pop("epochs", epochs)
            refuse_unknown("train", given)
        subclassing.refuse_unsupported(self)
        callbacks = checked_callbacks(callbacks)
        training.check_numbers(report_delay, total_words, total_examples)
        self._check_training_sanity(epochs=epochs, total_examples=total_examples, total_words=total_words)
        self._check_corpus_sanity(corpus_iterable=corpus_iterable, corpus_file=corpus_file, passes=int(epochs or 0))
        return self._train_source(
            self._open_for_training(corpus_iterable, corpus_file), total_examples=total_examples,
            total_words=total_words, epochs=epochs, start_alpha=start_alpha, end_alpha=end_alpha,
            report_delay=report_delay, compute_loss=compute_loss, callbacks=callbacks, checkpoint=checkpoint,
            checkpoint_every=checkpoint_every,
        )  # fmt: skip

    def _check_corpus_sanity(
        self, corpus_iterable: Any = None, corpus_file: Any = None, passes: int = 1, *, counts: bool = False
    ) -> None:
        """Raise if there is not exactly one corpus, or it cannot be read ``passes`` times; counts: one to count."""
        if (corpus_iterable is None) == (corpus_file is None):
            raise CorpusError(
                "give either a corpus of sentences or corpus_file: exactly one of the two is needed, "
                f"and you gave {'neither' if corpus_file is None else 'both'}"
            )
        if passes > 1 and (is_spent_by_a_count if counts else is_one_shot)(corpus_iterable):
            raise CorpusError(
                f"the corpus is a {type(corpus_iterable).__name__}, which gives its sentences once, but {passes} "
                "passes are needed; pass list(sentences), a LineSentence, an object whose __iter__ starts anew, or the "
                "function that returns the generator"
            )

    def _check_training_sanity(
        self, epochs: int | None = None, total_examples: int | None = None, total_words: int | None = None, **_: Any
    ) -> None:
        """Raise if training cannot begin; nothing is changed before this."""
        n_words = len(self.wv.key_to_index)
        if not n_words:
            raise VocabularyError(
                vocabulary.why_none(
                    self.corpus_total_words,
                    self.corpus_count,
                    self.min_count,
                    self.effective_min_count,
                    self.max_final_vocab,
                )
            )
        training.check_arguments(len(self.wv.vectors), epochs, total_examples, total_words)
        TABLE["epochs"].checked(epochs)
        training.check_fit(self._config(), n_words)

    def _open_for_training(self, corpus_iterable: Any, corpus_file: Any) -> Source:
        """Open a corpus to be trained: in batches for a program's own ``_do_train_job``, as word ids otherwise."""
        self.workers = self._parameter("workers")  # the number, for attributes and files that say -1
        overridden = subclassing.overridden(self, subclassing.BATCH_HOOKS)
        if overridden and corpus_file is None:
            return batches.Batches(corpus_iterable, self._parameter("batch_words"), self._raw_word_count)
        if overridden:
            batches.warn_of_file(type(self).__name__, overridden)
        return open_source(corpus_iterable, corpus_file, workers=self.workers, sharers=self._engine())

    def _train_source(
        self,
        source: Source,
        *,
        total_examples: int | None,
        total_words: int | None,
        epochs: int | None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        report_delay: float = 1.0,
        compute_loss: bool | None = None,
        callbacks: Iterable[Any] = (),
        checkpoint: Any = None,
        checkpoint_every: float | str | None = None,
    ) -> tuple[int, int]:
        """Set a new course, and train along it."""
        parameters = self._config(
            epochs=epochs,
            alpha=self.alpha if start_alpha is None else start_alpha,
            min_alpha=self.min_alpha if end_alpha is None else end_alpha,
            compute_loss=self.compute_loss if compute_loss is None else compute_loss,
        )
        keeping = self._new_keeping(checkpoint, checkpoint_every, source)
        if parameters.alpha > self.min_alpha_yet_reached:
            logger.warning("Effective 'alpha' higher than previous training cycles")
        self.epochs, self.compute_loss = parameters.epochs, parameters.compute_loss
        self.running_training_loss, self.loss_history = 0.0, []
        if total_words is None and total_examples == self.corpus_count and not isinstance(source, batches.Batches):
            total_words = self.corpus_total_words or None
        course = Course(
            parameters.alpha, parameters.min_alpha, parameters.epochs, training.whole(total_words),
            training.whole(total_examples), float(report_delay), self.epochs_trained,
        )  # fmt: skip
        return self._follow(source, parameters, course, Position(), list(callbacks), keeping)

    def _new_keeping(self, path: Any, every: float | str | None, source: Source) -> checkpoints.Keeping | None:
        """Return which checkpoints a training keeps; what the constructor was given is the default."""
        path = getattr(self, "checkpoint", None) if path is None else path
        every = getattr(self, "checkpoint_every", None) if every is None else every
        engine = self._engine()
        with ranks.together(engine if path is not None else None):
            return checkpoints.new_keeping(path, every, source, vocabulary_of(self.wv), self.workers, engine)

    def _follow(
        self,
        source: Source,
        parameters: Parameters,
        course: Course,
        position: Position,
        callbacks: list[Any],
        keeping: checkpoints.Keeping | None,
    ) -> tuple[int, int]:
        """Train along a course, from a position on: every training comes through here."""
        started = time.perf_counter()
        by_hand = isinstance(source, batches.Batches)  # by the program's own _do_train_job
        own, shown = (self.alpha, self.min_alpha), (course.alpha, course.min_alpha)
        self.alpha, self.min_alpha = shown  # as in gensim, while the training lasts
        self._n_trainings += 1
        history = self.loss_history  # a train() within a callback puts its own in

        def state() -> persistence.State:
            arrays, keys, values = self._state()
            if (self.alpha, self.min_alpha) == shown:
                values["alpha"], values["min_alpha"] = own
            return arrays, keys, values

        side = training.ModelSide(
            settings=settings.Settings(parameters, partial(getattr, self)).refresh,
            plan=self._plan,
            exchanged=self._exchanged,
            untrained_loss=self._untrained_loss,
            state=state,
            watched=bool(callbacks or subclassing.overridden(self, subclassing.EPOCH_HOOKS)),
            call=lambda hook: training.call_all(callbacks, hook, self),
            progressed=lambda n_words: training.tell_progress(callbacks, self, n_words),
            add_seconds=self._add_seconds,
            epoch_done=partial(self._epoch_done, course=course, position=position, history=history),
            trained=self._count_training,
            end=self._clear_post_train,
        )
        make_job = batches.job_maker(self, source, plans.device_of(parameters))
        engine = self._engine()
        ranks.refuse_to_share(engine, parameters, by_hand)
        self.add_lifecycle_event("train", msg=training.beginning(parameters, len(self.wv)))
        try:
            with ranks.together(engine):
                finished = training.follow(
                    source, vocabulary_of(self.wv), parameters, course, position, side, keeping=keeping,
                    make_job=make_job, engine=engine,
                )  # fmt: skip
        finally:
            if (self.alpha, self.min_alpha) == shown:  # the program has set no other ones
                self.alpha, self.min_alpha = own
        if not by_hand:  # such a method trains what it likes
            training.warn_of_nothing_learnt(finished, self.wv.index_to_key)
        self.loss_history = history
        n_kept, n_words = sum(totals.n_kept for totals in finished), sum(totals.n_words for totals in finished)
        seconds = time.perf_counter() - started
        self.add_lifecycle_event("train", msg=training.ending(n_words, n_kept, seconds))
        self._log_train_end(n_words, n_kept, seconds, sum(totals.n_chunks for totals in finished))
        side.call("on_train_end")
        self.loss_history = history
        return n_kept, n_words

    def _plan(self, parameters: Parameters, arrays: TrainableArrays) -> Any:
        """Return the engine's view of the model, as it stands now."""
        self._make_missing_outputs(parameters)
        plans.check_weights(self.wv, self._outputs(), parameters)
        tree = self._huffman() if parameters.hs else None
        shares = settings.own_noise(self.cum_table, self._cum_mark, len(self.wv)) if parameters.negative else None
        return plans.training_plan(self.wv, self, tree, parameters, self.corpus_count, arrays, shares)

    def _make_missing_outputs(self, parameters: Parameters) -> None:
        """Make the output weights of an objective that was switched on after the others had been made."""
        for name, wanted in (("syn1", parameters.hs), ("syn1neg", parameters.negative or parameters.softmax)):
            if wanted and not hasattr(self, name):
                setattr(self, name, zeros(len(self.wv.index_to_key), parameters.vector_size))
                logger.info("%s was missing, and begins with zeros; all other weights stay", name)

    def _exchanged(self, parameters: Parameters, arrays: TrainableArrays) -> Any:
        """Return what processes that train together exchange of the model."""
        tree = self._huffman() if parameters.hs else None
        return plans.exchanged_model(
            self.wv, self, tree, parameters, self.corpus_count, self.corpus_total_words, arrays
        )

    def _engine(self) -> Any:
        """Return the processes that train together, None where this one trains alone."""
        return ranks.joined(getattr(self, "engine", None))

    def _untrained_loss(self, parameters: Parameters) -> float:
        """Return the mean loss of a pair under vectors of zeros."""
        tree = self._huffman() if parameters.hs else None
        return plans.untrained_loss(self.wv.expandos["count"], tree, parameters)

    def _add_seconds(self, seconds: float) -> None:
        self.total_train_time += seconds

    def _count_training(self) -> None:
        self.train_count += 1

    def _epoch_done(self, totals: EpochTotals, *, course: Course, position: Position, history: list[float]) -> None:
        """Book one epoch; warn about counts that are not what was announced."""
        self.epochs_trained += 1
        history.append(totals.mean_loss)
        self.loss_history = history  # a train() within a callback has put its own in
        if self.compute_loss:
            self.running_training_loss += totals.loss
        reached = Schedule(course.alpha, course.min_alpha, course.epochs).at(len(position.finished), 0.0)
        self.min_alpha_yet_reached = min(self.min_alpha_yet_reached, reached)
        self._log_epoch_end(
            len(history) - 1, totals.n_sentences, course.total_examples, totals.n_words, course.total_words,
            totals.n_kept, self.total_train_time, False,
        )  # fmt: skip
        training.warn_of_counts(position.finished, course)

    def get_latest_training_loss(self) -> float:
        """Return the sum of the loss over all pairs of the latest ``train(compute_loss=True)``, in float64.

        :attr:`loss_history` has the mean per trained pair of each epoch, which is what to plot.

        Returns
        -------
        float
            0.0 where ``compute_loss`` was False.

        Examples
        --------
        >>> model = Word2Vec([["to", "be"]] * 9, min_count=1, sample=0, epochs=1, compute_loss=True)
        >>> round(model.get_latest_training_loss() / model.loss_history[0])  # pairs
        18
        """
        return self.running_training_loss

    # ------------------------------------------- what programs override, as they do in gensim ----

    def _do_train_job(self, sentences: list[Any], alpha: float, inits: Any) -> tuple[int, int]:
        """Train sentences at the learning rate ``alpha``, in the calling thread; ``inits`` is not used.

        Returns
        -------
        (int, int)
            Words trained after sub-sampling, and raw words.
        """
        del inits
        running = batches.running(self)
        if running is not None:
            return batches.train_batch(running, list(sentences), alpha)
        parameters = self._config(device="cpu")
        try:
            return batches.train_alone(
                list(sentences), alpha, vocabulary_of(self.wv), parameters, partial(self._plan, parameters)
            )
        finally:
            self.wv.norms = None

    def _get_thread_working_mem(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the ``inits`` of one worker: two vectors, as in gensim; the kernels have their own memory."""
        return np.zeros(self.vector_size, np.float32), np.zeros(self.vector_size, np.float32)

    def _raw_word_count(self, job: list[Any]) -> int:
        """Return the number of words in a list of sentences."""
        return sum(map(len, job))

    def _get_next_alpha(self, epoch_progress: float, cur_epoch: int) -> float:
        """Return the learning rate after a part of the epoch ``cur_epoch`` (from 0)."""
        running = batches.running(self)
        schedule = running.job.schedule if running else Schedule(self.alpha, self.min_alpha, self.epochs)
        return schedule.at(cur_epoch, epoch_progress)

    def _clear_post_train(self) -> None:
        """Forget what training has made stale."""
        self.wv.norms = None

    def _log_epoch_end(self, cur_epoch: int, *counts: Any, **named: Any) -> None:
        """Called at the end of each epoch; the record itself is written in any case."""

    def _log_train_end(
        self, raw_word_count: int, trained_word_count: int, total_elapsed: float, job_tally: int
    ) -> None:
        """Called at the end of training; the record itself is written in any case."""

    # --------------------------------------------------------------------------- checkpoints ----

    @classmethod
    def resume(
        cls: type[Model],
        path: Any,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        *,
        workers: int | None = None,
        callbacks: Iterable[Any] = (),
        progress: bool | None = None,
        checkpoint: Any = None,
        checkpoint_every: float | str | None = None,
        force: bool = False,
        engine: Any = None,
        device: str | None = None,
    ) -> Model:
        """Go on with a training that was interrupted, exactly where its last checkpoint was written.

        Position, learning rate, random streams, counts and loss history are those of the checkpoint.
        With one worker, the result equals that of an uninterrupted training bit for bit, on the same
        machine (docs/checkpoints.md says what is guaranteed otherwise).

        Parameters
        ----------
        path : path
            What ``Word2Vec(..., checkpoint=path)`` or ``train(..., checkpoint=path)`` wrote.
        corpus_iterable, corpus_file
            The corpus of the interrupted training, given in the same form; one of the two is needed,
            unless training was over already.
        workers : int, optional
            Training threads, default: as before.
        callbacks : iterable of CallbackAny2Vec
            They are not stored.  ``on_train_begin`` and the ``on_epoch_begin`` of the interrupted epoch
            are called once more; ``model.resumed`` is then True.
        progress : bool, optional
            As in the constructor.
        checkpoint, checkpoint_every : optional
            Where and how often to write further checkpoints, default: as before, to ``path``.
        force : bool
            Go on although the corpus is not the one of the interrupted training.
        engine : {"mpi"} or Engine, optional
            As in the constructor; there may be more processes than before, or fewer, or one.
        device : str, optional
            As in the constructor; a checkpoint says nothing of it.

        Returns
        -------
        Word2Vec
            The model, trained to the end.  If training was over already, as it is.

        Raises
        ------
        FormatError
            If the file is no checkpoint, or damaged.
        CorpusError
            If no corpus is given, or another one than before.

        Examples
        --------
        >>> import tempfile, os
        >>> from fastw2v import Word2Vec
        >>> path = os.path.join(tempfile.mkdtemp(), "training.checkpoint")
        >>> sentences = [["the", "king", "rules"], ["the", "queen", "rules"]] * 50
        >>> model = Word2Vec(sentences, min_count=1, workers=1, checkpoint=path)
        >>> again = Word2Vec.resume(path, sentences)  # training was over: the model as it is
        >>> bool((again.wv.vectors == model.wv.vectors).all())
        True
        """
        path = os.fspath(path)
        before = checkpoints.Checkpoint.read(path)
        model = cls.__new__(cls)
        model._set_state(before.arrays, before.keys, before.parameters, name=path, trains=not before.finished)
        before.arrays.clear()  # they are the model's now: what else holds an array keeps its rows where they are
        model.resumed = True
        model.workers = TABLE["workers"].checked(model.workers if workers is None else workers)
        model.progress = progress
        model.engine, model.device = engine, device
        if before.finished:
            logger.info("%s: training was over when this checkpoint was written", path)
            return model
        course, position = before.course, before.position
        n_left = course.epochs - position.epoch
        model._check_corpus_sanity(corpus_iterable=corpus_iterable, corpus_file=corpus_file, passes=n_left)
        source = model._open_for_training(corpus_iterable, corpus_file)
        processes = model._engine()
        with ranks.together(processes):
            corpus = fingerprint(source, vocabulary_of(model.wv), model.workers, processes)
        checkpoints.compare_corpora(path, before.corpus, corpus, checked_flag("force", force))
        if hasattr(source, "start_at"):
            source.start_at(position.epoch)
        writes = processes is None or processes.rank == 0
        keeping = checkpoints.continued_keeping(before, path, checkpoint, checkpoint_every, corpus, writes=writes)
        where = f"in epoch {position.epoch + 1}, after {position.totals.n_words} of its words"
        model.add_lifecycle_event("resumed", msg=where)
        parameters = model._config(epochs=course.epochs, alpha=course.alpha, min_alpha=course.min_alpha)
        model._follow(source, parameters, course, position, checked_callbacks(callbacks), keeping)
        return model

    # ----------------------------------------------------------------------------- inference ----

    def score(
        self,
        sentences: Iterable[Any],
        total_sentences: int = int(1e6),
        chunksize: int = 100,
        queue_factor: int = 2,
        report_delay: float = 1,
    ) -> NDArray[np.float32]:
        """Return the log-likelihood of each sentence under a model with hierarchical softmax (Taddy, 2015).

        Every word within the full window of another one counts; unknown words are skipped.

        Parameters
        ----------
        sentences : iterable of list of str
        total_sentences : int
            Score at most so many sentences.
        chunksize, queue_factor, report_delay : ignored
            Accepted for gensim's sake.

        Returns
        -------
        float32 array, shape (n_sentences,)
            Natural logarithms, all <= 0.

        Raises
        ------
        RuntimeError
            If there is no vocabulary, or the model has no hierarchical softmax.

        Examples
        --------
        >>> sentences = [["the", "king", "rules"], ["the", "queen", "sings"]] * 50
        >>> model = Word2Vec(sentences, min_count=1, hs=1, negative=0, alpha=0.1, epochs=20, workers=1)
        >>> usual, odd = model.score([["the", "king", "rules"], ["sings", "king", "queen"]])
        >>> bool(usual > odd)
        True
        """
        parameters = self._parameters()
        inference.check_scoring(len(self.wv.key_to_index), parameters, hasattr(self, "syn1"))
        arrays = TrainableArrays()
        try:
            plan = plans.scoring_plan(self.wv, self, self._huffman(), parameters, arrays)
            return inference.scores(plan, vocabulary_of(self.wv), sentences, total_sentences)
        finally:
            arrays.together()

    def predict_output_word(
        self, context_words_list: Any, topn: int | None = 10
    ) -> list[tuple[Any, np.float32]] | None:
        """Return the most probable centre words for a context of words or vectors, by the output vectors.

        A model of exact softmax gives the probabilities that it was trained for: CBOW those of the
        centre word, skip-gram those of a word beside the one word of the context.

        Parameters
        ----------
        context_words_list : list of str, int or vectors; or array, shape (vector_size,) or (n, vector_size)
            Words (or row numbers) of the context, of which unknown ones are left out, or vectors in their place.
        topn : int or None
            How many words to return; None for all.

        Returns
        -------
        list of (word, float32) or None
            Words with their probabilities (a softmax over the whole vocabulary), best first; None if
            the model knows none of the context words.

        Raises
        ------
        RuntimeError
            If the model was trained with neither negative sampling nor exact softmax.
        TypeError
            If the context is one text, whose letters would be taken for words.
        ValueError
            If a vector is not of ``vector_size`` numbers.

        Examples
        --------
        >>> sentences = [["the", "king", "rules"], ["a", "queen", "sings"]] * 50
        >>> model = Word2Vec(sentences, min_count=1, softmax=True, alpha=0.5, workers=1, seed=1, epochs=20)
        >>> [word for word, probability in model.predict_output_word(["the", "rules"], topn=1)]
        ['king']
        """
        outputs = self._outputs()
        has_objective = self._parameter("negative") or self._parameter("softmax")
        inference.check_prediction(has_objective, hasattr(self.wv, "vectors") and "syn1neg" in outputs)
        mean = bool(self._parameter("cbow_mean"))
        return inference.most_probable(context_words_list, topn, self.wv, outputs["syn1neg"], mean=mean)

    def combined_vectors(self) -> KeyedVectors:
        """Return the sums of the input and the output vector of each word, as a new table.

        An output vector tells in whose company a word is met, so the sum adds relatedness to similarity
        (Pennington et al. 2014, section 4.2, do the same). What it brings, alone and before
        :meth:`KeyedVectors.whiten`, is in docs/better-vectors.md.

        Returns
        -------
        KeyedVectors
            Keys, counts and other attributes as in ``wv``.

        Raises
        ------
        RuntimeError
            If the model has no output vector for each word: hierarchical softmax has nodes of a tree instead.

        Examples
        --------
        >>> sentences = [["the", "king", "rules"], ["a", "queen", "sings"]] * 50
        >>> model = Word2Vec(sentences, min_count=1, vector_size=8, workers=1, seed=1)
        >>> both, row = model.combined_vectors(), model.wv.get_index("king")
        >>> bool((both["king"] == model.wv["king"] + model.syn1neg[row]).all())
        True
        """
        return inference.combined(self.wv, self._outputs().get("syn1neg"))

    # --------------------------------------------------------------------------------- files ----

    def save(
        self,
        fname_or_handle: Any,
        separately: list[str] | None = None,
        sep_limit: int = 10 * 1024**2,
        ignore: Any = frozenset(),
        pickle_protocol: int = 4,
    ) -> None:
        """Save the whole model, so that training can go on after :meth:`load`.

        One safetensors file with all arrays, the keys and the parameters, written to a temporary file
        that replaces ``fname_or_handle`` at the end: a crash or a full disk leaves the old file whole.

        Parameters
        ----------
        fname_or_handle : path or binary file
            A path that ends in .gz, .bz2, .xz or .zst is compressed.
            Attributes of keys and of ``wv`` are kept, and ``wv`` stays int8 or float16 if it is.
        ignore : collection of str
            Attributes that the program has put on the model and that are not to be saved.
        separately, sep_limit, pickle_protocol : ignored
            Accepted for gensim's sake: there are no side files, and nothing is pickled.

        Raises
        ------
        FormatError
            If arrays do not fit each other or a parameter is out of its range: no file could give them back.

        Examples
        --------
        >>> import tempfile, os
        >>> path = os.path.join(tempfile.mkdtemp(), "words.model")
        >>> Word2Vec([["to", "be"]] * 9, min_count=1).save(path)
        >>> Word2Vec.load(path).wv.index_to_key
        ['be', 'to']
        """
        class_name = type(self).__name__
        state = self._state()
        persistence.write(fname_or_handle, state, vars(self), set(ignore), class_name)
        self.add_lifecycle_event("saved", msg=f"{class_name} of {len(state[1])} words")

    @persistence.on_class_only
    @classmethod
    def load(cls: type[Model], fname: Any, mmap: str | None = None, rethrow: bool = False) -> Model:
        """Load a model that :meth:`save` wrote, or one of gensim's (without gensim, without running code).

        Parameters
        ----------
        fname : path or binary file object
        mmap : {None, "r", "c"}
            ``"r"`` maps the arrays read-only: for queries; a model to be trained is loaded without. ``"c"`` reads
            them, as None does: what is written to them stays in memory.
        rethrow : ignored
            Accepted for gensim's sake.

        Returns
        -------
        Word2Vec

        Raises
        ------
        AttributeError
            If the file holds vectors only: use ``KeyedVectors.load``.
        FormatError
            If the file is not a model, or damaged; the message says where.

        Examples
        --------
        >>> import tempfile, os
        >>> path = os.path.join(tempfile.mkdtemp(), "words.model")
        >>> sentences = [["to", "be"]] * 9
        >>> Word2Vec(sentences, min_count=1, sample=0).save(path)
        >>> model = Word2Vec.load(path)
        >>> model.train(sentences, total_examples=9, epochs=1)
        (18, 18)
        """
        state, name = persistence.read(fname, mmap)
        model = cls.__new__(cls)
        model._set_state(*state, name=name)
        return model

    def _state(self) -> persistence.State:
        """Return all that makes up the model: arrays, which are not copied, keys, and what JSON can say."""
        kept_tree = self._tree if self._tree_is_extended else None
        outputs = {**self._outputs(), **self._locks(), **persistence.rare_arrays(self._rare)}
        return persistence.model_state(type(self), vars(self), self.wv, outputs, kept_tree)

    @changes_all_or_nothing
    def _set_state(
        self,
        arrays: dict[str, NDArray[Any]],
        keys: list[Any],
        parameters: dict[str, Any],
        *,
        name: Any,
        trains: bool = False,
    ) -> None:
        """Take over what :meth:`_state` gave, arrays included, once all of it is checked.

        ``name`` is the file's, for messages; ``trains`` says that training goes on at once, and needs all of it.
        """
        values = persistence.checked_state((arrays, keys, parameters), name, trains=trains)
        wv = persistence.vectors_of((arrays, keys, parameters), name)
        for label, value in persistence.attributes_of(values, type(self), name).items():
            setattr(self, label, value)
        self._set_missing()
        self.wv, self._rare = wv, persistence.rare_of(arrays, name)
        for label in (*persistence.OUTPUTS, *persistence.LOCKS):
            if label in arrays:
                setattr(self, label, arrays[label])
        if "count" in wv.expandos and len(keys):
            self._remake_tables(persistence.tree_of(arrays))

    def _remake_tables(self, tree: Huffman | None) -> None:
        """Make what follows from the counts: the Huffman tree, unless it is given, and the noise table."""
        if self.hs and tree is not None:
            self._set_tree(tree, extended=True)
        elif self.hs:
            self.create_binary_tree()
        if self.negative and self.ns_exponent is not None:
            self.make_cum_table()

    def _set_missing(self) -> None:
        """Give the attributes that no file holds their first values, where they are missing."""
        first: dict[str, Any] = {
            "layer1_size": self.vector_size, "lifecycle_events": [], "cum_table": None, "_raw": None, "_tree": None,
            "engine": None, "device": None, "_rare": {},
            **{name: np.ones(1, np.float32) for name in persistence.LOCKS},
        }  # fmt: skip
        for name, value in first.items():
            self.__dict__.setdefault(name, value)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled and copied: all attributes; counts as a dictionary."""
        engine = self.engine if isinstance(getattr(self, "engine", None), str) else None  # a connection stays here
        return {**self.__dict__, "_raw": self.raw_vocab, "engine": engine}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over a pickled state, gensim's too."""
        self.__dict__.update(persistence.of_pickle(state))
        self._set_missing()

    # ----------------------------------------------------------------------------- the rest ----

    def seeded_vector(self, seed_string: str, vector_size: int) -> NDArray[np.float32]:
        """Return a small random vector for a string; deprecated, as in gensim.

        Parameters
        ----------
        seed_string : str
        vector_size : int

        Returns
        -------
        float32 array, (vector_size,)

        Examples
        --------
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     Word2Vec(hashfxn=len).seeded_vector("abc", 5).shape
        (5,)
        """
        warnings.warn(
            "seeded_vector is deprecated: call keyedvectors.pseudorandom_weak_vector", DeprecationWarning, stacklevel=2
        )
        return pseudorandom_weak_vector(vector_size, seed_string=seed_string, hashfxn=self.hashfxn)

    def init_sims(self, replace: bool = False) -> None:
        """Do what :meth:`KeyedVectors.init_sims` does; deprecated: norms are computed when they are needed.

        Parameters
        ----------
        replace : bool
            Scale all vectors to length 1 in place.

        Examples
        --------
        >>> import warnings
        >>> model = Word2Vec([["to", "be"]] * 9, min_count=1)
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     model.init_sims()
        """
        self.wv.init_sims(replace=replace)

    def add_lifecycle_event(self, event_name: str, log_level: int = logging.INFO, **event: Any) -> None:
        """Note an event in :attr:`lifecycle_events` (set that to None to keep none) and log it.

        Unlike gensim's, an entry does not tell which machine or path it happened on.

        Parameters
        ----------
        event_name : str
        log_level : int
            Level of the log record, 0 for none.
        **event
            What else to note.

        Examples
        --------
        >>> model = Word2Vec()
        >>> model.add_lifecycle_event("evaluated", log_level=0, accuracy=0.5)
        >>> model.lifecycle_events[-1]["event"], model.lifecycle_events[-1]["accuracy"]
        ('evaluated', 0.5)
        """
        note_event(self, logger, event_name, log_level, event)

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<vocab={len(self.wv.index_to_key)}, vector_size={self.vector_size}, "
            f"alpha={self.alpha}>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the parameters that are not the defaults, the training, and the vectors."""
        settings = {name: getattr(self, name) for name, row in TABLE.items() if getattr(self, name) != row.default}
        return html.of_model(str(self), settings, self.loss_history, self.wv)


subclassing.remember(Word2Vec)
