"""Words per second on one CUDA card, by mode and dimension; quality beside one thread of a processor; memory.

    bench_gpu.py --text FILE [--eval FOLDER] [--part speed,large,quality,whole] [--epochs N] [--device cuda]

"Kernels" is the time between two events of the card around each round; the whole call includes the count of the words,
the encoding, the copies and the compiler's cache (warmed by a first, short training).
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from fastw2v import Word2Vec
from fastw2v.cuda import card, rounds

MODES = {"sg-ns": (1, 0), "cbow-ns": (0, 0), "sg-hs": (1, 1), "cbow-hs": (0, 1)}
SPENT = {"seconds": 0.0, "bytes": 0, "warps": 0}


def measure_rounds() -> None:
    """Add up what the card says of each round."""
    wait = rounds.Rounds._await

    def counted(self: Any, slot: Any) -> None:
        done = slot.done
        wait(self, slot)
        if done is not None:
            SPENT["seconds"] += done.seconds
            SPENT["warps"] = self._plan.warps
            free, total = self._card.memory()
            SPENT["bytes"] = max(SPENT["bytes"], total - free)

    rounds.Rounds._await = counted  # type: ignore[method-assign]


def options(mode: str, **more: Any) -> dict[str, Any]:
    sg, hs = MODES[mode]
    return {
        "sg": sg,
        "hs": hs,
        "negative": 0 if hs else 5,
        "vector_size": 100,
        "window": 5,
        "workers": 16,
        "seed": 1,
    } | more


def row_traffic(mode: str, n_words: int, dim: int, epochs: int, model: Word2Vec) -> float:
    """Bytes of rows that windows read and write, about: each context row and each output row once in, once out."""
    kept = (np.asarray(model.wv.expandos["count"]) * (model.wv.expandos["sample_int"] + 1.0) / 2**32).sum()
    n_out = (
        6.0
        if not MODES[mode][1]
        else float(np.average(np.diff(model._huffman().offsets), weights=model.wv.expandos["count"]))
    )
    n_context = 6.0 * kept / max(n_words, 1)
    return epochs * kept * (n_context + n_out) * 2 * dim * 4


def speed(text: str, mode: str, device: str, epochs: int, **more: Any) -> dict[str, Any]:
    SPENT.update(seconds=0.0, bytes=0)
    start = time.perf_counter()
    how = options(mode, epochs=epochs, **more)
    model = Word2Vec(corpus_file=text, device=device, **how)
    wall, kernels = time.perf_counter() - start, SPENT["seconds"]
    n_words = model.corpus_total_words * epochs
    traffic = row_traffic(mode, model.corpus_total_words, how["vector_size"], epochs, model)
    return {
        "mode": mode, **more, "epochs": epochs, "vocabulary": len(model.wv), "raw words": n_words,
        "warps": SPENT["warps"],
        "kernels M words/s": round(n_words / max(kernels, 1e-9) / 1e6, 1),
        "whole call M words/s": round(n_words / wall / 1e6, 1),
        "rows TB/s": round(traffic / max(kernels, 1e-9) / 1e12, 2), "card GB": round(SPENT["bytes"] / 1e9, 2),
        "seconds": round(wall, 2), "loss": round(model.loss_history[-1], 4),
    }  # fmt: skip


def many_words(path: Path, n_words: int, n_tokens: int) -> None:
    """A made text of so many words, whose frequencies fall as in a language."""
    rng = np.random.default_rng(1)
    share = 1 / (np.arange(n_words) + 10.0)
    ids = rng.choice(n_words, n_tokens, p=share / share.sum())
    ids[: 5 * n_words] = np.tile(rng.permutation(n_words), 5)  # each often enough to be kept
    rng.shuffle(ids)
    with path.open("w", encoding="utf-8") as file:
        for first in range(0, n_tokens, 1000):
            file.write(" ".join(map(str, ids[first : first + 1000])) + "\n")


def repeated(text: str, path: Path, times: int) -> None:
    data = Path(text).read_bytes()
    with path.open("wb") as file:
        file.writelines([data] * times)


def quality(text: str, folder: Path, mode: str, device: str, seed: int, epochs: int) -> dict[str, Any]:
    how = options(mode, epochs=epochs, seed=seed, workers=16 if device != "cpu" else 1)
    model = Word2Vec(corpus_file=text, device=device, **how)
    found: dict[str, Any] = {"mode": mode, "device": device, "seed": seed, "loss": round(model.loss_history[-1], 4)}
    for name in ("wordsim353", "simlex999", "men"):
        path = next(chain(sorted(folder.glob(f"*{name}*")), sorted(folder.glob(f"{name[:3]}*"))), None)
        if path is not None:
            found[name] = round(float(model.wv.evaluate_word_pairs(str(path))[1][0]), 3)
    path = next(iter(sorted(folder.glob("*analog*")) + sorted(folder.glob("questions-words*"))), None)
    if path is not None:
        found["analogies"] = round(float(model.wv.evaluate_word_analogies(str(path))[0]), 3)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--text", required=True)
    parser.add_argument("--eval", type=Path)
    parser.add_argument("--part", default="speed,large,whole,quality")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--work", type=Path, default=Path("."))
    parser.add_argument("--large-words", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=59, help="english_17m so often is 10^9 words")
    parser.add_argument("--seconds", type=float, default=420.0, help="begin nothing new after so long")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    begin, found, modes = time.monotonic(), [], args.modes.split(",")
    measure_rounds()
    opened = card.open_card(args.device)
    _, total = opened.memory()
    print(
        json.dumps(
            {"card": opened.name, "memory GB": round(total / 1e9, 1), "L2 MB": getattr(opened, "l2_bytes", 0) / 1e6}
        )
    )
    opened.close()

    def say(part: str, run: Any, *what: Any, **more: Any) -> None:
        if time.monotonic() - begin > args.seconds:
            print(f"no time left for {part} {what} {more}", flush=True)
            return
        found.append({"part": part, **run(*what, **more)})
        print(json.dumps(found[-1]), flush=True)
        if args.out:
            args.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")

    if "speed" in args.part:
        for mode in modes:
            speed(args.text, mode, args.device, 1)  # compiles
            say("speed", speed, args.text, mode, args.device, args.epochs)
        if "sg-ns" in modes:
            speed(args.text, "sg-ns", args.device, 1, vector_size=300)
            say("speed", speed, args.text, "sg-ns", args.device, args.epochs, vector_size=300)
    if "quality" in args.part and args.eval:
        for mode, seed in ((mode, seed) for mode in modes for seed in args.seeds.split(",")):
            say("quality", quality, args.text, args.eval, mode, args.device, int(seed), args.epochs)
    if "large" in args.part:
        path = args.work / "large.txt"
        many_words(path, args.large_words, 20 * args.large_words)
        say("large", speed, str(path), "sg-ns", args.device, 2)
    if "whole" in args.part:
        path = args.work / "repeated.txt"
        repeated(args.text, path, args.repeat)
        say("whole", speed, str(path), "sg-ns", args.device, 1, vector_size=128)
    if "quality" in args.part and args.eval:  # one thread, as far as time allows
        for mode, seed in islice(((mode, seed) for seed in args.seeds.split(",") for mode in modes), 12):
            say("quality", quality, args.text, args.eval, mode, "cpu", int(seed), args.epochs)


if __name__ == "__main__":
    main()
