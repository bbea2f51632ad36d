"""pip install --no-deps karateclub, and what it imports: Node2Vec with its defaults."""

import graphs
import networkx as nx
from karateclub import Node2Vec

seed = graphs.seed()
edges, labels = graphs.communities()
model = Node2Vec(seed=seed)
model.fit(nx.Graph(edges))
graphs.report("accuracy", graphs.accuracy(model.get_embedding(), labels))
