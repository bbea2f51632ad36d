"""Which ranks a model trains with: what ``engine=`` means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastw2v.errors import ConfigError, RankError
from fastw2v.train.ranks.communicator import Communicator, collect_objects, gather_objects
from fastw2v.train.ranks.wire import WIRES

ENGINES = ("mpi", "ray")


@dataclass(frozen=True)
class Engine:
    """The ranks, and how they exchange.

    Parameters
    ----------
    communicator : Communicator
    wire : {"float16", "bfloat16", "float32"}
        Numbers of the changes that travel; rounding is made up for by the next change.
    tell : callable, optional
        Hears of the progress: the epoch, the words of all epochs, the learning rate and the loss.
    """

    communicator: Communicator
    wire: str = "float16"
    tell: Callable[[int, int, float, float], None] | None = None

    def __post_init__(self) -> None:
        if self.wire not in WIRES:
            raise ConfigError(f"wire={self.wire!r}: must be one of {', '.join(map(repr, WIRES))}; 'float16' is usual")

    @property
    def rank(self) -> int:
        """The number of this rank."""
        return self.communicator.rank

    @property
    def size(self) -> int:
        """How many ranks there are."""
        return self.communicator.size

    def gather(self, value: Any) -> list[Any]:
        """Return the objects of all ranks."""
        return gather_objects(self.communicator, value)

    def collect(self, value: Any) -> list[Any]:
        """Return the objects of all ranks at rank 0, an empty list elsewhere."""
        return collect_objects(self.communicator, value)

    def broadcast(self, value: Any) -> Any:
        """Return what rank 0 gave."""
        return self.communicator.broadcast(value)


def joined(engine: Any) -> Engine | None:
    """Return the ranks that an argument ``engine`` names; None where this process trains alone.

    Raises
    ------
    ConfigError
        If there is no such engine, or what it needs is not installed.

    Examples
    --------
    >>> joined(None) is None
    True
    >>> joined("pvm")
    Traceback (most recent call last):
    fastw2v.errors.ConfigError: engine='pvm': must be None (this process alone), 'mpi', or an Engine; for Ray call fastw2v.train_distributed(corpus, engine='ray')
    """  # noqa: E501
    if engine is None:
        return None
    if engine == "mpi":
        from fastw2v.train.ranks.mpi import world

        engine = Engine(world())
    if not isinstance(engine, Engine):
        raise ConfigError(
            f"engine={engine!r:.60}: must be None (this process alone), 'mpi', or an Engine; for Ray call "
            "fastw2v.train_distributed(corpus, engine='ray')"
        )
    return engine if engine.size > 1 else None


@contextmanager
def together(engine: Engine | None) -> Iterator[None]:
    """Do what all ranks do: whoever cannot go on ends the job, for the others wait for it."""
    try:
        yield
    except BaseException as error:
        if engine is not None and not isinstance(error, RankError):
            engine.communicator.abort(f"{type(error).__name__}: {error}")
        raise
