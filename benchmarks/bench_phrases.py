"""How fast are phrases counted, exported and joined, and are the results gensim's?

    python benchmarks/bench_phrases.py english_17m.txt [--runs 3] [--lines N] [--json result.json]

Each run is a fresh process, fastw2v and gensim in turn; medians of the wall time and of the CPU
time are shown, after the results (every phrase and score, counts, joined sentences) are found to be the same.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path


def digest(items) -> str:
    # A sum does not depend on the order, and needs no sorting of millions of keys.
    total = 0
    for item in items:
        total += int.from_bytes(hashlib.blake2b(repr(item).encode(), digest_size=8).digest(), "little")
    return f"{total & (1 << 64) - 1:016x}"


def run_once(library: str, path: str, source: str, lines: int | None, settings: dict) -> dict:
    """Measure every stage with one library; meant for a process of its own."""
    if library == "gensim":
        from gensim.models import phrases, word2vec
    else:
        from fastw2v import phrases

        word2vec = None if source == "lists" else __import__("fastw2v.word2vec").word2vec
    if settings.pop("connectors", False):
        settings["connector_words"] = phrases.ENGLISH_CONNECTOR_WORDS
    if source == "lists":
        with open(path, encoding="utf8") as file:
            sentences = [line.split() for line in itertools.islice(file, lines)]
        gc.freeze()
    else:
        sentences = word2vec.LineSentence(path, limit=lines)
    seconds, checks = {}, {}

    def timed(name, function):
        started = time.perf_counter(), time.process_time()
        result = function()
        seconds[name] = time.perf_counter() - started[0], time.process_time() - started[1]
        return result

    def drain(corpus):
        return sum(len(sentence) for sentence in corpus)

    model = timed("construct", lambda: phrases.Phrases(sentences, **settings))
    exported = timed("export_phrases", model.export_phrases)
    checks["tokens"] = timed("apply", lambda: drain(model[sentences]))
    frozen = model.freeze()
    checks["frozen_tokens"] = timed("apply_frozen", lambda: drain(frozen[sentences]))
    checks["n_phrases"] = len(exported)
    checks["phrases_and_scores"] = digest(exported.items())
    checks["first_sentences"] = digest(enumerate(itertools.islice(model[sentences], 2000)))
    checks["vocab"] = digest(itertools.islice(model.vocab.items(), 0, None, 7))
    checks["n_vocab"] = len(model.vocab)
    return {"seconds": seconds, "checks": checks}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", help="text, one sentence per line")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--lines", type=int, help="read only so many lines")
    parser.add_argument("--source", choices=["lists", "file"], action="append", help="default: both")
    parser.add_argument("--connectors", action="store_true", help="with ENGLISH_CONNECTOR_WORDS")
    parser.add_argument("--scoring", default="default")
    parser.add_argument("--threshold", type=float, default=10.0)
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        library, source = args.worker.split(",")
        settings = {"connectors": args.connectors, "scoring": args.scoring, "threshold": args.threshold}
        print(json.dumps(run_once(library, args.corpus, source, args.lines, settings)))
        return 0

    report = {"machine": platform.processor() or platform.machine(), "cpus": os.cpu_count(), "results": {}}
    for source in args.source or ["lists", "file"]:
        runs = {"fastw2v": [], "gensim": []}
        for _ in range(args.runs):
            for library in runs:
                command = [sys.executable, __file__, *sys.argv[1:], "--worker", f"{library},{source}"]
                output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                runs[library].append(json.loads(output.splitlines()[-1]))
        if runs["fastw2v"][0]["checks"] != runs["gensim"][0]["checks"]:
            print(f"{source}: DIFFERENT RESULTS\n{runs['fastw2v'][0]['checks']}\n{runs['gensim'][0]['checks']}")
            return 1
        print(f"{source}: same results ({runs['fastw2v'][0]['checks']['n_phrases']} phrases)")
        print("                   wall: gensim   fastw2v  times    cpu: gensim   fastw2v  times")
        for stage in runs["gensim"][0]["seconds"]:
            row = f"  {stage:16}"
            for clock in (0, 1):
                peer, ours = (
                    statistics.median(run["seconds"][stage][clock] for run in runs[library])
                    for library in ("gensim", "fastw2v")
                )
                row += f"{peer:13.2f}{ours:10.3f}{peer / ours:7.1f}"
            print(row, flush=True)
        report["results"][source] = runs
    if args.json:
        Path(args.json).write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
