"""The same counts, phrases, scores and sentences as gensim's, on random text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v import LineSentence, PathLineSentences
from fastw2v.phrases import ENGLISH_CONNECTOR_WORDS, Phrases

peer = pytest.importorskip("gensim.models.phrases")
pytestmark = pytest.mark.gensim

# Few words, so that pairs repeat; words that hold the delimiter, or fuse with it; an empty one.
WORDS = st.sampled_from(["a", "b", "c", "ab", "of", "the", "a_b", "b_c", "_", "_a", "a_", "", "é", "中", "x__y"])
SENTENCES = st.lists(st.lists(WORDS, max_size=9), max_size=12)
OPTIONS = st.fixed_dictionaries(
    {
        "min_count": st.sampled_from([1, 2, 0.5]),
        "threshold": st.sampled_from([0.05, 0.3, 0.9]),
        "max_vocab_size": st.sampled_from([40_000_000, 3, 6, 12]),
        "delimiter": st.sampled_from(["_", " ", "__", "ab", "", "é"]),
        "scoring": st.sampled_from(["default", "npmi"]),
        "connector_words": st.sampled_from([frozenset(), frozenset({"of", "the"}), frozenset({"a", "a_b"})]),
    }
)


def assert_same_model(ours, theirs):
    assert list(ours.vocab.items()) == list(theirs.vocab.items())
    assert ours.corpus_word_count == theirs.corpus_word_count
    assert ours.min_reduce == theirs.min_reduce
    assert str(ours) == str(theirs)


def analysed(model, sentence):
    """The tokens and scores; gensim's NPMI divides by zero where a pair is the whole corpus."""
    try:
        return list(model.analyze_sentence(sentence))
    except ZeroDivisionError:
        return None


@settings(deadline=None, max_examples=300)
@given(first=SENTENCES, second=SENTENCES, unseen=SENTENCES, options=OPTIONS)
def test_random_text(first, second, unseen, options):
    ours, theirs = Phrases(first, **options), peer.Phrases(first, **options)
    for more in (second, None):
        assert_same_model(ours, theirs)
        for sentence in first + unseen:
            expected = analysed(theirs, sentence)
            if expected is not None:
                assert list(ours.analyze_sentence(sentence)) == expected
                assert ours[sentence] == theirs[sentence]
        if options["delimiter"]:
            check_frozen(ours, theirs, first + unseen)
        if more is not None:
            ours.add_vocab(more)
            theirs.add_vocab(more)


def check_frozen(ours, theirs, sentences):
    try:
        expected = theirs.freeze()
    except ZeroDivisionError:
        return
    frozen = ours.freeze()
    assert list(frozen.phrasegrams.items()) == list(expected.phrasegrams.items())
    for sentence in sentences:
        assert list(frozen.analyze_sentence(sentence)) == list(expected.analyze_sentence(sentence))
        assert frozen[sentence] == expected[sentence]


@settings(deadline=None, max_examples=50)
@given(corpus=SENTENCES)
def test_trigrams(corpus):
    ours = Phrases(corpus, min_count=1, threshold=0.3)
    theirs = peer.Phrases(corpus, min_count=1, threshold=0.3)
    again = Phrases(ours[corpus], min_count=1, threshold=0.3)
    peer_again = peer.Phrases(theirs[corpus], min_count=1, threshold=0.3)
    assert_same_model(again, peer_again)
    assert list(again[ours[corpus]]) == list(peer_again[theirs[corpus]])
    assert again.export_phrases() == peer_again.export_phrases()


@settings(deadline=None, max_examples=100)
@given(
    counts=st.tuples(*[st.integers(1, 10**9)] * 3),
    len_vocab=st.integers(1, 10**8),
    min_count=st.integers(1, 50),
    rest=st.integers(1, 10**10),
)
def test_scorers(counts, len_vocab, min_count, rest):
    from fastw2v.phrases import npmi_scorer, original_scorer

    arguments = (*counts, len_vocab, min_count, max(counts) + rest)
    assert original_scorer(*arguments) == peer.original_scorer(*arguments)
    assert npmi_scorer(*arguments) == peer.npmi_scorer(*arguments)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_vocab_size": 300},
        {"max_vocab_size": 2000, "connector_words": ENGLISH_CONNECTOR_WORDS},
        {"delimiter": "e"},
        {"delimiter": "__"},
    ],
)
@pytest.mark.parametrize("reading", [{}, {"max_sentence_length": 7}, {"limit": 20}])
def test_files(tmp_path, options, reading):
    import random

    from gensim.models.word2vec import LineSentence as PeerLineSentence

    random.seed(5)
    words = [f"w{i}" for i in range(80)] + ["of", "the", "e", "x_"]
    lines = [" ".join(random.choices(words, k=random.randint(0, 30))) for _ in range(200)]
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(lines), encoding="utf8")
    theirs = peer.Phrases(PeerLineSentence(str(path), **reading), **options)
    ours = Phrases(LineSentence(path, **reading), **options)
    assert_same_model(ours, theirs)
    assert_same_model(Phrases(PathLineSentences(tmp_path, **reading), **options), theirs)
    assert list(ours[LineSentence(path)]) == list(theirs[PeerLineSentence(str(path))])


def test_a_line_of_megabytes(tmp_path):
    from gensim.models.word2vec import LineSentence as PeerLineSentence

    path = tmp_path / "one_line.txt"
    path.write_text(" ".join(f"w{i * i % 1009}" for i in range(300_000)))
    assert_same_model(Phrases(LineSentence(path)), peer.Phrases(PeerLineSentence(str(path))))


def test_gensims_own_phrase_tests():
    """gensim's test module, run against this package."""
    import subprocess
    import sys

    code = """
import sys, unittest
import gensim.models, gensim.models.phrases
import fastw2v.phrases as ours
sys.modules["gensim.models.phrases"] = gensim.models.phrases = ours
import gensim.test.test_phrases as module
assert module.Phrases is ours.Phrases
result = unittest.main(module=module, argv=["x", "-q"], exit=False).result
sys.exit(0 if result.wasSuccessful() and result.testsRun >= 50 else 1)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
