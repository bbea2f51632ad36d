"""Files and pickles that version 0.1.0 wrote load with equal content.

The files in ``tests/data/vectors_0_1`` are never written again. ``python tests/vectors/test_files_of_0_1.py FOLDER``,
run with that version and NumPy 2.4, wrote them.
"""

import copy
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

import fastw2v
from fastw2v import KeyedVectors, Word2Vec
from fastw2v.table import VectorTable
from fastw2v.vectors.subwords import FastTextKeyedVectors

DATA = Path(__file__).parents[1] / "data" / "vectors_0_1"
KEYS = ["the", "king", "Köln", "北京", "queen"]
ROWS = np.array([[2, 0, 0.5], [1, 1, 0], [0, 1, 0.25], [0, 0, 3], [-1, 0, 0]], dtype=np.float32)
COUNTS = [9, 7, 5, 3, 1]


def words(dtype=np.float32):
    made = KeyedVectors(3, dtype=dtype)
    made.add_vectors(KEYS, ROWS, extras={"count": COUNTS})
    return made


def rich():
    """A table with everything that a native file of vectors keeps."""
    made = words()
    made.set_vecattr("king", "note", "hello")
    made.set_vecattr("king", "share", 0.5)
    made.vectors_lockf = np.array([1, 0, 1, 1, 0.5], dtype=np.float32)
    made.source = {"name": "test", "lines": [1, 2]}
    made.mean = np.ones(3)
    return made


def items():
    made = KeyedVectors(3)
    made.add_vectors([17, ("film", 3), -5, 2**40, "x"], ROWS)
    return made


def prepared():
    made = KeyedVectors(3, count=4)
    for key, row in zip(KEYS[:2], ROWS, strict=False):
        made.add_vector(key, row)
    return made


def ngrams():
    made = FastTextKeyedVectors(3)
    made.add_vectors(KEYS, ROWS, extras={"count": COUNTS})
    made.ngram_vectors, made.min_n, made.max_n = np.arange(30, dtype=np.float32).reshape(10, 3), 2, 3
    return made


def trained():
    """Vectors of a model with a Huffman tree, whose paths are attributes of the words."""
    model = Word2Vec([["a", "b", "a"], ["c", "a"]] * 4, vector_size=3, min_count=1, hs=1, negative=0, workers=1, seed=1)
    model.wv.vectors[:] = ROWS[:3]
    return model.wv


TABLES = {
    "rich": rich, "float16": lambda: rich().astype("float16"), "float64": lambda: rich().astype("float64"),
    "int8": lambda: rich().quantize(), "items": items, "prepared": prepared, "ngrams": ngrams, "trained": trained,
}  # fmt: skip
NEEDS_NUMPY_2 = pytest.mark.skipif(np.__version__ < "2", reason="the arrays in these pickles name modules of NumPy 2")
EXCHANGED = ["words.txt", "words.bin", "words.vec", "words.glove", "words.npz", "words.tsv", "words.txt.gz"]


def assert_equal(loaded, wanted):
    assert type(loaded) is type(wanted)
    assert loaded.index_to_key == wanted.index_to_key
    assert loaded.key_to_index == wanted.key_to_index
    assert list(map(type, loaded.index_to_key)) == list(map(type, wanted.index_to_key))
    assert type(loaded.vectors) is type(wanted.vectors)
    assert loaded.vectors.dtype == wanted.vectors.dtype
    np.testing.assert_array_equal(np.asarray(loaded.vectors), np.asarray(wanted.vectors))
    assert loaded.vector_size == wanted.vector_size
    if None in wanted.index_to_key:  # otherwise there is no prepared row that it could mean
        assert loaded.next_index == wanted.next_index
    for name, column in wanted.expandos.items():
        if name not in ("code", "point"):
            assert loaded.expandos[name].dtype == column.dtype
            assert loaded.expandos[name].tolist() == column.tolist()
    for name in {"source", "mean", "vectors_lockf", "ngram_vectors", "min_n", "max_n"} & wanted.__dict__.keys():
        np.testing.assert_array_equal(getattr(loaded, name), getattr(wanted, name))
    asked = wanted.index_to_key[1]
    assert loaded.most_similar(asked) == wanted.most_similar(asked)


@pytest.mark.parametrize("mmap", [None, "r"])
@pytest.mark.parametrize("name", TABLES)
def test_native(name, mmap):
    assert_equal(KeyedVectors.load(DATA / f"{name}.fw2v", mmap=mmap), TABLES[name]())


@NEEDS_NUMPY_2
@pytest.mark.parametrize("name", TABLES)
def test_pickles_by_module_path(name):
    loaded = pickle.loads((DATA / f"{name}.pickle").read_bytes())  # ours, as any program may have kept them
    assert_equal(loaded, TABLES[name]())
    assert_equal(copy.deepcopy(loaded), TABLES[name]())
    assert_equal(pickle.loads(pickle.dumps(loaded)), TABLES[name]())
    if name == "trained":
        assert loaded.get_vecattr("a", "code").tolist() == trained().get_vecattr("a", "code").tolist()


@pytest.mark.parametrize("name", EXCHANGED)
def test_formats_of_others(name):
    loaded = fastw2v.load(DATA / name)
    assert loaded.index_to_key == KEYS
    np.testing.assert_array_equal(loaded.vectors, ROWS)


@NEEDS_NUMPY_2
def test_parts_of_tables():
    error, table = pickle.loads((DATA / "parts.pickle").read_bytes())
    assert isinstance(error, KeyError)
    assert "kingg" in str(error)
    assert isinstance(table, VectorTable)
    assert table.keys == KEYS
    assert table.attrs["count"].tolist() == COUNTS


def test_public_addresses():
    from fastw2v import keyedvectors

    for name in ("KeyedVectors", "Word2VecKeyedVectors", "Doc2VecKeyedVectors", "EuclideanKeyedVectors"):
        assert getattr(keyedvectors, name) is KeyedVectors
    for name in ("CompatVocab", "Vocab", "REAL", "load_word2vec_format", "prep_vectors", "pseudorandom_weak_vector"):
        assert hasattr(keyedvectors, name)
    assert issubclass(FastTextKeyedVectors, KeyedVectors)


def write(folder: Path) -> None:
    for name, make in TABLES.items():
        made = make()
        made.save(folder / f"{name}.fw2v")
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(made, protocol=4))
    for name in EXCHANGED:
        fastw2v.save(words(), folder / name)
    try:
        words().get_vector("kingg")
    except KeyError as error:
        (folder / "parts.pickle").write_bytes(pickle.dumps((error, words().to_table()), protocol=4))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
