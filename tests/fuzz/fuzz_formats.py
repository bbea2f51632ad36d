"""Mutated files for every loader: no crash, no hang, no excessive allocation, no undocumented exception.

    TMPDIR=/dev/shm python tests/fuzz/fuzz_formats.py --files 200000 --seed 1 --report fuzz.json

There, in memory, what is saved need not wait for a disk.

Under AddressSanitizer and UBSan, in a copy, so that the extensions of the checkout stay as they are:

    mkdir ../sanitized && git archive HEAD | tar x -C ../sanitized && cd ../sanitized
    FASTW2V_SANITIZE=1 FASTW2V_ONLY=formats python setup.py -q build_ext --inplace
    LD_PRELOAD="$(cc -print-file-name=libasan.so) $(cc -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0 \\
        PYTHONPATH=. python tests/fuzz/fuzz_formats.py --files 200000 --seed 2 --report fuzz_sanitized.json

A mutation changes bytes, or, in half of the pickles, whole opcodes (one is left out, doubled, moved, or a reach for
what was memorised, a call, a state is put between two). Each mutated file is loaded through the loader it was made
for, as a whole or with ``limit`` or ``words``, and, now and then, through ``formats.load``. What may come out is a
table or a ``FormatError``; a table is checked (unique keys, finite shapes) and then used: queries, the way to a native
file and back. Watched are

* crashes: the files of a batch are written to disk before they are loaded in a child process, so a file that kills
  the child is kept;
* hangs: the child reports its progress; one file may take ``--timeout`` seconds, and one for each unpacked megabyte, of
  the processor, since the machine may be in use;
* memory: the peak of everything allocated while one file is loaded or refused, against twice its honest need
  (``support/honest_need.py``, which does not use the loaders) plus ``BUFFERS``. tracemalloc sees Python, NumPy, the
  buffers of the compiled parsers and zlib, bz2 and lzma; not seen are zstandard's decoder (bounded by
  ``_codecs.LARGEST_WINDOW``) and thread stacks;
* execution: an audit hook notices every import, open for writing, process, or compile that a loader causes.
"""

from __future__ import annotations

import argparse
import concurrent.futures.thread  # noqa: F401 - its named tuples execute a string, which the hook would notice
import contextlib
import gzip
import inspect
import io
import itertools
import json
import logging
import os
import pickle
import pickletools
import random
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import tracemalloc
import zipfile
import zlib
from collections import Counter
from datetime import datetime, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # for runs as a program
from support import honest_need
from support.fasttext_files import fasttext_bytes, old_bytes, quantised_bytes
from support.hostile_pickles import HOSTILE_HASHES, amplified, hostile_hash, own_methods

from fastw2v import KeyedVectors, _codecs, formats
from fastw2v.errors import FormatError
from fastw2v.formats import gensim as gensim_format
from fastw2v.table import VectorTable

WHOLE = {name: one.load for name, one in formats.FORMATS.items()} | {"gensim": gensim_format.load_table}
PARTS = {":limit": {"limit": 2}, ":words": {"words": ["e", "the", "word7", "not there"]}}
LOADERS = {
    **WHOLE,
    **{
        name + part: lambda path, load=load, options=options: load(path, **options)
        for name, load in WHOLE.items()
        for part, options in PARTS.items()
        if options.keys() <= inspect.signature(load).parameters.keys()
    },
    "sniffed": formats.load,
    "native-mmap": lambda path: formats.FORMATS["native"].load(path, mmap=True),
}
LIBRARIES = (sys.prefix, sys.base_prefix, "<frozen")
# What a loader takes beside the need: the read buffer (64 kB for files of this size, and an eighth), a copy of a line
# that is looked at before anything is known about the file, messages.
BUFFERS = 160 << 10
# What a decoder takes beside that: gzip and zstd two buffers of 128 kB each, bz2 four bytes for each of a block of
# 900 kB, xz the dictionary of preset 6, as their formats prescribe it.
DECODERS = {".gz": 256 << 10, ".zst": 256 << 10, ".bz2": 4 << 20, ".xz": 9 << 20}
# Unpacked bytes per second: damage to a compressed file of 100 kB may turn it into 50 million lines, and who looks for
# certain words reads them all.
SLOWEST = 1_000_000
# Under tracemalloc these take ten times as long: what took so many seconds is timed again without it.
TIMED_AGAIN = 5.0
EFFECTS = [bytes([opcode]) for opcode in b"bR\x810 2(t\x85\x86}]\x8faesu\x90\x91\x94N".replace(b" ", b"")]
INTERESTING = [0, 1, 2, 3, 7, 8, 9, 10, 13, 32, 46, 48, 57, 127, 128, 255]
NUMBERS = [b"0", b"-1", b"1e999", b"nan", b"99999999999999999999", b"2147483648", b"4294967296", b"9223372036854775808"]


class Hostile:
    """Pickles to a call."""

    def __init__(self, call) -> None:
        self.call = call

    def __reduce__(self):
        return self.call


def seeds(folder: Path) -> list[tuple[str, str, bytes]]:
    """Honest files: (loader, name, content)."""
    rng = np.random.default_rng(0)
    table = VectorTable(
        ["the", "naïve", "中文", "x" * 40, "e"],
        (rng.standard_normal((5, 4)) * 10.0 ** rng.integers(-40, 30, (5, 4))).astype(np.float32),
        {"count": np.arange(5, 0, -1)},
    )
    found = []
    names = {"native": "t.st", "word2vec": "t.txt", "word2vec-binary": "t.bin", "glove": "t.glove", "npz": "t.npz"}
    for name, file in names.items():
        formats.save(table, folder / file, name)
        found.append((name, file, (folder / file).read_bytes()))
        formats.save(table, folder / (file + ".gz"), name)
        found.append((name, file + ".gz", (folder / (file + ".gz")).read_bytes()))
    formats.FORMATS["npz"].save(table, folder / "c.npz", compressed=True)
    found.append(("npz", "c.npz", (folder / "c.npz").read_bytes()))
    mixed = VectorTable([1, ("a", 2), None, b"y", 2.5], table.vectors)
    formats.save(mixed, folder / "mixed.st")
    found.append(("native", "mixed.st", (folder / "mixed.st").read_bytes()))
    found.append(("native-mmap", "mixed.st", (folder / "mixed.st").read_bytes()))
    plain = VectorTable(
        [UUID(int=7), datetime(2020, 2, 29, 1, tzinfo=timezone.utc), Decimal("1e9"), Fraction(1, 3), frozenset("ab")],
        table.vectors,
    )
    formats.save(plain, folder / "plain.st")
    found.append(("native", "plain.st", (folder / "plain.st").read_bytes()))
    for extension in (".xz", ".bz2", ".zst"):
        formats.save(table, folder / ("t.txt" + extension))
        found.append(("word2vec", "t.txt" + extension, (folder / ("t.txt" + extension)).read_bytes()))
    formats.save(table, folder / "t_tensor.tsv")
    found.append(("projector", "t_tensor.tsv", (folder / "t_tensor.tsv").read_bytes()))
    matrix = rng.standard_normal((13, 4)).astype(np.float32)
    found.append(("fasttext", "f.bin", fasttext_bytes(["</s>", "the", "naïve"], matrix, bucket=10)))
    found += [("gensim", f"p{protocol}.model", gensim_like(protocol)) for protocol in range(6)]
    found += [("gensim", f"{name}.model", hostile_hash(name)) for name in HOSTILE_HASHES]
    found += gensim_files()
    found += foreign(folder, table)
    found += larger(folder)
    return found


def foreign(folder: Path, table: VectorTable) -> list[tuple[str, str, bytes]]:
    """Formats that are read only, archives of one file, and pickles of few bytes that ask for much."""
    rng = np.random.default_rng(2)
    matrix = rng.standard_normal((13, 4)).astype(np.float32)
    words = ["</s>", "the", "naïve"]
    codes, centroids = rng.integers(0, 256, (13, 2), np.uint8), [matrix[:1, :2].repeat(256, 0) for _ in range(2)]
    vectors = dict(zip(table.keys, table.vectors, strict=True))
    text = (folder / "t.txt").read_bytes()
    archive, packed = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("t.txt", text)
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo("t.txt")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    words_chunk = struct.pack("<Q", 2) + b"".join(struct.pack("<I", 1) + key for key in (b"a", b"b"))
    fifu = struct.pack("<4sII2I", b"FiFu", 0, 2, 1, 2) + struct.pack("<IQ", 1, len(words_chunk)) + words_chunk
    padding = bytes(4 - (len(fifu) + 28) % 4)
    fifu += struct.pack("<IQQII", 2, 16 + len(padding) + 32, 2, 4, 10) + padding + matrix[:2].tobytes()
    array = io.BytesIO()
    np.save(array, table.vectors)
    lines = ["," + ",".join(map(str, range(4)))]
    lines += [
        f'"{key}",' + ",".join(map(str, row)) for key, row in zip(table.keys, table.vectors.tolist(), strict=True)
    ]
    found = [
        ("fasttext", "old.bin", old_bytes(words, matrix, bucket=10)),
        ("fasttext", "q.ftz", quantised_bytes(words, codes, centroids, bucket=10)),
        (
            "fasttext",
            "p.ftz",
            quantised_bytes(words, codes, centroids, bucket=90, kept={7 * row: row for row in range(10)}),
        ),
        ("word2vec", "t.zip", archive.getvalue()),
        ("word2vec", "t.tar", packed.getvalue()),
        ("finalfusion", "t.fifu", fifu),
        ("delimited", "t.csv", "\n".join(lines).encode()),
        ("delimited", "t.tab", "\n".join(lines).replace(",", "\t").encode()),
        ("npy", "m.npy", array.getvalue()),
        ("glove-binary", "m.dbl", table.vectors.astype("<f8").repeat(2, 0).tobytes()),
        ("word2vec", "marked.txt", b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n").replace(b" ", b"\t")),
    ]
    found += [("pickle", f"d{n}.pkl", pickle.dumps(vectors, n)) for n in (0, 2, 4)]
    found += [("pickle", f"t{n}.pkl", pickle.dumps((table.keys, table.vectors), n)) for n in (2, 5)]
    found += [("pickle", f"u{n}.pkl", pickle.dumps((np.array(table.keys), table.vectors), n)) for n in (0, 4)]
    rows = {key: row for row, key in enumerate(table.keys)}
    found += [("pickle", f"r{n}.pkl", pickle.dumps((table.vectors, rows), n)) for n in (0, 2, 5)]
    np.savez(folder / "u.npz", words=np.array(table.keys), vectors=table.vectors)
    found += [("npz", "u.npz", (folder / "u.npz").read_bytes())]
    found += [("gensim", f"own{n}.model", data) for n, data in enumerate(own_methods().values())]
    found += [("gensim", f"amp{n}.model", data) for n, data in enumerate(amplified(30).values()) if len(data) < 50_000]
    return found


def larger(folder: Path) -> list[tuple[str, str, bytes]]:
    """Files of some 200 kB, where a copy too many is more than the buffers; and bombs, 360 kB in a few."""
    rng = np.random.default_rng(1)
    wide = VectorTable([f"word{i}" for i in range(1000)], rng.standard_normal((1000, 50)).astype(np.float32))
    zeros = VectorTable([str(i) for i in range(300)], np.zeros((300, 300), np.float32))
    found = []
    names = {"native": "st", "word2vec": "txt", "word2vec-binary": "bin", "glove": "glove", "npz": "npz"}
    for name, extension in names.items():
        formats.save(wide, folder / f"large.{extension}", name)
        formats.save(zeros, folder / f"bomb.{extension}.gz", name)
        found += [(name, file, (folder / file).read_bytes()) for file in (f"large.{extension}", f"bomb.{extension}.gz")]
    formats.FORMATS["npz"].save(zeros, folder / "bomb.npz", compressed=True)
    formats.save(zeros, folder / "bomb.txt.zst")
    found += [("npz", "bomb.npz", (folder / "bomb.npz").read_bytes())]
    found += [("word2vec", "bomb.txt.zst", (folder / "bomb.txt.zst").read_bytes())]
    words = [f"word{i}" for i in range(1000)]
    found += [("fasttext", "large.bin", fasttext_bytes(words, np.zeros((1010, 50), np.float32), bucket=10))]
    return found + [("gensim", f"large{protocol}.model", gensim_like(protocol, 200)) for protocol in (2, 4)]


def gensim_like(protocol: int, size: int = 3) -> bytes:
    """A pickle with everything that gensim's have, and a call that must never happen."""
    vectors = np.eye(size, dtype=np.float32)
    content = {
        "index_to_key": ["a", "é", "c", *map(str, range(3, size))],
        "vectors": vectors,
        "expandos": {"count": np.arange(size), "code": np.array([vectors[0], None, 3], object)},
        "numbers": [np.float32(1), 2**70, -5, 2.5, True, b"bytes", (1, (2, (3,))), {4}, frozenset((5,))],
        "hashfxn": hash,
        "evil": Hostile((os.system, ("touch fuzz_was_executed",))),
    }
    return pickle.dumps(content, protocol)


def gensim_files() -> list[tuple[str, str, bytes]]:
    """Real files, where gensim is installed."""
    try:
        from gensim.models import Word2Vec
        from gensim.test.utils import datapath
    except ImportError:
        return []
    found = []
    with tempfile.TemporaryDirectory() as folder:
        model = Word2Vec([["a", "b", "c"], ["a", "c"]] * 3, min_count=1, vector_size=3, workers=1, hs=1)
        for protocol in (2, 4, 5):
            model.save(os.path.join(folder, "m"), pickle_protocol=protocol)
            found.append(("gensim", f"w{protocol}.model", Path(folder, "m").read_bytes()))
            model.wv.save(os.path.join(folder, "m"), pickle_protocol=protocol)
            found.append(("gensim", f"k{protocol}.kv", Path(folder, "m").read_bytes()))
        model.wv.note, model.wv.shares, model.wv.mean = "a text", {"train": [0.5, ("x", None)], "no": {}}, np.ones(3)
        model.wv.vectors_lockf, model.tried, model.call = np.arange(3, dtype=np.float32), [1, [2]], print
        model.wv.set_vecattr("a", "tag", "noun")
        for protocol in (2, 4):
            model.save(os.path.join(folder, "m"), pickle_protocol=protocol)
            found.append(("gensim", f"attributes{protocol}.model", Path(folder, "m").read_bytes()))
            model.wv.save(os.path.join(folder, "m"), pickle_protocol=protocol)
            found.append(("gensim", f"attributes{protocol}.kv", Path(folder, "m").read_bytes()))
    old = ("w2v_0.12.0.mdl", "w2v_2.0.0.mdl", "w2v_3.4.0.mdl")
    return found + [("gensim", name, Path(datapath(f"old_w2v_models/{name}")).read_bytes()) for name in old]


def mutate(rng: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """One to four changes: truncation, flips, lies in numbers, splices, repetition."""
    if data[:1] == b"\x80" and rng.random() < 0.5:
        return mutate_opcodes(rng, data)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        n = len(changed)
        if not n:
            break
        at = rng.randrange(n) if rng.random() < 0.6 else rng.randrange(min(n, 100))
        kind = rng.randrange(10)
        if kind == 0:
            del changed[at:]
        elif kind == 1:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            changed[at] = rng.choice(INTERESTING)
        elif kind == 3:
            del changed[at : at + rng.choice((1, 2, 4, 8, 50))]
        elif kind == 4:
            changed[at:at] = rng.randbytes(rng.choice((1, 2, 4, 8, 100)))
        elif kind == 5:
            width, value = rng.choice(((4, "<i"), (8, "<q"), (2, "<h"))), 0
            value = rng.choice((0, -1, 1, 2**31 - 1, 2**15 - 1, 10**9, rng.randrange(1000)))
            if width[0] == 8:
                value = rng.choice((value, 2**62, 2**63 - 1, -(2**63), 2**40))
            if width[0] == 2:
                value = max(-(2**15), min(value, 2**15 - 1))
            changed[at : at + width[0]] = struct.pack(width[1], value)
        elif kind == 6:  # a lie in a number that is text
            digits = [i for i in range(n) if 48 <= changed[i] <= 57]
            if digits:
                start = stop = rng.choice(digits)
                while stop < n and 48 <= changed[stop] <= 57:
                    stop += 1
                changed[start:stop] = rng.choice(NUMBERS)
        elif kind == 7:
            other = rng.choice(others)
            cut = rng.randrange(len(other) + 1)
            changed[at:] = other[cut:]
        elif kind == 8:
            piece = changed[at : at + rng.randrange(1, 60)]
            changed[at:at] = piece * rng.choice((1, 2, 50))
        else:
            changed[at : at + 8] = rng.randbytes(8)
    return repaired(bytes(changed), rng)


def mutate_opcodes(rng: random.Random, data: bytes) -> bytes:
    """Changes of whole opcodes of a pickle, which stays well formed more often than one of single bytes."""
    try:
        places = [place for _, _, place in pickletools.genops(data)]
    except Exception:  # a seed that is damaged on purpose
        return data
    parts = [data[a:b] for a, b in itertools.pairwise([*places, len(data)])]
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        at = rng.randrange(len(parts))
        kind = rng.randrange(6)
        if kind == 0:
            del parts[at]
        elif kind == 1:
            parts[at:at] = [parts[at]] * rng.choice((1, 2, 100))
        elif kind == 2:
            other = rng.randrange(len(parts))
            parts[at], parts[other] = parts[other], parts[at]
        elif kind == 3:
            parts[at:at] = [b"h" + bytes([rng.randrange(40)])] * rng.choice((1, 2, 50))
        elif kind == 4:
            parts[at:at] = rng.choices(EFFECTS, k=rng.randrange(1, 4))
        else:
            begin = rng.randrange(len(parts))
            parts[at:at] = parts[begin : begin + rng.randrange(1, 8)]
        if not parts:
            break
    return b"".join(parts)


def repaired(data: bytes, rng: random.Random) -> bytes:
    """Sometimes make the checksums of a zip archive right again, so that the mutation reaches the arrays."""
    if data[:2] != b"PK" or rng.random() < 0.5:
        return data
    changed = bytearray(data)
    at = changed.find(b"PK\x01\x02")
    while at >= 0 and at + 46 <= len(changed):
        size, offset = struct.unpack_from("<I", changed, at + 20)[0], struct.unpack_from("<I", changed, at + 42)[0]
        if offset + 30 < len(changed):
            begin = offset + 30 + sum(struct.unpack_from("<HH", changed, offset + 26))
            if begin + size <= len(changed):
                struct.pack_into("<I", changed, at + 16, zlib.crc32(changed[begin : begin + size]))
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


class Watch:
    """Notices what no loader may do."""

    def __init__(self) -> None:
        self.active, self.seen = False, ""
        sys.addaudithook(self)

    def __call__(self, event: str, args: tuple) -> None:
        if not self.active:
            return
        if event == "exec" and getattr(args[0], "co_filename", "").startswith(LIBRARIES):
            return  # a module of the standard library or of a dependency, imported where it is needed
        writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
        if writes or event in ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.mkdir", "exec"):
            self.seen = f"{event} {args!r}"[:200]


def check_table(table: VectorTable, mmap: bool) -> None:
    assert table.vectors.ndim == 2
    assert len(table.keys) == len(table.vectors)
    assert mmap or len(set(table.keys)) == len(table.keys), "a key twice"
    assert all(len(values) == len(table) for values in table.attrs.values())
    table.vectors.astype(np.float64).sum()  # touches every byte


def use(table: VectorTable, scratch: str) -> None:
    """Do what people do with vectors: ask for neighbours, save, load again."""
    if not 0 < len(table) <= 2000 or table.vectors.shape[1] > 2000:
        return
    with np.errstate(all="ignore"):
        kv = KeyedVectors.from_table(table)
        key = table.keys[0]
        if not isinstance(key, tuple | bool | int | float | np.generic) and key is not None:
            kv.similar_by_vector(np.ones(kv.vector_size, np.float32), topn=2)
            assert np.array_equal(kv[key], table.vectors[0], equal_nan=True)
            assert key in kv
        kv.save(scratch)
        again = KeyedVectors.load(scratch)
        assert again.index_to_key == kv.index_to_key or any(one != one for one in table.keys)
        assert np.array_equal(again.vectors, table.vectors, equal_nan=True)
    os.unlink(scratch)


def problem_of_use(table: VectorTable) -> str:
    """What goes wrong when a table that was loaded is used: it must be possible to save and load it again."""
    try:
        use(table, "scratch/table.fw2v")
    except FormatError as error:
        return f"was loaded, and cannot be used: {error}"[:300]
    return ""


def child(folder: str) -> int:
    """Load every file of a folder; print one line of JSON for each."""
    logging.disable(logging.CRITICAL)
    np.seterr(all="ignore")
    os.chdir(folder)
    plan = json.loads(Path("plan.json").read_text())
    os.makedirs("scratch", exist_ok=True)  # among thousands of files, looking for what others left would take longest
    watch = Watch()
    tracemalloc.start()
    for number, (loader, path) in enumerate(plan):
        print(json.dumps({"start": number}), flush=True)
        size = os.path.getsize(path)
        tracemalloc.reset_peak()
        before, began = tracemalloc.get_traced_memory()[0], time.process_time()
        watch.seen, problem, outcome = "", "", ""
        try:
            watch.active = True
            table = LOADERS[loader](path)
            watch.active = False
            peak = tracemalloc.get_traced_memory()[1] - before
            check_table(table, "mmap" in loader)
            outcome = "loaded"
            if "mmap" not in loader:
                problem = problem_of_use(table)
            table = None
        except FormatError as error:
            watch.active = False
            peak = tracemalloc.get_traced_memory()[1] - before
            outcome = type(error).__name__
            error.__traceback__ = None  # its frames hold the buffers
            if not str(error):
                problem = "an error without a message"
        except BaseException as error:
            watch.active = False
            peak = tracemalloc.get_traced_memory()[1] - before
            outcome, problem = type(error).__name__, f"{type(error).__name__}: {error}"[:300]
            if isinstance(error, FileNotFoundError) and loader.startswith(("gensim", "sniffed")):
                problem = ""  # a companion that the mutated file asks for
        seconds = time.process_time() - began
        if seconds > TIMED_AGAIN:
            seconds = seconds_untraced(loader, path)
        if watch.seen:
            problem = "executed: " + watch.seen
        elif not problem and peak > BUFFERS:  # else it is in order, whatever the need may be
            need = honest_need.of(loader, Path(path))
            codec = _codecs.compression_of(Path(path).read_bytes()[:8])
            allowed = 2 * need + BUFFERS + DECODERS.get(codec, 0)
            if peak > allowed:
                problem = f"allocated {peak} bytes for a file of {size} that needs {need}"
        print(
            json.dumps({"done": number, "outcome": outcome, "problem": problem, "seconds": seconds, "peak": peak}),
            flush=True,
        )
    return 0


def seconds_untraced(loader: str, path: str) -> float:
    tracemalloc.stop()
    began = time.process_time()
    with contextlib.suppress(Exception):
        check_table(LOADERS[loader](path), "mmap" in loader)
    seconds = time.process_time() - began
    tracemalloc.start()
    return seconds


def unpacked_size(path: Path) -> int:
    return len(honest_need.unpacked(path.read_bytes()))


def run_batch(folder: Path, plan: list[tuple[str, str]], timeout: float) -> list[dict]:
    """Results of a batch; after a crash or a hang the rest of the batch goes to a new child."""
    results: list[dict] = []
    search_path = os.pathsep.join(os.path.abspath(place) for place in sys.path)
    environment = {**os.environ, "PYTHONPATH": search_path}  # the child works in another folder
    while len(results) < len(plan):
        rest = plan[len(results) :]
        (folder / "plan.json").write_text(json.dumps(rest))
        with subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--child", str(folder)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                out, err = process.communicate(timeout=timeout * 10 + 0.2 * len(rest))
                ended = f"exit code {process.returncode}: {err[-2000:]}"
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                ended = "hang"
        done = [json.loads(line) for line in out.splitlines() if '"done"' in line]
        results += done
        if len(done) < len(rest):
            results.append({"outcome": "CRASH", "problem": ended, "seconds": 0, "peak": 0})
    for (_, path), result in zip(plan, results, strict=True):
        if result["seconds"] > timeout and result["seconds"] > timeout + unpacked_size(folder / path) / SLOWEST:
            result["problem"] = result["problem"] or f"took {result['seconds']:.1f} s"
    return results


def campaign(n_files: int, seed: int, timeout: float, batch: int, keep: Path | None) -> dict:
    """Mutate and load; a summary with every problem."""
    rng = random.Random(seed)
    outcomes: Counter = Counter()
    loaders: Counter = Counter()
    problems: list[dict] = []
    slowest, largest, done = 0.0, 0, 0
    began = time.time()
    with tempfile.TemporaryDirectory(prefix="fuzz") as name:
        folder = Path(name)
        honest = seeds(folder)
        contents = [content for _, _, content in honest]
        while done < n_files:
            plan = []
            for number in range(min(batch, n_files - done)):
                loader, file, content = rng.choice(honest)
                if rng.random() < 0.15:
                    loader = "sniffed"
                if loader == "native" and rng.random() < 0.3 and not file.endswith(".gz"):
                    loader = "native-mmap"
                part = rng.choice(list(PARTS))
                if loader + part in LOADERS and rng.random() < 0.4:
                    loader += part
                path = f"{number}_{file}"
                if file.endswith(".gz") and rng.random() < 0.6:  # lies inside of sound compression
                    changed = gzip.compress(mutate(rng, gzip.decompress(content), contents), 1)
                else:
                    changed = mutate(rng, content, contents)
                (folder / path).write_bytes(changed)
                if loader in ("npy", "glove-binary") or file.endswith((".npy", ".dbl")):
                    listed = b"the\nna\xc3\xafve\n\xe4\xb8\xad\xe6\x96\x87\nx\ne\n"
                    listed = mutate(rng, listed, contents) if rng.random() < 0.3 else listed
                    (folder / path).with_suffix(".words").write_bytes(listed)
                if loader == "projector" or file.endswith(".tsv"):
                    labels = b"the\nna\xc3\xafve\n\xe4\xb8\xad\xe6\x96\x87\nx\ne\n"
                    (folder / path.replace("_tensor", "_metadata")).write_bytes(
                        mutate(rng, labels, contents) if rng.random() < 0.3 else labels
                    )
                plan.append((loader, path))
            for (loader, path), result in zip(plan, run_batch(folder, plan, timeout), strict=True):
                outcomes[result["outcome"]] += 1
                loaders[loader] += 1
                slowest, largest = max(slowest, result["seconds"]), max(largest, result["peak"])
                if result["problem"]:
                    problems.append({"loader": loader, "file": path, **result})
                    if keep:
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{done}_{loader}_{path}").write_bytes((folder / path).read_bytes())
            executed = (folder / "fuzz_was_executed").exists()
            if executed:
                problems.append({"problem": "a pickle was executed"})
                (folder / "fuzz_was_executed").unlink()
            done += len(plan)
            print(f"{done} files, {len(problems)} problems, {time.time() - began:.0f} s", file=sys.stderr, flush=True)
            for path in folder.glob("[0-9]*_*"):
                path.unlink()
    return {
        "files": done,
        "seed": seed,
        "seconds": round(time.time() - began, 1),
        "seeds": len(honest),
        "outcomes": dict(outcomes),
        "loaders": dict(loaders),
        "slowest_seconds": round(slowest, 3),
        "largest_peak_bytes": largest,
        "problems": problems[:50],
        "n_problems": len(problems),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds that one file may take")
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--keep", type=Path, help="folder for files that show a problem")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return child(options.child)
    report = campaign(options.files, options.seed, options.timeout, options.batch, options.keep)
    text = json.dumps(report, indent=1)
    if options.report:
        options.report.write_text(text + "\n")
    print(text)
    return 1 if report["n_problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
