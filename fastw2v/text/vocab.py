"""The vocabulary: which words of a scan stay, in what order, and how it grows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.checks import checked_integer
from fastw2v.errors import ConfigError, VocabularyError
from fastw2v.text.scan import Scan
from fastw2v.text.trimming import TrimRule, keep_vocab_item

NULL_WORD = "\0"


class Vocab:
    """Words with their counts; a word's id is its place. Never changes: growing gives a new one.

    Parameters
    ----------
    keys : sequence of hashable, length n
        Distinct.
    counts : int64 array (n,)
        Occurrences of each.

    Attributes
    ----------
    keys : list
    counts : int64 array (n,)

    Raises
    ------
    VocabularyError
        If there are not as many counts as keys, or a key occurs twice.

    Examples
    --------
    >>> vocab = Vocab(["the", "cat"], np.array([7, 2]))
    >>> vocab.index["cat"], vocab.n_words
    (1, 9)
    """

    __slots__ = ("_index", "counts", "keys")

    def __init__(self, keys: Sequence[Hashable], counts: NDArray[np.integer[Any]]) -> None:
        self.keys = list(keys)
        self.counts: NDArray[np.int64] = np.asarray(counts, np.int64)
        self._index: dict[Hashable, int] | None = None
        if self.counts.shape != (len(self.keys),):
            raise VocabularyError(f"{len(self.keys)} words, but counts of shape {self.counts.shape}")
        if len(set(self.keys)) != len(self.keys):
            twice = next(key for place, key in enumerate(self.keys) if self.index[key] != place)
            raise VocabularyError(f"the vocabulary has the word {twice!r} twice; words must be distinct")

    @property
    def index(self) -> dict[Hashable, int]:
        """The id of each key; made when it is first asked for, as training from files and lists has no use for it."""
        if self._index is None:
            self._index = dict(zip(self.keys, range(len(self.keys)), strict=True))
        return self._index

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def n_words(self) -> int:
        """Occurrences of all words together."""
        return int(self.counts.sum())

    def grow(self, selection: Selection, scan: Scan) -> Vocab:
        """Vocabulary with the words of another corpus added.

        Known words keep their ids and add to their counts all that the scan found, be it too little for
        a new word; new ones follow in the order of the selection, made with ``sort=False`` to have them as
        first seen.

        Examples
        --------
        >>> old, more = Vocab(["the"], np.array([7])), scan_of({"cat": 2, "the": 1})
        >>> grown = old.grow(select_words(more, min_count=2, sort=False), more)
        >>> grown.keys, grown.counts.tolist()
        (['the', 'cat'], [8, 2])
        """
        new = [place for place, key in enumerate(selection.keys) if key not in self.index]
        counts = self.counts.copy()
        ids = np.fromiter((self.index.get(key, -1) for key in scan.keys), np.int64, len(scan.keys))
        counts[ids[ids >= 0]] += scan.counts[ids >= 0]
        return Vocab(self.keys + [selection.keys[place] for place in new], np.append(counts, selection.counts[new]))


class Selection(NamedTuple):
    """Words that passed the trimming, in the order in which they get their ids."""

    keys: list[Hashable]
    counts: NDArray[np.int64]  # (n,)
    effective_min_count: int  # min_count, or more where max_final_vocab demands it

    def vocab(self) -> Vocab:
        """The vocabulary of these words."""
        return Vocab(self.keys, self.counts)

    def report(self, scan: Scan) -> dict[str, int]:
        """What gensim's ``prepare_vocab`` tells of the trimming, without the down-sampling."""
        return {
            "drop_unique": len(scan.keys) - len(self.keys),
            "retain_total": int(self.counts.sum()),
            "num_retained_words": len(self.keys),
        }


def scan_of(counts: Mapping[Hashable, int], n_sentences: int = 0) -> Scan:
    """Return a scan made of word counts that come from elsewhere.

    Parameters
    ----------
    counts : mapping of hashable to int
    n_sentences : int

    Returns
    -------
    Scan

    Raises
    ------
    ConfigError
        If a count is negative or no integer.

    Examples
    --------
    >>> scan_of({"the": 7, "cat": 2}).n_words
    9
    """
    for key, count in counts.items():
        if count < 0 or int(count) != count:
            raise ConfigError(f"the count of {key!r} is {count!r}; counts must be integers >= 0")
    values = np.fromiter(counts.values(), np.int64, len(counts))
    return Scan(list(counts), values, int(values.sum()), n_sentences)


def select_words(
    scan: Scan,
    *,
    min_count: int = 5,
    max_final_vocab: int | None = None,
    trim_rule: TrimRule | None = None,
    sort: bool = True,
    null_word: bool = False,
) -> Selection:
    r"""Choose the words of a vocabulary and their order.

    Parameters
    ----------
    scan : Scan
    min_count : int
        Words that are rarer are left out.
    max_final_vocab : int or None
        Raise ``min_count`` until no more words than this are left; words of one count stay or go
        together, so that there may be fewer.
    trim_rule : callable or None
        ``trim_rule(word, count, min_count)`` gives ``RULE_KEEP``, ``RULE_DISCARD`` or ``RULE_DEFAULT``
        and so overrules ``min_count`` for a word. It comes after
        ``max_final_vocab``.
    sort : bool
        Most frequent first, equal counts last seen first; otherwise as first seen.
    null_word : bool
        Add the pseudo-word ``"\0"`` with count 1, as if it had been seen last.

    Returns
    -------
    Selection

    Examples
    --------
    >>> scan = scan_of({"a": 1, "b": 3, "c": 2, "d": 2})
    >>> select_words(scan, min_count=2).keys
    ['b', 'd', 'c']
    """
    counts = scan.counts
    if max_final_vocab is not None:
        max_final_vocab = checked_integer("max_final_vocab", max_final_vocab, 0, "None is no limit")
        if max_final_vocab < len(counts):
            place = len(counts) - 1 - max_final_vocab
            min_count = max(min_count, int(np.partition(counts, place)[place]) + 1)
    if trim_rule is None:
        kept = np.flatnonzero(counts >= min_count)
    else:
        kept = np.fromiter(
            (
                place
                for place, (key, count) in enumerate(zip(scan.keys, counts.tolist(), strict=True))
                if keep_vocab_item(key, count, min_count, trim_rule)
            ),
            np.intp,
        )
    keys: list[Hashable] = [scan.keys[place] for place in kept.tolist()]
    counts = counts[kept]
    if null_word and NULL_WORD not in keys:
        keys.append(NULL_WORD)
        counts = np.append(counts, 1)
    if sort:
        order = np.argsort(counts, kind="stable")[::-1]
        keys, counts = [keys[place] for place in order], counts[order]
    return Selection(keys, counts, min_count)
