"""What to train on: slices of real corpora, or a synthetic one with a known answer."""

from __future__ import annotations

import argparse
import bz2
import gzip
import lzma
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

OPENERS = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}
BLOCK = 1 << 22  # bytes


@dataclass(frozen=True)
class Corpus:
    """A plain text file, one sentence per line, and what is known about it."""

    name: str  # the only part that goes into results
    path: Path
    n_words: int
    n_lines: int
    language: str  # "english", "chinese" or "synthetic": which evaluation fits

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "words": self.n_words, "lines": self.n_lines, "language": self.language}


def data_folder(given: str | None) -> Path | None:
    """Folder of the real corpora: as given, else FASTW2V_DATA, else beside the checkout if it is there."""
    if given or os.environ.get("FASTW2V_DATA"):
        return Path(given or os.environ["FASTW2V_DATA"])
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return beside if beside.is_dir() else None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--corpus", default="english_17m", help="path, name of a file in the data folder, or 'synthetic'"
    )
    parser.add_argument("--words", type=int, help="only about so many words, whole lines (synthetic: 1,000,000)")
    parser.add_argument("--language", choices=["english", "chinese"], help="which evaluation sets fit the corpus")
    parser.add_argument("--data", help="folder with corpora and eval/ (default: FASTW2V_DATA, ../shared/data)")
    parser.add_argument("--work", help="folder for unpacked slices, kept and used again (default: a temporary one)")


def prepare(arguments: argparse.Namespace, work: Path) -> Corpus:
    """Give the corpus that the arguments ask for, as plain text in ``work``."""
    if arguments.corpus == "synthetic":
        return synthetic(work, arguments.words or 1_000_000)
    source = find(arguments.corpus, data_folder(arguments.data))
    name = source.name.partition(".")[0]
    language = arguments.language or ("chinese" if name.startswith(("chinese", "zh")) else "english")
    target = work / (f"{name}-{arguments.words or 'all'}.txt")
    if not target.exists():
        unpack(source, target, arguments.words)
    n_words, n_lines = count(target)
    return Corpus(name, target, n_words, n_lines, language)


def find(corpus: str, data: Path | None) -> Path:
    candidates = [Path(corpus)]
    if data is not None:
        candidates += [data / corpus, *(data / f"{corpus}.txt{ending}" for ending in ("", *OPENERS))]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise SystemExit(
        f"no corpus {corpus!r}: give a path, or the folder of the corpora (--data or FASTW2V_DATA), "
        "or use --corpus synthetic, which needs nothing"
    )


def unpack(source: Path, target: Path, n_words: int | None) -> None:
    """Write whole lines until there are ``n_words`` words."""
    partial = target.with_suffix(".part")
    opener = OPENERS.get(source.suffix, open)
    with opener(source, "rb") as lines, partial.open("wb") as out:
        if n_words is None:
            while block := lines.read(BLOCK):
                out.write(block)
        else:
            left = n_words
            for line in lines:
                left -= len(line.split())
                out.write(line)
                if left <= 0:
                    break
    partial.replace(target)


def count(path: Path) -> tuple[int, int]:
    """Words and lines of a text file."""
    n_words = n_lines = 0
    file: BinaryIO
    with path.open("rb") as file:
        for line in file:
            n_words += len(line.split())
            n_lines += 1
    return n_words, n_lines


# -------------------------------------------------------------------------------- synthetic ----

COMMON_SHARE = 0.3  # of every sentence: words without a topic
SENTENCE_WORDS = 20


def zipf(n: int) -> np.ndarray:
    share = 1 / np.arange(1, n + 1)
    return share / share.sum()


def synthetic(work: Path, n_words: int, *, n_topics: int = 20, words_per_topic: int = 250) -> Corpus:
    """Zipf's law within topics, one topic per line: words of a topic belong together, by construction."""
    rng = np.random.default_rng(20240229)
    n_lines = -(-n_words // SENTENCE_WORDS)
    shape = (n_lines, SENTENCE_WORDS)
    topic = rng.integers(n_topics, size=(n_lines, 1))
    rank = rng.choice(words_per_topic, shape, p=zipf(words_per_topic))
    topic = np.where(rng.random(shape) < COMMON_SHARE, n_topics, topic)  # one more topic: that of all lines
    names = np.array([f"t{t}_{w}" for t in range(n_topics + 1) for w in range(words_per_topic)], dtype=object)
    path = work / f"synthetic-{n_words}-{n_topics}-{words_per_topic}.txt"
    with path.open("w", encoding="utf8") as out:
        out.writelines(" ".join(line) + "\n" for line in names[topic * words_per_topic + rank])
    return Corpus("synthetic", path, n_lines * SENTENCE_WORDS, n_lines, "synthetic")


def topic_agreement(keys: Sequence[str], matrix: np.ndarray, *, most: int = 1000) -> float:
    """Share of the frequent words of a synthetic corpus whose nearest neighbour has the same topic."""
    common = max(int(key.partition("_")[0][1:]) for key in keys)
    chosen = [row for row, key in enumerate(keys) if not key.startswith(f"t{common}_")][:most]
    rows = np.asarray(matrix, dtype=np.float64)[chosen]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -2)
    topics = np.array([keys[row].partition("_")[0] for row in chosen])
    return float(np.mean(topics[cosines.argmax(axis=1)] == topics))
