"""A matrix without keys, and a list of words beside it: NumPy's ``.npy``, and the ``vectors.bin`` of GloVe; read only.

The list has a word in each line; where all lines end with a whole number, as in ``vocab.txt`` of GloVe, those are
counts. ``vectors.bin`` holds float64: for each word its numbers and a bias, and then the same for each word as context;
a word's vector is the sum of both, without biases, as GloVe writes it to text. Nothing in it tells the format, but the
number of words beside it: elsewhere it needs ``format=``.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

import numpy as np

from fastw2v.errors import FormatError
from fastw2v.formats import _npy
from fastw2v.formats._budget import check_distinct
from fastw2v.formats._io import PathOrFile, checked_file, is_file_object, name_of, open_read
from fastw2v.formats._reader import KeyDecodeError, Reader, refuse_utf16
from fastw2v.formats._row_selection import checked_limit, chosen
from fastw2v.formats.projector import MissingLabelsError
from fastw2v.table import VectorTable

BESIDE = (".words", ".vocab", ".txt", ".tsv", "_words.txt", "_vocab.txt", ".words.txt", ".vocab.txt")
IN_FOLDER = ("words.txt", "vocab.txt", "vocab", "index_to_key.txt")


def load(
    path: PathOrFile,
    *,
    labels: PathOrFile | None = None,
    limit: int | None = None,
    words: Collection[str] | None = None,
) -> VectorTable:
    """Load an ``.npy`` matrix and the list of words beside it.

    Parameters
    ----------
    path : str, path-like or file object
        The matrix.
    labels : str, path-like or file object, optional
        The words; by default a file beside the matrix, such as ``NAME.txt``, ``NAME.vocab`` or ``vocab.txt``.
    limit, words
        Keep the first rows, or these keys.

    Returns
    -------
    VectorTable

    Raises
    ------
    MissingLabelsError
        There is no list of words (also a ``FormatError`` and a ``FileNotFoundError``).
    FormatError
        The files are malformed, or do not belong together.
    """
    with open_read(path) as reader:
        header = _npy.read_header(reader)  # an array of objects says so, and not that words are missing
        table = _words(_beside(path) if labels is None else labels)
        vectors = _npy.read_values(reader, header, checked_limit(limit))
        name = reader.name
    keys = table.keys[: checked_limit(limit)]
    if vectors.ndim != 2 or vectors.dtype.kind != "f" or len(vectors) != len(keys):
        raise FormatError(f"{name}: {len(keys)} words and an array of shape {vectors.shape} ({vectors.dtype})")
    attrs = {label: values[: len(keys)] for label, values in table.attrs.items()}
    return chosen(VectorTable(keys, vectors, attrs), None, words)


def load_glove_binary(
    path: PathOrFile,
    *,
    labels: PathOrFile | None = None,
    limit: int | None = None,
    words: Collection[str] | None = None,
) -> VectorTable:
    """Load the ``vectors.bin`` of GloVe, with the ``vocab.txt`` beside it; parameters as of :func:`load`."""
    table = _words(_beside(path) if labels is None else labels)
    with open_read(path) as reader:
        flat = np.frombuffer(reader.rest(), np.uint8)
        name, n = reader.name, 16 * len(table)
        if not n or not len(flat) or len(flat) % n or len(flat) // n < 2:
            raise FormatError(f"{name}: {len(flat)} bytes are no vectors of words and contexts for {len(table)} words")
    both = flat.view("<f8").reshape(2, len(table), -1)
    if not (np.abs(both) < np.finfo(np.float32).max).all():  # nor NaN: bytes that mean something else
        raise FormatError(f"{name}: as float64 it holds numbers that no vector has, so it is no vectors.bin of GloVe")
    vectors = (both[0, :, :-1] + both[1, :, :-1]).astype(np.float32)
    return chosen(VectorTable(table.keys, vectors, table.attrs), limit, words)


def has_words_beside(reader: Reader) -> bool:
    """Whether a file of which nothing else is known is a ``vectors.bin`` of GloVe: with words whose number fits it."""
    if not reader.mappable:
        return False
    try:
        n = 16 * len(_words(_beside(reader.name)))
    except (FormatError, OSError):
        return False
    size = reader.size or 0
    return bool(n and size and not size % n and size // n >= 2)


def _beside(path: PathOrFile) -> str:
    """The file of words that stands beside a matrix."""
    name = name_of(path)
    if not is_file_object(path):
        stem, folder = os.path.splitext(name)[0], os.path.dirname(name)
        for found in (*(stem + end for end in BESIDE), *(os.path.join(folder, one) for one in IN_FOLDER)):
            if os.path.exists(found):
                return checked_file(found)
    raise MissingLabelsError(
        f"{name}: a matrix without keys; labels= names the file of its words, one in each line; numpy.load reads it, "
        "and KeyedVectors.add_vectors(words, matrix) puts them together"
    )


def _words(path: PathOrFile) -> VectorTable:
    """Words, with counts if every line ends with one, and no numbers."""
    with open_read(path) as reader:
        raw, name = reader.rest(), reader.name
    refuse_utf16(raw[:4], name)
    try:
        lines = raw.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start)
        raise KeyDecodeError.of(error, f"{name}: row {row}: not valid UTF-8 ({error.reason})") from None
    keys: list[Any] = [line.removesuffix("\r") for line in lines]
    if keys[-1] == "":
        keys.pop()
    attrs = {}
    pairs = [key.replace("\t", " ").rpartition(" ") for key in keys]
    if keys and all(word and count.isascii() and count.isdecimal() and len(count) < 19 for word, _, count in pairs):
        keys = [key[: len(word)] for key, (word, _, _) in zip(keys, pairs, strict=True)]
        attrs["count"] = np.array([int(count) for _, _, count in pairs], np.int64)
    check_distinct(keys, name)
    return VectorTable(keys, np.empty((len(keys), 0), np.float32), attrs)
