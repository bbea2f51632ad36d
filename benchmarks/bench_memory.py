"""Peak memory beside gensim for the same job, and whether ``estimate_memory`` tells the truth.

    python benchmarks/bench_memory.py --words 4000000 --modes sg-ns,sg-hs --sources lists,corpus_file

Each job is a fresh process. The exit status is 1 if our peak is above gensim's, or an estimate is off by more
than a tenth.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import contenders
import corpora
import measure
import report
from contenders import MODES, SOURCES, Job

ESTIMATE_TOLERANCE = 0.1


def resident() -> int:
    """Resident size of this process now, in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def settled() -> int:
    """Resident size after what is free has been given back, as far as the C library can."""
    gc.collect()
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc
    if give_back is not None:
        give_back(0)
    return resident()


def estimate_here(job: Job) -> dict[str, Any]:
    """Train from a file in this process; compare what the model holds with the estimate.

    A model holds what its end gives back. The difference from before its beginning would count imports and
    the arenas of threads, too.
    """
    from fastw2v import Word2Vec

    before = contenders.peak_rss() or 0
    model = Word2Vec(corpus_file=job.corpus, progress=False, **job.settings)
    peak = (contenders.peak_rss() or 0) - before
    with_model, n_words, estimated = settled(), len(model.wv), model.estimate_memory()["total"]
    del model
    held = with_model - settled()
    return {
        "mode": job.mode, "size": job.size, "words": n_words, "estimated": estimated, "held": held, "peak": peak,
        "ratio": estimated / held,
    }  # fmt: skip


def estimate(job: Job) -> dict[str, Any]:
    command = [sys.executable, __file__, "--estimate", json.dumps(asdict(job))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the estimate for {job.mode} failed: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    found["verdict"] = "ok" if abs(found["ratio"] - 1) <= ESTIMATE_TOLERANCE else "off"
    return found


def judge(runs: list[dict[str, Any]]) -> None:
    """Compare peaks of the same job; the verdict stands with ours."""
    peers = {(run["mode"], run["source"]): run["trained"] for run in runs if run["contender"] == "gensim"}
    for run in runs:
        peak = peers.get((run["mode"], run["source"]))
        if run["contender"] == "fastw2v" and peak:
            run["verdict"] = "ok" if run["trained"] <= peak else "above"


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    contenders.add_arguments(parser, "fastw2v,gensim")
    parser.add_argument("--modes", default="sg-ns", help=f"of {', '.join(MODES)}")
    parser.add_argument("--sources", default="lists,corpus_file", help=f"of {', '.join(SOURCES)}")
    parser.add_argument("--size", default="100")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--name", default="memory", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    parser.add_argument("--estimate", help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    if arguments.estimate:
        print(json.dumps(estimate_here(Job(**json.loads(arguments.estimate)))))
        return 0
    if contenders.peak_rss() is None:
        print("SKIPPED memory: this system does not tell the peak of a process")
        return 0
    names, skipped, pythons = contenders.choose(arguments)
    for name in [name for name in names if name not in ("fastw2v", "gensim")]:
        names.remove(name)
        skipped[name] = "runs in a process of its own, whose memory is not measured"
        print(f"SKIPPED {name}: {skipped[name]}")
    modes, sizes = arguments.modes.split(","), [int(size) for size in arguments.size.split(",")]
    runs: list[dict[str, Any]] = []
    estimates: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(arguments.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        corpus = corpora.prepare(arguments, work)
        result = measure.header("memory", {"threads": arguments.threads, "size": arguments.size, "epochs": 1})
        for mode in modes:
            for source in arguments.sources.split(","):
                for name in names:
                    job = Job(
                        name, str(corpus.path), mode, source, sizes[0], threads=arguments.threads, include_vocab=True
                    )
                    run = contenders.run(job, pythons)
                    runs.append({"mode": mode, "source": source, "contender": name, **run["peak_rss"]})
                    print(f"{mode:10} {source:12} {name:8} peak {run['peak_rss']['trained'] / 1e6:8.0f} MB", flush=True)
            if not Path("/proc/self/statm").exists():
                print("SKIPPED estimate_memory: this system does not tell the size of a process")
            elif "fastw2v" in names:
                for size in sizes:
                    job = Job("fastw2v", str(corpus.path), mode, size=size, threads=arguments.threads)
                    estimates.append(estimate(job))
                    print(
                        f"{mode:10} d={size}: estimate_memory is {estimates[-1]['ratio']:.2f} of the truth", flush=True
                    )
    judge(runs)
    result.update(corpus=corpus.as_dict(), skipped=skipped, results=runs, estimates=estimates)
    result["versions"] = measure.versions("fastw2v", "gensim", "numpy")
    report.publish(result, arguments.name, arguments.results)
    return int(any(entry.get("verdict") in ("above", "off") for entry in [*runs, *estimates]))


if __name__ == "__main__":
    sys.exit(main())
