"""The error for a key that is not there: cheap to raise, helpful to read."""

from __future__ import annotations

import heapq
import numbers
from collections.abc import Sequence
from typing import Any

SCANNED_KEYS = 200_000  # keys are in order of frequency: what a user meant is among the first ones
COMPARED_KEYS = 2_000
SUGGESTIONS = 3
FARTHEST = 2  # edits of a suggestion; 1 for words of fewer than 5 letters


def closest_keys(key: Any, keys: Sequence[Any]) -> list[str]:
    """Up to three keys that are spelled like ``key``, the nearest first, in bounded time whatever the number of keys.

    Examples
    --------
    >>> closest_keys("kinng", ["queen", "king", "sing"])
    ['king', 'sing']
    """
    if not isinstance(key, str) or not key:
        return []
    wanted = key.casefold()
    letters, farthest = set(wanted), FARTHEST if len(wanted) >= 5 else 1
    likely: dict[str, str] = {}
    for candidate in keys[:SCANNED_KEYS]:
        if not isinstance(candidate, str) or abs(len(candidate) - len(key)) > farthest:
            continue
        folded = candidate.casefold()
        if len(letters.symmetric_difference(folded)) <= 2 * farthest:  # an edit changes two letters at most
            likely.setdefault(folded, candidate)
            if len(likely) == COMPARED_KEYS:
                break
    distances = [(edits(wanted, folded, farthest), row, near) for row, (folded, near) in enumerate(likely.items())]
    return [near for _, _, near in heapq.nsmallest(SUGGESTIONS, (one for one in distances if one[0] <= farthest))]


def edits(first: str, second: str, most: int) -> int:
    """How many letters have to be added, left out, exchanged or swapped with the next one; ``most + 1`` for more.

    Examples
    --------
    >>> edits("king", "kign", 2), edits("king", "kin", 2), edits("king", "queen", 2)
    (1, 1, 3)
    """
    before: list[int] = []
    row = list(range(len(second) + 1))
    for n, letter in enumerate(first, 1):
        earlier, before, row = before, row, [n]
        for m, other in enumerate(second, 1):
            least = min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (letter != other))
            if n > 1 and m > 1 and letter == second[m - 2] and other == first[n - 2]:
                least = min(least, earlier[m - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def same_of_another_type(key: Any, keys: Sequence[Any]) -> Any:
    """The first of the keys that is written like ``key`` and of another type; None if there is none.

    Examples
    --------
    >>> same_of_another_type("1", [3, 2, 1]), same_of_another_type(9, ["9"]), same_of_another_type("x", [1])
    (1, '9', None)
    """
    if not isinstance(key, str | bytes | numbers.Real):
        return None
    text = key.decode("utf8", "replace") if isinstance(key, bytes) else str(key)
    for candidate in keys[:SCANNED_KEYS]:
        if type(candidate) is not type(key) and isinstance(candidate, str | bytes | numbers.Real):
            written = candidate.decode("utf8", "replace") if isinstance(candidate, bytes) else str(candidate)
            if written == text:
                return candidate
    return None


class MissingKeyError(KeyError):
    """A key has no vector; ``args[0]`` is gensim's message, ``str()`` adds the closest spellings, or the type to use.

    The search for them runs when the message is read, not when the error is raised: programs that
    probe for words with ``try``/``except KeyError`` pay nothing.
    """

    def __init__(self, message: str, key: Any = None, keys: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self._key = key
        self._keys = keys

    def __str__(self) -> str:
        same = same_of_another_type(self._key, self._keys)
        if same is not None:
            kinds = type(same).__name__, type(self._key).__name__
            return f"{self.args[0]}; {same!r} is, of type {kinds[0]}: ask with the {kinds[0]} and not the {kinds[1]}"
        first = next(iter(self._keys), self._key)
        if isinstance(first, str) != isinstance(self._key, str) and isinstance(self._key, str | bytes | numbers.Real):
            kinds = type(self._key).__name__, type(first).__name__
            return f"{self.args[0]}; it is of type {kinds[0]}, the first key of type {kinds[1]}"
        close = closest_keys(self._key, self._keys)
        return f"{self.args[0]}; closest: {', '.join(map(repr, close))}" if close else str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return (MissingKeyError, (str(self),))  # never drag the vocabulary along
