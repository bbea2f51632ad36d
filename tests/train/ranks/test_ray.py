"""Over Ray: a cluster of two nodes in one machine, with workers and a node that are lost, and a driver that dies.

Each test is a program in a process of its own: what Ray leaves running would be the next test's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.engines import require
from support.processes import ROOT

from fastw2v import Word2Vec
from fastw2v.train.ranks.engine import Engine
from fastw2v.train.ranks.local import run_ranks

require("ray")

HOW: dict[str, Any] = {"sg": 1, "vector_size": 24, "min_count": 1, "seed": 3, "workers": 1}
ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_raylet_start_wait_time_s": "120"}  # CI may be busy


def started(program: str, *arguments: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(program)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **ENVIRONMENT}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def output_of(process: subprocess.Popen[str], seconds: float = 300) -> str:
    try:
        output = process.communicate(timeout=seconds)[0]
    finally:
        process.kill()
    assert process.returncode == 0, output
    return output


LOSSES = """
    import logging, os, re, signal, sys, threading, time
    from fastw2v import train_distributed
    from fastw2v.train.ranks.ray_actors import stay_at_home
    from ray.cluster_utils import Cluster
    import ray

    text, folder, how = sys.argv[1], sys.argv[2], eval(sys.argv[3])
    home = stay_at_home()
    head = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    node = cluster.add_node(num_cpus=1, node_ip_address="127.0.0.1")
    ray.init(address=cluster.address, **home)

    # two ranks, whose bits are known
    model = train_distributed(text, engine="ray", num_workers=2, epochs=2, **how)
    model.save(os.path.join(folder, "whole"))

    pids = []
    class Listen(logging.Handler):
        def emit(self, record):
            found = re.search(r"rank \\d+ is process (\\d+)", record.getMessage())
            if found:
                pids.append(int(found[1]))
    logger = logging.getLogger("fastw2v.word2vec")
    logger.setLevel(logging.INFO)
    logger.addHandler(Listen())

    path, lost = os.path.join(folder, "training.checkpoint"), os.path.join(folder, "lost")
    class Gate:  # the text; the fourth pass of a process waits until the node is lost: none ends before
        passes = 0
        def __iter__(self):
            self.passes += 1
            while self.passes > 3 and not os.path.exists(lost):
                time.sleep(0.02)
            with open(text) as file:
                for line in file:
                    yield line.split()
    def lose():
        while not os.path.exists(path):
            time.sleep(0.02)
        os.kill(pids[-1], signal.SIGKILL)
        n = len(pids)
        while len(pids) < n + 2:
            time.sleep(0.02)
        cluster.remove_node(node, allow_graceful=False)
        open(lost, "w").close()
    losing = threading.Thread(target=lose, daemon=True)
    losing.start()
    model = train_distributed(Gate(), engine="ray", num_workers=2, epochs=16, checkpoint=path,
                              checkpoint_every="50000 words", **how)
    losing.join(30)
    print("epochs", len(model.loss_history), "started", len(pids), "loss", model.loss_history[-1])
    model.save(os.path.join(folder, "survived"))
    ray.shutdown()  # first: a driver that sees its cluster end ends with an error
    cluster.shutdown()
"""


@pytest.mark.timeout(400)
@pytest.mark.slow
def test_lost_workers_and_nodes(text: str, tmp_path: Path) -> None:
    """The bits of two ranks of one process; then a worker is killed, later a node removed, and all is trained."""
    output = output_of(started(LOSSES, text, str(tmp_path), repr(HOW)))
    local = run_ranks(2, lambda ranks: Word2Vec(corpus_file=text, engine=Engine(ranks), epochs=2, **HOW))[0]
    whole = Word2Vec.load(str(tmp_path / "whole"))
    assert whole.wv.index_to_key == local.wv.index_to_key
    assert np.array_equal(whole.wv.vectors, local.wv.vectors)
    alone = Word2Vec(corpus_file=text, epochs=16, **HOW)
    survived = Word2Vec.load(str(tmp_path / "survived"))
    assert "epochs 16 started 5" in output, output  # two, two again, and one that had room
    assert survived.loss_history[-1] == pytest.approx(alone.loss_history[-1], rel=0.03)


@pytest.mark.timeout(200)
@pytest.mark.slow
def test_a_driver_that_dies_leaves_nothing_that_trains(text: str) -> None:
    """Killed, it cannot clean up: Ray ends actors and servers; its two agents on the machine it may leave."""
    program = f"""
        import sys
        from fastw2v import train_distributed
        train_distributed(sys.argv[1], engine="ray", num_workers=1, epochs=100_000, **{HOW})
    """
    process = started(program, text)
    deadline = time.monotonic() + 120
    while not (found := descendants(process.pid, "ray::Worker")) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found, "no actor was started"
    everything = [pid for pid in descendants(process.pid) if "Agent" not in command(pid)]
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 30
    while any(map(alive, everything)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not [pid for pid in everything if alive(pid)]


def descendants(pid: int, name: str = "") -> list[int]:
    """Processes that a process has started, and those that these have."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended
    found, new = [], [pid]
    while new:
        new = [child for child, parent in parents.items() if parent in new]
        found += new
    return [one for one in found if name in command(one)]


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


DATASET = """
    import os, sys
    import ray, ray.data
    from fastw2v import train_distributed
    from fastw2v.train.ranks.ray_actors import stay_at_home

    text, folder, how = sys.argv[1], sys.argv[2], eval(sys.argv[3])
    ray.init("local", num_cpus=3, include_dashboard=False, **stay_at_home())
    lines = open(text).read().splitlines()
    dataset = ray.data.from_items([{"text": line} for line in lines], override_num_blocks=4)
    model = train_distributed(dataset, engine="ray", num_workers=2, epochs=2, **how)
    model.save(os.path.join(folder, "model"))
"""


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_a_ray_dataset_is_a_corpus(text: str, tmp_path: Path) -> None:
    """Its rows are sentences, in their order: the bits that ranks of one process make of an iterable."""
    for needed in ("pyarrow", "pandas"):
        pytest.importorskip(needed, reason=f"Ray Datasets need {needed} (pip install 'ray[data]')")
    output_of(started(DATASET, text, str(tmp_path), repr(HOW)))

    class Lines:
        def __iter__(self) -> Iterator[list[str]]:
            return (line.split() for line in Path(text).read_text().splitlines())

    local = run_ranks(2, lambda ranks: Word2Vec(Lines(), engine=Engine(ranks), epochs=2, **HOW))[0]
    model = Word2Vec.load(str(tmp_path / "model"))
    assert model.wv.index_to_key == local.wv.index_to_key
    assert np.array_equal(model.wv.vectors, local.wv.vectors)
