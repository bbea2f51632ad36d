"""The graph of all neighbours, as a sparse matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastw2v._progress import step
from fastw2v.query.search import RowLists, nearest_rows
from fastw2v.query.similarity import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

QUERIES_AT_A_TIME = 4096  # what is between two steps of the progress bar


def neighbour_graph(
    rows: Floats, k: int, part: slice = slice(None), threads: int | None = None, progress: bool = False
) -> csr_array:
    """Return the cosines of each row with its ``k`` nearest others, as a sparse matrix.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
        Any storage type.
    k : int
    part : slice
        Rows that have neighbours, and are neighbours; step 1.
    threads : int, optional
        By default as many as the work is worth.
    progress : bool
        Show a bar.

    Returns
    -------
    scipy.sparse.csr_array of float32 (float64 for float64 rows), shape (n, n)
        The neighbours of a row best first, equal cosines by row: ``indices`` are not sorted.

    Examples
    --------
    >>> neighbour_graph(np.array([[1.0, 0], [1, 1], [0, 1]]), 1).indices
    array([1, 0, 1], dtype=int32)
    """
    from scipy.sparse import csr_array

    first, stop, _ = part.indices(len(rows))
    n_asked = max(0, stop - first)
    index_type = np.int32 if len(rows) < 2**31 and n_asked * k < 2**31 else np.int64
    counts = np.zeros(len(rows), dtype=np.int64)
    scores, columns = [], []
    with step("neighbours", n_asked, "row", show=progress) as done:
        for low in range(first, stop, QUERIES_AT_A_TIME):
            high = min(low + QUERIES_AT_A_TIME, stop)
            own = np.arange(low, high)
            found, best = nearest_rows(
                rows, rows[low:high], k, part=part, left_out=RowLists(np.arange(len(own) + 1), own), threads=threads
            )
            answered = best >= 0
            counts[low:high] = answered.sum(axis=1)
            scores.append(found[answered])
            columns.append(best[answered].astype(index_type))
            done.add(len(own))
    borders = np.concatenate([[0], np.cumsum(counts)]).astype(index_type)
    data = np.concatenate(scores) if scores else np.empty(0, dtype=np.float32)
    indices = np.concatenate(columns) if columns else np.empty(0, dtype=index_type)
    return csr_array((data, indices, borders), shape=(len(rows), len(rows)))
