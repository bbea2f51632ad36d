"""The programs of word2vec.c as subcommands: their command lines work with the program's name changed."""

from __future__ import annotations

import argparse
from types import SimpleNamespace

from fastw2v.cli import evaluate, phrases, query, train, vectors
from fastw2v.cli.query import Query

N_ANSWERS = 40  # as many as distance and word-analogy show


def train_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of word2vec.c's word2vec."""
    parser.add_argument("-train", required=True, metavar="FILE", help="the text")
    parser.add_argument("-output", metavar="FILE", help="the vectors, or the classes of the words")
    parser.add_argument("-size", default="100", metavar="N", help="dimension of the vectors (default 100)")
    parser.add_argument("-window", default="5", metavar="N", help="largest distance of two words (default 5)")
    parser.add_argument("-sample", default="1e-3", metavar="X", help="threshold of sub-sampling (default 1e-3)")
    parser.add_argument("-hs", default="0", metavar="{0,1}", help="hierarchical softmax (default 0)")
    parser.add_argument("-negative", default="5", metavar="N", help="noise words (default 5)")
    parser.add_argument("-threads", metavar="N", help="threads (default: one for each processor)")
    parser.add_argument("-iter", default="5", metavar="N", help="epochs (default 5)")
    parser.add_argument("-min-count", default="5", metavar="N", help="leave out rarer words (default 5)")
    parser.add_argument("-alpha", metavar="X", help="learning rate (default 0.025 for skip-gram, 0.05 for CBOW)")
    parser.add_argument("-classes", default="0", metavar="N", help="write k-means classes instead of vectors")
    parser.add_argument("-debug", default="2", metavar="N", help="0: no progress")
    parser.add_argument("-binary", default="0", metavar="{0,1}", help="binary vectors (default 0)")
    parser.add_argument("-save-vocab", metavar="FILE", help="write lines 'word count'")
    parser.add_argument("-read-vocab", metavar="FILE", help="read lines 'word count'")
    parser.add_argument("-cbow", default="1", metavar="{0,1}", help="1: CBOW, 0: skip-gram (default 1)")


def run_train(args: argparse.Namespace) -> int:
    """Train; the exit code."""
    kept = {"command", "stack", "traceback"}
    given = [(name, value) for name, value in vars(args).items() if name not in kept and value is not None]
    return train.run_as([word for name, value in given for word in (f"-{name.replace('_', '-')}", value)], args)


def phrase_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of word2phrase."""
    parser.add_argument("-train", required=True, metavar="FILE", help="the text")
    parser.add_argument("-output", required=True, metavar="FILE", help="the text with joined phrases")
    parser.add_argument("-min-count", default="5", metavar="N", help="ignore rarer words and pairs (default 5)")
    parser.add_argument("-threshold", default="100", metavar="X", help="a phrase scores more than this (default 100)")
    parser.add_argument("-debug", default="2", metavar="N", help="0: no progress")


def run_phrases(args: argparse.Namespace) -> int:
    """Join phrases by the scores of word2phrase; the exit code."""
    argv = ["-train", args.train, "-output", args.output, "-min-count", args.min_count]
    argv += ["-threshold", args.threshold, "-debug", args.debug, "--scoring", "word2phrase"]
    return phrases.run_as(argv, args)


def accuracy_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of compute-accuracy."""
    parser.add_argument("vectors", metavar="FILE", help=vectors.VECTORS_HELP)
    parser.add_argument("threshold", metavar="N", type=int, nargs="?", default=0, help="use the first N words (0: all)")


def run_accuracy(args: argparse.Namespace) -> int:
    """Answer the analogies of stdin; the exit code."""
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    limit = ["--restrict-vocab", str(args.threshold or 1 << 31)]
    asked = argparse.Namespace(command=args.command, stack=args.stack)
    return evaluate.run(parser.parse_args([args.vectors, "--analogies", "-", *limit], asked))


def conversation(name: str, question: Query) -> SimpleNamespace:
    """Return a command that answers lines of stdin, up to one that says EXIT, with 40 words each."""

    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("vectors", metavar="FILE", help=vectors.VECTORS_HELP)

    def run(args: argparse.Namespace) -> int:
        parser = argparse.ArgumentParser()
        question.add_arguments(parser)
        asked = argparse.Namespace(command=args.command, stack=args.stack)
        return question.run(parser.parse_args([args.vectors, "-n", str(N_ANSWERS)], asked))

    text = f"word2vec.c's {name}: each line of stdin is a question, up to one that says EXIT:\n\n"
    text += f"  fastw2v {name} vectors.bin < questions.txt\n"
    return SimpleNamespace(HELP=question.HELP, DESCRIPTION=text, add_arguments=add_arguments, run=run)


COMMANDS = {
    "word2vec": SimpleNamespace(
        HELP=train.HELP, add_arguments=train_arguments, run=run_train,
        DESCRIPTION="word2vec.c's word2vec, with its flags and defaults; fastw2v train takes more:\n\n"
        "  fastw2v word2vec -train corpus.txt -output vectors.bin -cbow 1 -size 200 -window 8 -negative 25 -hs 0 "
        "-sample 1e-4 -threads 20 -binary 1 -iter 15\n",
    ),
    "word2phrase": SimpleNamespace(
        HELP=phrases.HELP, add_arguments=phrase_arguments, run=run_phrases,
        DESCRIPTION="word2vec.c's word2phrase, with its flags, defaults and scores; fastw2v phrases takes more:\n\n"
        "  fastw2v word2phrase -train corpus.txt -output phrases.txt -threshold 200 -debug 2\n",
    ),
    "distance": conversation("distance", query.SIMILAR),
    "word-analogy": conversation("word-analogy", query.ANALOGY),
    "compute-accuracy": SimpleNamespace(
        HELP=evaluate.HELP, add_arguments=accuracy_arguments, run=run_accuracy,
        DESCRIPTION="word2vec.c's compute-accuracy: analogies from stdin, among the first N words:\n\n"
        "  fastw2v compute-accuracy vectors.bin 30000 < questions-words.txt\n",
    ),
}  # fmt: skip
