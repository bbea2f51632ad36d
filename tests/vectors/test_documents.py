"""Vectors of documents: known answers, the papers' formulas, comparison with scikit-learn's weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v import KeyedVectors
from fastw2v.keyedvectors import FastTextKeyedVectors
from fastw2v.vectors import documents as told


def table(n=30, dim=6, seed=0):
    made = KeyedVectors(dim)
    rows = np.random.default_rng(seed).standard_normal((n, dim))
    made.add_vectors([f"w{row}" for row in range(n)], rows, extras={"count": np.arange(n, 0, -1)})
    return made


DOCUMENTS = [["w1", "w2", "w1", "unknown"], ["w5"], ["w9", "w1", "w0"], [], ["unknown"], ["w3"] * 7]


def by_hand(kv, documents, weight):
    made = np.zeros((len(documents), kv.vector_size))
    for place, document in enumerate(documents):
        known = [word for word in document if word in kv]
        if known:
            made[place] = sum(weight(word) * kv[word].astype(np.float64) for word in known) / len(known)
    return made


def test_means():
    kv = table()
    assert kv.document_vectors(DOCUMENTS) == pytest.approx(by_hand(kv, DOCUMENTS, lambda word: 1), abs=1e-6)
    unit = by_hand(kv, DOCUMENTS, lambda word: 1 / np.linalg.norm(kv[word]))
    assert kv.document_vectors(DOCUMENTS, pre_normalize=True) == pytest.approx(unit, abs=1e-6)
    assert kv.document_vectors(map(iter, DOCUMENTS)).tolist() == kv.document_vectors(DOCUMENTS).tolist()


def test_sif_is_the_papers():
    kv = table()
    total = sum(range(31))
    expected = by_hand(kv, DOCUMENTS, lambda word: 0.01 / (0.01 + kv.get_vecattr(word, "count") / total))
    made = kv.document_vectors(DOCUMENTS, "sif", sif_a=0.01)
    assert made == pytest.approx(expected, abs=1e-6)
    common = np.linalg.svd(expected, full_matrices=False)[2][:1]
    without = kv.document_vectors(DOCUMENTS, "sif", sif_a=0.01, remove_components=1)
    assert without == pytest.approx(expected - expected @ common.T @ common, abs=1e-5)
    assert without @ common.T == pytest.approx(0, abs=1e-5)


def test_inverse_document_frequencies_are_those_of_scikit_learn():
    text = pytest.importorskip("sklearn.feature_extraction.text", reason="the extra 'sklearn' is not installed")
    kv, documents = table(), [["w1", "w2", "w1"], ["w5"], ["w9", "w1", "w0"], ["w3"] * 7]
    fitted = text.TfidfVectorizer(analyzer=list).fit(documents)
    idf = dict(zip(fitted.get_feature_names_out(), fitted.idf_, strict=True))
    expected = by_hand(kv, documents, idf.__getitem__)
    assert kv.document_vectors(documents, "tfidf") == pytest.approx(expected, abs=1e-6)
    assert kv.document_vectors(documents, idf) == pytest.approx(expected, abs=1e-6)


def test_inverse_document_frequencies_by_hand():
    found = told.read([["a", "b", "a"], ["b"], ["c", "b"]])
    assert found.frequencies().tolist() == [1, 3, 1]
    assert told.inverse_document_frequencies(found.frequencies(), 3) == pytest.approx([np.log(2) + 1, 1, np.log(2) + 1])


@given(st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=60), st.integers(1, 50))
@settings(max_examples=50, deadline=None)
def test_batches_change_nothing(documents, block):
    kv = table(n=35, dim=3)
    named = [[f"w{number}" for number in document] for document in documents]
    whole = kv.document_vectors(named)
    kept, told.BLOCK = told.BLOCK, block
    try:
        assert kv.document_vectors(named) == pytest.approx(whole, abs=1e-6)
    finally:
        told.BLOCK = kept


@pytest.mark.parametrize("change", [lambda kv: kv.astype("float16"), lambda kv: kv.quantize()], ids=["float16", "int8"])
def test_small_tables(change):
    kv = table()
    made = change(kv).document_vectors(DOCUMENTS)
    assert made.dtype == np.float32
    assert made == pytest.approx(kv.document_vectors(DOCUMENTS), abs=0.05)


def test_unknown_words_are_made_of_n_grams_where_there_are_some():
    kv = FastTextKeyedVectors(2)
    kv.add_vectors(["word"], [[4, 0]], extras={"count": np.array([9])})
    kv.ngram_vectors, kv.min_n, kv.max_n = np.ones((10, 2), dtype=np.float32), 3, 4
    assert kv.document_vectors([["word", "other"]]) == pytest.approx(np.array([(kv["word"] + kv["other"]) / 2]))
    sif = kv.document_vectors([["word", "other"]], "sif", sif_a=1.0)
    assert sif == pytest.approx(np.array([(kv["word"] / 2 + kv["other"]) / 2]))


def test_a_program_that_overrides_get_vector_is_asked():
    class Doubled(KeyedVectors):
        def get_vector(self, key, norm=False, **more):
            return 2 * super().get_vector(key, norm, **more)

    kv = table()
    assert Doubled.from_table(kv.to_table()).document_vectors([["w1"]]) == pytest.approx(2 * kv[["w1"]])


def test_documents_without_a_known_word(caplog):
    kv = table()
    assert not kv.document_vectors(DOCUMENTS)[3:5].any()
    assert "2 of 6 documents have no known word" in caplog.text
    made = kv.document_vectors(DOCUMENTS, missing="nan")
    assert np.isnan(made).all(axis=1).tolist() == [False, False, False, True, True, False]
    with pytest.raises(KeyError, match="document 3 has no known word"):
        kv.document_vectors(DOCUMENTS, missing="raise")
    assert kv.document_vectors([]).shape == (0, 6)


def test_what_cannot_be_pooled_says_the_way_out():
    kv = table()
    with pytest.raises(TypeError, match=r"document 0 is one string.*split"):
        kv.document_vectors(["a text"])
    with pytest.raises(TypeError, match="documents is one string"):
        kv.document_vectors("a text")
    with pytest.raises(TypeError, match="document 1 is a int"):
        kv.document_vectors([["w1"], 7])
    with pytest.raises(ValueError, match="weighting='max': use one of mean, sif, tfidf"):
        kv.document_vectors([["w1"]], "max")
    with pytest.raises(ValueError, match="missing='skip'"):
        kv.document_vectors([["w1"]], missing="skip")
    with pytest.raises(ValueError, match=r"remove_components=1: .* 1 documents"):
        kv.document_vectors([["w1"]], remove_components=1)
    with pytest.raises(ValueError, match="sif_a=0"):
        kv.document_vectors([["w1"]], "sif", sif_a=0)
    bare = KeyedVectors(2)
    bare.add_vectors(["a"], [[1, 2]])
    with pytest.raises(KeyError, match="weights of your own"):
        bare.document_vectors([["a"]], "sif")


def test_one_list_that_is_filled_again_for_each_document():
    kv = table()

    def reused():
        held = []
        for document in DOCUMENTS:
            held[:] = document
            yield held

    assert kv.document_vectors(reused()) == pytest.approx(kv.document_vectors(DOCUMENTS))
