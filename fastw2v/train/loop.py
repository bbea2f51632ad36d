"""The training loop: epochs over a source, chunks to the engine, the schedule, the counts.

The loop sees arrays (inside a kernel plan), a source of chunks and numbers, never the model.
Nothing here assumes that one process sees the whole corpus: progress is a count of words, and the
weights are consistent between any two chunks.
"""

from __future__ import annotations

import time
from functools import partial
from itertools import chain
from operator import length_hint

from fastw2v.train.job import Job, Position
from fastw2v.train.threads import EpochRun, EpochTotals


def train(job: Job, position: Position | None = None) -> list[EpochTotals]:
    """Run all epochs of a job, from ``position`` on.

    Returns
    -------
    list of EpochTotals
        One for each epoch, those before ``position`` included.

    Raises
    ------
    TrainingError
        If words were lost, or training diverged.
    Exception
        Whatever the source or a callback raised, unchanged.
    """
    position = position or Position()
    words_before = sum(totals.n_words for totals in position.finished)
    for epoch in range(position.epoch, job.schedule.epochs):
        position.epoch = epoch
        if not job.on_epoch_begin():
            break
        start = time.perf_counter()
        chunks = iter(job.source.epoch(job.vocab))
        with job.at_rest():
            first = next(chunks, None)

        def poll(run: EpochRun, *, now: bool = False, epoch: int = epoch, words_before: int = words_before) -> None:
            totals = job.member.so_far(run.totals)
            alpha = job.alpha_at(epoch, totals.n_words, totals.n_sentences)
            job.progress.update(epoch, words_before + totals.n_words, alpha, totals.mean_loss, now=now)
            job.on_poll(run)

        totals = position.totals
        if first is not None:  # an epoch without text must cost next to nothing: programs run thousands of them
            plan = job.make_plan()
            job.epoch_begins(plan, epoch)
            job.guard.epoch_begins()
            run = EpochRun(
                job.member.rounds(chain([first], chunks)),
                job.n_threads(first, length_hint(chunks, job.workers)),
                partial(job.kernels.Scratch, plan),
                partial(job.train_chunk, plan, epoch),
                totals,
                bound=job.source.bound,
                mine=job.member.mine,
                border=job.member.border,
            )
            job.member.takes_part(run, partial(job.alpha_at, epoch))
            job.busy = True
            try:
                run.run(poll, job.on_draw)
            finally:
                job.busy = not run.over
            job.bring_back(totals)
            job.member.epoch_ends(run, fixed=job.source.fixed)
            poll(run, now=True)
            job.guard.check(totals.loss, totals.n_loss_pairs)
        job.progress.epoch_done(epoch, totals.n_words, totals.n_kept, time.perf_counter() - start, totals.mean_loss)
        words_before += totals.n_words
        position.finished.append(totals)
        position.totals = EpochTotals()
        position.epoch = epoch + 1
        if not job.on_epoch_end(totals):
            break
    return position.finished
