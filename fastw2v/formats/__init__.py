"""File formats: one file each, and the registry that finds the right one.

To add a format: write a module with ``load(path, **options)`` and, if it can be written, ``save(table,
path, **options)``; add one row to ``FORMATS``; teach ``sniff`` its first bytes; add it to the contract
suite.
"""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastw2v._codecs import CODECS
from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import (
    delimited,
    fasttext,
    finalfusion,
    gensim,
    glove,
    native,
    npy,
    npz,
    pickled,
    projector,
    word2vec,
)
from fastw2v.formats._io import PathOrFile, is_file_object, name_of
from fastw2v.formats._reader import say_more
from fastw2v.formats._sniff import sniff
from fastw2v.table import VectorTable

logger = logging.getLogger(__name__)

__all__ = ["FORMATS", "Format", "format_of_name", "load", "save", "sniff"]


@dataclass(frozen=True)
class Format:
    """How one format is read and written, and the extensions that choose it when saving."""

    load: Callable[..., VectorTable]
    save: Callable[..., None] | None
    extensions: tuple[str, ...] = ()


def _load_binary(path: PathOrFile, **options: Any) -> VectorTable:
    return word2vec.load(path, **{"binary": True, **options})


def _save_binary(table: VectorTable, path: PathOrFile, **options: Any) -> None:
    word2vec.save(table, path, **{"binary": True, **options})


FORMATS = {
    "native": Format(native.load, native.save, native.EXTENSIONS),
    "word2vec": Format(word2vec.load, word2vec.save, (".txt", ".w2v")),
    "word2vec-binary": Format(_load_binary, _save_binary, (".bin",)),
    "glove": Format(glove.load, glove.save, glove.EXTENSIONS),
    "fasttext": Format(fasttext.load, fasttext.save, (".vec",)),
    "gensim": Format(gensim.load_table, None),
    "npz": Format(npz.load, npz.save, npz.EXTENSIONS),
    "projector": Format(projector.load, projector.save, projector.EXTENSIONS),
    "finalfusion": Format(finalfusion.load, None),
    "pickle": Format(pickled.load, None),
    "delimited": Format(delimited.load, None),
    "npy": Format(npy.load, None),
    "glove-binary": Format(npy.load_glove_binary, None),
}


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ConfigError(f"format={name!r}: use one of {', '.join(map(repr, FORMATS))}")
    return FORMATS[name]


def load(path: PathOrFile, format: str | None = None, **options: Any) -> VectorTable:
    r"""Load vectors from a file of any known format.

    Parameters
    ----------
    path : str, path-like or file object
        A local file, an URL (through smart_open), or an open binary file that can seek.
    format : str, optional
        A name in ``FORMATS``; by default the content decides.
    **options
        Of the format's own ``load``.

    Returns
    -------
    VectorTable

    Raises
    ------
    FormatError
        The content is of no known format, or damaged.
    ConfigError
        `format` is unknown or has no such option, or an open file cannot seek.

    Examples
    --------
    >>> import io
    >>> load(io.BytesIO(b"1 2\na 0.5 1\n")).keys
    ['a']
    """
    if format is not None:
        return _load(format, path, options)
    if is_file_object(path):
        seekable = getattr(path, "seekable", lambda: False)()
        if not seekable:
            raise ConfigError(f"{name_of(path)}: an open file that cannot seek needs format=")
        begin = path.tell()  # type: ignore[union-attr]
        found = sniff(path)
        path.seek(begin)  # type: ignore[union-attr]
    else:
        found = sniff(path)
    if found == "word2vec-binary" and "rest" not in options:
        options["rest"] = "error"  # it was only likely
    return _load(found, path, options)


def _load(name: str, path: PathOrFile, options: dict[str, Any]) -> VectorTable:
    """Load in a format that is known by now, with options that it has."""
    chosen = _format(name)
    taken = inspect.signature(word2vec.load if chosen.load is _load_binary else chosen.load).parameters.values()
    names = [one.name for one in taken if one.kind is one.KEYWORD_ONLY]
    if not any(one.kind is one.VAR_KEYWORD for one in taken):
        for option in options:
            if option not in names:
                raise ConfigError(
                    f"{option}=: format {name!r} of {name_of(path)} has no such option, it takes {', '.join(names)}; "
                    "load without it and change the vectors then"
                )
    begin = path.tell() if is_file_object(path) and path.seekable() else None  # type: ignore[union-attr]
    try:
        return chosen.load(path, **options)
    except FormatError as error:
        if begin is not None:
            path.seek(begin)  # type: ignore[union-attr]
        if begin is not None or not is_file_object(path):
            asked = "glove" if options.get("no_header") else name
            say_more(error, advice(path, "word2vec-binary" if options.get("binary") else asked))
        raise


HOW = {
    "native": ("fastw2v's own format", "fastw2v.load(path), or Word2Vec.load(path) for a model,"),
    "word2vec": ("word2vec text", "load_word2vec_format(path, binary=False)"),
    "word2vec-binary": ("word2vec binary", "load_word2vec_format(path, binary=True)"),
    "glove": ("text without a header, as of GloVe", "load_word2vec_format(path, no_header=True)"),
    "fasttext": ("a model of fastText", "fastw2v.load(path)"),
    "gensim": ("a pickle, as of gensim", "fastw2v.load(path), or Word2Vec.load(path) for a model,"),
    "npz": ("an archive of NumPy arrays", "fastw2v.load(path)"),
    "finalfusion": ("a file of finalfusion", "fastw2v.load(path)"),
    "pickle": ("a pickle of words and vectors", "fastw2v.load(path)"),
    "delimited": ("a table with commas or tabs", "fastw2v.load(path)"),
    "npy": ("a NumPy array", "fastw2v.load(path, format='npy', labels=words)"),
    "glove-binary": ("vectors.bin of GloVe", "fastw2v.load(path)"),
    "projector": ("rows of numbers, as of TensorFlow Projector", "fastw2v.load(path)"),
}

NATIVE_KINDS = {
    "vectors": ("vectors", "KeyedVectors.load"),
    "word2vec": ("a whole model", "Word2Vec.load"),
    "checkpoint": ("the checkpoint of a training", "Word2Vec.resume"),
    "phrases": ("phrases", "Phrases.load"),
    "frozen_phrases": ("phrases", "Phrases.load"),
}


def way_to_kind(kind: Any) -> str:
    """What a native file of this kind holds, and the call that opens it, as the end of a message."""
    what, how = NATIVE_KINDS.get(str(kind), ("arrays", "safetensors.numpy.load_file"))
    return f"this file holds {what}: {how}(path) opens it"


def advice(path: PathOrFile, asked: str) -> str:
    """What a file is that was read as something else, and the call that opens it; "" if it is what it was taken for."""
    try:
        found = sniff(path)
    except FormatError as error:
        what = str(error).removeprefix(f"{name_of(path)}: ").removeprefix("byte 0: ")
        what = what.removeprefix("of no known format, ")
        return what if what.startswith("the file") else f"the file itself: {what}"
    except (ConfigError, OSError):
        return ""
    if found == asked or (found == "word2vec" and asked == "fasttext"):  # .vec files
        return ""
    what, how = HOW[found]
    return f"the file seems to be {what}: {how} opens it"


def format_of_name(path: PathOrFile) -> str:
    """Return the name of the format that a file's extension asks for; "native" where it asks for none.

    Parameters
    ----------
    path : str, path-like or file object

    Returns
    -------
    str
        A name in ``FORMATS``.

    Examples
    --------
    >>> format_of_name("vectors.txt.gz"), format_of_name("my.model")
    ('word2vec', 'native')
    """
    stem, extension = os.path.splitext(name_of(path).lower())
    if extension in CODECS:
        extension = os.path.splitext(stem)[1]
    return next((name for name, one in FORMATS.items() if extension in one.extensions), "native")


def save(table: VectorTable, path: PathOrFile, format: str | None = None, **options: Any) -> None:
    r"""Save vectors in any format that can be written.

    Parameters
    ----------
    table : VectorTable
    path : str, path-like or file object
        Replaced atomically if local.
    format : str, optional
        A name in ``FORMATS``; by default the extension decides (before ``.gz`` and the like), and a name
        without a known extension means the native format.
    **options
        Of the format's own ``save``.

    Raises
    ------
    FormatError
        The format cannot hold the table, or cannot be written.

    Examples
    --------
    >>> import io
    >>> table = load(io.BytesIO(b"1 2\na 0.5 1\n"))
    >>> save(table, "vectors.tsv", "projector")
    >>> load("vectors.tsv").keys
    ['a']
    """
    format = format_of_name(path) if format is None else format
    chosen = _format(format)
    if chosen.save is None:
        raise FormatError(f"format={format!r} is read only; save in the native or the word2vec format")
    if format != "native" and isinstance(table, fasttext.FastTextVectors) and len(table.ngram_vectors):
        logger.warning("%s: format %r does not hold n-grams: unknown words have no vector there", name_of(path), format)
    chosen.save(table, path, **options)
