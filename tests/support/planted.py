"""Corpora whose structure is planted, so that the right answer is known before training."""

from __future__ import annotations

from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

ROLES = {  # male word, female word
    "ruler": ("king", "queen"),
    "person": ("man", "woman"),
    "heir": ("prince", "princess"),
    "parent": ("father", "mother"),
    "performer": ("actor", "actress"),
    "child": ("boy", "girl"),
}
N_CUES = 6  # words that go with one role, or with one gender


class Planted(NamedTuple):
    """Sentences, and what a model of them must know."""

    sentences: list[list[str]]
    clusters: dict[str, int]  # word -> cluster
    analogies: list[tuple[str, str, str, str]]  # a is to b as c is to d: b - a + c = d


def clusters(n_clusters: int = 5, n_words: int = 8, n_sentences: int = 1500, seed: int = 0) -> Planted:
    """Each sentence speaks of one cluster only: its words belong together, and with no others.

    A few words stand in all sentences, as function words do.
    """
    rng = np.random.default_rng(seed)
    members = [[f"c{cluster}w{word}" for word in range(n_words)] for cluster in range(n_clusters)]
    everywhere = ["the", "of", "and"]
    sentences = []
    for _ in range(n_sentences):
        words = rng.choice(members[rng.integers(n_clusters)], 8).tolist() + rng.choice(everywhere, 2).tolist()
        sentences.append([words[i] for i in rng.permutation(len(words))])
    known = {word: cluster for cluster, group in enumerate(members) for word in group}
    return Planted(sentences, known, [])


def analogies(n_sentences: int = 6000, seed: int = 0) -> Planted:
    """Each person's word is told apart by the words beside it: cues of the role and cues of the gender.

    What king shares with man are the male cues, and what it shares with queen the ruler's cues; so
    king - man + woman has the ruler's and the female cues, which are queen's.
    """
    rng = np.random.default_rng(seed)
    cues = {name: [f"{name}-{i}" for i in range(N_CUES)] for name in (*ROLES, "male", "female")}
    people = [(role, gender) for role in ROLES for gender in (0, 1)]
    sentences = []
    for _ in range(n_sentences):
        role, gender = people[rng.integers(len(people))]
        around: list[Any] = [
            *rng.choice(cues[role], 2, replace=False),
            *rng.choice(cues["female" if gender else "male"], 2, replace=False),
        ]
        shuffled = [str(around[i]) for i in rng.permutation(4)]
        sentences.append([*shuffled[:2], ROLES[role][gender], *shuffled[2:]])
    questions = [
        (ROLES[b][g], ROLES[a][g], ROLES[b][1 - g], ROLES[a][1 - g]) for a, b in permutations(ROLES, 2) for g in (0, 1)
    ]
    return Planted(sentences, {}, questions)
