"""``fastw2v info``: what a file holds, or how this installation works."""

from __future__ import annotations

import argparse
import itertools
import json
from typing import Any

from fastw2v.cli import messages, streams, vectors
from fastw2v.parameters import STORED

HELP = "say what a file of vectors holds, or how this installation works"
DESCRIPTION = """Say what a file of vectors, a model or a checkpoint holds. Of fastw2v's own files only the header is
read, of others as much as is needed. Without a file, say what a bug report needs:

  fastw2v info vectors.fw2v
  fastw2v info
"""
KINDS = {"word2vec": "whole model, which can be trained further", "checkpoint": "checkpoint of a training"}
N_FIRST = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("vectors", metavar="VECTORS", nargs="?", help=vectors.VECTORS_HELP)
    vectors.add_reading_arguments(parser)
    messages.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the description; the exit code."""
    if args.vectors is None:
        from fastw2v import show_config

        show_config()
        return 0
    from fastw2v import formats

    given = args.vectors
    args.vectors = streams.input_path(given, args)
    format = args.format or formats.sniff(args.vectors)
    found = of_native(args.vectors) if format == "native" and not args.limit else None
    found = {"format": format, **(found or of_vectors(args))}
    if args.json:
        print(messages.as_json({"file": given, **found}))
        return 0
    for name, value in found.items():
        print(f"{name}\t{' '.join(map(str, value)) if isinstance(value, list) else value}")
    return 0


def of_native(path: str) -> dict[str, Any] | None:
    """Describe a native file by its header; None for one that another program has written."""
    from fastw2v.formats import native
    from fastw2v.formats._io import open_read
    from fastw2v.formats._plain_values import own_label

    with open_read(path) as reader:
        header, begin = native.read_header(reader)
        mappable = reader.mappable
    about = header.pop("__metadata__", {})
    if about.get("format") != "fastw2v" or "vectors" not in header:
        return None
    rows, dimension = header["vectors"]["shape"]
    metadata = json.loads(about.get("metadata", "{}"))
    metadata = metadata.get("model", metadata)  # of a checkpoint
    kind = about.get("kind", "arrays")
    ngrams = (matrix := own_label(native.NGRAMS)) in header
    found: dict[str, Any] = {"kind": KINDS.get(kind, kind + " with n-grams" * ngrams)}
    found |= {"vectors": rows, "dimension": dimension, "dtype": _dtype(header["vectors"])}
    if "keys.offsets" in header and mappable and rows:
        found["first words"] = _first_words(path, header, begin)
    if ngrams:
        own = metadata.get("own", {})
        found["n-grams"] = f"{header[matrix]['shape'][0]} rows, of {own['min_n']} to {own['max_n']} characters"
    if parameters := {name: metadata[name] for name in STORED if metadata.get(name) is not None}:
        found["parameters"] = ", ".join(f"{name}={value}" for name, value in parameters.items())
    attributes = [f"{name[5:]} ({_dtype(one)})" for name, one in header.items() if name.startswith("attr.")]
    return {**found, "attributes": ", ".join(attributes) or "none"}


def _dtype(entry: dict[str, Any]) -> str:
    import numpy as np

    from fastw2v.formats.native import DTYPES

    return str(np.dtype(DTYPES[entry["dtype"]]))


def _first_words(path: str, header: dict[str, Any], begin: int) -> list[str]:
    """Read the first keys of a plain file, and no others."""
    import numpy as np

    offsets, text = (begin + header[name]["data_offsets"][0] for name in ("keys.offsets", "keys.utf8"))
    n_words = min(N_FIRST, header["keys.offsets"]["shape"][0] - 1)
    with open(path, "rb") as file:
        file.seek(offsets)
        ends = np.frombuffer(file.read(8 * (n_words + 1)), "<i8")
        file.seek(text)
        data = file.read(int(ends[-1]))
    return [data[first:last].decode("utf8", "replace") for first, last in itertools.pairwise(ends)]


def of_vectors(args: argparse.Namespace) -> dict[str, Any]:
    """Describe the vectors of any file, which is loaded for it."""
    import numpy as np

    from fastw2v.keyedvectors import FastTextKeyedVectors

    loaded = vectors.load(args.vectors, args)
    rows = loaded.vectors
    ngrams = isinstance(loaded, FastTextKeyedVectors) and len(loaded.ngram_vectors)
    found: dict[str, Any] = {"kind": "vectors" + " with n-grams" * bool(ngrams), "vectors": len(loaded)}
    found |= {"dimension": loaded.vector_size, "dtype": str(rows.dtype)}
    if len(loaded):
        norms = np.linalg.norm(rows.astype(np.float32, copy=False), axis=1)
        found["length"] = f"mean {norms.mean():.4f}, least {norms.min():.4f}, greatest {norms.max():.4f}"
        found["first words"] = loaded.index_to_key[:N_FIRST]
    if isinstance(loaded, FastTextKeyedVectors) and ngrams:
        found["n-grams"] = f"{ngrams} rows, of {loaded.min_n} to {loaded.max_n} characters"
    attributes = ", ".join(f"{name} ({values.dtype})" for name, values in loaded.expandos.items())
    return {**found, "attributes": attributes or "none"}
