"""Hooks that training calls; any object with these four methods will do.

A callback is called from the thread that called ``train``, never from a worker: it may read and
write the model, and an exception in it ends training and reaches the caller, except for
:class:`StopTraining`, which ends it in good order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
