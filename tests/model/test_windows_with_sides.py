"""Windows that are not alike on both sides: what is learnt, and that every way to train knows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.checkpoints import Hook

from fastw2v import Word2Vec
from fastw2v.cli import main
from fastw2v.errors import ConfigError, FormatError
from fastw2v.train.lockstep import lockstep
from fastw2v.train.ranks.engine import Engine
from fastw2v.train.ranks.local import run_ranks
from fastw2v.train.sampled_loss import PairSample

KINDS: dict[str, Any] = dict(vector_size=16, min_count=1, workers=1, seed=1, sample=0)
OBJECTIVES = {"ns": {}, "hs": dict(hs=1, negative=0), "softmax": dict(softmax=True)}


def pairs(n_sentences: int = 400) -> list[list[str]]:
    """Each ``before`` is followed by its ``after``, and pairs stand in any order."""
    rng = np.random.default_rng(0)
    return [[f"{part}{i}" for i in rng.integers(0, 12, 8) for part in ("before", "after")] for _ in range(n_sentences)]


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(("window", "known", "wanted"), [((1, 0), "before", "after"), ((0, 1), "after", "before")])
def test_only_one_side_is_learnt(objective: str, window: tuple[int, int], known: str, wanted: str) -> None:
    model = Word2Vec(pairs(), window=window, epochs=20, alpha=0.1, **KINDS, **OBJECTIVES[objective])
    w_in, w_out = model.wv.vectors, model.syn1neg if objective != "hs" else None
    right = 0
    for i in range(12):
        context = f"{known}{i}"
        if w_out is None:
            texts = [[context, f"{wanted}{j}"] if window[0] else [f"{wanted}{j}", context] for j in range(12)]
            right += int(np.argmax(model.score(texts)) == i)
        else:
            best = model.wv.index_to_key[int(np.argmax(w_out @ w_in[model.wv.key_to_index[context]]))]
            right += best == f"{wanted}{i}"
    assert right == 12


@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_equal_sides_are_one_window(sg: int, objective: str) -> None:
    kinds = {**KINDS, **OBJECTIVES[objective], "sg": sg}
    one, two = (Word2Vec(pairs(50), window=window, **kinds) for window in (3, [3, 3]))
    assert two.window == 3
    assert np.array_equal(one.wv.vectors, two.wv.vectors)


def test_it_is_saved_resumed_and_changed(tmp_path: Path) -> None:
    text = pairs(100)
    whole = Word2Vec(text, window=(5, 0), epochs=4, **KINDS)

    def fail(model: Word2Vec) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Word2Vec(
            text, window=(5, 0), epochs=4, checkpoint=tmp_path / "ck", checkpoint_every="1 epoch",
            callbacks=[Hook("on_epoch_begin", fail, at=2)], **KINDS,
        )  # fmt: skip
    resumed = Word2Vec.resume(tmp_path / "ck", text)
    assert resumed.window == (5, 0)
    assert np.array_equal(resumed.wv.vectors, whole.wv.vectors)
    whole.save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m").window == (5, 0)
    changed = Word2Vec(
        text, window=5, epochs=4, callbacks=[Hook("on_epoch_begin", lambda model: setattr(model, "window", (5, 0)))],
        **KINDS,
    )  # fmt: skip
    assert np.array_equal(changed.wv.vectors, whole.wv.vectors)


def test_lanes_in_lockstep_know_it() -> None:
    plain = Word2Vec(pairs(60), window=(0, 5), sg=1, **KINDS)
    with lockstep(1):
        lane = Word2Vec(pairs(60), window=(0, 5), sg=1, **KINDS)
    assert np.array_equal(lane.wv.vectors, plain.wv.vectors)


@pytest.mark.parametrize("window", [(0, 0), (-1, 5), (1, 2, 3), (5,), (1.5, 2), "5,0", ("5", "0"), [[5, 0]], None])
def test_what_is_no_window(window: Any) -> None:
    with pytest.raises(ConfigError, match="window="):
        Word2Vec(window=window)


def test_the_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "c.txt"
    corpus.write_text("\n".join(map(" ".join, pairs(50))))
    for window, wanted in (("3,0", (3, 0)), ("3", 3), ("0,3", (0, 3))):
        arguments = ["train", "-train", str(corpus), "--save-model", str(tmp_path / "m"), "-q", "-iter", "1"]
        assert main([*arguments, "-window", window]) == 0
        assert Word2Vec.load(tmp_path / "m").window == wanted
    for window in ("1,2,3", "x", "5,", ""):
        with pytest.raises(SystemExit):
            main(["train", "-train", str(corpus), "-output", str(tmp_path / "v"), "-window", window])
    assert "invalid" in capsys.readouterr().err


def test_a_file_with_another_window_is_damaged(tmp_path: Path) -> None:
    Word2Vec(window=(5, 0)).save(tmp_path / "m")
    data = (tmp_path / "m").read_bytes()
    (tmp_path / "m").write_bytes(data.replace(b'\\"window\\": [5, 0]', b'\\"window\\": [0, 0]'))
    with pytest.raises(FormatError, match="window="):
        Word2Vec.load(tmp_path / "m")


def test_ranks_know_it() -> None:
    text, kinds = pairs(300), {**KINDS, "window": (1, 0), "epochs": 10, "alpha": 0.1, "progress": False}
    models = run_ranks(2, lambda ranks: Word2Vec(text, engine=Engine(ranks), **kinds))
    assert np.array_equal(models[0].wv.vectors, models[1].wv.vectors)
    assert models[0].loss_history[-1] == pytest.approx(Word2Vec(text, **kinds).loss_history[-1], rel=0.1)


@pytest.mark.parametrize("window", [(1, 0), (0, 1), (5, 2)])
@pytest.mark.parametrize("shrink", [True, False])
def test_the_loss_of_a_sample_asks_the_same_windows(window: tuple[int, int], shrink: bool) -> None:
    text = pairs(50)
    model = Word2Vec(text, window=window, shrink_windows=shrink, **KINDS)
    drawn = PairSample.drawn(model, text, 300, seed=1)
    assert len(drawn.targets) == 300
    sizes = np.diff(np.append(drawn.begins, len(drawn.inputs)))
    assert 1 <= sizes.min() <= sizes.max() <= sum(window)
    if window == (1, 0):
        word = model.wv.index_to_key
        followed = [(word[a], word[b]) for a, b in zip(drawn.inputs, drawn.targets, strict=True)]
        assert all(b == "after" + a[6:] for a, b in followed if a.startswith("before"))
