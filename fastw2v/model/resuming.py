"""Checkpoints of ``Word2Vec``: what is in the file, and going on from it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError, CorpusError, FormatError
from fastw2v.model import hooks
from fastw2v.model.stored import checked_training, part_of
from fastw2v.text.chunks import Source
from fastw2v.text.vocab import Vocab
from fastw2v.train.checkpoint import Checkpointer, Interval, NoCheckpoints
from fastw2v.train.divergence import Guard
from fastw2v.train.fingerprint import Fingerprint, fingerprint
from fastw2v.train.loop import Course, Position
from fastw2v.vectors.counts import vocabulary_of

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors

logger = logging.getLogger("fastw2v.word2vec")

KIND = "checkpoint"  # what the native file says of itself

Model = TypeVar("Model", bound="Resuming")


class Keeping(NamedTuple):
    """Which checkpoints a training keeps."""

    path: str
    interval: Interval
    corpus: Fingerprint | None
    resumed_from: str | None


class Stored(NamedTuple):
    """A checkpoint, as it is in the file."""

    arrays: dict[str, NDArray[Any]]
    keys: list[Any]
    parameters: dict[str, Any]
    course: Course
    position: Position
    corpus: Fingerprint | None  # None: the corpus may give something else in each epoch
    interval: Interval

    @property
    def finished(self) -> bool:
        """Whether training was over."""
        return self.position.stopped or self.position.epoch >= self.course.epochs

    def write(self, path: str) -> None:
        """Write it to a file, atomically."""
        from fastw2v.formats import native

        training: dict[str, Any] = {name: asdict(getattr(self, name)) for name in ("course", "position", "interval")}
        training["corpus"] = asdict(self.corpus) if self.corpus else None
        native.save_arrays(path, self.arrays, self.keys, {"kind": KIND, "model": self.parameters, "training": training})

    @classmethod
    def read(cls, path: str) -> Stored:
        """Read what :meth:`write` wrote.

        Raises
        ------
        FormatError
            If the file is something else, or damaged.
        """
        from fastw2v.formats import native

        arrays, keys, metadata = native.load_arrays(path)
        kind = metadata.get("kind", "arrays")
        if kind != KIND:
            raise FormatError(
                f"{path}: this file is no checkpoint, but one of kind {kind!r}; a checkpoint is what "
                "Word2Vec(..., checkpoint=path) writes; a saved model is loaded with Word2Vec.load"
            )
        model, training = (part_of(path, metadata, part) for part in ("model", "training"))
        return cls(arrays, keys or [], model, *checked_training(path, training))


class Resuming:
    """Mixin of ``Word2Vec``: writing the state of training, and going on from it."""

    if TYPE_CHECKING:
        wv: KeyedVectors
        workers: int
        progress: bool | None
        checkpoint: Any
        checkpoint_every: float | str | None

        def state(self) -> tuple[dict[str, NDArray[Any]], list[Any], dict[str, Any]]: ...
        def set_state(
            self, arrays: dict[str, NDArray[Any]], keys: list[Any], parameters: dict[str, Any],
            *, name: Any = ..., trains: bool = ...,
        ) -> None: ...  # fmt: skip
        def add_lifecycle_event(self, event_name: str, log_level: int = ..., **event: Any) -> None: ...
        def _check_corpus_sanity(
            self, corpus_iterable: Any = ..., corpus_file: Any = ..., passes: int = ...
        ) -> None: ...
        def _follow(
            self, course: Course, position: Position, source: Source, vocab: Vocab, callbacks: list[Any],
            keeping: Keeping | None,
        ) -> tuple[int, int]: ...  # fmt: skip

    resumed = False  # True in a model that resume() gave: for callbacks that prepare something once

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
        stored = Stored.read(path)
        model = cls.__new__(cls)
        model.set_state(stored.arrays, stored.keys, stored.parameters, name=path, trains=not stored.finished)
        model.resumed = True
        model.workers = model.workers if workers is None else workers
        model.progress = progress
        if stored.finished:
            logger.info("%s: training was over when this checkpoint was written", path)
            return model
        course, position = stored.course, stored.position
        model._check_corpus_sanity(
            corpus_iterable=corpus_iterable, corpus_file=corpus_file, passes=course.epochs - position.epoch
        )
        source = hooks.corpus_of(model, corpus_iterable, corpus_file)
        vocab = vocabulary_of(model.wv)
        corpus = fingerprint(source, vocab, model.workers)
        _compare(path, stored.corpus, corpus, force)
        if hasattr(source, "start_at"):
            source.start_at(position.epoch)
        keeping = Keeping(
            path if checkpoint is None else _local(checkpoint),
            stored.interval if checkpoint_every is None else Interval.of(checkpoint_every),
            corpus,
            path,
        )
        if keeping.path != path:
            _keep_unfinished(keeping.path)
        model.add_lifecycle_event(
            "resumed", msg=f"in epoch {position.epoch + 1}, after {position.totals.n_words} of its words"
        )
        model._follow(course, position, source, vocab, list(callbacks), keeping)
        return model

    def _checkpoint_at(self, path: Any, every: float | str | None) -> tuple[str | None, Interval]:
        """Check both parameters of checkpoints; the model's own are the default."""
        path = getattr(self, "checkpoint", None) if path is None else path
        every = getattr(self, "checkpoint_every", None) if every is None else every
        if every is not None and path is None:
            raise ConfigError(
                f"checkpoint_every={every!r} without checkpoint: say where, checkpoint='training.checkpoint'"
            )
        return None if path is None else _local(path), Interval.of(every)

    def _keeping(self, path: Any, every: float | str | None, source: Source, vocab: Vocab) -> Keeping | None:
        """What checkpoints a new training keeps, if any."""
        path, interval = self._checkpoint_at(path, every)
        if path is None:
            return None
        _keep_unfinished(path)
        return Keeping(path, interval, fingerprint(source, vocab, self.workers), None)

    def _keeper(
        self,
        keeping: Keeping | None,
        course: Course,
        position: Position,
        book: Callable[[], None],
        guard: Guard,
    ) -> NoCheckpoints:
        """Give what writes the checkpoints of a training; ``book`` brings the model up to date."""
        if keeping is None:
            return NoCheckpoints()
        path = keeping.path

        def capture() -> Callable[[], None]:
            guard.check()  # the file keeps the last state that makes sense
            book()
            arrays, keys, parameters = self.state()
            copies = {name: np.array(array, order="C") for name, array in arrays.items()}
            place = replace(position, totals=replace(position.totals), finished=list(position.finished))
            stored = Stored(copies, keys, parameters, course, place, keeping.corpus, keeping.interval)
            return lambda: stored.write(path)

        return Checkpointer(path, keeping.interval, position, capture, first=keeping.resumed_from != path)


def _compare(path: str, before: Fingerprint | None, now: Fingerprint | None, force: bool) -> None:
    """Refuse a corpus that is not the one of the checkpoint."""
    difference = ""
    if before and now:
        difference = before.differences(now)
    elif before or now:
        names = ["an iterable that is read anew in each epoch", "a list, arrays or files"]
        difference = f"{names[now is not None]} instead of {names[before is not None]}"
    if not difference:
        return
    message = f"{path}: this corpus is not the one that the model was trained on: {difference}"
    if not force:
        raise CorpusError(
            f"{message}; pass that corpus, in the same form (a list is not cut in the same chunks as a file), or "
            "force=True to go on with this one from the same position"
        )
    logger.warning("%s; going on, because of force=True", message)


def _local(path: Any) -> str:
    """The path of a checkpoint, without ``file://`` and ``~``: whether there is a file is looked up there."""
    from fastw2v.formats._io import name_of

    return name_of(path)


def _keep_unfinished(path: str) -> None:
    """Move an unfinished checkpoint that a new training would overwrite out of the way.

    Raises
    ------
    ConfigError
        If the file is something else, which must not be overwritten.
    """
    if not os.path.exists(path):
        return
    try:
        stored = Stored.read(path)
    except FormatError as error:
        raise ConfigError(
            f"checkpoint={path!r}: the file exists and is no checkpoint, so it is not overwritten; "
            f"give another path, or remove it ({error})"
        ) from error
    if not stored.finished:
        os.replace(path, path + ".previous")
        logger.warning(
            "%s holds a training that is not finished, and is now %s.previous; to go on with it instead of beginning "
            "anew, call Word2Vec.resume()", path, path,
        )  # fmt: skip
