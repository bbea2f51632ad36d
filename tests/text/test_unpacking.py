"""Compressed files: every frame is read, and a file that is cut short or damaged is named."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support import zstd

from fastw2v.errors import CorpusError
from fastw2v.text.blocks import blocks_of
from fastw2v.text.corpus import LineSentence, Text8Corpus
from fastw2v.text.source import open_source

TEXT = b"".join(b"w%d v%d u%d\n" % (i % 1000, i, i * 7 % 999) for i in range(20_000))
LINES = [line.split() for line in TEXT.decode().splitlines()]


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd.pack,
}  # fmt: skip
READERS: dict[str, Callable[[Path], object]] = {
    "count": lambda path: open_source(corpus_file=path, workers=2).scan(),
    "prune": lambda path: open_source(corpus_file=path, max_vocab_size=10).scan(),
    "iterate": lambda path: list(LineSentence(path)),
    "stream": lambda path: list(Text8Corpus(path)),
}


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("packing", PACKERS)
def test_a_truncated_file_is_no_shorter_text(tmp_path: Path, packing: str, read: str) -> None:
    path = tmp_path / f"text{packing}"
    packed = PACKERS[packing](TEXT)
    for n_bytes in (len(packed) // 2, len(packed) - 3):
        path.write_bytes(packed[:n_bytes])
        with pytest.raises(CorpusError, match=rf"text\{packing}: the file ends before.*again") as caught:
            READERS[read](path)
        assert isinstance(caught.value, EOFError)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("packing", PACKERS)
def test_another_file_under_this_name(tmp_path: Path, packing: str, read: str) -> None:
    path = tmp_path / f"text{packing}"
    path.write_bytes(b"a plain text, never compressed\n" * 9)
    with pytest.raises(CorpusError, match=rf"text\{packing}: this is no \{packing} data.*name without") as caught:
        READERS[read](path)
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize("packing", PACKERS)
def test_damage_in_the_middle(tmp_path: Path, packing: str) -> None:
    path = tmp_path / f"text{packing}"
    packed = bytearray(PACKERS[packing](TEXT))
    packed[len(packed) // 2 :: 7] = bytes(len(packed[len(packed) // 2 :: 7]))
    path.write_bytes(packed)
    with pytest.raises(CorpusError, match=rf"text\{packing}: "):
        open_source(corpus_file=path).scan()


@pytest.mark.parametrize("packing", PACKERS)
def test_files_in_several_parts(tmp_path: Path, packing: str) -> None:
    path = tmp_path / f"text{packing}"
    pack = PACKERS[packing]
    path.write_bytes(pack(TEXT) + pack(b"") + pack(b"the end\n"))
    assert list(LineSentence(path)) == [*LINES, ["the", "end"]]
    for most in (None, 100):
        scan = open_source(corpus_file=path, workers=2, max_vocab_size=most).scan()
        assert scan.n_words == 3 * len(LINES) + 2
    assert sum(map(len, Text8Corpus(path))) == 3 * len(LINES) + 2


def test_zstandard_skips_what_is_to_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "text.zst"
    skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc", b"\x51\x2a\x4d\x18\0\0\0\0"
    path.write_bytes(skipped[0] + zstd.pack(b"a b\n") + skipped[1] + zstd.pack(b"c\n"))
    assert list(LineSentence(path)) == [["a", "b"], ["c"]]


def test_a_text_that_shrinks_very_much(tmp_path: Path) -> None:
    path = tmp_path / "text.zst"
    path.write_bytes(zstd.pack(b"a b c\n" * 5_000_000))
    assert open_source(corpus_file=path).scan().n_words == 15_000_000


def test_an_empty_file_is_an_empty_text(tmp_path: Path) -> None:
    path = tmp_path / "text.zst"
    path.write_bytes(b"")
    assert list(LineSentence(path)) == []


@pytest.mark.parametrize("packing", [".zst", ".lz4"])
def test_a_package_that_is_not_installed(tmp_path: Path, packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"text{packing}"
    path.write_bytes(b"x")
    for name in ("compression.zstd", "backports.zstd", "zstandard", "lz4", "lz4.frame"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CorpusError, match=rf"text\{packing}: .*not installed.*install it, or unpack") as caught:
        open_source(corpus_file=path).scan()
    assert isinstance(caught.value, ImportError)


def test_a_giant_line_without_blanks_takes_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "text.gz"
    seconds = []
    for n_words in (700_000, 2_800_000):
        path.write_bytes(gzip.compress("漢字\u3000".encode() * n_words, 1))
        runs = []
        for _ in range(3):  # processor time, and the best of three: other programs must not count
            started = time.process_time()
            assert sum(len(block.data or b"") for block in blocks_of([str(path)])) == 9 * n_words
            list(Text8Corpus(path))
            runs.append(time.process_time() - started)
        seconds.append(min(runs))
    assert seconds[1] < 10 * seconds[0]  # 16 times if it is quadratic
