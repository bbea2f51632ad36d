"""Graphs with a known answer, walks on them, and how much of the answer vectors of nodes hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

WALKS, LENGTH = 10, 40  # from each node, as DeepWalk and node2vec have them
HELD_BACK = 0.1  # of the links


@dataclass(frozen=True)
class Graph:
    """An undirected graph whose nodes belong to communities; a part of its links is held back."""

    community: np.ndarray  # (n_nodes,)
    neighbours: list[np.ndarray]  # of each node, by the links that walks may use
    held_back: np.ndarray  # (n, 2) links that no walk knows of
    others: np.ndarray  # (m, 2) pairs that are not linked


def made_of(links: Any, community: Any, seed: int) -> Graph:
    """Hold links back, of nodes that have others, and draw as many pairs without links (at least 500)."""
    rng = np.random.default_rng(seed)
    community, all_links = np.asarray(community), np.array(sorted({(min(a, b), max(a, b)) for a, b in links if a != b}))
    n_nodes = len(community)
    degree = np.bincount(all_links.ravel(), minlength=n_nodes)
    wanted, held, kept = int(HELD_BACK * len(all_links)), [], []
    for link in all_links[rng.permutation(len(all_links))]:
        if len(held) < wanted and (degree[link] > 1).all():
            degree[link] -= 1
            held.append(link)
        else:
            kept.append(link)
    near: list[list[int]] = [[] for _ in range(n_nodes)]
    for a, b in kept:
        near[a].append(b)
        near[b].append(a)
    linked = set(map(tuple, all_links.tolist()))
    drawn = np.sort(rng.integers(0, n_nodes, (20 * max(wanted, 500), 2)), axis=1)
    free = [pair for pair in drawn.tolist() if pair[0] != pair[1] and tuple(pair) not in linked]
    return Graph(community, [np.array(one) for one in near], np.array(held), np.array(free[: max(wanted, 500)]))


def karate() -> Graph:
    """Zachary's karate club: 34 people who split into two clubs (networkx has it)."""
    import networkx

    club = networkx.karate_club_graph()
    return made_of(club.edges(), [club.nodes[node]["club"] == "Officer" for node in club], 1)


def blocks() -> Graph:
    """300 nodes in ten blocks: a link within a block has probability 0.3, one between two 0.01."""
    rng = np.random.default_rng(3)
    block = np.arange(300) // 30
    chance = np.where(block[:, None] == block, 0.3, 0.01)
    return made_of(np.argwhere(np.triu(rng.random((300, 300)) < chance, 1)), block, 1)


def communities() -> Graph:
    """3,000 nodes in 30 communities with uneven degrees, 12 in the mean; seven links of ten stay within one."""
    rng = np.random.default_rng(7)
    n_nodes, n_communities = 3000, 30
    of = rng.integers(n_communities, size=n_nodes)
    weight = rng.pareto(2.5, size=n_nodes) + 1
    members = [np.flatnonzero(of == one) for one in range(n_communities)]
    links: set[tuple[int, int]] = set()
    everywhere = weight / weight.sum()
    while len(links) < 6 * n_nodes:
        for a in rng.choice(n_nodes, 1000, p=everywhere).tolist():
            inside = members[of[a]]
            share = weight[inside] / weight[inside].sum()
            b = int(rng.choice(inside, p=share) if rng.random() < 0.7 else rng.choice(n_nodes, p=everywhere))
            if a != b:
                links.add((min(a, b), max(a, b)))
    return made_of(links, of, 1)


GRAPHS: dict[str, Callable[[], Graph]] = {"karate": karate, "blocks": blocks, "communities": communities}


def walks(graph: Graph, seed: int) -> list[list[str]]:
    """Walks that begin at each node in turn and take any link, in an order drawn anew each time."""
    rng = np.random.default_rng(seed)
    degree = np.array([len(near) for near in graph.neighbours])
    begin = np.concatenate([[0], np.cumsum(degree)[:-1]])
    near = np.concatenate(graph.neighbours).astype(np.int64)
    found = []
    for _ in range(WALKS):
        at = rng.permutation(np.flatnonzero(degree))
        path = [at]
        for _ in range(LENGTH - 1):
            at = near[begin[at] + (rng.random(len(at)) * degree[at]).astype(np.int64)]
            path.append(at)
        found += np.array(path).T.astype(str).tolist()
    return found


def scores(graph: Graph, keys: Sequence[str], vectors: Any) -> dict[str, float]:
    """Area under the curve of links that were held back; share of the nearest nodes that are of the same community."""
    n_nodes = len(graph.community)
    rows = np.zeros((n_nodes, vectors.shape[1]))
    rows[[int(key) for key in keys]] = vectors
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    linked, free = (np.einsum("ij,ij->i", rows[p[:, 0]], rows[p[:, 1]]) for p in (graph.held_back, graph.others))
    below = (np.searchsorted(np.sort(free), linked) + np.searchsorted(np.sort(free), linked, "right")) / 2
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -2)
    nearest = np.argpartition(-cosines, 10, axis=1)[:, :10]
    same = graph.community[nearest] == graph.community[:, None]
    return {"links": float(below.mean() / len(free)), "communities": float(same.mean())}
