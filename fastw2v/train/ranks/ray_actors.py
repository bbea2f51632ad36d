"""Ranks as Ray actors: what one sends to another travels through the object store; the driver watches over them.

Of Ray only actors and objects are used (its collectives need torch).  An actor has two threads: one trains, one takes
in what others send.  A rank that is gone is the driver's business (:class:`Crew`): the others would wait for it, so it
ends them, and begins anew from the last checkpoint with as many as the cluster then has room for.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fastw2v.errors import ConfigError, RankError
from fastw2v.train.ranks.communicator import Bytes

logger = logging.getLogger("fastw2v.word2vec")

POLL_SECONDS = 0.25
START_SECONDS = 60.0  # in which a cluster should have started the actors for which it has room
MORE_SECONDS = 5.0  # that the last actors are waited for when the first are there


def ray_module() -> Any:
    """Return Ray, with its usage reports off unless the environment says otherwise."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise ConfigError(f"engine='ray' needs Ray: pip install 'fastw2v[ray]' ({error})") from error
    return ray


def stay_at_home() -> dict[str, Any]:
    """Let a cluster that starts in this process listen on 127.0.0.1 alone; return the arguments of ``ray.init`` for it.

    Ray replaces that address by the machine's own, which others can reach; a later Ray that does not ask
    ``resolve_ip_for_localhost`` any more will listen there, behind its token.
    """
    with suppress(ImportError, AttributeError):
        services = importlib.import_module("ray._private.services")
        services.resolve_ip_for_localhost = lambda host: host  # type: ignore[attr-defined]
    return {"_node_ip_address": "127.0.0.1", "log_to_driver": False}


class RayCommunicator:
    """One actor's way to the others."""

    def __init__(self, rank: int, actors: list[Any]) -> None:
        self.rank = rank
        self.size = len(actors)
        self._actors = actors
        self._changed = threading.Condition()
        self._inbox: dict[tuple[int, int], Any] = {}  # by number of the call, and sender
        self._calls = 0

    def take_in(self, call: int, sender: int, value: Any) -> None:
        """Take what another rank sent; called by the actor's second thread."""
        with self._changed:
            self._inbox[call, sender] = value
            self._changed.notify_all()

    def trade(self, messages: list[list[Bytes]]) -> list[list[Bytes]]:
        """Give each rank its messages; return those that each rank has for this one."""
        return self._meet(messages, range(self.size))

    def gather(self, messages: list[Bytes]) -> list[list[Bytes]]:
        """Return the messages of all ranks."""
        import ray

        # an object of its own, which every rank fetches: an argument would be copied for each of them
        reference = [ray.put(messages)]
        found = self._meet([reference] * self.size, range(self.size))
        return [messages if rank == self.rank else ray.get(theirs[0]) for rank, theirs in enumerate(found)]

    def broadcast(self, value: Any) -> Any:
        """Return what rank 0 gave."""
        return self._meet([value] * self.size if self.rank == 0 else [], [0])[0]

    def barrier(self) -> None:
        """Return when all ranks have called."""
        self._meet([None] * self.size, range(self.size))

    def abort(self, reason: str) -> None:
        """Do nothing: the driver hears of the error, and ends the others."""

    def _meet(self, parts: list[Any], senders: Any) -> list[Any]:
        call, self._calls = self._calls, self._calls + 1
        for rank, part in enumerate(parts):
            if rank == self.rank:
                self.take_in(call, rank, part)
            else:
                self._actors[rank].take_in.remote(call, self.rank, part)
        with self._changed:
            while not all((call, sender) in self._inbox for sender in senders):
                self._changed.wait()
            return [self._inbox.pop((call, sender)) for sender in senders]


class Worker:
    """What an actor is: a rank with a task."""

    def __init__(self) -> None:
        self._communicator: RayCommunicator | None = None
        self._news: dict[str, Any] = {}

    def where(self) -> str:
        """Return the process and the machine; answered as soon as the actor is there."""
        return f"process {os.getpid()} on {os.uname().nodename if hasattr(os, 'uname') else 'this machine'}"

    def join(self, rank: int, actors: list[Any]) -> None:
        """Become a rank."""
        self._communicator = RayCommunicator(rank, actors)

    def take_in(self, call: int, sender: int, value: Any) -> None:
        """Take what another rank sent."""
        assert self._communicator is not None
        self._communicator.take_in(call, sender, value)

    def run(self, task: Callable[[Any, Callable[[str, Any], None]], Any]) -> Any:
        """Run a task, which gets the communicator and a function to tell news with."""
        return task(self._communicator, self._news.__setitem__)

    def file(self, path: str) -> bytes:
        """Return a file of this machine, such as a checkpoint."""
        with open(path, "rb") as file:
            return file.read()

    def news(self) -> dict[str, Any]:
        """Return what the task has told last, by name."""
        return dict(self._news)


class Crew:
    """The actors of one training, seen from the driver.

    Parameters
    ----------
    n_workers : int
        Actors to ask for; fewer will do.
    n_cpus : int
        For each.
    """

    def __init__(self, ray: Any, n_workers: int, n_cpus: int) -> None:
        self._ray = ray
        groups = {"train": 1, "post": 1, "news": 1}
        methods = {"run": "train", "take_in": "post", "join": "post", "news": "news", "where": "news", "file": "news"}
        body = {name: ray.method(concurrency_group=group)(_copy(Worker, name)) for name, group in methods.items()}
        kind = ray.remote(concurrency_groups=groups)(type("Worker", (Worker,), body))
        make = kind.options(num_cpus=n_cpus, max_restarts=0, scheduling_strategy="SPREAD")
        self.actors = [make.remote() for _ in range(n_workers)]
        self.actors = self._there()
        self._ray.get([actor.join.remote(rank, self.actors) for rank, actor in enumerate(self.actors)])

    def _there(self) -> list[Any]:
        """Wait for the actors that the cluster has room for; give up the others."""
        asked = {actor.where.remote(): actor for actor in self.actors}
        there: list[Any] = []
        deadline, waiting = time.monotonic() + START_SECONDS, list(asked)
        while waiting and time.monotonic() < deadline:
            done, waiting = self._ray.wait(waiting, timeout=0.2)
            for reference in done:
                try:
                    where = self._ray.get(reference)
                except self._ray.exceptions.RayError:
                    continue
                logger.info("rank %d is %s", len(there), where)
                there.append(asked[reference])
                deadline = min(deadline, time.monotonic() + MORE_SECONDS)
        for actor in self.actors:
            if actor not in there:
                self._ray.kill(actor)
        if not there:
            raise RankError(
                f"the Ray cluster started no worker within {START_SECONDS:.0f} s: each needs {self._describe()}; give "
                "fewer workers (threads), or more nodes"
            )
        return there

    def _describe(self) -> str:
        return "as many CPUs as workers= has threads, and the cluster has " + str(
            self._ray.cluster_resources().get("CPU", 0)
        )

    def run(self, task: Any, listen: Callable[[dict[str, Any]], None]) -> Any:
        """Run a task on all ranks; return what rank 0 returned.

        Parameters
        ----------
        task : object
            Sent to all of them.
        listen : callable
            Gets the news of rank 0, again and again.

        Raises
        ------
        RankError
            If an actor is gone.
        Exception
            What the task raised, as it was.
        """
        errors = self._ray.exceptions
        reference = self._ray.put(task)
        running = {actor.run.remote(reference): rank for rank, actor in enumerate(self.actors)}
        results: dict[int, Any] = {}
        asked: Any = None
        try:
            while len(results) < len(running):
                waiting = [one for one, rank in running.items() if rank not in results]
                done, _ = self._ray.wait(waiting, num_returns=len(waiting), timeout=POLL_SECONDS)
                for one in done:
                    results[running[one]] = self._ray.get(one)
                asked = asked or self.actors[0].news.remote()
                if self._ray.wait([asked], timeout=0)[0]:
                    news, asked = self._ray.get(asked), None
                    listen(news)
        except errors.RayTaskError as error:
            cause = error.cause if isinstance(getattr(error, "cause", None), Exception) else error
            raise cause from None
        except errors.RayError as error:
            raise RankError(f"a rank of {len(self.actors)} is gone: {' '.join(str(error).split())[:400]}") from error
        return results[0]

    def end(self) -> None:
        """End all actors, whatever they do."""
        for actor in self.actors:
            self._ray.kill(actor)


def _copy(kind: type, name: str) -> Any:
    """A function of its own for each kind of actor: Ray notes the group on it."""
    method = getattr(kind, name)

    def call(self: Any, *args: Any) -> Any:
        return method(self, *args)

    call.__name__ = name
    return call
