"""Subsets, fewer dimensions, other storage types."""

import numpy as np
import pytest

from fastw2v import KeyedVectors


@pytest.fixture
def kv():
    made = KeyedVectors(6)
    rows = np.random.default_rng(0).standard_normal((30, 6))
    made.add_vectors([f"w{row}" for row in range(30)], rows, extras={"count": np.arange(30, 0, -1)})
    made.vectors_lockf = np.arange(30, dtype=np.float32)
    return made


def test_subset(kv):
    small = kv.subset(["w7", "w3", "nowhere", "w7"])
    assert small.index_to_key == ["w3", "w7"]
    assert small.get_vecattr("w7", "count") == 23
    assert small.vectors_lockf.tolist() == [3, 7]
    assert small.similarity("w3", "w7") == kv.similarity("w3", "w7")
    small.vectors[:] = 0
    assert kv["w3"].any()
    with pytest.raises(KeyError, match="nowhere"):
        kv.subset(["nowhere"], ignore_missing=False)
    with pytest.raises(TypeError, match="one string"):
        kv.subset("w7")
    assert len(kv.subset([])) == 0


def test_truncate(kv):
    short = kv.truncate(2)
    assert short.vector_size == 2
    assert (short.vectors == kv.vectors[:, :2]).all()
    assert not np.shares_memory(short.vectors, kv.vectors)
    for dim in (0, 7):
        with pytest.raises(ValueError, match=r"1 \.\. 6"):
            kv.truncate(dim)


@pytest.mark.parametrize("change", [lambda kv: kv.astype("float16"), lambda kv: kv.quantize()], ids=["float16", "int8"])
def test_small_tables_answer_every_query(kv, change):
    pytest.importorskip("ot")
    small, tolerance = change(kv), 0.02
    assert small.vectors.nbytes < kv.vectors.nbytes
    queries = {
        "most_similar": lambda t: t.most_similar(["w1", "w2"], ["w3"], topn=None),
        "cosmul": lambda t: t.most_similar_cosmul(["w1"], ["w3"], topn=None),
        "batch": lambda t: [score for best in t.most_similar_batch(["w1", "w9"], topn=1) for _, score in best],
        "similarity": lambda t: t.similarity("w1", "w2"),
        "distances": lambda t: t.distances("w1"),
        "some distances": lambda t: t.distances("w1", ["w4", "w5"]),
        "n_similarity": lambda t: t.n_similarity(["w1", "w2"], ["w3"]),
        "centrality": lambda t: [score for score, _ in t.rank_by_centrality(["w1", "w2", "w3"])],
        "mean": lambda t: t.get_mean_vector(["w1", "w2"]),
        "vector": lambda t: t["w1"],
        "vectors": lambda t: t[["w1", "w2"]],
        "normed": lambda t: t.get_normed_vectors(),
        "wmd": lambda t: t.wmdistance(["w1", "w2"], ["w3"]),
        "subset": lambda t: t.subset(["w1", "w2"]).distances("w1"),
        "truncate": lambda t: t.truncate(3).distances("w1"),
        "for all": lambda t: t.vectors_for_all(["w1", "w2"]).distances("w1"),
    }
    for name, query in queries.items():
        np.testing.assert_allclose(
            query(small), query(kv), atol=5 * tolerance if "cosmul" in name else tolerance, err_msg=name
        )
    small.sort_by_descending_frequency()
    assert type(small.vectors) is type(change(kv).vectors)
    back = small.astype("float32")
    np.testing.assert_allclose(back.vectors, kv.vectors, atol=0.02)
    back["w1"] = np.ones(6)


def test_quantized_tables_refuse_changes(kv):
    small = kv.quantize()
    for change in (lambda: small.add_vectors(["new"], np.ones((1, 6))), small.unit_normalize_all):
        with pytest.raises(TypeError, match="astype"):
            change()
    assert len(small) == 30


def test_unknown_kinds(kv):
    with pytest.raises(ValueError, match="int4"):
        kv.quantize("int4")
    with pytest.raises(ValueError, match="int32"):
        kv.astype("int32")
