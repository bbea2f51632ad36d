"""Words added to a trained Huffman tree: a valid tree, old nodes where they were, paths hardly longer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v import Word2Vec
from fastw2v.train.huffman import Huffman, build_huffman, extend_huffman

COUNTS = st.lists(st.integers(1, 1000), min_size=1, max_size=40)


def paths(tree: Huffman) -> list[list[tuple[int, int]]]:
    flat = list(zip(tree.points.tolist(), tree.codes.tolist(), strict=True))
    return [flat[a:b] for a, b in zip(tree.offsets.tolist(), tree.offsets.tolist()[1:], strict=False)]


def expected_length(tree: Huffman, counts: np.ndarray) -> float:
    return float((np.diff(tree.offsets) * counts).sum() / counts.sum())


@given(COUNTS, COUNTS)
@settings(max_examples=200, deadline=None)
def test_the_result_is_a_tree_that_contains_the_old_one(old: list[int], new: list[int]) -> None:
    before, counts = build_huffman(np.array(old)), np.array(old + new)
    tree = extend_huffman(before, counts)
    codes = ["".join(str(code) for _, code in path) for path in paths(tree)]
    assert len(set(codes)) == len(codes)
    assert not any(a != b and b.startswith(a) for a in codes for b in codes)
    assert sum(2.0 ** -len(code) for code in codes) == 1.0  # no node has one child only
    prefix_of: dict[int, str] = {}
    for path, code in zip(paths(tree), codes, strict=True):
        for depth, (point, _) in enumerate(path):
            assert prefix_of.setdefault(point, code[:depth]) == code[:depth]  # one place for each node
    assert sorted(prefix_of) == list(range(len(counts) - 1))
    join = len(counts) - 2
    for was, path in zip(paths(before), paths(tree), strict=False):
        assert [step for step in path if step[0] != join] == was
    assert tree.codes.dtype == np.uint8
    assert tree.points.dtype == np.uint32
    assert tree.offsets.dtype == np.int64


def test_paths_stay_short_after_many_steps() -> None:
    random = np.random.default_rng(0)
    counts = np.sort(random.zipf(1.3, 300).clip(1, 100_000))[::-1].astype(np.int64)
    tree = build_huffman(counts)
    for _ in range(200):
        counts = np.concatenate([counts, random.integers(1, 20, 3)])
        tree = extend_huffman(tree, counts)
    assert expected_length(tree, counts) < expected_length(build_huffman(counts), counts) + 1.0


def test_no_new_words_change_nothing() -> None:
    tree = build_huffman(np.array([3, 2, 1]))
    assert extend_huffman(tree, np.array([9, 2, 1])) is tree


@pytest.mark.parametrize("saved", [False, True])
def test_12_a_trained_tree_keeps_its_nodes(tmp_path: object, saved: bool) -> None:
    text = [["a", "b", "c"], ["c", "d"], ["a", "e"]] * 30
    model = Word2Vec(text, hs=1, negative=0, min_count=1, vector_size=8, workers=1, sample=0)
    before, rows = paths(model._huffman()), model.syn1.copy()
    scores = model.score([["a", "b", "c"]])
    model.build_vocab([["f", "g", "a"]] * 5, update=True)
    np.testing.assert_array_equal(model.syn1[: len(rows)], rows)
    if saved:
        model.save(f"{tmp_path}/model")
        model = Word2Vec.load(f"{tmp_path}/model")
    join = len(model.wv) - 2
    after = paths(model._huffman())
    assert [[step for step in path if step[0] != join] for path in after[: len(before)]] == before
    # the one node that was added knows nothing yet: log 1/2 for each word below it, in each of the 3 * 2 pairs
    assert scores[0] - 6 * np.log(2) - 1e-4 < model.score([["a", "b", "c"]])[0] <= scores[0]
    model.train([["f", "g", "a"]] * 5, total_examples=5, epochs=2)
    assert model.wv.get_vecattr("f", "point").tolist() == [point for point, _ in after[model.wv.key_to_index["f"]]]
