"""word2vec text and binary files, as word2vec.c and gensim write and read them.

Text: an optional header line ``rows dim``, then lines ``key value value ...`` with single spaces, UTF-8.
Binary: the header line, then for each row the key, one space and ``dim`` little-endian float32; word2vec.c
adds a newline after each row, gensim does not, both are read.

Lost: every attribute but the order (and the counts, if ``fvocab`` is written); float64 values become
float32 in binary files. Keys become text: ``1`` is read back as ``"1"``. Keys with a space or a newline
cannot be told from values, so they are refused: the native format, or ``glove`` for spaces, keeps them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastw2v._parallel import ordered_map, usable_cpus
from fastw2v._progress import step
from fastw2v.checks import truth
from fastw2v.errors import FormatError, TruncatedFileError
from fastw2v.formats import _parse
from fastw2v.formats._budget import shown
from fastw2v.formats._io import PathOrFile, name_of, open_read, open_write, open_write_together
from fastw2v.formats._reader import BLOCK, KeyDecodeError, Window, say_more
from fastw2v.formats._row_selection import checked_limit
from fastw2v.formats._rows import LONGEST_KEY, Policy, Rows, TableBuilder
from fastw2v.formats._text_rows import are_numbers, has_text_rows, surely_text, values_of_row
from fastw2v.table import VectorTable

logger = logging.getLogger(__name__)

LONGEST_VECTOR = 2**31 - 1


def load(
    path: PathOrFile,
    *,
    binary: bool = False,
    fvocab: PathOrFile | None = None,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    limit: int | None = None,
    datatype: DTypeLike = np.float32,
    no_header: bool = False,
    words: Collection[str] | None = None,
    duplicates: str = "first",
    nonfinite: str = "keep",
    bad_rows: str = "error",
    rest: str = "warn",
) -> VectorTable:
    r"""Load a word2vec file.

    Parameters
    ----------
    path : str, path-like or file object
        Compression is recognised by content; URLs are opened by smart_open.
    binary : bool
        Binary rows instead of text.
    fvocab : str, path-like or file object, optional
        Lines ``word count``; without it counts are made up, descending from the number of rows.
    encoding, unicode_errors : str
        Of the keys.
    limit : int, optional
        Read at most this many rows, and no more of the file than they need; None and 0 read all.
    datatype : dtype
        Of the table: float16, float32 or float64.
    no_header : bool
        Text only: the first line is a row.
    words : collection of str, optional
        Keep only these keys; reading stops when all are found. Of other rows only the key is looked at, so that
        damage to them goes unnoticed.
    duplicates : {"first", "error"}
        What to do with a key that was met before; "first" logs a warning.
    nonfinite : {"keep", "skip", "error"}
        What to do with rows that hold NaN or infinite values; kept and skipped ones are counted in the log.
    bad_rows : {"error", "skip"}
        What to do with text rows of wrong length or with text that is no number.
    rest : {"warn", "error"}
        What to do if more data follow the last row that the header announces.

    Returns
    -------
    VectorTable
        With the attribute ``count`` (int64).

    Raises
    ------
    FormatError
        The file is malformed; the message has row and byte offset.
    TruncatedFileError
        The header promises more than the file holds (also an ``EOFError``).
    UnicodeDecodeError
        A key is not valid text (also a ``FormatError``).

    Examples
    --------
    >>> import io
    >>> table = load(io.BytesIO(b"2 2\nking 1 2\nqueen 1 3\n"))
    >>> table.keys, table.vectors.tolist()
    (['king', 'queen'], [[1.0, 2.0], [1.0, 3.0]])
    """
    binary, no_header = truth("binary", binary), truth("no_header", no_header)
    with open_read(path) as reader:
        window = Window(reader)
        return load_window(
            window if binary else window.begin_text(),
            binary=binary,
            fvocab=fvocab,
            encoding=encoding,
            unicode_errors=unicode_errors,
            limit=limit,
            datatype=datatype,
            no_header=no_header,
            words=words,
            policy=Policy(duplicates, nonfinite, bad_rows, rest),
        )


def load_window(
    window: Window,
    *,
    binary: bool = False,
    fvocab: PathOrFile | None = None,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    limit: int | None = None,
    datatype: DTypeLike = np.float32,
    no_header: bool = False,
    words: Collection[str] | None = None,
    policy: Policy | None = None,
    any_words: bool = False,
    dim: int | None = None,
) -> VectorTable:
    """The same for a file that is open already; keys of ``any_words`` need ``dim``."""
    if no_header and binary:
        raise NotImplementedError("no_header=True: only text files can do without a header; use binary=False")
    limit = checked_limit(limit)
    dtype = np.dtype(datatype)
    if dtype not in (np.float16, np.float32, np.float64):
        raise FormatError(f"datatype={datatype!r}: use float16, float32 or float64")
    counts = None if fvocab is None else _load_counts(fvocab, unicode_errors)
    n_rows, advice = limit, ""
    if not no_header:
        promised, dim = read_header(window)
        n_rows = min(promised, limit) if limit else promised
        advice = _advice(window, promised, dim, binary)
    elif dim is None:
        dim = _dim_of_first_line(window)
    assert dim is not None
    try:
        capacity = checked_capacity(window, n_rows, dim, binary, exact=not no_header)
        builder = TableBuilder(window.reader.name, dim, dtype, capacity, words, policy)
        rows = Rows(builder, n_rows, encoding, unicode_errors, any_words, promised=not no_header)
        read = _read_rows(window, rows, binary)
    except FormatError as error:
        say_more(error, advice)
        raise
    if not limit and not builder.complete:
        _look_at_rest(window, builder.policy.rest)
    table = builder.finish()
    table.attrs["count"] = _counts(table, counts, read if no_header or n_rows is None else n_rows)
    return table


def _advice(window: Window, promised: int, dim: int, binary: bool) -> str:
    """What to say where rows of the other kind than was asked for are damaged; of text as binary everything is.

    Raises
    ------
    FormatError
        If text is to be read as binary rows: most of it could be, into numbers without any meaning.
    """
    if window.start == window.end and not window.final:
        window.extend()
    if not promised or window.start == window.end:
        return ""
    if not binary and not has_text_rows(window, promised, dim):
        return "the rows seem to be binary: read them with binary=True"
    if not binary:
        found = values_of_row(window)
        same = found in (0, dim)
        return "" if same else f"if {found} values to a row are right, the first line must be '{promised} {found}'"
    if surely_text(window, dim):
        place = f"byte {window.base + window.start}"
        raise FormatError(f"{window.reader.name}: {place}: the rows are text, not binary; read them with binary=False")
    return ""


def _read_rows(window: Window, rows: Rows, binary: bool) -> int:
    """Read all rows that are wanted; how many lines or binary rows that took."""
    read = rows.read_binary(window) if binary else rows.read_text(window)
    if rows.n_rows is not None and rows.promised and read < rows.n_rows and not rows.builder.complete:
        raise TruncatedFileError(
            f"{window.reader.name}: the file ends at byte {window.base + window.end}, before the end of row {read}; "
            f"the header promises {rows.n_rows} rows; limit={read} reads those that are there"
        )
    return read


def read_header(window: Window) -> tuple[int, int]:
    """The two numbers of a header line."""
    name, line = window.reader.name, window.line("header line")
    try:
        n_rows, dim = (int(field) for field in line.split())
    except ValueError:
        what = f"got {shown(line, 24)}" if line or window.start < window.end else "but the file is empty"
        raise FormatError(
            f"{name}: byte 0: the header must be 'rows dimension', {what}; text without it needs no_header=True"
        ) from None
    if n_rows < 0 or not 1 <= dim <= LONGEST_VECTOR:
        raise FormatError(
            f"{name}: byte 0: the header says {n_rows} rows of {dim} values; both must be positive, and possible"
        )
    return n_rows, dim


def checked_capacity(window: Window, n_rows: int | None, dim: int, binary: bool, exact: bool) -> int | None:
    """How many rows there are at most; what a header says is refused if the file cannot hold it."""
    left = window.reader.remaining()
    if left is None or n_rows is None or not exact:
        return n_rows
    left += window.end - window.start
    least = n_rows * (4 * dim + 1) if binary else n_rows * (2 * dim + 1) - 1
    if least > left:
        raise TruncatedFileError(
            f"{window.reader.name}: the header promises {n_rows} rows of {dim} values, which need at least {least} "
            f"bytes after byte {window.base + window.start}, the file has {left}; limit= reads fewer"
        )
    return n_rows


def _dim_of_first_line(window: Window) -> int:
    """Number of values in the first row, which stays unread."""
    dim = sum(line.rstrip().replace(b"\t", b" ").count(b" ") for line in window.lines(1))
    if dim < 1:
        raise FormatError(f"{window.reader.name}: row 0 (byte 0): no row 'key value ...' in the first line")
    return dim


def _look_at_rest(window: Window, policy: str) -> None:
    if not window.final and window.start == window.end:
        window.extend()
    if not window.data[window.start : window.end].tobytes().strip():
        return
    place = f"(byte {window.base + window.start})"
    if policy == "error":
        raise FormatError(
            f"{window.reader.name}: there are data after the last row that the header announces {place}; "
            "rest='warn' loads the rows, format='word2vec' reads the file as text"
        )
    logger.warning(
        "%s: there are data after the last row that the header announces %s; they were not read",
        window.reader.name,
        place,
    )


def _load_counts(fvocab: PathOrFile, errors: str) -> dict[str, int]:
    counts = {}
    with open_read(fvocab) as reader:
        window = Window(reader).begin_text()
        row = 0
        while window.start < window.end or not window.final:
            begin = window.base + window.start
            raw = window.line("vocabulary line", 1 << 20)
            try:
                line = raw.decode("utf8", errors).split()
            except UnicodeDecodeError as error:
                raise KeyDecodeError.of(
                    error,
                    f"{reader.name}: row {row} (byte {begin + error.start}): not valid UTF-8 ({error.reason}); "
                    "unicode_errors='replace' or 'ignore' reads it anyway",
                ) from None
            if line:
                try:
                    word, count = line
                    counts[word] = int(count)
                    if not -(2**63) <= counts[word] < 2**63:
                        raise ValueError("no int64")
                except ValueError:
                    raise FormatError(
                        f"{reader.name}: row {row} (byte {begin}): expected 'word count' with a count of 64 bits, "
                        f"got {shown(' '.join(line))}"
                    ) from None
            row += 1
    return counts


def _counts(table: VectorTable, counts: dict[str, int] | None, n_rows: int) -> NDArray[np.int64]:
    if counts is None:
        n_rows = min(n_rows, 2**62)  # a header may promise anything if words= ends the reading early
        return np.arange(n_rows, n_rows - len(table), -1, dtype=np.int64)
    missing = [key for key in table.keys if key not in counts]
    if missing:
        logger.warning("the vocabulary file lacks %d words (%r first): count 0", len(missing), missing[0])
    return np.fromiter((counts.get(key, 0) for key in table.keys), np.int64, len(table))  # type: ignore[call-overload]


def save(
    table: VectorTable,
    path: PathOrFile,
    *,
    binary: bool = False,
    fvocab: PathOrFile | None = None,
    total_vec: int | None = None,
    write_header: bool = True,
    prefix: str = "",
    append: bool = False,
    sort_attr: str = "count",
) -> None:
    r"""Save a table as a word2vec file; the same bytes as gensim's (with NumPy 2.4).

    Parameters
    ----------
    table : VectorTable
        Any floating dtype; text keeps float64 digits, binary writes float32.
    path : str, path-like or file object
        Replaced atomically; ``.gz``, ``.bz2``, ``.xz`` and ``.zst`` compress.
    binary : bool
        Binary rows instead of text.
    fvocab : str, path-like or file object, optional
        Also write lines ``word count`` there.
    total_vec : int, optional
        Number of rows in the header, where more will be appended.
    write_header, append : bool
        A file in several pieces.
    prefix : str
        Before each key.
    sort_attr : str
        Descending order of this attribute (ties in table order); table order if there is none.

    Raises
    ------
    FormatError
        A key has a space or a newline, or two keys are written alike.
    ValueError
        ``fvocab`` without the attribute.

    Examples
    --------
    >>> import io, numpy as np
    >>> file = io.BytesIO()
    >>> save(VectorTable(["a"], np.array([[0.1, 2]], dtype=np.float32)), file)
    >>> file.getvalue()
    b'1 2\na 0.1 2.0\n'
    """
    binary, write_header, append = truth("binary", binary), truth("write_header", write_header), truth("append", append)
    values = table.attrs.get(sort_attr)
    if values is None and fvocab is not None:
        raise ValueError(f"fvocab: cannot store a vocabulary, the table has no attribute {sort_attr!r}")
    if values is None:
        logger.warning("%s: no attribute %r, keys are stored in table order", name_of(path), sort_attr)
        order = np.arange(len(table))
    else:
        order = np.argsort(-np.asarray(values), kind="stable")
    blob, offsets = encode_keys(table, name_of(path), b" \n", prefix)
    if not binary:
        refuse_like_values(table, name_of(path))
    if not write_header and not append and not prefix:
        refuse_marks(table, order, name_of(path))
    with ExitStack() as stack:  # both files, or neither
        if fvocab is None or values is None:
            out = stack.enter_context(open_write(path, append=append))
        else:
            if append:
                counts = stack.enter_context(open_write(fvocab, append=True))
                out = stack.enter_context(open_write(path, append=True))
            else:
                out, counts = stack.enter_context(open_write_together([path, fvocab]))
            for row in order.tolist():
                counts.write(f"{prefix}{table.keys[row]} {values[row]}\n".encode())
        if write_header:
            out.write(b"%d %d\n" % (len(table) if total_vec is None else total_vec, table.vector_size))
        write_rows(out, table.vectors, order, blob, offsets, prefix.encode(), binary)


def encode_keys(table: VectorTable, name: str, forbidden: bytes, prefix: str = "") -> tuple[bytes, NDArray[np.int64]]:
    """All keys as UTF-8 in one blob, with offsets, refused if they contain a ``forbidden`` byte."""
    is_text = set(map(type, table.keys)) <= {str}
    try:
        prefix.encode()
        if is_text and (text := "".join(table.keys)).isascii():  # type: ignore[arg-type]
            encoded: Sequence[Any] = table.keys  # characters are bytes
            blob = text.encode()
        else:
            encoded = [str(key).encode() for key in table.keys]
            blob = b"".join(encoded)
    except UnicodeEncodeError as error:
        raise FormatError(f"{name}: key {error.object!r} cannot be written as UTF-8: {error.reason}") from None
    if any(bytes([byte]) in blob or bytes([byte]) in prefix.encode() for byte in forbidden):
        row = next((i for i, key in enumerate(table.keys) if any(chr(byte) in str(key) for byte in forbidden)), -1)
        what = f"row {row}: key {table.keys[row]!r}" if row >= 0 else f"prefix={prefix!r}"
        raise FormatError(
            f"{name}: {what} has a space or a newline, which this format cannot tell from a border; "
            "rename it, or save in the native format"
        )
    if forbidden and encoded and (longest := max(map(len, encoded))) + len(prefix.encode()) > LONGEST_KEY:
        row = next(i for i, key in enumerate(encoded) if len(key) == longest)
        raise FormatError(
            f"{name}: row {row}: a key of {longest} bytes, more than the {LONGEST_KEY} that are read; "
            "save in the native format"
        )
    if not is_text and len(set(encoded)) < len(encoded):
        raise FormatError(f"{name}: two keys are written alike (1 and '1', say); save in the native format")
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
    return blob, offsets


def refuse_like_values(table: VectorTable, name: str) -> None:
    """Refuse keys whose last word, after a space or a tab, is empty or a number: it would be read as a value."""
    for row, key in enumerate(table.keys):
        text = key if isinstance(key, str) else str(key)
        if " " in text or "\t" in text:
            last = text.replace("\t", " ").rpartition(" ")[2]
            if not last or are_numbers(last.encode("utf8", "replace"), b" "):
                raise FormatError(f"{name}: row {row}: key {shown(key)} ends like a value; save in the native format")


def refuse_marks(table: VectorTable, rows: NDArray[np.int64], name: str) -> None:
    """Refuse a first key that begins with a byte order mark, where it would be the first thing in the file."""
    if len(rows) and str(table.keys[rows[0]]).startswith("\ufeff"):
        key = shown(table.keys[rows[0]])
        raise FormatError(f"{name}: row {rows[0]}: key {key} begins with a byte order mark; save in the native format")


def refuse_no_rows(table: VectorTable, name: str, format: str) -> None:
    """Refuse an empty table where the file would be empty: it would not be recognised, nor have a dimension."""
    if not len(table):
        raise FormatError(f"{name}: a {format} file cannot hold a table without rows; save in the native format")


def write_rows(
    out: Any,
    vectors: NDArray[Any],
    order: NDArray[np.int64],
    blob: bytes,
    offsets: NDArray[np.int64],
    prefix: bytes,
    binary: bool,
) -> None:
    """Write the rows in ``order``, a block of them at a time."""
    native = vectors.dtype == np.float32 and vectors.dtype.isnative and vectors.strides[1] in (4, 0)
    write = _parse.pack_rows if binary else _parse.format_rows

    def block(part: slice) -> bytes | bytearray:
        rows = order[part]
        if native:
            return write(blob, offsets, rows, vectors, prefix)
        keys = [blob[offsets[row] : offsets[row + 1]] for row in rows.tolist()]
        if not binary and vectors.dtype != np.float32:
            return _other_text(keys, vectors[rows], prefix)
        starts = np.cumsum([0, *map(len, keys)], dtype=np.int64)
        values = vectors[rows].astype(np.float32, order="C")
        return write(b"".join(keys), starts, np.arange(len(rows)), values, prefix)

    n_rows = max(1, (BLOCK // 16) // max(1, vectors.shape[1]))
    parts = [slice(begin, min(begin + n_rows, len(order))) for begin in range(0, len(order), n_rows)]
    n_threads = min(usable_cpus(), 8, len(parts))
    texts = ordered_map(lambda number: block, parts, n_threads, depth=n_threads + 1)
    with step("saving", len(order), "row") as saving:
        for part, text in zip(parts, texts, strict=True):
            out.write(text)
            saving.at(part.stop, len(order))


def _other_text(keys: list[bytes], vectors: NDArray[Any], prefix: bytes) -> bytes:
    """Text of float64 rows (``repr`` of a Python float is NumPy's ``str``) or float16 rows."""
    rows = vectors.tolist() if vectors.dtype == np.float64 else vectors
    numbers = (" ".join(map(str, row)).encode() for row in rows)
    return b"".join(b"%b%b %b\n" % (prefix, key, row) for key, row in zip(keys, numbers, strict=True))
