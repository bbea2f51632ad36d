"""What one-by-one training keeps of input and output rows, and ranks give back."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v import Word2Vec
from fastw2v._dispatch import compiled
from fastw2v.train.ranks import balance, exchange
from fastw2v.train.ranks.balance import Balance, turned_to
from fastw2v.train.ranks.engine import Engine
from fastw2v.train.ranks.local import run_ranks
from fastw2v.train.ranks.rows import Model, rows_of

_changes = compiled("fastw2v.train.ranks._changes")
MODES = {"sg-ns": (1, 0), "cbow-ns": (0, 0), "sg-hs": (1, 1), "cbow-hs": (0, 1)}


def model_of(inputs: Any, outputs: Any, **how: Any) -> Model:
    rates = [np.ones(len(matrix)) for matrix in (inputs, outputs)]
    made = {"skip_gram": True, "cbow_mean": True, "cbow_exact": False, "n_context": 5.0, **how}
    return Model(
        rows_of(inputs, rates[0]), rows_of(outputs, rates[1]), None, negative=5, kept_share=1.0, **made
    )  # fmt: skip


def weights(seed: int, n_rows: int = 300, size: int = 12) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    stretch = np.exp(rng.normal(size=size))
    return [(rng.normal(size=(n_rows, size)) * stretch).astype(np.float32) for _ in range(2)]


def squares(x: Any, o: Any) -> Any:
    x, o = x.astype(np.float64), o.astype(np.float64)
    return x.T @ x - o.T @ o


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", [{}, {"cbow_exact": True}, {"cbow_mean": 0}, {"cbow_mean": 0, "cbow_exact": True}])
def test_steps_one_by_one_keep_the_balance_but_for_their_squares(mode: str, how: dict[str, Any]) -> None:
    """With a fourth of the learning rate it moves by a fourth of a fourth, where it is kept."""
    sg, hs = MODES[mode]
    sentences = [[f"w{word}" for word in row] for row in np.random.default_rng(1).integers(0, 30, (40, 9))]
    moved = []
    for alpha in (1e-2, 2.5e-3):
        model = Word2Vec(
            vector_size=8, min_count=1, sg=sg, hs=hs, negative=0 if hs else 5, window=4, seed=2, alpha=alpha,
            min_alpha=alpha, workers=1, sample=0, epochs=1, **how,
        )  # fmt: skip
        model.build_vocab(sentences)
        rng, output = np.random.default_rng(3), "syn1" if hs else "syn1neg"
        model.wv.vectors[:] = rng.normal(size=model.wv.vectors.shape)
        getattr(model, output)[:] = rng.normal(size=getattr(model, output).shape)
        before = squares(model.wv.vectors, getattr(model, output))
        model.train(sentences, total_examples=len(sentences), epochs=1)
        moved.append(np.abs(squares(model.wv.vectors, getattr(model, output)) - before).max())
    empty = np.zeros((1, 1), np.float32)
    flags = {"cbow_mean": True, "cbow_exact": False} | {name: bool(value) for name, value in how.items()}
    kept = model_of(empty, empty, skip_gram=bool(sg), **flags).keeps_balance
    assert kept == (moved[1] < moved[0] / 10)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 20), n_rows=st.integers(1, 60), scale=st.floats(0, 2))
def test_there_is_a_matrix_for_each_balance(seed: int, size: int, n_rows: int, scale: float) -> None:
    """Also of fewer rows than numbers in a row; products of both sides stay."""
    x, o = (one.astype(np.float64) for one in weights(seed, n_rows + size, size))
    wanted = scale * np.trace(x.T @ x) / size * np.corrcoef(np.random.default_rng(seed).normal(size=(size, 50)))
    wanted = np.atleast_2d(wanted)
    turn = turned_to(x.T @ x, o.T @ o, wanted)
    assert turn is not None
    turned, back = x @ turn, o @ np.linalg.inv(turn).T
    assert np.allclose(turned @ back.T, x @ o.T, rtol=1e-6, atol=1e-6 * np.abs(x @ o.T).max())
    found = turned.T @ turned - back.T @ back
    assert np.allclose(found, wanted, atol=1e-6 * np.abs(turned.T @ turned + back.T @ back).max())


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 40), n_rows=st.integers(0, 200))
def test_products_of_rows_are_those_of_numpy(seed: int, size: int, n_rows: int) -> None:
    """More rows than are multiplied at a time, and fewer; rows that lie apart.

    256 products are summed in single precision, at most, and their sums in double precision.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, size + 3)).astype(np.float32)[:, :size]
    before = rng.normal(size=(size, size))
    found, turn = before.copy(), rng.normal(size=(size, size))
    wide = x.astype(np.float64)
    _changes.add_squares(x, found)
    assert np.all(np.abs(found - before - wide.T @ wide) <= 2.0**-16 * np.abs(wide).T @ np.abs(wide) + 1e-12)

    turned = x.copy()
    _changes.multiply(turned, turn.T)
    assert np.all(np.abs(turned - wide @ turn.T) <= 2.0**-22 * size * np.abs(wide) @ np.abs(turn).T)


def test_blas_is_asked_only_where_all_ranks_wait() -> None:
    """Its threads wait in loops, on cores that train: two ranks on two cores lost four of five seconds to that."""
    found = set()
    for path in Path(balance.__file__).parent.glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                names = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
                products = any(isinstance(node, ast.MatMult) for node in ast.walk(function))
                if products or names & {"linalg", "dot", "matmul", "inner", "tensordot"}:
                    found.add(function.name)
    assert found == {"turned_to", "_turns"}


def test_blas_has_one_thread_there(monkeypatch: pytest.MonkeyPatch) -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    x, o = weights(5)
    threads: list[int] = []

    def turned(*how: Any) -> Any:
        threads.extend(pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas")
        return turned_to(*how)

    monkeypatch.setattr(balance, "turned_to", turned)

    def rank(ranks: Any) -> None:
        followed = Balance(ranks)
        followed.follow(model_of(x, o), [x, o], 0)
        followed.restore([x.copy(), o.copy()])

    run_ranks(1, rank)
    assert set(threads) == {1}


def test_numbers_that_are_none_have_no_matrix() -> None:
    eye = np.eye(3)
    assert turned_to(np.full((3, 3), np.nan), eye, eye) is None
    assert turned_to(eye, np.full((3, 3), np.inf), eye) is None


@pytest.mark.parametrize("size", [2, 3, 7])
def test_ranks_get_back_the_balance_that_they_had(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One side was shrunk, as by damping: the balance returns, products stay; all ranks have the same bits."""
    monkeypatch.setattr(balance, "BLOCK", 64 * size)
    x, o = weights(5)
    wanted = squares(x, o)

    def rank(ranks: Any) -> list[np.ndarray]:
        base = [x.copy(), o.copy()]
        followed = Balance(ranks)
        followed.follow(model_of(*base), base, 0)
        base[1] *= 0.5
        assert (followed.restore(base) > 0) == (64 * ranks.rank < len(x))  # it has rows to multiply
        return base

    found = run_ranks(size, rank)
    for base in found:
        assert all(np.array_equal(one, other) for one, other in zip(base, found[0], strict=True))
    turned, back = found[0]
    assert np.allclose(squares(turned, back), wanted, atol=1e-4 * np.abs(wanted).max())
    assert np.allclose(turned @ back.T, x @ (0.5 * o).T, atol=1e-4 * np.abs(x @ o.T).max())


def test_what_a_rank_does_by_itself_belongs_to_the_balance() -> None:
    """Two ranks move it by different amounts, at another learning rate later on: their mean, times words and rates."""
    x, o = weights(6)

    def rank(ranks: Any) -> tuple[Any, Any]:
        base = [x.copy(), o.copy()]
        mine = [x.copy(), o.copy()]
        followed = Balance(ranks)
        followed.follow(model_of(*mine), base, 0)
        followed.passed(1000, 0.1)
        followed.measure()
        mine[0] += 1e-2 * (1 + ranks.rank)
        followed.measured(2000, 0.1)  # 500 words of this rank
        done = squares(*mine) - squares(x, o)
        followed.passed(2000, 0.1)
        followed.passed(6000, 0.05)
        followed.restore(base)
        return base, done

    (base, one), (_, other) = run_ranks(2, rank)
    amount = (2000 * 0.1**2 + 4000 * 0.05**2) / (500 * 0.1**2)
    expected = squares(x, o) + amount * (one + other) / 2
    assert np.allclose(squares(*base), expected, atol=1e-3 * np.abs(one * amount).max())


def test_a_training_that_has_diverged_is_measured_without_a_warning() -> None:
    """It will say so itself; ranks that measure must not end on a warning before."""
    x, o = weights(6)

    def rank(ranks: Any) -> None:
        mine = [x.copy(), o.copy()]
        followed = Balance(ranks)
        followed.follow(model_of(*mine), [x.copy(), o.copy()], 0)
        followed.measure()
        mine[0][:], mine[1][:] = np.inf, np.inf
        followed.measured(1000, 0.1)
        followed.restore(mine)

    run_ranks(1, rank)


def test_between_two_measurements_the_mean_of_both_counts() -> None:
    """Steps become smaller while a training learns; after the second measurement its rate holds."""
    x, o = weights(6)

    def rank(ranks: Any) -> tuple[Any, Any, Any]:
        base = [x.copy(), o.copy()]
        mine = [x.copy(), o.copy()]
        followed = Balance(ranks)
        followed.follow(model_of(*mine), base, 0)
        done = []
        for begun, ended, step in ((0, 1000, 1e-2), (4000, 5000, 2e-3)):
            before = squares(*mine)
            followed.passed(begun, 0.1)
            followed.measure()
            mine[0] += step
            followed.measured(ended, 0.1)
            done.append(squares(*mine) - before)
        followed.passed(7000, 0.1)
        followed.restore(base)
        return base, *done

    base, first, second = run_ranks(1, rank)[0]
    expected = squares(x, o) + 4 * (first + second) / 2 + 3 * second
    assert np.allclose(squares(*base), expected, atol=1e-3 * np.abs(first).max())


def test_rows_that_are_held_have_no_balance() -> None:
    empty = np.zeros((1, 1), np.float32)
    assert model_of(empty, empty).keeps_balance
    assert not model_of(empty, empty, held=True).keeps_balance


def test_rows_that_are_held_stay() -> None:
    sentences = [[f"w{word}" for word in row] for row in np.random.default_rng(1).zipf(1.4, (900, 12)).clip(max=80)]

    def rank(ranks: Any) -> Any:
        model = Word2Vec(vector_size=16, min_count=1, sg=1, seed=2, workers=1, engine=Engine(ranks), epochs=2)
        model.build_vocab(sentences)
        model.wv.vectors_lockf = np.ones(len(model.wv), np.float32)
        model.wv.vectors_lockf[:3] = 0
        before = model.wv.vectors[:3].copy()
        model.train(sentences, total_examples=len(sentences), epochs=2)
        return before, model.wv.vectors[:3].copy()

    for before, after in run_ranks(2, rank):
        assert np.array_equal(before, after)


def test_eight_ranks_keep_the_lengths_of_one_process(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the balance inputs of frequent words grow, and outputs shrink."""
    how = {"sg": 1, "vector_size": 24, "min_count": 1, "epochs": 8, "seed": 3, "workers": 1, "progress": False}

    def share(model: Word2Vec) -> float:
        return float((model.wv.vectors**2).sum() / (model.syn1neg**2).sum())

    def ranks(n: int) -> float:
        return share(run_ranks(n, lambda one: Word2Vec(corpus_file=text, engine=Engine(one), **how))[0])

    alone, balanced = share(Word2Vec(corpus_file=text, **how)), ranks(8)
    monkeypatch.setattr(exchange.Balance, "restore", lambda self, base: 0)
    assert balanced == pytest.approx(alone, rel=0.2)
    assert ranks(8) > 1.4 * alone
