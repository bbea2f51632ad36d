"""The compiled cosines: every instruction set, storage type and dimension, against float64 NumPy."""

import numpy as np
import pytest

from fastw2v import _dispatch
from fastw2v._dispatch import compiled
from fastw2v.query import cosines

ISAS = _dispatch.runnable_isas()


def expected(rows, query):
    wide = rows.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1)
    products = wide @ query.astype(np.float64)
    return np.divide(products, lengths, out=np.zeros(len(rows)), where=lengths > 0)


def unit_query(rng, size, dtype):
    query = rng.standard_normal(size)
    return (query / np.linalg.norm(query)).astype(dtype)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8], ids=lambda t: t.__name__)
def test_every_dimension(isa, dtype):
    rng = np.random.default_rng(1)
    for size in range(1, 68):
        rows = (rng.standard_normal((13, size)) * 40).astype(dtype)
        rows[4] = 0
        query = unit_query(rng, size, np.float64 if dtype is np.float64 else np.float32)
        out = np.full(13, np.nan, dtype=query.dtype)
        compiled("fastw2v.query._cosine", isa).cosines(rows, query, out)
        np.testing.assert_allclose(out, expected(rows, query), atol=1e-12 if dtype is np.float64 else 2e-6)
        assert out[4] == 0


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 9])
def test_row_counts_and_padded_rows(isa, count):
    rng = np.random.default_rng(2)
    padded = np.full((count, 32), np.nan, dtype=np.float32)  # reading beyond a row would give NaN
    padded[:, :19] = rng.standard_normal((count, 19))
    query = unit_query(rng, 19, np.float32)
    out = np.empty(count, dtype=np.float32)
    compiled("fastw2v.query._cosine", isa).cosines(padded[:, :19], query, out)
    np.testing.assert_allclose(out, expected(padded[:, :19], query), atol=2e-6)


@pytest.mark.parametrize("isa", ISAS)
def test_logits(isa):
    rng = np.random.default_rng(3)
    logits = compiled("fastw2v.query._cosine", isa).logits
    for size in range(1, 68):
        n = 7 + size % 40
        padded = np.full((n, size + 5), np.nan, dtype=np.float32)
        padded[:, :size] = rng.standard_normal((n, size))
        vector, out = rng.standard_normal(size).astype(np.float32), np.full(n, np.nan, dtype=np.float32)
        log_sum = logits(padded[:, :size], vector, out)
        wanted = padded[:, :size].astype(np.float64) @ vector
        np.testing.assert_allclose(out, wanted, atol=1e-5)
        assert log_sum == pytest.approx(np.logaddexp.reduce(wanted), abs=1e-5)
    with pytest.raises(ValueError, match="the vector has 2 numbers"):
        logits(padded, out[:2], out)
    with pytest.raises(ValueError, match="contiguous"):
        logits(padded.T, out[:n], np.empty(size + 5, np.float32))


@pytest.mark.parametrize("isa", ISAS)
def test_logits_of_any_size(isa):
    """No exponential overflows, none that counts is lost, in whatever order products come; what is not finite shows."""
    logits = compiled("fastw2v.query._cosine", isa).logits

    def log_sum(products):
        rows = np.array(products, dtype=np.float32).reshape(-1, 1)
        return logits(rows, np.ones(1, np.float32), np.empty(len(rows), np.float32))

    for products in ([3e38, -3e38], list(range(-500, 500)), list(range(500, -500, -1)), [-1e30] * 33, [90.0] * 100):
        assert log_sum(products) == pytest.approx(np.logaddexp.reduce(np.array(products, np.float64)), rel=1e-6)
    assert log_sum([]) == -np.inf
    for wrong in (np.nan, np.inf, -np.inf):
        for place in (0, 20, 39):
            products = np.zeros(40)
            products[place] = wrong
            assert np.isnan(log_sum(products))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("scale", [1e-35, 1e-22, 1.0, 1e18, 1e25])
def test_extreme_lengths(isa, scale):
    rows = np.array([[3.0, 4.0], [-3.0, 4.0]], dtype=np.float32) * np.float32(scale)
    out = np.empty(2, dtype=np.float32)
    compiled("fastw2v.query._cosine", isa).cosines(rows, np.array([0.6, 0.8], dtype=np.float32), out)
    np.testing.assert_allclose(out, [1.0, 0.28], atol=1e-3 if scale < 1e-30 else 1e-6)


@pytest.mark.parametrize(
    ("rows", "query", "out", "error"),
    [
        (np.ones((3, 4), "f"), np.ones(5, "f"), np.ones(3, "f"), ValueError),
        (np.ones((3, 4), "f"), np.ones(4, "f"), np.ones(2, "f"), ValueError),
        (np.ones((4, 3), "f").T, np.ones(4, "f"), np.ones(3, "f"), ValueError),
        (np.ones((3, 4), "f"), np.ones(4, "d"), np.ones(3, "d"), TypeError),
        (np.ones((3, 4), "i"), np.ones(4, "f"), np.ones(3, "f"), (TypeError, ValueError)),
    ],
    ids=["query", "out", "stride", "mixed", "int32"],
)
def test_refuses_what_does_not_fit(rows, query, out, error):
    with pytest.raises(error):
        cosines.cosines(rows, query, out)


def test_threads_give_the_same(monkeypatch):
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((5003, 21)).astype(np.float32)
    query = unit_query(rng, 21, np.float32)
    alone, shared = np.empty(5003, np.float32), np.empty(5003, np.float32)
    cosines.cosines(rows, query, alone)
    monkeypatch.setattr(cosines, "BYTES_PER_THREAD", 100_000)
    monkeypatch.setattr(cosines, "usable_cpus", lambda: 3)
    cosines.cosines(rows, query, shared)
    assert (alone == shared).all()
