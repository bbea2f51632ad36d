"""``fastw2v evaluate``: analogies and word pairs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from fastw2v.cli import vectors
from fastw2v.errors import ConfigError

if TYPE_CHECKING:
    from fastw2v import KeyedVectors

HELP = "measure vectors by analogies and by pairs of words with human scores"
DESCRIPTION = """Measure vectors:

  fastw2v evaluate vectors.txt --analogies questions-words.txt --pairs wordsim353.tsv --pairs simlex999.tsv

An analogies file has sections ": name" and lines of four words; a pairs file has lines word TAB word TAB score.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    vectors.add_arguments(parser)
    parser.add_argument("--analogies", action="append", default=[], metavar="FILE", help="may be repeated")
    parser.add_argument("--pairs", action="append", default=[], metavar="FILE", help="may be repeated")
    parser.add_argument("--delimiter", default="\t", help="between the columns of pairs files (default: tab)")
    parser.add_argument("--restrict-vocab", type=int, default=300_000, metavar="N",
                        help="use the first N words only (default 300000)")  # fmt: skip
    parser.add_argument("--case-sensitive", action="store_true", help="do not fold the case of words")
    parser.add_argument("--count-unknown", action="store_true",
                        help="a question with an unknown word is a wrong answer, not left out")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Print one line per file and, for analogies, per section; the exit code."""
    if not (args.analogies or args.pairs):
        raise ConfigError("nothing to measure: give --analogies FILE or --pairs FILE")
    loaded = vectors.load(args.vectors, args)
    for path in args.analogies:
        analogies(loaded, path, args)
    for path in args.pairs:
        pearson, spearman, unknown = loaded.evaluate_word_pairs(
            path,
            delimiter=args.delimiter,
            restrict_vocab=args.restrict_vocab,
            case_insensitive=not args.case_sensitive,
            dummy4unknown=args.count_unknown,
        )
        print(f"{path}\tspearman {spearman[0]:.4f}\tpearson {pearson[0]:.4f}\tunknown {unknown:.1f}%")
    return 0


def analogies(loaded: KeyedVectors, path: str, args: argparse.Namespace) -> None:
    """Print the share of right answers, by section and in all."""
    share, sections = loaded.evaluate_word_analogies(
        path,
        restrict_vocab=args.restrict_vocab,
        case_insensitive=not args.case_sensitive,
        dummy4unknown=args.count_unknown,
    )
    for section in sections:
        right, wrong = len(section["correct"]), len(section["incorrect"])
        if right + wrong and section["section"] != "Total accuracy":
            print(f"  {section['section']}\t{100 * right / (right + wrong):.2f}%\t{right}/{right + wrong}")
    right, wrong = len(sections[-1]["correct"]), len(sections[-1]["incorrect"])
    print(f"{path}\taccuracy {100 * share:.2f}%\t{right}/{right + wrong}")
