"""Over MPI: two processes on this machine, started by mpiexec."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.engines import mpiexec, require
from support.processes import ROOT

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.model.checkpoints import Checkpoint
from fastw2v.train.ranks.engine import Engine
from fastw2v.train.ranks.local import run_ranks

require("mpi")

HOW: dict[str, Any] = {"sg": 1, "vector_size": 24, "min_count": 1, "epochs": 2, "seed": 3, "workers": 1}
SECONDS = 60.0


def started(*arguments: str, n_ranks: int = 2, **more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HYDRA_IFACE": "lo", "MPICH_INTERFACE_HOSTNAME": "127.0.0.1"}
    command = [str(mpiexec()), "-n", str(n_ranks), sys.executable, *arguments]
    return subprocess.Popen(
        command, env={**environment, **more}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        return process.communicate(timeout=SECONDS)
    finally:
        process.kill()


def test_the_command_line_under_mpiexec(text: str, tmp_path: Path) -> None:
    """Two processes of one thread: the same bits as two ranks of one process, from one file that rank 0 wrote."""
    output = tmp_path / "vectors.kv"
    flags = {"--sg": 1, "-size": 24, "-min-count": 1, "-iter": 2, "--seed": 3, "-threads": 1, "-alpha": 0.025}
    words = [str(word) for flag in flags.items() for word in flag]
    process = started("-m", "fastw2v", "train", "-train", text, "-output", str(output), *words)
    _, errors = ended(process)
    assert process.returncode == 0, errors
    local = run_ranks(2, lambda ranks: Word2Vec(corpus_file=text, engine=Engine(ranks), **HOW))[0]
    vectors = KeyedVectors.load(str(output))
    assert vectors.index_to_key == local.wv.index_to_key
    assert np.array_equal(vectors.vectors, local.wv.vectors)
    assert errors.count("collected 200 word types") == 1, "one process speaks for all"


def test_a_killed_rank_ends_the_job_and_resume_finishes_it(text: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys\nfrom pathlib import Path\nfrom mpi4py import MPI\nfrom fastw2v import train_distributed\n"
        "text, path, folder = sys.argv[1:]\n"
        "Path(folder, str(MPI.COMM_WORLD.rank)).write_text(str(os.getpid()))\n"
        f"train_distributed(text, engine='mpi', checkpoint=path, checkpoint_every='20000 words', "
        f"**{HOW | {'epochs': 10_000}})\n"
    )
    path = tmp_path / "training.checkpoint"
    process = started(str(program), text, str(path), str(tmp_path))
    deadline = time.monotonic() + SECONDS
    while not (path.exists() and Checkpoint.read(str(path)).position.epoch) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(int((tmp_path / "1").read_text()), signal.SIGKILL)
    killed = time.monotonic()
    _, errors = ended(process)
    assert time.monotonic() - killed < 20
    assert process.returncode != 0
    assert re.search(r"fastw2v: rank 1 of 2 \(process \d+ on \S+\) is gone at [\d:.]+ UTC: it was killed, or", errors)
    assert errors.count("is gone at") == 1
    before = Checkpoint.read(str(path))
    assert before.position.epoch >= 1
    before._replace(course=replace(before.course, epochs=before.position.epoch + 1)).write(str(path))
    model = Word2Vec.resume(str(path), corpus_file=text)
    finished = Checkpoint.read(str(path)).position.finished
    assert {totals.n_words for totals in finished} == {model.corpus_total_words}


@pytest.mark.parametrize("where", ["training", "program"])
def test_an_error_of_one_rank_ends_the_job(where: str, text: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\nfrom mpi4py import MPI\nfrom fastw2v import Word2Vec\n"
        "from fastw2v.callbacks import CallbackAny2Vec\nrank = MPI.COMM_WORLD.rank\n"
        "class Fails(CallbackAny2Vec):\n    def on_epoch_end(self, model):\n"
        "        if rank == 1: raise OSError('the disk is gone')\n"
        f"callbacks = [Fails()] if '{where}' == 'training' else []\n"
        f"model = Word2Vec(corpus_file=sys.argv[1], engine='mpi', callbacks=callbacks, **{HOW})\n"
        "if rank == 1: raise OSError('the disk is gone')\n"
        "model.train(corpus_file=sys.argv[1], total_examples=model.corpus_count, epochs=1)\n"
    )
    process = started(str(program), text)
    _, errors = ended(process)
    assert process.returncode != 0
    assert "rank 1 of 2 (process" in errors
    assert "ends the job: OSError: the disk is gone" in errors
    assert "is gone at" not in errors, "the rank that the launcher ended is not the cause"
