"""Turn GloVe's text vectors into the text format of word2vec.c, which has one header line more.

    python -m fastw2v.scripts.glove2word2vec -i glove.txt -o vectors.txt

``KeyedVectors.load_word2vec_format(path, no_header=True)`` reads GloVe's file as it is.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from fastw2v.utils import deprecated

logger = logging.getLogger(__name__)


def get_glove_info(glove_file_name: str) -> tuple[int, int]:
    r"""Count the vectors of a GloVe file and the numbers in the first of them.

    Parameters
    ----------
    glove_file_name : path

    Returns
    -------
    (n_vectors, dimension) : (int, int)

    Raises
    ------
    FormatError
        If the file is empty.

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("glove.txt").write_text("king 1 0\nqueen 0 1\n")
    >>> get_glove_info("glove.txt")
    (2, 2)
    """
    from fastw2v.errors import FormatError
    from fastw2v.utils import open

    with open(glove_file_name, "rb") as lines:
        first = next(iter(lines), None)
        if first is None:
            raise FormatError(f"{glove_file_name}: empty, so it has no vectors")
        return 1 + sum(1 for _ in lines), len(first.split()) - 1


def convert(glove_input_file: str, word2vec_output_file: str) -> tuple[int, int]:
    r"""Convert without a warning; see :func:`glove2word2vec`.

    Parameters
    ----------
    glove_input_file, word2vec_output_file : path

    Returns
    -------
    (n_vectors, dimension) : (int, int)

    Raises
    ------
    FormatError
        If the input is not what GloVe writes.
    ConfigError
        If the output is the input.

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("glove.txt").write_text("king 1 0\nqueen 0 1\n")
    >>> convert("glove.txt", "vectors.txt")
    (2, 2)
    >>> Path("vectors.txt").read_text().splitlines()[0]
    '2 2'
    """
    from fastw2v import KeyedVectors
    from fastw2v.cli.outputs import check_outputs

    check_outputs({"word2vec_output_file": word2vec_output_file}, [glove_input_file])
    vectors = KeyedVectors.load_word2vec_format(glove_input_file, binary=False, no_header=True)
    vectors.save_word2vec_format(word2vec_output_file, binary=False)
    logger.info("wrote %i vectors of dimension %i to %s", len(vectors), vectors.vector_size, word2vec_output_file)
    return len(vectors), vectors.vector_size


@deprecated("KeyedVectors.load_word2vec_format(.., binary=False, no_header=True) loads GLoVE text vectors.")
def glove2word2vec(glove_input_file: str, word2vec_output_file: str) -> tuple[int, int]:
    r"""Convert GloVe's text vectors to the text format of word2vec.c.

    Parameters
    ----------
    glove_input_file, word2vec_output_file : path

    Returns
    -------
    (n_vectors, dimension) : (int, int)

    Raises
    ------
    FormatError
        If the input is not what GloVe writes.

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("glove.txt").write_text("king 1 0\nqueen 0 1\n")
    >>> from fastw2v.utils import ignore_deprecation_warning
    >>> with ignore_deprecation_warning():
    ...     glove2word2vec("glove.txt", "vectors.txt")
    (2, 2)
    """
    return convert(glove_input_file, word2vec_output_file)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags.

    Returns
    -------
    argparse.ArgumentParser

    Examples
    --------
    >>> build_parser().parse_args(["-i", "glove.txt", "-o", "vectors.txt"]).output
    'vectors.txt'
    """
    parser = argparse.ArgumentParser(
        prog="glove2word2vec", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-i", "--input", required=True, help="vectors as GloVe writes them")
    parser.add_argument("-o", "--output", required=True, help="where to write them in the format of word2vec.c")
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
    >>> n_bytes = Path("glove.txt").write_text("king 1 0\nqueen 0 1\n")
    >>> main(["-i", "glove.txt", "-o", "vectors.txt"])
    0
    """
    args = build_parser().parse_args(argv)
    convert(args.input, args.output)
    return 0


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s - %(module)s - %(levelname)s - %(message)s", level=logging.INFO)
    sys.exit(main())
