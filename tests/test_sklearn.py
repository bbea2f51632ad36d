"""The transformer in scikit-learn: its own checks, pipelines, grids, pickles and columns."""

import pickle

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec

pytest.importorskip("sklearn", reason="the extra 'sklearn' is not installed")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from fastw2v.sklearn import Word2VecTransformer


def topics(n=120, seed=0):
    """Documents about one of two subjects, and which it is."""
    rng = np.random.default_rng(seed)
    words = [["king", "queen", "throne", "crown", "court"], ["cat", "dog", "fur", "paw", "tail"]]
    labels = rng.integers(0, 2, n)
    return [" ".join([*rng.choice(words[label], 6), *rng.choice(["the", "a"], 3)]) for label in labels], labels


@pytest.fixture
def transformer():
    return Word2VecTransformer(vector_size=8, min_count=1, epochs=20, sg=1, tokenizer=str.split, random_state=1)


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks():
    checks = check_estimator(Word2VecTransformer(min_count=1), on_fail=None)
    assert [(one["check_name"], str(one["exception"])) for one in checks if one["status"] == "failed"] == []


def test_vectors_are_those_of_word2vec(transformer):
    texts, _ = topics()
    seed = int(np.random.RandomState(1).randint(2**31 - 1))
    tokens = [text.split() for text in texts]
    model = Word2Vec(tokens, vector_size=8, min_count=1, epochs=20, sg=1, workers=1, seed=seed)
    assert (transformer.fit_transform(texts) == model.wv.document_vectors(tokens)).all()
    assert transformer.loss_history_ == model.loss_history
    without = clone(transformer).set_params(tokenizer=None)
    assert (without.fit_transform(tokens) == transformer.transform(texts)).all()


@pytest.mark.parametrize(("weighting", "remove"), [("mean", 0), ("sif", 1), ("tfidf", 0), ("tfidf", 2)])
def test_weights_and_common_directions_are_those_of_the_documents_of_fit(transformer, weighting, remove):
    texts, _ = topics()
    transformer.set_params(weighting=weighting, remove_components=remove).fit(texts)
    whole = transformer.transform(texts)
    assert transformer.transform(texts[:1]) == pytest.approx(whole[:1], abs=1e-6)  # alone or among others
    tokens = [text.split() for text in texts]
    expected = transformer.vectors_.document_vectors(tokens, weighting, remove_components=remove)
    assert whole == pytest.approx(expected, abs=1e-5)


def test_a_pipeline_tells_subjects_apart_and_a_grid_chooses(transformer):
    texts, labels = topics(300)
    pipeline = make_pipeline(transformer.set_params(epochs=50, alpha=0.05), LogisticRegression())
    grid = GridSearchCV(pipeline, {"word2vectransformer__weighting": ["mean", "tfidf"]}, cv=2).fit(texts, labels)
    assert grid.best_score_ > 0.9
    assert grid.predict(["queen crown", "dog tail"]).tolist() == [0, 1]


def test_pickles_hold_a_native_file(transformer):
    texts, _ = topics()
    transformer.fit(texts)
    assert isinstance(transformer.__getstate__()["vectors_"], bytes)
    again = pickle.loads(pickle.dumps(transformer))
    assert (again.transform(texts) == transformer.transform(texts)).all()
    assert isinstance(transformer.vectors_, KeyedVectors)


def test_names_of_columns(transformer):
    texts, _ = topics()
    transformer.fit(texts)
    assert transformer.get_feature_names_out().tolist() == [f"word2vectransformer{column}" for column in range(8)]
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = transformer.set_output(transform="pandas").transform(pandas.Series(texts))
    assert frame.shape == (120, 8)
    with pytest.raises(TypeError, match=r"X\['text'\]"):
        transformer.fit(pandas.DataFrame({"text": texts}))


def test_given_vectors_are_used_as_they_are():
    kv = KeyedVectors(2)
    kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
    made = Word2VecTransformer(vectors=kv).fit([["north"]])
    assert made.transform([["north", "east"], ["west"]]).tolist() == [[0.5, 1.0], [0.0, 0.0]]
    assert made.vectors_ is kv


def test_what_cannot_be_transformed_says_the_way_out(transformer):
    texts, _ = topics()
    with pytest.raises(NotFittedError):
        transformer.transform(texts)
    with pytest.raises(TypeError, match="one string"):
        Word2VecTransformer(min_count=1).fit(texts)
    with pytest.raises(ValueError, match="weighting='max'"):
        transformer.set_params(weighting="max").fit(texts)
    with pytest.raises(ValueError, match="preset='no'"):
        Word2VecTransformer(preset="no", min_count=1).fit([["a", "b"]])
