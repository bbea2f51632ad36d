"""Loading and saving of ``KeyedVectors``."""

from __future__ import annotations

import functools
import logging
import os
from typing import IO, Any, TypeVar

import numpy as np

from fastw2v._events import note_event
from fastw2v.errors import FormatError
from fastw2v.table import VectorTable
from fastw2v.vectors.evaluation import Evaluation
from fastw2v.vectors.rows import dense
from fastw2v.vectors.state import index_of, is_rebuilt, restore, state_of

logger = logging.getLogger("fastw2v.keyedvectors")

Loaded = TypeVar("Loaded", bound="Files")
PathOrFile = str | os.PathLike[str] | IO[bytes]


def format_of(source: PathOrFile) -> str:
    """Format of a file by its content; an open file stays where it is, and if it cannot seek it must be native."""
    from fastw2v import formats

    if isinstance(source, (str, os.PathLike)):
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


class Files(Evaluation):
    """Files, and the way to and from the table that file formats exchange."""

    @functools.cached_property
    def key_to_index(self) -> dict[Any, int]:  # type: ignore[override]
        """Row of each key. That of a mapped file is made when it is first asked for: it takes longer than opening.

        Raises
        ------
        FormatError
            If a key occurs twice.
        """
        return index_of(self.index_to_key, "the file that was mapped")

    def to_table(self) -> VectorTable:
        """Give keys, vectors and attributes as a :class:`fastw2v.table.VectorTable`.

        Nothing is copied; only int8 vectors become float32 ones. Huffman paths, which follow from the counts, are
        left out.
        """
        self.allocate_vecattrs()
        vectors = self.vectors if isinstance(self.vectors, np.ndarray) else dense(self.vectors)
        attrs = {name: column for name, column in self.expandos.items() if not is_rebuilt(name, column)}
        return VectorTable(self.index_to_key, vectors, attrs)

    @classmethod
    def _with_subwords(cls: type[Loaded]) -> type[Loaded]:
        """Class for vectors with n-grams; a program's own class stays as it is."""
        from fastw2v.keyedvectors import KeyedVectors
        from fastw2v.vectors.subwords import FastTextKeyedVectors

        return FastTextKeyedVectors if cls is KeyedVectors else cls  # type: ignore[return-value]

    def _check_restored(self, name: Any) -> None:
        """Raise a FormatError if what a file gave beside the table does not fit it."""

    @classmethod
    def from_table(cls: type[Loaded], table: VectorTable) -> Loaded:
        """Make vectors by key from a table; arrays are taken over, not copied.

        A table of fastText gives a :class:`fastw2v.vectors.subwords.FastTextKeyedVectors`.
        """
        from fastw2v.formats.fasttext import FastTextVectors

        if isinstance(table, FastTextVectors) and (found := cls._with_subwords()) is not cls:
            return found.from_table(table)
        made = cls(table.vector_size, 0, dtype=table.vectors.dtype)
        made.index_to_key = list(table.keys)
        made.key_to_index = {key: row for row, key in enumerate(made.index_to_key)}
        made.next_index = len(made.index_to_key)
        made.vectors = table.vectors
        made.expandos = dict(table.attrs)
        return made

    def save(
        self,
        fname_or_handle: PathOrFile,
        separately: Any = None,
        sep_limit: int = 10 * 1024**2,
        ignore: Any = frozenset(),
        pickle_protocol: int = 4,
    ) -> None:
        """Save keys, vectors and attributes to one file in the native format (safetensors), atomically.

        Parameters
        ----------
        fname_or_handle : path or binary file object
        separately, sep_limit, ignore, pickle_protocol
            Accepted for programs written for gensim, without effect: it is always one file, never a pickle.

        Raises
        ------
        FormatError
            If a key or an attribute has a type that no file can hold.
        """
        from fastw2v.formats import native

        del separately, sep_limit, ignore, pickle_protocol
        self.allocate_vecattrs()
        native.save_arrays(fname_or_handle, *state_of(self), kind="vectors")

    @classmethod
    def load(cls: type[Loaded], fname: PathOrFile, mmap: str | None = None) -> Loaded:
        """Load vectors from a file of any known format, recognised by its content.

        Parameters
        ----------
        fname : path or binary file object
        mmap : {None, "r", "c"}
            "r" maps the vectors: read-only, shared between processes; of native files, and of gensim's where
            they stand in a file of their own. "c" reads them, as None does: what is written to them stays in
            memory. Files of other formats are always read.

        Raises
        ------
        FormatError
            If the file is damaged or of no known format.
        """
        from fastw2v import formats
        from fastw2v.formats._io import name_of

        check_mmap(mmap)
        kind = format_of(fname)
        if kind == "gensim":
            return cls.from_table(formats.gensim.load_table(fname, mmap=mmap == "r"))
        if kind != "native":
            return cls.from_table(formats.load(fname))
        arrays, keys, metadata = formats.native.load_arrays(fname, mmap=mmap == "r")
        name = name_of(fname)
        if keys is None or "vectors" not in arrays:
            raise FormatError(f"{name}: a file without keys and an array 'vectors' holds no vectors by key")
        made = (cls._with_subwords() if "own.ngram_vectors" in arrays else cls)(0)
        made.index_to_key = keys
        if mmap == "r" and "next_index" not in metadata:
            del made.key_to_index  # made when it is first asked for
        else:
            made.key_to_index = index_of(keys, name, prepared="next_index" in metadata)
        restore(made, arrays, metadata, name)
        made._check_restored(name)
        return made

    @classmethod
    def load_word2vec_format(
        cls: type[Loaded],
        fname: PathOrFile,
        fvocab: PathOrFile | None = None,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: Any = np.float32,
        no_header: bool = False,
    ) -> Loaded:
        """Load a text or binary file in the format of word2vec.c.

        Parameters
        ----------
        fname : path, URL or binary file object
            Compressed or not.
        fvocab : path, optional
            File of lines ``word count``; without it, counts in falling order are made up.
        binary : bool
        encoding, unicode_errors : str
            Of the words; ``unicode_errors`` is "strict", "ignore" or "replace".
        limit : int, optional
            Read only the first so many rows.
        datatype : dtype
            Of the vectors in memory.
        no_header : bool
            Text file without the line "rows size", as GloVe writes it.

        Raises
        ------
        FormatError
            If the file is damaged (a ``TruncatedFileError``, also an ``EOFError``, if it ends early).
        UnicodeDecodeError
            If a word cannot be decoded and ``unicode_errors`` is "strict".
        """
        from fastw2v import formats

        logger.info("loading projection weights from %s", fname)
        table = formats.word2vec.load(
            fname,
            binary=binary,
            fvocab=fvocab,
            encoding=encoding,
            unicode_errors=unicode_errors,
            limit=limit,
            datatype=datatype,
            no_header=no_header,
        )
        return cls.from_table(table)

    def save_word2vec_format(
        self,
        fname: PathOrFile,
        fvocab: PathOrFile | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",
    ) -> None:
        """Save a text or binary file in the format of word2vec.c.

        Parameters
        ----------
        fname : path or binary file object
        fvocab : path, optional
            Also write lines ``word count`` there.
        binary : bool
        total_vec : int, optional
            Number of rows for the header, if other rows will be appended.
        write_header : bool
        prefix : str
            Written before each key.
        append : bool
            Append to the file instead of replacing it.
        sort_attr : str
            Rows in falling order of this attribute; in their own order if there is no such attribute.

        Raises
        ------
        ValueError
            If ``fvocab`` is wanted and there are no counts, or a key holds white space.
        """
        from fastw2v import formats

        logger.info("storing %sx%s projection weights into %s", len(self), self.vector_size, fname)
        formats.word2vec.save(
            self.to_table(),
            fname,
            binary=binary,
            fvocab=fvocab,
            total_vec=total_vec,
            write_header=write_header,
            prefix=prefix,
            append=append,
            sort_attr=sort_attr,
        )

    def intersect_word2vec_format(
        self,
        fname: PathOrFile,
        lockf: float = 0.0,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> None:
        """Overwrite the vectors of the words that a file in word2vec format has too; no words are added.

        Parameters
        ----------
        fname : path or binary file object
        lockf : float
            Factor for later training of these words: 0.0 keeps them as they are, 1.0 trains them as usual. Is
            noted in ``vectors_lockf``, which grows to one number per word if need be.
        binary, encoding, unicode_errors
            As in :meth:`load_word2vec_format`.

        Raises
        ------
        ValueError
            If the vectors of the file have another size; nothing is changed then.
        """
        from fastw2v import formats

        table = formats.word2vec.load(
            fname,
            binary=binary,
            encoding=encoding,
            unicode_errors=unicode_errors,
            words=self.key_to_index.keys(),
        )
        if table.vector_size != self.vector_size:
            raise ValueError(
                f"incompatible vector size {table.vector_size} in file {fname}: expected {self.vector_size}"
            )
        rows = np.array([self.key_to_index[key] for key in table.keys], dtype=np.int64)
        self.vectors[rows] = table.vectors
        self.norms = None
        factors = getattr(self, "vectors_lockf", np.ones(1, dtype=np.float32))
        if len(factors) != len(self):
            factors = np.resize(factors, len(self))  # a short array counts for all words in turn
        factors[rows] = lockf
        self.vectors_lockf = factors
        logger.info("merged %d vectors into %s matrix from %s", len(rows), self.vectors.shape, fname)

    def add_lifecycle_event(self, event_name: str, log_level: int = logging.INFO, **event: Any) -> None:
        """Note an event in ``lifecycle_events`` (set that to None to keep none) and log it.

        Unlike gensim's, an entry does not tell which machine or path it happened on.
        """
        note_event(self, logger, event_name, log_level, event)
