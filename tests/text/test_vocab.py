"""Trimming, order and growth of the vocabulary: gensim's, tie for tie."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v.errors import ConfigError, VocabularyError
from fastw2v.text.chunks import Scan
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab, scan_of, select_words
from fastw2v.utils import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP

COUNTS = st.dictionaries(st.text(alphabet="abcdef", min_size=1, max_size=3), st.integers(1, 6), max_size=30)
SCAN = scan_of({"x": 2, "y": 1, "z": 1, "w": 3, "v": 2}, 3)


def by_letter(word: str, count: int, min_count: int) -> int:
    return {"a": RULE_KEEP, "b": RULE_DISCARD}.get(word[0], RULE_DEFAULT)


def test_most_frequent_first_and_ties_last_seen_first() -> None:
    assert select_words(SCAN, min_count=1).keys == ["w", "v", "x", "z", "y"]
    assert select_words(SCAN, min_count=1, sort=False).keys == ["x", "y", "z", "w", "v"]
    assert select_words(SCAN, min_count=2).counts.tolist() == [3, 2, 2]


@pytest.mark.parametrize(("most", "kept", "least"), [(4, 3, 2), (3, 3, 2), (2, 1, 3), (0, 0, 4), (5, 5, 1), (9, 5, 1)])
def test_words_of_one_count_stay_or_go_together(most: int, kept: int, least: int) -> None:
    selection = select_words(SCAN, min_count=1, max_final_vocab=most)
    assert (len(selection.keys), selection.effective_min_count) == (kept, least)


def test_null_word() -> None:
    selection = select_words(SCAN, min_count=1, null_word=True)
    assert selection.keys == ["w", "v", "x", "\0", "z", "y"]
    assert selection.counts.tolist() == [3, 2, 2, 1, 1, 1]
    again = select_words(scan_of({"\0": 4}), min_count=1, null_word=True)
    assert (again.keys, again.counts.tolist()) == (["\0"], [4])


def test_report() -> None:
    assert select_words(SCAN, min_count=2).report(SCAN) == {
        "drop_unique": 2,
        "retain_total": 7,
        "num_retained_words": 3,
    }


def test_growing_moves_no_word() -> None:
    vocab = select_words(SCAN, min_count=2).vocab()
    more = scan_of({"n": 2, "x": 5, "q": 1, "y": 2, "v": 1})  # v is known already: it need not be frequent again
    grown = vocab.grow(select_words(more, min_count=2, sort=False), more)
    assert grown.keys == ["w", "v", "x", "n", "y"]
    assert grown.counts.tolist() == [3, 3, 7, 2, 2]
    assert grown.index == {"w": 0, "v": 1, "x": 2, "n": 3, "y": 4}
    assert vocab.keys == ["w", "v", "x"]
    assert vocab.n_words == 7


def test_what_is_no_vocabulary_is_refused() -> None:
    with pytest.raises(VocabularyError, match="the word 'a' twice"):
        Vocab(["a", "b", "a"], np.ones(3))
    with pytest.raises(VocabularyError, match="2 words, but counts of shape"):
        Vocab(["a", "b"], np.ones(3))
    for bad in (-1, 1.5):
        with pytest.raises(ConfigError, match="the count of 'a' is"):
            scan_of({"a": bad})
    with pytest.raises(ConfigError, match="max_final_vocab=-1"):
        select_words(SCAN, max_final_vocab=-1)


@pytest.mark.gensim
@settings(deadline=None)
@given(COUNTS, st.integers(1, 4), st.sampled_from([None, 0, 1, 3, 8]), st.booleans(), st.booleans(), st.booleans())
def test_the_same_as_gensims(counts, min_count: int, most, ruled: bool, sort: bool, null_word: bool) -> None:
    word2vec = pytest.importorskip("gensim.models.word2vec")
    rule = by_letter if ruled else None
    model = word2vec.Word2Vec(
        vector_size=1, min_count=min_count, max_final_vocab=most, sorted_vocab=sort, null_word=null_word
    )
    model.raw_vocab = dict(counts)
    model.corpus_count = 1
    report = model.prepare_vocab(trim_rule=rule)
    scan = scan_of(counts)
    selection = select_words(
        scan, min_count=min_count, max_final_vocab=most, trim_rule=rule, sort=sort, null_word=null_word
    )
    assert selection.keys == model.wv.index_to_key
    assert selection.counts.tolist() == [model.wv.get_vecattr(key, "count") for key in selection.keys]
    assert selection.effective_min_count == model.effective_min_count
    if not null_word:
        assert selection.report(scan) == {name: report[name] for name in selection.report(scan)}


def test_a_million_words_take_about_a_second() -> None:
    n = 1_000_000
    counts = np.random.default_rng(1).zipf(1.5, n).clip(max=10**6).astype(np.int64)
    scan = Scan([f"w{i}" for i in range(n)], counts, int(counts.sum()), 1)
    start = time.process_time()
    vocab = select_words(scan, min_count=1, max_final_vocab=900_000).vocab()
    assert time.process_time() - start < 3.0  # 0.5 on the machine where this was written
    assert (np.diff(vocab.counts) <= 0).all()


@pytest.mark.corpus
@pytest.mark.gensim
@pytest.mark.slow
def test_english_vocabulary_is_gensims(corpus_dir: Path) -> None:
    word2vec = pytest.importorskip("gensim.models.word2vec")
    path = str(corpus_dir / "english_17m.txt.xz")
    scan = open_source(corpus_file=path, workers=2).scan()
    vocab = select_words(scan, min_count=5).vocab()
    assert (len(vocab), scan.n_words) == (73_006, 17_000_523)
    model = word2vec.Word2Vec(vector_size=1, min_count=5)
    assert model.scan_vocab(word2vec.LineSentence(path)) == (scan.n_words, scan.n_sentences)
    assert list(model.raw_vocab) == scan.keys
    model.prepare_vocab()
    assert vocab.keys == model.wv.index_to_key
    assert vocab.counts.tolist() == model.wv.expandos["count"].tolist()
