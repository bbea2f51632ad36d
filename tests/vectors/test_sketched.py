"""No question is answered from old numbers, whoever changed them, and however."""

import copy
import gc
import pickle
import threading

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.errors import ConfigError
from fastw2v.query import search
from fastw2v.vectors import sketched

N, SIZE = 5300, 100  # just large enough for a sketch

needs_sketches = pytest.mark.skipif(
    search.sketch_of(np.eye(4), 1 << 20) is None, reason="this processor does not multiply bytes"
)


def rows_of(seed):
    return np.random.default_rng(seed).standard_normal((N, SIZE)).astype(np.float32)


def table(seed=0):
    kv = KeyedVectors(SIZE)
    kv.add_vectors([f"w{row}" for row in range(N)], rows_of(seed))
    return kv


def has_sketch(kv):
    found = sketched._kept.get(id(kv))
    return found is not None and found.sketch is not None


def asked(kv):
    """The vectors after enough questions for a sketch."""
    for _ in range(3):
        kv.most_similar("w1")
    return kv


@pytest.fixture
def kv():
    return asked(table())


def check(kv):
    """The answers are those of a table that was never asked before."""
    fresh = KeyedVectors(kv.vector_size)
    fresh.add_vectors(list(kv.index_to_key), np.array(sketched.rows(kv)))
    for word in ("w1", "w2", "w77"):
        assert kv.most_similar(word) == fresh.most_similar(word)


@needs_sketches
def test_the_second_question_makes_a_sketch():
    kv = table()
    wanted = kv.most_similar("w5")
    assert not has_sketch(kv)
    assert kv.most_similar("w5") == wanted
    assert has_sketch(kv)
    assert kv.most_similar("w5") == wanted
    kv["w3"], kv.similarity("w1", "w2"), kv.rank("w1", "w2"), kv.distances("w1"), kv.most_similar_batch(["w1"])
    assert has_sketch(kv)
    check(kv)


@needs_sketches
def test_a_user_says_how_much_memory_a_sketch_may_take():
    kv = table()
    kv.sketch_bytes = N * (SIZE + 16) - 1
    wanted = asked(kv).most_similar("w5")
    assert not has_sketch(kv)
    kv.sketch_bytes = N * (SIZE + 16)
    assert has_sketch(asked(kv))
    assert kv.most_similar("w5") == wanted
    kv.sketch_bytes = 0
    assert not has_sketch(asked(kv))
    check(kv)


@pytest.mark.parametrize("value", [-1, "1 GB", 2.5, None])
def test_memory_for_a_sketch_that_is_no_number_of_bytes(value):
    kv = table()
    kv.sketch_bytes = value
    with pytest.raises(ConfigError, match=r"sketch_bytes=.*50331648 is the default"):
        kv.most_similar("w5")


@needs_sketches
@pytest.mark.parametrize("kind", ["float16", "float64"])
def test_tables_of_other_types(kind):
    kv = asked(table().astype(kind))
    assert has_sketch(kv)
    wanted = kv.most_similar("w9")
    kv.vectors  # noqa: B018
    assert not has_sketch(kv)
    assert kv.most_similar("w9") == wanted


def write_into_the_attribute(kv):
    kv.vectors[2] = kv.vectors[1] * 2


def write_in_place(kv):
    kv.vectors *= np.linspace(-1, 1, SIZE, dtype=np.float32)


def replace(kv):
    kv.vectors = rows_of(1)


def write_through_a_view(kv):
    np.asarray(kv.vectors)[1:5].reshape(-1)[:50] = 9


def write_through_a_buffer(kv):
    memoryview(kv.vectors)[2, 3] = 100.0


def write_by_key(kv):
    kv["w2"] = kv["w1"] * 3


def add_again(kv):
    kv.add_vectors(["w2"], kv["w1"][None] * 3, replace=True)


def add_one(kv):
    kv.add_vectors(["other"], kv["w1"][None] * 3)


def write_into_a_copy_that_shares(kv):
    twin = copy.copy(kv)
    twin.vectors[2] = twin.vectors[1]


def sort(kv):
    kv.expandos["count"] = np.arange(N)
    kv.sort_by_descending_frequency()


def reach_into_the_dictionary(kv):
    kv.__dict__["vectors"] = rows_of(3)


CHANGES = [
    write_into_the_attribute, write_in_place, replace, write_through_a_view, write_through_a_buffer, write_by_key,
    add_again, add_one, write_into_a_copy_that_shares, sort, reach_into_the_dictionary, KeyedVectors.unit_normalize_all,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_question_sees_what_changed(kv, change):
    change(kv)
    gc.collect()
    check(kv)
    check(asked(kv))


def test_whoever_holds_the_array_may_write_at_any_time(kv):
    for hold in (lambda: kv.vectors, lambda: kv.vectors[5:], lambda: memoryview(kv.vectors), lambda: kv.vectors.T):
        held = hold()
        for value in range(4):
            np.asarray(held)[0, 0] = value * 50
            check(asked(kv))
            assert not has_sketch(kv)
        del held


def test_an_array_that_was_given_may_be_held():
    held = rows_of(4)
    kv = table()
    kv.vectors = held
    for value in range(4):
        held[1, 0] = value * 50
        check(asked(kv))
    outer = np.zeros((N, 2 * SIZE), dtype=np.float32)
    kv.vectors = outer[:, :SIZE]
    for value in range(1, 4):
        outer[:, :SIZE] = rows_of(value)
        check(asked(kv))


def test_a_mapped_file_may_be_written_by_others(tmp_path, kv):
    np.save(tmp_path / "rows.npy", rows_of(0))
    kv.vectors = np.load(tmp_path / "rows.npy", mmap_mode="r+")
    other = np.load(tmp_path / "rows.npy", mmap_mode="r+")
    for value in range(4):
        other[1, 0] = value * 50
        check(asked(kv))


@needs_sketches
def test_files_and_models_have_sketches(tmp_path, kv):
    kv.save(str(tmp_path / "v.kv"))
    kv.save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    assert has_sketch(asked(KeyedVectors.load(str(tmp_path / "v.kv"))))
    assert has_sketch(asked(KeyedVectors.load_word2vec_format(str(tmp_path / "v.bin"), binary=True)))


def test_training_goes_on():
    rng = np.random.default_rng(1)
    sentences = [[f"w{word}" for word in rng.zipf(1.3, 30) if word < 6000] for _ in range(2000)]
    sentences.append([f"w{row}" for row in range(N)])
    model = Word2Vec(sentences, vector_size=SIZE, min_count=1, epochs=1)
    for _ in range(2):
        check(asked(model.wv))
        model.train(sentences, total_examples=len(sentences), epochs=1)
        check(model.wv)
    if search.sketch_of(np.eye(4), 1 << 20) is not None:
        assert has_sketch(asked(model.wv))


def test_copies_and_files_know_nothing_of_it(kv):
    names = set(vars(kv))
    assert set(vars(table())) == names
    twins = [copy.deepcopy(kv), pickle.loads(pickle.dumps(kv)), copy.copy(kv)]
    for twin in twins:
        assert not has_sketch(twin)
        check(twin)


@needs_sketches
@pytest.mark.parametrize(
    "write", [lambda twin: twin.vectors[7].fill(3), lambda twin: twin.__setitem__("w7", np.full(SIZE, 3.0))]
)
def test_a_copy_of_the_same_array_writes_and_is_gone_between_two_questions(kv, write):
    assert has_sketch(kv)
    twin = copy.copy(kv)
    assert sketched.rows(twin) is sketched.rows(kv)
    write(twin)
    del twin
    assert not has_sketch(kv)
    check(kv)


def test_what_is_gone_is_forgotten(kv):
    before = len(sketched._kept)
    del kv
    gc.collect()
    assert len(sketched._kept) <= before
    others = [asked(table(seed)) for seed in range(3)]
    numbers = [id(other) for other in others]
    del others
    gc.collect()
    assert not any(number in sketched._kept for number in numbers)


def test_many_ask_while_one_writes(kv):
    stop, wrong = threading.Event(), []

    def ask():
        while not stop.is_set():
            best = kv.most_similar("w1", topn=1)[0]
            if best[0] not in ("w2", "w3"):
                wrong.append(best)

    base = kv["w1"].copy()
    kv["w2"] = kv["w3"] = base
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(200):
        near, far = ("w2", "w3") if turn % 2 else ("w3", "w2")
        kv[near] = base
        kv[far] = -base
        assert kv.most_similar("w1", topn=1)[0][0] == near
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_who_asks_together_waits_longer_each_time(kv):
    held = kv.__dict__["vectors"]  # as other questions do, for as long as they run
    for _ in range(10):
        kv.most_similar("w1")
        assert not has_sketch(kv)
    del held
    waited = 0
    while not has_sketch(kv) and waited < 5000:
        kv.most_similar("w1", topn=1)
        waited += 1
    if search.sketch_of(np.eye(4), 1 << 20) is not None:
        assert waited == 1024


def test_small_tables_need_none():
    kv = KeyedVectors(3)
    kv.add_vectors(["a", "b"], np.eye(3)[:2])
    for _ in range(3):
        kv.most_similar("a")
    assert id(kv) not in sketched._kept
