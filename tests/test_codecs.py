"""Compression: every codec undoes what it did, reads any number of parts, and says alike that content is damaged."""

from __future__ import annotations

import importlib
import io
from typing import Any

import pytest
from support import zstd

from fastw2v import _codecs

CONTENT = b"".join(b"w%d " % (i * i % 1009) for i in range(100_000))


@pytest.fixture(params=list(_codecs.CODECS))
def extension(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    if found == ".zst":
        zstd.package()
    elif found == ".lz4":
        pytest.importorskip("lz4.frame")
    return found


def pack(extension: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with _codecs.packed(stream, extension) as writer:
        writer.write(content)
    return stream.getvalue()  # still open


def test_what_was_packed_comes_out(extension: str) -> None:
    packed = pack(extension, CONTENT)
    assert len(packed) < len(CONTENT) / 2
    assert _codecs.compression_of(packed[:8]) == extension
    assert _codecs.compression_named(f"a.B{extension.upper()}") == extension
    source = io.BytesIO(packed + pack(extension, b"the end"))
    with _codecs.unpacked(source, extension) as stream:
        assert stream.readall() == CONTENT + b"the end"
    assert not source.closed


def test_equal_content_gives_equal_files(extension: str) -> None:
    assert pack(extension, CONTENT) == pack(extension, CONTENT)


@pytest.mark.parametrize("left", [0.5, 0.99])
def test_content_that_is_cut_short(extension: str, left: float) -> None:
    packed = pack(extension, CONTENT)
    with pytest.raises(EOFError):
        _codecs.unpacked(io.BytesIO(packed[: int(left * len(packed))]), extension).readall()


def test_damage_is_an_error_of_one_kind(extension: str) -> None:
    packed = bytearray(pack(extension, CONTENT))
    packed[len(packed) // 2 :: 5] = bytes(len(packed[len(packed) // 2 :: 5]))
    with pytest.raises((OSError, EOFError)) as caught:
        _codecs.unpacked(io.BytesIO(packed), extension).readall()
    assert getattr(caught.value, "errno", None) is None
    with pytest.raises(OSError, match=r".") as caught:
        _codecs.unpacked(io.BytesIO(b"a plain text, never compressed\n" * 9), extension).readall()
    assert caught.value.errno is None


def test_an_error_of_the_stream_itself_stays_what_it_is(extension: str) -> None:
    class Broken(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise ValueError("not mine")

    with pytest.raises(ValueError, match="not mine"):
        _codecs.unpacked(Broken(), extension).readall()


def test_no_compression() -> None:
    assert _codecs.compression_named("text.txt") is None
    assert _codecs.compression_of(b"1 2\nthe ") is None


def test_pythons_own_zstd_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    zstandard = pytest.importorskip("zstandard")

    class Own:
        """What Python 3.14 calls its package's parts, made of the other package."""

        ZstdError = zstandard.ZstdError
        used = 0

        @classmethod
        def ZstdDecompressor(cls) -> Any:
            cls.used += 1
            return zstandard.ZstdDecompressor().decompressobj()

        @staticmethod
        def ZstdFile(stream: Any, mode: str) -> Any:
            return zstandard.ZstdCompressor().stream_writer(stream, closefd=False)

    known = importlib.import_module
    monkeypatch.setattr(
        _codecs.importlib, "import_module", lambda name: Own if name == "compression.zstd" else known(name)
    )
    assert _codecs.unpacked(io.BytesIO(pack(".zst", CONTENT)), ".zst").readall() == CONTENT
    assert Own.used == 1


@pytest.mark.parametrize("extension", [".zst", ".lz4"])
def test_a_package_that_is_missing(extension: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "backports.zstd", "zstandard", "lz4", "lz4.frame"):
        monkeypatch.setitem(importlib.import_module("sys").modules, name, None)
    with pytest.raises(ImportError, match="pip install"):
        _codecs.unpacked(io.BytesIO(b"x"), extension)
    with pytest.raises(ImportError, match="pip install"):
        _codecs.packed(io.BytesIO(), extension)
