"""Small things beside gensim's: tiny corpora, short trainings, one vector at a time, pickles and copies.

    python benchmarks/bench_small.py
    python benchmarks/bench_small.py --jobs "wv[word];n_similarity" --pairs 31

What counts here is what a call costs before any work begins.  Both systems are in one process and take turns; each turn
repeats a call for some milliseconds.  Before a job is timed, its answers are compared.
"""

from __future__ import annotations

import argparse
import copy
import logging
import os
import pickle
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import measure
import numpy as np
import report
from bench_queries import Job, close, compare, equal, gensims, same_answers

from fastw2v import Word2Vec

SENTENCES = [
    ["human", "interface", "computer"],
    ["survey", "user", "computer", "system", "response", "time"],
    ["eps", "user", "interface", "system"],
    ["system", "human", "system", "eps"],
    ["user", "response", "time"],
]


class Call(NamedTuple):
    """A call of either system, how often a turn repeats it, and when its answers agree."""

    make: Callable[[Any], Callable[[], Any]]  # of a model (or of the class, for what makes models)
    times: int
    same: Callable[[Any, Any], bool]


def same_words(ours: Any, theirs: Any) -> bool:
    """Whether two models have the same words, counts and shapes, and finite vectors."""
    ours, theirs = (vars(one).get("wv", one) for one in (ours, theirs))
    return bool(
        ours.index_to_key == theirs.index_to_key
        and ours.vectors.shape == theirs.vectors.shape
        and np.isfinite(ours.vectors).all()
        and all(ours.get_vecattr(word, "count") == theirs.get_vecattr(word, "count") for word in ours.index_to_key)
    )


def same_text(ours: Any, theirs: Any) -> bool:
    """Whether two trainings went over the same raw words."""
    return bool(ours[1] == theirs[1])


def same_copies(ours: Any, theirs: Any) -> bool:
    """Whether copies, or what is left of them in a pickle, hold the same vectors."""
    found, wanted = (pickle.loads(one) if isinstance(one, bytes) else one for one in (ours, theirs))
    found, wanted = (vars(one).get("wv", one) for one in (found, wanted))
    return same_words(found, wanted) and close(found.vectors, wanted.vectors)


def constructor(cls: Any, **options: Any) -> Callable[[], Any]:
    return lambda: cls(SENTENCES, min_count=1, **options)


def vocabulary(cls: Any) -> Callable[[], Any]:
    def build() -> Any:
        model = cls(min_count=1)
        model.build_vocab(SENTENCES)
        return model

    return build


def short_training(cls: Any, epochs: int = 1, **options: Any) -> Callable[[], Any]:
    model = cls(SENTENCES, min_count=1, **options)
    return lambda: model.train(SENTENCES, total_examples=len(SENTENCES), epochs=epochs)


OF_CLASSES: dict[str, Call] = {
    "Word2Vec(5 sentences)": Call(constructor, 10, same_words),
    "Word2Vec(5 sentences, workers=1)": Call(partial(constructor, workers=1), 10, same_words),
    "Word2Vec(5 sentences, hs=1)": Call(partial(constructor, hs=1, negative=0), 10, same_words),
    "Word2Vec()": Call(lambda cls: cls, 100, lambda ours, theirs: ours.epochs == theirs.epochs),
    "build_vocab": Call(vocabulary, 20, same_words),
    "train, 1 epoch": Call(short_training, 10, same_text),
    "train, 1 epoch, workers=1": Call(partial(short_training, workers=1), 10, same_text),
    "train, 5 epochs": Call(partial(short_training, epochs=5), 5, same_text),
}

OF_VECTORS: dict[str, Call] = {
    "wv[word]": Call(lambda wv: lambda: wv["user"], 5000, close),
    "get_vector": Call(lambda wv: lambda: wv.get_vector("user"), 5000, close),
    "get_vector, norm": Call(lambda wv: lambda: wv.get_vector("user", norm=True), 2000, close),
    "wv[words]": Call(lambda wv: lambda: wv[["user", "system", "eps"]], 1000, close),
    "word in wv": Call(lambda wv: lambda: "user" in wv, 5000, equal),
    "similarity": Call(lambda wv: lambda: wv.similarity("user", "system"), 1000, close),
    "distance": Call(lambda wv: lambda: wv.distance("user", "system"), 1000, close),
    "doesnt_match": Call(lambda wv: lambda: wv.doesnt_match(["user", "system", "eps"]), 400, equal),
    "n_similarity": Call(lambda wv: lambda: wv.n_similarity(["user", "system"], ["eps", "time"]), 400, close),
    "rank": Call(lambda wv: lambda: wv.rank("user", "system"), 400, equal),
    "get_mean_vector": Call(lambda wv: lambda: wv.get_mean_vector(["user", "system", "eps"]), 400, close),
    "most_similar": Call(
        lambda wv: lambda: wv.most_similar("user"), 300, lambda ours, theirs: same_answers([ours], [theirs])
    ),
    "pickle": Call(lambda wv: lambda: pickle.dumps(wv), 200, same_copies),
    "unpickle": Call(lambda wv: partial(pickle.loads, pickle.dumps(wv)), 200, same_copies),
    "copy": Call(lambda wv: lambda: copy.copy(wv), 1000, same_copies),
    "deepcopy": Call(lambda wv: lambda: copy.deepcopy(wv), 200, same_copies),
}

OF_MODELS: dict[str, Call] = {
    "predict_output_word": Call(
        lambda model: lambda: model.predict_output_word(["user", "time"]), 300,
        lambda ours, theirs: same_answers([ours], [theirs]),
    ),
    "pickle of a model": Call(lambda model: lambda: pickle.dumps(model), 50, same_copies),
    "unpickle of a model": Call(lambda model: partial(pickle.loads, pickle.dumps(model)), 50, same_copies),
    "deepcopy of a model": Call(lambda model: lambda: copy.deepcopy(model), 50, same_copies),
}  # fmt: skip


def repeated(call: Callable[[], Any], times: int) -> Callable[[], Any]:
    """Return a function that calls another one so often, and returns its last answer."""

    def run() -> Any:
        for _ in range(times - 1):
            call()
        return call()

    return run


def jobs(wanted: set[str]) -> list[Job]:
    """The calls, of both systems, which have the same vectors where there are vectors."""
    from gensim.models import Word2Vec as Peer

    model, peer = (cls(SENTENCES, min_count=1, workers=1) for cls in (Word2Vec, Peer))
    peer.wv, peer.syn1neg = gensims(model.wv), model.syn1neg
    peer.wv.expandos = dict(model.wv.expandos)
    found = []
    for calls, sides in ((OF_CLASSES, (Word2Vec, Peer)), (OF_VECTORS, (model.wv, peer.wv)), (OF_MODELS, (model, peer))):
        for name, call in calls.items():
            if not wanted or name in wanted:
                ours, theirs = (repeated(call.make(side), call.times) for side in sides)
                found.append(Job(name, ours, theirs, call.same))
    return found


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", default="", help="names, by semicolon; default: all")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--name", default="small", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    arguments = parser.parse_args(words)
    result = measure.header("small", {"pairs": arguments.pairs})
    result["versions"] = measure.versions("fastw2v", "gensim", "numpy")
    wanted = set(filter(None, arguments.jobs.split(";")))
    result["results"] = [compare(job, "12 x 100", arguments.pairs) for job in jobs(wanted)]
    report.publish(result, arguments.name, arguments.results)


if __name__ == "__main__":
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # read when NumPy is imported
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    logging.disable(logging.WARNING)  # of this process alone: tests call main()
    main()
