"""Tables of other libraries made of vectors: pandas, polars, Arrow and its files, PyTorch, spaCy; each is an extra."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from fastw2v.errors import ConfigError
from fastw2v.formats._io import open_write
from fastw2v.table import VectorTable
from fastw2v.vectors.layout import layout

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors


def library(name: str, extra: str | None = None) -> Any:
    """Import a library that is an extra.

    Raises
    ------
    ImportError
        If it is missing; the message says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        how = f"'fastw2v[{extra}]'" if extra else name.partition(".")[0]
        raise ImportError(f"this needs {name.partition('.')[0]}: pip install {how} ({error})") from error


def pandas_frame(table: VectorTable) -> Any:
    """Return a DataFrame with a row for each key and a column for each dimension, over the same memory."""
    pandas = library("pandas")
    index = pandas.Index(table.keys, name="key", tupleize_cols=False)
    return pandas.DataFrame(table.vectors, index=index, copy=False)


def polars_frame(table: VectorTable) -> Any:
    """Return a DataFrame with the columns ``key``, ``vector`` (an array of floats) and the attributes."""
    polars = library("polars")
    columns = {"key": polars.Series("key", table.keys), "vector": polars.Series("vector", contiguous(table))}
    columns |= {name: polars.Series(name, values) for name, values in plain_attributes(table).items()}
    return polars.DataFrame(columns)


def arrow_table(table: VectorTable, more: dict[str, Any] | None = None) -> Any:
    """Return a pyarrow Table with the columns ``key``, ``vector`` (a list of fixed size), the attributes, and more."""
    arrow = library("pyarrow")
    try:
        keys = arrow.array(table.keys)
    except (arrow.ArrowInvalid, arrow.ArrowTypeError) as error:
        raise ConfigError(f"the keys have no common type that Arrow knows ({error}); make them str first") from None
    numbers = contiguous(table).reshape(-1)
    columns = {"key": keys, "vector": arrow.FixedSizeListArray.from_arrays(arrow.array(numbers), table.vector_size)}
    columns |= {name: arrow.array(values) for name, values in {**plain_attributes(table), **(more or {})}.items()}
    return arrow.table(columns)


def write_parquet(vectors: KeyedVectors, path: Any, coordinates: str | bool | None, n_points: int | None) -> None:
    """Write the Arrow table to a Parquet file, atomically; with the columns ``x`` and ``y`` of a map if asked for."""
    parquet = library("pyarrow.parquet")
    table, more = vectors.to_table(), {}
    if n_points is not None and n_points < len(table):
        attributes = {name: values[:n_points] for name, values in table.attrs.items()}
        table = VectorTable(table.keys[:n_points], table.vectors[:n_points], attributes)
    if coordinates:
        method = None if coordinates is True else coordinates
        points = layout(vectors, len(table), method)
        if len(points) < len(table):
            raise ConfigError(
                f"coordinates={coordinates!r} with {len(table)} words: a map has {len(points)} at most; "
                f"give n_points={len(points)}"
            )
        more = {"x": points[:, 0], "y": points[:, 1]}
    made = arrow_table(table, more)
    with open_write(os.fspath(path)) as out:
        parquet.write_table(made, out)


def tensor(table: VectorTable) -> Any:
    """Return a torch tensor over the same memory; a copy where the array cannot be written to."""
    torch = library("torch")
    rows = contiguous(table)
    return torch.from_numpy(rows if rows.flags.writeable else rows.copy())


def spacy_vectors(table: VectorTable, vocab: Any) -> Any:
    """Return spaCy Vectors; a vocabulary learns the words, and gets the vectors."""
    vectors = library("spacy.vectors")
    if not all(isinstance(key, str) for key in table.keys):
        raise ConfigError("spaCy's keys are strings: make the keys str first")
    if vocab is None:
        strings = library("spacy.strings").StringStore(table.keys)
        return vectors.Vectors(strings=strings, data=contiguous(table), keys=table.keys)
    for key in table.keys:
        vocab.strings.add(key)
    made = vectors.Vectors(strings=vocab.strings, data=contiguous(table), keys=table.keys)
    vocab.vectors = made
    return made


def contiguous(table: VectorTable) -> Any:
    """Return the vectors as one C-contiguous array, which they are but for models in training."""
    return np.ascontiguousarray(table.vectors)


def plain_attributes(table: VectorTable) -> dict[str, Any]:
    """Return the attributes that are numbers."""
    return {name: values for name, values in table.attrs.items() if values.dtype.kind in "iufb" and values.ndim == 1}
