"""What a file costs grows with its bytes: memory and time stay below a constant times them, whatever the file says."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support.fasttext_files import fasttext_bytes
from support.hostile_pickles import amplified, gensim_vectors, own_methods, shown_bombs

from fastw2v import formats
from fastw2v.errors import FormatError
from fastw2v.formats import _budget, native
from fastw2v.formats._text_rows import is_text_row

MEMORY_FREE = 24 << 20  # bytes; beyond that, so many for each byte that is read
MEMORY_PER_BYTE = 150
SECONDS_FREE = 2.0
SECONDS_PER_MEGABYTE = 4.0
LONGEST_MESSAGE = 1500


def cost(path: Path, n_bytes: int, **options) -> str:
    """Load a file; what its message says, "" if it was loaded, after a look at what that took."""
    message = ""
    tracemalloc.start()
    began = time.perf_counter()
    try:
        table = formats.load(path, **options)
        {key: row for row, key in enumerate(table.keys)}
        np.asarray(table.vectors).sum()
    except FormatError as error:
        message = str(error)
        assert len(message) < LONGEST_MESSAGE
        assert message.startswith(str(path))
    finally:
        seconds, peak = time.perf_counter() - began, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < MEMORY_FREE + MEMORY_PER_BYTE * n_bytes
    assert seconds < SECONDS_FREE + SECONDS_PER_MEGABYTE * n_bytes / 1e6
    return message


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", sorted(own_methods()))
def test_a_pickle_cannot_reach_the_methods_of_what_stands_in(name: str, tmp_path: Path) -> None:
    """CPython's BUILD, APPENDS, SETITEMS and ADDITEMS call methods by name: of a stand-in, there are none to find."""
    assert cost(written(tmp_path / "f.model", own_methods()[name]), 100)


@pytest.mark.parametrize("name", sorted(amplified(10)))
def test_what_a_pickle_names_again_is_not_paid_again(name: str, tmp_path: Path) -> None:
    for times in (300, 3000):
        data = amplified(times)[name]
        cost(written(tmp_path / "f.model", data), len(data))


@pytest.mark.parametrize("leaf", [None, np.str_("x")], ids=["plain", "made anew"])
@pytest.mark.parametrize("container", ["pair", "gensim"])
def test_a_key_that_names_a_part_again_takes_its_memory_once(container: str, leaf: object, tmp_path: Path) -> None:
    """As a tree, which a hash walks and the budget pays for, this key has 2^17 leaves; in memory it has 17 tuples."""
    key: object = leaf
    for _ in range(17):
        key = (key, key)
    vectors = np.zeros((1, 200_000), np.float32)
    if container == "pair":
        data = pickle.dumps(([key], vectors), 4)
    else:
        data = gensim_vectors(pickle.dumps({"index_to_key": [key], "vectors": vectors}, 4))
    path = written(tmp_path / "f.model", data)
    formats.load(path)
    tracemalloc.start()
    try:
        table = formats.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert table.keys == [key]
    assert peak < 3.5 * len(data)  # what was read, the bytes of the vectors, and the vectors


@pytest.mark.parametrize("name", sorted(shown_bombs()))
def test_messages_show_little_of_a_large_value(name: str, tmp_path: Path) -> None:
    data = shown_bombs()[name]
    assert cost(written(tmp_path / "f.model", data), len(data))


def alike(n: int) -> list:
    """Whole numbers with one hash."""
    return [row * (2**61 - 1) for row in range(1, n + 1)]


def tuples_alike(n: int) -> list:
    """Pairs of numbers with one hash: what the first does to it, the second undoes."""
    prime1, prime2, prime5, mask = 11400714785074694791, 14029467366897019727, 2870177450012600261, 2**64 - 1
    back2 = pow(prime2, -1, 2**64)
    found, first = [], 0
    while len(found) < n:
        first += 1
        total = (prime5 + first * prime2) & mask
        total = ((total << 31 | total >> 33) & mask) * prime1 & mask
        second = (12345 - total) * back2 & mask
        if second < 2**61 - 1:
            found.append((first, second))
    assert len(set(map(hash, found))) == 1
    return found


@pytest.mark.parametrize("keys", [alike(30_000), tuples_alike(30_000), [(key, "x") for key in alike(30_000)]])
def test_keys_with_one_hash(keys: list, tmp_path: Path) -> None:
    tagged = [["t", *key] if isinstance(key, tuple) else key for key in keys]
    text = json.dumps(tagged).encode()
    header = {"format": "fastw2v", "version": "1", "kind": "vectors", "keys": "json", "metadata": "{}"}
    rows = len(keys)
    entries = {
        "__metadata__": header,
        "vectors": {"dtype": "F32", "shape": [rows, 1], "data_offsets": [0, 4 * rows]},
        "keys.json": {"dtype": "U8", "shape": [len(text)], "data_offsets": [4 * rows, 4 * rows + len(text)]},
    }
    raw = json.dumps(entries).encode()
    path = written(tmp_path / "k.fw2v", struct.pack("<Q", len(raw)) + raw + bytes(4 * rows) + text)
    assert "hash" in cost(path, path.stat().st_size)
    with pytest.raises(FormatError, match="hash"):
        native.load_arrays(path, mmap=True)
    fields = {"index_to_key": keys, "vectors": np.zeros((rows, 1), np.float32)}
    path = written(tmp_path / "f.kv", gensim_vectors(pickle.dumps(fields, 4)))
    assert "hash" in cost(path, path.stat().st_size)


def test_keys_of_people_have_hashes_of_their_own() -> None:
    for keys in (
        list(range(-5, 10_000)),
        [(i, j) for i in range(100) for j in range(100)],
        [i / 7 for i in range(9999)],
    ):
        _budget.check_distinct(keys, "f")
    with pytest.raises(FormatError, match="twice"):
        _budget.check_distinct([1, 2, 1], "f")


def npy(kind: str, shape: tuple, data: bytes = b"") -> bytes:
    text = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


VECTORS = ("vectors", npy("<f4", (1, 2), bytes(8)))


@pytest.mark.parametrize(
    "members",
    [
        [("keys", npy("<U0", (10**8,))), VECTORS],
        [("keys", npy("|S0", (2**36,))), VECTORS],
        [("keys", npy("<U1", (1,), b"a\0\0\0")), ("attr_x", npy("<U0", (10**8,))), VECTORS],
        [("keys", npy("<U1", (1,), b"a\0\0\0")), ("vectors", npy("<f4", (10**9, 2), bytes(8)))],
        [("keys", npy("<U99999999", (1,))), VECTORS],
        [("keys", npy("f4," * 2000, (1,))), VECTORS],
        [("k" * 60_000, npy("<U1", (1,), b"a\0\0\0"))],
    ],
)
def test_arrays_of_an_archive_that_say_much(members: list, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            archive.writestr(name + ".npy", data)
    assert cost(path, path.stat().st_size)


def test_arrays_that_nobody_asked_for_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (
            ("keys", npy("<U1", (1,), b"a\0\0\0")),
            ("junk", npy("<f8", (10**7,), bytes(8 * 10**7))),
            VECTORS,
        ):
            archive.writestr(name + ".npy", data)
    assert cost(path, path.stat().st_size) == ""


def test_members_of_an_archive_that_share_their_bytes(tmp_path: Path) -> None:
    """One deflated member under many names; and a decoder with a window of 4 GB."""
    path, out = tmp_path / "x.npz", io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("attr_a.npy", npy("<f4", (1, 10**6), bytes(4 * 10**6)))
        first = archive.infolist()[0]
        for number in range(1000):
            copied = zipfile.ZipInfo(f"attr_{number}.npy")
            for field in ("compress_type", "CRC", "compress_size", "file_size", "header_offset", "flag_bits"):
                setattr(copied, field, getattr(first, field))
            archive.filelist.append(copied)
    path.write_bytes(out.getvalue())
    assert cost(path, path.stat().st_size)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("keys.npy", npy("<U1", (1,), b"a\0\0\0"))
    data = bytearray(out.getvalue())
    at = 30 + len("keys.npy") + 5
    data[at : at + 4] = b"\xff\xff\xff\xff"
    assert "method 14" in cost(written(path, bytes(data)), len(data))


@pytest.mark.parametrize(("n", "dim", "maxn"), [(50_000, 2000, 100), (200_000, 1000, 100), (1_000_000, 1, 100)])
def test_words_of_a_million_ngrams(n: int, dim: int, maxn: int, tmp_path: Path) -> None:
    data = fasttext_bytes(["x" * n], np.zeros((2, dim), np.float32), bucket=1, minn=1, maxn=maxn)
    assert "n-grams" in cost(written(tmp_path / "f.bin", data), len(data))
    fields = {
        "index_to_key": ["x" * n],
        "vectors_vocab": np.zeros((1, dim), np.float32),
        "vectors_ngrams": np.zeros((1, dim), np.float32),
        "min_n": 1, "max_n": maxn, "bucket": 1, "compatible_hash": True,
    }  # fmt: skip
    data = gensim_vectors(pickle.dumps(fields, 4))
    assert "n-grams" in cost(written(tmp_path / "f.kv", data), len(data))


@pytest.mark.parametrize("dim", [10**5, 10**7, 2 * 10**9])
@pytest.mark.parametrize("options", [{}, {"bad_rows": "skip"}, {"limit": 5}, {"words": ["a7"]}])
def test_a_dimension_is_believed_when_a_row_has_it(dim: int, options: dict, tmp_path: Path) -> None:
    plain = b"100000000 %d\n" % dim + b"".join(b"a%d 1\n" % i for i in range(50_000))
    for name, data in (("x.txt.gz", gzip.compress(plain)), ("x.txt", plain)):
        assert cost(written(tmp_path / name, data), len(plain), **options)


@pytest.mark.parametrize("row", [b"a 1\n", b"a x\n", b"a nan\n"])
def test_rows_of_one_key(row: bytes, tmp_path: Path) -> None:
    """A row that may be dropped leaves its key to the next one: looking for that must not take a step for each row."""
    plain = b"200000 1\n" + row * 200_000
    path = written(tmp_path / "x.txt", plain)
    began = time.perf_counter()
    table = formats.load(path, bad_rows="skip", nonfinite="skip")
    assert time.perf_counter() - began < 1.0
    assert table.keys == (["a"] if row == b"a 1\n" else [])


def test_looking_at_a_line_costs_no_more_than_the_line() -> None:
    line = b"key" + b" 0.0" * 200_000
    tracemalloc.start()
    try:
        assert not is_text_row(line, 300_000)
        assert is_text_row(line, 200_000)
        assert is_text_row(line, 7)
        assert not is_text_row(line.replace(b"0.0 0", b"x y 0"), 199_999)
        assert tracemalloc.get_traced_memory()[1] < 6 * len(line)
    finally:
        tracemalloc.stop()
