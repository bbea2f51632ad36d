"""gensim's files: the same contents as gensim reads, and nothing is ever executed."""

from __future__ import annotations

import contextlib
import gzip
import os
import pickle
import subprocess
import sys
import tracemalloc
import types
from pathlib import Path

import numpy as np
import pytest
from support.hostile_pickles import hostile_hash

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.errors import FormatError, TruncatedFileError
from fastw2v.formats import _unpickle
from fastw2v.formats import gensim as gensim_format
from fastw2v.formats._opcodes import Bag, Pairs, read_pickle
from fastw2v.table import VectorTable

SENTENCES = [["human", "interface", "computer"], ["graph", "trees", "human"], ["graph", "minors", "human"]] * 3
OLD = [
    "old_w2v_models/w2v_0.12.0.mdl",
    "old_w2v_models/w2v_0.13.4.mdl",
    "old_w2v_models/w2v_1.0.0.mdl",
    "old_w2v_models/w2v_2.3.0.mdl",
    "old_w2v_models/w2v_3.2.0.mdl",
    "old_w2v_models/w2v_3.4.0.mdl",
    "model-from-gensim-3.8.0.w2v",
    "word2vec_old_sep",
    "old_keyedvectors_320.dat",
]


def trained(**options):
    models = pytest.importorskip("gensim.models")
    return models.Word2Vec(SENTENCES, min_count=1, vector_size=5, epochs=1, workers=1, **options)


def check(got: gensim_format.GensimFile, model) -> None:
    wv = getattr(model, "wv", model)
    assert got.table.keys == wv.index_to_key
    assert (got.table.vectors == wv.vectors).all()
    assert (got.table.attrs["count"] == wv.expandos["count"]).all()
    for name in ("syn1", "syn1neg"):
        assert hasattr(model, name) == (name in got.weights)
        if name in got.weights:
            assert (got.weights[name] == getattr(model, name)).all()
    if got.kind == "model":
        for name in ("vector_size", "window", "alpha", "epochs", "sg", "hs", "negative", "sample", "corpus_count"):
            assert got.params[name] == getattr(model, name)


@pytest.mark.gensim
@pytest.mark.parametrize("extension", ["", ".gz", ".bz2"])
@pytest.mark.parametrize("options", [{}, {"sep_limit": 0}, {"pickle_protocol": 2}, {"pickle_protocol": 5}])
@pytest.mark.parametrize("hs", [0, 1])
def test_files_of_gensim_4(extension: str, options: dict, hs: int, tmp_path: Path) -> None:
    model = trained(hs=hs, negative=5 * (1 - hs))
    path = str(tmp_path / ("m" + extension))
    model.save(path, **options)
    got = gensim_format.load(path)
    assert (got.kind, got.class_name) == ("model", "gensim.models.word2vec.Word2Vec")
    check(got, model)
    model.wv.save(path, **options)
    got = gensim_format.load(path)
    assert got.kind == "vectors"
    assert got.weights.keys() <= {"vectors_lockf"}
    assert got.table.keys == model.wv.index_to_key
    assert got.table.vectors.flags.writeable


@pytest.mark.gensim
@pytest.mark.parametrize("name", OLD)
def test_files_of_old_versions(name: str) -> None:
    path = pytest.importorskip("gensim.test.utils").datapath(name)
    models = pytest.importorskip("gensim.models")
    got = gensim_format.load(path)
    assert len(got.table) in (3, 12)
    assert got.table.counts() is not None
    if "0.12" not in name:
        check(got, (models.KeyedVectors if "keyed" in name else models.Word2Vec).load(path))


@pytest.mark.gensim
def test_companions_can_be_mapped_and_must_be_there(tmp_path: Path) -> None:
    model = trained()
    model.save(str(tmp_path / "m"), sep_limit=0)
    got = gensim_format.load(tmp_path / "m", mmap=True)
    assert isinstance(got.table.vectors, np.memmap)
    check(got, model)
    (tmp_path / "m.wv.vectors.npy").unlink()
    with pytest.raises(FileNotFoundError, match="vectors"):
        gensim_format.load(tmp_path / "m")


@pytest.mark.gensim
def test_a_part_of_a_table_reads_no_more_of_its_companions(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((10_000, 300), dtype=np.float32)
    kv = pytest.importorskip("gensim.models").KeyedVectors(300)
    kv.add_vectors([f"word{i}" for i in range(len(vectors))], vectors)
    kv.save(str(tmp_path / "kv"), sep_limit=0)
    for options, rows in (({"limit": 3}, [0, 1, 2]), ({"words": ["word1", "word9000"]}, [1, 9000])):
        tracemalloc.start()
        try:
            got = gensim_format.load_table(tmp_path / "kv", **options)
            assert tracemalloc.get_traced_memory()[1] < vectors.nbytes / 2
        finally:
            tracemalloc.stop()
        assert got.keys == [f"word{row}" for row in rows]
        assert (got.vectors == vectors[rows]).all()
        assert type(got.vectors) is np.ndarray
        assert got.vectors.flags.owndata
    mapped = gensim_format.load_table(tmp_path / "kv", mmap=True, limit=3)
    assert isinstance(mapped.vectors, np.memmap)


@pytest.mark.gensim
def test_gensim_is_not_imported(tmp_path: Path) -> None:
    trained().save(str(tmp_path / "m"))
    code = (
        "import sys; from fastw2v import formats; formats.load(sys.argv[1]);"
        "sys.exit(any(name.split('.')[0] in ('gensim', 'scipy') for name in sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "m")], env=environment).returncode == 0


class Evil:
    """Reduces to a call: what a hostile pickle does."""

    def __init__(self, function, *args) -> None:
        self.call = function, args

    def __reduce__(self):
        return self.call


def refused(content: object, tmp_path: Path, message: str, protocol: int = 4) -> None:
    path = tmp_path / "f.model"
    path.write_bytes(pickle.dumps(content, protocol))
    with pytest.raises(FormatError, match=message):
        gensim_format.load(path)


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_is_executed(protocol: int, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    for function, args in (
        (os.system, (f"touch {mark}",)),
        (open, (str(mark), "w")),
        (eval, (f"open({str(mark)!r}, 'w')",)),
        (subprocess.Popen, (["touch", str(mark)],)),
        (os.mkdir, (str(mark),)),
    ):
        name = function.__qualname__
        refused(Evil(function, *args), tmp_path, name, protocol)
        refused({"vectors": [Evil(function, *args)]}, tmp_path, name, protocol)
    assert not mark.exists()


def test_hostile_opcodes(tmp_path: Path) -> None:
    path = tmp_path / "f.model"
    for content in (
        b"\x80\x04\x82\x01.",  # extension registry
        b"\x80\x04cos\nsystem\n(S'true'\nR.",
        b"(S'true'\nios\nsystem\n.",
        b"(cos\nsystem\nS'true'\no.",
        b"\x80\x04cos\nsystem\n\x8c\x04true\x85\x81.",  # NEWOBJ with an argument
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
        b"\x80\x04Pid\n.",
        b"\x80\x04]Q.",
        b"\x80\x05\x97.",
        b"\x80\x04]r\xff\xff\xff\x7f.",  # memo index: would allocate 16 GB
        b"\x80\x04]p999999999\n.",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\x00\x00\x00.",  # length: would allocate 1 TB
        b"\x80\x04B\xff\xff\xff\x7f.",
        b"\x80\x04\x8b\xff\xff\xff\x7f.",
        b"\x80\x04" + b")" + b"\x85" * 100_000 + b"}\x8c\x01a0N.",  # nesting: hash() would overflow the stack
        b"\x80\x04cnumpy\nndarray\nN}\x8c\x09__class__Ns\x86b.",  # state of a class
        b"\x80\x04cgensim.models.word2vec\nWord2Vec\n)\x81h\x00.",
        b"\x80\x04.",
        b"\x80\x04N",
        b"\x80",
        b"\x80\x04(((.",
        b"\x80\x04\x8c\xff.",
    ):
        path.write_bytes(content)
        with pytest.raises(FormatError):
            gensim_format.load(path)


def frame(content: bytes, length: int) -> bytes:
    return b"\x95" + length.to_bytes(8, "little") + content


def test_opcodes_that_straddle_a_frame(tmp_path: Path) -> None:
    """CPython goes on after the frame, and so sees other opcodes than a walk over the bytes: a length of 2 GB, here."""
    path = tmp_path / "f.model"
    for content in (
        frame(b"B\x04\x00\x00" + b"\x00\x00\x00\x80" + b"\x00.", 4),
        frame(b"\x8c" + b"\x01a.", 1),
        frame(b"N0" + frame(b"N.", 2), 5),
        frame(b"cnumpy\nndarray\n.", 9),
    ):
        path.write_bytes(b"\x80\x04" + content)
        tracemalloc.start()
        try:
            with pytest.raises(FormatError, match="not allowed"):
                gensim_format.load(path)
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()
    path.write_bytes(b"\x80\x04" + frame(b"N.", 3))
    with pytest.raises(FormatError, match="ends early"):
        gensim_format.load(path)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["dictionary", "keys", "list", "call", "frozenset"])
def test_tuples_that_would_be_hashed_for_ever(name: str, tmp_path: Path) -> None:
    path = tmp_path / "f.model"
    path.write_bytes(hostile_hash(name))
    with pytest.raises(FormatError):
        gensim_format.load(path)


def test_nothing_is_copied_as_often_as_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "f.model"
    numbers = b"(" + b"N" * 100_000 + b"l\x94"
    path.write_bytes(b"\x80\x04" + numbers + b"cbuiltins\nlist\n\x94(" + b"h\x01h\x00\x85R" * 1000 + b"t.")
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="no gensim object"):
            gensim_format.load(path)
        assert tracemalloc.get_traced_memory()[1] < 40 * path.stat().st_size
    finally:
        tracemalloc.stop()


def state(cls: str, fields: dict, module: str = "gensim.models.keyedvectors", protocol: int = 4) -> bytes:
    """A pickle of an object of a class that need not exist."""
    body = pickle.dumps(fields, protocol)
    inner = b"".join(data for data in [body[2 : body.rindex(b".")]])
    if protocol >= 4:
        inner = inner[9:]
    return b"\x80" + bytes([protocol]) + f"c{module}\n{cls}\n".encode() + b")\x81" + inner + b"b."


def fields(**more) -> dict:
    return {"index_to_key": ["a", "b"], "vectors": np.eye(2, dtype=np.float32), "expandos": {}, **more}


def test_a_users_subclass_is_read_by_its_state(tmp_path: Path) -> None:
    path = tmp_path / "f.kv"
    path.write_bytes(state("MyVectors", fields(), "my.own.module"))
    got = gensim_format.load(path)
    assert got.class_name == "my.own.module.MyVectors"
    assert got.table.keys == ["a", "b"]
    assert got.table.vectors.tolist() == [[1, 0], [0, 1]]
    assert "my" not in sys.modules


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vectors": 5}, "not an array"),
        ({"vectors": np.empty((0, 2**40), np.int8)}, "2 keys and vectors"),
        ({"vectors": np.eye(2)[0]}, "shape"),
        ({"vectors": np.eye(1, dtype=np.float32)}, "2 keys and vectors"),
        ({"vectors": np.array([[None]])}, "objects"),
        ({"vectors": np.eye(2, dtype=np.int64)}, "int64"),
        ({"index_to_key": ["a", "a"]}, "twice"),
        ({"index_to_key": [[], []]}, "type list"),
        ({"index_to_key": {"a": 1}}, "no word vectors"),
        ({"__numpys": ["../secret"]}, "attribute names"),
        ({"__numpys": 7}, "attribute names"),
        ({"__recursive_saveloads": [None]}, "attribute names"),
        ({"expandos": {"count": 5}}, "not an array"),
    ],
)
def test_damaged_states(change: dict, message: str, tmp_path: Path) -> None:
    path = tmp_path / "f.kv"
    path.write_bytes(state("KeyedVectors", fields(**change)))
    with pytest.raises(FormatError, match=message):
        gensim_format.load(path)


def test_no_words_and_other_contents(tmp_path: Path) -> None:
    path = tmp_path / "f.kv"
    path.write_bytes(state("KeyedVectors", {"index_to_key": [], "vectors": np.empty((0, 4), np.float32)}))
    assert gensim_format.load(path).table.vectors.shape == (0, 4)
    for content in ([1, 2], "text", 5):
        refused(content, tmp_path, "no gensim object")
    path.write_bytes(state("Phrases", {"vocab": {}}))
    with pytest.raises(FormatError, match="no word vectors"):
        gensim_format.load(path)


@pytest.mark.gensim
def test_truncation_at_every_byte(tmp_path: Path) -> None:
    trained().wv.save(str(tmp_path / "m"))
    whole = (tmp_path / "m").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "m").write_bytes(whole[:length])
        with pytest.raises(FormatError):
            gensim_format.load(tmp_path / "m")
    (tmp_path / "m").write_bytes(gzip.compress(whole)[:-20])
    with pytest.raises(TruncatedFileError):
        gensim_format.load(tmp_path / "m")


def plain(value: object) -> object:
    """What a pickle holds, as Python would have made it."""
    if isinstance(value, Pairs):
        return {plain(key): plain(item) for key, item in zip(value.flat[::2], value.flat[1::2], strict=True)}
    if (items := _unpickle.items_of(value)) is not None and not isinstance(value, list | tuple):
        return frozenset(map(plain, items)) if isinstance(value, Bag) else set(map(plain, items))
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    raw = None if isinstance(value, str) else _unpickle.bytes_of(value)
    return value if raw is None else raw


@pytest.mark.parametrize("protocol", range(6))
def test_values_are_those_that_were_pickled(protocol: int) -> None:
    shared = ["x", (1, "y")]
    for value in (
        {"a": [1, 2.5, None, True, False, b"x" * 300, b"", "é" * 300, "\udc80", 2**100, -5, 300, -70000, (1, (2, 3))]},
        [shared, shared, (), {}, [], "a\nb\\u0041", -(2**31), 2**31, float("inf"), (1,), (1, 2), (1, 2, 3, 4)],
        {1, 2},
        frozenset("ab"),
        {("t", 1): {}, 5: [], None: 3},
    ):
        data = pickle.dumps(value, protocol)
        got = plain(read_pickle(data, _unpickle.is_known))
        assert got == value
        if isinstance(value, list):
            assert got[0] == got[1] == shared
        for length in range(len(data)):
            with pytest.raises(FormatError):
                read_pickle(data[:length], _unpickle.is_known)


def test_texts_and_numbers_of_python_2() -> None:
    for data, want in (
        (b"(lp0\nS'it\\'s'\np1\naVna\\u00efve\naI01\na.", ["it's", "na\u00efve", True]),
        (b"(lp0\nL12L\naF2.5\naI-7\naI00\na.", [12, 2.5, -7, False]),
        (b"\x80\x02U\x02\xe9a.", "\xe9a"),
        (b"\x80\x02T\x02\x00\x00\x00ab.", "ab"),
    ):
        assert read_pickle(data, _unpickle.is_known) == want
    for data in (b"I1_x\n.", b"Fx\n.", b"L" + b"9" * 5000 + b"\n.", b"Sab\n.", b"V\\ud8\n.", b"X\x01\x00\x00\x00\xff."):
        with pytest.raises(FormatError, match="byte 0"):
            read_pickle(data, _unpickle.is_known)


@pytest.mark.gensim
@pytest.mark.parametrize("options", [{}, {"sep_limit": 0}])
@pytest.mark.parametrize("parameters", [{}, {"bucket": 0}, {"min_n": 1, "max_n": 3}, {"max_n": 0}])
def test_fasttext_of_gensim_4(parameters: dict, options: dict, tmp_path: Path) -> None:
    models = pytest.importorskip("gensim.models")
    sentences = [["human", "naïve", "</s>", "中文字"]] * 4
    model = models.FastText(sentences, min_count=1, vector_size=5, epochs=2, workers=1, **{"bucket": 50, **parameters})
    for saved in (model, model.wv):
        saved.save(str(tmp_path / "m"), **options)
        table = gensim_format.load_table(tmp_path / "m")
        assert table.keys == model.wv.index_to_key
        assert table.vectors.dtype == np.float32
        assert (table.vectors == model.wv.vectors).all()
        kv = KeyedVectors.load(str(tmp_path / "m"))
        for word in ("humans", "xyz", "文字", "human"):
            if model.wv.bucket and model.wv.max_n >= model.wv.min_n:
                np.testing.assert_allclose(kv[word], model.wv[word], rtol=1e-5, atol=1e-7)
        kv.save(tmp_path / "k")
        assert (KeyedVectors.load(tmp_path / "k").vectors == kv.vectors).all()
        assert (table.attrs["count"] == model.wv.expandos["count"]).all()


def test_fasttext_that_cannot_be_composed(tmp_path: Path) -> None:
    path = tmp_path / "f.kv"
    parts = {"vectors_vocab": np.eye(2, dtype=np.float32), "vectors_ngrams": np.ones((4, 2), np.float32)}
    good = {"index_to_key": ["a", "b"], **parts, "min_n": 3, "max_n": 6, "bucket": 4}
    path.write_bytes(state("FastTextKeyedVectors", good))
    assert gensim_format.load(path).table.vectors.tolist() == [[1, 0.5], [0.5, 1]]
    for change, message in (
        ({"bucket": 5}, "5 n-grams"),
        ({"bucket": "x"}, "bucket='x'"),
        ({"max_n": 1000}, "1000 characters"),
        ({"compatible_hash": False}, "hash"),
        ({"vectors_ngrams": None}, "not an array"),
    ):
        path.write_bytes(state("FastTextKeyedVectors", {**good, **change}))
        with pytest.raises(FormatError, match=message):
            gensim_format.load(path)


@pytest.mark.gensim
def test_keys_of_numpy_and_free_rows(tmp_path: Path) -> None:
    vectors = pytest.importorskip("gensim.models").KeyedVectors
    keys, path = np.array(["x", "naïve", "中\U0001f600"]), tmp_path / "k"
    theirs = vectors(3)
    theirs.add_vectors(keys, np.eye(3, dtype=np.float32))
    theirs.save(str(path))
    assert gensim_format.load_table(path).keys == keys.tolist()
    for filled in range(3):
        theirs = vectors(3, count=3)
        for number in range(filled):
            theirs.add_vector(f"k{number}", np.full(3, number + 1, np.float32))
        theirs.save(str(path))
        got: VectorTable = gensim_format.load_table(path)
        assert got.keys == ["k0", "k1"][:filled]
        assert (got.vectors == theirs.vectors[:filled]).all()


def test_vocabularies_of_gensim_3_with_keys_of_numpy(tmp_path: Path) -> None:
    """As wefe's own file has them: the list and the dictionary hold numpy.str_."""
    path = tmp_path / "f.kv"
    keys = [Evil(np._core.multiarray.scalar, np.dtype("<U1"), key.encode("utf-32-le")) for key in "ab"]

    def pairs(values: list[int]) -> bytes:
        made = b"}("
        for key, count in zip("ab", values, strict=True):
            made += (
                b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00U1\x85R(K\x03X\x01\x00\x00\x00<Ntb"
            )
            made += b"C\x04" + key.encode("utf-32-le") + b"\x86R"
            made += b"cgensim.models.keyedvectors\nVocab\n)\x81}X\x05\x00\x00\x00countK" + bytes([count]) + b"sb"
        return made + b"u"

    content = state("Word2VecKeyedVectors", {"index2word": keys, "vectors": np.eye(2, dtype=np.float32)})
    path.write_bytes(content[:-2] + b"X\x05\x00\x00\x00vocab" + pairs([7, 9]) + b"sb.")
    table = gensim_format.load_table(path)
    assert table.keys == ["a", "b"]
    assert table.counts().tolist() == [7, 9]


def test_texts_of_numpy_have_the_length_that_they_say(tmp_path: Path) -> None:
    path = tmp_path / "f.kv"
    for kind, raw, want in (
        ("<U2", "ab".encode("utf-32-le"), "ab"),
        (">U1", "é".encode("utf-32-be"), "é"),
        ("S2", b"ab", b"ab"),
        ("<U2", b"abcd", None),
        ("<U1", b"\xff\xff\xff\xff", None),
    ):
        scalar = Evil(np._core.multiarray.scalar, np.dtype(kind), raw)
        path.write_bytes(state("KeyedVectors", fields(index_to_key=[scalar, "b"])))
        if want is None:
            with pytest.raises(FormatError):
                gensim_format.load(path)
        else:
            assert gensim_format.load(path).table.keys == [want, "b"]


def with_attributes(kv) -> None:
    """Give vectors what programs give them: factors of training, attributes of theirs, attributes of keys."""
    kv.vectors_lockf = np.arange(len(kv), dtype=np.float32)
    kv.note, kv.shares, kv.mean = "a text", {"train": [0.5, 1], "other": {}}, np.ones(3)
    kv.size_of_step, kv.pair = np.float32(0.25), ("a", (1, None))
    kv.set_vecattr(kv.index_to_key[0], "tag", "noun")
    kv.set_vecattr(kv.index_to_key[1], "senses", [1, ["x"]])
    kv.unknown = {(1, 2): 3}


@pytest.mark.gensim
@pytest.mark.parametrize("options", [{}, {"sep_limit": 0}, {"pickle_protocol": 2}])
@pytest.mark.parametrize("whole", [False, True])
def test_what_a_program_gave_to_its_vectors_is_kept(whole: bool, options: dict, tmp_path: Path, caplog) -> None:
    model = trained(hs=1)
    with_attributes(model.wv)
    model.comment, model.corpus_name, model.tried = "for gensim", "news", [1, 2]
    path = str(tmp_path / "m")
    (model if whole else model.wv).save(path, **options)
    theirs = type(model if whole else model.wv).load(path)
    ours = Word2Vec.load(path) if whole else KeyedVectors.load(path)
    assert "unknown (dict)" in caplog.text
    if whole:
        assert (ours.comment, ours.corpus_name, ours.tried) == ("for gensim", "news", [1, 2])
        ours, theirs = ours.wv, theirs.wv
    for again in (ours, saved_and_loaded(ours, tmp_path)):
        assert again.vectors_lockf.tolist() == theirs.vectors_lockf.tolist()
        assert again.mean.tolist() == theirs.mean.tolist()
        for name in ("note", "shares", "size_of_step"):
            assert getattr(again, name) == getattr(theirs, name)
        for key in theirs.index_to_key:
            for name in ("count", "tag", "senses"):
                assert again.get_vecattr(key, name) == theirs.get_vecattr(key, name)
    assert ours.pair == theirs.pair
    part = KeyedVectors.from_table(gensim_format.load_table(path, words=ours.index_to_key[2:4]))
    assert part.vectors_lockf.tolist() == [2, 3]
    assert part.get_vecattr(part.index_to_key[0], "tag") == theirs.get_vecattr(part.index_to_key[0], "tag")


def saved_and_loaded(kv, tmp_path: Path) -> KeyedVectors:
    kv.save(tmp_path / "again")
    return KeyedVectors.load(tmp_path / "again")


@pytest.mark.gensim
def test_nothing_of_gensims_own_becomes_an_attribute_of_ours(tmp_path: Path, caplog) -> None:
    model = trained(hs=1)
    model.save(str(tmp_path / "m"))
    model.wv.fill_norms()
    model.wv.save(str(tmp_path / "kv"))
    ours = Word2Vec(SENTENCES, min_count=1, vector_size=5, hs=1)
    assert vars(Word2Vec.load(tmp_path / "m")).keys() <= vars(ours).keys() | {"_cum_mark"}
    names = {name for name in vars(KeyedVectors.load(tmp_path / "kv")) if not name.startswith("__")}
    assert names - vars(KeyedVectors(1)).keys() == {"vectors_lockf"}
    assert "left out" not in caplog.text


@pytest.mark.gensim
@pytest.mark.parametrize("name", OLD)
def test_nothing_of_old_versions_becomes_an_attribute(name: str, caplog) -> None:
    path = pytest.importorskip("gensim.test.utils").datapath(name)
    file = gensim_format.load(path)
    assert file.attributes == {}
    assert file.table.own.keys() <= {"vectors_lockf"}
    assert "left out" not in caplog.text


def kv_file(tmp_path: Path, **state: object) -> Path:
    """A file as gensim would write it, of vectors that have more attributes."""
    vectors = {"vectors": np.eye(3, dtype=np.float32), "index_to_key": ["a", "b", "c"], "expandos": {}, **state}
    with renamed_module("gensim.models.keyedvectors", "KeyedVectors") as kind:
        thing = kind()
        thing.__dict__.update(vectors)
        (tmp_path / "kv").write_bytes(pickle.dumps(thing, 4))
    return tmp_path / "kv"


@contextlib.contextmanager
def renamed_module(module: str, name: str):
    """A class that pickles under a name of gensim, which need not be installed."""
    kind = type(name, (), {"__module__": module, "__qualname__": name})
    before = sys.modules.get(module)
    sys.modules[module] = types.SimpleNamespace(**{name: kind})
    try:
        yield kind
    finally:
        del sys.modules[module]
        if before is not None:
            sys.modules[module] = before


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("vectors_lockf", np.ones((3, 2), np.float32), False),  # gensim 3 made such
        ("vectors_lockf", np.ones(7, np.float32), True),
        ("vectors_lockf", np.empty(0, np.float32), False),
        ("texts", np.array(["a", "b"]), False),
        ("objects", np.array([[1, None], [2, "x"]], object), False),
        ("call", print, False),
        ("save", "a text where a method is", False),
        ("index_to_key_", 2**70, True),
        ("empty", [], True),
        ("nothing", None, True),
        ("min_n", 3, False),
        ("ngram_vectors", np.eye(3, dtype=np.float32), False),
    ],
)
def test_attributes_that_no_file_can_hold_do_not_keep_vectors_from_being_read(
    name: str, value: object, kept: bool, tmp_path: Path
) -> None:
    kv = KeyedVectors.load(kv_file(tmp_path, **{name: value}))
    assert kv.index_to_key == ["a", "b", "c"]
    assert (name in kv.__dict__) == kept
    assert saved_and_loaded(kv, tmp_path).most_similar("a", topn=1) == kv.most_similar("a", topn=1)


def test_a_list_in_itself_and_one_that_is_named_again_and_again(tmp_path: Path) -> None:
    within: list = ["x"]
    within += [within, within]
    assert "note" not in KeyedVectors.load(kv_file(tmp_path, note=within)).__dict__
    doubled: object = "a text that is named a billion times"
    for _ in range(30):
        doubled = [doubled, doubled]
    assert "note" not in KeyedVectors.load(kv_file(tmp_path, note=doubled)).__dict__
