"""Checkpoints: when they are written, and what becomes of those that cannot be."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.checkpoints import (
    SETTINGS,
    Hook,
    assert_same,
    left_behind,
    make_sentences,
)

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.errors import ConfigError, TrainingError
from fastw2v.formats import native
from fastw2v.train import checkpoint as checkpoints
from fastw2v.train.checkpoint import Interval
from fastw2v.train.threads import EpochRun, EpochTotals


@pytest.fixture(scope="module")
def sentences() -> list[list[str]]:
    return make_sentences()


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


def test_files_at_urls_are_not_overwritten(
    sentences: list[list[str]], interrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smart_open = pytest.importorskip("smart_open")
    monkeypatch.setattr(
        smart_open, "open", lambda url, mode, **_: (tmp_path / url.removeprefix("s3://bucket/")).open(mode)
    )
    settings = {**SETTINGS, "epochs": 1}
    (tmp_path / "foreign").write_text("precious")
    with pytest.raises(ConfigError, match="no checkpoint, so it is not overwritten"):
        Word2Vec(sentences, checkpoint="s3://bucket/foreign", **settings)
    assert (tmp_path / "foreign").read_text() == "precious"
    model = Word2Vec(sentences, checkpoint="s3://bucket/new", **settings)
    assert_same(Word2Vec.resume("s3://bucket/new", sentences), model)
    Word2Vec(sentences, checkpoint="s3://bucket/new", **settings)  # that training was over
    state = interrupted.read_bytes()
    (tmp_path / "new").write_bytes(state)
    with pytest.raises(ConfigError, match=r"not finished.*resume"):
        Word2Vec(sentences, checkpoint="s3://bucket/new", **settings)
    assert (tmp_path / "new").read_bytes() == state
