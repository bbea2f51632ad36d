"""The exchange of changes between ranks: begun at one border of the corpus, finished at the next, under way meanwhile.

A rank's rows are ``weights``; ``base`` is what all ranks agree on, the same bits everywhere.  At a border a rank forms
``weights - base`` of the rows that are due, and sends that to their owners.  The owner of a row makes one change of all
(``rules``) and sends it to all.  Every rank takes it over: adds it to ``base``, and what the others did to ``weights``.

    rank:   train ......... | train .................. | train
    border:         finish, begin               finish, begin
    behind:                  trade, make one, gather

With one thread, changes are formed and taken over at borders, while it does not train: equal seeds give equal bits.
With several, which never do, that too goes on behind training; but where a rank's own steps are measured (``balance``)
it hears of the others at the next border.

What a rank has done since stays in ``weights - base`` and goes with the next exchange, and so does what rounding on
the wire has left over: nothing is lost, only late.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import product, zip_longest
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import compiled
from fastw2v._parallel import in_slices
from fastw2v.errors import CorpusError
from fastw2v.train.ranks.balance import Balance
from fastw2v.train.ranks.communicator import Bytes, Communicator, as_bytes, from_bytes, gather_objects
from fastw2v.train.ranks.rows import Curvature, Model, Rows, curvature_of, samples
from fastw2v.train.ranks.rules import one_change
from fastw2v.train.ranks.timetable import Timetable
from fastw2v.train.ranks.wire import WIRES, Room
from fastw2v.train.weights import padded_rows

_changes = compiled("fastw2v.train.ranks._changes")

# The curvature is measured anew after so much of all training before it.  Rows change fast at first: along a direction
# that has just become steep, changes would overshoot, more from time to time.
GROWN = 1 / 8
BALANCE_GROWN = 1  # the same of what its own steps do to the balance, which changes more slowly
TRAINING_THREADS = 8  # for each thread that forms changes and takes them over


def is_same(some: list[NDArray[Any]], others: list[NDArray[Any]]) -> bool:
    """Whether arrays are equal, one by one."""
    return len(some) == len(others) and all(map(np.array_equal, some, others))


class Costs:
    """What exchanges have cost this rank."""

    def __init__(self) -> None:
        self.n_exchanges = 0
        self.n_rows = 0  # that were due, of all matrices
        self.bytes_sent = 0
        self.bytes_received = 0
        self.seconds_at_borders = 0.0  # in which the thread that comes to a border does not train
        self.seconds_behind = 0.0  # of the processor
        self.seconds_waited = 0.0  # of those at borders, for exchanges that were not over


class _Due(NamedTuple):
    """The rows of one matrix that one rank owns, as far as they are due."""

    rows: NDArray[np.int64]
    sent: Bytes  # what this rank has sent of them


class _Running:
    """One exchange that is under way."""

    def __init__(
        self,
        part: int,
        n_words: int,
        alpha: float,
        n_windows: NDArray[np.float64],
        note: Any,
        exact: bool,
        at_border: bool,
    ) -> None:
        self.part = part  # of all rows, those of the exchange
        self.n_words = n_words  # of the epoch, before the border
        self.alpha = alpha
        self.n_windows = n_windows  # of all ranks, since the rows of each tier that are due were exchanged last
        self.note = note
        self.at_border = at_border  # whether it is taken over at a border, and not as soon as it can be
        self.exact = exact  # whether every number of a row is compared, to see whether it has changed
        self.notes: list[Any] = []  # of all ranks
        self.due: dict[tuple[int, int], _Due] = {}  # by owner and matrix
        self.made: list[list[Bytes]] = []  # by owner and matrix
        self.left: list[NDArray[np.float32]] = []  # by matrix: what rounding has left of the rows that this rank owns
        self.error: BaseException | None = None
        self.thread: threading.Thread | None = None


class Exchange:
    """One rank's part in all exchanges of a training.

    Parameters
    ----------
    communicator : Communicator
    timetable : Timetable
    wire : {"float32", "float16", "bfloat16"}
    seed : int
        Of the samples of the curvature.
    """

    def __init__(self, communicator: Communicator, timetable: Timetable, wire: str, seed: int) -> None:
        self.costs = Costs()
        self._communicator = communicator
        self._timetable = timetable
        self._wire = wire
        self._rng = np.random.default_rng([abs(seed), communicator.rank])
        self._matrices: list[Rows] = []
        self._base: list[NDArray[np.float32]] = []
        self._curvatures: list[Curvature] = []
        self._alpha = 0.0  # the highest learning rate
        self._clock = 0.0  # words that were trained, each times its learning rate over the highest
        self._measured = 0.0  # the clock, when the curvatures were
        self._balance = Balance(communicator)
        self._followed = 0.0  # the clock, when this rank's own steps were measured
        self._running: _Running | None = None
        self._rooms = [Room() for _ in range(3)]  # one for each matrix

    def follow(self, model: Model, first_word: int, n_threads: int) -> None:
        """Exchange these weights from now on; they are equal on all ranks.

        Parameters
        ----------
        model : Model
        first_word : int
            Where in the epoch it begins.
        n_threads : int
            That train, on this rank.
        """
        before, self._matrices, self._model = self._matrices, model.matrices(), model
        if not is_same([rows.order for rows in self._matrices], [rows.order for rows in before]):
            self._rows: dict[tuple[int, int, int, bool], NDArray[np.int64]] = {}
            self._tiers = [self._timetable.tiers_of(rows.order) for rows in self._matrices]
        weights = [rows.weights for rows in self._matrices]
        same = all(gather_objects(self._communicator, is_same(weights, self._base)))  # as `make_equal` has left them
        if not same:
            if [base.shape for base in self._base] != [now.shape for now in weights]:
                self._base = [padded_rows(*now.shape) for now in weights]
                self._curvatures, self._measured = [], 0.0
            for base, now in zip(self._base, weights, strict=True):
                np.copyto(base, now)
        self._balance.follow(model, self._base, first_word, same=same)
        self._seen = first_word
        self._part, self._rung = 0, self._clock  # of the last exchange: its part, and the clock
        self._note_all(first_word)
        self._at_borders = n_threads == 1
        self._n_threads = max(1, n_threads // TRAINING_THREADS)

    def _note_all(self, n_words: int) -> None:
        """Note that all rows are exchanged at a word of the epoch."""
        # by tier, and by the turn of its rows
        self._when = [[n_words] * self._timetable.period(tier) for tier in range(self._timetable.tiers)]

    def is_due(self, n_words: int, alpha: float) -> bool:
        """Whether an exchange is due where ``n_words`` raw words of the epoch lie before, of all ranks."""
        self._alpha = max(self._alpha, alpha)
        self._clock += (n_words - self._seen) * self._weight_of_a_word(alpha)
        self._seen = n_words
        return self._clock - self._rung >= self._timetable.words

    def n_due(self, n_words: int, alpha: float) -> int:
        """Return how many exchanges are due in so many words to come, of all ranks, one at least."""
        return max(int(n_words * self._weight_of_a_word(alpha) / (self._timetable.words + 1)), 1)

    def _weight_of_a_word(self, alpha: float) -> float:
        """Return its learning rate over the highest so far."""
        return min(alpha / self._alpha, 1.0) if self._alpha else 1.0

    def begin(self, n_words: int, alpha: float, note: Any = None) -> None:
        """Send what this rank did to the rows of the next part, and a note."""
        self._part = (self._part + 1) % self._timetable.n_parts
        self._begin(self._part, n_words, alpha, note, exact=False)
        for when in self._when:
            when[self._part % len(when)] = n_words

    def _begin(self, part: int, n_words: int, alpha: float, note: Any, *, exact: bool) -> None:
        started = time.perf_counter()
        n_windows = (n_words - np.array([when[part % len(when)] for when in self._when])) * self._model.kept_share
        alone = self._balance.kept and not exact and self._clock >= self._followed * (1 + BALANCE_GROWN)
        at_border = self._at_borders or alone
        self._running = running = _Running(part, n_words, alpha, n_windows, note, exact, at_border)
        self._rung = self._clock
        self._balance.passed(n_words, alpha)
        if self._clock >= self._measured * (1 + GROWN):
            found = zip_longest(samples(self._model, self._rng), self._curvatures)
            self._curvatures = [curvature_of(sample, near) for sample, near in found]
            self._measured = self._clock
        if alone:
            self._balance.measure()
            self._followed = self._clock
        if self._at_borders:
            self._form(running)
        running.thread = threading.Thread(target=self._carry_out, args=(running,), name="fastw2v-exchange", daemon=True)
        running.thread.start()
        self.costs.seconds_at_borders += time.perf_counter() - started

    def finish(self) -> list[Any]:
        """Wait for the exchange that is under way, take over what it has made; return the notes of all ranks."""
        running, self._running = self._running, None
        if running is None:
            return []
        started = time.perf_counter()
        self._balance.measured(self._seen, running.alpha)
        assert running.thread is not None
        while running.thread.is_alive():
            running.thread.join(0.2)
        self.costs.seconds_waited += time.perf_counter() - started
        if running.error is not None:
            raise running.error
        if running.at_border:
            self._take_over(running)
        self.costs.n_exchanges += 1
        self.costs.seconds_at_borders += time.perf_counter() - started
        return running.notes

    def make_equal(self, n_words: int, alpha: float) -> None:
        """Exchange everything, and wait for it; then the weights of all ranks are equal, to the bit, and balanced."""
        self.finish()
        for part in range(self._timetable.n_parts):
            self._begin(part, n_words, alpha, None, exact=True)
            self.finish()
        self._note_all(n_words)
        self.costs.bytes_sent += self._balance.restore(self._base)
        self._measured = 0.0  # rows are now longer or shorter than they were
        for matrix, base in zip(self._matrices, self._base, strict=True):
            np.copyto(matrix.weights, base)  # what rounding has left over is given up, once

    # -------------------------------------------------------- at borders, or behind several threads ----

    def _form(self, running: _Running) -> None:
        def form(owner: int, number: int) -> None:
            matrix, base = self._matrices[number], self._base[number]
            rows = self._rows_of(owner, number, running)
            wire = WIRES[self._wire]
            out = self._rooms[number](owner, _changes.most_bytes(len(rows), base.shape[1], wire))
            n_bytes = _changes.form(matrix.weights, base, rows, wire, out, not running.exact)
            running.due[owner, number] = _Due(rows, out[:n_bytes])

        self._for_each(form)
        self.costs.n_rows += sum(len(due.rows) for due in running.due.values())

    def _rows_of(self, owner: int, number: int, running: _Running) -> NDArray[np.int64]:
        """Return the rows of a matrix that a rank owns, and that are due."""
        key = owner, number, running.part, running.exact
        if key not in self._rows:
            order, size = self._matrices[number].order, self._communicator.size
            self._rows[key] = self._timetable.rows(order, running.part, owner, size, once=running.exact)
        return self._rows[key]

    def _take_over(self, running: _Running) -> None:
        def take_over(owner: int, number: int) -> None:
            due = running.due[owner, number]
            left = running.left[number] if owner == self._communicator.rank else None
            made = running.made[owner][number]
            weights, base = self._matrices[number].weights, self._base[number]
            _changes.take_over(weights, base, due.rows, WIRES[self._wire], made, due.sent, left)

        self._for_each(take_over)

    def _for_each(self, task: Callable[[int, int], None]) -> None:
        """Do something for each owner and matrix."""
        parts = list(product(range(self._communicator.size), range(len(self._matrices))))

        def some(which: slice) -> None:
            for owner, number in parts[which]:
                task(owner, number)

        in_slices(some, len(parts), least=1, n_threads=self._n_threads)

    # ------------------------------------------------------------------------ behind training ----

    def _carry_out(self, running: _Running) -> None:
        started = time.thread_time()
        try:
            if not self._at_borders:
                self._form(running)
            size = self._communicator.size
            note = as_bytes((running.n_words, running.note))
            numbers = range(len(self._matrices))
            sent = [[note, *(running.due[owner, n].sent for n in numbers)] for owner in range(size)]
            found = self._communicator.trade(sent)
            self._count(sent, found)
            running.notes = self._checked([from_bytes(messages[0]) for messages in found])
            made = [self._made_of(running, n, [messages[n + 1] for messages in found]) for n in numbers]
            running.made = self._communicator.gather(made)
            self._count([made] * size, running.made)
            if not running.at_border:
                self._take_over(running)
        except BaseException as error:
            running.error = error
        self.costs.seconds_behind += time.thread_time() - started

    def _count(self, sent: list[list[Bytes]], received: list[list[Bytes]]) -> None:
        """Note the bytes that have travelled to other ranks, and from them."""
        others = [rank for rank in range(self._communicator.size) if rank != self._communicator.rank]
        self.costs.bytes_sent += sum(len(message) for rank in others for message in sent[rank])
        self.costs.bytes_received += sum(len(message) for rank in others for message in received[rank])

    def _checked(self, found: list[tuple[int, Any]]) -> list[Any]:
        """Return the notes; raise CorpusError unless all ranks stand where rank 0 does, for the same purpose."""
        n_words, note = found[0]
        for rank, (theirs, other_note) in enumerate(found):
            if theirs != n_words or (note is None) != (other_note is None):
                raise CorpusError(
                    f"rank {rank} has read {theirs} words where rank 0 has read {n_words}, and may be at the end: all "
                    "ranks must have the same corpus, with the same sentences in the same order in each pass"
                )
        return [one for _, one in found]

    def _made_of(self, running: _Running, number: int, messages: list[Bytes]) -> Bytes:
        """Return the one change of each row of a matrix that this rank owns."""
        matrix: Rows = self._matrices[number]
        rows = running.due[self._communicator.rank, number].rows
        n_updates = matrix.rate[rows] * running.n_windows[self._tiers[number][rows]]
        change, left = one_change(
            messages, n_updates, running.alpha, self._curvatures[number], self._wire, self._rooms[number]
        )
        running.left.append(left)
        return change
