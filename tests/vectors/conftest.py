"""A small table that every test of the vectors may use."""

import numpy as np
import pytest

from fastw2v import KeyedVectors

ROWS = np.array([[2, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 3], [-1, 0, 0]], dtype=np.float32)


@pytest.fixture
def rows():
    return ROWS.copy()


@pytest.fixture
def kv(rows):
    made = KeyedVectors(3)
    made.add_vectors(list("abcde"), rows, extras={"count": [9, 7, 5, 3, 1]})
    return made
