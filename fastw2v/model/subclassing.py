"""gensim's hooks for subclasses: which ones training honours, and which it refuses.

A subclass of gensim's ``Word2Vec`` may override parts of the training loop.  The one that real
programs use is ``_do_train_job(sentences, alpha, inits)``: their corpus holds place-holders, and the
override makes the real sentences inside the workers.  For such classes training runs on batches of
whatever the corpus gives (``batches.py``); all others take the native path and pay nothing.  An override
that could only be ignored is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Overriding one of these makes training run batch by batch, through the override.
BATCH_HOOKS = ("_do_train_job", "_raw_word_count", "_get_next_alpha", "_get_thread_working_mem")

# gensim's queues between threads do not exist here: an override of these would never run.
UNSUPPORTED_HOOKS = (
    "_worker_loop", "_worker_loop_corpusfile", "_job_producer", "_train_epoch", "_train_epoch_corpusfile",
    "_do_train_epoch", "_log_progress", "_log_epoch_progress",
)  # fmt: skip

# The constructor takes the same steps as gensim's, through the methods, where one of these is overridden.
BUILDING_HOOKS = ("build_vocab", "scan_vocab", "_scan_vocab", "train", "_check_corpus_sanity", *BATCH_HOOKS)

# Called between two epochs, as callbacks are.
EPOCH_HOOKS = ("_log_epoch_end",)

MISSING = object()

# What Word2Vec had under these names when it was defined: a program may also replace a method on the class itself.
_originals: dict[str, Any] = {}


def remember(cls: type) -> None:
    """Note the methods of ``Word2Vec`` itself, with which those of a model are compared."""
    names = (*BUILDING_HOOKS, *EPOCH_HOOKS, *UNSUPPORTED_HOOKS)
    _originals.update({name: getattr(cls, name, MISSING) for name in names})


def overrides(model: Any, name: str) -> bool:
    """Whether a method of ``model`` is not Word2Vec's own: in its class, in the object, or put on Word2Vec itself."""
    return getattr(type(model), name, MISSING) is not _originals[name] or name in vars(model)


def overridden(model: Any, names: Iterable[str]) -> list[str]:
    """Return those of the methods that are overridden."""
    return [name for name in names if overrides(model, name)]


def refuse_unsupported(model: Any) -> None:
    """Raise for an override that training would have to ignore.

    Raises
    ------
    NotImplementedError
        Naming the method, and what to override instead.
    """
    for name in overridden(model, UNSUPPORTED_HOOKS):
        raise NotImplementedError(
            f"{type(model).__name__}.{name}: this method of gensim's training threads has no counterpart in fastw2v, "
            "so the override would never be called. Override train(), _do_train_job(sentences, alpha, inits), "
            "_raw_word_count(job) or _get_next_alpha(epoch_progress, cur_epoch), or pass callbacks"
        )
