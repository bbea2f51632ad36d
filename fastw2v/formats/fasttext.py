"""fastText's ``.bin`` and ``.ftz`` models (read only) and ``.vec`` files.

``.bin``, all little-endian: int32 magic 793712314 and version 11 or 12; twelve int32 and one double of
parameters; the dictionary (int32 entries, words, labels, int64 tokens, int64 pruned; each entry: text, NUL,
int64 count, int8 kind); of pruned models, for each n-gram that is left, its bucket and its row (int32); a flag byte for
quantisation; the input matrix (int64 rows, int64 columns, float32 values, or as in ``_product_quantizer``): one row for
each word, then one for each n-gram bucket; the output matrix, which is not read. Files from before 2017 have no magic
and version, no number of pruned entries and no flag.

A word's vector is the mean of its own row and the rows of its n-grams; an unknown word has n-grams only.
``.vec`` is word2vec text (``word2vec.load`` reads it): the n-grams are lost, and so are the counts.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastw2v._parallel import in_slices
from fastw2v.errors import ConfigError, FormatError, TruncatedFileError
from fastw2v.formats import _subwords, word2vec
from fastw2v.formats._budget import Budget
from fastw2v.formats._io import PathOrFile, open_read
from fastw2v.formats._product_quantizer import read_matrix as read_quantised
from fastw2v.formats._reader import Window
from fastw2v.formats._row_selection import checked_limit, chosen
from fastw2v.formats._rows import LONGEST_KEY, Policy, decode
from fastw2v.table import VectorTable

logger = logging.getLogger(__name__)

MAGIC = struct.pack("<i", 793712314)
VERSIONS = (11, 12)
SUPERVISED = 3  # the value of `model`; in version 11 such models have no n-grams
PARAMETERS = (
    "dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model", "bucket", "minn", "maxn",
    "lrUpdateRate",
)  # fmt: skip
LONGEST_NGRAM = 100
ADDED_FREELY = 1e7  # numbers: a hundredth of a second
ADDED_PER_BYTE = 1000.0  # numbers that are added up for each byte of the vectors: 10 to 100 in models of people
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
    words: Collection[str] | None = None,
    datatype: DTypeLike = np.float32,
    duplicates: str = "first",
    nonfinite: str = "keep",
    bad_rows: str = "error",
    rest: str = "warn",
) -> VectorTable:
    """Load a ``.bin``, ``.ftz`` or ``.vec`` file, told apart by content.

    Parameters
    ----------
    path : str, path-like or file object
    encoding, unicode_errors : str
        Of the words; n-grams are made from their bytes as they are.
    limit, words
        Keep at most so many words (the first ones are the most frequent), or these.
    datatype, duplicates, nonfinite, bad_rows, rest
        Of ``.vec`` files, as for :func:`fastw2v.formats.word2vec.load`.

    Returns
    -------
    FastTextVectors
        For a ``.bin`` file: with ``count`` and the n-grams.
    VectorTable
        For a ``.vec`` file.

    Raises
    ------
    FormatError
        The file is malformed, or of another version than 11 and 12 and those of before 2017.
    """
    with open_read(path) as reader:
        window = Window(reader)
        window.extend()
        head = window.data[: min(48, window.end)].tobytes()
        if head.startswith(MAGIC) or is_old(head):
            given = (duplicates, nonfinite, bad_rows, rest)
            if np.dtype(datatype) != np.float32 or Policy(*given) != Policy():
                raise ConfigError(
                    f"datatype=, duplicates=, nonfinite=, bad_rows= and rest= are for text: {reader.name}, a fastText "
                    ".bin file, takes encoding, unicode_errors, limit and words; convert the vectors with astype()"
                )
            return chosen(_load_bin(window, encoding, unicode_errors, checked_limit(limit)), None, words)
        if window.end >= 16 and not window.data[:16].tobytes().isascii() and _looks_binary(window):
            raise FormatError(f"{reader.name}: byte 0: neither a fastText .bin or .ftz file nor a .vec file")
        return word2vec.load_window(
            window.begin_text(),
            encoding=encoding,
            unicode_errors=unicode_errors,
            limit=limit,
            words=words,
            datatype=datatype,
            policy=Policy(duplicates, nonfinite, bad_rows, rest),
        )


def _looks_binary(window: Window) -> bool:
    return b"\0" in window.data[: min(64, window.end)].tobytes()


def save(table: VectorTable, path: PathOrFile) -> None:
    """Save a ``.vec`` file: word2vec text in table order.

    Parameters
    ----------
    table : VectorTable
    path : str, path-like or file object
    """
    word2vec.save(VectorTable(table.keys, table.vectors, {"row": -np.arange(len(table))}), path, sort_attr="row")


def is_old(head: bytes) -> bool:
    """Whether a file of before 2017 begins like that: only its parameters tell."""
    if len(head) < 48:
        return False
    found = dict(zip(PARAMETERS, struct.unpack("<12i", head[:48]), strict=True))
    return (
        0 < found["dim"] < 1 << 16
        and 0 < found["ws"] < 1 << 16
        and 0 < found["wordNgrams"] < 100
        and found["loss"] in (1, 2, 3)
        and found["model"] in (1, 2, 3)
        and 0 <= found["minn"] <= found["maxn"] <= LONGEST_NGRAM
        and min(found[name] for name in ("epoch", "minCount", "neg", "bucket", "lrUpdateRate")) >= 0
    )


def _load_bin(window: Window, encoding: str, errors: str, limit: int | None) -> FastTextVectors:
    name = window.reader.name
    dated = is_old(window.data[: min(48, window.end)].tobytes())
    version, begin = VERSIONS[0], 0
    if not dated:
        _, version = struct.unpack("<ii", window.take(8, "the version"))
        begin = 8
    parameters = dict(zip((*PARAMETERS, "t"), struct.unpack("<12id", window.take(56, "the parameters")), strict=True))
    if version not in VERSIONS:
        raise FormatError(f"{name}: byte 4: fastText version {version}; only versions 11 and 12 are read")
    dim, bucket, minn, maxn = (parameters[key] for key in ("dim", "bucket", "minn", "maxn"))
    if dim < 1 or bucket < 0 or not 0 <= minn <= LONGEST_NGRAM or not 0 <= maxn <= LONGEST_NGRAM:
        raise FormatError(f"{name}: byte {begin}: dim={dim}, bucket={bucket}, minn={minn}, maxn={maxn} make no sense")
    if version == 11 and parameters["model"] == SUPERVISED:
        maxn = 0
    size, n_words, n_labels, _ = struct.unpack("<iiiq", window.take(20, "the dictionary"))
    pruned = -1 if dated else struct.unpack("<q", window.take(8, "the dictionary"))[0]
    if min(size, n_words, n_labels) < 0 or size != n_words + n_labels:
        raise FormatError(f"{name}: byte {begin + 56}: {size} entries are not {n_words} words and {n_labels} labels")
    raw, keys, counts = _dictionary(window, size, n_words, encoding, errors)
    kept = window.array("<i4", 2 * max(pruned, 0), "the n-grams that are left").reshape(-1, 2)
    at = window.base + window.start
    quantised = not dated and window.take(1, "the input matrix") != b"\0"
    if quantised:
        matrix = read_quantised(window, dim)
        n_rows = len(matrix)
    else:
        n_rows, n_columns = struct.unpack("<qq", window.take(16, "the input matrix"))
        if n_columns != dim:
            raise FormatError(f"{name}: byte {at}: a matrix of {n_rows} x {n_columns}, dim is {dim}")
    if n_rows < n_words or n_rows - n_words not in (0, bucket if pruned < 0 else pruned):
        raise FormatError(f"{name}: byte {at}: {n_rows} rows for {n_words} words and {bucket} buckets ({pruned} left)")
    if not quantised:
        matrix = window.array("<f4", n_rows * dim, "the input matrix").reshape(n_rows, dim)
    words, buckets = matrix[:n_words], matrix[n_words:]
    if limit:
        keys, counts, words = keys[:limit], counts[:limit], words[:limit]
    if maxn >= max(minn, 1) and len(buckets):
        known = zip(raw[: len(keys)], keys, strict=True)
        bordered = [b"" if key == END_OF_SENTENCE else b"<%b>" % word for word, key in known]
        budget = work_budget(name, matrix.nbytes)
        if pruned < 0:
            compose(bordered, words, buckets, minn, maxn, budget)
        else:
            _compose_pruned(bordered, words, buckets, (minn, maxn, bucket), kept, budget)
            logger.warning("%s: n-grams were pruned, so all are left out and unknown words have no vector", name)
    if pruned >= 0:
        words, buckets = words.copy(), buckets[:0].copy()
    table = FastTextVectors(keys, words, {"count": counts}, buckets, minn, maxn, parameters)
    return _with_distinct_keys(table, name)


def _with_distinct_keys(table: FastTextVectors, name: str) -> FastTextVectors:
    """The table, in which words that ``unicode_errors`` made alike are there once: the most frequent of them."""
    first = {key: row for row, key in reversed(list(enumerate(table.keys)))}
    if len(first) == len(table):
        return table
    logger.warning("%s: %d words are another once they are decoded, and are left out", name, len(table) - len(first))
    rows = np.array(sorted(first.values()), np.int64)
    keys = [table.keys[row] for row in rows.tolist()]
    return replace(table, keys=keys, vectors=table.vectors[rows], attrs={"count": table.attrs["count"][rows]})


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


def work_budget(name: str, n_bytes: int) -> Budget:
    """What composing vectors may cost: numbers added for each byte of the matrices."""
    return Budget(name, n_bytes, ADDED_PER_BYTE, ADDED_FREELY)


def compose(
    bordered: list[bytes],
    words: NDArray[np.float32],
    buckets: NDArray[np.float32],
    minn: int,
    maxn: int,
    budget: Budget,
    divide: bool = False,
) -> None:
    """Replace rows of ``words`` by their means with the n-grams of ``<word>``; empty: the row stays as it is."""
    offsets = np.cumsum([0, *map(len, bordered)], dtype=np.int64)
    _charge(budget, int(offsets[-1]), minn, maxn, words.shape[1])
    blob = b"".join(bordered)

    def part(rows: slice) -> None:
        _subwords.compose(blob, offsets, rows.start, rows.stop, minn, maxn, buckets, words, divide)

    in_slices(part, len(words))


def _charge(budget: Budget, n_characters: int, minn: int, maxn: int, dim: int) -> None:
    """Each character begins an n-gram of each length, whose row is added and whose hash is made on the way."""
    budget.charge(float(n_characters) * ((maxn - max(minn, 1) + 1) * dim + maxn), "the n-grams of its words")


def _compose_pruned(
    bordered: list[bytes],
    words: NDArray[np.float32],
    buckets: NDArray[np.float32],
    ngrams: tuple[int, int, int],
    kept: NDArray[np.int32],
    budget: Budget,
) -> None:
    """The same where only some buckets are left: ``kept`` has the number of each and its row."""
    minn, maxn, bucket = ngrams
    if len(kept) and (kept.min() < 0 or kept[:, 1].max() >= len(buckets)):
        raise FormatError(f"{budget.name}: an n-gram has a row that is not there")
    row_of = dict(kept.tolist())
    _charge(budget, sum(map(len, bordered)), minn, maxn, words.shape[1])
    for row, word in enumerate(bordered):
        found = [row_of[one] for one in _subwords.ngram_rows(word, minn, maxn, bucket) if one in row_of]
        if found:
            words[row] = (words[row] + buckets[found].sum(axis=0)) / np.float32(1 + len(found))
