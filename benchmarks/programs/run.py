"""Run every program on gensim and on fastw2v, five seeds, and write ``../results/programs.md``."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent
# program -> (name of the environment, packages whose versions matter, what kind of program it is)
PROGRAMS = {
    "fastnode2vec_blocks": ("fastnode2vec", "graph embedding; overrides train and _do_train_job"),
    "node2vec_blocks": ("node2vec", "graph embedding; batch_words=4"),
    "pecanpy_blocks": ("pecanpy", "graph embedding; command line"),
    "karateclub_blocks": ("karateclub", "graph embedding; hierarchical softmax beside the default negative=5"),
    "pyrdf2vec_countries": ("pyrdf2vec", "knowledge graph; build_vocab(update=True)"),
    "spec2vec_fragments": ("spec2vec", "mass spectra; callbacks, window of 500"),
    "scattertext_conventions": ("scattertext", "text analysis; exhausted iterators, 10,000 epochs"),
    "nodevectors_blocks": ("nodevectors", "graph embedding; size= of gensim 3"),
    "mol2vec_logp": ("mol2vec", "chemistry; size=, wv.vocab, word_vec of gensim 3"),
    "karateclub_node2vec": ("karateclub", "graph embedding; Node2Vec, negative=5"),
    "fse_lee": ("fse", "sentence vectors; reads the model's arrays in C"),
    "wefe_lee": ("wefe", "associations of words; asks isinstance(wv, KeyedVectors)"),
    "keybert_lee": ("keybert", 'keywords; knows vectors by "gensim" in str(type(wv))'),
    "hist_w2v_lee": ("hist_w2v", 'models by year, in a pool of processes; mmap="r", init_sims(replace=True)'),
    "item2vec_movielens": ("gensim", "films in the order of ratings; skip-gram with gensim's defaults"),
    "librecommender_films": ("librecommender", "recommender; Item2Vec"),
    "librecommender_retrain": ("librecommender", "recommender; DeepWalk, saved, loaded, build_vocab(update=True)"),
}


def version(python: Path, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()


def run(python: Path, program: str, seed: int, patched: bool) -> tuple[float | None, str, float, str]:
    """Value, name of the figure, seconds, and the last line of what went wrong."""
    command = [str(python), *(["-m", "fastw2v.patch"] if patched else []), str(HERE / f"{program}.py")]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    done = subprocess.run([*command, "--seed", str(seed)], capture_output=True, text=True, env=environment, timeout=900)
    seconds = time.perf_counter() - start
    for line in reversed(done.stdout.splitlines()):
        if line.startswith('{"figure"'):
            result = json.loads(line)
            return result["value"], result["figure"], seconds, ""
    return None, "", seconds, (done.stderr.strip().splitlines() or ["no output"])[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, help="environments are PREFIX-NAME")
    parser.add_argument("--only", action="append", default=[], help="programs whose name contains this")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=HERE.parent / "results" / "programs.md")
    args = parser.parse_args()
    rows = []
    for program, (name, kind) in PROGRAMS.items():
        if args.only and not any(part in program for part in args.only):
            continue
        python = Path(f"{args.prefix}-{name}") / "bin" / "python"
        cells, means = [], []
        least = float("-inf")
        figure = ""
        for patched in (False, True):
            results = [run(python, program, seed, patched) for seed in range(1, args.seeds + 1)]
            values = [value for value, *_ in results if value is not None]
            figure = figure or next((one[1] for one in results if one[1]), "")
            if len(values) == len(results):
                spread = ", ".join(f"{value:.3f}" for value in values)
                cells.append(f"{statistics.mean(values):.3f} ({spread})")
                means.append(statistics.mean(values))
                least = least if patched else min(values)
            else:
                cells.append("does not run: `" + next(one[3] for one in results if one[3])[:120] + "`")
            cells.append(f"{statistics.median(seconds for _, _, seconds, _ in results):.1f}")
        verdict = ("yes" if means[-1] >= least else "no") if len(means) == 2 else ""
        rows.append(f"| {name} {version(python, name)} | {kind} | {figure} | {' | '.join(cells)} | {verdict} |")
        print(rows[-1], flush=True)
    first = Path(f"{args.prefix}-{PROGRAMS['node2vec_blocks'][0]}") / "bin" / "python"
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    cpu = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())
    text = [
        "# Programs written for gensim, unchanged, on gensim and on fastw2v",
        "",
        f"{datetime.date.today()}, {cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"gensim {version(first, 'gensim')}, numpy {version(first, 'numpy')}. Written by `benchmarks/programs/run.py`.",
        "Quality: mean (each seed). Seconds: median of the whole program, imports and its own work included.",
        "",
        "| package | kind | figure | gensim | s | fastw2v | s | within gensim's spread, or better |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
    ]
    args.output.parent.mkdir(exist_ok=True)
    args.output.write_text("\n".join(text))


if __name__ == "__main__":
    main()
