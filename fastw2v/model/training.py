"""A training of a model: what it sets out to do, and how it is run, told of and checked."""

from __future__ import annotations

import logging
import numbers
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastw2v.callbacks import StopTraining
from fastw2v.checks import checked_callbacks, checked_real
from fastw2v.errors import ConfigError, TrainingError, VocabularyError
from fastw2v.model.checkpoints import Keeping, checkpointer
from fastw2v.model.plans import check_device, engine_of
from fastw2v.model.ranks import check_agreement
from fastw2v.model.trainable_arrays import TrainableArrays, as_programs_see_it
from fastw2v.parameters import Parameters
from fastw2v.text.chunks import Source
from fastw2v.text.vocab import Vocab
from fastw2v.train import loop
from fastw2v.train.divergence import Guard
from fastw2v.train.job import Course, Job, Position
from fastw2v.train.progress import Progress
from fastw2v.train.ranks.alone import Alone
from fastw2v.train.schedule import Schedule
from fastw2v.train.threads import EpochRun, EpochTotals

if TYPE_CHECKING:
    from fastw2v.train.ranks.engine import Engine
    from fastw2v.train.ranks.rows import Model

logger = logging.getLogger("fastw2v.word2vec")

MANY_WORDS_FOR_SOFTMAX = 20_000


@dataclass(frozen=True)
class ModelSide:
    """What a training asks of its model, and tells it, as functions."""

    settings: Callable[[], Parameters]  # as the program has them now
    plan: Callable[[Parameters, TrainableArrays], Any]  # the kernels' view of the model, as it stands now
    exchanged: Callable[[Parameters, TrainableArrays], Model]  # what several processes exchange of it
    untrained_loss: Callable[[Parameters], float]  # mean loss of a pair under vectors of zeros
    state: Callable[[], tuple[dict[str, Any], list[Any], dict[str, Any]]]  # all of it, for checkpoints
    watched: bool  # whether code of the program runs between two epochs
    call: Callable[[str], bool]  # a hook of all callbacks; False if one of them wants training to end
    progressed: Callable[[int], bool]  # so many words are trained; False if a callback wants training to end
    add_seconds: Callable[[float], None]  # of training, since the last call
    epoch_done: Callable[[EpochTotals], None]
    trained: Callable[[], None]  # all epochs are over
    end: Callable[[], None]  # training ends, maybe by an error


def follow(
    source: Source,
    vocab: Vocab,
    parameters: Parameters,
    course: Course,
    position: Position,
    model: ModelSide,
    *,
    keeping: Keeping | None = None,
    make_job: Callable[..., Job] = Job,
    engine: Engine | None = None,
) -> list[EpochTotals]:
    """Train along a course, from a position on.

    Parameters
    ----------
    source : Source
        The corpus.
    vocab : Vocab
        The words of the model.
    parameters : Parameters
        Those of the course.
    course : Course
        Epochs, learning rates and the size of the corpus.
    position : Position
        Where to begin; moves along.
    model : ModelSide
        What the training asks and tells.
    keeping : Keeping, optional
        Which checkpoints are kept.
    make_job : callable
        Makes the job of the training loop.
    engine : Engine, optional
        The processes that train together; None: this one trains alone.

    Returns
    -------
    list of EpochTotals
        What was trained in each epoch.

    Raises
    ------
    Exception
        Whatever the source or a callback raised; TrainingError if training diverged.
    """
    arrays, last = TrainableArrays(), time.perf_counter()
    guard = Guard(checkpoint=keeping.path if keeping else None)
    total_words, epochs, seed = course.total_words, course.epochs, (parameters.seed or 0) % 2**64
    if expect := getattr(source, "expect", None):  # an iterable, which does not know how long it is
        expect(total_words)
    member = Alone()
    if engine is not None:
        from fastw2v.train.ranks.member import Member

        check_agreement(engine, parameters, vocab, course, position)
        seed = engine.broadcast(seed)
        member = Member(engine, seed, total_words and total_words * epochs, lambda: keeper.due, lambda: keeper.take())

    def make_plan() -> Any:
        plan = model.plan(parameters, arrays)
        if engine is not None:
            member.train(model.exchanged(parameters, arrays), position.totals.n_words, _threads(parameters))
        guard.weights, guard.untrained_loss = arrays.newest(), model.untrained_loss(parameters)
        return plan

    def heed_settings() -> None:
        """Take over what the program has set in the meantime, for what is trained from now on."""
        nonlocal parameters
        now = model.settings()
        if now is not parameters:
            parameters = now
            course.alpha, course.min_alpha = now.alpha, now.min_alpha
            job.schedule = Schedule(now.alpha, now.min_alpha, epochs)
            job.workers, job.compute_loss = _threads(now), now.compute_loss

    def rest(*, busy: bool = False) -> None:
        """Give the program its arrays back."""
        arrays.together(busy=busy)
        guard.weights = arrays.newest()

    def book() -> None:
        nonlocal last
        now = time.perf_counter()
        model.add_seconds(now - last)
        last = now

    def state() -> Any:
        job.bring_back(position.totals)
        guard.check()  # the file keeps the last state that makes sense
        book()
        seen, keys, values = model.state()
        return {name: as_programs_see_it(array) for name, array in seen.items()}, keys, values

    keeper = checkpointer(keeping if member.leads else None, course, position, state)

    def call(hook: str) -> bool:
        with keeper.at_rest():
            go_on = model.call(hook)
        heed_settings()
        if engine is not None:
            go_on = engine.broadcast(go_on and not position.stopped)
        position.stopped |= not go_on
        return go_on

    def poll(run: EpochRun) -> None:
        heed_settings()
        (keeper.poll if engine is None else keeper.watch)(run)
        n_words = member.so_far(run.totals).n_words + sum(totals.n_words for totals in position.finished)
        position.stopped |= not model.progressed(n_words)

    def epoch_end(totals: EpochTotals) -> bool:
        if model.watched:
            rest()
        model.epoch_done(totals)
        if not call("on_epoch_end") or position.stopped:
            return False
        keeper.epoch_done()
        return True

    shows = parameters.progress if member.leads else False
    job = make_job(
        kernels=engine_of(parameters),
        make_plan=make_plan,
        source=source,
        vocab=vocab,
        schedule=Schedule(parameters.alpha, parameters.min_alpha, epochs),
        seed=seed,
        workers=_threads(parameters),
        expected_words=total_words,
        expected_sentences=course.total_examples,
        compute_loss=parameters.compute_loss,
        progress=Progress(
            total_words and total_words * epochs, epochs, shows, course.report_delay, member.leads,
            engine.tell if engine is not None else None,
        ),
        guard=guard,
        member=member,
        first_epoch=course.first_epoch,
        on_epoch_begin=lambda: call("on_epoch_begin"),
        on_epoch_end=epoch_end,
        on_poll=poll,
        on_draw=keeper.draw if engine is None else lambda run, step: step(),
        at_rest=keeper.at_rest,
    )
    go_on = call("on_train_begin")
    try:
        with keeper:
            finished = loop.train(job, position) if go_on else position.finished
            rest(busy=job.busy)
            model.trained()
            keeper.finish()
    finally:
        try:
            job.bring_back(position.totals)
            rest(busy=job.busy)
        finally:
            rest(busy=job.busy)  # where another Ctrl-C came in between
            job.close()
            arrays.forget()
            guard.weights = ()  # tables are freed with their model, whatever refers to the job
            book()
            job.progress.close()
            model.end()
            for hook in ("on_epoch_begin", "on_epoch_end", "on_poll"):
                vars(job).pop(hook)  # they know the job: a model is not to wait for the collector of cycles
    return finished


def _threads(parameters: Parameters) -> int:
    """Return how many threads pull chunks; those of the exact softmax share one."""
    return 1 if parameters.softmax else parameters.workers


def tell_progress(callbacks: list[Any], model: Any, n_words: int) -> bool:
    """Call ``on_progress`` of the callbacks that have it; return False if one of them wants training to end."""
    go_on = True
    for callback in callbacks:
        # Of its class: an object that makes up attributes, as stand-ins do, was written for gensim's hooks alone.
        if hook := getattr(type(callback), "on_progress", None):
            try:
                hook(callback, model, n_words)
            except StopTraining:
                go_on = False
    return go_on


def call_all(callbacks: list[Any], hook: str, model: Any) -> bool:
    """Call one hook of all callbacks with the model; return False if one of them wants training to end."""
    go_on = True
    for callback in callbacks:
        try:
            go_on &= getattr(callback, hook)(model) is not False or hook != "on_epoch_end"
        except StopTraining:
            go_on = False
    return go_on


# ---------------------------------------------------------------------------------- checks ----


def check_numbers(report_delay: Any, total_words: Any, total_examples: Any) -> None:
    """Raise ConfigError for an argument of ``train`` that is no number >= 0."""
    checked_real("report_delay", report_delay, "seconds between two log records, such as 1.0", 0.0)
    for name, total in (("total_words", total_words), ("total_examples", total_examples)):
        if total is not None:
            checked_real(name, total, "usually model.corpus_total_words and model.corpus_count", 0.0)


def whole(total: float | None) -> int | None:
    """Return an announced count in the form that checkpoints hold."""
    return None if total is None else int(total)


def check_arguments(n_rows: int, epochs: Any, total_examples: Any, total_words: Any) -> None:
    """Raise if training cannot begin: there are no vectors, or what ``train`` has to know is missing."""
    if not n_rows:
        raise VocabularyError("you must initialize vectors before training the model: call init_weights()")
    if not isinstance(epochs, numbers.Real) or float(epochs) <= 0:
        raise ConfigError(
            f"epochs={epochs!r}: you must specify an explicit epochs count > 0, usually epochs=model.epochs"
        )
    if total_words is None and total_examples is None:
        raise ConfigError(
            "you must specify either total_examples or total_words, for proper learning-rate and progress "
            "calculations: usually total_examples=model.corpus_count, total_words=model.corpus_total_words"
        )


def check_fit(parameters: Parameters, n_words: int) -> None:
    """Raise if a vocabulary of ``n_words`` words cannot be trained with these parameters; warn of what is odd."""
    if parameters.hs and parameters.negative:
        logger.warning(
            "Both hierarchical softmax and negative sampling are activated. This is probably a mistake. "
            "You should set either 'hs=0' or 'negative=0' to disable one of them."
        )
    if parameters.hs and n_words < 2:
        raise VocabularyError(
            "hs=1 with a vocabulary of one word: hierarchical softmax needs two words or more; "
            "lower min_count, or use negative sampling (hs=0, negative=5)"
        )
    if parameters.softmax:
        _check_softmax(n_words, parameters)
    check_device(parameters)


def _check_softmax(n_words: int, parameters: Parameters) -> None:
    """Raise if there is nothing to choose from; say what exact softmax costs where that is much."""
    if n_words < 2:
        raise VocabularyError(
            "softmax=True with a vocabulary of one word: it needs two words or more; lower min_count, or use "
            "negative sampling (softmax=False)"
        )
    if n_words > MANY_WORDS_FOR_SOFTMAX:
        logger.warning(
            "softmax=True with %i words: each window computes a score, and updates the output vector, of every one "
            "of them, about %.1g floating-point operations for each word of text; use negative sampling "
            "(softmax=False), or fewer words (max_final_vocab=%i, or a higher min_count)",
            n_words, 6.0 * n_words * parameters.vector_size, MANY_WORDS_FOR_SOFTMAX,
        )  # fmt: skip


def warn_of_counts(finished: list[EpochTotals], course: Course) -> None:
    """Warn if the last epoch was not as long as was announced, or empty (the first time)."""
    totals, n_epochs = finished[-1], len(finished)
    if not totals.n_sentences:
        if all(before.n_sentences for before in finished[:-1]):
            logger.warning(
                "train() called with an empty iterator (if not intended, be sure to provide a corpus that offers "
                "restartable iteration = an iterable: a list, or an object whose __iter__ starts anew): nothing "
                "is trained in epoch %i of %i, nor in later ones that are empty, too",
                n_epochs, course.epochs,
            )  # fmt: skip
        return
    for name, expected, found in (
        ("example", course.total_examples, totals.n_sentences),
        ("raw word", course.total_words, totals.n_words),
    ):
        if expected and expected != found:
            logger.warning(
                "EPOCH %i: supplied %s count (%i) did not equal expected count (%i)",
                n_epochs - 1, name, found, expected,
            )  # fmt: skip


def warn_of_nothing_learnt(finished: list[EpochTotals], keys: list[Any]) -> None:
    """Warn if there was text and nothing to learn from; ``keys`` are the vocabulary."""
    n_words = sum(totals.n_words for totals in finished)
    if not n_words or any(totals.n_pairs for totals in finished):
        return
    if any(totals.n_kept for totals in finished):
        why = (
            "no word has another one beside it, the sentences hold one word of the vocabulary each; split texts into "
            "their words, and put all words of a sentence into one list (sample=0 keeps every word)"
        )
    else:
        why = (
            f"none of the {n_words // len(finished)} words is in the vocabulary, which has words such as "
            f"{keys[0]!r:.40} (or sub-sampling left them all out); are they written in the same way (case, numbers or "
            "texts), and split into words?"
        )
    logger.warning("nothing was learnt in this training: %s", why)


def check_nothing_lost(n_words: int, total_words: int, n_epochs: int) -> None:
    """Raise TrainingError unless every word of a corpus that stays the same was trained in every epoch."""
    expected = total_words * n_epochs
    if n_words != expected:
        raise TrainingError(
            f"{n_words} words were trained, but {n_epochs} epochs of {total_words} words are {expected}: text was "
            "lost or repeated; please report this as a bug"
        )


# ------------------------------------------------------------------------- what it is told ----


def beginning(parameters: Parameters, n_words: int) -> str:
    """Describe a training that begins; programs read gensim's words in it."""
    return (
        f"training model with {parameters.workers} workers on {n_words} vocabulary and {parameters.vector_size} "
        f"features, using sg={parameters.sg} hs={parameters.hs} sample={parameters.sample} "
        f"negative={parameters.negative} window={parameters.window} shrink_windows={parameters.shrink_windows}"
        + " softmax=True" * parameters.softmax
    )


def ending(n_words: int, n_kept: int, seconds: float) -> str:
    """Describe a training that is over."""
    return f"training on {n_words} raw words ({n_kept} effective words) took {seconds:.1f}s"


def warn_of_what_is_unused(trim_rule: Any, callbacks: Any) -> None:
    """Say what a constructor without a corpus will not use."""
    if trim_rule is not None:
        logger.warning(
            "The rule, if given, is only used to prune vocabulary during build_vocab() and is not stored "
            "as part of the model. Model initialized without sentences. trim_rule provided, if any, will "
            "be ignored."
        )
    if callbacks is not None and checked_callbacks(callbacks):
        logger.warning(
            "Callbacks are no longer retained by the model, so must be provided whenever training is "
            "triggered, as in initialization with a corpus or calling `train()`. The callbacks provided in "
            "this initialization without triggering train will be ignored."
        )
