"""``Word2Vec`` reads from top to bottom, and what goes into it can be followed to the kernels."""

from __future__ import annotations

import ast
import copy
import pickle
import re
import sys
import traceback
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastw2v
from fastw2v import Word2Vec
from fastw2v.model import plans
from fastw2v.train import threads

PACKAGE = Path(fastw2v.__file__).parent
SOURCES = [PACKAGE / "word2vec.py", PACKAGE / "parameters.py", *sorted((PACKAGE / "model").glob("*.py"))]
TEXT = [["a", "b", "c", "d"], ["b", "c", "e"]] * 20
SMALL: dict[str, Any] = {"vector_size": 8, "min_count": 1, "workers": 1, "epochs": 1}


def test_the_class_has_one_base_of_ours() -> None:
    ours = [base.__name__ for base in Word2Vec.__mro__ if base.__module__.startswith("fastw2v")]
    assert ours == ["Word2Vec", "DeprecatedWord2VecNames"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_attribute_is_declared_for_type_checkers_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            is_record = any("dataclass" in ast.unparse(one) for one in node.decorator_list)
            is_record |= any(ast.unparse(base) in ("NamedTuple", "Protocol") for base in node.bases)
            for part in node.body:
                assert not (isinstance(part, ast.If) and "TYPE_CHECKING" in ast.unparse(part.test)), node.name
                assert is_record or not (isinstance(part, ast.AnnAssign) and part.value is None), node.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_functions_of_the_model_never_reach_back_into_the_class(path: Path) -> None:
    if path.name != "word2vec.py":
        assert not re.search(r"import Word2Vec|fastw2v\.word2vec import", path.read_text("utf-8"))


def files_of(stack: list[traceback.FrameSummary]) -> list[str]:
    """Files of the package on a stack, outermost first, each as long as calls stay in it once."""
    inside = [Path(frame.filename) for frame in stack if Path(frame.filename).is_relative_to(PACKAGE)]
    return [path.relative_to(PACKAGE).as_posix() for path, _ in groupby(inside)]


def test_sentences_are_handed_from_the_constructor_to_the_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through few files, none of them twice: what starts the threads, and then what a thread calls."""
    stacks: dict[str, list[traceback.FrameSummary]] = {}
    start, kernels = threads.EpochRun.run, plans.kernels

    def run(self: threads.EpochRun, *arguments: Any, **named: Any) -> Any:
        stacks["caller"] = traceback.extract_stack(sys._getframe(1))
        return start(self, *arguments, **named)

    class Kernels:
        Plan, Scratch = kernels.Plan, kernels.Scratch

        def train_chunk(self, *arguments: Any, **named: Any) -> Any:
            stacks["worker"] = traceback.extract_stack(sys._getframe(1))
            return kernels.train_chunk(*arguments, **named)

    monkeypatch.setattr(threads.EpochRun, "run", run)
    monkeypatch.setattr(plans, "kernels", Kernels())
    Word2Vec(TEXT * 50, **SMALL)  # several chunks: a single one is trained by the caller
    files = files_of(stacks["caller"]) + files_of(stacks["worker"])
    assert files.pop(0) == "presets.py"  # around the constructor
    assert files == ["word2vec.py", "model/training.py", "train/loop.py", "train/threads.py", "train/job.py"]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_model_whose_counts_are_kept_can_be_copied(copied: Any) -> None:
    model = Word2Vec(**SMALL)
    model.build_vocab(TEXT, keep_raw_vocab=True)
    again = copied(model)
    assert again.raw_vocab == model.raw_vocab == {"a": 20, "b": 40, "c": 40, "d": 20, "e": 20}
    np.testing.assert_array_equal(again.wv.vectors, model.wv.vectors)
    assert again.train(TEXT, total_examples=40, epochs=1)[1] == 140


class Own(Word2Vec):
    """A program's own model, with a constructor that has nothing to do with ours."""

    def __init__(self, language: str) -> None:
        self.language = language
        super().__init__(**SMALL)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_subclass_with_its_own_constructor_is_copied(copied: Any) -> None:
    model = Own("en")
    model.build_vocab(TEXT)
    again = copied(model)
    assert (type(again), again.language, again.wv.index_to_key) == (Own, "en", model.wv.index_to_key)
    assert again.train(TEXT, total_examples=40, epochs=1)[1] == 140
