"""How fast is text read? Counting a corpus against gensim's, and the producer of chunks alone.

    python benchmarks/bench_text.py CORPUS [--repeat 5] [--json OUT]

Contenders take turns (A B A B ...), so that a noisy machine is noisy for all; the counts are compared
before anything is timed. "Producer" is one thread that turns a counted corpus into the chunks of an
epoch: by translating the ids that the count left in memory, or by reading and encoding the file again.
Divided by what one training thread consumes, it says for how many threads one producing thread would
suffice; in training every thread encodes its own chunks. Besides the time on the clock, which is what
counts, the processor time of all threads is given: on a busy machine it is the steadier of the two.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fastw2v.text.corpus import LineSentence
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab, select_words

TRAINING_WORDS_PER_SECOND = 4_000_000  # of one fast training thread, SG-NS

Measured = tuple[int, float, float]  # words, seconds on the clock, seconds of processor time


def gensim_scan(corpus: object) -> Callable[[], int]:
    from gensim.models import Word2Vec

    def run() -> int:
        return Word2Vec(vector_size=1).scan_vocab(corpus_iterable=corpus)[0]

    return run


def our_scan(**corpus: object) -> Callable[[], int]:
    return lambda: open_source(**corpus).scan().n_words


def producer(path: str, vocab: Vocab, max_cached_words: int) -> Callable[[], Measured]:
    """One epoch, encoded by one thread; the count before it is not timed."""

    def run() -> Measured:
        source = open_source(corpus_file=path, max_cached_words=max_cached_words)
        source.scan()
        return timed(lambda: sum(pending.encode().n_words for pending in source.epoch(vocab)))()

    return run


def timed(run: Callable[[], int]) -> Callable[[], Measured]:
    def measure() -> Measured:
        start, start_cpu = time.perf_counter(), time.process_time()
        n_words = run()
        return n_words, time.perf_counter() - start, time.process_time() - start_cpu

    return measure


def compare(contenders: dict[str, Callable[[], Measured]], repeat: int) -> list[dict[str, object]]:
    """Words per second of each, taking turns; the first is what the others are measured by."""
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    cpu_speeds: dict[str, list[float]] = {name: [] for name in contenders}
    sizes = set()
    for _ in range(repeat):
        for name, run in contenders.items():
            n_words, seconds, cpu_seconds = run()
            sizes.add(n_words)
            speeds[name].append(n_words / seconds)
            cpu_speeds[name].append(n_words / cpu_seconds)
    if len(sizes) != 1:
        raise SystemExit(f"the contenders did not read the same words: {sizes}")
    base = statistics.median(next(iter(speeds.values())))
    cpu_base = statistics.median(next(iter(cpu_speeds.values())))
    return [
        {
            "name": name,
            "median": statistics.median(found),
            "min": min(found),
            "max": max(found),
            "ratio": statistics.median(found) / base,
            "cpu_median": statistics.median(cpu_speeds[name]),
            "cpu_ratio": statistics.median(cpu_speeds[name]) / cpu_base,
        }
        for name, found in speeds.items()
    ]


def check(path: str) -> Vocab:
    """Same vocabulary as gensim's, or nothing is timed."""
    scan = open_source(corpus_file=path, workers=2).scan()
    vocab = select_words(scan, min_count=5).vocab()
    try:
        from gensim.models import Word2Vec
    except ImportError:
        print("gensim is not installed: nothing to compare with")
        return vocab
    model = Word2Vec(vector_size=1, min_count=5)
    model.scan_vocab(LineSentence(path))
    model.prepare_vocab()
    if model.wv.index_to_key != vocab.keys or list(model.wv.expandos["count"]) != vocab.counts.tolist():
        raise SystemExit("the vocabulary differs from gensim's: nothing is timed")
    return vocab


def table(rows: list[dict[str, object]]) -> str:
    lines = [
        "| contender | Mwords/s, median (min - max) | ratio | Mwords per CPU second | ratio |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['name']} | {r['median'] / 1e6:.2f} ({r['min'] / 1e6:.2f} - {r['max'] / 1e6:.2f}) | {r['ratio']:.1f} "
        f"| {r['cpu_median'] / 1e6:.1f} | {r['cpu_ratio']:.1f} |"
        for r in rows
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", help="a text file, one sentence in each line, not compressed")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    path = options.corpus
    vocab = check(path)
    sentences = list(LineSentence(path))
    groups: dict[str, dict[str, Callable[[], Measured]]] = {"count a file": {}, "count a list": {}}
    try:
        import gensim

        gensim_version = gensim.__version__
        groups["count a file"]["gensim, LineSentence"] = timed(gensim_scan(LineSentence(path)))
        groups["count a list"]["gensim, list of lists"] = timed(gensim_scan(sentences))
    except ImportError:
        gensim_version = None
    for workers in (1, 2):
        run = timed(our_scan(corpus_file=path, workers=workers))
        groups["count a file"][f"fastw2v, corpus_file, {workers} thread(s)"] = run
    groups["count a list"]["fastw2v, list of lists, 1 thread"] = timed(our_scan(corpus_iterable=sentences))
    groups["producer, 1 thread"] = {
        "file read again": producer(path, vocab, 0),
        "ids in memory, first epoch": producer(path, vocab, 10**9),
    }
    result: dict[str, object] = {
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "gensim": gensim_version,
        "corpus": Path(path).name,
        "repeat": options.repeat,
    }
    for title, contenders in groups.items():
        rows = compare(contenders, options.repeat)
        result[title] = rows
        print(f"\n{title}\n\n{table(rows)}")
        if title.startswith("producer"):
            for row in rows:
                threads = row["cpu_median"] / TRAINING_WORDS_PER_SECOND  # type: ignore[operator]
                print(f"{row['name']}: feeds {threads:.0f} training threads of 4 Mwords/s for one that produces")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
