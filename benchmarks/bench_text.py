"""How fast is text read, counted and encoded, beside gensim?

    python benchmarks/bench_text.py                                  # the whole of english_17m, five pairs
    python benchmarks/bench_text.py --words 4000000 --threads 1,2

Contenders take turns (A B A B ...); what they counted is compared before anything is reported. "Encode" is one
thread that turns a counted corpus into the chunks of an epoch: from the ids that the count left in memory, or by
reading the file again. Divided by what a training thread consumes (``--consumes``), it says how many threads one
producing thread would feed; in training, every thread encodes its own chunks.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import corpora
import measure
import report

from fastw2v.text.corpus import LineSentence
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab, select_words

Run = dict[str, float]  # words, seconds, cpu_seconds


def timed(work: Callable[[], int]) -> Run:
    start, start_cpu = time.perf_counter(), time.process_time()
    n_words = work()
    return {"words": n_words, "seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - start_cpu}


def gensim_scan(corpus: Any) -> int:
    from gensim.models import Word2Vec

    return int(Word2Vec(vector_size=1).scan_vocab(corpus_iterable=corpus)[0])


def scan(**corpus: Any) -> int:
    return open_source(**corpus).scan().n_words


def encode(vocab: Vocab, max_cached_words: int, **corpus: Any) -> Run:
    """One epoch, encoded by one thread; the count before it is not timed."""
    source = open_source(**corpus, max_cached_words=max_cached_words)
    source.scan()
    return timed(lambda: sum(pending.encode().n_words for pending in source.epoch(vocab)))


def check(path: str, *, gensim: bool) -> Vocab:
    """The vocabulary; it is gensim's, or nothing is timed."""
    vocab = select_words(open_source(corpus_file=path, workers=2).scan(), min_count=5).vocab()
    if gensim:
        from gensim.models import Word2Vec

        model = Word2Vec(vector_size=1, min_count=5)
        model.scan_vocab(LineSentence(path))
        model.prepare_vocab()
        if model.wv.index_to_key != vocab.keys or list(model.wv.expandos["count"]) != vocab.counts.tolist():
            raise SystemExit("the vocabulary differs from gensim's: nothing is timed")
    return vocab


def compare(stage: str, contenders: dict[str, Callable[[], Run]], pairs: int) -> dict[str, Any]:
    """All contenders of a stage in turn; ratios to the peer, where there is one."""

    def tell(name: str, pair: int, run: Run) -> None:
        print(f"{stage}: {name}, pair {pair + 1}: {run['seconds']:.2f} s", flush=True)

    runs, _ = measure.alternate(contenders, pairs, told=tell)
    if len({run["words"] for done in runs.values() for run in done}) != 1:
        raise SystemExit(f"{stage}: the contenders did not read the same words")
    peer = next((name for name in runs if name.startswith("gensim")), None)
    entries = {}
    for name, done in runs.items():
        rates = {clock: [run["words"] / run[clock] for run in done] for clock in ("seconds", "cpu_seconds")}
        entry = {f"words_per_{clock[:-1]}": measure.summary(found).as_dict() for clock, found in rates.items()}
        if peer and name != peer:
            theirs = [run["words"] / run["seconds"] for run in runs[peer]]
            entry["times"] = measure.pair_ratios(rates["seconds"], theirs).as_dict()
        entries[name] = entry
    return {"stage": stage, "contenders": entries}


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora.add_arguments(parser)
    parser.add_argument("--threads", default="1,2", help="that count a file")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--consumes", type=float, default=4e6, help="words per second of one training thread")
    parser.add_argument("--name", default="text", help="of the result files")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="folder of the result files")
    arguments = parser.parse_args(words)
    result = measure.header("text", {"pairs": arguments.pairs, "consumes": arguments.consumes})
    result["versions"] = measure.versions("fastw2v", "gensim", "numpy")
    gensim = "gensim" in result["versions"]
    result["skipped"] = {} if gensim else {"gensim": "not installed"}
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(arguments.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        corpus = corpora.prepare(arguments, work)
        result["corpus"] = corpus.as_dict()
        path = str(corpus.path)
        vocab = check(path, gensim=gensim)
        sentences = list(LineSentence(path))
        file: dict[str, Callable[[], Run]] = {}
        lists: dict[str, Callable[[], Run]] = {}
        if gensim:
            file["gensim, LineSentence"] = partial(timed, partial(gensim_scan, LineSentence(path)))
            lists["gensim"] = partial(timed, partial(gensim_scan, sentences))
        for threads in map(int, arguments.threads.split(",")):
            run = partial(scan, corpus_file=path, workers=threads)
            file[f"fastw2v, corpus_file, {threads} thread{'s' * (threads > 1)}"] = partial(timed, run)
        lists["fastw2v"] = partial(timed, partial(scan, corpus_iterable=sentences))
        stages = {
            "count a file": file,
            "count a list of lists": lists,
            "encode, one thread": {
                "a list of lists": partial(encode, vocab, 10**9, corpus_iterable=sentences),
                "a file, ids in memory": partial(encode, vocab, 10**9, corpus_file=path),
                "a file, read again": partial(encode, vocab, 0, corpus_file=path),
            },
        }
        result["results"] = [compare(stage, contenders, arguments.pairs) for stage, contenders in stages.items()]
    report.publish(result, arguments.name, arguments.results)


if __name__ == "__main__":
    main()
