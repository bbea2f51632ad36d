"""Train word vectors from the command line, with the flags of ``gensim.scripts.word2vec_standalone``.

    python -m fastw2v.scripts.word2vec_standalone -train corpus.txt -output vectors.txt -size 200 -threads 8

The corpus has one sentence per line, words between spaces, and may be compressed. With -output the vectors
are written in the format of word2vec.c; without, the model is saved as CORPUS.model beside the corpus, and
its vectors as CORPUS.model.txt or CORPUS.model.bin. Logs go to stderr, stdout stays empty.

``fastw2v train`` does the same and more.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

logger = logging.getLogger(__name__)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags.

    Returns
    -------
    argparse.ArgumentParser

    Examples
    --------
    >>> build_parser().parse_args(["-train", "corpus.txt", "-size", "200"]).size
    200
    """
    parser = argparse.ArgumentParser(
        prog="word2vec_standalone", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("-train", required=True, metavar="FILE", help="text to train on")
    add("-output", metavar="FILE", help="write the vectors here, in the format of word2vec.c")
    add("-window", type=int, default=5, help="greatest distance between two words of a pair (default 5)")
    add("-size", type=int, default=100, help="dimension of the vectors (default 100)")
    add("-sample", type=float, default=1e-3, help="leave out more of the words that are more frequent than this "
        "share of the corpus; useful: 1e-3 to 1e-5, 0 for never (default 1e-3)")  # fmt: skip
    add("-hs", type=int, default=0, choices=[0, 1], help="hierarchical softmax (default 0)")
    add("-negative", type=int, default=5, help="noise words per pair; 0 for none (default 5)")
    add("-threads", type=int, default=3, help="worker threads (default 3)")
    add("-iter", type=int, default=5, help="epochs (default 5)")
    add("-min_count", type=int, default=5, help="ignore words that occur less often (default 5)")
    add("-alpha", type=float, help="initial learning rate (default 0.025 for skip-gram, 0.05 for CBOW)")
    add("-cbow", type=int, default=1, choices=[0, 1], help="1: CBOW, 0: skip-gram (default 1)")
    add("-binary", type=int, default=0, choices=[0, 1], help="write binary vectors (default 0)")
    add("-accuracy", metavar="FILE", help="then answer the analogies of this file, and log how many are right")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script.

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
    >>> from fastw2v.utils import save_as_line_sentence
    >>> save_as_line_sentence([["one", "two", "three"]] * 20, "corpus.txt")
    >>> main(["-train", "corpus.txt", "-output", "vectors.txt", "-size", "8", "-threads", "1"])
    0
    >>> Path("vectors.txt").read_text().splitlines()[0]
    '3 8'
    """
    from fastw2v import Word2Vec
    from fastw2v.cli.outputs import check_outputs

    arguments = sys.argv[1:] if argv is None else list(argv)
    parser = build_parser()
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(
            f"unrecognized arguments: {' '.join(unknown)}. The flags are those of gensim's script; "
            "fastw2v train takes all those of word2vec.c (-save-vocab, -read-vocab, -classes, -debug)"
        )
    logger.info("running %s", " ".join(["word2vec_standalone", *arguments]))
    stem = model_stem(args.train) + ".model"
    outputs = {"-output": args.output} if args.output else {"the model": stem}
    check_outputs(outputs, [args.train, args.accuracy])
    model = Word2Vec(
        corpus_file=args.train,
        vector_size=args.size,
        min_count=args.min_count,
        workers=args.threads,
        window=args.window,
        sample=args.sample,
        alpha=args.alpha or (0.05 if args.cbow else 0.025),
        sg=1 - args.cbow,
        hs=args.hs,
        negative=args.negative,
        cbow_mean=1,
        epochs=args.iter,
    )
    if args.output:
        model.wv.save_word2vec_format(args.output, binary=bool(args.binary))
    else:
        model.save(stem)
        model.wv.save_word2vec_format(stem + (".bin" if args.binary else ".txt"), binary=bool(args.binary))
    if args.accuracy:
        share, sections = model.wv.evaluate_word_analogies(args.accuracy)
        for section in sections:
            right, wrong = len(section["correct"]), len(section["incorrect"])
            logger.info("%s: %i of %i right", section["section"], right, right + wrong)
        logger.info("accuracy %.1f%%", 100 * share)
    logger.info("finished")
    return 0


def model_stem(train: str) -> str:
    """Return the path of the corpus up to the first dot of the file's name.

    gensim cuts at the first dot of the whole path, so that ``../corpus.txt`` becomes ``.model``.

    Parameters
    ----------
    train : str
        Path of the corpus.

    Returns
    -------
    str

    Examples
    --------
    >>> model_stem("corpus.en.txt")
    'corpus'
    """
    folder, name = os.path.split(train)
    return os.path.join(folder, name.split(".")[0] or name)


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s : %(threadName)s : %(levelname)s : %(message)s", level=logging.INFO)
    sys.exit(main())
