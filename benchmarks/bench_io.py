"""How fast are vectors loaded and saved, and in how much memory, against gensim and the fastText package?

    python benchmarks/bench_io.py                                    # 73,006 x 100, five pairs
    python benchmarks/bench_io.py --rows 1000000 --dim 300 --operations binary,native
    python benchmarks/bench_io.py --rows 1000000 --dim 300 --operations text --repeat 2
    python benchmarks/bench_io.py --fasttext MODEL.bin --python fasttext=OTHER/bin/python

A model for the last one: ``fasttext.train_unsupervised("corpus.txt", epoch=1).save_model("MODEL.bin")``.

Each measurement is a fresh process; the contenders take turns, so that a noisy machine is noisy for both. Files are
read from the page cache. fastw2v's saving includes fsync and rename, gensim's leaves the data in the page cache
(``--no-fsync`` measures fastw2v without it). Saved files must be equal byte for byte, loaded tables bit for bit.

Memory of loading, in two ways: how far the resident size of the process rises above that before loading (allocators
round up, and numpy's own threads count), and the peak that tracemalloc sees in a run of its own, which is the same each
time. Both are divided by the vectors alone, and by vectors, keys, counts and index together.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import measure
import numpy as np
import report

OPERATIONS = {
    "text": ("save-text", "load-text"),
    "binary": ("save-binary", "load-binary"),
    "native": ("save-native", "load-native", "load-mmap"),
}
FILES = {"text": "t.txt", "binary": "t.bin"}
FASTTEXT = """
import sys, time, fasttext
began = time.perf_counter()
model = fasttext.load_model(sys.argv[1])
loaded = time.perf_counter() - began
import numpy as np
vectors = np.array([model.get_word_vector(word) for word in model.get_words()])
print(loaded, time.perf_counter() - began, float(vectors.sum(dtype=float)))
"""
OURS = """
import sys, time
from fastw2v.formats import fasttext
began = time.perf_counter()
model = fasttext.load(sys.argv[1])
loaded = time.perf_counter() - began
print(loaded, loaded, float(model.vectors.sum(dtype=float)))
"""


# -------------------------------------------------------------------- in the child process ----


def resident_bytes(field: str) -> int:
    """``VmRSS`` or its peak ``VmHWM``, 0 where there is no /proc.

    Not ``ru_maxrss``: a child inherits that from the process that started it.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def reset_peak() -> None:
    if os.path.exists("/proc/self/clear_refs"):
        Path("/proc/self/clear_refs").write_text("5")


def perform(library: str, operation: str, folder: Path, *, fsync: bool, trace: bool) -> dict[str, Any]:
    """One operation in this process."""
    kind = operation.partition("-")[2]
    path = str(folder / f"{library}-{FILES.get(kind, 't.safetensors')}")
    run = (_gensim if library == "gensim" else _fastw2v)(operation, kind, path, folder)
    if not fsync:
        os.fsync = lambda _: None
    if trace:
        tracemalloc.start()
    reset_peak()
    before, cpu, began = resident_bytes("VmRSS"), time.process_time(), time.perf_counter()
    result = run()
    seconds = time.perf_counter() - began
    entry: dict[str, Any] = {"seconds": seconds, "cpu": time.process_time() - cpu}
    if operation.startswith("load"):
        entry["extra_bytes"] = tracemalloc.get_traced_memory()[1] if trace else resident_bytes("VmHWM") - before
        tracemalloc.stop()
        keys, vectors = result
        index = {key: row for row, key in enumerate(keys)}
        content = hashlib.blake2b("\n".join(keys).encode())
        content.update(np.ascontiguousarray(vectors).data)
        entry |= {
            "digest": content.hexdigest()[:16],
            "vector_bytes": vectors.nbytes,
            # the keys, the list of them, the index and its integers, a count for each
            "held_bytes": vectors.nbytes + sum(map(sys.getsizeof, keys)) + sys.getsizeof(keys) + sys.getsizeof(index)
            + (28 + 8) * len(keys),
        }  # fmt: skip
    return entry


def _source(folder: Path) -> tuple[list[str], Any, Any]:
    vectors = np.load(folder / "vectors.npy")
    return [f"word{i}" for i in range(len(vectors))], vectors, np.arange(len(vectors), 0, -1)


def _gensim(operation: str, kind: str, path: str, folder: Path) -> Callable[[], Any]:
    from gensim.models import KeyedVectors

    if operation.startswith("load"):

        def load() -> tuple[list[str], Any]:
            kv = KeyedVectors.load_word2vec_format(path, binary=kind == "binary")
            return kv.index_to_key, kv.vectors

        return load
    keys, vectors, counts = _source(folder)
    kv = KeyedVectors(vectors.shape[1])
    kv.index_to_key, kv.vectors, kv.expandos["count"] = keys, vectors, counts
    kv.key_to_index = {key: row for row, key in enumerate(keys)}
    return lambda: kv.save_word2vec_format(path, binary=kind == "binary")


def _fastw2v(operation: str, kind: str, path: str, folder: Path) -> Callable[[], Any]:
    from fastw2v import KeyedVectors, formats  # the second is imported when it is needed, which is not to be measured

    del formats
    if operation.startswith("load"):

        def load() -> tuple[list[str], Any]:
            if kind in ("native", "mmap"):
                kv = KeyedVectors.load(path, mmap="r" if kind == "mmap" else None)
            else:
                kv = KeyedVectors.load_word2vec_format(path, binary=kind == "binary")
            return kv.index_to_key, kv.vectors

        return load
    keys, vectors, counts = _source(folder)
    kv = KeyedVectors(vectors.shape[1])
    kv.add_vectors(keys, vectors)
    kv.expandos["count"] = counts
    if kind == "native":
        return lambda: kv.save(path)
    return lambda: kv.save_word2vec_format(path, binary=kind == "binary")


# ------------------------------------------------------------------------- in the parent ----


def child(library: str, operation: str, folder: Path, *flags: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", library, operation, "--folder", str(folder), *flags]
    out = subprocess.run(command, check=False, capture_output=True, text=True)
    if out.returncode:
        raise RuntimeError(f"{library}, {operation}: {(out.stderr.splitlines() or ['no message'])[-1]}")
    return dict(json.loads(out.stdout.splitlines()[-1]))


def compare(operation: str, pairs: int, folder: Path, flags: list[str]) -> dict[str, Any]:
    """One operation, gensim and fastw2v in turn, with the results found equal."""
    kind = operation.partition("-")[2]
    names = ["fastw2v", *(["gensim"] if kind in FILES else [])]
    runs = {name: partial(child, name, operation, folder, *flags) for name in names}
    found, failed = measure.alternate(runs, pairs, must="fastw2v")
    if "gensim" in found:
        if operation.startswith("save"):
            digests = {_digest(folder / f"{name}-{FILES[kind]}") for name in names}
        else:
            digests = {run["digest"] for many in found.values() for run in many}
        assert len(digests) == 1, f"{operation}: the results differ"
    entry: dict[str, Any] = {"operation": operation, "contenders": {}, "failed": failed}
    for name, many in found.items():
        figures = {field: measure.summary([run[field] for run in many]).as_dict() for field in ("seconds", "cpu")}
        if operation.startswith("load"):
            figures |= _memory("resident", many)
            if name == "fastw2v":
                figures |= _memory("traced", [child(name, operation, folder, *flags, "--trace")])
        entry["contenders"][name] = figures
    if "gensim" in found:
        rates = {name: [1 / run["seconds"] for run in many] for name, many in found.items()}
        entry["times_ours"] = measure.pair_ratios(rates["fastw2v"], rates["gensim"]).as_dict()
    return entry


def _memory(name: str, many: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        f"{name}_by_{part}": measure.summary([run["extra_bytes"] / run[f"{part}_bytes"] for run in many]).as_dict()
        for part in ("vector", "held")
    }


def _digest(path: Path) -> str:
    content = hashlib.blake2b()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            content.update(block)
    return content.hexdigest()


def compare_fasttext(model: Path, python: str, pairs: int) -> list[dict[str, Any]]:
    """Loading a fastText model, and having the vectors of all its words, in turn with the fastText package."""

    def run(interpreter: str, code: str) -> list[float]:
        out = subprocess.run([interpreter, "-c", code, str(model)], check=False, capture_output=True, text=True)
        if out.returncode:
            raise RuntimeError((out.stderr.splitlines() or ["no message"])[-1])
        return [float(field) for field in out.stdout.split()[-3:]]

    runs = {"fastw2v": partial(run, sys.executable, OURS), "fasttext": partial(run, python, FASTTEXT)}
    found, failed = measure.alternate(runs, pairs, must="fastw2v")
    if failed:
        raise SystemExit(f"--python fasttext={python}: {failed['fasttext']}")
    ours, theirs = found["fastw2v"][0][2], found["fasttext"][0][2]
    assert abs(ours - theirs) < 1e-3 * abs(theirs) + 1e-3, f"the vectors differ: their sums are {ours} and {theirs}"
    entries = []
    for column, operation in enumerate(("load-fasttext-bin", "load-fasttext-bin-and-all-vectors")):
        seconds = {name: [run[column] for run in many] for name, many in found.items()}
        entry = {name: {"seconds": measure.summary(many).as_dict()} for name, many in seconds.items()}
        ratio = measure.pair_ratios(*([1 / value for value in seconds[name]] for name in ("fastw2v", "fasttext")))
        entries.append({"operation": operation, "contenders": entry, "failed": {}, "times_ours": ratio.as_dict()})
    return entries


def parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=73_006)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=5, help="pairs (default: 5)")
    parser.add_argument("--operations", default=",".join(OPERATIONS), help="of text,binary,native (default: all)")
    parser.add_argument("--folder", type=Path, help="where the files go (default: a temporary folder)")
    parser.add_argument("--no-fsync", action="store_true")
    parser.add_argument("--fasttext", type=Path, help="a fastText .bin model; nothing else is measured then")
    parser.add_argument("--python", metavar="fasttext=PATH", help="interpreter that has the fastText package")
    parser.add_argument("--results", type=Path, default=report.RESULTS)
    parser.add_argument("--name", help="of the result file")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--trace", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    if unknown := set(arguments.operations.split(",")) - set(OPERATIONS):
        parser.error(f"--operations: unknown {', '.join(sorted(unknown))}; known are {', '.join(OPERATIONS)}")
    if arguments.python and not arguments.python.startswith("fasttext="):
        parser.error(f"--python {arguments.python}: expected fasttext=PATH")
    return arguments


def main(words: list[str] | None = None) -> None:
    arguments = parse(words)
    if arguments.child:
        fsync = not arguments.no_fsync
        print(json.dumps(perform(*arguments.child, arguments.folder, fsync=fsync, trace=arguments.trace)))
        return
    if arguments.fasttext:
        python = (arguments.python or f"fasttext={sys.executable}").partition("=")[2]
        result = measure.header("io", {"model_bytes": arguments.fasttext.stat().st_size, "pairs": arguments.repeat})
        result["versions"] = measure.versions("fastw2v", "numpy")
        result["results"] = compare_fasttext(arguments.fasttext, python, arguments.repeat)
        report.publish(result, arguments.name or "io-fasttext", arguments.results)
        return
    parameters = {"rows": arguments.rows, "dim": arguments.dim, "pairs": arguments.repeat}
    result = measure.header("io", {**parameters, "fsync": not arguments.no_fsync})
    result["versions"] = measure.versions("fastw2v", "gensim", "numpy")
    result["results"] = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        rng = np.random.default_rng(0)
        vectors = rng.standard_normal((arguments.rows, arguments.dim), dtype=np.float32) * np.float32(0.1)
        np.save(folder / "vectors.npy", vectors)
        del vectors
        for operation in (one for kind in arguments.operations.split(",") for one in OPERATIONS[kind]):
            entry = compare(operation, arguments.repeat, folder, ["--no-fsync"] if arguments.no_fsync else [])
            result["results"].append(entry)
            seconds = {who: round(it["seconds"]["median"], 4) for who, it in entry["contenders"].items()}
            print(f"{operation:12}", seconds, flush=True)
    size = f"{arguments.rows}x{arguments.dim}"
    kinds = "" if arguments.operations == ",".join(OPERATIONS) else "-" + arguments.operations.replace(",", "-")
    report.publish(result, arguments.name or f"io-{size}{kinds}", arguments.results)


if __name__ == "__main__":
    main()
