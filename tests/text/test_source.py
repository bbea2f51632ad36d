"""Every kind of corpus through one door: nothing lost, clear errors, exceptions unchanged."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.allocations import peak_of
from support.drain import assert_faithful, chunks_of, spelt, vocab_of

from fastw2v import Word2Vec
from fastw2v.errors import ConfigError, CorpusError
from fastw2v.text import counting, iterables
from fastw2v.text.corpus import LineSentence, PathLineSentences, Text8Corpus
from fastw2v.text.files import FileSource
from fastw2v.text.source import is_one_shot, open_source
from fastw2v.text.vocab import Vocab, select_words

SENTENCES = [["a", "b", "a"], [], ["c"], ["b", "a", "d", "d"]] * 7


class Anew:
    """A re-iterable that counts its passes."""

    def __init__(self, sentences: list) -> None:
        self.sentences, self.n_passes = sentences, 0

    def __iter__(self) -> Iterator:
        self.n_passes += 1
        return iter(self.sentences)


class Rewinding:
    """An iterator whose __iter__ starts it anew, as some users write them."""

    def __init__(self, sentences: list) -> None:
        self.sentences = sentences

    def __iter__(self) -> Rewinding:
        self.at = -1
        return self

    def __next__(self) -> list:
        self.at += 1
        if self.at == len(self.sentences):
            raise StopIteration
        return self.sentences[self.at]


class Indexed:
    """A sequence without __iter__."""

    def __getitem__(self, place: int) -> list:
        return SENTENCES[place]


KINDS = {
    "list": lambda: SENTENCES,
    "tuple": lambda: tuple(SENTENCES),
    "list of tuples": lambda: [tuple(s) for s in SENTENCES],
    "re-iterable": lambda: Anew(SENTENCES),
    "rewinding iterator": lambda: Rewinding(SENTENCES),
    "sequence": Indexed,
    "function": lambda: lambda: iter(SENTENCES),
    "generator function": lambda: lambda: (s for s in SENTENCES),
    "function of a sequence": lambda: Indexed,
}


@pytest.mark.parametrize("min_count", [1, 8])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_every_word(kind: str, min_count: int) -> None:
    assert_faithful(open_source(KINDS[kind]()), SENTENCES, min_count=min_count)


@pytest.mark.parametrize("kind", KINDS)
def test_training_may_come_without_counting(kind: str) -> None:
    vocab = Vocab(["d", "b"], np.array([1, 1]))
    chunks = chunks_of(open_source(KINDS[kind]()), vocab)
    assert spelt(chunks, vocab) == [[w for w in s if w in "bd"] for s in SENTENCES]
    assert sum(chunk.n_words for chunk in chunks) == sum(map(len, SENTENCES))


@pytest.mark.parametrize("kind", KINDS)
def test_another_vocabulary_sees_the_words_that_the_first_left_out(kind: str) -> None:
    source = open_source(KINDS[kind]())
    first = vocab_of(source, min_count=8)
    chunks_of(source, first)
    second = Vocab(["c", "a"], np.array([1, 1]))
    assert spelt(chunks_of(source, second), second) == [[w for w in s if w in "ac"] for s in SENTENCES]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(0, 40), max_size=12), max_size=40), st.integers(1, 5))
def test_arrays_lists_and_iterables_agree(sentences: list[list[int]], most: int) -> None:
    cut = [s[i : i + most] for s in sentences for i in range(0, max(len(s), 1), most)]
    ids = np.array([i for s in sentences for i in s], np.uint16)
    offsets = np.cumsum([0, *map(len, sentences)])
    for corpus in (sentences, Anew(sentences), (ids, offsets), lambda: (ids, offsets)):
        assert_faithful(open_source(corpus, max_sentence_length=most), cut, len(sentences))
    assert_faithful(open_source(sentences, max_sentence_length=most, max_cached_words=0), cut, len(sentences))


@pytest.mark.parametrize("cached", [True, False])
def test_chunks_of_a_long_list_are_even_and_cut_at_sentences(cached: bool) -> None:
    sentences = [[f"w{i % 97}"] * (i % 23) for i in range(50_000)]
    source = open_source(sentences, max_cached_words=10**6 if cached else 1000)
    vocab = vocab_of(source)
    sizes = [chunk.n_words for chunk in chunks_of(source, vocab)]
    assert 60 <= len(sizes) <= 64
    assert max(sizes) - min(sizes[:-1]) <= 23
    assert_faithful(open_source(sentences), sentences)


def test_a_giant_sentence_is_cut_and_counted_once() -> None:
    sentence = [f"w{i % 11}" for i in range(123_456)]
    for corpus in ([sentence], Anew([sentence])):
        pieces = [sentence[i : i + 10_000] for i in range(0, len(sentence), 10_000)]
        assert_faithful(open_source(corpus), pieces, 1)
    source = open_source([sentence], max_cached_words=0)
    assert len(chunks_of(source, vocab_of(source))) == 13, "threads share it even where a list is not kept"


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("most", [3, 10_000], ids=["short sentences", "long sentences"])
def test_a_corpus_in_memory_is_held_in_little_more_than_two_bytes_a_word(most: int, cached: bool) -> None:
    n_words = 4_000_000
    words = [f"w{i}" for i in range(10_000)]
    sentences = [(words * 2)[i : i + most] for i in range(0, 10_000, most)] * (n_words // 10_000)
    n_bytes = 3 * 8 * len(sentences)  # where sentences begin: in the corpus, in each chunk, and once more
    n_bytes += 2 * n_words if cached else 0
    bound = n_words if cached else n_words // 2
    source = open_source(sentences, max_cached_words=bound)
    counted, vocab = peak_of(lambda: vocab_of(source))
    assert counted < n_bytes + 4_000_000
    encoded, pending = peak_of(lambda: list(open_source(sentences, max_cached_words=bound).epoch(vocab)))
    assert sum(chunk.n_words for chunk in pending) > n_words - 10_000
    assert encoded < n_bytes + 4_000_000


def test_a_list_that_is_not_kept_gives_what_it_holds_now() -> None:
    sentences = [list(sentence) for sentence in SENTENCES]
    source = open_source(sentences, max_cached_words=0)
    vocab = vocab_of(source)
    sentences[0][0] = "d"
    assert spelt(chunks_of(source, vocab), vocab) == sentences
    pending = list(source.epoch(vocab))
    del sentences[-1]
    with pytest.raises(CorpusError, match="changed while it was read"):
        pending[-1].encode()


def test_a_list_that_is_not_kept_trains_as_well() -> None:
    sentences = [[f"w{(i * j) % 50}" for j in range(i % 9)] for i in range(2000)]
    n_words = sum(map(len, sentences))
    for bound in (0, 10**9):
        model = Word2Vec(vector_size=8, min_count=1, workers=3, sample=0, progress=False)
        model.build_vocab(sentences)
        source = open_source(sentences, max_cached_words=bound)
        counts = model._train_source(source, total_examples=len(sentences), total_words=n_words, epochs=3)
        assert counts == (3 * n_words, 3 * n_words)


def test_a_list_that_changes_while_it_is_read_is_refused() -> None:
    class Shrinking:
        n_calls = 0

        def __hash__(self) -> int:
            self.n_calls += 1  # the first look at the list only compares it with what it was
            if self.n_calls > 1:
                sentences[30_000:] = []
            return 1

    sentences = [["a", "b", "c"]] * 40_000
    sentences[0] = ["a", Shrinking()]
    with pytest.raises(CorpusError, match="changed while it was read"):
        open_source(sentences).scan()


def test_batches_of_an_iterable_depend_on_the_corpus_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iterables, "BATCH_WORDS", 10)
    source = open_source(Anew(SENTENCES))
    chunks = chunks_of(source, vocab_of(source))
    assert len(chunks) > 3
    assert all(10 <= chunk.n_words < 14 for chunk in chunks[:-1])
    assert_faithful(open_source(Anew(SENTENCES)), SENTENCES)


def test_an_iterable_is_read_once_for_each_pass() -> None:
    corpus = Anew(SENTENCES)
    source = open_source(corpus)
    vocab = vocab_of(source)
    assert corpus.n_passes == 1
    chunks_of(source, vocab)
    chunks_of(source, vocab)
    assert corpus.n_passes == 3
    assert not source.fixed


def test_functions_are_told_the_epoch_if_they_ask() -> None:
    asked = []

    def walks(epoch: int) -> list[list[int]]:
        asked.append(epoch)
        return [[epoch, 7]]

    source = open_source(walks)
    vocab = Vocab([0, 1, 2, 7], np.ones(4))
    assert source.scan().keys == [0, 7]
    assert [spelt(chunks_of(source, vocab), vocab) for _ in range(3)] == [[[0, 7]], [[1, 7]], [[2, 7]]]
    assert asked == [0, 0, 1, 2]


def test_a_generator_may_be_read_once() -> None:
    source = open_source(s for s in SENTENCES)
    vocab = vocab_of(source)
    with pytest.raises(CorpusError, match="used up after one pass"):
        chunks_of(source, vocab)
    vocab = Vocab(["a"], np.ones(1))
    assert sum(c.n_words for c in chunks_of(open_source(s for s in SENTENCES), vocab)) == 56
    assert is_one_shot(s for s in SENTENCES)
    assert not is_one_shot(Rewinding(SENTENCES))
    assert not is_one_shot(iter(SENTENCES))


def test_an_exhausted_iterator_gives_an_empty_epoch() -> None:
    source = open_source(itertools.chain(SENTENCES))
    vocab = vocab_of(source)
    assert chunks_of(source, vocab) == []


class UserError(Exception):
    pass


def failing(n: int) -> Iterator[list[str]]:
    for _ in range(n):
        yield ["a"] * 100
    raise UserError("from the user's code")


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_exceptions_of_the_corpus_reach_the_caller(n: int) -> None:
    source = open_source(lambda: failing(n))
    with pytest.raises(UserError, match="from the user's code"):
        source.scan()
    with pytest.raises(UserError, match="from the user's code"):
        chunks_of(source, Vocab(["a"], np.ones(1)))


def test_an_epoch_that_is_given_up_stops_its_thread() -> None:
    def endless() -> Iterator[list[str]]:
        while True:
            yield ["a"] * 1000

    epoch = open_source(endless).epoch(Vocab(["a"], np.ones(1)))
    next(iter(epoch))
    epoch.close()
    for thread in threading.enumerate():
        if thread.name == "fastw2v-prefetch":
            thread.join(5)
            assert not thread.is_alive()


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ("a string", "is the str 'a string'"),
        (b"bytes", "is the bytes"),
        (Path("x.txt"), "corpus_file="),
        (3, "is 3 of type int"),
        ([["a"], None], "sentence 1 is None of type NoneType"),
        ([["a"], 3], "sentence 1 is 3 of type int"),
        ([["a"], (w for w in "ab")], "sentence 1 is <generator"),
        (Anew([["a"], ["b"], None]), "sentence 2 is None of type NoneType"),
        ([["a"], [["b"]]], r"sentence 1 holds the token \['b'\] of type list"),
        (Anew([["a"], [["b"]]]), r"sentence 1 holds the token \['b'\]"),
        (lambda: 3, "gave 3; it must give an iterable"),
        ((np.arange(3), np.array([0, 2])), "offsets end with 2, but there are 3 ids"),
        ((np.arange(3), np.array([1, 3])), "offsets must start with 0"),
        ((np.arange(3), np.array([], int)), "offsets must start with 0"),
        ((np.arange(3), np.array([0, 2, 1, 3])), "offsets decrease at place 1: 2, 1"),
        ((np.array([0, -4]), np.array([0, 2])), r"ids\[1\] is -4"),
        ((np.array([0, 2**63], np.uint64), np.array([0, 2])), r"ids\[1\] is 9223372036854775808"),
        ((np.arange(3.0), np.array([0, 3])), "ids is an array of float64"),
        ((np.zeros((2, 2), int), np.array([0, 3])), "with 2 dimensions"),
    ],
)
@pytest.mark.parametrize("max_vocab_size", [None, 100])
def test_what_is_no_corpus_is_refused(corpus: object, message: str, max_vocab_size: int | None) -> None:
    with pytest.raises(CorpusError, match=message) as caught:
        open_source(corpus, max_vocab_size=max_vocab_size).scan()
    assert isinstance(caught.value, TypeError)


def test_exactly_one_corpus_is_needed() -> None:
    for arguments in ({}, {"corpus_iterable": SENTENCES, "corpus_file": "x"}):
        with pytest.raises(CorpusError, match="and not both"):
            open_source(**arguments)
    with pytest.raises(ConfigError, match="max_sentence_length=0"):
        open_source(SENTENCES, max_sentence_length=0)


@pytest.mark.parametrize("wrap", [list, Anew, lambda c: lambda: c])
@pytest.mark.parametrize("max_vocab_size", [None, 2])
def test_sentences_that_are_strings_are_warned_of(wrap, max_vocab_size, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        scan = open_source(wrap(["aab", "b"]), max_vocab_size=max_vocab_size).scan()
    assert dict(zip(scan.keys, scan.counts.tolist(), strict=True)) == {"a": 2, "b": 2}
    assert scan.n_words == 4
    message = "Each 'sentences' item should be a list of words (usually unicode strings)."
    assert [record.getMessage().startswith(message) for record in caplog.records] == [True]


@pytest.mark.parametrize("corpus", [[], (), Anew([]), [[]], Anew([[], []]), (np.array([], int), np.array([0]))])
def test_empty_corpora(corpus: object) -> None:
    source = open_source(corpus)
    scan = source.scan()
    assert (scan.keys, scan.counts.tolist(), scan.n_words) == ([], [], 0)
    assert sum(c.n_words for c in chunks_of(source, Vocab(["a"], np.ones(1)))) == 0


def test_progress_is_reported_now_and_then_and_at_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a b c\n" * 50_000)
    for corpus in ({"corpus_iterable": [["a", "b", "c"]] * 50_000}, {"corpus_file": path}):
        reports: list[tuple[int, int, int, float]] = []
        open_source(**corpus).scan(lambda *report, to=reports: to.append(report))
        assert reports[-1] == (50_000, 150_000, 3, 1.0)
        assert len(reports) <= 5
        monkeypatch.setattr(counting, "REPORT_SECONDS", 0.0)
        reports.clear()
        open_source(**corpus).scan(lambda *report, to=reports: to.append(report))
        assert len(reports) > 2
        assert reports == sorted(reports)
        monkeypatch.undo()


def test_an_exception_in_progress_ends_the_count() -> None:
    def stop(*_: int) -> None:
        raise UserError

    with pytest.raises(UserError):
        open_source(SENTENCES).scan(stop)


# ------------------------------------------------------------------------------- max_vocab_size ----

LETTERS = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=5), max_size=30)


@pytest.mark.gensim
@settings(deadline=None)
@given(LETTERS, st.integers(1, 9), st.booleans())
def test_pruning_is_gensims(sentences: list[list[str]], max_vocab_size: int, ruled: bool) -> None:
    word2vec = pytest.importorskip("gensim.models.word2vec")

    def rule(word: str, count: int, min_count: int) -> int:
        return {"a": 2, "b": 1}.get(word, 0)

    model = word2vec.Word2Vec(vector_size=1, max_vocab_size=max_vocab_size)
    n_words, n_sentences = model.scan_vocab(sentences, trim_rule=rule if ruled else None)
    for corpus in (sentences, Anew(sentences)):
        source = open_source(corpus, max_vocab_size=max_vocab_size, trim_rule=rule if ruled else None)
        scan = source.scan()
        assert dict(zip(scan.keys, scan.counts.tolist(), strict=True)) == dict(model.raw_vocab)
        assert (scan.n_words, scan.n_sentences) == (n_words, n_sentences)
        vocab = select_words(scan, min_count=1).vocab()
        assert spelt(chunks_of(source, vocab), vocab) == [[w for w in s if w in vocab.index] for s in sentences]


@pytest.mark.parametrize("lines", [True, False])
def test_pruning_a_file(tmp_path: Path, lines: bool) -> None:
    path = tmp_path / "text"
    path.write_text("a b c\nd e\na f g h\na a\n")
    corpus = LineSentence(path) if lines else Text8Corpus(path, 4)
    expected = open_source(Anew(list(corpus)), max_vocab_size=3).scan()
    source = open_source(corpus, max_vocab_size=3)
    scan = source.scan()
    assert (scan.keys, scan.counts.tolist()) == (expected.keys, expected.counts.tolist())
    assert (scan.n_words, scan.n_sentences) == (expected.n_words, expected.n_sentences)
    assert sum(chunk.n_words for chunk in chunks_of(source, select_words(scan, min_count=1).vocab())) == 11


# --------------------------------------------------------------------------------- corpus classes ----


def test_corpus_classes_over_paths_are_read_natively(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a b c\n\nd e\na f g h\n")
    corpora = [
        LineSentence(path, 2, 3),
        LineSentence(str(path)),
        PathLineSentences(tmp_path, 2, 2),
        Text8Corpus(path, 4),
    ]
    for corpus in corpora:
        assert isinstance(open_source(corpus), FileSource)
        assert_faithful(open_source(corpus), list(corpus))
    with open(path, "rb") as file:
        source = open_source(LineSentence(file))
        assert not isinstance(source, FileSource)
        assert_faithful(source, list(LineSentence(path)))

    class Lower(LineSentence):
        def __iter__(self) -> Iterator[list[str]]:
            return iter([["own"]])

    assert_faithful(open_source(Lower(path)), [["own"]])


@pytest.mark.gensim
def test_corpus_classes_of_gensim_are_read_natively(tmp_path: Path) -> None:
    word2vec = pytest.importorskip("gensim.models.word2vec")
    path = tmp_path / "text"
    path.write_text("a b c\n\nd e\na f g h\n")
    for corpus in (
        word2vec.LineSentence(str(path), 2, 3),
        word2vec.PathLineSentences(str(tmp_path), limit=2),
        word2vec.Text8Corpus(str(path), 4),
    ):
        assert isinstance(open_source(corpus), FileSource)
        assert_faithful(open_source(corpus), list(corpus))


def reverse(sentences: list) -> None:
    sentences.reverse()


def append_a_word(sentences: list) -> None:
    sentences[3].append("a")


def exchange_a_sentence(sentences: list) -> None:
    sentences[2] = ["b", "b"]


def drop_sentences(sentences: list) -> None:
    del sentences[5:]


def empty(sentences: list) -> None:
    sentences.clear()


@pytest.mark.parametrize("change", [reverse, append_a_word, exchange_a_sentence, drop_sentences, empty])
@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("cached", [True, False])
def test_a_list_that_changes_between_epochs_is_read_again(change, counted: bool, cached: bool) -> None:
    sentences = [list(sentence) for sentence in SENTENCES]
    source = open_source(sentences, max_cached_words=10**6 if cached else 0)
    vocab = vocab_of(source if counted else open_source(sentences))
    for _ in range(2):
        assert spelt(chunks_of(source, vocab), vocab) == SENTENCES
    assert source.fixed
    change(sentences)
    for _ in range(2):
        assert spelt(chunks_of(source, vocab), vocab) == sentences
    assert not source.fixed


def test_a_list_that_stays_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(SENTENCES)
    vocab = vocab_of(source)
    monkeypatch.delattr("fastw2v.text.lists.ListSource._encode")
    for _ in range(3):
        assert spelt(chunks_of(source, vocab), vocab) == SENTENCES
