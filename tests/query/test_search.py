"""Exact search: every instruction set, storage type and shape, against float64 NumPy and each other, bit by bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.allocations import peak_of
from support.strategies import DIMENSIONS

from fastw2v import _dispatch
from fastw2v.query import search
from fastw2v.query.quantized import QuantizedMatrix
from fastw2v.query.similarity import unit_rows

ISAS = _dispatch.runnable_isas()
WAYS = [*ISAS, f"{ISAS[-1]} by floats"]  # even where bytes are multiplied
KINDS = ["float16", "float32", "float64", "int8"]


class ByFloats:
    """A compiled module whose searches multiply floats."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, name)

    def search(self, *asked):
        self.module.search(*asked, by_floats=True)


def module_of(way):
    module = _dispatch.compiled("fastw2v.query._search", way.split()[0])
    return ByFloats(module) if way.endswith("by floats") else module


@pytest.fixture(params=WAYS)
def isa(request, monkeypatch):
    monkeypatch.setattr(search, "_compiled", module_of(request.param))
    return request.param


def table_of(rows, kind):
    return QuantizedMatrix.from_rows(rows) if kind == "int8" else rows.astype(kind)


def numbers_of(table):
    return np.asarray(table.codes if isinstance(table, QuantizedMatrix) else table, dtype=np.float64)


def scores_of(table, queries):
    """Cosines in float64, rounded as those of the table are: the specification."""
    rows = numbers_of(table)
    lengths = np.linalg.norm(rows, axis=1)
    units = np.divide(rows, lengths[:, None], out=np.zeros_like(rows), where=lengths[:, None] > 0)
    directions = unit_rows(queries).astype(np.float64 if table.dtype == np.float64 else np.float32).astype(np.float64)
    return directions @ units.T


def check(table, queries, count, forbidden=None, **options):
    """The answers are the best rows by the specification, in their order where that can tell them apart."""
    scores, rows = search.nearest_rows(table, queries, count, **options)
    if (made := search.sketch_of(table, 1 << 30)) is not None:
        sketched = search.nearest_rows(table, queries, count, sketch=made, **options)
        np.testing.assert_array_equal(sketched[0], scores)
        np.testing.assert_array_equal(sketched[1], rows)
    wanted = scores_of(table, queries)
    if forbidden is not None:
        wanted[forbidden] = np.nan
    tolerance = 1e-12 if table.dtype == np.float64 else 1e-7
    for query, (found, best) in enumerate(zip(scores, rows, strict=True)):
        n = int((best >= 0).sum())
        assert n == min(len(best), np.isfinite(wanted[query]).sum())
        assert (best[n:] == -1).all()
        assert np.isneginf(found[n:]).all()
        assert len(set(best[:n].tolist())) == n
        found, best = found[:n], best[:n]
        np.testing.assert_allclose(found, wanted[query][best], rtol=0, atol=tolerance)
        ranked = np.sort(wanted[query][np.isfinite(wanted[query])])[::-1][:n]
        np.testing.assert_allclose(found, ranked, rtol=0, atol=tolerance)
        behind = (found[1:] < found[:-1]) | ((found[1:] == found[:-1]) & (best[1:] > best[:-1]))
        assert behind.all()
    return scores, rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_queries", [1, 4, 5, 7, 49])
def test_every_dimension(isa, kind, n_queries):
    rng = np.random.default_rng(n_queries)
    for size in (*DIMENSIONS, 100, 300):
        rows = rng.standard_normal((101, size)).astype(np.float32)
        rows[50] = 0
        check(table_of(rows, kind), rng.standard_normal((n_queries, size)), 7)


@pytest.mark.parametrize("kind", KINDS)
def test_all_instruction_sets_give_the_same_bits(kind, monkeypatch):
    """So do any number of threads, one query or many at a time, and any blocks."""
    rng = np.random.default_rng(0)
    table, queries = table_of(rng.standard_normal((997, 37)).astype(np.float32), kind), rng.standard_normal((60, 37))
    answers = []
    for isa in WAYS:
        monkeypatch.setattr(search, "_compiled", module_of(isa))
        answers += [search.nearest_rows(table, queries, 9, threads=threads) for threads in (1, 3, 7)]
        singly = [search.nearest_rows(table, query[None], 9) for query in queries]
        answers.append([np.concatenate(parts) for parts in zip(*singly, strict=True)])
        with monkeypatch.context() as patched:
            patched.setattr(search, "QUERIES_AT_A_TIME", 11)
            answers.append(search.nearest_rows(table, queries, 9))
    for scores, rows in answers[1:]:
        np.testing.assert_array_equal(scores, answers[0][0])
        np.testing.assert_array_equal(rows, answers[0][1])


@st.composite
def searches(draw):
    kind, size = draw(st.sampled_from(KINDS)), draw(st.integers(1, 40))
    n, n_queries = draw(st.integers(1, 90)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.sampled_from([2, 5, 1000]))  # with few levels there are many ties, zeros and equal rows
    rows = (rng.integers(-levels, levels + 1, (n, size)) / levels).astype(np.float32)
    queries = (rng.integers(-levels, levels + 1, (n_queries, size)) / levels).astype(np.float32)
    table = table_of(rows, kind)
    first, stop = sorted(rng.integers(0, n + 1, 2).tolist())
    forbidden = np.ones((n_queries, n), dtype=bool)
    forbidden[:, first:stop] = False
    options = {"part": slice(first, stop), "threads": draw(st.integers(1, 3))}
    how = draw(st.sampled_from(["none", "mask", "lists"]))
    if how == "mask":
        options["allowed"] = rng.random(n) < 0.5
        forbidden |= ~options["allowed"]
    elif how == "lists":
        options["allowed"] = search.row_lists([rng.integers(0, n, 8) for _ in range(n_queries)])
        for query in range(n_queries):
            forbidden[query, np.setdiff1d(np.arange(n), options["allowed"].of(query))] = True
    if draw(st.booleans()):
        options["left_out"] = search.row_lists([rng.integers(0, n, 3) for _ in range(n_queries)])
        for query in range(n_queries):
            forbidden[query, options["left_out"].of(query)] = True
    return table, queries, draw(st.integers(0, n + 2)), forbidden, options


@settings(max_examples=300)
@given(searches())
def test_any_search(case):
    check(*case[:4], **case[4])


def test_ties_come_by_row(isa):
    rows = np.tile(np.eye(3, dtype=np.float32), (40, 1)) * np.linspace(0.5, 7, 120, dtype=np.float32)[:, None]
    for n_queries in (1, 9):
        for threads in (1, 4):
            _, best = search.nearest_rows(rows, np.tile([[0, 1.0, 0]], (n_queries, 1)), 45, threads=threads)
            assert best[-1].tolist() == [*range(1, 120, 3), 0, 2, 3, 5, 6]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int8"])
@pytest.mark.parametrize("n_queries", [1, 9])
def test_cosines_that_differ_in_the_last_bits(isa, kind, n_queries):
    """All sums are of whole numbers, and so exact: the order of the answers is known to the last of them."""
    signs = np.random.default_rng(7).choice([-1, 1], 64)
    largest = 100 if kind == "int8" else 1500
    numbers = signs * largest + np.random.default_rng(8).integers(-1, 2, (500, 64))
    codes = QuantizedMatrix(numbers.astype(np.int8), np.ones(500, np.float32))
    table = codes if kind == "int8" else numbers.astype(kind)
    cosines = (numbers @ signs / 8) / np.sqrt((numbers**2).sum(axis=1))
    cosines = cosines if kind == "float64" else cosines.astype(np.float32)
    scores, best = search.nearest_rows(table, np.tile(signs / 8, (n_queries, 1)), 40)
    for query in range(n_queries):
        assert best[query].tolist() == np.lexsort((np.arange(500), -cosines))[:40].tolist()
        np.testing.assert_array_equal(scores[query], cosines[best[query]])


def test_heaps_are_merged_in_any_order():
    rng = np.random.default_rng(9)
    scores, rows = rng.integers(0, 4, (3, 2, 6)).astype(float), rng.permutation(36).reshape(3, 2, 6)
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        best, best_rows = np.full((2, 5), -np.inf), np.full((2, 5), -1, np.int64)
        for part in order:
            search._compiled.merge(best, best_rows, scores[part], rows[part])
        search._compiled.sort(best, best_rows)
        for query in range(2):
            every, numbers = scores[:, query].ravel(), rows[:, query].ravel()
            wanted = np.lexsort((numbers, -every))[:5]
            assert best_rows[query].tolist() == numbers[wanted].tolist()
            assert best[query].tolist() == every[wanted].tolist()


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("n_queries", [1, 9])
def test_numbers_that_are_not_finite(isa, kind, n_queries):
    rows = np.random.default_rng(1).standard_normal((30, 33)).astype(kind)
    rows[3, 32], rows[4, 0], rows[5, 31] = np.nan, np.inf, -np.inf
    queries = np.random.default_rng(2).standard_normal((n_queries, 33))
    queries[-1, 5] = np.nan
    scores, best = search.nearest_rows(rows, queries, 30)
    assert (best[-1] == -1).all()
    assert np.isneginf(scores[-1]).all()
    for found in best[:-1]:
        assert sorted(found.tolist()) == [-1] * 3 + [0, 1, 2, *range(6, 30)]


@pytest.mark.parametrize(
    ("kind", "scale"), [("float32", 1e-42), ("float32", 1e38), ("float64", 1e-310), ("float64", 1e305)]
)
@pytest.mark.parametrize("n_queries", [1, 9])
def test_extreme_lengths(isa, kind, scale, n_queries):
    directions = np.random.default_rng(3).integers(-3, 4, (20, 10)).astype(np.float64)
    rows = (directions * (scale / 3)).astype(kind)
    exact = rows.astype(np.longdouble)
    lengths = np.sqrt((exact**2).sum(axis=1, keepdims=True))
    wanted = (exact / np.where(lengths > 0, lengths, 1)).astype(np.float64)
    scores, best = search.nearest_rows(rows, directions[:n_queries], 20)
    cosines = unit_rows(directions[:n_queries]).astype(kind).astype(np.float64) @ wanted.T
    for query in range(n_queries):
        assert sorted(best[query].tolist()) == list(range(20))
        np.testing.assert_allclose(scores[query], cosines[query][best[query]], atol=1e-6)
    few, _ = search.nearest_rows(rows, directions[:n_queries], 3)  # the filter has something to keep out
    np.testing.assert_array_equal(few, scores[:, :3])


def test_rows_that_lie_otherwise(isa):
    rows = np.random.default_rng(4).standard_normal((50, 9)).astype(np.float32)
    queries = np.random.default_rng(5).standard_normal((6, 9))
    wanted = search.nearest_rows(rows, queries, 5)
    padded = np.full((50, 16), np.nan, dtype=np.float32)
    padded[:, :9] = rows
    backwards = rows[::-1].copy()[::-1]
    for others in (padded[:, :9], np.asfortranarray(rows), rows.astype(">f4"), backwards):
        found = search.nearest_rows(others, queries, 5)
        np.testing.assert_array_equal(found[0], wanted[0])
        np.testing.assert_array_equal(found[1], wanted[1])


def test_all_halves(isa):
    """Every number of float16 is read as NumPy reads it."""
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)]
    rows = np.stack([np.ones(len(finite), np.float16), finite], axis=1)
    for n_queries in (1, 9):
        check(rows, np.tile([[0.5, 1.0]], (n_queries, 1)), 200)
    for width in (8, 9, 31):
        rows = np.resize(finite[finite != 0], (len(finite) // width, width))
        check(rows, np.ones((1, width)), 50)


def test_long_codes(isa):
    """Sums of products of bytes do not overflow, however long and extreme the rows are."""
    for size in (2000, 3000, 5000, 100_001):
        rows = np.full((20, size), 1, dtype=np.float32)
        rows[::2, : size // 2] = -1
        check(QuantizedMatrix.from_rows(rows), np.ones((1, size)), 5)
    codes = np.full((3, 4000), -128, dtype=np.int8)
    check(QuantizedMatrix(codes, np.ones(3, np.float32)), -np.ones((1, 4000)), 3)


@st.composite
def tables(draw):
    """Rows of all kinds: some with one number that dwarfs the others, zeros, extremes, and what is not finite."""
    n, size = draw(st.integers(1, 40)), draw(st.integers(1, 200))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rng.standard_normal((n, size))
    if draw(st.booleans()):
        rows = rows[0] + rows * draw(st.sampled_from([0.1, 0.01]))  # cosines so close that a byte cannot tell
    rows *= 10.0 ** rng.integers(-25, 25, (n, 1))
    rows[rng.random(n) < 0.3, rng.integers(size)] *= 1000
    rows[rng.random((n, size)) < draw(st.sampled_from([0.0, 0.5, 1.0]))] = 0
    if draw(st.booleans()):
        rows[rng.integers(n), rng.integers(size)] = draw(st.sampled_from([np.nan, np.inf, 1e38, 1e-42]))
    return rows.astype(draw(st.sampled_from(["float32", "float64"])))


@given(tables())
def test_a_sketch_knows_what_it_leaves_out(rows):
    sketch = search.sketch_of(rows, 1 << 30)
    if sketch is None:
        pytest.skip("this processor does not multiply bytes")
    n, size = rows.shape
    codes = sketch.codes.transpose(0, 2, 1, 3).reshape(-1, 4 * sketch.codes.shape[1])  # as rows
    assert not codes[:, size:].any()
    assert not codes[n:].any()
    codes = codes[:n]
    np.testing.assert_array_equal(sketch.sums, codes.sum(axis=1, dtype=np.int32))
    tells = np.isfinite(sketch.factors)
    units = rows[tells] / np.linalg.norm(rows[tells].astype(np.float64), axis=1, keepdims=True)
    left = np.linalg.norm(units - sketch.factors[tells, None] * codes[tells, :size].astype(np.float64), axis=1)
    assert (left <= sketch.errors[tells] + size * 2.0**-23).all()
    assert (sketch.errors[tells] <= np.sqrt(size) / 254 * 1.00001).all()
    squares = (rows.astype(np.float64) ** 2).sum(axis=1)
    assert tells[(squares > 1e-29) & (squares < 1e29)].all()
    assert not tells[~np.isfinite(squares)].any()


@settings(max_examples=300)
@given(tables(), st.integers(1, 9), st.integers(1, 5))
def test_a_sketch_changes_no_answer(rows, n_queries, count):
    queries = np.nan_to_num(rows[np.arange(n_queries) % len(rows)].astype(np.float64), posinf=1.0, neginf=-1.0)
    answers = [
        search.nearest_rows(rows, queries, count, sketch=sketch) for sketch in (None, search.sketch_of(rows, 1 << 30))
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "_compiled", module_of(WAYS[-1]))
        wanted = search.nearest_rows(rows, queries, count)
    for answer in answers:
        np.testing.assert_array_equal(answer[0], wanted[0])
        np.testing.assert_array_equal(answer[1], wanted[1])


@pytest.mark.parametrize("n_queries", [1, 9])
def test_all_that_a_query_asks_for_is_what_a_sketch_leaves_out(isa, n_queries):
    """The codes of the second row are 127 and zeros, and the query is exactly along what they leave out."""
    rows = np.zeros((40, 65), dtype=np.float32)
    rows[:, 0] = 127
    rows[0, 1] = 20
    rows[1, 1:] = 0.49
    query = np.ones(65) * (np.arange(65) > 0)
    for sketch in (None, search.sketch_of(rows, 1 << 20)):
        scores, best = search.nearest_rows(rows, np.tile(query, (n_queries, 1)), 1, sketch=sketch)
        assert best.tolist() == [[1]] * n_queries
        np.testing.assert_allclose(scores, 0.0308, atol=1e-4)


def test_there_is_no_sketch_that_takes_too_much():
    assert search.sketch_of(np.ones((1000, 8)), 8000) is None
    assert search.sketch_of(np.ones((10, 8), dtype=">f4"), 1 << 30) is None
    if search.sketch_of(np.ones((2, 8)), 1 << 30) is not None:
        for rows in (np.ones((3, 8)), np.ones((2, 9))):
            with pytest.raises(ValueError, match="sketch of 2 rows"):
                search.nearest_rows(rows, rows[:1], 1, sketch=search.sketch_of(np.ones((2, 8)), 1 << 30))


def test_nothing_to_find():
    empty = np.empty((0, 3), np.float32)
    assert search.nearest_rows(empty, np.eye(3), 4)[1].shape == (3, 0)
    assert search.nearest_rows(np.eye(3), empty, 2)[1].shape == (0, 2)
    assert search.nearest_rows(np.eye(3), np.eye(3), 0)[1].shape == (3, 0)
    assert search.nearest_rows(np.eye(3), np.eye(3), 2, part=slice(2, 1))[1].shape == (3, 0)
    assert search.nearest_rows(np.empty((4, 0)), np.empty((2, 0)), 2)[1].tolist() == [[0, 1], [0, 1]]
    with pytest.raises(ValueError, match="3 numbers"):
        search.nearest_rows(np.eye(3), np.ones((1, 4)), 2)


@pytest.mark.parametrize("n_queries", [1, 300])
@pytest.mark.parametrize("kind", KINDS)
def test_memory_is_bounded(kind, n_queries):
    table = table_of(np.random.default_rng(6).standard_normal((200_000, 16)).astype(np.float32), kind)
    queries = np.random.default_rng(7).standard_normal((n_queries, 16))
    search.nearest_rows(table, queries, 10, threads=2)
    peak, _ = peak_of(lambda: search.nearest_rows(table, queries, 10, threads=2))
    assert peak < 1 << 20  # one score of each row would be 0.8 MB for each query


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"queries": np.ones((2, 4), "f")}, "queries 2 x 4"),
        ({"exact": np.ones((1, 3))}, "exact 1"),
        ({"best": np.ones((1, 5))}, "one heap"),
        ({"best_rows": np.ones((2, 4), np.int64)}, "one heap"),
        ({"rows": np.ones((3, 9), "f").T}, "contiguous"),
        ({"allowed": np.ones(11, np.uint8)}, "11 rows"),
        ({"left_out": (np.array([0, 1]), np.array([0]))}, "there are 2 queries"),
        ({"left_out": (np.array([0, 1, 2]), np.array([0]))}, "of 1 rows"),
        ({"listed": (np.array([1, 0, 1]), np.array([0]))}, "query 0 ends before"),
    ],
)
def test_what_does_not_fit_is_refused(change, match):
    arguments = {
        "rows": np.ones((9, 3), "f"), "first": 3, "queries": np.ones((2, 3), "f"), "exact": np.ones((2, 3)),
        "best": np.full((2, 5), -np.inf), "best_rows": np.full((2, 5), -1, np.int64),
    }  # fmt: skip
    with pytest.raises(ValueError, match=match):
        search._compiled.search(**{**arguments, **change})
