"""Sequences of few kinds of things, with a known answer: baskets of items, and walks on a graph of blocks.

Small vocabularies are where threads meet most: every row is in use by all of them at any moment.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from corpora import Corpus

KINDS = ("items", "graph")
GROUP = 10  # things that belong together
LENGTH = 20  # of a sequence
STRAY = 0.3  # of the steps lead anywhere


def corpus(work: Path, kind: str, n_words: int, n_steps: int | None = None) -> Corpus:
    """Write sequences over ``n_words`` things, and beside them who belongs together.

    ``items``: baskets of one group, with stray items; items of a group are popular by Zipf's law. ``graph``: random
    walks on a graph whose nodes have half of their links within their block; a tenth of the links is held back.
    """
    n_steps = n_steps or max(200_000, 200 * n_words)
    rng = np.random.default_rng(n_words)
    n_lines = n_steps // LENGTH
    path = work / f"{kind}-{n_words}-{n_steps}.txt"
    group = np.arange(n_words) // GROUP
    answer: dict[str, Any] = {"kind": kind}
    if kind == "items":
        share = 1 / np.arange(1, GROUP + 1)
        rank = rng.choice(GROUP, (n_lines, LENGTH), p=share / share.sum())
        things = np.minimum(rng.integers(group[-1] + 1, size=(n_lines, 1)) * GROUP + rank, n_words - 1)
        things = np.where(rng.random(things.shape) < STRAY, rng.integers(n_words, size=things.shape), things)
    else:
        links, held_back = block_graph(rng, n_words)
        answer["held_back"] = held_back
        things = np.empty((n_lines, LENGTH), dtype=np.int64)
        things[:, 0] = np.arange(n_lines) % n_words
        for step in range(1, LENGTH):
            walkers = zip(things[:, step - 1], rng.random(n_lines), strict=True)
            things[:, step] = [links[at][int(u * len(links[at]))] for at, u in walkers]
    with path.open("w", encoding="utf8") as out:
        out.writelines(" ".join(map(str, line)) + "\n" for line in things)
    path.with_suffix(".json").write_text(json.dumps(answer))
    return Corpus(f"{kind}-{n_words}", path, n_lines * LENGTH, n_lines, kind)


def block_graph(rng: np.random.Generator, n_nodes: int, *, degree: int = 8) -> tuple[list[list[int]], list[list[int]]]:
    """Neighbours of each node, and pairs of linked nodes that no walk knows of."""
    links: list[set[int]] = [set() for _ in range(n_nodes)]
    held_back = []
    for node in range(n_nodes):
        first = node // GROUP * GROUP
        inside = rng.integers(first, min(first + GROUP, n_nodes), degree)
        anywhere = rng.integers(0, n_nodes, degree)
        for other in map(int, np.where(rng.random(degree) < 1 - STRAY, inside, anywhere)):
            if other == node:
                continue
            if rng.random() < 0.1:
                held_back.append([node, other])
            else:
                links[node].add(other)
                links[other].add(node)
    for node, near in enumerate(links):
        near.add((node + 1) % n_nodes)  # nobody is alone
    return [sorted(near) for near in links], [pair for pair in held_back if pair[1] not in links[pair[0]]]


def scores(path: Path, vectors: Any) -> dict[str, float]:
    """Items: share of neighbours of the same group among the nine nearest. Graph: AUC of links that were held back."""
    answer = json.loads(path.with_suffix(".json").read_text())
    n_words = 1 + max(int(key) for key in vectors.index_to_key)
    rows = np.zeros((n_words, vectors.vector_size))
    for key in vectors.index_to_key:
        rows[int(key)] = vectors[key] / np.linalg.norm(vectors[key])
    if answer["kind"] == "items":
        cosines = rows @ rows.T
        np.fill_diagonal(cosines, -2)
        near = np.argpartition(-cosines, GROUP - 1, axis=1)[:, : GROUP - 1]
        return {"neighbours": float((near // GROUP == np.arange(n_words)[:, None] // GROUP).mean())}
    pairs = np.array(answer["held_back"])
    others = np.random.default_rng(1).integers(0, n_words, (50 * len(pairs), 2))
    linked, not_linked = (np.einsum("ij,ij->i", rows[p[:, 0]], rows[p[:, 1]]) for p in (pairs, others))
    below = np.searchsorted(np.sort(not_linked), linked)
    return {"links": float(below.mean() / len(not_linked))}
