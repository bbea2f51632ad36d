"""Habits of real programs: one line each."""

import copy
import itertools
import json
import pickle

import numpy as np
from gensim.models import KeyedVectors, Word2Vec
from tqdm import tqdm

TEXT = [["a", "b", "c", "d"], ["c", "d", "e"]] * 30


class Rewinding:
    """An iterator that starts over by itself."""

    def __init__(self):
        self.place = 0

    def __iter__(self):
        self.place = 0
        return self

    def __next__(self):
        if self.place >= len(TEXT):
            raise StopIteration
        self.place += 1
        return TEXT[self.place - 1]


class MyVectors(KeyedVectors):
    extra = "mine"


model = Word2Vec(Rewinding(), vector_size=8, min_count=1, workers=12, batch_words=4, epochs=2)
assert model.corpus_count == len(TEXT)
model.train(tqdm(TEXT, disable=True), total_examples=len(TEXT), epochs=1)
model.train(itertools.chain(TEXT), total_examples=len(TEXT), epochs=3)
for step in range(3):
    model.build_vocab([[f"new{step}", "a"]] * 5, update=True)
    model.train([[f"new{step}", "a"]] * 5, total_examples=5, epochs=1)
assert len(model.wv) == 8

model.anything, model.wv.anything = {"at": "all"}, 3
for other in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
    assert other.anything == {"at": "all"}
    assert other.wv.anything == 3
    np.testing.assert_array_equal(other.wv["a"], model.wv["a"])
for vectors in (copy.copy(model.wv), copy.deepcopy(model.wv), pickle.loads(pickle.dumps(model.wv))):
    np.testing.assert_array_equal(vectors["a"], model.wv["a"])

model.wv.vectors[0] = 1.0
model.wv.vectors[1] = 2.0
first, second = model.wv.index_to_key[:2]
assert abs(model.wv.similarity(first, second) - 1) < 1e-6
model.wv.vectors = np.array(model.wv.vectors, copy=True)
model.train(TEXT, total_examples=len(TEXT), epochs=1)

words = KeyedVectors(3)
words.add_vectors([10, 20, 30], np.eye(3, dtype=np.float32))  # int tokens as keys
assert words.most_similar(20, topn=1)[0][0] in (10, 30)
assert words[20].tolist() == [0, 1, 0]
assert model.wv[0].tolist() == model.wv[first].tolist()  # ints as places

state = json.loads(json.dumps({k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in words.__dict__.items()}))
back = KeyedVectors(3)
back.__dict__.update(state)
back.vectors = np.array(back.vectors, np.float32)
assert len(back) == 3

model.wv = words
assert "a" not in model.wv
print("ok", Word2Vec.train.__module__)
