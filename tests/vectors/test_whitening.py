"""Whitening by counts, and sums of input and output vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.keyedvectors import FastTextKeyedVectors
from fastw2v.vectors.whitening import top_axes


def table(rows, counts):
    made = KeyedVectors(np.shape(rows)[1])
    made.add_vectors([f"w{row}" for row in range(len(rows))], rows, extras={"count": np.asarray(counts)})
    return made


def covariance(kv):
    """The covariance of the rows, each as often as its word occurs: by repeating it."""
    return np.cov(np.repeat(kv.vectors.astype(np.float64), kv.expandos["count"], axis=0).T, bias=True)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
@settings(max_examples=40, deadline=None)
def test_the_variance_of_each_axis_is_taken_to_the_power_of_one_minus_gamma(seed, dim, gamma):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((80, dim)) @ rng.standard_normal((dim, dim)) + rng.standard_normal(dim)
    kv = table(rows, rng.integers(1, 9, 80))
    made = kv.whiten(gamma)
    before = np.linalg.eigvalsh(covariance(kv).reshape(dim, dim))[::-1]
    after = covariance(made).reshape(dim, dim)
    told = before > before[0] * np.finfo(np.float32).eps  # another axis is left alone
    expected = np.diag(np.where(told, np.maximum(before, 1e-30) ** (1 - gamma), before))
    assert after == pytest.approx(expected, rel=2e-3, abs=2e-3 * expected.max())
    assert np.average(made.vectors, axis=0, weights=kv.expandos["count"]) == pytest.approx(0, abs=1e-3)


def test_gamma_zero_turns_the_axes_and_keeps_all_distances():
    rng = np.random.default_rng(5)
    kv = table(rng.standard_normal((50, 7)), rng.integers(1, 99, 50))
    made = kv.whiten(0.0)
    spread = np.linalg.norm(kv.vectors[:, None] - kv.vectors[None], axis=2)
    assert np.linalg.norm(made.vectors[:, None] - made.vectors[None], axis=2) == pytest.approx(spread, abs=1e-4)
    variances = np.diag(covariance(made))
    assert (np.diff(variances) <= 1e-6).all()  # by falling importance: truncate() loses least


def test_components_are_those_of_the_largest_variance():
    kv = table(np.random.default_rng(1).standard_normal((60, 5)) * [1, 9, 3, 5, 7], np.full(60, 2))
    assert kv.whiten(n_components=2).vectors.tolist() == kv.whiten().truncate(2).vectors.tolist()


def test_a_dimension_in_which_nothing_differs_stays_next_to_zero():
    rows = np.random.default_rng(2).standard_normal((40, 3)).astype(np.float32)
    rows[:, 2] = 4  # the same number in every word, so no direction of the differences
    made = table(rows, np.ones(40, int)).whiten(1.0)
    assert np.isfinite(made.vectors).all()
    assert np.abs(made.vectors).max(axis=0)[2] < 1e-3


@pytest.mark.parametrize("change", [lambda kv: kv.astype("float16"), lambda kv: kv.quantize()], ids=["float16", "int8"])
def test_small_tables_become_float32(change):
    kv = table(np.random.default_rng(3).standard_normal((40, 6)), np.arange(40, 0, -1))
    made = change(kv).whiten()
    assert made.vectors.dtype == np.float32
    assert np.abs(made.vectors) == pytest.approx(np.abs(kv.whiten().vectors), abs=0.1)


def test_nothing_of_the_table_changes_or_is_shared():
    kv = table(np.random.default_rng(4).standard_normal((10, 4)), np.arange(10, 0, -1))
    kept = kv.vectors.copy()
    made = kv.whiten()
    made.vectors[:] = 7
    made.expandos["count"][:] = 0
    assert (kv.vectors == kept).all()
    assert kv.get_vecattr("w0", "count") == 10
    assert made.index_to_key == kv.index_to_key


def test_what_cannot_be_whitened_says_the_way_out():
    kv = table(np.eye(3), [1, 1, 1])
    with pytest.raises(ValueError, match=r"gamma=2.*from 0 .* to 1"):
        kv.whiten(2)
    with pytest.raises(ValueError, match=r"gamma=nan"):
        kv.whiten(float("nan"))
    with pytest.raises(ValueError, match=r"n_components=4: must be in 1 \.\. 3"):
        kv.whiten(n_components=4)
    with pytest.raises(ValueError, match="NaN"):
        table([[np.nan, 1], [1, 2]], [1, 1]).whiten()
    with pytest.raises(ValueError, match="empty"):
        table(np.empty((0, 2)), np.empty(0, int)).whiten()
    bare = KeyedVectors(2)
    bare.add_vectors(["a", "b"], np.eye(2))
    assert "count" not in bare.expandos
    with pytest.raises(KeyError, match="set_vecattr"):
        bare.whiten()
    with pytest.raises(NotImplementedError, match="from_table"):
        FastTextKeyedVectors(2).whiten()


def test_sums_of_input_and_output_vectors():
    sentences = [["the", "king", "rules"], ["a", "queen", "sings"]] * 50
    model = Word2Vec(sentences, min_count=1, vector_size=8, workers=1, seed=1)
    made = model.combined_vectors()
    assert (made.vectors == model.wv.vectors + model.syn1neg).all()
    assert made.get_vecattr("king", "count") == 50
    made.vectors[:] = 0
    assert model.wv.vectors.any()
    assert model.combined_vectors().whiten().index_to_key == model.wv.index_to_key
    both = Word2Vec(sentences, min_count=1, vector_size=8, workers=1, seed=1, hs=1)
    assert len(both.combined_vectors()) == len(both.wv)
    with pytest.raises(RuntimeError, match="negative=5"):
        Word2Vec(sentences, min_count=1, vector_size=8, workers=1, hs=1, negative=0).combined_vectors()
    with pytest.raises(RuntimeError, match="nothing to combine"):
        Word2Vec(vector_size=8).combined_vectors()


@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_all_but_the_top_leaves_out_the_axes_of_the_largest_variance(seed, dim, n_axes):
    rng = np.random.default_rng(seed)
    n_axes = min(n_axes, dim - 1)
    rows = rng.standard_normal((60, dim)) @ rng.standard_normal((dim, dim)) + rng.standard_normal(dim)
    kv = table(rows, rng.integers(1, 9, 60))
    made = kv.all_but_the_top(n_axes)
    before = np.linalg.eigvalsh(np.cov(kv.vectors.astype(np.float64).T, bias=True))
    after = np.linalg.eigvalsh(np.cov(made.vectors.astype(np.float64).T, bias=True))
    expected = np.sort(np.concatenate([np.zeros(n_axes), before[: dim - n_axes]]))
    assert after == pytest.approx(expected, abs=1e-4 * before.max())
    assert made.vectors.mean(axis=0) == pytest.approx(0, abs=1e-4 * np.abs(rows).max())
    assert (made.index_to_key, made.vector_size) == (kv.index_to_key, dim)


def test_all_but_the_top_of_n_grams_is_that_of_the_words_that_they_make():
    rng = np.random.default_rng(3)
    kv = FastTextKeyedVectors(6)
    kv.ngram_vectors, kv.min_n, kv.max_n = rng.standard_normal((50, 6)).astype(np.float32), 3, 4
    kv.add_vectors(["king", "queen", "prince"], rng.standard_normal((3, 6)))
    unknown, made = kv.get_vector("kingdom"), kv.all_but_the_top(2)
    mean, axes = top_axes(kv.vectors, 2)
    wanted = unknown - mean - (unknown - mean) @ axes @ axes.T
    assert made.get_vector("kingdom") == pytest.approx(wanted, abs=1e-5)


def test_what_has_no_axes_to_leave_out_says_so():
    kv = table(np.eye(3), [1, 1, 1])
    for n_axes in (-1, 3, "1", None, 0.5):
        with pytest.raises(ValueError, match=f"n_axes={n_axes!r}"):
            kv.all_but_the_top(n_axes)
    with pytest.raises(ValueError, match="NaN"):
        table([[np.nan, 1], [1, 2]], [1, 1]).all_but_the_top()
    with pytest.raises(ValueError, match="empty"):
        KeyedVectors(2).all_but_the_top()
