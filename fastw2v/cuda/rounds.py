"""Rounds: chunks that the card trains together, while the host encodes those of the next."""

from __future__ import annotations

import ctypes
import threading
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fastw2v.cuda.card import Card, Event
from fastw2v.cuda.plan import CardPlan
from fastw2v.cuda.structs import PIECE, START, Chunk, Round
from fastw2v.errors import TrainingError

ROUND_WORDS = 1 << 23  # at most, and no more than a hundredth of the card's memory holds
ROUND_SECONDS = 0.1  # a round should take no longer: Ctrl-C waits for it
ROUND_CHUNKS = 1 << 14  # at most
COUNTERS = 5  # next piece, n_kept, n_pairs, n_loss_pairs, loss: eight bytes each


@dataclass
class Totals:
    """What rounds have trained."""

    n_kept: int = 0
    n_pairs: int = 0
    loss: float = 0.0
    n_loss_pairs: int = 0


def flagged(ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the ids, with START added to the first of each sentence.

    >>> import numpy as np
    >>> (flagged(np.array([5, 6, 7], np.int32), np.array([0, 2, 2, 3])) < 0).tolist()
    [True, False, True]
    """
    marked = np.array(ids, dtype=np.int32)
    marked[offsets[:-1][offsets[1:] > offsets[:-1]]] |= np.int32(START)
    return marked


class IdStore:
    """Chunks of ids that stay on the card from epoch to epoch, as far as there is room."""

    SLAB = 1 << 24  # ids

    def __init__(self, card: Card) -> None:
        self._card = card
        self._held: dict[int, tuple[int, int]] = {}  # address and number of ids, by the number of the chunk
        self._slabs: list[int] = []
        self._next = self._room = 0

    def find(self, number: int) -> tuple[int, int] | None:
        """Return where a chunk lies, and how many ids it has; None if it is not here."""
        return self._held.get(number)

    def put(self, number: int, marked: NDArray[np.int32]) -> int | None:
        """Hold a chunk; return where, or None if there is no room."""
        if len(marked) > self._room:
            n_ids = max(self.SLAB, len(marked))
            if 4 * n_ids > self._card.memory()[0] // 2:
                return None
            self._next, self._room = self._card.allocate(4 * n_ids), n_ids
            self._slabs.append(self._next)
        address = self._next
        if len(marked):
            self._card.upload(address, marked)
        self._held[number] = address, len(marked)
        self._next, self._room = address + 4 * len(marked), self._room - len(marked)
        return address

    def clear(self) -> None:
        """Let go of everything."""
        for slab in self._slabs:
            self._card.release(slab)
        self._held, self._slabs, self._next, self._room = {}, [], 0, 0


@dataclass
class _Slot:
    """Memory of one round, and the round in it."""

    capacity: int = 0  # words
    memory: list[int] = field(default_factory=list)
    ids: int = 0  # of chunks that the store has no room for
    round: Round = field(default_factory=Round)
    counters: int = 0
    chunks: list[Chunk] = field(default_factory=list)
    n_words: int = 0
    n_pieces: int = 0
    done: Event | None = None  # the card has this round
    started: float = 0.0


class Rounds:
    """Collects chunks, and hands them to the card in rounds; may be called from many threads.

    One round is trained while the next is filled: a chunk is handed over as soon as it is there if the card has nothing
    to do, and with as many others as a round holds otherwise.
    """

    def __init__(self, card: Card, plan: CardPlan, store: IdStore) -> None:
        self._card = card
        self._plan = plan
        self._store = store
        self._lock = threading.Lock()
        self._totals = Totals()  # of rounds that are over, not yet taken
        self._slots = [_Slot(), _Slot()]
        self._speed = 0.0  # words per second, of the last round
        word_bytes = 16 + 4 * max(plan.settings.negative, 1)  # of a round's arrays
        self._most_words: int = max(1 << 16, min(ROUND_WORDS, card.memory()[0] // (100 * word_bytes)))

    def add(self, number: int, marked: NDArray[np.int32] | None, alpha: float, alpha_end: float) -> None:
        """Take a chunk: its ids, or None if the store holds them."""
        with self._lock:
            held = self._store.find(number) if marked is None else None
            n_ids = held[1] if held is not None else len(marked)  # type: ignore[arg-type]
            slot = self._slots[0]
            full = slot.n_words + n_ids > self._limit(slot) or len(slot.chunks) == ROUND_CHUNKS
            if slot.chunks and full:
                self._launch()
                slot = self._slots[0]
            self._reserve(slot, n_ids)
            if held is not None:
                address = held[0]
            else:
                assert marked is not None
                stored = self._store.put(number, marked)
                address = slot.ids + 4 * slot.n_words if stored is None else stored
                if stored is None and len(marked):
                    self._card.upload(address, marked)
            slot.chunks.append(
                Chunk(
                    ids=address, n_ids=n_ids, place=slot.n_words, first_piece=slot.n_pieces, number=number, alpha=alpha,
                    alpha_end=alpha_end,
                )
            )  # fmt: skip
            slot.n_words += n_ids
            slot.n_pieces += -(-n_ids // PIECE)
            if self._idle():
                self._launch()

    def finish(self) -> None:
        """Train what has been collected, and wait for the end of it."""
        with self._lock:
            if self._slots[0].chunks:
                self._launch()
            for slot in self._slots:
                self._await(slot)

    def take_totals(self) -> Totals:
        """Return what rounds have trained since the last call."""
        with self._lock:
            totals, self._totals = self._totals, Totals()
        return totals

    def close(self) -> None:
        """Give the memory back; the card has nothing left to do."""
        for slot in self._slots:
            for address in slot.memory:
                self._card.release(address)
            slot.memory, slot.capacity = [], 0

    def _limit(self, slot: _Slot) -> int:
        """Words of a round: what takes no longer than it should."""
        most = int(self._speed * ROUND_SECONDS) if self._speed else self._most_words
        return max(1, min(self._most_words, most, slot.capacity))

    def _idle(self) -> bool:
        other = self._slots[1].done
        return other is None or other.over()

    def _reserve(self, slot: _Slot, n_ids: int) -> None:
        """Give a slot its memory: at first for a round of usual size, later for a chunk that is larger."""
        needed = slot.n_words + n_ids
        if slot.memory and needed <= slot.capacity:
            return
        assert not slot.chunks, "a round grows only while it is empty"
        for address in slot.memory:
            self._card.release(address)
        slot.capacity = n = max(self._most_words, needed)
        sizes = {
            "ids": 4 * n, "kept": 4 * n, "left": 4 * n, "right": 4 * n, "border": 4 * (n + ROUND_CHUNKS),
            "noise": 4 * n * max(self._plan.settings.negative, 1),
            "chunks": ctypes.sizeof(Chunk) * ROUND_CHUNKS, "counters": 8 * COUNTERS,
        }  # fmt: skip
        slot.memory = []
        for name, n_bytes in sizes.items():
            address = self._card.allocate(n_bytes)
            slot.memory.append(address)
            if name == "counters":
                slot.counters = address
                for place, counter in enumerate(("next", "n_kept", "n_pairs", "n_loss_pairs", "loss")):
                    setattr(slot.round, counter, address + 8 * place)
            elif name == "ids":
                slot.ids = address
            else:
                setattr(slot.round, name, address)

    def _launch(self) -> None:
        """Hand a round to the card; the other slot is the next to be filled, once the card is done with it."""
        slot, other = self._slots
        chunks = (Chunk * len(slot.chunks))(*slot.chunks)
        self._card.upload(slot.round.chunks, np.frombuffer(bytes(chunks), np.uint8))
        self._card.upload(slot.counters, np.zeros(COUNTERS, np.uint64))
        slot.round.n_chunks, slot.round.n_pieces = len(slot.chunks), slot.n_pieces
        slot.started = time.perf_counter()
        slot.done = self._card.launch(self._plan.kernels, self._plan.settings, slot.round, self._plan.warps)
        self._await(other)
        self._slots = [other, slot]

    def _await(self, slot: _Slot) -> None:
        """Wait until the card is done with a slot, and count what it did."""
        if slot.done is None:
            return
        slot.done.wait()
        counters = np.empty(COUNTERS, np.uint64)
        self._card.download(counters, slot.counters)
        self._totals.n_kept += int(counters[1])
        self._totals.n_pairs += int(counters[2])
        self._totals.n_loss_pairs += int(counters[3])
        self._totals.loss += float(counters[4:].view(np.float64)[0])
        if slot.done.seconds > 0:
            self._speed = slot.n_words / slot.done.seconds
        slot.done, slot.chunks, slot.n_words, slot.n_pieces = None, [], 0, 0


def checked_ids(ids: NDArray[np.int32], n_words: int) -> NDArray[np.int32]:
    """Return ids that are all in the vocabulary, or raise TrainingError."""
    if len(ids) and not (ids.min() >= 0 and ids.max() < n_words):
        raise TrainingError(f"ids must lie in [0, {n_words}), these in [{ids.min()}, {ids.max()}]")
    return ids
