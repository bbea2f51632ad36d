"""``KeyedVectors`` is one class that is read from top to bottom; following names leads to what its methods do."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import fastw2v
from fastw2v import KeyedVectors
from fastw2v.keyedvectors import FastTextKeyedVectors

PACKAGE = Path(fastw2v.__file__).parent
TREE = ast.parse((PACKAGE / "keyedvectors.py").read_text("utf-8"))
CLASSES = [node for node in TREE.body if isinstance(node, ast.ClassDef)]
METHODS = [
    pytest.param(node, id=f"{cls.name}.{node.name}")
    for cls in CLASSES
    for node in cls.body
    if isinstance(node, ast.FunctionDef)
]
PUBLIC = [name for name in vars(KeyedVectors) if not name.startswith("_") and callable(getattr(KeyedVectors, name))]
LONGEST_BODY = 15  # statements; most bodies have one to five


@pytest.fixture
def kv() -> KeyedVectors:
    made = KeyedVectors(2)
    made.add_vectors(["king", "queen", "cabbage"], [[1, 2], [1, 3], [-1, 0]])
    return made


def test_few_bases() -> None:
    for cls, most in ((KeyedVectors, 2), (FastTextKeyedVectors, 3)):
        ours = [base for base in cls.__mro__ if base.__module__.startswith("fastw2v")]
        assert len(ours) <= most, ours


def test_no_attribute_is_declared_for_type_checkers_alone() -> None:
    for folder in (PACKAGE / "vectors", PACKAGE / "query"):
        trees = [ast.parse(path.read_text("utf-8")) for path in folder.glob("*.py")]
        classes = [node for tree in [TREE, *trees] for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        for cls in classes:
            if "NamedTuple" not in map(ast.unparse, cls.bases):
                declared = [node for node in cls.body if isinstance(node, ast.AnnAssign) and node.value is None]
                assert not declared, f"{cls.name}: {ast.unparse(declared[0])}"


@pytest.mark.parametrize("method", METHODS)
def test_bodies_are_short(method: ast.FunctionDef) -> None:
    """What takes longer is a function of vectors/ or query/."""
    inner = [node for node in ast.walk(method) if isinstance(node, ast.stmt) and node is not method]
    assert len(inner) - bool(ast.get_docstring(method)) <= LONGEST_BODY


@pytest.mark.parametrize("name", PUBLIC)
def test_every_method_is_documented(name: str) -> None:
    method = getattr(KeyedVectors, name)
    text = inspect.getdoc(method) or ""
    signature = inspect.signature(method)
    if [parameter for parameter in signature.parameters if parameter != "self"]:
        section = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
        described = " ".join(line for line in section.splitlines() if not line.startswith(" "))
        for parameter in signature.parameters:
            assert parameter == "self" or parameter in described, f"{name}: {parameter}"
    if signature.return_annotation != "None":
        assert "Returns\n-------\n" in text
    if "raise " in inspect.getsource(method):
        assert "Raises\n------\n" in text
    assert "Examples\n--------\n>>> " in text


def test_a_word_comes_to_its_scores_through_six_files(kv: KeyedVectors) -> None:
    """From the call to the compiled cosines: every step is a call that has the word, or its vector, as an argument."""
    seen: list[str] = []

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and PACKAGE in path.parents:
            name = path.relative_to(PACKAGE).as_posix()
            if name not in seen:
                seen.append(name)

    kv.most_similar("king", topn=None)  # what is imported on the first call
    sys.setprofile(watch)
    try:
        scores = kv.most_similar("king", topn=None)
    finally:
        sys.setprofile(None)
    np.testing.assert_allclose(scores[0], 1)
    parts = ["vectors/neighbours.py", "checks.py", "vectors/sketched.py", "query/similarity.py", "query/cosines.py"]
    assert seen == ["keyedvectors.py", *parts]


def test_the_watch_sees_another_file(kv: KeyedVectors) -> None:
    """The test above can fail: a subclass elsewhere that asks another file on the way is seen."""

    class Elsewhere(KeyedVectors):
        def get_vector(self, key: Any, norm: bool = False, **options: Any) -> Any:
            from fastw2v.vectors.missing import closest_keys

            closest_keys(key, self.index_to_key)
            return super().get_vector(key, norm, **options)

    made = Elsewhere(2)
    made.add_vectors(kv.index_to_key, kv.vectors)
    with pytest.raises(AssertionError, match="missing"):
        test_a_word_comes_to_its_scores_through_six_files(made)
