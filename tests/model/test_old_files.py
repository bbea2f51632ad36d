"""What version 0.1 wrote is read with the same content by every later version; tests/data/files_0_1/make.py made it."""

from __future__ import annotations

import json
import math
import runpy
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "data" / "files_0_1"
MAKE: dict[str, Any] = runpy.run_path(str(FOLDER / "make.py"))
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
CHECKPOINTS = [name for name in EXPECTED if name.startswith("checkpoint")]


def test_every_file_is_looked_at() -> None:
    assert sorted(EXPECTED) == sorted(path.name for path in FOLDER.iterdir() if path.suffix not in (".py", ".json", ""))
    assert len(EXPECTED) == 29
    assert len(CHECKPOINTS) == 4


@pytest.mark.parametrize("name", EXPECTED)
def test_the_content_is_the_same(name: str) -> None:
    found = MAKE["read"](FOLDER / name)
    for part, value in EXPECTED[name].items():
        assert found[part] == value, part


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_training_goes_on_to_its_end(name: str) -> None:
    epochs = 2 if name == "checkpoint_finished.fw2v" else 4
    model = MAKE["resume"](FOLDER / name, [])
    assert model.resumed
    assert model.epochs_trained == len(model.loss_history) == epochs
    assert all(map(math.isfinite, model.loss_history))


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith(("model_grown", "model_midway"))])
def test_a_model_is_trained_further(name: str) -> None:
    model = MAKE["load"](FOLDER / name)
    before = model.wv.vectors.copy()
    _, n_words = model.train(MAKE["TEXT"], total_words=124, epochs=1)
    assert n_words == 124
    assert (model.wv.vectors != before).any()
