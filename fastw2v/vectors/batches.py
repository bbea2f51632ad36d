"""Many questions at once: what each asks with, which rows may answer it, and the answers with names."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.query.search import RowLists, row_lists
from fastw2v.vectors.neighbours import Neighbours, cosmul_terms, mean_of, terms
from fastw2v.vectors.rows import INTEGERS, is_key, reject_string

Row = Callable[[Any], int]  # from a key to its row, or -1


class Answers(NamedTuple):
    """The answers to many questions as arrays, best first."""

    keys: NDArray[np.object_]  # (n_queries, topn), None where a question has fewer answers
    scores: NDArray[Any]  # the same shape, NaN there


class Questions(NamedTuple):
    """What a batch asks with: the keys and vectors of all questions in one list, cut by ``offsets``."""

    items: list[Any]
    weights: list[float]
    offsets: NDArray[np.int64]  # (n_questions + 1,)
    single: bool  # whether each question is one positive key or vector


def questions(positive: Any, negative: Any, key_to_index: Mapping[Any, int]) -> Questions:
    """Return what a batch asks with.

    Parameters
    ----------
    positive : iterable, or array of shape (n_questions, vector_size)
        For each question what ``most_similar`` takes as ``positive``: a key, a vector, or a list of them.
    negative : iterable of the same length, or None
    key_to_index : mapping

    Raises
    ------
    TypeError
        If one of them is a string.
    ValueError
        If their lengths differ, or a question is empty.

    Examples
    --------
    >>> questions(["king", ["queen", "man"]], None, {"king": 0, "man": 1, "queen": 2}).offsets
    array([0, 1, 3])
    """
    asked, without = _sides(positive, negative)
    if negative is None and all(is_key(item, key_to_index) or _is_vector(item) for item in asked):
        return Questions(asked, [1.0] * len(asked), np.arange(len(asked) + 1), True)
    found = [terms(plus, minus, key_to_index) for plus, minus in zip(asked, without, strict=True)]
    empty = next((place for place, (items, _) in enumerate(found) if not items), None)
    if empty is not None:
        raise ValueError(f"question {empty} asks with nothing")
    offsets = np.cumsum([0, *(len(items) for items, _ in found)], dtype=np.int64)
    return Questions([i for items, _ in found for i in items], [w for _, ws in found for w in ws], offsets, False)


def cosmul_questions(positive: Any, negative: Any, key_to_index: Mapping[Any, int]) -> Questions:
    """Return what a batch of 3CosMul asks with, its weights 1 and -1.

    Raises
    ------
    ValueError
        If a question has nothing positive, something has a weight, or the lengths differ.
    """
    sides = zip(*_sides(positive, negative), strict=True)
    found = [cosmul_terms(plus, minus, key_to_index) for plus, minus in sides]
    items = [item for plus, minus in found for item in (*plus, *minus)]
    weights = [weight for plus, minus in found for weight in (*[1.0] * len(plus), *[-1.0] * len(minus))]
    offsets = np.cumsum([0, *(len(plus) + len(minus) for plus, minus in found)], dtype=np.int64)
    return Questions(items, weights, offsets, False)


def _sides(positive: Any, negative: Any) -> tuple[list[Any], list[Any]]:
    asked, without = _one_each("positive", positive), _one_each("negative", negative)
    if positive is None or negative is None:
        asked, without = asked or [None] * len(without), without or [None] * len(asked)
    if len(asked) != len(without):
        raise ValueError(
            f"{len(asked)} questions have positive keys and {len(without)} negative ones: give one of each"
        )
    return asked, without


def _one_each(name: str, given: Any) -> list[Any]:
    if given is None:
        return []
    reject_string(name, given)
    if isinstance(given, np.ndarray) and given.ndim == 1 and given.dtype.kind == "f":
        raise ValueError(f"{name} is one vector, of shape {given.shape}: a batch has one row for each question")
    return list(given)


def _is_vector(item: Any) -> bool:
    return isinstance(item, np.ndarray) and item.ndim == 1 and item.dtype.kind == "f"


def rows_asked_with(asked: Questions, row_of: Row) -> RowLists:
    """Return the rows of the keys of each question, which its answer leaves out."""
    rows = np.array([-1 if isinstance(item, np.ndarray) else row_of(item) for item in asked.items], dtype=np.int64)
    if asked.single:
        known = rows >= 0
        return RowLists(np.concatenate([[0], np.cumsum(known)]).astype(np.int64), rows[known])
    cut = np.split(rows, asked.offsets[1:-1]) if len(asked.offsets) > 1 else []
    return row_lists([part[part >= 0] for part in cut])


def chosen_rows(
    name: str, given: Any, n_questions: int, n_rows: int, row_of: Row
) -> NDArray[np.bool_] | RowLists | None:
    """Return the rows that ``exclude=`` or ``among=`` speaks of: of all questions, or of each.

    Parameters
    ----------
    name : str
        Of the argument.
    given : None, collection of keys, or bool array of shape (n_rows,) or (n_questions, n_rows)
        A list of lists, sets, arrays or None has one for each question.
    n_questions, n_rows : int
    row_of : callable

    Returns
    -------
    ndarray of bool, shape (n_rows,), or RowLists, or None
    """
    if given is None:
        return None
    reject_string(name, given)
    if isinstance(given, np.ndarray) and given.dtype == np.bool_:
        if given.shape == (n_rows,):
            return given
        if given.shape != (n_questions, n_rows):
            raise ValueError(
                f"{name}: a mask of shape {given.shape}; expected ({n_rows},) or ({n_questions}, {n_rows})"
            )
        return row_lists([np.flatnonzero(mask) for mask in given])
    if isinstance(given, list) and given and all(isinstance(one, (list, set, np.ndarray, type(None))) for one in given):
        if len(given) != n_questions:
            raise ValueError(f"{name} has {len(given)} lists for {n_questions} questions")
        return row_lists([_rows_of(name, one, n_rows, row_of) for one in given])
    mask = np.zeros(n_rows, dtype=np.bool_)
    mask[_rows_of(name, given, n_rows, row_of)] = True
    return mask


def _rows_of(name: str, keys: Any, n_rows: int, row_of: Row) -> NDArray[np.int64]:
    if keys is None:
        return np.arange(0 if name == "exclude" else n_rows)
    if isinstance(keys, np.ndarray) and keys.dtype == np.bool_:
        if keys.shape != (n_rows,):
            raise ValueError(f"{name}: a mask of shape {keys.shape}; expected ({n_rows},)")
        return np.flatnonzero(keys)
    rows = np.fromiter((row_of(key) for key in keys), dtype=np.int64)
    return rows[rows >= 0]


class Limits(NamedTuple):
    """Which rows may answer each question."""

    left_out: RowLists
    allowed: NDArray[np.bool_] | RowLists | None


def limits(asked: Questions, exclude: Any, among: Any, n_rows: int, row_of: Row) -> Limits:
    """Return which rows may answer each question: not those that it asks with, and what the caller says."""
    n_questions = len(asked.offsets) - 1
    left_out = rows_asked_with(asked, row_of)
    excluded = chosen_rows("exclude", exclude, n_questions, n_rows, row_of)
    allowed = chosen_rows("among", among, n_questions, n_rows, row_of)
    if isinstance(excluded, RowLists):
        left_out = row_lists([np.concatenate([left_out.of(q), excluded.of(q)]) for q in range(n_questions)])
    elif excluded is not None and isinstance(allowed, RowLists):
        allowed = row_lists([rows[~excluded[rows]] for rows in map(allowed.of, range(n_questions))])
    elif excluded is not None:
        allowed = np.logical_not(excluded) if allowed is None else np.logical_and(allowed, ~excluded)
    return Limits(left_out, allowed)


def directions(asked: Questions, units: NDArray[Any]) -> NDArray[Any]:
    """Return the vector that each question asks with, shape (n_questions, vector_size).

    Parameters
    ----------
    asked : Questions
    units : ndarray, shape (n_keys, vector_size)
        The vectors of the keys among the items, at length 1.
    """
    size = units.shape[1]
    has_row = [not isinstance(item, np.ndarray) for item in asked.items]
    for place, item in enumerate(asked.items):
        if not has_row[place] and item.shape != (size,):
            raise ValueError(f"a vector of shape {item.shape} among the questions; expected ({size},)")
    if asked.single and all(has_row):
        return units
    if asked.single and not any(has_row):
        return np.array(asked.items, dtype=units.dtype).reshape(-1, size)
    made = np.empty((len(asked.offsets) - 1, size), dtype=units.dtype)
    used = 0
    for question, (start, end) in enumerate(itertools.pairwise(asked.offsets.tolist())):
        n_keys = sum(has_row[start:end])
        of_keys, used = units[used : used + n_keys], used + n_keys
        made[question] = mean_of(asked.items[start:end], asked.weights[start:end], of_keys, has_row[start:end])
    return made


def cosmul_directions(asked: Questions, units: NDArray[Any]) -> list[tuple[list[NDArray[Any]], list[NDArray[Any]]]]:
    """Return the positive and the negative vectors of each question of 3CosMul; ``units`` as for :func:`directions`."""
    of_keys = iter(units)
    vectors = [item if isinstance(item, np.ndarray) else next(of_keys) for item in asked.items]
    sides: list[tuple[list[NDArray[Any]], list[NDArray[Any]]]] = []
    for start, end in itertools.pairwise(asked.offsets.tolist()):
        weighted = list(zip(vectors[start:end], asked.weights[start:end], strict=True))
        sides.append(
            (
                [vector for vector, weight in weighted if weight > 0],
                [vector for vector, weight in weighted if weight < 0],
            )
        )
    return sides


def answers(
    scores: NDArray[Any], rows: NDArray[np.int64], keys: Sequence[Any], as_arrays: bool
) -> list[Neighbours] | Answers:
    """Return what was found with names; a row below 0 is no answer.

    Parameters
    ----------
    scores, rows : ndarray, shape (n_questions, topn)
    keys : sequence
        Of all rows.
    as_arrays : bool
        Two arrays instead of lists of pairs.
    """
    if not as_arrays:
        return [
            [(keys[row], score) for row, score in zip(best, values, strict=True) if row >= 0]
            for best, values in zip(rows.tolist(), scores.tolist(), strict=True)
        ]
    named = np.full(rows.shape, None, dtype=object)
    for place, row in zip(np.ndindex(rows.shape), rows.ravel().tolist(), strict=True):
        if row >= 0:
            named[place] = keys[row]
    return Answers(named, np.where(rows >= 0, scores, np.nan))


def checked_threads(threads: Any) -> int | None:
    """Return the number of threads, or None for as many as the work is worth.

    Raises
    ------
    ValueError
        If it is no integer of 1 or more.
    """
    if threads is None:
        return None
    if not isinstance(threads, INTEGERS) or isinstance(threads, bool) or threads < 1:
        raise ValueError(f"threads={threads!r}: must be an integer of 1 or more, or None for as many as pay")
    return int(threads)


def checked_k(k: Any) -> int:
    """Return the number of neighbours, or raise a TypeError or ValueError if it is no integer of 0 or more."""
    if not isinstance(k, INTEGERS):
        raise TypeError(f"k={k!r}: must be an integer")
    if k < 0:
        raise ValueError(f"k={k!r}: must be 0 or more")
    return int(k)


def pairs_of(left: Iterable[Any], right: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Return two collections of keys of the same length as lists."""
    reject_string("keys1", left)
    reject_string("keys2", right)
    lefts, rights = list(left), list(right)
    if len(lefts) != len(rights):
        raise ValueError(f"{len(lefts)} keys1 and {len(rights)} keys2: give one of each for a pair")
    return lefts, rights
