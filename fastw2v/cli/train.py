"""``fastw2v train``: word vectors from a text, with the flags of word2vec.c as aliases."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from fastw2v._parallel import usable_cpus
from fastw2v.cli.outputs import check_outputs
from fastw2v.cli.progress import progress_on_stderr
from fastw2v.errors import ConfigError
from fastw2v.parameters import TABLE, Flag, Row

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors
    from fastw2v.train.ranks.engine import Engine
    from fastw2v.word2vec import Word2Vec

HELP = "train word vectors on a text"
DESCRIPTION = """Train word vectors on a text: one sentence per line, words between white space, UTF-8, possibly
compressed (.gz, .bz2, .xz, .zst). The flags of word2vec.c are accepted as they are:

  fastw2v train -train corpus.txt -output vectors.txt -size 200 -window 5 -negative 5 -threads 8
"""
DEFAULTS_HERE = {  # where they are not those of Word2Vec
    "alpha": "default 0.025 for skip-gram, 0.05 for CBOW",
    "workers": "default: one for each processor",
}
NATIVE = (".fw2v", ".safetensors", ".kv", ".model")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    files = parser.add_argument_group("files")
    files.add_argument("-train", "--train", required=True, metavar="FILE", help="the text, or a folder of texts")
    files.add_argument("-output", "--output", metavar="FILE", help="write the vectors here: in fastw2v's own format "
                       f"if the name ends in {', '.join(NATIVE)}, else in that of word2vec.c")  # fmt: skip
    files.add_argument("-binary", "--binary", type=int, choices=[0, 1, 2], nargs="?", const=1, default=0,
                       help="1: binary vectors, 0: text (default 0)")  # fmt: skip
    files.add_argument("--save-model", metavar="FILE", help="also save the whole model, which can be trained further")
    files.add_argument("-save-vocab", "--save-vocab", metavar="FILE", help="write lines 'word count'")
    files.add_argument("-read-vocab", "--read-vocab", metavar="FILE", help="take the vocabulary from lines "
                       "'word count' instead of counting the text")  # fmt: skip
    model = parser.add_argument_group("parameters of training", "those of Word2Vec; docs/parameters.md lists them all")
    for row in TABLE.values():
        if row.flags is not None:
            add_parameter(model, row)
    model.add_argument("-cbow", "--cbow", dest="sg", type=opposite, metavar="{0,1}",
                       help="1: CBOW, 0: skip-gram: the opposite of --sg (default 1)")  # fmt: skip
    run = parser.add_argument_group("the run")
    run.add_argument("--engine", choices=["mpi", "none"], help="mpi: train together with the other processes that "
                     "mpiexec or srun has started (default: mpi where one has); rank 0 writes the files")  # fmt: skip
    run.add_argument("--checkpoint", metavar="FILE", help="write the state of training now and then; where this file "
                     "is there already, and its training not over, go on from it")  # fmt: skip
    run.add_argument("-q", "--quiet", action="store_true", help="no progress")
    run.add_argument("-debug", "--debug", type=int, default=2, help="word2vec.c: 0 is --quiet")
    run.add_argument("-classes", "--classes", type=int, default=0, help="word2vec.c's clustering: not supported")


def add_parameter(group: Any, row: Row) -> None:
    """Add the flag of one parameter of training."""
    assert row.flags is not None
    default = None if row.name in DEFAULTS_HERE else row.default
    shown = DEFAULTS_HERE.get(row.name, f"default {default:d}" if isinstance(default, bool) else f"default {default}")
    options: dict[str, Any] = {"metavar": {int: "N", float: "X", str: "TEXT"}[row.kind.parse]}
    if isinstance(row.kind, Flag):
        options = {"nargs": "?", "const": 1, "choices": [0, 1]}
    group.add_argument(
        *row.flags, dest=row.name, type=row.kind.parse, default=default, **options,
        help=f"{row.doc} ({shown})".replace("`", "").replace("%", "%%"),
    )  # fmt: skip


def opposite(text: str) -> int:
    """Read 0 as 1 and 1 as 0."""
    if text not in ("0", "1"):
        raise argparse.ArgumentTypeError("must be 0 or 1")
    return 1 - int(text)


def run(args: argparse.Namespace) -> int:
    """Check what is cheap to check, then train; the exit code."""
    if args.classes:
        raise ConfigError("-classes is not supported: train, then cluster the vectors, for example with scikit-learn")
    if not (args.output or args.save_model or args.save_vocab):
        raise ConfigError("nothing to write: give -output, --save-model or -save-vocab")
    outputs = {"-output": args.output, "--save-model": args.save_model, "-save-vocab": args.save_vocab}
    check_outputs(outputs, [args.train, args.read_vocab])
    ranks = ranks_of(args.engine)
    leads = ranks is None or ranks.rank == 0
    with progress_on_stderr(args.quiet or args.debug == 0 or not leads):
        model, seconds = train(args, ranks)
        if leads:
            write(model, args)
    if leads and not (args.quiet or args.debug == 0):
        print(f"{len(model.wv)} words, {model.epochs} epochs, {seconds:.1f} s", file=sys.stderr)
    return 0


def ranks_of(engine: str | None) -> Engine | None:
    """Return the processes that train together: those of the launcher, if there is one."""
    from fastw2v.train.ranks.launchers import launched

    if engine == "none" or (engine is None and not launched()):
        return None
    from fastw2v.train.ranks.engine import joined

    return joined("mpi")


def train(args: argparse.Namespace, ranks: Engine | None) -> tuple[Word2Vec, float]:
    """Train; return the model, and how long it took."""
    from fastw2v import Word2Vec

    chosen = {row.name: getattr(args, row.name) for row in TABLE.values() if row.flags is not None}
    if args.alpha is None:
        chosen["alpha"] = 0.025 if args.sg else 0.05
    if args.workers is None:
        chosen["workers"] = usable_cpus()
    started = time.perf_counter()
    if args.checkpoint and unfinished(args.checkpoint):
        again = {"workers": chosen["workers"], "engine": ranks}
        return Word2Vec.resume(args.checkpoint, corpus_file=args.train, **again), time.perf_counter() - started
    model = Word2Vec(**chosen, engine=ranks, checkpoint=args.checkpoint)
    if args.read_vocab:
        model.build_vocab_from_freq(read_counts(args.read_vocab))
        total_words = raw_words(args.train, model.wv, model.workers)
        model.train(corpus_file=args.train, total_words=total_words, epochs=model.epochs)
    else:
        model.build_vocab(corpus_file=args.train)
        if args.output or args.save_model:
            model.train(
                corpus_file=args.train, total_words=model.corpus_total_words, total_examples=model.corpus_count,
                epochs=model.epochs,
            )  # fmt: skip
    return model, time.perf_counter() - started


def unfinished(path: str) -> bool:
    """Return whether there is a checkpoint whose training is not over."""
    from fastw2v.model.checkpoints import Checkpoint

    return os.path.exists(path) and not Checkpoint.read(path).finished


def raw_words(path: str, wv: KeyedVectors, workers: int) -> int:
    """Count the words of the text, known or not: a vocabulary without the rare ones does not tell it."""
    from fastw2v.text.source import open_source
    from fastw2v.text.vocab import Vocab

    vocab = Vocab(wv.index_to_key, wv.expandos["count"])
    return sum(chunk.n_words for chunk in open_source(corpus_file=path, workers=workers).epoch(vocab))


def read_counts(path: str) -> dict[str, int]:
    """Read lines "word count".

    Raises
    ------
    ConfigError
        For a line that is not so; the message has its number.
    """
    from fastw2v.utils import open

    counts = {}
    with open(path, "r", encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            word, _, count = line.rstrip("\n").rpartition(" ")
            if not word or not count.isdecimal():
                raise ConfigError(f"{path}: line {number} is {line[:60]!r}, not 'word count'")
            counts[word] = int(count)
    return counts


def write(model: object, args: argparse.Namespace) -> None:
    """Write what was asked for."""
    from fastw2v import Word2Vec
    from fastw2v.formats._io import open_write

    assert isinstance(model, Word2Vec)
    if args.save_vocab:
        with open_write(args.save_vocab) as out:
            for word in model.wv.index_to_key:
                out.write(f"{word} {model.wv.get_vecattr(word, 'count')}\n".encode())
    if args.output and args.output.endswith(NATIVE):
        model.wv.save(args.output)
    elif args.output:
        model.wv.save_word2vec_format(args.output, binary=args.binary > 0)
    if args.save_model:
        model.save(args.save_model)
