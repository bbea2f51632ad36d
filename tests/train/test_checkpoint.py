"""Checkpoints: when they are written, what going on from them gives, and who may end training."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.callbacks import CallbackAny2Vec, StopTraining
from fastw2v.errors import ConfigError, CorpusError, FormatError, TrainingError
from fastw2v.formats import native
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab
from fastw2v.train import checkpoint as checkpoints
from fastw2v.train.checkpoint import Interval
from fastw2v.train.fingerprint import fingerprint
from fastw2v.train.interrupts import Interrupts
from fastw2v.train.threads import EpochRun, EpochTotals

MODES = {
    "cbow": {},
    "sg": {"sg": 1},
    "hs": {"sg": 1, "hs": 1, "negative": 0},
    "exact": {"cbow_exact": True, "cbow_mean": 0},
}
SETTINGS: dict[str, Any] = {
    "vector_size": 20, "min_count": 1, "epochs": 3, "workers": 1, "compute_loss": True, "progress": False,
}  # fmt: skip


def make_sentences(n_words: int = 60_000, seed: int = 1) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    words = [f"w{word}" for word in np.minimum(rng.zipf(1.3, n_words), 3000)]
    return [words[at : at + 12] for at in range(0, n_words, 12)]


@pytest.fixture(scope="module")
def sentences() -> list[list[str]]:
    return make_sentences()


class Foreign:
    """An iterable that the library knows nothing about; may do something in the midst of a pass."""

    def __init__(self, sentences: list[list[str]], at: tuple[int, int] = (-1, 0), do: Callable[[], Any] = bool) -> None:
        self.sentences, self.at, self.do = sentences, at, do
        self.n_passes = 0

    def __iter__(self) -> Iterator[list[str]]:
        here, self.n_passes = self.n_passes, self.n_passes + 1
        for place, sentence in enumerate(self.sentences):
            if (here, place) == self.at:
                self.do()
                time.sleep(0.2)  # until the main thread has noticed: the rest must not be trained before
            yield sentence


class Hook(CallbackAny2Vec):
    """Does something in one hook, at its n-th call."""

    def __init__(self, name: str, do: Callable[[Word2Vec], Any], at: int = 0) -> None:
        self.calls: list[str] = []
        for hook in ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end"):
            setattr(self, hook, lambda model, hook=hook: self.call(model, hook))
        self.name, self.do, self.at = name, do, at

    def call(self, model: Word2Vec, hook: str) -> Any:
        self.calls.append(hook)
        if hook == self.name and self.calls.count(hook) == self.at + 1:
            return self.do(model)
        return None


def interrupt(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def fail(*_: Any) -> None:
    raise RuntimeError("the process dies here")


def stop(*_: Any) -> None:
    raise StopTraining


def assert_same(one: Word2Vec, other: Word2Vec) -> None:
    arrays, keys, parameters = one.state()
    arrays2, keys2, parameters2 = other.state()
    assert keys == keys2
    assert arrays.keys() == arrays2.keys()
    for name in arrays:
        assert arrays[name].tobytes() == arrays2[name].tobytes(), name
    for name in parameters.keys() - {"lifecycle_events", "total_train_time", "progress"}:
        assert parameters[name] == parameters2[name], name


def position_of(path: Path) -> dict[str, Any]:
    return native.load_arrays(path)[2]["training"]["position"]


def left_behind(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.endswith(".tmp")]


# ------------------------------------------------------------------------------------ resuming ----


@pytest.mark.skipif(os.name == "nt", reason="os.kill cannot interrupt a process there")
@pytest.mark.parametrize("mode", MODES)
def test_ctrl_c_within_an_epoch_and_resuming_give_the_bits_of_an_uninterrupted_run(
    mode: str, sentences: list[list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "ck"
    reference = Word2Vec(Foreign(sentences), **SETTINGS, **MODES[mode])
    corpus = Foreign(sentences, at=(2, 4000), do=interrupt)  # in the second epoch: pass 0 counts words
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(corpus, **SETTINGS, **MODES[mode], checkpoint=path)
    assert signal.getsignal(signal.SIGINT) is before
    position = position_of(path)
    assert position["epoch"] == 1
    assert (position["totals"]["n_words"], position["totals"]["n_chunks"]) == (40_008, 2)
    hook = Hook("", bool)
    resumed = Word2Vec.resume(path, Foreign(sentences), callbacks=[hook], progress=False)
    assert_same(resumed, reference)
    assert resumed.train_count == 1
    assert resumed.resumed
    assert not reference.resumed
    assert hook.calls == ["on_train_begin", *["on_epoch_begin", "on_epoch_end"] * 2, "on_train_end"]
    assert_same(Word2Vec.resume(path), reference)  # training is over now: no corpus is needed
    assert not left_behind(tmp_path)


@pytest.mark.parametrize("form", ["file", "list", "arrays", "function"])
@pytest.mark.parametrize("at", [0, 1])
def test_every_form_of_corpus_resumes_after_a_crash(
    form: str, at: int, sentences: list[list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "ck"
    text = tmp_path / "corpus.txt"
    text.write_text("\n".join(" ".join(sentence) for sentence in sentences))
    ids = np.array([int(word[1:]) for sentence in sentences for word in sentence])
    offsets = np.arange(0, len(ids) + 1, 12)
    corpus: dict[str, Any] = {
        "file": {"corpus_file": text},
        "list": {"corpus_iterable": sentences},
        "arrays": {"corpus_iterable": (ids, offsets)},
        "function": {"corpus_iterable": lambda epoch: iter(sentences[epoch * 100 :])},
    }[form]

    def train(**more: Any) -> Word2Vec:
        model = Word2Vec(**SETTINGS)
        model.build_vocab(**corpus)
        model.train(
            **corpus, epochs=3, total_examples=model.corpus_count, start_alpha=0.05, end_alpha=0.01, **more
        )  # fmt: skip
        return model

    reference = train()
    with pytest.raises(RuntimeError, match="dies here"):
        train(checkpoint=path, checkpoint_every="1 epoch", callbacks=[Hook("on_epoch_begin", fail, at=at)])
    assert position_of(path)["epoch"] == at
    assert_same(Word2Vec.resume(path, **corpus, progress=False), reference)


def test_a_second_training_of_a_model_resumes_with_its_own_random_streams(
    sentences: list[list[str]], tmp_path: Path
) -> None:
    counts = {"total_examples": len(sentences), "total_words": 60_000, "epochs": 2}
    reference = Word2Vec(sentences, **SETTINGS)
    reference.train(sentences, **counts)
    model = Word2Vec(sentences, **SETTINGS)
    with pytest.raises(RuntimeError, match="dies here"):
        model.train(
            sentences, **counts, checkpoint=tmp_path / "ck", checkpoint_every="1 epoch",
            callbacks=[Hook("on_epoch_begin", fail, at=1)],
        )  # fmt: skip
    assert_same(Word2Vec.resume(tmp_path / "ck", sentences, progress=False), reference)


def test_locked_rows_and_foreign_layouts_are_part_of_the_state(sentences: list[list[str]], tmp_path: Path) -> None:
    def train(**more: Any) -> Word2Vec:
        model = Word2Vec(**SETTINGS)
        model.build_vocab(sentences)
        model.wv.vectors = np.asfortranarray(model.wv.vectors)
        model.wv.vectors_lockf = np.linspace(0, 1, len(model.wv)).astype(np.float32)
        model.train(sentences, total_examples=model.corpus_count, epochs=3, **more)
        return model

    with pytest.raises(RuntimeError, match="dies here"):
        train(checkpoint=tmp_path / "ck", checkpoint_every="1 epoch", callbacks=[Hook("on_epoch_begin", fail, at=2)])
    assert_same(Word2Vec.resume(tmp_path / "ck", sentences, progress=False), train())


def test_resuming_continues_with_many_workers_and_further_checkpoints(
    sentences: list[list[str]], tmp_path: Path
) -> None:
    path, other = tmp_path / "ck", tmp_path / "other"
    with pytest.raises(RuntimeError, match="dies here"):
        Word2Vec(
            sentences, **SETTINGS, checkpoint=path, checkpoint_every="1 epoch",
            callbacks=[Hook("on_epoch_begin", fail, at=1)],
        )  # fmt: skip
    with pytest.raises(RuntimeError, match="dies here"):
        Word2Vec.resume(
            path, sentences, workers=3, checkpoint=other, progress=False,
            callbacks=[Hook("on_epoch_begin", fail, at=1)],
        )  # fmt: skip
    assert position_of(path)["epoch"] == 1
    assert position_of(other)["epoch"] == 2
    model = Word2Vec.resume(other, sentences, progress=False)
    assert model.workers == 3
    assert model.epochs_trained == len(model.loss_history) == 3
    assert model.loss_history[-1] < model.loss_history[0]


# ------------------------------------------------------------------------------- other corpora ----


@pytest.fixture
def interrupted(sentences: list[list[str]], tmp_path: Path) -> Path:
    with pytest.raises(RuntimeError, match="dies here"):
        Word2Vec(
            sentences, **SETTINGS, checkpoint=tmp_path / "ck", checkpoint_every="1 epoch",
            callbacks=[Hook("on_epoch_begin", fail, at=1)],
        )  # fmt: skip
    return tmp_path / "ck"


def test_a_corpus_of_equal_size_with_one_other_word_is_refused(
    interrupted: Path, sentences: list[list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    changed = [list(sentence) for sentence in sentences]
    changed[3000][5] = "w1" if changed[3000][5] != "w1" else "w2"
    with pytest.raises(CorpusError, match=r"not the one .* other words"):
        Word2Vec.resume(interrupted, changed)
    swapped = [sentences[1], sentences[0], *sentences[2:]]
    with pytest.raises(CorpusError, match="other words, or the same in another order"):
        Word2Vec.resume(interrupted, swapped)
    with pytest.raises(CorpusError, match=r"59988 words instead of 60000, 4999 sentences"):
        Word2Vec.resume(interrupted, sentences[:-1])
    with pytest.raises(CorpusError, match="iterable that is read anew"):
        Word2Vec.resume(interrupted, Foreign(sentences))
    model = Word2Vec.resume(interrupted, changed, force=True, progress=False)
    assert model.epochs_trained == 3
    assert "because of force=True" in caplog.text


def test_resuming_needs_a_corpus_and_a_checkpoint(
    interrupted: Path, sentences: list[list[str]], tmp_path: Path
) -> None:
    with pytest.raises(CorpusError, match="exactly one"):
        Word2Vec.resume(interrupted)
    with pytest.raises(CorpusError, match="generator"):
        Word2Vec.resume(interrupted, (sentence for sentence in sentences))
    with pytest.raises(FileNotFoundError):
        Word2Vec.resume(tmp_path / "nowhere", sentences)
    model = Word2Vec(sentences[:50], **SETTINGS)
    model.save(tmp_path / "model")
    with pytest.raises(FormatError, match=r"no checkpoint.*word2vec"):
        Word2Vec.resume(tmp_path / "model", sentences)
    with pytest.raises(AttributeError, match=r"Word2Vec\.resume"):
        Word2Vec.load(tmp_path / "ck")
    arrays, keys, metadata = native.load_arrays(interrupted)
    del metadata["training"]["course"]["alpha"]
    native.save_arrays(interrupted, arrays, keys, metadata)
    with pytest.raises(FormatError, match=r"course: alpha is missing"):
        Word2Vec.resume(interrupted, sentences)


def test_an_iterable_that_differs_skips_as_many_chunks_and_says_so(
    sentences: list[list[str]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ck"

    corpus = Foreign(sentences, at=(1, 4500), do=interrupt)
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(corpus, **SETTINGS, checkpoint=path)
    n_chunks = position_of(path)["totals"]["n_chunks"]
    assert n_chunks > 0
    longer = [sentence + sentence[:1] for sentence in sentences]
    model = Word2Vec.resume(path, Foreign(longer), progress=False)
    assert model.epochs_trained == 3
    assert f"resumed after {n_chunks} chunks" in caplog.text


def test_fingerprint_depends_on_the_words_alone(sentences: list[list[str]], tmp_path: Path) -> None:
    text = tmp_path / "corpus.txt"
    text.write_text("\n".join(" ".join(sentence) for sentence in sentences * 10))
    vocab = Vocab(*np.unique([w for s in sentences for w in s], return_counts=True))
    found = {fingerprint(open_source(None, text, workers=workers), vocab, workers) for workers in (1, 2, 5)}
    streamed = fingerprint(open_source(None, text, max_cached_words=1000), vocab, 2)
    assert found == {streamed}
    assert streamed is not None
    assert (streamed.n_words, streamed.n_sentences) == (600_000, 50_000)
    assert fingerprint(open_source(Foreign(sentences)), vocab) is None


# ------------------------------------------------------------------------------------ intervals ----


@pytest.mark.parametrize(
    ("value", "amount", "unit"),
    [
        (30, 30, "seconds"), (0.5, 0.5, "seconds"), ("10s", 10, "seconds"), ("5 min", 300, "seconds"),
        ("2 hours", 7200, "seconds"), ("1000000 words", 1e6, "words"), ("1e6 words", 1e6, "words"),
        ("1 epoch", 1, "epochs"), (" 2 Epochs ", 2, "epochs"), (np.float32(2), 2, "seconds"),
    ],
)  # fmt: skip
def test_intervals_are_read(value: Any, amount: float, unit: str) -> None:
    assert Interval.of(value) == Interval(amount, unit, stretch=False)


@pytest.mark.parametrize("value", [0, -1, "5", "min", "1 fortnight", "1.2.3 s", float("nan"), float("inf"), True, [1]])
def test_other_intervals_are_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"checkpoint_every=.*'1 epoch'"):
        Word2Vec(checkpoint="x", checkpoint_every=value)


def test_an_interval_needs_a_path() -> None:
    with pytest.raises(ConfigError, match="without checkpoint"):
        Word2Vec(checkpoint_every=5)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Positions of all checkpoints that were written, in order."""
    places: list[dict[str, Any]] = []
    save = native.save_arrays

    def spy(path: Any, arrays: Any, keys: Any, metadata: Any) -> None:
        save(path, arrays, keys, metadata)
        if metadata["kind"] == "checkpoint":
            places.append(metadata["training"]["position"])

    monkeypatch.setattr(native, "save_arrays", spy)
    return places


def test_checkpoints_are_written_when_they_are_due(
    written: list[dict[str, Any]], sentences: list[list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "ck"
    Word2Vec(sentences, **SETTINGS, checkpoint=path)
    assert [place["epoch"] for place in written] == [0, 3]  # the first at once, the last at the end
    written.clear()
    Word2Vec(sentences, **SETTINGS, checkpoint=path, checkpoint_every="2 epochs")
    assert [place["epoch"] for place in written] == [0, 2, 3]
    written.clear()

    def slow() -> Iterator[list[str]]:
        for place, sentence in enumerate(sentences):
            if place % 500 == 0:
                time.sleep(0.1)
            yield sentence

    Word2Vec(slow, **SETTINGS, checkpoint=path, checkpoint_every="20000 words")
    done = [sum(t["n_words"] for t in (*place["finished"], place["totals"])) for place in written]
    assert done[0] == 0
    assert done[-1] == 180_000
    assert min(np.diff(done)[:-1]) >= 20_000
    assert len(done) >= 5
    written.clear()
    Word2Vec(slow, **SETTINGS, checkpoint=path, checkpoint_every=0.2)
    assert len(written) >= 5


def test_the_model_trains_the_same_with_checkpoints(sentences: list[list[str]], tmp_path: Path) -> None:
    model = Word2Vec(sentences, **SETTINGS, checkpoint=tmp_path / "ck", checkpoint_every=0.001)
    assert_same(model, Word2Vec(sentences, **SETTINGS))
    vectors = KeyedVectors.load(tmp_path / "ck")
    assert vectors.index_to_key == model.wv.index_to_key
    assert (vectors.vectors == model.wv.vectors).all()


@pytest.mark.parametrize(
    ("every", "cost", "seconds", "due"),
    [
        (None, 0.1, 59, False), (None, 0.1, 61, True), (None, 6.0, 299, False), (None, 6.0, 301, True),
        (10, 6.0, 11, True),
    ],
)
def test_a_default_interval_grows_with_the_cost(every: Any, cost: float, seconds: float, due: bool) -> None:
    position = checkpoints.Position()
    keeper = checkpoints.Checkpointer("x", Interval.of(every), position, bool)
    keeper._mark(cost)
    position.totals.n_words = 1
    keeper._last = (time.monotonic() - seconds, 0, 0)
    assert keeper._due() is due


# --------------------------------------------------------------------------------------- errors ----


def test_a_path_that_cannot_be_written_is_an_error_before_training(sentences: list[list[str]], tmp_path: Path) -> None:
    hook = Hook("", bool)
    with pytest.raises(OSError, match="nowhere"):
        Word2Vec(sentences, **SETTINGS, checkpoint=tmp_path / "nowhere" / "ck", callbacks=[hook])
    assert "on_epoch_begin" not in hook.calls
    with pytest.raises(TypeError):
        Word2Vec(checkpoint=5)


def test_a_file_that_is_no_checkpoint_is_not_overwritten(sentences: list[list[str]], tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("precious text, and more of it")
    with pytest.raises(ConfigError, match=r"corpus\.txt.*not overwritten"):
        Word2Vec(sentences, **SETTINGS, checkpoint=path)
    assert path.read_text() == "precious text, and more of it"


def test_an_unfinished_checkpoint_is_moved_aside_by_a_new_training(
    interrupted: Path, sentences: list[list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    old = interrupted.read_bytes()
    Word2Vec(sentences, **SETTINGS, checkpoint=interrupted)
    previous = interrupted.with_name("ck.previous")
    assert previous.read_bytes() == old
    assert "Word2Vec.resume()" in caplog.text
    previous.unlink()
    Word2Vec(sentences, **SETTINGS, checkpoint=interrupted)  # the one there is finished: nothing to keep
    assert not previous.exists()


def test_errors_while_writing_are_told_and_training_goes_on(
    monkeypatch: pytest.MonkeyPatch, sentences: list[list[str]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ck"
    save, calls = native.save_arrays, [0]

    def full(target: Any, *arguments: Any) -> None:
        calls[0] += 1
        if calls[0] > 1:
            raise OSError(28, "No space left on device", str(target))
        save(target, *arguments)

    monkeypatch.setattr(native, "save_arrays", full)
    with pytest.warns(RuntimeWarning, match=r"ck could not be written.*No space left") as caught:
        model = Word2Vec(sentences, **SETTINGS, checkpoint=path, checkpoint_every="1 epoch")
    assert len(caught) == calls[0] - 1 >= 2
    assert caplog.text.count("No space left") >= 2
    assert_same(model, Word2Vec(sentences, **SETTINGS))
    monkeypatch.undo()
    assert_same(Word2Vec.resume(path, sentences, progress=False), model)


def test_a_failed_worker_leaves_the_last_good_checkpoint(
    monkeypatch: pytest.MonkeyPatch, sentences: list[list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "ck"
    with pytest.raises(TrainingError, match="finite"), np.errstate(all="ignore"):
        Word2Vec(
            sentences, **{**SETTINGS, "alpha": 1e30, "epochs": 1}, checkpoint=path, checkpoint_every=0.001
        )  # fmt: skip
    arrays, _, metadata = native.load_arrays(path)
    assert metadata["training"]["position"]["totals"]["n_chunks"] == 0
    assert np.isfinite(arrays["vectors"]).all()


def test_a_chunk_that_fails_is_seen_by_pause() -> None:
    """No moment at which nobody is busy, and the error is not known yet."""
    seen = []

    def train(*_: Any) -> Any:
        raise ValueError("this chunk is lost")

    run = EpochRun(iter([]), 1, bool, train, EpochTotals())
    run._n_busy = 1
    leave = run._state.__exit__

    def watch(*arguments: Any) -> Any:
        seen.append((run._n_busy, run.failed))
        return leave(*arguments)

    run._state.__exit__ = watch  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="lost"):
        run._train_one(None, (0, 0, 0, None))  # type: ignore[arg-type]
    assert run.failed
    assert run._n_busy == 0
    assert all(failed for busy, failed in seen if not busy)


@pytest.mark.parametrize("reason", ["due", "signal"])
def test_a_failed_epoch_is_not_written(reason: str) -> None:
    captured = []

    def capture() -> Callable[[], None]:
        captured.append(1)
        return lambda: None

    run = EpochRun(iter([]), 1, bool, bool, EpochTotals())  # type: ignore[arg-type]
    position = checkpoints.Position(totals=EpochTotals(n_words=10))
    keeper = checkpoints.Checkpointer("x", Interval.of(1e-9), position, capture)
    if reason == "signal":
        keeper._interrupts.pending = signal.SIGINT
        keeper._interrupts._previous[signal.SIGINT] = lambda *_: None
    run._fail(ValueError("lost"))
    keeper.poll(run)
    assert not captured
    run._error = None
    keeper._interrupts.pending = signal.SIGINT if reason == "signal" else None
    keeper.poll(run)
    assert captured


def test_leftovers_of_killed_writers_are_removed_when_they_are_old(sentences: list[list[str]], tmp_path: Path) -> None:
    names = {"old": f".ck.{'a' * 32}.tmp", "young": f".ck.{'b' * 32}.tmp", "other": f".kc.{'c' * 32}.tmp"}
    for name in names.values():
        (tmp_path / name).write_text("half a file")
    for name in ("old", "other"):
        os.utime(tmp_path / names[name], (1, 1))
    Word2Vec(sentences[:100], **SETTINGS, checkpoint=tmp_path / "ck")
    assert sorted(left_behind(tmp_path)) == sorted([names["young"], names["other"]])


# -------------------------------------------------------------------------------------- signals ----


@pytest.mark.skipif(os.name == "nt", reason="os.kill cannot interrupt a process there")
class TestSignals:
    def test_sigterm_ends_with_a_checkpoint_and_exit_code(self, sentences: list[list[str]], tmp_path: Path) -> None:
        corpus = Foreign(sentences, at=(1, 4000), do=lambda: os.kill(os.getpid(), signal.SIGTERM))
        with pytest.raises(SystemExit) as raised:
            Word2Vec(corpus, **SETTINGS, checkpoint=tmp_path / "ck")
        assert raised.value.code == 128 + signal.SIGTERM
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        model = Word2Vec.resume(tmp_path / "ck", Foreign(sentences), progress=False)
        assert_same(model, Word2Vec(Foreign(sentences), **SETTINGS))

    def test_a_handler_that_was_there_is_called_after_the_checkpoint(
        self, written: list[dict[str, Any]], sentences: list[list[str]], tmp_path: Path
    ) -> None:
        seen = []
        before = signal.signal(signal.SIGTERM, lambda *_: seen.append(len(written)))
        try:
            corpus = Foreign(sentences, at=(1, 4000), do=lambda: os.kill(os.getpid(), signal.SIGTERM))
            model = Word2Vec(corpus, **SETTINGS, checkpoint=tmp_path / "ck")
        finally:
            signal.signal(signal.SIGTERM, before)
        assert seen == [2]  # written: at the beginning, and for the signal
        assert_same(model, Word2Vec(Foreign(sentences), **SETTINGS))  # the handler let training go on

    def test_in_a_callback_signals_act_at_once(self, sentences: list[list[str]], tmp_path: Path) -> None:
        path = tmp_path / "ck"

        def waits(model: Word2Vec) -> None:
            interrupt()
            time.sleep(60)

        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            Word2Vec(sentences, **SETTINGS, checkpoint=path, callbacks=[Hook("on_epoch_end", waits, at=1)])
        assert time.monotonic() - started < 30
        assert position_of(path)["epoch"] == 2
        assert_same(Word2Vec.resume(path, sentences, progress=False), Word2Vec(sentences, **SETTINGS))

    def test_without_checkpoints_nothing_is_changed(self, sentences: list[list[str]]) -> None:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        seen = []

        def look(model: Word2Vec) -> None:
            seen.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM))

        Word2Vec(sentences[:50], **SETTINGS, callbacks=[Hook("on_epoch_begin", look)])
        assert seen == before

    def test_ignored_signals_stay_ignored(self) -> None:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with Interrupts() as interrupts:
                interrupt()
                assert interrupts.pending is None
        finally:
            signal.signal(signal.SIGINT, before)

    def test_a_second_signal_does_not_wait(self) -> None:
        with Interrupts() as interrupts:
            interrupt()
            assert interrupts.pending == signal.SIGINT
            with pytest.raises(KeyboardInterrupt):
                interrupt()
            interrupts.pending = None  # or the first would be delivered at the end

    def test_a_signal_that_nobody_delivered_is_not_lost(self) -> None:
        with pytest.raises(KeyboardInterrupt), Interrupts():
            interrupt()

    def test_training_in_another_thread_leaves_signals_alone(self, sentences: list[list[str]], tmp_path: Path) -> None:
        models = []
        thread = threading.Thread(
            target=lambda: models.append(Word2Vec(sentences, **SETTINGS, checkpoint=tmp_path / "ck"))
        )
        thread.start()
        thread.join()
        assert_same(Word2Vec.resume(tmp_path / "ck"), models[0])


# ------------------------------------------------------------------------------- early stopping ----


@pytest.mark.parametrize(("end", "epochs"), [(stop, 2), (lambda model: False, 2), (lambda model: None, 3)])
def test_a_callback_ends_training_after_an_epoch(
    end: Callable[[Word2Vec], Any], epochs: int, sentences: list[list[str]], tmp_path: Path
) -> None:
    ends, others = Hook("on_epoch_end", end, at=1), Hook("", bool)
    model = Word2Vec(sentences, **SETTINGS, callbacks=[ends, others], checkpoint=tmp_path / "ck")
    assert model.epochs_trained == len(model.loss_history) == epochs
    assert others.calls == ["on_train_begin", *["on_epoch_begin", "on_epoch_end"] * epochs, "on_train_end"]
    resumed = Word2Vec.resume(tmp_path / "ck")  # stopped is over: resuming does not train on
    assert_same(resumed, model)


@pytest.mark.parametrize(
    ("hook", "epochs"), [("on_train_begin", 0), ("on_epoch_begin", 0), ("on_epoch_end", 1), ("on_train_end", 3)]
)
def test_stop_training_may_come_from_any_hook(hook: str, epochs: int, sentences: list[list[str]]) -> None:
    callbacks = [Hook(hook, stop), Hook("", bool)]
    model = Word2Vec(**SETTINGS)
    model.build_vocab(sentences)
    _, n_words = model.train(sentences, total_words=60_000, epochs=3, callbacks=callbacks)
    assert n_words == 60_000 * epochs
    assert model.epochs_trained == epochs
    assert callbacks[1].calls[-1] == "on_train_end"


def test_false_counts_at_the_end_of_an_epoch_only(sentences: list[list[str]]) -> None:
    callbacks = [Hook(hook, lambda model: False) for hook in ("on_train_begin", "on_epoch_begin", "on_train_end")]
    assert Word2Vec(sentences, **SETTINGS, callbacks=callbacks).epochs_trained == 3


# ---------------------------------------------------------------------------------------- kills ----


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("campaign", ["training", "saving", "disk"])
def test_killed_processes_cost_nothing(campaign: str) -> None:
    script = Path(__file__).parents[2] / "benchmarks" / "kill_test.py"
    if not script.exists():
        pytest.skip("benchmarks/kill_test.py is not here")
    done = subprocess.run(
        [sys.executable, str(script), campaign, "--runs", "5", "--words", "100000", "--rows", "20000"],
        capture_output=True, text=True, timeout=110, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    if "skipped" in done.stdout:
        pytest.skip("no small file system can be mounted here")
