"""How much memory is taken while a file is loaded or refused, by tracemalloc, which sees NumPy and the codecs too."""

from __future__ import annotations

import gzip
import io
import lzma
import pickle
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zstd
from support.allocations import peak_of
from support.fasttext_files import fasttext_bytes

import fastw2v
from fastw2v import formats
from fastw2v.errors import FormatError
from fastw2v.formats import fasttext, word2vec
from fastw2v.table import VectorTable


def resizing_counts_twice() -> bool:
    """NumPy 2.5 reports the new block of an array that it resizes before it takes back the old one, though in place."""
    tracemalloc.start()
    array = np.empty(1 << 20, np.uint8)
    array.resize(3 << 19, refcheck=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak > 2 << 20


COUNTED_TWICE = 1 if resizing_counts_twice() else 0
LARGEST = 1.2 + COUNTED_TWICE  # times the table
DECODER = 256 << 10  # two buffers of gzip
N_ROWS, DIM = 10_000, 100


def table(n_rows: int = N_ROWS) -> VectorTable:
    vectors = np.random.default_rng(0).standard_normal((n_rows, DIM), dtype=np.float32)
    return VectorTable([f"word{i}" for i in range(n_rows)], vectors, {"count": np.arange(n_rows, 0, -1)})


def refused(call: Callable[[], Any]) -> int:
    """The same for a file that must be refused."""

    def attempt() -> None:
        with pytest.raises(FormatError):
            call()

    attempt()  # what is imported at the first time does not count
    return peak_of(attempt)[0]


def held(loaded: VectorTable) -> int:
    """Bytes of vectors, attributes and keys."""
    keys = sys.getsizeof(loaded.keys) + sum(map(sys.getsizeof, loaded.keys))
    return keys + loaded.vectors.nbytes + sum(array.nbytes for array in loaded.attrs.values())


@pytest.mark.parametrize("name", [name for name, one in formats.FORMATS.items() if one.save])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_loading_takes_little_more_than_the_table(name: str, packed: str, tmp_path: Path) -> None:
    path = tmp_path / ("t_tensor.tsv" + packed)
    formats.save(table(), path, name)
    load = formats.FORMATS[name].load
    load(path)
    peak, loaded = peak_of(lambda: load(path))
    assert len(loaded) == N_ROWS
    allowed = LARGEST * held(loaded)
    if packed:
        allowed += DECODER
        if name == "npz":  # an archive is read from its end, so it is unpacked as a whole
            allowed *= 2
    assert peak <= allowed


@pytest.mark.parametrize("name", ["native", "word2vec", "word2vec-binary"])
def test_vectors_by_key_take_little_more_than_themselves(name: str, tmp_path: Path) -> None:
    formats.save(table(), tmp_path / "t", name)
    fastw2v.load(tmp_path / "t")
    peak, kv = peak_of(lambda: fastw2v.load(tmp_path / "t"))
    index = sys.getsizeof(kv.key_to_index) + 28 * len(kv)  # and an integer for each row
    assert peak <= LARGEST * (held(kv.to_table()) + index)


def test_a_table_of_unknown_length_grows_in_place(tmp_path: Path) -> None:
    whole = b"\n".join(b"word%d " % i + b"0.25 " * 49 + b"0.5" for i in range(20_000))
    peak, loaded = peak_of(lambda: word2vec.load(io.BytesIO(gzip.compress(whole, 1)), no_header=True))
    assert peak <= LARGEST * held(loaded) + DECODER


RESIDENT = """
import re, sys
from pathlib import Path
from fastw2v.formats import word2vec

def resident(entry):
    return 1024 * int(re.search(rf"^{entry}:\\s*(\\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)[1])

Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = resident("VmRSS")
table = word2vec.load(sys.argv[1], no_header=sys.argv[2] == "headerless")
print((resident("VmHWM") - before) / (resident("VmRSS") - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the resident peak is read from /proc and reset there")
@pytest.mark.parametrize("header", ["header", "headerless"])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_resident_memory_while_a_text_is_loaded(header: str, packed: str, tmp_path: Path) -> None:
    """What tracemalloc does not see: whether an array of many megabytes grows in place."""
    path = tmp_path / ("t.txt" + packed)
    whole = b"100000 100\n" if header == "header" else b""
    whole += b"".join(b"word%d " % i + b"0.25 " * 99 + b"0.5\n" for i in range(100_000))
    path.write_bytes(gzip.compress(whole, 1) if packed else whole)
    peak = subprocess.run([sys.executable, "-c", RESIDENT, path, header], check=True, capture_output=True, text=True)
    assert float(peak.stdout) < 1.2


def test_fasttext_model_and_pickle(tmp_path: Path) -> None:
    words = [f"word{i}" for i in range(2000)]
    model = fasttext_bytes(words, np.ones((12_000, 50), np.float32), bucket=10_000)
    for content in (model, gzip.compress(model, 1)):
        (tmp_path / "m.bin").write_bytes(content)
        peak, loaded = peak_of(lambda: fasttext.load(tmp_path / "m.bin"))
        assert peak <= LARGEST * (held(loaded) + loaded.ngram_vectors.nbytes) + DECODER
    (tmp_path / "m.kv").write_bytes(pickle.dumps({"no": np.ones(1_000_000, np.float32)}, 4))
    assert refused(lambda: formats.gensim.load(tmp_path / "m.kv")) <= 2.2 * 4_000_000  # the file, and its array


def test_a_header_takes_no_more_than_its_rows_need() -> None:
    honest = b"x 0.12345678 0.12345678 0.12345678\n" * 30_000
    lie = b"150000 3\n" + honest  # enough bytes, were all numbers of one digit
    assert refused(lambda: word2vec.load(io.BytesIO(lie))) < 900_000  # 1.8 MB by the header
    assert refused(lambda: word2vec.load(io.BytesIO(b"3 2000000000\n" + bytes(1000)), binary=True)) < 200_000


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_sizes_in_an_archive_are_not_believed(method: int) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 28,)})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("vectors.npy", header.getvalue() + bytes(1 << 20))
    content = bytearray(packed.getvalue())
    entry = content.find(b"PK\x01\x02")
    size = (1 << 30).to_bytes(4, "little")
    content[entry + 24 : entry + 28] = size
    if method == zipfile.ZIP_STORED:
        content[entry + 20 : entry + 24] = size
    peak = refused(lambda: formats.FORMATS["npz"].load(io.BytesIO(bytes(content))))
    assert peak < (2 + COUNTED_TWICE) * (1 << 20) + 600_000


def test_a_row_has_a_longest_length() -> None:
    """So of 32 MB without a line end no more is kept than the longest key and numbers."""
    most = 3_000_000 + COUNTED_TWICE * 1_500_000
    zeros = b"1000000 100\n" + bytes(1 << 25)
    zip_bomb = gzip.compress(zeros)
    assert refused(lambda: word2vec.load(io.BytesIO(zip_bomb))) < most
    bomb = zstd.pack(zeros)
    assert len(bomb) < 5000
    assert refused(lambda: word2vec.load(io.BytesIO(bomb))) < most


def test_a_header_with_too_many_dimensions_takes_no_table(tmp_path: Path) -> None:
    row = " ".join(["0.1234567"] * 50)
    path = tmp_path / "t.txt"
    path.write_text("".join(["1000 250\n", *(f"word{i} {row}\n" for i in range(1000))]))
    assert refused(lambda: word2vec.load(path)) < 400_000


@pytest.mark.parametrize(
    ("name", "options"),
    [("native", {"limit": 3}), ("native", {"words": ["word1", "word9000"]}), ("npz", {"limit": 3})],
)
def test_a_part_of_a_table_takes_no_memory_for_the_rest(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    whole = table(20_000)
    formats.save(whole, tmp_path / "t", name)
    peak, got = peak_of(lambda: formats.load(tmp_path / "t", name, **options))
    assert peak < whole.vectors.nbytes / (3 if "words" in options else 10)
    rows = [0, 1, 2] if "limit" in options else [1, 9000]
    assert got.keys == [whole.keys[row] for row in rows]
    assert (got.vectors == whole.vectors[rows]).all()
    assert (got.counts() == whole.attrs["count"][rows]).all()
    assert got.vectors.flags.owndata
    assert got.vectors.flags.writeable


def test_an_xz_file_may_not_want_a_gigabyte() -> None:
    content = bytearray(lzma.compress(b"1 2\na 1 2\n"))
    length = 4 * (content[12] + 1)
    at = content.find(b"\x21\x01", 12, 12 + length) + 2
    assert content[at] == 22  # 8 MB
    assert word2vec.load(io.BytesIO(bytes(content))).keys == ["a"]
    content[at] = 36  # 1 GB
    content[12 + length - 4 : 12 + length] = zlib.crc32(content[12 : 12 + length - 4]).to_bytes(4, "little")
    assert refused(lambda: word2vec.load(io.BytesIO(bytes(content)))) < 500_000


def test_xz_and_zstd_in_several_parts() -> None:
    rng = np.random.default_rng(3)
    rows = b"".join(b"k%d %r %r\n" % (i, *rng.standard_normal(2).tolist()) for i in range(20_000))
    first, second = b"20000 2\n" + rows[:300_001], rows[300_001:]
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"noise"
    unsized = zstd.pack(second, sized=False)
    want = word2vec.load(io.BytesIO(first + second))
    xz = lzma.compress(first) + bytes(8) + lzma.compress(second)
    for content in (xz, zstd.pack(first, checksum=True) + skipped + unsized):
        got = word2vec.load(io.BytesIO(content))
        assert got.keys == want.keys
        assert (got.vectors == want.vectors).all()
        with pytest.raises(FormatError):
            word2vec.load(io.BytesIO(content[:-50]))
