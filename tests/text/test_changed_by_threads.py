"""Lists that another thread changes while they are read: without a GIL, what they held is freed at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fastw2v import Phrases
from fastw2v.errors import CorpusError
from fastw2v.text._marks import mark_of
from fastw2v.text.source import open_source

SECONDS = 1.5
LONG = "a word that is longer than what fits in a key "  # and so is looked up where it stands


def words_of(turn: int) -> list[str]:
    return [f"{LONG}{turn} {place}" for place in range(40)]


def is_whole(word: str) -> bool:
    return word.startswith(LONG) and word.removeprefix(LONG).replace(" ", "").isdigit()


@contextmanager
def changing(sentences: list[list[str]]) -> Iterator[None]:
    """Replace the words of all sentences again and again, by as many new ones."""
    over = threading.Event()

    def change() -> None:
        turn = 1
        while not over.is_set():
            for sentence in sentences:
                sentence[:] = words_of(turn)
                turn += 1
            time.sleep(0)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def counted(sentences: list[list[str]]) -> list[str]:
    return list(open_source(sentences).scan().keys)


def marked(sentences: list[list[str]]) -> list[str]:
    assert mark_of(sentences) is not None
    return []


def joined(sentences: list[list[str]]) -> list[str]:
    phrases = Phrases([["one", "two"]] * 9, min_count=1, threshold=0.1)
    return [word for sentence in phrases[sentences] for word in sentence]


@pytest.mark.parametrize("read", [counted, marked, joined])
def test_only_words_that_a_list_held_are_read(read: Callable[[list[list[str]]], list[str]]) -> None:
    sentences = [words_of(0) for _ in range(50)]
    n_read, end = 0, time.monotonic() + SECONDS
    with changing(sentences):
        while time.monotonic() < end or not n_read:
            try:
                words = read(sentences)
            except CorpusError:  # changed while it was read: it says so
                continue
            n_read += 1
            assert [word for word in words if not is_whole(word)] == []
