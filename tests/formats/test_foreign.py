"""Formats that are read only: finalfusion, tables with commas, matrices with a list of words, pickled dictionaries."""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest

import fastw2v
from fastw2v import formats
from fastw2v.errors import ConfigError, FormatError
from fastw2v.table import VectorTable

KEYS = ["the", "naïve", "中文"]
VECTORS = np.array([[1, 2, 3, 4], [0.5, -1, 1e-3, 7], [0, 9, 8, 7]], np.float32)


def check(table: VectorTable, keys: list[str] = KEYS) -> None:
    rows = [KEYS.index(key) for key in keys]
    assert table.keys == keys
    assert table.vectors.tolist() == VECTORS[rows].tolist()


def fifu(kind: int = 1, norms: bool = True, extra: int = 2) -> bytes:
    """A finalfusion file; with a kind of n-grams, ``extra`` rows follow those of words."""
    sizes = {1: b"", 3: struct.pack("<III", 3, 6, 21), 8: struct.pack("<II", 3, 6)}[kind]
    words = b"".join(struct.pack("<I", len(key.encode())) + key.encode() for key in KEYS)
    chunks = [(5, b"a = 1\n"), (kind, struct.pack("<Q", len(KEYS)) + sizes + words)]
    rows = VECTORS if kind == 1 else np.vstack([VECTORS, np.ones((extra, 4), np.float32)])
    data = struct.pack("<4sII", b"FiFu", 0, 3 + norms) + struct.pack("<I", 0) * (3 + norms)
    for number, content in chunks:
        data += struct.pack("<IQ", number, len(content)) + content
    for number, head, values in (
        (2, struct.pack("<QII", len(rows), 4, 10), rows),
        (6, struct.pack("<QI", 3, 10), VECTORS[:, 0]),
    ):
        if number == 6 and not norms:
            continue
        padding = bytes(4 - (len(data) + 12 + len(head)) % 4)
        content = head + padding + values.astype("<f4").tobytes()
        data += struct.pack("<IQ", number, len(content)) + content
    return data


@pytest.mark.parametrize("kind", [1, 3, 8])
@pytest.mark.parametrize("norms", [False, True])
def test_finalfusion(kind: int, norms: bool, tmp_path: Path) -> None:
    path = tmp_path / "v.fifu"
    path.write_bytes(fifu(kind, norms))
    assert formats.sniff(path) == "finalfusion"
    table = formats.load(path)
    check(table)
    assert ("norm" in table.attrs) == norms
    if norms:
        assert table.attrs["norm"].tolist() == [1, 0.5, 0]
    check(formats.load(path, limit=2), KEYS[:2])
    check(formats.load(path, words=["中文"]), KEYS[2:])
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError):
            formats.load(path, "finalfusion")


def test_finalfusion_that_lies(tmp_path: Path) -> None:
    path, whole = tmp_path / "v.fifu", fifu()
    at = whole.index(struct.pack("<Q", 3) + struct.pack("<I", 3) + b"the")
    for offset, value in (
        (at, struct.pack("<Q", 2**60)),
        (at + 8, struct.pack("<I", 2**31)),
        (8, struct.pack("<I", 2**31)),
    ):
        data = whole[:offset] + value + whole[offset + len(value) :]
        path.write_bytes(data)
        with pytest.raises(FormatError):
            formats.load(path)
    path.write_bytes(whole.replace(struct.pack("<QII", 3, 4, 10), struct.pack("<QII", 3, 2**31, 10)))
    with pytest.raises(FormatError):
        formats.load(path)


CSV = "the,1,2,3,4\nnaïve,0.5,-1,1e-3,7\n中文,0,9,8,7\n"


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("header", ["", ",0,1,2,3\n", "word,0,1,2,3\n", "word,a,b,c,d\n", '"V1","V2","V3","V4"\n'])
@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_of_pandas_and_r(separator: str, header: str, quoted: bool, end: str, tmp_path: Path) -> None:
    rows = (
        "".join(f'"{key}",{rest}\n' for key, _, rest in (line.partition(",") for line in CSV.splitlines()))
        if quoted
        else CSV
    )
    path = tmp_path / "v.csv"
    path.write_bytes(("\ufeff" + header + rows).replace(",", separator).replace("\n", end).encode())
    for options in ({}, {"format": "delimited"}):
        check(formats.load(path, **options))
    check(formats.load(path, "delimited", limit=2), KEYS[:2])
    check(formats.load(path, "delimited", words=["中文"]), KEYS[2:])


def test_tables_that_are_damaged(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    for text, message in (
        ("a,1,2\nb,1\n", "row 1"),
        ("a,1,2\nb,1,x\n", "row 1.*x"),
        ("word,count\n", "no row"),
        ("a\n", "no row"),
    ):
        path.write_text(text)
        with pytest.raises(FormatError, match=message):
            formats.load(path, "delimited")
    path.write_text("a;1,5;2;3\nb;1;2;3\n")  # no line of names, whose loss nobody would notice
    with pytest.raises(FormatError, match=r"row 0.*1,5.*decimal comma"):
        formats.load(path)
    path.write_text("a,1\na,2\n")
    assert formats.load(path).vectors.tolist() == [[1]]


def test_tables_with_spaces_and_quotes_of_r(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text('"V1" "V2" "V3"\n"new york" 1 2 3\n"queen" 4 5 6\n')  # write.table(x)
    table = formats.load(path)
    assert (table.keys, table.vectors.tolist()) == (["new york", "queen"], [[1, 2, 3], [4, 5, 6]])
    path.write_text("a\t0\t1\nb\t2\t3\n")  # two numbers may be a vector
    assert formats.load(path).keys == ["a", "b"]


def test_vectors_of_no_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.empty((2, 0), np.float32))
    (tmp_path / "v.txt").write_text("a\nb\n")
    kv = fastw2v.load(tmp_path / "v.npy")
    assert kv.vectors.shape == (2, 0)
    assert [key for key, _ in kv.similar_by_vector(np.ones(0, np.float32))] == ["a", "b"]
    np.save(tmp_path / "o.npy", np.array({"a": 1}, object), allow_pickle=True)
    with pytest.raises(FormatError, match="objects are never unpickled"):
        fastw2v.load(tmp_path / "o.npy")


@pytest.mark.parametrize("name", ["v.txt", "v.vocab", "words.txt", "vocab.txt"])
@pytest.mark.parametrize("counted", [False, True])
def test_a_matrix_and_a_list_of_words(name: str, counted: bool, tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, VECTORS)
    with pytest.raises(FileNotFoundError, match="labels="):
        formats.load(path)
    lines = "".join(f"{key} {9 - row}\n" if counted else f"{key}\n" for row, key in enumerate(KEYS))
    (tmp_path / name).write_text(lines)
    for options in ({}, {"labels": tmp_path / name}):
        table = formats.load(path, **options)
        check(table)
        assert ("count" in table.attrs) == counted
    check(formats.load(path, limit=2), KEYS[:2])
    check(formats.load(path, words=["中文"]), KEYS[2:])
    (tmp_path / name).write_text("a\nb\n")
    with pytest.raises(FormatError, match="2 words and an array of shape"):
        formats.load(path)


def test_the_binary_vectors_of_glove(tmp_path: Path) -> None:
    path = tmp_path / "vectors.bin"
    biased = np.hstack([VECTORS / 2, np.full((3, 1), 5)]).astype("<f8")
    path.write_bytes(np.vstack([biased, biased]).tobytes())
    (tmp_path / "vocab.txt").write_text("".join(f"{key} {9 - row}\n" for row, key in enumerate(KEYS)))
    table = formats.load(path, "glove-binary")
    check(table)
    assert table.counts().tolist() == [9, 8, 7]
    assert formats.sniff(path) == "glove-binary"  # told by the number of words beside it
    check(formats.load(path))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(FormatError, match="no vectors of words"):
        formats.load(path, "glove-binary")


@pytest.mark.parametrize("protocol", range(6))
def test_pickled_dictionaries_and_pairs(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "v.pkl"
    rows = dict(zip(KEYS, VECTORS, strict=True))
    lists = {key: row.tolist() for key, row in rows.items()}
    for content in (
        rows,
        lists,
        OrderedDict(rows),
        defaultdict(list, rows),
        (KEYS, VECTORS),
        [VECTORS, KEYS],
        (tuple(KEYS), VECTORS),
    ):
        path.write_bytes(pickle.dumps(content, protocol))
        check(formats.load(path, "pickle"))
        check(formats.load(path, "pickle", limit=2), KEYS[:2])
        assert formats.sniff(path) in ("pickle", "gensim")
        assert fastw2v.load(path).index_to_key == KEYS
    for content in ({}, {"a": rows}, {"a": VECTORS[0], "b": VECTORS[0, :2]}, (KEYS, VECTORS[:2]), {"a": "x"}, [1, 2]):
        path.write_bytes(pickle.dumps(content, protocol))
        with pytest.raises(FormatError):
            formats.load(path, "pickle")
    path.write_bytes(pickle.dumps(VECTORS, protocol))
    with pytest.raises(FormatError, match="has no keys"):
        formats.load(path, "pickle")


def test_labels_named_meta(tmp_path: Path) -> None:
    (tmp_path / "vecs.tsv").write_text("1\t2\t3\t4\n0.5\t-1\t1e-3\t7\n0\t9\t8\t7\n")
    (tmp_path / "meta.tsv").write_text("".join(f"{key}\n" for key in KEYS))
    check(formats.load(tmp_path / "vecs.tsv"))


def test_read_only(tmp_path: Path) -> None:
    for name in ("finalfusion", "pickle", "delimited", "npy", "glove-binary"):
        with pytest.raises(FormatError, match="read only"):
            formats.save(VectorTable(KEYS, VECTORS), tmp_path / "x", name)


@pytest.mark.gensim
@pytest.mark.parametrize("options", [{}, {"dm": 0}, {"dm_concat": 1}, {"dm": 0, "dbow_words": 1}])
def test_documents_of_gensim(options: dict, tmp_path: Path) -> None:
    doc2vec = pytest.importorskip("gensim.models.doc2vec")
    texts = [doc2vec.TaggedDocument(["human", "graph", "tree"], [tag]) for tag in ("a", "b", "c")] * 4
    model = doc2vec.Doc2Vec(texts, min_count=1, vector_size=4, epochs=1, workers=1, **options)
    path = str(tmp_path / "d.model")
    model.save(path)
    words = fastw2v.KeyedVectors.load(path)
    assert words.index_to_key == model.wv.index_to_key
    assert (words.vectors == model.wv.vectors).all()
    documents = fastw2v.load(path, part="dv")
    assert documents.index_to_key == model.dv.index_to_key
    assert (documents.vectors == model.dv.vectors).all()
    with pytest.raises(ConfigError, match="part='xx'"):
        fastw2v.load(path, part="xx")
    model.dv.save(path)
    assert (fastw2v.load(path).vectors == model.dv.vectors).all()


@pytest.mark.gensim
def test_vectors_of_poincare(tmp_path: Path) -> None:
    poincare = pytest.importorskip("gensim.models.poincare")
    model = poincare.PoincareModel([("a", "b"), ("b", "c"), ("a", "c")], size=3, negative=1, seed=1)
    model.train(epochs=1)
    for saved in (model, model.kv):
        saved.save(str(tmp_path / "p"))
        loaded = fastw2v.load(tmp_path / "p")
        assert loaded.index_to_key == model.kv.index_to_key
        assert (loaded.vectors == model.kv.vectors).all()


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (',0,1,2\n"say ""x""",1,2,3\n"a,b",4,5,6\n', ['say "x"', "a,b"]),
        (",0,1,2\nNew York,1,2,3\nParis,4,5,6\n", ["New York", "Paris"]),
        (',0,1,2\n"two\nlines",1,2,3\nParis,4,5,6\n', ["two\nlines", "Paris"]),
        ("New York,1,2,3\nParis,4,5,6\n", ["New York", "Paris"]),
        ('"New York";1;2;3\nParis;4;5;6\n', ["New York", "Paris"]),
        ('word,x,y,z\n",",1,2,3\nat home,4,5,6\n', [",", "at home"]),
        ("a,b 1 2 3\nc 4 5 6\n", ["a,b", "c"]),  # no table: the commas are the keys'
        ("New York 1 2 3\nc 4 5 6\n", ["New York", "c"]),
    ],
)
def test_keys_of_tables_may_hold_spaces_quotes_and_commas(text: str, keys: list[str], tmp_path: Path) -> None:
    (tmp_path / "t").write_text(text)
    table = formats.load(tmp_path / "t")
    assert table.keys == keys
    assert table.vectors.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("kind", ["<U6", "S6", object])
@pytest.mark.parametrize("words_first", [True, False])
def test_pickled_words_may_be_an_array(words_first: bool, kind: object, protocol: int, tmp_path: Path) -> None:
    words, matrix = np.array(["naive", "word"], kind), np.arange(6, dtype=np.float32).reshape(2, 3)
    (tmp_path / "p").write_bytes(pickle.dumps((words, matrix) if words_first else (matrix, words), protocol))
    table = formats.load(tmp_path / "p")
    assert table.keys == words.tolist()
    assert (table.vectors == matrix).all()


@pytest.mark.parametrize("words_first", [True, False])
def test_pickled_words_may_be_a_dictionary_of_rows(words_first: bool, tmp_path: Path) -> None:
    words, matrix = {"word": 1, "naive": 0}, np.arange(6, dtype=np.float32).reshape(2, 3)
    (tmp_path / "p").write_bytes(pickle.dumps((words, matrix) if words_first else (matrix, words)))
    table = formats.load(tmp_path / "p")
    assert table.keys == ["naive", "word"]
    assert (table.vectors == matrix).all()
    for rows in ([0, 2], [1, 1], [0, "1"], [True, 0], [0]):
        wrong = dict(zip(words, rows, strict=False))
        (tmp_path / "p").write_bytes(pickle.dumps((wrong, matrix)))
        with pytest.raises(FormatError, match=r"not the rows 0 \.\. 1|1 keys and a matrix|not the rows 0 \.\. 0"):
            formats.load(tmp_path / "p")


def test_characters_that_do_not_exist_in_an_array_of_words(tmp_path: Path) -> None:
    data = pickle.dumps((np.array(["ab", "c"]), np.eye(2)), 4).replace("ab".encode("utf-32-le"), b"\xff" * 8)
    (tmp_path / "p").write_bytes(data)
    with pytest.raises(FormatError, match="character that does not exist"):
        formats.load(tmp_path / "p")


@pytest.mark.parametrize("order", "<>")
def test_characters_that_do_not_exist_in_an_archive(order: str, tmp_path: Path) -> None:
    words = np.frombuffer(np.array([97, 0x110000], order + "u4").tobytes(), order + "U1")
    np.savez(tmp_path / "v.npz", words=words, vectors=np.eye(2))
    with pytest.raises(FormatError, match="character that does not exist"):
        formats.load(tmp_path / "v.npz")
    np.savez(tmp_path / "v.npz", words=words[:1], vectors=np.eye(1, 2))
    assert formats.load(tmp_path / "v.npz").keys == ["a"]
