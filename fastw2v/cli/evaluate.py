"""``fastw2v evaluate``: analogies and word pairs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from fastw2v.cli import messages, vectors
from fastw2v.cli.streams import input_path
from fastw2v.errors import ConfigError

if TYPE_CHECKING:
    from fastw2v import KeyedVectors

HELP = "measure vectors by analogies and by pairs of words with human scores"
DESCRIPTION = """Measure vectors:

  fastw2v evaluate vectors.txt --analogies questions-words.txt --pairs wordsim353.tsv --pairs simlex999.tsv

  fastw2v evaluate vectors.txt --analogies - --json < questions-words.txt

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
    messages.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print one line per file and, for analogies, per section; the exit code."""
    if not (args.analogies or args.pairs):
        raise ConfigError("nothing to measure: give --analogies FILE or --pairs FILE")
    if [args.vectors, *args.analogies, *args.pairs].count("-") > 1:
        raise ConfigError("- stands for stdin, which can be only one of the files")
    loaded = vectors.load(args.vectors, args)
    results = [analogies(loaded, path, args) for path in args.analogies]
    results += [pairs(loaded, path, args) for path in args.pairs]
    for result in results:
        if args.json:
            print(messages.as_json(result))
        elif "spearman" in result:
            print(
                "{file}\tspearman {spearman:.4f}\tpearson {pearson:.4f}\tunknown {unknown_percent:.1f}%".format(
                    **result
                )
            )
        else:
            for section in result["sections"]:
                right, asked = section["right"], section["asked"]
                print(f"  {section['section']}\t{100 * right / asked:.2f}%\t{right}/{asked}")
            right, asked = result["right"], result["asked"]
            print(f"{result['file']}\taccuracy {100 * result['accuracy']:.2f}%\t{right}/{asked}")
    return 0


def analogies(loaded: KeyedVectors, path: str, args: argparse.Namespace) -> dict[str, Any]:
    """Return the share of right answers, by section and in all."""
    share, sections = loaded.evaluate_word_analogies(
        input_path(path, args),
        restrict_vocab=args.restrict_vocab,
        case_insensitive=not args.case_sensitive,
        dummy4unknown=args.count_unknown,
    )
    counts = [
        {"section": one["section"], "right": len(one["correct"]), "asked": len(one["correct"]) + len(one["incorrect"])}
        for one in sections
    ]
    total = counts[-1]
    shown = [one for one in counts[:-1] if one["asked"]]
    return {"file": path, "accuracy": share, "right": total["right"], "asked": total["asked"], "sections": shown}


def pairs(loaded: KeyedVectors, path: str, args: argparse.Namespace) -> dict[str, Any]:
    """Return the correlations with the scores of people."""
    pearson, spearman, unknown = loaded.evaluate_word_pairs(
        input_path(path, args),
        delimiter=args.delimiter,
        restrict_vocab=args.restrict_vocab,
        case_insensitive=not args.case_sensitive,
        dummy4unknown=args.count_unknown,
    )
    return {"file": path, "spearman": spearman[0], "pearson": pearson[0], "unknown_percent": unknown}
