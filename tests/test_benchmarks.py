"""The benchmarks measure what they say: small runs, and known answers for what judges them."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
if not FOLDER.is_dir():
    pytest.skip("the benchmarks are not in the source archive", allow_module_level=True)
MODULES = (
    "measure", "corpora", "evaluation", "contenders", "report", "bench_train", "bench_quality", "bench_memory",
    "bench_scaling", "bench_io", "bench_phrases", "bench_text", "bench_softmax", "bench_many_cores", "planted_walks",
    "bench_queries", "bench_small", "bench_presets", "graphs", "roofline",
)  # fmt: skip


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The modules of the benchmarks, which are programs beside the package, by their plain names."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent), prepend=":" if sys.platform != "win32" else ";")
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in MODULES})
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def small(bench: Any, tmp_path: Path) -> Any:
    return bench.corpora.synthetic(tmp_path, 20_000, n_topics=4, words_per_topic=20)


# --------------------------------------------------------------------------------- measure ----


def test_ratios_are_taken_pair_by_pair(bench: Any) -> None:
    found = bench.measure.pair_ratios(our_rates=[10.0, 20.0, 90.0], peer_rates=[1.0, 4.0, 10.0])
    assert (found.median, found.low, found.high, found.n) == (9.0, 5.0, 10.0, 3)
    assert found.spread == 2.0
    with pytest.raises(ValueError, match="no measurements"):
        bench.measure.summary([])


def test_contenders_take_turns_and_a_failing_peer_is_left_out(bench: Any) -> None:
    calls: list[str] = []

    def run(name: str) -> int:
        calls.append(name)
        if name == "peer" and calls.count("peer") == 2:
            raise RuntimeError("out of luck")
        return len(calls)

    runs = {name: lambda name=name: run(name) for name in ("ours", "peer", "other")}
    results, failed = bench.measure.alternate(runs, 3, must="ours")
    assert calls == ["ours", "peer", "other", "ours", "peer", "other", "ours", "other"]
    assert results == {"ours": [1, 4, 7], "other": [3, 6, 8]}
    assert failed == {"peer": "out of luck"}
    calls.clear()
    with pytest.raises(RuntimeError, match="out of luck"):
        bench.measure.alternate(runs, 3, must="peer")


# --------------------------------------------------------------------------------- corpora ----


def test_the_synthetic_corpus_is_always_the_same_and_has_the_answer(bench: Any, small: Any, tmp_path: Path) -> None:
    again = bench.corpora.synthetic(tmp_path, 20_000, n_topics=4, words_per_topic=20)
    assert small.path.read_bytes() == again.path.read_bytes()
    assert bench.corpora.count(small.path) == (small.n_words, small.n_lines) == (20_000, 1000)
    keys = [f"t{topic}_{word}" for topic in range(5) for word in range(20)]
    planted = np.repeat(np.eye(5, 8), 20, axis=0) + 0.01 * np.random.default_rng(0).normal(size=(100, 8))
    assert bench.corpora.topic_agreement(keys, planted) == 1.0
    assert bench.corpora.topic_agreement(keys, np.random.default_rng(1).normal(size=(100, 8))) < 0.6


@pytest.mark.parametrize("ending", ["", ".gz", ".xz"])
def test_a_slice_ends_with_a_line(bench: Any, tmp_path: Path, ending: str) -> None:
    source = tmp_path / f"english.txt{ending}"
    opener = bench.corpora.OPENERS.get(ending, open)
    with opener(source, "wt", encoding="utf8") as out:
        out.write("a b c\nd e\nf g h i\n")
    work = tmp_path / "work"
    work.mkdir()
    arguments = SimpleNamespace(corpus="english", data=str(tmp_path), words=3, language=None)
    assert bench.corpora.prepare(arguments, work).n_words == 3, "no line more than is needed"
    arguments.words = 4
    found = bench.corpora.prepare(arguments, work)
    assert found.path.read_text("utf8") == "a b c\nd e\n"
    assert (found.name, found.n_words, found.n_lines, found.language) == ("english", 5, 2, "english")


def test_a_missing_corpus_is_named(bench: Any, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no corpus 'absent'"):
        bench.corpora.find("absent", tmp_path)


# ------------------------------------------------------------------------------ contenders ----


@pytest.mark.parametrize(
    ("name", "include_vocab", "source"),
    [
        ("fastw2v", False, "corpus_file"),
        ("fastw2v", False, "lists"),
        ("fastw2v", True, "linesentence"),
        pytest.param("gensim", False, "corpus_file", marks=pytest.mark.gensim),
        pytest.param("gensim", True, "lists", marks=pytest.mark.gensim),
    ],
)
def test_a_contender_learns_in_a_process_of_its_own(
    bench: Any, small: Any, tmp_path: Path, name: str, include_vocab: bool, source: str
) -> None:
    if reason := bench.contenders.why_not(name):
        pytest.skip(f"{name} {reason}")
    job = bench.contenders.Job(
        name, str(small.path), source=source, size=24, epochs=3, include_vocab=include_vocab,
        vectors=str(tmp_path / "vectors"),
    )  # fmt: skip
    run = bench.contenders.run(job)
    assert run["seconds"] > 0
    assert run["matrix"].shape == (100, 24)
    assert bench.corpora.topic_agreement(run["keys"], run["matrix"]) > 0.9
    assert run["peak_rss"]["trained"] is None or run["peak_rss"]["trained"] >= run["peak_rss"]["imported"] > 0


def test_a_contender_that_is_absent_says_so(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = SimpleNamespace(contenders="fastw2v,fasttext", python=["fasttext=no/such/python"])
    names, skipped, _ = bench.contenders.choose(arguments)
    assert names == ["fastw2v"]
    assert "--python" in skipped["fasttext"]
    assert "SKIPPED fasttext" in capsys.readouterr().out


def test_a_failure_reaches_the_benchmark(bench: Any) -> None:
    with pytest.raises(bench.contenders.ContenderError, match=r"fastw2v: .*does-not-exist"):
        bench.contenders.run(bench.contenders.Job("fastw2v", "does-not-exist"))


def test_training_is_timed_from_progress(bench: Any) -> None:
    assert bench.contenders.progress_seconds([(3.0, 10.0), (5.0, 40.0), (7.0, 90.0)]) == pytest.approx(5.0)
    with pytest.raises(bench.contenders.ContenderError, match="too short"):
        bench.contenders.progress_seconds([(3.0, 10.0), (5.0, 40.0)])


def test_progress_is_read_as_it_appears(bench: Any) -> None:
    script = (
        "import sys, time\n"
        "say = lambda text: (sys.stderr.write(text), sys.stderr.flush(), time.sleep(.05))\n"
        "say('Number of labels: 0\\n'); say('\\rProgress:  40.0% words'); say('\\rProgress: 100.0% words')\n"
    )
    marks = bench.contenders.watch(
        [sys.executable, "-c", script], bench.contenders.FastText.progress, "stderr", "Number of labels"
    )
    assert [percent for _, percent in marks] == [0.0, 40.0, 100.0]
    assert marks[0][0] < marks[1][0] < marks[2][0]
    with pytest.raises(bench.contenders.ContenderError, match="status 3: too bad"):
        bench.contenders.watch(
            [sys.executable, "-c", "import sys; sys.stderr.write('too bad'); sys.exit(3)"], "x", "stderr"
        )


def test_the_c_program_s_vectors_are_read(bench: Any, tmp_path: Path) -> None:
    contender = bench.contenders.Word2VecC()
    contender._folder = SimpleNamespace(name=str(tmp_path))
    rows = np.arange(6, dtype=np.float32).reshape(3, 2)
    words = [b"</s>", "\u00e4".encode(), b"b"]
    body = b"".join(word + b" " + row.tobytes() + b"\n" for word, row in zip(words, rows, strict=True))
    (tmp_path / "out.bin").write_bytes(b"3 2\n" + body)
    keys, matrix = contender.vectors()
    assert keys == ["\u00e4", "b"]
    np.testing.assert_array_equal(matrix, rows[1:])


# -------------------------------------------------------------------------------- verdicts ----


@pytest.mark.parametrize(
    ("scores", "fine"),
    [
        ({"fastw2v": 0.60, "gensim": 0.64}, True),
        ({"fastw2v": 0.58, "gensim": 0.64}, False),
        ({"fastw2v": 0.60, "gensim": 0.60, "fasttext": 0.9}, True),
        ({"fastw2v": 0.60, "fasttext": 0.9}, False),
        ({"fastw2v": 0.60}, True),
        ({"fastw2v": 0.02, "gensim": 0.03}, False),
        ({"fastw2v": None, "gensim": None}, True),
    ],
)
def test_quality_comes_before_speed(bench: Any, scores: dict[str, float | None], fine: bool) -> None:
    assert (bench.bench_train.quality_problem(scores, 0.05) is None) is fine


def test_pairs_on_near_cores_are_told_apart(bench: Any) -> None:
    def runs(*around: tuple[float, float] | None) -> list[dict[str, Any]]:
        return [{"handover_ns": both and list(both)} for both in around]

    ours = runs((30, 35), (31, 170), (33, 40), (30, 31))
    peer = runs((30, 35), (31, 30), (33, 59), (30, 61))
    assert bench.bench_train.near_pairs({"fastw2v": ours, "gensim": peer}) == [0, 2]
    assert bench.bench_train.near_pairs({"fastw2v": ours[:1], "gensim": peer[:1]}) is None
    assert bench.bench_train.near_pairs({"fastw2v": runs(None), "gensim": runs(None)}) is None
    assert bench.roofline.hand_over(1, Path())() is None


def test_the_verdict_on_quality(bench: Any) -> None:
    peer = bench.bench_quality.spread([0.60, 0.62, 0.64])
    assert (peer["mean"], peer["sd"]) == (pytest.approx(0.62), pytest.approx(0.02))

    def ours(value: float) -> dict[str, Any]:
        found: dict[str, Any] = bench.bench_quality.spread([value, value])
        return found

    assert bench.bench_quality.verdict(ours(0.61), peer) == "ok"
    assert bench.bench_quality.verdict(ours(0.59), peer) == "below"
    assert bench.bench_quality.verdict(ours(0.61), peer, must_exceed=True) == "below"
    assert bench.bench_quality.verdict(ours(0.63), peer, must_exceed=True) == "ok"
    assert bench.bench_quality.verdict(None, peer) == ""


def test_our_peak_is_judged_beside_the_same_job(bench: Any) -> None:
    peaks = {("lists", "fastw2v"): 5, ("lists", "gensim"): 4, ("file", "fastw2v"): 5, ("file", "gensim"): 6}
    runs = [
        {"mode": "sg-ns", "source": source, "contender": name, "trained": peak}
        for (source, name), peak in peaks.items()
    ]
    bench.bench_memory.judge(runs)
    assert [run.get("verdict") for run in runs] == ["above", None, "ok", None]


def test_flop_and_bytes_of_a_window(bench: Any) -> None:
    # six context rows, six output rows, d=100: 36 dot products and 72 updates of 200 flop
    assert bench.roofline.flops(6, 5, 100) == 36 * 200 + 72 * 200
    assert bench.roofline.weight_bytes(6, 1, 5, 100) == 12 * 100 * 4 * 2


# -------------------------------------------------------------------------- whole programs ----


def read(folder: Path) -> tuple[dict[str, Any], str]:
    (path,) = folder.glob("*.json")
    return json.loads(path.read_text("utf8")), path.with_suffix(".md").read_text("utf8")


def test_speed_end_to_end(bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--corpus", "synthetic", "--words", "60000", "--pairs", "2", "--contenders", "fastw2v", "--size", "32"]
    assert bench.bench_train.main([*words, "--epochs", "2", "--results", str(tmp_path)]) == 0
    result, markdown = read(tmp_path)
    runs = result["results"][0]["contenders"]["fastw2v"]["runs"]
    assert len(runs) == 2
    assert all(run["seconds"] > 0 for run in runs)
    assert result["machine"]["isa"] in markdown
    assert "| sg-ns | fastw2v |" in markdown
    assert str(tmp_path) not in json.dumps(result) + markdown


def test_withheld_where_quality_is_missing(bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def run(job: Any, pythons: Any) -> dict[str, Any]:
        return {"seconds": 1.0, "cpu_seconds": 1.0, "version": "0", "keys": [job.contender], "matrix": np.ones((1, 2))}

    monkeypatch.setattr(bench.contenders, "run", run)
    monkeypatch.setattr(bench.contenders, "choose", lambda arguments: (["fastw2v", "gensim"], {}, {}))
    monkeypatch.setattr(bench.evaluation, "quick_score", lambda keys, *_: 0.1 if keys == ["fastw2v"] else 0.6)
    words = ["--corpus", "synthetic", "--words", "1000", "--pairs", "1", "--results", str(tmp_path)]
    assert bench.bench_train.main(words) == 1
    assert "| withheld: quality |" in read(tmp_path)[1]
    monkeypatch.setattr(bench.evaluation, "quick_score", lambda *_: 0.6)
    assert bench.bench_train.main([*words, "--name", "good", "--threads", "2"]) == 0
    (good,) = tmp_path.glob("*-good.json")
    assert json.loads(good.read_text("utf8"))["results"][0]["gensim_linesentence_quality"] == 0.6
    assert "| 1.0 (1.0-1.0) | 1.0 |" in good.with_suffix(".md").read_text("utf8")


def test_quality_end_to_end(bench: Any, tmp_path: Path) -> None:
    cache, out = tmp_path / "cache", tmp_path / "results"
    cache.mkdir()
    (cache / "synthetic_sg-ns_1.json").write_text(json.dumps({"topics": 1.0}))
    words = [
        "--corpus", "synthetic", "--words", "20000", "--modes", "sg-ns", "--seeds", "1", "--epochs", "1", "--size", "8",
        "--peer-cache", str(cache), "--results", str(out), "--threads", "1",
    ]  # fmt: skip
    status = bench.bench_quality.main(words)
    entry = read(out)[0]["results"][0]["metrics"]["topics"]
    assert entry["peer"]["mean"] == 1.0
    assert 0 <= entry["ours"]["mean"] < 1.0, "one epoch over so little text cannot be perfect"
    assert (entry["verdict"], status) == ("below", 1)


def test_evaluation_sets_that_are_there(bench: Any, tmp_path: Path) -> None:
    keys = ["king", "queen", "man", "woman", "apple"]
    matrix = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1], [-1, 0.5, 0.5]], np.float32)
    (tmp_path / "wordsim353.tsv").write_text("king\tqueen\t9\nking\tman\t9.5\nking\tapple\t1\n")
    (tmp_path / "questions-words.txt").write_text(": family\nman king woman queen\n")
    found = bench.evaluation.scores(keys, matrix, "english", tmp_path)
    assert found == {"WordSim-353": pytest.approx(1.0), "Google analogies": 1.0}
    with pytest.raises(SystemExit, match="no evaluation sets"):
        bench.evaluation.scores(keys, matrix, "chinese", tmp_path)


def test_memory_end_to_end(bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--corpus", "synthetic", "--words", "20000", "--contenders", "fastw2v", "--sources", "lists"]
    bench.bench_memory.main([*words, "--results", str(tmp_path)])
    if "SKIPPED memory" in capsys.readouterr().out:
        pytest.skip("this system does not tell the peak of a process")
    (run,) = read(tmp_path)[0]["results"]
    assert 0 < run["imported"] <= run["prepared"] <= run["trained"]


def test_roofline_end_to_end(bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--corpus", "synthetic", "--words", "20000", "--size", "32", "--pairs", "1", "--seconds", "0.05"]
    assert bench.roofline.main([*words, "--results", str(tmp_path)]) == 0
    if "SKIPPED roofline" in capsys.readouterr().out:
        assert shutil.which("cc") is None, "there is a compiler, but the program did not compile"
        pytest.skip("no C compiler")
    for run in read(tmp_path)[0]["results"]:
        assert run["peak_gflops"]["median"] > 1
        assert 0 < run["share"]["median"] < 1, "nothing is faster than the peak"
        assert run["mean_gflops"]["median"] <= run["peak_gflops"]["median"]


def test_scaling_end_to_end(bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--corpus", "synthetic", "--words", "20000", "--windows", "200", "--pairs", "1", "--threads", "1,2,8"]
    assert bench.bench_scaling.main([*words, "--modes", "sg-hs", "--results", str(tmp_path)]) == 0
    if "SKIPPED scaling" in capsys.readouterr().out:
        pytest.skip("no C compiler, or one core")
    result = read(tmp_path)[0]
    assert len(result["measured"][0]["handover_ns"]) == len(result["measured"][0]["gains"]) == 1, "one pair"
    rows = {(run["copies"], run["threads"]): run["stolen_rows"] for run in result["results"]}
    assert rows[False, 1] == rows[True, 1] == 0, "one thread keeps its rows"
    assert 0 < rows[False, 2] < rows[False, 8]
    assert rows[True, 8] < rows[False, 8], "copies of hot rows change hands less often"


# --------------------------------------------------------------------------------- presets ----


def test_presets_are_compared_and_runs_are_kept(bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--runs", str(tmp_path / "runs.jsonl"), "--results", str(tmp_path), "--work", str(tmp_path / "work")]
    graph = [*where, "--corpus", "blocks", "--systems", "sg=1 vector_size=4 epochs=1,fastw2v", "--seeds", "1,2"]
    assert bench.bench_presets.main(graph) == 0
    assert bench.bench_presets.main(graph) == 0, "what is there is not trained again"
    text = ["--corpus", "synthetic", "--words", "20000", "--systems", "sg=0 epochs=3 vector_size=8", "--seeds", "1"]
    assert bench.bench_presets.main([*where, *text, "--keep", str(tmp_path)]) == 0
    runs = [json.loads(line) for line in (tmp_path / "runs.jsonl").read_text("utf8").splitlines()]
    assert [(run["corpus"], run["seed"]) for run in runs] == [("blocks", 1), ("blocks", 2)] * 2 + [("synthetic", 1)]
    (kept,) = tmp_path.glob("synthetic-*.npz")
    arrays = np.load(kept)
    assert np.array_equal(arrays["last3"].shape, arrays["vectors"].shape)
    assert bench.bench_presets.main([*where, "--report", "presets"]) == 0
    (page,) = tmp_path.glob("*-presets.md")
    assert "## blocks" in page.read_text("utf8")


def test_vectors_that_know_a_graph_find_its_links(bench: Any) -> None:
    graph = bench.graphs.blocks()
    keys = [str(node) for node in range(300)]
    whole = np.eye(10)[graph.community]
    found = bench.graphs.scores(graph, keys, whole)
    assert found["communities"] == 1.0
    assert 0.7 < found["links"] < 0.9, "many links lead out of a block"
    nothing = bench.graphs.scores(graph, keys, np.random.default_rng(1).standard_normal((300, 4)))
    assert abs(nothing["links"] - 0.5) < 0.1
    known = {tuple(sorted((node, int(other)))) for node, near in enumerate(graph.neighbours) for other in near}
    assert not known & set(map(tuple, graph.held_back.tolist())), "held back from the walks"
    walks = bench.graphs.walks(graph, 1)
    assert len(walks) == 3000
    assert all(tuple(sorted(map(int, step))) in known for step in zip(walks[0], walks[0][1:], strict=False))


# --------------------------------------------------------------------------------- results ----


@pytest.mark.parametrize("planted", [[], ["--planted", "items", "--vocabulary", "50"]])
def test_many_cores_are_simulated(
    bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, planted: list[str]
) -> None:
    from fastw2v.text import lists

    monkeypatch.setattr(lists, "chunk_words", lists.chunk_words)  # the program puts another one there
    how = ["--corpus", "synthetic", "--words", "20000", "--mode", "sgns", "--epochs", "1", "--vector-size", "8"]
    places = ["--work", str(tmp_path / "work"), "--results", str(tmp_path / "results")]
    assert bench.bench_many_cores.main([*how, *places, *planted, "--simulate", "3", "--chunk-words", "2000"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["lanes"], found["finite"]) == (3, True)
    assert 0 < found["loss"] < 3 * found["loss_one_lane"]
    assert found["scores"].keys() == found["scores_one_lane"].keys()
    assert bench.bench_many_cores.finite_only({"loss": float("nan"), "seeds": [(1.0, [])]}) == {
        "loss": None, "seeds": [[1.0, []]],
    }  # fmt: skip


def test_results_do_not_tell_where_they_were_made(bench: Any) -> None:
    bench.report.refuse_paths('{"corpus": "english_17m"}')
    with pytest.raises(ValueError, match="names a folder"):
        bench.report.refuse_paths(json.dumps({"corpus": str(Path.home() / "text.txt")}))


def test_an_older_result_stays(bench: Any, tmp_path: Path) -> None:
    group = {"mode": "sg-ns", "metrics": {}}
    result = {**bench.measure.header("quality", {"seeds": "1"}), "peer": "gensim", "results": [group]}
    first, second = (bench.report.publish(result, "quality", tmp_path) for _ in range(2))
    assert first != second
    assert first.exists()


# -------------------------------------------------------------------------------------- io ----


def test_files_are_measured_and_found_equal(bench: Any, tmp_path: Path) -> None:
    size = ["--rows", "50", "--dim", "4", "--repeat", "1"]
    bench.bench_io.main([*size, "--operations", "native", "--results", str(tmp_path)])
    (path,) = tmp_path.glob("*.json")
    result = json.loads(path.read_text("utf8"))
    figures = {entry["operation"]: entry["contenders"]["fastw2v"] for entry in result["results"]}
    assert list(figures) == ["save-native", "load-native", "load-mmap"]
    assert figures["load-native"]["traced_by_held"]["median"] > 0.5
    assert "| load-mmap | fastw2v |" in path.with_suffix(".md").read_text("utf8")


def test_different_files_are_no_comparison(bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def child(library: str, operation: str, folder: Path, *flags: str) -> dict[str, Any]:
        (folder / f"{library}-t.txt").write_text(library)
        return {"seconds": 1.0, "cpu": 1.0}

    monkeypatch.setattr(bench.bench_io, "child", child)
    with pytest.raises(AssertionError, match="the results differ"):
        bench.bench_io.compare("save-text", 1, tmp_path, [])
    monkeypatch.setattr(bench.bench_io, "_digest", lambda path: "equal")
    assert bench.bench_io.compare("save-text", 2, tmp_path, [])["times_ours"]["median"] == 1.0


# --------------------------------------------------------------------------------- phrases ----


@pytest.mark.gensim
def test_phrases_are_compared_before_they_are_timed(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gensim")
    words = ["--corpus", "synthetic", "--words", "3000", "--repeat", "1", "--sources", "lists"]
    words += ["--results", str(tmp_path)]
    bench.bench_phrases.main(words)
    (path,) = tmp_path.glob("*.json")
    stages = {entry["stage"]: entry for entry in json.loads(path.read_text("utf8"))["results"]}
    assert {"Phrases(sentences)", "frozen.find_phrases(sentences)"} <= set(stages)
    assert all(entry["times"]["median"] > 0 for entry in stages.values())

    real = bench.bench_phrases.child

    def child(library: str, *place: Any) -> dict[str, Any]:
        run: dict[str, Any] = real(library, *place)
        run["checks"]["tokens"] += library == "fastw2v"
        return run

    monkeypatch.setattr(bench.bench_phrases, "child", child)
    with pytest.raises(SystemExit, match="the results differ in tokens; nothing is reported"):
        bench.bench_phrases.main(words)


# ------------------------------------------------------------------------------------ text ----


def test_text_is_counted_alike_before_it_is_timed(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--corpus", "synthetic", "--words", "3000", "--pairs", "1", "--threads", "1", "--results", str(tmp_path)]
    bench.bench_text.main(words)
    (path,) = tmp_path.glob("*.json")
    stages = {group["stage"]: group["contenders"] for group in json.loads(path.read_text("utf8"))["results"]}
    assert set(stages) == {"count a file", "count a list of lists", "encode, one thread"}
    assert all(entry["words_per_second"]["median"] > 0 for group in stages.values() for entry in group.values())
    assert "a file, read again" in path.with_suffix(".md").read_text("utf8")

    counts = iter(range(10))
    monkeypatch.setattr(bench.bench_text, "scan", lambda **corpus: next(counts))
    with pytest.raises(SystemExit, match="count a file: the contenders did not read the same words"):
        bench.bench_text.main([*words, "--threads", "1,2"])


def test_softmax_is_measured_beside_numpy_and_both_train(bench: Any, tmp_path: Path) -> None:
    words = ["--words", "50", "--work", "20000", "--pairs", "1", "--threads", "1", "--size", "8"]
    bench.bench_softmax.main([*words, "--results", str(tmp_path)])
    (path,) = tmp_path.glob("*.json")
    results = json.loads(path.read_text("utf8"))["results"]
    assert [entry["mode"] for entry in results] == ["sg", "cbow"]
    assert all(entry["times"]["median"] > 0 < entry["share_of_sgemm"]["median"] for entry in results)
    assert "times NumPy's speed" in path.with_suffix(".md").read_text("utf8")

    program = bench.bench_softmax
    ids = program.text(50, 400)
    for numpy_train, skip_gram in ((program.numpy_skip_gram, True), (program.numpy_cbow, False)):
        theirs, ours = program.matrices(50, 8), program.matrices(50, 8)
        n_pairs = numpy_train(*theirs, ids, 1e-4)
        assert n_pairs == program.ours(skip_gram, 1, *ours, ids, 1e-4)
        np.testing.assert_allclose(theirs[1], ours[1], rtol=1e-2, atol=1e-6)  # small steps: the order hardly matters


def test_queries_are_compared_before_they_are_timed(bench: Any, tmp_path: Path) -> None:
    program = bench.bench_queries
    jobs = "most_similar;most_similar, int8;batch of 1,000;analogies;doesnt_match;rank;similarity of pairs;score"
    words = ["--sizes", "300x12", "--pairs", "1", "--threads", "1", "--jobs", jobs]
    program.main([*words, "--results", str(tmp_path)])
    (path,) = tmp_path.glob("*.json")
    results = json.loads(path.read_text("utf8"))["results"]
    assert [entry["job"] for entry in results] == jobs.split(";")
    assert all(entry["times"]["median"] > 0 for entry in results)
    assert "times the peer's speed" in path.with_suffix(".md").read_text("utf8")
    wrong = program.Job("wrong", lambda: [[("a", 1.0)]], lambda: [[("b", 0.5)]], program.same_answers)
    with pytest.raises(SystemExit, match="answers differ"):
        program.compare(wrong, "table", 1)


def test_small_calls_are_compared_before_they_are_timed(bench: Any, tmp_path: Path) -> None:
    program = bench.bench_small
    jobs = "Word2Vec(5 sentences);train, 1 epoch;wv[word];most_similar;pickle;deepcopy of a model"
    program.main(["--pairs", "1", "--jobs", jobs, "--results", str(tmp_path)])
    (path,) = tmp_path.glob("*.json")
    results = json.loads(path.read_text("utf8"))["results"]
    assert [entry["job"] for entry in results] == jobs.split(";")
    assert all(entry["times"]["median"] > 0 for entry in results)
    assert path.with_suffix(".md").read_text("utf8").startswith("# Small calls")
    kept, other = (bench.bench_queries.made(5, 4) for _ in range(2))
    for table in (kept, other):
        table.allocate_vecattrs(["count"], [int])
    assert program.same_copies(kept, other)
    other.vectors[3, 1] += 0.1
    assert not program.same_copies(kept, other)
