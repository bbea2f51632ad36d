"""Join phrases through a small table of the accepted pairs, once a model is used so much that it pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastw2v._phrases import PhraseTable
from fastw2v._segment import FROZEN, Rule, export, segment

WORDS_PER_ENTRY = 0.25  # judging an entry costs about a quarter of what it saves for each later word


def phrase_table(phrases: Mapping[str, Any], delimiter: str, connectors: frozenset[str]) -> PhraseTable:
    """Give a table of phrases, which a ``FROZEN`` rule reads."""
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

    def segment(self, table: PhraseTable, rule: Rule, words: list[Any], with_scores: bool) -> list[Any] | None:
        """Give what ``segment(table, words, rule, with_scores)`` gives, or None to use that."""
        made_for = table, rule, table.connectors
        if self._made_for is None or any(new is not old for new, old in zip(made_for, self._made_for, strict=True)):
            self._made_for, self._n_words, self._found = made_for, 0, None
        found = self._found  # other threads may join, too
        if found is None:
            self._n_words += len(words)
            if self._n_words < WORDS_PER_ENTRY * len(table) or not table.delimiter:
                return None
            scores = export(table, rule)
            accepted = phrase_table(scores, table.delimiter, table.connectors)
            found = self._found = accepted, Rule(FROZEN, float("-inf"), scores=scores, table=accepted)
        return segment(found[0], words, found[1], with_scores, whole_only=True)
