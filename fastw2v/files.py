"""``fastw2v.load`` and ``fastw2v.save``: vectors from and to a file of any format."""

from __future__ import annotations

import os
from typing import Any

from fastw2v.errors import ConfigError
from fastw2v.formats._io import name_of
from fastw2v.keyedvectors import KeyedVectors
from fastw2v.vectors import loading
from fastw2v.vectors.loading import PathOrFile
from fastw2v.vectors.state import note_loaded, part_of


def load(path: PathOrFile, format: str | None = None, *, mmap: str | None = None, **options: Any) -> KeyedVectors:
    """Load the vectors of a file, whose format is recognised by its content.

    Native files (of vectors or of a whole model), word2vec text and binary, GloVe, fastText, gensim 3.x and 4.x,
    NumPy ``.npz`` and TensorFlow Projector, compressed or not.  To go on training a saved model, use
    :meth:`fastw2v.Word2Vec.load`.

    Parameters
    ----------
    path : str, path-like or binary file object
        A local file, or an URL (through smart_open).
    format : str, optional
        One of ``fastw2v.formats.FORMATS``, for content that does not tell.
    mmap : {None, "r", "c"}
        As in :meth:`fastw2v.KeyedVectors.load`; for native files, and gensim's with arrays in files of their own.
    **options
        Of the format's own ``load``, such as ``limit=10_000`` (only so many rows) or ``words=[...]`` (only these).

    Returns
    -------
    KeyedVectors
        For a fastText ``.bin`` model a :class:`fastw2v.keyedvectors.FastTextKeyedVectors`, in which unknown words
        have vectors too.

    Raises
    ------
    FormatError
        The content is of no known format, or damaged; the message names the byte and the row.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> import fastw2v
    >>> vectors = fastw2v.KeyedVectors(2)
    >>> vectors.add_vectors(["a", "b"], np.eye(2, dtype=np.float32))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "vectors.txt")
    ...     fastw2v.save(vectors, path)
    ...     fastw2v.load(path).index_to_key
    ['a', 'b']
    """
    if mmap is not None and options:
        raise TypeError(f"mmap={mmap!r} maps a whole native file: leave out {', '.join(sorted(options))}")
    if mmap is not None or (format in (None, "native") and not options):
        return KeyedVectors.load(path, mmap=mmap)
    if options.keys() <= {"limit", "words"} and (format or loading.format_of(path)) == "native":
        state, name = loading.read_native(path, part=True)  # with all that it keeps, and int8 as it is
        state = part_of(state, options.get("limit"), options.get("words"), name)
        return note_loaded(KeyedVectors._of_state(state, name))
    from fastw2v import formats

    return KeyedVectors.from_table(formats.load(path, format, **options))


# Of formats that are not written here: what holds another format than its name says helps nobody.
FOREIGN = frozenset(
    [
        ".npy",
        ".csv",
        ".parquet",
        ".json",
        ".jsonl",
        ".h5",
        ".hdf5",
        ".pkl",
        ".pickle",
        ".arrow",
        ".feather",
        ".xlsx",
        ".onnx",
        ".pt",
        ".pth",
        ".zip",
        ".tar",
    ]
)


def _refuse_foreign(path: PathOrFile) -> None:
    """Raise ConfigError for a name that promises another format than the native one."""
    extension = os.path.splitext(name_of(path).lower())[1]
    if extension in FOREIGN:
        how = "wv.to_parquet(path) writes it" if extension == ".parquet" else "wv.to_pandas() has its rows"
        raise ConfigError(
            f"{name_of(path)}: {extension} is not written here ({how}); use .txt, .bin, .vec, .glove, .npz, .tsv or "
            "fastw2v's own .fw2v, or format='native' for that under this name"
        )


def save(vectors: KeyedVectors, path: PathOrFile, format: str | None = None, **options: Any) -> None:
    """Save vectors in the format that the name asks for, atomically.

    Parameters
    ----------
    vectors : KeyedVectors
        Of a model: ``model.wv``.
    path : str, path-like or binary file object
        ``.txt`` and ``.w2v`` mean word2vec text, ``.bin`` word2vec binary, ``.vec`` fastText, ``.glove``
        GloVe, ``.npz`` NumPy and ``.tsv`` TensorFlow Projector, each also with ``.gz`` and the like; other
        names the native format.
    format : str, optional
        One of ``fastw2v.formats.FORMATS``, whatever the name.
    **options
        Of the format's own ``save``.

    Raises
    ------
    FormatError
        The format cannot hold these keys or attributes, or cannot be written.
    ConfigError
        The name has the extension of a format that is not written here, such as ``.csv`` or ``.parquet``.

    Examples
    --------
    >>> import numpy as np
    >>> import fastw2v
    >>> vectors = fastw2v.KeyedVectors(2)
    >>> vectors.add_vectors(["a", "b"], np.eye(2, dtype=np.float32))
    >>> fastw2v.save(vectors, "vectors.txt")
    >>> fastw2v.load("vectors.txt")["b"]
    array([0., 1.], dtype=float32)
    """
    from fastw2v import formats

    if format is None:
        format = formats.format_of_name(path)
        if format == "native":
            _refuse_foreign(path)
    if format == "native" and not options:
        vectors.save(path)  # keeps int8 tables as they are
    else:
        formats.save(vectors.to_table(), path, format, **options)
