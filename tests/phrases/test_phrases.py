"""Phrases and FrozenPhrases on corpora small enough to count by hand."""

import copy
import math
import pickle
import threading

import pytest

from fastw2v.errors import ConfigError, CorpusError
from fastw2v.phrases import (
    ENGLISH_CONNECTOR_WORDS,
    FrozenPhrases,
    Phraser,
    Phrases,
    PhrasesTransformation,
    TransformedCorpus,
    npmi_scorer,
    original_scorer,
)

NEW_YORK = [["new", "york", "is", "big"], ["in", "new", "york"], ["a", "new", "idea"], ["old", "york"]]


def constant_scorer(worda_count, wordb_count, bigram_count, len_vocab, min_count, corpus_word_count):
    return 1


def pair_scorer(**counts):
    return counts["bigram_count"] / counts["corpus_word_count"]


def test_counts_by_hand():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    assert phrases.vocab == {
        "new": 3, "york": 3, "new_york": 2, "is": 1, "york_is": 1, "big": 1, "is_big": 1, "in": 1, "in_new": 1,
        "a": 1, "a_new": 1, "idea": 1, "new_idea": 1, "old": 1, "old_york": 1,
    }  # fmt: skip
    assert list(phrases.vocab)[:4] == ["new", "york", "new_york", "is"]
    assert phrases.corpus_word_count == 12
    assert phrases.min_reduce == 1


def test_score_by_hand():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    assert phrases.find_phrases(NEW_YORK) == {"new_york": (2 - 1) / (3 * 3) * 15}
    assert phrases.export_phrases() == {"new_york": (2 - 1) / (3 * 3) * 15}
    assert phrases[["i", "love", "new", "york"]] == ["i", "love", "new_york"]
    assert phrases.score_candidate("new", "york", []) == ("new_york", 1 / 9 * 15)
    assert phrases.score_candidate("new", "idea", []) == (None, None)
    assert phrases.score_candidate("nowhere", "york", []) == (None, None)
    assert str(phrases) == "Phrases<15 vocab, min_count=1, threshold=1, max_vocab_size=40000000>"
    assert str(phrases.freeze()) == "FrozenPhrases<1 phrases, min_count=1, threshold=1>"


def test_the_threshold_itself_is_no_phrase():
    score = Phrases(NEW_YORK, min_count=1, threshold=1).export_phrases()["new_york"]
    assert Phrases(NEW_YORK, min_count=1, threshold=score).export_phrases() == {}
    frozen = Phrases(NEW_YORK, min_count=1, threshold=1).freeze()
    frozen.threshold = score
    assert frozen[["new", "york"]] == ["new", "york"]


def test_connector_words_only_inside():
    corpus = [["lack", "of", "interest"]] * 4 + [["of", "the", "lack"], ["interest", "of"]]
    phrases = Phrases(corpus, min_count=1, threshold=0.1, connector_words={"of", "the"})
    assert phrases.vocab == {"lack": 5, "interest": 5, "lack_of_interest": 4}
    assert phrases[["the", "lack", "of", "interest", "of"]] == ["the", "lack_of_interest", "of"]
    assert list(phrases.analyze_sentence(["lack", "of", "the", "interest"])) == [
        ("lack", None), ("of", None), ("the", None), ("interest", None),
    ]  # fmt: skip


def test_greedy_from_the_left():
    frozen = Phrases(NEW_YORK, min_count=1, threshold=1).freeze()
    frozen.phrasegrams = {"a_b": 5.0, "b_c": 9.0, "c_d": 2.0}
    assert frozen[["a", "b", "c", "d"]] == ["a_b", "c_d"]
    assert frozen[["b", "c", "d"]] == ["b_c", "d"]


def test_trigrams_by_applying_twice():
    corpus = [["new", "york", "times"]] * 5 + [["new", "york"]] * 5 + [["the", "times"]] * 2
    bigrams = Phrases(corpus, min_count=1, threshold=0.3)
    trigrams = Phrases(bigrams[corpus], min_count=1, threshold=0.3)
    assert trigrams[bigrams[["new", "york", "times"]]] == ["new_york_times"]
    assert next(iter(trigrams[bigrams[corpus]])) == ["new_york_times"]


def test_a_word_and_a_pair_that_read_alike_are_one_entry():
    phrases = Phrases([["a_b", "c"], ["a", "b_c"], ["a", "b", "c"], ["a_b_c"]], min_count=1, threshold=0.1)
    assert phrases.vocab["a_b_c"] == 3
    assert phrases.vocab["a_b"] == 2
    assert phrases.vocab["b_c"] == 2


@pytest.mark.parametrize(
    ("delimiter", "sentence", "joined"),
    [("__", ["a_", "b"], "a___b"), ("__", ["a", "_b"], "a___b"), ("", ["新", "年"], "新年"), (" ", ["a", "b"], "a b")],
)
def test_delimiters(delimiter, sentence, joined):
    corpus = [sentence] * 3 + [[joined]]
    phrases = Phrases(corpus, min_count=1, threshold=0.01, delimiter=delimiter)
    assert phrases.vocab == {sentence[0]: 3, sentence[1]: 3, joined: 4}
    assert phrases[sentence] == [joined]


def test_empty_delimiter_cannot_export():
    phrases = Phrases([["新", "年"]] * 3, min_count=1, threshold=0.01, delimiter="")
    with pytest.raises(ConfigError, match='delimiter=""'):
        phrases.export_phrases()


@pytest.mark.parametrize("corpus", [[], [[]], [[], []], iter(())])
def test_empty_corpora(corpus):
    phrases = Phrases(corpus)
    assert phrases.vocab == {}
    assert phrases.export_phrases() == {}
    assert phrases[["a", "b"]] == ["a", "b"]


def test_one_sentence_or_a_corpus():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    assert phrases[[]] == []
    assert phrases[iter(())] == []
    assert phrases[iter(["new", "york"])] == ["new_york"]
    assert phrases[("new", "york")] == ["new_york"]
    corpus = phrases[NEW_YORK]
    assert isinstance(corpus, TransformedCorpus)
    assert list(corpus) == list(corpus)  # re-iterable: a corpus for several epochs
    assert list(corpus)[1] == ["in", "new_york"]
    assert corpus[1] == ["in", "new_york"]
    assert len(corpus) == 4
    assert list(phrases[iter(NEW_YORK)]) == list(corpus)
    assert list(phrases[(iter(sentence) for sentence in NEW_YORK)]) == list(corpus)
    assert list(phrases[iter([[], []])]) == [[], []]
    with pytest.raises(RuntimeError, match="no positions"):
        phrases[iter(NEW_YORK)][0]


def test_streams_without_reading_ahead():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    read = []

    def stream():
        for sentence in NEW_YORK:
            read.append(sentence)
            yield sentence

    corpus = iter(phrases[stream()])
    assert len(read) == 1  # looked at, to tell a corpus from a sentence
    assert next(corpus) == ["new_york", "is", "big"]
    assert len(read) == 1


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ("new york", "letters"),
        (b"new york", "letters"),
        (["new york", "is big"], "sentence 0 is 'new york'"),
        ([["ok"], b"new york"], "sentence 1 is b'new york'"),
        ([["new", 7]], "holds 7, a int"),
        ([[b"new", b"york"]], "holds b'new', a bytes"),
        ([["new", ["york"]]], "holds \\['york'\\], a list"),
        ([3], "sentence 0 is 3"),
        (3, "sentences is 3"),
    ],
)
def test_bad_corpora(corpus, message):
    with pytest.raises(CorpusError, match=message):
        Phrases(corpus)


def test_a_string_is_no_sentence():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    for model in (phrases, phrases.freeze()):
        for text in ("new york", b"new york"):
            with pytest.raises(CorpusError, match="letters"):
                model[text]
            with pytest.raises(CorpusError, match="letters"):
                list(model.analyze_sentence(text))
        with pytest.raises(CorpusError, match="letters"):
            model.find_phrases("new york")
        with pytest.raises(CorpusError, match="letters"):
            model.find_phrases(["new york"])


def test_words_that_are_no_text_pass_through():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    for model in (phrases, phrases.freeze()):
        assert model[["new", 5, "york", ("a",), "new", "york"]] == ["new", 5, "york", ("a",), "new_york"]
    with pytest.raises(TypeError, match="unhashable"):
        phrases[["new", ["york"]]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"min_count": 0}, "min_count=0"),
        ({"threshold": 0}, "threshold=0"),
        ({"scoring": "npmi", "threshold": 1.5}, "between -1 and 1"),
        ({"scoring": "nonsense"}, "'nonsense' is unknown"),
        ({"scoring": 3}, "cannot be called"),
        ({"scoring": lambda a, b: 1}, "misses the parameters"),
        ({"scoring": min}, "misses the parameters"),
        ({"delimiter": 3}, "delimiter=3"),
        ({"connector_words": "of"}, "one string"),
        ({"connector_words": [3]}, "holds 3"),
    ],
)
def test_bad_parameters(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Phrases(NEW_YORK, **arguments)


def test_names_of_gensim_3():
    with pytest.warns(DeprecationWarning, match="connector_words"):
        assert Phrases(NEW_YORK, common_terms={"is"}).connector_words == {"is"}
    with pytest.warns(DeprecationWarning, match="delimiter"):
        assert Phrases(NEW_YORK, delimiter=b" ").delimiter == " "
    assert Phraser is FrozenPhrases


def test_custom_scorers():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=0.5, scoring=constant_scorer)
    assert phrases[["new", "york", "is", "big"]] == ["new_york", "is_big"]
    assert phrases.find_phrases(NEW_YORK)["new_york"] == 1
    phrases = Phrases(NEW_YORK, min_count=1, threshold=0.1, scoring=pair_scorer)
    assert phrases.export_phrases() == {"new_york": 2 / 12}
    with pytest.raises(ZeroDivisionError):
        Phrases(NEW_YORK, threshold=0.1, scoring=lambda **counts: 1 / 0)[["new", "york"]]


def test_scorers_by_hand():
    assert original_scorer(10, 20, 8, 1000, 5, 50_000) == 15.0
    assert original_scorer(0, 20, 8, 1000, 5, 50_000) == float("-inf")
    assert npmi_scorer(10, 20, 8, 1000, 5, 50_000) == pytest.approx(math.log(8 * 50_000 / 200) / -math.log(8 / 50_000))
    assert npmi_scorer(10, 20, 4, 1000, 5, 50_000) == float("-inf")
    assert npmi_scorer(10, 10, 10, 1, 1, 10) == 1.0
    assert npmi_scorer(0, 10, 5, 1, 1, 10) == float("-inf")


def test_pruning():
    corpus = [["a", "b"], ["a", "b"], ["c", "d"], ["a", "b"]]
    phrases = Phrases(corpus, max_vocab_size=5)
    # After the third sentence: a, b, a_b twice, c, d, c_d once: six, so those below 1, then below 2, go.
    assert phrases.vocab == {"a": 3, "b": 3, "a_b": 3}
    assert phrases.min_reduce == 1  # as in gensim, the first corpus does not raise it


def test_an_error_leaves_the_model_as_it_was():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    before = dict(phrases.vocab)

    def broken():
        yield ["new", "york"]
        raise OSError("disk on fire")

    with pytest.raises(OSError, match="disk on fire"):
        phrases.add_vocab(broken())
    assert phrases.vocab == before
    assert phrases.corpus_word_count == 12


def test_vocab_is_a_dict_that_may_be_edited():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    vocab = phrases.vocab
    assert isinstance(vocab, dict)
    del vocab["new_york"]
    assert phrases[["new", "york"]] == ["new", "york"]
    vocab.update(good=2, idea=2, good_idea=9)
    assert phrases[["good", "idea"]] == ["good_idea"]
    phrases.add_vocab([["good", "idea"]])
    assert phrases.vocab is vocab
    assert vocab["good_idea"] == 10
    phrases.vocab = {"x": 1, "y": 1, "x_y": 3, "nothing": 0}
    assert str(phrases).startswith("Phrases<4 vocab")
    assert phrases.find_phrases([["x", "y"]]) == {"x_y": (3 - 1) / 1 * 4}


def test_vocab_follows_further_corpora():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    assert phrases.vocab["new_york"] == 2
    phrases.add_vocab([["new", "york"]])
    assert phrases.vocab["new_york"] == 3
    assert phrases.corpus_word_count == 14


def test_attributes_may_be_changed():
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    assert phrases[["new", "york"]] == ["new_york"]
    phrases.threshold = 100
    assert phrases[["new", "york"]] == ["new", "york"]
    phrases.threshold, phrases.scoring = 0.5, constant_scorer
    assert phrases[["new", "york"]] == ["new_york"]
    phrases.connector_words = frozenset({"york"})
    assert phrases[["new", "york"]] == ["new", "york"]
    phrases.connector_words, phrases.delimiter = frozenset(), "+"
    assert phrases[["new", "york"]] == ["new", "york"]  # the vocabulary has new_york, not new+york


def test_phrasegrams_may_be_edited():
    frozen = Phrases(NEW_YORK, min_count=1, threshold=1).freeze()
    frozen.phrasegrams["old_york"] = 7
    assert frozen[["old", "york", "new", "york"]] == ["old_york", "new_york"]
    assert list(frozen.analyze_sentence(["old", "york"])) == [("old_york", 7)]
    del frozen.phrasegrams["new_york"]
    assert frozen[["old", "york", "new", "york"]] == ["old_york", "new", "york"]
    assert frozen.score_candidate("old", "york", []) == ("old_york", 7)
    assert frozen.score_candidate("new", "york", []) == (None, None)


def test_subclasses_may_score_and_analyse_themselves():
    class Everything(PhrasesTransformation):
        def score_candidate(self, word_a, word_b, in_between):
            return "+".join([word_a, *in_between, word_b]), 1.0

    assert Everything({"of"})[["a", "of", "b", "c"]] == ["a+of+b", "c"]
    with pytest.raises(NotImplementedError, match="score_candidate"):
        PhrasesTransformation()[["a", "b"]]

    class NoYork(Phrases):
        def score_candidate(self, word_a, word_b, in_between):
            return (None, None) if word_b == "york" else super().score_candidate(word_a, word_b, in_between)

    model = NoYork(NEW_YORK, min_count=1, threshold=0.5, scoring=constant_scorer)
    assert model[["new", "york", "is", "big"]] == ["new", "york_is", "big"]
    assert "new_york" not in model.export_phrases()
    assert "york_is" in model.export_phrases()

    class Upper(Phrases):
        def analyze_sentence(self, sentence):
            return ((word.upper(), score) for word, score in super().analyze_sentence(sentence))

    assert Upper(NEW_YORK, min_count=1, threshold=1)[["new", "york", "is"]] == ["NEW_YORK", "IS"]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies(duplicate):
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1, connector_words=ENGLISH_CONNECTOR_WORDS)
    for model in (phrases, phrases.freeze()):
        again = duplicate(model)
        assert str(again) == str(model)
        assert again[["new", "york", "in"]] == ["new_york", "in"]
        assert again.connector_words == ENGLISH_CONNECTOR_WORDS
    again = duplicate(phrases)
    again.add_vocab([["new", "york"]])
    assert (again.vocab["new_york"], phrases.vocab["new_york"]) == (3, 2)


def test_unusual_words():
    odd = ["\ud800", "x" * 5000, "é" * 300, "", "中文", "\0", "a" * 15, "a" * 16, "𝔘"]
    corpus = [[first, second] for first in odd for second in odd] * 2
    phrases = Phrases(corpus, min_count=1, threshold=1e-9)
    assert all(phrases.vocab[word] >= 36 for word in odd)
    assert phrases[["\ud800", "中文"]] == ["\ud800_中文"]
    assert phrases.freeze()[["x" * 5000, "é" * 300]] == ["x" * 5000 + "_" + "é" * 300]


def test_very_long_sentences():
    words = [str(i % 977) for i in range(100_000)]
    phrases = Phrases([words], min_count=1, threshold=1)
    assert sum(count for text, count in phrases.vocab.items() if "_" in text) == 99_999
    assert len(phrases[words]) == 50_000  # every pair is a phrase here


def test_threads_may_share_a_model():
    frozen = Phrases(NEW_YORK, min_count=1, threshold=1).freeze()
    sentence = ["in", "new", "york", "unknown", "words"] * 50
    expected, results = frozen[sentence], []
    threads = [threading.Thread(target=lambda: results.extend(frozen[sentence] for _ in range(200))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 800


def test_feeds_training():
    from fastw2v import Word2Vec

    corpus = [["new", "york", "is", "big"], ["in", "the", "new", "york"], ["the", "is"], ["in", "big"]] * 10
    phrases = Phrases(corpus, min_count=1, threshold=0.5)
    model = Word2Vec(phrases[corpus], vector_size=4, min_count=1, epochs=3, workers=1)
    assert "new_york" in model.wv.key_to_index
    assert model.corpus_count == 40


def test_a_model_in_use_follows_every_change():
    """The table of accepted pairs, which a model makes once it has joined some text, must not outlive a change."""
    phrases = Phrases(NEW_YORK, min_count=1, threshold=1)
    long = ["new", "york"] * 50
    for _ in range(3):
        assert phrases[long] == ["new_york"] * 50
    assert phrases[["new_york", "city"]] == ["new_york", "city"]  # holds the delimiter
    phrases.add_vocab([["new_york", "city"]] * 3)
    for _ in range(3):
        assert phrases[["new_york", "city", *long]][:2] == ["new_york_city", "new_york"]
    assert phrases[long] == ["new_york"] * 50
    phrases.threshold = 1e9
    assert phrases[long] == long
    phrases.threshold = 0.5
    assert phrases[long] == ["new_york"] * 50
    del phrases.vocab["new_york"]
    assert phrases[long] == long
    phrases.vocab["new_york"] = 9
    phrases.connector_words = frozenset({"york"})
    assert phrases[long] == long
