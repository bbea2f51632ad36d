"""What gensim's own tutorial does."""

import sys

import gensim
from gensim.models import KeyedVectors, Phrases, Word2Vec
from gensim.models.callbacks import CallbackAny2Vec
from gensim.models.phrases import Phraser
from gensim.models.word2vec import LineSentence, PathLineSentences, Text8Corpus
from gensim.test.utils import common_texts, get_tmpfile
from gensim.utils import simple_preprocess


class Epochs(CallbackAny2Vec):
    def __init__(self):
        self.seen = 0

    def on_epoch_end(self, model):
        self.seen += 1


epochs = Epochs()
model = Word2Vec(sentences=common_texts, vector_size=20, window=5, min_count=1, workers=4, callbacks=[epochs])
assert epochs.seen == 5
path = get_tmpfile("tutorial.model")
model.save(path)
model = Word2Vec.load(path)
model.train([["hello", "world"]], total_examples=1, epochs=1)
path = get_tmpfile("tutorial.kv")
model.wv.save(path)
wv = KeyedVectors.load(path, mmap="r")
assert wv["computer"].shape == (20,)
bigrams = Phraser(Phrases(common_texts, min_count=1, threshold=1))
Word2Vec(bigrams[common_texts], min_count=1, vector_size=5)
assert simple_preprocess("Hello, World!") == ["hello", "world"]
assert gensim.__version__.startswith("4.")
assert type(model) == gensim.models.Word2Vec  # noqa: E721
assert isinstance(model.wv, gensim.models.keyedvectors.KeyedVectors)
assert gensim.models.word2vec.LineSentence is LineSentence
assert PathLineSentences is not Text8Corpus
print("ok", Word2Vec.train.__module__, *sys.argv[1:])
