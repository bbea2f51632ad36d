"""``fastw2v resume``: go on with a training that was interrupted."""

from __future__ import annotations

import argparse
import time

from fastw2v.cli import streams, train
from fastw2v.cli.progress import progress_on_stderr

HELP = "go on with a training from its checkpoint"
DESCRIPTION = """Go on with a training that was interrupted, exactly where its last checkpoint was written; with one
worker the vectors are those of a training without interruption, bit for bit:

  fastw2v train -train corpus.txt -output vectors.txt --checkpoint state.checkpoint
  fastw2v resume state.checkpoint -train corpus.txt -output vectors.txt
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="what train --checkpoint has written")
    files = parser.add_argument_group("files")
    files.add_argument("-train", "--train", required=True, metavar="FILE", help="the text of that training")
    train.add_output_arguments(files)
    files.add_argument("--encoding", default="utf-8", metavar="NAME", help="of the text (default utf-8)")
    run = parser.add_argument_group("the run")
    run.add_argument("-threads", "--threads", "--workers", dest="workers", type=int, metavar="N",
                     help="training threads (default: as before)")  # fmt: skip
    run.add_argument("--checkpoint-every", metavar="TIME", help="how often it is written (default: as before)")
    run.add_argument("--force", action="store_true", help="go on although the text has changed")
    train.add_run_arguments(run)


def run(args: argparse.Namespace) -> int:
    """Train to the end and write; the exit code."""
    from fastw2v import Word2Vec

    train.check_writing(args, [args.train])  # the checkpoint is written again, and by no other output
    text = streams.input_path(args.train, args, args.encoding)
    started = time.perf_counter()
    quiet = train.is_quiet(args)
    with progress_on_stderr(quiet):
        model = Word2Vec.resume(
            args.checkpoint, corpus_file=text, workers=args.workers, checkpoint_every=args.checkpoint_every,
            force=args.force, progress=False if quiet else None,
        )  # fmt: skip
        train.write(model, args)
    train.summarize(model, time.perf_counter() - started, args)
    return 0
