"""fastText's ``.bin`` models (read only) and ``.vec`` files.

``.bin``, all little-endian: int32 magic 793712314 and version 11 or 12; twelve int32 and one double of
parameters; the dictionary (int32 entries, words, labels, int64 tokens, int64 pruned; each entry: text, NUL,
int64 count, int8 kind); a flag byte for quantisation; the input matrix (int64 rows, int64 columns, float32
values): one row for each word, then one for each n-gram bucket; the output matrix, which is not read.

A word's vector is the mean of its own row and the rows of its n-grams; an unknown word has n-grams only.
``.vec`` is word2vec text (``word2vec.load`` reads it): the n-grams are lost, and so are the counts.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v._parallel import Slices
from fastw2v.errors import ConfigError, FormatError, TruncatedFileError
from fastw2v.formats import _subwords, word2vec
from fastw2v.formats._io import PathOrFile, open_read
from fastw2v.formats._reader import Window
from fastw2v.formats._row_selection import checked_limit, chosen
from fastw2v.formats._rows import LONGEST_KEY, decode
from fastw2v.table import VectorTable

MAGIC = struct.pack("<i", 793712314)
VERSIONS = (11, 12)
SUPERVISED = 3  # the value of `model`; in version 11 such models have no n-grams
PARAMETERS = (
    "dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model", "bucket", "minn", "maxn",
    "lrUpdateRate",
)  # fmt: skip
LONGEST_NGRAM = 100
END_OF_SENTENCE = "</s>"  # has no n-grams


@dataclass
class FastTextVectors(VectorTable):
    """Word vectors that also know n-grams: any word has a vector.

    Parameters
    ----------
    ngram_vectors : ndarray, shape (bucket, vector_size)
        One row for each bucket of n-grams; empty if the model has none.
    minn, maxn : int
        Shortest and longest n-gram, in characters.
    parameters : dict
        Of the training run, under fastText's names.
    """

    ngram_vectors: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    minn: int = 0
    maxn: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)

    def infer(self, word: str) -> NDArray[np.float32]:
        """Vector of a word from its n-grams alone, as fastText gives for words that it does not know.

        Parameters
        ----------
        word : str

        Returns
        -------
        ndarray, shape (vector_size,)
            Zeros if the word has no n-grams.
        """
        rows = []
        if len(self.ngram_vectors) and self.maxn > 0 and word != END_OF_SENTENCE:
            text = f"<{word}>".encode("utf8", "surrogateescape")
            rows = _subwords.ngram_rows(text, self.minn, self.maxn, len(self.ngram_vectors))
        if not rows:
            return np.zeros(self.vector_size, np.float32)
        mean: NDArray[np.float32] = self.ngram_vectors[rows].mean(axis=0)
        return mean


def load(
    path: PathOrFile,
    *,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    limit: int | None = None,
    **options: Any,
) -> VectorTable:
    """Load a ``.bin`` or ``.vec`` file, told apart by content.

    Parameters
    ----------
    path : str, path-like or file object
    encoding, unicode_errors : str
        Of the words; n-grams are made from their bytes as they are.
    limit : int, optional
        Keep at most this many words (the first ones are the most frequent).
    **options
        For ``.vec`` files those of :func:`fastw2v.formats.word2vec.load`, for ``.bin`` files ``words`` alone.

    Returns
    -------
    FastTextVectors
        For a ``.bin`` file: with ``count`` and the n-grams.
    VectorTable
        For a ``.vec`` file.

    Raises
    ------
    FormatError
        The file is malformed, quantised, or of a version before 12.
    """
    with open_read(path) as reader:
        window = Window(reader)
        window.extend()
        if window.data[: min(4, window.end)].tobytes() == MAGIC:
            words = options.pop("words", None)
            for option in options:
                raise ConfigError(
                    f"{option}=: a fastText .bin file ({reader.name}) takes encoding, unicode_errors, limit and words; "
                    "save it as word2vec text first, or convert the vectors with astype()"
                )
            return chosen(_load_bin(window, encoding, unicode_errors, checked_limit(limit)), None, words)
        if window.end >= 16 and not window.data[:16].tobytes().isascii():
            raise FormatError(
                f"{reader.name}: byte 0: neither a fastText .bin file of version 11 or 12 nor a .vec file"
            )
        return word2vec.load_window(
            window, binary=False, encoding=encoding, unicode_errors=unicode_errors, limit=limit, **options
        )


def save(table: VectorTable, path: PathOrFile) -> None:
    """Save a ``.vec`` file: word2vec text in table order.

    Parameters
    ----------
    table : VectorTable
    path : str, path-like or file object
    """
    word2vec.save(VectorTable(table.keys, table.vectors, {"row": -np.arange(len(table))}), path, sort_attr="row")


def _take(window: Window, n: int, what: str) -> bytes:
    """``n`` bytes of the window, consumed."""
    while window.end - window.start < n and not window.final:
        window.extend()
    if window.end - window.start < n:
        raise TruncatedFileError(f"{window.reader.name}: the file ends at byte {window.base + window.end}, in {what}")
    window.start += n
    return window.data[window.start - n : window.start].tobytes()


def _load_bin(window: Window, encoding: str, errors: str, limit: int | None) -> FastTextVectors:
    name = window.reader.name
    version, *values = struct.unpack("<4x13id", _take(window, 64, "the parameters"))
    parameters = dict(zip((*PARAMETERS, "t"), values, strict=True))
    if version not in VERSIONS:
        raise FormatError(f"{name}: byte 4: fastText version {version}; only versions 11 and 12 are read")
    dim, bucket, minn, maxn = (parameters[key] for key in ("dim", "bucket", "minn", "maxn"))
    if dim < 1 or bucket < 0 or minn < 0 or maxn > LONGEST_NGRAM:
        raise FormatError(f"{name}: byte 8: dim={dim}, bucket={bucket}, minn={minn}, maxn={maxn} make no sense")
    if version == 11 and parameters["model"] == SUPERVISED:
        maxn = 0
    size, n_words, n_labels, _, pruned = struct.unpack("<iiiqq", _take(window, 28, "the dictionary"))
    if min(size, n_words, n_labels) < 0 or size != n_words + n_labels:
        raise FormatError(f"{name}: byte 64: {size} entries are not {n_words} words and {n_labels} labels")
    raw, keys, counts = _dictionary(window, size, n_words, encoding, errors)
    if pruned > 0:
        raise FormatError(f"{name}: byte {window.base + window.start}: a pruned (.ftz) model; save it as .bin or .vec")
    at = window.base + window.start
    quantised, n_rows, n_columns = struct.unpack("<?qq", _take(window, 17, "the input matrix"))
    if quantised:
        raise FormatError(f"{name}: byte {at}: a quantised (.ftz) model; save it as .bin or .vec")
    if n_columns != dim or n_rows < n_words or n_rows - n_words not in (0, bucket):
        raise FormatError(
            f"{name}: byte {at}: a matrix of {n_rows} x {n_columns} for {n_words} words, {bucket} buckets, dim {dim}"
        )
    matrix = window.array("<f4", n_rows * dim, "the input matrix").reshape(n_rows, dim)
    words, buckets = matrix[:n_words], matrix[n_words:]
    if limit:
        keys, counts, words = keys[:limit], counts[:limit], words[:limit]
    if maxn >= max(minn, 1) and len(buckets):
        known = zip(raw[: len(keys)], keys, strict=True)
        bordered = [b"" if key == END_OF_SENTENCE else b"<%b>" % word for word, key in known]
        compose(bordered, words, buckets, minn, maxn)
    return FastTextVectors(keys, words, {"count": counts}, buckets, minn, maxn, parameters)


def _dictionary(
    window: Window, size: int, n_words: int, encoding: str, errors: str
) -> tuple[list[bytes], list[Any], NDArray[np.int64]]:
    """Words as bytes and text, and their counts; labels, which follow the words, are passed over."""
    left = window.reader.remaining()
    if left is not None and size * 10 > left + window.end - window.start:
        raise TruncatedFileError(f"{window.reader.name}: byte 64: {size} words cannot be in the rest of the file")
    raw: list[bytes] = []
    keys: list[Any] = []
    pieces: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    row = 0
    while row < size:
        room = min(size - row, (window.end - window.start) // 10 + 1)
        starts, ends, counts = (np.empty(room, np.int64) for _ in range(3))
        kinds = np.empty(room, np.int8)
        n, stop = _subwords.scan_entries(window.data, window.start, window.end, starts, ends, counts, kinds)
        if n == 0:
            if window.final:
                raise TruncatedFileError(
                    f"{window.reader.name}: the file ends at byte {window.base + window.end}, in word {row} of {size}"
                )
            if window.end - window.start > LONGEST_KEY:
                raise FormatError(
                    f"{window.reader.name}: row {row} (byte {window.base + window.start}): a word without an end"
                )
            window.extend()
            continue
        wanted = min(n, max(0, n_words - row))
        if (kinds[:wanted] != 0).any() or (kinds[wanted:n] == 0).any():
            raise FormatError(f"{window.reader.name}: rows {row} to {row + n}: words and labels are mixed up")
        keys += decode(window, starts[:wanted], ends[:wanted], encoding, errors, row)
        data = window.data
        raw += [data[a:b].tobytes() for a, b in zip(starts[:wanted].tolist(), ends[:wanted].tolist(), strict=True)]
        pieces.append(counts[:wanted])
        window.start = stop
        row += n
    if len(set(raw)) < len(raw):
        raise FormatError(f"{window.reader.name}: the dictionary holds a word twice")
    return raw, keys, np.concatenate(pieces)


def compose(
    bordered: list[bytes],
    words: NDArray[np.float32],
    buckets: NDArray[np.float32],
    minn: int,
    maxn: int,
    divide: bool = False,
) -> None:
    """Replace rows of ``words`` by their means with the n-grams of ``<word>``; empty: the row stays as it is."""
    offsets = np.cumsum([0, *map(len, bordered)], dtype=np.int64)
    blob = b"".join(bordered)

    def part(rows: slice) -> None:
        _subwords.compose(blob, offsets, rows.start, rows.stop, minn, maxn, buckets, words, divide)

    with Slices() as slices:
        slices.run(part, len(words))
