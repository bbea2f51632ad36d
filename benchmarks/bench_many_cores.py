"""Many cores: are the vectors as good as one thread's, and is the machine in full use?

    python benchmarks/bench_many_cores.py --simulate 16 --mode sgns --words 4000000
    python benchmarks/bench_many_cores.py --simulate 16,64,256 --mode sgns,cbowns,sghs,cbowhs --alpha 0.025,0.05
    python benchmarks/bench_many_cores.py --simulate 16 --planted items,graph --vocabulary 50,500,5000 --seeds 1,2,3
    python benchmarks/bench_many_cores.py --threads 16 --mode sgns,sghs

``--simulate T`` trains T lanes in lockstep on one core (``train/lockstep.py``): their windows interleave as on T cores.
It says nothing about speed and needs no machine with T cores. Beside it stands the same job with one lane.
``--quality T`` is the same with real threads.

``--threads T`` measures speed: T threads of one model and T models of one thread each, in turn, each in processes of
their own. What the models reach together is what the machine can do.

The last line is one JSON object (with several jobs: that of the last), everything goes to the results.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from typing import Any

import corpora
import evaluation
import measure
import numpy as np
import planted_walks
import report

MODES = {"sgns": (1, 0), "cbowns": (0, 0), "sghs": (1, 1), "cbowhs": (0, 1)}
PARAMETERS = [
    "vector_size",
    "window",
    "negative",
    "min_count",
    "sample",
    "epochs",
    "seeds",
    "turn",
    "chunk_words",
    "pairs",
]
SPREADS = 1.0  # one lane's standard deviations by which many lanes may be below its mean


def parameters(mode: str, arguments: argparse.Namespace) -> dict[str, Any]:
    sg, hs = MODES[mode]
    return {
        "sg": sg,
        "hs": hs,
        "negative": 0 if hs else arguments.negative,
        "window": arguments.window,
        "vector_size": arguments.vector_size,
        "min_count": arguments.min_count,
        "epochs": arguments.epochs,
        "sample": arguments.sample,
        "progress": False,
    }


# ------------------------------------------------------------------------------- simulation ----


def trained(text: Path, lanes: int, turn: int | None, chunk_words: int | None, **how: Any) -> Any:
    """Train one model, in lockstep unless ``turn`` is None; None where the weights do not stay finite."""
    from fastw2v import Word2Vec
    from fastw2v.errors import TrainingError
    from fastw2v.train.lockstep import lockstep

    sentences: dict[str, Any] = {"corpus_file": str(text)}
    if chunk_words:
        lines = text.read_text(encoding="utf8").splitlines()
        sentences = {"sentences": [line.split() for line in lines]}
    with lockstep(turn) if turn else nullcontext():
        try:
            return Word2Vec(**sentences, workers=lanes, **how)
        except TrainingError:
            return None


def simulated(
    job: dict[str, Any], corpus: corpora.Corpus, data: Path | None, known: dict[Any, Any], arguments: argparse.Namespace
) -> dict[str, Any]:
    """T lanes beside one lane, each for all seeds."""
    how = parameters(job["mode"], arguments) | {"alpha": job["alpha"]}
    found: dict[int, list[tuple[float, dict[str, float]]]] = {}
    for lanes in (1, job["lanes"]):
        key = (lanes, corpus.name, corpus.path, job["mode"], job["alpha"])
        for seed in arguments.seeds if key not in known else ():
            turn = arguments.turn if arguments.simulate else None
            model = trained(corpus.path, lanes, turn, arguments.chunk_words, seed=seed, **how)
            finite = model is not None and bool(np.isfinite(model.wv.vectors).all())
            loss = float(model.loss_history[-1]) if finite else float("nan")
            scores = scored(model, corpus, data) if finite else {}
            known.setdefault(key, []).append((loss, scores))
            print(f"{job['mode']} alpha {job['alpha']:g} {corpus.name} lanes {lanes} seed {seed}: loss {loss:.4f} "
                  + " ".join(f"{name} {value:.4f}" for name, value in scores.items()), flush=True)  # fmt: skip
        found[lanes] = known[key]
    one, many = found[1], found[job["lanes"]]
    names = list(one[0][1])
    result: dict[str, Any] = dict(job)
    result["finite"] = all(loss == loss for loss, _ in many)
    for suffix, runs in (("", many), ("_one_lane", one)):
        result[f"loss{suffix}"] = float(np.mean([loss for loss, _ in runs]))
        result[f"scores{suffix}"] = {
            name: float(np.mean([scores.get(name, np.nan) for _, scores in runs])) for name in names
        }
    result["spread_one_lane"] = {
        name: float(np.std([scores[name] for _, scores in one], ddof=1)) if len(one) > 1 else 0.0 for name in names
    }
    result["below"] = [  # figures that are worse than one lane's mean less its standard deviation
        name
        for name in names
        if not result["scores"][name] >= result["scores_one_lane"][name] - SPREADS * result["spread_one_lane"][name]
    ]
    result["seeds"] = {"one": one, "many": many}
    return result


def scored(model: Any, corpus: corpora.Corpus, data: Path | None) -> dict[str, float]:
    if corpus.language in planted_walks.KINDS:
        return planted_walks.scores(corpus.path, model.wv)
    figures = evaluation.scores(
        model.wv.index_to_key, model.wv.vectors, corpus.language, data / "eval" if data else None
    )
    return {name: figures[name] for name in evaluation.DECISIVE[corpus.language] if name in figures}


# ------------------------------------------------------------------------------------ speed ----


def train_as_child() -> int:
    """Train when told to, and say how long it took; what is to be done stands in the one argument."""
    from fastw2v import Word2Vec

    job = json.loads(sys.argv[2])
    model: Any = Word2Vec(workers=job["threads"], **job["how"])
    model.build_vocab(corpus_file=job["text"])
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    _, n_words = model.train(
        corpus_file=job["text"], total_words=model.corpus_total_words, total_examples=model.corpus_count,
        epochs=model.epochs,
    )  # fmt: skip
    print(json.dumps({"words": n_words, "seconds": time.perf_counter() - start}), flush=True)
    return 0


def rate(text: Path, threads: int, models: int, how: dict[str, Any]) -> float:
    """Words per second of some models that train at the same time, all together."""
    job = json.dumps({"text": str(text), "threads": threads, "how": how})
    command = [sys.executable, __file__, "--child", job]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(models)
    ]
    try:
        for child in children:
            assert child.stdout is not None
            if child.stdout.readline() != "ready\n":
                raise SystemExit("a model could not be prepared")
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        ends = [json.loads(child.communicate()[0]) for child in children]
    finally:
        for child in children:
            child.kill()
    return float(sum(end["words"] / end["seconds"] for end in ends))


def measured(job: dict[str, Any], corpus: corpora.Corpus, arguments: argparse.Namespace) -> dict[str, Any]:
    """One model of T threads, T models of one thread, and one alone, in turn."""
    how = parameters(job["mode"], arguments) | {"alpha": job["alpha"], "seed": arguments.seeds[0]}
    rates: dict[str, list[float]] = {"threads": [], "models": [], "one": []}
    for _ in range(arguments.pairs):
        rates["threads"].append(rate(corpus.path, job["threads"], 1, how))
        rates["models"].append(rate(corpus.path, 1, job["threads"], how))
        rates["one"].append(rate(corpus.path, 1, 1, how))
        print(f"{job['mode']} words/s: " + ", ".join(f"{name} {found[-1]:,.0f}" for name, found in rates.items()),
              flush=True)  # fmt: skip
    return {
        **job,
        "rates": rates,
        "of_models": measure.pair_ratios(rates["threads"], rates["models"]).as_dict(),
        "of_one": measure.pair_ratios(rates["threads"], rates["one"]).as_dict(),
    }


# ------------------------------------------------------------------------------------- main ----


def numbers(kind: Any) -> Any:
    return lambda text: [kind(part) for part in text.split(",")]


def parsed(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--simulate", type=numbers(int), help="lanes, by comma")
    what.add_argument("--quality", type=numbers(int), help="threads that are trained as they are, by comma")
    what.add_argument("--threads", type=numbers(int), help="threads whose speed is measured, by comma")
    parser.add_argument("--mode", type=numbers(str), default=list(MODES), help="by comma; all")
    parser.add_argument("--alpha", type=numbers(float), default=[0.025], help="by comma")
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--sample", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=numbers(int), default=[1])
    parser.add_argument("--turn", type=int, default=4, help="positions that a lane walks at a time")
    parser.add_argument("--chunk-words", type=int, help="smaller chunks, where there are more lanes than chunks")
    parser.add_argument("--planted", type=numbers(str), default=[], help="items, graph: instead of text")
    parser.add_argument("--vocabulary", type=numbers(int), default=[50, 500, 5000], help="of what is planted")
    parser.add_argument("--pairs", type=int, default=3, help="runs of each contender for speed")
    parser.add_argument("--name", default="many-cores", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    arguments = parser.parse_args(words)
    if unknown := [mode for mode in arguments.mode if mode not in MODES]:
        parser.error(f"--mode {','.join(unknown)}: choose from {','.join(MODES)}")
    return arguments


def sources(arguments: argparse.Namespace, work: Path) -> Iterator[corpora.Corpus]:
    if not arguments.planted:
        yield corpora.prepare(arguments, work)
    for kind, n_words in product(arguments.planted, arguments.vocabulary):
        yield planted_walks.corpus(work, kind, n_words, arguments.words)


def main(words: list[str] | None = None) -> int:
    arguments = parsed(words)
    if arguments.chunk_words:
        from fastw2v.text import lists

        lists.chunk_words = lambda n_words: arguments.chunk_words
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(arguments.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        result = measure.header("many-cores", {key: getattr(arguments, key) for key in PARAMETERS})
        result.update(corpora=[], versions=measure.versions("numpy"), simulated=[], measured=[])
        data, known = corpora.data_folder(arguments.data), {}
        for corpus in sources(arguments, work):
            result["corpora"].append(corpus.as_dict())
            for mode, alpha, n in product(
                arguments.mode, arguments.alpha, arguments.simulate or arguments.quality or arguments.threads
            ):
                job = {"corpus": corpus.name, "mode": mode, "alpha": alpha}
                if not arguments.threads:
                    run = simulated({"lanes": n, **job}, corpus, data, known, arguments)
                    result["simulated"].append(run)
                else:
                    run = measured({"threads": n, **job}, corpus, arguments)
                    result["measured"].append(run)
    report.publish(result, arguments.name, arguments.results)
    print(json.dumps(finite_only(run)))
    return 0


def finite_only(found: Any) -> Any:
    """Numbers that are none become null: JSON knows no NaN."""
    if isinstance(found, dict):
        return {key: finite_only(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [finite_only(value) for value in found]
    return None if isinstance(found, float) and not np.isfinite(found) else found


if __name__ == "__main__":
    sys.exit(train_as_child() if sys.argv[1:2] == ["--child"] else main())
