"""pip install --no-deps hist_w2v, and lz4, orjson, ipywidgets: models by year, trained in processes of a pool.

Five-grams of two halves of the news stand for two years; the models are saved, loaded with mmap="r", scaled in place
and aligned.  Figure: mean cosine of the words that both have.
"""

import collections
import os
import tempfile

import graphs
import lee
import lz4.frame
import orjson
from common.w2v_model import W2VModel
from training_tools import train_models

seed = graphs.seed()
folder = tempfile.mkdtemp()
data = os.path.join(folder, "5gram_files/6corpus/yearly_files/data")
os.makedirs(data)
texts = lee.documents()
for year, part in ((2000, texts[::2]), (2001, texts[1::2])):
    grams = collections.Counter(tuple(text[i : i + 5]) for text in part for i in range(len(text) - 4))
    with lz4.frame.open(os.path.join(data, f"{year}.jsonl.lz4"), "wb") as out:
        for gram, times in grams.items():
            out.write(orjson.dumps({"ngram": " ".join(gram), "freq": times, "doc": times}) + b"\n")
word2vec = train_models.Word2Vec
train_models.Word2Vec = lambda *args, **options: word2vec(*args, seed=seed, **options)  # it has no seed of its own
train_models.train_models(
    5, folder, "x", (2000, 2001), weight_by="none", vector_size=50, min_count=5, approach="skip-gram", epochs=5,
    workers=1,
)  # fmt: skip
models = os.path.join(folder, "5gram_files/6corpus/yearly_files/models_x")
first, second = (W2VModel(os.path.join(models, name)).normalize() for name in sorted(os.listdir(models)))
for one, other in ((first, second), (second, first)):
    one.extract_vocab()
    one.filter_vocab(other.vocab)
second.align_to(first)
shared = first.filtered_vocab & second.filtered_vocab
cosines = [first.filtered_vectors[word] @ second.filtered_vectors[word] for word in shared]
graphs.report("cosine", sum(cosines) / len(cosines))
