"""Word Mover's Distance (Kusner et al., 2015): the cost of moving the words of one text to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastw2v.query.similarity import Floats


def word_movers_distance(
    left: Floats, left_weights: NDArray[np.float64], right: Floats, right_weights: NDArray[np.float64]
) -> float:
    """Least total of weight times Euclidean distance that turns one weighted set of vectors into another.

    Parameters
    ----------
    left, right : ndarray, shapes (n, d) and (m, d)
    left_weights, right_weights : ndarray, shapes (n,) and (m,)
        Positive; each sums to 1.

    Returns
    -------
    float
        NaN if a number of a vector is not finite.

    Raises
    ------
    ImportError
        Without the package POT.
    """
    try:
        from ot import emd2
    except ImportError as error:
        raise ImportError(
            "wmdistance() needs the package POT: pip install POT (or pip install fastw2v[wmd])"
        ) from error
    from scipy.spatial.distance import cdist

    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return float("nan")  # emd2 would take a NaN for no cost, or fail
    return float(emd2(left_weights, right_weights, cdist(left, right)))
