"""Objects that programs pickled with version 0.1, whose modules have moved since."""

from __future__ import annotations

import pickle

from fastw2v.keyedvectors import CompatVocab
from fastw2v.utils import RepeatCorpus

CORPUS = (
    b"ccopy_reg\n_reconstructor\np0\n(cfastw2v._corpora\nRepeatCorpus\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n"
    b"(dp5\nVcorpus\np6\n(lp7\nVa\np8\naVb\np9\nasVreps\np10\nI3\nsb."
)
WORD = (
    b"ccopy_reg\n_reconstructor\np0\n(cfastw2v._gensim_aliases\nCompatVocab\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n"
    b"(dp5\nVcount\np6\nI3\nsVindex\np7\nI1\nsb."
)


def test_a_corpus() -> None:
    corpus = pickle.loads(CORPUS)
    assert type(corpus) is RepeatCorpus
    assert list(corpus) == ["a", "b", "a"]


def test_what_gensim_3_kept_about_a_word() -> None:
    word = pickle.loads(WORD)
    assert type(word) is CompatVocab
    assert (word.count, word.index) == (3, 1)


def test_new_pickles_name_the_public_path() -> None:
    assert b"cfastw2v.utils\nRepeatCorpus" in pickle.dumps(RepeatCorpus(["a"], 1), 0)
    assert b"cfastw2v.keyedvectors\nCompatVocab" in pickle.dumps(CompatVocab(), 0)
    assert list(pickle.loads(pickle.dumps(RepeatCorpus(["a"], 2)))) == ["a", "a"]
