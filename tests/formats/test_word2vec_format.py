"""word2vec files: gensim's behaviour, options, and errors that name the row and the byte."""

from __future__ import annotations

import gzip
import io
import logging
from pathlib import Path

import numpy as np
import pytest

from fastw2v.errors import ConfigError, FormatError, TruncatedFileError
from fastw2v.formats import glove, word2vec
from fastw2v.formats._rows import LONGEST_KEY
from fastw2v.table import VectorTable

BOTH = pytest.mark.parametrize("binary", [False, True])


def text(rows: str) -> io.BytesIO:
    return io.BytesIO(rows.encode())


def binary_file(*rows: tuple[bytes, list[float]], between: bytes = b"", n_rows: int | None = None) -> bytes:
    head = b"%d %d\n" % (len(rows) if n_rows is None else n_rows, len(rows[0][1]))
    return head + b"".join(key + b" " + np.array(row, "<f4").tobytes() + between for key, row in rows)


def random_table(n_rows: int = 500, dim: int = 20) -> VectorTable:
    rng = np.random.default_rng(7)
    keys = [f"wörd{i}" for i in range(n_rows)]
    vectors = (rng.standard_normal((n_rows, dim)) * 10.0 ** rng.integers(-6, 8, (n_rows, dim))).astype(np.float32)
    return VectorTable(keys, vectors, {"count": rng.integers(1, 40, n_rows)})


@BOTH
@pytest.mark.gensim
def test_equal_bytes_and_tables_as_gensim(binary: bool, tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim.models")
    table = random_table()
    theirs = gensim.KeyedVectors(table.vector_size)
    theirs.add_vectors(table.keys, table.vectors)
    theirs.expandos["count"] = table.attrs["count"]
    options = {"binary": binary, "prefix": "*x_", "total_vec": 500}
    theirs.save_word2vec_format(str(tmp_path / "g"), fvocab=str(tmp_path / "gv"), **options)
    word2vec.save(table, tmp_path / "f", fvocab=tmp_path / "fv", **options)
    if binary or str(np.float32(1e6)) == "1e+06":  # by an older NumPy gensim writes large numbers to the last digit
        assert (tmp_path / "f").read_bytes() == (tmp_path / "g").read_bytes()
    assert (tmp_path / "fv").read_bytes() == (tmp_path / "gv").read_bytes()
    for more in (
        {},
        {"limit": 7},
        {"fvocab": str(tmp_path / "gv")},
        {"datatype": np.float16},
        {"datatype": np.float64},
    ):
        with np.errstate(over="ignore"):
            want = gensim.KeyedVectors.load_word2vec_format(str(tmp_path / "f"), binary=binary, **more)
        got = word2vec.load(tmp_path / "g", binary=binary, **more)
        assert got.keys == want.index_to_key
        assert got.vectors.dtype == want.vectors.dtype
        assert got.vectors.tobytes() == want.vectors.tobytes()
        assert got.attrs["count"].tolist() == want.expandos["count"].tolist()


@pytest.mark.gensim
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["word2vec_pre_kv_c", "high_precision.kv.txt", "test_glove.txt"])
def test_files_of_gensim(name: str) -> None:
    gensim = pytest.importorskip("gensim.models")
    path = pytest.importorskip("gensim.test.utils").datapath(name)
    no_header = "glove" in name
    got = word2vec.load(path, no_header=no_header)
    want = gensim.KeyedVectors.load_word2vec_format(path, no_header=no_header)
    assert got.keys == want.index_to_key
    assert got.vectors.tobytes() == want.vectors.tobytes()
    assert got.attrs["count"].tolist() == want.expandos["count"].tolist()


def test_float64_text_is_exact(tmp_path: Path) -> None:
    table = VectorTable(["a"], np.random.default_rng(0).standard_normal((1, 500)), {})
    word2vec.save(table, tmp_path / "t")
    assert (word2vec.load(tmp_path / "t", datatype=np.float64).vectors == table.vectors).all()


@BOTH
def test_limit_and_words_read_no_more_than_needed(binary: bool, tmp_path: Path) -> None:
    table = VectorTable([f"k{i}" for i in range(40_000)], np.ones((40_000, 60), np.float32), {})
    word2vec.save(table, tmp_path / "t", binary=binary)

    class Counted(io.BytesIO):
        taken = 0

        def readinto(self, buffer) -> int:
            got = super().readinto(buffer)
            self.taken += got
            return got

    for options in ({"limit": 3}, {"words": ["k1", "k5"]}):
        stream = Counted((tmp_path / "t").read_bytes())
        got = word2vec.load(stream, binary=binary, **options)
        assert got.keys == (["k0", "k1", "k2"] if "limit" in options else ["k1", "k5"])
        assert got.vectors.base is None or got.vectors.base.nbytes < 1000
        assert stream.taken < 5_000_000 < len(stream.getvalue())


def test_words_keeps_file_order_and_ignores_the_unknown() -> None:
    got = word2vec.load(text("3 1\na 1\nb 2\nc 3\n"), words=["c", "zzz", "a"])
    assert got.keys == ["a", "c"]
    assert got.vectors[:, 0].tolist() == [1, 3]
    assert got.attrs["count"].tolist() == [3, 2]


@pytest.mark.parametrize("between", [b"", b"\n"])
@pytest.mark.parametrize("key_length", [1, 200, 70_000])
def test_binary_with_and_without_newlines(between: bytes, key_length: int) -> None:
    rows = [(b"a" * key_length, [1.0, 2.0]), (b"\xc3\xa9", [float("nan"), 10.0]), (b"b", [3.0, 3.0])]
    got = word2vec.load(io.BytesIO(binary_file(*rows, between=between)), binary=True)
    assert got.keys == ["a" * key_length, "é", "b"]
    assert got.vectors[2].tolist() == [3.0, 3.0]


def test_crlf_trailing_spaces_and_a_missing_last_newline() -> None:
    got = word2vec.load(text("2 2\r\na 1 2 \r\nb 3 4"))
    assert got.keys == ["a", "b"]
    assert got.vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("step", [1, 7, 4096])
def test_any_chunking_of_the_stream(step: int, tmp_path: Path) -> None:
    table = random_table(60, 5)
    word2vec.save(table, tmp_path / "t", sort_attr="none")
    data = (tmp_path / "t").read_bytes()

    class Slow(io.RawIOBase):  # cannot seek, gives few bytes at a time
        at = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            piece = data[self.at : self.at + min(step, len(buffer))]
            buffer[: len(piece)] = piece
            self.at += len(piece)
            return len(piece)

    got = word2vec.load(Slow())
    assert got.keys == table.keys
    assert (got.vectors == table.vectors).all()


def test_no_header() -> None:
    got = word2vec.load(text("a 1 2\nb 3 4\n\n"), no_header=True, limit=5)
    assert got.keys == ["a", "b"]
    assert got.attrs["count"].tolist() == [2, 1]
    with pytest.raises(NotImplementedError, match="text"):
        word2vec.load(text("a 1"), no_header=True, binary=True)
    with pytest.raises(FormatError, match="row 0"):
        word2vec.load(text(""), no_header=True)


@BOTH
def test_duplicates(binary: bool, caplog: pytest.LogCaptureFixture) -> None:
    data = binary_file((b"a", [1]), (b"a", [2]), (b"b", [3])) if binary else b"3 1\na 1\na 2\nb 3\n"
    with caplog.at_level(logging.WARNING):
        got = word2vec.load(io.BytesIO(data), binary=binary)
    assert got.keys == ["a", "b"]
    assert got.vectors[:, 0].tolist() == [1, 3]
    assert got.attrs["count"].tolist() == [3, 2]
    assert "duplicate" in caplog.text
    assert "row 1" in caplog.text
    with pytest.raises(FormatError, match=r"row 1 \(byte .*'a' was met before"):
        word2vec.load(io.BytesIO(data), binary=binary, duplicates="error")


@BOTH
def test_rows_that_are_not_finite(binary: bool, caplog: pytest.LogCaptureFixture) -> None:
    rows = [(b"a", [1.0, 2.0]), (b"b", [float("nan"), 0.0]), (b"c", [5.0, float("-inf")]), (b"d", [7.0, 8.0])]
    lines = "".join(f"{key.decode()} {row[0]} {row[1]}\n" for key, row in rows)
    data = binary_file(*rows) if binary else f"4 2\n{lines}".encode()
    assert word2vec.load(io.BytesIO(data), binary=binary).keys == ["a", "b", "c", "d"]
    assert "2 rows hold NaN" in caplog.text
    got = word2vec.load(io.BytesIO(data), binary=binary, nonfinite="skip")
    assert got.keys == ["a", "d"]
    assert got.vectors.tolist() == [[1, 2], [7, 8]]
    assert "skipped 2 not finite rows" in caplog.text
    with pytest.raises(FormatError, match=r"row 1 .*NaN"):
        word2vec.load(io.BytesIO(data), binary=binary, nonfinite="error")


def test_bad_rows_can_be_skipped(caplog: pytest.LogCaptureFixture) -> None:
    data = "5 2\na 1 2\nb 1\nc 1 2 3\nd 1 x\ne 3 4\n"
    got = word2vec.load(text(data), bad_rows="skip")
    assert got.keys == ["a", "e"]
    assert got.vectors.tolist() == [[1, 2], [3, 4]]
    assert "skipped 3 malformed rows" in caplog.text
    with pytest.raises(ConfigError, match="'error', 'skip'"):
        word2vec.load(text(data), bad_rows="ignore")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("1 2\na 1 x\n", "row 0 .byte 8.*'x'"),
        ("1 2\na 1  2\n", "row 0 .byte 8.*''"),
        ("1 2\na b\t1 2 3\n", "row 0 .byte 6.*'b'"),
        ("2 2\nb 0 0\na 1\n", "row 1 .byte 13.*fewer than 2"),
        ("1 2\na 1 2 3\n", "row 0 .byte 10.*more than 2"),
        ("1 2\na 1_0 2\n", "row 0"),
        ("2 2\na 1 2\n\n", "promises 2 rows"),
        ("2 2\na 1 2\n\n\n\n\n", "row 1"),
        ("x 2\n", "byte 0.*header"),
        ("1\n", "byte 0.*header"),
        ("1 2 3\n", "byte 0.*header"),
        ("-1 2\n", "byte 0.*positive"),
        ("1 0\na\n", "byte 0.*positive"),
        ("1 2" + " " * 2000 + "\n", "header"),
    ],
)
def test_malformed_text(data: str, place: str) -> None:
    with pytest.raises(FormatError, match=place) as caught:
        word2vec.load(text(data))
    assert isinstance(caught.value, ValueError)


@BOTH
@pytest.mark.parametrize("n_rows", [4, 10**9, 10**30])
def test_header_promises_more_than_there_is(binary: bool, n_rows: int) -> None:
    rows = binary_file((b"a", [1, 2]), n_rows=n_rows) if binary else f"{n_rows} 2\na 1 2\n".encode()
    for stream in (io.BytesIO(rows), _Unsized(rows)):
        place = "row 1" if isinstance(stream, _Unsized) else f"promises {n_rows} rows"
        with pytest.raises(EOFError, match=place) as caught:
            word2vec.load(stream, binary=binary)
        assert isinstance(caught.value, TruncatedFileError)


class _Unsized(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_a_huge_dimension_is_not_allocated() -> None:
    for n_rows, dim in ((1, 2**31 - 1), (10**6, 10**6), (10**30, 10**9)):
        for binary in (False, True):
            data = io.BytesIO(b"%d %d\na 1\n" % (n_rows, dim))
            for stream in (data, io.BytesIO(gzip.compress(data.getvalue()))):
                with pytest.raises(FormatError):
                    word2vec.load(stream, binary=binary)
    assert word2vec.load(text("0 100000\n")).vectors.shape == (0, 100000)
    for dim in (2**31, 10**12, 10**30):
        for n_rows in (0, 1):
            with pytest.raises(FormatError, match="possible"):
                word2vec.load(text(f"{n_rows} {dim}\n"))
    packed = io.BytesIO(gzip.compress(b"%d 1\na 1\n" % 10**30))
    assert word2vec.load(packed, words=["a"]).attrs["count"].tolist() == [2**62]


def test_rest_after_the_last_row_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    assert word2vec.load(text("1 1\na 1\nb 2\n")).keys == ["a"]
    assert "data after the last row" in caplog.text
    caplog.clear()
    word2vec.load(text("1 1\na 1\n\n"))
    word2vec.load(text("2 1\na 1\nb 2\n"), limit=1)
    assert caplog.text == ""


@BOTH
def test_bad_text_in_keys(binary: bool) -> None:
    data = binary_file((b"ok", [0]), (b"a\xff", [1])) if binary else b"2 1\nok 0\na\xff 1\n"
    with pytest.raises(UnicodeDecodeError, match=r"row 1 \(byte .*unicode_errors") as caught:
        word2vec.load(io.BytesIO(data), binary=binary)
    assert isinstance(caught.value, FormatError)
    assert word2vec.load(io.BytesIO(data), binary=binary, unicode_errors="ignore").keys == ["ok", "a"]
    assert word2vec.load(io.BytesIO(data), binary=binary, unicode_errors="replace").keys == ["ok", "a\ufffd"]
    assert word2vec.load(io.BytesIO(data), binary=binary, encoding="latin1").keys == ["ok", "aÿ"]
    with pytest.raises(UnicodeDecodeError, match="row 1"):
        word2vec.load(io.BytesIO(data), binary=binary, encoding="ascii")


def test_vocabulary_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    got = word2vec.load(text("2 1\na 1\nb 2\n"), fvocab=text("b 5\nc 7\n"))
    assert got.attrs["count"].tolist() == [0, 5]
    assert "lacks 1 words ('a'" in caplog.text
    for bad in ("b\n", "b five\n", "b 1 2\n"):
        with pytest.raises(FormatError, match="row 0"):
            word2vec.load(text("1 1\na 1\n"), fvocab=text(bad))
    with pytest.raises(ValueError, match="'count'"):
        word2vec.save(VectorTable(["a"], np.ones((1, 1), np.float32)), tmp_path / "t", fvocab=tmp_path / "v")


def test_appending_in_pieces(tmp_path: Path) -> None:
    table, path = random_table(10, 3), tmp_path / "t.txt"
    first = VectorTable(table.keys[:4], table.vectors[:4])
    second = VectorTable(table.keys[4:], table.vectors[4:])
    word2vec.save(first, path, total_vec=10)
    word2vec.save(second, path, write_header=False, append=True)
    got = word2vec.load(path)
    assert got.keys == table.keys
    assert (got.vectors == table.vectors).all()


def test_order_and_the_warning_without_it(caplog: pytest.LogCaptureFixture) -> None:
    table = VectorTable(["a", "b", "c", "d"], np.ones((4, 1), np.float32), {"count": np.array([1, 3, 3, 2])})
    out = io.BytesIO()
    word2vec.save(table, out)
    assert [line.split()[0] for line in out.getvalue().splitlines()[1:]] == [b"b", b"c", b"d", b"a"]
    assert caplog.text == ""
    word2vec.save(table, io.BytesIO(), sort_attr="rank")
    assert "table order" in caplog.text


def test_options_are_checked() -> None:
    with pytest.raises(FormatError, match="float16, float32 or float64"):
        word2vec.load(text("1 1\na 1\n"), datatype=np.int32)
    with pytest.raises(ConfigError, match="limit=-1"):
        word2vec.load(text("1 1\na 1\n"), limit=-1)
    with pytest.raises(FormatError, match="prefix='a b'"):
        word2vec.save(VectorTable(["a"], np.ones((1, 1), np.float32)), io.BytesIO(), prefix="a b")


def test_a_cut_file_names_no_row_but_the_one_that_is_cut() -> None:
    rows = [f"{'long' * 20}{number} {number}.5\n" for number in range(50)]
    whole = "50 1\n" + "".join(rows)
    for n_whole in range(1, 50):
        length = len("50 1\n" + "".join(rows[:n_whole]))
        for more in (0, 30, 85):  # after a row, in the next key, and before the value that belongs to it
            place = rf"promises 50 rows|row {n_whole}\b"
            with pytest.raises(TruncatedFileError, match=place):
                word2vec.load(text(whole[: length + min(more, rows[n_whole].index(" ") + 1)]))


def test_the_second_row_of_a_key_counts_if_the_first_is_dropped() -> None:
    got = word2vec.load(text("5 2\na 1 x\na 1 2\nb 1 nan\na 5 6\nb 3 4\n"), bad_rows="skip", nonfinite="skip")
    assert got.keys == ["a", "b"]
    assert got.vectors.tolist() == [[1, 2], [3, 4]]
    rows = (b"a", [float("nan")]), (b"a", [1.0]), (b"a", [2.0])
    got = word2vec.load(io.BytesIO(binary_file(*rows)), binary=True, nonfinite="skip")
    assert got.vectors.tolist() == [[1]]
    many = text("3000 1\n" + "a x\n" * 2999 + "a 7\n")
    assert word2vec.load(many, bad_rows="skip").vectors.tolist() == [[7]]


def test_a_key_has_a_longest_length(tmp_path: Path) -> None:
    long = "x" * (LONGEST_KEY + 1)
    with pytest.raises(FormatError, match=r"row 1 \(byte 8\): a key of 1048577 bytes"):
        word2vec.load(text(f"2 1\na 1\n{long} 1\n"))
    with pytest.raises(FormatError, match="a key of 1048577 bytes"):
        word2vec.load(io.BytesIO(binary_file((long.encode(), [1]))), binary=True)
    with pytest.raises(FormatError, match="a key of 1048577 bytes"):
        glove.load(text(f"a 1\nb b 1\n{long} 1\n"))
    with pytest.raises(FormatError, match="row 0: a key of 1048577 bytes"):
        word2vec.save(VectorTable([long], np.ones((1, 1), np.float32)), tmp_path / "t")
    assert word2vec.load(text(f"1 1\n{long[1:]} 1\n")).keys == [long[1:]]


def test_vocabulary_files_that_are_damaged() -> None:
    for data, place in (
        (b"a 1\nb 9223372036854775808\n", r"row 1 \(byte 4\)"),
        (b"a 1\nb \xff 1\n", r"row 1 \(byte 6\).*UTF-8"),
    ):
        with pytest.raises(FormatError, match=place):
            word2vec.load(text("1 1\na 1\n"), fvocab=io.BytesIO(data))
    assert word2vec.load(text("1 1\na 1\n"), fvocab=io.BytesIO(b"a\xff 5\n"), unicode_errors="ignore").counts() == [5]


def test_vocabulary_and_vectors_are_saved_both_or_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = random_table(5, 3)
    path, vocabulary = tmp_path / "t", tmp_path / "v"
    path.write_bytes(b"old")
    vocabulary.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(word2vec, "write_rows", full)
    with pytest.raises(OSError, match="No space"):
        word2vec.save(table, path, fvocab=vocabulary)
    assert (path.read_bytes(), vocabulary.read_bytes()) == (b"old", b"old")
    monkeypatch.undo()
    with pytest.raises(OSError, match="missing"):
        word2vec.save(table, tmp_path / "missing" / "t", fvocab=vocabulary)
    assert vocabulary.read_bytes() == b"old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["t", "v"]
