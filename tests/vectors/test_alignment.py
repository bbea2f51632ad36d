"""Tables that are turned onto each other, merged, grouped; vectors of words that may be missing."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from fastw2v import KeyedVectors
from fastw2v.keyedvectors import FastTextKeyedVectors


def table(keys, rows, counts=None):
    made = KeyedVectors(np.shape(rows)[1])
    made.add_vectors(list(keys), rows, extras={} if counts is None else {"count": np.asarray(counts)})
    return made


def random_table(n=60, dim=8, seed=0):
    rows = np.random.default_rng(seed).standard_normal((n, dim))
    return table((f"w{row}" for row in range(n)), rows, range(n, 0, -1))


@pytest.mark.parametrize("change", [lambda kv: kv, lambda kv: kv.astype("float16"), lambda kv: kv.quantize()],
                         ids=["float32", "float16", "int8"])  # fmt: skip
def test_a_planted_turn_is_found(change):
    kv = random_table()
    turn = ortho_group.rvs(8, random_state=1)
    other = table(kv.index_to_key[10:], 3 * kv.vectors[10:] @ turn)  # another length, and ten words less
    made = change(kv).align_to(other)
    assert made.vectors == pytest.approx(kv.vectors @ turn, abs=0.06 if made.vectors is not kv.vectors else 0)
    assert type(made) is KeyedVectors
    assert made.get_vecattr("w0", "count") == 60
    assert made.most_similar("w5", topn=1)[0][0] == kv.most_similar("w5", topn=1)[0][0]


def test_cosines_within_the_table_stay():
    kv, other = random_table(seed=1), random_table(seed=2)
    made = kv.align_to(other)
    assert made.vectors @ made.vectors.T == pytest.approx(kv.vectors @ kv.vectors.T, abs=1e-4)


def test_pairs_of_a_dictionary():
    kv = random_table()
    turn = ortho_group.rvs(8, random_state=3)
    other = table((key.upper() for key in kv.index_to_key), kv.vectors @ turn)
    with pytest.raises(ValueError, match="pairs="):
        kv.align_to(other)
    made = kv.align_to(other, pairs=[(f"w{n}", f"W{n}") for n in range(20)])
    assert made["w50"] == pytest.approx(other["W50"], abs=1e-4)
    with pytest.raises(KeyError, match="nowhere"):
        kv.align_to(other, pairs=[("nowhere", "W1")])
    with pytest.raises(ValueError, match="each must be"):
        kv.align_to(other, pairs=["w1"])


def test_n_grams_turn_with_the_words():
    kv = FastTextKeyedVectors(2)
    kv.add_vectors(["word", "next"], [[4, 0], [0, 1]])
    kv.ngram_vectors, kv.min_n, kv.max_n = np.tile(np.float32([[1, 0]]), (10, 1)), 3, 4
    made = kv.align_to(table(["word", "next"], [[0, 1], [-1, 0]]))
    assert made["unknown"] == pytest.approx([0, 1], abs=1e-6)


def test_what_cannot_be_aligned_says_the_way_out():
    kv = random_table()
    with pytest.raises(ValueError, match=r"size 8 and of size 3.*truncate"):
        kv.align_to(table(["w1"], [[1, 2, 3]]))
    with pytest.raises(ValueError, match="NaN"):
        kv.align_to(table(["w1"], [[np.nan] * 8]))


@pytest.mark.parametrize(("duplicates", "expected"), [("first", 2), ("second", 4), ("mean", 3)])
def test_merging(duplicates, expected):
    first, second = table("ab", [[1], [2]], [9, 5]), table("bcd", [[4], [5], [6]], [7, 6, 1])
    made = first.merged_with(second, duplicates)
    assert made.index_to_key == ["a", "b", "c", "d"]
    assert made.vectors[:, 0].tolist() == [1, expected, 5, 6]
    assert [made.get_vecattr(key, "count") for key in "abcd"] == [9, 12, 6, 1]
    made.vectors[:] = 0
    assert first["b"] == [2]
    assert second["d"] == [6]


def test_what_cannot_be_merged():
    first, second = table("ab", [[1], [2]]), table("bc", [[4], [5]])
    with pytest.raises(ValueError, match=r"'b' and 0 more keys.*'mean'"):
        first.merged_with(second, "raise")
    with pytest.raises(ValueError, match="duplicates='no'"):
        first.merged_with(second, "no")
    with pytest.raises(ValueError, match="fit in no one table"):
        first.merged_with(table("b", [[1, 2]]))
    assert len(first.merged_with(KeyedVectors(1))) == 2


def test_groups_that_were_planted_are_found():
    pytest.importorskip("sklearn", reason="the extra 'sklearn' is not installed")
    rng = np.random.default_rng(0)
    planted = np.repeat([0, 1, 2], [90, 60, 30])
    rows = np.eye(3)[planted] * rng.uniform(1, 9, (180, 1)) + rng.normal(0, 0.05, (180, 3))
    kv = table((f"w{row}" for row in range(180)), rows)
    assert kv.clusters(3).tolist() == planted.tolist()  # numbered by falling size, whatever the lengths
    assert kv.clusters(3, restrict_vocab=120).shape == (120,)
    kv.vectors[7] = np.nan
    assert kv.clusters(3)[7] == -1
    with pytest.raises(ValueError, match=r"n_clusters=500: must be in 1 \.\. 179"):
        kv.clusters(500)


def test_vectors_for_words_that_may_be_missing():
    kv = random_table()
    asked = ["w3", "nowhere", "w1", "w3"]
    assert (kv.vectors_for(["w3", "w1"]) == kv[["w3", "w1"]]).all()
    assert (kv.vectors_for(asked, "skip") == kv[["w3", "w1", "w3"]]).all()
    zero, mean = kv.vectors_for(asked, "zero"), kv.vectors_for(asked, "mean")
    assert not zero[1].any()
    assert mean[1] == pytest.approx(kv.vectors.mean(axis=0), abs=1e-6)
    assert (mean[[0, 2, 3]] == zero[[0, 2, 3]]).all()
    assert kv.vectors_for([]).shape == kv.vectors_for(["nowhere"], "skip").shape == (0, 8)
    assert kv.quantize().vectors_for(["w3"]).dtype == np.float32
    with pytest.raises(KeyError, match="nowhere"):
        kv.vectors_for(asked)
    with pytest.raises(ValueError, match="missing='nan'"):
        kv.vectors_for(asked, "nan")
    with pytest.raises(TypeError, match="one string"):
        kv.vectors_for("w3")
