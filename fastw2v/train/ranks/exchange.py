"""The exchange of changes between ranks: begun at one border of the corpus, finished at the next, under way meanwhile.

A rank's rows are ``weights``; ``base`` is what all ranks agree on, the same bits everywhere.  At a border a rank sends
``weights - base`` of the rows that are due to their owners.  The owner of a row makes one change of all (``rules``) and
sends it to all.  At the next border every rank adds it to ``base``, and what the others did to ``weights``.

    rank:   train ......... | train .................. | train
    border:         finish, begin               finish, begin
    behind:                  trade, rule, gather

What a rank has done since stays in ``weights - base`` and goes with the next exchange, and so does what rounding on
the wire has left over: nothing is lost, only late.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import CorpusError
from fastw2v.train.ranks.communicator import Bytes, Communicator, gather_objects
from fastw2v.train.ranks.rows import Curvature, Model, Rows, curvatures
from fastw2v.train.ranks.rules import one_change
from fastw2v.train.ranks.timetable import Timetable
from fastw2v.train.ranks.wire import packed, unpacked

REMEASURE = 1.125  # the curvature is taken anew when so many times as many words have been trained


class Costs:
    """What exchanges have cost this rank."""

    def __init__(self) -> None:
        self.n_exchanges = 0
        self.bytes_sent = 0
        self.bytes_received = 0
        self.seconds_at_borders = 0.0  # in which the thread that comes to a border does not train
        self.seconds_behind = 0.0
        self.seconds_waited = 0.0  # of those at borders, for exchanges that were not over


class _Due(NamedTuple):
    """The rows of one matrix that one rank owns, as far as they are due."""

    rows: slice | NDArray[np.int64]
    n_rows: int
    sent: Bytes  # what this rank has sent of them


class _Running:
    """One exchange that is under way."""

    def __init__(self, n_words: int, alpha: float, due: list[list[_Due]], n_windows: float, note: Any) -> None:
        self.n_words = n_words  # of the epoch, before the border
        self.alpha = alpha
        self.note = note
        self.notes: list[Any] = []  # of all ranks
        self.due = due  # by matrix, by owner
        self.n_windows = n_windows  # of all ranks, since these rows were exchanged last
        self.made: list[Bytes] = []  # by owner: one message for each matrix, after another
        self.left: list[NDArray[np.float32]] = []  # by matrix: what rounding has left of the rows that this rank owns
        self.error: BaseException | None = None
        self.thread: threading.Thread | None = None


class Exchange:
    """One rank's part in all exchanges of an epoch.

    Parameters
    ----------
    communicator : Communicator
    model : Model
        This rank's weights, equal to those of all other ranks when the exchange is made.
    timetable : Timetable
    wire : {"float32", "float16", "bfloat16"}
    seed : int
        Of the samples of the curvature.
    costs : Costs
        Where to add what it costs.
    first_word : int
        Where in the epoch it begins.
    """

    def __init__(
        self,
        communicator: Communicator,
        model: Model,
        timetable: Timetable,
        wire: str,
        seed: int,
        costs: Costs,
        first_word: int = 0,
    ) -> None:
        self.costs = costs
        self._communicator = communicator
        self._model = model
        self._matrices = model.matrices()
        self._base = [rows.weights.copy() for rows in self._matrices]
        self._timetable = timetable
        self._wire = wire
        self._rng = np.random.default_rng([abs(seed), communicator.rank])
        self._curvatures: list[Curvature] = []
        # words of the epoch when the curvature was taken last, and when each tier was exchanged last
        self._measured_at = first_word
        self._when = [first_word] * timetable.tiers
        self._running: _Running | None = None

    def due(self, n_words: int) -> int | None:
        """Return the tier that is due where ``n_words`` raw words of the epoch lie before, of all ranks."""
        return self._timetable.due([n_words - when for when in self._when])

    def begin(self, tier: int, n_words: int, alpha: float, note: Any = None) -> None:
        """Send what this rank did to the rows of a tier, and a note."""
        started = time.perf_counter()
        n_windows = (n_words - self._when[tier]) * self._model.kept_share
        due = [
            [self._snapshot(matrix, base, owner, tier) for owner in range(self._communicator.size)]
            for matrix, base in zip(self._matrices, self._base, strict=True)
        ]
        self._running = _Running(n_words, alpha, due, n_windows, note)
        self._when[tier:] = [n_words] * (self._timetable.tiers - tier)
        if not self._curvatures or n_words > REMEASURE * self._measured_at:
            self._curvatures, self._measured_at = curvatures(self._model, self._rng), n_words
        self._running.thread = threading.Thread(
            target=self._carry_out, args=(self._running,), name="fastw2v-exchange", daemon=True
        )
        self._running.thread.start()
        self.costs.seconds_at_borders += time.perf_counter() - started

    def finish(self) -> list[Any]:
        """Take over what the exchange under way has made, when it is over; return the notes of all ranks."""
        running, self._running = self._running, None
        if running is None:
            return []
        started = time.perf_counter()
        assert running.thread is not None
        while running.thread.is_alive():
            running.thread.join(0.2)
        self.costs.seconds_waited += time.perf_counter() - started
        if running.error is not None:
            raise running.error
        for owner, message in enumerate(running.made):
            self._take_over(running, owner, message)
        self.costs.n_exchanges += 1
        self.costs.seconds_at_borders += time.perf_counter() - started
        return running.notes

    def make_equal(self, n_words: int, alpha: float) -> None:
        """Exchange everything, and wait for it; then the weights of all ranks are equal, to the bit."""
        self.finish()
        self.begin(0, n_words, alpha)
        self.finish()
        for matrix, base in zip(self._matrices, self._base, strict=True):
            np.copyto(matrix.weights, base)  # what rounding has left over is given up, once

    # ------------------------------------------------------------------------- at borders ----

    def _snapshot(self, matrix: Rows, base: NDArray[np.float32], owner: int, tier: int) -> _Due:
        n_due = self._timetable.n_rows(len(matrix.order), tier)
        rows = matrix.due(n_due, owner, self._communicator.size)
        changes = matrix.weights[rows] - base[rows]
        return _Due(rows, len(changes), packed(changes, _not_zero(changes), self._wire))

    def _take_over(self, running: _Running, owner: int, message: Bytes) -> None:
        for number, (matrix, base, part) in enumerate(
            zip(self._matrices, self._base, _parted(message), strict=True)
        ):
            due, size = running.due[number][owner], matrix.weights.shape[1]
            made, changed = unpacked(part, due.n_rows, size, self._wire)
            sent, mine = unpacked(due.sent, due.n_rows, size, self._wire)
            rows, step = due.rows, made.copy()
            step[mine[changed]] -= sent  # what this rank changed is among what has changed
            if owner == self._communicator.rank:
                step += running.left[number]
            if not changed.all():
                numbers = np.arange(*rows.indices(len(base))) if isinstance(rows, slice) else rows
                rows = numbers[changed]
            matrix.weights[rows] += step
            base[rows] += made

    # ------------------------------------------------------------------------ behind them ----

    def _carry_out(self, running: _Running) -> None:
        started = time.thread_time()
        try:
            size, rank = self._communicator.size, self._communicator.rank
            found_notes = gather_objects(self._communicator, (running.n_words, running.note))
            self._check_same_border(found_notes)
            running.notes = [note for _, note in found_notes]
            parts = [_joined([due[owner].sent for due in running.due]) for owner in range(size)]
            found = self._communicator.trade(parts)
            made = self._made_of(running, found)
            running.made = self._communicator.gather(made)
            self.costs.bytes_sent += sum(len(part) for other, part in enumerate(parts) if other != rank)
            self.costs.bytes_sent += (size - 1) * len(made)
            self.costs.bytes_received += sum(len(part) for other, part in enumerate(found) if other != rank)
            self.costs.bytes_received += sum(len(part) for other, part in enumerate(running.made) if other != rank)
        except BaseException as error:
            running.error = error
        self.costs.seconds_behind += time.thread_time() - started

    def _check_same_border(self, found: list[tuple[int, Any]]) -> None:
        """Raise CorpusError unless all ranks stand where rank 0 does, for the same purpose."""
        n_words, note = found[0]
        for rank, (theirs, other_note) in enumerate(found):
            if theirs != n_words or (note is None) != (other_note is None):
                raise CorpusError(
                    f"rank {rank} has read {theirs} words where rank 0 has read {n_words}, and may be at the end: all "
                    "ranks must have the same corpus, with the same sentences in the same order in each pass"
                )

    def _made_of(self, running: _Running, found: list[Bytes]) -> Bytes:
        """Return the new changes of the rows that this rank owns, one message for each matrix."""
        messages = []
        parts = zip(*map(_parted, found), strict=True)  # by matrix: the part of each rank
        for matrix, due, curvature, of_ranks in zip(self._matrices, running.due, self._curvatures, parts, strict=True):
            rows, n_rows, _ = due[self._communicator.rank]
            total = np.zeros((n_rows, matrix.weights.shape[1]), np.float32)
            n_ranks = np.zeros(n_rows, np.int32)
            for part in of_ranks:
                changes, changed = unpacked(part, *total.shape, self._wire)
                if len(changes) == n_rows:
                    total += changes
                else:
                    total[changed] += changes
                n_ranks += changed
            n_updates = matrix.rate[rows] * running.n_windows
            change = one_change(total, n_ranks, n_updates, running.alpha, curvature)
            changed = n_ranks > 0
            message = packed(change, changed, self._wire)
            rounded, _ = unpacked(message, *total.shape, self._wire)
            running.left.append(change[changed] - rounded)
            messages.append(message)
        return _joined(messages)


def _not_zero(rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which rows have a number that is not zero (or not even a number)."""
    changed: NDArray[np.bool_] = np.einsum("ij,ij->i", rows, rows) != 0
    return changed


def _parted(message: Bytes) -> Iterator[Bytes]:
    """Undo :func:`_joined`."""
    place = 0
    while place < len(message):
        n_bytes = int(message[place : place + 8].view(np.int64)[0])
        yield message[place + 8 : place + 8 + n_bytes]
        place += 8 + (n_bytes + 7) // 8 * 8


def _joined(messages: list[Bytes]) -> Bytes:
    """Return messages one after the other, each with its length before it, at places that are multiples of 8."""
    parts = []
    for message in messages:
        parts += [np.array([len(message)], np.int64).view(np.uint8), message, np.zeros(-len(message) % 8, np.uint8)]
    return np.concatenate(parts)
