"""One corpus read by several processes: each reads a share of the blocks, and tells the others what it found."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fastw2v.text.scan import Scan


class Sharers(Protocol):
    """The processes that share a corpus; all make the same calls in the same order."""

    @property
    def rank(self) -> int:
        """The number of this process: block ``i`` is that of ``i % size``."""

    @property
    def size(self) -> int:
        """How many processes there are."""

    def gather(self, value: Any) -> list[Any]:
        """Return the objects of all processes."""

    def collect(self, value: Any) -> list[Any]:
        """Return the objects of all processes at the first, an empty list elsewhere."""

    def broadcast(self, value: Any) -> Any:
        """Return what the first process gave."""


class ShareOfScan(NamedTuple):
    """What one process found in its blocks."""

    keys: Sequence[Hashable]  # in the order in which they were first seen
    counts: NDArray[np.int64]  # (n_keys,)
    n_distinct: list[int]  # after each of its blocks


def merged(shares: list[ShareOfScan]) -> tuple[list[Hashable], NDArray[np.int64]]:
    """Return all words and their counts, in the order in which one process would have seen them first.

    Within a share words stand in that order already, block after block; so the blocks are gone through in their order,
    and of each only the words that were new to its process.

    Parameters
    ----------
    shares : list of ShareOfScan
        One for each process, in their order.

    Returns
    -------
    keys : list
    counts : ndarray of int64, shape (n_keys,)

    Examples
    --------
    >>> import numpy as np
    >>> first = ShareOfScan(["a", "b", "d"], np.array([2, 1, 1]), [2, 3])  # blocks 0 and 2
    >>> second = ShareOfScan(["c", "a"], np.array([1, 5]), [2])  # block 1
    >>> keys, counts = merged([first, second])
    >>> dict(zip(keys, counts.tolist()))
    {'a': 7, 'b': 1, 'c': 1, 'd': 1}
    """
    ids: dict[Hashable, int] = {}
    low = [0] * len(shares)
    for block in range(max(len(share.n_distinct) for share in shares)):
        for number, share in enumerate(shares):
            if block < len(share.n_distinct):
                for key in share.keys[low[number] : share.n_distinct[block]]:
                    ids.setdefault(key, len(ids))
                low[number] = share.n_distinct[block]
    counts = np.zeros(len(ids), np.int64)
    for share in shares:
        places = np.fromiter((ids[key] for key in share.keys), np.int64, len(share.keys))
        counts[places] += share.counts  # the keys of a share are distinct
    return list(ids), counts


def scan_of_all(sharers: Sharers, share: ShareOfScan, n_words: int, n_sentences: int) -> Scan:
    """Return the scan of the whole corpus.

    Parameters
    ----------
    sharers : Sharers
    share : ShareOfScan
        What this process found.
    n_words, n_sentences : int
        Of the whole corpus, which all processes know already.

    Returns
    -------
    Scan
        The same for all of them.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> alone = SimpleNamespace(rank=0, size=1, collect=lambda value: [value], broadcast=lambda value: value)
    >>> scan_of_all(alone, ShareOfScan(["a"], np.array([2]), [1]), n_words=2, n_sentences=1).keys
    ['a']
    """
    shares = sharers.collect(share._replace(keys=list(share.keys)))
    keys, counts = sharers.broadcast(merged(shares) if sharers.rank == 0 else None)
    return Scan(keys, counts, n_words, n_sentences)


def interleaved(lists: list[list[Any]]) -> list[Any]:
    """Return the items of all processes in the order of the corpus.

    Parameters
    ----------
    lists : list of list
        What each process has of its blocks, in their order.

    Returns
    -------
    list

    Examples
    --------
    >>> interleaved([[0, 3], [1, 4], [2]])
    [0, 1, 2, 3, 4]
    """
    return [items[place] for place in range(len(lists[0])) for items in lists if place < len(items)]
