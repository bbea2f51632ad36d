"""A column of arrays is an array of objects to whoever reads it, without being one."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastw2v
from fastw2v import KeyedVectors, Word2Vec
from fastw2v.vectors.ragged import RaggedColumn

ROWS = [[3, 1], [], [4], [1, 5, 9]]
SENTENCES = [["a", "b", "a", "c"], ["d", "a", "b"]] * 20


def ragged(rows: list[list[int]]) -> RaggedColumn:
    return RaggedColumn(np.array([value for row in rows for value in row], np.int32), np.cumsum([0, *map(len, rows)]))


def lists(column: object) -> list[list[int]]:
    return [values.tolist() for values in column]


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=6))
def test_it_reads_like_an_array_of_objects(rows: list[list[int]]) -> None:
    column = ragged(rows)
    whole = np.asarray(column)
    assert (column.dtype, column.shape, column.ndim) == (whole.dtype, whole.shape, whole.ndim)
    assert lists(column) == lists(whole) == lists(column.tolist()) == lists(column.copy()) == rows
    assert lists(column[::-1]) == rows[::-1]
    order = np.random.default_rng(1).permutation(len(rows))
    assert lists(column[order]) == [rows[row] for row in order]
    for row, values in enumerate(rows):
        assert column[row].tolist() == column[np.int64(row)].tolist() == column[row - len(rows)].tolist() == values


@pytest.mark.parametrize("row", [4, -5])
def test_a_row_that_does_not_exist(row: int) -> None:
    with pytest.raises(IndexError, match=f"row {row} of a column of 4"):
        ragged(ROWS)[row]


def test_it_cannot_be_written_and_says_why() -> None:
    model = Word2Vec(SENTENCES, hs=1, negative=0, min_count=1, progress=False)
    with pytest.raises(TypeError, match="Huffman paths"):
        model.wv.set_vecattr("a", "code", np.array([1]))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda column: pickle.loads(pickle.dumps(column))])
def test_copies(again) -> None:
    assert lists(again(ragged(ROWS))) == ROWS


def test_paths_take_no_more_memory_than_their_numbers() -> None:
    model = Word2Vec(min_count=1, hs=1, negative=0, progress=False)
    model.build_vocab_from_freq({f"w{i}": 20_000 - i for i in range(20_000)})
    tracemalloc.start()
    try:
        model.create_binary_tree()
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    n_steps = sum(map(len, model.wv.expandos["code"]))
    assert held < 5 * n_steps + 8 * 20_000 + 100_000
    assert peak < held + 60 * 20_000
    assert model.estimate_memory()["vocab"] == pytest.approx(5 * n_steps + (8 + 130) * 20_000, rel=0.1)


@pytest.mark.parametrize("change", ["none", "sorted", "grown"])
@pytest.mark.parametrize("name", ["wv.npz", "wv.kv"])
def test_vectors_with_huffman_paths_can_be_saved(name: str, change: str, tmp_path: Path, caplog) -> None:
    wv = Word2Vec(SENTENCES, hs=1, negative=0, min_count=1, progress=False).wv
    if change == "sorted":
        wv.sort_by_descending_frequency()
    elif change == "grown":
        wv.add_vectors(["new"], np.ones((1, 100)))
        wv.allocate_vecattrs()
    caplog.clear()
    path = str(tmp_path / name)
    if name.endswith(".kv"):
        wv.save(path)
        back = KeyedVectors.load(path)
    else:
        fastw2v.save(wv, path)
        back = fastw2v.load(path)
    assert not caplog.records
    assert back.index_to_key == wv.index_to_key
    assert sorted(back.expandos) == ["count", "sample_int"]


def test_objects_that_are_no_paths_are_not_dropped_in_silence(tmp_path: Path) -> None:
    wv = KeyedVectors(2)
    wv.add_vectors(["a"], np.ones((1, 2)))
    wv.set_vecattr("a", "code", "X1")
    with pytest.raises(fastw2v.errors.FormatError, match="attr_code"):
        fastw2v.save(wv, tmp_path / "wv.npz")
    wv.save(str(tmp_path / "wv.kv"))
    assert KeyedVectors.load(str(tmp_path / "wv.kv")).get_vecattr("a", "code") == "X1"
