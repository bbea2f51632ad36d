"""Weight matrices: rows on cache lines, and random numbers that do not depend on how they are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from support.allocations import peak_of

from fastw2v.train.weights import init_input


@pytest.mark.parametrize("vector_size", [1, 7, 100, 300])
@pytest.mark.parametrize("n_words", [1, 3_001])
def test_input_vectors_are_one_draw(n_words: int, vector_size: int) -> None:
    drawn = np.random.default_rng(5).random((n_words, vector_size), dtype=np.float32)
    np.testing.assert_array_equal(init_input(n_words, vector_size, 5), (drawn * 2 - 1) / np.float32(vector_size))


def test_input_vectors_need_no_memory_beside_their_own() -> None:
    peak, rows = peak_of(lambda: init_input(60_000, 100, 1))
    assert peak < rows.base.nbytes + 1_000_000
