"""pip install --no-deps karateclub, and what it imports: DeepWalk with its defaults (hierarchical softmax)."""

import graphs
import networkx as nx
from karateclub import DeepWalk

seed = graphs.seed()
edges, labels = graphs.communities()
model = DeepWalk(seed=seed)
model.fit(nx.Graph(edges))
graphs.report("accuracy", graphs.accuracy(model.get_embedding(), labels))
