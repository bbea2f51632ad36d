"""Join phrases through a small table of the accepted pairs, once a model is used so much that it pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastw2v.phrases._counts import PhraseTable
from fastw2v.phrases._segment import FROZEN, Rule, Segmenter, export

WORDS_PER_ENTRY = 0.25  # judging an entry costs about a quarter of what it saves for each later word


def phrase_table(phrases: Mapping[str, Any], delimiter: str, connectors: frozenset[str]) -> PhraseTable:
    """Return a table of phrases, which a ``FROZEN`` rule reads.

    Parameters
    ----------
    phrases : mapping of str to object
    delimiter : str
    connectors : frozenset of str

    Returns
    -------
    PhraseTable

    Examples
    --------
    >>> phrase_table({"new_york": 0.9}, "_", frozenset()).get("new_york")
    1
    """
    table = PhraseTable(delimiter, connectors)
    for phrase in phrases:
        table.set(phrase, 1)
    table.seal()
    return table


class Shortcut:
    """The accepted pairs of a counted table, found when about as many words as it has entries were joined.

    The whole table is far larger than the processor's cache, its accepted pairs are not. They decide about
    words without the delimiter only: a pair with "new_york" is judged by the count of "new_york", which
    the exported phrases do not know.
    """

    def __init__(self) -> None:
        self._made_for: tuple[PhraseTable, Rule, frozenset[str]] | None = None
        self._n_words = 0
        self._found: tuple[PhraseTable, Rule] | None = None

    def find(self, table: PhraseTable, rule: Rule, n_words: int) -> tuple[PhraseTable, Rule] | None:
        """Return table and rule for sentences whose words are whole, or None while they do not pay.

        Parameters
        ----------
        table : PhraseTable
        rule : Rule
        n_words : int
            So many more words are to be joined.
        """
        made_for = table, rule, table.connectors
        if self._made_for is None or any(new is not old for new, old in zip(made_for, self._made_for, strict=True)):
            self._made_for, self._n_words, self._found = made_for, 0, None
        found = self._found  # other threads may join, too
        if found is None and table.delimiter:
            self._n_words += n_words
            if self._n_words >= WORDS_PER_ENTRY * len(table):
                scores = export(table, rule)
                accepted = phrase_table(scores, table.delimiter, table.connectors)
                found = self._found = accepted, Rule(FROZEN, float("-inf"), scores=scores, table=accepted)
        return found

    def segment(self, table: PhraseTable, rule: Rule, sentences: list[list[Any]], form: int) -> list[list[Any] | None]:
        """Return what ``Segmenter(table, rule).segment(sentences, form)`` gives."""
        found = self.find(table, rule, sum(map(len, sentences)))
        if found is None:
            return Segmenter(table, rule).segment(sentences, form)
        joined = Segmenter(*found).segment(sentences, form, whole_only=True)
        left = [place for place, tokens in enumerate(joined) if tokens is None]
        if left:
            rest = Segmenter(table, rule).segment([sentences[place] for place in left], form)
            for place, tokens in zip(left, rest, strict=True):
                joined[place] = tokens
        return joined
