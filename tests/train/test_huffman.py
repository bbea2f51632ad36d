"""The Huffman tree: gensim's, tie for tie, and a Huffman tree at all."""

import heapq
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v.errors import VocabularyError
from fastw2v.train.huffman import Huffman, build_huffman

tied_counts = st.lists(st.integers(0, 4), min_size=1, max_size=80)
any_counts = st.lists(st.integers(1, 10**12), min_size=1, max_size=40)


def paths(tree: Huffman) -> list[tuple[list[int], list[int]]]:
    ends = list(zip(tree.offsets[:-1], tree.offsets[1:], strict=True))
    return [(tree.codes[a:b].tolist(), tree.points[a:b].tolist()) for a, b in ends]


def gensim_paths(counts: list[int]) -> list[tuple[list[int], list[int]]]:
    word2vec = pytest.importorskip("gensim.models.word2vec")
    keyed = pytest.importorskip("gensim.models.keyedvectors").KeyedVectors(1)
    keyed.add_vectors([f"w{i}" for i in range(len(counts))], np.zeros((len(counts), 1), dtype=np.float32))
    for i, count in enumerate(counts):
        keyed.set_vecattr(f"w{i}", "count", count)
    word2vec._assign_binary_codes(keyed)
    codes, points = keyed.expandos["code"], keyed.expandos["point"]
    return [(list(map(int, code)), list(map(int, point))) for code, point in zip(codes, points, strict=True)]


@pytest.mark.gensim
@settings(max_examples=150, deadline=None)
@given(tied_counts.filter(lambda counts: len(counts) > 1))
def test_ties_fall_as_in_gensim(counts):
    assert paths(build_huffman(np.array(counts))) == gensim_paths(counts)


@pytest.mark.gensim
@settings(max_examples=50, deadline=None)
@given(any_counts.filter(lambda counts: len(counts) > 1))
def test_any_counts_as_in_gensim(counts):
    assert paths(build_huffman(np.array(counts))) == gensim_paths(counts)


@pytest.mark.gensim
@pytest.mark.parametrize("seed", [0, 1])
def test_zipf_vocabulary_as_in_gensim(seed):
    counts = np.sort(np.random.default_rng(seed).zipf(1.5, 3000).clip(max=10**9))[::-1] + 4
    assert paths(build_huffman(counts)) == gensim_paths(counts.tolist())


@given(st.one_of(tied_counts, any_counts))
def test_paths_are_prefix_free_and_as_short_as_they_can_be(counts):
    tree = build_huffman(np.array(counts))
    codes = sorted("".join(map(str, code)) for code, _ in paths(tree))
    assert not any(after.startswith(before) for before, after in itertools.pairwise(codes))

    # The cost of an optimal code is the sum of all merged weights, whatever the ties.
    heap, optimal = list(counts), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        optimal += merged
        heapq.heappush(heap, merged)
    lengths = np.diff(tree.offsets)
    assert sum(int(n) * c for n, c in zip(lengths, counts, strict=True)) == optimal


@given(st.one_of(tied_counts, any_counts).filter(lambda counts: len(counts) > 1))
def test_every_inner_node_is_one_row(counts):
    tree = build_huffman(np.array(counts))
    n_words = len(counts)
    branches = {(node, bit) for code, point in paths(tree) for bit, node in zip(code, point, strict=True)}
    assert branches == {(node, bit) for node in range(n_words - 1) for bit in (0, 1)}
    assert all(point[0] == n_words - 2 for _, point in paths(tree))


def test_known_answer_and_dtypes():
    tree = build_huffman(np.array([5, 3, 2, 1]))
    assert paths(tree) == [([0], [2]), ([1, 0], [2, 1]), ([1, 1, 1], [2, 1, 0]), ([1, 1, 0], [2, 1, 0])]
    assert (tree.codes.dtype, tree.points.dtype, tree.offsets.dtype) == (np.uint8, np.uint32, np.int64)


def test_one_word_has_an_empty_path():
    tree = build_huffman(np.array([7]))
    assert tree.offsets.tolist() == [0, 0]
    assert len(tree.codes) == len(tree.points) == 0


@pytest.mark.parametrize(
    ("counts", "message"),
    [([], "one count for each word"), ([1, -2], r"counts\[1\]=-2"), ([2**62, 1], r"2\*\*62")],
)
def test_impossible_counts_are_refused(counts, message):
    with pytest.raises(VocabularyError, match=message):
        build_huffman(np.array(counts, dtype=np.int64))
