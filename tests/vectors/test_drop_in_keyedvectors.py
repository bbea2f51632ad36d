"""The same calls on gensim's KeyedVectors and on ours: one row for every public name of gensim's class.

The calls are in keyedvectors_calls.py. Equal means equal to 1e-5 in numbers, equal in keys and shapes, of
the same Python or NumPy scalar type; or an exception of the same type (or of a subclass of it).
"""

import inspect
import logging
import warnings

import numpy as np
import pytest
from support.keyedvectors_calls import ANALOGIES, PAIRS, ROWS, TABLE, WORDS, make

from fastw2v import KeyedVectors
from fastw2v import keyedvectors as ours_module

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    gensim = pytest.importorskip("gensim")
    from gensim.models import keyedvectors as theirs_module

pytestmark = pytest.mark.gensim

CALLS = [pytest.param(call, id=f"{name}-{place}") for name, calls in TABLE.items() for place, call in enumerate(calls)]


def outcome(module, call, path):
    path.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kv = make(module.KeyedVectors)
        try:
            return "value", call(kv, path)
        except Exception as error:
            return "error", error


def same(ours, theirs, where="result"):
    if isinstance(theirs, (float, np.floating)) and not isinstance(ours, np.ndarray):
        assert type(ours) is type(theirs), where
        assert ours == pytest.approx(theirs, abs=1e-5), where
    elif isinstance(theirs, np.ndarray):
        assert isinstance(ours, np.ndarray), where
        assert ours.shape == theirs.shape, where
        assert ours.dtype.kind == theirs.dtype.kind, where
        np.testing.assert_allclose(ours.astype(float), theirs.astype(float), atol=1e-5, err_msg=where)
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs), where
        for key in theirs:
            same(ours[key], theirs[key], f"{where}[{key!r}]")
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs), where
        for place, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            same(mine, other, f"{where}[{place}]")
    else:
        assert ours == theirs, where


@pytest.mark.parametrize("call", CALLS)
def test_same_outcome(call, tmp_path):
    theirs_kind, theirs = outcome(theirs_module, call, tmp_path / "theirs")
    ours_kind, ours = outcome(ours_module, call, tmp_path / "ours")
    if theirs_kind == "error":
        assert ours_kind == "error", f"gensim raises {theirs!r}, we give {ours!r}"
        assert isinstance(ours, type(theirs)), f"gensim raises {theirs!r}, we raise {ours!r}"
    else:
        if ours_kind == "error":
            raise ours
        same(ours, theirs)


def public_names(cls):
    return {name for name in dir(cls) if not name.startswith("_")}


def test_every_public_name_of_gensim_is_here_and_in_the_table():
    names = public_names(theirs_module.KeyedVectors)
    assert len(names) >= 50
    assert names - public_names(KeyedVectors) == set()
    assert names - set(TABLE) == set()


def test_same_parameters():
    """Same names, order and defaults; what we add comes behind and by keyword only."""
    for name in [*sorted(public_names(theirs_module.KeyedVectors)), "__init__"]:
        theirs = inspect.getattr_static(theirs_module.KeyedVectors, name)
        if isinstance(theirs, property) or name in ("word_vec", "similarity_unseen_docs", "save"):
            continue  # (*args, **kwargs) there
        wanted = list(inspect.signature(getattr(theirs_module.KeyedVectors, name)).parameters.values())
        given = list(inspect.signature(getattr(KeyedVectors, name)).parameters.values())
        assert [(p.name, p.default) for p in given[: len(wanted)]] == [(p.name, p.default) for p in wanted], name
        assert all(p.kind is p.KEYWORD_ONLY for p in given[len(wanted) :]), name


def test_same_attributes_of_a_fresh_object():
    theirs, ours = theirs_module.KeyedVectors(3, 2), KeyedVectors(3, 2)
    assert set(theirs.__dict__) == set(ours.__dict__)
    same({name: ours.__dict__[name] for name in theirs.__dict__}, theirs.__dict__)


def test_module_names():
    names = "KeyedVectors Word2VecKeyedVectors EuclideanKeyedVectors Doc2VecKeyedVectors REAL Vocab CompatVocab"
    for name in [*names.split(), "pseudorandom_weak_vector", "prep_vectors", "load_word2vec_format"]:
        assert hasattr(theirs_module, name)
        assert hasattr(ours_module, name)
    seeded = {"seed_string": "x", "hashfxn": len}
    same(ours_module.pseudorandom_weak_vector(9, **seeded), theirs_module.pseudorandom_weak_vector(9, **seeded))
    same(
        ours_module.prep_vectors((4, 3), ROWS[:2, :2], seed=3), theirs_module.prep_vectors((4, 3), ROWS[:2, :2], seed=3)
    )
    same(ours_module.prep_vectors((4, 3), seed=3), theirs_module.prep_vectors((4, 3), seed=3))


def test_same_log_texts(tmp_path, caplog):
    """Texts that programs may look for."""
    (tmp_path / "pairs").write_text(PAIRS)
    (tmp_path / "analogies").write_text(ANALOGIES)

    def texts(module):
        caplog.clear()
        with warnings.catch_warnings(), caplog.at_level(logging.INFO):
            warnings.simplefilter("ignore")
            kv = make(module.KeyedVectors)
            kv.evaluate_word_pairs(str(tmp_path / "pairs"))
            kv.evaluate_word_analogies(str(tmp_path / "analogies"))
            kv.rank_by_centrality(["king", "zz"])
            kv.sort_by_descending_frequency()
            kv.wmdistance(["king", "zz"], ["zz"])
            kv.log_accuracy({"section": "x", "correct": [1], "incorrect": [2, 3]})
            kv.log_evaluate_word_pairs((0.1, 0.2), (0.3, 0.4), 5.0, "file")
        return [record.getMessage() for record in caplog.records if ".keyedvectors" in record.name]

    assert texts(ours_module) == texts(theirs_module)


def test_vectors_saved_by_one_are_read_by_the_other(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for writer, reader in ((ours_module, theirs_module), (theirs_module, ours_module)):
            kv = make(writer.KeyedVectors).vectors_for_all(WORDS)
            for binary in (False, True):
                kv.save_word2vec_format(str(tmp_path / "kv"), binary=binary)
                again = reader.KeyedVectors.load_word2vec_format(str(tmp_path / "kv"), binary=binary)
                same(again.vectors, kv.vectors)
                assert again.index_to_key == WORDS


def test_files_that_gensim_saved_are_read(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kv = make(theirs_module.KeyedVectors)
        kv.save(str(tmp_path / "kv"))
        again = KeyedVectors.load(tmp_path / "kv")
    assert (again.vectors == kv.vectors).all()
    assert again.key_to_index == kv.key_to_index
    assert again.get_vecattr("king", "count") == kv.get_vecattr("king", "count")


def test_a_real_run_of_queries_agrees():
    """Random queries on a larger table: same neighbours in the same order."""
    rng = np.random.default_rng(9)
    rows = rng.standard_normal((3000, 50)).astype(np.float32) * rng.uniform(0.1, 5, (3000, 1)).astype(np.float32)
    keys = [f"w{row}" for row in range(3000)]
    theirs, ours = theirs_module.KeyedVectors(50), KeyedVectors(50)
    for kv in (theirs, ours):
        kv.add_vectors(keys, rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(50):
            a, b, c = (keys[row] for row in rng.integers(0, 3000, 3))
            for method in ("most_similar", "most_similar_cosmul"):
                mine = getattr(ours, method)([a, b], [c], topn=20)
                other = getattr(theirs, method)([a, b], [c], topn=20)
                np.testing.assert_allclose([s for _, s in mine], [s for _, s in other], atol=1e-5)
                assert len({k for k, _ in mine} ^ {k for k, _ in other}) <= 2  # near ties at the cut
            assert abs(ours.rank(a, b) - theirs.rank(a, b)) <= 1
