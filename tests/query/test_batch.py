"""Batches against single queries."""

import numpy as np
import pytest

from fastw2v.query import batch
from fastw2v.query import similarity as sim
from fastw2v.query.quantized import QuantizedMatrix
from fastw2v.query.search import nearest_rows


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(sim, "BLOCK_BYTES", 700)
    monkeypatch.setattr(batch, "QUERIES_PER_PRODUCT", 3)


def rows_of(kind):
    rows = np.random.default_rng(0).standard_normal((41, 9)).astype(np.float32)
    rows[7] = 0
    return QuantizedMatrix.from_rows(rows) if kind == "int8" else rows.astype(kind)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int8"])
def test_nearest_equals_single_queries(kind):
    rows = rows_of(kind)
    queries = np.random.default_rng(1).standard_normal((8, 9))
    scores, best = nearest_rows(rows, queries, 5)
    for query in range(8):
        single = sim.cosine_scores(rows, queries[query])
        assert best[query].tolist() == sim.top_rows(single, 5).tolist()
        np.testing.assert_allclose(scores[query], single[best[query]], atol=1e-6)


def test_more_wanted_than_there_are():
    scores, best = nearest_rows(np.eye(3, dtype=np.float32), np.eye(3), 10)
    assert best.shape == scores.shape == (3, 3)
    assert best[:, 0].tolist() == [0, 1, 2]
    assert nearest_rows(np.empty((0, 3), np.float32), np.eye(3), 10)[1].shape == (3, 0)
    assert nearest_rows(np.eye(3, dtype=np.float32), np.empty((0, 3)), 2)[1].shape == (0, 2)


@pytest.mark.parametrize("cosmul", [False, True], ids=["3CosAdd", "3CosMul"])
def test_analogies_equal_single_queries(cosmul):
    rows = rows_of("float32")
    questions = np.random.default_rng(2).integers(0, 41, (10, 3))
    best = batch.analogy_rows(rows, questions, 4, cosmul)
    units = sim.unit_rows(rows)
    for (a, b, c), found in zip(questions, best, strict=True):
        if cosmul:
            scores = sim.cosmul_scores(rows, [units[b], units[c]], [units[a]])
        else:
            scores = sim.cosine_scores(rows, units[b] + units[c] - units[a])
        np.testing.assert_allclose(scores[found], np.sort(scores)[::-1][:4], atol=1e-5)


def test_pairs():
    rows = rows_of("float32")
    found = batch.paired_cosines(rows, np.array([[0, 1], [3, 3], [7, 2]]))
    np.testing.assert_allclose(found, [sim.cosine(rows[0], rows[1]), 1, 0], atol=1e-6)
