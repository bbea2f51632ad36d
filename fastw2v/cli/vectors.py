"""Load vectors for a subcommand, whatever wrote them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from fastw2v.cli.streams import input_path

if TYPE_CHECKING:
    from fastw2v import KeyedVectors

VECTORS_HELP = "vectors or a model, in any format that fastw2v reads, recognised by content; - for stdin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which vectors to load, and how."""
    parser.add_argument("vectors", metavar="VECTORS", help=VECTORS_HELP)
    add_reading_arguments(parser)


def add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for what the content of a file does not tell."""
    group = parser.add_argument_group("reading")
    group.add_argument("--from", dest="format", metavar="FORMAT",
                       help="native, word2vec, word2vec-binary, glove, fasttext, gensim, npz, projector; "
                       "also delimited, npy, glove-binary, finalfusion, pickle")  # fmt: skip
    group.add_argument("--limit", type=int, metavar="N", help="use only the first N vectors")
    group.add_argument("--encoding", metavar="NAME", help="of the words in word2vec files (default utf-8)")
    group.add_argument("--unicode-errors", choices=["strict", "replace", "ignore"], default="strict",
                       help="what to do about words that are not in that encoding (default strict)")  # fmt: skip


def load(path: str, args: argparse.Namespace) -> KeyedVectors:
    """Load vectors.

    Parameters
    ----------
    path : str
    args : Namespace
        With what :func:`add_reading_arguments` has added.

    Returns
    -------
    KeyedVectors
    """
    import fastw2v

    options: dict[str, Any] = {}
    if args.limit is not None:
        options["limit"] = args.limit
    if args.encoding is not None:
        options["encoding"] = args.encoding
    if args.unicode_errors != "strict":
        options["unicode_errors"] = args.unicode_errors
    return fastw2v.load(input_path(path, args), args.format, **options)
