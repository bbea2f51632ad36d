"""``fastw2v vocab``: the words of a text, how often they occur, and what is left of them."""

from __future__ import annotations

import argparse
import sys

from fastw2v._parallel import usable_cpus
from fastw2v.cli import messages, streams
from fastw2v.cli.outputs import check_outputs

HELP = "count the words of a text"
DESCRIPTION = """Count the words of a text and print the most frequent ones; say which share of the text --min-count
keeps:

  fastw2v vocab corpus.txt
  fastw2v vocab corpus.txt -n 1000 --min-count 10 --json
  fastw2v vocab corpus.txt -output vocab.txt
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("text", metavar="TEXT", help="the text, a folder of texts, or - for stdin")
    parser.add_argument(
        "-output", "--output", metavar="FILE", help="write all lines 'word count', for train -read-vocab"
    )
    parser.add_argument("-n", "--topn", type=int, default=20, metavar="N", help="print so many words (default 20)")
    parser.add_argument("-min-count", "--min-count", type=int, default=5, metavar="N", help="leave out rarer words "
                        "(default 5)")  # fmt: skip
    parser.add_argument("--encoding", default="utf-8", metavar="NAME", help="of the text (default utf-8)")
    messages.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Count and print; the exit code."""
    import numpy as np

    from fastw2v.model.vocabulary import count_words
    from fastw2v.text.source import open_source

    check_outputs({"-output": args.output}, [args.text])
    source = open_source(corpus_file=streams.input_path(args.text, args, args.encoding), workers=usable_cpus())
    scan = count_words(source)
    order = np.argsort(-scan.counts, kind="stable")
    order = order[scan.counts[order] >= args.min_count]
    kept = int(scan.counts[order].sum())
    if args.output:
        with streams.writing(args.output) as out:
            for row in order:
                out.write(f"{scan.keys[row]} {scan.counts[row]}\n".encode())
    share = kept / scan.n_words if scan.n_words else 0.0
    top = [] if args.output == "-" else [(scan.keys[row], int(scan.counts[row])) for row in order[: args.topn]]
    if args.json and args.output != "-":
        counts = {"words": scan.n_words, "sentences": scan.n_sentences, "distinct": len(scan.keys)}
        kept_too = {"min_count": args.min_count, "kept_distinct": len(order), "kept_words": kept}
        print(messages.as_json({**counts, **kept_too, "most_frequent": dict(top)}))
        return 0
    for word, count in top:
        print(f"{word}\t{count}")
    print(
        f"{scan.n_words:,} words in {scan.n_sentences:,} sentences, {len(scan.keys):,} distinct; --min-count "
        f"{args.min_count} keeps {len(order):,} of these, {share:.1%} of the text", file=sys.stderr,
    )  # fmt: skip
    return 0
