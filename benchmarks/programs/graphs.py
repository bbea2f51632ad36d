"""A graph with known communities, and the figure for vectors of its nodes."""

import argparse
import json

import numpy as np


def seed():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args().seed


def communities(blocks=8, size=40, inside=0.14, outside=0.02):
    """Edges and labels of a stochastic block model, always the same one; every node has an edge."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(blocks), size)
    same = labels[:, None] == labels[None, :]
    chosen = random.random(same.shape) < np.where(same, inside, outside)
    edges = [(int(a), int(b)) for a, b in np.argwhere(np.triu(chosen, 1))]
    lonely = set(range(len(labels))) - {node for edge in edges for node in edge}
    return edges + [(node, (node + 1) % len(labels)) for node in lonely], labels


def accuracy(vectors, labels):
    """Mean accuracy of a logistic regression, 5 folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return float(cross_val_score(LogisticRegression(max_iter=2000), np.array(vectors), labels, cv=folds).mean())


def report(name, value):
    print(json.dumps({"figure": name, "value": round(float(value), 4)}))
