"""item2vec, as its tutorials call gensim: films in the order in which people rated them.

FASTW2V_DATA names the folder with items_movielens_small.txt, a line for each person (GroupLens; not part of this
repository).  Figure: recall among 100 of each person's last five films, by the cosine to the mean of the 20 before.
"""

import os
import pathlib

import graphs
import numpy as np
from gensim.models import Word2Vec

HELD = 5
path = pathlib.Path(os.environ["FASTW2V_DATA"], "items_movielens_small.txt")
people = [line.split() for line in path.read_text("utf8").splitlines()]
model = Word2Vec(
    [films[:-HELD] for films in people],
    vector_size=32, window=5, min_count=1, sg=1, epochs=9, workers=1, seed=graphs.seed(),
)  # fmt: skip
hits = []
for films in people:
    seen = [film for film in films[:-HELD][-20:] if film in model.wv]
    wanted = [film for film in films[-HELD:] if film in model.wv]
    if seen and wanted:
        best = {film for film, _ in model.wv.most_similar(seen, topn=100)}
        hits += [film in best for film in wanted]
graphs.report("recall@100", np.mean(hits))
