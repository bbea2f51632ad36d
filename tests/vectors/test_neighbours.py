"""Queries: known answers, every change is seen, no NaN; quirks 7, 10, 15 and 22 of gensim, fixed."""

import math
import warnings

import numpy as np
import pytest

from fastw2v import KeyedVectors


class TestNorms:
    """No query may see a norm from before a change (quirk 7, and programs that write to ``vectors``)."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda kv: kv.__setitem__("a", np.array([0, 50, 0])),
            lambda kv: kv.add_vectors(["a"], [[0, 50, 0]], replace=True),
            lambda kv: kv.add_vectors(["new"], [[0, 50, 0]]),
            lambda kv: kv.add_vector("a", [0, 50, 0]),
            lambda kv: kv.vectors.__setitem__(0, [0, 50, 0]),
            lambda kv: kv.vectors.__imul__(40),
            lambda kv: setattr(kv, "vectors", kv.vectors * 7),
            lambda kv: kv.vectors.__setitem__(slice(None), 0.125),
            lambda kv: kv.unit_normalize_all(),
            lambda kv: kv.sort_by_descending_frequency(),
        ],
    )
    def test_every_change_is_seen(self, kv, change):
        kv.fill_norms()
        kv.most_similar("a")  # gensim caches the norms here
        change(kv)
        fresh = KeyedVectors(3)
        fresh.add_vectors(kv.index_to_key, kv.vectors.copy())
        for query in (
            lambda t: t.most_similar("a", topn=None),
            lambda t: t.most_similar_cosmul("a", topn=None),
            lambda t: t.distances("b"),
            lambda t: t.similarity("a", "c"),
            lambda t: t.get_vector("a", norm=True),
            lambda t: t.get_normed_vectors(),
            lambda t: [score for score, _ in t.rank_by_centrality(["a", "b", "c"])],
            lambda t: [score for best in t.most_similar_batch(["a", "d"]) for _, score in best],
        ):
            np.testing.assert_array_equal(query(kv), query(fresh))
        assert max(abs(score) for _, score in kv.most_similar("a")) <= 1.000001
        kv.fill_norms()
        np.testing.assert_allclose(kv.norms, np.linalg.norm(kv.vectors, axis=1), rtol=1e-6)

    def test_vectors_may_be_replaced_by_a_memmap(self, rows, kv, tmp_path):
        mapped = np.lib.format.open_memmap(tmp_path / "v.npy", "w+", np.float32, (5, 3))
        mapped[:] = rows[::-1]
        kv.vectors = mapped
        assert kv.similarity("a", "e") == -1
        assert kv["e"].tolist() == [2, 0, 0]
        read_only = np.load(tmp_path / "v.npy", mmap_mode="r")
        kv.vectors = read_only
        assert kv.most_similar("a", topn=1)[0][0] in "abcde"

    def test_zero_vectors_never_give_nan(self, kv):  # quirk 22
        kv.vectors[2] = 0
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert kv.get_vector("c", norm=True).tolist() == [0, 0, 0]
            assert kv.similarity("a", "c") == 0
            for numbers in (
                kv.get_normed_vectors(),
                kv.distances("a"),
                kv.distances("c"),
                kv.most_similar("a", topn=None),
                kv.most_similar("c", topn=None),
                kv.most_similar_cosmul("a", topn=None),
                kv.cosine_similarities(kv["a"], kv.vectors),
                kv.get_mean_vector(["c"], post_normalize=True),
                kv.n_similarity(["c"], ["a"]),
            ):
                assert np.isfinite(numbers).all()
            kv.unit_normalize_all()
        assert np.isfinite(kv.vectors).all()
        assert len(kv.most_similar("a")) == 4


class TestQueries:
    def test_known_answers(self, kv):
        half = math.sqrt(0.5)
        assert kv.similarity("a", "b") == pytest.approx(half)
        assert kv.most_similar("a", topn=2) == [("b", pytest.approx(half)), ("c", 0.0)]
        assert kv.most_similar(["a", "c"], topn=1) == [("b", pytest.approx(1))]
        assert kv.most_similar("b", negative=["c"], topn=1)[0][0] == "a"
        assert kv.most_similar([("a", 0.0), ("c", 1.0)], topn=1)[0][0] == "b"
        assert kv.doesnt_match(["a", "b", "c", "e"]) == "e"
        assert kv.rank("a", "b") == 1
        assert kv.closer_than("a", "e") == ["b", "c", "d"]
        assert kv.distance("a", "e") == 2
        assert kv.most_similar_to_given("a", ["e", "b"]) == "b"
        assert kv.n_similarity(["a", "c"], ["b"]) == pytest.approx(1.5 / math.sqrt(1.25 * 2))

    def test_ties_come_in_the_order_of_rows(self, kv):
        assert [key for key, _ in kv.most_similar("d", topn=4)] == ["a", "b", "c", "e"]

    def test_restrictions(self, kv):
        assert [key for key, _ in kv.most_similar("a", clip_start=2, clip_end=4)] == ["c", "d"]
        assert [key for key, _ in kv.most_similar("a", restrict_vocab=2)] == ["b"]
        assert len(kv.most_similar("a", clip_start=4, clip_end=2)) == 0
        assert kv.most_similar("a", topn=None, restrict_vocab=3).shape == (3,)

    def test_cosmul_restricts_and_takes_numbers(self, kv):  # quirk 10
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert {key for key, _ in kv.most_similar_cosmul("a", restrict_vocab=3)} == {"b", "c"}
            assert kv.most_similar_cosmul(0, topn=2) == kv.most_similar_cosmul("a", topn=2)
            assert kv.most_similar_cosmul(["a"], [2]) == kv.most_similar_cosmul(["a"], ["c"])
            # a vector counts by its direction: its length cannot change the answer
            assert kv.most_similar_cosmul([kv["b"] * 9], topn=None).max() < 1
        with pytest.raises(ValueError, match="weights"):
            kv.most_similar_cosmul([("a", 0.5)])

    @pytest.mark.parametrize("form", ["b", ["b"], 1, [1], [("b", 1.0)], np.int32(1), np.array(["b"])], ids=repr)
    def test_all_forms_of_a_key(self, kv, form):
        assert kv.most_similar(form) == kv.most_similar("b")

    def test_a_tuple_is_a_list_unless_it_is_a_key(self, kv, rows):
        assert kv.most_similar(("a", "b"), ("c",)) == kv.most_similar(["a", "b"], ["c"])
        assert kv.most_similar_cosmul(("a", "b")) == kv.most_similar_cosmul(["a", "b"])
        assert kv.most_similar((("a", 0.5), "b")) == kv.most_similar([("a", 0.5), "b"])
        pairs = KeyedVectors(3)
        pairs.add_vectors([("a", "b"), "a", "b", 7, 8], rows)
        assert pairs.most_similar(("a", "b")) == pairs.most_similar([("a", "b")])
        assert pairs.most_similar((7, 8)) == pairs.most_similar([7, 8])

    @pytest.mark.parametrize(
        ("call", "error"),
        [
            (lambda kv: kv.most_similar(), ValueError),
            (lambda kv: kv.most_similar([]), ValueError),
            (lambda kv: kv.most_similar({"a", "b"}), TypeError),
            (lambda kv: kv.most_similar(("a", 1)), TypeError),
            (lambda kv: kv.most_similar(("a", 0.5)), TypeError),
            (lambda kv: kv.most_similar([("a", "b")]), TypeError),
            (lambda kv: kv.most_similar([0.1, 0.2, 0.3]), TypeError),
            (lambda kv: kv.most_similar([None]), TypeError),
            (lambda kv: kv.most_similar(b"a"), TypeError),
            (lambda kv: kv.most_similar("a", topn=2.0), TypeError),
            (lambda kv: kv.most_similar(np.ones(7)), ValueError),
            (lambda kv: kv.most_similar("z"), KeyError),
            (lambda kv: kv.most_similar_cosmul(negative=["a"]), ValueError),
        ],
    )
    def test_errors(self, kv, call, error):
        with pytest.raises(error):
            call(kv)

    @pytest.mark.parametrize(
        "call",
        [
            lambda kv: kv.n_similarity("a", "b"),
            lambda kv: kv.n_similarity(["a"], "b"),
            lambda kv: kv.get_mean_vector("abc"),
            lambda kv: kv.doesnt_match("a b c"),
            lambda kv: kv.rank_by_centrality("abc"),
            lambda kv: kv.wmdistance("a b", ["a"]),
            lambda kv: kv.wmdistance(["a"], "a b"),
            lambda kv: kv.vectors_for_all("abc"),
            lambda kv: kv.most_similar_batch("abc"),
            lambda kv: kv.distances("a", "bc"),
            lambda kv: kv.most_similar_to_given("a", "bc"),
        ],
    )
    def test_one_string_is_no_list_of_keys(self, kv, call):  # quirk 15
        with pytest.raises(TypeError, match="one string"):
            call(kv)

    @pytest.mark.parametrize("option", [{"restrict_vocab": "2"}, {"clip_start": 1.0}, {"clip_end": "3"}])
    def test_rows_that_are_no_integers_are_named(self, kv, option):
        for ask in (kv.most_similar, lambda key, **options: kv.most_similar_batch([key], **options)):
            with pytest.raises(TypeError, match=f"{next(iter(option))}={next(iter(option.values()))!r}"):
                ask("a", **option)

    def test_indexer(self, kv):
        class Indexer:
            def most_similar(self, vector, topn):
                return [("asked", float(np.linalg.norm(vector))), ("for", topn)]

        assert kv.most_similar("a", topn=3, indexer=Indexer()) == [("asked", 1.0), ("for", 3)]
        assert kv.most_similar("a", topn=None, indexer=Indexer()).shape == (5,)

    def test_mean_vector(self, kv):
        np.testing.assert_allclose(kv.get_mean_vector(["a", "c"], [3, -1]), [0.75, -0.25, 0])
        np.testing.assert_allclose(kv.get_mean_vector(["a", "c"], (1, 1), pre_normalize=False), [1, 0.5, 0])
        assert kv.get_mean_vector(key for key in ["a", "nowhere"]).tolist() == [1, 0, 0]
        assert kv.get_mean_vector(["nowhere"]).tolist() == [0, 0, 0]
        with pytest.raises(KeyError, match="vocabulary"):
            kv.get_mean_vector(["nowhere"], ignore_missing=False)
        with pytest.raises(ValueError, match=r"shape \(2,\)"):
            kv.get_mean_vector([np.ones(2)])

    def test_padded_and_strided_tables(self, rows, kv):
        wide = np.full((5, 16), np.nan, dtype=np.float32)
        wide[:, :3] = rows
        wanted = kv.most_similar("a")
        for vectors in (wide[:, :3], np.asfortranarray(rows), rows.astype(">f4")):
            kv.vectors = vectors
            assert kv.most_similar("a") == wanted
            assert kv.most_similar_batch(["a"])[0] == [(key, pytest.approx(score)) for key, score in wanted]

    def test_float64_tables_are_compared_in_float64(self):
        kv = KeyedVectors(2, dtype=np.float64)
        kv.add_vectors(["a", "b"], [[1, 0], [1, 1e-9]])
        assert kv.distances("a").dtype == np.float64
        assert type(kv.similarity("a", "b")) is np.float64

    def test_batch_equals_single_queries(self):
        kv = KeyedVectors(10)
        kv.add_vectors(range(500), np.random.default_rng(0).standard_normal((500, 10)))
        keys = [3, 499, 17]
        for key, best in zip(keys, kv.most_similar_batch(keys, topn=7), strict=True):
            single = kv.most_similar(key, topn=7)
            assert [k for k, _ in best] == [k for k, _ in single]
            np.testing.assert_allclose([s for _, s in best], [s for _, s in single], atol=1e-6)
        rows = kv.vectors[:2]
        assert [best[0][0] for best in kv.most_similar_batch(rows, topn=1)] == [0, 1]
        assert kv.most_similar_batch([], topn=3) == []
        assert kv.most_similar_batch(keys, topn=0) == [[], [], []]
        assert all(k < 50 for best in kv.most_similar_batch(keys, restrict_vocab=50) for k, _ in best)
        with pytest.raises(ValueError, match="10"):
            kv.most_similar_batch(np.ones((2, 3)))
        with pytest.raises(KeyError):
            kv.most_similar_batch([1000])


@pytest.mark.parametrize("vector", [np.array([1j, 2, 0]), np.array(["2020", "2021", "2022"], "M8[Y]")])
@pytest.mark.parametrize(
    "ask",
    [
        lambda kv, vector: kv.similar_by_vector(vector),
        lambda kv, vector: kv.most_similar(positive=[(vector, 0.5)]),
        lambda kv, vector: kv.most_similar_cosmul(positive=[vector]),
        lambda kv, vector: kv.most_similar_batch(vector[None]),
        lambda kv, vector: kv.get_mean_vector(["a", vector]),
        lambda kv, vector: kv.distances(vector),
        lambda kv, vector: kv.cosine_similarities(vector, kv.vectors),
        lambda kv, vector: kv.add_vectors(["new"], vector[None]),
        lambda kv, vector: kv.__setitem__("a", vector),
    ],
)
def test_what_is_no_real_number_is_no_vector(ask, vector):
    """NumPy makes floats of them, with a warning at most."""
    kv = KeyedVectors(3)
    kv.add_vectors(["a", "b"], [[1, 2, 3], [4, 5, 6]])
    with pytest.raises(TypeError, match="must be real numbers"):
        ask(kv, vector)
    assert kv.vectors.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert kv.index_to_key == ["a", "b"]
