"""A table under construction: rows arrive in blocks, are chosen, parsed into place and checked."""

from __future__ import annotations

import logging
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastw2v._parallel import Slices
from fastw2v.errors import ConfigError, FormatError, TruncatedFileError
from fastw2v.formats import _parse
from fastw2v.formats._reader import KeyDecodeError, Window
from fastw2v.table import VectorTable

logger = logging.getLogger(__name__)

LONGEST_KEY = 1 << 20
LONGEST_NUMBER = 1000  # characters, as in _parse.pyx
REASONS = {
    _parse.ROW_NUMBER: "value {value} is not a number (fields are separated by one space)",
    _parse.ROW_SHORT: "the row ends after fewer than {dim} values",
    _parse.ROW_LONG: "the row has more than {dim} values",
    _parse.ROW_NONFINITE: "the row holds NaN or infinite values",
}


@dataclass(frozen=True)
class Policy:
    """What a loader does with rows that are not as they should be.

    Parameters
    ----------
    duplicates : {"first", "error"}
        A key that was met before: keep the first row, or stop.
    nonfinite : {"keep", "skip", "error"}
        Rows with NaN or infinite values.
    bad_rows : {"error", "skip"}
        Rows of wrong length or with text that is no number (text formats).
    rest : {"warn", "error"}
        Data after the last row that a header announces.
    """

    duplicates: str = "first"
    nonfinite: str = "keep"
    bad_rows: str = "error"
    rest: str = "warn"

    def __post_init__(self) -> None:
        allowed = {
            "duplicates": ("first", "error"),
            "nonfinite": ("keep", "skip", "error"),
            "bad_rows": ("error", "skip"),
            "rest": ("warn", "error"),
        }
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ConfigError(f"{name}={getattr(self, name)!r}: use one of {', '.join(map(repr, values))}")

    @property
    def drops(self) -> bool:
        """Whether a row may be left out for what it holds, so that a later one of the same key is the first."""
        return "skip" in (self.nonfinite, self.bad_rows)


class TableBuilder:
    """Keys and vectors that grow block by block.

    Parameters
    ----------
    name : str
        The file, for messages.
    dim : int
        Length of each vector.
    dtype : dtype
        Of the finished table.
    capacity : int or None
        Rows that there are at most, if that is known. Room is made for as many as the rest of the file is likely
        to hold by the rows that were read, so a header's lie takes no memory.
    words : collection of str, optional
        Keep only these keys.
    """

    def __init__(
        self,
        name: str,
        dim: int,
        dtype: DTypeLike,
        capacity: int | None,
        words: Collection[str] | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.name, self.dim, self.policy = name, dim, policy or Policy()
        self.words = None if words is None else frozenset(words)
        self.keys: list[Hashable] = []
        self.seen: dict[Hashable, None] = {}  # as a set, and takes half of the memory
        self.skipped = {"duplicate": 0, "malformed": 0, "not finite": 0}
        self.kept_nonfinite = 0
        if self.words is not None:
            capacity = len(self.words) if capacity is None else min(capacity, len(self.words))
        self.capacity = capacity
        self.vectors = np.empty((0, dim), np.dtype(dtype))

    @property
    def complete(self) -> bool:
        """Whether all the words that were asked for have been found."""
        return self.words is not None and len(self.keys) >= len(self.words)

    def choose(self, keys: list[str], offsets: NDArray[np.int64], first_row: int) -> tuple[list[str], Any]:
        """Keys of a block that are wanted and new, and their positions (``None``: all of them)."""
        fresh: dict[Hashable, None] = dict.fromkeys(keys)
        if self.words is None and len(fresh) == len(keys) and self.seen.keys().isdisjoint(fresh):
            self.seen.update(fresh)
            return keys, None
        positions: list[int] = []
        for position, key in enumerate(keys):
            if self.words is not None and key not in self.words:
                continue
            if key in self.seen:
                self._skip_duplicate(key, first_row + position, offsets[position])
                continue
            self.seen[key] = None
            positions.append(position)
        return [keys[position] for position in positions], np.array(positions, np.int64)

    def _skip_duplicate(self, key: str, row: int, offset: int) -> None:
        self.skipped["duplicate"] += 1
        if self.policy.duplicates != "error" and self.skipped["duplicate"] > 10:
            return  # at once: damage can turn a small compressed file into millions of rows with one key
        place = f"{self.name}: row {row} (byte {offset}): key {key!r}"
        if self.policy.duplicates == "error":
            raise FormatError(f"{place} was met before; duplicates='first' keeps the first")
        logger.warning("%s is a duplicate, ignoring all but the first", place)

    def rows(self, n: int, more: float | None = None) -> NDArray[Any]:
        """Room for the next ``n`` rows; ``more`` are likely to follow them."""
        needed = len(self.keys) + n
        if needed > len(self.vectors):
            capacity = needed + (needed >> 4 if more is None else int(more))
            if self.capacity is not None:
                capacity = max(needed, min(capacity, self.capacity))
            if len(self.vectors):
                self.vectors.resize((capacity, self.dim), refcheck=False)
            else:
                self.vectors = np.empty((capacity, self.dim), self.vectors.dtype)  # not filled with zeros
        return self.vectors[len(self.keys) : needed]

    def add(
        self,
        keys: list[str],
        rows: NDArray[Any],
        status: NDArray[np.uint8],
        where: NDArray[np.int64],
        describe: Any,
    ) -> None:
        """Take over ``keys`` whose vectors were written to ``rows``, after a look at their status."""
        if not status.any():
            self.keys += keys
            return
        nonfinite = status == _parse.ROW_NONFINITE
        malformed = (status != _parse.ROW_OK) & ~nonfinite
        wrong = malformed if self.policy.bad_rows == "error" else np.zeros_like(malformed)
        if self.policy.nonfinite == "error":
            wrong = wrong | nonfinite
        if wrong.any():
            position = int(np.flatnonzero(wrong)[0])
            raise describe(position, int(status[position]), int(where[position]))
        drop = malformed | nonfinite if self.policy.nonfinite == "skip" else malformed
        if self.policy.nonfinite == "keep":
            self.kept_nonfinite += int(nonfinite.sum())
        self.skipped["not finite"] += int((drop & nonfinite).sum())
        self.skipped["malformed"] += int(malformed.sum())
        kept = np.flatnonzero(~drop)
        rows[: len(kept)] = rows[kept]
        for dropped in np.flatnonzero(drop).tolist():
            del self.seen[keys[dropped]]
        self.keys += [keys[position] for position in kept]

    def finish(self) -> VectorTable:
        """The table, cut to its rows; what was skipped is logged."""
        for reason, count in self.skipped.items():
            if count:
                logger.warning("%s: skipped %d %s rows", self.name, count, reason)
        if self.kept_nonfinite:
            logger.warning(
                "%s: %d rows hold NaN or infinite values (nonfinite='skip' drops them)",
                self.name,
                self.kept_nonfinite,
            )
        if len(self.vectors) != len(self.keys):
            self.vectors.resize((len(self.keys), self.dim), refcheck=False)
        return VectorTable(self.keys, self.vectors)


def decode(
    window: Window,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    encoding: str,
    errors: str,
    first_row: int,
) -> list[str]:
    """Keys of a block as text.

    Raises
    ------
    KeyDecodeError
        With the row and the byte offset of the first key that is not valid.
    """
    data = window.data
    keys: list[str] = []
    try:
        if encoding.lower().replace("-", "").replace("_", "") == "utf8":
            return _parse.decode_keys(data, starts, ends, errors)
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
            keys.append(data[a:b].tobytes().decode(encoding, errors))
        return keys
    except UnicodeDecodeError as error:  # holds a copy of the key, which may be as long as the file
        codec, start, end, reason = error.encoding, error.start, error.end, error.reason
        row = getattr(error, "key", len(keys))
    raw = data[int(starts[row]) : int(ends[row])].tobytes()
    raise KeyDecodeError(
        codec,
        raw,
        start,
        end,
        f"{window.reader.name}: row {first_row + row} (byte {window.base + int(starts[row])}): key {raw[:60]!r} "
        f"is not valid {encoding} ({reason}); unicode_errors='replace' or 'ignore' reads it anyway",
    )


@dataclass
class Rows:
    """How the rows of a text or binary word2vec-like file are to be read."""

    builder: TableBuilder
    n_rows: int | None  # rows to read at most; None reads to the end of the file
    encoding: str = "utf8"
    errors: str = "strict"
    keys_may_have_spaces: bool = False
    promised: bool = True  # by a header: blank lines at the end of the file would be rows
    labels: list[str] | None = None  # keys from elsewhere: lines hold values only, separated by tabs

    def read_text(self, window: Window) -> int:
        """Read lines ``key value ... value``; return how many."""
        row = 0
        with Slices() as slices:
            while (self.n_rows is None or row < self.n_rows) and not self.builder.complete:
                stop = self._whole_lines(window, row)
                if stop == window.start:
                    break
                if self.labels is not None:
                    text = window.data[window.start : stop]
                    text[text == 9] = 32
                n = _parse.count_lines(window.data, window.start, stop)
                n += int(stop > window.start and window.data[stop - 1] != 10)
                if self.n_rows is not None:
                    n = min(n, self.n_rows - row)
                starts, key_ends, ends = (np.empty(n, np.int64) for _ in range(3))
                n, window.start = _parse.scan_lines(window.data, window.start, stop, starts, key_ends, ends)
                if not (self.promised and self.n_rows) and window.final and window.start == window.end:
                    while n and ends[n - 1] == starts[n - 1]:  # blank lines at the end of the file
                        n -= 1
                    starts, key_ends, ends = starts[:n], key_ends[:n], ends[:n]
                if self.labels is not None:
                    key_ends = starts - 1
                    if row + n > len(self.labels):
                        raise FormatError(f"{self.builder.name}: more rows than the {len(self.labels)} labels")
                elif self.keys_may_have_spaces:
                    _parse.split_from_right(window.data, starts, ends, self.builder.dim, key_ends)
                keys = self._keys(window, row, starts, key_ends)
                for part in self._parts(keys):
                    block = starts[part], key_ends[part], ends[part]
                    self._text_block(window, slices, row + part.start, keys[part], *block)
                row += n
        return row

    def _whole_lines(self, window: Window, row: int) -> int:
        """Fill the window until it holds a whole line; the end of the last one."""
        while True:
            if window.end - window.start < window.block() and not window.final:
                window.extend()
            if window.final:
                return window.end
            stop = _parse.last_line_end(window.data, window.start, window.end)
            if stop > window.start:
                return stop
            have = window.end - window.start
            if have > LONGEST_KEY + (self.builder.dim + 1) * LONGEST_NUMBER:
                raise FormatError(
                    f"{self.builder.name}: row {row} (byte {window.base + window.start}): no end of the line within "
                    f"{have} bytes, which is more than {self.builder.dim} numbers take"
                )
            window.extend(max(window.block(), have // 2))

    def _keys(self, window: Window, row: int, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[str]:
        """Keys of a block, none of them longer than it may be."""
        if self.labels is not None:
            return self.labels[row : row + len(starts)]
        too_long = np.flatnonzero(ends - starts > LONGEST_KEY)
        if len(too_long):
            position = int(too_long[0])
            raise FormatError(
                f"{self.builder.name}: row {row + position} (byte {window.base + int(starts[position])}): a key of "
                f"{int(ends[position] - starts[position])} bytes, the longest may have {LONGEST_KEY}"
            )
        return decode(window, starts, ends, self.encoding, self.errors, row)

    def _parts(self, keys: list[str]) -> Iterator[slice]:
        """The block, cut before a key that it had already where rows may be dropped for what they hold.

        The second row of a key counts if the first one is dropped, which is known only when that has been parsed.
        """
        begin = 0
        if self.builder.policy.drops and len(set(keys)) < len(keys):
            met: set[str] = set()
            for position, key in enumerate(keys):
                if key in met:
                    yield slice(begin, position)
                    begin, met = position, set()
                met.add(key)
        yield slice(begin, len(keys))

    def _text_block(
        self,
        window: Window,
        slices: Slices,
        row: int,
        keys: list[str],
        starts: NDArray[np.int64],
        key_ends: NDArray[np.int64],
        ends: NDArray[np.int64],
    ) -> None:
        builder = self.builder
        keys, chosen = builder.choose(keys, starts + window.base, row)
        positions = np.arange(len(starts)) if chosen is None else chosen
        first, last = np.minimum(key_ends + 1, ends)[positions], ends[positions]
        # what the header says of the dimension is believed once a block of rows has borne it out
        out = builder.rows(len(keys), _likely(window, starts, ends) if builder.keys else 0)
        status, where = np.empty(len(keys), np.uint8), np.empty(len(keys), np.int64)
        # float16 is rounded from the exact double, as if the text had been rounded once
        values = out if out.dtype in (np.float32, np.float64) else np.empty(out.shape, np.float64)

        def parse(part: slice) -> None:
            _parse.parse_rows(window.data, first[part], last[part], values[part], status[part], where[part])

        slices.run(parse, len(keys))
        if values is not out:
            with np.errstate(over="ignore"):
                out[:] = values

        def describe(position: int, code: int, at: int) -> FormatError:
            end = int(ends[positions[position]])  # spaces may follow; if no newline does, the file ends in this row
            ended = window.final and _parse.next_newline(window.data, end, window.end) == window.end
            cut = code == _parse.ROW_SHORT and ended
            return (TruncatedFileError if cut else FormatError)(
                f"{builder.name}: row {row + positions[position]} "
                f"(byte {window.base + first[position] + at}): "
                + REASONS[code].format(dim=builder.dim, value=_token(window, int(first[position]) + at))
                + (" and the file ends there" if cut else "")
            )

        builder.add(keys, out, status, where, describe)

    def read_binary(self, window: Window) -> int:
        """Read rows ``key, space, float32 ...``; return how many."""
        builder, row, row_bytes = self.builder, 0, 4 * self.builder.dim
        while (self.n_rows is None or row < self.n_rows) and not builder.complete:
            if window.end - window.start < window.block() and not window.final:
                window.extend()
            room = (window.end - window.start) // (row_bytes + 1) + 1
            n = room if self.n_rows is None else min(room, self.n_rows - row)
            starts, ends = np.empty(n, np.int64), np.empty(n, np.int64)
            n, stop = _parse.scan_binary(window.data, window.start, window.end, row_bytes, starts, ends)
            if n == 0:
                if window.final:
                    break
                if window.end - window.start > LONGEST_KEY + row_bytes:
                    raise FormatError(
                        f"{builder.name}: row {row} (byte {window.base + window.start}): "
                        f"no space ends the key within {LONGEST_KEY} bytes"
                    )
                # by what is really there, for the dimension in the header may be a lie
                window.extend(max(window.block(), (window.end - window.start) // 2))
                continue
            keys = self._keys(window, row, starts[:n], ends[:n])
            for part in self._parts(keys):
                self._binary_block(window, row + part.start, keys[part], starts[:n][part], ends[:n][part])
            window.start = stop
            row += n
        return row

    def _binary_block(
        self, window: Window, row: int, keys: list[str], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> None:
        builder = self.builder
        keys, chosen = builder.choose(keys, starts + window.base, row)
        positions = np.arange(len(starts)) if chosen is None else chosen
        first = ends[positions] + 1
        out = builder.rows(len(keys), _likely(window, starts, ends + 4 * builder.dim))
        status, where = np.empty(len(keys), np.uint8), np.zeros(len(keys), np.int64)
        values = out if out.dtype == np.float32 else np.empty(out.shape, np.float32)
        _parse.copy_rows(window.data, first, values, status)  # one thread is as fast as the memory
        if values is not out:
            with np.errstate(over="ignore"):
                out[:] = values

        def describe(position: int, code: int, at: int) -> FormatError:
            return FormatError(
                f"{builder.name}: row {row + positions[position]} "
                f"(byte {window.base + first[position] + at}): " + REASONS[code]
            )

        builder.add(keys, out, status, where, describe)


def _likely(window: Window, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> float | None:
    """About how many rows follow those of a block, by their length, where the size of the file is known."""
    left = window.reader.remaining()
    if left is None or not len(starts):
        return None
    rest = max(0, left + window.end - int(ends[-1]))
    return 1.02 * rest / max(1.0, float(ends[-1] - starts[0]) / len(starts))


def _token(window: Window, position: int) -> str:
    """The text up to the next white space, for a message."""
    text = window.data[position : min(position + 40, window.end)].tobytes()
    return repr((text.split(None, 1)[:1] or [b""])[0].decode("ascii", "backslashreplace") if text[:1].strip() else "")
