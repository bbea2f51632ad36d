"""What the file of a model may hold: every parameter and array is looked at before a model is made of them.

A file may be damaged, written by another program, or meant to do harm: whatever gets past here can be trained
and asked without surprises.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError, FormatError
from fastw2v.parameters import STORED, Parameters, check_objective
from fastw2v.train.huffman import MAX_TOTAL
from fastw2v.vectors.state import check_arrays, index_of

MOST_EXAMPLES = 2**62  # of counts of words, sentences and the like

Rules = dict[str, tuple[Callable[[Any], bool], str]]


def is_count(value: Any) -> bool:
    """Whether it is an integer from 0 on that 64 bits can hold; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_EXAMPLES


def is_number(value: Any) -> bool:
    """Whether it is a finite number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_loss(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)  # an epoch without a pair has NaN


_AMOUNT = (lambda value: value is None or (is_number(value) and value >= 0), "a finite number >= 0, or null")

# What a model has counted: beside the parameters (fastw2v/parameters.py), these are the plain values of a file.
COUNTED: Rules = {
    "effective_min_count": (lambda value: value is None or is_number(value), "a finite number, or null"),
    **dict.fromkeys(("corpus_count", "corpus_total_words"), _AMOUNT),
    **dict.fromkeys(("train_count", "epochs_trained"), (is_count, "an integer >= 0")),
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
}
FIELDS = (*STORED, *COUNTED)
TREE = ("codes", "points", "offsets")


def fail(name: Any, field: str, value: Any, wanted: str) -> NoReturn:
    """Raise the error for a field of a file that has a value it cannot have."""
    raise FormatError(f"{name}: {field}={value!r:.80}: must be {wanted}; the file is damaged, or not fastw2v's")


def check_fields(name: Any, values: dict[str, Any], rules: Rules) -> None:
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


def checked_parameters(name: Any, values: dict[str, Any], *, trains: bool) -> dict[str, Any]:
    """Check the plain values of a model, defaults filled in; ``trains``: training goes on with them at once.

    Returns
    -------
    dict
        The same values, each in the form that the model uses.

    Raises
    ------
    FormatError
        If one is not known, or has a value that it cannot have.
    """
    values = dict(values)
    for field in ("attributes", "object_attrs", "own"):
        if values.get(field) is not None and not isinstance(values[field], dict):
            fail(name, field, values[field], "values by name")
    others = ("attributes", "object_attrs", "own", "kind", "next_index")
    check_fields(name, {field: value for field, value in values.items() if field not in (*STORED, *others)}, COUNTED)
    try:
        for field, row in STORED.items():
            assert row.in_file is not None
            values[field] = row.in_file.checked(field, values[field], row.advice)
        if trains:
            check_objective(Parameters(**{field: values[field] for field in STORED}))
    except ConfigError as error:
        raise FormatError(f"{name}: {error}") from None
    return values


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
        What ``Word2Vec._state`` gives; the parameters have been checked.
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
        _check_outputs(name, field, arrays, (rows, size), trains=trains)
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


def _check_outputs(
    name: Any, field: str, arrays: dict[str, NDArray[Any]], shape: tuple[int, int], *, trains: bool
) -> None:
    """Check output weights and the factors of their updates, if there are any."""
    weights, factors = arrays.get(field), arrays.get(f"{field}_lockf")
    if weights is not None:
        short = not trains and weights.ndim == 2 and len(weights) < shape[0]  # vectors were added to ``wv`` by hand
        if weights.dtype.kind != "f" or weights.shape != (len(weights) if short else shape[0], shape[1]):
            raise FormatError(
                f"{name}: {field}: must be a float array of {shape}, as the vectors are, not {weights.dtype} of "
                f"{weights.shape}"
            )
    if factors is not None and (factors.ndim != 1 or not len(factors) or factors.dtype.kind not in "biuf"):
        raise FormatError(
            f"{name}: {field}_lockf: one factor, or one for each row, is needed, not {factors.dtype} of shape "
            f"{factors.shape}"
        )


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
