"""How fast does training go, beside the peers, on the same text with the same settings and threads?

    python benchmarks/bench_train.py --words 4000000 --threads 2 --modes sg-ns,cbow-ns --contenders fastw2v,gensim

Each run is a process of its own, contenders in turn (A B A B); only training is timed, with ``--include-vocab``
the scan of the vocabulary too. With several threads, the time that a cache line takes from one core to another is
measured around each run: on virtual machines it changes with the cores that they are given, and the speed of all
contenders with it; so the pairs that ran on near cores are shown by themselves, too. The vectors of every run are
scored: where ours have learned nothing, or fall below those of the peer by more than ``--tolerance``, no ratio is
reported and the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import contenders
import corpora
import evaluation
import measure
import report
import roofline
from contenders import MODES, SOURCES, Job

FILE_ONLY = {"fasttext", "word2vec.c"}
LEARNED = 0.1  # scores below this cannot tell vectors that have learned from others


def parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    contenders.add_arguments(parser, "fastw2v,gensim")
    parser.add_argument("--modes", default="sg-ns", help=f"of {', '.join(MODES)}")
    parser.add_argument("--source", default="corpus_file", choices=SOURCES)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--sample", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--include-vocab", action="store_true", help="time the scan of the vocabulary, too")
    parser.add_argument("--tolerance", type=float, default=0.05, help="how far our score may lie below the peer's")
    parser.add_argument("--name", default="train", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    arguments = parser.parse_args(words)
    if unknown := set(arguments.modes.split(",")) - set(MODES):
        parser.error(f"--modes: unknown {', '.join(sorted(unknown))}; known are {', '.join(MODES)}")
    if arguments.pairs < 1:
        parser.error("--pairs must be at least 1")
    return arguments


def near_pairs(runs: dict[str, list[dict[str, Any]]]) -> list[int] | None:
    """Pairs during which the cores were near each other; None where that was not measured or never changed."""
    times = [[run["handover_ns"] for run in done] for done in runs.values()]  # (contender, pair, before and after)
    if not times or None in times[0]:
        return None
    return measure.near_pairs([[ns for around in pair for ns in around] for pair in zip(*times, strict=True)])


def quality_problem(scores: dict[str, float | None], tolerance: float) -> str | None:
    """Why the times of these vectors mean nothing; None if ours are not far below the peer's.

    The peer is gensim, or the best of the others without it.
    """
    ours = scores.get("fastw2v")
    if ours is None:
        return None
    if ours < LEARNED:
        return f"our score is {ours:.3f}, next to chance: use more --words or --epochs"
    others = {name: score for name, score in scores.items() if name != "fastw2v" and score is not None}
    if others and ours < (bar := others.get("gensim", max(others.values())) - tolerance):
        return f"our score is {ours:.3f}, below {bar:.3f}, the peer's less {tolerance}"
    return None


def compare(mode: str, names: list[str], corpus: corpora.Corpus, arguments: argparse.Namespace, **how: Any) -> Any:
    """All pairs of one mode."""
    pythons, work, folder = how["pythons"], how["work"], how["folder"]
    handover: Callable[[], float | None] = how["handover"]

    def once(name: str, source: str = arguments.source) -> dict[str, Any]:
        job = Job(
            name,
            str(corpus.path),
            mode,
            source,
            arguments.size,
            arguments.window,
            arguments.negative,
            arguments.sample,
            epochs=arguments.epochs,
            threads=arguments.threads,
            include_vocab=arguments.include_vocab,
            vectors=str(work / "vectors"),
        )
        before = handover()
        run = contenders.run(job, pythons)
        run["handover_ns"] = None if before is None else [before, handover()]
        keys, matrix = run.pop("keys"), run.pop("matrix")
        run["quality"] = evaluation.quick_score(keys, matrix, corpus.language, folder)
        words = run.get("trained_words") or corpus.n_words * arguments.epochs
        run["words_per_second"] = words / run["seconds"]
        run["words_per_cpu_second"] = words / run["cpu_seconds"] if run["cpu_seconds"] else None
        return run

    def tell(name: str, pair: int, run: dict[str, Any]) -> None:
        quality = "not scored" if run["quality"] is None else f"quality {run['quality']:.3f}"
        if run["handover_ns"]:
            quality += "  hand-over {:.0f}, {:.0f} ns".format(*run["handover_ns"])
        speed = run["words_per_second"] / 1e3
        print(
            f"{mode:14} pair {pair + 1} {name:10} {run['seconds']:8.2f} s {speed:8.0f} k words/s  {quality}", flush=True
        )

    runs, failed = measure.alternate(
        {name: partial(once, name) for name in names}, arguments.pairs, must="fastw2v", told=tell
    )
    for name, reason in failed.items():
        print(f"FAILED {name}: {reason}", flush=True)
    near = near_pairs(runs)
    entries: dict[str, dict[str, Any]] = {}
    for name, done in runs.items():
        scored = [run["quality"] for run in done if run["quality"] is not None]
        entry: dict[str, Any] = {
            "version": done[0]["version"],
            "quality": sum(scored) / len(scored) if scored else None,
            "words_per_second": measure.summary([run["words_per_second"] for run in done]).as_dict(),
        }
        if name != "fastw2v" and "fastw2v" in runs:
            for key, label in (("words_per_second", "times_ours"), ("words_per_cpu_second", "times_ours_cpu")):
                ours, theirs = ([run[key] for run in side] for side in (runs["fastw2v"], done))
                if all(ours) and all(theirs):
                    entry[label] = measure.pair_ratios(ours, theirs).as_dict()
                    if near:
                        some = ([rates[pair] for pair in near] for rates in (ours, theirs))
                        entry[f"{label}_near"] = measure.pair_ratios(*some).as_dict()
        entries[name] = {**entry, "runs": done}
    scores = {name: entry["quality"] for name, entry in entries.items()}
    reference = None
    if "gensim" in entries and arguments.source == "corpus_file" and arguments.threads > 1:
        # There its learning rate starts anew in each worker's part and does not fall to its end, which flatters
        # the vectors of few epochs: its other data path is what ours are compared with.
        reference = once("gensim", "linesentence")["quality"]
        scores["gensim"] = reference
        shown = "not scored" if reference is None else f"quality {reference:.3f}"
        print(f"{mode:14} untimed: gensim from LineSentence, {shown}", flush=True)
    problem = quality_problem(scores, arguments.tolerance)
    return {
        "mode": mode,
        "metric": evaluation.QUICK[corpus.language],
        "quality_problem": problem,
        "gensim_linesentence_quality": reference,
        "contenders": entries,
        "failed": failed,
        "near_pairs": near,
    }


def main(words: list[str] | None = None) -> int:
    arguments = parse(words)
    names, skipped, pythons = contenders.choose(arguments)
    if arguments.source != "corpus_file":
        for name in FILE_ONLY.intersection(names):
            names.remove(name)
            skipped[name] = "reads files only"
            print(f"SKIPPED {name}: reads files only")
    if not names:
        print("no contender is left")
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(arguments.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        corpus = corpora.prepare(arguments, work)
        data = corpora.data_folder(arguments.data)
        folder = data / "eval" if data else None
        keys = ("size", "window", "negative", "sample", "epochs", "threads", "source", "include_vocab", "pairs")
        result = measure.header("train", {key: getattr(arguments, key) for key in keys})
        result.update(corpus=corpus.as_dict(), skipped=skipped, results=[])
        how = {"pythons": pythons, "work": Path(temporary), "folder": folder}
        how["handover"] = roofline.hand_over(arguments.threads, Path(temporary))
        for mode in arguments.modes.split(","):
            group = compare(mode, names, corpus, arguments, **how)
            result["results"].append(group)
    found = {name: entry["version"] for group in result["results"] for name, entry in group["contenders"].items()}
    result["versions"] = {**measure.versions("numpy", "scipy"), **found}
    report.publish(result, arguments.name, arguments.results)
    problems = {group["mode"]: group["quality_problem"] for group in result["results"] if group["quality_problem"]}
    for mode, problem in problems.items():
        print(f"QUALITY {mode}: {problem}")
    return int(bool(problems))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except contenders.ContenderError as error:
        sys.exit(f"FAILED {error}")
