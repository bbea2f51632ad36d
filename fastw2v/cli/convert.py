"""``fastw2v convert``: vectors from one format to another."""

from __future__ import annotations

import argparse
import sys

from fastw2v.cli import streams, vectors
from fastw2v.cli.outputs import check_outputs, format_of_output

HELP = "convert vectors from one format to another"
DESCRIPTION = """Convert vectors from one format to another:

  fastw2v convert GoogleNews-vectors-negative300.bin.gz google.fw2v
  fastw2v convert glove.txt vectors.txt
  fastw2v convert vectors.fw2v projector_tensor.tsv
  fastw2v convert vectors.fw2v - --to glove | head

The format of the input is recognised by its content, that of the output by its name, unless --from or --to
say otherwise: .txt and .w2v word2vec, .bin word2vec-binary, .vec fasttext, .npz npz, _tensor.tsv projector
(with a second file, _metadata.tsv), .glove glove, .fw2v, .safetensors, .kv and .model native. A suffix .gz,
.bz2, .xz or .zst compresses.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("input", metavar="INPUT", help=vectors.VECTORS_HELP)
    parser.add_argument("output", metavar="OUTPUT", help="file to write; - for stdout")
    parser.add_argument("--to", metavar="FORMAT", help="format of the output: a name as for --from, but gensim")
    vectors.add_reading_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Convert; the exit code."""
    import fastw2v
    from fastw2v.formats import projector

    outputs, inputs = {"OUTPUT": args.output}, [args.input]
    if args.input.endswith(projector.EXTENSIONS):
        inputs.append(projector.companion(args.input))
    check_outputs(outputs, inputs)
    target = format_of_output(args.output, args.to)
    if target == "projector" and args.output != streams.STANDARD:
        check_outputs({**outputs, "the labels beside OUTPUT": projector.companion(args.output)}, inputs)
    loaded = vectors.load(args.input, args)
    fastw2v.save(loaded, streams.output(args.output), target)  # the native format keeps what a table does not hold
    lost = [] if target in ("native", "npz") else sorted(loaded.expandos)
    if lost:
        print(f"format {target} does not hold attributes, so these are lost: {', '.join(lost)}", file=sys.stderr)
    print(f"{len(loaded)} vectors of dimension {loaded.vector_size} written to {args.output}", file=sys.stderr)
    return 0
