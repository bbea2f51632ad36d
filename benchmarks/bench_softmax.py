"""Exact softmax beside NumPy in batches of 256 pairs, which is how tutorials would train it fast.

    python benchmarks/bench_softmax.py
    python benchmarks/bench_softmax.py --threads 2 --words 5000,20000 --modes sg,cbow --pairs 7
    OPENBLAS_NUM_THREADS=1 python benchmarks/bench_softmax.py --threads 1 --clock cpu  # on a machine that is in use

NumPy gets three matrix products for a batch (scores, both updates) and as many BLAS threads as there are processors;
its batch steps from the same old values, ours trains one window after the other. Beside them stands the large matrix
product that BLAS is best at, and the share of its speed that our three products for each window reach with all that is
around them. Words are drawn by Zipf's law, without sub-sampling. Environment variables that bind OpenBLAS to one kernel
are taken away.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import measure
import numpy as np
import report
from numpy.typing import NDArray

from fastw2v.train import softmax
from fastw2v.train.weights import padded_rows

BATCH = 256
WINDOW = 5
LENGTH = 20  # words in a sentence
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Array = NDArray[np.float32]


def text(n_vocabulary: int, n_words: int, seed: int = 1) -> NDArray[np.int32]:
    share = 1 / np.arange(1, n_vocabulary + 1)
    return np.random.default_rng(seed).choice(n_vocabulary, n_words, p=share / share.sum()).astype(np.int32)


def matrices(n_vocabulary: int, size: int) -> tuple[Array, Array]:
    w_in, w_out = padded_rows(n_vocabulary, size), padded_rows(n_vocabulary, size)
    w_in[:] = (np.random.default_rng(1).random((n_vocabulary, size)) - 0.5) / size
    return w_in, w_out


def windows(ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    offsets = np.arange(0, len(ids) + 1, LENGTH)
    plan = softmax.SoftmaxPlan(*matrices(int(ids.max()) + 2, 1), window=WINDOW)
    return softmax._windows(plan, ids, offsets, np.random.default_rng([1, 0, 0]))


def errors_of(scores: Array, targets: NDArray[Any]) -> None:
    """Softmax less the targets, in place."""
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    scores[np.arange(len(targets)), targets] -= 1


def numpy_skip_gram(w_in: Array, w_out: Array, ids: NDArray[np.int32], alpha: float) -> int:
    ids, low, high = windows(ids)
    centres = np.repeat(ids, high - low)
    others = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)])
    pairs = others != np.repeat(np.arange(len(ids)), high - low)
    centres, targets = centres[pairs], ids[others[pairs]]
    for first in range(0, len(centres), BATCH):
        words = centres[first : first + BATCH]
        hidden = w_in[words]
        errors = hidden @ w_out.T
        errors_of(errors, targets[first : first + BATCH])
        step = errors @ w_out
        w_out -= alpha * (errors.T @ hidden)
        np.add.at(w_in, words, -alpha * step)
    return len(centres)


def numpy_cbow(w_in: Array, w_out: Array, ids: NDArray[np.int32], alpha: float) -> int:
    ids, low, high = windows(ids)
    for first in range(0, len(ids), BATCH):
        at = np.arange(first, min(first + BATCH, len(ids)))
        places = np.concatenate([np.r_[low[p] : p, p + 1 : high[p]] for p in at])
        sizes = high[at] - low[at] - 1
        hidden = np.add.reduceat(w_in[ids[places]], np.cumsum(sizes) - sizes) / sizes[:, None].astype(np.float32)
        errors = hidden @ w_out.T
        errors_of(errors, ids[at])
        step = (errors @ w_out) / sizes[:, None].astype(np.float32)
        w_out -= alpha * (errors.T @ hidden)
        np.add.at(w_in, ids[places], -alpha * np.repeat(step, sizes, axis=0))
    return len(ids)


def ours(skip_gram: bool, n_threads: int, w_in: Array, w_out: Array, ids: NDArray[np.int32], alpha: float) -> int:
    plan = softmax.SoftmaxPlan(w_in, w_out, window=WINDOW, skip_gram=skip_gram, n_threads=n_threads)
    offsets = np.arange(0, len(ids) + 1, LENGTH)
    how = {"seed": 1, "epoch": 0, "chunk": 0, "alpha": alpha, "alpha_end": alpha}
    return softmax.train_chunk(plan, softmax.Scratch(plan), ids, offsets, **how).n_pairs


def rate(
    clock: Callable[[], float], train: Callable[..., int], ids: NDArray[np.int32], n_vocabulary: int, size: int
) -> float:
    """Pairs per second, from fresh weights."""
    w_in, w_out = matrices(n_vocabulary, size)
    begun = clock()
    n_pairs = train(w_in, w_out, ids, 0.025)
    seconds = clock() - begun
    if not (np.isfinite(w_out).all() and w_out.any(axis=1).all()):
        raise SystemExit(f"{train}: output vectors did not all move, or are not finite")
    return n_pairs / seconds


def sgemm_flops(clock: Callable[[], float], n: int = 2048) -> float:
    a = np.random.default_rng(1).random((n, n), dtype=np.float32)
    out = a @ a
    begun = clock()
    np.matmul(a, a, out=out)
    return 2 * n**3 / (clock() - begun)


def compare(mode: str, n_vocabulary: int, arguments: argparse.Namespace) -> dict[str, Any]:
    skip_gram = mode == "sg"
    ids = text(n_vocabulary, max(LENGTH, int(arguments.work / n_vocabulary)) // LENGTH * LENGTH)
    few = ids[: max(2 * LENGTH, len(ids) // (6 if skip_gram else 1)) // LENGTH * LENGTH]  # as many passes as ours
    peer = numpy_skip_gram if skip_gram else numpy_cbow
    clock = CLOCKS[arguments.clock]
    contenders = {
        "fastw2v": partial(rate, clock, partial(ours, skip_gram, arguments.threads), ids, n_vocabulary, arguments.size),
        "numpy": partial(rate, clock, peer, few, n_vocabulary, arguments.size),
        "sgemm": partial(sgemm_flops, clock),
    }
    rates, _ = measure.alternate(contenders, arguments.pairs, must="fastw2v")
    n_pairs = int(np.subtract(*windows(ids)[:0:-1]).sum() - len(ids))
    flops = 6 * n_vocabulary * arguments.size * (len(ids) / n_pairs if skip_gram else 1)  # for a pair
    ratio = measure.pair_ratios(rates["fastw2v"], rates["numpy"])
    share = measure.summary([flops * a / b for a, b in zip(rates["fastw2v"], rates["sgemm"], strict=True)])
    speed, theirs = (report.of(measure.summary(rates[name]).as_dict(), digits=0) for name in ("fastw2v", "numpy"))
    times, reached = report.of(ratio.as_dict(), digits=2), report.of(share.as_dict(), 100, 0)
    print(f"{mode}, {n_vocabulary} words: {speed} pairs/s, numpy {theirs}: {times} times; {reached} % of sgemm")
    return {
        "mode": mode,
        "n_words": n_vocabulary,
        "pairs_per_second": {name: measure.summary(rates[name]).as_dict() for name in ("fastw2v", "numpy")},
        "sgemm_flops": measure.summary(rates["sgemm"]).as_dict(),
        "times": ratio.as_dict(),
        "share_of_sgemm": share.as_dict(),
    }


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--words", default="5000,20000", help="in the vocabulary")
    parser.add_argument("--modes", default="sg,cbow")
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--work", type=float, default=4e7, help="words of text times words of the vocabulary")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu: processor time, of all threads together")
    parser.add_argument("--name", default="softmax", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    arguments = parser.parse_args(words)
    names = "threads", "size", "pairs", "work", "clock"
    result = measure.header("softmax", {name: getattr(arguments, name) for name in names})
    result["versions"] = measure.versions("fastw2v", "numpy")
    result["results"] = [
        compare(mode, int(n), arguments) for n in arguments.words.split(",") for mode in arguments.modes.split(",")
    ]
    report.publish(result, arguments.name, arguments.results)


if __name__ == "__main__":
    bound = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & os.environ.keys()
    if bound:  # read when NumPy is imported
        free = {name: value for name, value in os.environ.items() if name not in bound}
        os.execve(sys.executable, [sys.executable, *sys.argv], free)
    main()
