"""What a model looks like to the engine that trains it: its arrays, checked, and the parameters that kernels know."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v._dispatch import kernels
from fastw2v._parallel import usable_cpus
from fastw2v.errors import ConfigError, TrainingError, VocabularyError
from fastw2v.keyedvectors import KeyedVectors
from fastw2v.model.trainable_arrays import TrainableArrays
from fastw2v.parameters import TABLE, Parameters, sides_of
from fastw2v.query.similarity import FOR_COMPILED
from fastw2v.train import hot_rows, noise, softmax
from fastw2v.train.huffman import Huffman
from fastw2v.train.ranks.rows import Model, rows_of

Outputs = dict[str, NDArray[np.float32]]  # "syn1neg" and "syn1", as far as a model has them


def engine_of(parameters: Parameters) -> Any:
    """Return what trains the chunks: the kernels, or the module of the exact softmax."""
    return softmax if parameters.softmax else kernels


def device_of(parameters: Parameters) -> str:
    """Return where to train: what was asked for, or ``FASTW2V_DEVICE``, or the processor."""
    if parameters.device is not None:
        return parameters.device
    asked = os.environ.get("FASTW2V_DEVICE") or "cpu"
    try:
        return str(TABLE["device"].checked(asked))
    except ConfigError as error:
        raise ConfigError(f"the environment variable FASTW2V_DEVICE: {error}") from error


def check_device(parameters: Parameters) -> None:
    """Raise ConfigError if a training cannot be done on the card that was asked for, or there is none."""
    device = device_of(parameters)
    if device == "cpu":
        return
    if parameters.softmax:
        raise ConfigError(
            f'device={device!r} with softmax=True: a card trains negative sampling and hierarchical softmax; use '
            'device="cpu", or softmax=False with negative=5'
        )
    if not isinstance(parameters.window, int):
        raise ConfigError(
            f"device={device!r} with window={parameters.window}: windows on a card reach equally far on both sides; "
            'use device="cpu", or one number'
        )
    from fastw2v.cuda import card, options

    options.check_vector_size(parameters.vector_size)
    card.open_card(device).close()


def training_plan(
    wv: KeyedVectors,
    model: Any,
    tree: Huffman | None,
    parameters: Parameters,
    n_sentences: int,
    arrays: TrainableArrays,
    noise_shares: NDArray[np.int64] | None = None,
) -> Any:
    """Return the engine's view of a model, as it stands now.

    Parameters
    ----------
    wv : KeyedVectors
        Input vectors, their locks, counts and thresholds.
    model : object
        Has output weights as attributes ``syn1neg`` and ``syn1``, (n_words, vector_size), as far as they are used.
    tree : Huffman, optional
        Needed for ``hs=1``.
    parameters : Parameters
    n_sentences : int
        Of the corpus, 0 where that is not known: tells how much context a word has.
    arrays : TrainableArrays
        What makes arrays for the kernels of these, and gives them back.
    noise_shares : int64 array, (n_words,), optional
        How often each word is drawn as noise, instead of what follows from counts and exponent.

    Raises
    ------
    ConfigError
        If an array cannot be trained.
    """
    lock, lock_ns, lock_hs = _locks_of(wv, model, parameters)
    if parameters.softmax or (parameters.joint_context and parameters.sg):
        name = "softmax" if parameters.softmax else "joint_context"
        _refuse_held_outputs(lock_ns, lock_hs, f"with {name}=True", f"{name}=False")
    keep = np.ascontiguousarray(wv.expandos["sample_int"], dtype=np.uint32) if parameters.sample else None
    vectors = arrays.use(wv, "vectors", "wv.vectors")
    if parameters.softmax:
        return softmax.SoftmaxPlan(
            vectors,
            arrays.use(model, "syn1neg"),
            window=parameters.window,
            skip_gram=bool(parameters.sg),
            keep=keep,
            lock=lock,
            cbow_mean=bool(parameters.cbow_mean),
            shrink=parameters.shrink_windows,
            n_threads=min(parameters.workers, usable_cpus()),  # each waits for all others, again and again
        )
    counts = wv.expandos["count"]
    kept = _kept(wv, parameters)
    n_context = _context_of_a_word(kept, n_sentences, parameters)
    outputs = (
        arrays.use(model, "syn1neg") if parameters.negative else None,
        arrays.use(model, "syn1") if parameters.hs else None,
    )
    table = _alias_table(counts, noise_shares, parameters)
    if device_of(parameters) != "cpu":
        _refuse_held_outputs(lock_ns, lock_hs, "on a card", 'device="cpu"')
        return _card_plan((vectors, *outputs), keep, table, tree, lock, parameters, kept, counts, n_context)
    workers = parameters.workers
    input_step = hot_rows.step_of(parameters.alpha, 1 + parameters.negative)
    output_step = hot_rows.step_of(parameters.alpha, n_context if parameters.sg else 1)
    return kernels.Plan(
        vectors,
        *outputs,
        keep,
        table,
        (tree.codes, tree.points, tree.offsets) if tree is not None else None,
        lock,
        window=parameters.window,
        negative=parameters.negative,
        skip_gram=bool(parameters.sg),
        cbow_mean=bool(parameters.cbow_mean),
        cbow_exact=parameters.cbow_exact,
        shrink=parameters.shrink_windows,
        joint_context=parameters.joint_context and bool(parameters.sg),
        hot_in=hot_rows.hot_inputs(kept, n_context, workers, input_step) if lock is None and n_sentences else None,
        hot_ns=hot_rows.hot_words(counts, kept, parameters.negative, parameters.ns_exponent, workers, output_step)
        if parameters.negative and lock_ns is None
        else None,
        hot_hs=hot_rows.hot_nodes(kept, tree, workers, output_step) if tree is not None and lock_hs is None else None,
        lock_ns=lock_ns,
        lock_hs=lock_hs,
    )


def _locks_of(wv: KeyedVectors, model: Any, parameters: Parameters) -> tuple[NDArray[np.float32] | None, ...]:
    """Return the factors of the updates of input vectors, output vectors and inner nodes, where they are trained."""
    return (
        _lock_of(wv, "vectors_lockf", "wv.vectors_lockf"),
        _lock_of(model, "syn1neg_lockf") if parameters.negative or parameters.softmax else None,
        _lock_of(model, "syn1_lockf") if parameters.hs else None,
    )


def _refuse_held_outputs(lock_ns: Any, lock_hs: Any, where: str, way_out: str) -> None:
    """Raise a ConfigError if output rows are held back, where that cannot be."""
    if lock_ns is not None or lock_hs is not None:
        name = "syn1_lockf" if lock_ns is None else "syn1neg_lockf"
        raise ConfigError(
            f"{name} is not 1 everywhere: output vectors cannot be held back {where}; set it to np.ones(1), or "
            f"{way_out}"
        )


def _lock_of(owner: Any, name: str, label: str = "") -> NDArray[np.float32] | None:
    """Return the factors of the updates of rows that are an attribute; None if all are 1, or there are none."""
    given = getattr(owner, name, None)
    if given is None:
        return None
    lock = np.require(given, np.float32, FOR_COMPILED)
    if lock.ndim != 1 or not len(lock) or not np.isfinite(lock).all():
        raise ConfigError(
            f"{label or name} of shape {lock.shape}: must be one finite number, or one for each row: 0 holds the row, "
            "1 trains it"
        )
    return None if (lock == 1).all() else lock


def _card_plan(
    weights: tuple[NDArray[np.float32], NDArray[np.float32] | None, NDArray[np.float32] | None],
    keep: NDArray[np.uint32] | None,
    table: NDArray[np.uint32] | None,
    tree: Huffman | None,
    lock: NDArray[np.float32] | None,
    parameters: Parameters,
    kept: NDArray[np.float64],
    counts: NDArray[np.int64],
    n_context: float,
) -> Any:
    """Return what a card trains; ``weights`` are the input vectors, ``syn1neg`` and ``syn1``."""
    assert isinstance(parameters.window, int), "check_device() refuses others"
    from fastw2v.cuda.flight import warps_in_flight
    from fastw2v.cuda.options import options_of
    from fastw2v.cuda.plan import Plan

    options = options_of(
        parameters.vector_size,
        skip_gram=bool(parameters.sg),
        negative=parameters.negative,
        max_path=int(np.diff(tree.offsets).max()) if tree is not None else 0,
        joint_context=parameters.joint_context,
    )
    flight = partial(
        warps_in_flight, kept, counts, n_context, skip_gram=bool(parameters.sg), negative=parameters.negative,
        ns_exponent=parameters.ns_exponent, tree=tree, n_slices=options.n_slices,
    )  # fmt: skip
    return Plan(
        *weights,
        keep,
        table,
        tree,
        lock,
        window=parameters.window,
        negative=parameters.negative,
        cbow_mean=bool(parameters.cbow_mean),
        cbow_exact=parameters.cbow_exact,
        shrink=parameters.shrink_windows,
        options=options,
        flight=flight,
    )


def _alias_table(
    counts: NDArray[np.int64], shares: NDArray[np.int64] | None, parameters: Parameters
) -> NDArray[np.uint32] | None:
    """Return what noise words are drawn from, None if none are."""
    if not parameters.negative:
        return None
    return noise.alias_table(counts, parameters.ns_exponent) if shares is None else noise.alias_table(shares, 1.0)


def exchanged_model(
    wv: KeyedVectors,
    model: Any,
    tree: Huffman | None,
    parameters: Parameters,
    n_sentences: int,
    n_words: int,
    arrays: TrainableArrays,
) -> Model:
    """Return what several processes that train together exchange of a model.

    Parameters
    ----------
    wv, model, tree, parameters, n_sentences, arrays
        As of :func:`training_plan`, which comes first.
    n_words : int
        Raw words of the corpus, 0 where that is not known.
    """
    counts, kept = wv.expandos["count"], _kept(wv, parameters)
    n_context = max(_context_of_a_word(kept, n_sentences, parameters), 1.0)
    words = nodes = None
    if parameters.negative:
        rate = hot_rows.word_updates(counts, kept, parameters.negative, parameters.ns_exponent)
        words = rows_of(arrays.use(model, "syn1neg"), rate)
    if tree is not None:
        rate = np.append(hot_rows.node_updates(kept, tree), 0.0)  # the last row is no node
        nodes = rows_of(arrays.use(model, "syn1"), rate)
    return Model(
        rows_of(arrays.use(wv, "vectors", "wv.vectors"), hot_rows.input_updates(kept, n_context)),
        words,
        nodes,
        negative=parameters.negative,
        n_context=n_context,
        skip_gram=bool(parameters.sg),
        cbow_mean=bool(parameters.cbow_mean),
        cbow_exact=parameters.cbow_exact,
        kept_share=float(kept.sum()) / max(parameters.epochs * (n_words or int(counts.sum())), 1),
        held=any(lock is not None for lock in _locks_of(wv, model, parameters)),
    )


def _kept(wv: KeyedVectors, parameters: Parameters) -> NDArray[np.float64]:
    """(n_words,) occurrences of each word in the whole training, after sub-sampling."""
    counts: NDArray[np.int64] = wv.expandos["count"]
    shares = (wv.expandos["sample_int"] + 1.0) / 2**32 if parameters.sample else 1.0
    kept: NDArray[np.float64] = np.asarray(parameters.epochs * counts * shares, np.float64)
    return kept


def _context_of_a_word(kept: NDArray[np.float64], n_sentences: int, parameters: Parameters) -> float:
    """Words in the context of a word, in the mean: short sentences have less than the window allows."""
    sides = sides_of(parameters.window)
    of_window = sum((side + 1) / 2 if parameters.shrink_windows else side for side in sides if side)
    in_sentences = max(parameters.epochs * n_sentences, 1)
    return float(min(of_window, kept.sum() / in_sentences - 1))


def untrained_loss(counts: NDArray[np.int64], tree: Huffman | None, parameters: Parameters) -> float:
    """Return the mean loss of a pair under vectors of zeros: log 2 for each question, log V for a choice of V words."""
    questions = (1.0 + parameters.negative) if parameters.negative else 0.0
    if tree is not None:
        questions += float(np.average(np.diff(tree.offsets), weights=np.maximum(counts, 1e-9)))
    return float(np.log(len(counts)) if parameters.softmax else questions * np.log(2))


def scoring_plan(
    wv: KeyedVectors, model: Any, tree: Huffman, parameters: Parameters, arrays: TrainableArrays
) -> Any:
    """Return a plan for the likelihood of texts under hierarchical softmax: full windows, every word."""
    return kernels.Plan(
        arrays.use(wv, "vectors", "wv.vectors", write=False),
        None,
        arrays.use(model, "syn1", write=False),
        None,
        None,
        (tree.codes, tree.points, tree.offsets),
        None,
        window=parameters.window,
        negative=0,
        skip_gram=bool(parameters.sg),
        cbow_mean=bool(parameters.cbow_mean),
        cbow_exact=False,
        shrink=False,
    )


def check_weights(wv: KeyedVectors, outputs: Outputs, parameters: Parameters) -> None:
    """Raise unless the arrays that programs may have replaced fit each other."""
    shape = (len(wv), parameters.vector_size)
    if not isinstance(wv.vectors, np.ndarray):
        raise TrainingError(
            f"wv.vectors is a {type(wv.vectors).__name__}, which cannot be trained: model.wv = "
            "model.wv.astype('float32') first"
        )
    for name in ("count", *(["sample_int"] if parameters.sample else [])):
        if len(wv.expandos.get(name, ())) != len(wv):
            raise VocabularyError(
                f"wv has no {name!r} for each of its {len(wv)} words, which training needs: vectors alone are not "
                "enough; call build_vocab() (update=True keeps what is there), or set_vecattr() for each word"
            )
    used = {"wv.vectors": wv.vectors}
    if parameters.negative or parameters.softmax:
        used["syn1neg"] = outputs["syn1neg"]
    if parameters.hs:
        used["syn1"] = outputs["syn1"]
    for name, array in used.items():
        if array.shape != shape:
            raise TrainingError(
                f"{name} is of shape {array.shape} where {shape[0]} words of vector_size={shape[1]} need {shape}: "
                "words that are to be trained come from build_vocab(..., update=True), not from wv.add_vectors()"
            )
