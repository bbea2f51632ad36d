"""How fast are phrases counted, exported and joined, beside gensim, and are they the same?

    python benchmarks/bench_phrases.py                               # 2,000,000 words, five pairs
    python benchmarks/bench_phrases.py --words 0 --repeat 5          # the whole corpus; gensim takes minutes a run

Each run is a fresh process, fastw2v and gensim in turn; a run does every stage once, over lists or over a
LineSentence. What is timed is compared first: every phrase and its score, the counts, the joined sentences, the
counts of phrases of phrases, and the vocabulary for training. If anything differs, nothing is reported.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import corpora
import measure
import report

SOURCES = ("lists", "LineSentence")
WORDS = 2_000_000


# -------------------------------------------------------------------- in the child process ----


def digest(items: Iterable[Any]) -> str:
    """Hash of a set of items: a sum, so that millions of them need no sorting."""
    total = 0
    for item in items:
        total += int.from_bytes(hashlib.blake2b(repr(item).encode(), digest_size=8).digest(), "little")
    return f"{total & (1 << 64) - 1:016x}"


def perform(library: str, source: str, path: str, settings: dict[str, Any], connectors: bool) -> dict[str, Any]:
    """Do and time every stage."""
    if library == "gensim":
        from gensim.models import phrases
        from gensim.models.word2vec import LineSentence, Word2Vec
    else:
        from fastw2v import LineSentence, Word2Vec, phrases
    if connectors:
        settings["connector_words"] = phrases.ENGLISH_CONNECTOR_WORDS
    sentences: Any = LineSentence(path)
    if source == "lists":
        with open(path, encoding="utf8") as file:
            sentences = [line.split() for line in file]
        gc.freeze()  # or each stage would pay for the garbage collector's look at them
    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}

    def timed(name: str, function: Callable[[], Any]) -> Any:
        began = time.perf_counter(), time.process_time()
        result = function()
        seconds[name], cpu[name] = time.perf_counter() - began[0], time.process_time() - began[1]
        return result

    def drain(corpus: Iterable[list[str]]) -> int:
        return sum(map(len, corpus))

    counted = timed("Phrases(sentences)", lambda: phrases.Phrases(sentences, **settings))
    exported = timed("export_phrases()", counted.export_phrases)
    checks = {"phrases": digest(exported.items()), "n_phrases": len(exported)}
    checks["tokens"] = timed("phrases[sentences]", lambda: drain(counted[sentences]))
    frozen = counted.freeze()
    checks["frozen_tokens"] = timed("frozen[sentences]", lambda: drain(frozen[sentences]))
    found = timed("frozen.find_phrases(sentences)", lambda: frozen.find_phrases(sentences))
    checks["found"] = digest(found.items())
    again = timed("Phrases(frozen[sentences])", lambda: phrases.Phrases(frozen[sentences], **settings))
    model = Word2Vec(vector_size=1, min_count=5)
    timed("build_vocab(frozen[sentences])", lambda: model.build_vocab(frozen[sentences]))
    checks["vocabulary"] = digest((word, model.wv.get_vecattr(word, "count")) for word in model.wv.index_to_key)
    checks["sentences"] = digest(enumerate(itertools.islice(frozen[sentences], 5000)))
    checks["counted_sentences"] = digest(enumerate(itertools.islice(counted[sentences], 5000)))
    for name, some in (("counts", counted), ("counts_of_phrases", again)):
        checks[name] = digest(itertools.islice(some.vocab.items(), 0, None, 7))
        checks[f"n_{name}"] = len(some.vocab)
    return {"seconds": seconds, "cpu": cpu, "checks": checks}


# ------------------------------------------------------------------------- in the parent ----


def child(library: str, source: str, path: Path, flags: list[str]) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", library, source, str(path), *flags]
    out = subprocess.run(command, check=False, capture_output=True, text=True)
    if out.returncode:
        raise RuntimeError(f"{library}, {source}: {(out.stderr.splitlines() or ['no message'])[-1]}")
    return dict(json.loads(out.stdout.splitlines()[-1]))


def compare(source: str, pairs: int, path: Path, flags: list[str]) -> list[dict[str, Any]]:
    """Every stage over one kind of corpus, in turn."""
    runs = {name: partial(child, name, source, path, flags) for name in ("fastw2v", "gensim")}
    found, failed = measure.alternate(runs, pairs, must="fastw2v", told=lambda name, pair, _: print(source, name, pair))
    checks = [run["checks"] for many in found.values() for run in many]
    if different := {name for one in checks for name in one if one[name] != checks[0][name]}:
        raise SystemExit(f"{source}: the results differ in {', '.join(sorted(different))}; nothing is reported")
    entries = []
    for stage in found["fastw2v"][0]["seconds"]:
        entry: dict[str, Any] = {"stage": stage, "source": source, "contenders": {}, "failed": failed}
        for name, many in found.items():
            entry["contenders"][name] = {
                field: measure.summary([run[field][stage] for run in many]).as_dict() for field in ("seconds", "cpu")
            }
        for field, times in (("seconds", "times"), ("cpu", "times_cpu")):
            rates = [[1 / run[field][stage] for run in found.get(name, [])] for name in runs]
            if rates[1]:
                entry[times] = measure.pair_ratios(*rates).as_dict()
        entries.append(entry)
    return entries


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    parser.set_defaults(words=WORDS)
    parser.add_argument("--repeat", type=int, default=5, help="pairs (default: 5)")
    parser.add_argument("--sources", default=",".join(SOURCES), help=f"of {', '.join(SOURCES)} (default: both)")
    parser.add_argument("--connectors", action="store_true", help="with ENGLISH_CONNECTOR_WORDS")
    parser.add_argument("--scoring", default="default", help="default or npmi")
    parser.add_argument("--threshold", type=float, default=10.0)
    parser.add_argument("--name", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    settings = {"scoring": arguments.scoring, "threshold": arguments.threshold}
    if arguments.child:
        print(json.dumps(perform(*arguments.child, settings, arguments.connectors)))
        return
    if unknown := set(arguments.sources.split(",")) - set(SOURCES):
        parser.error(f"--sources: unknown {', '.join(sorted(unknown))}; known are {', '.join(SOURCES)}")
    flags = [f"--scoring={arguments.scoring}", f"--threshold={arguments.threshold}"]
    flags += ["--connectors"] if arguments.connectors else []
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(arguments.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        corpus = corpora.prepare(arguments, work)
        result = measure.header("phrases", {**settings, "connectors": arguments.connectors, "pairs": arguments.repeat})
        result["versions"] = measure.versions("fastw2v", "gensim", "numpy")
        result["corpus"] = corpus.as_dict()
        result["results"] = [
            entry
            for source in arguments.sources.split(",")
            for entry in compare(source, arguments.repeat, corpus.path, flags)
        ]
    report.publish(result, arguments.name or f"phrases-{corpus.name}", arguments.results)


if __name__ == "__main__":
    main()
