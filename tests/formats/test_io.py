"""Opening and writing: atomic, compressed, remote, on a full disk, killed in the middle."""

from __future__ import annotations

import errno
import gzip
import io
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support import zstd

from fastw2v import formats
from fastw2v.errors import FormatError, TruncatedFileError
from fastw2v.formats import _io, word2vec
from fastw2v.table import VectorTable

POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX file modes, links and signals")


def table(n_rows: int = 3) -> VectorTable:
    return VectorTable([f"k{i}" for i in range(n_rows)], np.ones((n_rows, 4), np.float32), {})


class Full:
    """Stands in for a file on a full disk."""

    def __init__(self, stream, room: int) -> None:
        self.stream, self.room = stream, room

    def write(self, data) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.stream.write(data)

    def __getattr__(self, name: str):
        return getattr(self.stream, name)


@pytest.mark.parametrize("room", [0, 10, 100])
@pytest.mark.parametrize("name", ["native", "word2vec", "word2vec-binary", "npz", "projector"])
def test_full_disk(name: str, room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t_tensor.tsv"
    path.write_bytes(b"old")
    (tmp_path / "t_metadata.tsv").write_bytes(b"old")
    original = os.fdopen
    monkeypatch.setattr(_io.os, "fdopen", lambda *args: Full(original(*args), room))
    with pytest.raises(OSError, match="not changed") as caught:
        formats.save(table(100), path, name)
    assert caught.value.errno == errno.ENOSPC
    assert str(tmp_path) in str(caught.value.filename)
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t_metadata.tsv", "t_tensor.tsv"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_device_that_is_always_full() -> None:
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)), open("/dev/full", "wb", buffering=0) as out:
        formats.save(table(), out, "word2vec")


def test_failed_append_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    word2vec.save(table(), path)
    before = path.read_bytes()

    def rows(out, *_args, **_options) -> None:
        out.write(b"half a row")
        out.flush()
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(word2vec, "write_rows", rows)
    with pytest.raises(OSError, match="full"):
        word2vec.save(table(), path, append=True, write_header=False)
    assert path.read_bytes() == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_any_interruption_leaves_the_old_file(error: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(b"old")

    def rows(*_args, **_options) -> None:
        raise error

    monkeypatch.setattr(word2vec, "write_rows", rows)
    with pytest.raises(error):
        word2vec.save(table(), path)
    assert [p.name for p in tmp_path.iterdir()] == ["t.txt"]
    assert path.read_bytes() == b"old"


@POSIX
def test_modes_and_links_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    formats.save(table(), link)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert formats.load(real).keys == table().keys
    mask = os.umask(0o027)
    try:
        formats.save(table(), tmp_path / "new.txt")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new.txt").stat().st_mode) == 0o640


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        formats.save(table(), tmp_path / "none" / "t.txt")


@POSIX
@pytest.mark.slow
def test_killed_while_saving(tmp_path: Path) -> None:
    path = tmp_path / "t.st"
    formats.save(table(5), path)
    code = (
        "import sys, numpy as np; from fastw2v import formats; from fastw2v.table import VectorTable\n"
        "t = VectorTable([str(i) for i in range(40000)], np.ones((40000, 100), np.float32), {})\n"
        "print('go', flush=True)\nwhile True: formats.save(t, sys.argv[1])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    rng = np.random.default_rng(0)
    for _ in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(path)], env=environment, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout.readline() == b"go\n"
            time.sleep(rng.uniform(0, 0.2))
            child.send_signal(signal.SIGKILL)
            child.wait()
        assert len(formats.load(path)) in (5, 40000)


def test_compression_is_found_by_content(tmp_path: Path) -> None:
    path = tmp_path / "no_extension"
    path.write_bytes(gzip.compress(b"1 2\na 1 2\n"))
    assert formats.load(path).keys == ["a"]
    (tmp_path / "t.gz").write_bytes(b"1 2\na 1 2\n")  # a wrong extension does no harm
    assert formats.load(tmp_path / "t.gz").keys == ["a"]


@pytest.mark.parametrize("extension", [".gz", ".bz2", ".xz", ".zst"])
def test_damaged_compression(extension: str, tmp_path: Path) -> None:
    if extension == ".zst":
        zstd.package()
    rng = np.random.default_rng(5)
    path = tmp_path / ("t.txt" + extension)
    noisy = VectorTable([f"k{i}" for i in range(300)], rng.standard_normal((300, 20)).astype(np.float32), {})
    formats.save(noisy, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TruncatedFileError, match=path.name):
        formats.load(path, "word2vec")
    damaged = 0
    for at in rng.integers(6, len(whole), 40):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            back = formats.load(path, "word2vec")
        except FormatError:
            damaged += 1
        else:
            assert len(back) == 300
    assert damaged > 20


def test_equal_tables_give_equal_compressed_files(tmp_path: Path) -> None:
    formats.save(table(), tmp_path / "a.txt.gz")
    formats.save(table(), tmp_path / "b.txt.gz")
    assert (tmp_path / "a.txt.gz").read_bytes() == (tmp_path / "b.txt.gz").read_bytes()


def test_urls_go_through_smart_open(monkeypatch: pytest.MonkeyPatch) -> None:
    smart_open = pytest.importorskip("smart_open")
    stored: dict[str, bytes] = {}

    class Remote(io.BytesIO):
        def __init__(self, url: str, mode: str) -> None:
            super().__init__(stored[url] if mode == "rb" else b"")
            self.url, self.mode = url, mode

        def close(self) -> None:
            if self.mode == "wb" and not self.closed:
                stored[self.url] = self.getvalue()
            super().close()

    monkeypatch.setattr(smart_open, "open", lambda url, mode, compression: Remote(url, mode))
    for url in ("s3://bucket/t.txt", "https://host/t.txt.gz", "s3://bucket/t.safetensors"):
        formats.save(table(), url)
        assert formats.load(url).keys == table().keys
    assert stored["https://host/t.txt.gz"][:2] == b"\x1f\x8b"


def test_a_stream_keeps_its_place() -> None:
    stream = io.BytesIO(b"junk1 2\na 1 2\n")
    stream.seek(4)
    assert formats.load(stream).keys == ["a"]


def test_files_are_closed_after_errors(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b"3 2\na 1 2\n")
    with pytest.raises(FormatError):
        formats.load(path)
    path.unlink()  # fails on Windows if the file is open; an open file is a ResourceWarning elsewhere


# --------------------------------------------------------------------- files without a length ----


class NoEnd(io.BytesIO):
    """A file of /proc, which can be read anew but has no end to seek to."""

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == os.SEEK_END:
            raise OSError(22, "Invalid argument")
        return super().seek(offset, whence)


class SaysEmpty(io.BytesIO):
    def seek(self, offset: int, whence: int = 0) -> int:
        return super().seek(offset, whence) if whence != os.SEEK_END else super().seek(0)


@pytest.mark.parametrize("kind", [NoEnd, SaysEmpty])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_files_without_a_length(kind, pack):
    for n in (1, 5000):
        text = b"%d 2\n" % n + b"".join(b"key%d 1 2\n" % i for i in range(n))
        with _io.open_read(kind(pack(text))) as reader:
            assert reader.size is None
            assert reader.rest() == text


@pytest.mark.skipif(not os.path.exists("/proc/self/comm"), reason="a file of Linux")
def test_vectors_from_proc(tmp_path):
    comm = Path("/proc/thread-self/comm")
    before = comm.read_bytes()
    try:
        comm.write_bytes(b"1 2\na 1 2")
        assert formats.load(str(comm)).keys == ["a"]
        assert formats.load(os.fsencode(comm)).vectors.tolist() == [[1, 2]]
    finally:
        comm.write_bytes(before.strip())
