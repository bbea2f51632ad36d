"""``fastw2v info``: what a file holds, or how this installation works."""

from __future__ import annotations

import argparse

from fastw2v.cli import vectors

HELP = "say what a file of vectors holds, or how this installation works"
DESCRIPTION = """Say what a file of vectors holds; without a file, say what a bug report needs:

  fastw2v info vectors.fw2v
  fastw2v info
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("vectors", metavar="VECTORS", nargs="?", help=vectors.VECTORS_HELP)
    vectors.add_reading_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print the description; the exit code."""
    if args.vectors is None:
        from fastw2v import show_config

        show_config()
        return 0
    import numpy as np

    from fastw2v import formats
    from fastw2v.keyedvectors import FastTextKeyedVectors

    loaded = vectors.load(args.vectors, args)
    rows = loaded.vectors
    print(f"format\t{args.format or formats.sniff(args.vectors)}")
    print(f"vectors\t{len(loaded)}")
    print(f"dimension\t{loaded.vector_size}")
    print(f"dtype\t{rows.dtype}")
    if len(loaded):
        norms = np.linalg.norm(rows.astype(np.float32, copy=False), axis=1)
        print(f"length\tmean {norms.mean():.4f}, least {norms.min():.4f}, greatest {norms.max():.4f}")
        print(f"first words\t{' '.join(map(str, loaded.index_to_key[:10]))}")
    if isinstance(loaded, FastTextKeyedVectors) and len(loaded.ngram_vectors):
        print(f"n-grams\t{len(loaded.ngram_vectors)} rows, of {loaded.min_n} to {loaded.max_n} characters")
    attributes = ", ".join(f"{name} ({values.dtype})" for name, values in loaded.expandos.items())
    print(f"attributes\t{attributes or 'none'}")
    return 0
