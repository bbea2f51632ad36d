"""What goes wrong ends within seconds, with an error that names the cause and the way out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastw2v import Word2Vec
from fastw2v.callbacks import CallbackAny2Vec
from fastw2v.errors import ConfigError, CorpusError, VocabularyError

pytestmark = pytest.mark.timeout(30)

CORPUS = [["a", "b", "c", "d"], ["b", "c", "e"]] * 20


def train(sentences: Any = CORPUS, **changes: Any) -> Word2Vec:
    return Word2Vec(sentences, **{"vector_size": 4, "min_count": 1, "workers": 2, "epochs": 2, **changes})


class DiskError(Exception):
    """An error that nobody here knows."""


class FailingCorpus:
    """Fails in the middle of a given pass."""

    def __init__(self, failing_pass: int, n_sentences: int = 30_000) -> None:
        self.failing_pass, self.n_sentences, self.n_passes = failing_pass, n_sentences, 0

    def __iter__(self) -> Iterator[list[str]]:
        self.n_passes += 1
        for number in range(self.n_sentences):
            if self.n_passes == self.failing_pass and number == self.n_sentences // 2:
                raise DiskError("sector 7")
            yield ["a", "b", "c"]


# --------------------------------------------------------------------------------- sources ----


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("failing_pass", [1, 2, 3], ids=["scan", "first epoch", "second epoch"])
def test_a_source_that_raises_in_the_middle(failing_pass: int, workers: int) -> None:
    with pytest.raises(DiskError, match="sector 7"):
        train(FailingCorpus(failing_pass), workers=workers)


def test_a_generator_function_that_raises_in_the_middle() -> None:
    def walks() -> Iterator[list[str]]:
        yield from CORPUS
        raise DiskError("sector 8")

    with pytest.raises(DiskError, match="sector 8"):
        train(walks)


def test_a_generator_is_refused_before_any_work() -> None:
    with pytest.raises(CorpusError, match=r"generator.*pass list"):
        train(sentence for sentence in CORPUS)


def test_an_iterator_that_is_used_up_warns(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(CorpusError, match="a list_iterator, which gives its sentences once"):
        train(iter(CORPUS))
    model = train(CORPUS)
    model.train(iter(CORPUS), total_examples=len(CORPUS), epochs=2)  # as in gensim: one epoch, then a warning
    assert "object whose __iter__ starts anew" in caplog.text


@pytest.mark.parametrize(
    ("token", "name"), [(["nested"], "list"), ({"a": 1}, "dict"), ({1}, "set")], ids=["list", "dict", "set"]
)
@pytest.mark.parametrize("make", [list, lambda corpus: FreshIterable(corpus)], ids=["list", "iterable"])
def test_an_unhashable_token(make: Callable[..., Any], token: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"(?s)sentence 1.*{name}"):
        train(make([["a", "b"], ["c", token], ["d"]]))


class FreshIterable:
    def __init__(self, corpus: Any) -> None:
        self.corpus = corpus

    def __iter__(self) -> Iterator[Any]:
        return iter(self.corpus)


@pytest.mark.parametrize("make", [list, FreshIterable, lambda corpus: lambda: iter(corpus)])
@pytest.mark.parametrize("corpus", [[], [[]], [[], [], []]], ids=["nothing", "one empty", "three empty"])
def test_an_empty_corpus(make: Callable[..., Any], corpus: list[list[str]]) -> None:
    with pytest.raises(VocabularyError, match=r"(?i)no words|empty|build vocabulary"):
        train(make(corpus))


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text("")
    with pytest.raises(VocabularyError, match=r"(?i)no words|empty|build vocabulary"):
        Word2Vec(corpus_file=path)


@pytest.mark.parametrize("options", [{}, {"hs": 1}, {"hs": 1, "negative": 0}, {"null_word": 1}, {"max_final_vocab": 0}])
def test_a_corpus_emptied_by_min_count(options: dict[str, Any]) -> None:
    with pytest.raises(VocabularyError, match="min_count"):
        train(min_count=1000, **options)
    with pytest.raises(VocabularyError, match="empty"):
        train([], **options)
    model = Word2Vec(min_count=1000, vector_size=4, **options)
    model.scan_vocab(CORPUS)
    assert model.prepare_vocab(dry_run=True) == {
        "drop_unique": 5, "retain_total": 0, "downsample_unique": 0, "downsample_total": 0, "num_retained_words": 0,
    }  # fmt: skip
    model.build_vocab(CORPUS)
    assert len(model.wv) == 0


def test_a_vocabulary_that_is_emptied_later_leaves_no_tree() -> None:
    model = train(hs=1)
    model.build_vocab(CORPUS, min_count=1000)
    assert (len(model.wv), sorted(model.wv.expandos)) == (0, ["count", "sample_int"])
    model.build_vocab(CORPUS, min_count=1)
    model.train(CORPUS, total_examples=len(CORPUS), epochs=1)


def test_the_null_word_is_not_down_sampled() -> None:
    model = Word2Vec(min_count=1, vector_size=4, null_word=1, sample=1e-9)
    model.scan_vocab(CORPUS)
    assert model.prepare_vocab(dry_run=True)["downsample_unique"] == 5


@pytest.mark.parametrize("text", ["a plain text", b"bytes", Path("corpus.txt")], ids=["str", "bytes", "path"])
def test_text_instead_of_a_list(text: Any) -> None:
    with pytest.raises(CorpusError, match="corpus_file="):
        train(text)


@pytest.mark.parametrize("text", ["a plain text", b"bytes", Path("corpus.txt")], ids=["str", "bytes", "path"])
def test_a_function_that_gives_text_instead_of_a_list(text: Any) -> None:
    with pytest.raises(CorpusError, match=r"corpus function .*gave the .*corpus_file="):
        train(lambda: text)


@pytest.mark.parametrize("corpus", [5, 2.5, object()], ids=["int", "float", "object"])
def test_something_that_is_no_corpus(corpus: Any) -> None:
    with pytest.raises(CorpusError, match=type(corpus).__name__):
        train(corpus)


def test_a_sentence_without_length_is_named() -> None:
    with pytest.raises(CorpusError, match=r"sentence 2 is 7 of type int"):
        train([["a"], ["b"], 7])


@pytest.mark.parametrize("kind", ["path", "str", "list"])
def test_a_missing_file(kind: str, tmp_path: Path) -> None:
    path: Any = tmp_path / "missing.txt"
    with pytest.raises(FileNotFoundError, match=r"missing\.txt"):
        Word2Vec(corpus_file={"path": path, "str": str(path), "list": [path]}[kind])


def test_both_kinds_of_corpus() -> None:
    with pytest.raises(CorpusError, match="exactly one of the two"):
        Word2Vec(CORPUS, corpus_file="x.txt")


# ------------------------------------------------------------------------------ parameters ----

NAN = float("nan")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", 0),
        ("window", -1),
        ("window", 2.5),
        ("workers", 0),
        ("workers", -2),
        ("alpha", NAN),
        ("alpha", float("inf")),
        ("alpha", "fast"),
        ("min_alpha", NAN),
        ("vector_size", 0),
        ("vector_size", -3),
        ("epochs", 0),
        ("negative", -1),
        ("sample", -1.0),
        ("sample", NAN),
        ("ns_exponent", NAN),
        ("seed", "x"),
        ("window", 2**31),
        ("window", 10**20),
        pytest.param("window", 10**400, id="window-no float"),
        ("negative", 2**31),
        ("vector_size", 2**31),
        pytest.param("alpha", 10**400, id="alpha-no float"),
        ("min_count", None),
        ("min_count", "x"),
        ("min_count", NAN),
        ("max_vocab_size", "x"),
        ("max_final_vocab", 2.5),
        ("max_final_vocab", -1),
    ],
)
def test_a_parameter_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"^{name}=.*must be.*; "):
        train(**{name: value})


class Unread:
    """A corpus that fails if anybody begins to read it."""

    def __iter__(self) -> Iterator[list[str]]:
        raise AssertionError("the corpus was read before the parameters were checked")


@pytest.mark.parametrize(
    ("name", "value"),
    [("min_count", "x"), ("max_vocab_size", "x"), ("max_final_vocab", "x"), ("trim_rule", "x"), ("callbacks", 5),
     ("callbacks", None)],
)  # fmt: skip
def test_a_parameter_of_a_wrong_type_before_the_corpus_is_read(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"^{name}=.*must be") as caught:
        train(Unread(), **{name: value})
    assert isinstance(caught.value, TypeError)  # as in gensim


@pytest.mark.parametrize("call", ["build_vocab", "scan_vocab"])
@pytest.mark.parametrize(("name", "value"), [("max_vocab_size", "x"), ("min_count", None), ("max_final_vocab", 2.5)])
def test_a_bad_limit_set_after_the_constructor(call: str, name: str, value: Any) -> None:
    model = Word2Vec(vector_size=4)
    setattr(model, name, value)
    with pytest.raises(ConfigError, match=rf"^{name}="):
        getattr(model, call)(Unread())


def test_a_bad_limit_of_one_call() -> None:
    model = Word2Vec(vector_size=4)
    with pytest.raises(ConfigError, match=r"^min_count='x'"):
        model.build_vocab(Unread(), min_count="x")
    with pytest.raises(ConfigError, match=r"^trim_rule=7"):
        model.build_vocab(Unread(), trim_rule=7)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"^trim_rule=7"):
        model.build_vocab_from_freq({"a": 9}, trim_rule=7)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [np.int8(1), np.int32(1), np.uint64(2**64 - 1), np.int16(-3), -1, 10**29, -(10**40)])
def test_any_integer_is_a_seed(seed: Any) -> None:
    model, again = train(seed=seed, workers=1), train(seed=int(seed), workers=1)
    assert model.seed == int(seed)
    assert (model.wv.vectors == again.wv.vectors).all()
    model.seed = np.int32(-5)  # type: ignore[assignment]
    model.init_weights()


def test_no_objective() -> None:
    with pytest.raises(ConfigError, match=r"negative=5.*hs=1"):
        train(hs=0, negative=0)


def test_a_bad_parameter_set_after_the_constructor() -> None:
    model = train()
    model.window = 0
    with pytest.raises(ConfigError, match="window=0"):
        model.train(CORPUS, total_examples=len(CORPUS), epochs=1)


@pytest.mark.parametrize("sg", [0, 1])
def test_a_tree_of_one_word(sg: int) -> None:
    with pytest.raises(VocabularyError, match=r"one word.*negative=5"):
        train([["a", "a"]] * 9, hs=1, negative=0, sg=sg)


def test_training_without_a_vocabulary() -> None:
    with pytest.raises(VocabularyError, match=r"build_vocab\(\)"):
        Word2Vec().train(CORPUS, total_examples=1, epochs=1)


def test_training_that_diverges_says_so() -> None:
    with pytest.raises(RuntimeError, match="smaller alpha"):
        train(alpha=1e30, min_alpha=1e30, sg=1, sample=0, epochs=9)


# ------------------------------------------------------------------------------- callbacks ----


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end"])
def test_a_callback_that_raises(hook: str) -> None:
    def fail(_: Any) -> None:
        raise DiskError(hook)

    callback = CallbackAny2Vec()
    setattr(callback, hook, fail)
    model = Word2Vec(vector_size=4, min_count=1, workers=2)
    model.build_vocab(CORPUS)
    with pytest.raises(DiskError, match=hook):
        model.train(CORPUS, total_examples=len(CORPUS), epochs=2, callbacks=[callback])
    assert len(model.wv.most_similar("a", topn=2)) == 2  # usable all the same


def test_a_callback_without_the_hooks() -> None:
    with pytest.raises(AttributeError, match="on_train_begin"):
        train(callbacks=[object()])


# ---------------------------------------------------------------------------------- Ctrl-C ----


def interrupted(program: str, ready: str = "ready") -> tuple[float, str]:
    """Run a program, send it SIGINT once it prints a line; seconds until it ended, and its output."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if line.strip() != ready:
        process.kill()
        pytest.fail(f"the program did not get ready: {line} {process.communicate()}")
    time.sleep(0.5)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        output, errors = process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail("Ctrl-C did not end the program")
    assert process.returncode == 0, errors
    return time.monotonic() - started, output


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process on Windows")

LISTENING = """
    from fastw2v import Word2Vec
    from fastw2v.callbacks import CallbackAny2Vec

    class Ready(CallbackAny2Vec):
        def on_epoch_begin(self, model):
            if not model.loss_history:
                print("ready", flush=True)
"""


@needs_signals
@pytest.mark.parametrize("source", ["corpus", "lambda: iter(corpus)"], ids=["list", "function"])
def test_ctrl_c_leaves_a_usable_model(source: str) -> None:
    seconds, output = interrupted(
        LISTENING
        + f"""
    corpus = [[str(i * 7 % 1000 + j) for j in range(50)] for i in range(4000)]
    model = Word2Vec(vector_size=100, min_count=1, workers=2, progress=False)
    model.build_vocab(corpus)
    try:
        model.train({source}, total_examples=len(corpus), epochs=10**6, callbacks=[Ready()])
    except KeyboardInterrupt:
        print("interrupted", len(model.wv.most_similar("17", topn=3)), bool(abs(model.wv["17"]).sum() > 0))
    """
    )
    assert output == "interrupted 3 True\n"
    assert seconds < 3  # within a second on a quiet machine


@needs_signals
def test_ctrl_c_while_the_source_blocks_for_ever() -> None:
    seconds, output = interrupted(
        LISTENING
        + """
    import threading
    class Blocking:
        n_passes = 0
        def __iter__(self):
            self.n_passes += 1
            yield from [["a", "b", "c"]] * 100
            if self.n_passes > 1:
                threading.Event().wait()
    model = Word2Vec(vector_size=8, min_count=1, workers=2, progress=False)
    corpus = Blocking()
    model.build_vocab(corpus)
    try:
        model.train(corpus, total_examples=model.corpus_count, epochs=5, callbacks=[Ready()])
    except KeyboardInterrupt:
        print("interrupted", len(model.wv))
    """
    )
    assert output == "interrupted 3\n"
    assert seconds < 4


@needs_signals
def test_ctrl_c_while_the_vocabulary_is_counted() -> None:
    seconds, output = interrupted(
        """
    import itertools
    from fastw2v import Word2Vec
    class Endless:
        def __iter__(self):
            print("ready", flush=True)
            return (["a", "b", str(i % 1000)] for i in itertools.count())
    try:
        Word2Vec(Endless(), progress=False)
    except KeyboardInterrupt:
        print("interrupted")
    """
    )
    assert output == "interrupted\n"
    assert seconds < 3
