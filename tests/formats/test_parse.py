"""Numbers as text: correctly rounded when read, shortest and NumPy's form when printed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v.formats import _parse


def parse(tokens: list[str], dtype=np.float32):
    block = " ".join(tokens).encode()
    out, status, where = np.empty((1, len(tokens)), dtype), np.empty(1, np.uint8), np.empty(1, np.int64)
    _parse.parse_rows(block, np.array([0]), np.array([len(block)]), out, status, where)
    return out[0], int(status[0]), int(where[0])


def nearest_float32(text: str) -> np.float32:
    """By exact comparison with both neighbours: an oracle that shares nothing with the code."""
    exact = Fraction(text)
    guess = np.float32(min(max(float(text), -3.4028235e38), 3.4028235e38))
    with np.errstate(over="ignore"):
        around = [np.nextafter(guess, np.float32(-np.inf)), guess, np.nextafter(guess, np.float32(np.inf))]

    def rank(x: np.float32) -> tuple[Fraction, int]:
        value = Fraction(2) ** 128 * (1 if x > 0 else -1) if np.isinf(x) else Fraction(float(x))
        return abs(value - exact), int(x.view(np.uint32)) & 1

    return min(around, key=rank)


@given(st.integers(0, 0x7F7FFFFE), st.integers(-1, 1), st.integers(0, 40), st.booleans())
@settings(max_examples=500, deadline=None)
def test_next_to_the_middle_of_two_floats(bits: int, side: int, digits: int, negative: bool) -> None:
    low, high = np.array([bits, bits + 1], np.uint32).view(np.float32)
    middle = (Fraction(float(low)) + Fraction(float(high))) / 2
    scale = 10 ** (60 + digits)
    number = middle.numerator * scale // middle.denominator + side
    text = ("-" if negative else "") + f"{number}e-{60 + digits}"
    got, status, _ = parse([text])
    assert status == _parse.ROW_OK
    assert got[0].view(np.uint32) & 0x7FFFFFFF == nearest_float32(text).view(np.uint32) & 0x7FFFFFFF
    assert np.signbit(got[0]) == negative


@given(st.from_regex(r"[+-]?([0-9]{1,25}(\.[0-9]{0,25})?|\.[0-9]{1,25})([eE][+-]?[0-9]{1,2})?", fullmatch=True))
@settings(max_examples=500, deadline=None)
def test_any_decimal(text: str) -> None:
    got, status, _ = parse([text])
    assert status in (_parse.ROW_OK, _parse.ROW_NONFINITE)
    want = nearest_float32(text)
    assert got[0] == want
    double, _, _ = parse([text], np.float64)
    assert double[0] == float(text)


# NumPy before 2.3 or so writes out large float32 numbers to the last digit: as right, and longer
prints_shortest = pytest.mark.skipif(str(np.float32(1e6)) != "1e+06", reason="this NumPy prints float32 at length")


@prints_shortest
@given(st.floats(width=32, allow_nan=False))
@settings(max_examples=500, deadline=None)
def test_prints_like_numpy(value: float) -> None:
    assert _parse.format_float32(value) == str(np.float32(value))


def test_every_kind_of_float_prints_like_numpy_and_reads_back() -> None:
    exponents = np.arange(255, dtype=np.uint32) << 23
    bits = np.concatenate([exponents, exponents + 1, exponents[1:] - 1, exponents + 0x400000, np.arange(300)])
    values = np.concatenate([bits.astype(np.uint32), bits.astype(np.uint32) | 0x80000000]).view(np.float32)
    texts = [_parse.format_float32(float(value)) for value in values]
    if str(np.float32(1e6)) == "1e+06":
        assert texts == [str(value) for value in values]
    assert (parse(texts)[0].view(np.uint32) == values.view(np.uint32)).all()
    assert _parse.check_text(0, 2**32 - 1, 100003) == 0


@pytest.mark.slow
def test_all_floats_read_back() -> None:
    assert _parse.check_text(0, 2**32 - 1, 257) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        ".",
        "-",
        "+",
        "1e",
        "1e+",
        "1_0",
        "0x10",
        "1.2.3",
        "--1",
        "infi",
        "nano",
        "1,5",
        "1\v2",
        "٣",
        "1" * 1001,
    ],
)
def test_no_number(text: str) -> None:
    assert parse(["1", text, "2"])[1:] == (_parse.ROW_NUMBER, 2)


@pytest.mark.parametrize("text", ["nan", "NaN", "-nan", "inf", "-Infinity", "1e39", "-3.5e38", "1e999999999999"])
def test_not_finite(text: str) -> None:
    values, status, _ = parse([text])
    assert status == _parse.ROW_NONFINITE
    assert (
        np.isnan(values[0])
        if "nan" in text.lower()
        else float(values[0]) == float(text[0] + "inf" if text[0] == "-" else "inf")
    )


def test_limits() -> None:
    texts = [
        "1e-46",
        "-1e-999999999999",
        "1" + "0" * 50 + "e-50",
        "0." + "0" * 60 + "1e61",
        "340282356779733661637539395458142568447",
    ]
    assert parse(texts)[0].tolist() == [0.0, -0.0, 1.0, 1.0, float(np.finfo(np.float32).max)]
    assert np.signbit(parse(texts)[0][1])


def test_borders_are_checked() -> None:
    block, ok = b"1 2", np.zeros(1, np.int64)
    out, status = np.empty((1, 2), np.float32), np.empty(1, np.uint8)
    with pytest.raises(ValueError, match="outside"):
        _parse.parse_rows(block, ok, ok + 4, out, status, ok.copy())
    with pytest.raises(ValueError, match="outside"):
        _parse.parse_rows(block, ok - 1, ok, out, status, ok.copy())
    with pytest.raises(ValueError, match="same length"):
        _parse.parse_rows(block, ok, np.zeros(2, np.int64), out, status, ok.copy())
    with pytest.raises(ValueError, match="contiguous"):
        _parse.parse_rows(block, ok, ok + 3, np.empty((1, 4), np.float32)[:, ::2], status, ok.copy())
    with pytest.raises(ValueError, match="outside"):
        _parse.decode_keys(block, ok, ok + 4, "strict")
    with pytest.raises(ValueError, match="does not exist"):
        _parse.format_rows(b"a", np.array([0, 1]), np.array([1]), out, b"")
    with pytest.raises(ValueError, match="outside"):
        _parse.pack_rows(b"a", np.array([0, 2]), np.array([0]), out, b"")
    with pytest.raises(ValueError, match="outside"):
        _parse.copy_rows(block, ok, out, status)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 24])
def test_keys_with_one_character_beyond_ascii_anywhere(length: int) -> None:
    keys = ["k" * length, *("k" * at + "é" + "k" * (length - at) for at in range(length + 1))]
    encoded = [key.encode() for key in keys]
    offsets = np.cumsum([0, *map(len, encoded)])
    found = _parse.decode_keys(b"".join(encoded), offsets[:-1], offsets[1:], "strict")
    assert found == keys
    assert [key.isascii() for key in found] == [key.isascii() for key in keys]
