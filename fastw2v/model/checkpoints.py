"""Checkpoints of a model in training: what is in the file, which are kept, and whether one may be gone on from."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError, CorpusError, FormatError
from fastw2v.model.checkpoint_schema import checked_training, part_of
from fastw2v.model.persistence import WEIGHTS
from fastw2v.text.chunks import Source
from fastw2v.text.shares import Sharers
from fastw2v.text.vocab import Vocab
from fastw2v.train.checkpoint import Checkpointer, Interval, NoCheckpoints
from fastw2v.train.fingerprint import Fingerprint, fingerprint
from fastw2v.train.job import Course, Position

logger = logging.getLogger("fastw2v.word2vec")

KIND = "checkpoint"  # what the native file says of itself

State = tuple[dict[str, NDArray[Any]], list[Any], dict[str, Any]]


class Keeping(NamedTuple):
    """Which checkpoints a training keeps."""

    path: str
    interval: Interval
    corpus: Fingerprint | None
    resumed_from: str | None


class Checkpoint(NamedTuple):
    """A model in training, as it is in the file."""

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
    def read(cls, path: str) -> Checkpoint:
        """Read what :meth:`write` wrote.

        Raises
        ------
        FormatError
            If the file is something else, or damaged.
        """
        from fastw2v.formats import advice, native, way_to_kind
        from fastw2v.formats._reader import say_more

        try:
            arrays, keys, metadata = native.load_arrays(path, weights=WEIGHTS)
        except FormatError as error:
            say_more(error, advice(path, "native"))
            raise
        kind = metadata.get("kind", "arrays")
        if kind != KIND:
            raise FormatError(
                f"{path}: this file is no checkpoint, which is what Word2Vec(..., checkpoint=path) writes; "
                f"{way_to_kind(kind)}"
            )
        model, training = (part_of(path, metadata, part) for part in ("model", "training"))
        return cls(arrays, keys or [], model, *checked_training(path, training))


def place_of(path: Any, every: float | str | None) -> tuple[str | None, Interval]:
    """Return where and how often to write, as the parameters of the user say it; raise ConfigError otherwise."""
    if every is not None and path is None:
        raise ConfigError(f"checkpoint_every={every!r} without checkpoint: say where, checkpoint='training.checkpoint'")
    return None if path is None else _local(path), Interval.of(every)


def new_keeping(
    path: Any, every: float | str | None, source: Source, vocab: Vocab, workers: int, sharers: Sharers | None = None
) -> Keeping | None:
    """Return which checkpoints a new training keeps, None for none; of several processes the first writes them."""
    where, interval = place_of(path, every)
    if where is None:
        return None
    if sharers is None or sharers.rank == 0:
        _keep_unfinished(where)
    return Keeping(where, interval, fingerprint(source, vocab, workers, sharers), None)


def continued_keeping(
    before: Checkpoint,
    resumed_from: str,
    path: Any,
    every: float | str | None,
    corpus: Fingerprint | None,
    *,
    writes: bool = True,
) -> Keeping:
    """Return which checkpoints a training keeps that goes on from one; ``writes``: this process writes them."""
    where = resumed_from if path is None else _local(path)
    if where != resumed_from and writes:
        _keep_unfinished(where)
    return Keeping(where, before.interval if every is None else Interval.of(every), corpus, resumed_from)


def checkpointer(
    keeping: Keeping | None, course: Course, position: Position, state: Callable[[], State]
) -> NoCheckpoints:
    """Return what writes the checkpoints of a training; ``state`` gives all of the model, up to date."""
    if keeping is None:
        return NoCheckpoints()
    path = keeping.path

    def capture() -> Callable[[], None]:
        arrays, keys, parameters = state()
        copies = {name: np.array(array, order="C") for name, array in arrays.items()}
        place = replace(position, totals=replace(position.totals), finished=list(position.finished))
        checkpoint = Checkpoint(copies, keys, parameters, course, place, keeping.corpus, keeping.interval)
        return lambda: checkpoint.write(path)

    return Checkpointer(path, keeping.interval, position, capture, first=keeping.resumed_from != path)


def compare_corpora(path: str, before: Fingerprint | None, now: Fingerprint | None, force: bool) -> None:
    """Raise CorpusError for a corpus that is not the one of the checkpoint; with ``force`` only warn."""
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
    """Return the path of a checkpoint, without ``file://`` and ``~``: whether there is a file is looked up there."""
    from fastw2v.formats._io import name_of

    return name_of(path)


def _keep_unfinished(path: str) -> None:
    """Move an unfinished checkpoint that a new training would overwrite out of the way.

    Raises
    ------
    ConfigError
        If the file is something else, which must not be overwritten, or an unfinished one at an URL, where no file
        can be renamed.
    """
    from fastw2v.formats._io import is_remote

    remote = is_remote(path)
    if not remote and not os.path.exists(path):
        return
    try:
        checkpoint = Checkpoint.read(path)
    except FormatError as error:
        raise ConfigError(
            f"checkpoint={path!r}: the file exists and is no checkpoint, so it is not overwritten; "
            f"give another path, or remove it ({error})"
        ) from error
    except Exception as error:
        if not remote:
            raise
        # each service has its own error for a file that is not there
        logger.info("%s: there is no checkpoint to be read (%s: %s)", path, type(error).__name__, error)
        return
    if not checkpoint.finished and remote:
        raise ConfigError(
            f"checkpoint={path!r}: it holds a training that is not finished; go on with it by Word2Vec.resume(), give "
            "another path, or remove it"
        )
    if not checkpoint.finished:
        os.replace(path, path + ".previous")
        logger.warning(
            "%s holds a training that is not finished, and is now %s.previous; to go on with it instead of beginning "
            "anew, call Word2Vec.resume()", path, path,
        )  # fmt: skip
