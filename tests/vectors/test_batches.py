"""Batches of questions: the same answers as one by one, whatever form the questions have; filters and exclusions."""

import numpy as np
import pytest

from fastw2v import KeyedVectors

KEYS = [f"w{row}" for row in range(60)]


@pytest.fixture(scope="module")
def kv():
    made = KeyedVectors(9)
    made.add_vectors(KEYS, np.random.default_rng(5).standard_normal((60, 9)))
    return made


QUESTIONS = [
    "w3",
    ["w1", "w2"],
    np.arange(9, dtype=np.float32),
    ["w4", np.ones(9), ("w5", -0.5)],
    [("w7", 2.0)],
    8,
    "w3",
]


def same(found, wanted):
    assert [key for key, _ in found] == [key for key, _ in wanted]
    np.testing.assert_allclose([score for _, score in found], [score for _, score in wanted], atol=1e-6)


def test_every_form_of_a_question(kv):
    for question, found in zip(QUESTIONS, kv.most_similar_batch(QUESTIONS, topn=7), strict=True):
        same(found, kv.most_similar(question, topn=7))


def test_with_something_negative(kv):
    negative = ["w9", None, ["w1", "w2"], np.ones(9), [], "w30", "w31"]
    answers = kv.most_similar_batch(QUESTIONS, 5, negative=negative, restrict_vocab=50)
    for plus, minus, found in zip(QUESTIONS, negative, answers, strict=True):
        same(found, kv.most_similar(plus, minus, topn=5, restrict_vocab=50))
    for minus, found in zip(("w1", ["w2", "w3"]), kv.most_similar_batch(negative=["w1", ["w2", "w3"]]), strict=True):
        same(found, kv.most_similar(negative=minus))


def test_cosmul(kv):
    positive, negative = [["w1", "w2"], "w3", np.ones(9)], ["w4", None, ["w5", "w6"]]
    answers = kv.most_similar_cosmul_batch(positive, 5, negative=negative, restrict_vocab=40)
    for plus, minus, found in zip(positive, negative, answers, strict=True):
        same(found, kv.most_similar_cosmul(plus, minus, topn=5, restrict_vocab=40))
    scores = kv.most_similar_cosmul_batch(positive, None, negative=negative)
    np.testing.assert_allclose(scores[0], kv.most_similar_cosmul(["w1", "w2"], "w4", topn=None), rtol=1e-6)
    with pytest.raises(ValueError, match="no input"):
        kv.most_similar_cosmul_batch([[]])


def test_clips(kv):
    for found in kv.most_similar_batch(["w3", "w20"], 4, clip_start=10, clip_end=25):
        assert all(10 <= kv.get_index(key) < 25 for key, _ in found)
        assert len(found) == 4
    assert kv.most_similar_batch(["w3"], clip_start=9, clip_end=9) == [[]]


@pytest.mark.parametrize("method", ["most_similar_batch", "most_similar_cosmul_batch"])
def test_exclusions_and_filters(kv, method):
    ask, questions = getattr(kv, method), ["w3", "w4"]
    whole = ask(questions, topn=60)
    assert [len(found) for found in whole] == [59, 59]

    def kept(*keep):
        return [[pair for pair in best if pair[0] in names] for best, names in zip(whole, keep, strict=True)]

    few, others = KEYS[10:20], set(KEYS[15:30])
    left = set(KEYS) - others
    mask = np.isin(KEYS, few)
    assert ask(questions, 60, among=few) == kept(few, few)
    assert ask(questions, 60, among=mask) == kept(few, few)
    assert ask(questions, 60, among=[few, None]) == kept(few, KEYS)
    assert ask(questions, 60, among=[mask, others]) == kept(few, others)
    assert ask(questions, 60, among=np.array([mask, ~mask])) == kept(few, set(KEYS) - set(few))
    assert ask(questions, 60, exclude=others) == kept(left, left)
    assert ask(questions, 60, exclude=[others, None]) == kept(left, KEYS)
    assert ask(questions, 60, exclude=others, among=few) == kept(KEYS[10:15], KEYS[10:15])
    assert ask(questions, 60, exclude=others, among=[few, KEYS]) == kept(KEYS[10:15], left)
    assert ask(questions, 60, exclude=[["w10"], few], among=mask) == kept(few[1:], ())
    assert ask(questions, 60, exclude=["unknown"], among=[["w11", "unknown"], []]) == kept(["w11"], ())


def test_arrays(kv):
    keys, scores = kv.most_similar_batch(["w3", np.full(9, np.nan), "w4"], topn=4, as_arrays=True, among=KEYS[:6])
    assert keys.shape == scores.shape == (3, 4)
    lists = kv.most_similar_batch(["w3", "w4"], topn=4, among=KEYS[:6])
    assert [
        list(zip(*pair, strict=True)) for pair in zip(keys[::2].tolist(), scores[::2].tolist(), strict=True)
    ] == lists
    assert keys[1].tolist() == [None] * 4
    assert np.isnan(scores[1]).all()
    assert kv.most_similar_batch([], as_arrays=True)[0].shape == (0, 10)


def test_all_scores(kv):
    scores = kv.most_similar_batch(QUESTIONS[:3], topn=None, clip_start=5)
    assert scores.shape == (3, 55)
    np.testing.assert_array_equal(scores[1], kv.most_similar(QUESTIONS[1], topn=None, clip_start=5))


def test_keys_that_are_tuples():
    made = KeyedVectors(2)
    made.add_vectors([("a", 1), ("b", 2), "c"], [[1, 0], [1, 1], [0, 1]])
    assert made.most_similar_batch([("a", 1), "c"], topn=1)[0][0][0] == ("b", 2)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda kv: kv.most_similar_batch("w1"), TypeError, "one string"),
        (lambda kv: kv.most_similar_batch(["w1"], negative=["w2", "w3"]), ValueError, "1 questions"),
        (lambda kv: kv.most_similar_batch(["w1", []]), ValueError, "question 1 asks with nothing"),
        (lambda kv: kv.most_similar_batch(["w1", "unknown"]), KeyError, "unknown"),
        (lambda kv: kv.most_similar_batch(np.ones(9)), ValueError, "one vector"),
        (lambda kv: kv.most_similar_batch([np.ones(8)]), ValueError, r"shape \(8,\)"),
        (lambda kv: kv.most_similar_batch(["w1", np.ones(8)]), ValueError, r"shape \(8,\)"),
        (lambda kv: kv.most_similar_batch(["w1"], exclude="w2"), TypeError, "one string"),
        (lambda kv: kv.most_similar_batch(["w1"], among=[["w2"], ["w3"]]), ValueError, "2 lists for 1 questions"),
        (lambda kv: kv.most_similar_batch(["w1"], among=np.ones(7, bool)), ValueError, r"mask of shape \(7,\)"),
        (lambda kv: kv.most_similar_batch(["w1"], threads=0), ValueError, "threads=0"),
        (lambda kv: kv.most_similar_batch(["w1"], topn=1.0), TypeError, "topn=1.0"),
        (lambda kv: kv.similarity_batch(["w1"], []), ValueError, "1 keys1 and 0 keys2"),
        (lambda kv: kv.similarity_batch("w1", ["w1"]), TypeError, "one string"),
        (lambda kv: kv.nearest_neighbours_graph(-1), ValueError, "k=-1"),
        (lambda kv: kv.nearest_neighbours_graph(1.5), TypeError, "k=1.5"),
    ],
)
def test_what_is_refused(kv, call, error, match):
    with pytest.raises(error, match=match):
        call(kv)


def test_pairs(kv):
    lefts, rights = ["w1", "w2", 3], ["w4", "w2", "w5"]
    found = kv.similarity_batch(lefts, rights)
    wanted = [kv.similarity(*pair) for pair in zip(lefts, rights, strict=True)]
    np.testing.assert_allclose(found, wanted, atol=1e-7)
    assert found.dtype == np.float32
    assert kv.similarity_batch([], []).shape == (0,)


def test_a_class_with_vectors_of_its_own():
    class Mirrored(KeyedVectors):
        def get_vector(self, key, norm=False, **options):
            return -super().get_vector(key, norm, **options)

    made = Mirrored(2)
    made.add_vectors(["a", "b", "c"], [[1, 0], [0.9, 0.1], [-1, 0.1]])
    assert made.most_similar_batch(["a", ["a", "b"]], topn=1)[0][0][0] == "c"
    assert made.most_similar("a", topn=1)[0][0] == "c"


class TestGraph:
    def test_equals_single_questions(self, kv):
        graph = kv.nearest_neighbours_graph(5)
        assert graph.shape == (60, 60)
        for row, key in enumerate(KEYS):
            columns = graph.indices[graph.indptr[row] : graph.indptr[row + 1]]
            found = [(KEYS[column], graph[row, column]) for column in columns]
            same(found, kv.most_similar(key, topn=5))

    def test_rows_without_neighbours_and_restrictions(self, kv, monkeypatch):
        monkeypatch.setattr("fastw2v.query.graph.QUERIES_AT_A_TIME", 7)
        made = KeyedVectors(9)
        made.add_vectors(KEYS, kv.vectors)
        made.vectors[4] = np.nan
        graph = made.nearest_neighbours_graph(3, restrict_vocab=20)
        counts = np.diff(graph.indptr)
        assert counts[:20].tolist() == [3] * 4 + [0] + [3] * 15
        assert not counts[20:].any()
        assert graph.indices.max() < 20
        assert 4 not in graph.indices
        assert made.nearest_neighbours_graph(0).nnz == 0
        assert made.nearest_neighbours_graph(99).nnz == 59 * 58
        assert KeyedVectors(3).nearest_neighbours_graph(2).shape == (0, 0)

    def test_progress(self, kv, capsys):
        kv.nearest_neighbours_graph(1)
        assert capsys.readouterr().err == ""
        kv.nearest_neighbours_graph(1, progress=True)
        assert "60" in capsys.readouterr().err
