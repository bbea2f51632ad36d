"""A graph embedding that subclasses Word2Vec: place-holders in the corpus, walks made in the workers."""

import random

from gensim.models import Word2Vec


class Walker(Word2Vec):
    def __init__(self, graph, **kwargs):
        super().__init__(min_count=1, sg=1, epochs=1, batch_words=40, workers=3, **kwargs)
        self.build_vocab([node] for node in graph)
        self.graph = graph
        self.jobs = 0

    def train(self, epochs, *, length=10, **kwargs):
        def starts():
            for _ in range(epochs):
                for node in self.graph:
                    yield ["place-holder", node] + [None] * (length - 2)

        super().train(starts(), total_examples=epochs * len(self.graph), epochs=1, **kwargs)
        return self

    def _do_train_job(self, sentences, alpha, inits):
        work, neu1 = inits
        assert len(work) == len(neu1) == self.vector_size
        assert 0 < alpha <= self.alpha
        self.jobs += 1
        return super()._do_train_job([self.walk(s[1], len(s)) for s in sentences], alpha, inits)

    def walk(self, node, length):
        path = [node]
        while len(path) < length:
            path.append(random.choice(self.graph[path[-1]]))
        return path


random.seed(1)
rings = {}
for ring in range(2):
    for place in range(10):
        rings[f"{ring}-{place}"] = [f"{ring}-{other}" for other in range(10) if other != place]
model = Walker(rings, vector_size=16, seed=1, sample=0).train(epochs=100)
assert model.jobs > 100
neighbours = model.wv.most_similar("0-0", topn=9)
assert all(name.startswith("0-") for name, _ in neighbours), neighbours
print("ok", Word2Vec.train.__module__)
