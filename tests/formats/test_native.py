"""The native container: keys of every kind, mapping, versions, headers that lie."""

from __future__ import annotations

import enum
import gzip
import io
import ipaddress
import json
from datetime import datetime, timedelta, timezone, tzinfo
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastw2v.errors import FormatError, TruncatedFileError
from fastw2v.formats import native
from fastw2v.table import VectorTable

ATOMS = st.one_of(
    st.text(max_size=5),
    st.text(alphabet=st.characters(), max_size=3),
    st.integers(),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False),
    st.binary(max_size=4),
    st.uuids(),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, timezone.utc, timezone(timedelta(hours=-3, seconds=7))])),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.fractions(),
)
KEYS = st.lists(
    st.recursive(
        ATOMS, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3), max_leaves=4
    ),
    max_size=8,
)


@given(KEYS)
@settings(max_examples=200, deadline=None)
def test_keys_of_every_kind(tmp_path_factory: pytest.TempPathFactory, keys: list) -> None:
    path = tmp_path_factory.mktemp("keys") / "f"
    native.save_arrays(path, {}, keys, {})
    back = native.load_arrays(path)[1]
    assert back == keys
    assert [type(key) for key in back] == [type(key) for key in keys]


class Colour(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Zone(tzinfo):
    """Of which only the program knows how far it is off."""


def test_subclasses_are_what_they_equal(tmp_path: Path) -> None:
    native.save_arrays(tmp_path / "f", {}, [Colour.RED, Level.LOW, np.float32(0.5), np.str_("x")], {})
    assert list(map(repr, native.load_arrays(tmp_path / "f")[1] or [])) == ["'red'", "1", "0.5", "'x'"]


def test_equal_sets_give_equal_bytes(tmp_path: Path) -> None:
    for name, texts in (("f", "abcdefgh"), ("g", "hgfedcba")):
        native.save_arrays(tmp_path / name, {}, [frozenset(texts), frozenset([(2, None), b"x", frozenset()])], {})
    assert (tmp_path / "f").read_bytes() == (tmp_path / "g").read_bytes()


def test_texts_that_are_no_unicode(tmp_path: Path) -> None:
    metadata = {"comment": "\ud800", "a\udfff": ["\ud800\udc00"]}
    keys = ["\ud800\udc00", "\U00010000", "\ud800"]
    native.save_arrays(tmp_path / "f", {"attr.x\ud800": np.arange(3)}, keys, metadata)
    found, names, back = native.load_arrays(tmp_path / "f")
    assert names == keys
    assert list(found) == ["attr.x\ud800"]
    assert back["comment"] == "\ud800"


@pytest.mark.parametrize(
    "keys", [["a", "é", "", "a\nb"], [3, -1, 2**63 - 1], [2**63, 1], [np.int64(5), "x"], [], [-(10**5000)]]
)
def test_key_storage(keys: list, tmp_path: Path) -> None:
    native.save_arrays(tmp_path / "f", {}, keys, {})
    assert native.load_arrays(tmp_path / "f")[1] == keys


def test_keys_that_cannot_be_stored(tmp_path: Path) -> None:
    zoned = datetime(2020, 1, 1, tzinfo=Zone())
    times = (np.datetime64("2020-01-01"), np.timedelta64(1, "D"), zoned)
    for key in (*times, object(), 1j, ipaddress.ip_address("::1"), Fraction(1, 16**5000), (1, frozenset([(2, 1j)]))):
        with pytest.raises(FormatError, match=r"row 1.*cannot be stored"):
            native.save_arrays(tmp_path / "f", {}, ["a", key], {})
    assert list(tmp_path.iterdir()) == []


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        "padded": rng.standard_normal((7, 12))[:, :9].astype(np.float32),
        "fortran": np.asfortranarray(rng.standard_normal((5, 4))),
        "big_endian": np.arange(5, dtype=">i4"),
        "half": np.arange(3, dtype=np.float16),
        "bytes": np.arange(5, dtype=np.uint8),
        "flags": np.array([True, False, True]),
        "empty": np.empty((0, 3), np.int16),
        "scalar": np.array(5, np.uint64),
    }


@pytest.mark.parametrize("mmap", [False, True])
def test_arrays_come_back(mmap: bool, tmp_path: Path) -> None:
    given_arrays, metadata = arrays(), {"kind": "model", "alpha": 0.025, "list": [1, None, "é"], "nan": float("inf")}
    native.save_arrays(tmp_path / "f", given_arrays, None, metadata)
    back, keys, meta = native.load_arrays(tmp_path / "f", mmap)
    assert keys is None
    assert meta == metadata
    assert back.keys() == given_arrays.keys()
    for name, array in given_arrays.items():
        assert back[name].shape == array.shape
        assert back[name].dtype == array.dtype.newbyteorder("=")
        assert (back[name] == array).all()
        assert back[name].flags.aligned
        assert mmap == (not back[name].flags.writeable) or array.size == 0


def test_the_safetensors_library_agrees(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    native.save_arrays(tmp_path / "f", arrays(), ["a", "ü"], {"x": 1})
    theirs = safetensors.load_file(tmp_path / "f")
    assert bytes(theirs.pop("keys.utf8")).decode() == "aü"
    assert theirs.pop("keys.offsets").tolist() == [0, 1, 3]
    assert theirs.keys() == arrays().keys()
    assert all((theirs[name] == array).all() for name, array in arrays().items())
    plain = {"vectors": np.eye(3, dtype=np.float32)}
    safetensors.save_file(plain, tmp_path / "g", metadata={"made": "elsewhere"})
    back, keys, meta = native.load_arrays(tmp_path / "g")
    assert (back["vectors"] == plain["vectors"]).all()
    assert (keys, meta) == (None, {"made": "elsewhere"})
    with pytest.raises(FormatError, match="no vector table"):
        native.load(tmp_path / "g")


def test_nothing_tells_where_it_was_made(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for folder in (tmp_path, tmp_path / "deep"):
        native.save_arrays(folder / "f", arrays(), ["a"], {"seed": 1})
    data = (tmp_path / "f").read_bytes()
    assert data == (tmp_path / "deep" / "f").read_bytes()
    assert str(tmp_path).encode() not in data


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    bad = [
        ({"a": np.array([None, 1], object)}, None, {}, "dtype object"),
        ({"a": np.array(["x"])}, None, {}, "dtype <U1"),
        ({"a": np.ones(2, np.complex128)}, None, {}, "dtype complex"),
        ({"keys.utf8": np.ones(2)}, None, {}, "reserved"),
        ({}, None, {"f": object()}, "JSON"),
    ]
    for table, keys, metadata, message in bad:
        with pytest.raises(FormatError, match=message):
            native.save_arrays(path, table, keys, metadata)
        assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def container(header: object, data: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data


def entry(shape: object, begin: object, end: object, dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "needs 8 bytes"),
        (b"\xff" * 8, "not a safetensors header"),
        ((10**7).to_bytes(8, "little") + b"{}", "needs 10000000 bytes"),
        (container(b"nonsense"), "header"),
        (container([1]), "header"),
        (container(b'{"a":1,"a":2}'), "twice"),
        (container(b"[" * 100_000), "header"),
        (container({"__metadata__": {"x": 1}}), "must be text"),
        (container({"__metadata__": {"format": "fastw2v", "version": "99"}}), "version '99'.*upgrade"),
        (container({"a": entry([10**9], 0, 4 * 10**9)}, b"abcd"), "needs? 4000000000 bytes"),
        (container({"a": entry([1], 0, 8)}, b"abcdefgh"), "shape does not fit"),
        (container({"a": entry([-1], 0, -4)}), "integers >= 0"),
        (container({"a": entry([0, 2**70], 0, 0)}), "integers >= 0"),
        (container({"a": entry([0, 2**40, 2**40], 0, 0)}), "integers >= 0"),
        (container({"a": entry([1.0], 0, 4)}, b"abcd"), "integers >= 0"),
        (container({"a": entry([True], 0, 4)}, b"abcd"), "integers >= 0"),
        (container({"a": entry([1], 4, 8)}, b"abcdefgh"), "begins at byte"),
        (container({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, b"abcd"), "begins at byte"),
        (container({"a": entry([1], 0, 4, "Q4")}, b"abcd"), "described wrongly"),
        (container({"a": 5}), "described wrongly"),
        (container({"a": entry(None, 0, 4)}), "described wrongly"),
    ],
)
@pytest.mark.parametrize("mmap", [False, True])
def test_headers_that_lie(data: bytes, message: str, mmap: bool, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(FormatError, match=message.replace("needs? 4000000000", "need 4000000000")):
        native.load_arrays(tmp_path / "f", mmap)


@pytest.mark.parametrize(
    ("kind", "tensors"),
    [
        ("utf8", {"keys.utf8": b"ab"}),
        ("utf8", {"keys.utf8": b"ab", "keys.offsets": np.array([0, 3])}),
        ("utf8", {"keys.utf8": b"ab", "keys.offsets": np.array([0, 2, 1])}),
        ("utf8", {"keys.utf8": b"ab", "keys.offsets": np.array([-1, 2])}),
        ("utf8", {"keys.utf8": b"\xff\xff", "keys.offsets": np.array([0, 2])}),
        ("utf8", {"keys.utf8": b"", "keys.offsets": np.array([], np.int64)}),
        ("utf8", {"keys.utf8": b"ab", "keys.offsets": np.array([[0, 2]])}),
        ("int64", {}),
        ("json", {"keys.json": b"[["}),
        ("json", {"keys.json": b'[["q", 1]]'}),
        ("json", {"keys.json": b"[{}]"}),
        ("json", {"keys.json": b"5"}),
        ("json", {"keys.json": b"[" * 50_000}),
        ("json", {"keys.json": b'[["U", 5]]'}),
        ("json", {"keys.json": b'[["U", "5"]]'}),
        ("json", {"keys.json": b'[["D", "x"]]'}),
        ("json", {"keys.json": b'[["D", "sNaN"]]'}),
        ("json", {"keys.json": b'[["r", "1/0"]]'}),
        ("json", {"keys.json": b'[["r", "' + b"1" * 100_000 + b'/3"]]'}),
        ("json", {"keys.json": b'[["date", "2020-13-01"]]'}),
        ("json", {"keys.json": b'[["timedelta", "9999999999 0 0"]]'}),
        ("json", {"keys.json": b'[["s", 1, 1]]'}),
        ("json", {"keys.json": b'[["u", "ff"]]'}),
    ],
)
def test_damaged_keys(kind: str, tensors: dict, tmp_path: Path) -> None:
    header: dict = {"__metadata__": {"format": "fastw2v", "version": "1", "keys": kind}}
    data = b""
    for name, value in tensors.items():
        raw = value if isinstance(value, bytes) else value.tobytes()
        shape = [len(value)] if isinstance(value, bytes) else list(value.shape)
        header[name] = entry(shape, len(data), len(data) + len(raw), "U8" if isinstance(value, bytes) else "I64")
        data += raw
    (tmp_path / "f").write_bytes(container(header, data))
    with pytest.raises(FormatError, match="key"):
        native.load_arrays(tmp_path / "f")


def test_rows_and_keys_must_fit(tmp_path: Path) -> None:
    native.save_arrays(tmp_path / "f", {"vectors": np.eye(3)}, ["a"], {})
    with pytest.raises(FormatError, match="1 keys needs"):
        native.load(tmp_path / "f")
    native.save_arrays(tmp_path / "f", {"vectors": np.eye(2)}, ["a", "a"], {})
    with pytest.raises(FormatError, match="twice"):
        native.load(tmp_path / "f")


def test_mapping_needs_a_plain_file(tmp_path: Path) -> None:
    native.save_arrays(tmp_path / "f.gz", arrays(), None, {})
    with pytest.raises(FormatError, match="cannot be mapped"):
        native.load_arrays(tmp_path / "f.gz", mmap=True)
    with (tmp_path / "f.gz").open("rb") as stream, pytest.raises(FormatError, match="needs a path"):
        native.load_arrays(stream, mmap=True)
    assert native.load_arrays(tmp_path / "f.gz")[0].keys() == arrays().keys()


def test_a_cut_file_is_an_end_of_file(tmp_path: Path) -> None:
    native.save_arrays(tmp_path / "f", {"vectors": np.eye(3)}, None, {})
    data = (tmp_path / "f").read_bytes()
    (tmp_path / "f").write_bytes(data[:-1])
    for mmap in (False, True):
        with pytest.raises(TruncatedFileError):
            native.load_arrays(tmp_path / "f", mmap)


def test_a_quantized_file_loads_as_float32(tmp_path):
    from fastw2v import KeyedVectors

    kv = KeyedVectors(4)
    kv.add_vectors(["a", "b"], np.array([[1.0, -2.0, 0.5, 0.0], [10.0, 20.0, -30.0, 5.0]], dtype=np.float32))
    kv.quantize("int8").save(tmp_path / "q.safetensors")
    table = native.load(tmp_path / "q.safetensors")
    assert table.vectors.dtype == np.float32
    np.testing.assert_allclose(table.vectors, kv.vectors, atol=30 / 127)


def test_bytes_after_the_last_array_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "t.kv"
    native.save(VectorTable(["a"], np.ones((1, 2), np.float32)), path)
    data = path.read_bytes()
    path.write_bytes(data + b"\0")
    for source in (path, io.BytesIO(gzip.compress(data + b"\0"))):
        with pytest.raises(FormatError, match=rf"byte {len(data)}: .*after the last array"):
            native.load(source)
    with pytest.raises(FormatError, match="after the last array"):
        native.load(path, mmap=True)


@pytest.mark.parametrize("shape", [(2, 3), ()])
@pytest.mark.parametrize("options", [{"limit": 2}, {"words": ["d"]}, {"words": []}])
def test_a_part_of_fewer_vectors_than_keys(shape: tuple[int, ...], options: dict[str, Any], tmp_path: Path) -> None:
    native.save_arrays(tmp_path / "f", {"vectors": np.zeros(shape, np.float32)}, ["a", "b", "c", "d"], {})
    if shape and options != {"words": ["d"]}:
        assert native.load(tmp_path / "f", **options).keys == ["a", "b"][: options.get("limit", 0)]
        return
    with pytest.raises(FormatError, match="vectors"):
        native.load(tmp_path / "f", **options)
