"""How to measure: contenders in turn, medians with extremes, and what the figures were measured on.

Machines are shared and noisy, so only ratios count, taken pair by pair: both halves of a pair ran
within seconds of each other. A wide spread means run again, not pick the best.
"""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

WIDE_SPREAD = 1.3  # highest over lowest ratio; beyond this a measurement says little
NEAR = 2.0  # cores are near each other while one hands over to the other in at most so many times the shortest time


@dataclass(frozen=True)
class Summary:
    """Median and extremes of some repetitions."""

    median: float
    low: float
    high: float
    n: int

    @property
    def spread(self) -> float:
        return self.high / self.low if self.low else float("inf")

    def as_dict(self) -> dict[str, float]:
        return {**asdict(self), "spread": self.spread}


def summary(values: Sequence[float]) -> Summary:
    if not values:
        raise ValueError("no measurements to summarise")
    return Summary(statistics.median(values), min(values), max(values), len(values))


def pair_ratios(our_rates: Sequence[float], peer_rates: Sequence[float]) -> Summary:
    """How many times as fast we are, pair by pair."""
    return summary([ours / peer for ours, peer in zip(our_rates, peer_rates, strict=True)])


def near_pairs(handovers: Sequence[Sequence[float]]) -> list[int] | None:
    """Pairs during which the cores were near each other; None if that never changed.

    Parameters
    ----------
    handovers : sequence of sequences of float
        For each pair, the nanoseconds that something took from one core to another, around its runs.
    """
    limit = NEAR * min(min(around) for around in handovers)
    near = [pair for pair, around in enumerate(handovers) if max(around) <= limit]
    return near if len(near) < len(handovers) else None


def alternate(
    runs: Mapping[str, Callable[[], T]],
    pairs: int,
    *,
    must: str | None = None,
    told: Callable[[str, int, T], None] = lambda name, pair, result: None,
) -> tuple[dict[str, list[T]], dict[str, str]]:
    """Run every contender in turn, A B A B.

    A contender that fails is left out from then on, with its error as the reason; ``must`` may not fail.

    Returns
    -------
    (results, failed)
        Results of the contenders that finished every pair; reasons of the others.
    """
    results: dict[str, list[T]] = {name: [] for name in runs}
    failed: dict[str, str] = {}
    for pair in range(pairs):
        for name, run in runs.items():
            if name in failed:
                continue
            try:
                result = run()
            except RuntimeError as error:
                if name == must:
                    raise
                failed[name] = str(error)
                results.pop(name)
            else:
                results[name].append(result)
                told(name, pair, result)
    return results, failed


# ------------------------------------------------------------------------------- provenance ----


def cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def isa() -> str:
    """Instruction set of the kernels that this process uses, so it cannot do without the package."""
    try:
        from fastw2v._dispatch import kernels
    except ImportError as error:
        raise SystemExit(f"the benchmarks need fastw2v itself ({error}): pip install -e '.[bench]'") from error
    return str(kernels.ISA)


def machine() -> dict[str, Any]:
    """What the figures depend on; neither paths nor the host's name."""
    return {
        "cpu": cpu_model(),
        "isa": isa(),
        "cores": os.cpu_count(),
        "os": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def versions(*distributions: str) -> dict[str, str]:
    found = {}
    for name in distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """Commit of the checkout that is measured, with ``+`` if the package differs from it."""
    root = Path(__file__).resolve().parents[1]

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    head = git("rev-parse", "--short", "HEAD")
    return head and head + ("+" if git("status", "--porcelain", "--", "fastw2v", "setup.py") else "")


def header(benchmark: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """First part of every result file."""
    return {
        "benchmark": benchmark,
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "commit": commit(),
        "parameters": dict(parameters),
    }
