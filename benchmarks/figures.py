"""Write the tables of README.md, docs/benchmarks.md and docs/phrases.md from the results that are kept.

    python benchmarks/figures.py             # or: make figures
    python benchmarks/figures.py --check     # write nothing; status 1 if a page differs from the results

A table stands between ``<!-- figures: NAME -->`` and ``<!-- end of figures -->``. ``results/README.md`` names
the latest result of each benchmark on each machine. So no figure stands in these tables that was not measured.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from report import RESULTS, of, table

ROOT = RESULTS.parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "phrases.md")
MAIN = "Xeon with AMX"  # the machine of most tables
NOW = "Zen 4"  # the machine on which the speed of this version was measured
MODES = {"sg-ns": "skip-gram, negative sampling", "cbow-ns": "CBOW, negative sampling",
         "sg-ns-joint": "skip-gram, negative sampling, `joint_context=True`",
         "sg-hs": "skip-gram, hierarchical softmax",
         "sg-hs-joint": "skip-gram, hierarchical softmax, `joint_context=True`",
         "cbow-hs": "CBOW, hierarchical softmax",
         "cbow-ns-exact": "CBOW, negative sampling, `cbow_exact=True, alpha=0.075`"}  # fmt: skip
# one row for each: benchmark, mode, what is told about it
JOBS = [
    ("train-1-thread", "sg-ns", "skip-gram, negative sampling, `corpus_file`, 1 thread"),
    ("train-2-threads", "sg-ns", "the same, 2 threads"),
    ("train-lists", "sg-ns", "the same, list of lists, 2 workers, vocabulary scan included"),
    ("train-linesentence", "sg-ns", "the same, `LineSentence`, 2 workers, vocabulary scan included"),
    ("train-d300", "sg-ns", "the same, vector_size=300, 2 threads"),
    ("train-n15-w10", "sg-ns", "the same, negative=15, window=10, 2 threads"),
    ("train-1-thread", "cbow-ns", "CBOW, negative sampling, 1 thread"),
    ("train-2-threads", "cbow-ns", "the same, 2 threads"),
    ("train-1-thread", "sg-hs", "skip-gram, hierarchical softmax, 1 thread"),
    ("train-2-threads", "sg-hs", "the same, 2 threads"),
    ("train-1-thread", "cbow-hs", "CBOW, hierarchical softmax, 1 thread"),
    ("train-2-threads", "cbow-hs", "the same, 2 threads"),
]
Result = dict[str, Any]


def kept(index: Path = RESULTS / "README.md") -> dict[tuple[str, str], str]:
    """Return the kept result of each (benchmark, machine): the name of its files, without their ending."""
    rows = re.findall(
        r"^\| ([\w-]+) \| ([\w ]+) \| (\d{4}-\d\d-\d\d-[\w-]+) \|$", index.read_text("utf8"), re.MULTILINE
    )
    found: dict[tuple[str, str], str] = {}
    for benchmark, machine, name in rows:
        if (benchmark, machine) in found:
            raise SystemExit(f"{index.name} names two results of {benchmark} on {machine}: keep the latest")
        found[benchmark, machine] = name
    return found


def result(benchmark: str, machine: str = MAIN) -> Result:
    path = RESULTS / f"{kept()[benchmark, machine]}.json"
    return json.loads(path.read_text("utf8"))  # type: ignore[no-any-return]


def of_mode(found: Result, mode: str) -> dict[str, Any]:
    """Return what was measured of one mode; empty if that mode was not run."""
    return next((group for group in found["results"] if group["mode"] == mode), {})


def conditions(*benchmarks: str, machine: str = MAIN) -> str:
    """Say when, where and with what the results of these benchmarks were measured."""
    results = [result(benchmark, machine) for benchmark in benchmarks]
    days = sorted({datetime.date.fromisoformat(found["date"]) for found in results})
    span = " to ".join(dict.fromkeys(f"{day.day} {day:%B %Y}" for day in (days[0], days[-1])))
    about = results[0]["machine"]
    isa = {"avx512": "AVX-512", "avx2": "AVX2", "neon": "NEON"}.get(about["isa"], about["isa"])
    python = about["python"].rpartition(".")[0]
    return f"{span}, {machine}, {about['cores']} cores, {isa} kernels, {about['os'].split()[0]}, Python {python}."


def speed(jobs: Iterable[tuple[str, str, str]]) -> str:
    rows = []
    for benchmark, mode, label in jobs:
        found = result(benchmark, NOW)
        contenders = of_mode(found, mode)["contenders"]
        ours, peer = (contenders[name]["words_per_second"]["median"] / 1e3 for name in ("fastw2v", "gensim"))
        words = f"{found['corpus']['words'] / 1e6:.1f}".removesuffix(".0")
        rows.append([label, words, f"{ours:,.0f}", f"{peer:,.0f}", of(contenders["gensim"]["times_ours"])])
    head = ["job", "million words", "thousand words/s", "gensim 4.4", "times as fast"]
    return f"{table(head, rows)}\n{conditions(*(job[0] for job in jobs), machine=NOW)}\n"


def speed_short() -> str:
    return speed([("train-2-threads", mode, label) for mode, label in MODES.items() if mode.count("-") == 1])


def speed_long() -> str:
    return speed([job for job in JOBS if job[0] in ("train-1-thread", "train-2-threads")])


def machines() -> str:
    """Return the ratios to gensim on every machine, and with AVX2 on the main one."""
    names = list(dict.fromkeys(machine for benchmark, machine in kept() if benchmark.startswith("train-")))
    columns = [(name, "") for name in sorted(names, key=[MAIN, "Emerald Rapids", "Zen 5", "Zen 4", "Zen 3"].index)]
    columns.insert(1, (MAIN, "-avx2"))
    rows = []
    for benchmark, mode, label in JOBS:
        row = [label]
        for machine, suffix in columns:
            name = (benchmark + suffix, machine)
            peer = of_mode(result(*name), mode).get("contenders", {}).get("gensim") if name in kept() else None
            row.append(of(peer["times_ours"]) if peer and "times_ours" in peer else "")
        rows.append(row)
    head = ["job", *(f"{machine}{', AVX2 kernels' if suffix else ''}" for machine, suffix in columns)]
    return table(head, rows)


def peers() -> str:
    found = result("train-peers")
    names = ["fastw2v", "gensim", "fasttext", "word2vec.c"]
    rows = []
    for group in found["results"]:
        row = [MODES[group["mode"]]]
        for name in names:
            entry = group["contenders"][name]
            cell = f"{entry['words_per_second']['median'] / 1e3:,.0f}"
            row.append(cell if name == "fastw2v" else f"{cell}: {of(entry['times_ours'], digits=0)}")
        rows.append(row)
    return (
        f"{table(['thousand words/s: fastw2v is so many times as fast', *names], rows)}\n{conditions('train-peers')}\n"
    )


def quality() -> str:
    def figure(entry: dict[str, float]) -> str:
        return f"{entry['mean']:.3f}".lstrip("0")

    benchmarks = ["quality-english_17m", "quality-english_17m-cbow-hs", "quality-english_17m-cbow-exact"]
    # skip-gram took word2vec's order after the others were measured
    results = [*(result(name) for name in benchmarks), result("quality-english_17m-skip-gram", NOW)]
    sets = ["WordSim-353", "SimLex-999", "MEN", "Google analogies"]
    rows: dict[str, list[str]] = {}
    for found in results:
        for group in found["results"]:
            seeds = len(group["metrics"][sets[0]]["ours"]["values"])
            scores = {name.strip("()"): entry for name, entry in group["metrics"].items()}
            cells = [
                figure(scores[name]["ours"]) + (f" ({figure(peer)})" if (peer := scores[name].get("peer")) else "")
                for name in sets
            ]
            rows.setdefault(group["mode"], [])
            if not rows[group["mode"]] or seeds >= int(rows[group["mode"]][1]):
                rows[group["mode"]] = [MODES[group["mode"]], str(seeds), *cells]
    head = ["mean of fastw2v (gensim)", "seeds", *sets]
    about = f"CBOW: {conditions(*benchmarks)} Skip-gram: {conditions('quality-english_17m-skip-gram', machine=NOW)}"
    return f"{table(head, [rows[mode] for mode in MODES])}\n{about}\n"


def chinese() -> str:
    rows = []
    for benchmark in ("quality-chinese_8m", "quality-chinese_8m-cbow-ns"):
        for group in result(benchmark)["results"]:
            for name, entry in group["metrics"].items():
                pair = [f"{entry[side]['mean']:.3f} ± {entry[side]['sd']:.3f}" for side in ("ours", "peer")]
                rows.append([MODES[group["mode"]], name.strip("()"), len(entry["ours"]["values"]), *pair])
    return table(["mode", "set", "seeds", "fastw2v", "gensim"], rows)


def memory() -> str:
    found = result("memory-all-modes")
    rows = []
    for mode in (mode for mode in MODES if mode.count("-") == 1):
        row = [MODES[mode]]
        for source in ("corpus_file", "lists"):
            for contender in ("fastw2v", "gensim"):
                (run,) = [
                    run for run in found["results"]
                    if (run["mode"], run["source"], run["contender"]) == (mode, source, contender)
                ]  # fmt: skip
                row.append(f"{run['trained'] / 1e6:,.0f} MB")
        rows.append(row)
    head = ["mode", "`corpus_file`", "gensim", "list of lists", "gensim"]
    return f"{table(head, rows)}\n{conditions('memory-all-modes')}\n"


def roofline() -> str:
    rows = []
    order = [MAIN, "Emerald Rapids", "Zen 5", "Zen 4", "Zen 3", "Zen 1"]
    for machine in order:
        for run in result("roofline", machine)["results"]:
            if run["size"] == 100:
                share = of(run["share"], 100, 0) + " %"
                rows.append([machine, run["isa"], of(run["gflops"]), f"{run['peak_gflops']['median']:.0f}", share])
    return table(["machine", "kernels", "Gflop/s", "peak", "share"], rows)


def scaling() -> str:
    rows = []
    for machine in (MAIN, "Emerald Rapids"):
        for run in result("scaling-sg-ns", machine)["measured"]:
            times = [ns for around in run["handover_ns"] for ns in around]
            handover = f"{min(times):.0f} to {max(times):.0f} ns"
            rows.append([machine, MODES[run["mode"]], run["threads"], of(run["gain"], digits=2), handover])
    return table(
        ["machine", "mode", "threads", "times the speed of one thread", "a row goes from core to core in"], rows
    )


def text() -> str:
    rows = []
    for group in result("text")["results"]:
        for name, entry in group["contenders"].items():
            times = of(entry["times"]) if "times" in entry else ""
            rows.append([group["stage"], name, of(entry["words_per_second"], 1e-6), times])
    return f"{table(['stage', 'system', 'million words/s', 'times the speed of gensim'], rows)}\n{conditions('text')}\n"


def phrases() -> str:
    """Return how many times as fast as gensim each stage is, by processor time."""
    (found,) = [result(benchmark, machine) for benchmark, machine in kept() if benchmark == "phrases"]
    rows: dict[str, list[str]] = {}
    for entry in found["results"]:
        rows.setdefault(entry["stage"], []).append(of(entry["times_cpu"]))
    return table(["stage", "lists", "LineSentence"], [[f"`{stage}`", *cells] for stage, cells in rows.items()])


FIGURES: dict[str, Callable[[], str]] = {
    "speed-short": speed_short, "speed": speed_long, "machines": machines, "peers": peers, "quality": quality,
    "chinese": chinese, "memory": memory, "roofline": roofline, "scaling": scaling, "text": text, "phrases": phrases,
}  # fmt: skip


def filled(page: str) -> str:
    """Return the page with each table as the results have it."""

    def fill(found: re.Match[str]) -> str:
        return f"{found[1]}\n{FIGURES[found[2]]()}{found[3]}"

    return re.sub(r"(<!-- figures: ([\w-]+) -->)\n.*?(<!-- end of figures -->)", fill, page, flags=re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if a page differs")
    check, status = parser.parse_args().check, 0
    for path in PAGES:
        page = path.read_text("utf8")
        new = filled(page)
        if new == page:
            continue
        if check:
            print(f"{path.name} differs from benchmarks/results: call make figures", file=sys.stderr)
            status = 1
        else:
            path.write_text(new, "utf8")
            print(f"written: {path.name}")
    return status


if __name__ == "__main__":
    sys.exit(main())
