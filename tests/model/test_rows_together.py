"""Arrays that programs see are C-contiguous, and show the right numbers, at every time and on every way to get them."""

from __future__ import annotations

import copy
import ctypes
import pickle
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.allocations import peak_of
from support.gil import needs_gil

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.callbacks import CallbackAny2Vec, StopTraining
from fastw2v.errors import ConfigError, TrainingError
from fastw2v.train.threads import EpochRun

WORDS = [f"w{i}" for i in range(37)]
TEXT = [[WORDS[(i * j) % 37] for j in range(1, 15)] for i in range(60)]
SIZE = 100  # 400 bytes: rows do not fill their cache lines


def options(**changes: Any) -> dict[str, Any]:
    return {"vector_size": SIZE, "min_count": 1, "sample": 0, "workers": 1, "seed": 1, "epochs": 2, "hs": 1, **changes}


def built(**changes: Any) -> Word2Vec:
    model = Word2Vec(**options(**changes))
    model.build_vocab(TEXT)
    return model


def train(model: Word2Vec, corpus: Any = TEXT, epochs: int = 2, **more: Any) -> Word2Vec:
    model.train(corpus, total_examples=len(TEXT), epochs=epochs, **more)
    return model


def tables(model: Word2Vec) -> dict[str, np.ndarray]:
    names = [name for name in ("syn1neg", "syn1") if hasattr(model, name)]
    return {"vectors": model.wv.vectors, **{name: getattr(model, name) for name in names}}


def read_in_c(array: np.ndarray) -> np.ndarray:
    """What a program in C reads that knows the address and the shape."""
    n = array.shape[0] * array.shape[1]
    return np.array((ctypes.c_float * n).from_address(array.ctypes.data)).reshape(array.shape)


def check(model: Word2Vec) -> None:
    for name, array in tables(model).items():
        assert array.flags.c_contiguous, name
        assert array.flags.writeable, name
        assert array.dtype == np.float32, name
        assert np.array_equal(read_in_c(array), array), name
        assert memoryview(array).cast("B").nbytes == array.nbytes
        assert np.array_equal(np.frombuffer(array, np.float32).reshape(array.shape), array)
        assert np.abs(array).max() < 10, name


# ------------------------------------------------------------------- every way to get a table ----


class Kept(CallbackAny2Vec):
    """Checks the arrays within every hook."""

    n_calls = 0

    def __getattribute__(self, name: str) -> Any:
        if name in ("on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end"):
            return self.look
        return super().__getattribute__(name)

    def look(self, model: Word2Vec) -> None:
        check(model)
        self.n_calls += 1


def saved(tmp_path: Path) -> Path:
    train(built()).save(tmp_path / "a.model")
    return tmp_path / "a.model"


def resumed(tmp_path: Path) -> Word2Vec:
    path = tmp_path / "a.checkpoint"

    def fails(model: Word2Vec) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        train(built(), callbacks=[hook("on_epoch_end", fails)], checkpoint=path, checkpoint_every="1 epoch")
    return Word2Vec.resume(path, TEXT)


def hook(name: str, call: Callable[[Word2Vec], Any]) -> CallbackAny2Vec:
    callback = CallbackAny2Vec()
    setattr(callback, name, call)
    return callback


def updated(tmp_path: Path) -> Word2Vec:
    model = train(built())
    model.build_vocab([["new", "words"]] * 3, update=True)
    check(model)
    return train(model)


def scored(tmp_path: Path) -> Word2Vec:
    model = train(built(negative=0))
    model.score(TEXT[:3])
    return model


def by_hand(tmp_path: Path) -> Word2Vec:
    model = built()
    model._do_train_job(TEXT, 0.025, None)
    return model


def again(model: Word2Vec) -> Word2Vec:
    check(model)
    return train(model)


class Overrides(Word2Vec):
    def _do_train_job(self, sentences: list[Any], alpha: float, inits: Any) -> tuple[int, int]:
        return super()._do_train_job(sentences, alpha, inits)

    def _log_epoch_end(self, *args: Any, **named: Any) -> None:
        check(self)


WAYS: dict[str, Callable[[Path], Word2Vec]] = {
    "built": lambda path: built(),
    "trained": lambda path: train(built()),
    "constructor": lambda path: Word2Vec(TEXT, **options()),
    "threads": lambda path: train(built(workers=3)),
    "softmax": lambda path: train(built(softmax=True, negative=0, hs=0)),
    "init_weights": lambda path: initialised(train(built())),
    "updated": updated,
    "scored": scored,
    "by hand": by_hand,
    "overrides": lambda path: Overrides(TEXT, **options()),
    "loaded": lambda path: again(Word2Vec.load(saved(path))),
    "resumed": resumed,
    "pickled": lambda path: again(pickle.loads(pickle.dumps(train(built())))),
    "pickled, protocol 2": lambda path: again(pickle.loads(pickle.dumps(train(built()), 2))),
    "deep copy": lambda path: again(copy.deepcopy(train(built()))),
    "copy": lambda path: again(copy.copy(train(built()))),
    "reset_from": lambda path: again(taken_over(train(built()))),
    "state": lambda path: again(restored(train(built()))),
    "Fortran order": lambda path: train(with_vectors(built(), np.asfortranarray)),
    "a list of callbacks": lambda path: train(built(), callbacks=[Kept()]),
}


def initialised(model: Word2Vec) -> Word2Vec:
    model.init_weights()
    return model


def taken_over(model: Word2Vec) -> Word2Vec:
    other = Word2Vec(**options())
    other.reset_from(model)
    return other


def restored(model: Word2Vec) -> Word2Vec:
    other = Word2Vec()
    other._set_state(*model._state(), name="a model")
    return other


def with_vectors(model: Word2Vec, change: Callable[[np.ndarray], np.ndarray]) -> Word2Vec:
    model.wv.vectors = change(model.wv.vectors)
    return model


@pytest.mark.parametrize("way", WAYS)
def test_tables_can_be_read_in_c(way: str, tmp_path: Path) -> None:
    check(WAYS[way](tmp_path))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_tables_of_files_can_be_read_in_c(suffix: str, tmp_path: Path) -> None:
    model = train(built())
    model.save(tmp_path / f"a.model{suffix}")
    loaded = Word2Vec.load(tmp_path / f"a.model{suffix}")
    for name, array in tables(model).items():
        assert np.array_equal(tables(loaded)[name], array)
    check(loaded)
    check(train(loaded))
    model.wv.save(tmp_path / f"a.kv{suffix}")
    model.wv.save_word2vec_format(tmp_path / f"a.bin{suffix}", binary=True)
    for kv in (
        KeyedVectors.load(tmp_path / f"a.kv{suffix}"),
        KeyedVectors.load_word2vec_format(tmp_path / f"a.bin{suffix}", binary=True),
        model.wv.subset(WORDS[:9]), model.wv.truncate(33), copy.deepcopy(model.wv),
    ):  # fmt: skip
        assert kv.vectors.flags.c_contiguous
        assert np.array_equal(read_in_c(kv.vectors), kv.vectors)


def test_hooks_see_tables_that_can_be_read_in_c() -> None:
    seen = Kept()
    train(built(), epochs=3, callbacks=[seen])
    assert seen.n_calls == 2 + 2 * 3


@pytest.mark.parametrize("size", [1, 15, 16, 17, 32, 100])
@pytest.mark.parametrize("sg", [0, 1])
def test_the_same_is_learnt_in_place_and_apart(size: int, sg: int) -> None:
    """A variable that holds an array has a copy trained in its place."""
    kinds: list[Callable[[np.ndarray], np.ndarray]] = [lambda rows: rows, np.copy, np.asfortranarray, np.float64]
    found = []
    for change in kinds:
        model = with_vectors(built(vector_size=size, sg=sg), change)
        held = model.wv.vectors, model.syn1neg[3:5]
        train(model, callbacks=[Kept()] if change is np.copy else [])
        assert model.wv.vectors is held[0]
        assert np.array_equal(held[1], model.syn1neg[3:5])
        found.append(tables(model))
    found.append(tables(train(built(vector_size=size, sg=sg))))
    found.append(tables(train(built(vector_size=size, sg=sg), callbacks=[Kept()])))
    for other in found[1:]:
        for name, array in other.items():
            assert np.array_equal(array, found[0][name]), name


# ---------------------------------------------------------------------- what programs hold ----


def test_rows_stay_where_they_are_in_memory() -> None:
    model = built()
    places = {name: array.ctypes.data for name, array in tables(model).items()}
    train(train(model), callbacks=[Kept()])
    assert {name: array.ctypes.data for name, array in tables(model).items()} == places


def test_views_from_before_show_at_any_time_what_they_showed_and_then_what_was_learnt() -> None:
    model = built()
    whole, row, buffer = model.wv.vectors, model.wv[WORDS[3]], memoryview(model.syn1neg)
    before = whole.copy()

    class Corpus:
        def __iter__(self) -> Iterator[Any]:
            for sentence in TEXT:
                assert np.array_equal(whole, before)  # of an epoch that runs, nothing is there yet
                yield sentence

    train(model, Corpus(), epochs=1)
    assert model.wv.vectors is whole
    assert not np.array_equal(whole, before)
    assert np.array_equal(row, model.wv[WORDS[3]])
    assert np.array_equal(np.asarray(buffer), model.syn1neg)
    assert np.array_equal(model.wv.vectors, train(built(), epochs=1).wv.vectors)


def test_an_array_that_is_taken_during_training_keeps_its_numbers() -> None:
    taken = []

    class Takes(Word2Vec):
        def _do_train_job(self, sentences: list[Any], alpha: float, inits: Any) -> tuple[int, int]:
            done = super()._do_train_job(sentences, alpha, inits)
            taken.append(self.wv.vectors)
            return done

    model = Takes(TEXT, **options(epochs=1, batch_words=10**6))
    check(model)
    (array,) = taken
    before = array.copy()
    assert np.array_equal(before, model.wv.vectors)
    train(model)
    assert np.array_equal(array, before)
    assert not np.array_equal(array, model.wv.vectors)


def fixed(model: Word2Vec) -> np.ndarray:
    """Lock the input vectors: whoever sees other numbers sees rows on their way."""
    model.wv.vectors_lockf = np.zeros(1, np.float32)
    return model.wv.vectors.copy()


@pytest.mark.parametrize("workers", [1, 3])
def test_other_threads_see_vectors_whenever_they_look(workers: int) -> None:
    model = built(hs=0, workers=workers)
    rows = fixed(model)
    wrong: list[str] = []
    n_seen, over = 0, threading.Event()

    def watch() -> None:
        nonlocal n_seen
        while not over.is_set():
            array = model.wv.vectors
            time.sleep(0)
            wrong.extend(f"{look.strides}" for look in (array, model.wv.vectors) if not np.array_equal(look, rows))
            del array  # now rows may move
            if model.wv.most_similar(WORDS[5], topn=1) != best:
                wrong.append("most_similar")
            n_seen += 1
            time.sleep(0.001)

    best = model.wv.most_similar(WORDS[5], topn=1)
    threads = [threading.Thread(target=watch) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for i in range(2000):
            if i >= 40 and n_seen > 10:
                break
            train(model, TEXT[:5], epochs=1 + i % 2, callbacks=[Kept()] if i % 3 else [])
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not wrong
    assert n_seen > 10
    check(model)


def test_other_threads_see_what_is_learnt() -> None:
    """While they hold nothing, and while they hold an array from before."""
    for hold in (False, True):
        model = built()
        held = model.wv.vectors if hold else None
        before, seen = model.wv.vectors.copy(), []

        class Corpus:
            def __iter__(self) -> Iterator[Any]:
                for _ in range(400):
                    seen.append(np.abs(model.wv.vectors - before).max())  # noqa: B023
                    yield from TEXT

        train(model, Corpus(), epochs=1)
        assert any(moved > 0 for moved in seen), hold
        del held


def test_two_trainings_of_one_model_at_a_time() -> None:
    model = built(hs=0)
    rows = fixed(model)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(15):
                model._do_train_job(TEXT, 0.025, None)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert np.array_equal(model.wv.vectors, rows)
    check(model)


# -------------------------------------------------------------------- whatever ends training ----


def raises(error: BaseException) -> Callable[..., Any]:
    def call(*_: Any) -> None:
        raise error

    return call


class Breaks:
    """A corpus that fails in the second epoch, half way."""

    def __init__(self, how: Callable[[], Any]) -> None:
        self.how, self.n = how, 0

    def __iter__(self) -> Iterator[Any]:
        self.n += 1
        for i, sentence in enumerate(TEXT):
            if self.n == 2 and i == 30:
                self.how()
            yield sentence


ENDS: dict[str, tuple[type[BaseException] | None, Callable[[Word2Vec], Any]]] = {
    "corpus": (OSError, lambda model: train(model, Breaks(raises(OSError())))),
    "interrupt": (
        KeyboardInterrupt, lambda model: train(model, Breaks(lambda: signal.raise_signal(signal.SIGINT)), 9)
    ),
    **{
        name: (OSError, lambda model, name=name: train(model, callbacks=[hook(name, raises(OSError()))]))
        for name in ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")
    },
    "stop": (None, lambda model: train(model, callbacks=[hook("on_epoch_end", raises(StopTraining()))])),
    "divergence": (TrainingError, lambda model: train(model, start_alpha=1e6, epochs=9)),
    "second array": (ConfigError, lambda model: train(read_only_output(model))),
}  # fmt: skip


def read_only_output(model: Word2Vec) -> Word2Vec:
    model.syn1neg = np.array(model.syn1neg)
    model.syn1neg.setflags(write=False)
    return model


@pytest.mark.parametrize("end", ENDS)
def test_whatever_ends_training(end: str) -> None:
    error, run = ENDS[end]
    model = built(hs=0)
    rows = fixed(model)
    if error is None:
        run(model)
    else:
        with pytest.raises(error):
            run(model)
    for array in tables(model).values():
        assert array.flags.c_contiguous
        assert np.array_equal(read_in_c(array), array, equal_nan=True)
    assert np.array_equal(model.wv.vectors, rows)


@needs_gil
def test_rows_that_a_thread_may_still_write_stay_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a second Ctrl-C, nobody waited for the threads."""
    model = built(hs=0)
    place, rows = model.wv.vectors.ctypes.data, fixed(model)
    monkeypatch.setattr(EpochRun, "over", False)
    train(model)
    assert model.wv.vectors.ctypes.data != place
    assert np.array_equal(model.wv.vectors, rows)
    check(model)


# ------------------------------------------------------------------------- memory, and types ----


@needs_gil
def test_training_needs_no_second_table(tmp_path: Path) -> None:
    keys = {f"w{i}": 5 for i in range(20_000)}
    model = Word2Vec(vector_size=SIZE, min_count=1)
    model.build_vocab_from_freq(keys, corpus_count=1)
    model.save(tmp_path / "a.model")
    size = model.wv.vectors.nbytes

    def short(model: Word2Vec) -> int:
        return peak_of(lambda: model.train([["w1", "w2"]], total_examples=1, epochs=2))[0]

    assert short(model) < size / 2
    peak, loaded = peak_of(lambda: Word2Vec.load(tmp_path / "a.model"))
    assert peak < 2 * model.estimate_memory()["total"]
    assert short(loaded) < size / 2
    copied = copy.deepcopy(model)
    assert size < short(copied) < 2.6 * size  # room for two tables is made ...
    assert short(copied) < size / 2  # ... once


def test_a_model_is_freed_as_soon_as_nobody_needs_it() -> None:
    """Without waiting for the collector of cycles: tables are large."""
    model = train(built())
    table = model.wv.vectors
    weak = weakref.ref(model.syn1neg.base.users)
    del model, table
    assert weak() is None


def test_what_callbacks_write_is_trained_on_whatever_holds_the_array() -> None:
    found = []
    for change in (None, np.float64):
        model = built(hs=0) if change is None else with_vectors(built(hs=0), change)

        def write(model: Word2Vec) -> None:
            model.wv.vectors[2] = 0.5

        train(model, epochs=3, callbacks=[hook("on_epoch_end", write)])
        found.append(model.wv.vectors.astype(np.float32))
    assert np.array_equal(*found)


def test_float16_does_not_lose_between_epochs_what_float32_has_learnt() -> None:
    model = with_vectors(built(hs=0), np.float16)
    whole = with_vectors(built(hs=0), lambda rows: rows.astype(np.float16).astype(np.float32))
    train(model, epochs=4, callbacks=[CallbackAny2Vec()])
    train(whole, epochs=4)
    assert model.wv.vectors.dtype == np.float16
    assert np.array_equal(model.wv.vectors, whole.wv.vectors.astype(np.float16))


def test_arrays_of_integers_are_refused_before_training() -> None:
    model = with_vectors(built(), lambda rows: (rows * 1e4).astype(np.int32))
    with pytest.raises(ConfigError, match=r"wv\.vectors is an array of int32"):
        train(model)
