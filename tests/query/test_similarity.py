"""Pure similarity functions: known answers and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastw2v.query import similarity as sim
from fastw2v.query.quantized import QuantizedMatrix

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 300), st.floats(1e-15, 1e15))
def test_unit_is_idempotent_to_the_bit(seed, size, scale):
    vector = (np.random.default_rng(seed).standard_normal(size) * scale).astype(np.float32)
    once = sim.unit(vector)
    assert once.dtype == np.float32
    assert np.linalg.norm(once.astype(np.float64)) == pytest.approx(1, abs=1e-6)
    assert sim.unit(once).tobytes() == once.tobytes() == sim.unit_rows(vector[None]).tobytes()


@given(SEEDS, st.integers(1, 300), st.floats(1e-30, 1e18))
def test_cosine_with_itself_is_exactly_one(seed, size, scale):
    vector = (np.random.default_rng(seed).standard_normal(size) * scale).astype(np.float32)
    if np.abs(vector).max() > 1e-35:
        assert sim.cosine(vector, vector) == 1
        assert sim.cosine(vector, -vector) == -1


def test_zero_vectors_are_at_right_angles_to_everything():
    zero, one = np.zeros(3, np.float32), np.ones(3, np.float32)
    assert sim.cosine(zero, one) == 0
    assert sim.cosine(zero, zero) == 0
    assert sim.unit(zero).tolist() == [0, 0, 0]
    assert sim.unit_rows(np.stack([zero, one]))[0].tolist() == [0, 0, 0]
    assert sim.cosine_scores(np.stack([zero, one]), zero).tolist() == [0, 0]


def storage_types(rows):
    read_only = rows.copy()
    read_only.setflags(write=False)
    unaligned = np.frombuffer(b"\0" + rows.tobytes(), np.uint8)[1:].view(np.float32).reshape(rows.shape)
    return {
        "float32": rows,
        "float64": rows.astype(np.float64),
        "float16": rows.astype(np.float16),
        "big-endian": rows.astype(">f4"),
        "fortran": np.asfortranarray(rows),
        "every other": np.repeat(rows, 2, axis=0)[::2],
        "reversed": rows[::-1][::-1],
        "read-only": read_only,
        "unaligned": unaligned,
        "int8": QuantizedMatrix.from_rows(rows),
    }


@pytest.mark.parametrize("kind", list(storage_types(np.zeros((1, 1), np.float32))))
def test_every_storage_type_gives_the_same_scores(kind, monkeypatch):
    monkeypatch.setattr(sim, "BLOCK_BYTES", 1000)  # several blocks
    rng = np.random.default_rng(5)
    rows = rng.standard_normal((57, 18)).astype(np.float32)
    query = rng.standard_normal(18).astype(np.float32)
    stored = storage_types(rows)[kind]
    tolerance = {"int8": 0.02, "float16": 1e-3}.get(kind, 1e-6)
    wanted = rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
    np.testing.assert_allclose(sim.cosine_scores(stored, query), wanted, atol=tolerance)
    np.testing.assert_allclose(sim.row_norms(stored), np.linalg.norm(rows, axis=1), rtol=max(tolerance, 1e-6))
    assert sim.cosine_scores(stored, query).dtype == (np.float64 if kind == "float64" else np.float32)


@pytest.mark.parametrize("function", ["unit", "unit_rows", "lengths"])
def test_compiled_code_gets_aligned_numbers(function, monkeypatch):
    """A view of bytes may lie between two floats, and np.ascontiguousarray leaves it there."""
    rows = np.random.default_rng(5).standard_normal((7, 18)).astype(np.float32)
    unaligned, compiled, seen = storage_types(rows)["unaligned"], getattr(sim.cosines, function), []

    def watched(numbers, out):
        seen.append(numbers.flags.aligned)
        compiled(numbers, out)

    monkeypatch.setattr(sim.cosines, function, watched)
    assert not unaligned.flags.aligned
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(sim.unit(unaligned[3]), (rows / lengths)[3], rtol=1e-5)
    np.testing.assert_allclose(sim.unit_rows(unaligned), rows / lengths, rtol=1e-5)
    np.testing.assert_allclose(sim.row_norms(unaligned), lengths[:, 0], rtol=1e-5)
    assert seen
    assert all(seen)


def test_cosmul_reads_its_rows_in_blocks(monkeypatch):
    rng = np.random.default_rng(6)
    rows = rng.standard_normal((40, 7)).astype(np.float32)
    whole = sim.cosmul_scores(rows, [rows[0], rows[1]], [rows[2]])
    monkeypatch.setattr(sim, "BLOCK_BYTES", 100)
    assert (sim.cosmul_scores(rows, [rows[0], rows[1]], [rows[2]]) == whole).all()
    shifted = [(1 + sim.cosine_scores(rows, rows[row]).astype(np.float64)) / 2 for row in range(3)]
    np.testing.assert_allclose(whole, shifted[0] * shifted[1] / (shifted[2] + 1e-6), rtol=1e-6)


def test_wrong_width_is_named():
    with pytest.raises(ValueError, match=r"shape \(3,\).*rows of 2 numbers"):
        sim.cosine_scores(np.eye(2), np.ones(3))
