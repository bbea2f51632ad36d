"""fastText models: vectors of known and unknown words, and headers that lie."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from support.fasttext_files import expected, fasttext_bytes, fnv, ngrams, old_bytes, quantised_bytes

import fastw2v
from fastw2v import formats
from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import fasttext

WORDS = ["</s>", "the", "naïve", "中文字", "a"]


def model(tmp_path: Path, bucket: int = 50, minn: int = 2, maxn: int = 4, **options):
    rng = np.random.default_rng(2)
    matrix = rng.standard_normal((len(WORDS) + bucket, 6)).astype(np.float32)
    path = tmp_path / "m.bin"
    path.write_bytes(fasttext_bytes(WORDS, matrix, bucket=bucket, minn=minn, maxn=maxn, **options))
    return matrix, path


@pytest.mark.parametrize(("minn", "maxn"), [(1, 1), (2, 4), (3, 6), (1, 30)])
def test_known_and_unknown_words(minn: int, maxn: int, tmp_path: Path) -> None:
    matrix, path = model(tmp_path, minn=minn, maxn=maxn)
    got = fasttext.load(path)
    assert got.keys == WORDS
    assert got.attrs["count"].tolist() == [100, 99, 98, 97, 96]
    assert (got.vectors[0] == matrix[0]).all()
    for row, word in enumerate(WORDS[1:], 1):
        want = expected(word, matrix[row], matrix[5:], minn, maxn)
        np.testing.assert_allclose(got.vectors[row], want, rtol=1e-5, atol=1e-6)
    for word in ("thé", "中", "unknown", "\N{GRINNING FACE}x"):
        want = expected(word, None, matrix[5:], minn, maxn)
        np.testing.assert_allclose(got.infer(word), want, rtol=1e-5, atol=1e-6)
    assert (got.infer("</s>") == 0).all()


def test_without_ngrams(tmp_path: Path) -> None:
    matrix, path = model(tmp_path, bucket=0, minn=0, maxn=0)
    got = fasttext.load(path)
    assert (got.vectors == matrix).all()
    assert (got.infer("unknown") == 0).all()
    _, path = model(tmp_path, minn=3, maxn=3)
    assert (fasttext.load(path).infer("") == 0).all()  # "<>" is shorter than any n-gram


def test_supervised_models_of_version_11_have_no_ngrams(tmp_path: Path) -> None:
    matrix, path = model(tmp_path, version=11)
    data = bytearray(path.read_bytes())
    assert (fasttext.load(path).vectors[1] != matrix[1]).any()
    data[8 + 7 * 4 : 8 + 8 * 4] = struct.pack("<i", 3)
    path.write_bytes(data)
    assert (fasttext.load(path).vectors == matrix[:5]).all()


def test_limit_and_options(tmp_path: Path) -> None:
    matrix, path = model(tmp_path)
    got = fasttext.load(path, limit=2)
    assert got.keys == WORDS[:2]
    np.testing.assert_allclose(got.vectors[1], expected("the", matrix[1], matrix[5:], 2, 4), rtol=1e-5)
    some = fasttext.load(path, words=["the"])
    assert some.keys == ["the"]
    assert (some.vectors == got.vectors[1:]).all()
    assert (some.infer("thing") == got.infer("thing")).all()
    with pytest.raises(ConfigError, match=r"datatype=.*limit and words"):
        fasttext.load(path, datatype=np.float64)
    with pytest.raises(ConfigError, match="limit=-1"):
        fasttext.load(path, limit=-1)


def test_vec_files_take_the_options_of_word2vec(tmp_path: Path) -> None:
    (tmp_path / "m.vec").write_text("2 2\nthe 1 2 \nof 3 4 \n")
    assert fasttext.load(tmp_path / "m.vec", words=["of"]).vectors.tolist() == [[3, 4]]


def test_bad_text(tmp_path: Path) -> None:
    data = fasttext_bytes(["ab", "cd"], np.ones((6, 2), np.float32), bucket=4).replace(b"ab\0", b"a\xff\0")
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(UnicodeDecodeError, match="row 0"):
        fasttext.load(tmp_path / "m")
    assert fasttext.load(tmp_path / "m", unicode_errors="ignore").keys == ["a", "cd"]


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (4, struct.pack("<i", 13), "version 13"),
        (8, struct.pack("<i", -1), "make no sense"),
        (8 + 10 * 4, struct.pack("<i", 10**6), "make no sense"),
        (8 + 10 * 4, struct.pack("<i", -5), "make no sense"),
        (8 + 9 * 4, struct.pack("<i", 101), "make no sense"),
        (64, struct.pack("<ii", 2**31 - 1, 2**31 - 1), "cannot be in the rest"),
        (64, struct.pack("<ii", -5, -5), "are not"),
        (68, struct.pack("<i", 4), "are not"),
        (84, struct.pack("<q", 5), "a quantised matrix of"),
        (84, struct.pack("<q", 2**60), "n-grams that are left"),
        (92 + 5 + 8, b"\x01", "mixed up"),
        (-1, b"\x01", "quantised"),
        (-2, struct.pack("<q", 2**60), "rows for 5 words"),
        (-3, struct.pack("<q", 7), "matrix of"),
    ],
)
def test_headers_that_lie(at: int, value: bytes, message: str, tmp_path: Path) -> None:
    _, path = model(tmp_path)
    data = bytearray(path.read_bytes())
    flag = data.index(struct.pack("<?qq", False, 55, 6))
    at = {-1: flag, -2: flag + 1, -3: flag + 9}.get(at, at)
    data[at : at + len(value)] = value
    path.write_bytes(data)
    with pytest.raises(FormatError, match=message):
        fasttext.load(path)


def test_files_of_before_2017(tmp_path: Path) -> None:
    matrix, path = model(tmp_path)
    want = fasttext.load(path)
    (tmp_path / "old.bin").write_bytes(old_bytes(WORDS, matrix, bucket=50, minn=2, maxn=4))
    for got in (fasttext.load(tmp_path / "old.bin"), formats.load(tmp_path / "old.bin")):
        assert isinstance(got, fasttext.FastTextVectors)
        assert got.keys == want.keys
        assert (got.vectors == want.vectors).all()
        assert (got.infer("thing") == want.infer("thing")).all()
        assert got.counts() is not None
        assert (got.counts() == want.counts()).all()


@pytest.mark.parametrize("lengths", [[2, 2, 2], [3, 3, 1], [6]])
@pytest.mark.parametrize("with_norms", [False, True])
@pytest.mark.parametrize("pruned", [False, True])
def test_quantised_models(lengths: list[int], with_norms: bool, pruned: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    kept = {int(bucket): row for row, bucket in enumerate(rng.permutation(50)[:20])} if pruned else None
    rows = len(WORDS) + (20 if pruned else 50)
    codes = rng.integers(0, 256, (rows, len(lengths)), np.uint8)
    centroids = [rng.standard_normal((256, length)).astype(np.float32) for length in lengths]
    norms = (rng.integers(0, 256, rows, np.uint8), rng.random(256).astype(np.float32)) if with_norms else None
    path = tmp_path / "m.ftz"
    path.write_bytes(quantised_bytes(WORDS, codes, centroids, bucket=50, norms=norms, kept=kept, minn=2, maxn=4))
    matrix = np.hstack([piece[codes[:, number]] for number, piece in enumerate(centroids)])
    if norms is not None:
        matrix *= norms[1][norms[0]][:, None]
    got = formats.load(path)
    assert isinstance(got, fasttext.FastTextVectors)
    assert got.keys == WORDS
    for row, word in enumerate(WORDS[1:], 1):
        grams = [fnv(gram.encode()) % 50 for gram in ngrams(word, 2, 4)]
        found = grams if kept is None else [kept[gram] for gram in grams if gram in kept]
        want = np.mean([matrix[row], *(matrix[len(WORDS) + gram] for gram in found)], axis=0)
        np.testing.assert_allclose(got.vectors[row], want, rtol=1e-4, atol=1e-6)
    assert len(got.ngram_vectors) == (0 if pruned else 50)
    whole = path.read_bytes()
    for length in range(90, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError):
            formats.load(path)


def test_quantised_models_that_lie(tmp_path: Path) -> None:
    codes, centroids = np.zeros((5, 1), np.uint8), [np.zeros((256, 4), np.float32)]
    whole = quantised_bytes(WORDS, codes, centroids, bucket=0)
    at = whole.index(struct.pack("<??qqi", True, False, 5, 4, 5)) + 2
    for offset, value in ((0, 2**40), (0, -1), (8, 5), (16, -1), (16, 2**31 - 1)):
        data = bytearray(whole)
        struct.pack_into("<q" if offset < 16 else "<i", data, at + offset, value)
        (tmp_path / "m").write_bytes(data)
        with pytest.raises(FormatError):
            formats.load(tmp_path / "m")
    # a few codes that stand for very long vectors
    n_rows, dim = 200_000, 20_000
    data = quantised_bytes(["w"], np.zeros((1, 1), np.uint8), [np.zeros((256, dim), np.float32)], bucket=0)
    sizes = struct.pack("<??qqi", True, False, 1, dim, 1)
    data = data.replace(sizes + b"\0", struct.pack("<??qqi", True, False, n_rows, dim, n_rows) + bytes(n_rows))
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(FormatError, match="its quantised vectors"):
        formats.load(tmp_path / "m")


def test_ngrams_are_kept_or_their_loss_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _, path = model(tmp_path)
    table = formats.load(path)
    formats.save(table, tmp_path / "t.fw2v")
    for options in ({}, {"limit": 3}, {"words": ["the"]}, {"mmap": True}):
        got = formats.load(tmp_path / "t.fw2v", **options)
        assert isinstance(got, fasttext.FastTextVectors)
        assert (got.infer("thing") == table.infer("thing")).all()
    for options in ({}, {"limit": 3}):
        assert (fastw2v.load(tmp_path / "t.fw2v", **options)["thing"] == table.infer("thing")).all()
    assert not caplog.text
    for name in ("word2vec", "word2vec-binary", "glove", "npz", "fasttext"):
        formats.save(table, tmp_path / name, name)
        assert f"format '{name}' does not hold n-grams" in caplog.text


def test_words_that_become_alike(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = fasttext_bytes(["ab", "cd", "x"], np.eye(3, dtype=np.float32), bucket=0).replace(b"ab\0", b"\xff\xfe\0")
    (tmp_path / "m").write_bytes(data.replace(b"cd\0", b"\xfe\xff\0"))
    got = fasttext.load(tmp_path / "m", unicode_errors="replace")
    assert got.keys == ["\ufffd\ufffd", "x"]
    assert got.vectors.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert got.counts().tolist() == [100, 98]
    assert "1 words are another once they are decoded" in caplog.text


def test_a_word_twice(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(fasttext_bytes(["a", "a"], np.ones((2, 2), np.float32), bucket=0))
    with pytest.raises(FormatError, match="twice"):
        fasttext.load(tmp_path / "m")


@pytest.mark.gensim
@pytest.mark.parametrize("name", ["crime-and-punishment.bin", "toy-model.bin", "lee_fasttext_new.bin"])
def test_same_as_gensim(name: str) -> None:
    gensim = pytest.importorskip("gensim.models.fasttext")
    path = pytest.importorskip("gensim.test.utils").datapath(name)
    want = gensim.load_facebook_vectors(path)
    got = fasttext.load(path)
    assert got.keys == want.index_to_key
    # gensim gives n-grams to </s>, fastText does not
    rows = [row for row, key in enumerate(got.keys) if key != "</s>"]
    np.testing.assert_allclose(got.vectors[rows], want.vectors[rows], rtol=1e-5, atol=1e-6)
    for word in ("qqzz", "réponse", "中文"):
        np.testing.assert_allclose(got.infer(word), want[word], rtol=1e-5, atol=1e-6)
