"""Systems that train word vectors, behind one interface, each run in a fresh process.

A contender has ``available()`` (None, or why not), ``prepare(corpus, job)``, ``train(threads)`` (seconds of
training alone), ``vectors()`` and ``version``. The process of a run may use another interpreter than ours
(``--python fasttext=...``): some peers do not install beside a recent numpy.

In a process of its own:  python contenders.py --available gensim   |   python contenders.py --job '{...}'
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

# What each mode is in gensim's parameters.
MODES: dict[str, dict[str, Any]] = {
    "sg-ns": {"sg": 1, "hs": 0},
    "cbow-ns": {"sg": 0, "hs": 0},
    "sg-hs": {"sg": 1, "hs": 1},
    "cbow-hs": {"sg": 0, "hs": 1},
    "cbow-ns-exact": {"sg": 0, "hs": 0},  # fastw2v's option, compared with the CBOW of the others
}
EXACT_ALPHA = 0.075
SOURCES = ("corpus_file", "linesentence", "lists")


class ContenderError(RuntimeError):
    """A contender could not finish; the message says why."""


@dataclass(frozen=True)
class Job:
    """One training."""

    contender: str
    corpus: str
    mode: str = "sg-ns"
    source: str = "corpus_file"
    size: int = 100
    window: int = 5
    negative: int = 5
    sample: float = 1e-3
    min_count: int = 5
    epochs: int = 1
    alpha: float = 0.025
    seed: int = 1
    threads: int = 1
    include_vocab: bool = False  # time the scan of the vocabulary, too
    vectors: str | None = None  # where to leave the vectors

    @property
    def settings(self) -> dict[str, Any]:
        """Keyword arguments of gensim's Word2Vec."""
        mode = MODES[self.mode]
        return {
            **mode,
            "vector_size": self.size,
            "window": self.window,
            "negative": 0 if mode["hs"] else self.negative,
            "sample": self.sample,
            "min_count": self.min_count,
            "epochs": self.epochs,
            "alpha": self.alpha,
            "seed": self.seed,
            "workers": self.threads,
        }


@dataclass(frozen=True)
class Timing:
    """Seconds of training; of the processor too, where the contender is the process itself.

    ``words`` is what was really trained, where the contender tells: gensim repeats and drops some lines of a
    ``corpus_file`` with several workers.
    """

    wall: float
    cpu: float | None = None
    words: int | None = None


# ---------------------------------------------------------------------- gensim's interface ----


class GensimApi:
    """gensim 4.4, and what has its interface."""

    name = "gensim"
    package = "gensim"
    words = "gensim.models.word2vec"

    @property
    def version(self) -> str:
        return str(import_module(self.package).__version__)

    def available(self) -> str | None:
        try:
            import_module(self.words)
        except ImportError as error:
            return f"cannot be imported: {error}"
        return None

    def extra(self, job: Job) -> dict[str, Any]:
        return {}

    def prepare(self, corpus: str, job: Job) -> None:
        words = import_module(self.words)
        self._job = job
        self._build: Any = words.Word2Vec
        self._settings = {**job.settings, **self.extra(job)}
        if job.source == "corpus_file":
            self._source: dict[str, Any] = {"corpus_file": corpus}
        elif job.source == "linesentence":
            self._source = {"corpus_iterable": words.LineSentence(corpus)}
        else:
            with open(corpus, encoding="utf8") as lines:
                self._source = {"corpus_iterable": [line.split() for line in lines]}
        if not job.include_vocab:
            self._model = self._build(**self._settings)
            self._model.build_vocab(**self._source)

    def train(self, threads: int) -> Timing:
        words = None
        wall, cpu = time.perf_counter(), time.process_time()
        if self._job.include_vocab:
            given = {"sentences" if name == "corpus_iterable" else name: it for name, it in self._source.items()}
            self._model = self._build(**given, **{**self._settings, "workers": threads})
        else:
            model = self._model
            model.workers = threads
            counts = {"total_words": model.corpus_total_words, "total_examples": model.corpus_count}
            _, words = model.train(**self._source, **counts, epochs=self._job.epochs)
        return Timing(time.perf_counter() - wall, time.process_time() - cpu, words)

    def vectors(self) -> tuple[list[str], Any]:
        return list(self._model.wv.index_to_key), self._model.wv.vectors


class FastW2V(GensimApi):
    """This package."""

    name = "fastw2v"
    package = "fastw2v"
    words = "fastw2v"

    def extra(self, job: Job) -> dict[str, Any]:
        exact = {"cbow_exact": True, "alpha": EXACT_ALPHA} if job.mode.endswith("-exact") else {}
        return {"progress": False, **exact}


# ------------------------------------------------------- programs that tell their progress ----


def progress_seconds(marks: Iterable[tuple[float, float]]) -> float:
    """Seconds of a whole training, from moments and the percentage that was reached by then.

    Reading the text and saving the vectors lie before the first mark and after the last.
    """
    marks = list(marks)
    if len(marks) < 2 or marks[-1][1] - marks[0][1] < 50:
        raise ContenderError("training was too short to be timed from its progress: use more words")
    (begin, first), (end, last) = marks[0], marks[-1]
    return (end - begin) * 100 / (last - first)


def watch(command: list[str], pattern: str, stream: str, zero: str | None = None) -> list[tuple[float, float]]:
    """Run a program; note when its output ("stdout" or "stderr") names which percentage; ``zero`` means 0 %."""
    marks: list[tuple[float, float]] = []
    seen = b""
    streams: dict[str, Any] = {stream: subprocess.PIPE, _other(stream): subprocess.DEVNULL}
    with subprocess.Popen(command, **streams) as process:
        pipe = getattr(process, stream)
        while block := os.read(pipe.fileno(), 65536):
            now = time.perf_counter()
            seen = seen[-4000:] + block
            if zero and not marks and zero.encode() in seen:
                marks.append((now, 0.0))
            found = re.findall(pattern.encode(), seen)
            if found and (not marks or float(found[-1]) > marks[-1][1]):
                marks.append((now, float(found[-1])))
    if process.returncode:
        raise ContenderError(f"ended with status {process.returncode}: {seen.decode(errors='replace').strip()[-300:]}")
    return marks


def without_line_end(keys: list[str], matrix: Any) -> tuple[list[str], Any]:
    """Leave out the word that stands for the end of a line."""
    rows = [row for row, key in enumerate(keys) if key != "</s>"]
    return [keys[row] for row in rows], matrix[rows]


def _other(stream: str) -> str:
    return "stderr" if stream == "stdout" else "stdout"


class FastText:
    """fastText's own package, without sub-words; reads files only.

    Its progress is told from a second thread on only, so that training is timed from the end of the scan of
    the vocabulary; the initial weights, some tenths of a second, are in it. With one thread, 0.9.3 initialises
    a tenth of the matrix and leaves the rest as the memory was, so that it may end with "Encountered NaN":
    such a run is reported as failed, not hidden.
    """

    name = "fasttext"
    distributions = ("fasttext", "fasttext-wheel", "fasttext-numpy2-wheel")
    progress = r"Progress:\s*([\d.]+)%"
    script = (
        "import sys, json, time, fasttext, numpy as np\n"
        "path, out, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])\n"
        "start = time.perf_counter()\n"
        "model = fasttext.train_unsupervised(path, verbose=2, **settings)\n"
        "seconds = time.perf_counter() - start\n"
        "np.save(out + '.npy', model.get_input_matrix()[:len(model.words)])\n"
        "json.dump({'keys': model.words, 'seconds': seconds}, open(out + '.json', 'w'))\n"
    )

    @property
    def version(self) -> str:
        for name in self.distributions:
            try:
                return f"{metadata.version(name)} ({name})"
            except metadata.PackageNotFoundError:
                continue
        return "unknown"

    def available(self) -> str | None:
        try:
            import_module("fasttext")
        except ImportError as error:
            return f"cannot be imported: {error}"
        return None

    def prepare(self, corpus: str, job: Job) -> None:
        self._corpus, self._job = corpus, job

    def train(self, threads: int) -> Timing:
        job, self._folder = self._job, tempfile.TemporaryDirectory()
        mode = MODES[job.mode]
        settings = {
            "model": "skipgram" if mode["sg"] else "cbow",
            "loss": "hs" if mode["hs"] else "ns",
            "dim": job.size, "ws": job.window, "neg": job.negative, "t": job.sample, "minCount": job.min_count,
            "epoch": job.epochs, "lr": job.alpha, "thread": threads, "minn": 0, "maxn": 0,
        }  # fmt: skip
        out = str(Path(self._folder.name, "out"))
        command = [sys.executable, "-c", self.script, self._corpus, out, json.dumps(settings)]
        marks = watch(command, self.progress, "stderr", "Number of labels")
        self._done = json.loads(Path(out + ".json").read_text("utf8"))
        return Timing(self._done["seconds"] if job.include_vocab else progress_seconds(marks))

    def vectors(self) -> tuple[list[str], Any]:
        import numpy as np

        return without_line_end(self._done["keys"], np.load(Path(self._folder.name, "out.npy")))


class Word2VecC:
    """The original C program, as the package ``word2vec`` compiles it; reads files only."""

    name = "word2vec.c"
    progress = r"Progress:\s*([\d.]+)%"

    @property
    def version(self) -> str:
        return f"0.1c (word2vec {metadata.version('word2vec')})"

    def _program(self) -> str | None:
        beside = Path(sys.executable).parent / ("word2vec.exe" if os.name == "nt" else "word2vec")
        return str(beside) if beside.exists() else shutil.which("word2vec")

    def available(self) -> str | None:
        try:
            metadata.version("word2vec")
        except metadata.PackageNotFoundError:
            return "the package word2vec is not installed"
        return None if self._program() else "the package word2vec has not installed its program"

    def prepare(self, corpus: str, job: Job) -> None:
        self._corpus, self._job = corpus, job

    def train(self, threads: int) -> Timing:
        job, self._folder = self._job, tempfile.TemporaryDirectory()
        mode = MODES[job.mode]
        options: Mapping[str, Any] = {
            "train": self._corpus, "output": Path(self._folder.name, "out.bin"), "binary": 1, "debug": 2,
            "size": job.size, "window": job.window, "sample": job.sample, "min-count": job.min_count,
            "cbow": 1 - mode["sg"], "hs": mode["hs"], "negative": 0 if mode["hs"] else job.negative,
            "iter": job.epochs, "alpha": job.alpha, "threads": threads,
        }  # fmt: skip
        program = self._program()
        assert program is not None
        start = time.perf_counter()
        marks = watch([program, *(str(it) for name, value in options.items() for it in (f"-{name}", value))],
                      self.progress, "stdout")  # fmt: skip
        seconds = progress_seconds(marks)
        if job.include_vocab:
            moment, percent = marks[-1]
            seconds = moment - start + seconds * (100 - percent) / 100
        return Timing(seconds)

    def vectors(self) -> tuple[list[str], Any]:
        import numpy as np

        data = Path(self._folder.name, "out.bin").read_bytes()
        at = data.index(b"\n") + 1
        n_words, size = map(int, data[:at].split())
        keys, matrix = [], np.empty((n_words, size), np.float32)
        for row in range(n_words):
            blank = data.index(b" ", at)
            keys.append(data[at:blank].decode("utf8", "replace").lstrip("\n"))
            matrix[row] = np.frombuffer(data, np.float32, size, blank + 1)
            at = blank + 1 + 4 * size
        return without_line_end(keys, matrix)


CONTENDERS: dict[str, Any] = {it.name: it for it in (FastW2V, GensimApi, FastText, Word2VecC)}


# ------------------------------------------------------------------- one process per run ----


def peak_rss() -> int | None:
    """Largest resident size of this process so far, in bytes; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, ru_maxrss of a new process starts at the size of the one that started it
        kilobytes = re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(), re.MULTILINE)
        if kilobytes:
            return int(kilobytes[1]) * 1024
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024


def run_here(job: Job) -> dict[str, Any]:
    """Run a job in this process."""
    contender = CONTENDERS[job.contender]()
    if reason := contender.available():
        raise ContenderError(f"{job.contender} {reason}")
    memory = {"imported": peak_rss()}
    contender.prepare(job.corpus, job)
    memory["prepared"] = peak_rss()
    timing = contender.train(job.threads)
    memory["trained"] = peak_rss()
    keys, matrix = contender.vectors()
    if job.vectors:
        import numpy as np

        np.save(job.vectors + ".npy", matrix)
        Path(job.vectors + ".json").write_text(json.dumps({"keys": keys}), "utf8")
    return {
        "seconds": timing.wall,
        "cpu_seconds": timing.cpu,
        "trained_words": timing.words,
        "peak_rss": memory,
        "n_vocab": len(keys),
        "version": contender.version,
    }


def _worker(name: str, pythons: Mapping[str, str], arguments: list[str], timeout: float, isa: str | None) -> str:
    environment = {**os.environ, **({"FASTW2V_ISA": isa} if isa else {})}
    try:
        done = subprocess.run(
            [pythons.get(name, sys.executable), __file__, *arguments],
            capture_output=True, text=True, encoding="utf8", timeout=timeout, env=environment, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ContenderError(f"{name} did not finish within {timeout:.0f} s") from None
    except OSError as error:
        raise ContenderError(f"{name}: {error.strerror}: is its --python right?") from None
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise ContenderError(f"{name}: {last}")
    return done.stdout.splitlines()[-1]


def why_not(name: str, pythons: Mapping[str, str] | None = None) -> str | None:
    """None if a contender can run, the reason otherwise."""
    try:
        return json.loads(_worker(name, pythons or {}, ["--available", name], 120, None))
    except ContenderError as error:
        return str(error)


def run(
    job: Job, pythons: Mapping[str, str] | None = None, *, timeout: float = 7200, isa: str | None = None
) -> dict[str, Any]:
    """Run a job in a process of its own.

    Returns
    -------
    dict
        ``seconds``, ``cpu_seconds``, ``trained_words`` (None: as many as there are), ``peak_rss`` (bytes, by stage),
        ``n_vocab``, ``version``; and ``keys`` and ``matrix`` if the job asks for its vectors.
    """
    job = replace(job, corpus=str(Path(job.corpus).resolve()))
    result = json.loads(_worker(job.contender, pythons or {}, ["--job", json.dumps(asdict(job))], timeout, isa))
    if job.vectors:
        import numpy as np

        result["keys"] = json.loads(Path(job.vectors + ".json").read_text("utf8"))["keys"]
        result["matrix"] = np.load(job.vectors + ".npy")
    return dict(result)


def add_arguments(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--contenders", default=default, help=f"of {', '.join(CONTENDERS)} (default: {default})")
    parser.add_argument(
        "--python", action="append", default=[], metavar="NAME=PATH", help="interpreter that has a contender installed"
    )


def choose(arguments: argparse.Namespace) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Names that can run, reasons of those that cannot (printed, too), interpreters."""
    wanted = arguments.contenders.split(",")
    if unknown := set(wanted) - set(CONTENDERS):
        raise SystemExit(f"--contenders: unknown {', '.join(sorted(unknown))}; known are {', '.join(CONTENDERS)}")
    if bad := [pair for pair in arguments.python if "=" not in pair]:
        raise SystemExit(f"--python {bad[0]}: expected NAME=PATH, as in fasttext=other/bin/python")
    pythons = dict(pair.split("=", 1) for pair in arguments.python)
    skipped = {name: reason for name in wanted if (reason := why_not(name, pythons))}
    for name, reason in skipped.items():
        print(f"SKIPPED {name}: {reason}", flush=True)
    return [name for name in wanted if name not in skipped], skipped, pythons


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--available")
    parser.add_argument("--job")
    arguments = parser.parse_args()
    if arguments.available:
        print(json.dumps(CONTENDERS[arguments.available]().available()))
    else:
        print(json.dumps(run_here(Job(**json.loads(arguments.job)))))


if __name__ == "__main__":
    main()
