"""Weight matrices: rows on cache lines, and random numbers that do not depend on how they are drawn."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.allocations import peak_of
from support.gil import needs_gil

from fastw2v.train._rows import Table, replace
from fastw2v.train.weights import init_input, new_table


@pytest.mark.parametrize("vector_size", [1, 7, 100, 300])
@pytest.mark.parametrize("n_words", [1, 3_001])
def test_input_vectors_are_one_draw(n_words: int, vector_size: int) -> None:
    drawn = np.random.default_rng(5).random((n_words, vector_size), dtype=np.float32)
    np.testing.assert_array_equal(init_input(n_words, vector_size, 5), (drawn * 2 - 1) / np.float32(vector_size))


def test_input_vectors_need_no_memory_beside_their_own() -> None:
    peak, rows = peak_of(lambda: init_input(60_000, 100, 1))
    assert peak < rows.base.nbytes + 1_000_000


@needs_gil
@given(st.integers(1, 40), st.integers(1, 130))
def test_rows_move_apart_and_together(n_rows: int, size: int) -> None:
    model = SimpleNamespace(rows=new_table(n_rows, size).view())
    table, place = model.rows.base, model.rows.ctypes.data
    values = np.random.default_rng(size).random((n_rows, size), dtype=np.float32)
    model.rows[:] = values
    for _ in range(2):
        for apart, stride in ((True, -(-size // 16) * 16), (False, size)):
            assert table.move(vars(model), "rows", apart=apart)
            assert np.array_equal(model.rows, values)
            assert model.rows.strides == (4 * stride, 4)
            assert model.rows.ctypes.data == place
            assert place % 64 == 0
            if apart:
                whole = np.frombuffer(table, np.float32).reshape(n_rows, stride)
                assert not whole[:, size:].any()
                whole[:, size:] = 7  # whatever programs write behind rows that lie together


HOLDERS = {
    "a variable": lambda model: model.rows,
    "a row": lambda model: model.rows[1],
    "a part": lambda model: model.rows[:1, ::2],
    "its transpose": lambda model: model.rows.T,
    "a buffer": lambda model: memoryview(model.rows),
    "a pointer": lambda model: model.rows.ctypes.data_as(ctypes.c_void_p),
    "an iterator": lambda model: iter(model.rows),
    "another attribute": lambda model: setattr(model, "other", model.rows),
}


@needs_gil
@pytest.mark.parametrize("holder", HOLDERS)
def test_rows_that_something_else_shows_do_not_move(holder: str) -> None:
    model = SimpleNamespace(rows=new_table(3, 20).view())
    table = model.rows.base
    held = [HOLDERS[holder](model)]
    model.rows[:] = np.arange(60).reshape(3, 20)
    assert not table.move(vars(model), "rows", apart=True)
    assert not replace(vars(model), "rows", None)
    assert np.array_equal(model.rows.ravel(), np.arange(60))
    held.clear()
    vars(model).pop("other", None)
    assert table.move(vars(model), "rows", apart=True)


def test_an_attribute_that_shows_other_rows_stays() -> None:
    model = SimpleNamespace(rows=new_table(3, 20).view(), words=["a"])
    table, model.rows = model.rows.base, np.ones((3, 20), np.float32)
    for name in ("rows", "words", "missing"):
        assert not table.move(vars(model), name, apart=True)
    assert not table.apart
    assert model.rows.all()


@pytest.mark.parametrize(("n_rows", "size"), [(3, 0), (3, 21), (-1, 20), (7, 2)])
def test_a_table_that_does_not_fit_its_memory(n_rows: int, size: int) -> None:
    with pytest.raises(ValueError, match="do not fill"):
        Table(np.zeros(60, np.float32), n_rows, size)


@needs_gil
def test_a_table_without_rows() -> None:
    model = SimpleNamespace(rows=new_table(0, 20).view())
    assert model.rows.shape == (0, 20)
    assert model.rows.base.move(vars(model), "rows", apart=True)
