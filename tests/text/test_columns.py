"""Columns of data frames and Arrow as corpora, and frames and files that are none."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastw2v import Word2Vec
from fastw2v.errors import CorpusError

TEXTS = ["the king rules the land", "the queen rules the land"] * 30
WORDS = [text.split() for text in TEXTS]
SETTINGS: dict[str, Any] = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 2}


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "chunks", "datasets"])
def test_a_column_trains_like_the_list_of_its_cells(library: str) -> None:
    lib = pytest.importorskip("pyarrow" if library == "chunks" else library)
    column = {
        "pandas": lambda: lib.Series(WORDS), "polars": lambda: lib.Series(WORDS), "pyarrow": lambda: lib.array(WORDS),
        "chunks": lambda: lib.chunked_array([WORDS[:9], WORDS[9:]]),
        "datasets": lambda: lib.Dataset.from_dict({"words": WORDS})["words"],
    }[library]()  # fmt: skip
    model = Word2Vec(column, **SETTINGS)
    expected = Word2Vec(WORDS, **SETTINGS)
    assert model.wv.index_to_key == expected.wv.index_to_key
    if library not in ("pandas", "datasets"):  # other chunks, as of any iterable
        np.testing.assert_array_equal(model.wv.vectors, expected.wv.vectors)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "datasets"])
def test_a_frame_is_refused_with_the_way_out(library: str) -> None:
    lib = pytest.importorskip(library)
    table = {"pyarrow": "table", "datasets": "Dataset"}.get(library, "DataFrame")
    make = getattr(lib, table)
    frame = make.from_dict({"text": TEXTS}) if library == "datasets" else make({"text": TEXTS})
    with pytest.raises(CorpusError, match=r"columns 'text'.*pass one column"):
        Word2Vec(frame, **SETTINGS)


@pytest.mark.parametrize("cells", [TEXTS, [["a", "b"], None]])
@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_a_column_of_texts_or_with_gaps_is_refused(library: str, cells: list[Any]) -> None:
    lib = pytest.importorskip(library)
    column = lib.Series(cells) if library == "polars" else lib.array(cells)
    with pytest.raises(CorpusError, match=r"row 0 of .* is the text 'the king|row 1 of .* is null"):
        Word2Vec(column, **SETTINGS)


def test_an_open_file_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(TEXTS))
    for mode in ("r", "rb"):
        with open(path, mode) as file, pytest.raises(CorpusError, match=r"corpus_file='.*text.txt'"):
            Word2Vec(file, **SETTINGS)
    with pytest.raises(CorpusError, match="open file"):
        Word2Vec(io.StringIO("a b"), **SETTINGS)


@pytest.mark.parametrize(
    "corpus", [map(str.split, TEXTS), zip(TEXTS, TEXTS, strict=True), iter(WORDS)], ids=["map", "zip", "iterator"]
)
def test_what_can_be_read_once_is_refused_before_the_count(corpus: Any) -> None:
    with pytest.raises(CorpusError, match="gives its sentences once"):
        Word2Vec(corpus, **SETTINGS)
