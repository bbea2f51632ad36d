"""Tables with commas or tabs, as pandas, R and spreadsheets write them: a key, then numbers; read only.

A first line that names the columns is passed over: one without any number, with an empty corner, or with the numbers 0,
1, 2, ..., as pandas calls columns. Keys may stand in quotes, and fields may be padded with spaces.
"""

from __future__ import annotations

import csv
import io
import logging
from array import array
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastw2v.errors import FormatError
from fastw2v.formats._budget import shown
from fastw2v.formats._io import PathOrFile, open_read
from fastw2v.formats._reader import KeyDecodeError, Reader, refuse_utf16
from fastw2v.formats._row_selection import checked_limit
from fastw2v.table import VectorTable

logger = logging.getLogger(__name__)

SEPARATORS = (",", "\t", ";")
FEWEST_NUMBERED = 3  # columns that 0, 1, 2 name; (0, 1) may well be a vector


def load(
    path: PathOrFile,
    *,
    separator: str | None = None,
    limit: int | None = None,
    words: Collection[str] | None = None,
    datatype: DTypeLike = np.float32,
) -> VectorTable:
    """Load a table with commas, tabs or semicolons between its fields.

    Parameters
    ----------
    path : str, path-like or file object
    separator : str, optional
        By default that of ``, TAB ;`` of which the first line has most; a space, if that begins with a quote and has
        none of them.
    limit, words
        Keep the first rows, or these keys; of a key that occurs again the first row counts.
    datatype : dtype
        float16, float32 or float64.

    Returns
    -------
    VectorTable

    Raises
    ------
    FormatError
        A row is of another length than the first, or holds what is no number; the message has the row.
    """
    n_rows, wanted = checked_limit(limit), None if words is None else frozenset(words)
    keys: dict[Any, None] = {}
    values, dim, again = array("d"), 0, 0
    with open_read(path) as reader:
        for row, fields in enumerate(_rows(reader, separator)):
            if n_rows is not None and row >= n_rows:
                break
            if not dim:
                dim = len(fields) - 1
            numbers = _numbers(fields, dim, row, reader.name)
            if fields[0] in keys:
                again += 1
            elif wanted is None or fields[0] in wanted:
                keys[fields[0]] = None
                values.extend(numbers)
        name = reader.name
    if not dim:
        raise FormatError(f"{name}: no row of a key and numbers")
    if again:
        logger.warning("%s: skipped %d duplicate rows", name, again)
    with np.errstate(over="ignore"):
        vectors = np.frombuffer(values, np.float64).reshape(len(keys), dim).astype(np.dtype(datatype))
    return VectorTable([*keys], vectors)


def _rows(reader: Reader, separator: str | None) -> Iterator[list[str]]:
    """Fields of each line, without the line that names the columns."""
    raw = reader.rest()
    refuse_utf16(raw[:4], reader.name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start)
        raise KeyDecodeError.of(error, f"{reader.name}: row {row}: not valid UTF-8 ({error.reason})") from None
    first = text.partition("\n")[0]
    likely = max(SEPARATORS, key=first.count)
    separator = separator or (" " if first.startswith('"') and likely not in first else likely)
    lines = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    try:
        for number, fields in enumerate(lines):
            if fields and not (number == 0 and _names_columns(fields)):
                yield fields
    except csv.Error as error:
        raise FormatError(f"{reader.name}: line {lines.line_num}: {shown(str(error), 100)}") from None


def _names_columns(fields: list[str]) -> bool:
    """Whether a first line names the columns."""
    names = [field.strip() for field in fields[1:]]
    return not fields[0].strip() or not any(map(_is_number, names)) or is_numbered(names)


def is_numbered(names: Sequence[str]) -> bool:
    """Whether fields are 0, 1, 2, ...: columns that nobody gave a name, and hardly the vector of a first key."""
    return len(names) >= FEWEST_NUMBERED and all(name == str(number) for number, name in enumerate(names))


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _numbers(fields: list[str], dim: int, row: int, name: str) -> list[float]:
    try:
        if len(fields) != dim + 1 or dim < 1:
            raise ValueError(f"{len(fields) - 1} numbers, the first row has {dim}")
        return [float(field) for field in fields[1:]]
    except ValueError as error:
        comma = any("," in field and _is_number(field.replace(",", ".")) for field in fields[1:])
        advice = "; numbers with a decimal comma are not read: write them with a point" if comma else ""
        raise FormatError(f"{name}: row {row}: {shown(str(error), 100)}{advice}") from None
