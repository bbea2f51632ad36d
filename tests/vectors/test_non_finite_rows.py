"""Rows of numbers that are not finite: every query says what it makes of them."""

import io
import logging
import warnings

import numpy as np
import pytest

from fastw2v import KeyedVectors
from fastw2v.errors import FormatError
from fastw2v.formats import native

KEYS = ["a", "b", "lost", "c", "d"]
ROWS = np.array([[2, 0, 0], [1, 1, 0], [5, 5, 5], [0, 1, 0], [-1, 0, 1]], dtype=np.float64)


@pytest.fixture(params=[np.nan, np.inf, -np.inf], ids=str)
def odd(request):
    return request.param


@pytest.fixture(params=["float16", "float32", "float64"])
def kv(request, odd):
    rows = ROWS.copy()
    rows[2, 1] = odd
    made = KeyedVectors(3, dtype=request.param)
    made.add_vectors(KEYS, rows, extras={"count": [9, 8, 7, 6, 5]})
    return made


@pytest.fixture
def without():
    """The same table without the odd row."""
    made = KeyedVectors(3)
    made.add_vectors([key for key in KEYS if key != "lost"], np.delete(ROWS, 2, axis=0))
    return made


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def names(answer):
    return [key for key, _ in answer]


QUERIES = {
    "most_similar": lambda kv: kv.most_similar("a"),
    "of two": lambda kv: kv.most_similar(["a", "b"], ["c"]),
    "by key": lambda kv: kv.similar_by_key("d", topn=100),
    "by vector": lambda kv: kv.similar_by_vector([1, 2, 3]),
    "cosmul": lambda kv: kv.most_similar_cosmul(["a"], ["c"]),
    "batch": lambda kv: kv.most_similar_batch(["a"])[0],
    "batch of vectors": lambda kv: kv.most_similar_batch(np.ones((1, 3)))[0],
}


@pytest.mark.parametrize("name", QUERIES)
def test_the_row_is_no_neighbour_and_changes_nothing(kv, without, name):
    found, wanted = QUERIES[name](kv), QUERIES[name](without)
    assert names(found) == names(wanted)
    np.testing.assert_allclose([score for _, score in found], [score for _, score in wanted], rtol=1e-6, atol=1e-8)


def test_the_row_has_no_neighbours(kv, caplog):
    assert kv.most_similar("lost") == []
    assert "no neighbours: a number in the vectors that were asked with" in caplog.text
    assert kv.most_similar(["a", "lost"]) == []
    assert kv.most_similar_cosmul("lost") == []
    assert kv.most_similar_cosmul("a", "lost") == []
    assert kv.most_similar_batch(["lost", "a"])[0] == []
    assert kv.similar_by_vector(np.array([0, np.nan, 0])) == []
    with pytest.raises(ValueError, match="without any similar"):
        kv.relative_cosine_similarity("lost", "a")


def test_scores_and_cosines_are_nan(kv):
    scores = kv.most_similar("a", topn=None)
    assert np.isnan(scores).tolist() == [False, False, True, False, False]
    assert np.isnan(kv.most_similar("lost", topn=None)).all()
    assert np.isnan(kv.most_similar_cosmul("a", topn=None)).tolist() == [False, False, True, False, False]
    assert np.isnan(kv.distances("a")).tolist() == [False, False, True, False, False]
    assert np.isnan(kv.distances("lost", ["a", "lost"])).all()
    assert np.isnan(kv.cosine_similarities(kv["a"], kv.vectors)[2])
    for other in KEYS:
        assert np.isnan(kv.similarity("lost", other))
        assert np.isnan(kv.distance(other, "lost"))
    assert np.isnan(kv.n_similarity(["a", "lost"], ["b"]))
    assert np.isnan(kv.relative_cosine_similarity("a", "lost", topn=1))
    assert not np.isfinite(kv.get_mean_vector(["a", "lost"])).all()
    assert not np.isfinite(kv.get_vector("lost", norm=True)).all()
    assert np.isfinite(kv.get_normed_vectors()).all(axis=1).tolist() == [True, True, False, True, True]


def test_ranks(kv, without):
    assert kv.rank("a", "b") == without.rank("a", "b") == 1
    assert kv.rank("a", "d") == without.rank("a", "d") == 3
    assert kv.rank("a", "lost") == 4  # behind all others
    assert kv.rank("lost", "a") == 4
    assert kv.closer_than("a", "d") == ["b", "c"]
    assert kv.closer_than("a", "lost") == ["b", "c", "d"]
    assert kv.closer_than("lost", "a") == []


def test_groups(kv, without):
    words = ["a", "b", "lost", "c"]
    assert kv.doesnt_match(words) == "lost"
    ranked = kv.rank_by_centrality(words)
    assert names([(key, score) for score, key in ranked[:3]]) == [
        key for _, key in without.rank_by_centrality(["a", "b", "c"])
    ]
    assert np.isnan(ranked[3][0])
    assert np.isnan([score for score, _ in kv.rank_by_centrality(["lost", "lost"], use_norm=False)]).all()
    assert kv.most_similar_to_given("a", ["lost", "c", "b"]) == "b"
    with pytest.raises(ValueError, match="none of the 2 keys has a cosine"):
        kv.most_similar_to_given("lost", ["a", "b"])


@pytest.mark.parametrize("norm", [False, True])
def test_wmdistance(kv, norm):
    pytest.importorskip("ot")
    assert np.isnan(kv.wmdistance(["a", "lost"], ["b"], norm=norm))
    assert np.isnan(kv.wmdistance(["a"], ["lost"], norm=norm))
    assert np.isfinite(kv.wmdistance(["a"], ["b"], norm=norm))


@pytest.mark.parametrize("method", ["most_similar", "most_similar_cosmul"])
def test_analogies(kv, method):
    asked = ": all\na b c d\na lost c d\na b c lost\n"
    accuracy, sections = kv.evaluate_word_analogies(io.StringIO(asked), similarity_function=method)
    assert [words for words in sections[-1]["correct"] if "LOST" in words] == []
    assert len(sections[-1]["correct"]) + len(sections[-1]["incorrect"]) == 3
    assert 0 <= accuracy <= 1 / 3


def test_pairs_have_no_correlation(kv, caplog):
    judged = "a\tb\t3\na\tlost\t2\na\tc\t1\nb\tc\t2\n"
    with caplog.at_level(logging.WARNING):
        pearson, spearman, oov = kv.evaluate_word_pairs(io.StringIO(judged))
    assert np.isnan([pearson[0], spearman[0]]).all()
    assert oov == 0
    assert "1 of 4 pairs" in caplog.text
    pearson, spearman, _ = kv.evaluate_word_pairs(io.StringIO(judged.replace("a\tlost\t2\n", "")))
    assert np.isfinite([pearson[0], spearman[0]]).all()


def test_int8_has_finite_rows_only(kv, without, tmp_path):
    with pytest.raises(ValueError, match="NaN or infinite"):
        kv.quantize()
    without.quantize().save(tmp_path / "small")
    arrays, keys, metadata = native.load_arrays(tmp_path / "small")
    for scale in (np.nan, np.inf, -1.0):
        arrays["vectors.scales"][2] = scale
        native.save_arrays(tmp_path / "damaged", arrays, keys, metadata, kind="vectors")
        with pytest.raises(FormatError, match=r"vectors\.scales: row 2 has"):
            KeyedVectors.load(tmp_path / "damaged")


def test_a_float16_row_that_overflows_is_no_neighbour():
    made = KeyedVectors(2)
    made.add_vectors(["a", "b", "far"], np.array([[1, 0], [1, 1], [1e6, 2e6]], dtype=np.float32))
    with np.errstate(over="ignore"):
        small = made.astype("float16")
    assert names(made.most_similar("a")) == ["b", "far"]
    assert names(small.most_similar("a")) == ["b"]


@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1e38), ("float64", 1e300), ("float64", 1e-300)])
def test_rows_of_extreme_length_are_rows(dtype, scale):
    made = KeyedVectors(3, dtype=dtype)
    plain = np.delete(ROWS, 2, axis=0)
    made.add_vectors(["a", "b", "c", "d"], plain * scale)
    same = KeyedVectors(3, dtype=dtype)
    same.add_vectors(["a", "b", "c", "d"], plain)
    for query in QUERIES.values():
        found, wanted = query(made), query(same)
        assert names(found) == names(wanted)
        np.testing.assert_allclose([s for _, s in found], [s for _, s in wanted], atol=1e-6)
    assert made.similarity("a", "b") == pytest.approx(same.similarity("a", "b"))
    assert made.doesnt_match(["a", "b", "d"]) == "d"
