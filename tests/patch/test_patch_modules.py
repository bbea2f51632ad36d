"""Modules of gensim under the patch: what they refuse, what they hold, what becomes of them when reloaded or run."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.processes import needs_gensim, run, run_without_gensim

from fastw2v import Word2Vec

REFUSED = """
for module in ("word2vec", "word2vec_inner", "word2vec_corpusfile"):
    for name in ("train_batch_sg", "train_batch_cbow", "train_epoch_sg", "score_sentence_cbow"):
        try:
            exec(f"from gensim.models.{module} import {name}")
        except ImportError as error:
            assert "another layout" in str(error), error
        else:
            raise SystemExit(f"{module}.{name} would read our arrays")
from gensim.models.word2vec_inner import FAST_VERSION, MAX_WORDS_IN_BATCH
from gensim.models.word2vec_corpusfile import CORPUSFILE_VERSION
assert MAX_WORDS_IN_BATCH > FAST_VERSION == CORPUSFILE_VERSION >= 0
"""

RELOADED = """
import importlib
import fastw2v
import gensim.models.word2vec, gensim.models.keyedvectors, gensim.utils
for module in (gensim.models.word2vec, gensim.models.keyedvectors, gensim.utils, gensim.models, gensim):
    for _ in range(2):
        assert importlib.reload(module) is module
from gensim.models import Word2Vec, KeyedVectors
assert Word2Vec is gensim.models.word2vec.Word2Vec is fastw2v.Word2Vec
assert KeyedVectors is gensim.models.keyedvectors.KeyedVectors is fastw2v.KeyedVectors
assert gensim.utils.tokenize is fastw2v.utils.tokenize
"""

NAMES = """
from gensim.models.word2vec import (
    CORPUSFILE_VERSION, FAST_VERSION, MAX_WORDS_IN_BATCH, Heapitem, Vocab, Word2VecTrainables, Word2VecVocab)
import heapq
heap = [Heapitem(count, index, None, None) for index, count in enumerate((7, 2, 5))]
heapq.heapify(heap)
assert [heapq.heappop(heap).index for _ in range(3)] == [1, 2, 0]
assert Heapitem(1, 9, None, None) < Heapitem(2, 0, None, None)
assert Vocab(count=3).count == 3 and Word2VecVocab() and Word2VecTrainables()
"""

PROGRAMS = [pytest.param(program, id=name) for name, program in globals().copy().items() if name.isupper()]


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_gensim(program: str) -> None:
    run_without_gensim(program)


@needs_gensim
@pytest.mark.gensim
@pytest.mark.parametrize("program", PROGRAMS)
def test_with_gensim(program: str) -> None:
    run("-W", "ignore", "-m", "fastw2v.patch", "-c", program)


@needs_gensim
@pytest.mark.gensim
def test_gensims_own_models_train_from_lists_and_files(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a b c d\nb c e\n" * 20)
    program = f"""
import gensim.models
for name in ("FastText", "Doc2Vec"):
    cls = getattr(gensim.models, name)
    model = cls(corpus_file={str(path)!r}, vector_size=5, min_count=1, workers=1, sample=0)
    before = model.syn1neg.copy()
    model.train(corpus_file={str(path)!r}, total_examples=40, total_words=140, epochs=2)
    assert (model.syn1neg != before).any()
gensim.models.FastText([["a", "b"]] * 9, vector_size=5, min_count=1)
import fastw2v, sys
fastw2v.unpatch_gensim()
from gensim.models.word2vec_inner import train_batch_sg
assert gensim.models.word2vec_inner is sys.modules["gensim.models.word2vec_inner"]
"""
    run("-W", "ignore", "-m", "fastw2v.patch", "-c", program)


@needs_gensim
@pytest.mark.gensim
def test_gensims_indexers_take_ours_and_its_own() -> None:
    program = """
import sys, types
class AnnoyIndex:                                   # as much of the library as gensim calls
    def __init__(self, size, metric): self.vectors = {}
    def add_item(self, i, vector): self.vectors[i] = vector
    def build(self, n_trees): pass
sys.modules["annoy"] = types.SimpleNamespace(AnnoyIndex=AnnoyIndex)
import fastw2v
from gensim.models import Doc2Vec, FastText, Word2Vec
from gensim.models.doc2vec import TaggedDocument
from gensim.similarities.annoy import AnnoyIndexer
texts = [["a", "b", "c"]] * 9
word2vec, fasttext = (cls(texts, vector_size=4, min_count=1, workers=1) for cls in (Word2Vec, FastText))
doc2vec = Doc2Vec([TaggedDocument(text, [i]) for i, text in enumerate(texts)], vector_size=4, min_count=1)
for model in (word2vec, word2vec.wv, fasttext, fasttext.wv, doc2vec.wv):
    assert len(AnnoyIndexer(model, 2).labels) == 3
assert len(AnnoyIndexer(doc2vec, 2).labels) == len(AnnoyIndexer(doc2vec.dv, 2).labels) == 9
try: AnnoyIndexer("text", 2)
except ValueError: pass
else: raise SystemExit("a text is no model")
import gensim.models.doc2vec                        # where a program finds gensim's own classes
assert isinstance(fasttext.wv, gensim.models.doc2vec.KeyedVectors)
assert not isinstance(word2vec.wv, gensim.models.doc2vec.KeyedVectors)
fastw2v.unpatch_gensim()
import gensim.similarities.annoy as indexer
assert indexer.KeyedVectors is type(doc2vec.dv) is type(doc2vec.wv)
"""
    run("-W", "ignore", "-m", "fastw2v.patch", "-c", program)


def test_the_module_word2vec_runs_as_a_program(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.write_text("a b c d\n" * 50)
    run(
        "-m", "fastw2v.patch", "-m", "gensim.models.word2vec", "-train", str(corpus), "-output",
        str(tmp_path / "vectors"), "-size", "4", "-min_count", "1", "-iter", "1",
    )  # fmt: skip
    assert (tmp_path / "vectors").read_text().splitlines()[0] == "4 4"


def test_predict_output_word_gives_all_words() -> None:
    model = Word2Vec([["a", "b", "c", "d"]] * 20, vector_size=8, min_count=1, workers=1)
    everything = model.predict_output_word(["a"], topn=None)
    assert everything is not None
    assert len(everything) == 4
    assert everything == model.predict_output_word(["a"], topn=4)
