"""Programs override parts of KeyedVectors: the queries go through what they override."""

import io

import numpy as np
import pytest

from fastw2v import KeyedVectors


class FromLetters(KeyedVectors):
    """Makes up a vector for any word: how often it has the letters a, b, c."""

    def __contains__(self, key):
        return True

    def get_vector(self, key, norm=False, **options):
        if super().__contains__(key):
            return super().get_vector(key, norm, **options)
        vector = np.array([str(key).count(letter) for letter in "abc"], dtype=np.float32)
        return vector / np.linalg.norm(vector) if norm else vector


@pytest.fixture
def kv():
    made = FromLetters(3)
    made.add_vectors(["x", "y", "z"], np.eye(3), extras={"count": [3, 2, 1]})
    return made


def test_queries_use_made_up_vectors(kv):
    assert kv.similarity("x", "aaa") == 1
    assert kv.most_similar("bb", topn=1) == [("y", 1.0)]
    assert kv.most_similar_cosmul("bb", topn=1)[0][0] == "y"
    assert kv.n_similarity(["ab"], ["x", "y"]) == pytest.approx(1)
    assert kv.doesnt_match(["a", "x", "c"]) == "c"
    assert kv.distances("aaa").tolist() == [0, 1, 1]
    np.testing.assert_allclose(kv.get_mean_vector(["a", "bb"], ignore_missing=False), [0.5, 0.5, 0])


def test_wmdistance(kv):
    pytest.importorskip("ot")
    assert kv.wmdistance(["aa"], ["x"]) == 0


def test_vectors_for_all(kv):
    made = kv.vectors_for_all(["x", "cc"], copy_vecattrs=True)
    assert type(made) is KeyedVectors
    assert made.vectors.tolist() == [[1, 0, 0], [0, 0, 2]]
    assert made.expandos["count"].tolist() == [3, 0]
    assert FromLetters(3).vectors_for_all(["cc"], copy_vecattrs=True)["cc"].tolist() == [0, 0, 2]
    assert kv.vectors_for_all(["x", "cc"], allow_inference=False).index_to_key == ["x"]


def test_an_overridden_similarity_is_evaluated():
    class Lengths(KeyedVectors):
        def similarity(self, w1, w2):
            return -abs(len(w1) - len(w2))

    kv = Lengths(2)
    kv.add_vectors(["a", "bb", "cccccc", "d"], np.ones((4, 2)))
    pairs = "a\td\t3\na\tbb\t2\na\tcccccc\t1\n"
    assert kv.evaluate_word_pairs(io.StringIO(pairs))[1][0] == pytest.approx(1)
