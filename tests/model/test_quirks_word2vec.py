"""The quirks of gensim's Word2Vec that are fixed here: each test fails on gensim 4.4 (docs/divergences.md)."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastw2v
from fastw2v import KeyedVectors, Word2Vec, utils
from fastw2v.callbacks import CallbackAny2Vec

TEXT = [["a", "b", "c", "d"], ["b", "c", "e"], ["a", "e", "f", "a"]] * 40
N_WORDS = sum(map(len, TEXT))
SMALL: dict[str, Any] = {"vector_size": 12, "min_count": 1, "workers": 2, "seed": 3, "sample": 0}


def built(**changes: Any) -> Word2Vec:
    model = Word2Vec(**{**SMALL, **changes})
    model.build_vocab(TEXT)
    return model


class Failing:
    def __iter__(self) -> Any:
        yield from TEXT[:10]
        raise OSError("the disk is gone")


@pytest.mark.parametrize("corpus", [[["a", []]], [None], [["a"], 7]])
def test_1_a_corpus_that_is_none_raises(corpus: list[Any]) -> None:
    with pytest.raises(TypeError):
        built().train(corpus, total_examples=1, epochs=1)


def test_1_an_error_of_the_corpus_reaches_the_caller() -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        built().train(Failing(), total_examples=10, epochs=2)


def test_1_what_hung_is_refused_or_works(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="window=0"):
        Word2Vec(TEXT, window=0)
    with pytest.raises(RuntimeError, match="one word"):
        Word2Vec([["a", "a"]] * 9, hs=1, negative=0, min_count=1)
    other = Word2Vec(**SMALL)
    other.reset_from(built())
    assert other.train(TEXT, total_examples=len(TEXT), epochs=1) == (N_WORDS, N_WORDS)
    path = tmp_path / "text"
    path.write_text("a b c\n" * 9)
    assert Word2Vec(corpus_file=path, **SMALL).corpus_total_words == 27
    arrays = [np.array(["a", "b"]), np.array(["b", "c"])]
    assert built().train(arrays, total_examples=2, epochs=1) == (4, 4)


def test_2_long_texts_and_large_batches_are_trained_whole() -> None:
    model = built(batch_words=10**6)
    assert model.train([["a", "b"] * 10_000], total_examples=1, epochs=1) == (20_000, 20_000)
    assert model.train([["unknown"]] * 60_000, total_examples=60_000, epochs=1) == (0, 60_000)


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_3_files_are_trained_once_whatever_the_workers(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "text"
    path.write_text("\n".join(" ".join(sentence) for sentence in TEXT) + "\n", encoding="utf8")
    model = built(workers=workers)
    assert model.train(corpus_file=str(path), total_words=N_WORDS, epochs=2) == (2 * N_WORDS, 2 * N_WORDS)


def test_3_and_8_the_learning_rate_falls_in_files_too(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("\n".join(" ".join(sentence) for sentence in TEXT), encoding="utf8")
    model = Word2Vec(corpus_file=path, **SMALL)
    assert model.min_alpha_yet_reached == pytest.approx(model.min_alpha)


def test_3_white_space_is_the_same_in_files_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a\u3000b c\u2028d\x85e\n" * 9, encoding="utf8")
    model = Word2Vec(corpus_file=str(path), **{**SMALL, "workers": 1})
    assert model.train(corpus_file=str(path), total_words=45, epochs=1) == (45, 45)


def test_4_the_loss_is_exact_and_of_each_epoch() -> None:
    model = built()
    model.train(TEXT, total_examples=len(TEXT), epochs=3, compute_loss=True)
    assert len(model.loss_history) == 3
    assert isinstance(model.running_training_loss, float)
    # each pair starts with 6 targets of probability 1/2, and gets better
    assert 0 < model.loss_history[-1] <= model.loss_history[0] < 6 * np.log(2) + 0.01


def test_5_a_confidently_wrong_pair_is_corrected() -> None:
    model = built(hs=1, negative=0, sg=1, window=1, workers=1)
    labels = 1.0 - 2.0 * model.wv.expandos["code"][model.wv.key_to_index["b"]]
    points = model.wv.expandos["point"][model.wv.key_to_index["b"]]
    model.wv.vectors[:] = 1.0
    model.syn1[points] = -labels[:, None].astype(np.float32)  # dot = -12 * label: gensim skips |dot| >= 6
    before = model.syn1[points].copy()
    model.train([["a", "b"]], total_examples=1, epochs=1, start_alpha=0.1, end_alpha=0.1)
    moved = (model.syn1[points] - before).mean(axis=1) * labels
    assert (moved > 0.05).all()


def test_5_the_sigmoid_of_zero_is_a_half() -> None:
    model = built(hs=1, negative=0, sg=1, window=1, workers=1)
    paths = {key: model.wv.get_vecattr(key, "point").tolist() for key in model.wv.index_to_key}
    key, other = next((a, b) for a in paths for b in paths if set(paths[a]) - set(paths[b]))
    model.wv.vectors[:], model.syn1[:] = 1.0, 0.0
    model.train([[other, key]], total_examples=1, epochs=1, start_alpha=1e-3, end_alpha=1e-3)
    alone = [point for point in paths[key] if point not in paths[other]]  # moved by one pair
    np.testing.assert_allclose(np.abs(model.syn1[alone]), 5e-4, rtol=1e-3)  # gensim: sigmoid(0) is 0.494


def test_6_the_exact_gradient_of_the_mean_is_an_option() -> None:
    steps = []
    for exact in (False, True):
        model = built(cbow_exact=exact, shrink_windows=False, workers=1, hs=1, negative=0)
        model.syn1[:] = 0.1
        before = model.wv.vectors.copy()
        model.train([["a", "c", "b"]], total_examples=1, epochs=1, start_alpha=1e-3, end_alpha=1e-3)
        steps.append(np.abs(model.wv.vectors - before).max())
    assert steps[0] == pytest.approx(2 * steps[1], rel=0.05)  # two words of context


def test_7_queries_in_callbacks_see_the_vectors_as_they_are() -> None:
    class Watching(CallbackAny2Vec):
        found: list[tuple[float, float]]

        def on_train_begin(self, model: Any) -> None:
            self.found = []

        def on_epoch_end(self, model: Any) -> None:
            a, b = model.wv["a"], model.wv["b"]
            score = dict(model.wv.most_similar("a", topn=5))["b"]
            self.found.append((score, float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))))

    model, callback = built(sg=1), Watching()
    model.train(TEXT, total_examples=len(TEXT), epochs=4, start_alpha=0.5, callbacks=[callback])
    seen, true = zip(*callback.found, strict=True)
    assert len(seen) == 4
    np.testing.assert_allclose(seen, true, rtol=1e-4)


@pytest.mark.gensim
@pytest.mark.parametrize("rule", [None, "discard a", "keep c"])
@pytest.mark.parametrize("from_counts", [False, True])
def test_an_update_adds_all_that_it_finds_of_known_words_as_gensim_does(rule: str | None, from_counts: bool) -> None:
    gensim = pytest.importorskip("gensim.models.word2vec")
    rules = {
        None: None,
        "discard a": lambda word, *_: utils.RULE_DISCARD if word == "a" else utils.RULE_DEFAULT,
        "keep c": lambda word, *_: utils.RULE_KEEP if word == "c" else utils.RULE_DEFAULT,
    }
    found = []
    for cls in (gensim.Word2Vec, Word2Vec):
        model = cls([["a"] * 10 + ["b"] * 10], min_count=5, vector_size=4)
        if from_counts:
            model.build_vocab_from_freq({"a": 2, "c": 5, "b": 7, "d": 4}, update=True, trim_rule=rules[rule])
        else:
            model.build_vocab([["a", "a", "d"] + ["c"] * 5 + ["b"] * 7], update=True, trim_rule=rules[rule])
        found.append([(word, int(model.wv.get_vecattr(word, "count"))) for word in model.wv.index_to_key])
    assert found[0] == found[1] == [("b", 17), ("a", 12), ("c", 5)]


def test_12_thresholds_follow_the_merged_counts() -> None:
    model = built(sample=0.05)
    model.build_vocab([["a", "new"]] * 10, update=True)
    counts = model.wv.expandos["count"]
    fresh = Word2Vec(**{**SMALL, "sample": 0.05})
    fresh.build_vocab_from_freq(dict(zip(model.wv.index_to_key, counts.tolist(), strict=True)))
    for key in model.wv.index_to_key:
        assert model.wv.get_vecattr(key, "sample_int") == fresh.wv.get_vecattr(key, "sample_int")


def test_13_settings_of_one_call_are_of_that_call() -> None:
    model = built(compute_loss=True)
    model.train(TEXT, total_examples=len(TEXT), epochs=2, start_alpha=0.0, end_alpha=0.0)
    assert (model.alpha, model.min_alpha) == (0.025, 0.0001)
    np.testing.assert_array_equal(model.wv.vectors, built().wv.vectors)  # alpha 0 means 0
    assert model.running_training_loss > 0  # the constructor's compute_loss holds
    with pytest.raises(ValueError, match="epochs"):
        model.train(TEXT, total_examples=len(TEXT))
    assert model.epochs == 2


def test_14_a_dry_run_changes_nothing() -> None:
    model = built(null_word=1, hs=1)
    model.scan_vocab(TEXT)
    before = list(model.wv.index_to_key), model.cum_table, model.effective_min_count, model.min_count
    report = model.prepare_vocab(dry_run=True, min_count=5, sample=0.1)
    assert (list(model.wv.index_to_key), model.cum_table, model.effective_min_count, model.min_count) == before
    assert set(report) == {
        "drop_unique", "retain_total", "downsample_unique", "downsample_total", "num_retained_words",
    }  # fmt: skip


def test_14_used_up_counts_are_not_an_empty_vocabulary() -> None:
    model = built()
    with pytest.raises(RuntimeError, match="keep_raw_vocab"):
        model.prepare_vocab()
    assert len(model.wv) == 6


def test_14_new_vocabularies_get_new_vectors() -> None:
    model = built()
    fresh = model.wv.vectors.copy()
    model.wv.vectors[:] = 7
    model.build_vocab([list("uvwxyz")] * 9)
    np.testing.assert_array_equal(model.wv.vectors, fresh)


def test_15_texts_as_sentences_are_words_of_one_letter_and_named(caplog: pytest.LogCaptureFixture) -> None:
    """Kept, because corpora of characters are given that way; one text as the whole corpus is refused."""
    with caplog.at_level(logging.WARNING):
        model = Word2Vec(["abc", "cab"] * 9, **SMALL)
    assert sorted(model.wv.index_to_key) == ["a", "b", "c"]
    assert "is instead plain" in caplog.text
    caplog.clear()
    Word2Vec([b"abc", b"cab"] * 9, **SMALL)  # whose numbers are the words
    assert "is instead plain <class 'bytes'>" in caplog.text
    with pytest.raises(TypeError, match="corpus_iterable is the str"):
        Word2Vec("a b c", **SMALL)


def test_17_paths_may_be_path_objects(tmp_path: Path) -> None:
    model = built()
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").wv.index_to_key == model.wv.index_to_key


def test_17_sep_limit_makes_no_side_files(tmp_path: Path) -> None:
    built().save(str(tmp_path / "model"), sep_limit=0)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_18_an_empty_file_without_a_header_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(ValueError, match=r"empty\.txt"):
        KeyedVectors.load_word2vec_format(tmp_path / "empty.txt", no_header=True)


def test_18_numbers_that_are_odd() -> None:
    assert Word2Vec(TEXT, **{**SMALL, "vector_size": 8.0}).wv.vectors.shape == (6, 8)
    with pytest.raises(ValueError, match="workers=0"):
        Word2Vec(TEXT, **{**SMALL, "workers": 0})
    assert built(hs=1, negative=0).score([]).shape == (0,)
    model = built()
    model.wv.vectors[:], model.syn1neg[:] = 100.0, 100.0
    model.syn1neg[0] = -100.0
    probabilities = [p for _, p in model.predict_output_word(["a"], topn=6) or ()]
    assert np.isfinite(probabilities).all()
    assert sum(probabilities) == pytest.approx(1)


def test_19_ties_are_in_gensims_order() -> None:
    model = Word2Vec(min_count=1)
    model.build_vocab([["x", "x", "y", "z"]])
    assert model.wv.index_to_key == ["x", "z", "y"]


def test_20_importing_is_cheap_and_files_are_no_pickles(tmp_path: Path) -> None:
    code = "import sys, fastw2v; print(*[n for n in ('scipy', 'smart_open', 'gensim', 'tqdm') if n in sys.modules])"
    root = Path(fastw2v.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.split() == []
    built().save(tmp_path / "model")
    assert (tmp_path / "model").read_bytes()[8:9] == b"{"  # safetensors: a length, then JSON


def test_21_the_script_evaluates_analogies(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("a b c d\nb c e f\n" * 30)
    (tmp_path / "questions").write_text(": section\na b c d\n")
    done = subprocess.run(
        [
            sys.executable, "-m", "fastw2v.scripts.word2vec_standalone", "-train", str(tmp_path / "text"), "-output",
            str(tmp_path / "vectors"), "-size", "4", "-min_count", "1", "-iter", "1", "-accuracy",
            str(tmp_path / "questions"),
        ],
        capture_output=True, text=True, cwd=Path(fastw2v.__file__).parents[1], check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_exhausted_iterators_warn_once_and_cost_little(caplog: pytest.LogCaptureFixture) -> None:
    import itertools
    import time

    model = built()
    with caplog.at_level(logging.WARNING):
        start = time.perf_counter()
        model.train(itertools.chain(TEXT), total_examples=len(TEXT), epochs=500)
        seconds = time.perf_counter() - start
    (warning,) = [record.getMessage() for record in caplog.records]
    assert warning.startswith("train() called with an empty iterator (if not intended, be sure to provide a corpus")
    assert seconds < 5  # gensim: 0.5 ms for each epoch


def test_attributes_of_the_program_are_saved_or_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = built()
    model.tag, model.graph, model.secret = {"a": [1, 2]}, object(), 5  # type: ignore[attr-defined]
    with caplog.at_level(logging.WARNING):
        model.save(tmp_path / "model", ignore=["secret"])
    assert "graph (object)" in caplog.text
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.tag == {"a": [1, 2]}  # type: ignore[attr-defined]
    assert not hasattr(loaded, "graph")
    assert not hasattr(loaded, "secret")


def test_seed_none_is_random() -> None:
    one, other = (Word2Vec(TEXT, **{**SMALL, "seed": None}) for _ in range(2))
    assert np.abs(one.wv.vectors - other.wv.vectors).max() > 0


# ------------------------------------------------------------------------- hooks of subclasses ----


def test_an_override_that_could_only_be_ignored_is_refused() -> None:
    for name in ("_worker_loop", "_job_producer", "_train_epoch", "_do_train_epoch", "_log_progress"):
        cls = type("Mine", (Word2Vec,), {name: lambda self, *args, **kwargs: None})
        with pytest.raises(NotImplementedError, match=f"Mine.{name}"):
            cls(TEXT, **SMALL)


def test_the_constructor_calls_what_a_subclass_overrides() -> None:
    calls: list[str] = []

    class Mine(Word2Vec):
        def scan_vocab(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("scan_vocab")
            return super().scan_vocab(*args, **kwargs)

        def build_vocab(self, *args: Any, **kwargs: Any) -> None:
            calls.append("build_vocab")
            super().build_vocab(*args, **kwargs)

        def prepare_weights(self, *args: Any, **kwargs: Any) -> None:
            calls.append("prepare_weights")
            super().prepare_weights(*args, **kwargs)

        def train(self, *args: Any, **kwargs: Any) -> Any:
            calls.append(f"train {sorted(kwargs)}")
            return super().train(*args, **kwargs)

    model = Mine(TEXT, **SMALL)
    assert calls[:3] == ["build_vocab", "scan_vocab", "prepare_weights"]
    assert "total_examples" in calls[3]
    np.testing.assert_allclose(model.wv.vectors, Word2Vec(TEXT, **SMALL).wv.vectors, atol=0.02)


def test_do_train_job_supplies_the_sentences() -> None:
    rates: list[float] = []

    class Mine(Word2Vec):
        def _do_train_job(self, sentences: list[Any], alpha: float, inits: Any) -> tuple[int, int]:
            rates.append(alpha)
            assert sentences == [[0, 0]] * len(sentences)
            return super()._do_train_job([["a", "b", "c"]] * len(sentences), alpha, inits)

    model = Mine(**{**SMALL, "batch_words": 20, "workers": 1})
    model.build_vocab(TEXT)
    before = model.wv.vectors.copy()
    assert model.train([[0, 0]] * 100, total_examples=100, epochs=2) == (600, 600)
    assert len(rates) == 20
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(0.025)
    assert rates[-1] < 0.0015
    changed = np.abs(model.wv.vectors - before).max(axis=1) > 0
    assert sorted(np.array(model.wv.index_to_key)[changed]) == ["a", "b", "c"]
    assert len(model.loss_history) == 2
    assert np.isfinite(model.loss_history).all()


def test_an_error_of_an_override_reaches_the_caller() -> None:
    class Mine(Word2Vec):
        def _do_train_job(self, sentences: list[Any], alpha: float, inits: Any) -> tuple[int, int]:
            raise LookupError("no walk")

    with pytest.raises(LookupError, match="no walk"):
        Mine(TEXT, **SMALL)


def test_the_learning_rate_and_the_size_of_a_batch_can_be_overridden() -> None:
    class Mine(Word2Vec):
        def _get_next_alpha(self, epoch_progress: float, cur_epoch: int) -> float:
            assert 0 <= epoch_progress < 1
            return 0.0

        def _raw_word_count(self, job: list[Any]) -> int:
            return 5 * len(job)

    model = Mine(TEXT, **SMALL)
    np.testing.assert_array_equal(model.wv.vectors, built().wv.vectors)


def test_the_base_of_the_hook_can_be_called_by_itself() -> None:
    model = built()
    before = model.wv.vectors.copy()
    assert model._do_train_job([["a", "b"], ["unknown"]], 0.5, model._get_thread_working_mem()) == (2, 3)
    assert np.abs(model.syn1neg).max() > 0
    assert model.wv.vectors.shape == before.shape


def test_files_bypass_the_hook_and_say_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Mine(Word2Vec):
        def _do_train_job(self, sentences: list[Any], alpha: float, inits: Any) -> tuple[int, int]:
            raise AssertionError

    (tmp_path / "text").write_text("a b c\n" * 9)
    with caplog.at_level(logging.WARNING):
        Mine(corpus_file=str(tmp_path / "text"), **SMALL)
    assert "is not called for corpus_file" in caplog.text
