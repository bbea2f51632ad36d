"""How fast are vectors loaded and saved, and in how much memory, against gensim?

    python benchmarks/bench_io.py --rows 73006 --dim 100 [--repeat 5] [--json result.json] [--folder FOLDER]
    python benchmarks/bench_io.py --rows 1000000 --dim 300 --repeat 1
    python benchmarks/bench_io.py --fasttext MODEL.bin --fasttext-python PYTHON   # a Python with fastText

Each measurement is a fresh process; the contenders take turns, so that a noisy machine is noisy for both. Files are
read from the page cache. fastw2v's saving includes fsync and rename, gensim's leaves the data in the page cache
(``--no-fsync`` measures fastw2v without it). Memory is the peak of the process above that before loading, divided
by the bytes of the table. Saved files must be equal byte for byte, loaded tables bit for bit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

OPERATIONS = ("save-text", "load-text", "save-binary", "load-binary")
FILES = {"text": "t.txt", "binary": "t.bin"}


def keys_of(n_rows: int) -> list[str]:
    return [f"word{i}" for i in range(n_rows)]


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


def measure(library: str, operation: str, folder: Path, fsync: bool) -> dict:
    """One operation in this process."""
    kind = operation.partition("-")[2]
    path = str(folder / f"{library}-{FILES.get(kind, 't.safetensors')}")
    run = (_gensim if library == "gensim" else _fastw2v)(operation, kind, path, folder)
    if not fsync:
        os.fsync = lambda _: None
    reset_peak()
    before, cpu, began = resident_bytes("VmRSS"), time.process_time(), time.perf_counter()
    result = run()
    seconds = time.perf_counter() - began
    entry = {"seconds": seconds, "cpu": time.process_time() - cpu, "extra_bytes": resident_bytes("VmHWM") - before}
    if operation.startswith("load"):
        keys, vectors = result
        entry["digest"] = hashlib.blake2b(np.ascontiguousarray(vectors).data).hexdigest()[:16] + str(hash(len(keys)))
        entry["table_bytes"] = vectors.nbytes
    return entry


def _source(folder: Path):
    vectors = np.load(folder / "vectors.npy")
    keys = keys_of(len(vectors))
    return keys, vectors, np.arange(len(keys), 0, -1)


def _gensim(operation: str, kind: str, path: str, folder: Path):
    from gensim.models import KeyedVectors

    if operation.startswith("load"):

        def load():
            kv = KeyedVectors.load_word2vec_format(path, binary=kind == "binary")
            return kv.index_to_key, kv.vectors

        return load
    keys, vectors, counts = _source(folder)
    kv = KeyedVectors(vectors.shape[1])
    kv.index_to_key, kv.vectors, kv.expandos["count"] = keys, vectors, counts
    kv.key_to_index = {key: row for row, key in enumerate(keys)}
    return lambda: kv.save_word2vec_format(path, binary=kind == "binary")


def _fastw2v(operation: str, kind: str, path: str, folder: Path):
    from fastw2v.formats import native, word2vec
    from fastw2v.table import VectorTable

    if operation.startswith("load"):

        def load():
            if kind in ("native", "mmap"):
                table = native.load(path, mmap=kind == "mmap")
            else:
                table = word2vec.load(path, binary=kind == "binary")
            return table.keys, table.vectors

        return load
    keys, vectors, counts = _source(folder)
    table = VectorTable(keys, vectors, {"count": counts})
    if kind == "native":
        return lambda: native.save(table, path)
    return lambda: word2vec.save(table, path, binary=kind == "binary")


def child(library: str, operation: str, folder: Path, fsync: bool) -> dict:
    command = [sys.executable, __file__, "--child", library, operation, "--folder", str(folder)]
    out = subprocess.run([*command, *([] if fsync else ["--no-fsync"])], check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def compare(n_rows: int, dim: int, repeat: int, folder: Path, fsync: bool, only: str | None) -> dict:
    """All operations, gensim and fastw2v in turn."""
    rng = np.random.default_rng(0)
    np.save(folder / "vectors.npy", rng.standard_normal((n_rows, dim), dtype=np.float32) * np.float32(0.1))
    found: dict[str, dict] = {}
    for operation in [name for name in OPERATIONS if name.endswith(only or "")]:
        runs: dict[str, list[dict]] = {"fastw2v": [], "gensim": []}
        for turn in range(repeat):
            for library in ("fastw2v", "gensim") if turn % 2 == 0 else ("gensim", "fastw2v"):
                runs[library].append(child(library, operation, folder, fsync))
        if operation.startswith("save"):
            name = FILES[operation.partition("-")[2]]
            digests = {_digest(folder / f"{library}-{name}") for library in runs}
        else:
            digests = {run["digest"] for many in runs.values() for run in many}
        assert len(digests) == 1, f"{operation}: the results differ"
        found[operation] = _summary(runs)
        print(f"{operation:12s}", json.dumps(found[operation]), flush=True)
    for operation in ("save-native", "load-native", "load-mmap"):
        runs = {"fastw2v": [child("fastw2v", operation, folder, fsync) for _ in range(max(3, repeat))]}
        found[operation] = _summary(runs)
        print(f"{operation:12s}", json.dumps(found[operation]), flush=True)
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").hexdigest()


def _summary(runs: dict[str, list[dict]]) -> dict:
    entry: dict = {}
    for library, many in runs.items():
        entry[library] = round(statistics.median(run["seconds"] for run in many), 4)
        entry[f"{library}_cpu"] = round(statistics.median(run["cpu"] for run in many), 4)
        if "table_bytes" in many[0]:
            entry[f"{library}_memory"] = round(
                statistics.median(run["extra_bytes"] / run["table_bytes"] for run in many), 3
            )
    if "gensim" in runs:
        entry["ratio"] = round(entry["gensim"] / entry["fastw2v"], 1)
    return entry


def compare_fasttext(path: str, python: str, repeat: int) -> dict:
    """Loading a fastText model, and making the vectors of all its words, in turn with the fastText package."""
    theirs = (
        "import sys,time,fasttext\nt=time.perf_counter()\nm=fasttext.load_model(sys.argv[1])\na=time.perf_counter()-t\n"
        "import numpy as np\nv=np.array([m.get_word_vector(w) for w in m.get_words()])\n"
        "print(a,time.perf_counter()-t,float(v.sum(dtype=float)))"
    )
    ours = (
        "import sys,time\nfrom fastw2v.formats import fasttext\nt=time.perf_counter()\nm=fasttext.load(sys.argv[1])\n"
        "a=time.perf_counter()-t\nprint(a,a,float(m.vectors.sum(dtype=float)))"
    )
    runs: dict[str, list[list[float]]] = {"fastw2v": [], "fasttext": []}
    for _ in range(repeat):
        for name, interpreter, code in (("fastw2v", sys.executable, ours), ("fasttext", python, theirs)):
            out = subprocess.run([interpreter, "-c", code, path], check=True, capture_output=True, text=True)
            runs[name].append([float(field) for field in out.stdout.split()[-3:]])
    assert abs(runs["fastw2v"][0][2] - runs["fasttext"][0][2]) < 1e-3 * abs(runs["fasttext"][0][2]) + 1e-3
    result = {
        f"{name}_{what}": round(statistics.median(run[i] for run in many), 4)
        for name, many in runs.items()
        for i, what in enumerate(("load", "load_and_all_vectors"))
    }
    print(json.dumps(result))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=73_006)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the files go (default: a temporary folder)")
    parser.add_argument("--only", choices=("text", "binary"), help="leave the other kind out (text takes long)")
    parser.add_argument("--no-fsync", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--fasttext", help="a fastText .bin model")
    parser.add_argument("--fasttext-python", default=sys.executable)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(*options.child, options.folder, not options.no_fsync)))
        return
    report: dict = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, {platform.system()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load_average": os.getloadavg() if hasattr(os, "getloadavg") else None,
    }
    if options.fasttext:
        report["fasttext"] = compare_fasttext(options.fasttext, options.fasttext_python, options.repeat)
    else:
        report |= {"rows": options.rows, "dim": options.dim, "repeat": options.repeat, "fsync": not options.no_fsync}
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            report["results"] = compare(
                options.rows, options.dim, options.repeat, Path(folder), not options.no_fsync, options.only
            )
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
