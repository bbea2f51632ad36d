"""The vector table: what file formats exchange and queries read."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FACTORS = "vectors_lockf"  # of the updates of rows, among what belongs to a table as a whole: one, or one for each row
HUFFMAN_PATHS = ("code", "point")  # attributes of keys in gensim, which follow from the counts


def one_for_each(n_factors: int, n_rows: int) -> bool:
    """Whether factors belong to the rows, one to each; one alone counts for all rows.

    >>> one_for_each(3, 3), one_for_each(1, 3), one_for_each(1, 1)
    (True, False, False)
    """
    return n_factors == n_rows > 1


@dataclass
class VectorTable:
    """Keys, one vector for each key, and per-key attributes.

    Parameters
    ----------
    keys : list of hashable
        Row names, unique; ``keys[row]`` belongs to ``vectors[row]``.
    vectors : ndarray, shape (n_keys, vector_size)
        Any floating dtype; rows are contiguous, the row stride may be padded.
    attrs : dict of str to ndarray
        Per-key attributes, each of length ``n_keys`` (``count`` is the usual one).
    own : dict of str to anything, keyword-only
        What belongs to the table as a whole: ``vectors_lockf``, and attributes that a program gave to its vectors.

    Examples
    --------
    >>> import numpy as np
    >>> table = VectorTable(["a", "b"], np.eye(2, dtype=np.float32))
    >>> len(table), table.vector_size
    (2, 2)
    """

    keys: list[Hashable]
    vectors: NDArray[Any]
    attrs: dict[str, NDArray[Any]] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.keys) != self.vectors.shape[0]:
            raise ValueError(
                f"a table of {len(self.keys)} keys needs vectors of shape ({len(self.keys)}, vector_size), "
                f"got shape {self.vectors.shape}"
            )
        for name, values in self.attrs.items():
            if len(values) != len(self.keys):
                raise ValueError(f"attribute {name!r} has {len(values)} values for {len(self.keys)} keys")

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def vector_size(self) -> int:
        """Dimension of the vectors."""
        return int(self.vectors.shape[1])

    def counts(self) -> NDArray[np.int64] | None:
        """Word counts, where the table has them."""
        counts = self.attrs.get("count")
        return None if counts is None else np.asarray(counts, dtype=np.int64)
