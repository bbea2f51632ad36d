"""Corpora that change under the reader: buffers that are filled anew, lists that callbacks change, hostile objects."""

from __future__ import annotations

import contextvars
import copy
import sqlite3
import threading

import numpy as np
import pytest

from fastw2v import Word2Vec
from fastw2v.callbacks import CallbackAny2Vec
from fastw2v.errors import CorpusError
from fastw2v.phrases import Phrases
from fastw2v.text._marks import mark_of
from fastw2v.text._tokenize import WordTable
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab

PAIRS = [[f"n{i}", f"n{i + 1}"] for i in range(1000)]


class Corpus:
    """A corpus made of a function that gives the sentences of a pass."""

    def __init__(self, sentences) -> None:
        self.sentences = sentences

    def __iter__(self):
        return iter(self.sentences())


def one_list():
    buffer = []
    for pair in PAIRS:
        buffer[:] = pair
        yield buffer


def one_array():
    buffer = np.empty(2, object)
    for pair in PAIRS:
        buffer[:] = pair
        yield buffer


def one_array_of_text():
    buffer = np.empty(2, "U8")
    for pair in PAIRS:
        buffer[:] = pair
        yield buffer


class View:
    """A sequence that looks at a buffer."""

    def __init__(self, buffer: list) -> None:
        self.buffer = buffer

    def __len__(self) -> int:
        return len(self.buffer)

    def __iter__(self):
        return iter(self.buffer)


def views_of_one_list():
    buffer = []
    for pair in PAIRS:
        buffer[:] = pair
        yield View(buffer)


REUSED = [one_list, one_array, one_array_of_text, views_of_one_list]


@pytest.mark.parametrize("sentences", REUSED)
@pytest.mark.parametrize("wrap", [Corpus, lambda function: function], ids=["object", "function"])
@pytest.mark.parametrize("limit", [None, 10_000], ids=["", "pruned"])
def test_a_buffer_that_is_filled_anew(sentences, wrap, limit: int | None) -> None:
    kinds = dict(vector_size=4, min_count=1, workers=1, max_vocab_size=limit, sample=0)
    model = Word2Vec(wrap(sentences), **kinds)
    expected = Word2Vec(Corpus(lambda: PAIRS), **kinds)
    assert model.wv.index_to_key == expected.wv.index_to_key
    assert (model.wv.expandos["count"] == expected.wv.expandos["count"]).all()
    assert np.array_equal(model.wv.vectors, expected.wv.vectors)


def test_phrases_of_a_buffer_that_is_filled_anew() -> None:
    words = [["new", "york"], ["old", "town"]] * 50

    def reused():
        buffer = []
        for pair in words:
            buffer[:] = pair
            yield buffer

    assert dict(Phrases(Corpus(reused), min_count=1).vocab) == dict(Phrases(words, min_count=1).vocab)
    joined = [list(words) for words in Phrases(words, min_count=1, threshold=0.1)[Corpus(reused)]]
    assert joined == [["new_york"], ["old_town"]] * 50


def test_batches_of_place_holders_that_are_filled_anew() -> None:
    seen = []

    class Own(Word2Vec):
        def _do_train_job(self, sentences, alpha, inits):
            seen.extend(list(map(str, sentence)) for sentence in sentences)
            return super()._do_train_job(sentences, alpha, inits)

    model = Own(vector_size=4, min_count=1, workers=1)
    model.build_vocab(PAIRS)
    for function in (one_list, one_array_of_text):
        seen.clear()
        model.train(Corpus(function), total_examples=1000, epochs=1)
        assert seen == PAIRS


# --------------------------------------------------------- lists that change between epochs ----


def clear_and_refill(corpus: list) -> None:
    n = len(corpus)
    corpus.clear()
    corpus.extend([f"b{i % 7}" for i in range(10)] for _ in range(n))


def refill_each_sentence(corpus: list) -> None:
    for sentence in corpus:
        n = len(sentence)
        sentence.clear()
        sentence.extend(f"b{i % 7}" for i in range(n))


def exchange_a_word(corpus: list) -> None:
    corpus[0][0] = "b1"


@pytest.mark.parametrize("change", [clear_and_refill, refill_each_sentence, exchange_a_word])
@pytest.mark.parametrize("n", [1, 50, 3000])
def test_a_callback_may_change_a_list_in_any_way(change, n: int) -> None:
    corpus = [[f"a{i % 7}" for i in range(10)] for _ in range(n)]
    model = Word2Vec(vector_size=8, min_count=1, workers=1, sample=0, alpha=0.1)
    model.build_vocab_from_freq({f"{letter}{i}": 100 for letter in "ab" for i in range(7)})
    before = model.wv["b1"].copy()

    class Change(CallbackAny2Vec):
        def on_epoch_end(self, model: Word2Vec) -> None:
            change(corpus)

    model.train(corpus, total_examples=n, total_words=10 * n, epochs=3, callbacks=[Change()])
    assert not np.array_equal(model.wv["b1"], before)


def test_arrays_that_change_are_read_again() -> None:
    ids, offsets = np.arange(20), np.array([0, 10, 20])
    source = open_source((ids, offsets))
    assert len(source.scan().keys) == 20
    assert source.fixed
    vocab = Vocab(list(range(20)), np.ones(20, np.int64))
    first = [chunk.encode().ids.tolist() for chunk in source.epoch(vocab)]
    ids[:] = ids[::-1].copy()
    second = [chunk.encode().ids.tolist() for chunk in source.epoch(vocab)]
    assert first == [list(range(20))]
    assert second == [list(range(20))[::-1]]
    assert not source.fixed


SAME = [
    [["a", "b"], ["c"]], [["a"], ["b", "c"]], [["a", "b", "c"]], [["ab"], ["c"]], [["c"], ["a", "b"]],
    [["é"]], [["e"]], [["\u6161"]], [["aa"]], [[1]], [["1"]], [[1, 2]], [[(1, 2)]], [[1.5]], [[]], [[], []], [],
    [["x" * 40]], [["x" * 39 + "y"]], [np.array([1, 2])], [np.array([2, 1])], ["ab"], [["a" * 16]], [["a" * 15]],
]  # fmt: skip


def test_marks_are_of_contents() -> None:
    marks = [mark_of(sentences) for sentences in SAME]
    assert len(set(marks)) == len(SAME)
    assert marks == [mark_of(copy.deepcopy(sentences)) for sentences in SAME]
    assert mark_of([View(["a"])]) is None
    assert mark_of([[{}]]) is None


# ------------------------------------------------------------------------- hostile objects ----


def scanned(sentences: list) -> list:
    table = WordTable()
    n = sum(map(len, sentences))
    table.scan_sentences(sentences, 0, np.empty(n, np.int32), np.empty(len(sentences) + 1, np.int64))
    return list(table.export()[0])


def test_a_later_sentence_may_empty_an_earlier_one() -> None:
    words = [f"w{i:08d}_a_long_word_is_kept_by_pointer" for i in range(40)]

    class Evil:
        def __len__(self) -> int:
            return 2

        def __iter__(self):
            corpus[0][:] = []
            return iter(["x", "y"])

    corpus = [list(words), Evil(), ["k"] * 3]
    assert scanned(corpus) == [*words, "x", "y", "k"]


def test_a_token_may_drop_itself() -> None:
    class Evil:
        def __hash__(self) -> int:
            sentence[:] = [f"{i}" for i in range(len(sentence))]
            return 1

    sentence = ["a", Evil(), "b"]
    assert len(scanned([sentence])) == 3


def test_texts_that_lie_are_read_as_they_are() -> None:
    class Short(bytes):
        def __len__(self) -> int:
            return 10**9

    class Lying(str):
        def encode(self, *_):
            return Short(b"x")

    class Array(np.ndarray):
        def tolist(self):
            return "ab"

    assert scanned([[Lying("é" * 100), "a"]]) == ["é" * 100, "a"]
    with pytest.raises(CorpusError):
        scanned([np.array(["a", "c", "d"]).view(Array)[:0], ["a"]])


def test_equal_numbers_are_one_word() -> None:
    tokens = [True, np.True_, 1, 1.0, np.float32(1), np.int8(1), 0.5, np.float32(0.5), 1j, np.complex64(1j)]
    assert scanned([tokens]) == list(dict.fromkeys(tokens)) == [True, 0.5, 1j]
    assert not any(isinstance(key, np.generic) for key in scanned([[np.True_, np.float32(0.5)]]))


# ---------------------------------------------------------------------- bound to a thread ----


def test_a_corpus_is_iterated_in_the_thread_and_context_of_the_caller() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t(x)")
    connection.executemany("insert into t values(?)", [("a b c",)] * 5000)
    language = contextvars.ContextVar("language")
    language.set("en")
    local = threading.local()
    local.value = "here"

    def sentences():
        assert language.get() + local.value == "enhere"
        for (text,) in connection.execute("select x from t"):
            yield text.split()

    class Own(Word2Vec):
        def _do_train_job(self, sentences, alpha, inits):
            return super()._do_train_job(sentences, alpha, inits)

    for kind in (Word2Vec, Own):
        model = kind(vector_size=8, min_count=1, workers=2, sample=0)
        model.build_vocab(Corpus(sentences))
        assert model.train(Corpus(sentences), total_examples=5000, epochs=2) == (30_000, 30_000)
    assert Word2Vec(Corpus(sentences), vector_size=8, min_count=1, workers=2).corpus_count == 5000
    connection.close()


# --------------------------------------------------------------------- what is no sentence ----


@pytest.mark.parametrize("wrap", [list, lambda rows: Corpus(lambda: rows)], ids=["list", "iterable"])
@pytest.mark.parametrize("limit", [None, 10])
def test_rows_of_fields_are_refused(wrap, limit: int | None) -> None:
    rows = [{"id": i, "tokens": ["red", "green"]} for i in range(50)]
    with pytest.raises(CorpusError, match=r"sentence 0 is a dict with the keys 'id', 'tokens'.*row\["):
        Word2Vec(wrap(rows), min_count=1, max_vocab_size=limit)


def test_a_dict_of_sentences_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"a dict with the keys 'a', 'b'.*values\(\)"):
        Word2Vec({"a": ["red"], "b": ["green"]}, min_count=1)


def test_texts_instead_of_lists_warn_once(caplog: pytest.LogCaptureFixture) -> None:
    Word2Vec(Corpus(lambda: ["the cat", "the dog"] * 20), min_count=1, vector_size=4, workers=1)
    found = [record.message for record in caplog.records if "should be a list of words" in record.message]
    assert len(found) == 1
    assert "split()" in found[0]


def test_phrases_refuse_rows_of_fields() -> None:
    rows = [{"id": 1, "tokens": ["red", "green"]}] * 5
    for corpus in (rows, {"a": ["red"]}):
        with pytest.raises(CorpusError, match="dict"):
            Phrases(corpus, min_count=1)
