"""``KeyedVectors``: vectors by key, the queries on them, and their files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy import float32 as REAL
from numpy.typing import NDArray

from fastw2v.compat.old_names import CompatVocab, DeprecatedKeyedVectorsNames
from fastw2v.vectors.attributes import prep_vectors
from fastw2v.vectors.copies import Derived
from fastw2v.vectors.loading import Files
from fastw2v.vectors.rows import reject_string, take_rows

__all__ = [
    "REAL",
    "CompatVocab",
    "Doc2VecKeyedVectors",
    "EuclideanKeyedVectors",
    "KeyedVectors",
    "Vocab",
    "Word2VecKeyedVectors",
    "load_word2vec_format",
    "prep_vectors",
    "pseudorandom_weak_vector",
]


class KeyedVectors(Files, Derived, DeprecatedKeyedVectorsNames):
    """Vectors by key, and everything that can be asked of them.

    Parameters
    ----------
    vector_size : int
        Numbers in a vector.
    count : int
        Rows to prepare: filled by :meth:`add_vector`, without growing the table each time.
    dtype : dtype
        How vectors are stored: float32 by default; float16 and float64 answer all queries too.
    mapfile_path : str, optional
        Kept as an attribute, without effect.

    Attributes
    ----------
    vectors : ndarray, shape (n, vector_size)
        May be written to and replaced: the next query sees it. Rows may be padded.
    index_to_key : list
        Key of each row, usually by falling frequency.
    key_to_index : dict
        Row of each key.
    expandos : dict of str to ndarray
        Attributes of the keys, such as ``count``.
    norms : ndarray or None
        Only what :meth:`fill_norms` left there; no query reads it.

    Examples
    --------
    >>> kv = KeyedVectors(2)
    >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
    >>> kv["north"], "south" in kv
    (array([0., 2.], dtype=float32), False)
    >>> kv.most_similar(positive=["north", "east"], topn=1)[0][0]
    'both'
    """

    def vectors_for_all(
        self, keys: Iterable[Any], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> KeyedVectors:
        """Give a new table with the vectors of ``keys``, in their order, without those that have no vector.

        Parameters
        ----------
        keys : iterable of hashable
            A key that comes twice is taken once.
        allow_inference : bool
            Also take vectors that a subclass makes up for keys without a row.
        copy_vecattrs : bool
            Copy the attributes too. Without, or if there is no ``count`` to copy, the keys get counts in
            falling order, so that the order survives being saved.
        """
        reject_string("keys", keys)
        unique = dict.fromkeys(keys)
        known = [key for key in unique if (key in self if allow_inference else self.get_index(key, -1) >= 0)]
        rows = np.array([self.get_index(key, -1) for key in known], dtype=np.int64)
        has_row = rows >= 0
        if has_row.all():
            vectors = take_rows(self.vectors, rows)
        else:
            vectors = np.stack([self.get_vector(key) for key in known]).astype(self.vectors.dtype)
        result = KeyedVectors(self.vector_size, 0, dtype=self.vectors.dtype)
        result.index_to_key = known
        result.key_to_index = {key: row for row, key in enumerate(known)}
        result.next_index = len(known)
        result.vectors = vectors
        if copy_vecattrs:
            for name, column in self.expandos.items():
                result.expandos[name] = np.zeros(len(known), dtype=column.dtype)
                result.expandos[name][has_row] = column[rows[has_row]]
        if "count" not in result.expandos:
            result.expandos["count"] = np.arange(len(known), 0, -1, dtype=np.int64)
        return result


Word2VecKeyedVectors = KeyedVectors
Doc2VecKeyedVectors = KeyedVectors
EuclideanKeyedVectors = KeyedVectors
Vocab = CompatVocab
load_word2vec_format = KeyedVectors.load_word2vec_format


def pseudorandom_weak_vector(
    size: int, seed_string: Any = None, hashfxn: Callable[[Any], int] = hash
) -> NDArray[np.float32]:
    """Give a small random vector, uniform in -0.5/size .. 0.5/size.

    Parameters
    ----------
    size : int
    seed_string : hashable, optional
        Equal seeds (and hash functions) give equal vectors.
    hashfxn : callable
        From ``seed_string`` to an integer; ``hash`` differs between processes for strings.
    """
    seed = hashfxn(seed_string) & 0xFFFFFFFF if seed_string else None
    source = np.random.Generator(np.random.SFC64(seed))
    return np.asarray((source.random(size).astype(REAL) - REAL(0.5)) / REAL(size), dtype=REAL)
