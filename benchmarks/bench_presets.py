"""Do the presets win? Each beside gensim's defaults, on texts, item sequences and graphs, over several seeds.

    python benchmarks/bench_presets.py --runs runs.jsonl --systems gensim,balanced,similarity --words 4000000
    python benchmarks/bench_presets.py --runs runs.jsonl --corpus chinese_8m --systems balanced
    python benchmarks/bench_presets.py --runs runs.jsonl --corpus items --systems "gensim,gensim items,items"
    python benchmarks/bench_presets.py --runs runs.jsonl --corpus karate,blocks,communities --systems gensim,graph
    python benchmarks/bench_presets.py --runs runs.jsonl --report presets    # nothing is trained: the tables

A system is ``gensim`` or ``fastw2v`` (defaults, but ``sg=1`` for text), the name of a preset, or parameters
(``sg=1 epochs=20``), with ``gensim`` before it for gensim with the same parameters. Each run is a line of the file
of runs, which is added to: what it has already is not trained again. ``--keep FOLDER`` keeps the vectors of texts.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import corpora
import evaluation
import graphs
import measure
import numpy as np
import report

from fastw2v.presets import PRESETS

AVERAGED = (2, 3, 5)  # epochs at the end
Scores = dict[str, float]


def parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    parser.add_argument("--systems", default="gensim,balanced", help="separated by commas")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--runs", type=Path, required=True, help="JSON lines, one for each training")
    parser.add_argument("--keep", type=Path, help="folder for the vectors of texts")
    parser.add_argument("--report", metavar="NAME", help="write the tables of all runs as results of this name")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    return parser.parse_args(words)


def parameters_of(system: str, text: bool) -> dict[str, Any]:
    """What a system's name says."""
    name = system.removeprefix("gensim").strip()
    if name in PRESETS:
        return dict(PRESETS[name])
    given = dict(pair.split("=") for pair in name.split()) if name != "fastw2v" else {}
    chosen = {key: ast.literal_eval(value) for key, value in given.items()}
    return {"sg": 1, **chosen} if text else chosen


class LastEpochs:
    """A callback that averages the vectors of the last epochs."""

    def __init__(self, epochs: int) -> None:
        self._left = epochs
        self.sums: dict[int, np.ndarray] = {}

    def on_train_begin(self, model: Any) -> None: ...

    def on_epoch_begin(self, model: Any) -> None: ...

    def on_train_end(self, model: Any) -> None: ...

    def on_epoch_end(self, model: Any) -> None:
        """Add the vectors to each sum that they belong to."""
        self._left -= 1
        for n in AVERAGED:
            if self._left < n:
                self.sums[n] = self.sums.get(n, 0.0) + np.asarray(model.wv.vectors, dtype=np.float64) / n


def train(system: str, parameters: dict[str, Any], corpus: Any, seed: int, **more: Any) -> tuple[Any, float]:
    """Train with one thread; the model and the seconds of a processor."""
    if system.startswith("gensim"):
        from gensim.models import Word2Vec as Trainer
        from gensim.models.word2vec import LineSentence
    else:
        from fastw2v import Word2Vec as Trainer  # type: ignore[assignment]
        from fastw2v.text.corpus import LineSentence  # type: ignore[assignment]
    ready = LineSentence(str(corpus)) if isinstance(corpus, Path) else corpus
    start = time.process_time()
    model = Trainer(ready, seed=seed, workers=1, **parameters, **more)
    return model, time.process_time() - start


def texts(arguments: argparse.Namespace, work: Path, data: Path | None) -> Callable[..., tuple[Scores, float]]:
    corpus = corpora.prepare(arguments, work)

    def one(system: str, parameters: dict[str, Any], seed: int) -> tuple[Scores, float]:
        average = LastEpochs(parameters.get("epochs", 5))
        watch = {"callbacks": [average]} if arguments.keep and not system.startswith("gensim") else {}
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
        model, seconds = train(system, parameters, corpus.path, seed, **watch)
        keys, rows = list(model.wv.index_to_key), np.array(model.wv.vectors)
        if arguments.keep:
            counts = np.array([model.wv.get_vecattr(key, "count") for key in keys])
            name = f"{corpus.name}-{corpus.n_words}-{system}-{seed}.npz"
            sums = {f"last{n}": average.sums[n].astype(np.float32) for n in average.sums}
            outputs = getattr(model, "syn1neg", None)
            more = {} if outputs is None else {"outputs": np.array(outputs)}
            np.savez(arguments.keep / name, keys=np.array(keys), vectors=rows, counts=counts, **more, **sums)
        return evaluation.scores(keys, rows, corpus.language, data and data / "eval"), seconds

    return one


def items(data: Path | None) -> Callable[..., tuple[Scores, float]]:
    """The last item of each sequence is to be found from the ten before it."""
    from fastw2v.tuning import LAST_ITEMS, hit_rate

    file = data and data / "items_movielens_small.txt"
    if not file or not file.exists():
        raise SystemExit("no items_movielens_small.txt in the data folder (--data or FASTW2V_DATA)")
    sequences = [line.split() for line in file.read_text("utf8").splitlines()]
    held = [(one[-1 - LAST_ITEMS : -1], one[-1]) for one in sequences]
    known = [one[:-1] for one in sequences]

    def one(system: str, parameters: dict[str, Any], seed: int) -> tuple[Scores, float]:
        model, seconds = train(system, parameters, known, seed)
        answers = SimpleNamespace(wv=evaluation.as_keyed_vectors(model.wv.index_to_key, model.wv.vectors))
        return {f"hit rate@{n}": hit_rate(answers, held, n) for n in (10, 20)}, seconds  # type: ignore[arg-type]

    return one


def graph(kind: str) -> Callable[..., tuple[Scores, float]]:
    """Links that no walk knows of are to be told from pairs of nodes; neighbours are to be of the same community."""
    known = graphs.GRAPHS[kind]()

    def one(system: str, parameters: dict[str, Any], seed: int) -> tuple[Scores, float]:
        walks = graphs.walks(known, seed)
        model, seconds = train(system, parameters, walks, seed, min_count=1)
        return graphs.scores(known, model.wv.index_to_key, model.wv.vectors), seconds

    return one


def run(arguments: argparse.Namespace, work: Path) -> None:
    """Train what is not in the file of runs yet."""
    data = corpora.data_folder(arguments.data)
    file: Path = arguments.runs
    done = [json.loads(line) for line in file.read_text("utf8").splitlines()] if file.exists() else []
    seen = {(entry["corpus"], entry["words"], entry["system"], entry["seed"]) for entry in done}
    kinds = arguments.corpus.split(",")
    for kind in kinds:
        text = kind != "items" and kind not in graphs.GRAPHS
        one: Any = None
        for system in arguments.systems.split(","):
            for seed in map(int, arguments.seeds.split(",")):
                if (kind, arguments.words, system, seed) in seen:
                    continue
                if one is None:
                    one = texts(arguments, work, data) if text else items(data) if kind == "items" else graph(kind)
                parameters = parameters_of(system, text)
                scores, seconds = one(system, parameters, seed)
                entry = {
                    "corpus": kind, "words": arguments.words, "system": system, "seed": seed,
                    "parameters": parameters, "seconds": round(seconds, 2), "scores": scores,
                }  # fmt: skip
                with file.open("a", encoding="utf8") as out:
                    out.write(json.dumps(entry) + "\n")
                figures = "  ".join(f"{name} {value:.3f}" for name, value in scores.items())
                print(f"{kind} {arguments.words or ''} {system} seed {seed}: {seconds:.0f} s  {figures}", flush=True)


def main(words: list[str] | None = None) -> int:
    arguments = parse(words)
    if not arguments.report:
        with tempfile.TemporaryDirectory() as temporary:
            work = Path(arguments.work or temporary)
            work.mkdir(parents=True, exist_ok=True)
            run(arguments, work)
        return 0
    runs = [json.loads(line) for line in arguments.runs.read_text("utf8").splitlines()]
    result = measure.header("presets", {"threads": 1, "min_count of graphs": 1})
    result.update(versions=measure.versions("numpy", "scipy", "fastw2v", "gensim"), results=runs)
    report.publish(result, arguments.report, arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
