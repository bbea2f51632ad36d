"""Every mode learns what was planted in a corpus, exactly; a corpus without structure teaches nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import planted

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.text.chunks import Chunk
from fastw2v.train.softmax import SoftmaxPlan, train_softmax
from fastw2v.train.weights import padded_rows

CLUSTERS = planted.clusters()
ANALOGIES = planted.analogies()

OBJECTIVES = {
    "ns": {"negative": 5, "hs": 0},
    "hs": {"negative": 0, "hs": 1},
    "hs+ns": {"negative": 5, "hs": 1},
}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "sg": {"sg": 1},
    "cbow-mean": {"sg": 0, "cbow_mean": 1},
    "sg-joint": {"sg": 1, "joint_context": True},
    "cbow-mean-exact": {"sg": 0, "cbow_mean": 1, "cbow_exact": True},
    "cbow-sum": {"sg": 0, "cbow_mean": 0},
    "cbow-sum-exact": {"sg": 0, "cbow_mean": 0, "cbow_exact": True},
}


def learn(sentences: list[list[str]], **options: Any) -> KeyedVectors:
    settings = {"vector_size": 24, "window": 4, "min_count": 1, "sample": 0, "alpha": 0.05, "epochs": 10}
    return Word2Vec(sentences, **{**settings, "workers": 1, "progress": False, **options}).wv


def learn_softmax(sentences: list[list[str]], skip_gram: bool, dim: int = 24) -> KeyedVectors:
    words = sorted({word for sentence in sentences for word in sentence})
    index = {word: i for i, word in enumerate(words)}
    ids = np.array([index[word] for sentence in sentences for word in sentence], dtype=np.int32)
    chunk = Chunk(ids, np.cumsum([0, *map(len, sentences)]), len(ids), len(sentences))
    w_in, w_out = padded_rows(len(words), dim), padded_rows(len(words), dim)
    w_in[:] = (np.random.default_rng(1).random((len(words), dim)) * 2 - 1) / dim
    plan = SoftmaxPlan(w_in, w_out, window=4, skip_gram=skip_gram)
    losses = train_softmax(lambda: [chunk], plan, epochs=3 if skip_gram else 8, alpha=0.1)
    assert losses[-1] < 0.9 * np.log(len(words))
    vectors = KeyedVectors(dim)
    vectors.add_vectors(words, w_in)
    return vectors


def neighbours_of_the_same_cluster(wv: KeyedVectors) -> float:
    """Share of right ones among the seven nearest neighbours, which should be the rest of the cluster."""
    right = [
        CLUSTERS.clusters.get(other) == cluster
        for word, cluster in CLUSTERS.clusters.items()
        for other, _ in wv.most_similar(word, topn=7)
    ]
    return float(np.mean(right))


def solved_analogies(wv: KeyedVectors) -> float:
    """Share of questions whose answer comes first, of all words."""
    right = [wv.most_similar(positive=[b, c], negative=[a], topn=1)[0][0] == d for a, b, c, d in ANALOGIES.analogies]
    return float(np.mean(right))


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_mode_learns_the_planted_structure(architecture, objective):
    options = {**ARCHITECTURES[architecture], **OBJECTIVES[objective]}
    assert neighbours_of_the_same_cluster(learn(CLUSTERS.sentences, **options)) > 0.99
    wv = learn(ANALOGIES.sentences, **options)
    assert wv.most_similar(positive=["king", "woman"], negative=["man"], topn=1)[0][0] == "queen"
    assert solved_analogies(wv) > 0.95


@pytest.mark.parametrize("skip_gram", [True, False], ids=["sg", "cbow"])
def test_exact_softmax_learns_it_too(skip_gram):
    assert neighbours_of_the_same_cluster(learn_softmax(CLUSTERS.sentences, skip_gram)) > 0.99
    assert solved_analogies(learn_softmax(ANALOGIES.sentences, skip_gram)) > 0.95


@pytest.mark.parametrize("sg", [0, 1])
def test_several_threads_learn_the_same(sg):
    assert neighbours_of_the_same_cluster(learn(CLUSTERS.sentences, sg=sg, workers=3)) > 0.99
    assert solved_analogies(learn(ANALOGIES.sentences, sg=sg, workers=3)) > 0.95


def test_nothing_is_learned_where_nothing_is_planted():
    """The same words, strewn over the sentences at random: the tests above can fail."""
    rng = np.random.default_rng(1)

    def strewn(sentences: list[list[str]]) -> list[list[str]]:
        words = iter(rng.permutation([word for sentence in sentences for word in sentence]).tolist())
        return [[next(words) for _ in sentence] for sentence in sentences]

    assert neighbours_of_the_same_cluster(learn(strewn(CLUSTERS.sentences), sg=1)) < 0.4
    assert solved_analogies(learn(strewn(ANALOGIES.sentences), sg=1)) < 0.2


def test_a_window_over_whole_sessions_does_not_diverge():
    rng = np.random.default_rng(1)
    sessions = [rng.permutation(300).tolist() for _ in range(12)]
    model = Word2Vec(
        sessions, sg=1, window=10**6, shrink_windows=False, min_count=1, sample=0, workers=1, epochs=4, vector_size=32
    )
    assert np.linalg.norm(model.wv.vectors, axis=1).max() < 20
