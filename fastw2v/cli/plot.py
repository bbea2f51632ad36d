"""``fastw2v plot``: pictures of vectors, vocabularies and trainings."""

from __future__ import annotations

import argparse
import os
from typing import Any

from fastw2v.cli import streams, vectors
from fastw2v.cli.outputs import check_outputs
from fastw2v.errors import ConfigError

HELP = "draw vectors, a vocabulary, or the loss of trainings"
DESCRIPTION = """Draw a picture (needs matplotlib: pip install "fastw2v[plot]"):

  fastw2v plot map vectors.txt -output map.png -n 500 --method tsne
  fastw2v plot map vectors.txt -output map.svg --group royal=king,queen --group people=man,woman
  fastw2v plot analogy vectors.txt man king woman -output analogy.png
  fastw2v plot similarity vectors.txt king queen man woman -output similarity.png --order
  fastw2v plot vectors vectors.txt king queen -output vectors.png
  fastw2v plot vocabulary corpus.txt -output vocabulary.png --min-count 5 --sample 1e-3
  fastw2v plot loss first.model second.model -output loss.png

A map without words or groups shows the first words of the table. docs/pictures.md shows all pictures.
"""
KINDS = ("map", "analogy", "similarity", "vectors", "vocabulary", "loss")
N_POINTS = {"map": 300, "similarity": 40, "vectors": 30}
EXTENSIONS = (".png", ".svg", ".pdf", ".jpg", ".webp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("kind", choices=KINDS, help="which picture")
    parser.add_argument("vectors", metavar="FILE", help="vectors; a text for vocabulary; saved models for loss")
    parser.add_argument("words", metavar="WORD", nargs="*", help="words to show; further models for loss")
    parser.add_argument("-output", "--output", "-o", required=True, metavar="PICTURE", help="the file to write: "
                        f"{', '.join(EXTENSIONS)}")  # fmt: skip
    parser.add_argument("-n", "--topn", type=int, metavar="N", help="show the first N words (map 300, up to 2000)")
    parser.add_argument("--group", action="append", default=[], metavar="NAME=WORD,WORD", help="words of one colour")
    parser.add_argument("--clusters", type=int, metavar="N", help="colour words by k-means (needs scikit-learn)")
    parser.add_argument("--method", choices=["pca", "tsne", "umap"], default="pca", help="of the map (default pca)")
    parser.add_argument("--order", action="store_true", help="put similar words beside each other (similarity)")
    parser.add_argument("--min-count", type=int, default=5, metavar="N", help="of the vocabulary (default 5)")
    parser.add_argument("--sample", type=float, default=1e-3, metavar="X", help="of the vocabulary (default 1e-3)")
    parser.add_argument("--title", metavar="TEXT", help="above the picture")
    parser.add_argument("--dark", action="store_true", help="draw on black")
    parser.add_argument("--dpi", type=int, default=150, metavar="N", help="pixels in an inch (default 150)")
    vectors.add_reading_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Draw and write; the exit code."""
    extension = os.path.splitext(args.output)[1].lower()
    if args.output != streams.STANDARD and extension not in EXTENSIONS:
        raise ConfigError(f"-output {args.output}: the name must end in one of {', '.join(EXTENSIONS)}")
    check_outputs({"-output": args.output}, [args.vectors])
    from fastw2v.plot.common import matplotlib_module

    matplotlib_module("").use("Agg")  # no window
    look = {"title": args.title, "dark": args.dark}
    ax = {"vocabulary": vocabulary, "loss": loss}.get(args.kind, words)(args, look)
    with streams.writing(args.output) as out:
        options = {"facecolor": "black"} if args.dark else {}
        ax.figure.savefig(out, dpi=args.dpi, format=extension[1:] or "png", **options)
    return 0


def words(args: argparse.Namespace, look: dict[str, Any]) -> Any:
    """Draw words of a table."""
    from fastw2v import plot

    loaded = vectors.load(args.vectors, args)
    groups: Any = dict(group_of(text) for text in args.group) or None
    shown = args.words or None
    if shown is None and groups is None and args.kind != "analogy":
        shown = loaded.index_to_key[: args.topn or N_POINTS[args.kind]]
    if args.kind == "analogy":
        return plot.analogy(loaded, args.words, **look)
    if args.kind == "vectors":
        return plot.vector_heatmap(loaded, shown, **look)
    if args.kind == "similarity":
        return plot.similarity_heatmap(loaded, shown, order=args.order, **look)
    if args.clusters:
        chosen = loaded.subset(shown if shown is not None else [word for one in groups.values() for word in one])
        shown, groups = chosen.index_to_key, chosen.clusters(args.clusters).tolist()
    return plot.scatter(loaded, shown, groups=groups, method=args.method, **look)


def group_of(text: str) -> tuple[str, list[str]]:
    """Read "name=word,word"."""
    name, found, members = text.partition("=")
    if not found or not members:
        raise ConfigError(f"--group {text}: give NAME=WORD,WORD, such as royal=king,queen")
    return name, members.split(",")


def vocabulary(args: argparse.Namespace, look: dict[str, Any]) -> Any:
    """Draw the counts of a text."""
    from fastw2v import plot
    from fastw2v._parallel import usable_cpus
    from fastw2v.model.vocabulary import count_words
    from fastw2v.text.source import open_source

    text = streams.input_path(args.vectors, args, args.encoding)
    counts = count_words(open_source(corpus_file=text, workers=usable_cpus())).counts
    return plot.vocabulary(counts, min_count=args.min_count, sample=args.sample, **look)


def loss(args: argparse.Namespace, look: dict[str, Any]) -> Any:
    """Draw the losses of saved models."""
    from fastw2v import Word2Vec, plot

    return plot.training_curves({path: Word2Vec.load(path) for path in [args.vectors, *args.words]}, **look)
