"""A folder as the Hugging Face Hub likes it: a static embedding that fastw2v, model2vec and sentence-transformers load.

=====================  ==========================================================================================
``model.safetensors``  ``embeddings``: a row for each key, and one of zeros for what is unknown; ``attr.*``
``tokenizer.json``     words between white space, as the library ``tokenizers`` reads it
``config.json``        what the keys are, the parameters
``modules.json``       for sentence-transformers
``README.md``          the model card
=====================  ==========================================================================================
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fastw2v import __version__
from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats._io import open_write
from fastw2v.table import VectorTable
from fastw2v.vectors.frames import contiguous, library

UNKNOWN = "[UNK]"
FILES = ("model.safetensors", "tokenizer.json", "config.json", "modules.json", "README.md")
KEY_TYPES = {"str": str, "int": int}


def write_folder(
    table: VectorTable, folder: Any, *, lowercase: bool, card: Mapping[str, Any], scores: Mapping[str, Any]
) -> Path:
    """Write the files; each replaces an older one as a whole.

    Raises
    ------
    ConfigError
        For keys that are neither all str nor all int.
    """
    from safetensors.numpy import save

    kinds = {type(key).__name__ for key in table.keys}
    if len(kinds) != 1 or not kinds <= KEY_TYPES.keys():
        raise ConfigError(f"keys of type {', '.join(sorted(kinds)) or 'none'}: the Hub's files hold str, or int, alone")
    rows = np.concatenate([contiguous(table), np.zeros((1, table.vector_size), table.vectors.dtype)])
    arrays = {"embeddings": rows, **{f"attr.{name}": np.ascontiguousarray(one) for name, one in table.attrs.items()}}
    (key_type,) = kinds
    config = {"model_type": "fastw2v", "fastw2v": __version__, "key_type": key_type, "hidden_dim": table.vector_size,
              "normalize": False, "embedding_dtype": str(rows.dtype), "parameters": dict(card)}  # fmt: skip
    modules = [{"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"}]
    path = Path(folder)
    contents = {
        "model.safetensors": save(arrays), "tokenizer.json": _json(_tokenizer(table, lowercase)),
        "config.json": _json(config), "modules.json": _json(modules),
        "README.md": model_card(table, card, scores).encode(),
    }  # fmt: skip
    path.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        with open_write(path / name) as out:
            out.write(data)
    return path


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str).encode()


def _tokenizer(table: VectorTable, lowercase: bool) -> dict[str, Any]:
    """Describe a tokenizer that splits at white space and looks words up."""
    words = {str(key): row for row, key in enumerate(table.keys)}
    if len(words) != len(table) or UNKNOWN in words:
        raise ConfigError(f"two keys are written alike, or one is {UNKNOWN}: a tokenizer cannot hold both")
    unknown = {"id": len(words), "content": UNKNOWN, "special": True}
    unknown |= {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [unknown],
        "normalizer": {"type": "Lowercase"} if lowercase else None, "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": {**words, UNKNOWN: len(words)}, "unk_token": UNKNOWN},
    }  # fmt: skip


def model_card(table: VectorTable, parameters: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    """Return the text of the model card: what it is, how to load it, parameters and scores.

    Examples
    --------
    >>> table = VectorTable(["a"], np.zeros((1, 2), np.float32))
    >>> print(model_card(table, {"window": 5}, {"MEN": 0.7}).splitlines()[1])
    library_name: fastw2v
    """
    lines = ["---", "library_name: fastw2v", "pipeline_tag: feature-extraction", "tags:"]
    lines += [f"- {tag}" for tag in ("word2vec", "static-embeddings", "model2vec", "sentence-transformers")]
    lines += ["---", "", "# Word vectors", ""]
    lines += [f"{len(table):,} vectors of {table.vector_size} numbers, made with fastw2v {__version__}.", ""]
    lines += [
        "```python",
        "from fastw2v import KeyedVectors",
        "",
        'vectors = KeyedVectors.from_pretrained("THIS/REPO")',
    ]
    lines += [
        "```",
        "",
        "`model2vec.StaticModel.from_pretrained` and `SentenceTransformer` load it too; texts are split",
    ]
    lines += ["at white space.", ""]
    for title, entries in (("Parameters", parameters), ("Scores", scores)):
        if entries:
            lines += [f"## {title}", "", "| | |", "|---|---|"]
            lines += [f"| {name} | {value} |" for name, value in entries.items()] + [""]
    return "\n".join(lines)


def read_folder(source: Any, revision: str | None, token: Any) -> VectorTable:
    """Return the table of a folder, or of a repository of the Hub: ours, or a static model of model2vec.

    Raises
    ------
    FormatError
        If the files are something else.
    ImportError
        If ``huggingface_hub`` is missing, for a repository.
    """
    folder = Path(os.fspath(source))
    if not folder.is_dir():
        hub = library("huggingface_hub", "hub")
        folder = Path(hub.snapshot_download(str(source), revision=revision, token=token, allow_patterns=list(FILES)))
    from fastw2v.formats import native

    arrays, _, _ = native.load_arrays(folder / "model.safetensors")
    rows = arrays.get("embeddings", arrays.get("embedding.weight"))
    try:
        vocab = json.loads((folder / "tokenizer.json").read_text("utf8"))["model"]["vocab"]
        config = json.loads((folder / "config.json").read_text("utf8"))
        pairs = vocab.items() if isinstance(vocab, dict) else ((one[0], row) for row, one in enumerate(vocab))
        words = dict(sorted(pairs, key=lambda pair: pair[1]))
        if rows is None or rows.ndim != 2 or list(words.values()) != list(range(len(rows))):
            raise ValueError("the rows of embeddings are not those of the tokenizer")
        kind = KEY_TYPES[config.get("key_type", "str")]
        keys = [kind(word) for word in list(words)[: len(rows) - (config.get("model_type") == "fastw2v")]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise FormatError(f"{folder}: not a folder of a static embedding: {error}") from None
    attributes = {name[5:]: array for name, array in arrays.items() if name.startswith("attr.")}
    return VectorTable(keys, rows[: len(keys)], {n: a for n, a in attributes.items() if len(a) == len(keys)})


def push(table: VectorTable, repo_id: str, private: bool, token: Any, **writing: Any) -> str:
    """Upload the folder to a repository of the Hub, which is made if there is none; return its address."""
    api = library("huggingface_hub", "hub").HfApi(token=token)
    with tempfile.TemporaryDirectory() as folder:
        write_folder(table, folder, **writing)
        address = api.create_repo(repo_id, private=private, exist_ok=True)
        api.upload_folder(repo_id=repo_id, folder_path=folder, commit_message="Vectors of fastw2v")
    return str(address)
