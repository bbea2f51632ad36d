"""The error for a key that is not there: cheap to raise, helpful to read."""

from __future__ import annotations

import difflib
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


class MissingKeyError(KeyError):
    """A key has no vector; ``args[0]`` is gensim's message, ``str()`` adds the closest spellings.

    The search for them runs when the message is read, not when the error is raised: programs that
    probe for words with ``try``/``except KeyError`` pay nothing.
    """

    def __init__(self, message: str, key: Any = None, keys: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self._key = key
        self._keys = keys

    def __str__(self) -> str:
        close = closest_keys(self._key, self._keys)
        return f"{self.args[0]}; closest: {', '.join(map(repr, close))}" if close else str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return (MissingKeyError, (str(self),))  # never drag the vocabulary along
