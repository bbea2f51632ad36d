"""Hooks that training calls; any object with the four hooks of gensim will do, and its class may have ``on_progress``.

A callback is called from the thread that called ``train``, never from a worker: it may read and
write the model, and an exception in it ends training and reaches the caller, except for
:class:`StopTraining`, which ends it in good order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastw2v.errors import ConfigError

if TYPE_CHECKING:
    from fastw2v.word2vec import Word2Vec


class StopTraining(Exception):
    """Raise it in any hook to end training in good order; it does not reach the caller.

    The hooks of the other callbacks still run, then training ends as if the last epoch were over:
    the model keeps what it has learned, ``on_train_end`` is called, a last checkpoint is written.
    Returning ``False`` from ``on_epoch_end`` does the same.

    Examples
    --------
    >>> from fastw2v import Word2Vec
    >>> from fastw2v.callbacks import CallbackAny2Vec, StopTraining
    >>> class UntilGoodEnough(CallbackAny2Vec):
    ...     def on_epoch_end(self, model):
    ...         if model.loss_history[-1] < 0.1:
    ...             raise StopTraining
    >>> sentences = [["to", "be"]] * 200
    >>> model = Word2Vec(sentences, min_count=1, sample=0, workers=1, epochs=50, callbacks=[UntilGoodEnough()])
    >>> model.epochs_trained < 50
    True
    """


class CallbackAny2Vec:
    """Base class for objects in ``Word2Vec(..., callbacks=[...])``; each hook does nothing.

    Override what you need. Callbacks run in the order of the list, at the beginning and at the end
    of training and of every epoch (``on_epoch_end``: when every worker has finished the epoch).

    Examples
    --------
    >>> from fastw2v.callbacks import CallbackAny2Vec
    >>> class EpochCounter(CallbackAny2Vec):
    ...     def __init__(self):
    ...         self.epochs_seen = 0
    ...
    ...     def on_epoch_end(self, model):
    ...         self.epochs_seen += 1
    """

    def on_train_begin(self, model: Word2Vec) -> None:
        """Run once, before the first epoch of a call of ``train``.

        Parameters
        ----------
        model : Word2Vec
            The model in training.
        """

    def on_epoch_begin(self, model: Word2Vec) -> None:
        """Run before each epoch.

        Parameters
        ----------
        model : Word2Vec
            The model in training.
        """

    def on_progress(self, model: Word2Vec, n_words: int) -> None:
        """Run now and then within an epoch, while the workers go on training.

        The vectors change while they are read. :class:`StopTraining` takes effect at the end of the epoch.

        Parameters
        ----------
        model : Word2Vec
            The model in training.
        n_words : int
            Raw words that this call of ``train`` has trained so far, in all epochs.
        """

    def on_epoch_end(self, model: Word2Vec) -> None:
        """Run after each epoch, when every word of the corpus has been trained once more.

        Parameters
        ----------
        model : Word2Vec
            The model in training.
        """

    def on_train_end(self, model: Word2Vec) -> None:
        """Run once, after the last epoch of a call of ``train``.

        Parameters
        ----------
        model : Word2Vec
            The model in training.
        """


class Evaluation(CallbackAny2Vec):
    """Measures the vectors every so many words, in the thread that called ``train``, while the workers go on.

    It reads and writes nothing else, so that a model is trained to the same bits with it and without.

    Parameters
    ----------
    evaluate : callable
        Gives what is to be known of a model, such as ``lambda model: model.wv.evaluate_word_pairs(path)[1][0]``.
    every_words : int, optional
        Raw words between two measurements, which begin as soon as so many are trained; None: after each epoch.

    Attributes
    ----------
    history : list of (int, object)
        Raw words trained, and what ``evaluate`` gave; the last one is of the end of training.

    Raises
    ------
    ValueError
        If ``every_words`` is not above 0.

    Examples
    --------
    >>> from fastw2v import Word2Vec
    >>> from fastw2v.callbacks import Evaluation
    >>> likeness = Evaluation(lambda model: model.wv.similarity("to", "be"))
    >>> model = Word2Vec([["to", "be"]] * 200, min_count=1, workers=1, epochs=3, callbacks=[likeness])
    >>> [n_words for n_words, _ in likeness.history]
    [400, 800, 1200]
    """

    def __init__(self, evaluate: Callable[[Word2Vec], Any], every_words: int | None = None) -> None:
        if every_words is not None and not every_words > 0:
            raise ConfigError(f"every_words={every_words!r:.40}: must be above 0, or None: after each epoch")
        self._evaluate = evaluate
        self._every = every_words
        self._next = 0
        self._n_words = 0
        self.history: list[tuple[int, Any]] = []

    def on_train_begin(self, model: Word2Vec) -> None:
        """Begin to count."""
        del model
        self._n_words, self._next = 0, self._every or 0

    def on_progress(self, model: Word2Vec, n_words: int) -> None:
        """Measure, if it is time."""
        self._n_words = n_words
        if self._every is not None and n_words >= self._next:
            self._measure(model)
            self._next = n_words - n_words % self._every + self._every

    def on_epoch_end(self, model: Word2Vec) -> None:
        """Measure, if that is after each epoch."""
        if self._every is None:
            self._measure(model)

    def on_train_end(self, model: Word2Vec) -> None:
        """Measure the trained model, unless that was just done."""
        if not self.history or self.history[-1][0] != self._n_words:
            self._measure(model)

    def _measure(self, model: Word2Vec) -> None:
        self.history.append((self._n_words, self._evaluate(model)))


class SampledLoss(CallbackAny2Vec):
    """Measures the loss of the same word pairs after each epoch, so that epochs and trainings can be compared.

    ``model.loss_history`` is the loss on the way: of each pair just before its own step, when the words before it in
    the same window have moved the vectors towards it already. The larger the learning rate and the window, the lower it
    is, and it rises as the learning rate falls, although the model gets better (docs/items.md has an example).

    Parameters
    ----------
    sentences : re-iterable of token lists
        Where the pairs come from: the corpus itself, or sentences that are not trained. Read once.
    n_pairs : int
        So many windows with one context word each (skip-gram) or all of theirs (CBOW), and as many noise words for each
        as training has.
    seed : int
        Equal seeds give the same pairs.

    Attributes
    ----------
    loss_history : list of float
        Mean loss of a pair, after each epoch. ``plot.loss_curve`` draws it.

    Raises
    ------
    ValueError
        If ``n_pairs`` is below 1, or, when training begins, the sentences hold no pair.

    Examples
    --------
    >>> from fastw2v import Word2Vec
    >>> from fastw2v.callbacks import SampledLoss
    >>> sentences = [["to", "be", "or", "not", "to", "be"]] * 200
    >>> loss = SampledLoss(sentences, n_pairs=1000)
    >>> model = Word2Vec(sentences, sg=1, min_count=1, workers=1, sample=0, callbacks=[loss])
    >>> len(loss.loss_history), loss.loss_history[-1] < loss.loss_history[0]
    (5, True)
    """

    def __init__(self, sentences: Any, n_pairs: int = 10_000, seed: int = 0) -> None:
        if not n_pairs >= 1:
            raise ConfigError(f"n_pairs={n_pairs!r:.40}: must be at least 1; 10000 is usual")
        self._sentences = sentences
        self._n_pairs = n_pairs
        self._seed = seed
        self._measure: Callable[[Word2Vec], float] | None = None
        self.loss_history: list[float] = []

    def on_train_begin(self, model: Word2Vec) -> None:
        """Draw the pairs."""
        from fastw2v.train.sampled_loss import PairSample

        self._measure = PairSample.drawn(model, self._sentences, self._n_pairs, self._seed).mean_loss
        self.loss_history = []

    def on_epoch_end(self, model: Word2Vec) -> None:
        """Measure."""
        assert self._measure is not None
        self.loss_history.append(self._measure(model))
