"""Typical programs, for the type checker: it must accept each line and infer what is said behind it."""

from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from fastw2v import KeyedVectors, LineSentence, Phrases, Word2Vec, show_config
from fastw2v.callbacks import CallbackAny2Vec
from fastw2v.phrases import TransformedCorpus
from fastw2v.vectors.batches import Answers

sentences = [["human", "computer", "interface"], ["graph", "trees"]]


class Epochs(CallbackAny2Vec):
    def on_epoch_end(self, model: Word2Vec) -> None:
        assert_type(model.loss_history, list[float])


def training(path: Path) -> None:
    model = Word2Vec(sentences, vector_size=50, sg=1, callbacks=[Epochs()], progress=False)
    Word2Vec(corpus_file=path, workers=4, cbow_exact=True)
    Word2Vec(LineSentence(path))
    Word2Vec(lambda: iter(sentences))
    Word2Vec((np.zeros(3, np.int32), np.array([0, 3])))
    trained, raw = model.train(sentences, total_examples=model.corpus_count, epochs=model.epochs)
    assert_type(trained, int)
    assert_type(raw, int)
    assert_type(model.wv, KeyedVectors)
    assert_type(model.get_latest_training_loss(), float)
    assert_type(show_config(), dict[str, Any])


def queries(wv: KeyedVectors) -> None:
    vector: NDArray[np.float32] = wv["king"]
    cosine: float = wv.similarity("king", "queen")
    known: bool = "king" in wv
    size: int = len(wv)
    print(vector, cosine, known, size, wv.most_similar(positive=["king"], negative=["man"], topn=3))
    assert_type(wv.most_similar("king", topn=3), list[tuple[Any, float]])
    assert_type(wv.most_similar(["king"], ["man"]), list[tuple[Any, float]])
    assert_type(wv.most_similar("king", topn=None), NDArray[Any])
    assert_type(wv.most_similar("king", None, None), NDArray[Any])
    assert_type(wv.similar_by_word("king", 5), list[tuple[Any, float]])
    assert_type(wv.most_similar_cosmul(["king", "woman"], ["man"]), list[tuple[Any, float]])
    assert_type(wv.most_similar_cosmul("king", topn=None), NDArray[np.float64])
    assert_type(wv.most_similar_batch(["king", "queen"], 3), list[list[tuple[Any, float]]])
    assert_type(wv.most_similar_batch(["king", "queen"], as_arrays=True), Answers)
    assert_type(wv.most_similar_batch(["king", "queen"], topn=None), NDArray[Any])
    assert_type(wv.most_similar_cosmul_batch([["king"]], negative=[["man"]]), list[list[tuple[Any, float]]])
    assert_type(wv.doesnt_match(["king", "queen", "tea"]), str)
    assert_type(wv.most_similar_to_given("king", ["queen", "tea"]), str)
    assert_type(wv.similarity("king", "queen"), float)


def evaluation(wv: KeyedVectors, other: KeyedVectors) -> None:
    accuracy, sections = wv.evaluate_word_analogies("questions-words.txt")
    pearson, spearman, unknown = wv.evaluate_word_pairs("wordsim353.tsv")
    assert_type(accuracy, float)
    assert_type(sections, list[dict[str, Any]])
    assert_type(spearman[0], float)
    assert_type(pearson.pvalue, float)
    assert_type(unknown, float)
    assert_type(wv.evaluate_word_pairs("wordsim353.tsv", confidence=0.95, compare_to=other), tuple[Any, ...])


def old_names(path: Path) -> None:
    model = Word2Vec(sentences, size=50, iter=3, preset="balanced")
    model.build_vocab(sentences=sentences, update=True, min_count=1)
    model.train(sentences=sentences, total_examples=2, iter=3)


def phrases(model: Phrases) -> None:
    assert_type(model[["new", "york"]], list[str])
    assert_type(model[[["new", "york"]]], TransformedCorpus)
    assert_type(Phrases.load("phrases.model"), Phrases)
