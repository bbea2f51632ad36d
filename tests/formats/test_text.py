"""Text is not always clean: byte order marks, line ends, tabs, keys of several words, archives; and what is no text."""

from __future__ import annotations

import bz2
import gzip
import io
import logging
import lzma
import os
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fastw2v import KeyedVectors, formats
from fastw2v.errors import ConfigError, FormatError
from fastw2v.table import VectorTable

MARK = "\ufeff".encode()
ROWS = b"a 1 2 3\nb 4 5 6\n"
PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def keys_and_vectors(data: bytes, **options) -> tuple[list, list]:
    table = formats.load(io.BytesIO(data), **options)
    return table.keys, table.vectors.tolist()


WANT = (["a", "b"], [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("header", [b"", b"2 3\n"])
@pytest.mark.parametrize("mark", [b"", MARK])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n", b"\t\r\n"])
@pytest.mark.parametrize(("after_key", "between"), [(b" ", b" "), (b"\t", b" "), (b"\t", b"\t"), (b" ", b"\t")])
def test_marks_line_ends_and_tabs(header: bytes, mark: bytes, end: bytes, after_key: bytes, between: bytes) -> None:
    rows = b"".join(
        key + after_key + between.join(values) + b"\n" for key, *values in map(bytes.split, ROWS.splitlines())
    )
    data = mark + (header + rows).replace(b"\n", end)
    assert keys_and_vectors(data) == WANT
    name = "word2vec" if header else "glove"
    assert formats.sniff(io.BytesIO(data)) == name
    for options in ({"encoding": "utf-8-sig"}, {"limit": 2}, {"words": ["a", "b"]}, {"bad_rows": "skip"}):
        assert keys_and_vectors(data, **options) == WANT
    assert keys_and_vectors(data[:-1]) == WANT
    if header:
        assert keys_and_vectors(data, format="fasttext") == WANT
    kv = KeyedVectors.load_word2vec_format(io.BytesIO(data), no_header=not header, encoding="utf-8-sig")
    assert (kv.index_to_key, kv.vectors.tolist()) == WANT


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", MARK])
def test_labels_of_projector(mark: bytes, end: bytes, tmp_path: Path) -> None:
    for labels in (b"a\nb\n", b"a\nb", b"word\tcount\na\t7\nb\t8\n"):
        (tmp_path / "x_metadata.tsv").write_bytes(mark + labels.replace(b"\n", end))
        (tmp_path / "x_tensor.tsv").write_bytes(mark + b"1\t2\t3\n4\t5\t6\n".replace(b"\n", end))
        table = formats.load(tmp_path / "x_tensor.tsv")
        assert (table.keys, table.vectors.tolist()) == WANT


def test_counts_with_a_mark(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(MARK + b"a 7\r\nb 8\r\n")
    (tmp_path / "t.txt").write_bytes(MARK + b"2 3\r\n" + ROWS)
    kv = KeyedVectors.load_word2vec_format(str(tmp_path / "t.txt"), fvocab=str(tmp_path / "v"))
    assert kv.expandos["count"].tolist() == [7, 8]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", [None, "word2vec", "glove", "projector"])
def test_utf_16_says_so(encoding: str, name: str | None, tmp_path: Path) -> None:
    text = "\ufeff" + "2 3\na 1 2 3\nb 4 5 6\n" if encoding == "utf-16-be" else "2 3\na 1 2 3\nb 4 5 6\n"
    for path in (tmp_path / "t_tensor.tsv", tmp_path / "t_metadata.tsv"):
        path.write_bytes(text.encode(encoding))
    with pytest.raises(FormatError, match="UTF-16"):
        formats.load(tmp_path / "t_tensor.tsv", name)


def test_a_mark_that_belongs_to_a_key_is_not_lost(tmp_path: Path) -> None:
    table = VectorTable(["\ufeffa", "b"], np.eye(2, dtype=np.float32))
    for name in ("native", "npz", "word2vec", "word2vec-binary", "fasttext", "glove", "projector"):
        path = tmp_path / f"{name}_tensor.tsv"
        try:
            formats.save(table, path, name)
        except FormatError as error:
            assert "byte order mark" in str(error)  # noqa: PT017 - the others keep it
            assert name in ("glove", "projector")
        else:
            assert formats.load(path, name).keys == table.keys


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("new york 1 2 3", "new york"),
        ("new\tyork\t1\t2\t3", "new\tyork"),
        (". . . 1 2 3", ". . ."),
        ("at name@domain.com 1 2 3", "at name@domain.com"),
        ("7 1 2 3", "7"),
        ("3 of 1 2 3", "3 of"),
        (" 1 2 3", ""),
    ],
)
def test_keys_of_several_words_under_a_header(line: str, key: str) -> None:
    data = f"2 3\n{line}\nb 4 5 6\n".encode()
    for policy in ("error", "skip"):
        assert keys_and_vectors(data, bad_rows=policy, format="word2vec") == ([key, "b"], [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("line", ["a 0 1 2 3", "route 66 1 2 3", "a  1 2 3", "a b c", "a 1 2", "a 1 x 3", "a 1 2  3"])
def test_rows_that_may_be_too_long_are_no_keys(line: str) -> None:
    data = f"2 3\n{line}\nb 4 5 6\n".encode()
    with pytest.raises(FormatError, match="row 0"):
        keys_and_vectors(data, format="word2vec")
    assert keys_and_vectors(data, bad_rows="skip", format="word2vec") == (["b"], [[4, 5, 6]])


@pytest.mark.parametrize("key", ["a\t1", "a\t", "\t", "x\t-2.5e3", "a\tnan"])
@pytest.mark.parametrize("name", ["word2vec", "fasttext", "glove"])
def test_keys_that_would_be_read_as_values_are_refused(key: str, name: str, tmp_path: Path) -> None:
    table = VectorTable(["first", key, "last"], np.arange(9, dtype=np.float32).reshape(3, 3))
    with pytest.raises(FormatError, match=r"row 1.*like a value"):
        formats.save(table, tmp_path / "t", name)
    formats.save(table, tmp_path / "t.bin", "word2vec-binary")
    assert formats.load(tmp_path / "t.bin").keys == table.keys


# ------------------------------------------------------------------------------------------------------- archives ----


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            if name.endswith("/"):
                member.type = tarfile.DIRTYPE
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def binary() -> bytes:
    out = io.BytesIO()
    formats.save(VectorTable(["a", "b"], np.array(WANT[1], np.float32)), out, "word2vec-binary")
    return out.getvalue()


CONTENTS = {"text": b"2 3\n" + ROWS, "glove": ROWS, "binary": binary()}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("options", [{}, {"limit": 2}, {"words": ["a", "b"]}])
def test_an_archive_of_one_file_is_that_file(content: str, options: dict, tmp_path: Path) -> None:
    data = CONTENTS[content]
    for inner, pack in PACKERS.items():
        path = tmp_path / "v.zip"
        path.write_bytes(zipped({"folder/": b"", "folder/v" + inner: pack(data), "__MACOSX/folder/._v": b"x"}))
        assert keys_and_vectors(path.read_bytes(), **options) == WANT
        assert formats.load(path, **options).keys == ["a", "b"]
    for outer, pack in PACKERS.items():
        for kind in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
            name = "folder/" + "v" * (80 if kind == tarfile.USTAR_FORMAT else 300)
            path = tmp_path / ("v.tar" + outer)
            path.write_bytes(pack(tarred({"folder/": b"", name: data, "folder/._v": b"x"}, kind)))
            assert keys_and_vectors(path.read_bytes(), **options) == WANT
            assert formats.load(path, **options).keys == ["a", "b"]


def test_archives_of_several_files_are_named(tmp_path: Path) -> None:
    members = {"a.txt": b"2 3\n" + ROWS, "b.txt": ROWS}
    for data in (zipped(members), tarred(members), gzip.compress(tarred(members))):
        for options in ({}, {"bad_rows": "skip"}, {"format": "glove"}):
            with pytest.raises(FormatError, match=r"archive of .*a\.txt.*b\.txt.*unpack"):
                formats.load(io.BytesIO(data), **options)
    nameless = zipped({"qqqq": b"2 3\n" + ROWS}).replace(b"qqqq", b"\0qqq")
    assert keys_and_vectors(nameless) == WANT
    for data in (zipped({}), tarred({"d/": b""})):
        with pytest.raises(FormatError, match="archive"):
            formats.load(io.BytesIO(data))
    with pytest.raises(FormatError, match=r"torch\.load"):
        formats.load(io.BytesIO(zipped({"archive/data.pkl": b"", "archive/data/0": b""})))


def test_damaged_archives() -> None:
    for whole in (zipped({"a.txt": b"2 3\n" + ROWS * 50}), tarred({"a.txt": b"2 3\n" + ROWS * 50})):
        for length in range(20, min(len(whole) - 20, 1000), 37):
            with pytest.raises(FormatError):
                formats.load(io.BytesIO(whole[:length]))


# ---------------------------------------------------------------------------------- text and binary rows mixed up ----


def test_text_is_not_read_as_binary(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for size in (1, 3, 50):
        table = VectorTable([f"k{i}" for i in range(40)], rng.standard_normal((40, size)).astype(np.float32))
        text, rows = tmp_path / "v.txt", tmp_path / "v.bin"
        formats.save(table, text, "word2vec")
        formats.save(table, rows, "word2vec-binary")
        for limit in (None, 2):
            with pytest.raises(FormatError, match=r"are text.*binary=False"):
                KeyedVectors.load_word2vec_format(str(text), binary=True, limit=limit)
        with pytest.raises(FormatError, match="binary=True"):
            KeyedVectors.load_word2vec_format(str(rows))
        assert KeyedVectors.load_word2vec_format(str(rows), binary=True).index_to_key == table.keys


def test_a_tiny_row_of_what_is_meant_to_be_numbers_is_text() -> None:
    with pytest.raises(FormatError, match=r"row 0 .*'1e5\.0'"):
        formats.load(io.BytesIO(b"1 2\nkey 1 1e5.0\n"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n2 3\n" + ROWS, "first line is empty"),
        (b"%PDF-1.4\n", "a PDF"),
        (b"<!DOCTYPE html>\n<html>", "web page"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b'{"a": [1, 2]}', "json"),
    ],
)
def test_what_is_no_format_is_named(content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        formats.load(io.BytesIO(content))


def test_wrong_counts_say_how_to_read_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(b"3 3\n" + ROWS)
    with pytest.raises(FormatError, match=r"limit="):
        formats.load(path)
    assert formats.load(path, limit=2).keys == ["a", "b"]


# --------------------------------------------------------------------------------------------------- other options ----


def test_what_becomes_infinite_in_half_precision_is_not_finite(caplog: pytest.LogCaptureFixture) -> None:
    text, rows = b"2 1\na 1e10\nb 1\n", io.BytesIO()
    formats.save(VectorTable(["a", "b"], np.array([[1e10], [1]], np.float32)), rows, "word2vec-binary")
    for data, name in ((text, "word2vec"), (rows.getvalue(), "word2vec-binary")):
        load = {"format": name, "datatype": np.float16}
        assert keys_and_vectors(data, nonfinite="skip", **load) == (["b"], [[1]])
        with pytest.raises(FormatError, match=r"row 0 .*infinite"):
            keys_and_vectors(data, nonfinite="error", **load)
        with caplog.at_level(logging.WARNING):
            assert keys_and_vectors(data, **load)[0] == ["a", "b"]
        assert "1 rows hold NaN or infinite" in caplog.text
        caplog.clear()


def test_vec_files_take_every_option_of_text() -> None:
    data = b"4 2\na 1 2\na 3 4\nc nan 1\nd x 2\n"
    with pytest.raises(FormatError, match="duplicates="):
        keys_and_vectors(data, format="fasttext", duplicates="error")
    got = keys_and_vectors(data, format="fasttext", bad_rows="skip", nonfinite="skip", datatype=np.float64)
    assert got == (["a"], [[1, 2]])
    with pytest.raises(FormatError, match="after the last row"):
        keys_and_vectors(b"1 1\na 1\nb 2\n", format="fasttext", rest="error")


def test_rows_that_are_dropped_leave_their_keys_to_later_ones() -> None:
    data = b"6 1\na x\na 1\na 2\nb nan\nb 3\nb 4\n"
    options = {"bad_rows": "skip", "nonfinite": "skip"}
    assert keys_and_vectors(data, **options) == (["a", "b"], [[1], [3]])
    with pytest.raises(FormatError, match=r"row 2 .*met before"):
        keys_and_vectors(data, duplicates="error", **options)
    assert keys_and_vectors(b"3 1\na 1\na x\nb 2\n") == (["a", "b"], [[1], [2]])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.timeout(20)
def test_a_companion_that_is_a_pipe_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "x_tensor.tsv").write_bytes(b"1\t2\n")
    os.mkfifo(tmp_path / "x_metadata.tsv")
    with pytest.raises(FormatError, match="pipe"):
        formats.load(tmp_path / "x_tensor.tsv")


@pytest.mark.parametrize("content", ["a 1 2\rb 3 4\r", "2 2\ra 1 2\rb 3 4\r", "a\t1\t2\rb\t3\t4\r"])
def test_lines_that_end_with_cr_alone_are_no_keys(content: str, tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(content.encode())
    for call in (formats.load, lambda path: formats.load(path, "glove")):
        with pytest.raises(FormatError, match="CR alone"):
            call(path)
    with pytest.raises(FormatError):
        formats.save(VectorTable(["a\rb"], np.ones((1, 2), np.float32)), path, "glove")


@pytest.mark.parametrize("between", [" ", "\t"])
def test_a_wide_row_takes_time_in_proportion(between: str, tmp_path: Path) -> None:
    """A search for a border that stands nowhere went over the whole line, for each value of it."""
    path = tmp_path / "wide.txt"
    path.write_text("key" + (between + "1") * 1_000_000 + "\n")
    begin = time.process_time()
    assert formats.load(path, "glove").vector_size == 1_000_000
    assert time.process_time() - begin < 6  # one second; before, twenty


@pytest.mark.parametrize("name", ["word2vec", "glove", "npz", "native"])
def test_parts_that_are_no_parts(name: str, tmp_path: Path) -> None:
    table = VectorTable(["a", "b"], np.eye(2, dtype=np.float32), {"count": np.array([2, 1])})
    formats.save(table, tmp_path / "v", name)
    for options in ({"limit": "2"}, {"limit": 1.5}, {"words": "ab"}, {"words": b"ab"}, {"limit": -1}):
        with pytest.raises(ConfigError, match=r"limit=|words="):
            formats.load(tmp_path / "v", name, **options)
    assert formats.load(tmp_path / "v", name, limit=np.int64(1)).keys == ["a"]
