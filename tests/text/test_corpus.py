"""The corpus classes: gensim's behaviour, paths and file objects, clear errors."""

from __future__ import annotations

import bz2
import copy
import io
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastw2v.errors import ConfigError, CorpusError
from fastw2v.text import corpus as corpus_module
from fastw2v.text.corpus import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus
from fastw2v.text.source import files_of, open_source

TEXT = "a b  c\n\n \td\u3000e\u2028f\r\ng\n\nh i j k\nlast"
LINES = [["a", "b", "c"], ["d", "e", "f"], ["g"], ["h", "i", "j", "k"], ["last"]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8", newline="")
    return path


def test_lines_from_paths_and_file_objects(path: Path) -> None:
    for source in (path, str(path), io.BytesIO(TEXT.encode()), io.StringIO(TEXT)):
        corpus = LineSentence(source)
        assert list(corpus) == LINES
        assert list(corpus) == LINES  # it starts anew
    packed = path.with_suffix(".bz2")
    packed.write_bytes(bz2.compress(TEXT.encode()))
    assert list(LineSentence(packed)) == LINES


def test_limit_counts_lines_and_long_lines_are_cut(path: Path) -> None:
    assert list(LineSentence(path, limit=4)) == LINES[:3]
    assert list(LineSentence(path, limit=0)) == []
    assert list(LineSentence(path, max_sentence_length=3)) == [*LINES[:3], ["h", "i", "j"], ["k"], ["last"]]


def test_folders(path: Path) -> None:
    (path.parent / "another.txt").write_text("x y\nz\n")
    corpus = PathLineSentences(path.parent, limit=1)
    assert list(corpus) == [["x", "y"], ["a", "b", "c"]]
    assert [Path(name).name for name in corpus.input_files] == ["another.txt", "text.txt"]
    assert list(PathLineSentences(path)) == LINES
    (path.parent / "folder").mkdir()
    with pytest.raises(IsADirectoryError, match="folder is a folder where a file is wanted") as caught:
        list(PathLineSentences(path.parent))
    assert isinstance(caught.value, CorpusError)
    with pytest.raises(ValueError, match="there is no such file or folder"):
        PathLineSentences(path.parent / "absent")


def test_missing_files(tmp_path: Path) -> None:
    for corpus in (LineSentence(tmp_path / "absent"), Text8Corpus(tmp_path / "absent")):
        with pytest.raises(FileNotFoundError, match="absent: there is no such file"):
            list(corpus)


@given(st.text(alphabet="ab語 \n\u3000", max_size=200), st.integers(1, 5), st.integers(1, 7))
def test_text8_is_one_stream_of_words(tmp_path_factory, text: str, most: int, read_bytes: int) -> None:
    path = tmp_path_factory.getbasetemp() / "text8"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus_module, "_READ_BYTES", read_bytes)
        words = text.split()
        assert list(Text8Corpus(path, most)) == [words[i : i + most] for i in range(0, len(words), most)]


def test_bad_text_in_a_file_object_names_line_and_offset() -> None:
    with pytest.raises(UnicodeDecodeError, match="line 3, byte offset 5: byte 0xff"):
        list(LineSentence(io.BytesIO(b"a\nb\nc\xff\n")))


def test_corpora_are_copied_and_pickled(path: Path) -> None:
    corpus = LineSentence(path, 3, 2)
    for twin in (copy.deepcopy(corpus), pickle.loads(pickle.dumps(corpus))):
        assert list(twin) == list(corpus)
        assert vars(twin) == vars(corpus)


BROWN = "\n\tThe/at Fulton/np-tl County/nn-tl said/vbd ``/`` an/at\n\n ./. ;/;\n\tA/b/c x 1/cd Ends/vbz-hl"


def test_brown(tmp_path: Path) -> None:
    (tmp_path / "ca01").write_text(BROWN)
    (tmp_path / "folder").mkdir()
    assert list(BrownCorpus(tmp_path)) == [
        ["the/at", "fulton/np", "county/nn", "said/vb", "an/at"],
        ["1/cd", "ends/vb"],
    ]


@pytest.mark.gensim
def test_the_same_as_gensims(path: Path, tmp_path: Path) -> None:
    word2vec = pytest.importorskip("gensim.models.word2vec")
    folder = tmp_path / "brown"
    folder.mkdir()
    (folder / "ca01").write_text(BROWN)
    pairs = [
        (LineSentence(str(path), 2, 3), word2vec.LineSentence(str(path), 2, 3)),
        (LineSentence(str(path)), word2vec.LineSentence(str(path))),
        (Text8Corpus(str(path), 3), word2vec.Text8Corpus(str(path), 3)),
        (BrownCorpus(str(folder)), word2vec.BrownCorpus(str(folder))),
        (PathLineSentences(str(folder), 3), word2vec.PathLineSentences(str(folder), 3)),
    ]
    for ours, theirs in pairs:
        assert list(ours) == list(theirs)
        assert vars(ours) == vars(theirs)


@pytest.mark.parametrize("make", [LineSentence, PathLineSentences, Text8Corpus])
@pytest.mark.parametrize("value", [0, -1, 2.5, None, "x"])
def test_sentences_of_no_length_are_refused(path: Path, make: Any, value: Any) -> None:
    with pytest.raises(ConfigError, match=r"^max_sentence_length=.*10000 is usual"):
        make(path, max_sentence_length=value)
    corpus = make(path)
    corpus.max_sentence_length = value
    with pytest.raises(ConfigError, match=r"^max_sentence_length="):
        open_source(corpus)


@pytest.mark.parametrize("make", [LineSentence, PathLineSentences])
@pytest.mark.parametrize("value", [-1, 1.5, "x"])
def test_a_limit_that_is_no_number_of_lines(path: Path, make: Any, value: Any) -> None:
    with pytest.raises(ConfigError, match=r"^limit=.*None for all lines"):
        make(path, limit=value)


def test_bounds_of_any_whole_number(path: Path) -> None:
    corpus = LineSentence(path, max_sentence_length=sys.maxsize, limit=np.int64(3))
    assert list(corpus) == LINES[:2]
    assert open_source(corpus).scan().n_sentences == 2  # one of the lines is empty


class Named:
    """A path-like object whose name is bytes."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    def __fspath__(self) -> bytes:
        return self.name


@pytest.mark.parametrize("make", [os.fsencode, Named])
def test_paths_of_bytes(make: Any, path: Path, tmp_path: Path) -> None:
    """A file system has names of bytes, which need not be text."""
    odd = os.path.join(os.fsencode(tmp_path), b"\xff.txt")
    Path(os.fsdecode(odd)).write_bytes(path.read_bytes())
    expected = list(LineSentence(path))
    for name in (os.fsencode(path), odd):
        assert list(LineSentence(make(name))) == list(PathLineSentences(make(name))) == expected
        assert len(list(Text8Corpus(make(name)))) == 1
        assert files_of(LineSentence(make(name))) == {
            "paths": [os.fsdecode(name)],
            "limit": None,
            "max_sentence_length": 10000,
        }
        assert open_source(corpus_file=make(name)).scan().n_words == 12


def test_files_that_say_they_are_empty(tmp_path: Path) -> None:
    """As those of /proc do: their length is known when they have been read."""
    code = (
        "import sys; from fastw2v import LineSentence, Word2Vec; path = '/proc/self/environ'\n"
        "corpora = [dict(corpus_file=path), dict(sentences=LineSentence(path)), dict(corpus_file=[path, path])]\n"
        "models = [Word2Vec(**corpus, vector_size=2, progress=False) for corpus in corpora]\n"
        "print(*[model.wv.get_vecattr('york', 'count') for model in models])"
    )
    environment = {"new york is big\n" * 3000: "x", "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        found = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, check=True)
    except OSError:
        pytest.skip("no program may have such an environment here")
    assert found.stdout.split() == [b"3000", b"3000", b"6000"]
