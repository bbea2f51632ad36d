"""pip install pyrdf2vec scikit-learn: knowledge graph embedding, built up in two steps (is_update=True).

A graph of 240 places in 6 regions: each links to some languages, climates and neighbours, most of them of its
region.  Figure: accuracy of the region from the entities' vectors, as in the package's MUTAG example.
"""

import random

import graphs
import numpy as np
from pyrdf2vec import RDF2VecTransformer
from pyrdf2vec.embedders import Word2Vec
from pyrdf2vec.graphs import KG, Vertex
from pyrdf2vec.walkers import RandomWalker

seed = graphs.seed()
random.seed(seed)
draw = np.random.default_rng(0)
URL = "http://example.org/"
labels = np.repeat(np.arange(6), 40)
kg = KG()


def link(subject, predicate, target):
    s, o = Vertex(URL + subject), Vertex(URL + target)
    p = Vertex(URL + predicate, predicate=True, vprev=s, vnext=o)
    kg.add_walk(s, p, o)


for place, region in enumerate(labels):
    for predicate, kinds in (("language", 8), ("climate", 5), ("export", 12), ("neighbour", 40)):
        for _ in range(3):
            home = region if draw.random() < 0.6 else draw.integers(6)
            number = draw.integers(kinds)
            target = f"place{home * 40 + number}" if predicate == "neighbour" else f"{predicate}{home}_{number}"
            link(f"place{place}", predicate, target)

entities = [f"{URL}place{place}" for place in range(len(labels))]
transformer = RDF2VecTransformer(
    Word2Vec(epochs=10, workers=1, seed=seed, vector_size=50),
    walkers=[RandomWalker(3, 40, with_reverse=False, random_state=seed, n_jobs=1)],
)
transformer.fit(transformer.get_walks(kg, entities[:200]))
transformer.fit(transformer.get_walks(kg, entities[200:]), is_update=True)
vectors = transformer.embedder.transform(entities)
graphs.report("accuracy", graphs.accuracy(vectors, labels))
