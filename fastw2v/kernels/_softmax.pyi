from typing import Any

import numpy as np
from numpy.typing import NDArray

ISA: str  # what this module was compiled for

class Batch:
    """Working memory of a team of threads that train chunks together.

    One thread calls :meth:`train`; meanwhile each of the others must be in :meth:`help`, from
    :meth:`assemble` until :meth:`dismiss`. Neither holds the GIL.

    Parameters
    ----------
    w_in, w_out : float32 or float64 arrays, (n_words, vector_size), rows padded to cache lines
        Weights, updated in place.
    lock : float32 array or None
        Factors of the input updates; word ``i`` uses ``lock[i % len(lock)]``.
    in_order : bool
        Whether windows see what the windows before them did; else those of a batch do not.
    capacity : int
        Windows in a batch.
    n_threads : int
        Threads in the team, the first one included.
    """

    def __init__(
        self,
        w_in: NDArray[Any],
        w_out: NDArray[Any],
        lock: NDArray[np.float32] | None,
        *,
        skip_gram: bool,
        cbow_mean: bool,
        cbow_exact: bool,
        in_order: bool,
        capacity: int,
        n_threads: int,
    ) -> None: ...
    @property
    def n_threads(self) -> int: ...
    @property
    def stopped(self) -> bool: ...
    def stop(self) -> None:
        """End :meth:`train` before its end; called by any thread."""
    def assemble(self) -> None:
        """Begin with a new team."""
    def help(self, rank: int) -> None:
        """Do the part of thread ``rank`` of the team, from 1, until :meth:`dismiss`."""
    def dismiss(self) -> None:
        """Send the helpers home."""
    def train(
        self,
        ids: NDArray[np.int32],
        low: NDArray[np.int64],
        high: NDArray[np.int64],
        alpha: float,
        alpha_end: float,
    ) -> float:
        """Train the windows of a chunk and return the sum of their losses.

        Parameters
        ----------
        ids : int32 array, (n,)
            Word ids.
        low, high : int64 arrays, (n,)
            Word ``i`` has the context ``ids[low[i]:high[i]]`` without itself, which may be empty.
        alpha, alpha_end : float
            Learning rate at the first word and after the last; linear in between.
        """
