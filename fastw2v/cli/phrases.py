"""``fastw2v phrases``: join the phrases of a text, with the flags of word2phrase."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from fastw2v._progress import step
from fastw2v.cli import streams
from fastw2v.cli.outputs import check_outputs
from fastw2v.cli.progress import progress_on_stderr
from fastw2v.errors import ConfigError

HELP = "join the phrases of a text: new york -> new_york"
DESCRIPTION = """Join the phrases of a text, so that "new york" becomes "new_york". Repeat for longer phrases:

  fastw2v phrases -train corpus.txt -output phrases.txt -threshold 100
  fastw2v phrases -train phrases.txt -output longer.txt -threshold 50
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("-train", "--train", required=True, metavar="FILE", help="the text, a sentence per line; - for "
                        "stdin")  # fmt: skip
    parser.add_argument("-output", "--output", metavar="FILE", help="write the text with joined phrases here; - for "
                        "stdout")  # fmt: skip
    parser.add_argument("--encoding", default="utf-8", metavar="NAME", help="of the text (default utf-8)")
    parser.add_argument("--export", metavar="FILE", help="write lines 'phrase TAB score', best first")
    parser.add_argument("--save-model", metavar="FILE", help="save the phrases for fastw2v.phrases.FrozenPhrases.load")
    parser.add_argument("-min-count", "--min-count", "-min_count", type=float, default=5,
                        help="ignore pairs that occur less often (default 5)")  # fmt: skip
    parser.add_argument("-threshold", "--threshold", type=float,
                        help="a phrase scores more (default 10; 0.5 with npmi, 100 with word2phrase)")  # fmt: skip
    parser.add_argument("--scoring", choices=["default", "npmi", "word2phrase"], default="default",
                        help="how pairs are scored: as in gensim, or as in word2phrase")  # fmt: skip
    parser.add_argument("--delimiter", default="_", help="text between the words of a phrase (default _)")
    parser.add_argument("--connector-words", choices=["none", "english"], default="none",
                        help="words that may stand inside a phrase, such as 'of' (default none)")  # fmt: skip
    parser.add_argument("--max-vocab-size", type=int, default=40_000_000,
                        help="drop the rarest pairs above this number (default 40 million)")  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
    parser.add_argument("-debug", "--debug", type=int, default=2, help="word2phrase: 0 is --quiet")


def run_as(argv: Sequence[str], args: argparse.Namespace) -> int:
    """Join phrases with the flags of this command: what word2phrase becomes."""
    parser = argparse.ArgumentParser(prog=f"fastw2v {args.command}", allow_abbrev=False)
    add_arguments(parser)
    return run(parser.parse_args(argv, argparse.Namespace(command=args.command, stack=args.stack)))


def run(args: argparse.Namespace) -> int:
    """Check what is cheap to check, then do it; the exit code."""
    if not (args.output or args.export or args.save_model):
        raise ConfigError("nothing to write: give -output, --export or --save-model")
    outputs = {"-output": args.output, "--export": args.export, "--save-model": args.save_model}
    check_outputs(outputs, [args.train])
    args.train = streams.input_path(args.train, args, args.encoding)
    with progress_on_stderr(args.quiet or args.debug == 0):
        join_phrases(args)
    return 0


def join_phrases(args: argparse.Namespace) -> None:
    """Learn the phrases and write the files."""
    from fastw2v import LineSentence
    from fastw2v.phrases import ENGLISH_CONNECTOR_WORDS, Phrases

    default_threshold = {"npmi": 0.5, "word2phrase": 100.0}.get(args.scoring, 10.0)
    sentences = LineSentence(args.train)
    phrases = Phrases(
        sentences,
        min_count=args.min_count,
        threshold=default_threshold if args.threshold is None else args.threshold,
        max_vocab_size=args.max_vocab_size,
        delimiter=args.delimiter,
        scoring="npmi" if args.scoring == "npmi" else "default",
        connector_words=ENGLISH_CONNECTOR_WORDS if args.connector_words == "english" else (),
    )
    scale = 1.0
    if args.scoring == "word2phrase":  # the same score, with the words of the text in the place of distinct entries
        scale = phrases.corpus_word_count / max(phrases._n_entries(), 1)
        phrases.threshold /= scale
    frozen = phrases.freeze()
    if args.export:
        with streams.writing(args.export) as out:
            for phrase, score in sorted(frozen.phrasegrams.items(), key=lambda item: -item[1]):
                out.write(f"{phrase}\t{score * scale:.6g}\n".encode())
    if args.save_model:
        frozen.save(args.save_model)
    if args.output:
        with streams.writing(args.output) as out, step("joining", None, "sentence") as joining:
            for sentence in frozen[sentences]:
                out.write(" ".join([*sentence]).encode() + b"\n")
                joining.add(1)
    if not (args.quiet or args.debug == 0):
        print(f"{len(frozen.phrasegrams)} phrases", file=sys.stderr)
