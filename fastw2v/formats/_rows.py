"""A table under construction: rows arrive in blocks, are chosen, parsed into place and checked."""

from __future__ import annotations

import logging
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastw2v._parallel import in_slices
from fastw2v.errors import ConfigError, FormatError, TruncatedFileError
from fastw2v.formats import _parse
from fastw2v.formats._budget import shown
from fastw2v.formats._reader import KeyDecodeError, Window
from fastw2v.formats._row_selection import checked_words
from fastw2v.table import VectorTable

logger = logging.getLogger(__name__)

LONGEST_KEY = 1 << 20
LONGEST_NUMBER = 1000  # characters, as in _parse.pyx
REASONS = {
    _parse.ROW_NUMBER: "value {value} is not a number (fields are separated by one space or tab)",
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
        self.words = None if words is None else frozenset(checked_words(words))
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

    def choose(self, keys: list[str], offsets: NDArray[np.int64], first_row: int) -> NDArray[np.int64] | None:
        """Positions of the keys of a block that are wanted and new (``None``: all); a key may be there twice.

        Which of its rows counts is known when they have been parsed: the first that is not dropped for what it holds.
        """
        if self.words is None and self.seen.keys().isdisjoint(keys):
            return None
        positions: list[int] = []
        for position, key in enumerate(keys):
            if self.words is not None and key not in self.words:
                continue
            if key in self.seen:
                self._skip_duplicate(key, first_row + position, int(offsets[position]))
            else:
                positions.append(position)
        return np.array(positions, np.int64)

    def _skip_duplicate(self, key: str, row: int, offset: int) -> None:
        self.skipped["duplicate"] += 1
        if self.policy.duplicates != "error" and self.skipped["duplicate"] > 10:
            return  # at once: damage can turn a small compressed file into millions of rows with one key
        place = f"{self.name}: row {row} (byte {offset}): key {shown(key)}"
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
        self, block: Block, status: NDArray[np.uint8], values: NDArray[Any], slots: NDArray[np.int64] | None
    ) -> None:
        """Take over the rows of a block, one after the other, after a look at their status.

        ``values`` has the vectors of the rows that could be parsed, ``slots`` where that of each row is (``None``: in
        its own place). They begin at the first row of the table that is free, and are moved together there.
        """
        keys = block.keys
        if not status.any() and len(fresh := dict.fromkeys(keys)) == len(keys):
            self.keys += keys
            self.seen.update(fresh)
            return
        kept: list[int] = []
        codes = status.tolist()
        for position, key in enumerate(keys):
            if key in self.seen:
                self._skip_duplicate(key, block.row_of(position), block.offset_of(position))
                continue
            code = codes[position]
            policy = self.policy.nonfinite if code == _parse.ROW_NONFINITE else self.policy.bad_rows
            if code != _parse.ROW_OK:
                if policy == "error":
                    raise block.describe(position, code)
                if policy == "skip":
                    self.skipped["not finite" if code == _parse.ROW_NONFINITE else "malformed"] += 1
                    continue
                self.kept_nonfinite += 1
            self.seen[key] = None
            self.keys.append(key)
            kept.append(position)
        chosen = np.array(kept, np.int64)
        values[: len(kept)] = values[chosen if slots is None else slots[chosen]]

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
        if encoding.lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig"):  # the mark was passed over
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
class Block:
    """Rows of a window, and what a message says of one of them.

    Parameters
    ----------
    builder, window
        The table, and the bytes.
    keys : list of str
        Of the rows that were chosen.
    row : int
        Number in the file of the first row of the block.
    chosen : ndarray or None
        Positions of the rows in the block; None: all.
    starts, first, ends : int64, shape (n,)
        Where the row, its first value and its end are; without ``ends`` the values are binary.
    """

    builder: TableBuilder
    window: Window
    keys: list[str]
    row: int
    chosen: NDArray[np.int64] | None
    starts: NDArray[np.int64]
    first: NDArray[np.int64]
    ends: NDArray[np.int64] | None

    def row_of(self, position: int) -> int:
        """Number of a row in the file."""
        return self.row + (position if self.chosen is None else int(self.chosen[position]))

    def offset_of(self, position: int) -> int:
        """Byte of a row in the file."""
        return self.window.base + int(self.starts[position])

    def describe(self, position: int, code: int) -> FormatError:
        """What is wrong with a row, which is parsed once more to find the place."""
        at, cut, window = 0, False, self.window
        begin = int(self.first[position])
        if self.ends is not None:
            end = int(self.ends[position])
            n_fields = min(self.builder.dim, (end - begin) // 2 + 2)  # there are no more, whatever the header says
            scratch, status, where = np.empty((1, n_fields)), np.empty(1, np.uint8), np.empty(1, np.int64)
            span = self.first[position : position + 1], self.ends[position : position + 1]
            _parse.parse_rows(window.data, *span, scratch, status, where)
            at = int(where[0])
            if code == _parse.ROW_SHORT:
                code = int(status[0])
            # spaces may follow; if no newline does, the file ends in this row
            cut = window.final and _parse.next_newline(window.data, end, window.end) == window.end
            cut = cut and code == _parse.ROW_SHORT
        token = "" if self.ends is None else _token(window, begin + at)
        return (TruncatedFileError if cut else FormatError)(
            f"{self.builder.name}: row {self.row_of(position)} (byte {window.base + begin + at}): "
            + REASONS[code].format(dim=self.builder.dim, value=token)
            + (" and the file ends there" if cut else "")
        )


@dataclass
class Rows:
    """How the rows of a text or binary word2vec-like file are to be read."""

    builder: TableBuilder
    n_rows: int | None  # rows to read at most; None reads to the end of the file
    encoding: str = "utf8"
    errors: str = "strict"
    any_words: bool = False  # may be a key, even if the last one is a number
    promised: bool = True  # by a header: blank lines at the end of the file would be rows
    labels: list[str] | None = None  # keys from elsewhere: lines hold values only, separated by tabs

    def read_text(self, window: Window) -> int:
        """Read lines ``key value ... value``; return how many."""
        row = 0
        while (self.n_rows is None or row < self.n_rows) and not self.builder.complete:
            stop = self._whole_lines(window, row)
            if stop == window.start:
                break
            n = _parse.count_lines(window.data, window.start, stop)
            n += int(stop > window.start and window.data[stop - 1] != 10)
            if self.n_rows is not None:
                n = min(n, self.n_rows - row)
            starts, key_ends, ends, borders = (np.empty(n, np.int64) for _ in range(4))
            n, window.start = _parse.scan_lines(window.data, window.start, stop, starts, ends)
            if not (self.promised and self.n_rows) and window.final and window.start == window.end:
                while n and ends[n - 1] == starts[n - 1]:  # blank lines at the end of the file
                    n -= 1
                starts, key_ends, ends, borders = starts[:n], key_ends[:n], ends[:n], borders[:n]
            _parse.find_keys(window.data, starts, ends, self.builder.dim, key_ends, borders, self.any_words)
            if self.labels is not None:
                key_ends, borders = starts - 1, borders + 1
                if row + n > len(self.labels):
                    raise FormatError(f"{self.builder.name}: more rows than the {len(self.labels)} labels")
            keys = self._keys(window, row, starts, key_ends)
            self._text_block(window, row, keys, starts, key_ends, ends, borders)
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

    def _text_block(
        self,
        window: Window,
        row: int,
        keys: list[str],
        starts: NDArray[np.int64],
        key_ends: NDArray[np.int64],
        ends: NDArray[np.int64],
        n_values: NDArray[np.int64],
    ) -> None:
        builder = self.builder
        chosen = builder.choose(keys, starts + window.base, row)
        likely = _likely(window, starts, ends)
        if chosen is not None:
            keys = [keys[position] for position in chosen.tolist()]
            starts, key_ends, ends, n_values = starts[chosen], key_ends[chosen], ends[chosen], n_values[chosen]
        first = np.minimum(key_ends + 1, ends)
        block = Block(builder, window, keys, row, chosen, starts, first, ends)
        whole = n_values >= builder.dim  # what the header says of the dimension is believed of rows that have as many
        slots = None if whole.all() else np.cumsum(whole) - 1
        if slots is not None:
            first, ends = first[whole], ends[whole]
        # the first block is no measure of those that follow, until it has borne the header out
        out = builder.rows(len(first), likely if builder.keys else 0)
        found, where = np.empty(len(first), np.uint8), np.empty(len(first), np.int64)
        # float16 is rounded from the exact double, as if the text had been rounded once
        values = out if out.dtype in (np.float32, np.float64) else np.empty(out.shape, np.float64)

        def parse(part: slice) -> None:
            _parse.parse_rows(window.data, first[part], ends[part], values[part], found[part], where[part])

        in_slices(parse, len(first))
        if values is not out:
            _round(values, out, found)
        status = found
        if slots is not None:
            status = np.full(len(keys), _parse.ROW_SHORT, np.uint8)
            status[whole] = found
        builder.add(block, status, out, slots)

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
            self._binary_block(window, row, keys, starts[:n], ends[:n])
            window.start = stop
            row += n
        return row

    def _binary_block(
        self, window: Window, row: int, keys: list[str], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> None:
        builder = self.builder
        chosen = builder.choose(keys, starts + window.base, row)
        likely = _likely(window, starts, ends + 4 * builder.dim)
        if chosen is not None:
            keys, starts, ends = [keys[position] for position in chosen.tolist()], starts[chosen], ends[chosen]
        block = Block(builder, window, keys, row, chosen, starts, ends + 1, None)
        out = builder.rows(len(keys), likely)
        status = np.empty(len(keys), np.uint8)
        values = out if out.dtype == np.float32 else np.empty(out.shape, np.float32)
        _parse.copy_rows(window.data, block.first, values, status)  # one thread is as fast as the memory
        if values is not out:
            _round(values, out, status)
        builder.add(block, status, out, None)


def _round(values: NDArray[Any], out: NDArray[Any], status: NDArray[np.uint8]) -> None:
    """Write values in another precision, in which a number may become infinite."""
    with np.errstate(over="ignore"):
        out[:] = values
    status[(status == _parse.ROW_OK) & ~np.isfinite(out).all(axis=1)] = _parse.ROW_NONFINITE


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
