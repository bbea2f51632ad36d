"""The heaps against a full sort."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastw2v.query import _topk
from fastw2v.query.similarity import top_rows


def sorted_rows(scores, count):
    return np.argsort(-scores, kind="stable")[:count]


@given(
    st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0]), max_size=60),
    st.integers(0, 70),
    st.sampled_from([np.float32, np.float64]),
)
def test_equals_a_stable_sort(values, count, dtype):
    scores = np.array(values, dtype=dtype)
    assert top_rows(scores, count).tolist() == sorted_rows(scores, count).tolist()


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 40))
def test_blocks_equal_one_piece(seed, count, step):
    scores = np.random.default_rng(seed).integers(0, 12, (3, 50)).astype(np.float32)
    best_scores = np.full((3, count), -np.inf, dtype=np.float32)
    best = np.full((3, count), -1, dtype=np.int64)
    for start in range(0, 50, step):
        _topk.push_block(scores[:, start : start + step], start, best_scores, best)
    _topk.sort_heaps(best_scores, best)
    for query in range(3):
        assert best[query].tolist() == sorted_rows(scores[query], count).tolist()
        assert (best_scores[query] == scores[query][best[query]]).all()


def test_nan_never_ranks():
    assert top_rows(np.array([np.nan, 1.0, np.nan, 2.0]), 3).tolist() == [3, 1]


def test_shapes_are_checked():
    scores = np.zeros((2, 3), dtype=np.float32)
    with pytest.raises(ValueError, match="one heap per query"):
        _topk.push_block(scores, 0, np.zeros((1, 2), np.float32), np.zeros((1, 2), np.int64))
    with pytest.raises(ValueError, match="contiguous"):
        _topk.push_block(scores[:, ::2], 0, np.zeros((2, 2), np.float32), np.zeros((2, 2), np.int64))
    with pytest.raises(ValueError, match="same shape"):
        _topk.sort_heaps(np.zeros((2, 2), np.float32), np.zeros((2, 3), np.int64))
    with pytest.raises(ValueError, match="same length"):
        _topk.best_rows(scores[0], np.zeros(2, np.float32), np.zeros(3, np.int64))
