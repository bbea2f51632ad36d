"""``Word2Vec(..., device="cuda")`` on a played card: everything but the card itself."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import played_card

from fastw2v import Word2Vec
from fastw2v.callbacks import CallbackAny2Vec
from fastw2v.cli import main
from fastw2v.cuda import rounds
from fastw2v.errors import ConfigError, TrainingError
from fastw2v.model.ranks import refuse_to_share
from fastw2v.parameters import Parameters

MODES = {"sg-ns": (1, 0), "cbow-ns": (0, 0), "sg-hs": (1, 1), "cbow-hs": (0, 1)}


def text(n_sentences: int = 300, n_words: int = 200) -> list[list[str]]:
    rng = np.random.default_rng(5)
    return [[f"w{word}" for word in rng.zipf(1.3, 20).clip(max=n_words)] for _ in range(n_sentences)]


def parameters(mode: str = "sg-ns") -> dict[str, Any]:
    sg, hs = MODES[mode]
    return {"sg": sg, "hs": hs, "negative": 0 if hs else 5, "vector_size": 24, "min_count": 1, "epochs": 2, "seed": 3,
            "workers": 1}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_one_warp_is_one_thread(mode: str, played) -> None:
    """The same draws, in the same order: a whole training, sub-sampling and learning rate included."""
    played(most_warps=1)
    one, other = (Word2Vec(text(), device=device, **parameters(mode)) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(other.wv.vectors, one.wv.vectors, atol=1e-4)
    np.testing.assert_allclose(other.loss_history, one.loss_history, rtol=1e-4)
    assert other.epochs_trained == one.epochs_trained


@pytest.mark.parametrize("compute_loss", [False, True])
def test_counts_are_those_of_a_thread(compute_loss: bool, played, caplog) -> None:
    played(most_warps=1)
    how = parameters() | {"compute_loss": compute_loss, "epochs": 3}
    one, other = (Word2Vec(text(), device=device, **how) for device in ("cpu", "cuda"))
    assert other.get_latest_training_loss() == pytest.approx(one.get_latest_training_loss(), rel=1e-3)
    assert other.train_count == one.train_count


def test_ids_stay_on_the_card_over_epochs(played, monkeypatch) -> None:
    encoded = []
    encode = rounds.flagged
    monkeypatch.setattr("fastw2v.cuda.job.flagged", lambda *what: encoded.append(1) or encode(*what))
    cards = played(most_warps=1)
    Word2Vec(text(), device="cuda", **parameters() | {"epochs": 4})
    assert len(encoded) == sum(launched[0] for launched in cards[-1].launched) / 4
    assert cards[-1].closed


def test_ids_are_streamed_where_they_do_not_fit(played, monkeypatch) -> None:
    monkeypatch.setattr(rounds.IdStore, "put", lambda self, number, marked: None)
    played(most_warps=1)
    one, other = (Word2Vec(text(), device=device, **parameters()) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(other.wv.vectors, one.wv.vectors, atol=1e-4)


def test_rounds_hold_many_chunks_and_never_too_many_words(played, monkeypatch) -> None:
    monkeypatch.setattr(played_card.PlayedEvent, "over", lambda self: False)  # a card that is always busy
    cards = played(most_warps=1)
    one, other = (Word2Vec(text(), device=device, **parameters()) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(other.wv.vectors, one.wv.vectors, atol=1e-4)
    assert max(launched[0] for launched in cards[-1].launched) > 1
    monkeypatch.setattr(rounds, "ROUND_CHUNKS", 2)
    other = Word2Vec(text(), device="cuda", **parameters())
    np.testing.assert_allclose(other.wv.vectors, one.wv.vectors, atol=1e-4)
    assert {launched[0] for launched in cards[-1].launched} <= {1, 2}


def test_weights_that_do_not_fit_are_an_error_with_sizes(played) -> None:
    cards = played(n_bytes=50_000)
    with pytest.raises(TrainingError, match=r"vector_size=24 take 0\.00 GB, and a played card .* device=\"cpu\""):
        Word2Vec(text(), device="cuda", **parameters())
    assert cards[-1].closed


def test_many_encoding_threads(played) -> None:
    played(most_warps=1)
    model = Word2Vec(text(3000), device="cuda", **parameters() | {"workers": 4})
    alone = Word2Vec(text(3000), device="cpu", **parameters())
    assert model.loss_history[-1] == pytest.approx(alone.loss_history[-1], rel=0.02)


def test_a_file_and_an_iterable_that_is_fresh_in_each_epoch(tmp_path: Path, played) -> None:
    played(most_warps=1)
    path = tmp_path / "text.txt"
    path.write_text("\n".join(map(" ".join, text())), "utf-8")

    class Fresh:
        passes = 0

        def __iter__(self):
            self.passes += 1
            return iter(text() if self.passes < 3 else text()[::-1])

    for corpus in ({"corpus_file": str(path)}, {"sentences": Fresh}):
        models = []
        for device in ("cpu", "cuda"):
            given = {name: value() if value is Fresh else value for name, value in corpus.items()}
            models.append(Word2Vec(**given, device=device, **parameters()))
        np.testing.assert_allclose(models[1].wv.vectors, models[0].wv.vectors, atol=1e-4)


def test_a_locked_vector_stays(played) -> None:
    played(most_warps=1)
    model = Word2Vec(device="cuda", **parameters())
    model.build_vocab(text())
    model.wv.vectors_lockf = np.ones(len(model.wv), np.float32)
    model.wv.vectors_lockf[2] = 0
    before = model.wv.vectors.copy()
    model.train(text(), total_examples=300, epochs=1)
    changed = (model.wv.vectors != before).any(axis=1)
    assert not changed[2]
    assert changed[:2].all()


def test_callbacks_see_and_change_the_weights(played) -> None:
    class Callback(CallbackAny2Vec):
        seen: list[np.ndarray] = []  # noqa: RUF012

        def on_epoch_end(self, model: Any) -> None:
            self.seen.append(model.wv.vectors.copy())
            model.wv.vectors[0] = 0

    played(most_warps=1)
    vectors = {}
    for device in ("cpu", "cuda"):
        vectors[device] = Word2Vec(text(), device=device, callbacks=[Callback()], **parameters()).wv.vectors
    assert len(Callback.seen) == 4
    np.testing.assert_allclose(Callback.seen[2], Callback.seen[0], atol=1e-4)
    np.testing.assert_allclose(vectors["cuda"], vectors["cpu"], atol=1e-4)


def test_an_interrupted_training_leaves_its_state_and_goes_on(tmp_path: Path, played) -> None:
    """Ctrl-C after some rounds of the second epoch; with one warp the result is that of no interruption."""
    path = tmp_path / "training.checkpoint"
    how = parameters() | {"epochs": 3}
    cards = played(most_warps=1)
    whole = Word2Vec(text(), device="cuda", **how)
    n_rounds = len(cards[-1].launched)
    calls = 0

    def interrupt() -> None:
        nonlocal calls
        calls += 1
        if calls == n_rounds // 2:
            os.kill(os.getpid(), signal.SIGINT)

    model = Word2Vec(device="cuda", checkpoint=path, **how)
    model.build_vocab(text())
    cards = played(most_warps=1)
    opened: list[Any] = []
    from fastw2v.cuda import job

    make = job.open_card
    job.open_card = lambda device: (
        opened.append(make(device)) or setattr(opened[-1], "before_launch", interrupt) or opened[-1]
    )
    with pytest.raises(KeyboardInterrupt):
        model.train(text(), total_examples=300, total_words=model.corpus_total_words, epochs=3)
    assert opened[-1].closed
    assert np.isfinite(model.wv.vectors).all()
    job.open_card = make
    resumed = Word2Vec.resume(path, text(), device="cuda")
    np.testing.assert_allclose(resumed.wv.vectors, whole.wv.vectors, atol=1e-4)
    on_processor = Word2Vec.resume(path, text())
    np.testing.assert_array_equal(on_processor.wv.vectors, resumed.wv.vectors)  # it was over


def test_an_error_of_the_card_reaches_the_caller(played, monkeypatch) -> None:
    class Broken(Exception):
        pass

    cards = played(most_warps=1)

    def launch(*_: Any) -> None:
        raise Broken("the card is gone")

    monkeypatch.setattr(played_card.PlayedCard, "launch", launch)
    with pytest.raises(Broken, match="the card is gone"):
        Word2Vec(text(), device="cuda", **parameters())
    assert threading.active_count() < 5
    assert cards


def test_divergence_is_an_error(played) -> None:
    played(most_warps=1)
    with pytest.raises(TrainingError, match="diverged"):
        Word2Vec(text(), device="cuda", **parameters() | {"alpha": 50.0})


# ------------------------------------------------------------------------ what it refuses ----


def test_without_a_card_it_is_one_clear_error(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cuda.bindings", None)

    def train(given: dict[str, Any]) -> None:
        model = Word2Vec(**given, device="cuda", **parameters())
        model.build_vocab(text())
        model.train(text(), total_examples=300, epochs=1)

    for given in ({"sentences": text()}, {}):
        with pytest.raises(
            ConfigError, match=r"^device='cuda': cuda-bindings is not installed .*fastw2v\[cuda\].*device=\"cpu\""
        ):
            train(given)


def test_what_cannot_be_done_names_the_way_out(played) -> None:
    played()
    with pytest.raises(ConfigError, match=r"device='cuda' with softmax=True: .*device=\"cpu\""):
        Word2Vec(text(), device="cuda", softmax=True, min_count=1)
    with pytest.raises(ConfigError, match=r"vector_size=1025: .*1024 numbers.*device=\"cpu\""):
        Word2Vec(text(), device="cuda", vector_size=1025, min_count=1)
    with pytest.raises(ConfigError, match=r"device='gpu': must be 'cpu', 'cuda'"):
        Word2Vec(device="gpu")

    with pytest.raises(ConfigError, match=r"device='cuda' with window=\(5, 0\): .*device=\"cpu\""):
        Word2Vec(text(), device="cuda", window=(5, 0), min_count=1)
    model = Word2Vec(device="cuda", **parameters())
    model.build_vocab(text())
    model.syn1neg_lockf = np.zeros(1, np.float32)
    with pytest.raises(ConfigError, match=r"^syn1neg_lockf is not 1 everywhere: .*device=\"cpu\""):
        model.train(text(), total_examples=300, epochs=1)

    class Own(Word2Vec):
        def _do_train_job(self, *_: Any) -> tuple[int, int]:
            return 0, 0

    with pytest.raises(ConfigError, match="Own overrides _do_train_job"):
        Own(text(), device="cuda", min_count=1)


def test_several_processes_are_refused() -> None:
    refuse_to_share(None, Parameters(device="cuda"), False)
    with pytest.raises(ConfigError, match=r"device='cuda' with engine: .*device=\"cpu\""):
        refuse_to_share(object(), Parameters(device="cuda"), False)  # type: ignore[arg-type]


def test_the_device_is_that_of_a_whole_training(played) -> None:
    class Moves(CallbackAny2Vec):
        def on_epoch_end(self, model: Any) -> None:
            model.device = "cpu"

    cards = played(most_warps=1)
    with pytest.raises(ConfigError, match=r"device='cpu' was set while the model is trained.*call train\(\) again"):
        Word2Vec(text(), device="cuda", callbacks=[Moves()], **parameters())
    assert cards[-1].closed


def test_a_callback_that_fails_at_the_begin_leaves_no_card_open(played) -> None:
    class Fails(CallbackAny2Vec):
        def on_train_begin(self, model: Any) -> None:
            raise RuntimeError("not today")

    cards = played(most_warps=1)
    with pytest.raises(RuntimeError, match="not today"):
        Word2Vec(text(), device="cuda", callbacks=[Fails()], **parameters())
    assert all(card.closed for card in cards)


def test_the_environment_chooses_where_nothing_else_does(monkeypatch, played) -> None:
    cards = played(most_warps=1)
    monkeypatch.setenv("FASTW2V_DEVICE", "cuda:1")
    Word2Vec(text(), **parameters())
    assert cards[-1].name.endswith("cuda:1")
    n_cards = len(cards)
    Word2Vec(text(), device="cpu", **parameters())
    assert len(cards) == n_cards
    monkeypatch.setenv("FASTW2V_DEVICE", "tpu")
    with pytest.raises(ConfigError, match=r"environment variable FASTW2V_DEVICE: device='tpu'"):
        Word2Vec(text(), **parameters())


def test_the_command_line(tmp_path: Path, played) -> None:
    cards = played(most_warps=1)
    path = tmp_path / "text.txt"
    path.write_text("\n".join(map(" ".join, text())), "utf-8")
    done = main(["train", "-train", str(path), "--device", "cuda", "-min-count", "1", "-size", "8", "-q",
                 "--save-model", str(tmp_path / "m")])  # fmt: skip
    assert done == 0
    assert cards[-1].launched
    assert Word2Vec.load(tmp_path / "m").device is None, "a file says nothing of the device"


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    import subprocess

    program = (
        "import sys, fastw2v; fastw2v.Word2Vec([['a', 'b']] * 9, min_count=1); "
        "assert not [name for name in sys.modules if name.startswith(('cuda', 'fastw2v.cuda'))]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
