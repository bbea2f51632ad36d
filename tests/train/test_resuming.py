"""Going on from a checkpoint: the bits of an uninterrupted run, and corpora that are not the same any more."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.checkpoints import (
    MODES,
    SETTINGS,
    Foreign,
    Hook,
    assert_same,
    fail,
    interrupt,
    left_behind,
    make_sentences,
    position_of,
)

from fastw2v import Word2Vec
from fastw2v.errors import CorpusError, FormatError
from fastw2v.formats import native
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab
from fastw2v.train.fingerprint import fingerprint


@pytest.fixture(scope="module")
def sentences() -> list[list[str]]:
    return make_sentences()


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
    # chunks of 84 sentences of 12 words, as of a list: what was whole when sentence 4,000 was asked for
    assert (position["totals"]["n_words"], position["totals"]["n_chunks"]) == (47_376, 47)
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
    with pytest.raises(FormatError, match=r"no checkpoint.*Word2Vec\.load"):
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
