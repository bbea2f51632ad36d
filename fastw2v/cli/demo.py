"""``fastw2v demo``: train on the help texts of Python, or on a text of one's own, and show what was learnt."""

from __future__ import annotations

import argparse

HELP = "train on a text and show neighbours and analogies"
DESCRIPTION = """Train on the English help texts that ship inside Python, or on a text with one sentence in each line,
and print speed, loss, neighbours and analogies:

  fastw2v demo
  fastw2v demo corpus.txt
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "text", nargs="?", metavar="TEXT", help="a text, a sentence in each line (default: Python's help)"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="training threads (default: one for each processor)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="equal seeds give equal draws (default 1)")


def run(args: argparse.Namespace) -> int:
    """Train and print; the exit code."""
    from fastw2v import demo
    from fastw2v.cli.streams import input_path

    text = [] if args.text is None else [input_path(args.text, args)]
    workers = [] if args.workers is None else ["--workers", str(args.workers)]
    return demo.main([*text, *workers, "--seed", str(args.seed)])
