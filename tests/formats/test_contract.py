"""One suite for all formats: round trip, golden bytes, truncation at every byte, conversion of each to each."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest
from support import zstd
from support.fasttext_files import fasttext_bytes

from fastw2v import formats
from fastw2v.errors import ConfigError, FormatError
from fastw2v.table import VectorTable

WRITABLE = [name for name, one in formats.FORMATS.items() if one.save]
FILE_NAMES = {
    "native": "t.safetensors",
    "word2vec": "t.txt",
    "word2vec-binary": "t.bin",
    "glove": "t.glove",
    "fasttext": "t.vec",
    "npz": "t.npz",
    "projector": "t_tensor.tsv",
}
KEEPS_COUNTS = {"native", "npz"}
KEEPS_KEY_TYPES = {"native"}
TEXT = {"word2vec", "glove", "fasttext", "projector"}


def small_table() -> VectorTable:
    values = [[0.1, -2.5, 1e-05], [3.4028235e38, 1e-45, -0.0], [1e06, 123456.79, 0.33333334]]
    # descending counts: word2vec files are sorted by count
    return VectorTable(["the", "naïve", "中文"], np.array(values, np.float32), {"count": np.array([9, 5, 2])})


def same(a: VectorTable, b: VectorTable) -> None:
    assert a.keys == b.keys
    assert a.vectors.dtype == b.vectors.dtype
    assert a.vectors.tobytes() == np.ascontiguousarray(b.vectors).tobytes()


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("compression", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_round_trip_by_name_and_by_content(name: str, compression: str, tmp_path: Path) -> None:
    if compression == ".zst":
        zstd.package()
    path = tmp_path / (FILE_NAMES[name] + compression)
    table = small_table()
    formats.save(table, path)
    assert formats.sniff(path) == ("word2vec" if name == "fasttext" else name)
    for back in (formats.load(path), formats.load(str(path), name)):
        same(table, back)
        if name in KEEPS_COUNTS:
            assert back.attrs["count"].tolist() == [9, 5, 2]
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("n_rows", [0, 1, 1000])
def test_any_number_of_rows(name: str, n_rows: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(n_rows)
    keys = [f"key{i}" for i in range(n_rows)]
    table = VectorTable(keys, rng.standard_normal((n_rows, 37)).astype(np.float32), {})
    path = tmp_path / FILE_NAMES[name]
    if n_rows == 0 and name in ("glove", "projector"):  # an empty file says nothing about its dimension
        with pytest.raises(FormatError, match="without rows"):
            formats.save(table, path, name)
        assert not path.exists()
    else:
        formats.save(table, path, name)
        same(table, formats.load(path))
        same(table, formats.load(path, name))


@pytest.mark.parametrize("name", WRITABLE)
def test_row_padded_views_and_other_layouts(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    padded = rng.standard_normal((50, 16)).astype(np.float32)
    keys = [f"k{i}" for i in range(50)]
    for i, vectors in enumerate((padded[:, :5], np.asfortranarray(padded[:, :5]), padded[::-1, 1:6], padded[:, ::3])):
        path = tmp_path / f"{i}{FILE_NAMES[name]}"
        formats.save(VectorTable(keys, vectors, {}), path, name)
        same(VectorTable(keys, np.ascontiguousarray(vectors)), formats.load(path, name))


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_storage_types(name: str, dtype: type, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    table = VectorTable(["a", "b"], rng.standard_normal((2, 6)).astype(dtype), {})
    path = tmp_path / FILE_NAMES[name]
    formats.save(table, path, name)
    options = {} if name in ("native", "npz") else {"datatype": dtype}
    back = formats.load(path, name, **options)
    want = table.vectors.astype(np.float32).astype(dtype) if name == "word2vec-binary" else table.vectors
    assert back.vectors.dtype == dtype
    assert (back.vectors == want).all()


@pytest.mark.parametrize("source", WRITABLE)
@pytest.mark.parametrize("target", WRITABLE)
def test_conversion_of_each_to_each(source: str, target: str, tmp_path: Path) -> None:
    first, second = tmp_path / ("1" + FILE_NAMES[source]), tmp_path / ("2" + FILE_NAMES[target])
    table = small_table()
    formats.save(table, first, source)
    formats.save(formats.load(first, source), second, target)
    back = formats.load(second, target)
    same(table, back)
    kept = {source, target} <= KEEPS_COUNTS
    assert (back.attrs.get("count", np.zeros(3)).tolist() == [9, 5, 2]) == kept


def test_conversion_from_read_only_formats(tmp_path: Path) -> None:
    matrix = np.arange(12, dtype=np.float32).reshape(6, 2)
    (tmp_path / "f.bin").write_bytes(fasttext_bytes(["ab", "cd"], matrix, bucket=4))
    table = formats.load(tmp_path / "f.bin")
    for name in WRITABLE:
        path = tmp_path / FILE_NAMES[name]
        formats.save(table, path, name)
        same(table, formats.load(path, name))
    with pytest.raises(FormatError, match="read only"):
        formats.save(table, tmp_path / "x.model", "gensim")


@pytest.mark.parametrize("name", WRITABLE)
def test_keys_that_are_no_text(name: str, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAMES[name]
    formats.save(VectorTable([7, 3], np.eye(2, dtype=np.float32), {}), path, name)
    assert formats.load(path, name).keys == ([7, 3] if name in KEEPS_KEY_TYPES else ["7", "3"])
    if name not in KEEPS_KEY_TYPES:
        with pytest.raises(FormatError, match="written alike"):
            formats.save(VectorTable([7, "7"], np.eye(2, dtype=np.float32), {}), path, name)


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("key", ["a b", "a\nb", "\n", " ", "a\tb", "", "\u2028", "a\x00b", "\r", "x\u3000y"])
def test_awkward_keys_are_kept_or_refused(name: str, key: str, tmp_path: Path) -> None:
    table = VectorTable(["first", key, "last"], np.arange(6, dtype=np.float32).reshape(3, 2), {})
    path = tmp_path / FILE_NAMES[name]
    path.write_bytes(b"old")
    try:
        formats.save(table, path, name)
    except FormatError as error:
        assert "row 1" in str(error)  # noqa: PT017 - some formats keep the key, then nothing is raised
        assert path.read_bytes() == b"old"
    else:
        same(table, formats.load(path, name))


@pytest.mark.parametrize("name", WRITABLE)
def test_surrogates_are_refused_or_kept(name: str, tmp_path: Path) -> None:
    table = VectorTable(["\udc80"], np.ones((1, 2), np.float32), {})
    path = tmp_path / FILE_NAMES[name]
    if name == "native":
        formats.save(table, path, name)
        same(table, formats.load(path, name))
    else:
        with pytest.raises(FormatError, match="UTF-8"):
            formats.save(table, path, name)


GOLDEN = {
    "word2vec": b"3 3\nthe 0.1 -2.5 1e-05\nna\xc3\xafve 3.4028235e+38 1e-45 -0.0\n"
    b"\xe4\xb8\xad\xe6\x96\x87 1e+06 123456.79 0.33333334\n",
    "glove": b"the 0.1 -2.5 1e-05\nna\xc3\xafve 3.4028235e+38 1e-45 -0.0\n"
    b"\xe4\xb8\xad\xe6\x96\x87 1e+06 123456.79 0.33333334\n",
    "projector": b"0.1\t-2.5\t1e-05\n3.4028235e+38\t1e-45\t-0.0\n1e+06\t123456.79\t0.33333334\n",
    "word2vec-binary": b"3 3\nthe \xcd\xcc\xcc=\x00\x00 \xc0\xac\xc5'7"
    b"na\xc3\xafve \xff\xff\x7f\x7f\x01\x00\x00\x00\x00\x00\x00\x80"
    b"\xe4\xb8\xad\xe6\x96\x87 \x00$tIe \xf1G\xab\xaa\xaa>",
}
GOLDEN["fasttext"] = GOLDEN["word2vec"]
DIGESTS = {
    "native": "0bc646f9091da3f6864acf47155c27719572323267f3387155ce7a42b1eaa5b4",
    "npz": "deb7bcc96ab376269c68d7bad013c840304a654dff820703dc357ee6e90e97cc",
}
if sys.version_info < (3, 11, 4):  # whose zipfile writes other sizes and versions into the headers of an archive
    DIGESTS["npz"] = "3f0e7db8dd6d1f77030dd05354ee29bf6ed1dd3d42eb6ffd6c61f605b04bcede"


@pytest.mark.parametrize("name", WRITABLE)
def test_golden_bytes(name: str, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAMES[name]
    formats.save(small_table(), path, name)
    data = path.read_bytes()
    if name in GOLDEN:
        assert data == GOLDEN[name]
    else:
        assert hashlib.sha256(data).hexdigest() == DIGESTS[name]
    if name == "projector":
        assert (tmp_path / "t_metadata.tsv").read_text("utf8") == "the\nnaïve\n中文\n"


@pytest.mark.parametrize("name", [*WRITABLE, "fasttext.bin"])
def test_truncation_at_every_byte(name: str, tmp_path: Path) -> None:
    if name == "fasttext.bin":
        matrix = np.arange(12, dtype=np.float32).reshape(6, 2)
        whole, path, name = fasttext_bytes(["ab", "cd"], matrix, bucket=4)[:-17], tmp_path / "t.bin", "fasttext"
        path.write_bytes(whole)
    else:
        path = tmp_path / FILE_NAMES[name]
        formats.save(small_table(), path, name)
        whole = path.read_bytes()
    complete = formats.load(path, name)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        try:
            back = formats.load(path, name)
        except FormatError as error:
            assert path.name in str(error)  # noqa: PT017 - text may be cut where it is still a table
            continue
        # text has no end: a number cut short is a number, and a file without header may end after any row
        assert name in TEXT, f"{length} of {len(whole)} bytes were accepted"
        n = len(back)
        assert back.keys == complete.keys[:n]
        assert name in ("glove", "projector") or n == 3
        if n > 1:
            assert (back.vectors[: n - 1] == complete.vectors[: n - 1]).all()


@pytest.mark.parametrize("name", WRITABLE)
def test_file_objects(name: str, tmp_path: Path) -> None:
    path, table = tmp_path / FILE_NAMES[name], small_table()
    extra = {"metadata": tmp_path / "labels.tsv"} if name == "projector" else {}
    with path.open("wb") as out:
        formats.save(table, out, name, **extra)
    with path.open("rb") as stream:
        same(table, formats.load(stream, name, **extra))
    if not extra:
        with path.open("rb") as stream:
            same(table, formats.load(stream))
    with path.open("r", encoding="latin1") as text, pytest.raises(TypeError, match="binary mode"):
        formats.load(text, name, **extra)


def test_unknown_names_and_contents(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'word2vec'"):
        formats.load("x", "no such format")
    for content in (b"", b"hello\nworld\n", b"\x00" * 100, b"\xff\xd8\xff\xe0", b"<html>\n"):
        path = tmp_path / "f"
        path.write_bytes(content)
        with pytest.raises(FormatError, match="of no known format"):
            formats.load(path)
    with pytest.raises(FileNotFoundError):
        formats.load(tmp_path / "missing")


@pytest.mark.parametrize("name", WRITABLE)
def test_limit_and_words_in_every_format(name: str, tmp_path: Path) -> None:
    path, table = tmp_path / FILE_NAMES[name], small_table()
    formats.save(table, path, name)
    for options, rows in (
        ({"limit": 2}, [0, 1]),
        ({"limit": 0}, [0, 1, 2]),
        ({"limit": 9}, [0, 1, 2]),
        ({"words": ["中文", "the", "nowhere"]}, [0, 2]),
        ({"words": ["中文", "the"], "limit": 2}, [0]),
    ):
        back = formats.load(path, **options)
        same(VectorTable([table.keys[row] for row in rows], table.vectors[rows]), back)
        if name in KEEPS_COUNTS:
            assert back.attrs["count"].tolist() == table.attrs["count"][rows].tolist()
    with pytest.raises(ConfigError, match="limit=-1"):
        formats.load(path, limit=-1)


@pytest.mark.parametrize("name", WRITABLE)
def test_options_that_a_format_does_not_have(name: str, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAMES[name]
    formats.save(small_table(), path, name)
    option = "datatype" if name in ("native", "npz") else "mmap"
    if name == "fasttext":  # .vec files are word2vec text
        return
    with pytest.raises(ConfigError, match=rf"{option}=.*'{name}'.*limit.*words"):
        formats.load(path, **{option: np.float64})


def test_paths_with_file_urls(tmp_path: Path) -> None:
    path = tmp_path / "a file.txt"
    for name in WRITABLE:
        url = (tmp_path / FILE_NAMES[name]).as_uri().replace("t.", "a%20t.")
        formats.save(small_table(), url)
        same(small_table(), formats.load(url))
    formats.save(small_table(), "file://localhost" + path.as_uri()[len("file://") :])
    same(small_table(), formats.load(path))
    with pytest.raises(ConfigError, match="three slashes"):
        formats.load("file://elsewhere/a.txt")
