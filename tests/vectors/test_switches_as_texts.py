"""A switch given as a text, as argparse and JSON give them: "0" is off, and "False" is no switch."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastw2v import KeyedVectors
from fastw2v.errors import ConfigError
from fastw2v.formats import word2vec
from fastw2v.phrases import Phrases

KEYS = ["north", "east", "south", "west"]


def made() -> KeyedVectors:
    kv = KeyedVectors(3)
    kv.add_vectors(KEYS, np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32))
    return kv


def saved(kv: KeyedVectors, name: str, value: Any) -> bytes:
    kv.save_word2vec_format("v.txt")
    kv.save_word2vec_format("v.txt", **{name: value})
    return Path("v.txt").read_bytes()


def replaced(kv: KeyedVectors, value: Any) -> Any:
    kv.add_vectors(["north"], np.zeros((1, 3)), replace=value)
    return kv["north"].tolist()


def initial(kv: KeyedVectors, value: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kv.init_sims(replace=value)
    return kv.vectors.tolist()


def loaded(kv: KeyedVectors, name: str, value: Any) -> Any:
    kv.save_word2vec_format("v.txt")
    return KeyedVectors.load_word2vec_format("v.txt", **{name: value}).vectors.tolist()


def asked(kv: KeyedVectors, name: str, value: Any) -> Any:
    Path("q.txt").write_text(": x\nNORTH east SOUTH west\nnorth x south y\n")
    return kv.evaluate_word_analogies("q.txt", **{name: value})[0], len(
        kv.evaluate_word_analogies("q.txt", **{name: value})[1][0]["incorrect"]
    )


SWITCHES = {
    "get_vector(norm)": lambda kv, value: kv.get_vector("north", norm=value).tolist(),
    "get_mean_vector(pre_normalize)": lambda kv, value: kv.get_mean_vector(KEYS, pre_normalize=value).tolist(),
    "get_mean_vector(post_normalize)": lambda kv, value: kv.get_mean_vector(KEYS, post_normalize=value).tolist(),
    "rank_by_centrality(use_norm)": lambda kv, value: kv.rank_by_centrality(KEYS, use_norm=value),
    "add_vectors(replace)": replaced,
    "init_sims(replace)": initial,
    "load_word2vec_format(binary)": lambda kv, value: loaded(kv, "binary", value),
    "load_word2vec_format(no_header)": lambda kv, value: loaded(kv, "no_header", value),
    "save_word2vec_format(binary)": lambda kv, value: saved(kv, "binary", value),
    "save_word2vec_format(append)": lambda kv, value: saved(kv, "append", value),
    "save_word2vec_format(write_header)": lambda kv, value: saved(kv, "write_header", value),
    "evaluate_word_analogies(case_insensitive)": lambda kv, value: asked(kv, "case_insensitive", value),
    "evaluate_word_analogies(dummy4unknown)": lambda kv, value: asked(kv, "dummy4unknown", value),
    "most_similar_batch(as_arrays)": lambda kv, value: type(kv.most_similar_batch(["north"], as_arrays=value)).__name__,
    "subset(ignore_missing)": lambda kv, value: kv.subset(["north"], ignore_missing=value).index_to_key,
    "vectors_for_all(copy_vecattrs)": lambda kv, value: list(kv.vectors_for_all(KEYS, copy_vecattrs=value).expandos),
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_text_is_the_number_that_it_names(switch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call = SWITCHES[switch]
    assert call(made(), "0") == call(made(), False) == call(made(), np.False_)
    if switch not in ("load_word2vec_format(binary)", "load_word2vec_format(no_header)"):
        assert call(made(), "1") == call(made(), True) == call(made(), 2)
    for text in ("False", "no", "true"):
        with pytest.raises(ConfigError, match="must be 0 or 1"):
            call(made(), text)


def test_the_format_alone(tmp_path: Path) -> None:
    word2vec.save(made().to_table(), tmp_path / "v", binary="0", write_header="1")  # type: ignore[arg-type]
    assert (tmp_path / "v").read_bytes().startswith(b"4 3\nnorth ")
    with pytest.raises(ConfigError, match="binary='yes'"):
        word2vec.load(tmp_path / "v", binary="yes")  # type: ignore[arg-type]


def test_numbers_as_texts_of_phrases() -> None:
    for options in ({"min_count": "1"}, {"threshold": "0.5"}, {"min_count": None}):
        with pytest.raises(ConfigError, match="must be a number"):
            Phrases([["a", "b"]], **options)  # type: ignore[arg-type]
