"""The helpers of gensim.utils: by hand, and with gensim's results on random text."""

import gzip
import io
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastw2v import LineSentence, utils


@pytest.fixture
def peer():
    return pytest.importorskip("gensim.utils")


TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("aZ_9 éǅİſß中\u0301\u0308²५ªͅ")), max_size=40)


@pytest.mark.gensim
@settings(deadline=None)
@given(text=TEXTS, lower=st.booleans(), deacc=st.booleans())
@example("Hello_world _x 12ab3c Éé ſß 中文字 ab\u0301c a²b ५x", True, True)
def test_tokens_are_gensims(text, lower, deacc):
    peer = pytest.importorskip("gensim.utils")
    for given_text in (text, text.encode("utf8")):
        options = {"lowercase": lower, "deacc": deacc}
        assert list(utils.tokenize(given_text, **options)) == list(peer.tokenize(given_text, **options))
        assert utils.deaccent(given_text) == peer.deaccent(given_text)
        for lengths in ({}, {"min_len": 1, "max_len": 3}):
            assert utils.simple_preprocess(given_text, deacc, **lengths) == peer.simple_preprocess(
                given_text, deacc, **lengths
            )
    assert list(utils.simple_tokenize(text)) == list(peer.simple_tokenize(text))


@pytest.mark.gensim
@given(data=st.binary(max_size=20))
def test_undecodable_documents(data):
    peer = pytest.importorskip("gensim.utils")
    assert utils.simple_preprocess(data) == peer.simple_preprocess(data)


def test_tokenize_by_hand():
    assert list(utils.tokenize("Über 9 o'Clock", to_lower=True)) == ["über", "o", "clock"]
    assert list(utils.tokenize("Über", lower=True, deacc=True)) == ["uber"]
    assert utils.simple_preprocess("_a I am h0me " + "x" * 16) == ["am", "me"]


def test_text_and_bytes():
    assert utils.to_unicode(b"\xe9", "latin1") == "é"
    assert utils.any2unicode("é") == "é"
    assert utils.to_utf8("é") == b"\xc3\xa9"
    assert utils.any2utf8(b"\xe9", encoding="latin1") == b"\xc3\xa9"
    assert utils.to_unicode(b"a\xff", errors="replace") == "a\ufffd"
    with pytest.raises(UnicodeDecodeError):
        utils.to_unicode(b"\xff")
    for function in (utils.to_unicode, utils.to_utf8, utils.deaccent, utils.simple_preprocess):
        with pytest.raises(TypeError):
            function(3)


@pytest.mark.parametrize(
    ("rule", "kept"), [(None, (False, True)), (utils.RULE_KEEP, (True, True)), (utils.RULE_DISCARD, (False, False)),
                       (utils.RULE_DEFAULT, (False, True))]
)  # fmt: skip
def test_keep_vocab_item(rule, kept):
    calls = []

    def trim_rule(word, count, min_count):
        calls.append((word, count, min_count))
        return rule

    given_rule = None if rule is None else trim_rule
    assert tuple(utils.keep_vocab_item("w", count, 5, given_rule) for count in (4, 5)) == kept
    assert calls == ([] if rule is None else [("w", 4, 5), ("w", 5, 5)])


@pytest.mark.gensim
@given(vocab=st.dictionaries(st.text(max_size=3), st.integers(0, 9)), least=st.integers(0, 9), top=st.integers(1, 9))
def test_vocabularies_are_gensims(vocab, least, top):
    peer = pytest.importorskip("gensim.utils")
    for function, argument in (("prune_vocab", least), ("trim_vocab_by_freq", top)):
        ours, theirs = dict(vocab), dict(vocab)
        assert getattr(utils, function)(ours, argument) == getattr(peer, function)(theirs, argument)
        assert ours == theirs
    assert utils.merge_counts(dict(vocab), {"a": 1}) == peer.merge_counts(dict(vocab), {"a": 1})


def test_prune_vocab_with_a_rule():
    vocab = {"keep": 1, "drop": 9, "rare": 1, "often": 9}
    rules = {"keep": utils.RULE_KEEP, "drop": utils.RULE_DISCARD}
    lost = utils.prune_vocab(vocab, 5, lambda word, count, least: rules.get(word, utils.RULE_DEFAULT))
    assert (lost, vocab) == (10, {"keep": 1, "often": 9})


def test_a_line_sentence_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "corpus.txt"
    utils.save_as_line_sentence([["a", "b"], ["c"]], path)

    def failing():
        yield ["x"]
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        utils.save_as_line_sentence(failing(), path)
    assert path.read_text() == "a b\nc\n"
    assert [one.name for one in tmp_path.iterdir()] == ["corpus.txt"]
    utils.save_as_line_sentence((sentence[::-1] for sentence in LineSentence(path)), path)  # the file that it reads
    assert path.read_text() == "b a\nc\n"


@pytest.mark.parametrize("name", ["corpus.txt", "corpus.txt.gz"])
def test_save_as_line_sentence(tmp_path, name):
    from fastw2v import LineSentence

    corpus = [["eins", "zwei"], ["中", "文"], []]
    utils.save_as_line_sentence(corpus, tmp_path / name)
    raw = (tmp_path / name).read_bytes()
    assert (gzip.decompress(raw) if name.endswith("gz") else raw) == "eins zwei\n中 文\n\n".encode()
    assert list(LineSentence(tmp_path / name)) == corpus[:2]


def test_open_and_file_or_filename(tmp_path):
    path = tmp_path / "x.gz"
    with utils.open(path, "wb") as out:
        out.write(b"content")
    assert gzip.decompress(path.read_bytes()) == b"content"
    for name in (path, str(path)):
        with utils.file_or_filename(name) as file:
            assert file.read() == b"content"
    memory = io.BytesIO(b"content")
    memory.read()
    with utils.open_file(memory) as file:
        assert file.read() == b"content"
    assert not memory.closed
    with utils.open_file(str(path)) as file:
        assert file.read() == b"content"
    assert file.closed


@pytest.mark.gensim
@given(items=st.lists(st.integers(), max_size=6), n=st.integers(0, 9))
def test_corpora_are_gensims(items, n):
    peer = pytest.importorskip("gensim.utils")
    for name in ("RepeatCorpus", "RepeatCorpusNTimes", "ClippedCorpus"):
        ours, theirs = getattr(utils, name)(items, n), getattr(peer, name)(items, n)
        assert list(ours) == list(theirs) == list(ours)
    assert len(utils.ClippedCorpus(items, n)) == len(peer.ClippedCorpus(items, n))
    assert len(utils.ClippedCorpus(items)) == len(items)
    if n:
        assert list(utils.grouper(items, n)) == list(peer.grouper(items, n))
        assert list(utils.chunkize_serial(iter(items), n)) == list(peer.chunkize_serial(items, n))
    assert utils.flatten([items, [[n]], "ab"]) == peer.flatten([items, [[n]], "ab"])


def test_sliced_corpus():
    corpus = utils.SlicedCorpus(iter_again := "abcdef", slice(1, 5, 2))
    assert list(corpus) == ["b", "d"] == list(corpus)
    assert len(corpus) == 2
    assert iter_again == "abcdef"


def test_chunks_as_arrays():
    chunks = list(utils.grouper([[1, 2], [3]], 5, as_numpy=True))
    assert [array.dtype for array in chunks[0]] == [np.float32] * 2
    np.testing.assert_array_equal(chunks[0][0], [1, 2])


def test_deprecated():
    @utils.deprecated("use g")
    def f(x):
        """Document f."""
        return x + 1

    @utils.deprecated
    def h():
        return 7

    with pytest.warns(DeprecationWarning, match=r"deprecated `f` \(use g\)"):
        assert f(1) == 2
    with pytest.warns(DeprecationWarning, match=r"deprecated `h`\."):
        assert h() == 7
    assert f.__doc__ == "Document f."
    with pytest.raises(TypeError, match="reason"):
        utils.deprecated(3)
    with utils.ignore_deprecation_warning(), warnings.catch_warnings():
        assert f(2) == 3


def test_get_random_state(peer):
    state = np.random.RandomState(3)
    assert utils.get_random_state(state) is state
    assert utils.get_random_state(None) is peer.get_random_state(None)
    assert utils.get_random_state(np.int64(5)).rand() == peer.get_random_state(5).rand()
    with pytest.raises(ValueError, match="seed='x'"):
        utils.get_random_state("x")


def test_call_on_class_only():
    with pytest.raises(AttributeError, match="class"):
        utils.call_on_class_only(1, a=2)


def test_save_load_is_a_base_class_without_pickles():
    class Thing(utils.SaveLoad):
        pass

    thing = Thing()
    thing.add_lifecycle_event("born", where="here")
    assert [event["event"] for event in thing.lifecycle_events] == ["born"]
    assert thing.lifecycle_events[0]["where"] == "here"
    thing.lifecycle_events = None
    thing.add_lifecycle_event("ignored")
    assert thing.lifecycle_events is None
    for refused in (thing.save, Thing.load):
        with pytest.raises(NotImplementedError, match="Thing"):
            refused("file")


def test_what_is_left_out_says_why():
    for name in ("pickle", "unpickle"):
        with pytest.raises(AttributeError, match="runs the code"):
            getattr(utils, name)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        utils.nonsense  # noqa: B018


def test_everything_listed_is_there():
    assert [name for name in utils.__all__ if not hasattr(utils, name)] == []
