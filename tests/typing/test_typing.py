"""Types are tested like code: right programs pass, each wrong one is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WRONG = {
    "Word2Vec(vector_size='100')": "vector_size",
    "Word2Vec(workers=None)": "workers",
    "Word2Vec().train(epochs='5')": "epochs",
    "Word2Vec().wv.similarity('a')": "similarity",
    "Word2Vec(vector_sise=5)": "vector_sise",
    "Word2Vec().build_vocab([['a']], mincount=1)": "mincount",
    "Word2Vec().train([['a']], total_words=1, epoch=5)": "epoch",
    "Word2Vec().wv.most_similar('a', topn=3).shape": "shape",
    "Word2Vec().wv.most_similar_cosmul('a', topn=3).shape": "shape",
    "Word2Vec().wv.most_similar_batch(['a']).shape": "shape",
    "Word2Vec().wv.evaluate_word_pairs('pairs.tsv')[1].rho": "rho",
    "Word2Vec().no_such_method()": "no_such_method",
    "fastw2v.Word2vec()": "Word2vec",
    "fastw2v.utils.simple_preproces('a')": "simple_preproces",
    "fastw2v.plot.scater(Word2Vec().wv)": "scater",
    "fastw2v.Phrases.load('phrases.model').export_phrase()": "export_phrase",
}


def check(path: Path) -> tuple[int, str]:
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_right_programs_pass() -> None:
    status, output = check(Path(__file__).with_name("examples.py"))
    assert status == 0, output


@pytest.mark.slow
def test_wrong_programs_are_found(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text("import fastw2v; from fastw2v import Word2Vec\n" + "".join(line + "\n" for line in WRONG))
    status, output = check(path)
    assert status == 1
    for number, (line, name) in enumerate(WRONG.items(), 2):
        found = [error for error in output.splitlines() if f"wrong.py:{number}:" in error]
        assert any(name in error for error in found), f"{line}: {found}"
