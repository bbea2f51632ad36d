"""How many threads: -1 for one on each processor, and 0 for none at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.processes import run

from fastw2v import Word2Vec
from fastw2v._parallel import usable_cpus
from fastw2v.errors import ConfigError

TEXT = [["a", "b", "c"], ["b", "c"]] * 20
SMALL = {"vector_size": 4, "min_count": 1, "epochs": 1}


def test_minus_one_is_one_for_each_processor(tmp_path: Path) -> None:
    model = Word2Vec(TEXT, workers=-1, **SMALL)
    assert model.workers == usable_cpus()
    model.workers = -1
    model.train(TEXT, total_examples=model.corpus_count, epochs=1)
    assert model.workers == usable_cpus()
    corpus = tmp_path / "c.txt"
    corpus.write_text("a b c\n" * 20)
    assert model.scan_vocab(corpus_file=corpus, workers=-1) == (60, 20)
    model = Word2Vec(TEXT, checkpoint=tmp_path / "c", **SMALL)
    assert Word2Vec.resume(tmp_path / "c", TEXT, workers=-1).workers == usable_cpus()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processors of a process are Linux's")
def test_processors_are_those_that_the_process_may_use() -> None:
    done = run("-c", "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
               "from fastw2v import Word2Vec; print(Word2Vec(workers=-1).workers)")  # fmt: skip
    assert done.stdout == "1\n"


@pytest.mark.parametrize("workers", [0, -2, 0.0, False])
def test_none_is_an_error_that_names_the_way_out(workers: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"workers=.*use -1 for as many as there are processors"):
        Word2Vec(TEXT, workers=workers, **SMALL)
    model = Word2Vec(TEXT, checkpoint=tmp_path / "c", **SMALL)
    model.workers = workers
    with pytest.raises(ConfigError, match="use -1"):
        model.train(TEXT, total_examples=40, epochs=1)
    with pytest.raises(ConfigError, match="use -1"):
        Word2Vec(**SMALL).build_vocab(TEXT) or Word2Vec(**SMALL).scan_vocab(TEXT, workers=workers)
    with pytest.raises(ConfigError, match="use -1"):
        Word2Vec.resume(tmp_path / "c", TEXT, workers=workers)


def test_programs_of_gensim_that_say_none_train_with_one() -> None:
    done = run("-m", "fastw2v.patch", "-c", """
import logging; logging.basicConfig()
from gensim.models import Word2Vec
model = Word2Vec([["a", "b"]] * 20, min_count=1, vector_size=4, workers=0)
assert model.workers == 1 and model.epochs_trained == 5, model.workers
import fastw2v; fastw2v.unpatch_gensim()
try:
    Word2Vec(workers=0)
except ValueError as error:
    print(error)
""")  # fmt: skip
    assert done.stderr.count("WARNING") == 1
    assert "gensim.models.word2vec:workers=0: training with one thread" in done.stderr
    assert "workers=0" in done.stdout
