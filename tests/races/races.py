"""What threads do at the same time, once each: to be run under ThreadSanitizer.

In a build for it (CONTRIBUTING.md), best with a Python without GIL that was configured ``--with-thread-sanitizer``: any
other hands objects from thread to thread in ways that the sanitizer does not see, and it reports those, too.

    TSAN_OPTIONS="suppressions=tests/races/suppressions.txt exitcode=0 log_path=races" \\
        FASTW2V_ISA=baseline PYTHON_GIL=0 PYTHONPATH=$PWD python tests/races/races.py

``suppressions.txt`` names the places that race and may: the rows of the weights.
"""

from __future__ import annotations

import argparse
import gzip
import os
import pickle
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fastw2v import KeyedVectors, LineSentence, PathLineSentences, Phrases, Word2Vec, train_distributed

THREADS = 4
MODES = (
    {"sg": 1},
    {"sg": 0},
    {"sg": 1, "hs": 1, "negative": 0},
    {"sg": 0, "hs": 1, "negative": 0},
)


class Bench:
    """What all parts work on: a corpus as a list and as files, in a folder of their own."""

    def __init__(self, folder: Path, n_sentences: int) -> None:
        random = np.random.default_rng(0)
        self.folder = folder
        self.n_keys = 14 * n_sentences  # of a table
        self.sentences = [[f"w{i}" for i in random.zipf(1.3, 12) % 200] for _ in range(n_sentences)]
        text = "".join(" ".join(sentence) + "\n" for sentence in self.sentences)
        self.file = folder / "text.txt"
        self.file.write_text(text)
        self.packed = folder / "text.txt.gz"
        self.packed.write_bytes(gzip.compress(text.encode(), 1))
        self.many = folder / "many"
        self.many.mkdir()
        for number in range(6):
            (self.many / f"{number}.txt").write_text(text[number * len(text) // 12 :][: len(text) // 6])

    def options(self, **more: Any) -> dict[str, Any]:
        return {
            "vector_size": 16, "min_count": 1, "epochs": 2, "workers": THREADS, "seed": 1, "progress": False, **more
        }  # fmt: skip


def together(*works: Callable[[], Any]) -> None:
    """Run all at once; raise what one of them raised."""
    errors: list[BaseException] = []

    def watched(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=watched, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class Passes:
    """An iterable that is drawn in the thread which trains."""

    def __init__(self, sentences: list[list[str]]) -> None:
        self.sentences = sentences

    def __iter__(self) -> Iterator[list[str]]:
        yield from self.sentences


def training(bench: Bench) -> None:
    """All modes, from a list, a file and an iterable; then what slows no mode down: losses, locks, checkpoints."""
    for mode in MODES:
        Word2Vec(bench.sentences, **bench.options(**mode))
        Word2Vec(corpus_file=str(bench.file), **bench.options(**mode))
        Word2Vec(Passes(bench.sentences), **bench.options(**mode))
    checkpoint = bench.folder / "checkpoint"
    kept = {"checkpoint": checkpoint, "checkpoint_every": "2000 words", "compute_loss": True}
    model = Word2Vec(bench.sentences, **bench.options(sg=1, **kept))
    model.build_vocab([["new", "words", "w1"]] * 5, update=True)
    model.train([["new", "words", "w1"]] * 500, total_examples=500, epochs=2)


def softmax(bench: Bench) -> None:
    """The team of threads that shares each chunk; each has words enough to be worth it."""
    words = [f"w{i}" for i in range(1100)]
    sentences = [*bench.sentences[:100], *(words[first : first + 11] for first in range(0, len(words), 11))]
    for mode in ({"sg": 1}, {"sg": 0}):
        Word2Vec(sentences, **bench.options(softmax=True, epochs=1, **mode))


def asked_while_trained(bench: Bench) -> None:
    """Whoever asks meanwhile sees vectors learn."""
    model = Word2Vec(**bench.options(sg=1, epochs=4))
    model.build_vocab(bench.sentences)
    over = threading.Event()

    def train() -> None:
        try:
            model.train(bench.sentences, total_examples=len(bench.sentences), epochs=4)
        finally:
            over.set()

    def ask() -> None:
        while not over.is_set():
            model.wv.most_similar("w1", topn=5)
            model.wv.similarity("w2", "w3")

    together(train, ask, ask)


def ranks(bench: Bench) -> None:
    """Two ranks of two threads each, which exchange what they did behind training, and checkpoints."""
    for mode in (*MODES, {"sg": 1, "wire": "float32"}, {"sg": 1, "wire": "bfloat16"}):
        train_distributed(bench.sentences, engine="local", num_workers=2, **bench.options(**{**mode, "workers": 2}))
    for corpus in (str(bench.file), str(bench.many)):
        train_distributed(corpus, engine="local", num_workers=2, **bench.options(sg=1, workers=2))
    one = bench.options(sg=1, workers=1, checkpoint=bench.folder / "ranks", checkpoint_every="2000 words")
    train_distributed(bench.sentences, engine="local", num_workers=3, **one)


def table(n: int, size: int) -> KeyedVectors:
    made = KeyedVectors(size)
    rows = np.random.default_rng(1).standard_normal((n, size)).astype(np.float32)
    made.add_vectors([f"w{row}" for row in range(n)], rows)
    return made


def queries(bench: Bench) -> None:
    """Several threads ask one table, each question in threads of its own where that pays; then it grows meanwhile."""
    kv = table(bench.n_keys, 32)

    def ask() -> None:
        for row in range(6):
            kv.most_similar(f"w{row}", topn=5)
            kv.most_similar([f"w{row}", "w8"], ["w9"], restrict_vocab=500)
        kv.most_similar_batch([f"w{row}" for row in range(80)], topn=5)
        kv.most_similar_cosmul("w1", "w2", topn=3)
        kv.distances("w3")
        kv.rank("w3", "w4")
        kv.doesnt_match(["w1", "w2", "w3"])
        kv.get_mean_vector(["w1", "w2"])
        kv.similarity_batch(["w1"] * 200, ["w2"] * 200)
        kv.get_normed_vectors()
        pickle.dumps(kv)

    together(*[ask] * THREADS)
    kv.nearest_neighbours_graph(3)
    small = table(300, 24)

    def grow() -> None:
        for turn in range(40):
            small.add_vectors([f"new{turn}_{place}" for place in range(3)], np.ones((3, 24), np.float32))
            small[f"w{turn}"] = np.full(24, turn + 1, np.float32)

    def ask_small() -> None:
        for row in range(60):
            small.most_similar(f"w{row}", topn=5)
            small.most_similar_batch(["w1", "w2"], topn=5)
            assert small[f"w{row}"].shape == (24,)

    together(grow, *[ask_small] * THREADS)


def files(bench: Bench) -> None:
    """The same files, saved by one and loaded by several threads at once."""
    kv = table(bench.n_keys // 10, 16)
    paths = [bench.folder / name for name in ("a.txt", "a.bin", "a.kv")]
    kv.save_word2vec_format(paths[0])
    kv.save_word2vec_format(paths[1], binary=True)
    kv.save(paths[2])

    def load() -> None:
        KeyedVectors.load_word2vec_format(paths[0])
        KeyedVectors.load_word2vec_format(paths[1], binary=True)
        KeyedVectors.load(paths[2])
        KeyedVectors.load(paths[2], mmap="r").most_similar("w1")

    def save(number: int) -> None:
        kv.save_word2vec_format(bench.folder / f"b{number}.txt")
        kv.save(bench.folder / f"b{number}.kv")

    together(*[load] * THREADS, lambda: save(1), lambda: save(2))


def texts(bench: Bench) -> None:
    """Words counted in threads, from one file, many and packed ones; and phrases, which are joined in threads."""
    for corpus in (str(bench.file), str(bench.packed)):
        Word2Vec(corpus_file=corpus, **bench.options(epochs=1))
    Word2Vec(PathLineSentences(str(bench.many)), **bench.options(epochs=1))
    Word2Vec(LineSentence(str(bench.file)), **bench.options(epochs=1, max_final_vocab=50))
    phrases = Phrases(LineSentence(str(bench.file)), min_count=2, threshold=0.1)
    frozen = phrases.freeze()
    Word2Vec(phrases[LineSentence(str(bench.file))], **bench.options(epochs=1))

    def read() -> None:
        for sentence in bench.sentences[:100]:
            _ = frozen[sentence]
        list(LineSentence(str(bench.packed)))
        Word2Vec(corpus_file=str(bench.file), **bench.options(epochs=1, workers=2))

    together(*[read] * THREADS)


PARTS = (training, softmax, asked_while_trained, ranks, queries, files, texts)


def run(parts: list[str], n_sentences: int, folder: Path) -> None:
    """Run some parts, or all."""
    bench = Bench(folder, n_sentences)
    for part in PARTS:
        if not parts or part.__name__ in parts:
            part(bench)
            print(part.__name__, "done", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *(part.__name__ for part in PARTS)])
    parser.add_argument("--sentences", type=int, default=1500)
    args = parser.parse_args()
    gil = "with" if getattr(sys, "_is_gil_enabled", lambda: True)() else "without"
    print(f"Python {sys.version.split()[0]}, {gil} GIL, {os.cpu_count()} processors", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        run(args.parts, args.sentences, Path(folder))


if __name__ == "__main__":
    main()
