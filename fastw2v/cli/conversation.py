"""Questions from stdin: of a person with line editing, history and completion, or of another program."""

from __future__ import annotations

import bisect
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastw2v import KeyedVectors

MOST_COMPLETIONS = 200
LONGEST_HISTORY = 1_000
ENDS = ("", "EXIT")  # an empty line; word2vec.c's word


def questions(loaded: KeyedVectors, prompt: str = "> ", ends: Sequence[str] = ENDS) -> Iterator[list[str]]:
    """Give the words of each line that has any; ask a person for them, until the end of stdin or of patience."""
    asks = sys.stdin.isatty()
    with _editing(loaded) if asks and sys.stdout.isatty() else _plain() as read:
        if asks:
            print("words; Tab completes, an empty line ends", file=sys.stderr, flush=True)
        while (line := read(prompt if asks else "")) is not None:
            if line.strip() in ends and (asks or line.strip()):
                return
            if words := line.split():
                yield words


@contextmanager
def _plain() -> Iterator[Any]:
    """Read lines as they come; prompts go to stderr, since stdout is for results."""

    def read(prompt: str) -> str | None:
        print(prompt, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline() or None

    yield read


@contextmanager
def _editing(loaded: KeyedVectors) -> Iterator[Any]:
    """Read lines with what the system has for editing them."""

    def read(prompt: str) -> str | None:
        try:
            return input(prompt)
        except EOFError:
            print()
            return None

    try:
        import readline
    except ImportError:  # Windows
        yield read
        return
    history = history_file()
    with suppress(OSError):  # there is none yet
        readline.read_history_file(history)
    readline.set_history_length(LONGEST_HISTORY)
    readline.set_completer_delims(" \t\n")
    readline.set_completer(Completer(loaded.index_to_key))
    readline.parse_and_bind("bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete")
    try:
        yield read
    finally:
        readline.set_completer(None)
        with suppress(OSError):  # a home that cannot be written to costs the history, and nothing else
            history.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(history)


def history_file() -> Path:
    """Return where questions are remembered."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "fastw2v" / "history"


class Completer:
    """The words of a vocabulary that begin with some letters, the most frequent first.

    Examples
    --------
    >>> complete = Completer(["the", "king", "kind", "queen"])
    >>> complete("ki", 0), complete("ki", 1), complete("ki", 2)
    ('king', 'kind', None)
    """

    def __init__(self, keys: Sequence[Any]) -> None:
        self._row = {key: row for row, key in enumerate(keys) if isinstance(key, str)}
        self._sorted: list[str] = []
        self._found: list[str] = []

    def __call__(self, text: str, state: int) -> str | None:
        """Return the completion of number ``state``, None behind the last one."""
        if state == 0:
            self._sorted = self._sorted or sorted(self._row)
            first = bisect.bisect_left(self._sorted, text)
            last = bisect.bisect_right(self._sorted, text + chr(sys.maxunicode))
            self._found = sorted(self._sorted[first:last], key=self._row.__getitem__)[:MOST_COMPLETIONS]
        return self._found[state] if state < len(self._found) else None
