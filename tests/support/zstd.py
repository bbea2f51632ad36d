"""zstd for the tests, by whichever package there is: Python's own (3.14, or ``backports.zstd``), or zstandard."""

from __future__ import annotations

import importlib
from typing import Any

import pytest


def package() -> tuple[str, Any]:
    """The first package that is installed; a test that needs one skips where there is none."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return "own", importlib.import_module(name)
        except ImportError:
            continue
    return "zstandard", pytest.importorskip("zstandard")


def pack(content: bytes, *, checksum: bool = False, sized: bool = True) -> bytes:
    """One frame, with or without a checksum and its size."""
    kind, zstd = package()
    if kind == "zstandard":
        packed: bytes = zstd.ZstdCompressor(write_checksum=checksum, write_content_size=sized).compress(content)
        return packed
    flags = zstd.CompressionParameter
    packed = zstd.compress(content, options={flags.checksum_flag: checksum, flags.content_size_flag: sized})
    return packed


def reader(stream: Any) -> Any:
    """A stream of what a compressed one holds."""
    kind, zstd = package()
    return zstd.ZstdFile(stream) if kind == "own" else zstd.ZstdDecompressor().stream_reader(stream)
