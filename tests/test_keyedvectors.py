"""KeyedVectors as an object that programs copy, pickle and take apart."""

import copy
import json
import logging
import pickle

import numpy as np
import pytest

from fastw2v import KeyedVectors
from fastw2v.keyedvectors import pseudorandom_weak_vector


@pytest.fixture
def kv():
    made = KeyedVectors(3)
    made.add_vectors(list("abc"), [[2, 0, 0], [1, 1, 0], [0, 1, 3]], extras={"count": [9, 7, 5]})
    return made


class TestAsAnObject:
    @pytest.mark.parametrize("clone", [copy.deepcopy, lambda kv: pickle.loads(pickle.dumps(kv))])
    def test_copies(self, kv, clone):
        kv.extra = [1, 2]
        twin = clone(kv)
        assert type(twin) is KeyedVectors
        assert twin.most_similar("a") == kv.most_similar("a")
        assert twin.extra == [1, 2]
        twin.vectors[:] = 0
        assert kv["a"].any()

    def test_a_shallow_copy_shares_the_vectors(self, kv):
        twin = copy.copy(kv)
        twin.vectors[0] = 9
        assert kv["a"].tolist() == [9, 9, 9]

    def test_the_state_goes_through_json(self, kv):
        kv.most_similar("a")
        plain = {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in kv.__dict__.items()
            if name != "expandos"
        }
        twin = KeyedVectors(0)
        twin.__dict__ = json.loads(json.dumps(plain)) | {"expandos": {}}
        twin.vectors = np.array(twin.vectors, dtype=np.float32)
        assert twin.most_similar("a") == kv.most_similar("a")
        assert set(KeyedVectors(1).__dict__) == {
            "vector_size", "index_to_key", "key_to_index", "next_index",
            "vectors", "norms", "expandos", "mapfile_path",
        }  # fmt: skip

    def test_missing_words_are_logged(self, kv, caplog):
        with caplog.at_level(logging.WARNING):
            kv.rank_by_centrality(["a", "zz"])
        assert "vectors for words {'zz'} are not present in the model, ignoring these words" in caplog.text


def test_pseudorandom_weak_vector():
    one = pseudorandom_weak_vector(50, seed_string="x", hashfxn=len)
    assert (one == pseudorandom_weak_vector(50, seed_string="y", hashfxn=len)).all()
    assert one.dtype == np.float32
    assert np.abs(one).max() <= 0.01
    assert (pseudorandom_weak_vector(50) != pseudorandom_weak_vector(50)).any()
