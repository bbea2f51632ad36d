"""The compiled cosines of the chosen instruction set, spread over threads where it pays."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

from fastw2v import _dispatch

WIDER = ("avx2", "avx512")  # any other set is what the baseline module was compiled for
BYTES_PER_THREAD = 8 << 20  # less than this is done before a thread has started


def cosine_module(isa: str) -> Any:
    """Give the module compiled for an instruction set."""
    return import_module(f"fastw2v.query._cosine_{isa}" if isa in WIDER else "fastw2v.query._cosine")


_one_thread = cosine_module(_dispatch.kernels.ISA).cosines


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(task: Callable[[int, int], None], n_rows: int, nbytes: int) -> None:
    """Run ``task(first, end)`` over ranges of rows, in as many threads as ``nbytes`` of rows are worth.

    The threads are made for each call and not kept: a pool would be dead after a fork.
    """
    threads = nbytes // BYTES_PER_THREAD
    if threads < 2 or (threads := min(threads, _cpus())) < 2:
        task(0, n_rows)
        return
    errors: list[BaseException] = []

    def guarded(first: int, end: int) -> None:
        try:
            task(first, end)
        except BaseException as error:
            errors.append(error)

    bounds = [n_rows * part // threads for part in range(threads + 1)]
    started = [threading.Thread(target=guarded, args=span) for span in pairwise(bounds[1:])]
    for thread in started:
        thread.start()
    guarded(0, bounds[1])
    for thread in started:
        thread.join()
    if errors:
        raise errors[0]


def cosines(rows: NDArray[Any], query: NDArray[Any], out: NDArray[Any]) -> None:
    """Write the cosine of every row with the unit vector ``query`` into ``out``.

    Parameters
    ----------
    rows : float32, float64 or int8, shape (n, d)
        The numbers of a row must be contiguous; the stride between rows is free.
    query : float64 for float64 rows, else float32, shape (d,)
    out : dtype of ``query``, shape (n,)
    """
    if rows.nbytes < 2 * BYTES_PER_THREAD:
        _one_thread(rows, query, out)
    else:
        in_threads(lambda first, end: _one_thread(rows[first:end], query, out[first:end]), len(rows), rows.nbytes)
