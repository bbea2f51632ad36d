import numpy as np
from numpy.typing import NDArray

def merge(items: NDArray[np.int64], children: NDArray[np.int32]) -> None:
    """Merge the two lightest nodes until one is left, without the GIL.

    Parameters
    ----------
    items : int64 array, (n_words, 2), C-contiguous
        Weight and number of each leaf; overwritten.
    children : int32 array, (n_words - 1, 2), C-contiguous
        Receives the numbers of the left (lighter) and right child of each inner node; inner nodes
        count on from ``n_words``.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
