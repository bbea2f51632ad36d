"""A text whose word order matters, in a file that ranks share and as sentences that each of them has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


def sentences(n_sentences: int = 1500, n_words: int = 200, seed: int = 5) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    return [[f"w{word}" for word in rng.zipf(1.3, 20).clip(max=n_words)] for _ in range(n_sentences)]


@pytest.fixture
def lines() -> list[list[str]]:
    return sentences()


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(line) + "\n" for line in sentences(6000)))
    return str(path)
