"""What the page asks of a table, as plain lists and dictionaries: keys become text, and rows name them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.vectors.missing import closest_keys

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors

MOST_LETTERS = 200  # of a key that is shown: a page can do nothing with ten thousand
MOST_ANSWERS = 200
MOST_COMPARED = 30
COMPLETIONS = 12

Reply = dict[str, Any]


class Answers:
    """The questions that the page can ask of one table.

    Parameters
    ----------
    vectors : KeyedVectors
        Not changed.
    points : float32 array, (n_points, 2)
        Where the first rows stand on the map.
    """

    def __init__(self, vectors: KeyedVectors, points: NDArray[np.float32]) -> None:
        self._vectors = vectors
        self._points = points
        self._names = [str(key) for key in vectors.index_to_key]
        # Completion is by spelling, whatever the case: rows in the order of their folded names.
        self._folded = sorted((name.casefold()[:MOST_LETTERS], row) for row, name in enumerate(self._names))
        self._counts = vectors.expandos.get("count")

    def info(self) -> Reply:
        """Return what there is."""
        n_words, size = self._vectors.vectors.shape
        return {"words": n_words, "size": size, "points": len(self._points), "counts": self._counts is not None}

    def complete(self, text: str) -> Reply:
        """Return words that begin with a text, the most frequent first; else those that are spelled like it."""
        folded = text.casefold()[:MOST_LETTERS]
        first = bisect_left(self._folded, (folded, -1))
        end = bisect_left(self._folded, (folded + "\U0010ffff", -1))
        rows = sorted(row for _, row in self._folded[first : min(end, first + 10_000)])[:COMPLETIONS]
        if not rows and text:
            near = closest_keys(text, self._vectors.index_to_key)
            rows = [self._vectors.key_to_index[key] for key in near]
        return {"words": [self._word(row) for row in rows]}

    def find(self, text: str) -> Reply:
        """Return the word of this spelling, of this spelling in another case, or near ones.

        Raises
        ------
        LookupError
            If there is none; the message says what is near.
        """
        row = self._row_of(text)
        if row is None:
            near = ", ".join(word["text"] for word in self.complete(text)["words"][:3])
            raise LookupError(f"no vector for {text[:MOST_LETTERS]!r}" + (f"; close to it: {near}" if near else ""))
        return self._word(row)

    def _row_of(self, text: str) -> int | None:
        index = self._vectors.key_to_index
        if text in index:
            return index[text]
        place = bisect_left(self._folded, (text.casefold()[:MOST_LETTERS], -1))
        found = self._folded[place : place + 1]
        if found and self._names[found[0][1]][:MOST_LETTERS].casefold() == text.casefold():
            return found[0][1]
        return None

    def similar(self, row: int, n: int) -> Reply:
        """Return the nearest words of a word."""
        return {"word": self._word(row), "words": self._nearest([self._key(row)], [], n)}

    def analogy(self, first: int, second: int, third: int, n: int) -> Reply:
        """Return what is to the third word as the second is to the first."""
        asked = [self._key(second), self._key(third)]
        return {
            "asked": [self._word(row) for row in (first, second, third)],
            "words": self._nearest(asked, [self._key(first)], n),
        }

    def compare(self, rows: Sequence[int]) -> Reply:
        """Return the cosine of every two of some words.

        Raises
        ------
        ConfigError
            If there are fewer than two words, or too many for a page.
        """
        if not 2 <= len(rows) <= MOST_COMPARED:
            raise ConfigError(f"compare 2 to {MOST_COMPARED} words, not {len(rows)}")
        keys = [self._key(row) for row in rows]
        cosines = [[_number(self._vectors.similarity(one, other)) for other in keys] for one in keys]
        return {"words": [self._word(row) for row in rows], "cosines": cosines}

    def map(self) -> Reply:
        """Return the words of the map, and where they stand: x and y in turn."""
        return {
            "words": [self._names[row][:MOST_LETTERS] for row in range(len(self._points))],
            "points": [round(float(number), 4) for number in self._points.ravel()],
        }

    def _key(self, row: int) -> Any:
        if not 0 <= row < len(self._names):
            raise LookupError(f"there is no row {row}: the table has {len(self._names)}")
        return self._vectors.index_to_key[row]

    def _word(self, row: int) -> Reply:
        word: Reply = {"row": row, "text": self._names[row][:MOST_LETTERS]}
        if self._counts is not None and row < len(self._counts):
            word["count"] = int(self._counts[row])
        return word

    def _nearest(self, positive: list[Any], negative: list[Any], n: int) -> list[Reply]:
        n = max(1, min(n, MOST_ANSWERS))
        found = self._vectors.most_similar(positive=positive, negative=negative, topn=n)
        index = self._vectors.key_to_index
        return [{**self._word(index[key]), "cosine": _number(cosine)} for key, cosine in found]


def _number(value: Any) -> float | None:
    """Return a number that JSON has."""
    return round(float(value), 4) if math.isfinite(value) else None
