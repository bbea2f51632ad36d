"""Turn vectors in the format of word2vec.c into the two TSV files of the TensorFlow Embedding Projector.

    python -m fastw2v.scripts.word2vec2tensor -i vectors.txt -o prefix

writes ``prefix_tensor.tsv`` (one vector per line) and ``prefix_metadata.tsv`` (one word per line), which
"Load" at projector.tensorflow.org takes.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

logger = logging.getLogger(__name__)


def word2vec2tensor(word2vec_model_path: str, tensor_filename: str, binary: bool = False) -> None:
    r"""Write the two TSV files.

    Parameters
    ----------
    word2vec_model_path : path
        Vectors in the format of word2vec.c.
    tensor_filename : str
        What the names of the two files begin with.
    binary : bool
        The vectors are binary.

    Raises
    ------
    FormatError
        If the file is not in that format.

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("vectors.txt").write_text("2 2\nking 1 0\nqueen 0 1\n")
    >>> word2vec2tensor("vectors.txt", "projector")
    >>> Path("projector_metadata.tsv").read_text().split()
    ['king', 'queen']
    """
    from fastw2v import KeyedVectors
    from fastw2v.cli.outputs import check_outputs
    from fastw2v.utils import open, to_utf8

    prefix = os.fsdecode(tensor_filename)
    tensor, metadata = f"{prefix}_tensor.tsv", f"{prefix}_metadata.tsv"
    check_outputs({"the vectors": tensor, "the words": metadata}, [word2vec_model_path])
    vectors = KeyedVectors.load_word2vec_format(word2vec_model_path, binary=binary)
    with open(tensor, "wb") as rows, open(metadata, "wb") as words:
        for word, row in zip(vectors.index_to_key, vectors.vectors, strict=True):
            words.write(to_utf8(f"{word}\n"))
            rows.write(to_utf8("\t".join(map(str, row)) + "\n"))
    logger.info("wrote %s and %s", tensor, metadata)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags.

    Returns
    -------
    argparse.ArgumentParser

    Examples
    --------
    >>> build_parser().parse_args(["-i", "vectors.bin", "-o", "projector", "-b"]).binary
    True
    """
    parser = argparse.ArgumentParser(
        prog="word2vec2tensor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-i", "--input", required=True, help="vectors in the format of word2vec.c")
    parser.add_argument("-o", "--output", required=True, help="what the names of the two files begin with")
    parser.add_argument("-b", "--binary", action="store_true", help="the vectors are binary")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    r"""Run the script.

    Parameters
    ----------
    argv : sequence of str, optional
        By default the arguments of the process.

    Returns
    -------
    int
        0; errors are raised.

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("vectors.txt").write_text("2 2\nking 1 0\nqueen 0 1\n")
    >>> main(["-i", "vectors.txt", "-o", "projector"])
    0
    """
    args = build_parser().parse_args(argv)
    word2vec2tensor(args.input, args.output, args.binary)
    return 0


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s - %(module)s - %(levelname)s - %(message)s", level=logging.INFO)
    sys.exit(main())
