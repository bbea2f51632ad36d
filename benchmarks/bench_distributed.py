"""Several ranks: are the vectors as good as one process's, what does an exchange cost, and where does that lead?

    python benchmarks/bench_distributed.py --quality 1,2,4,8 --modes sgns,cbowns --seeds 1,2,3
    python benchmarks/bench_distributed.py --rules mean,touched,sum,pairwise,curvature --ranks 8 --words 4000000
    python benchmarks/bench_distributed.py --cost                # seconds and bytes of exchanges, by V and d
    python benchmarks/bench_distributed.py --speed               # two ranks of one thread beside two threads, over MPI

``--quality`` and ``--rules`` train ranks in one process (``engine="local"``): what they learn is what as many machines
learn, to the bit, and says nothing about speed. ``--cost`` counts processor time, which a busy machine disturbs less.
With ``--speed`` the hand-over of a cache line from one core to the other is timed around each pair: threads share rows,
ranks do not, and the cores of a virtual machine may move apart and together again within minutes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import corpora
import evaluation
import measure
import numpy as np
import report
from roofline import hand_over

MODES = {"sgns": (1, 0), "cbowns": (0, 0), "sghs": (1, 1), "cbowhs": (0, 1)}
RULES = ("mean", "touched", "sum", "pairwise", "curvature")


def how(mode: str, seed: int) -> dict[str, Any]:
    sg, hs = MODES[mode]
    return {"sg": sg, "hs": hs, "negative": 0 if hs else 5, "vector_size": 100, "epochs": 5, "seed": seed,
            "workers": 1, "progress": False}  # fmt: skip


@contextmanager
def rule(name: str, size: int) -> Iterator[None]:
    """Let the changes of all ranks become one by another rule; "pairwise" is the one between threads."""
    from fastw2v.train.ranks import exchange

    kept, kept_made = exchange.one_change, exchange.Exchange._made_of
    if name == "pairwise":
        exchange.Exchange._made_of = one_after_the_other
    elif name != "curvature":
        exchange.one_change = lambda messages, n_updates, alpha, curvature, wire, room: simple_change(
            name, messages, (len(n_updates), len(curvature.along)), size, wire
        )
    try:
        yield
    finally:
        exchange.one_change, exchange.Exchange._made_of = kept, kept_made


def simple_change(name: str, messages: list[Any], shape: tuple[int, int], size: int, wire: str) -> tuple[Any, Any]:
    """The sum of all changes, or the mean over all ranks, or over those that touched the row."""
    from fastw2v.train.ranks.wire import packed, unpacked

    total, n_ranks = np.zeros(shape, np.float32), np.zeros((shape[0], 1), np.float32)
    for message in messages:
        changes, changed = unpacked(message, *shape, wire)
        total[changed] += changes
        n_ranks[changed] += 1
    return rounded(total / {"sum": 1, "mean": size, "touched": np.maximum(n_ranks, 1)}[name], wire, packed, unpacked)


def rounded(change: Any, wire: str, packed: Any, unpacked: Any) -> tuple[Any, Any]:
    """The message of a change, and what rounding has left over."""
    change = change.astype(np.float32)
    message = packed(change, wire)
    found, changed = unpacked(message, *change.shape, wire)
    change[changed] -= found
    return message, change


def one_after_the_other(self: Any, running: Any, number: int, messages: list[Any]) -> Any:
    """What an owner makes of all changes if each rank exchanges after the other, as threads do."""
    from fastw2v._dispatch import kernels
    from fastw2v.train.ranks.wire import packed, unpacked
    from fastw2v.train.weights import padded_rows

    matrix, base, curvature = self._matrices[number], self._base[number], self._curvatures[number]
    rows = running.due[self._communicator.rank, number].rows
    shared, mine, old, axis = (padded_rows(n, base.shape[1]) for n in (len(rows), len(rows), len(rows), 1))
    shared[:] = base[rows]
    axis[:] = curvature.axes[0]
    each = running.alpha * matrix.rate[rows] * running.n_windows / self._communicator.size
    for message in messages:
        changes, changed = unpacked(message, *shared.shape, self._wire)
        old[:] = base[rows]
        mine[:] = old
        mine[changed] += changes
        kernels.exchange_rows(
            shared, mine, old, axis, each * curvature.along[0], each * curvature.along[1], self._communicator.size
        )
    change, left = rounded(shared - base[rows], self._wire, packed, unpacked)
    running.left.append(left)
    return change


# ---------------------------------------------------------------------------------- quality ----


def cell(job: dict[str, Any], corpus: corpora.Corpus, data: Path | None, arguments: argparse.Namespace) -> Any:
    """One cell of a table: from the file of those that were measured before, or measured now, and kept there."""
    wanted = {**job, "corpus": corpus.name, "n_words": corpus.n_words, "wire": arguments.wire}
    if arguments.keep and arguments.keep.exists():
        for line in arguments.keep.read_text().splitlines():
            kept = json.loads(line)
            if all(kept.get(name) == value for name, value in wanted.items()) and ("rule" in kept) == ("rule" in job):
                return kept
    result = trained(job, corpus, data, arguments.wire)
    if arguments.keep:
        with arguments.keep.open("a") as file:
            file.write(json.dumps(wanted | result) + "\n")
    return result


_ALONE: dict[tuple[str, int], np.ndarray] = {}  # vectors of one process, by mode and seed
BANDS = (0, 500, 2000, 5000)  # of words, by frequency


def nearness(job: dict[str, Any], vectors: np.ndarray) -> dict[str, list[float]]:
    """How well cosines agree with those of one process with the same seed, if that was trained in this call.

    The correlation over the pairs of 300 words of a band of frequency and 400 of the most frequent words.
    """
    rows = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    if job["ranks"] == 1:
        _ALONE.setdefault((job["mode"], job["seed"]), rows)
    other = _ALONE.get((job["mode"], job["seed"]))
    if other is None or job["ranks"] == 1:
        return {}
    rng, found = np.random.default_rng(0), []
    for first, last in zip(BANDS, (*BANDS[1:], len(rows)), strict=True):
        if first + 1 < len(rows):
            words = rng.integers(first, min(last, len(rows)), 300)
            frequent = rng.integers(0, min(BANDS[-1], len(rows)), 400)
            cosines = [(one[words] @ one[frequent].T).ravel() for one in (rows, other)]
            found.append(float(np.corrcoef(*cosines)[0, 1]))
    return {"near": found}


def trained(job: dict[str, Any], corpus: corpora.Corpus, data: Path | None, wire: str) -> dict[str, Any]:
    """Train one model by some ranks, and judge it."""
    from fastw2v import train_distributed
    from fastw2v.errors import RankError, TrainingError
    from fastw2v.train.ranks import exchange

    costs: list[Any] = []
    made = exchange.Costs
    exchange.Costs = lambda: costs.append(made()) or costs[-1]
    result = dict(job)
    try:
        with rule(job.get("rule", "curvature"), job["ranks"]):
            model = train_distributed(
                str(corpus.path), engine="local", num_workers=job["ranks"], wire=wire, **how(job["mode"], job["seed"])
            )
        figures = evaluation.scores(
            model.wv.index_to_key, model.wv.vectors, corpus.language, data / "eval" if data else None
        )
        names = evaluation.DECISIVE[corpus.language]
        result |= {"loss": model.loss_history[-1], "scores": {n: figures[n] for n in names if n in figures}}
        result |= {"words": model.corpus_total_words * model.epochs, "vocabulary": len(model.wv)}
        result |= nearness(job, model.wv.vectors)
    except (TrainingError, RankError) as error:
        result |= {"loss": float("nan"), "scores": {}, "words": 0, "error": str(error)[:100]}
    finally:
        exchange.Costs = made
    if costs:
        result |= {"exchanges": costs[0].n_exchanges, "rows": costs[0].n_rows, "bytes_sent": costs[0].bytes_sent}
    print(json.dumps(result), flush=True)
    return result


# ------------------------------------------------------------------------------------- cost ----


def costs_of(n_rows: int, vector_size: int, wire: str) -> dict[str, Any]:
    """Processor seconds and bytes of one exchange of all rows of two matrices, for each of two ranks."""
    from fastw2v.train.ranks.exchange import Exchange
    from fastw2v.train.ranks.local import run_ranks
    from fastw2v.train.ranks.rows import Model, rows_of
    from fastw2v.train.ranks.timetable import Timetable
    from fastw2v.train.weights import padded_rows

    rate = 1.0 / np.arange(1, n_rows + 1)
    rate *= 6 / rate.sum()

    def task(ranks: Any) -> tuple[float, float]:
        rng = np.random.default_rng(1)
        weights = [padded_rows(n_rows, vector_size) for _ in range(2)]
        for rows in weights:
            rows[:] = rng.random(rows.shape, np.float32) - 0.5
        inputs, words = (rows_of(rows, rate) for rows in weights)
        model = Model(inputs, words, None, 5, 6.0, skip_gram=True, cbow_mean=True, cbow_exact=False, kept_share=0.7)
        exchange = Exchange(ranks, Timetable(1, 1), wire, 1)
        exchange.follow(model, 0, n_threads=1)
        spent = exchange.costs
        best = float("inf")
        for number in range(1, 4):
            for rows in weights:
                rows += np.float32(0.01 * (1 + ranks.rank))
            started, behind = time.thread_time(), spent.seconds_behind
            exchange.begin(100 * n_rows * number, 0.02)
            exchange.finish()
            best = min(best, time.thread_time() - started + spent.seconds_behind - behind)
        return best, spent.bytes_sent / 3

    seconds, sent = max(run_ranks(2, task))
    found = {"rows": 2 * n_rows, "vector_size": vector_size, "wire": wire, "seconds": seconds, "bytes_sent": sent}
    print(json.dumps(found), flush=True)
    return found


# ------------------------------------------------------------------------------------ speed ----

CHILD = """
import json, sys, time
from fastw2v import Word2Vec
text, how = sys.argv[1], json.loads(sys.argv[2])
started = time.perf_counter(); cpu = time.process_time()
model = Word2Vec(corpus_file=text, **how)
seconds = model.total_train_time
rank = 0
if how.get("engine"):
    from mpi4py import MPI
    rank = MPI.COMM_WORLD.rank
if rank == 0:
    print(json.dumps({"words": model.corpus_total_words * model.epochs, "seconds": seconds}))
"""


def speeds(text: Path, mode: str, pairs: int, handover: Callable[[], float | None]) -> dict[str, Any]:
    """Words per second of two ranks of one thread, and of one process of two threads, in turn."""
    beside = Path(sys.executable).with_name("mpiexec")
    rates: dict[str, list[float]] = {"ranks": [], "threads": []}
    handovers: list[list[float | None]] = []
    for _ in range(pairs):
        handovers.append([handover()])
        for name in rates:
            words = how(mode, 1) | ({"engine": "mpi", "workers": 1} if name == "ranks" else {"workers": 2})
            command = [sys.executable, "-c", CHILD, str(text), json.dumps(words)]
            launcher = [str(beside if beside.exists() else "mpiexec"), "-n", "2"] if name == "ranks" else []
            done = subprocess.run(launcher + command, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            rates[name].append(found["words"] / found["seconds"])
            print(f"{mode} {name} {rates[name][-1]:,.0f} words/s", flush=True)
        handovers[-1].append(handover())
    times = [[ns for ns in around if ns is not None] for around in handovers]
    near = measure.near_pairs(times) if all(times) else None
    some = {"ratio": range(pairs)} | ({"ratio_near": near} if near else {})
    ratios = {
        name: measure.pair_ratios(*([found[pair] for pair in which] for found in rates.values())).as_dict()
        for name, which in some.items()
    }
    return {"mode": mode, "rates": rates, "handover_ns": times, "near_pairs": near} | ratios


# ------------------------------------------------------------------------------------- main ----


def numbers(kind: Any) -> Any:
    return lambda text: [kind(part) for part in text.split(",")]


def parsed(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    parser.add_argument("--quality", type=numbers(int), default=[], help="numbers of ranks, by comma")
    parser.add_argument("--rules", type=numbers(str), default=[], help=f"by comma, of {', '.join(RULES)}")
    parser.add_argument("--ranks", type=int, default=8, help="for --rules")
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--modes", type=numbers(str), default=["sgns"], help=f"by comma, of {', '.join(MODES)}")
    parser.add_argument("--seeds", type=numbers(int), default=[1])
    parser.add_argument("--wire", default="float16")
    parser.add_argument("--rows", type=numbers(int), default=[50_000, 200_000])
    parser.add_argument("--sizes", type=numbers(int), default=[100, 300])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="file of cells: those measured are added, those found not repeated")
    parser.add_argument("--name", default="distributed", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    arguments = parsed(words)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(arguments.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        data = corpora.data_folder(arguments.data)
        result = measure.header("distributed", {"wire": arguments.wire, "vector_size": 100, "epochs": 5})
        result |= {"versions": measure.versions("numpy"), "quality": [], "rules": [], "cost": [], "speed": []}
        if arguments.quality or arguments.rules or arguments.speed:
            corpus = corpora.prepare(arguments, work)
            result["corpus"] = corpus.as_dict()
        for mode, seed, ranks in product(arguments.modes, arguments.seeds, arguments.quality):
            job = {"mode": mode, "ranks": ranks, "seed": seed}
            result["quality"].append(cell(job, corpus, data, arguments))
        for mode, seed, name in product(arguments.modes, arguments.seeds, arguments.rules):
            job = {"mode": mode, "ranks": arguments.ranks, "seed": seed, "rule": name}
            result["rules"].append(cell(job, corpus, data, arguments))
        if arguments.cost:
            for n_rows, size, wire in product(arguments.rows, arguments.sizes, ("float16", "bfloat16", "float32")):
                result["cost"].append(costs_of(n_rows, size, wire))
        if arguments.speed:
            handover = hand_over(2, work)
            result["speed"] = [speeds(corpus.path, mode, arguments.pairs, handover) for mode in arguments.modes]
    report.publish(result, arguments.name, arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
