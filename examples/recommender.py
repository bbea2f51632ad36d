"""Recommendations from sequences of items: the films that people rated, one line of film ids per person.

Needs two files in one folder (option --data or environment variable FASTW2V_DATA):
items_movielens_small.txt, and items_movielens_small_titles.csv with columns movieId and title.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
from common import parser, title

from fastw2v import Word2Vec

SEQUENCES, TITLES = "items_movielens_small.txt", "items_movielens_small_titles.csv"
QUERIES = ["Toy Story (1995)", "Matrix, The (1999)", "Godfather, The (1972)", "Alien (1979)"]


def main() -> None:
    """Run the example."""
    options = parser(__doc__)
    options.add_argument("--data", default=os.environ.get("FASTW2V_DATA"), help="folder of the two files")
    options.add_argument("--epochs", type=int, default=10)
    args = options.parse_args()
    folder = Path(args.data) if args.data else None
    if folder is None or not all((folder / name).exists() for name in (SEQUENCES, TITLES)):
        print(f"skipped: no {SEQUENCES} and {TITLES}; name their folder by --data or FASTW2V_DATA")
        return
    with (folder / TITLES).open(encoding="utf-8", newline="") as file:
        titles = {int(row["movieId"]): row["title"] for row in csv.DictReader(file)}
    with (folder / SEQUENCES).open(encoding="utf-8") as file:
        baskets = [[int(item) for item in line.split()] for line in file]

    title("Item sequences")
    print(f"{len(baskets)} people, {sum(map(len, baskets))} ratings, {len({i for b in baskets for i in b})} films")

    # Every item of a person's sequence says the same of the person, so: a wide window, no sub-sampling.
    model = Word2Vec(
        baskets, sg=1, vector_size=32, window=30, min_count=20, sample=0, ns_exponent=0.25, epochs=args.epochs,
        seed=1, progress=False,
    )  # fmt: skip
    print(f"{len(model.wv)} films with vectors, loss {model.loss_history[0]:.3f} -> {model.loss_history[-1]:.3f}")

    title("Neighbours")
    numbers = {name: item for item, name in titles.items()}
    for query in QUERIES:
        if numbers.get(query) in model.wv.key_to_index:
            found = model.wv.most_similar(numbers[query], topn=5)
            print(f"{query}\n    " + "\n    ".join(f"{cosine:.2f}  {titles[item]}" for item, cosine in found))

    title("For someone who liked several")
    liked = [numbers[name] for name in QUERIES if numbers.get(name) in model.wv.key_to_index]
    for item, cosine in model.wv.most_similar(positive=liked, topn=5):
        print(f"{cosine:.2f}  {titles[item]}")
    profile = np.mean([model.wv[item] for item in liked], axis=0)
    near = [item for item, _ in model.wv.similar_by_vector(profile, topn=len(liked) + 1) if item not in liked]
    print("by a vector of one's own:", titles[near[0]])


if __name__ == "__main__":
    main()
