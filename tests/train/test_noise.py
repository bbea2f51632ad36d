"""Noise distribution, alias table, sub-sampling: exact, and equal to gensim where gensim has them."""


import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v.errors import VocabularyError
from fastw2v.train.noise import (
    alias_table,
    cum_table,
    downsampling,
    keep_thresholds,
    noise_weights,
)

EXPONENTS = [0.75, 1.0, 0.0, -0.5, 3.5, 40.0]
count_lists = st.lists(st.integers(0, 10**9), min_size=1, max_size=60).filter(any)


def implied(prob: np.ndarray, alias: np.ndarray) -> np.ndarray:
    """Probability with which the table draws each word."""
    full = alias == np.arange(len(alias))
    own = np.where(full, 1.0, prob / 2**32)
    return np.bincount(alias, 1 - own, len(alias)) / len(alias) + own / len(alias)


@given(count_lists, st.sampled_from(EXPONENTS))
def test_alias_table_draws_the_noise_distribution(counts, exponent):
    prob, alias = alias_table(np.array(counts), exponent).T
    assert prob.dtype == alias.dtype == np.uint32
    error = np.abs(implied(prob, alias) - noise_weights(np.array(counts), exponent))
    assert error.max() * len(counts) <= 2**-31


@given(count_lists, st.sampled_from(EXPONENTS))
def test_word_without_occurrences_is_never_drawn(counts, exponent):
    prob, alias = alias_table(np.array(counts), exponent).T
    absent = np.flatnonzero(np.array(counts) == 0)
    assert not prob[absent].any()
    assert not np.isin(alias, absent).any()


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_large_vocabulary_is_exact_too(exponent):
    counts = np.sort(np.random.default_rng(3).zipf(1.6, 200_000).clip(max=10**8))[::-1] + 4
    error = np.abs(implied(*alias_table(counts, exponent).T) - noise_weights(counts, exponent))
    assert error.max() * len(counts) <= 2**-30


def test_draws_follow_the_distribution():
    counts, rng = np.array([400, 100, 50, 5, 0, 1]), np.random.default_rng(5)
    prob, alias = alias_table(counts, 0.75).T
    buckets = rng.integers(0, len(counts), 10**6)
    bits = rng.integers(0, 2**32, 10**6, dtype=np.uint32)
    drawn = np.bincount(np.where(bits < prob[buckets], buckets, alias[buckets]), minlength=6) / 10**6
    np.testing.assert_allclose(drawn, noise_weights(counts, 0.75), atol=4 * 0.5 / 1000)


def test_noise_weights_known_answers():
    np.testing.assert_allclose(noise_weights(np.array([16, 81]), 0.75), [8 / 35, 27 / 35], rtol=1e-14)
    np.testing.assert_allclose(noise_weights(np.array([4, 1]), -0.5), [1 / 3, 2 / 3], rtol=1e-14)
    np.testing.assert_allclose(noise_weights(np.array([4, 0, 9]), 0.0), [0.5, 0, 0.5], rtol=1e-14)


@pytest.mark.parametrize("counts", [[0, 0], [3, -1]])
@pytest.mark.parametrize("build", [noise_weights, alias_table, cum_table])
def test_counts_without_a_distribution_are_refused(build, counts):
    with pytest.raises(VocabularyError, match="counts"):
        build(np.array(counts), 0.75)


@pytest.mark.gensim
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 10**7), min_size=1, max_size=50),
    st.sampled_from([0.75, 0.0, -0.5, 1.0]),
    st.sampled_from([1e-3, 1e-1, 0.999, 0, 2, 50.5]),
)
def test_tables_are_gensims(counts, exponent, sample):
    models = pytest.importorskip("gensim.models")
    model = models.Word2Vec(min_count=0, ns_exponent=exponent, sample=sample)
    model.build_vocab_from_freq({f"w{i}": count for i, count in enumerate(counts)})
    ordered = np.array([model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key])
    np.testing.assert_array_equal(cum_table(ordered, exponent), model.cum_table)
    thresholds = keep_thresholds(ordered, sum(counts), sample)
    np.testing.assert_array_equal(thresholds, model.wv.expandos["sample_int"])


@pytest.mark.gensim
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 10**7), min_size=1, max_size=50),
    st.sampled_from([1e-3, 1e-1, 0.999, 2, 50.5]),
)
def test_report_is_gensims(counts, sample):
    models = pytest.importorskip("gensim.models")
    model = models.Word2Vec(min_count=0)
    model.scan_vocab([["w"]])
    model.raw_vocab = {f"w{i}": count for i, count in enumerate(counts)}
    report = model.prepare_vocab(sample=sample)
    unique, total = downsampling(np.array(counts), sum(counts), sample)
    assert (unique, total) == (report["downsample_unique"], report["downsample_total"])


def test_sub_sampling_known_answers():
    counts = np.array([90, 10])
    assert keep_thresholds(counts, 100, 0.1).tolist() == [1908874353, 2**32 - 1]
    assert keep_thresholds(counts, 100, 0).tolist() == [2**32 - 1] * 2
    assert downsampling(counts, 100, 0.1) == (1, 50)
    assert downsampling(counts, 100, 0) == (0, 100)
    # 20 * (3 + sqrt 5) / 2 = 52.36, truncated to 52; p = (sqrt(90 / 52) + 1) * 52 / 90 > 1
    assert keep_thresholds(counts, 100, 20).tolist() == [2**32 - 1] * 2
    # 2 * (3 + sqrt 5) / 2 = 5.2, truncated to 5; p = (sqrt(80 / 5) + 1) * 5 / 80 = 5 / 16
    assert keep_thresholds(np.array([80, 20]), 100, 2)[0] == 5 * (2**32 - 1) // 16
    assert keep_thresholds(np.array([0, 5]), 5, 1e-3)[0] == 2**32 - 1
