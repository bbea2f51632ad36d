"""Who watched which film and when, with known tastes."""

import numpy as np
import pandas as pd


def watched(users: int = 600, genres: int = 20, size: int = 20, views: int = 40, taste: float = 0.7) -> pd.DataFrame:
    """A table of user, item, label and time, always the same one.

    Each user likes three of the genres.  An evening has one to three films of one genre, with probability ``taste`` a
    liked one; within a genre some films are watched more than others.
    """
    random = np.random.default_rng(0)
    fame = 1 / np.arange(2, size + 2)
    rows = []
    for user in range(users):
        liked = random.choice(genres, 3, replace=False)
        seen: list[int] = []
        while len(seen) < views:
            genre = random.choice(liked) if random.random() < taste else random.integers(genres)
            for film in random.choice(size, random.integers(1, 4), replace=False, p=fame / fame.sum()):
                if genre * size + film not in seen:
                    seen.append(int(genre * size + film))
        rows += [(user, film, 1, time) for time, film in enumerate(seen[:views])]
    return pd.DataFrame(rows, columns=["user", "item", "label", "time"])
