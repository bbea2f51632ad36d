"""What the file of a model may hold: every parameter and array is looked at before a model is made of them.

A file may be damaged, written by another program, or meant to do harm: whatever gets past here can be trained
and asked without surprises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastw2v.config import TrainConfig
from fastw2v.errors import ConfigError, FormatError
from fastw2v.train.huffman import MAX_TOTAL
from fastw2v.vectors.state import check_arrays, index_of

LARGEST = 2**31 - 1  # of sizes that become an int32 in the kernels
MOST_WORKERS = 10_000  # threads; more than any machine starts
MOST_EXAMPLES = 2**62  # of counts of words, sentences and the like
LARGEST_NUMBER = 1e300


def is_count(value: Any) -> bool:
    """Whether it is an integer from 0 on that 64 bits can hold; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_EXAMPLES


def is_number(value: Any) -> bool:
    """Whether it is a finite number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER


def _is_flag(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float))  # what counts is whether it is 0


def _is_size(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= LARGEST and value == int(value)


def _is_amount(value: Any) -> bool:
    return value is None or (is_number(value) and value >= 0)


def _is_loss(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)  # an epoch without a pair has NaN


_AMOUNT = (_is_amount, "a finite number >= 0, or null")
_FLAG = (_is_flag, "true or false")
_SIZE = (_is_size, f"an integer from 0 to {LARGEST}")

# What TrainConfig does not say: the parameters that it does not have, and upper bounds.
FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("vector_size", "window", "negative", "epochs"), _SIZE),
    "workers": (lambda value: _is_size(value) and value <= MOST_WORKERS, f"an integer from 1 to {MOST_WORKERS}"),
    "seed": (lambda value: value is None or isinstance(value, int), "an integer, or null"),
    **dict.fromkeys(
        ("sg", "hs", "cbow_mean", "cbow_exact", "shrink_windows", "null_word", "sorted_vocab",
         "compute_loss", "progress"), _FLAG,
    ),
    **dict.fromkeys(
        ("max_vocab_size", "max_final_vocab", "batch_words", "corpus_count", "corpus_total_words"), _AMOUNT,
    ),
    **dict.fromkeys(("train_count", "epochs_trained"), (is_count, "an integer >= 0")),
    **dict.fromkeys(
        ("min_count", "effective_min_count"),
        (lambda value: value is None or is_number(value), "a finite number, or null"),
    ),
    **dict.fromkeys(
        ("total_train_time", "min_alpha_yet_reached"),
        (lambda value: is_number(value) and value >= 0, "a finite number >= 0"),
    ),
    "running_training_loss": (_is_loss, "a number"),
    "loss_history": (lambda value: isinstance(value, list) and all(map(_is_loss, value)), "a list of numbers"),
    "lifecycle_events": (
        lambda value: value is None or (isinstance(value, list) and all(isinstance(event, dict) for event in value)),
        "a list of events, or null",
    ),
    "ns_exponent": (
        lambda value: value is None or (is_number(value) and abs(value) <= 10),  # powers of counts stay finite
        "a number from -10 to 10, or null",
    ),
    "softmax": (lambda value: isinstance(value, int) and value in (0, 1), "true or false"),
    "comment": (lambda value: True, "anything"),
}  # fmt: skip
TREE = ("codes", "points", "offsets")


def fail(name: Any, field: str, value: Any, wanted: str) -> NoReturn:
    """Raise the error for a field of a file that has a value it cannot have."""
    raise FormatError(f"{name}: {field}={value!r:.80}: must be {wanted}; the file is damaged, or not fastw2v's")


def check_fields(name: Any, values: dict[str, Any], rules: dict[str, tuple[Callable[[Any], bool], str]]) -> None:
    """Compare values with what each of them may be; a value without a rule is not known, which is an error.

    Raises
    ------
    FormatError
        For the first value that its rule refuses.
    """
    for field, value in values.items():
        if field not in rules:
            raise FormatError(f"{name}: {field}: there is no such field; if a later fastw2v wrote the file, upgrade")
        check, wanted = rules[field]
        if not check(value):
            fail(name, field, value, wanted)


def is_free(owner: type, name: str) -> bool:
    """Whether a file may set this attribute of a model: it must not hide a method or a property of the class."""
    present = getattr(owner, name, None)
    return (
        name.isidentifier() and not name.startswith("_") and not callable(present) and not hasattr(present, "__get__")
    )


def checked_parameters(
    name: Any, parameters: dict[str, Any], known: tuple[str, ...], *, trains: bool
) -> dict[str, Any]:
    """Check the parameters of a model, defaults filled in; ``trains``: training goes on with them at once.

    Raises
    ------
    FormatError
        If one is not known, or has a value that it cannot have.
    """
    plain = {field: value for field, value in parameters.items() if field in known}
    extra = {field: value for field, value in parameters.items() if field not in known}
    for field in ("attributes", "object_attrs", "own"):
        value = extra.pop(field, None)
        if value is not None and not isinstance(value, dict):
            fail(name, field, value, "values by name")
    extra.pop("kind", None)
    extra.pop("next_index", None)
    rules = {field: FIELDS.get(field, (lambda value: True, "")) for field in known}
    check_fields(name, {**plain, **extra}, rules)
    config = {field.name: plain[field.name] for field in fields(TrainConfig) if field.name in plain}
    for flag in ("sg", "hs", "softmax", "cbow_mean", "cbow_exact", "shrink_windows"):
        config[flag] = bool(config.get(flag))
    config["sample"] = config.get("sample") or 0.0
    if config.get("seed") is None:  # as in gensim: drawn anew
        config.pop("seed", None)
    if not trains:  # a model may be without an objective, or threads, as long as it is only asked
        config.update(hs=True, softmax=False, workers=config.get("workers") or 1)
        if config.get("ns_exponent") is None:  # and without a noise table
            config.pop("ns_exponent", None)
    try:
        TrainConfig(**config)
    except (ConfigError, OverflowError) as error:
        raise FormatError(f"{name}: {error}") from None
    return parameters


def check_model(
    name: Any,
    arrays: dict[str, NDArray[Any]],
    keys: list[Any],
    parameters: dict[str, Any],
    *,
    trains: bool = False,
) -> None:
    """Compare the arrays of a model with each other, the keys and the parameters.

    Parameters
    ----------
    name : path
        Of the file, for messages.
    arrays, keys, parameters
        What ``Word2Vec.state`` gives; the parameters have been checked.
    trains : bool
        Whether training goes on at once: the weights of all objectives must be there.

    Raises
    ------
    FormatError
        If an array is missing, or has another shape, dtype or range than it must have.
    """
    rows, size = len(keys), parameters["vector_size"]
    check_arrays(arrays, rows, name)
    index_of(keys, name)
    width = arrays["vectors"].shape[1]
    if width != size:
        raise FormatError(f"{name}: vectors: {width} numbers each, but vector_size={size}")
    for field in ("syn1", "syn1neg"):
        weights = arrays.get(field)
        if weights is None:
            continue
        short = not trains and weights.ndim == 2 and len(weights) < rows  # vectors were added to ``wv`` by hand
        if weights.dtype.kind != "f" or weights.shape != (len(weights) if short else rows, size):
            raise FormatError(
                f"{name}: {field}: must be a float array of ({rows}, {size}), as the vectors are, not {weights.dtype} "
                f"of {weights.shape}"
            )
    counts = arrays.get("attr.count")
    if counts is not None and not _counts_fit(counts, rows):
        raise FormatError(f"{name}: attr.count: must be {rows} integers >= 0 of a sum in 1 .. 2**62 - 1")
    keep = arrays.get("attr.sample_int")
    if keep is not None and (keep.ndim != 1 or keep.dtype.kind not in "iu" or not _within(keep, 0, 2**32 - 1)):
        raise FormatError(f"{name}: attr.sample_int: must be {rows} integers of 32 bits")
    _check_tree(name, {part: arrays["tree." + part] for part in TREE if "tree." + part in arrays}, rows)
    if trains:
        needed = {
            "attr.count": True,
            "attr.sample_int": parameters.get("sample"),
            "syn1neg": parameters.get("negative") or parameters.get("softmax"),
            "syn1": parameters.get("hs"),
        }
        for field, wanted in needed.items():
            if wanted and field not in arrays:
                raise FormatError(f"{name}: {field}: the array is missing, so training cannot go on from this file")
        if arrays["vectors"].dtype.kind != "f":
            raise FormatError(f"{name}: vectors: {arrays['vectors'].dtype} cannot be trained, float32 is needed")


def _within(array: NDArray[Any], low: int, high: int) -> bool:
    return not array.size or bool(int(array.min()) >= low and int(array.max()) <= high)


def _counts_fit(counts: NDArray[Any], rows: int) -> bool:
    if counts.shape != (rows,) or counts.dtype.kind not in "iu" or not _within(counts, 0, MAX_TOTAL):
        return False
    return not rows or 0 < counts.sum(dtype=np.float64) < MAX_TOTAL


def _check_tree(name: Any, tree: dict[str, NDArray[Any]], rows: int) -> None:
    """Check a stored Huffman tree: paths of inner nodes that exist, one for each word."""
    if not tree:
        return
    for part, kind in zip(TREE, (np.uint8, np.uint32, np.int64), strict=True):
        if part not in tree or tree[part].dtype != kind or tree[part].ndim != 1:
            raise FormatError(f"{name}: tree.{part}: must be there, one row of {np.dtype(kind)}")
    codes, points, offsets = (tree[part] for part in TREE)
    if len(offsets) != rows + 1 or offsets[0] != 0 or (np.diff(offsets) < 0).any() or offsets[-1] != len(codes):
        raise FormatError(f"{name}: tree.offsets: must rise from 0 to {len(codes)} in {rows + 1} steps")
    if len(points) != len(codes) or not _within(points, 0, max(rows - 2, 0)):
        raise FormatError(f"{name}: tree.points: must be {len(codes)} inner nodes, 0 to {rows - 2}")
    if not _within(codes, 0, 1):
        raise FormatError(f"{name}: tree.codes: must be 0 or 1")
    longest = int(np.diff(offsets).max(initial=0))
    if longest >= max(rows, 1):
        raise FormatError(f"{name}: tree.offsets: a path of {longest} nodes in a tree of {rows} words")
