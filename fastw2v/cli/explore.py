"""``fastw2v explore``: a page about vectors, in the browser of this machine."""

from __future__ import annotations

import argparse
import sys

from fastw2v.cli import vectors

HELP = "explore vectors in the browser"
DESCRIPTION = """Serve one page about vectors to the browsers of this machine, until Ctrl-C: search with completion,
neighbours to walk along, analogies, comparisons and a map. Nothing leaves the machine, and nothing is changed.

  fastw2v explore vectors.txt
  fastw2v explore vectors.txt --port 8123 --no-browser --points 20000 --map umap
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    vectors.add_arguments(parser)
    parser.add_argument("--port", type=int, default=0, metavar="N", help="listen there (default: any that is free)")
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
    parser.add_argument("--points", type=int, default=5_000, metavar="N",
                        help="words on the map, up to 50000; 0 for none (default 5000)")  # fmt: skip
    parser.add_argument("--map", choices=["umap", "tsne", "pca"], help="how the map is made (default: the best that "
                        "is installed: umap-learn, scikit-learn for up to 3000 words, or neither)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C; the exit code."""
    import webbrowser

    from fastw2v.explore import Explorer

    loaded = vectors.load(args.vectors, args)
    explorer = Explorer(loaded, args.port, n_points=args.points, method=args.map)
    print(explorer.url, flush=True)
    print("Ctrl-C ends it", file=sys.stderr)
    try:
        if not args.no_browser:
            webbrowser.open(explorer.url)
        explorer.serve()
    except KeyboardInterrupt:
        return 0
    finally:
        explorer.close()
    return 0
