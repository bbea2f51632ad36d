"""The native tokenizer against ``str.split()`` and ``bytes.decode()``, the table against ``Counter``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.gil import LISTS_ARE_COPIED

from fastw2v.errors import CorpusError
from fastw2v.text._tokenize import BACK, FRONT, Tokenizer, WordTable, compact

UNICODE_SPACE = [chr(c) for c in range(sys.maxunicode + 1) if chr(c).isspace()]
PIECES = st.sampled_from([*UNICODE_SPACE, *"ab\n\n  ", "\0", "ä", "語", "𐍈", "word", "x" * 15, "y" * 16, "é" * 40])
TEXTS = st.one_of(st.lists(PIECES, max_size=300).map("".join), st.text(max_size=200))


def buffer_of(data: bytes) -> bytearray:
    return bytearray(FRONT) + data + bytearray(b"\xff" * BACK)


def scan(data: bytes, max_sentence: int = 10_000, lines: bool = True) -> tuple[list[list[str]], WordTable]:
    """Sentences of a text, spelt out again by the keys of the table."""
    table = WordTable()
    ids, offsets, n_words, n_sentences = Tokenizer().scan(table, buffer_of(data), len(data), max_sentence, lines, True)
    assert ids is not None
    assert offsets is not None
    assert (len(ids), len(offsets)) == (n_words, n_sentences + 1)
    keys = [str(key) for key in table.export()[0]]
    return [[keys[i] for i in ids[a:b]] for a, b in pairwise(offsets)], table


def split(text: str, max_sentence: int = 10_000, lines: bool = True) -> list[list[str]]:
    parts = [part.split() for part in (text.split("\n") if lines else [text])]
    return [words[i : i + max_sentence] for words in parts for i in range(0, len(words), max_sentence)]


@given(TEXTS)
def test_words_are_those_of_str_split(text: str) -> None:
    assert scan(text.encode())[0] == split(text)


@given(TEXTS, st.integers(1, 4), st.booleans())
def test_long_sentences_are_cut_and_nothing_is_dropped(text: str, most: int, lines: bool) -> None:
    sentences, table = scan(text.encode(), most, lines)
    assert sentences == split(text, most, lines)
    keys, counts = table.export()
    assert dict(zip(keys, counts.tolist(), strict=True)) == Counter(text.split())
    assert keys == list(dict.fromkeys(text.split()))
    n_words, n_sentences = Tokenizer().count(buffer_of(text.encode()), len(text.encode()), most, lines)
    assert (n_words, n_sentences) == (len(text.split()), len(sentences))


@pytest.mark.parametrize("space", UNICODE_SPACE, ids=lambda c: f"U+{ord(c):04X}")
def test_every_white_space_of_unicode_separates(space: str) -> None:
    assert scan(f"語{space}b".encode())[0] == ([["語"], ["b"]] if space == "\n" else [["語", "b"]])


@pytest.mark.parametrize("length", range(140))
def test_words_end_anywhere_in_a_group_of_64_bytes(length: int) -> None:
    text = "x" * length + " " + "y" * (139 - length)
    assert scan(text.encode())[0] == [text.split()]


def outcome(read: Callable[[], object]) -> object:
    try:
        return read()
    except UnicodeDecodeError as error:
        return error.start, error.end, error.reason


@given(st.binary(max_size=120))
def test_utf8_is_checked_as_python_does(data: bytes) -> None:
    assert outcome(lambda: scan(data)[0]) == outcome(lambda: split(data.decode()))


@pytest.mark.parametrize("lead", range(0x80, 0x100))
def test_every_lead_byte_with_its_extreme_trails(lead: int) -> None:
    for second in (0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0):
        for rest in (b"", b"\x80", b"\xbf", b"\x80\x80", b"\xbf\xbf", b"\xbf\xc0", b" "):
            data = b"ok " + bytes([lead, second]) + rest
            assert outcome(lambda data=data: scan(data)[0]) == outcome(lambda data=data: [data.decode().split()])


@given(TEXTS, st.sets(st.sampled_from(["a", "word", "語", "x" * 15, "y" * 16])))
def test_encode_leaves_unknown_words_out(text: str, known: set[str]) -> None:
    table = WordTable()
    words = sorted(known)
    table.scan_sentences([words], 0, np.empty(len(words), np.int32), np.empty(2, np.int64))
    data = text.encode()
    ids, offsets, n_words, n_sentences = Tokenizer().encode(table, buffer_of(data), len(data), 3, True)
    expected = [[words.index(w) for w in sentence if w in known] for sentence in split(text, 3)]
    assert [ids[a:b].tolist() for a, b in pairwise(offsets)] == expected
    assert (n_words, n_sentences) == (len(text.split()), len(expected))
    assert len(table) == len(known)


@given(st.lists(TEXTS, max_size=4), st.integers(0, 3))
def test_absorbing_keeps_order_and_counts(texts: list[str], split_at: int) -> None:
    tables = [WordTable(), WordTable()]
    for text in texts[:split_at]:
        data = text.encode()
        Tokenizer().scan(tables[0], buffer_of(data), len(data), 9, True, False)
    for text in texts[split_at:]:
        data = text.encode()
        Tokenizer().scan(tables[1], buffer_of(data), len(data), 9, True, False)
    merged, mappings = WordTable(), [np.full(len(t), -1, np.int32) for t in tables]
    for table, mapping in zip(tables, mappings, strict=True):
        merged.absorb(table, 0, len(table), mapping)
    keys, counts = merged.export()
    words = " ".join(texts).split()
    assert keys == list(dict.fromkeys(words))
    assert dict(zip(keys, counts.tolist(), strict=True)) == Counter(words)
    for table, mapping in zip(tables, mappings, strict=True):
        assert [keys[i] for i in mapping] == table.export()[0]


def encode(sentences: list, table: WordTable) -> list[list[int]]:
    ids = np.empty(sum(map(len, sentences)), np.int32)
    offsets = np.empty(len(sentences) + 1, np.int64)
    assert table.scan_sentences(sentences, 0, ids, offsets) == len(ids)
    return [ids[a:b].tolist() for a, b in pairwise(offsets)]


TOKENS = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="aé語𐍈\ud800", max_size=90),
    st.integers(-3, 3),
    st.integers(-(2**65), 2**65),
    st.booleans(),
    st.floats(allow_nan=False),
    st.sampled_from([np.int64(2), np.uint64(2**63 + 5), np.float32(1), 1 + 0j, None, b"a", (1, 2)]),
)


@given(st.lists(st.lists(TOKENS, max_size=30), max_size=6))
def test_tokens_of_any_kind_are_counted_as_by_a_dict(sentences: list) -> None:
    table = WordTable()
    ids = encode(sentences, table)
    keys, counts = table.export()
    tokens = [token for sentence in sentences for token in sentence]
    assert keys == list(dict.fromkeys(tokens))
    assert counts.tolist() == list(Counter(tokens).values())
    assert [[keys[i] for i in sentence] for sentence in ids] == sentences


def test_the_number_seen_first_is_the_key() -> None:
    table = WordTable()
    encode([[True, 1, 2.0, 2, np.int64(3), 3.0]], table)
    assert list(map(repr, table.export()[0])) == ["True", "2.0", "3"]


def test_text_and_numbers_are_different_words() -> None:
    table = WordTable()
    assert encode([["1", 1, b"1", "1", 1]], table) == [[0, 1, 2, 0, 1]]


def test_many_words_make_the_table_grow() -> None:
    words = [f"w{i}" * (1 + i % 4) for i in range(50_000)]
    table = WordTable()
    assert encode([words, words], table) == [list(range(50_000))] * 2
    assert table.export()[0] == words


def test_sentences_of_other_types() -> None:
    class Text(str):
        pass

    table = WordTable()
    sentences = [("a", "b"), np.array(["a", "c"]), "ab", {"a"}, [Text("b"), np.str_("a")], np.arange(2)]
    assert encode(sentences, table) == [[0, 1], [0, 2], [0, 1], [0], [1, 0], [3, 4]]
    assert [type(key) for key in table.export()[0]] == [str, str, str, int, int]


@pytest.mark.parametrize("bad", [["a", ["b"]], [{}], ["x", {1}]])
def test_unhashable_tokens_name_themselves_and_their_sentence(bad: list) -> None:
    with pytest.raises(CorpusError, match=r"sentence 7 holds the token .*unhashable"):
        WordTable().scan_sentences([bad], 7, np.empty(9, np.int32), np.empty(2, np.int64))


def test_a_token_that_changes_its_sentence_is_noticed_or_has_no_effect() -> None:
    sentence: list = ["a"]

    class Evil:
        def __hash__(self) -> int:
            sentence.clear()
            return 1

    sentence += [Evil(), "b"]
    arrays = np.empty(9, np.int32), np.empty(2, np.int64)
    if LISTS_ARE_COPIED:
        assert WordTable().scan_sentences([sentence], 0, *arrays) == 3
        return
    with pytest.raises(CorpusError, match="changed its length"):
        WordTable().scan_sentences([sentence], 0, *arrays)


def test_the_tokens_of_a_passing_sentence_are_not_read_after_their_death() -> None:
    class Lazy:
        def __len__(self) -> int:
            return 3

        def __iter__(self):
            return iter([f"{'long' * 9}{i}" for i in range(3)])

    table = WordTable()
    assert encode([Lazy()] * 30, table) == [[0, 1, 2]] * 30


def test_room_is_checked() -> None:
    with pytest.raises(CorpusError, match="changed its length"):
        WordTable().scan_sentences([["a", "b"]], 0, np.empty(1, np.int32), np.empty(2, np.int64))
    with pytest.raises(ValueError, match="offsets is too short"):
        WordTable().scan_sentences([["a", "b"]], 0, np.empty(2, np.int32), np.empty(1, np.int64))
    with pytest.raises(ValueError, match="room around"):
        Tokenizer().scan(WordTable(), bytearray(FRONT + BACK), 1, 10, True, True)


@given(st.lists(st.lists(st.integers(0, 5), max_size=6), max_size=5), st.lists(st.integers(-1, 9), min_size=6))
def test_compact_translates_and_leaves_out(sentences: list[list[int]], mapping: list[int]) -> None:
    ids = np.array([i for s in sentences for i in s], np.int32)
    offsets = np.cumsum([0, *map(len, sentences)], dtype=np.int64)
    n_known = compact(ids, offsets, np.array(mapping, np.int32))
    expected = [[mapping[i] for i in s if mapping[i] >= 0] for s in sentences]
    assert [ids[a:b].tolist() for a, b in pairwise(offsets)] == expected
    assert n_known == sum(map(len, expected))
