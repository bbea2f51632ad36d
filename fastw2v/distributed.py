"""Training by several processes: over MPI, over Ray, or simulated in this process."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastw2v.checks import checked_integer
from fastw2v.errors import ConfigError, CorpusError, RankError
from fastw2v.parameters import TABLE
from fastw2v.train.progress import Progress
from fastw2v.train.ranks.communicator import Communicator
from fastw2v.train.ranks.engine import Engine
from fastw2v.train.ranks.wire import WIRES
from fastw2v.word2vec import Word2Vec

logger = logging.getLogger("fastw2v.word2vec")

__all__ = ["Communicator", "Engine", "train_distributed"]

PATIENCE = 3  # failures in a row, without a checkpoint between them, after which training is given up
CHECKPOINT_EVERY = "30 s"  # over Ray, which begins anew from it when a node is lost


def train_distributed(
    corpus: Any,
    *,
    engine: str = "mpi",
    num_workers: int | None = None,
    address: str | None = None,
    wire: str = "float16",
    checkpoint: Any = None,
    checkpoint_every: float | str | None = None,
    **parameters: Any,
) -> Word2Vec:
    """Train one model by several processes, each of which has all of it and trains a share of the corpus.

    Parameters
    ----------
    corpus : path, or what ``Word2Vec`` takes
        A path, folder or list of paths (``corpus_file``), which all machines must be able to read; or sentences, which
        over Ray are sent to all of them. A Ray Dataset gives a sentence for each row: its column ``text``, or its only
        one, as text or as a list of words.
    engine : {"mpi", "ray", "local"}
        ``"mpi"``: the processes that ``mpiexec`` or ``srun`` has started; all of them call this. ``"ray"``: actors of a
        Ray cluster; the driver calls this, and gets the model. ``"local"``: threads of this process, which gain
        nothing and show what others would do.
    num_workers : int, optional
        Ranks, over Ray and in this process: 2 by default. Over MPI the launcher says how many there are.
    address : str, optional
        Of the Ray cluster, ``"auto"`` for one that this machine is part of; None: the one that this program is
        connected to, or else a new one on this machine alone, which listens on 127.0.0.1.
    wire : {"float16", "bfloat16", "float32"}
        Numbers of the changes that travel. What rounding leaves over travels with the next change.
    checkpoint, checkpoint_every : optional
        As in ``Word2Vec``. Over Ray one is kept in any case, as a temporary file of the driver.
    **parameters
        Those of ``Word2Vec``; ``workers`` are the threads of each rank.

    Returns
    -------
    Word2Vec
        An ordinary model; over MPI an equal one on every rank.

    Raises
    ------
    ConfigError
        If there is no such engine, or what it needs is not installed.
    RankError
        If ranks were lost again and again.

    Examples
    --------
    >>> from fastw2v import train_distributed
    >>> sentences = [["the", "king", "rules"], ["the", "queen", "rules"]] * 500
    >>> model = train_distributed(sentences, engine="local", num_workers=2, workers=1, vector_size=16)
    >>> len(model.wv)
    4
    """
    if wire not in WIRES:
        raise ConfigError(f"wire={wire!r}: must be one of {', '.join(map(repr, WIRES))}; 'float16' is usual")
    if unknown := sorted(set(parameters) - set(TABLE) - {"trim_rule", "callbacks"}):
        raise ConfigError(f"train_distributed() knows no {', '.join(unknown)}; it takes the parameters of Word2Vec")
    keeping = {"checkpoint": checkpoint, "checkpoint_every": checkpoint_every}
    if engine == "mpi":
        if num_workers is not None or address is not None:
            raise ConfigError("engine='mpi' takes no num_workers or address: mpiexec -n N, or srun, starts the ranks")
        from fastw2v.train.ranks.mpi import world

        return _alone(Word2Vec(**_named(corpus), engine=Engine(world(), wire), **keeping, **parameters))
    n_workers = checked_integer("num_workers", 2 if num_workers is None else num_workers, 1, "2 is the default")
    if engine == "local":
        from fastw2v.train.ranks.local import run_ranks

        def task(communicator: Communicator) -> Word2Vec:
            return Word2Vec(**_named(corpus), engine=Engine(communicator, wire), **keeping, **parameters)

        return _alone(run_ranks(n_workers, task)[0])
    if engine == "ray":
        return _train_over_ray(corpus, n_workers, address, wire, keeping, parameters)
    raise ConfigError(f"engine={engine!r}: must be 'mpi', 'ray' or 'local'")


def _alone(model: Word2Vec) -> Word2Vec:
    """Return a model that knows nothing of the others any more: what is done with it is this process's business."""
    model.engine = None
    return model


def _named(corpus: Any) -> dict[str, Any]:
    """Return a corpus as the argument of ``Word2Vec`` that it is."""
    paths = isinstance(corpus, (str, os.PathLike)) or (
        isinstance(corpus, (list, tuple)) and corpus and all(isinstance(one, (str, os.PathLike)) for one in corpus)
    )
    return {"corpus_file" if paths else "sentences": corpus}


# ------------------------------------------------------------------------------------ Ray ----


class Rows:
    """The rows of a Ray Dataset as sentences, in the same order in each pass and for each rank."""

    def __init__(self, dataset: Any) -> None:
        if context := getattr(dataset, "context", None):
            context.execution_options.preserve_order = True  # its own context: it goes with it to every rank
        self._dataset = dataset.materialize() if hasattr(dataset, "materialize") else dataset

    def __iter__(self) -> Any:
        for row in self._dataset.iter_rows():
            if "text" not in row and len(row) != 1:
                raise CorpusError(
                    f"a Ray Dataset with the columns {', '.join(sorted(row))}: which of them has the sentences? Call "
                    "it text, or keep it alone: dataset.select_columns(['...'])"
                )
            value = row["text"] if "text" in row else next(iter(row.values()))
            yield value.split() if isinstance(value, str) else list(value)


@dataclass(frozen=True)
class _RayTask:
    """What each actor does: train, or go on from a checkpoint."""

    corpus: dict[str, Any]
    parameters: dict[str, Any]
    wire: str
    every: float | str
    before: bytes | None  # the checkpoint to go on from

    def __call__(self, communicator: Communicator, tell: Callable[[str, Any], None]) -> bytes | None:
        def progress(epoch: int, words: int, alpha: float, loss: float) -> None:
            tell("progress", (epoch, words, alpha, loss))
            with suppress(OSError):
                tell("written", os.stat(path).st_mtime_ns)

        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "training.checkpoint")
            tell("path", path)
            engine = Engine(communicator, self.wire, progress if communicator.rank == 0 else None)
            keeping: dict[str, Any] = {"checkpoint": path, "checkpoint_every": self.every}
            if self.before is None:
                model = Word2Vec(**self.corpus, engine=engine, **keeping, **self.parameters)
            else:
                Path(path).write_bytes(self.before)
                corpus = {"corpus_iterable" if name == "sentences" else name: it for name, it in self.corpus.items()}
                workers = self.parameters.get("workers")
                model = Word2Vec.resume(path, **corpus, engine=engine, workers=workers, checkpoint_every=self.every)
            if communicator.rank:
                return None
            model.engine = None
            file = os.path.join(folder, "model")
            model.save(file)
            return Path(file).read_bytes()


def _train_over_ray(
    corpus: Any, n_workers: int, address: str | None, wire: str, keeping: dict[str, Any], parameters: dict[str, Any]
) -> Word2Vec:
    """Be the driver: start the actors, keep their checkpoints, begin anew when one is lost."""
    from fastw2v.train.ranks import ray_actors

    if parameters.get("callbacks"):
        raise ConfigError("callbacks with engine='ray': the epochs end on other machines; leave callbacks out")
    checked = Word2Vec(**parameters)  # raises here what would be raised far away
    ray = ray_actors.ray_module()
    started_here = not ray.is_initialized()
    if started_here and address is None:
        ray.init("local", include_dashboard=False, **ray_actors.stay_at_home())
    elif started_here:
        ray.init(address, log_to_driver=False)
    try:
        named = _named(Rows(corpus) if hasattr(corpus, "iter_rows") else corpus)
        every = keeping["checkpoint_every"] or CHECKPOINT_EVERY
        task = _RayTask(named, {**parameters, "progress": False}, wire, every, None)
        with tempfile.TemporaryDirectory() as folder:
            path = keeping["checkpoint"] or os.path.join(folder, "training.checkpoint")
            data = _run_until_done(ray, task, n_workers, checked, Path(os.fsdecode(path)))
            file = os.path.join(folder, "model")
            Path(file).write_bytes(data)
            return Word2Vec.load(file)
    finally:
        if started_here:
            ray.shutdown()


def _run_until_done(ray: Any, task: _RayTask, n_workers: int, parameters: Word2Vec, path: Path) -> bytes:
    """Run the task; each time a rank is lost, go on from the last checkpoint with as many as there is room for."""
    from fastw2v.train.ranks.ray_actors import Crew

    failures = 0
    while True:
        crew = Crew(ray, n_workers, parameters.workers)
        keeper = _Listener(ray, crew, path, parameters)
        try:
            data: bytes = crew.run(task, keeper)
            return data
        except RankError as error:
            failures = 1 if keeper.n_kept else failures + 1
            if failures >= PATIENCE:
                raise RankError(f"{error}; given up, for {failures} times there was no checkpoint between") from error
            logger.warning("%s; going on from %s", error, "the last checkpoint" if path.exists() else "the beginning")
        finally:
            keeper.close()
            crew.end()
        if keeper.n_kept or task.before is not None:
            task = _RayTask(task.corpus, task.parameters, task.wire, task.every, path.read_bytes())


class _Listener:
    """Shows the progress of rank 0, and keeps its checkpoints here, where they outlive it."""

    def __init__(self, ray: Any, crew: Any, path: Path, parameters: Word2Vec) -> None:
        self.n_kept = 0
        self._ray = ray
        self._crew = crew
        self._path = path
        self._written = 0
        self._coming: Any = None
        self._progress = Progress(None, parameters.epochs, parameters.progress, 1.0)

    def __call__(self, news: dict[str, Any]) -> None:
        if "progress" in news:
            self._progress.update(*news["progress"])
        if self._coming is None and news.get("written", 0) > self._written:
            self._written = news["written"]
            self._coming = self._crew.actors[0].file.remote(news["path"])
        if self._coming is not None and self._ray.wait([self._coming], timeout=0)[0]:
            data, self._coming = self._ray.get(self._coming), None
            part = self._path.with_name(self._path.name + ".part")
            part.write_bytes(data)
            os.replace(part, self._path)
            self.n_kept += 1

    def close(self) -> None:
        self._progress.close()
