"""Does every file survive a process that is killed, and does training go on from it bit for bit?

Three campaigns, each of which must pass without a single failure:

training    Training with one worker and frequent checkpoints is killed (SIGKILL) at a random moment; every
            other time the resumed training is killed too. The checkpoint must open, and training resumed
            to its end must equal the uninterrupted one in every bit, loss history included.
saving      A process saves two models (or two tables) in turn over one file and is killed at a random
            moment. The file must be the one or the other, whole; the next save removes what the killed one left.
disk        Everything is saved onto a file system that is too small: a clear error, the old file whole,
            no temporary file. Needs root, to mount a small tmpfs; skipped visibly otherwise.

Run: python benchmarks/kill_test.py [--runs 100] [--report benchmarks/results/kill_test.md]
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.formats import native
from fastw2v.formats._io import open_write

MODES = {
    "CBOW, negative sampling": {"sg": 0},
    "skip-gram, negative sampling": {"sg": 1},
    "skip-gram, hierarchical softmax": {"sg": 1, "hs": 1, "negative": 0},
    "CBOW, exact mean, both objectives": {"sg": 0, "hs": 1, "cbow_exact": True},
}
FORMS = ("file", "list", "iterable")
TRAINING = {"min_count": 2, "epochs": 4, "workers": 1, "compute_loss": True, "progress": False}
EVERY = 0.02  # seconds between two checkpoints: in truth one after another, as fast as they can be written


def write_corpus(path: Path, n_words: int, n_distinct: int) -> None:
    """Zipf's law, sentences of 3 to 40 words, always the same."""
    rng = np.random.default_rng(7)
    share = 1 / np.arange(1, n_distinct + 1)
    ids = rng.choice(n_distinct, n_words, p=share / share.sum())
    lines, at = [], 0
    while at < n_words:
        length = int(rng.integers(3, 41))
        lines.append(" ".join(f"w{word}" for word in ids[at : at + length]))
        at += length
    path.write_text("\n".join(lines) + "\n")


class Anew:
    """A corpus class as users write them: read anew in each epoch, unknown to the library."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self):
        with open(self.path) as file:
            for line in file:
                yield line.split()


def corpus_arguments(form: str, path: str) -> dict[str, object]:
    if form == "file":
        return {"corpus_file": path}
    return {"corpus_iterable": list(Anew(path)) if form == "list" else Anew(path)}


def train(mode: str, form: str, corpus: str, size: int = 128, **more: object) -> Word2Vec:
    model = Word2Vec(**{**TRAINING, "vector_size": size}, **MODES[mode])
    arguments = corpus_arguments(form, corpus)
    model.build_vocab(**arguments)
    counts = {"total_examples": model.corpus_count, "total_words": model.corpus_total_words}
    model.train(**arguments, **counts, epochs=model.epochs, **more)
    return model


def same(one: Word2Vec, other: Word2Vec) -> bool:
    """Whether two trained models agree in every bit (but not in how long they took)."""
    arrays, keys, parameters = one._state()
    arrays2, keys2, parameters2 = other._state()
    for name in ("total_train_time", "lifecycle_events", "progress"):
        parameters.pop(name, None)
        parameters2.pop(name, None)
    return (
        keys == keys2
        and parameters == parameters2
        and arrays.keys() == arrays2.keys()
        and all(np.array_equal(np.ascontiguousarray(arrays[n]).view(np.uint8),
                               np.ascontiguousarray(arrays2[n]).view(np.uint8)) for n in arrays)
    )  # fmt: skip


# ------------------------------------------------------------------------- in the child process ----


class Announce:
    """Tells the parent that training begins."""

    def on_train_begin(self, model: Word2Vec) -> None:
        print("go", flush=True)

    def on_epoch_begin(self, model: Word2Vec) -> None: ...
    def on_epoch_end(self, model: Word2Vec) -> None: ...
    def on_train_end(self, model: Word2Vec) -> None: ...


def child_train(mode: str, form: str, corpus: str, path: str) -> None:
    train(mode, form, corpus, checkpoint=path, checkpoint_every=EVERY, callbacks=[Announce()])


def child_resume(form: str, corpus: str, path: str) -> None:
    Word2Vec.resume(path, **corpus_arguments(form, corpus), callbacks=[Announce()])


def make_model(version: int, n_words: int) -> Word2Vec:
    model = Word2Vec(vector_size=100, min_count=1, seed=version)
    model.build_vocab_from_freq({f"v{version}_{number}": n_words - number for number in range(n_words)})
    model.syn1neg[:] = model.wv.vectors[::-1]
    model.lifecycle_events = []
    return model


def child_save(kind: str, path: str, n_words: str) -> None:
    things = [make_model(version, int(n_words)) for version in (1, 2)]
    if kind == "vectors":
        things = [model.wv for model in things]
    things[0].save(path)
    print("go", flush=True)
    while True:
        for thing in reversed(things):
            thing.save(path)


# ------------------------------------------------------------------------- in the parent process ----


def start(*arguments: str) -> tuple[subprocess.Popen[str], bool]:
    """Start a child and wait until it says that its work begins."""
    child = subprocess.Popen([sys.executable, __file__, "--child", *arguments], stdout=subprocess.PIPE, text=True)
    return child, child.stdout.readline() == "go\n"


def kill(child: subprocess.Popen[str], seconds: float) -> bool:
    """Kill after some time; False if the child had ended before."""
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
    child.stdout.close()
    return child.wait() == -signal.SIGKILL


def clean(folder: Path, name: str) -> int:
    """Remove what killed writers left; give how many files there were."""
    left = list(folder.glob(f".{name}.*.tmp"))
    for path in left:
        path.unlink()
    return len(left)


def where(path: Path) -> str:
    """Where a training stands, by its checkpoint."""
    training = native.load_arrays(path, mmap=True)[2]["training"]
    position = training["position"]
    if position["epoch"] >= training["course"]["epochs"]:
        return "over"
    if position["totals"]["n_chunks"]:
        return f"within epoch {position['epoch']}, after chunk {position['totals']['n_chunks']}"
    return f"before epoch {position['epoch']}"


def campaign_training(folder: Path, n_runs: int, n_words: int, rng: random.Random) -> dict[str, object]:
    corpus = folder / "corpus.txt"
    write_corpus(corpus, n_words, n_words // 8)
    cases = [(mode, form) for form in FORMS for mode in MODES]
    references, seconds = {}, {}
    path = folder / "training.checkpoint"
    found = {"runs": 0, "kills": 0, "second kills": 0, "killed during a write": 0, "bit-identical": 0, "failures": []}
    kill_times, positions = [], []
    tried = 0
    while found["runs"] < n_runs:
        tried += 1
        if tried > 3 * n_runs + 20:
            found["failures"].append("training ends before it can be killed: use more words")
            break
        case = cases[found["runs"] % len(cases)]
        if case not in references:
            started = time.perf_counter()
            references[case] = train(*case, str(corpus))
            seconds[case] = time.perf_counter() - started
        path.unlink(missing_ok=True)
        moment = rng.uniform(0, 1.2 * seconds[case])
        child, begun = start("train", *case, str(corpus), str(path))
        if not kill(child, moment) or not begun:
            clean(folder, path.name)
            continue
        if path.exists() and where(path) == "over":  # it was killed after its last checkpoint
            clean(folder, path.name)
            continue
        found["runs"] += 1
        found["kills"] += 1
        found["killed during a write"] += bool(clean(folder, path.name))
        kill_times.append(moment)
        if not path.exists():  # killed before the first checkpoint, which is written before any training
            train(*case, str(corpus), checkpoint=path, checkpoint_every="1 epoch")
        try:
            if found["runs"] % 2 == 0:
                child, begun = start("resume", case[1], str(corpus), str(path))
                if kill(child, rng.uniform(0, 0.6 * seconds[case])):
                    found["second kills"] += 1
                    found["killed during a write"] += bool(clean(folder, path.name))
            place = where(path)
            resumed = Word2Vec.resume(path, **corpus_arguments(case[1], str(corpus)), progress=False)
            positions.append(place)
            if same(resumed, references[case]):
                found["bit-identical"] += 1
            else:
                found["failures"].append(f"run {found['runs']}, {case}: differs, resumed {place}")
        except Exception as error:
            found["failures"].append(f"run {found['runs']}, {case}: {error!r}")
    found["cases"] = len(references)
    found["resumed within an epoch"] = sum(place.startswith("within") for place in positions)
    found["resumed between epochs, or at the beginning"] = sum(place.startswith("before") for place in positions)
    found["over before the second kill"] = positions.count("over")
    found["distinct positions resumed from"] = len(set(positions))
    found["moments of the kills, s"] = f"{min(kill_times):.2f} to {max(kill_times):.2f}"
    found["seconds of an uninterrupted training"] = f"{min(seconds.values()):.1f} to {max(seconds.values()):.1f}"
    found["corpus, words"] = n_words
    return found


def campaign_saving(folder: Path, n_runs: int, n_words: int, rng: random.Random) -> dict[str, object]:
    models = {version: make_model(version, n_words) for version in (1, 2)}
    found = {"runs": 0, "old or new, whole": 0, "killed during a write": 0, "failures": []}
    sizes = {}
    for run in range(n_runs):
        kind = ("model", "vectors")[run % 2]
        path = folder / f"saved.{kind}"
        child, begun = start("save", kind, str(path), str(n_words))
        if not kill(child, rng.uniform(0, 0.8)) or not begun:
            found["failures"].append(f"run {run}: the child ended by itself")
            continue
        found["runs"] += 1
        found["killed during a write"] += bool(list(folder.glob(f".{path.name}.*.tmp")))
        sizes[kind] = path.stat().st_size
        try:
            loaded = Word2Vec.load(str(path)) if kind == "model" else KeyedVectors.load(str(path))
            wv = loaded.wv if kind == "model" else loaded
            expected = models[int(wv.index_to_key[0][1])]
            whole = wv.index_to_key == expected.wv.index_to_key and np.array_equal(wv.vectors, expected.wv.vectors)
            if kind == "model":
                whole = whole and np.array_equal(loaded.syn1neg, expected.syn1neg)
            if whole:
                found["old or new, whole"] += 1
            else:
                found["failures"].append(f"run {run}: {kind} is a mixture")
        except Exception as error:
            found["failures"].append(f"run {run}: {kind}: {error!r}")
        with open_write(path) as out:
            out.write(b"the next save")
        if clean(folder, path.name):
            found["failures"].append(f"run {run}: {kind}: a temporary file is left after the next save")
        path.unlink()
    found["megabytes"] = ", ".join(f"{kind} {size / 1e6:.0f}" for kind, size in sizes.items())
    return found


def campaign_disk(folder: Path) -> dict[str, object]:
    disk = folder / "disk"
    disk.mkdir()
    found: dict[str, object] = {"checks": [], "failures": []}
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        found["skipped"] = f"no small tmpfs can be mounted here ({error})"
        return found
    try:
        _fill_disk(disk, folder, found)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    return found


def _fill_disk(disk: Path, folder: Path, found: dict[str, object]) -> None:
    small, large = make_model(1, 2_000), make_model(2, 40_000)
    savers = {
        "Word2Vec.save": lambda m, p: m.save(p),
        "KeyedVectors.save": lambda m, p: m.wv.save(p),
        "save_word2vec_format, text": lambda m, p: m.wv.save_word2vec_format(p),
        "save_word2vec_format, binary": lambda m, p: m.wv.save_word2vec_format(p, binary=True),
    }
    for name, save in savers.items():
        path = disk / "file"
        save(small, str(path))
        before = path.read_bytes()
        try:
            save(large, str(path))
        except OSError as error:
            good = error.errno == errno.ENOSPC and str(path) in str(error)
            _check(found, good, f"{name}: {error}")
        else:
            _check(found, False, f"{name}: no error")
        _check(found, path.read_bytes() == before, f"{name}: the old file is whole")
        _check(found, os.listdir(disk) == ["file"], f"{name}: no temporary file is left")
        path.unlink()

    corpus = folder / "disk_corpus.txt"
    write_corpus(corpus, 200_000, 20_000)
    mode = "skip-gram, negative sampling"
    path = disk / "training.checkpoint"
    (disk / "ballast").write_bytes(bytes(7_000_000))
    try:
        train(mode, "file", str(corpus), 16, checkpoint=path)
    except OSError as error:
        _check(found, str(path) in str(error), f"no room for the first checkpoint: {error}")
    else:
        _check(found, False, "no room for the first checkpoint: no error")
    _check(found, os.listdir(disk) == ["ballast"], "first checkpoint: no temporary file is left")
    (disk / "ballast").unlink()

    class Fill(Announce):
        def on_train_begin(self, model: Word2Vec) -> None: ...

        def on_epoch_begin(self, model: Word2Vec) -> None:
            with suppress_full(), open(disk / "ballast", "wb", 0) as file:  # whatever is free
                while file.write(bytes(4096)):
                    pass

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = train(mode, "file", str(corpus), 16, checkpoint=path, checkpoint_every="1 epoch", callbacks=[Fill()])
    reference = train(mode, "file", str(corpus), 16)
    texts = [str(w.message) for w in caught if str(path) in str(w.message)]
    _check(found, len(texts) >= 1, f"the disk fills during training: {len(texts)} warnings, {texts[:1]}")
    _check(found, same(model, reference), "the disk fills during training: training goes on, to the same bits")
    _check(found, sorted(os.listdir(disk)) == ["ballast", "training.checkpoint"], "no temporary file is left")
    (disk / "ballast").unlink()
    resumed = Word2Vec.resume(path, corpus_file=str(corpus), progress=False)
    _check(found, same(resumed, reference), "the last checkpoint that fitted resumes to the same bits")


@contextmanager
def suppress_full():
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def _check(found: dict[str, object], good: bool, text: str) -> None:
    found["checks" if good else "failures"].append(text)


def report(results: dict[str, dict[str, object]], arguments: argparse.Namespace) -> str:
    lines = [
        "# Killed processes and full disks",
        "",
        f"`python benchmarks/kill_test.py --runs {arguments.runs} --seed {arguments.seed}`, Python "
        f"{sys.version.split()[0]}, {sys.platform}, one worker, checkpoints as fast as they can be "
        "written. Question and method: the head of the script.",
        "",
    ]
    for name, found in results.items():
        lines += [f"## {name}", ""]
        for label, value in found.items():
            if isinstance(value, list):
                lines += [f"- {label}: {len(value)}", *(f"  - {text}" for text in value)]
            else:
                lines.append(f"- {label}: {value}")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        {"train": child_train, "resume": child_resume, "save": child_save}[sys.argv[2]](*sys.argv[3:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("campaigns", nargs="*", help="training, saving, disk; default: all")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--words", type=int, default=400_000, help="of the corpus")
    parser.add_argument("--rows", type=int, default=90_000, help="of the saved models")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for campaign in arguments.campaigns or ["training", "saving", "disk"]:
            if campaign == "training":
                results[campaign] = campaign_training(folder, arguments.runs, arguments.words, rng)
            elif campaign == "saving":
                results[campaign] = campaign_saving(folder, arguments.runs, arguments.rows, rng)
            else:
                results[campaign] = campaign_disk(folder)
            print(json.dumps({campaign: results[campaign]}, indent=1), flush=True)
    if arguments.report:
        arguments.report.write_text(report(results, arguments).replace(f"{folder}{os.sep}", ""))
    return int(any(found["failures"] for found in results.values()))


if __name__ == "__main__":
    sys.exit(main())
