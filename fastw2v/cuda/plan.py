"""What one epoch does, on the host and on the card: weights, tables, numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.cuda.card import Card
from fastw2v.cuda.options import Options
from fastw2v.cuda.structs import Settings
from fastw2v.errors import TrainingError
from fastw2v.train.huffman import Huffman

LINE = 32  # numbers: rows begin on cache lines


@dataclass(frozen=True)
class Plan:
    """The counterpart of the kernels' ``Plan``; its weights are NumPy arrays, which :class:`CardPlan` changes.

    Parameters
    ----------
    w_in, w_ns, w_hs : float32 arrays, shape (n_words, vector_size)
        ``None`` for an objective that is off.
    keep : uint32 array, shape (n_words,), or None
    noise : uint32 array, shape (n_words, 2), or None
    tree : Huffman, or None
    lock : float32 array, or None
    window, negative : int
    cbow_mean, cbow_exact, shrink : bool
    options : Options
        The build of the kernels.
    flight : callable ``(alpha=, most=)``
        Gives the warps that may be in flight, of those that the card holds.
    """

    w_in: NDArray[np.float32]
    w_ns: NDArray[np.float32] | None
    w_hs: NDArray[np.float32] | None
    keep: NDArray[np.uint32] | None
    noise: NDArray[np.uint32] | None
    tree: Huffman | None
    lock: NDArray[np.float32] | None
    window: int
    negative: int
    cbow_mean: bool
    cbow_exact: bool
    shrink: bool
    options: Options
    flight: Callable[..., int]

    @property
    def n_bytes(self) -> int:
        """Memory of weights and tables on the card."""
        stride = -(-self.options.vector_size // LINE) * LINE
        weights = sum(len(rows) * stride * 4 for rows in (self.w_in, self.w_ns, self.w_hs) if rows is not None)
        return weights + sum(table.nbytes for table in self.tables().values() if table is not None)

    def tables(self) -> dict[str, NDArray[Any] | None]:
        """Return what the kernels read only, by its name in :class:`Settings`."""
        tree = self.tree
        return {
            "keep": self.keep,
            "noise": self.noise,
            "lock": self.lock,
            "path_start": None if tree is None else np.ascontiguousarray(tree.offsets, dtype=np.int64),
            "path_code": None if tree is None else np.ascontiguousarray(tree.codes, dtype=np.uint8),
            "path_point": None if tree is None else np.ascontiguousarray(tree.points).astype(np.int32),
        }


class CardPlan:
    """A plan whose weights and tables are on the card."""

    def __init__(self, card: Card, plan: Plan, *, seed: int, epoch: int, loss_every: int, alpha: float) -> None:
        self._card = card
        self._plan = plan
        self._memory: list[int] = []
        self._weights: list[tuple[int, NDArray[np.float32]]] = []
        _check_memory(card, plan)
        self.kernels = card.build(plan.options)
        self.warps: int = plan.flight(alpha=alpha, most=self.kernels.most_warps)
        self.settings = Settings(
            n_words=len(plan.w_in), n_lock=0 if plan.lock is None else len(plan.lock), seed=seed, epoch=epoch,
            loss_every=loss_every, window=min(plan.window, 2**30), negative=plan.negative, cbow_mean=plan.cbow_mean,
            cbow_exact=plan.cbow_exact, shrink=plan.shrink,
        )  # fmt: skip
        for name, rows in (("w_in", plan.w_in), ("w_ns", plan.w_ns), ("w_hs", plan.w_hs)):
            if rows is not None:
                setattr(self.settings, name, self._upload_rows(rows))
        for name, table in plan.tables().items():
            if table is not None:
                address = self._allocate(table.nbytes)
                card.upload(address, table)
                setattr(self.settings, name, address)

    def _allocate(self, n_bytes: int) -> int:
        address = self._card.allocate(n_bytes)
        self._memory.append(address)
        return address

    def _upload_rows(self, rows: NDArray[np.float32]) -> int:
        stride = -(-rows.shape[1] // LINE) * LINE
        address = self._allocate(len(rows) * stride * self._card.real.itemsize)
        for first, block in _blocks(rows, stride):
            padded = np.zeros((len(block), stride), self._card.real)
            padded[:, : rows.shape[1]] = block
            self._card.upload(address + first * stride * self._card.real.itemsize, padded)
        self._weights.append((address, rows))
        return address

    def fetch(self) -> None:
        """Copy the weights into the arrays of the plan."""
        for address, rows in self._weights:
            stride = -(-rows.shape[1] // LINE) * LINE
            for first, block in _blocks(rows, stride):
                padded = np.empty((len(block), stride), self._card.real)
                self._card.download(padded, address + first * stride * self._card.real.itemsize)
                block[:] = padded[:, : rows.shape[1]]

    def close(self) -> None:
        """Give the memory back."""
        for address in self._memory:
            self._card.release(address)
        self._memory, self._weights = [], []


def _blocks(rows: NDArray[Any], stride: int) -> Any:
    step = max(1, (1 << 24) // stride)
    return ((first, rows[first : first + step]) for first in range(0, len(rows), step))


def _check_memory(card: Card, plan: Plan) -> None:
    """Raise unless weights and tables leave room for the rest."""
    free, total = card.memory()
    needed = plan.n_bytes
    if needed > 0.9 * free:
        raise TrainingError(
            f'device="cuda": weights and tables of {len(plan.w_in)} words with vector_size={plan.options.vector_size} '
            f"take {needed / 1e9:.2f} GB, and {card.name} has {free / 1e9:.2f} GB of its {total / 1e9:.2f} GB free; "
            'use a smaller vector_size, fewer words (min_count, max_final_vocab), or device="cpu"'
        )
