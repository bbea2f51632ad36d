"""``fastw2v tune``: search for parameters that suit a text and a task."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from fastw2v.cli import messages, streams
from fastw2v.cli.progress import progress_on_stderr
from fastw2v.errors import ConfigError

if TYPE_CHECKING:
    from fastw2v.tuning import Trial

HELP = "search for parameters that suit a text and a task"
DESCRIPTION = """Search for parameters within a budget of minutes: the presets and random draws are tried on a part of
the text, the best of them on all of it. What counts is the mean of what is measured:

  fastw2v tune -train corpus.txt --pairs wordsim353.tsv --analogies questions-words.txt --minutes 10
  fastw2v tune -train baskets.txt --next-item --minutes 5 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("-train", "--train", required=True, metavar="FILE", help="the text, or - for stdin")
    parser.add_argument("--pairs", action="append", default=[], metavar="FILE", help="word pairs with scores")
    parser.add_argument(
        "--analogies", action="append", default=[], metavar="FILE", help="sections of four words a line"
    )
    parser.add_argument("--next-item", action="store_true", help="lines are sequences of items: guess the last of each")
    parser.add_argument("--minutes", type=float, default=10.0, metavar="X", help="time for the search (default 10)")
    parser.add_argument("-threads", "--threads", "--workers", dest="workers", type=int, metavar="N",
                        help="training threads (default: one for each processor)")  # fmt: skip
    parser.add_argument("-min-count", "--min-count", type=int, default=5, metavar="N", help="(default 5)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="(default 1)")
    parser.add_argument("--encoding", default="utf-8", metavar="NAME", help="of the text (default utf-8)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no news of trials on stderr")
    messages.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Search and print the report; the exit code."""
    from fastw2v.tuning import tune

    if not (args.pairs or args.analogies or args.next_item):
        raise ConfigError("nothing to measure: give --pairs FILE, --analogies FILE or --next-item")

    def tell(trial: Trial) -> None:
        if not args.quiet:
            given = ", ".join(f"{name}={value}" for name, value in trial.parameters.items())
            where = "whole text" if trial.whole else "part"
            print(f"{trial.score:.4f}  {where}, {trial.seconds:.1f} s  {given}", file=sys.stderr)

    with progress_on_stderr(quiet=True, silent=args.quiet):  # a warning of a trial is news of it
        report = tune(
            streams.input_path(args.train, args, args.encoding), pairs=args.pairs, analogies=args.analogies,
            next_item=args.next_item, minutes=args.minutes, fixed={"min_count": args.min_count}, seed=args.seed,
            workers=args.workers, tell=tell,
        )  # fmt: skip
    if args.json:
        print(report.to_json())
        return 0
    print(report)
    print(f"\nfastw2v train -train {args.train} -output vectors.fw2v {report.as_flags()}")
    return 0
