import contextlib
import pickle
import time

import pytest

from fastw2v import KeyedVectors
from fastw2v.vectors.missing import MissingKeyError, closest_keys

KEYS = ["the", "king", "queen", "King", "kingdom", "ring", 7]


def test_known_answers():
    assert closest_keys("kinf", KEYS)[0] == "king"
    assert closest_keys("QUEEM", KEYS) == ["queen"]
    assert closest_keys("xyz", KEYS) == []
    assert closest_keys(3, KEYS) == []
    assert closest_keys("", KEYS) == []


def test_the_message_names_the_closest_keys():
    kv = KeyedVectors(1)
    kv.add_vectors(["king", "queen"], [[1], [2]])
    for ask in (
        kv.__getitem__,
        kv.get_vector,
        kv.get_index,
        kv.most_similar,
        lambda key: kv.distances("king", [key]),
    ):
        with pytest.raises(KeyError) as caught:
            ask("kinng")
        assert str(caught.value).endswith("; closest: 'king'")
        assert caught.value.args[0].startswith("Key 'kinng' not present")
        assert "closest" not in caught.value.args[0]


@pytest.mark.parametrize(
    ("keys", "key", "advice"),
    [
        ([3, 2, 1], "1", "1 is, of type int: ask with the int and not the str"),
        (["3", "9"], 9, "'9' is, of type str: ask with the str and not the int"),
        ([b"a"], "a", "b'a' is, of type bytes"),
        (["a"], b"a", "'a' is, of type str"),
        ([1.5], "1.5", "1.5 is, of type float"),
    ],
)
def test_the_message_names_the_type_of_the_key_that_is_there(keys, key, advice):
    kv = KeyedVectors(1)
    kv.add_vectors(keys, [[1]] * len(keys))
    with pytest.raises(KeyError) as caught:
        kv.get_vector(key)
    assert advice in str(caught.value)
    with pytest.raises(KeyError) as caught:
        kv.get_vector(type(key)(77))
    kinds = type(key).__name__, type(keys[0]).__name__
    assert str(caught.value).endswith("; it is of type {}, the first key of type {}".format(*kinds))


def test_a_pickled_error_does_not_carry_the_vocabulary():
    error = MissingKeyError("Key 'kinng' not present", "kinng", ["king"] * 100_000)
    data = pickle.dumps(error)
    assert len(data) < 500
    assert str(pickle.loads(data)) == str(error)


def test_cost_is_bounded():
    keys = [f"word{number}" for number in range(1_000_000)]
    kv = KeyedVectors(1)
    kv.index_to_key, kv.key_to_index = keys, {"word0": 0}
    start = time.perf_counter()
    for _ in range(10_000):
        with contextlib.suppress(KeyError):
            kv["word77777x"]
    assert time.perf_counter() - start < 2, "raising must not search"
    start = time.perf_counter()
    assert closest_keys("word777x", keys)
    assert time.perf_counter() - start < 5
