"""Under the patch, classes have gensim's module names; what is pickled there has ours."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from support.processes import needs_gensim, run, run_without_gensim

import fastw2v
from fastw2v import KeyedVectors, Word2Vec
from fastw2v.patch import patch_gensim, unpatch_gensim
from fastw2v.patch.names import MODULES
from fastw2v.patch.renaming import classes
from fastw2v.patch.standin import resolve

OBJECTS = """
import pickle, sys
import gensim
from gensim.models import Word2Vec, KeyedVectors, Phrases
from gensim.models.word2vec import LineSentence, PathLineSentences, Text8Corpus, BrownCorpus
from gensim.models.phrases import FrozenPhrases
from gensim.models.callbacks import CallbackAny2Vec
text = [["new", "york", "is", "big"], ["new", "york"]] * 20
model = Word2Vec(text, min_count=1, vector_size=4, seed=1, workers=1, epochs=1)
phrases = Phrases(text, min_count=1, threshold=0.1)
objects = [model, model.wv, phrases, phrases.freeze(), LineSentence("x"), Text8Corpus("x"), CallbackAny2Vec()]
for one in objects:
    kind = type(one)
    assert kind.__module__.startswith("gensim.models."), kind
    assert "gensim" in str(kind) and "gensim" in kind.__module__.split(".")
    assert getattr(sys.modules[kind.__module__], kind.__name__) is kind, kind
"""
PICKLED = OBJECTS + """
import copy
copies = copy.deepcopy(objects), copy.copy(model.wv)
assert type(copies[0][0]) is Word2Vec and (copies[1].vectors == model.wv.vectors).all()
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    data = pickle.dumps(objects, protocol)
    assert b"gensim." not in data, protocol
    open(f"{sys.argv[1]}{protocol}", "wb").write(data)
    assert (pickle.loads(data)[1].vectors == model.wv.vectors).all()
"""


def test_every_class_of_the_table_is_renamed_to_where_gensim_has_it() -> None:
    pairs = [(name, resolve(target)) for table in MODULES.values() for name, target in table.items()]
    ours = {
        value
        for name, value in pairs
        if isinstance(value, type) and value.__module__.startswith("fastw2v.") and value.__name__ == name
    }
    assert ours | {fastw2v.keyedvectors.FastTextKeyedVectors} == set(classes())
    assert classes()[KeyedVectors] == "gensim.models.keyedvectors"
    assert classes()[Word2Vec] == "gensim.models.word2vec"


@needs_gensim
@pytest.mark.gensim
def test_the_names_are_those_of_gensims_own() -> None:
    """In a process of its own: here, gensim may be patched by another test."""
    homes = {kind.__name__: module for kind, module in classes().items()}
    done = run("-W", "ignore", "-c", "import sys, importlib\nfor pair in sys.argv[1:]:\n"
               "    name, module = pair.split('@'); kind = getattr(importlib.import_module(module), name)\n"
               "    assert kind.__module__ == module, (kind, module)\nprint('ok')",
               *(f"{name}@{module}" for name, module in homes.items()))  # fmt: skip
    assert done.stdout == "ok\n"


def test_pickles_of_the_patch_load_without_it_and_the_other_way_round(tmp_path: Path) -> None:
    run("-W", "ignore", "-m", "fastw2v.patch", "-c", PICKLED, str(tmp_path / "p"))
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == pickle.HIGHEST_PROTOCOL + 1
    for path in paths:
        model, vectors, phrases, frozen, *rest = pickle.loads(path.read_bytes())
        assert (type(model), type(vectors)) == (Word2Vec, KeyedVectors)
        assert Word2Vec.__module__ == "fastw2v.word2vec"
        model.train([["new", "york"]] * 9, total_examples=9, epochs=1)
        assert phrases[["new", "york"]] == frozen[["new", "york"]] == ["new_york"]
        assert [type(one).__name__ for one in rest] == ["LineSentence", "Text8Corpus", "CallbackAny2Vec"]
    plain = tmp_path / "plain"
    plain.write_bytes(pickle.dumps([model, vectors]))
    run("-W", "ignore", "-m", "fastw2v.patch", "-c", "import pickle, sys\nfrom gensim.models import Word2Vec\n"
        "model, vectors = pickle.load(open(sys.argv[1], 'rb'))\n"
        "assert type(model) is Word2Vec and vectors['new'].any()", str(plain))  # fmt: skip


def test_the_same_without_gensim() -> None:
    run_without_gensim(OBJECTS + "print('ok')")


def test_a_class_of_a_program_is_pickled_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from gensim.models import Word2Vec\nclass Mine(Word2Vec):\n    shout = True\n"
        "class Walks(Mine):\n    def __reduce__(self): return (list, ((1, 2),))\n"
    )
    run(
        "-W", "ignore", "-m", "fastw2v.patch", "-c",
        "import pickle, sys; sys.path += [sys.argv[1]]; import mine\n"
        "model = mine.Mine([['a', 'b']] * 9, min_count=1)\n"
        "data = pickle.dumps(model); assert b'mine' in data and pickle.loads(data).shout\n"
        "assert pickle.loads(pickle.dumps(mine.Walks())) == [1, 2]",
        str(tmp_path),
    )  # fmt: skip


def test_undoing_the_patch_gives_the_names_back() -> None:
    patch_gensim()
    try:
        assert KeyedVectors.__module__ == "gensim.models.keyedvectors"
    finally:
        unpatch_gensim()
    assert all(kind.__module__.startswith("fastw2v.") for kind in classes())
    assert b"renaming" not in pickle.dumps(KeyedVectors(2))
