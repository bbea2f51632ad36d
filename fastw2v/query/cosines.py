"""The compiled cosines of the chosen instruction set, spread over threads where it pays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from fastw2v import _dispatch
from fastw2v._parallel import in_slices, usable_cpus

BYTES_PER_THREAD = 8 << 20  # less than this is done before a thread has started

_compiled = _dispatch.compiled("fastw2v.query._cosine")
unit = _compiled.unit
unit_rows = _compiled.unit_rows
lengths = _compiled.lengths
centralities = _compiled.centralities
logits = _compiled.logits


def in_threads(task: Callable[[slice], None], n_rows: int, nbytes: int) -> None:
    """Run ``task(slice)`` over all rows, in as many threads as ``nbytes`` of rows are worth."""
    if nbytes < 2 * BYTES_PER_THREAD:
        task(slice(0, n_rows))
        return
    in_slices(task, n_rows, least=-(-n_rows * BYTES_PER_THREAD // nbytes), n_threads=usable_cpus())


def cosines(rows: NDArray[Any], query: NDArray[Any], out: NDArray[Any]) -> None:
    """Write the cosine of every row with the unit vector ``query`` into ``out``.

    Parameters
    ----------
    rows : float32, float64 or int8, shape (n, d)
        The numbers of a row must be contiguous; the stride between rows is free.
    query : float64 for float64 rows, else float32, shape (d,)
    out : dtype of ``query``, shape (n,)
    """
    in_threads(lambda part: _compiled.cosines(rows[part], query, out[part]), len(rows), rows.nbytes)
