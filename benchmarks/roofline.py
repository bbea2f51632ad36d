"""How close does the kernel come to what the machine can do? Skip-gram, negative sampling, one thread.

    python benchmarks/roofline.py --words 4000000 --isa avx2,avx512 --size 100,300

The peak is measured by a small C program, compiled here with ``cc`` (or $CC) for each instruction set, in turn
with the training; without a compiler the benchmark is skipped, visibly.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import corpora
import measure
import numpy as np
import report

SOURCE = Path(__file__).with_name("roofline.c")
# -O2: the loops are written out, and must not be changed into something else.
FLAGS = {
    "baseline": [],
    "neon": [],
    "avx2": ["-mavx2", "-mfma"],
    "avx512": ["-mavx512f", "-mfma", "-mprefer-vector-width=512"],
}
WORKING_SETS = {"L1": 16 << 10, "L2": 512 << 10, "L3": 8 << 20, "memory": 512 << 20}


def flops(n_pairs: int, negative: int, size: int) -> int:
    """Of skip-gram: each (input row, centre word) pair meets 1 + negative output rows.

    A dot product, an update of the output row and one of the input row: ``size`` multiplications and
    additions each.
    """
    return n_pairs * (1 + negative) * 6 * size


def weight_bytes(n_pairs: int, n_windows: int, negative: int, size: int) -> int:
    """Input rows and output rows of every window, read and written once."""
    return (n_pairs + n_windows * (1 + negative)) * 2 * 4 * size


class Machine:
    """The measured peaks."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds

    def compile(self, isa: str) -> str | None:
        """None if the program is there, else why not."""
        compiler = shlex.split(os.environ.get("CC", "cc"))
        if shutil.which(compiler[0]) is None:
            return f"there is no C compiler {compiler[0]!r}: install one, or name yours in CC"
        command = [*compiler, "-O2", "-std=c11", "-pthread", *FLAGS[isa], str(SOURCE), "-o", str(self._program(isa))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return f"{compiler[0]} failed: {done.stderr.strip().splitlines()[-1:]}" if done.returncode else None

    def _program(self, isa: str) -> Path:
        return self._folder / f"roofline-{isa}"

    def _run(self, isa: str, *words: str) -> list[float]:
        done = subprocess.run([str(self._program(isa)), *words], capture_output=True, text=True, check=True)
        return [float(number) for number in done.stdout.split()]

    def gflops(self, isa: str) -> tuple[float, float]:
        """The peak, and the mean: neighbours of a virtual machine, or heat, take a part of a core at times."""
        best, mean = self._run(isa, "flops", str(self._seconds))
        return best, mean

    def gbytes(self, isa: str, n_bytes: int) -> float:
        return self._run(isa, "bytes", str(self._seconds), str(n_bytes))[0]

    def handover_ns(self, isa: str, n_bytes: int) -> float:
        """Time until a row of so many bytes that one core has changed is changed by another."""
        return self._run(isa, "handover", str(self._seconds), str(n_bytes))[0]


def hand_over(threads: int, folder: Path) -> Callable[[], float | None]:
    """Measures the nanoseconds that a cache line takes from one core to another; None where that says nothing."""
    machine = Machine(folder, seconds=0.02)
    if threads == 1 or machine.compile(isa := measure.isa()):
        return lambda: None
    return lambda: machine.handover_ns(isa, 64)


# ------------------------------------------------------------- in a process for each run ----


def encode(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Words of a file as numbers, so that reading text is no part of what is timed."""
    index: dict[bytes, int] = {}
    ids: list[int] = []
    offsets = [0]
    with path.open("rb") as lines:
        for line in lines:
            ids.extend([index.setdefault(word, len(index)) for word in line.split()])
            offsets.append(len(ids))
    return np.array(ids, dtype=np.int32), np.array(offsets, dtype=np.int64)


def train_here(settings: dict[str, Any]) -> dict[str, float]:
    """Train on encoded words in this process; count what was done."""
    from fastw2v import Word2Vec
    from fastw2v.train import loop

    stored = np.load(settings["encoded"])
    corpus = (stored["ids"], stored["offsets"])
    size, negative = settings["size"], settings["negative"]
    model: Any = Word2Vec(
        vector_size=size, window=settings["window"], negative=negative, sg=1, workers=1, epochs=1, progress=False
    )
    model.build_vocab(corpus)
    totals: list[Any] = []
    train = loop.train

    def watched(*words: Any) -> Any:
        found = train(*words)
        totals.extend(found)
        return found

    setattr(loop, "train", watched)  # noqa: B010 - the counts of pairs are no part of the public interface
    counts = {"total_words": model.corpus_total_words, "total_examples": model.corpus_count}
    start, cpu = time.perf_counter(), time.process_time()
    model.train(corpus, epochs=1, **counts)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    n_pairs, n_windows = sum(it.n_pairs for it in totals), sum(it.n_kept for it in totals)
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "pairs": n_pairs,
        "loss": model.loss_history[-1],
        "gflops": flops(n_pairs, negative, size) / seconds / 1e9,
        "gbytes": weight_bytes(n_pairs, n_windows, negative, size) / seconds / 1e9,
        "words_per_second": model.corpus_total_words / seconds,
    }


def train(settings: dict[str, Any], isa: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--run", json.dumps(settings)]
    environment = {**os.environ, "FASTW2V_ISA": isa}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"training with {isa} failed: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


# ------------------------------------------------------------------------------------------


def measure_one(machine: Machine, isa: str, settings: dict[str, Any], pairs: int) -> dict[str, Any]:
    """Peak and training in turn."""
    peaks, means, runs = [], [], []
    for _ in range(pairs):
        (peak, before), run = machine.gflops(isa), train(settings, isa)
        best_after, after = machine.gflops(isa)
        peaks.append(max(peak, best_after))
        means.append((before + after) / 2)
        runs.append(run)
        print(
            f"{isa:8} d={settings['size']:4} {run['gflops']:6.1f} of {peaks[-1]:6.1f} Gflop/s, "
            f"{run['gflops'] / peaks[-1]:.0%}; mean of the core {means[-1]:6.1f}",
            flush=True,
        )
    untrained = (1 + settings["negative"]) * np.log(2)  # ln 2 for each output
    if not all(run["loss"] < 0.99 * untrained for run in runs):
        raise SystemExit(f"{isa}: what was timed has not learned anything: loss {runs[-1]['loss']:.3f}")
    of = {
        name: measure.summary([run[name] for run in runs]).as_dict()
        for name in ("gflops", "gbytes", "words_per_second")
    }
    shares = [run["gflops"] / peak for run, peak in zip(runs, peaks, strict=True)]
    of_means = [run["gflops"] / mean for run, mean in zip(runs, means, strict=True)]
    by_cpu = [share * run["seconds"] / run["cpu_seconds"] for share, run in zip(shares, runs, strict=True)]
    return {
        "isa": isa,
        "size": settings["size"],
        "peak_gflops": measure.summary(peaks).as_dict(),
        **of,
        "mean_gflops": measure.summary(means).as_dict(),
        "share": measure.summary(shares).as_dict(),
        "share_of_mean": measure.summary(of_means).as_dict(),
        "share_of_cpu_time": measure.summary(by_cpu).as_dict(),
        "runs": runs,
    }


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    parser.add_argument("--isa", help="comma-separated (default: FASTW2V_ISA, else all beyond the baseline)")
    parser.add_argument("--size", default="100")
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each measurement of the machine")
    parser.add_argument("--name", default="roofline", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    if arguments.run:
        print(json.dumps(train_here(json.loads(arguments.run))))
        return 0

    measure.isa()  # or a clear word about what is missing
    from fastw2v._dispatch import runnable_isas

    chosen = arguments.isa or os.environ.get("FASTW2V_ISA")
    isas = chosen.split(",") if chosen else runnable_isas()[1:] or runnable_isas()
    if unknown := set(isas) - set(runnable_isas()):
        parser.error(f"--isa {', '.join(unknown)}: this build and processor offer {', '.join(runnable_isas())}")
    with tempfile.TemporaryDirectory() as temporary:
        machine = Machine(Path(temporary), arguments.seconds)
        for isa in isas:
            if reason := machine.compile(isa):
                print(f"SKIPPED roofline: {reason}")
                return 0
        work = Path(arguments.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        corpus = corpora.prepare(arguments, work)
        ids, offsets = encode(corpus.path)
        encoded = Path(temporary, "encoded.npz")
        np.savez(encoded, ids=ids, offsets=offsets)
        keys = ("window", "negative", "pairs", "seconds")
        result = measure.header("roofline", {key: getattr(arguments, key) for key in keys})
        result["machine"]["isa"] = " and ".join(isas)
        result.update(corpus=corpus.as_dict(), versions=measure.versions("numpy"), results=[])
        result["bandwidth"] = {
            isa: {place: machine.gbytes(isa, n_bytes) for place, n_bytes in WORKING_SETS.items()} for isa in isas
        }
        for size in map(int, arguments.size.split(",")):
            settings = {
                "encoded": str(encoded), "size": size, "window": arguments.window, "negative": arguments.negative
            }  # fmt: skip
            result["results"] += [measure_one(machine, isa, settings, arguments.pairs) for isa in isas]
    report.publish(result, arguments.name, arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
