"""Files as sources: the same words whatever the number of workers, blocks, packing or memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import tarfile
import threading
import zipfile
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import zstd
from support.drain import assert_faithful, chunks_of, spelt, vocab_of

from fastw2v.errors import CorpusError
from fastw2v.text import blocks, files
from fastw2v.text.corpus import LineSentence, PathLineSentences, Text8Corpus
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab

PACKERS = {"": lambda data: data, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few dozen bytes, so that small texts meet every border."""
    for name, size in {"MIN_BLOCK": 16, "MAX_BLOCK": 48, "MAX_LINE": 64, "_PROBE": 8}.items():
        monkeypatch.setattr(blocks, name, size)


def text_of(n_lines: int, seed: int = 1) -> str:
    draw = random.Random(seed)
    words = [f"w{i}" for i in range(60)] + ["語", "ääää", "x" * 20]
    lines = (" ".join(draw.choices(words, k=draw.randrange(12))) for _ in range(n_lines))
    return "\n".join(lines)


def lines_of(text: str) -> list[list[str]]:
    return [line.split() for line in text.split("\n") if line.split()]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("max_cached_words", [10**9, 100])
def test_every_word_of_a_file(
    tmp_path: Path, small_blocks: None, workers: int, packing: str, max_cached_words: int
) -> None:
    path = tmp_path / f"text{packing}"
    text = text_of(300)
    path.write_bytes(PACKERS[packing](text.encode()))
    options = {"workers": workers, "max_cached_words": max_cached_words}
    assert_faithful(open_source(corpus_file=path, **options), lines_of(text), min_count=30)
    source = open_source(corpus_file=path, **options)
    vocab = Vocab(["語", "w7"], np.ones(2))
    chunks = chunks_of(source, vocab)  # without a scan
    assert len(chunks) > 40
    assert spelt(chunks, vocab) == [[w for w in line if w in vocab.index] for line in lines_of(text)]
    assert sum(chunk.n_words for chunk in chunks) == len(text.split())
    other = Vocab(["w9", "w7", "ääää"], np.ones(3))
    assert spelt(chunks_of(source, other), other) == [[w for w in s if w in other.index] for s in lines_of(text)]


@pytest.mark.parametrize("packing", ["", ".gz"])
@pytest.mark.parametrize("n_words", [10, 30, 50])
def test_short_texts_are_kept_and_longer_ones_if_they_are_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_words: int, packing: str
) -> None:
    monkeypatch.setattr(files, "MAX_CACHED_PLAIN", 20)
    monkeypatch.setattr(files, "MAX_CACHED_WORDS", 40)
    path = tmp_path / f"text{packing}"
    text = "a b c d e\n" * (n_words // 5)
    path.write_bytes(PACKERS[packing](text.encode()))
    source = open_source(corpus_file=path)
    vocab = vocab_of(source)
    path.unlink()
    if n_words > (40 if packing else 20):
        with pytest.raises(FileNotFoundError):
            chunks_of(source, vocab)
    else:
        assert spelt(chunks_of(source, vocab), vocab) == lines_of(text)


def test_what_will_be_too_long_is_not_begun_to_be_kept(
    tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    monkeypatch.setattr(files, "PackedIds", lambda ids: kept.append(len(ids)))
    path = tmp_path / "text"
    path.write_text(text_of(300))
    n_words = open_source(corpus_file=path, max_cached_words=100).scan().n_words
    assert n_words > 1000
    assert 0 < sum(kept) < 50


@pytest.mark.parametrize("packing", PACKERS)
def test_workers_change_nothing(tmp_path: Path, small_blocks: None, packing: str) -> None:
    path = tmp_path / f"text{packing}"
    path.write_bytes(PACKERS[packing](text_of(400).encode()))
    results = []
    for workers in (1, 2, 3, 8):
        source = open_source(corpus_file=path, workers=workers)
        scan = source.scan()
        chunks = chunks_of(source, Vocab(scan.keys, scan.counts))
        arrays = [(c.ids.tolist(), c.offsets.tolist(), c.n_words, c.n_sentences) for c in chunks]
        results.append((scan.keys, scan.counts.tolist(), scan.n_words, scan.n_sentences, arrays))
    assert results[1:] == results[:1] * 3


LAYOUTS = st.lists(
    st.sampled_from(["a", "bb", "語", "x" * 30, " ", "\n", "\r\n", "\t", "\0", "\u3000", "\u2028", "y" * 150]),
    max_size=90,
)


@settings(deadline=None, max_examples=200)
@given(LAYOUTS, st.sampled_from(["", ".gz"]), st.integers(1, 3), st.sampled_from([None, 0, 1, 3, 7]), st.booleans())
def test_any_layout(tmp_path_factory, layout: list[str], packing: str, workers: int, limit, cached: bool) -> None:
    """Blocks may cut a giant line into more sentences, but never lose, add or move a word."""
    path = tmp_path_factory.mktemp("layout") / f"text{packing}"
    text = "".join(layout)
    path.write_bytes(PACKERS[packing](text.encode()))
    with pytest.MonkeyPatch.context() as patch:
        for name, size in {"MIN_BLOCK": 16, "MAX_BLOCK": 48, "MAX_LINE": 64, "_PROBE": 8}.items():
            patch.setattr(blocks, name, size)
        options = {"workers": workers, "max_cached_words": 10**9 if cached else 3}
        corpus = LineSentence(path, 5, limit)
        expected = list(corpus)
        source = open_source(corpus, **options)
        vocab = vocab_of(source)
        for _ in range(2):
            found = spelt(chunks_of(source, vocab), vocab)
            if all(len(line.encode()) <= 64 for line in text.split("\n")):
                assert found == expected
            assert list(chain(*found)) == list(chain(*expected))
            assert max(map(len, found), default=0) <= 5


def test_one_giant_line_is_read_in_parallel(tmp_path: Path) -> None:
    path = tmp_path / "text8"
    words = [f"w{i % 1013}" for i in range(700_000)]
    path.write_text(" ".join(words))
    for workers in (1, 2):
        source = open_source(corpus_file=path, workers=workers)
        vocab = vocab_of(source)
        chunks = chunks_of(source, vocab)
        assert len(chunks) > 10
        found = spelt(chunks, vocab)
        assert list(chain(*found)) == words
        assert max(map(len, found)) == 10_000
    assert sum(c.n_words for c in chunks_of(open_source(Text8Corpus(path)), vocab)) == len(words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n\n",
        "   ",
        "a",
        "a\n",
        "a\r\nb\r\n",
        "a\n\nb",
        "\na",
        "a\0b \0 c\n",
        "a\x85b\xa0c\u3000d",
    ],
)
def test_corner_cases(tmp_path: Path, text: str) -> None:
    path = tmp_path / "text"
    path.write_text(text, encoding="utf-8", newline="")
    source = open_source(corpus_file=path)
    assert_faithful(source, lines_of(text), n_sentences=len(lines_of(text)))


@pytest.mark.parametrize("name", ["text", "text.gz"])
@pytest.mark.parametrize("repeats", [1, 50_000])
def test_a_byte_order_mark_is_no_part_of_the_first_word(name: str, repeats: int, tmp_path: Path) -> None:
    path = tmp_path / name
    lines = [["king", "rules"], ["\ufeffking", "x"]] * repeats  # later on it is a character like others
    data = b"\xef\xbb\xbf" + "".join(" ".join(line) + "\r\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data, 1) if name.endswith(".gz") else data)
    assert_faithful(open_source(corpus_file=path), lines)
    assert list(LineSentence(path)) == lines
    assert [word for piece in Text8Corpus(path) for word in piece] == [word for line in lines for word in line]
    assert list(LineSentence(io.BytesIO(data))) == lines
    assert list(LineSentence(io.StringIO(data.decode()))) == lines
    assert_faithful(open_source(corpus_file=[path, path]), lines * 2)


def test_archives_are_not_trained_as_text(tmp_path: Path) -> None:
    inner = b"a b c\n" * 100
    (tmp_path / "text").write_bytes(inner)
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("text", inner)
    for name, mode in (("t.tar", "w"), ("t.tar.gz", "w:gz")):
        with tarfile.open(tmp_path / name, mode) as archive:
            archive.add(tmp_path / "text", "text")
    (tmp_path / "packed").write_bytes(gzip.compress(inner))
    messages = {"t.zip": "zip archive", "t.tar": "tar archive", "t.tar.gz": "tar archive", "packed": r"\.gz"}
    for name, message in messages.items():
        with pytest.raises(CorpusError, match=message):
            open_source(corpus_file=tmp_path / name).scan()
        with pytest.raises(CorpusError, match=message):
            list(LineSentence(tmp_path / name))


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "t.txt").write_text("a b\n")
    assert list(LineSentence("~/t.txt")) == [["a", "b"]]
    assert list(Text8Corpus("~/t.txt")) == [["a", "b"]]
    assert list(PathLineSentences("~")) == [["a", "b"]]
    assert_faithful(open_source(corpus_file="~/t.txt"), [["a", "b"]])
    assert_faithful(open_source(corpus_file="~"), [["a", "b"]])


def test_lines_shorter_than_a_mebibyte_are_never_cut_by_blocks(tmp_path: Path) -> None:
    path = tmp_path / "text"
    lines = [["w"] * n for n in (3, 200_000, 1, 500_000, 2)]
    path.write_text("\n".join(map(" ".join, lines)))
    assert_faithful(open_source(corpus_file=path, max_sentence_length=10**9), lines)
    cut = [line[i : i + 10_000] for line in lines for i in range(0, len(line), 10_000)]
    assert_faithful(open_source(corpus_file=path), cut)


def test_many_files_and_folders(tmp_path: Path) -> None:
    texts = [text_of(30, seed) for seed in range(3)]
    for name, text in zip(("b.txt", "a.txt.gz", "c.txt"), texts, strict=True):
        (tmp_path / name).write_bytes(PACKERS[".gz" if name.endswith("gz") else ""](text.encode()))
    (tmp_path / ".hidden").write_text("hidden")
    in_order = lines_of(texts[1]) + lines_of(texts[0]) + lines_of(texts[2])
    assert_faithful(open_source(corpus_file=tmp_path, workers=2), in_order)
    assert_faithful(open_source(corpus_file=str(tmp_path)), in_order)
    files = [str(tmp_path / "c.txt"), tmp_path / "b.txt"]
    assert_faithful(open_source(corpus_file=files, workers=3), lines_of(texts[2]) + lines_of(texts[0]))


def test_zstandard(tmp_path: Path) -> None:
    path = tmp_path / "text.zst"
    text = text_of(50)
    path.write_bytes(zstd.pack(text.encode()))
    assert_faithful(open_source(corpus_file=path), lines_of(text))


# --------------------------------------------------------------------------------------- errors ----


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no such file") as caught:
        open_source(corpus_file=tmp_path / "absent")
    assert isinstance(caught.value, FileNotFoundError)
    assert isinstance(caught.value, TypeError)
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        open_source(LineSentence(tmp_path / "absent"))
    with pytest.raises(CorpusError, match="the folder holds no file"):
        open_source(corpus_file=tmp_path)
    with pytest.raises(CorpusError, match="list of files is empty"):
        open_source(corpus_file=[])
    with pytest.raises(CorpusError, match=r"corpus_file=3 of type int"):
        open_source(corpus_file=3)
    (tmp_path / "folder").mkdir()
    with pytest.raises(CorpusError, match="is a folder where a file is wanted") as caught:
        open_source(corpus_file=tmp_path)
    assert isinstance(caught.value, IsADirectoryError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="no regular file"):
        open_source(corpus_file=tmp_path / "pipe")


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe8\xaa", b"\xf4\x90\x80\x80"])
def test_bad_utf8_names_file_line_and_offset(
    tmp_path: Path, small_blocks: None, workers: int, packing: str, bad: bytes
) -> None:
    path = tmp_path / f"text{packing}"
    before = text_of(100).encode() + b"\n" * 7 + "ä ".encode()
    data = before + bad + b" rest\n" + text_of(50).encode() + b"\xff"
    path.write_bytes(PACKERS[packing](data))
    for attempt in (
        lambda: open_source(corpus_file=path, workers=workers).scan(),
        lambda: list(open_source(corpus_file=path, workers=workers).epoch(Vocab(["a"], np.ones(1)))),
        lambda: list(LineSentence(path)),
        lambda: list(Text8Corpus(path)),
    ):
        with pytest.raises(UnicodeDecodeError) as caught:
            attempt()
        assert isinstance(caught.value, CorpusError)
        message = str(caught.value)
        assert str(path) in message
        n_lines = before.count(b"\n")
        assert f"line {n_lines + 1}, byte offset {len(before)}:" in message
        assert f"byte 0x{bad[0]:02x}" in message


def test_a_damaged_archive_raises_its_own_error(tmp_path: Path) -> None:
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(os.urandom(3000).hex().encode())[:-900])
    with pytest.raises(EOFError):
        open_source(corpus_file=path).scan()


def test_a_file_that_changes_between_passes_is_noticed(tmp_path: Path, small_blocks: None) -> None:
    path = tmp_path / "text"
    for change in (text_of(60), text_of(300)[:-500], text_of(300) + " more words"):
        path.write_text(text_of(300))
        source = open_source(corpus_file=path, max_cached_words=10)
        vocab = vocab_of(source)
        path.write_text(change)
        with pytest.raises(CorpusError, match=r"changed after its words were counted|became shorter"):
            chunks_of(source, vocab)


def test_encoding_in_many_threads_at_once(tmp_path: Path, small_blocks: None) -> None:
    path = tmp_path / "text"
    text = text_of(800)
    path.write_text(text, encoding="utf-8")
    for max_cached_words in (10, 10**6):
        source = open_source(corpus_file=path, max_cached_words=max_cached_words)
        vocab = vocab_of(source)
        pending = list(source.epoch(vocab))
        chunks: list = [None] * len(pending)

        def work(first: int, pending=pending, chunks=chunks) -> None:
            for place in range(first, len(pending), 4):
                chunks[place] = pending[place].encode()

        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert spelt(chunks, vocab) == lines_of(text)


def test_import_of_the_compression_library_is_lazy() -> None:
    import subprocess
    import sys

    code = "import sys, fastw2v.text.source; print([m for m in ('smart_open', 'scipy', 'tqdm') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


# ----------------------------------------------------------------------------------- real corpora ----


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_english_corpus(corpus_dir: Path, workers: int) -> None:
    source = open_source(corpus_file=corpus_dir / "english_17m.txt.xz", workers=workers)
    scan = source.scan()
    assert scan.n_words == 17_000_523
    assert len(scan.keys) == 238_914
    vocab = Vocab([k for k, c in zip(scan.keys, scan.counts, strict=True) if c >= 5], scan.counts[scan.counts >= 5])
    assert len(vocab) == 73_006
    chunks = chunks_of(source, vocab)
    assert sum(chunk.n_words for chunk in chunks) == 17_000_523
    assert sum(len(chunk.ids) for chunk in chunks) == vocab.n_words
