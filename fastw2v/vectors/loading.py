"""From a file of any format to what vectors by key are made of."""

from __future__ import annotations

import os
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.table import VectorTable
from fastw2v.vectors.rows import dense
from fastw2v.vectors.state import State, is_rebuilt

PathOrFile = str | os.PathLike[str] | IO[bytes]


def format_of(source: PathOrFile) -> str:
    """Return the format of a file; an open file stays where it is, and if it cannot seek it must be native."""
    from fastw2v import formats

    if isinstance(source, (str, bytes, os.PathLike)):
        return formats.sniff(source)
    if not source.seekable():
        return "native"
    position = source.tell()
    try:
        return formats.sniff(source)
    finally:
        source.seek(position)


def check_mmap(mmap: Any) -> None:
    """Refuse what ``mmap=`` cannot mean."""
    if mmap not in (None, "r", "c"):
        raise ValueError(f"mmap={mmap!r}: use None, 'r' (read-only) or 'c' (private copy)")


def read_table(source: PathOrFile, kind: str, mmap: str | None) -> VectorTable:
    """Read a file of another format than the native one."""
    from fastw2v import formats

    if kind == "gensim":
        return formats.gensim.load_table(source, mmap=mmap == "r")
    return formats.load(source)


def read_native(source: PathOrFile, mmap: str | None = None, part: bool = False) -> tuple[State, str]:
    """Read a native file of vectors: its arrays, keys and metadata, and its name for errors.

    Of a plain file of which only a part is wanted the arrays are mapped: what nobody looks at is not read.

    Raises
    ------
    FormatError
        If it holds something else.
    """
    from fastw2v.formats import native, way_to_kind
    from fastw2v.formats._io import name_of

    arrays, keys, metadata = native.load_arrays(source, mmap=mmap == "r", least=native.LEAST_MAPPED, part=part)
    name = name_of(source)
    if keys is None or "vectors" not in arrays:
        how = way_to_kind(metadata.get("kind"))
        raise FormatError(f"{name}: a file without keys and an array 'vectors' holds no vectors by key; {how}")
    return (arrays, keys, metadata), name


def exchanged(table: VectorTable) -> VectorTable:
    """Return the table as other formats take it: int8 vectors as float32, and no Huffman paths."""
    attrs = {name: column for name, column in table.attrs.items() if not is_rebuilt(name, column)}
    vectors = table.vectors if isinstance(table.vectors, np.ndarray) else dense(table.vectors)
    return VectorTable(table.keys, vectors, attrs, own=table.own)


def merged_factors(factors: NDArray[Any], rows: NDArray[np.int64], factor: float, n_rows: int) -> NDArray[Any]:
    """Return training factors, one for each of ``n_rows`` keys, with ``factor`` for some of them."""
    if len(factors) != n_rows:
        factors = np.resize(factors, n_rows)  # a short array counts for all words in turn
    factors[rows] = factor
    return factors
