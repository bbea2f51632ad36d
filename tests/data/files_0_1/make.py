"""Made the files beside this one, with version 0.1.0; ``read`` says what a version finds in them.

    git checkout d182d16 && python tests/data/files_0_1/make.py FOLDER

Each file holds something that 0.1 could write: models of every mode, vectors, checkpoints, a model in the middle of
training, pickles, phrases.  ``expected.json`` says what is in them, in terms of the public interface alone, so that
every later version can be asked the same.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fastw2v import KeyedVectors, Word2Vec
from fastw2v.callbacks import StopTraining
from fastw2v.phrases import FrozenPhrases, Phrases

TEXT = [
    ["human", "interface", "computer"],
    ["survey", "user", "computer", "system", "response", "time"],
    ["eps", "user", "interface", "system"],
    ["system", "human", "system", "eps"],
    ["user", "response", "time"],
    ["trees"],
    ["graph", "trees"],
    ["graph", "minors", "trees"],
    ["graph", "minors", "survey", "größe", "図書館"],
] * 4  # fmt: skip
MORE = [["graph", "new", "words", "trees"], ["new", "words", "interface"]] * 8
SMALL: dict[str, Any] = {"vector_size": 8, "min_count": 1, "workers": 1, "seed": 3, "epochs": 2}

MODELS: dict[str, dict[str, Any]] = {
    "cbow_ns": {},
    "sg_ns": {"sg": 1, "ns_exponent": 0.5, "shrink_windows": False, "window": 3},
    "cbow_hs": {"hs": 1, "negative": 0, "cbow_mean": 0},
    "sg_hs": {"sg": 1, "hs": 1, "negative": 0},
    "both": {"hs": 1, "negative": 3, "compute_loss": True},
    "cbow_exact": {"cbow_exact": True, "alpha": 0.075, "comment": {"why": "exact", "runs": [1, 2]}},
    "softmax": {"softmax": True, "sg": 1, "alpha": 0.1},
    "trimmed": {"max_final_vocab": 6, "max_vocab_size": 1000, "sample": 0, "sorted_vocab": 0, "null_word": 1},
}

# What a model is made of, beside its arrays: as attributes, which gensim's users read.
ATTRIBUTES = (
    "vector_size", "layer1_size", "alpha", "min_alpha", "window", "min_count", "effective_min_count", "max_vocab_size",
    "max_final_vocab", "sample", "seed", "workers", "sg", "hs", "negative", "ns_exponent", "cbow_mean", "cbow_exact",
    "softmax", "epochs", "null_word", "sorted_vocab", "batch_words", "compute_loss", "comment", "shrink_windows",
    "progress", "corpus_count", "corpus_total_words", "train_count", "epochs_trained", "running_training_loss",
    "min_alpha_yet_reached", "loss_history", "checkpoint", "checkpoint_every", "own_list", "own_text",
)  # fmt: skip


def digest(array: Any) -> str:
    """Type, shape and a hash of the numbers, whatever the layout in memory."""
    flat = np.ascontiguousarray(array)
    return f"{flat.dtype.str} {flat.shape} {hashlib.sha256(flat.tobytes()).hexdigest()[:16]}"


def columns(wv: KeyedVectors) -> dict[str, Any]:
    """The attributes of keys; Huffman paths word by word, since they differ in length."""
    found: dict[str, Any] = {}
    for name in sorted(wv.expandos):
        rows = [np.asarray(wv.get_vecattr(key, name)) for key in wv.index_to_key]
        if rows and rows[0].ndim:
            found[name] = digest(np.concatenate(rows)) + f" in {len(rows)}"
        else:
            found[name] = [row.item() for row in rows]
    return found


def of_vectors(wv: KeyedVectors) -> dict[str, Any]:
    """Everything that vectors hold."""
    vectors = np.stack([wv[key] for key in wv.index_to_key]) if len(wv) else np.empty(0)
    stored = wv.vectors.dtype.str if isinstance(wv.vectors, np.ndarray) else type(wv.vectors).__name__
    lockf = digest(wv.vectors_lockf) if hasattr(wv, "vectors_lockf") else None
    return {
        "keys": list(wv.index_to_key), "vectors": digest(vectors), "stored": stored, "columns": columns(wv),
        "lockf": lockf, "note": getattr(wv, "note", None),
    }  # fmt: skip


def of_model(model: Word2Vec) -> dict[str, Any]:
    """Everything that a model holds."""
    arrays = {name: digest(getattr(model, name)) for name in ("syn1", "syn1neg") if hasattr(model, name)}
    if model.cum_table is not None:  # made anew from the counts, by powers that may differ in the last bit
        arrays["cum_table"] = str(model.cum_table.shape)
    raw = model.raw_vocab
    return {
        "wv": of_vectors(model.wv), "arrays": arrays, "raw": sorted(raw.items()) if raw else None,
        "attributes": {name: getattr(model, name, None) for name in ATTRIBUTES},
        "events": [event["event"] for event in model.lifecycle_events or []],
    }  # fmt: skip


def of_phrases(phrases: Phrases | FrozenPhrases) -> dict[str, Any]:
    """Everything that phrases hold, and what they make of a text."""
    words = phrases.vocab if isinstance(phrases, Phrases) else phrases.phrasegrams
    return {
        "words": sorted((str(word), float(count)) for word, count in words.items()),
        "threshold": phrases.threshold, "min_count": phrases.min_count, "delimiter": phrases.delimiter,
        "text": [phrases[sentence] for sentence in TEXT[:9]],
    }  # fmt: skip


def load(path: Path) -> Any:
    """Open a file with the class that its name begins with."""
    if path.suffix == ".pickle":
        return pickle.loads(path.read_bytes())
    kinds = {"model": Word2Vec, "vectors": KeyedVectors, "phrases": Phrases, "frozen": FrozenPhrases}
    return kinds[path.name.partition("_")[0]].load(str(path))


def read(path: Path) -> dict[str, Any]:
    """What a file holds, as JSON can say it."""
    if path.name.startswith("checkpoint"):
        look = Look()
        resumed = resume(path, [look])
        return look.content or plain(of_model(resumed))
    loaded = load(path)
    if isinstance(loaded, Word2Vec):
        return plain(of_model(loaded))
    return plain(of_vectors(loaded) if isinstance(loaded, KeyedVectors) else of_phrases(loaded))


def plain(content: dict[str, Any]) -> dict[str, Any]:
    """The same after it was written and read."""
    back: dict[str, Any] = json.loads(json.dumps(content))
    return back


def resume(path: Path, callbacks: list[Any]) -> Word2Vec:
    """Go on with a copy of a checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(path.read_bytes())
        return Word2Vec.resume(copy, TEXT, callbacks=callbacks)


class Interrupted(Exception):
    """Ends a training from outside."""


class Interrupt:
    """A callback that ends training in its second epoch, after a checkpoint was written."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("on_"):
            raise AttributeError(name)
        return lambda model: None

    def on_epoch_begin(self, model: Word2Vec) -> None:
        if model.epochs_trained == 2:
            raise KeyboardInterrupt


class Look(Interrupt):
    """A callback that notes what a checkpoint holds, and ends training before it goes on."""

    content: dict[str, Any] | None = None

    def on_train_begin(self, model: Word2Vec) -> None:
        self.content = plain(of_model(model))
        raise StopTraining


class Snapshot(Interrupt):
    """A callback that saves and pickles the model while it is trained."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_epoch_begin(self, model: Word2Vec) -> None:
        if model.epochs_trained == 1:
            model.save(str(self.folder / "model_midway.fw2v"))
            (self.folder / "model_midway.pickle").write_bytes(pickle.dumps(model))


def write_models(folder: Path) -> None:
    """Models of every mode, and what may be done to one."""
    for name, changes in MODELS.items():
        Word2Vec(TEXT, **{**SMALL, **changes}).save(str(folder / f"model_{name}.fw2v"))
    grown = Word2Vec(TEXT, **{**SMALL, "hs": 1})
    grown.build_vocab(MORE, update=True)
    grown.train(MORE, total_examples=grown.corpus_count, epochs=1)
    grown.wv.vectors_lockf = np.linspace(0, 1, len(grown.wv), dtype=np.float32)
    grown.own_list, grown.own_text = [1, 2.5, None], "mine"
    grown.wv.set_vecattr("graph", "weight", 2.5)
    grown.wv.set_vecattr("graph", "topic", "mathematics")
    grown.save(str(folder / "model_grown.fw2v"))
    (folder / "model_grown.pickle").write_bytes(pickle.dumps(grown))
    half = Word2Vec(TEXT, **SMALL)
    half.wv = half.wv.quantize("int8")
    half.save(str(folder / "model_int8.fw2v"))
    Word2Vec([[7, 8, 9, 7], [8, 9]] * 5, **SMALL).save(str(folder / "model_integers.fw2v"))
    Word2Vec(**SMALL).save(str(folder / "model_empty.fw2v"))
    counted = Word2Vec(**{**SMALL, "min_count": 5})
    counted.build_vocab(TEXT, keep_raw_vocab=True)
    assert counted.raw_vocab  # makes a dictionary of the counts: 0.1 could not pickle what they were before
    (folder / "model_counted.pickle").write_bytes(pickle.dumps(counted))
    (folder / "model_empty.pickle").write_bytes(pickle.dumps(Word2Vec(**SMALL)))
    Word2Vec(TEXT, **{**SMALL, "sg": 1}, callbacks=[Snapshot(folder)])
    Word2Vec(TEXT, **SMALL).save(str(folder / "model_packed.fw2v.xz"))


def write_checkpoints(folder: Path) -> None:
    """A training that ended, one that was interrupted in its third epoch."""
    Word2Vec(TEXT, **SMALL, checkpoint=str(folder / "checkpoint_finished.fw2v"))
    for name, changes in (("ns", {}), ("hs", {"hs": 1, "negative": 0}), ("softmax", {"softmax": True})):
        path = str(folder / f"checkpoint_{name}.fw2v")
        try:
            Word2Vec(
                TEXT, **{**SMALL, "epochs": 4, **changes}, checkpoint=path, checkpoint_every="1 epoch",
                callbacks=[Interrupt()],
            )  # fmt: skip
        except KeyboardInterrupt:
            continue
        raise AssertionError("the training was to be interrupted")


def write_vectors(folder: Path) -> None:
    """Vectors of each type of number."""
    wv = Word2Vec(TEXT, **SMALL).wv
    wv.note = "of mine"
    wv.set_vecattr("graph", "topic", "mathematics")
    wv.save(str(folder / "vectors_float32.kv"))
    wv.astype("float16").save(str(folder / "vectors_float16.kv"))
    wv.quantize("int8").save(str(folder / "vectors_int8.kv"))
    (folder / "vectors_float32.pickle").write_bytes(pickle.dumps(wv))


def write_phrases(folder: Path) -> None:
    """Phrases, and the smaller form that only finds them."""
    phrases = Phrases(TEXT, min_count=1, threshold=0.5)
    phrases.save(str(folder / "phrases_counts.fw2v"))
    phrases.freeze().save(str(folder / "frozen_phrases.fw2v"))
    (folder / "phrases_counts.pickle").write_bytes(pickle.dumps(phrases))


def main(folder: Path) -> None:
    """Write all files, and what is in them."""
    folder.mkdir(parents=True, exist_ok=True)
    for write in (write_models, write_checkpoints, write_vectors, write_phrases):
        write(folder)
    names = sorted(path.name for path in folder.iterdir() if path.suffix not in (".py", ".json"))
    expected = {name: read(folder / name) for name in names}
    lines = (f"{json.dumps(name)}: {json.dumps(content, ensure_ascii=False)}" for name, content in expected.items())
    text = ",\n".join(lines)
    (folder / "expected.json").write_text("{\n" + text + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
