"""Native tables from the words of a vocabulary to their ids."""

from __future__ import annotations

import numpy as np

from fastw2v.errors import VocabularyError
from fastw2v.text._tokenize import WordTable
from fastw2v.text.vocab import Vocab


def table_of(vocab: Vocab) -> WordTable:
    """Return a table that gives each word of a vocabulary its id there.

    Parameters
    ----------
    vocab : Vocab

    Returns
    -------
    WordTable

    Raises
    ------
    VocabularyError
        If two words are the same text.

    Examples
    --------
    >>> len(table_of(Vocab(["the", "cat"], np.array([7, 2]))))
    2
    """
    table = WordTable()
    n_words = len(vocab.keys)
    ids, offsets = np.empty(n_words, np.int32), np.empty(2, np.int64)
    table.scan_sentences([vocab.keys], 0, ids, offsets)
    if len(table) != n_words:
        raise VocabularyError("words of the vocabulary are the same text; words must be distinct")
    return table


class LastTable:
    """The table of the vocabulary that was asked for last, which all epochs of a training share."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: tuple[Vocab, WordTable] | None = None

    def of(self, vocab: Vocab) -> WordTable:
        """Return the table of a vocabulary."""
        if self._made is None or self._made[0] is not vocab:
            self._made = vocab, table_of(vocab)
        return self._made[1]
