"""From a result file to a Markdown table and a plot beside it.

    python benchmarks/report.py benchmarks/results/2026-01-01-train.json ...
    python benchmarks/report.py              # pictures alone, of all results that are kept; or: make plots

The benchmarks call ``publish`` themselves; this program writes the tables and pictures of old files again. Pictures are
not kept with the results: they are drawn from them. The tables of a result stay as they were when it was measured.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from measure import WIDE_SPREAD

RESULTS = Path(__file__).resolve().parent / "results"
COLOURS = {"fastw2v": "#c0392b", "gensim": "#34495e", "fasttext": "#7f8c8d", "word2vec.c": "#b2babb"}
Result = dict[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def of(figures: dict[str, float], scale: float = 1, digits: int = 1) -> str:
    """Median with extremes."""
    median, low, high = (figures[name] * scale for name in ("median", "low", "high"))
    return f"{median:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def provenance(result: Result) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result.get("versions", {}).items())
    lines = [
        f"{result['date']}; {machine['cpu']}, {machine['cores']} cores, kernels {machine['isa']}; {machine['os']}, "
        f"Python {machine['python']}; commit {result['commit'] or 'unknown'}; load before: {machine['load_before']}.",
        versions and f"Versions: {versions}.",
        "Parameters: " + ", ".join(f"{name}={value}" for name, value in result["parameters"].items()) + ".",
    ]
    if corpus := result.get("corpus"):
        lines.append(f"Corpus: {corpus['name']}, {corpus['words']:,} words in {corpus['lines']:,} lines.")
    lines += [f"Skipped: {name}: {reason}." for name, reason in result.get("skipped", {}).items()]
    return "\n".join(line for line in lines if line) + "\n"


# ----------------------------------------------------------------------------------- train ----


def train_markdown(result: Result) -> str:
    rows = []
    for group in result["results"]:
        for name, entry in group["contenders"].items():
            ratio = entry.get("times_ours")
            if name == "fastw2v":
                times = "1"
            elif group["quality_problem"]:
                times = "withheld: quality"
            else:
                times = of(ratio) + (" WIDE" if ratio["spread"] > WIDE_SPREAD else "")
            if (near := entry.get("times_ours_near")) and not group["quality_problem"]:
                times += f"; {of(near)} in the {near['n']} pairs on near cores"
            cpu = entry.get("times_ours_cpu")
            quality = "" if entry["quality"] is None else f"{entry['quality']:.3f}"
            rows.append([
                group["mode"], name, of(entry["words_per_second"], 1e-3, 0), times,
                f"{cpu['median']:.1f}" if cpu and not group["quality_problem"] else "", quality,
            ])  # fmt: skip
        rows += [[group["mode"], name, f"failed: {why}", "", "", ""] for name, why in group["failed"].items()]
    metric = result["results"][0]["metric"] if result["results"] else "quality"
    head = ["mode", "system", "thousand words/s", "fastw2v is so many times as fast", "by CPU time", metric]
    note = (
        "Medians (lowest-highest) over alternating pairs; ratios pair by pair. WIDE: the ratios differ by more than "
        f"{WIDE_SPREAD}: measure again.\n"
    )
    for group in result["results"]:
        runs = [run for entry in group["contenders"].values() for run in entry["runs"]]
        times = [ns for run in runs for ns in run.get("handover_ns") or ()]
        if times:
            note += (
                f"{group['mode']}: before and after the runs, a cache line took {min(times):.0f} to {max(times):.0f} "
                "ns from one core to the other; near: at most twice the shortest.\n"
            )
        if group["gensim_linesentence_quality"] is not None:
            note += (
                f"{group['mode']}: ours are compared with gensim's vectors from LineSentence, "
                f"{group['gensim_linesentence_quality']:.3f}.\n"
            )
        if group["quality_problem"]:
            note += f"{group['mode']}: no ratio, since {group['quality_problem']}.\n"
    return f"# Speed of training\n\n{provenance(result)}\n{table(head, rows)}\n{note}"


def train_plot(result: Result, axes: Any) -> None:
    modes = [group["mode"] for group in result["results"]]
    names = list(dict.fromkeys(name for group in result["results"] for name in group["contenders"]))
    width = 0.8 / max(len(names), 1)
    for at, name in enumerate(names):
        places, medians, below, above = [], [], [], []
        for place, group in enumerate(result["results"]):
            if entry := group["contenders"].get(name):
                speed = {key: value / 1e6 for key, value in entry["words_per_second"].items()}
                places.append(place + (at - (len(names) - 1) / 2) * width)
                medians.append(speed["median"])
                below.append(speed["median"] - speed["low"])
                above.append(speed["high"] - speed["median"])
        axes.bar(places, medians, width, yerr=[below, above], capsize=2, label=name, color=COLOURS.get(name))
    axes.set_xticks(range(len(modes)), modes)
    axes.set_ylabel("million words/s")
    axes.set_title(f"Training, {result['parameters']['threads']} thread(s), {result['machine']['isa']}")
    axes.legend()


# --------------------------------------------------------------------------------- quality ----


def quality_markdown(result: Result) -> str:
    def spread(entry: dict[str, float] | None) -> str:
        return f"{entry['mean']:.3f} ± {entry['sd']:.3f}" if entry else ""

    rows = [
        [group["mode"], metric, spread(entry.get("ours")), spread(entry.get("peer")), entry["verdict"]]
        for group in result["results"]
        for metric, entry in group["metrics"].items()
    ]
    note = (
        "Mean ± standard deviation over the seeds. Word pairs: Spearman's correlation; analogies: accuracy among the "
        "30,000 most frequent words. Both by fastw2v's evaluator. Verdict: not below the peer's mean minus its "
        "standard deviation (exact CBOW: above the mean of the peer's CBOW); sets in brackets are shown only.\n"
    )
    head = ["mode", "set", "fastw2v", result["peer"], "verdict"]
    return f"# Quality of the vectors\n\n{provenance(result)}\n{table(head, rows)}\n{note}"


def quality_plot(result: Result, axes: Any) -> None:
    bars = [
        (f"{group['mode']}\n{metric}", entry)
        for group in result["results"]
        for metric, entry in group["metrics"].items()
        if not metric.startswith("(")
    ]
    for shift, side, name in ((-0.2, "ours", "fastw2v"), (0.2, "peer", result["peer"])):
        shown = [(place, entry[side]) for place, (_, entry) in enumerate(bars) if entry.get(side)]
        if not shown:
            continue
        axes.bar(
            [place + shift for place, _ in shown], [it["mean"] for _, it in shown], 0.4,
            yerr=[it["sd"] for _, it in shown], capsize=2, label=name, color=COLOURS.get(name),
        )  # fmt: skip
    axes.set_xticks(range(len(bars)), [label for label, _ in bars], rotation=60, ha="right", fontsize=7)
    axes.set_title("Quality, mean and standard deviation over seeds")
    if bars:
        axes.legend()


# --------------------------------------------------------------------------------- presets ----


def presets_groups(result: Result) -> dict[tuple[str, int | None], dict[str, list[Result]]]:
    """Runs by corpus and size, then by system."""
    groups: dict[tuple[str, int | None], dict[str, list[Result]]] = {}
    for run in result["results"]:
        groups.setdefault((run["corpus"], run["words"]), {}).setdefault(run["system"], []).append(run)
    return groups


def presets_markdown(result: Result) -> str:
    parts = [f"# Presets\n\n{provenance(result)}"]
    for (corpus, words), systems in presets_groups(result).items():
        names = list(next(iter(systems.values()))[0]["scores"])
        peer = {name: [run["scores"][name] for run in systems.get("gensim", [])] for name in names}
        rows = []
        for system, runs in systems.items():
            row = [system, len(runs)]
            for name in names:
                values = [run["scores"][name] for run in runs]
                shown = f"{statistics.fmean(values):.3f}"
                if len(values) > 1:
                    shown += f" ± {statistics.stdev(values):.3f}"
                if system != "gensim" and len(peer[name]) > 1:
                    above = (statistics.fmean(values) - statistics.fmean(peer[name])) / statistics.stdev(peer[name])
                    shown += f" ({above:+.0f} sd)"
                row.append(shown)
            seconds = [run["seconds"] for run in runs if run["seconds"]]
            rows.append([*row, f"{statistics.median(seconds):.0f}" if seconds else ""])
        size = f", the first {words:,} words" if words else ""
        parts.append(f"## {corpus}{size}\n\n{table(['system', 'seeds', *names, 'seconds of a processor'], rows)}")
    used = {run["system"]: run["parameters"] for run in result["results"]}
    given = [[name, ", ".join(f"{key}={value}" for key, value in chosen.items())] for name, chosen in used.items()]
    parts.append(
        "Mean ± standard deviation over the seeds; in brackets the distance to gensim's mean, in gensim's standard "
        f"deviations. Parameters beside those that are default:\n\n{table(['system', 'parameters'], given)}"
    )
    return "\n".join(parts)


def presets_plot(result: Result, axes: Any) -> None:
    (corpus, _), systems = max(presets_groups(result).items(), key=lambda item: len(item[1]))
    for system, runs in systems.items():
        names = list(runs[0]["scores"])
        axes.plot(names, [statistics.fmean(run["scores"][name] for run in runs) for name in names], "o-", label=system)
    axes.set_title(corpus)
    axes.tick_params(axis="x", labelrotation=60, labelsize=7)
    axes.legend(fontsize=6)


# -------------------------------------------------------------------------------- roofline ----


def roofline_markdown(result: Result) -> str:
    rows = [
        [
            run["isa"],
            run["size"],
            of(run["peak_gflops"], 1, 0),
            of(run["gflops"]),
            of(run["share"], 100, 0) + " %",
            of(run["share_of_mean"], 100, 0) + " %",
            of(run["share_of_cpu_time"], 100, 0) + " %",
            of(run["gbytes"]),
            of(run["words_per_second"], 1e-3, 0),
        ]
        for run in result["results"]
    ]
    head = [
        "kernels",
        "dimension",
        "peak Gflop/s",
        "reached Gflop/s",
        "share",
        "of the mean",
        "by CPU time",
        "weights GB/s",
        "thousand words/s",
    ]
    places = list(next(iter(result["bandwidth"].values()), {}))
    bandwidth = table(
        ["kernels", *(f"{place} GB/s" for place in places)],
        [[isa, *(f"{found[place]:.0f}" for place in places)] for isa, found in result["bandwidth"].items()],
    )
    note = (
        "One thread. Reached: (input row, output row) pairs that were trained, times six times the dimension (a dot "
        "product and two updates, a multiplication and an addition each), over wall time; the rest of the work counts "
        "as time, not as flop. Weights: each row of a window read and written once. Peak: fused multiply-adds in "
        "registers, the best few milliseconds before and after the training; mean: all of these. Bandwidth: a vector "
        "updated in place, read plus written.\n"
    )
    return f"# Roofline\n\n{provenance(result)}\n{table(head, rows)}\n{bandwidth}\n{note}"


def roofline_plot(result: Result, axes: Any) -> None:
    colours = ["#c0392b", "#2980b9", "#27ae60", "#8e44ad"]
    peaks: dict[str, float] = {}
    for run in result["results"]:
        peaks[run["isa"]] = max(peaks.get(run["isa"], 0), run["peak_gflops"]["median"])
    intensities = [0.25 * 2 ** (step / 8) for step in range(65)]
    for colour, (isa, peak) in zip(colours, peaks.items(), strict=False):
        for place, gbytes in result["bandwidth"][isa].items():
            style = "-" if place == "memory" else ":"
            roof = [min(peak, gbytes * intensity) for intensity in intensities]
            axes.plot(intensities, roof, style, color=colour, linewidth=1, label=f"{isa}, {place}")
        runs = [run for run in result["results"] if run["isa"] == isa]
        points = [(run["gflops"]["median"] / run["gbytes"]["median"], run["gflops"]["median"]) for run in runs]
        axes.plot(*zip(*points, strict=True), "o", color=colour)
        for run, point in zip(runs, points, strict=True):
            axes.annotate(f"d={run['size']}", point, xytext=(4, 3), textcoords="offset points", fontsize=7)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xlabel("flop per byte of weights moved")
    axes.set_ylabel("Gflop/s, one core")
    axes.set_title("Skip-gram with negative sampling beneath the machine's roof")
    axes.legend(fontsize=6)


# --------------------------------------------------------------------------------- scaling ----


def scaling_gain(run: Result) -> str:
    """How many times the speed of one thread, over all pairs and over those on near cores."""
    gain, near = of(run["gain"], digits=2), run["near"]
    return f"{gain}; {of(near, digits=2)} in the {near['n']} pairs on near cores" if near else gain


def scaling_markdown(result: Result) -> str:
    rows = [
        [run["mode"], "yes" if run["copies"] else "", run["threads"], f"{run['window_ns']:.0f}",
         f"{run['stolen_rows']:.2f}", f"{run['speedup']:.2f}"]
        for run in result["results"]
    ]  # fmt: skip
    head = ["mode", "copies of hot rows", "threads", "ns per window, one thread", "rows taken per window", "predicted"]
    gains = [
        [run["mode"], run["threads"], scaling_gain(run), ", ".join(f"{max(ns):.0f}" for ns in run["handover_ns"])]
        for run in result["measured"]
    ]
    gain_table = table(
        ["mode", "threads", "measured: times the speed of one thread", "hand-over of a row in each pair, ns"], gains
    )
    return (
        f"# Scaling\n\n{provenance(result)}\n{gain_table}\n{table(head, rows)}\n"
        f"Simulated, but for the time of a window and that of handing a row over ({result['handover_ns']:.0f} ns, both "
        "measured). Rows taken: those of a window that another thread has changed since this one used them last, at "
        "most 256 windows ago. Predicted: times the speed of one thread, if every such row costs the whole handover.\n"
    )


def scaling_plot(result: Result, axes: Any) -> None:
    threads = sorted({run["threads"] for run in result["results"]})
    axes.plot(threads, threads, ":", color="#7f8c8d", linewidth=1, label="linear")
    for mode, copies in dict.fromkeys((run["mode"], run["copies"]) for run in result["results"]):
        runs = [run for run in result["results"] if (run["mode"], run["copies"]) == (mode, copies)]
        axes.plot(
            [run["threads"] for run in runs], [run["speedup"] for run in runs], "o-" if copies else "o--",
            label=f"{mode}, copies of hot rows" if copies else mode,
        )  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xlabel("threads")
    axes.set_ylabel("times the speed of one thread, predicted")
    axes.legend(fontsize=6)


# ---------------------------------------------------------------------------------- memory ----


def distributed_markdown(result: Result) -> str:
    parts = [provenance(result)]
    for key in ("quality", "rules"):
        groups: dict[tuple[Any, ...], list[Result]] = {}
        for run in result[key]:
            groups.setdefault((run["mode"], run["ranks"], run.get("rule", "curvature")), []).append(run)
        if not groups:
            continue
        names = list(dict.fromkeys(name for run in result[key] for name in run["scores"]))
        rows = []
        for (mode, ranks, rule), runs in groups.items():
            row = [mode, str(ranks), rule, str(len(runs)), f"{statistics.fmean(run['loss'] for run in runs):.4f}"]
            for name in names:
                values = [run["scores"][name] for run in runs if name in run["scores"]]
                spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
                row.append(f"{statistics.fmean(values):.3f}{spread}" if values else "diverged")
            row += [f"{runs[0]['words']:,}", str(runs[0].get("exchanges", ""))]
            row.append(f"{runs[0].get('bytes_sent', 0) / max(runs[0]['words'], 1):.1f}")
            bands = zip(*(run["near"] for run in runs if run.get("near")), strict=True)  # not of cells measured before
            row.append(" ".join(f"{statistics.fmean(band):.3f}" for band in bands))
            rows.append(row)
        head = ["mode", "ranks", "rule", "seeds", "loss", *names, "words", "exchanges", "MB sent, M words", "near"]
        parts.append(table(head, rows))
    if result["cost"]:
        head = ["rows", "vector_size", "wire", "ns for a row", "bytes sent for a row"]
        parts.append("One exchange of all rows between two ranks, processor time of one of them.\n\n" + table(head, [
            [f"{one['rows']:,}", one["vector_size"], one["wire"], f"{1e9 * one['seconds'] / one['rows']:.0f}",
             f"{one['bytes_sent'] / one['rows']:.0f}"] for one in result["cost"]
        ]))  # fmt: skip
    if result["speed"]:
        head = ["mode", "two ranks, words/s", "two threads, words/s", "ratio", "near cores", "hand-over of a line, ns"]
        parts.append(table(head, [
            [run["mode"], *(f"{statistics.median(run['rates'][name]):,.0f}" for name in ("ranks", "threads")),
             of(run["ratio"], 1, 2), of(run["ratio_near"], 1, 2) if "ratio_near" in run else "",
             " ".join(f"{max(around, default=0):.0f}" for around in run.get("handover_ns", []))]
            for run in result["speed"]
        ]))  # fmt: skip
    return "\n".join(parts)


def distributed_plot(result: Result, axes: Any) -> None:
    if not result["quality"]:
        cost = result["cost"]
        axes.bar([one["wire"] for one in cost], [1e9 * one["seconds"] / one["rows"] for one in cost])
        axes.set_xlabel("wire")
        axes.set_ylabel("ns for a row")
        return
    for mode in dict.fromkeys(run["mode"] for run in result["quality"]):
        runs = [run for run in result["quality"] if run["mode"] == mode]
        axes.plot([run["ranks"] for run in runs], [run["loss"] for run in runs], "o", label=mode)
    axes.set_xlabel("ranks")
    axes.set_ylabel("loss")
    axes.legend()


def many_cores_markdown(result: Result) -> str:
    parts = [provenance(result)]
    if result["simulated"]:
        names = list(dict.fromkeys(name for run in result["simulated"] for name in run["scores_one_lane"]))
        rows = []
        for run in result["simulated"]:
            one = run["spread_one_lane"]
            row = [run["corpus"], run["mode"], f"{run['alpha']:g}", str(run["lanes"])]
            row += ["yes" if run["finite"] else "**NO**"]
            row += [f"{run['loss']:.4f} ({run['loss'] / run['loss_one_lane'] - 1:+.2%})"]
            for name in names:
                if name not in one:
                    row.append("")
                    continue
                figures = f"{run['scores'][name]:.4f} / {run['scores_one_lane'][name]:.4f} ± {one[name]:.4f}"
                row.append(f"**{figures}**" if name in run["below"] else figures)
            rows.append(row)
        head = ["corpus", "mode", "alpha", "lanes", "finite", "loss (beside one lane)", *names]
        parts.append("Many lanes / one lane ± its standard deviation; bold is below that.\n\n" + table(head, rows))
    if result["measured"]:
        head = ["mode", "threads", "M words/s", "beside as many models", "beside one thread"]
        parts.append(table(head, [
            [run["mode"], str(run["threads"]), f"{statistics.median(run['rates']['threads']) / 1e6:.2f}",
             of(run["of_models"], 1, 2), of(run["of_one"], 1, 2)]
            for run in result["measured"]
        ]))  # fmt: skip
    return "\n".join(parts)


def many_cores_plot(result: Result, axes: Any) -> None:
    for run in result["simulated"]:
        label = f"{run['corpus']} {run['mode']} {run['alpha']:g}, {run['lanes']} lanes"
        axes.barh(label, run["loss"] / run["loss_one_lane"] - 1, color=COLOURS["fastw2v"])
    for run in result["measured"]:
        axes.barh(f"{run['mode']}, {run['threads']} threads", run["of_models"]["median"], color=COLOURS["fastw2v"])
    axes.tick_params(axis="y", labelsize=6)
    axes.set_xlabel("loss beside one lane" if result["simulated"] else "speed beside as many models")


def memory_markdown(result: Result) -> str:
    def mb(value: float) -> str:
        return f"{value / 1e6:.0f}"

    rows = [
        [
            run["mode"], run["source"], run["contender"], mb(run["imported"]), mb(run["prepared"]), mb(run["trained"]),
            mb(run["trained"] - run["imported"]), run.get("verdict", ""),
        ]
        for run in result["results"]
    ]  # fmt: skip
    head = ["mode", "source", "system", "after import", "with corpus", "peak", "peak beyond import", "verdict"]
    estimates = [
        [run["mode"], run["size"], f"{run['words']:,}", mb(run["estimated"]), mb(run["held"]), mb(run["peak"]),
         f"{run['ratio']:.2f}", run["verdict"]]
        for run in result["estimates"]
    ]  # fmt: skip
    estimate_head = [
        "mode",
        "dimension",
        "words",
        "estimate_memory",
        "held",
        "peak",
        "estimate / held",
        "verdict (0.9-1.1)",
    ]
    return (
        f"# Memory (MB)\n\n{provenance(result)}\n{table(head, rows)}\n"
        "Resident size of a fresh process, highest so far at each stage; with corpus: lists are in memory; peak: "
        "vocabulary and training included. Verdict: our peak is not above the peer's.\n\n"
        f"{table(estimate_head, estimates)}\nHeld: what the end of the model gives back to the system, after "
        "training from a file; peak: growth of the process up to then, imports and reading included.\n"
    )


def memory_plot(result: Result, axes: Any) -> None:
    labels = [f"{run['mode']}\n{run['source']}\n{run['contender']}" for run in result["results"]]
    colours = [COLOURS.get(run["contender"]) for run in result["results"]]
    axes.bar(range(len(labels)), [run["trained"] / 1e6 for run in result["results"]], color=colours)
    axes.set_xticks(range(len(labels)), labels, rotation=60, ha="right", fontsize=7)
    axes.set_ylabel("peak resident size, MB")


# -------------------------------------------------------------------------------------- io ----


def io_markdown(result: Result) -> str:
    rows = []
    for entry in result["results"]:
        for name, figures in entry["contenders"].items():
            ratio = entry.get("times_ours")
            times = of(ratio) + (" WIDE" if ratio["spread"] > WIDE_SPREAD else "") if ratio else ""
            memory = [
                f"{figures[f'{way}_by_vector']['median']:.2f} / {figures[f'{way}_by_held']['median']:.2f}"
                if f"{way}_by_held" in figures
                else ""
                for way in ("resident", "traced")
            ]
            cpu = of(figures["cpu"], 1e3) if "cpu" in figures else ""
            shown = "1" if name == "fastw2v" else times
            rows.append([entry["operation"], name, of(figures["seconds"], 1e3), cpu, shown, *memory])
        rows += [[entry["operation"], name, f"failed: {why}", "", "", "", ""] for name, why in entry["failed"].items()]
    head = ["operation", "system", "ms", "CPU ms", "fastw2v is so many times as fast", "memory, resident", "allocated"]
    note = (
        "Medians (lowest-highest) over alternating pairs, each run a fresh process; ratios pair by pair. WIDE: the "
        f"ratios differ by more than {WIDE_SPREAD}. Memory: what loading takes, divided by the vectors alone / by "
        "vectors, keys, counts and index. Saved files were equal byte for byte, loaded tables bit for bit.\n"
    )
    return f"# Loading and saving\n\n{provenance(result)}\n{table(head, rows)}\n{note}"


def io_plot(result: Result, axes: Any) -> None:
    names = list(dict.fromkeys(name for entry in result["results"] for name in entry["contenders"]))
    for at, name in enumerate(names):
        places, medians = [], []
        for place, entry in enumerate(result["results"]):
            if figures := entry["contenders"].get(name):
                places.append(place + (at - (len(names) - 1) / 2) * 0.4)
                medians.append(figures["seconds"]["median"])
        axes.bar(places, medians, 0.4, label=name, color=COLOURS.get(name))
    axes.set_xticks(range(len(result["results"])), [entry["operation"] for entry in result["results"]], fontsize=7)
    axes.set_yscale("log")
    axes.set_ylabel("seconds")
    axes.legend()


# ----------------------------------------------------------------------------------- phrases ----


def phrases_markdown(result: Result) -> str:
    rows = []
    for entry in result["results"]:
        for name, figures in entry["contenders"].items():
            times = [
                "1" if name == "fastw2v" else of(ratio) + (" WIDE" if ratio["spread"] > WIDE_SPREAD else "")
                for ratio in (entry.get("times", {}), entry.get("times_cpu", {}))
            ]
            spent = [of(figures[clock], 1e3, 0) for clock in ("seconds", "cpu")]
            rows.append([entry["stage"], entry["source"], name, *spent, *times])
        rows += [[entry["stage"], entry["source"], name, f"failed: {why}"] for name, why in entry["failed"].items()]
    head = ["stage", "sentences", "system", "ms", "CPU ms", "fastw2v is so many times as fast", "by CPU time"]
    note = (
        "Medians (lowest-highest) over alternating pairs, each run a fresh process that does every stage; ratios pair "
        f"by pair. WIDE: the ratios differ by more than {WIDE_SPREAD}. Phrases, scores, counts, joined sentences, "
        "phrases of phrases and vocabularies were equal. Joined sentences are read as lists of str, once.\n"
    )
    return f"# Phrases\n\n{provenance(result)}\n{table(head, rows)}\n{note}"


def phrases_plot(result: Result, axes: Any) -> None:
    entries = [entry for entry in result["results"] if "times" in entry]
    axes.barh(
        [f"{entry['stage']}\n{entry['source']}" for entry in entries],
        [entry["times"]["median"] for entry in entries],
        color=COLOURS["fastw2v"],
    )
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=7)
    axes.set_xlabel("times gensim's speed")


# ------------------------------------------------------------------------------------ text ----


def text_markdown(result: Result) -> str:
    rows = []
    for group in result["results"]:
        for name, entry in group["contenders"].items():
            times = ""
            if ratio := entry.get("times"):
                times = of(ratio) + (" WIDE" if ratio["spread"] > WIDE_SPREAD else "")
            speeds = [of(entry[f"words_per_{clock}"], 1e-6) for clock in ("second", "cpu_second")]
            feeds = ""
            if group["stage"].startswith("encode"):
                feeds = f"{entry['words_per_cpu_second']['median'] / result['parameters']['consumes']:.0f}"
            rows.append([group["stage"], name, *speeds, times, feeds])
    head = ["stage", "system", "million words/s", "by CPU time", "times gensim's speed", "feeds so many threads"]
    note = (
        "Medians (lowest-highest) over alternating runs; ratios pair by pair. WIDE: the ratios differ by more than "
        f"{WIDE_SPREAD}. Vocabularies and counts were equal.\n"
    )
    return f"# Speed of reading text\n\n{provenance(result)}\n{table(head, rows)}\n{note}"


def text_plot(result: Result, axes: Any) -> None:
    entries = {
        f"{group['stage']}\n{name}": entry["words_per_second"]["median"] / 1e6
        for group in result["results"]
        for name, entry in group["contenders"].items()
    }
    axes.barh(list(entries), list(entries.values()), color=COLOURS["fastw2v"])
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=7)
    axes.set_xlabel("million words per second")


# --------------------------------------------------------------------------------- softmax ----


def softmax_markdown(result: Result) -> str:
    rows = [
        [
            entry["mode"],
            entry["n_words"],
            *(of(entry["pairs_per_second"][name], digits=0) for name in ("fastw2v", "numpy")),
            of(entry["times"]) + (" WIDE" if entry["times"]["spread"] > WIDE_SPREAD else ""),
            of(entry["share_of_sgemm"], 100, 0),
        ]
        for entry in result["results"]
    ]
    head = ["mode", "words", "pairs/s", "NumPy, batches of 256", "times NumPy's speed", "% of a large sgemm"]
    return f"# Exact softmax\n\n{provenance(result)}\n{table(head, rows)}"


def softmax_plot(result: Result, axes: Any) -> None:
    entries = {f"{entry['mode']}, {entry['n_words']} words": entry["times"]["median"] for entry in result["results"]}
    axes.barh(list(entries), list(entries.values()), color=COLOURS["fastw2v"])
    axes.invert_yaxis()
    axes.set_xlabel("times the speed of NumPy in batches")


# --------------------------------------------------------------------------------- queries ----


def queries_markdown(result: Result, title: str = "Queries") -> str:
    rows = [
        [
            entry["table"], entry["job"], *(of(entry["seconds"][name], 1e3, 2) for name in ("fastw2v", "peer")),
            of(entry["times"]) + (" WIDE" if entry["times"]["spread"] > WIDE_SPREAD else ""), of(entry["times_cpu"]),
        ]
        for entry in result["results"]
    ]  # fmt: skip
    head = ["table", "job", "ms", "ms, peer", "times the peer's speed", "by CPU time"]
    note = (
        "Medians (lowest-highest) over alternating pairs in one process; ratios pair by pair. WIDE: the ratios differ "
        f"by more than {WIDE_SPREAD}. The peer is gensim, asked in a loop, unless the job names another; of batches it "
        "answers a part, and its time is that of all. Answers were equal, those of int8 near enough.\n"
    )
    if share := result.get("bandwidth"):
        note += (
            f"One question reads the large table at {of(share['query'], 1e-9)} GB/s, {of(share['share'], 100, 0)} % of "
            f"the speed of summing its numbers in as many threads.\n"
        )
    if agreement := result.get("agreement"):
        found = ", ".join(f"{100 * value:.2f} % for {name}" for name, value in agreement.items())
        note += f"Of the ten nearest of 1,000 words, so many are those of float32: {found}.\n"
    if indexes := result.get("indexes"):
        names = ("index", "exact", "exact, again")
        rows = [
            [
                entry["table"], entry["name"], f"{entry['seconds']:.1f}", f"{100 * entry['recall']:.1f}",
                *(of(entry["question"][name], 1e3, 3) for name in names),
            ]
            for entry in indexes
        ]  # fmt: skip
        head = ["table", "index", "s to make it", "% found", "ms", "ms, exact", "ms, exact with a sketch"]
        note = (
            "Medians (lowest-highest) of one question after the other; found: of the ten nearest of 200 words. "
            "A sketch is made of a table of up to 48 MB by bytes, while nobody writes to it.\n"
        )
    return f"# {title}\n\n{provenance(result)}\n{table(head, rows)}\n{note}"


def small_markdown(result: Result) -> str:
    return queries_markdown(result, "Small calls")


def queries_plot(result: Result, axes: Any) -> None:
    entries = {f"{entry['job']}, {entry['table']}": entry["times"]["median"] for entry in result["results"]}
    label = "times the peer's speed"
    if indexes := result.get("indexes"):
        entries = {f"{each['name']}, {each['table']}": 1e3 * each["question"]["index"]["median"] for each in indexes}
        label = "ms for a question"
    axes.barh(list(entries), list(entries.values()), color=COLOURS["fastw2v"])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.tick_params(axis="y", labelsize=7)
    axes.set_xlabel(label)


RENDERERS: dict[str, tuple[Callable[[Result], str], Callable[[Result, Any], None]]] = {
    "train": (train_markdown, train_plot),
    "quality": (quality_markdown, quality_plot),
    "presets": (presets_markdown, presets_plot),
    "roofline": (roofline_markdown, roofline_plot),
    "scaling": (scaling_markdown, scaling_plot),
    "many-cores": (many_cores_markdown, many_cores_plot),
    "distributed": (distributed_markdown, distributed_plot),
    "memory": (memory_markdown, memory_plot),
    "io": (io_markdown, io_plot),
    "phrases": (phrases_markdown, phrases_plot),
    "text": (text_markdown, text_plot),
    "softmax": (softmax_markdown, softmax_plot),
    "queries": (queries_markdown, queries_plot),
    "small": (small_markdown, queries_plot),
}


# ----------------------------------------------------------------------------------- files ----


def refuse_paths(text: str) -> None:
    """Results are published: nothing in them may tell where they were made."""
    for private in (str(Path.home()), str(Path.cwd()), tempfile.gettempdir()):
        if len(private) > 1 and private + "/" in text.replace("\\\\", "/"):
            raise ValueError(f"the result names a folder of this machine: {private}")


def draw(result: Result, path: Path) -> str | None:
    """Plot a result; None if there is a plot, the reason otherwise."""
    try:
        import matplotlib
    except ImportError:
        return "SKIPPED plot: matplotlib is not installed (pip install matplotlib)"
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    RENDERERS[result["benchmark"]][1](result, axes)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
    return None


def publish(result: Result, name: str, folder: Path = RESULTS) -> Path:
    """Write ``<date>-<name>`` as .json, .md and .png; print the table. An older result stays: a number is added."""
    text = json.dumps(result, indent=1, ensure_ascii=False)
    markdown = RENDERERS[result["benchmark"]][0](result)
    refuse_paths(text + markdown)
    folder.mkdir(parents=True, exist_ok=True)
    stem, number = f"{result['date']}-{name}", 1
    path = folder / f"{stem}.json"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.json"
    path.write_text(text + "\n", "utf8")
    path.with_suffix(".md").write_text(markdown, "utf8")
    print("\n" + markdown)
    if reason := draw(result, path.with_suffix(".png")):
        print(reason)
    print(f"written: {path.name}, .md")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="write their tables, too; default: pictures of all")
    files = parser.parse_args().files
    for path in files or sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text("utf8"))
        if "benchmark" not in result:  # written by another program (tests/fuzz), without a table
            continue
        if files:
            path.with_suffix(".md").write_text(RENDERERS[result["benchmark"]][0](result), "utf8")
        if reason := draw(result, path.with_suffix(".png")):
            raise SystemExit(reason)


if __name__ == "__main__":
    main()
