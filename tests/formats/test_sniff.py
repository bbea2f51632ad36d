"""Recognising formats: text with a damaged first row, files that look like two formats, pipes."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from fastw2v import formats
from fastw2v.errors import ConfigError, FormatError
from fastw2v.table import VectorTable

GOOD = b"queen 0.12345678 0.12345678 0.33333333\n"
POSIX = pytest.mark.skipif(os.name != "posix", reason="named pipes")


@pytest.mark.parametrize("n_rows", [2, 1000])
@pytest.mark.parametrize(
    "first",
    [
        b"king 0.12345678 0.12345678",
        b"king 0.12345678 0.12345678 0.1 0.2",
        b"king  0.12345678 0.12345678 0.1",
        b"new york 7 0.12345678 0.12345678 0.1",
        b"king 0,12345678 0,12345678 0,1",
        b"king",
        b"",
        "könig 0.1 0.2".encode(),
        "中文 x y z".encode(),
    ],
)
def test_text_with_a_bad_first_row_is_text(first: bytes, n_rows: int) -> None:
    rows = b"".join(b"%d%b" % (number, GOOD) for number in range(1, n_rows))
    data = b"%d 3\n%b\n%b" % (n_rows, first, rows)
    assert formats.sniff(io.BytesIO(data)) == "word2vec"
    with pytest.raises(FormatError, match="row 0 "):
        formats.load(io.BytesIO(data))
    assert len(formats.load(io.BytesIO(data), bad_rows="skip")) == n_rows - 1


def test_text_in_another_encoding_is_text() -> None:
    rows = "".join(f"wört{number} 0.5 0.25\n" for number in range(100))
    data = f"101 2\nschön 0.5\n{rows}".encode("latin1")
    with pytest.raises(FormatError, match="row 0 "):
        formats.load(io.BytesIO(data), encoding="latin1")


def test_binary_files_stay_binary() -> None:
    rng = np.random.default_rng(0)
    for dim in (1, 2, 7, 300):
        for n_rows in (1, 2, 50):
            vectors = rng.standard_normal((n_rows, dim)).astype(np.float32)
            table, out = VectorTable([f"word{i}" for i in range(n_rows)], vectors), io.BytesIO()
            formats.save(table, out, "word2vec-binary")
            assert (formats.load(io.BytesIO(out.getvalue())).vectors == vectors).all()
    letters = np.frombuffer(b"abcdefgh", "<f4").reshape(1, 2)
    assert (formats.load(io.BytesIO(b"1 2\nkey abcdefgh")).vectors == letters).all()


def test_binary_with_more_than_it_announces_is_refused_unless_it_was_asked_for() -> None:
    data = b"1 1\na " + np.float32(1).tobytes() + b"b " + np.float32(2).tobytes()
    with pytest.raises(FormatError, match=r"byte 10.*rest='warn'"):
        formats.load(io.BytesIO(data))
    assert formats.load(io.BytesIO(data), "word2vec-binary").keys == ["a"]
    assert formats.load(io.BytesIO(data), rest="warn").keys == ["a"]
    assert formats.load(io.BytesIO(data), limit=1).keys == ["a"]


def test_two_numbers_with_a_tab_are_no_header(tmp_path: Path) -> None:
    path = tmp_path / "t_tensor.tsv"
    path.write_bytes(b"1\t2\n3\t4\n")
    (tmp_path / "t_metadata.tsv").write_bytes(b"a\nb\n")
    assert formats.load(path).vectors.tolist() == [[1, 2], [3, 4]]


def test_labels_that_are_missing(tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"12\n")
    with pytest.raises(FormatError, match=r"garbage: .*garbage_metadata.*format=") as caught:
        formats.load(tmp_path / "garbage")
    assert isinstance(caught.value, FileNotFoundError)


@POSIX
def test_a_pipe_needs_a_format(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for loader in (formats.load, formats.sniff):
        with pytest.raises(ConfigError, match="format="):
            loader(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"1 2\na 1 2\n",), daemon=True)
    writer.start()
    assert formats.load(path, "word2vec").keys == ["a"]
    writer.join(10)


@POSIX
@pytest.mark.parametrize("name", ["t.txt", "t.kv", "t.npz"])
def test_a_pipe_is_written_to_and_stays(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    os.mkfifo(path)
    (tmp_path / "link").symlink_to(path)
    table, found = VectorTable(["a", "b"], np.eye(2, dtype=np.float32)), list[bytes]()
    for target in (path, tmp_path / "link"):
        reader = threading.Thread(target=lambda: found.append(path.read_bytes()), daemon=True)
        reader.start()
        formats.save(table, target, formats.format_of_name(path))
        reader.join(10)
        assert path.is_fifo()
        assert formats.load(io.BytesIO(found[-1])).keys == ["a", "b"]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["link", name])


@POSIX
def test_folders_are_not_replaced_and_errors_name_the_target(tmp_path: Path) -> None:
    table = VectorTable(["a"], np.eye(1, dtype=np.float32))
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        formats.save(table, tmp_path / "folder", "word2vec")
    with pytest.raises(FileNotFoundError) as caught:
        formats.save(table, tmp_path / "missing" / "t.txt")
    assert caught.value.filename == str(tmp_path / "missing" / "t.txt")
