"""The console command ``fastw2v``: one module per subcommand, each with ``add_arguments`` and ``run``.

Exit codes: 0 done, 1 the answer is incomplete (a word is not known), 2 wrong arguments or input,
130 interrupted. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from fastw2v import __version__
from fastw2v._progress import progress_bars
from fastw2v.cli import (
    completion,
    convert,
    demo,
    evaluate,
    explore,
    fasttext,
    info,
    phrases,
    plot,
    query,
    resume,
    train,
    tune,
    vocab,
    word2vec_c,
)
from fastw2v.cli.messages import message_of
from fastw2v.cli.streams import ready_streams

COMMANDS: dict[str, Any] = {
    "train": train,
    "resume": resume,
    "tune": tune,
    "phrases": phrases,
    "vocab": vocab,
    "similar": query.SIMILAR,
    "analogy": query.ANALOGY,
    "odd-one-out": query.ODD_ONE_OUT,
    "evaluate": evaluate,
    "convert": convert,
    "info": info,
    "plot": plot,
    "explore": explore,
    "demo": demo,
    "completion": completion,
}
OF_OTHERS: dict[str, Any] = {**word2vec_c.COMMANDS, **fasttext.COMMANDS}
ALL = {**COMMANDS, **OF_OTHERS}
EPILOG = f"""Commands of other programs, with their flags: {", ".join(word2vec_c.COMMANDS)} of word2vec.c and
{", ".join(fasttext.COMMANDS)} of fastText. fastw2v COMMAND --help tells more."""


def add_command(parser: argparse.ArgumentParser, command: Any) -> argparse.ArgumentParser:
    """Add what a subcommand takes to a parser."""
    parser.description = command.DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_arguments(parser)
    parser.add_argument("--traceback", action="store_true", help="show where in the code an error arose")
    return parser


def build_parser() -> argparse.ArgumentParser:
    """Describe all subcommands and their flags."""
    parser = argparse.ArgumentParser(
        prog="fastw2v", description="Train, convert, query, draw and evaluate word vectors.", epilog=EPILOG
    )
    parser.add_argument("--version", action="version", version=f"fastw2v {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        add_command(commands.add_parser(name, help=command.HELP, allow_abbrev=False), command)
    for name, command in OF_OTHERS.items():
        add_command(commands.add_parser(name, allow_abbrev=False), command)
    return parser


def parsed(argv: Sequence[str]) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    """Return the parser of a subcommand, and what it makes of the arguments; words may stand behind flags."""
    if argv and argv[0] not in ALL:
        if argv[0].startswith("-") and argv[0] not in ("-h", "--help", "--version"):
            argv = ["word2vec", *argv]  # ./word2vec -train ..., with the program's name changed
        else:
            build_parser().parse_args(argv[:1] if argv[0].startswith("-") else _no_command(argv[0]))
    if not argv:
        build_parser().parse_args([])
    name = argv[0]
    parser = add_command(argparse.ArgumentParser(prog=f"fastw2v {name}", allow_abbrev=False), ALL[name])
    args = parser.parse_intermixed_args(argv[1:])
    args.command = name
    return parser, args


def _no_command(name: str) -> list[str]:
    """End with a message about a command that there is not."""
    close = difflib.get_close_matches(name, ALL, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"use one of {', '.join(COMMANDS)}"
    build_parser().error(f"there is no command {name!r}; {hint}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Parameters
    ----------
    argv : sequence of str, optional
        By default the arguments of the process.

    Returns
    -------
    int
        The exit code.
    """
    ready_streams()
    if "_ARGCOMPLETE" in os.environ:
        completion.answer(build_parser())
    argv = sys.argv[1:] if argv is None else list(argv)
    parser, args = parsed(argv)
    try:
        with ExitStack() as args.stack, progress_bars(False if getattr(args, "quiet", False) else None):
            code: int = ALL[args.command].run(args)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ValueError, TypeError, LookupError, RuntimeError, EOFError, ImportError) as error:
        if args.traceback:
            raise
        print(f"fastw2v {args.command}: error: {message_of(error, parser, argv)}", file=sys.stderr)
        return 2
