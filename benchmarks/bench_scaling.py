"""How far does training scale? What threads take from each other's caches, simulated beyond the cores at hand.

    python benchmarks/bench_scaling.py --words 2000000 --threads 1,2,4,8,16,32,64

Threads write the same matrices. A row that another thread has changed since this one used it last must come from that
thread's cache. The simulation takes windows, noise words and Huffman paths of real text, another stretch of it for
each thread, lets all threads train one window at a time in lockstep, and counts such rows; rows that a thread's own
caches would have lost anyway do not count. Two measurements turn the counts into a prediction: the time of a window
with one thread, and the time in which two threads hand a row to and fro (``roofline.c``). Nothing that is fetched
ahead is taken into account, nor the bandwidth of the memory: the one makes the prediction too low, the other too high.
What all cores of this machine gain over one is measured beside it, in turn, and the hand-over around each run with
all cores: those of a virtual machine may move apart and together again within minutes.

The counts are given with and without the threads' copies of hot rows (``train/hot_rows.py``) which kernels keep, whose
exchanges count as uses of the shared rows; what copying costs is left out. How many rows are hot depends on the length
of the training, ``--kept-words`` (the default: five epochs of english_17m).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import corpora
import measure
import numpy as np
import report
from numpy.typing import NDArray
from roofline import Machine

from fastw2v.train.hot_rows import CYCLE, TICK, HotRows, hot_inputs, hot_nodes, hot_words

MODES = {"sg-ns": (1, 0), "cbow-ns": (0, 0), "sg-hs": (1, 1), "cbow-hs": (0, 1)}
REACH = 256  # windows after which a row that was not used again has left a core's own caches
ALPHA = 0.025  # learning rate
BLOCK = 256  # of kernels/_plan.pxi
ROW_BYTES = 448  # of 100 numbers, padded
Rows = NDArray[np.int64]


class Text:
    """Sub-sampled word ids of a corpus, and the rows that a window in it uses."""

    def __init__(self, path: Path, window: int, negative: int) -> None:
        from fastw2v import Word2Vec
        from fastw2v.train.huffman import build_huffman
        from fastw2v.train.noise import noise_weights

        model: Any = Word2Vec(min_count=5, progress=False)
        model.build_vocab(corpus_file=str(path))
        self.model, self.path, self.window, self.negative = model, path, window, negative
        self.n_words = len(model.wv)
        index = model.wv.key_to_index
        with path.open(encoding="utf8") as lines:
            ids = np.array([index[word] for line in lines for word in line.split() if word in index])
        self._rng = np.random.default_rng(1)
        keep = model.wv.expandos["sample_int"][ids]
        self.ids = ids[self._rng.integers(0, 2**32, len(ids)) <= keep]
        self._counts = model.wv.expandos["count"]
        self._noise = noise_weights(self._counts, 0.75)
        self._tree = build_huffman(self._counts)

    def uses(self, hs: bool, n_threads: int, n_windows: int) -> tuple[Rows, Rows, Rows]:
        """(row, window, thread) of each use; output rows are numbered on after the input rows."""
        starts = np.linspace(self.window, len(self.ids) - n_windows - self.window, n_threads).astype(np.int64)
        position = (starts[:, None] + np.arange(n_windows)).ravel()
        window, thread = np.tile(np.arange(n_windows), n_threads), np.repeat(np.arange(n_threads), n_windows)
        span = self._rng.integers(1, self.window + 1, len(position))
        parts = []
        for distance in range(1, self.window + 1):
            near = np.flatnonzero(span >= distance)
            parts += [(self.ids[position[near] + side], near) for side in (-distance, distance)]
        centre = self.ids[position]
        every = np.arange(len(position))
        if hs:
            first, last = self._tree.offsets[centre], self._tree.offsets[centre + 1]
            which = np.repeat(every, last - first)
            step = np.arange(len(which)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
            parts.append((self._tree.points[first[which] + step].astype(np.int64) + self.n_words, which))
        else:
            parts.append((centre + self.n_words, every))
            # a pool of two blocks of noise words, of which every block renews the older
            n_blocks = -(-n_windows // BLOCK) + 1
            drawn = self._rng.choice(self.n_words, (n_threads, n_blocks * BLOCK), p=self._noise)
            for _ in range(self.negative):
                at = window // BLOCK * BLOCK + self._rng.integers(0, 2 * BLOCK, len(position))
                parts.append((drawn[thread, at] + self.n_words, every))
        row, use = (np.concatenate(part) for part in zip(*parts, strict=True))
        return row, window[use], thread[use]

    def copied(self, hs: bool, n_kept: float, row: Rows, window: Rows, thread: Rows) -> tuple[Rows, Rows, Rows]:
        """The uses of shared rows alone: threads use their copies of hot rows, and exchange them when they are due."""
        n_threads = int(thread.max()) + 1
        kept = np.bincount(self.ids, minlength=self.n_words) * (n_kept / len(self.ids))
        outputs = (
            hot_nodes(kept, self._tree, n_threads, ALPHA)
            if hs
            else hot_words(self._counts, kept, self.negative, 0.75, n_threads, ALPHA)
        )
        n_windows = int(window.max()) + 1
        shared = np.ones(len(row), dtype=bool)
        exchanges = []
        for hot, start in (
            (hot_inputs(kept, self.window + 1.0, n_threads, ALPHA), 0),
            (outputs, 2 * self.n_words - 1 - outputs.n if hs and outputs is not None else self.n_words),
        ):
            if hot is None:
                continue
            shared &= (row < start) | (row >= start + hot.n)
            due, when = exchanged(hot, n_windows)
            exchanges += [(start + due, when, np.full(len(due), number)) for number in range(n_threads)]
        parts = [(row[shared], window[shared], thread[shared]), *exchanges]
        row, window, thread = (np.concatenate(part) for part in zip(*parts, strict=True))
        return row, window, thread


def exchanged(hot: HotRows, n_windows: int) -> tuple[Rows, Rows]:
    """(row, window) of each exchange by a thread."""
    tick = np.repeat(np.arange(CYCLE), np.diff(hot.start))
    cycles = np.arange(-(-n_windows // (TICK * CYCLE)))
    when = ((cycles[:, None] * CYCLE + tick) * TICK).ravel()
    due = np.tile(hot.due, len(cycles)).astype(np.int64)
    return due[when < n_windows], when[when < n_windows]


def stolen(row: Rows, window: Rows, thread: Rows, n_windows: int) -> float:
    """Rows per window that this thread used within REACH, and that another has used since."""
    order = np.lexsort((thread, window, row))
    row, window, thread = row[order], window[order], thread[order]
    other = np.zeros(len(row), dtype=bool)
    other[1:] = (row[1:] == row[:-1]) & (thread[1:] != thread[:-1])
    own = np.lexsort((window, thread, row))
    recent = np.zeros(len(row), dtype=bool)
    same = (row[own][1:] == row[own][:-1]) & (thread[own][1:] == thread[own][:-1])
    recent[own[1:]] = same & (window[own][1:] - window[own][:-1] <= REACH)
    settled = window >= n_windows // 4  # before that, nobody has used anything
    return float(np.count_nonzero(other & recent & settled) / (np.count_nonzero(settled) / len(row) or 1))


def measured(text: Text, mode: str, pairs: int, machine: Machine) -> dict[str, Any]:
    """Time of one window with one thread in nanoseconds, and how much faster all cores are than one, in turn."""
    from fastw2v import Word2Vec

    sg, hs = MODES[mode]
    model: Any = Word2Vec(sg=sg, hs=hs, negative=0 if hs else text.negative, window=text.window, workers=1, min_count=5,
                          progress=False)  # fmt: skip
    model.build_vocab(corpus_file=str(text.path))
    ns: dict[int, list[float]] = {1: [], os.cpu_count() or 1: []}
    handovers: list[list[float]] = []
    for _ in range(pairs):
        for n_threads, found in ns.items():
            if n_threads > 1:
                handovers.append([machine.handover_ns("baseline", ROW_BYTES)])
            model.workers = n_threads
            start = time.perf_counter()
            n_kept, _ = model.train(
                corpus_file=str(text.path),
                total_words=model.corpus_total_words,
                total_examples=model.corpus_count,
                epochs=2,
                start_alpha=0.025,
                end_alpha=0.0001,
            )
            found.append((time.perf_counter() - start) / n_kept * 1e9)
        handovers[-1].append(machine.handover_ns("baseline", ROW_BYTES))
    alone, together = ns.values()
    gains = [one / many for one, many in zip(alone, together, strict=True)]
    near = measure.near_pairs(handovers)
    return {
        "mode": mode,
        "threads": os.cpu_count(),
        "window_ns": float(np.median(alone)),
        "gain": measure.summary(gains).as_dict(),
        "near": measure.summary([gains[pair] for pair in near]).as_dict() if near else None,
        "gains": gains,
        "handover_ns": handovers,
    }


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--threads", default="1,2,4,8,16,32,64")
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--windows", type=int, default=2000, help="simulated for each thread")
    parser.add_argument("--pairs", type=int, default=5, help="runs with one thread and with all cores, in turn")
    parser.add_argument("--kept-words", type=float, default=6.5e7, help="of the whole training, after sub-sampling")
    parser.add_argument("--name", default="scaling", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    arguments = parser.parse_args(words)
    if (os.cpu_count() or 1) < 2:
        print("SKIPPED scaling: with one core, no row changes hands")
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        machine, brief = Machine(Path(temporary), 1.0), Machine(Path(temporary), 0.1)
        if reason := machine.compile("baseline"):
            print(f"SKIPPED scaling: {reason}")
            return 0
        work = Path(arguments.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        corpus = corpora.prepare(arguments, work)
        text = Text(corpus.path, arguments.window, arguments.negative)
        keys = ("window", "negative", "windows", "pairs")
        result = measure.header("scaling", {key: getattr(arguments, key) for key in keys})
        result.update(corpus=corpus.as_dict(), versions=measure.versions("numpy"), results=[], measured=[])
        result["handover_ns"] = machine.handover_ns("baseline", ROW_BYTES)
        for mode in arguments.modes.split(","):
            hs = bool(MODES[mode][1])
            run = measured(text, mode, arguments.pairs, brief)
            result["measured"].append(run)
            alone = run["window_ns"]
            print(f"{mode:8} measured, {run['threads']} threads: {report.scaling_gain(run)}", flush=True)
            for copies in (False, True):
                for n_threads in map(int, arguments.threads.split(",")):
                    uses = text.uses(hs, n_threads, arguments.windows)
                    if copies:
                        uses = text.copied(hs, arguments.kept_words, *uses)
                    rows = stolen(*uses, arguments.windows) / (n_threads * arguments.windows)
                    speedup = n_threads * alone / (alone + rows * result["handover_ns"])
                    result["results"].append(
                        {"mode": mode, "copies": copies, "threads": n_threads, "window_ns": alone,
                         "stolen_rows": rows, "speedup": speedup}
                    )  # fmt: skip
                    print(f"{mode:8} copies={copies!s:5} {n_threads:3} threads: {rows:6.2f} rows of a window, "
                          f"{speedup:6.2f} times as fast", flush=True)  # fmt: skip
    report.publish(result, arguments.name, arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
