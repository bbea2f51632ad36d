"""What programs change while a model is trained counts from then on, or is refused; what was trained stays."""

from __future__ import annotations

import logging
import sys
import threading
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.checkpoints import Hook

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.errors import ConfigError, FormatError, TrainingError
from fastw2v.model.settings import EFFECTIVE, FIXED
from fastw2v.parameters import TABLE

SENTENCES = [[f"w{i}" for i in row] for row in np.random.default_rng(0).integers(0, 30, (300, 10))]
KINDS: dict[str, Any] = dict(vector_size=16, min_count=1, workers=1, seed=1)
COUNTED = dict(total_examples=300, total_words=3000)


def built(**kinds: Any) -> Word2Vec:
    model = Word2Vec(**{**KINDS, **kinds})
    model.build_vocab(SENTENCES)
    return model


def trained(do=lambda model: None, *, epochs: int = 3, hook: str = "on_epoch_end", **kinds: Any) -> Word2Vec:
    model = built(**kinds)
    model.train(SENTENCES, **COUNTED, epochs=epochs, callbacks=[Hook(hook, do)])
    return model


def setting(**values: Any):
    def do(model: Word2Vec) -> None:
        for name, value in values.items():
            setattr(model, name, value)

    return do


def test_every_parameter_is_known_here() -> None:
    of_the_vocabulary = {  # count at the next build_vocab
        "min_count", "max_vocab_size", "sorted_vocab", "null_word", "max_final_vocab", "hashfxn", "comment",
        "batch_words", "keep_rare",
        "engine",  # counts at the next train()
    }  # fmt: skip
    assert set(TABLE) == {*EFFECTIVE, *FIXED} | of_the_vocabulary


CHANGES = {
    "alpha": 0.0, "min_alpha": 0.02, "window": 1, "sample": 0.0, "sg": 1, "hs": 1, "negative": 1, "ns_exponent": 0.0,
    "cbow_mean": 0, "shrink_windows": False, "cbow_exact": True, "joint_context": True, "workers": 2,
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_callback_sets_counts_from_the_next_epoch_on(name: str) -> None:
    kinds = {"sg": 1} if name == "joint_context" else {}
    one, other = trained(**kinds), trained(setting(**{name: CHANGES[name]}), **kinds)
    assert getattr(other, name) == CHANGES[name]
    assert one.loss_history[0] == other.loss_history[0]
    if name != "workers":  # whose effect is not certain
        assert not np.array_equal(one.wv.vectors, other.wv.vectors)


def test_rates_follow_the_attributes_as_in_gensim() -> None:
    """At each moment: from alpha to min_alpha over all epochs."""
    model = trained(setting(alpha=0.0, min_alpha=0.0), epochs=10)
    once = built()
    once.train(SENTENCES, **COUNTED, epochs=1, start_alpha=0.025, end_alpha=0.025 - (0.025 - 0.0001) / 10)
    assert np.allclose(model.wv.vectors, once.wv.vectors, atol=1e-6)
    assert (model.alpha, model.min_alpha, model.min_alpha_yet_reached) == (0.0, 0.0, 0.0)


def test_rates_of_one_call_are_seen_by_callbacks_and_go_afterwards() -> None:
    seen = []
    model = built()
    hook = Hook("on_epoch_begin", lambda model: seen.append((model.alpha, model.min_alpha)))
    model.train(SENTENCES, **COUNTED, epochs=1, start_alpha=0.01, end_alpha=0.005, callbacks=[hook])
    assert seen == [(0.01, 0.005)]
    assert (model.alpha, model.min_alpha) == (0.025, 0.0001)


def test_a_corpus_may_set_the_rate_within_an_epoch() -> None:
    model = built()

    class Corpus:
        def __iter__(self):
            yield from SENTENCES * 50
            model.alpha = model.min_alpha = 0.0
            yield from SENTENCES * 500

    one = trained(epochs=1)
    model.train(Corpus(), total_examples=165_000, total_words=1_650_000, epochs=1)
    assert model.min_alpha_yet_reached == 0.0
    assert np.isfinite(model.wv.vectors).all()
    assert not np.array_equal(one.wv.vectors, model.wv.vectors)


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 7), ("vector_size", 8), ("seed", 3), ("softmax", True), ("checkpoint", "x"), ("progress", True)],
)
def test_what_cannot_change_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{name}=.*was set while the model is trained.*"):
        trained(setting(**{name: value}))


@pytest.mark.parametrize(("name", "value"), [("alpha", float("nan")), ("window", 0), ("sg", "cbow"), ("negative", -1)])
def test_values_are_checked(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=name):
        trained(setting(**{name: value}))


def test_changed_rates_are_those_of_the_checkpoint(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(model: Word2Vec) -> None:
        raise StopError

    reference = trained(setting(alpha=0.5, min_alpha=0.4), epochs=4)
    model = built()
    hooks = [Hook("on_epoch_end", setting(alpha=0.5, min_alpha=0.4)), Hook("on_epoch_begin", stop, at=2)]
    with pytest.raises(StopError):
        model.train(
            SENTENCES, **COUNTED, epochs=4, callbacks=hooks, checkpoint=tmp_path / "ck", checkpoint_every="1 epoch"
        )
    resumed = Word2Vec.resume(tmp_path / "ck", SENTENCES, progress=False)
    assert np.array_equal(resumed.wv.vectors, reference.wv.vectors)
    assert resumed.alpha == 0.5


# ---------------------------------------------------------------- objectives switched on late ----


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"hs": 0, "negative": 5}, {"hs": 1, "negative": 0}), ({"hs": 0, "negative": 5}, {"hs": 1}),
        ({"hs": 1, "negative": 0}, {"negative": 5, "hs": 0}), ({"hs": 1, "negative": 0}, {"hs": 0, "softmax": True}),
    ],
)  # fmt: skip
def test_what_is_missing_is_made_and_the_rest_stays(before: dict, after: dict, tmp_path: Path) -> None:
    model = Word2Vec(SENTENCES, **KINDS, **before)
    vectors = model.wv.vectors.copy()
    old = {name: getattr(model, name).copy() for name in ("syn1", "syn1neg") if hasattr(model, name)}
    setting(**after)(model)
    model.train(SENTENCES, **COUNTED, epochs=1, start_alpha=1e-9, end_alpha=1e-9)
    assert np.allclose(model.wv.vectors, vectors, atol=1e-4)
    assert all(np.allclose(getattr(model, name), array, atol=1e-4) for name, array in old.items())
    assert model.train(SENTENCES, **COUNTED, epochs=2)[1] == 6000
    model.save(tmp_path / "m")
    assert np.array_equal(Word2Vec.load(tmp_path / "m").wv.vectors, model.wv.vectors)


# ------------------------------------------------------------------ trainings within trainings ----


def test_train_within_a_callback_leaves_a_model_that_can_be_saved_and_resumed(tmp_path: Path) -> None:
    def again(model: Word2Vec) -> None:
        model.train(SENTENCES[:50], total_examples=50, epochs=1, start_alpha=0.01)

    model = built()
    path = tmp_path / "ck"
    model.train(SENTENCES, **COUNTED, epochs=3, callbacks=[Hook("on_epoch_end", again)], checkpoint=path)
    assert 0 <= model.min_alpha_yet_reached <= 0.0001
    assert len(model.loss_history) == 3
    assert (model.alpha, model.epochs_trained, model.train_count) == (0.025, 4, 2)
    model.save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m").loss_history == model.loss_history
    assert np.array_equal(Word2Vec.resume(path, SENTENCES).wv.vectors, model.wv.vectors)


def test_two_threads_may_train_one_model(tmp_path: Path) -> None:
    model = built()
    threads = [
        threading.Thread(target=lambda epochs=epochs: model.train(SENTENCES, **COUNTED, epochs=epochs))
        for epochs in (3, 5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert model.min_alpha_yet_reached >= 0
    model.save(tmp_path / "m")
    assert np.array_equal(Word2Vec.load(tmp_path / "m").wv.vectors, model.wv.vectors)


@pytest.mark.parametrize("totals", [{"total_examples": 300.0}, {"total_words": np.int64(3000)}])
def test_announced_counts_of_any_kind_can_be_resumed(totals: dict, tmp_path: Path) -> None:
    model = built()
    model.train(SENTENCES, **totals, epochs=1, report_delay=np.float64(1), checkpoint=tmp_path / "ck")
    assert Word2Vec.resume(tmp_path / "ck", SENTENCES).epochs_trained == 1


# --------------------------------------------------------------------- noise of one's own ----


def test_a_cum_table_of_the_program_gives_the_noise() -> None:
    def only_the_first(model: Word2Vec) -> None:
        table = np.full(len(model.wv), 2**31 - 1, np.uint32)
        model.cum_table[:] = table

    with_all, with_one = trained(), trained(only_the_first)
    row = slice(20, 30)
    assert not np.allclose(with_all.syn1neg[row], with_one.syn1neg[row])
    model = built()
    only_the_first(model)
    model.train([[model.wv.index_to_key[5], model.wv.index_to_key[6]]] * 20, total_examples=20, epochs=1)
    assert np.flatnonzero(model.syn1neg.any(axis=1)).tolist() == [0, 5, 6]
    model.cum_table = model.cum_table[:3]
    with pytest.raises(TrainingError, match=r"cum_table is uint32 of shape \(3,\).*make_cum_table"):
        model.train(SENTENCES, **COUNTED, epochs=1)
    model.make_cum_table()
    model.train(SENTENCES, **COUNTED, epochs=1)


# --------------------------------------------------------------------- nothing to learn from ----


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def test_no_known_word_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    model = built()
    model.train([["W1", "W2"]] * 100, total_examples=100, epochs=3)
    assert len(warnings_of(caplog)) == 1
    assert "none of the 200 words is in the vocabulary, which has words such as 'w" in caplog.text


def test_sentences_of_one_word_warn_once(caplog: pytest.LogCaptureFixture) -> None:
    texts = [["the cat sat"], ["the dog ran"]] * 50
    Word2Vec(texts, **KINDS, sample=0)
    assert len(warnings_of(caplog)) == 1
    assert "no word has another one beside it" in caplog.text


def test_what_is_learnt_warns_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    trained()
    assert not warnings_of(caplog)


# ------------------------------------------------------------------ words that meet attributes ----


def test_attributes_of_programs_meet_no_names_of_ours(tmp_path: Path) -> None:
    model = trained()
    model.state, model.set_state, model.settings = "x", 1, {"a": 1}
    model.save(tmp_path / "m")
    again = Word2Vec.load(tmp_path / "m")
    assert (again.state, again.set_state, again.settings) == ("x", 1, {"a": 1})


@pytest.mark.parametrize("bad", [True, False, np.True_, "keep", 7, 1.5])
def test_answers_of_a_trim_rule_are_checked(bad: Any) -> None:
    with pytest.raises(ConfigError, match=r"trim_rule gave .*RULE_KEEP"):
        built().build_vocab(SENTENCES, trim_rule=lambda word, count, least: bad)


def test_no_answer_of_a_trim_rule_is_the_default() -> None:
    assert len(Word2Vec(SENTENCES, **KINDS, trim_rule=lambda word, count, least: None).wv) == 30


def test_max_final_vocab_on_equal_counts_says_so(caplog: pytest.LogCaptureFixture) -> None:
    walks = [[f"n{(i * 7 + j * 13) % 100}" for j in range(10)] for i in range(100)]
    with pytest.raises(RuntimeError, match=r"max_final_vocab=50 leaves no word.*occur 10 times"):
        Word2Vec(walks, vector_size=8, max_final_vocab=50)
    Word2Vec([["top"] * 3 + walk for walk in walks], vector_size=8, max_final_vocab=50, sample=0)
    assert "max_final_vocab=50 leaves 1 words only" in caplog.text


@pytest.mark.parametrize("count", [2**62, 2**63, 2**70, float("nan"), float("inf"), -1, 1.5, "3", None])
def test_counts_that_no_file_holds_are_refused(count: Any) -> None:
    model = Word2Vec(min_count=1)
    with pytest.raises(ConfigError, match=r"word_freq\['a'\]"):
        model.build_vocab_from_freq({"b": 1, "a": count})
    with pytest.raises(ConfigError, match="add up"):
        model.build_vocab_from_freq({"b": 2**61, "a": 2**61})
    with pytest.raises(ConfigError, match="corpus_count"):
        model.build_vocab_from_freq({"b": 2}, corpus_count=-1)


# ------------------------------------------------------------------------ predicting by vectors ----


def test_predicting_from_vectors() -> None:
    model = trained(sample=0)
    by_words = model.predict_output_word(["w1", "w2"])
    vectors = [model.wv["w1"], model.wv["w2"]]
    for context in (vectors, np.array(vectors), ["w1", vectors[1]], [vectors[0].astype(np.float64), "w2", "unknown"]):
        assert model.predict_output_word(context) == by_words
    assert model.predict_output_word(vectors[0]) == model.predict_output_word(["w1"])
    assert model.predict_output_word(["unknown"]) is None
    with pytest.raises(TypeError, match="letters"):
        model.predict_output_word("cat")
    with pytest.raises(ValueError, match=r"shape \(3,\); vectors here are \(16,\)"):
        model.predict_output_word([np.zeros(3)])


# -------------------------------------------------------------------------- words of any kind ----


def test_words_that_no_file_holds_are_told_before_training(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Word2Vec([[frozenset("a"), Decimal(2), "a", 1, ("a", 1), uuid.UUID(int=1)]] * 20, **KINDS, sample=0)
    assert len(warnings_of(caplog)) == 0
    model = Word2Vec([[1j, ("a", Ellipsis), "a", 1]] * 20, **KINDS, sample=0)
    assert len(warnings_of(caplog)) == 1
    assert "a key of type complex, a key of type ellipsis can be trained, but save() cannot hold it" in caplog.text
    with pytest.raises(FormatError, match="pickle") as refused:
        model.save(tmp_path / "m")
    assert "kv.add_vectors([str(key) for key in wv.index_to_key], wv.vectors)" in str(refused.value)
    kv, wv = KeyedVectors(model.vector_size), model.wv
    kv.add_vectors([str(key) for key in wv.index_to_key], wv.vectors)
    kv.save(tmp_path / "kv")
    assert "1j" in KeyedVectors.load(tmp_path / "kv")


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_epoch_end", "on_train_begin", "on_train_end"])
def test_a_training_within_a_callback_of_the_constructor(hook: str, tmp_path: Path) -> None:
    def train(model: Word2Vec) -> None:
        if len(calls) < 3:
            calls.append(1)
            model.train(SENTENCES[:5], total_examples=5, epochs=1)

    calls: list[int] = []
    model = Word2Vec(SENTENCES, **KINDS, epochs=3, callbacks=[Hook(hook, train)])
    assert calls
    assert len(model.loss_history) == 3
    model.save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m").loss_history == model.loss_history


@pytest.mark.parametrize("name", ["alpha", "min_alpha", "sample"])
def test_the_largest_number_that_is_accepted_can_be_saved(name: str, tmp_path: Path) -> None:
    model = Word2Vec(**{name: sys.float_info.max})
    model.save(tmp_path / "m")
    assert getattr(Word2Vec.load(tmp_path / "m"), name) == sys.float_info.max


@pytest.mark.parametrize(("first", "later"), [({}, {"hs": 1}), ({"hs": 1, "negative": 0}, {"negative": 5})])
def test_an_objective_that_is_switched_on_before_an_update(first: dict[str, Any], later: dict[str, Any]) -> None:
    model = Word2Vec(SENTENCES, **{**KINDS, **first})
    before = model.wv.vectors.copy()
    for name, value in later.items():
        setattr(model, name, value)
    model.build_vocab([["new", "word"]], update=True)
    assert np.array_equal(model.wv.vectors[: len(before)], before)
    assert model.syn1.shape == model.syn1neg.shape == model.wv.vectors.shape
    model.train(SENTENCES, **COUNTED, epochs=1)


@pytest.mark.parametrize("exponent", [-16, -11, 11, 16])
def test_any_exponent_that_is_accepted_is_trained_and_saved(exponent: int, tmp_path: Path) -> None:
    model = Word2Vec(SENTENCES, **KINDS, ns_exponent=exponent, checkpoint=tmp_path / "ck")
    model.save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m").ns_exponent == exponent
    assert Word2Vec.resume(tmp_path / "ck", SENTENCES).ns_exponent == exponent
    huge = Word2Vec(vector_size=4, ns_exponent=exponent)
    huge.build_vocab_from_freq({"a": 2**61, "b": 7, "c": 2**60})
    assert np.isfinite(huge.cum_table).all()
    huge.save(tmp_path / "m")
    Word2Vec.load(tmp_path / "m")
