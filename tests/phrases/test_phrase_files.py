"""Saving and loading phrase models: round trips, damage, scorers by name, gensim's files."""

import io
import pickle
from pathlib import Path

import numpy as np
import pytest

from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import native
from fastw2v.phrases import FrozenPhrases, Phrases, PhrasesTransformation, npmi_scorer, original_scorer

CORPUS = [["new", "york", "is", "big"], ["in", "new", "york"], ["中", "文", "\ud800"]] * 4


def half_scorer(worda_count, wordb_count, bigram_count, len_vocab, min_count, corpus_word_count):
    return 0.5


@pytest.fixture
def phrases():
    return Phrases(CORPUS[:-1], min_count=2, threshold=0.4, delimiter="+", connector_words={"in"}, max_vocab_size=99)


@pytest.mark.parametrize("frozen", [False, True])
def test_attributes_of_the_program_are_kept(phrases, frozen, tmp_path, caplog):
    model = phrases.freeze() if frozen else phrases
    model.note, model.state, model.odd = {"of": ["a", 1]}, "x", object()
    model.save(tmp_path / "model")
    assert "not in the file, since JSON cannot hold it: odd" in caplog.text
    loaded = type(model).load(tmp_path / "model")
    assert (loaded.note, loaded.state, hasattr(loaded, "odd")) == ({"of": ["a", 1]}, "x", False)


def test_a_file_hides_no_method(phrases, tmp_path):
    native.save_arrays(
        tmp_path / "model",
        {"scores": np.ones(1)},
        ["new_york"],
        {
            **{name: getattr(phrases.freeze(), name) for name in ("min_count", "threshold", "delimiter")},
            "connector_words": [],
            "scoring": ["default"],
            "save": 1,
            "attributes": {"load": 1, "_table": 2, "x": 3},
        },
        kind="frozen_phrases",
    )
    loaded = FrozenPhrases.load(tmp_path / "model")
    assert callable(loaded.save)
    assert callable(loaded.load)
    assert loaded.x == 3
    assert loaded[["a", "b"]] == ["a", "b"]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_round_trip(phrases, tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    phrases.save(path)
    loaded = Phrases.load(path)
    assert type(loaded) is Phrases
    assert list(loaded.vocab.items()) == list(phrases.vocab.items())
    for name in (
        "min_count", "threshold", "delimiter", "max_vocab_size", "progress_per", "min_reduce", "corpus_word_count",
        "connector_words", "scoring",
    ):  # fmt: skip
        assert getattr(loaded, name) == getattr(phrases, name), name
    assert list(loaded[CORPUS]) == list(phrases[CORPUS])
    loaded.add_vocab(CORPUS)
    assert loaded.vocab["new+york"] == 16


def test_round_trip_of_frozen(phrases, tmp_path):
    frozen = phrases.freeze()
    frozen.save(str(tmp_path / "frozen"))
    loaded = FrozenPhrases.load(str(tmp_path / "frozen"))
    assert loaded.phrasegrams == frozen.phrasegrams
    assert loaded.phrasegrams
    assert list(loaded[CORPUS]) == list(frozen[CORPUS])
    assert type(Phrases.load(str(tmp_path / "frozen"))) is FrozenPhrases  # as in gensim: what the file holds


def test_open_files(phrases):
    out = io.BytesIO()
    phrases.save(out)
    assert Phrases.load(io.BytesIO(out.getvalue())).vocab == phrases.vocab


def test_subclasses_load_as_themselves(phrases, tmp_path):
    class Mine(Phrases):
        pass

    phrases.save(tmp_path / "model")
    assert type(Mine.load(tmp_path / "model")) is Mine


def test_empty_model(tmp_path):
    Phrases().save(tmp_path / "model")
    assert Phrases.load(tmp_path / "model").vocab == {}


@pytest.mark.parametrize("scoring", ["default", "npmi", half_scorer])
def test_scorers_by_name(tmp_path, scoring):
    model = Phrases(CORPUS, threshold=0.2, scoring=scoring)
    model.save(tmp_path / "model")
    assert Phrases.load(tmp_path / "model").scoring is model.scoring
    model.freeze().save(tmp_path / "frozen")
    assert FrozenPhrases.load(tmp_path / "frozen").scoring is model.scoring


def test_scorers_without_a_name_cannot_be_saved(tmp_path):
    def local(worda_count, wordb_count, bigram_count, len_vocab, min_count, corpus_word_count):
        return 1

    model = Phrases(CORPUS, threshold=0.2, scoring=local)
    with pytest.raises(ConfigError, match="found again by its name"):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_file_cannot_make_us_import_or_call(tmp_path):
    model = Phrases(CORPUS, threshold=0.2, scoring=half_scorer)
    model.save(tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    assert b"half_scorer" in content
    for name in (b"none_scorer", b"importskip_"):
        (tmp_path / "other").write_bytes(content.replace(b"half_scorer", name))
        with pytest.raises(FormatError, match="Import its module first"):
            Phrases.load(tmp_path / "other")
        loaded = Phrases.load(tmp_path / "other", scoring=half_scorer)
        assert loaded.scoring is half_scorer


def test_damaged_files(phrases, tmp_path):
    phrases.save(tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    damaged = tmp_path / "damaged"
    for length in (0, 1, 7, 8, 40, len(content) // 2, len(content) - 1):
        damaged.write_bytes(content[:length])
        with pytest.raises(FormatError):
            Phrases.load(damaged)
    for other in (b"the 0.1 0.2\n" * 9, b"\x80\x04N.", pickle.dumps({"a": 1}), b"\x80\x04garbage"):
        damaged.write_bytes(other)
        with pytest.raises(FormatError):
            Phrases.load(damaged)


def test_vectors_are_no_phrases(tmp_path):
    from fastw2v import KeyedVectors

    vectors = KeyedVectors(2)
    vectors.add_vectors(["a"], [[1.0, 2.0]])
    vectors.save(tmp_path / "vectors")
    with pytest.raises(FormatError, match="no phrase model"):
        Phrases.load(tmp_path / "vectors")


class Bomb:
    def __reduce__(self):
        return (Path("bang").write_text, ("boom",))


def test_pickles_are_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bomb").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(FormatError):
        Phrases.load("bomb")
    assert not Path("bang").exists()


def test_a_failed_save_keeps_the_old_file(phrases, tmp_path):
    path = tmp_path / "model"
    phrases.save(path)
    before = path.read_bytes()
    phrases.scoring = lambda **counts: 1
    with pytest.raises(ConfigError):
        phrases.save(path)
    assert path.read_bytes() == before


@pytest.mark.gensim
def test_files_of_gensim(tmp_path):
    peer = pytest.importorskip("gensim.models.phrases")
    corpus = CORPUS[:2] * 4
    theirs = peer.Phrases(corpus, min_count=1, threshold=0.1, connector_words={"in"}, scoring="npmi")
    theirs.save(str(tmp_path / "model"))
    theirs.freeze().save(str(tmp_path / "frozen"))
    ours = Phrases.load(tmp_path / "model")
    assert ours.vocab == theirs.vocab
    assert ours.connector_words == {"in"}
    assert ours.scoring is npmi_scorer
    assert list(ours[corpus]) == list(theirs[corpus])
    assert FrozenPhrases.load(tmp_path / "frozen").phrasegrams == theirs.freeze().phrasegrams


@pytest.mark.gensim
def test_files_of_old_gensim():
    peer = pytest.importorskip("gensim.models.phrases")
    from gensim.test.utils import datapath

    for name in ("phrases", "phraser"):
        for version in ("3.6.0.model", "no-common-terms.pkl", "no-scoring.pkl", "scoring-str.pkl"):
            path = datapath(f"{name}-{version}")
            ours, theirs = Phrases.load(path), peer.Phrases.load(path)
            attribute = "vocab" if name == "phrases" else "phrasegrams"
            assert getattr(ours, attribute) == getattr(theirs, attribute)
            assert ours.scoring is original_scorer
            assert ours[["trees", "graph", "minors"]] == ["trees", "graph_minors"]


@pytest.mark.gensim
def test_custom_scorers_in_files_of_gensim(tmp_path):
    peer = pytest.importorskip("gensim.models.phrases")
    theirs = peer.Phrases(CORPUS[:2], threshold=0.1, scoring=half_scorer)
    theirs.save(str(tmp_path / "model"))
    assert Phrases.load(tmp_path / "model").scoring is half_scorer


def test_a_model_of_ones_own_says_that_it_has_no_file(tmp_path):
    class Mine(PhrasesTransformation):
        pass

    with pytest.raises(NotImplementedError, match="Mine has no file format"):
        Mine().save(tmp_path / "mine")
    assert not list(tmp_path.iterdir())
