"""How sure evaluations are: intervals that hold what they promise, comparisons of two tables."""

import io

import numpy as np
import pytest

from fastw2v import KeyedVectors
from fastw2v.vectors import confidence as sure

PAIRS = "\n".join(f"w{n}\tw{n + 1}\t{n % 11}" for n in range(0, 80, 2))


def table(seed=0, n=81, noise=0.0, first=0):
    """Vectors of which some pairs are as near as the scores above say, but for some noise."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, 12))
    for row in range(0, n - 1, 2):
        rows[row + 1] = rows[row] + (11 - row % 11) * 0.3 * rng.standard_normal(12)
    made = KeyedVectors(12)
    made.add_vectors([f"w{row}" for row in range(first, n)], (rows + noise * rng.standard_normal(rows.shape))[first:])
    return made


def test_gensims_structures_are_the_default():
    assert len(table().evaluate_word_pairs(io.StringIO(PAIRS))) == 3


def test_an_interval_of_pairs_holds_the_value_and_narrows_with_less_confidence():
    *_, wide = table().evaluate_word_pairs(io.StringIO(PAIRS), confidence=0.95)
    _, spearman, _, narrow = table().evaluate_word_pairs(io.StringIO(PAIRS), confidence=0.5)
    assert wide.value == narrow.value == pytest.approx(spearman[0])
    assert -1 <= wide.low < narrow.low < narrow.value < narrow.high < wide.high <= 1
    assert table().evaluate_word_pairs(io.StringIO(PAIRS), confidence=0.95)[3] == wide  # the seed is fixed


def test_the_interval_of_a_mean_is_the_binomial_one():
    answers = np.repeat([0.0, 1.0], [300, 700])
    found = sure.interval(answers, sure.mean, 0.95)
    expected = 1.96 * np.sqrt(0.3 * 0.7 / 1000)
    assert (found.value - found.low, found.high - found.value) == pytest.approx((expected, expected), rel=0.15)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(100):
        found = sure.interval((rng.random(200) < 0.4).astype(float), sure.mean, 0.8)
        held += found.low <= 0.4 <= found.high
    assert 68 <= held <= 92


def test_a_better_table_is_told_from_a_worse_one_and_none_from_itself():
    good, bad = table(), table(noise=3.0)
    *_, found = good.evaluate_word_pairs(io.StringIO(PAIRS), compare_to=bad)
    assert found.n == 40
    assert found.difference.value == pytest.approx(found.value - found.other)
    assert found.difference.low > 0
    assert found.p_value < 0.01
    *_, same = good.evaluate_word_pairs(io.StringIO(PAIRS), compare_to=good)
    assert same.difference == (0, 0, 0)
    assert same.p_value == 1


def test_tables_are_compared_on_what_both_know():
    *_, found = table().evaluate_word_pairs(io.StringIO(PAIRS), compare_to=table(first=20))
    assert found.n == 30
    assert found.difference == (0, 0, 0)
    with pytest.raises(ValueError, match="two questions or more, there are 1"):
        table().evaluate_word_pairs(io.StringIO(PAIRS), compare_to=table(first=78))


@pytest.mark.parametrize("function", ["most_similar", "most_similar_cosmul"])
def test_analogies(tmp_path, function):
    rng = np.random.default_rng(0)
    base, step = rng.standard_normal((30, 8)), rng.standard_normal(8)
    good, bad = KeyedVectors(8), KeyedVectors(8)
    keys = [f"{name}{n}" for name in "ab" for n in range(30)]
    rows = np.concatenate([base, base + step])
    good.add_vectors(keys, rows)
    bad.add_vectors(keys, rows + 0.8 * rng.standard_normal(rows.shape))
    lines = [": all"] + [f"a{n} b{n} a{n + 1} b{n + 1}" for n in range(29)]
    path = tmp_path / "questions.txt"
    path.write_text("\n".join(lines), "utf8")
    accuracy, sections, interval, found = good.evaluate_word_analogies(
        path, similarity_function=function, confidence=0.9, compare_to=bad
    )
    assert accuracy == interval.value == found.value
    assert interval.low < accuracy < interval.high
    assert found.other == bad.evaluate_word_analogies(path, similarity_function=function)[0]
    assert found.n == 29
    assert found.difference.low > 0
    with path.open(encoding="utf8") as file:  # read once, asked twice
        assert good.evaluate_word_analogies(file, similarity_function=function, compare_to=bad)[2].other == found.other
    assert sections[-1]["section"] == "Total accuracy"


@pytest.mark.parametrize("confidence", [0, 1, 95, "0.95", float("nan")])
def test_a_confidence_is_between_0_and_1(confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        table().evaluate_word_pairs(io.StringIO(PAIRS), confidence=confidence)
    with pytest.raises(ValueError, match="between 0 and 1"):
        table().evaluate_word_analogies(io.StringIO(": a\nw1 w2 w3 w4"), confidence=confidence)
