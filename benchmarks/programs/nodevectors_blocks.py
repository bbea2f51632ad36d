"""pip install nodevectors scikit-learn: graph embedding, written for gensim 3 (``size=``)."""

import graphs
import networkx as nx
import numpy as np
from nodevectors import Node2Vec

seed = graphs.seed()
np.random.seed(seed)  # noqa: NPY002, what the package draws from
edges, labels = graphs.communities()
graph = nx.Graph()
graph.add_nodes_from(range(len(labels)))
graph.add_edges_from(edges)
model = Node2Vec(
    n_components=32, walklen=40, epochs=10, threads=2, verbose=False,
    w2vparams={"window": 5, "negative": 5, "iter": 5, "batch_words": 128, "seed": seed},
)  # fmt: skip
model.fit(graph)
graphs.report("accuracy", graphs.accuracy([model.predict(node) for node in range(len(labels))], labels))
