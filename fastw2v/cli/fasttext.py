"""The commands of fastText about word vectors as subcommands, with its flags and defaults."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from fastw2v.cli import messages, train, vectors
from fastw2v.cli.conversation import questions
from fastw2v.errors import ConfigError

if TYPE_CHECKING:
    from fastw2v import KeyedVectors

LOSSES = {"ns": [], "hs": ["-hs", "1", "-negative", "0"], "softmax": ["--softmax", "1"]}


def train_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of skipgram and cbow."""
    parser.add_argument("-input", required=True, metavar="FILE", help="the text")
    parser.add_argument("-output", required=True, metavar="NAME", help="write NAME.bin and NAME.vec, in the binary and "
                        "the text format of word2vec")  # fmt: skip
    parser.add_argument("-lr", default="0.05", metavar="X", help="learning rate (default 0.05)")
    parser.add_argument("-dim", default="100", metavar="N", help="dimension of the vectors (default 100)")
    parser.add_argument("-ws", default="5", metavar="N", help="largest distance of two words (default 5)")
    parser.add_argument("-epoch", default="5", metavar="N", help="passes over the text (default 5)")
    parser.add_argument("-minCount", default="5", metavar="N", help="leave out rarer words (default 5)")
    parser.add_argument("-neg", default="5", metavar="N", help="noise words (default 5)")
    parser.add_argument("-loss", default="ns", choices=LOSSES, help="(default ns)")
    parser.add_argument("-t", default="1e-4", metavar="X", help="threshold of sub-sampling (default 1e-4)")
    parser.add_argument("-thread", metavar="N", help="threads (default: one for each processor)")
    parser.add_argument("-seed", default="1", metavar="N", help="(default 1)")
    parser.add_argument("-verbose", default="2", metavar="N", help="0: no progress")
    for name in ("-minn", "-maxn", "-bucket"):
        parser.add_argument(name, type=int, metavar="N", help="sub-words, which are not trained here (default: none)")
    parser.add_argument("-lrUpdateRate", metavar="N", help="has no effect here")


def run_train(args: argparse.Namespace, *, sg: int) -> int:
    """Train words without sub-words; the exit code."""
    if args.minn or args.maxn:
        given = " ".join(f"-{name} {getattr(args, name)}" for name in ("minn", "maxn") if getattr(args, name))
        print(f"{given}: sub-words are not trained here; each word gets a vector of its own, and unknown words none",
              file=sys.stderr)  # fmt: skip
    argv = ["-train", args.input, "-output", args.output + ".bin", "-output", args.output + ".vec"]
    argv += ["-alpha", args.lr, "-size", args.dim, "-window", args.ws, "-iter", args.epoch, "-min-count", args.minCount]
    argv += ["-negative", args.neg, "-sample", args.t, "--seed", args.seed, "--sg", str(sg)]
    argv += [*LOSSES[args.loss], "-debug", args.verbose, *(["-threads", args.thread] if args.thread else [])]
    return train.run_as(argv, args)


def model_arguments(parser: argparse.ArgumentParser, *, k: bool = True) -> None:
    """Add the arguments of commands that ask a model."""
    parser.add_argument("model", metavar="MODEL", help=vectors.VECTORS_HELP)
    if k:
        parser.add_argument("k", metavar="K", type=int, nargs="?", default=10, help="number of answers (default 10)")


def run_questions(args: argparse.Namespace, *, n_words: int, prompt: str) -> int:
    """Answer each line of stdin; 1 if a word was not known."""
    loaded, code = _load(args), 0
    for words in questions(loaded, prompt):
        try:
            if len(words) != n_words:
                raise ConfigError(f"give {n_words} word{'s' * (n_words > 1)}, not {len(words)}: {' '.join(words)}")
            if n_words == 1:
                found = loaded.most_similar(words[0], topn=args.k)
            else:  # A - B + C
                found = loaded.most_similar(positive=[words[0], words[2]], negative=[words[1]], topn=args.k)
            for word, similarity in found:
                print(f"{word} {similarity:.6g}")
            sys.stdout.flush()
        except (KeyError, ConfigError) as error:
            print(messages.message_of(error), file=sys.stderr)
            code = 1
    return code


def run_print(args: argparse.Namespace) -> int:
    """Print the vectors of the words of stdin; 1 if a word was not known."""
    loaded, code = _load(args), 0
    for words in questions(loaded):
        for word in words:
            try:
                print(word, " ".join(f"{number:.5g}" for number in loaded[word].tolist()))
            except KeyError as error:
                print(messages.message_of(error), file=sys.stderr)
                code = 1
        sys.stdout.flush()
    return code


def _load(args: argparse.Namespace) -> KeyedVectors:
    if sys.stdin is None or args.model == "-":
        raise ConfigError("stdin gives the words, so it must be open, and MODEL a file")
    plain = argparse.Namespace(limit=None, encoding=None, unicode_errors="strict", format=None, stack=args.stack)
    return vectors.load(args.model, plain)


def _training(name: str, sg: int) -> Any:
    return SimpleNamespace(
        HELP=train.HELP, add_arguments=train_arguments, run=partial(run_train, sg=sg),
        DESCRIPTION=f"fastText's {name}, with its flags and defaults, without sub-words; fastw2v train takes more:\n\n"
        f"  fastw2v {name} -input corpus.txt -output result -dim 100 -epoch 5\n",
    )  # fmt: skip


COMMANDS = {
    "skipgram": _training("skipgram", 1),
    "cbow": _training("cbow", 0),
    "nn": SimpleNamespace(
        HELP="nearest words", add_arguments=model_arguments,
        run=partial(run_questions, n_words=1, prompt="Query word? "),
        DESCRIPTION="fastText's nn: the nearest words of each word of stdin:\n\n"
        "  fastw2v nn result.bin 10 < words.txt\n",
    ),
    "analogies": SimpleNamespace(
        HELP="A - B + C", add_arguments=model_arguments,
        run=partial(run_questions, n_words=3, prompt="Query triplet (A - B + C)? "),
        DESCRIPTION="fastText's analogies: A - B + C for each line of stdin:\n\n"
        "  fastw2v analogies result.bin 10 < triples.txt\n",
    ),
    "print-word-vectors": SimpleNamespace(
        HELP="vectors of words", add_arguments=partial(model_arguments, k=False), run=run_print,
        DESCRIPTION="fastText's print-word-vectors: the vectors of the words of stdin:\n\n"
        "  fastw2v print-word-vectors result.bin < words.txt\n",
    ),
}  # fmt: skip
