"""Words that become frequent over several updates: ``keep_rare``."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from fastw2v import Word2Vec
from fastw2v.errors import FormatError
from fastw2v.formats import native

KINDS: dict[str, Any] = dict(vector_size=8, min_count=5, workers=1, seed=1)
DAYS = [[["the", "the", "the", "the", "the", "new"] + ["word"] * day] for day in (2, 2, 1, 0)]


def test_a_word_enters_when_its_counts_add_up_to_min_count() -> None:
    model = Word2Vec(**KINDS, keep_rare=True)
    for day, text in enumerate(DAYS):
        model.build_vocab(text, update=day > 0)
        assert ("word" in model.wv) == (day >= 2), day
        assert "new" not in model.wv
    assert model._rare == {"new": 4}
    assert model.wv.get_vecattr("word", "count") == 5
    assert model.wv.get_vecattr("the", "count") == 20
    model.build_vocab([["new", "word"]], update=True)
    assert model._rare == {}
    assert model.wv.get_vecattr("new", "count") == 5
    assert model.wv.vectors.shape == model.syn1neg.shape == (3, 8)


def test_without_it_each_update_counts_for_itself_as_in_gensim() -> None:
    model = Word2Vec(**KINDS)
    for day, text in enumerate(DAYS):
        model.build_vocab(text, update=day > 0)
    assert model.wv.index_to_key == ["the"]
    assert model._rare == {}


@pytest.mark.parametrize("kind", ["list", "file", "counts"])
def test_whatever_the_corpus_is(kind: str, tmp_path: Path) -> None:
    model = Word2Vec(**KINDS, keep_rare=True)
    for day, text in enumerate(DAYS):
        if kind == "file":
            (tmp_path / "c").write_text("\n".join(map(" ".join, text)))
            model.build_vocab(corpus_file=tmp_path / "c", update=day > 0)
        elif kind == "counts":
            words = text[0]
            model.build_vocab_from_freq({word: words.count(word) for word in words}, update=day > 0)
        else:
            model.build_vocab(iter(text), update=day > 0)
    assert model.wv.index_to_key == ["the", "word"]
    assert model._rare == {"new": 4}


def test_they_are_bounded_by_max_vocab_size() -> None:
    model = Word2Vec(**KINDS, keep_rare=True, max_vocab_size=3)
    model.build_vocab_from_freq({"the": 9, "a": 1, "b": 4, "c": 2, "d": 3, "e": 1})
    assert model._rare == {"b": 4, "c": 2, "d": 3}


def test_a_rule_and_a_trial_run() -> None:
    model = Word2Vec(**KINDS, keep_rare=True)
    model.build_vocab(DAYS[0])
    model.build_vocab(DAYS[0], update=True, dry_run=True)
    assert model._rare == {"new": 1, "word": 2}
    seen = {}

    def rule(word: str, count: int, min_count: int) -> int:
        seen[word] = count
        return 0

    model.build_vocab([["word"]], update=True, trim_rule=rule)
    assert seen == {"word": 3, "new": 1}


def test_an_update_that_fails_changes_none() -> None:
    model = Word2Vec(**KINDS, keep_rare=True)
    model.build_vocab(DAYS[0])

    def fail(word: str, count: int, min_count: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        model.build_vocab(DAYS[1], update=True, trim_rule=fail)
    assert model._rare == {"new": 1, "word": 2}


def test_files_and_pickles_keep_them(tmp_path: Path) -> None:
    model = Word2Vec(**KINDS, keep_rare=True)
    model.build_vocab([["the"] * 9 + ["a\ud800", 5, UUID(int=1), ("x", None)]])
    model.save(tmp_path / "m")
    for loaded in (Word2Vec.load(tmp_path / "m"), pickle.loads(pickle.dumps(model))):
        assert loaded._rare == {"a\ud800": 1, 5: 1, UUID(int=1): 1, ("x", None): 1}
        loaded.build_vocab([[5, 5, 5, 5]], update=True)
        assert 5 in loaded.wv.key_to_index


@pytest.mark.parametrize("broken", ["rare.keys", "rare.counts"])
@pytest.mark.parametrize("value", [None, np.zeros(3, np.uint8), np.array([-1, 2]), np.ones((1, 1))])
def test_damaged_files(broken: str, value: Any, tmp_path: Path) -> None:
    model = Word2Vec(**KINDS, keep_rare=True)
    model.build_vocab(DAYS[0])
    model.save(tmp_path / "m")
    arrays, keys, metadata = native.load_arrays(tmp_path / "m")
    arrays.pop(broken) if value is None else arrays.update({broken: value})
    native.save_arrays(tmp_path / "m", arrays, keys, metadata)
    with pytest.raises(FormatError, match="rare words"):
        Word2Vec.load(tmp_path / "m")


def test_attributes_of_programs_meet_no_new_name(tmp_path: Path) -> None:
    model = Word2Vec(DAYS[0], **KINDS, keep_rare=True)
    names = ("rare", "rare_words", "rare_counts", "state", "set_state", "locks")
    for name in names:
        setattr(model, name, ["mine"])
    model.save(tmp_path / "m")
    loaded = Word2Vec.load(tmp_path / "m")
    assert all(getattr(loaded, name) == ["mine"] for name in names)
    assert loaded._rare == {"new": 1, "word": 2}
