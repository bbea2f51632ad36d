"""Checkpoints that several files of tests look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.checkpoints import (
    SETTINGS,
    Hook,
    fail,
)

from fastw2v import Word2Vec
from fastw2v.formats import native


@pytest.fixture
def interrupted(sentences: list[list[str]], tmp_path: Path) -> Path:
    with pytest.raises(RuntimeError, match="dies here"):
        Word2Vec(
            sentences, **SETTINGS, checkpoint=tmp_path / "ck", checkpoint_every="1 epoch",
            callbacks=[Hook("on_epoch_begin", fail, at=1)],
        )  # fmt: skip
    return tmp_path / "ck"


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
