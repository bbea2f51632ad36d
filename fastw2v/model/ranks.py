"""A model among the processes that train it together: who they are, and whether they are about to do the same."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastw2v.errors import ConfigError
from fastw2v.model.plans import device_of
from fastw2v.parameters import Parameters
from fastw2v.text.vocab import Vocab
from fastw2v.train.job import Course, Position

if TYPE_CHECKING:
    from fastw2v.train.ranks.engine import Engine


def joined(engine: Any) -> Engine | None:
    """Return the processes that train together, as ``engine=`` names them; None where this one trains alone."""
    if engine is None:
        return None
    from fastw2v.train.ranks.engine import joined

    return joined(engine)


def together(engine: Engine | None) -> AbstractContextManager[None]:
    """Do what all processes do: whoever cannot go on ends the job, for the others wait for it."""
    if engine is None:
        return nullcontext()
    from fastw2v.train.ranks.engine import together

    return together(engine)


def refuse_to_share(engine: Engine | None, parameters: Parameters, in_batches: bool) -> None:
    """Raise ConfigError for what one process has to train alone."""
    if engine is not None and parameters.softmax:
        raise ConfigError(
            "softmax=True with engine: exact softmax is for vocabularies that one machine trains; leave engine out, or "
            "use negative=5"
        )
    if engine is not None and device_of(parameters) != "cpu":
        raise ConfigError(
            f'device={device_of(parameters)!r} with engine: several processes train on their processors; use '
            'device="cpu", or leave engine out'
        )
    if engine is not None and in_batches:
        raise ConfigError(
            "engine with a _do_train_job of the program's own: its batches are not shared; leave out one of the two"
        )


def check_agreement(
    engine: Engine, parameters: Parameters, vocab: Vocab, course: Course, position: Position
) -> None:
    """Raise ConfigError unless all processes are about to do the same; the message names what differs, and where."""
    first, *others = engine.gather(_facts(parameters, vocab, course, position))
    for rank, theirs in enumerate(others, 1):
        for name, value in first.items():
            if theirs[name] != value:
                raise ConfigError(
                    f"{name}={theirs[name]!r} on rank {rank}, and {value!r} on rank 0: all ranks must train the same "
                    "model on the same corpus, so start the same program with the same arguments everywhere"
                )


def _facts(parameters: Parameters, vocab: Vocab, course: Course, position: Position) -> dict[str, Any]:
    """Return what all processes that train together must agree on."""
    names = ("vector_size", "window", "sample", "sg", "hs", "negative", "ns_exponent", "cbow_mean", "cbow_exact",
             "shrink_windows", "joint_context")  # fmt: skip
    facts = {name: getattr(parameters, name) for name in names}
    words = hashlib.blake2b(vocab.counts.tobytes(), digest_size=8)
    for key in vocab.keys:
        words.update(repr(key).encode())
    place = (position.epoch, position.totals.n_chunks)
    return {**facts, **asdict(course), "vocabulary": f"{len(vocab)} words ({words.hexdigest()})", "position": place}
