"""pandas, polars, Arrow, Parquet, torch, spaCy, the Hub, notebooks: what they get is what there is."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.errors import ConfigError, FormatError


@pytest.fixture
def kv() -> KeyedVectors:
    made = KeyedVectors(3)
    made.add_vectors(["the", "König", "中文"], [[1, 2, 3], [4, 5, 6], [7, 8, 9.5]])
    made.expandos["count"] = np.array([9, 5, 2])
    return made


def test_pandas(kv: KeyedVectors) -> None:
    pytest.importorskip("pandas")
    frame = kv.to_pandas()
    assert frame.index.tolist() == kv.index_to_key
    np.testing.assert_array_equal(frame.loc["König"], [4, 5, 6])
    assert np.shares_memory(frame.to_numpy(), kv.vectors)


def test_polars(kv: KeyedVectors) -> None:
    pytest.importorskip("polars")
    frame = kv.to_polars()
    assert frame.columns == ["key", "vector", "count"]
    assert frame["key"].to_list() == kv.index_to_key
    np.testing.assert_array_equal(frame["vector"].to_numpy(), kv.vectors)
    assert frame["count"].to_list() == [9, 5, 2]


def test_arrow(kv: KeyedVectors) -> None:
    pytest.importorskip("pyarrow")
    table = kv.to_arrow()
    assert table["key"].to_pylist() == kv.index_to_key
    assert table["vector"].to_pylist() == kv.vectors.tolist()
    numbers = table["vector"].chunk(0).flatten()
    assert np.shares_memory(numbers.to_numpy(), kv.vectors)
    items = KeyedVectors(1)
    items.add_vectors([3, 4], [[1], [2]])
    assert items.to_arrow()["key"].to_pylist() == [3, 4]
    items.add_vectors([("a", 1)], [[3]])
    with pytest.raises(ConfigError, match="no common type"):
        items.to_arrow()


def test_parquet_with_a_map(kv: KeyedVectors, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rng = np.random.default_rng(0)
    kv.add_vectors([f"w{n}" for n in range(20)], rng.normal(size=(20, 3)))
    kv.to_parquet(tmp_path / "a.parquet", coordinates="pca", n_points=10)
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.column_names == ["key", "vector", "count", "x", "y"]
    assert table["key"].to_pylist() == kv.index_to_key[:10]
    assert np.ptp(table["x"].to_numpy()) > 0
    kv.to_parquet(tmp_path / "b.parquet")
    assert len(parquet.read_table(tmp_path / "b.parquet")) == 23
    with pytest.raises(ConfigError, match="method='magic'"):
        kv.to_parquet(tmp_path / "b.parquet", coordinates="magic")
    assert len(parquet.read_table(tmp_path / "b.parquet")) == 23


def test_torch(kv: KeyedVectors) -> None:
    torch = pytest.importorskip("torch")
    embedding = torch.nn.Embedding.from_pretrained(kv.to_torch())
    row = torch.tensor([kv.get_index("König")])
    np.testing.assert_array_equal(embedding(row)[0].numpy(), kv["König"])
    kv.to_torch()[0, 0] = 77
    assert kv["the"][0] == 77, "the memory is shared"


def test_spacy(kv: KeyedVectors) -> None:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    kv.to_spacy(nlp.vocab)
    np.testing.assert_array_equal(nlp("König nothing")[0].vector, kv["König"])
    assert not nlp("König nothing")[1].has_vector
    assert kv.to_spacy().shape == (3, 3)


@pytest.mark.parametrize("library", ["pandas", "polars", "arrow", "torch", "spacy"])
def test_a_library_that_is_missing_is_named(library: str, kv: KeyedVectors, monkeypatch: pytest.MonkeyPatch) -> None:
    name = {"arrow": "pyarrow"}.get(library, library)
    for module in [one for one in sys.modules if one.partition(".")[0] == name]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=f"this needs {name}: pip install {name}"):
        getattr(kv, f"to_{library}")()


# ----------------------------------------------------------------------------------------- the Hub ----


@pytest.mark.parametrize("keys", [["the", "König", "中文"], [3, 1, 2]])
def test_a_folder_and_back(keys: list[Any], kv: KeyedVectors, tmp_path: Path) -> None:
    kv.index_to_key, kv.key_to_index = keys, {key: row for row, key in enumerate(keys)}
    kv.save_pretrained(tmp_path / "x", parameters={"window": 5}, scores={"MEN": 0.7})
    again = KeyedVectors.from_pretrained(tmp_path / "x")
    assert again.index_to_key == keys
    np.testing.assert_array_equal(again.vectors, kv.vectors)
    np.testing.assert_array_equal(again.expandos["count"], [9, 5, 2])
    card = (tmp_path / "x/README.md").read_text("utf8")
    assert "| MEN | 0.7 |" in card
    assert "| window | 5 |" in card


def test_keys_that_a_tokenizer_cannot_hold_are_refused(kv: KeyedVectors, tmp_path: Path) -> None:
    kv.add_vectors(["[UNK]"], [[0, 0, 0]])
    with pytest.raises(ConfigError, match="UNK"):
        kv.save_pretrained(tmp_path / "x")
    kv.add_vectors([("a", "tuple")], [[0, 0, 0]])
    with pytest.raises(ConfigError, match="str, tuple"):
        kv.save_pretrained(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_folder_of_something_else(kv: KeyedVectors, tmp_path: Path) -> None:
    kv.save_pretrained(tmp_path / "x")
    for damage in ({"model": {"vocab": {"the": 0}}}, [], {"model": 3}):
        (tmp_path / "x/tokenizer.json").write_text(json.dumps(damage))
        with pytest.raises(FormatError, match="not a folder of a static embedding"):
            KeyedVectors.from_pretrained(tmp_path / "x")


def test_model2vec_loads_it(kv: KeyedVectors, tmp_path: Path) -> None:
    model2vec = pytest.importorskip("model2vec")
    kv.save_pretrained(tmp_path / "x")
    static = model2vec.StaticModel.from_pretrained(str(tmp_path / "x"), force_download=False)
    found = static.encode(["the König", "中文", "unknown"])
    np.testing.assert_allclose(found, [[2.5, 3.5, 4.5], [7, 8, 9.5], [0, 0, 0]], rtol=1e-6)
    again = tmp_path / "again"
    static.save_pretrained(str(again))
    assert KeyedVectors.from_pretrained(again)["König"].tolist() == [4, 5, 6]


def test_sentence_transformers_load_it(kv: KeyedVectors, tmp_path: Path) -> None:
    library = pytest.importorskip("sentence_transformers")
    kv.save_pretrained(tmp_path / "x", lowercase=True)
    found = library.SentenceTransformer(str(tmp_path / "x"), device="cpu").encode(["THE the", "中文"])
    np.testing.assert_allclose(found, [[1, 2, 3], [7, 8, 9.5]], rtol=1e-6)


def test_push_to_hub_uploads_the_folder(kv: KeyedVectors, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: dict[str, Any] = {}

    class Api:
        def __init__(self, token: Any) -> None:
            calls["token"] = token

        def create_repo(self, repo_id: str, **options: Any) -> str:
            calls["made"] = repo_id, options
            return "https://hub/" + repo_id

        def upload_folder(self, repo_id: str, folder_path: str, **options: Any) -> None:
            calls["files"] = sorted(os.listdir(folder_path))

    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub, "HfApi", Api)
    assert kv.push_to_hub("me/it", private=True, token="t") == "https://hub/me/it"
    assert calls["made"] == ("me/it", {"private": True, "exist_ok": True})
    assert calls["files"] == ["README.md", "config.json", "model.safetensors", "modules.json", "tokenizer.json"]


def test_a_repository_is_fetched(kv: KeyedVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")
    kv.save_pretrained(tmp_path / "x")
    monkeypatch.setattr(hub, "snapshot_download", lambda repo_id, **options: str(tmp_path / "x"))
    monkeypatch.chdir(tmp_path)
    assert KeyedVectors.from_pretrained("me/it").index_to_key == kv.index_to_key


# --------------------------------------------------------------------------------------- notebooks ----


def test_notebooks_show_keys_as_text() -> None:
    model = Word2Vec([["<script>alert(1)</script>", "b"]] * 20, vector_size=8, min_count=1, window=3, workers=1)
    for shown in (model._repr_html_(), model.wv._repr_html_()):
        assert "<script>" not in shown
        assert "&lt;script&gt;" in shown
        assert "2 keys" in shown
    assert "window=3" in model._repr_html_()
    assert "negative" not in model._repr_html_()
    assert "0 keys" in KeyedVectors(3)._repr_html_()
