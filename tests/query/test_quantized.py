import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastw2v.query.quantized import QuantizedMatrix


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.floats(1e-6, 1e6))
def test_error_is_at_most_half_a_step(seed, n, d, scale):
    rows = (np.random.default_rng(seed).standard_normal((n, d)) * scale).astype(np.float32)
    matrix = QuantizedMatrix.from_rows(rows)
    step = np.abs(rows).max(axis=1, keepdims=True) / 127
    assert (np.abs(np.asarray(matrix) - rows) <= step * 0.5001).all()


def test_access():
    rows = np.array([[1.0, -2.0], [0.0, 0.0], [4.0, 4.0]], dtype=np.float32)
    matrix = QuantizedMatrix.from_rows(rows)
    assert matrix.shape == (3, 2)
    assert len(matrix) == 3
    assert matrix.nbytes == 6 + 12
    assert matrix[1].tolist() == [0, 0]
    assert isinstance(matrix[1:], QuantizedMatrix)
    assert np.shares_memory(matrix[1:].codes, matrix.codes)
    np.testing.assert_allclose(matrix[[2, 0]], rows[[2, 0]], atol=0.01)
    np.testing.assert_allclose(np.asarray(matrix.take(np.array([2]))), rows[[2]], atol=0.01)
    assert np.asarray(matrix, dtype=np.float64).dtype == np.float64
    for twin in (pickle.loads(pickle.dumps(matrix)), copy.deepcopy(matrix)):
        assert (twin.codes == matrix.codes).all()


def test_refuses():
    with pytest.raises(ValueError, match="NaN"):
        QuantizedMatrix.from_rows(np.array([[np.nan]], dtype=np.float32))
    with pytest.raises(ValueError, match="n scales"):
        QuantizedMatrix(np.zeros((2, 2), np.int8), np.zeros(3, np.float32))
    with pytest.raises(TypeError, match="read-only"):
        QuantizedMatrix.from_rows(np.ones((1, 1), np.float32))[0] = 1
