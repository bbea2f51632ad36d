"""The error for a key that is not there: cheap to raise, helpful to read."""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Sequence
from typing import Any

SCANNED_KEYS = 200_000  # keys are in order of frequency: what a user meant is among the first ones
COMPARED_KEYS = 2_000
SUGGESTIONS = 3


def closest_keys(key: Any, keys: Sequence[Any]) -> list[str]:
    """Up to three keys that are spelled like ``key``, in bounded time whatever the number of keys.

    Examples
    --------
    >>> closest_keys("kinng", ["queen", "king", "sing"])
    ['king', 'sing']
    """
    if not isinstance(key, str) or not key:
        return []
    wanted, letters, likely = key.casefold(), set(key.casefold()), []
    needed = max(1, (2 * len(letters)) // 3)
    for candidate in keys[:SCANNED_KEYS]:
        if (
            isinstance(candidate, str)
            and abs(len(candidate) - len(key)) <= 2
            and len(letters.intersection(candidate.casefold())) >= needed
        ):
            likely.append(candidate)
            if len(likely) == COMPARED_KEYS:
                break
    folded: dict[str, str] = {}
    for candidate in likely:
        folded.setdefault(candidate.casefold(), candidate)
    return [folded[match] for match in difflib.get_close_matches(wanted, folded, n=SUGGESTIONS)]


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
