from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.train.hot_rows import HotRows

ISA: str  # "baseline", "avx2", "avx512" or "neon": what this module was compiled for
ROW_ALIGNMENT: int  # bytes
HOT_TICK: int  # positions from one exchange of hot rows to the next
HOT_CYCLE: int  # ticks after which the same rows are due again

def cpu_features() -> list[str]:
    """Names of the instruction sets beyond the baseline that this machine can run, best last."""

class Plan:
    def __init__(
        self,
        w_in: NDArray[Any],
        w_ns: NDArray[Any] | None,
        w_hs: NDArray[Any] | None,
        keep: NDArray[np.uint32] | None,
        noise: NDArray[np.uint32] | None,
        tree: tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[np.int64]] | None,
        lock: NDArray[np.float32] | None,
        *,
        window: int | tuple[int, int],
        negative: int,
        skip_gram: bool,
        cbow_mean: bool,
        cbow_exact: bool,
        shrink: bool,
        joint_context: bool = False,
        hot_in: HotRows | None = None,
        hot_ns: HotRows | None = None,
        hot_hs: HotRows | None = None,
        lock_ns: NDArray[np.float32] | None = None,
        lock_hs: NDArray[np.float32] | None = None,
    ) -> None: ...

class Scratch:
    def __init__(self, plan: Plan) -> None: ...
    def stop(self) -> None:
        """End the training of a chunk before its end; called by another thread than the one that trains."""

def train_chunk(
    plan: Plan,
    scratch: Scratch,
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    *,
    seed: int,
    epoch: int,
    chunk: int,
    alpha: float,
    alpha_end: float,
    loss_every: int = 1,
) -> tuple[int, int, float, int]:
    """Train on one chunk, without the GIL.

    Parameters
    ----------
    ids : int32 array, (n_ids,)
        Word ids, sentence after sentence.
    offsets : int64 array, (n_sentences + 1,)
        Sentence ``s`` is ``ids[offsets[s]:offsets[s + 1]]``.
    seed, epoch, chunk : int
        Key of the random streams.
    alpha, alpha_end : float
        Learning rate at the first word and after the last; linear in between.
    loss_every : int
        The loss is summed over every ``loss_every``-th position.

    Returns
    -------
    (n_kept, n_pairs, loss, n_loss_pairs)
        Words left after sub-sampling; trained (input row, centre word) pairs; the sum of the loss,
        over ``n_loss_pairs`` of them.

    Raises
    ------
    InterruptedError
        If the scratch memory's ``stop`` was called before the end of the chunk.
    """

def start_lane(
    plan: Plan,
    lane: Scratch,
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    *,
    seed: int,
    epoch: int,
    chunk: int,
    alpha: float,
    alpha_end: float,
    loss_every: int = 1,
) -> None:
    """Do the first part of :func:`train_chunk`: all that comes before the first window.

    Several lanes whose walks are interleaved by :func:`walk_in_turns` show, in one thread, what as many cores do.
    """

def walk_in_turns(plan: Plan, lanes: list[Scratch], turn: int) -> int:
    """Let each lane in turn train ``turn`` positions, until one has reached the end of its chunk; give its number.

    The others stand somewhere in their chunks and go on from there in the next call.
    """

def walk_lane(plan: Plan, lane: Scratch, part: float) -> None:
    """Let one lane train on, up to a part of the words of its chunk that sub-sampling has left; 1 is the end of it.

    In any number of parts a chunk comes out as :func:`train_chunk` leaves it, to the bit; and it is stopped as there.
    """

def end_lane(plan: Plan, lane: Scratch) -> tuple[int, int, float, int]:
    """Do the last part of :func:`train_chunk`, with what it returns and raises."""

def exchange_rows(
    shared: NDArray[Any],
    mine: NDArray[Any],
    base: NDArray[Any],
    axis: NDArray[Any],
    first: NDArray[np.float64],
    rest: NDArray[np.float64],
    n_threads: int,
) -> None:
    """Add what one thread, or rank, did to its copy of rows to the rows that others have changed meanwhile.

    Parameters
    ----------
    shared, mine, base : float32 or float64 arrays, (n_rows, vector_size), padded
        The rows, the copies, and what both were at the last exchange. Afterwards all three are equal.
    axis : array, (1, vector_size), padded
        Direction of the greatest curvature, of any length.
    first, rest : float64 arrays, (n_rows,)
        Curvature, summed over the updates since the last exchange, along the axis, and the greatest across it.
    n_threads : int
        Threads, or ranks, that change the rows.
    """

def draw_chunk(
    plan: Plan,
    scratch: Scratch,
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    *,
    seed: int,
    epoch: int,
    chunk: int,
) -> tuple[list[int], list[int], list[Any], list[list[int]]]:
    """Give the random choices of :func:`train_chunk`, without training.

    Returns
    -------
    (kept_ids, kept_offsets, spans, noise)
        Word ids left after sub-sampling and their sentence borders; for each of them the window on
        each side (two numbers, if the sides are not alike), and the noise words (as drawn: the word itself and
        repetitions included).
    """

def score_chunk(plan: Plan, scratch: Scratch, ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> list[float]:
    """Log-likelihood of each sentence, over full windows; changes no weights.

    The plan must neither sub-sample nor shrink windows.
    """
