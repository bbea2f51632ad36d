"""Lifecycle events: one form for all objects, and nothing about the machine in any of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.phrases import FrozenPhrases, Phrases
from fastw2v.utils import RepeatCorpus

TEXT = [["new", "york", "is", "big"], ["in", "new", "york"]] * 5


def model() -> Word2Vec:
    return Word2Vec(TEXT, vector_size=4, min_count=1)


def phrases() -> Phrases:
    return Phrases(TEXT, min_count=1, threshold=0.1)


THINGS: dict[str, tuple[Callable[[], Any], Any]] = {
    "model": (model, Word2Vec),
    "vectors": (lambda: model().wv, KeyedVectors),
    "phrases": (phrases, Phrases),
    "frozen": (lambda: phrases().freeze(), FrozenPhrases),
}


@pytest.mark.parametrize("name", THINGS)
def test_events_tell_what_and_when_and_not_where(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_process(*_: Any, **__: Any) -> Any:
        raise AssertionError("a process was started")  # platform.platform() runs `uname -p`

    monkeypatch.setattr(subprocess, "Popen", no_process)
    make, kind = THINGS[name]
    thing = make()
    thing.add_lifecycle_event("mine", detail=3)
    path = tmp_path / "secret_folder_of_mine"
    thing.save(str(path))
    loaded = kind.load(str(path))
    for one in (thing, loaded):
        for event in one.lifecycle_events or []:
            assert {"event", "datetime", "fastw2v"} <= event.keys()
            assert not {"platform", "python"} & event.keys()
            assert "secret_folder" not in str(event)
    assert [event["detail"] for event in thing.lifecycle_events if event["event"] == "mine"] == [3]


def test_no_events_are_kept_where_none_are_wanted() -> None:
    thing = RepeatCorpus(["a"], 1)
    thing.lifecycle_events = None
    thing.add_lifecycle_event("ignored")
    assert thing.lifecycle_events is None
