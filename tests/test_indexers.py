"""Approximate search: most of the neighbours that exact search finds, files, and what is refused."""

import importlib.util
import sys

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.indexers import FaissIndexer, UsearchIndexer

KINDS = [pytest.param("usearch", id="usearch"), pytest.param("faiss", id="faiss")]


def need(package):
    if not importlib.util.find_spec(package):  # which imports nothing: the order of imports is the module's business
        pytest.skip(f"{package} of the extra 'ann' is not installed")


@pytest.fixture(params=KINDS)
def kind(request):
    need(request.param)
    return {"usearch": UsearchIndexer, "faiss": FaissIndexer}[request.param]


def table(n=2000, dim=16, seed=0):
    made = KeyedVectors(dim)
    made.add_vectors([f"w{row}" for row in range(n)], np.random.default_rng(seed).standard_normal((n, dim)))
    return made


def test_most_neighbours_are_those_of_exact_search(kind):
    kv = table()
    indexer, found, itself = kind(kv), 0, 0
    for row in range(100):
        exact = dict(kv.most_similar(f"w{row}", topn=10))
        near = kv.most_similar(f"w{row}", topn=11, indexer=indexer)
        itself += near[0][0] == f"w{row}"  # as in gensim, the word itself is among its neighbours
        assert [score for _, score in near] == sorted((score for _, score in near), reverse=True)
        assert all(score == pytest.approx(exact[key], abs=0.01) for key, score in near if key in exact)
        found += len(exact.keys() & dict(near).keys())
    assert found > 900
    assert itself > 95  # an approximate search may miss even that


def test_sums_and_differences(kind):
    kv = table()
    near = kv.most_similar(["w1", "w2"], negative=["w3"], topn=20, indexer=kind(kv))
    assert len({key for key, _ in kv.most_similar(["w1", "w2"], negative=["w3"], topn=10)} & dict(near).keys()) >= 8


def test_rows_without_a_direction_are_no_neighbours(kind):
    kv = table(50)
    kv.vectors[3], kv.vectors[4] = 0, np.nan
    near = kind(kv).most_similar(kv["w5"], 50)
    assert len(near) == 48
    assert not {"w3", "w4"} & {key for key, _ in near}
    assert near[0][0] == "w5"


def test_files(kind, tmp_path):
    kv = table(300)
    kind(kv).save(tmp_path / "index")
    again = kind.load(tmp_path / "index", kv)
    assert again.most_similar(kv["w7"], 5) == kind(kv).most_similar(kv["w7"], 5)
    for other in (table(299), table(300, dim=8)):
        with pytest.raises(ValueError, match="make it anew"):
            kind.load(tmp_path / "index", other)


def test_small_tables_and_models(kind):
    kv = table(300)
    assert kind(kv.quantize()).most_similar(kv["w7"], 1)[0][0] == "w7"
    model = Word2Vec([["a", "b"], ["c", "d"]] * 10, min_count=1, vector_size=8, workers=1)
    assert kind(model).most_similar(model.wv["a"], 1)[0][0] == "a"


def test_faiss_takes_its_own_factories():
    need("faiss")
    kv = table()
    exact = FaissIndexer(kv, "Flat").most_similar(kv["w0"], 4)[1:]
    expected = kv.most_similar("w0", topn=3)
    assert [key for key, _ in exact] == [key for key, _ in expected]
    assert [score for _, score in exact] == pytest.approx([score for _, score in expected], abs=1e-5)
    assert FaissIndexer(kv, "IVF8,Flat").most_similar(kv["w0"], 1)[0][0] == "w0"


def test_without_the_packages_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    monkeypatch.setitem(sys.modules, "faiss", None)
    for kind in (UsearchIndexer, FaissIndexer):
        with pytest.raises(ImportError, match=r"fastw2v\[ann\]"):
            kind(table(5))
