"""Corpora seen through phrase models: the native ways give what sentence by sentence gives."""

import gzip
import itertools
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.drain import assert_faithful, chunks_of, spelt, vocab_of
from support.gil import LISTS_ARE_COPIED

from fastw2v import LineSentence, PathLineSentences, Text8Corpus, Word2Vec
from fastw2v.errors import CorpusError
from fastw2v.phrases import Phrases, TransformedCorpus, lexicon, stream
from fastw2v.text import blocks
from fastw2v.text.iterables import IterableSource
from fastw2v.text.source import open_source

SPACES = [" ", " ", " ", "\n", "\t", "  ", "\n\n", " \n ", "\u3000", "\x85"]
PIECES = st.lists(st.tuples(st.sampled_from(["a", "b", "c", "of", "a_b", "b_c", "_", "x_", "é", "中" * 20]),
                            st.sampled_from(SPACES)), max_size=60)  # fmt: skip


def pair_scorer(**counts):
    return counts["bigram_count"] / counts["corpus_word_count"]


OPTIONS = st.fixed_dictionaries(
    {
        "threshold": st.sampled_from([0.01, 0.2, 0.5]),
        "delimiter": st.sampled_from(["_", "__", " ", "", "é"]),
        "scoring": st.sampled_from(["default", "npmi", pair_scorer]),
        "connector_words": st.sampled_from([frozenset(), frozenset({"of"}), frozenset({"a", "a_b"})]),
    }
)


@pytest.fixture
def tiny_blocks(monkeypatch):
    """Blocks that cut lines, and lexicons that are given up, after a few words."""
    for name, size in {"MIN_BLOCK": 16, "MAX_BLOCK": 48, "MAX_LINE": 24, "_PROBE": 8}.items():
        monkeypatch.setattr(blocks, name, size)
    monkeypatch.setattr(lexicon, "MAX_WORDS", 5)


def models_of(corpus, **options):
    phrases = Phrases(corpus, min_count=1, **options)
    return [phrases, *([phrases.freeze()] if phrases.delimiter else [])]


def one_by_one(model, sentences):
    return [model[words] for words in sentences]


def write(folder, text, name="corpus.txt"):
    path = folder / name
    path.write_bytes(text.encode())
    return path


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=PIECES, options=OPTIONS, reading=st.sampled_from([{}, {"max_sentence_length": 3}, {"limit": 2}]))
def test_files(tmp_path, tiny_blocks, pieces, options, reading):
    path = write(tmp_path, "".join(word + space for word, space in pieces))
    corpus = LineSentence(path, **reading)
    sentences = list(corpus)
    assert Phrases(corpus, min_count=1, **options).vocab == Phrases(sentences, min_count=1, **options).vocab
    for model in models_of(sentences, **options):
        joined = one_by_one(model, sentences)
        assert list(model[corpus]) == joined
        assert list(model[sentences]) == joined
        found = model.find_phrases(corpus)
        assert list(found.items()) == list(model.find_phrases(iter(sentences)).items())  # same order, same scores
        assert found == model.find_phrases(iter(sentences * 2))  # what was given once need not be given again
        again = Phrases(model[corpus], min_count=1, threshold=0.01)
        assert again.vocab == Phrases(joined, min_count=1, threshold=0.01).vocab
        assert again.find_phrases(model[corpus]) == again.find_phrases(iter(joined))
        assert list(again[model[corpus]]) == one_by_one(again, joined) == list(again[model[sentences]])
        whole = " ".join(itertools.chain.from_iterable(sentences))
        tokens = Text8Corpus(write(tmp_path, whole, "stream.txt"), max_sentence_length=4)
        assert list(model[tokens]) == one_by_one(model, tokens)


def test_lines_end_where_newlines_stand(tmp_path, tiny_blocks):
    """However many words and blanks, longer than a block or not, come before and after."""
    draw = random.Random(3)
    blanks = [
        " ",
        "\n",
        " " * 40,
        "\n" + " " * 70,
        " " * 70 + "\n",
        " " * 30 + "\n",
        "\x1c",
        "\x1c" * 60 + "\n",
        "\u2028" * 30,
    ]
    for _ in range(300):
        pieces = [draw.choice("xyz") * draw.choice([1, 5, 30, 80]) + draw.choice(blanks) for _ in range(12)]
        corpus = LineSentence(write(tmp_path, "".join(pieces)), max_sentence_length=draw.choice([2, 100]))
        assert list(sentences_in_batches(corpus)) == list(corpus)


def test_folders_and_packed_files(tmp_path, tiny_blocks):
    random.seed(1)
    lines = [" ".join(random.choices("abcdefg", k=random.randint(0, 40))) for _ in range(60)]
    text = "\n".join(lines)
    write(tmp_path, text, "1.txt")  # no newline at its end
    with gzip.open(tmp_path / "2.txt.gz", "wb") as file:
        file.write(text.encode())
    corpus = PathLineSentences(tmp_path, max_sentence_length=11)
    sentences = list(corpus)
    for model in models_of(corpus, threshold=0.5):
        assert list(model[corpus]) == one_by_one(model, sentences)


def test_a_line_of_many_blocks_is_cut_where_iterating_cuts_it(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "MAX_LINE", 1 << 14)
    words = [f"w{i * i % 1009}" for i in range(260_000)]
    path = write(tmp_path, " ".join(words) + "\nthe end\n")
    model = Phrases([words[:5000]], min_count=1, threshold=10).freeze()
    lengths = [len(sentence) for sentence in sentences_in_batches(LineSentence(path))]
    assert lengths == [10_000] * 26 + [2]
    n_batches = sum(1 for batch in stream.batches(LineSentence(path)) if list(batch))
    assert n_batches > 20  # the pieces come as they are complete, not all at the end
    assert list(model[LineSentence(path)]) == one_by_one(model, LineSentence(path))


def sentences_in_batches(corpus):
    return itertools.chain.from_iterable(stream.batches(corpus))


def test_an_empty_file(tmp_path):
    model = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1)
    for text in ("", "\n", " \n \n"):
        corpus = LineSentence(write(tmp_path, text))
        assert list(model[corpus]) == []
        assert Phrases(model[corpus]).vocab == {}


def test_a_word_is_one_object(tmp_path):
    path = write(tmp_path, "in new york\nin new york\n")
    first, second = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1)[LineSentence(path)]
    assert first == ["in", "new_york"]
    assert all(one is two for one, two in zip(first, second, strict=True))


def test_bad_text_is_named(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"new york\nnew \xff york\n")
    model = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1)
    with pytest.raises(UnicodeDecodeError, match=r"corpus\.txt, line 2, byte offset 13"):
        list(model[LineSentence(path)])
    with pytest.raises(FileNotFoundError):
        list(model[LineSentence(tmp_path / "nothing.txt")])


def test_changes_of_a_model_count_from_the_next_pass_on(tmp_path):
    corpus = LineSentence(write(tmp_path, "in new york\n"))
    model = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1)
    joined = model[corpus]
    assert list(joined) == [["in", "new_york"]]
    model.threshold = 1e9
    assert list(joined) == [["in", "new", "york"]]
    model.threshold = 0.1
    model.connector_words = frozenset({"york"})
    assert list(joined) == [["in", "new", "york"]]
    frozen = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1).freeze()
    frozen.phrasegrams["in_new"] = 5.0
    assert list(frozen[corpus]) == [["in_new", "york"]]


def test_changes_of_a_model_count_from_the_next_block_on(tmp_path, tiny_blocks):
    many = LineSentence(write(tmp_path, "in new york\n" * 50, "many.txt"))
    frozen = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1).freeze()
    joined = iter(frozen[many])
    assert next(joined) == ["in", "new_york"]
    frozen.connector_words = frozenset({"york"})
    assert list(joined)[-1] == ["in", "new", "york"]
    path = write(tmp_path, "in new york\n" * 50)
    model = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1)
    joined = iter(model[LineSentence(path)])
    assert next(joined) == ["in", "new_york"]
    model.add_vocab([["in", "new"]] * 3)
    assert list(joined)[-1] == ["in_new", "york"]


def test_classes_that_treat_sentences_in_their_own_way_are_asked(tmp_path):
    corpus = LineSentence(write(tmp_path, "in new york\n" * 3))

    class Upper(Phrases):
        def analyze_sentence(self, sentence):
            return ((word.upper(), score) for word, score in super().analyze_sentence(sentence))

    class Never(Phrases):
        def score_candidate(self, word_a, word_b, in_between):
            return None, None

    class Twice(Phrases):
        def __getitem__(self, sentence):
            return super().__getitem__(sentence) * 2 if isinstance(sentence, list) else super().__getitem__(sentence)

    class Reversed(TransformedCorpus):
        def __iter__(self):
            return (words[::-1] for words in super().__iter__())

    class Shouting(LineSentence):
        def __iter__(self):
            return ([word.upper() for word in words] for words in super().__iter__())

    sentences = list(corpus)
    for kind in (Upper, Never, Twice):
        model = kind(sentences, min_count=1, threshold=0.1)
        assert list(model[corpus]) == one_by_one(model, sentences)
        assert Phrases(model[corpus]).vocab == Phrases(one_by_one(model, sentences)).vocab
        assert isinstance(open_source(model[corpus]), IterableSource)
    model = Phrases(sentences, min_count=1, threshold=0.1)
    assert list(Reversed(model, corpus)) == [["york", "in_new"]] * 3
    assert list(model[Shouting(corpus.source)]) == [["IN", "NEW", "YORK"]] * 3
    assert list(TransformedCorpus({"new": 1}, ["new"])) == [1]


def test_lists_are_joined_in_batches():
    new_york = ["in", "new", "york"]
    model = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1)
    for n in (0, 1, 63, 64, 65, 200):
        assert list(model[[new_york] * n]) == [["in", "new_york"]] * n
    assert list(model[tuple([new_york] * 70)]) == [["in", "new_york"]] * 70
    mixed = [new_york, tuple(new_york), [], iter(new_york), [7, *new_york][1:], ["x", 7, "new", "york"]]
    assert list(model[mixed]) == [["in", "new_york"], ["in", "new_york"], [], ["in", "new_york"], ["in", "new_york"],
                                  ["x", 7, "new_york"]]  # fmt: skip
    corpus = [new_york] * 100
    joined = iter(model[corpus])
    next(joined)
    corpus.append(["the", "end"])
    assert list(joined)[-1] == ["the", "end"]


def test_an_error_in_a_list_comes_after_the_sentences_before_it():
    model = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1)
    joined = iter(model[[["new", "york"], ["b"], ["c", ["not", "hashable"]], ["d"]]])
    assert [next(joined), next(joined)] == [["new_york"], ["b"]]
    with pytest.raises(TypeError, match="unhashable"):
        next(joined)


def test_words_that_change_their_sentence_are_noticed_or_have_no_effect():
    class Sly:
        def __init__(self, sentence):
            self.sentence = sentence

        def __hash__(self):
            self.sentence.clear()
            return 1

    model = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1)
    sentence = ["new"]
    sentence += [Sly(sentence), *["york"] * 100]
    if LISTS_ARE_COPIED:
        assert len(model[sentence]) == 102
    else:
        with pytest.raises(CorpusError, match="changed while it was read"):
            model[sentence]

    def clearing(**counts):
        scored.clear()
        return 1.0

    scored = ["new", "york"] * 10
    model = Phrases([["new", "york"]] * 3, min_count=1, threshold=0.1, scoring=clearing)
    if LISTS_ARE_COPIED:
        assert model[scored] == ["new_york"] * 10
        return
    with pytest.raises(CorpusError, match="changed by the scorer"):
        model[scored]


# ---------------------------------------------------------------------------- as a corpus of Word2Vec


@pytest.fixture
def joined(tmp_path):
    """A file of many blocks seen through two models, and the same as a list."""
    random.seed(7)
    words = [f"w{i}" for i in range(40)] + ["new", "york", "city"]
    lines = [" ".join(random.choices(words, k=random.randint(0, 60))) + " new york city" * (i % 3) for i in range(3000)]
    corpus = LineSentence(write(tmp_path, "\n".join(lines)))
    pairs = Phrases(corpus, min_count=5, threshold=0.4, scoring="npmi")
    corpus = Phrases(pairs[corpus], min_count=5, threshold=0.4, scoring="npmi").freeze()[pairs[corpus]]
    sentences = list(corpus)
    assert any("new_york_city" in words for words in sentences)
    return corpus, sentences


@pytest.mark.parametrize("max_cached_words", [0, 50_000, 10**9])
@pytest.mark.parametrize("min_count", [1, 300])
def test_training_gets_every_word(joined, max_cached_words, min_count):
    corpus, sentences = joined
    source = open_source(corpus, max_cached_words=max_cached_words)
    assert source.fixed
    assert not isinstance(source, IterableSource)
    assert_faithful(source, sentences, min_count=min_count)


@pytest.mark.parametrize("max_cached_words", [0, 10**9])
def test_training_without_a_count(joined, max_cached_words):
    corpus, sentences = joined
    vocab = vocab_of(open_source(sentences))
    source = open_source(corpus, max_cached_words=max_cached_words)
    for _ in range(2):
        assert spelt(chunks_of(source, vocab), vocab) == sentences
    fewer = vocab_of(open_source(sentences[::2]), min_count=200)
    expected = [[word for word in words if word in fewer.index] for words in sentences]
    assert spelt(chunks_of(source, fewer), fewer) == expected  # another vocabulary than before


def test_long_sentences_are_cut(joined):
    corpus, sentences = joined
    source = open_source(corpus, max_sentence_length=10)
    pieces = [words[at : at + 10] for words in sentences for at in range(0, len(words), 10)]
    assert_faithful(source, pieces, n_sentences=len(sentences))


def test_a_lexicon_that_is_given_up_loses_no_word(joined, monkeypatch):
    corpus, sentences = joined
    monkeypatch.setattr(lexicon, "MAX_WORDS", 30)
    assert_faithful(open_source(corpus, max_cached_words=0), sentences)


@pytest.mark.parametrize("max_vocab_size", [20, 1000])
def test_pruning(joined, max_vocab_size):
    corpus, sentences = joined
    scan = open_source(corpus, max_vocab_size=max_vocab_size).scan()
    expected = open_source(iter(sentences), max_vocab_size=max_vocab_size).scan()
    assert list(scan.keys) == list(expected.keys)
    assert scan.counts.tolist() == expected.counts.tolist()


def test_models(joined):
    corpus, sentences = joined
    model = Word2Vec(corpus, vector_size=4, epochs=2, workers=2)
    peer = Word2Vec(sentences, vector_size=4, epochs=2, workers=2)
    assert model.wv.index_to_key == peer.wv.index_to_key
    assert model.wv.expandos["count"].tolist() == peer.wv.expandos["count"].tolist()
    assert (model.corpus_count, model.corpus_total_words) == (peer.corpus_count, peer.corpus_total_words)
    model.train(corpus, total_examples=model.corpus_count, epochs=1)
