"""Native files of vectors: everything that a file can hold comes back."""

import io
import logging

import numpy as np
import pytest

import fastw2v
from fastw2v import KeyedVectors
from fastw2v.errors import FormatError
from fastw2v.formats import native


@pytest.fixture
def kv():
    made = KeyedVectors(3)
    made.add_vectors(["a", "b", "c"], np.arange(9).reshape(3, 3), extras={"count": [5, 4, 3]})
    made.set_vecattr("b", "note", "hello")
    made.vectors_lockf = np.array([1, 0, 1], dtype=np.float32)
    made.source = {"name": "test", "lines": [1, 2]}
    made.mean = np.ones(3)
    return made


@pytest.mark.parametrize("kind", ["path", "str", "handle", "gz"])
def test_round_trip(kv, kind, tmp_path):
    path = tmp_path / ("kv.safetensors.gz" if kind == "gz" else "kv.safetensors")
    target = {"path": path, "str": str(path), "handle": io.BytesIO(), "gz": path}[kind]
    kv.save(target)
    if kind == "handle":
        target.seek(0)
    loaded = KeyedVectors.load(target)
    assert loaded.index_to_key == kv.index_to_key
    assert loaded.key_to_index == kv.key_to_index
    assert (loaded.vectors == kv.vectors).all()
    assert loaded.vectors.dtype == kv.vectors.dtype
    assert loaded.get_vecattr("c", "count") == 3
    assert loaded.get_vecattr("b", "note") == "hello"
    assert loaded.vectors_lockf.tolist() == [1, 0, 1]
    assert loaded.source == kv.source
    assert loaded.mean.tolist() == [1, 1, 1]
    loaded.add_vectors(["d"], [[1, 2, 3]])
    assert len(loaded) == 4


@pytest.mark.parametrize("change", [lambda kv: kv.astype("float16"), lambda kv: kv.quantize()], ids=["float16", "int8"])
@pytest.mark.parametrize("mmap", [None, "r", "c"])
def test_storage_types(kv, change, mmap, tmp_path):
    small = change(kv)
    small.save(tmp_path / "small")
    loaded = KeyedVectors.load(tmp_path / "small", mmap=mmap)
    assert type(loaded.vectors) is type(small.vectors)
    assert loaded.most_similar("b") == small.most_similar("b")
    assert (np.asarray(loaded.vectors) == np.asarray(small.vectors)).all()


@pytest.mark.parametrize("change", [lambda kv: kv, lambda kv: kv.astype("float16"), lambda kv: kv.quantize()])
@pytest.mark.parametrize("options", [{"limit": 2}, {"words": ["c", "nothing"]}, {"limit": 2, "words": ["b"]}])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_part_keeps_what_the_whole_has(kv, change, options, suffix, tmp_path):
    path = tmp_path / f"kv{suffix}"
    change(kv).save(path)
    whole, part = fastw2v.load(path), fastw2v.load(path, **options)
    rows = [whole.get_index(key) for key in part.index_to_key]
    assert rows == ([0, 1] if "words" not in options else [1] if "limit" in options else [2])
    assert type(part.vectors) is type(whole.vectors)
    assert (np.asarray(part.vectors) == np.asarray(whole.vectors)[rows]).all()
    for name in ("count", "note"):
        values = [part.get_vecattr(key, name) for key in part.index_to_key]
        assert values == [whole.get_vecattr(key, name) for key in part.index_to_key]
    assert part.vectors_lockf.tolist() == whole.vectors_lockf[rows].tolist()
    assert (part.source, part.mean.tolist()) == (whole.source, whole.mean.tolist())
    path.unlink()  # nothing of it stays mapped
    part.save(tmp_path / "again")
    assert KeyedVectors.load(tmp_path / "again").index_to_key == part.index_to_key


def test_what_gensim_leaves_on_loaded_vectors_is_there_and_is_not_saved(kv, tmp_path):
    names = ("__numpys", "__scipys", "__ignoreds", "__recursive_saveloads")
    kv.save(tmp_path / "kv")
    loaded = KeyedVectors.load(tmp_path / "kv")
    assert [loaded.__dict__[name] for name in names] == [[]] * 4
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "kv").read_bytes()


def test_small_arrays_are_not_mapped(kv, tmp_path):
    kv.save(tmp_path / "kv")
    mapped = KeyedVectors.load(tmp_path / "kv", mmap="r")
    mapped["a"] = np.ones(3)
    assert mapped["a"].tolist() == [1, 1, 1]
    large = KeyedVectors(1000)
    large.add_vectors(list(range(3000)), np.ones((3000, 1000), np.float32))
    large.save(tmp_path / "large")
    assert not KeyedVectors.load(tmp_path / "large", mmap="r").vectors.flags.writeable


def test_a_mapped_table_answers_and_refuses_to_be_written(kv, tmp_path, monkeypatch):
    monkeypatch.setattr(native, "LEAST_MAPPED", 0)
    kv.save(tmp_path / "kv")
    mapped = KeyedVectors.load(tmp_path / "kv", mmap="r")
    assert not mapped.vectors.flags.writeable
    assert mapped.most_similar("b") == kv.most_similar("b")
    with pytest.raises(ValueError, match="read-only"):
        mapped["a"] = np.ones(3)
    mapped.add_vectors(["new"], [[1, 1, 1]])  # makes a new matrix
    assert mapped["new"].tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="mmap='r\\+'"):
        KeyedVectors.load(tmp_path / "kv", mmap="r+")


def test_padded_rows_and_integer_keys(tmp_path):
    kv = KeyedVectors(3)
    kv.add_vectors([10, 20], np.ones((2, 3)))
    wide = np.zeros((2, 16), dtype=np.float32)
    wide[:, :3] = [[1, 2, 3], [4, 5, 6]]
    kv.vectors = wide[:, :3]
    kv.save(tmp_path / "kv")
    loaded = KeyedVectors.load(tmp_path / "kv")
    assert loaded[20].tolist() == [4, 5, 6]
    assert loaded.most_similar(10)[0][0] == 20


def test_what_no_file_can_hold_is_named(kv, tmp_path, caplog):
    kv.oddity = object()
    kv.set_vecattr("a", "thing", object())
    with caplog.at_level(logging.WARNING):
        kv.save(tmp_path / "kv")
    assert "oddity" in caplog.text
    assert "'thing'" in caplog.text
    assert not hasattr(KeyedVectors.load(tmp_path / "kv"), "oddity")


def test_a_subclass_loads_as_itself(kv, tmp_path):
    class Mine(KeyedVectors):
        def shout(self, key):
            return key.upper()

    kv.save(tmp_path / "kv")
    loaded = Mine.load(tmp_path / "kv")
    assert type(loaded) is Mine
    assert loaded.shout("a") == "A"
    kv.save_word2vec_format(tmp_path / "kv.txt")
    assert type(Mine.load_word2vec_format(tmp_path / "kv.txt")) is Mine


def test_a_file_cannot_replace_methods(kv, tmp_path):
    from fastw2v.formats import native

    hostile = {"own": {"most_similar": "x", "index_to_key": ["z"], "__class__": "y", "fine": 1}}
    native.save_arrays(tmp_path / "kv", {"vectors": kv.vectors}, kv.index_to_key, hostile, kind="vectors")
    loaded = KeyedVectors.load(tmp_path / "kv")
    assert callable(loaded.most_similar)
    assert loaded.index_to_key == ["a", "b", "c"]
    assert loaded.fine == 1


def test_files_that_do_not_fit(kv, tmp_path):
    from fastw2v.formats import native

    native.save_arrays(tmp_path / "none", {"vectors": kv.vectors}, None, {})
    native.save_arrays(tmp_path / "long", {"vectors": kv.vectors}, ["a"], {})
    native.save_arrays(tmp_path / "attr", {"vectors": kv.vectors, "attr.count": np.ones(2)}, kv.index_to_key, {})
    for name in ("none", "long", "attr"):
        with pytest.raises(FormatError, match=name):
            KeyedVectors.load(tmp_path / name)


def test_table_there_and_back(kv):
    table = kv.to_table()
    assert table.counts().tolist() == [5, 4, 3]
    again = KeyedVectors.from_table(table)
    assert again.vectors is kv.vectors
    assert again.get_vecattr("a", "count") == 5
    assert again.next_index == 3


def test_lifecycle_events_tell_nothing_about_the_machine(kv):
    kv.add_lifecycle_event("made", msg="x")
    assert kv.lifecycle_events[0]["event"] == "made"
    assert "platform" not in kv.lifecycle_events[0]
    kv.lifecycle_events = None
    kv.add_lifecycle_event("made")
    assert kv.lifecycle_events is None


def test_a_table_keeps_what_belongs_to_the_vectors_as_a_whole(kv, tmp_path):
    kv.lists = [[1], 2]
    kv.set_vecattr("a", "senses", [1, [2]])
    made = KeyedVectors.from_table(kv.to_table())
    native.save(kv.to_table(), tmp_path / "table")
    read = KeyedVectors.from_table(native.load(tmp_path / "table"))
    for again in (made, read, KeyedVectors.load(tmp_path / "table")):
        assert again.vectors_lockf.tolist() == [1, 0, 1]
        assert (again.source, again.mean.tolist(), again.lists) == (kv.source, [1, 1, 1], kv.lists)
        assert [again.get_vecattr(key, "senses") for key in "ab"] == [[1, [2]], 0]
        assert again.get_vecattr("b", "note") == "hello"
    part = KeyedVectors.from_table(native.load(tmp_path / "table", words=["c"]))
    assert part.vectors_lockf.tolist() == [1]
    assert (part.mean.tolist(), part.get_vecattr("c", "note"), part.get_vecattr("c", "count")) == ([1, 1, 1], 0, 3)


def test_a_table_says_what_it_cannot_give_to_a_file(kv, tmp_path, caplog):
    kv.own_class = object()
    kv.set_vecattr("a", "thing", object())
    native.save(kv.to_table(), tmp_path / "table")
    assert "own_class" in caplog.text
    assert "'thing'" in caplog.text
    assert KeyedVectors.load(tmp_path / "table").source == kv.source


def test_factors_that_are_a_list_are_saved_as_an_array(kv, tmp_path):
    kv.vectors_lockf = [1, 0, 0.5]
    kv.save(tmp_path / "kv")
    assert KeyedVectors.load(tmp_path / "kv").vectors_lockf.tolist() == [1, 0, 0.5]
    kv.vectors_lockf = 1.0
    with pytest.raises(FormatError, match="vectors_lockf"):
        kv.save(tmp_path / "kv")
