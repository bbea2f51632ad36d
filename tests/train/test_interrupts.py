"""Signals and kills: training ends at a checkpoint, and handlers are as they were."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support.checkpoints import (
    SETTINGS,
    Foreign,
    Hook,
    assert_same,
    interrupt,
    make_sentences,
    position_of,
)

from fastw2v import Word2Vec
from fastw2v.train.interrupts import Interrupts


@pytest.fixture(scope="module")
def sentences() -> list[list[str]]:
    return make_sentences()


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
