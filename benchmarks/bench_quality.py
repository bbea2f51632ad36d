"""Are the vectors as good as the peer's? Word pairs and analogies, over several seeds.

    python benchmarks/bench_quality.py --modes sg-ns,cbow-ns,cbow-ns-exact --seeds 1,2,3 --peer gensim
    python benchmarks/bench_quality.py --peer-cache DIR           # the peer was trained before
    python benchmarks/bench_quality.py --peer-cache DIR --only-peer   # nothing is trained: the peer's scores alone

A cache has the scores of the peer, ``<corpus>_<mode>_<seed>.json``; with ``--peer``, what it lacks is trained and
added. The exit status is 1 if a verdict is "below".
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import contenders
import corpora
import evaluation
import measure
import numpy as np
import report
from contenders import MODES, Job


def parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    parser.add_argument("--modes", default="sg-ns,cbow-ns,sg-hs,cbow-hs", help=f"of {', '.join(MODES)}")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer", choices=["gensim"], help="train this peer, too")
    parser.add_argument("--peer-cache", type=Path, help="folder with scores of gensim")
    parser.add_argument("--only-peer", action="store_true", help="score the peer alone")
    parser.add_argument("--name", default="quality", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    arguments = parser.parse_args(words)
    if unknown := set(arguments.modes.split(",")) - set(MODES):
        parser.error(f"--modes: unknown {', '.join(sorted(unknown))}; known are {', '.join(MODES)}")
    if arguments.only_peer and not (arguments.peer or arguments.peer_cache):
        parser.error("--only-peer needs --peer or --peer-cache")
    return arguments


def spread(values: list[float]) -> dict[str, Any]:
    """Mean and standard deviation (of a sample) over the seeds."""
    sd = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": statistics.fmean(values), "sd": sd, "values": values}


def verdict(ours: dict[str, Any] | None, peer: dict[str, Any] | None, *, must_exceed: bool = False) -> str:
    """Whether we reach the peer's mean less its standard deviation, or exceed its mean."""
    if ours is None or peer is None:
        return ""
    bar = peer["mean"] if must_exceed else peer["mean"] - peer["sd"]
    return "ok" if (ours["mean"] > bar if must_exceed else ours["mean"] >= bar) else "below"


class Scorer:
    """Trains or loads, and scores."""

    def __init__(self, arguments: argparse.Namespace, corpus: corpora.Corpus, work: Path, folder: Path | None) -> None:
        self._arguments, self._corpus, self._work, self._folder = arguments, corpus, work, folder
        self.versions: dict[str, str] = {}

    def _train(self, name: str, mode: str, seed: int) -> tuple[list[str], np.ndarray, float]:
        arguments = self._arguments
        job = Job(
            name, str(self._corpus.path), mode, size=arguments.size, window=arguments.window,
            negative=arguments.negative, epochs=arguments.epochs, seed=seed, threads=arguments.threads,
            vectors=str(self._work / "vectors"),
            source="linesentence" if name == "gensim" else "corpus_file",  # gensim loses text from files
        )  # fmt: skip
        run = contenders.run(job)
        self.versions[name] = run["version"]
        return run["keys"], run["matrix"], run["seconds"]

    def peer(self, mode: str, seed: int) -> dict[str, float] | None:
        """Scores of the peer; None where it is neither cached nor to be trained."""
        mode = mode.removesuffix("-exact")
        cache = self._arguments.peer_cache
        kept = cache and cache / f"{self._corpus.name}_{mode}_{seed}.json"
        if kept and kept.exists():
            found: dict[str, float] = json.loads(kept.read_text("utf8"))
            return found
        if not self._arguments.peer:
            print(f"SKIPPED gensim {mode} seed {seed}: not in the cache, and --peer gensim was not asked for")
            return None
        keys, matrix, _ = self._train(self._arguments.peer, mode, seed)
        found = evaluation.scores(keys, matrix, self._corpus.language, self._folder)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(found), "utf8")
        return found

    def ours(self, mode: str, seed: int) -> dict[str, float]:
        keys, matrix, _ = self._train("fastw2v", mode, seed)
        return evaluation.scores(keys, matrix, self._corpus.language, self._folder)

    def mode(self, mode: str) -> dict[str, Any]:
        """All seeds of one mode."""
        sides: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
        for seed in map(int, self._arguments.seeds.split(",")):
            for side in ("ours", "peer"):
                if side == "ours" and self._arguments.only_peer:
                    continue
                start = time.perf_counter()
                found = self.ours(mode, seed) if side == "ours" else self.peer(mode, seed)
                if found is not None:
                    sides[side].append(found)
                    figures = "  ".join(f"{name} {value:.3f}" for name, value in found.items())
                    print(f"{mode:14} seed {seed} {side:5} {time.perf_counter() - start:6.0f} s  {figures}", flush=True)
        decisive = evaluation.DECISIVE[self._corpus.language]
        metrics = {}
        for name in next((found[0] for found in sides.values() if found), {}):
            entry: dict[str, Any] = {side: spread([it[name] for it in found]) for side, found in sides.items() if found}
            exact = mode.endswith("-exact") and name in ("WordSim-353", "SimLex-999")
            word = verdict(entry.get("ours"), entry.get("peer"), must_exceed=exact)
            shown_only = name not in decisive or (mode.endswith("-exact") and not exact)
            metrics[f"({name})" if shown_only else name] = {**entry, "verdict": word}
        return {"mode": mode, "metrics": metrics}


def main(words: list[str] | None = None) -> int:
    arguments = parse(words)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(arguments.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        data = corpora.data_folder(arguments.data)
        if arguments.only_peer and not arguments.peer:  # nothing reads the text
            name = Path(arguments.corpus).name.partition(".")[0]
            language = arguments.language or ("chinese" if name.startswith(("chinese", "zh")) else "english")
            corpus = corpora.Corpus(name, Path(), 0, 0, language)
        else:
            corpus = corpora.prepare(arguments, work)
        keys = ("size", "window", "negative", "epochs", "threads", "seeds")
        result = measure.header("quality", {key: getattr(arguments, key) for key in keys})
        if corpus.n_words:
            result["corpus"] = corpus.as_dict()
        scorer = Scorer(arguments, corpus, Path(temporary), data / "eval" if data else None)
        result.update(peer="gensim", results=[scorer.mode(mode) for mode in arguments.modes.split(",")])
    result["versions"] = {**measure.versions("numpy", "scipy"), **scorer.versions}
    report.publish(result, arguments.name, arguments.results)
    verdicts = [
        entry["verdict"]
        for group in result["results"]
        for name, entry in group["metrics"].items()
        if not name.startswith("(")
    ]
    return int("below" in verdicts)


if __name__ == "__main__":
    sys.exit(main())
