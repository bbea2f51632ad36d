"""The console command ``fastw2v``: one module per subcommand, each with ``add_arguments`` and ``run``.

Exit codes: 0 done, 1 the answer is incomplete (a word is not known), 2 wrong arguments or input,
130 interrupted. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from fastw2v import __version__
from fastw2v.cli import convert, evaluate, explore, info, phrases, query, train
from fastw2v.cli.streams import ready_streams

COMMANDS: dict[str, Any] = {
    "train": train,
    "phrases": phrases,
    "convert": convert,
    "similar": query.SIMILAR,
    "analogy": query.ANALOGY,
    "evaluate": evaluate,
    "explore": explore,
    "info": info,
}


def build_parser() -> argparse.ArgumentParser:
    """Describe all subcommands and their flags."""
    parser = argparse.ArgumentParser(prog="fastw2v", description="Train, convert, query and evaluate word vectors.")
    parser.add_argument("--version", action="version", version=f"fastw2v {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        one = commands.add_parser(
            name,
            help=command.HELP,
            description=command.DESCRIPTION,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(one)
        one.add_argument("--traceback", action="store_true", help="show where in the code an error arose")
        one.set_defaults(run=command.run)
    return parser


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
    args = build_parser().parse_args(argv)
    try:
        code: int = args.run(args)
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
        print(f"fastw2v {args.command}: error: {message_of(error)}", file=sys.stderr)
        return 2


def message_of(error: Exception) -> str:
    """Give an error in one line."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    return " ".join(str(text).split()) or type(error).__name__
