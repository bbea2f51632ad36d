"""Queries beside gensim's, and a graph of neighbours beside scikit-learn's brute force.

    python benchmarks/bench_queries.py                          # 73,006 x 100 and 1,000,000 x 300, made
    python benchmarks/bench_queries.py --vectors english.kv     # the first table from a file, as trained
    python benchmarks/bench_queries.py --threads 1 --jobs "most_similar;analogies" --sizes 73006x100

Both systems are in one process and take turns; NumPy's BLAS has as many threads as we have. Before a job is timed, its
answers are compared. The share of the memory's speed is that of one question over a large table beside a sum of all
numbers of the same table, by the same threads.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import measure
import numpy as np
import report

from fastw2v import KeyedVectors, Word2Vec

K = 10
BATCH = 1000
ROOM = 1 << 30  # bytes, for the sketch of a large table
REST = 0.15  # seconds: threads of a BLAS go on spinning after a call, and would take a processor from who comes next


class Job(NamedTuple):
    """What is timed: calls that answer the same questions, of which the peer gets one for ``loop`` of ours."""

    name: str
    ours: Callable[[], Any]
    peer: Callable[[], Any]
    same: Callable[[Any, Any], bool]
    loop: float = 1.0


def made(n: int, size: int) -> KeyedVectors:
    wv = KeyedVectors(size)
    wv.add_vectors([f"w{row}" for row in range(n)], np.random.default_rng(1).standard_normal((n, size), np.float32))
    return wv


def gensims(wv: KeyedVectors) -> Any:
    from gensim.models import KeyedVectors as Peer

    peer = Peer(wv.vector_size)
    peer.vectors = wv.vectors.copy()  # each has its own, as in programs of their own
    peer.index_to_key, peer.key_to_index = list(wv.index_to_key), dict(wv.key_to_index)
    peer.fill_norms()  # which it keeps
    return peer


def same_answers(ours: list[Any], theirs: list[Any]) -> bool:
    """Whether lists of (key, score) agree, up to the order of scores that rounding cannot tell apart."""
    for one, other in zip(ours, theirs, strict=True):
        scores, wanted = ([score for _, score in best] for best in (one, other))
        if not np.allclose(scores, wanted, atol=1e-5):
            return False
        strangers = {key for key, _ in one} ^ {key for key, _ in other}
        if any(abs(score - scores[-1]) > 1e-5 for key, score in [*one, *other] if key in strangers):
            return False
    return True


def close(ours: Any, theirs: Any) -> bool:
    return bool(np.allclose(np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), atol=1e-5))


def equal(ours: Any, theirs: Any) -> bool:
    return bool(ours == theirs)


def agree(ours: Any, theirs: Any) -> bool:
    """Whether at least 19 of 20 nearest are the same: what int8 promises on trained vectors."""
    shared = [len({key for key, _ in a} & {key for key, _ in b}) for a, b in zip(ours, theirs, strict=True)]
    return sum(shared) >= 0.8 * K * len(shared)


def table_jobs(wv: KeyedVectors, threads: int, wanted: set[str]) -> list[Job]:
    """The questions to a table."""
    peer, keys = gensims(wv), wv.index_to_key
    rng = np.random.default_rng(2)
    n = len(keys)
    words = [keys[row] for row in rng.integers(0, min(n, 20_000), 4000)]
    few = 8 if n < 200_000 else 2
    loop = 50 if n < 200_000 else 4
    pairs = list(zip(words[:200], words[200:400], strict=True))
    triples = np.array(words[:3000]).reshape(-1, 3).tolist()
    alone = 1 if threads == 1 else None  # as many as pay
    small = wv.quantize() if "most_similar, int8" in wanted else wv

    def ask(table: Any, **options: Any) -> list[Any]:
        return [table.most_similar(word, topn=K, **options) for word in words[:few]]

    def ask_sketch() -> list[Any]:
        wv.sketch_bytes = ROOM  # made by the second question, before anything is timed
        return ask(wv, threads=alone)

    jobs = [
        Job("most_similar", partial(ask, wv, threads=alone), partial(ask, peer), same_answers),
        Job("most_similar, sketch", ask_sketch, partial(ask, peer), same_answers),
        Job("most_similar, int8", partial(ask, small, threads=alone), partial(ask, peer), agree),
        Job(
            f"batch of {BATCH:,}", lambda: wv.most_similar_batch(words[:BATCH], K, threads=threads),
            lambda: [peer.most_similar(word, topn=K) for word in words[:loop]],
            lambda ours, theirs: same_answers(ours[:loop], theirs), BATCH / loop,
        ),
        Job(
            "analogies",
            lambda: wv.most_similar_batch(
                [[b, c] for _, b, c in triples], K, negative=[[a] for a, _, _ in triples], threads=threads
            ),
            lambda: [peer.most_similar([b, c], [a], topn=K) for a, b, c in triples[:loop]],
            lambda ours, theirs: same_answers(ours[:loop], theirs), len(triples) / loop,
        ),
        Job("similarity", lambda: [wv.similarity(*pair) for pair in pairs],
            lambda: [peer.similarity(*pair) for pair in pairs], close),
        Job("distance", lambda: [wv.distance(*pair) for pair in pairs],
            lambda: [peer.distance(*pair) for pair in pairs], close),
        Job("doesnt_match", lambda: [wv.doesnt_match(words[at : at + 5]) for at in range(200)],
            lambda: [peer.doesnt_match(words[at : at + 5]) for at in range(200)], equal),
        Job("n_similarity", lambda: [wv.n_similarity(words[at : at + 3], words[at + 3 : at + 6]) for at in range(200)],
            lambda: [peer.n_similarity(words[at : at + 3], words[at + 3 : at + 6]) for at in range(200)], close),
        Job("rank", lambda: [wv.rank(*pair) for pair in pairs[:few]],
            lambda: [peer.rank(*pair) for pair in pairs[:few]],
            lambda ours, theirs: max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) <= 2),
        Job("wv[word]", lambda: [wv[word] for word in words], lambda: [peer[word] for word in words], close),
        Job("similarity of pairs", lambda: wv.similarity_batch(*zip(*pairs, strict=True)),
            lambda: [peer.similarity(*pair) for pair in pairs], close),
        Job("wmdistance", lambda: [wv.wmdistance(words[at : at + 15], words[at + 15 : at + 30]) for at in range(20)],
            lambda: [peer.wmdistance(words[at : at + 15], words[at + 15 : at + 30]) for at in range(20)], close),
        Job(f"graph, k={K}, beside scikit-learn", lambda: wv.nearest_neighbours_graph(K, threads=threads),
            lambda: brute_force(wv), same_graph),
    ]  # fmt: skip
    return [job for job in jobs if job.name in wanted]


def brute_force(wv: KeyedVectors) -> Any:
    from sklearn.neighbors import NearestNeighbors

    units = wv.get_normed_vectors()  # so that the order of distances is that of cosines
    return NearestNeighbors(n_neighbors=K, algorithm="brute").fit(units).kneighbors_graph(mode="distance")


def same_graph(ours: Any, theirs: Any) -> bool:
    rows = range(0, ours.shape[0], 97)
    found = [set(ours.indices[ours.indptr[row] : ours.indptr[row + 1]].tolist()) for row in rows]
    wanted = [set(theirs.indices[theirs.indptr[row] : theirs.indptr[row + 1]].tolist()) for row in rows]
    return sum(len(a & b) for a, b in zip(found, wanted, strict=True)) > 0.999 * sum(map(len, wanted))


def model_job(name: str, n: int, size: int, **options: Any) -> Job:
    """A question to a model, whose weights are the same in both systems."""
    from gensim.models import Word2Vec as Peer

    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((n, size), np.float32) * np.float32(0.1)
    sentences = [[f"w{row}" for row in rng.integers(0, n, 20)] for _ in range(2000)]
    models = []
    for cls in (Word2Vec, Peer):
        model = cls(vector_size=size, min_count=1, workers=1, seed=1, **options)
        model.build_vocab_from_freq({f"w{row}": n - row + 5 for row in range(n)})
        model.wv.vectors[:] = matrix
        getattr(model, "syn1" if options.get("hs") else "syn1neg")[:] = matrix[::-1]
        models.append(model)
    ours, peer = models
    if name == "score":
        return Job(
            name,
            partial(ours.score, sentences),
            partial(peer.score, sentences, len(sentences)),
            lambda a, b: bool(np.allclose(a, b, rtol=5e-2)),
        )
    contexts = [text[:4] for text in sentences[:8]]
    return Job(
        name,
        lambda: [ours.predict_output_word(context) for context in contexts],
        lambda: [peer.predict_output_word(context) for context in contexts],
        same_answers,
    )


MODELS: dict[str, dict[str, Any]] = {
    "predict_output_word": {"negative": 5},
    "score": {"hs": 1, "negative": 0, "sg": 1},
}


def timed(run: Callable[[], Any], work: float) -> tuple[float, float]:
    time.sleep(REST)
    for _ in range(2):  # what is over sooner than that is timed the second time, with its data near again
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        seconds, of_the_processor = time.perf_counter() - wall, time.process_time() - cpu
        if seconds > REST:
            break
    return work / seconds, work / max(of_the_processor, 1e-9)


def compare(job: Job, table: str, pairs: int) -> dict[str, Any]:
    if not job.same(job.ours(), job.peer()):
        raise SystemExit(f"{table}: {job.name}: answers differ from the peer's")
    runs = {"fastw2v": partial(timed, job.ours, 1.0), "peer": partial(timed, job.peer, 1 / job.loop)}
    rates, _ = measure.alternate(runs, pairs, must="fastw2v")
    both = [[[rate[clock] for rate in rates[name]] for name in ("fastw2v", "peer")] for clock in (0, 1)]
    times, by_cpu = (measure.pair_ratios(*rates_of) for rates_of in both)
    seconds = {
        name: measure.summary([1 / rate for rate in rates_of]).as_dict()
        for name, rates_of in zip(("fastw2v", "peer"), both[0], strict=True)
    }
    print(f"{table}, {job.name}: {report.of(times.as_dict())} times, by CPU time {by_cpu.median:.1f}", flush=True)
    return {
        "table": table,
        "job": job.name,
        "seconds": seconds,
        "times": times.as_dict(),
        "times_cpu": by_cpu.as_dict(),
    }


def bandwidth(wv: KeyedVectors, threads: int, pairs: int) -> dict[str, Any]:
    """One question's share of the speed at which the same threads sum the numbers of the table."""
    numbers = np.ascontiguousarray(wv.vectors).view(np.uint64).ravel()
    parts = np.array_split(numbers, threads)

    def read() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(np.sum, parts))

    vector = np.ones(wv.vector_size)
    runs = {
        "query": partial(timed, lambda: wv.similar_by_vector(vector, topn=K), numbers.nbytes),
        "read": partial(timed, read, numbers.nbytes),
    }
    rates, _ = measure.alternate(runs, pairs)
    speeds = {name: [rate for rate, _ in rates[name]] for name in runs}
    share = measure.pair_ratios(speeds["query"], speeds["read"])
    print(f"share of the memory's speed: {report.of(share.as_dict(), 100, 0)} %", flush=True)
    return {name: measure.summary(values).as_dict() for name, values in speeds.items()} | {"share": share.as_dict()}


def agreement(wv: KeyedVectors) -> dict[str, float]:
    """Share of the ten nearest of 1,000 keys that are those of float32."""
    words = [wv.index_to_key[row] for row in np.random.default_rng(4).integers(0, min(len(wv), 20_000), BATCH)]
    keys, _ = wv.most_similar_batch(words, K, as_arrays=True)
    found = {}
    for name, small in (("float16", wv.astype("float16")), ("int8", wv.quantize())):
        others, _ = small.most_similar_batch(words, K, as_arrays=True)
        found[name] = sum(len(set(a) & set(b)) for a, b in zip(keys.tolist(), others.tolist(), strict=True)) / keys.size
        print(f"{name}: {100 * found[name]:.2f} % of the ten nearest are those of float32", flush=True)
    return found


def approximate(wv: KeyedVectors, pairs: int) -> list[dict[str, Any]]:
    """Approximate indexes beside exact search: what making one takes, a question, and how much it finds."""
    from fastw2v.indexers import FaissIndexer, UsearchIndexer

    cells = 2 ** round(np.log2(4 * len(wv) ** 0.5))  # faiss' advice: 4 to 16 times the root
    made: dict[str, Callable[[], Any]] = {
        "usearch": partial(UsearchIndexer, wv),
        "faiss, HNSW32": partial(FaissIndexer, wv),
        f"faiss, IVF{cells}, 16 cells": partial(probing, wv, f"IVF{cells},Flat", 16),
    }
    words = [wv.index_to_key[row] for row in np.random.default_rng(5).integers(0, min(len(wv), 20_000), 200)]
    wanted = [{key for key, _ in best} for best in wv.most_similar_batch(words, K)]
    found = []
    for name, make in made.items():
        began = time.perf_counter()
        index = make()
        seconds = time.perf_counter() - began

        def ask(index: Any = index) -> list[Any]:
            return [wv.most_similar(word, topn=K + 1, indexer=index) for word in words]  # the word is its own neighbour

        answers = [[key for key, _ in best if key != word][:K] for word, best in zip(words, ask(), strict=True)]
        recall = sum(len(best & set(keys)) for best, keys in zip(wanted, answers, strict=True)) / (K * len(words))
        exact = [partial(timed, partial(exactly, wv, words, kept), 1.0) for kept in (False, True)]
        runs = {"index": partial(timed, ask, 1.0), "exact": exact[0], "exact, again": exact[1]}
        rates, _ = measure.alternate(runs, pairs)
        times = {
            run: measure.summary([1 / rate / len(words) for rate, _ in rates[run]]).as_dict() for run in runs
        }
        found.append({"name": name, "seconds": seconds, "recall": recall, "question": times})
        print(f"{name}: {seconds:.1f} s, recall {recall:.3f}, {report.of(times['index'], 1e3, 3)} ms", flush=True)
    return found


def probing(wv: KeyedVectors, factory: str, cells: int) -> Any:
    """An index of faiss that searches so many cells."""
    from fastw2v.indexers import FaissIndexer

    made = FaissIndexer(wv, factory)
    made.index.nprobe = cells
    return made


def exactly(wv: KeyedVectors, words: list[str], kept: bool) -> None:
    """Ask for the neighbours of each word, of a table that nobody writes to, or that somebody may have written to."""
    for word in words:
        if not kept:
            wv.vectors  # noqa: B018 - whoever reads it may write
        wv.most_similar(word, topn=K)


SMALL = [
    "most_similar", "most_similar, int8", f"batch of {BATCH:,}", "analogies", "similarity", "distance", "doesnt_match",
    "n_similarity", "rank", "wv[word]", "similarity of pairs", "wmdistance", f"graph, k={K}, beside scikit-learn",
    "predict_output_word", "score",
]  # fmt: skip
LARGE = ["most_similar", "most_similar, sketch", "most_similar, int8", f"batch of {BATCH:,}"]


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="73006x100,1000000x300")
    parser.add_argument("--vectors", type=Path, help="a file of vectors, in the place of the first size")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--jobs", help="by semicolon; default: all for tables below 200,000 rows, few for others")
    parser.add_argument("--indexers", action="store_true", help="measure approximate search, and nothing else")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--name", default="queries", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    arguments = parser.parse_args(words)
    jobs = arguments.jobs.split(";") if arguments.jobs else []
    if unknown := set(jobs) - {*SMALL, *LARGE, "bandwidth"}:
        parser.error(f"--jobs: unknown {sorted(unknown)}; there are {'; '.join(dict.fromkeys([*SMALL, *LARGE]))}")
    result = measure.header("queries", {name: getattr(arguments, name) for name in ("sizes", "threads", "pairs")})
    result["versions"] = measure.versions("fastw2v", "gensim", "numpy", "scikit-learn", "POT", "usearch", "faiss-cpu")
    result["results"] = []
    for place, size in enumerate(arguments.sizes.split(",")):
        n, d = map(int, size.split("x"))
        wv = KeyedVectors.load(arguments.vectors) if arguments.vectors and place == 0 else made(n, d)
        wanted = jobs or (SMALL if n < 200_000 else LARGE)
        table = f"{len(wv):,} x {wv.vector_size}"
        if arguments.indexers:
            found = approximate(wv, arguments.pairs)
            result.setdefault("indexes", []).extend({"table": table, **entry} for entry in found)
            continue
        if arguments.vectors and place == 0:
            result["agreement"] = agreement(wv)
        models = [model_job(name, n, d, **options) for name, options in MODELS.items() if name in wanted]
        for job in [*table_jobs(wv, arguments.threads, set(wanted)), *models]:
            result["results"].append(compare(job, table, arguments.pairs))
        if n >= 200_000 or "bandwidth" in jobs:
            result["bandwidth"] = bandwidth(wv, arguments.threads, arguments.pairs)
    report.publish(result, arguments.name, arguments.results)


if __name__ == "__main__":
    chosen = next((sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == "--threads"), "2")
    if os.environ.get("OPENBLAS_NUM_THREADS") != chosen:  # read when NumPy is imported
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "OPENBLAS_NUM_THREADS": chosen})
    logging.disable(logging.WARNING)  # of this process alone: tests call main()
    main()
