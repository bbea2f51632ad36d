"""pip install node2vec scikit-learn: graph embedding, with the settings of its README (batch_words=4)."""

import random

import graphs
import networkx as nx
import numpy as np
from node2vec import Node2Vec

seed = graphs.seed()
random.seed(seed)
np.random.seed(seed)  # noqa: NPY002, what the package draws from
edges, labels = graphs.communities()
node2vec = Node2Vec(nx.Graph(edges), dimensions=64, walk_length=30, num_walks=20, workers=1, quiet=True, seed=seed)
model = node2vec.fit(window=10, min_count=1, batch_words=4, seed=seed)
model.wv.most_similar("2")
graphs.report("accuracy", graphs.accuracy([model.wv[str(node)] for node in range(len(labels))], labels))
