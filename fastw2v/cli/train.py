"""``fastw2v train``: word vectors from a text, with the flags of word2vec.c as aliases."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastw2v._parallel import usable_cpus
from fastw2v.cli import messages, streams
from fastw2v.cli.outputs import check_outputs, format_of_output
from fastw2v.cli.progress import SECONDS_BETWEEN, progress_on_stderr
from fastw2v.errors import ConfigError
from fastw2v.parameters import TABLE, Flag, Row
from fastw2v.presets import PRESETS, preset_named

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors
    from fastw2v.train.ranks.engine import Engine
    from fastw2v.word2vec import Word2Vec

HELP = "train word vectors on a text"
DESCRIPTION = """Train word vectors on a text: one sentence per line, words between white space, possibly compressed
(.gz, .bz2, .xz, .zst). The flags of word2vec.c are accepted as they are:

  fastw2v train -train corpus.txt -output vectors.txt -size 200 -window 5 -negative 5 -threads 8
  fastw2v train -train corpus.txt -output vectors.fw2v --preset balanced --checkpoint state.checkpoint
"""
DEFAULTS_HERE = {  # where they are not those of Word2Vec
    "alpha": "default 0.025 for skip-gram, 0.05 for CBOW",
    "workers": "default: one for each processor",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    files = parser.add_argument_group("files")
    files.add_argument("-train", "--train", required=True, metavar="FILE", help="the text, a folder of texts, or - for "
                       "stdin")  # fmt: skip
    add_output_arguments(files)
    files.add_argument("-read-vocab", "--read-vocab", metavar="FILE", help="take the vocabulary from lines "
                       "'word count' instead of counting the text")  # fmt: skip
    files.add_argument("--encoding", default="utf-8", metavar="NAME", help="of the text (default utf-8)")
    model = parser.add_argument_group("parameters of training", "those of Word2Vec; docs/parameters.md lists them all")
    model.add_argument("--preset", choices=list(PRESETS), help="defaults that were measured for a purpose "
                       "(docs/presets.md); flags given beside it win")  # fmt: skip
    for row in TABLE.values():
        if row.flags is not None:
            add_parameter(model, row)
    model.add_argument("-cbow", "--cbow", dest="sg", type=opposite, default=argparse.SUPPRESS, metavar="{0,1}",
                       help="1: CBOW, 0: skip-gram: the opposite of --sg (default 1)")  # fmt: skip
    run = parser.add_argument_group("the run")
    run.add_argument("--engine", choices=["mpi", "none"], help="mpi: train together with the other processes that "
                     "mpiexec or srun has started (default: mpi where one has); rank 0 writes the files")  # fmt: skip
    run.add_argument("--checkpoint", metavar="FILE", help="write the state of training now and then; where this file "
                     "is there already, and its training not over, go on from it")  # fmt: skip
    run.add_argument("--checkpoint-every", metavar="TIME", help="how often: seconds, '5 min', '10000000 words' or "
                     "'1 epoch'")  # fmt: skip
    add_run_arguments(run)


def add_output_arguments(files: Any) -> None:
    """Add the flags that say what is written."""
    files.add_argument("-output", "--output", action="append", default=[], metavar="FILE", help="write the vectors "
                       "here, or to stdout (-), in the format that the extension names; may be repeated")  # fmt: skip
    files.add_argument("-binary", "--binary", type=int, choices=[0, 1, 2], nargs="?", const=1,
                       help="1: word2vec's binary format, 0: its text, whatever the extension")  # fmt: skip
    files.add_argument("--to", metavar="FORMAT", help="format of the vectors, whatever the extension: native, "
                       "word2vec, word2vec-binary, glove, fasttext, npz or projector")  # fmt: skip
    files.add_argument("--save-model", metavar="FILE", help="also save the whole model, which can be trained further")
    files.add_argument("-save-vocab", "--save-vocab", metavar="FILE", help="write lines 'word count'")
    files.add_argument("-classes", "--classes", type=int, default=0, metavar="N", help="write lines 'word class' "
                       "instead of vectors, after k-means into N classes (needs scikit-learn)")  # fmt: skip


def add_run_arguments(run: Any) -> None:
    """Add the flags about what a run tells."""
    run.add_argument("-q", "--quiet", action="store_true", help="no progress")
    run.add_argument("-debug", "--debug", type=int, default=2, metavar="N", help="word2vec.c: 0 is --quiet")
    messages.add_json(run)


def add_parameter(group: Any, row: Row) -> None:
    """Add the flag of one parameter of training."""
    assert row.flags is not None
    default = row.default
    shown = DEFAULTS_HERE.get(row.name, f"default {default:d}" if isinstance(default, bool) else f"default {default}")
    options: dict[str, Any] = {"metavar": {int: "N", float: "X", str: "TEXT"}.get(row.kind.parse, "N[,N]")}
    if isinstance(row.kind, Flag):
        options = {"nargs": "?", "const": 1, "choices": [0, 1]}
    group.add_argument(
        *row.flags, dest=row.name, type=row.kind.parse, default=argparse.SUPPRESS, **options,
        help=f"{row.doc} ({shown})".replace("`", "").replace("%", "%%"),
    )  # fmt: skip


def opposite(text: str) -> int:
    """Read 0 as 1 and 1 as 0."""
    if text not in ("0", "1"):
        raise argparse.ArgumentTypeError("must be 0 or 1")
    return 1 - int(text)


def run(args: argparse.Namespace) -> int:
    """Check what is cheap to check, then train; the exit code."""
    if args.checkpoint_every is not None and args.checkpoint is None:
        raise ConfigError(f"--checkpoint-every {args.checkpoint_every} without --checkpoint FILE")
    check_writing(args, [args.train, args.read_vocab])
    args.train = streams.input_path(args.train, args, args.encoding)
    ranks = ranks_of(args.engine)
    leads = ranks is None or ranks.rank == 0
    with progress_on_stderr(is_quiet(args) or not leads):
        model, seconds = train(args, ranks)
        if leads:
            write(model, args)
    if leads:
        summarize(model, seconds, args)
    return 0


def run_as(argv: Sequence[str], args: argparse.Namespace) -> int:
    """Train with the flags of this command: what commands of other programs become."""
    parser = argparse.ArgumentParser(prog=f"fastw2v {args.command}", allow_abbrev=False)
    add_arguments(parser)
    return run(parser.parse_args(argv, argparse.Namespace(command=args.command, stack=args.stack)))


def is_quiet(args: argparse.Namespace) -> bool:
    """Return whether nothing is to be told on the way."""
    return bool(args.quiet or args.debug == 0)


def check_writing(args: argparse.Namespace, inputs: Sequence[str | None]) -> None:
    """Refuse, before the work, outputs that could not be written; note the format of each.

    Raises
    ------
    ConfigError
        The message names the flag.
    """
    if not (args.output or args.save_model or args.save_vocab):
        raise ConfigError("nothing to write: give -output, --save-model or -save-vocab")
    outputs = {f"-output{n or ''}": path for n, path in enumerate(args.output)}
    others = {"--save-model": args.save_model, "-save-vocab": args.save_vocab, "--checkpoint": args.checkpoint}
    check_outputs({**outputs, **others}, inputs)
    if args.classes:
        from fastw2v.vectors.clusters import k_means

        k_means()  # after the training it would be too late to miss it
    args.formats = ["classes" if args.classes else format_of(path, args) for path in args.output]


def format_of(path: str, args: argparse.Namespace) -> str:
    """Return the format of an output: word2vec.c's if ``-binary`` says which, otherwise that of the extension."""
    native = os.path.splitext(path)[1].lower() in (".fw2v", ".safetensors", ".kv", ".model")
    if args.to is None and args.binary is not None and not native:
        return "word2vec-binary" if args.binary else "word2vec"
    if args.to is None and not os.path.splitext(path)[1]:
        return "word2vec"  # as in word2vec.c, whose file names often have no extension
    return format_of_output(path, args.to, "-binary 0, -binary 1 or --to FORMAT")


def ranks_of(engine: str | None) -> Engine | None:
    """Return the processes that train together: those of the launcher, if there is one."""
    from fastw2v.train.ranks.launchers import launched

    if engine == "none" or (engine is None and not launched()):
        return None
    from fastw2v.train.ranks.engine import joined

    return joined("mpi")


def chosen_parameters(args: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters of the model: those given, and defaults that are not those of Word2Vec."""
    given = {row.name: getattr(args, row.name) for row in TABLE.values() if row.flags and hasattr(args, row.name)}
    preset = {} if args.preset is None else preset_named(args.preset)
    skip_gram = given.get("sg", preset.get("sg", 0))
    here = {"alpha": 0.025 if skip_gram else 0.05, "workers": usable_cpus()}
    return {**here, **preset, **given, "progress": False if is_quiet(args) else None}


def train(args: argparse.Namespace, ranks: Engine | None) -> tuple[Word2Vec, float]:
    """Train; return the model, and how long it took."""
    from fastw2v import Word2Vec

    chosen = chosen_parameters(args)
    started = time.perf_counter()
    keeping = {"checkpoint": args.checkpoint, "checkpoint_every": args.checkpoint_every}
    if args.checkpoint and unfinished(args.checkpoint):
        again = {"workers": chosen["workers"], "engine": ranks, "progress": chosen["progress"]}
        model = Word2Vec.resume(args.checkpoint, corpus_file=args.train, **again)
        return model, time.perf_counter() - started
    model = Word2Vec(**{**chosen, **keeping}, engine=ranks)
    if args.read_vocab:
        model.build_vocab_from_freq(read_counts(streams.input_path(args.read_vocab, args)))
        total_words = raw_words(args.train, model.wv, model.workers)
    else:
        model.build_vocab(corpus_file=args.train)
        total_words = model.corpus_total_words
    if args.output or args.save_model:
        model.train(
            corpus_file=args.train, total_words=total_words, total_examples=model.corpus_count or None,
            epochs=model.epochs, report_delay=SECONDS_BETWEEN,
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


def write(model: Word2Vec, args: argparse.Namespace) -> None:
    """Write what was asked for."""
    import fastw2v

    if args.save_vocab:
        with streams.writing(args.save_vocab) as out:
            for word in model.wv.index_to_key:
                out.write(f"{word} {model.wv.get_vecattr(word, 'count')}\n".encode())
    for path, format in zip(args.output, args.formats, strict=True):
        if format == "classes":
            groups = model.wv.clusters(min(args.classes, len(model.wv)), seed=model.seed)  # the training is done
            with streams.writing(path) as out:
                for word, group in zip(model.wv.index_to_key, groups, strict=True):
                    out.write(f"{word} {group}\n".encode())
        elif format in ("word2vec", "word2vec-binary"):
            model.wv.save_word2vec_format(streams.output(path), binary=format == "word2vec-binary")
        else:
            fastw2v.save(model.wv, streams.output(path), format)
    if args.save_model:
        model.save(streams.output(args.save_model))


def summarize(model: Word2Vec, seconds: float, args: argparse.Namespace) -> None:
    """Tell what was trained: in a line on stderr, or as JSON."""
    if args.json:
        result = {"words": len(model.wv), "dimension": model.vector_size, "epochs": model.epochs, "seconds": seconds,
                  "corpus_words": model.corpus_total_words, "loss": model.loss_history}  # fmt: skip
        print(messages.as_json(result), file=sys.stderr if "-" in args.output else sys.stdout)
    elif not is_quiet(args):
        print(f"{len(model.wv)} words, {model.epochs} epochs, {seconds:.1f} s", file=sys.stderr)
