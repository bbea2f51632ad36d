"""Each program in examples/ runs, and its results are what it says they are."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fastw2v import KeyedVectors, Word2Vec, plot
from fastw2v.train import reference

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
if not EXAMPLES.is_dir():
    pytest.skip("no examples beside the tests (an installed package?)", allow_module_level=True)

HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None


def run(name: str, tmp_path: Path, *options: str, data: Path | None = None) -> str:
    """Run a program as a user would, and give what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "MPLBACKEND": "Agg"}
    environment["FASTW2V_DATA"] = str(data or "")
    command = [sys.executable, str(EXAMPLES / name), *options]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def differences(output: str) -> list[float]:
    """All the numbers that should be zero."""
    return [float(number) for number in re.findall(r"largest difference(?: of the weights)? ([\d.e+-]+)", output)]


def pictures(output: str, folder: Path, n: int) -> None:
    """Check that the pictures are there, or that it was said why not."""
    if HAS_MATPLOTLIB:
        paths = list(folder.glob("*.png"))
        assert len(paths) == n
        assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    else:
        assert output.count("pip install 'fastw2v[plot]'") == n


def test_every_example_is_tested() -> None:
    tested = set(re.findall(r'run\("(\w+\.py)"', Path(__file__).read_text("utf-8")))
    assert {path.name for path in EXAMPLES.glob("*.py")} - {"common.py"} == tested


def test_softmax_mathematics(tmp_path: Path) -> None:
    output = run("softmax_mathematics.py", tmp_path, "--plots", "pictures")
    assert len(differences(output)) == 3
    assert max(differences(output)) < 1e-8
    costs = [float(cost) for cost in re.findall(r"cost ([\d.]+)", output)]
    (floor,) = map(float, re.findall(r"entropy of the pairs: ([\d.]+)", output))
    assert costs == sorted(costs, reverse=True)
    assert floor < costs[-1] < floor + 0.05
    pictures(output, tmp_path / "pictures", 1)


def test_cbow_and_skip_gram(tmp_path: Path) -> None:
    output = run("cbow_and_skip_gram.py", tmp_path, "--plots", "pictures")
    assert "9 different words" in output
    assert max(differences(output)) < 1e-12
    assert "CBOW: 8 of 8 windows right" in output
    assert "skip-gram: 8 of 8 windows right" in output
    similarities = re.findall(r"阖家欢乐 ([\d.-]+), 万事如意 and 不好意思 ([\d.-]+)", output)
    assert len(similarities) == 2
    assert all(float(alike) > 0.9 > 0.6 > float(unlike) for alike, unlike in similarities)
    pictures(output, tmp_path / "pictures", 1)


def test_embeddings_illustrated(tmp_path: Path) -> None:
    output = run("embeddings_illustrated.py", tmp_path, "--plots", "pictures")
    assert "most like me: Ada" in output
    assert "cosine of me and Ada: 0.87 by two traits, 0.66 by five" in output
    assert "king - man + woman = queen" in output
    assert "right after two words: 22 of 22" in output
    assert re.search(r"no \.\.\. (man|moss) (4|5)\d%", output)  # each follows once
    assert "sum 1.000000" in output
    assert "rolling stone _ no moss: gathers" in output
    before, after = (
        list(map(float, re.findall(r"\d\.\d+", line)))
        for line in output.splitlines()
        if "watched" in line and "target" not in line
    )
    assert after[0] > before[0]
    assert after[1] < before[1]
    assert after[2] < before[2]
    pictures(output, tmp_path / "pictures", 3)


def test_skip_gram_derivation(tmp_path: Path) -> None:
    output = run("skip_gram_derivation.py", tmp_path)
    assert len(differences(output)) == 4
    assert max(differences(output)) < 1e-8
    assert "rows of W that change: 1 of 5; columns of W': 5 of 5" in output
    panels, together = re.search(r"panels ([\d.]+), in one formula ([\d.]+)", output).groups()
    assert panels == together
    before, after = map(float, re.search(r"falls from ([\d.]+) to ([\d.]+)", output).groups())
    assert after < before


def test_from_scratch(tmp_path: Path) -> None:
    output = run("from_scratch.py", tmp_path, "--epochs", "1000", "--plots", "pictures")
    costs = [float(cost) for cost in re.findall(r"epoch .*cost ([\d.]+)", output)]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > 2.9 > 1.8 > costs[-1]
    assert output.count("among the most probable words: 100%") == 2
    pictures(output, tmp_path / "pictures", 1)


def test_recommender_without_data(tmp_path: Path) -> None:
    assert run("recommender.py", tmp_path).startswith("skipped: no items_movielens_small.txt")


def test_recommender_on_two_kinds_of_taste(tmp_path: Path) -> None:
    space = ["Matrix, The (1999)", "Alien (1979)", "Space One", "Space Two"]
    crime = ["Godfather, The (1972)", "Crime One", "Crime Two", "Crime Three"]
    names = dict(enumerate([*space, *crime], start=100))
    lines = ["100 101 102 103", "101 103 100 102", "104 105 106 107", "107 104 106 105"] * 50
    (tmp_path / "items_movielens_small.txt").write_text("\n".join(lines), "utf-8")
    rows = "".join(f'{item},"{name}",-\n' for item, name in names.items())
    (tmp_path / "items_movielens_small_titles.csv").write_text("movieId,title,genres\n" + rows, "utf-8")
    output = run("recommender.py", tmp_path, "--data", str(tmp_path))
    for query, kind in (("Matrix, The (1999)", space), ("Godfather, The (1972)", crime)):
        found = output.split(f"\n{query}\n")[1].splitlines()[:3]
        assert {line.split("  ")[-1] for line in found} == {*kind} - {query}


@pytest.mark.corpus
def test_recommender_on_films(tmp_path: Path, corpus_dir: Path) -> None:
    if not (corpus_dir / "items_movielens_small.txt").exists():
        pytest.skip("no items_movielens_small.txt in the folder of the corpora")
    output = run("recommender.py", tmp_path, data=corpus_dir)
    assert "610 people, 100836 ratings" in output
    assert "Godfather: Part II, The (1974)" in output.split("\nGodfather, The (1972)\n")[1].splitlines()[0]


def test_what_the_page_on_items_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "items.md").read_text("utf-8")
    program, _ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(program, "items.md", "exec"), names)
    model = names["model"]
    assert set(model.wv.index_to_key) == {1210, 804, 2018, 356}
    assert 0 not in model.wv
    with pytest.raises(KeyError):
        model.wv.get_index(0)
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").wv.index_to_key == model.wv.index_to_key
    model.wv.save_word2vec_format(tmp_path / "text")
    strings = KeyedVectors.load_word2vec_format(tmp_path / "text")
    assert "1210" in strings
    assert 1210 not in strings
    assert strings.get_index(0) == 0
    whole = Word2Vec(names["baskets"], window=10**6, shrink_windows=False, sample=0, vector_size=8, progress=False)
    assert whole.loss_history[-1] < whole.loss_history[0]


def test_what_the_page_on_the_tutorials_names() -> None:
    page = (ROOT / "docs" / "tutorials.md").read_text("utf-8")
    assert set(re.findall(r"`(\w+\.py)`", page)) == {path.name for path in EXAMPLES.glob("*.py")} - {"common.py"}
    assert set(re.findall(r"`plot\.(\w+)`", page)) <= set(dir(plot))
    assert set(re.findall(r"`reference\.(\w+)", page)) <= set(dir(reference))
