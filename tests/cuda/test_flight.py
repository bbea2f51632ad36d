"""Windows in flight: in lockstep, with as many warps as are allowed, training is as good as by one thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import played_card

from fastw2v import Word2Vec
from fastw2v.cuda import flight
from fastw2v.cuda.flight import warps_in_flight
from fastw2v.errors import TrainingError

MODES = {"sg-ns": (1, 0), "cbow-ns": (0, 0), "sg-hs": (1, 1), "cbow-hs": (0, 1)}
CARD = 2112  # warps of an H100


@pytest.fixture(autouse=True)
def whole_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds as large as they may be, so that as many windows are in flight as may be."""
    monkeypatch.setattr(played_card.PlayedEvent, "over", lambda self: False)


def usual(**other: Any) -> dict[str, Any]:
    return {"skip_gram": True, "negative": 5, "ns_exponent": 0.75, "tree": None, "n_slices": 1, "alpha": 0.025,
            "most": CARD} | other  # fmt: skip


def test_text_fills_the_card_and_a_dominant_token_does_not() -> None:
    zipf = 1e6 / np.arange(1, 70_000)
    kept = np.minimum(zipf, np.sqrt(zipf * 1e-3 * zipf.sum()))
    assert warps_in_flight(kept, zipf.astype(np.int64), 5.0, **usual()) == CARD
    counts = np.array([10_000, *[30] * 300])
    few = warps_in_flight(counts * 1.0, counts, 6.0, **usual())
    assert 10 < few < 100
    assert warps_in_flight(counts * 1.0, counts, 6.0, **usual(alpha=0.05)) == pytest.approx(few / 2, abs=1)
    assert warps_in_flight(counts * 1.0, counts, 60.0, **usual()) == pytest.approx(few / 10, abs=1)
    assert warps_in_flight(np.ones(1), np.ones(1, np.int64), 50.0, **usual(alpha=9.0)) == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n_words", [4, 30, 300])
def test_small_vocabularies(mode: str, n_words: int, played) -> None:
    cards = played(most_warps=CARD)
    words = np.random.default_rng(n_words).zipf(1.2, (1000, 20)).clip(max=n_words)
    sentences = [[f"w{word}" for word in line] for line in words]
    sg, hs = MODES[mode]
    how = {"sg": sg, "hs": hs, "negative": 0 if hs else 5, "vector_size": 16, "min_count": 1, "epochs": 2, "sample": 0}
    one, many = (Word2Vec(sentences, device=device, workers=1, **how) for device in ("cpu", "cuda"))
    assert max(launched[2] for launched in cards[-1].launched) > 1
    assert many.loss_history[-1] == pytest.approx(one.loss_history[-1], rel=0.03)
    norms = [np.linalg.norm(model.wv.vectors, axis=1).mean() for model in (one, many)]
    assert norms[1] == pytest.approx(norms[0], rel=0.2)


def traces(n: int = 300, length: int = 200, count: int = 100) -> list[list[str]]:
    """Half of all events are one token; the others come in groups of ten."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        group = rng.integers(0, n // 10)
        u = rng.random(length)
        own, other = rng.integers(0, 10, length) + group * 10, rng.integers(0, n, length)
        found.append(["read" if x < 0.5 else f"c{a if x < 0.75 else b}" for x, a, b in zip(u, own, other, strict=True)])
    return found


def in_its_group(model: Word2Vec) -> float:
    """Of the nine nearest neighbours of events, the share that belongs to their group."""
    share = []
    for event in range(0, 300, 17):
        group = {f"c{one}" for one in range(event // 10 * 10, event // 10 * 10 + 10)}
        share.append(sum(key in group for key, _ in model.wv.most_similar(f"c{event}", topn=9)) / 9)
    return float(np.mean(share))


@pytest.mark.parametrize("how", [{"window": 5}, {"window": 25, "alpha": 0.05}], ids=str)
def test_a_dominant_token(how: dict[str, Any], played) -> None:
    played(most_warps=CARD)
    how = {"sg": 1, "sample": 0, "min_count": 1, "vector_size": 32, "epochs": 4} | how
    one, many = (Word2Vec(traces(), device=device, workers=1, **how) for device in ("cpu", "cuda"))
    assert in_its_group(many) > in_its_group(one) - 0.1
    assert many.loss_history[-1] == pytest.approx(one.loss_history[-1], rel=0.04)


def test_without_the_bound_it_diverges(played, monkeypatch) -> None:
    """So these tests can fail."""
    monkeypatch.setattr(flight, "IN_THE_MEAN", 1e9)
    monkeypatch.setattr(flight, "AT_MOST", 1e9)
    played(most_warps=CARD)
    sentences = [[f"w{word}" for word in line] for line in np.random.default_rng(4).integers(0, 4, (1000, 20))]
    with pytest.raises(TrainingError, match="diverged"):
        Word2Vec(sentences, sg=1, sample=0, min_count=1, vector_size=16, device="cuda", workers=1)
