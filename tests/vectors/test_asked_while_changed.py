"""Threads ask while another one adds, replaces and removes vectors: nothing crashes, and every answer makes sense.

FASTW2V_STRESS_SECONDS says for how long; CI without the GIL and the record take 60.
"""

import os
import threading
import time

import numpy as np
import pytest

from fastw2v import KeyedVectors

SECONDS = float(os.environ.get("FASTW2V_STRESS_SECONDS", "1.5"))
SIZE = 24
ASKING = 8


class Shared:
    """What the threads share: the table, which is exchanged for a smaller one when vectors are removed."""

    def __init__(self):
        self.table = KeyedVectors(SIZE)
        self.table.add_vectors([f"w{row}" for row in range(300)], vectors(300, 0))
        self.ended = False
        self.errors = []
        self.asked = 0


def vectors(n, seed):
    return np.random.default_rng(seed).standard_normal((n, SIZE)).astype(np.float32)


def check(answer, table_size_at_least, left_out=()):
    """Names are keys, scores are cosines in falling order, no key comes twice."""
    keys, scores = [key for key, _ in answer], [score for _, score in answer]
    assert len(keys) == len(set(keys)) == table_size_at_least
    assert all(isinstance(key, str) for key in keys)
    assert not set(left_out) & set(keys)
    assert all(np.isfinite(scores))
    assert max(map(abs, scores)) <= 1.000001
    assert scores == sorted(scores, reverse=True)


def ask(shared, number):
    rng = np.random.default_rng(number)
    while not shared.ended:
        table, word = shared.table, f"w{rng.integers(0, 200)}"
        check(table.most_similar(word, topn=7), 7, [word])
        for best in table.most_similar_batch([word, "w3", "w4", "w5", np.ones(SIZE), ["w1", "w2"]], topn=5):
            check(best, 5)
        check(table.most_similar_cosmul(word, topn=3), 3, [word])
        assert abs(table.similarity(word, "w3")) <= 1.000001
        assert 1 <= table.rank("w3", word) <= len(table)
        assert table.distances("w250").min() < 1e-6  # which stays as it is: of others two states may be compared
        assert np.isfinite(table.distances(word)).all()
        assert table[word].shape == (SIZE,)
        shared.asked += 1


def change(shared):
    """Add and replace; now and then remove. An answer after a change knows of it."""
    rng, turn = np.random.default_rng(99), 0
    while not shared.ended:
        turn += 1
        table = shared.table
        n = int(rng.integers(1, 20))
        table.add_vectors([f"new{turn}_{place}" for place in range(n)], vectors(n, turn))
        target = vectors(1, turn + 10**6)[0]
        table[f"w{turn % 200}"] = target
        assert table.similar_by_vector(target, topn=1)[0][0] == f"w{turn % 200}"  # never a stale answer
        table.vectors[turn % 200] = -target
        assert table.similar_by_vector(-target, topn=1)[0][0] == f"w{turn % 200}"
        if len(table) > 1500:
            shared.table = table.subset(table.index_to_key[:300])
            with pytest.raises(KeyError):
                shared.table.most_similar(f"new{turn}_0")


def watched(shared, work, *arguments):
    try:
        work(shared, *arguments)
    except BaseException as error:  # it is shown by the test
        shared.errors.append(error)
        shared.ended = True


def test_eight_threads_ask_while_one_changes():
    shared = Shared()
    threads = [threading.Thread(target=watched, args=(shared, ask, number)) for number in range(ASKING)]
    threads.append(threading.Thread(target=watched, args=(shared, change)))
    for thread in threads:
        thread.start()
    time.sleep(SECONDS)
    shared.ended = True
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if shared.errors:
        raise shared.errors[0]
    assert shared.asked >= ASKING


def test_the_checks_can_fail():
    with pytest.raises(AssertionError):
        check([("a", 0.5), ("b", 0.6)], 2)
    with pytest.raises(AssertionError):
        check([("a", 0.5)], 2)
    with pytest.raises(AssertionError):
        check([("a", 0.5), (None, 0.4)], 2)
    shared = Shared()
    shared.table.similar_by_vector = lambda vector, topn: [("old", 1.0)]
    watched(shared, change)
    assert isinstance(shared.errors[0], AssertionError)
