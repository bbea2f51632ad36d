"""Small trainings on a card beside one thread of the processor: the first thing to run where there is a card.

    gpu_small.py [--short] [--device cuda]

Ends with an error if a loss is off, or a dominant token's neighbours are lost.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from fastw2v import Word2Vec

MODES = {"sg-ns": (1, 0), "cbow-ns": (0, 0), "sg-hs": (1, 1), "cbow-hs": (0, 1)}


def zipf(n_words: int, n_sentences: int) -> list[list[str]]:
    words = np.random.default_rng(n_words).zipf(1.2, (n_sentences, 20)).clip(max=n_words)
    return [[f"w{word}" for word in line] for line in words]


def traces(n: int = 300, length: int = 200, count: int = 200) -> list[list[str]]:
    """Half of all events are one token; the others come in groups of ten."""
    rng, found = np.random.default_rng(0), []
    for _ in range(count):
        group = rng.integers(0, n // 10)
        u = rng.random(length)
        own, other = rng.integers(0, 10, length) + group * 10, rng.integers(0, n, length)
        found.append(["read" if x < 0.5 else f"c{a if x < 0.75 else b}" for x, a, b in zip(u, own, other, strict=True)])
    return found


def in_its_group(model: Word2Vec) -> int:
    group = {f"c{one}" for one in range(10)}
    return sum(key in group for key, _ in model.wv.most_similar("c0", topn=9))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--device", default="cuda")
    args = parser.parse_args()
    wrong = 0
    for n_words in (30,) if args.short else (4, 30, 1000):
        sentences = zipf(n_words, 200 if args.short else 3000)
        for mode, (sg, hs) in MODES.items():
            for dim in (20,) if args.short else (20, 300):
                how: dict[str, Any] = {"sg": sg, "hs": hs, "negative": 0 if hs else 5, "vector_size": dim,
                                       "min_count": 1, "sample": 0, "epochs": 2}  # fmt: skip
                one, card = (Word2Vec(sentences, device=device, workers=1, **how) for device in ("cpu", args.device))
                off = abs(card.loss_history[-1] / one.loss_history[-1] - 1)
                wrong += off > 0.04
                print(f"{mode} d={dim} words={n_words}: loss {one.loss_history[-1]:.4f}, "
                      f"card {card.loss_history[-1]:.4f}"
                      + "  WRONG" * (off > 0.04), flush=True)  # fmt: skip
    for how in () if args.short else ({"window": 5}, {"window": 25, "alpha": 0.05}):
        models = [Word2Vec(traces(), sg=1, sample=0, min_count=1, vector_size=32, device=device, workers=1, **how)
                  for device in ("cpu", args.device)]  # fmt: skip
        near = [in_its_group(model) for model in models]
        wrong += near[1] < near[0] - 2
        print(f"dominant token {how}: of 9 neighbours in the group {near[0]}, card {near[1]}", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
