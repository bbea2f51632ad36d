"""Numbers that are not finite, and lengths that overflow, in the pure functions of queries."""

import numpy as np
import pytest

from fastw2v import _dispatch
from fastw2v._dispatch import compiled
from fastw2v.query import batch
from fastw2v.query import similarity as sim
from fastw2v.query.quantized import QuantizedMatrix
from fastw2v.query.search import nearest_rows

ODD = [np.nan, np.inf, -np.inf]
ISAS = _dispatch.runnable_isas()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda t: t.__name__)
def test_a_row_with_an_odd_number_has_no_cosine(isa, odd, dtype):
    rng = np.random.default_rng(1)
    for size in (1, 3, 4, 7, 16, 19, 33, 67):
        query = np.asarray(sim.unit(rng.standard_normal(size)), dtype=dtype)
        query[::2] = 0  # nor where the query has a 0 in its place
        for place in range(size):
            rows = rng.standard_normal((3, size)).astype(dtype)
            rows[1, place] = odd
            out = np.zeros(3, dtype=dtype)
            compiled("fastw2v.query._cosine", isa).cosines(rows, query, out)
            assert np.isnan(out).tolist() == [False, True, False]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-160, 1e160, 1e300])
def test_float64_of_any_length(isa, scale):
    rows = np.array([[3.0, 4.0], [-3.0, 4.0], [0.0, 0.0]]) * scale
    out = np.empty(3)
    compiled("fastw2v.query._cosine", isa).cosines(rows, np.array([0.6, 0.8]), out)
    np.testing.assert_allclose(out, [1.0, 0.28, 0.0], atol=1e-3 if scale < 1e-310 else 1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=lambda t: t.__name__)
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_every_function_says_nan(dtype, odd):
    rows = np.array([[1, 0, 0], [0, odd, 0], [0, 0, 0], [1, 1, 0]], dtype=dtype)
    right = np.array([1, 0, 0], dtype=dtype)
    assert np.isnan(sim.cosine_scores(rows, right)).tolist() == [False, True, False, False]
    assert np.isnan(sim.cosine_scores(rows, rows[1])).all()
    assert np.isnan(sim.unit_rows(rows)).any(axis=1).tolist() == [False, True, False, False]
    assert np.isnan(sim.unit(rows[1])).any()
    for other in rows:  # the vector of zeros too
        assert np.isnan(sim.cosine(rows[1], other))
        assert np.isnan(sim.cosine(other, rows[1]))
    assert not np.isfinite(sim.row_norms(rows)[1])
    assert np.isnan(sim.cosmul_scores(rows, [right], [])).tolist() == [False, True, False, False]
    assert np.isnan(sim.cosmul_scores(rows, [right], [rows[1]])).all()


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_many_queries_at_once(odd):
    rows = np.array([[1, 0, 0], [0, odd, 0], [0, 0, 0], [1, 1, 0]], dtype=np.float32)
    scores, best = nearest_rows(rows, rows, 4)
    assert best.tolist() == [[0, 3, 2, -1], [-1] * 4, [0, 2, 3, -1], [3, 0, 2, -1]]
    assert not np.isnan(scores).any()
    questions = np.array([[0, 3, 0], [0, 1, 3]])
    for cosmul in (False, True):
        best = batch.analogy_rows(rows, questions, 4, cosmul)
        assert 1 not in best[0]
        assert best[1].tolist() == [-1] * 4
    np.testing.assert_array_equal(batch.paired_cosines(rows, np.array([[0, 1], [0, 2], [0, 0]])), [np.nan, 0, 1])


@pytest.mark.parametrize(
    ("dtype", "scale"), [(np.float32, 0.8e38), (np.float32, 1e-44), (np.float64, 1e300), (np.float64, 1e-320)]
)
def test_extreme_lengths_are_lengths(dtype, scale):
    rows = (np.array([[3, 2], [-2, 3], [0, 0], [1e-30, 2]]) * scale).astype(dtype)
    small = scale < 1e-40
    exact = (rows / dtype(scale)).astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    wanted = exact / np.where(lengths > 0, lengths, 1)
    np.testing.assert_allclose(sim.unit_rows(rows), wanted, atol=1e-1 if small else 1e-6)
    np.testing.assert_allclose([sim.unit(row) for row in rows], sim.unit_rows(rows), atol=1e-6)
    assert sim.unit_rows(rows).dtype == dtype
    unit = sim.unit_rows(rows).astype(np.float64)
    np.testing.assert_allclose(sim.cosine(rows[0], rows[3]), unit[0] @ unit[3], atol=1e-6)
    np.testing.assert_allclose(sim.cosine_scores(rows, rows[0]), unit @ unit[0], atol=1e-6)
    assert nearest_rows(rows, rows[:1], 1)[1] == [[0]]
    if not small:
        np.testing.assert_allclose(sim.row_norms(rows)[0], np.hypot(*rows[0].astype(np.longdouble)), rtol=1e-6)


def test_unit_rows_do_not_depend_on_their_neighbours():
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((5, 33)).astype(np.float32)
    alone = sim.unit_rows(rows)
    mixed = sim.unit_rows(np.concatenate([rows, rows * np.float32(1e-25), np.full((1, 33), np.nan, np.float32)]))
    assert (mixed[:5] == alone).all()
    np.testing.assert_allclose(mixed[5:10], alone, atol=1e-7)


@pytest.mark.parametrize("scale", [np.nan, np.inf, -1.0])
def test_scales_that_no_table_has(scale):
    with pytest.raises(ValueError, match="scale of row 1"):
        QuantizedMatrix(np.ones((2, 3), dtype=np.int8), np.array([1, scale], dtype=np.float32))
