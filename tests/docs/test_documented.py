"""Every public function and method says what it takes, gives and raises, and shows an example.

What is meant by public: the methods of the classes that users meet, and the functions of the modules that they import.
A class or function that joins them is found by itself, so a missing section cannot come in unseen.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pkgutil
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fastw2v import KeyedVectors, Word2Vec, phrases, scripts
from fastw2v import text as text_folder
from fastw2v.compat import old_names

CLASSES = (Word2Vec, KeyedVectors, phrases.Phrases, phrases.FrozenPhrases)
MODULES = (
    "", "utils", "plot", "plot.curves", "plot.maps", "plot.matrices", "files", "demo", "patch", "phrases", "formats",
    "train.weights",
)  # fmt: skip
FOLDERS = (scripts, text_folder)  # all modules of them


def modules() -> Iterator[str]:
    yield from MODULES
    for folder in FOLDERS:
        inside = [module.name for module in pkgutil.iter_modules(folder.__path__) if not module.name.startswith("_")]
        yield from (f"{folder.__name__.removeprefix('fastw2v.')}.{name}" for name in inside)


# What is missing still. It may only shrink: a line that is right by now has to go.
MISSING: dict[str, str] = {}


def sections(text: str) -> set[str]:
    lines = text.splitlines()
    return {name.strip() for name, line in itertools.pairwise(lines) if line.strip() and not line.strip("- ")}


def raises(function: Callable[..., Any]) -> bool:
    """Tell whether the body itself, not what it calls, raises a new error."""
    (outer,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body

    def own(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
                yield child
                yield from own(child)

    return any(isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) for node in own(outer))


def lacks(function: Callable[..., Any]) -> str:
    """Return the names of what a docstring lacks, "" if it is complete."""
    function = inspect.unwrap(function)
    text = inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    has = sections(text)
    returns = signature.return_annotation not in (None, "None", "NoReturn", inspect.Signature.empty)
    wanted = {
        "Parameters": bool(set(signature.parameters) - {"self", "cls"}),
        "Returns": returns and "Yields" not in has,
        "Raises": raises(function),
    }
    missing = [name for name, needed in wanted.items() if needed and name not in has]
    return ", ".join(missing + ["example"] * (">>>" not in text))


def methods(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in dir(kind):
        found = inspect.getattr_static(kind, name)
        found = found.__func__ if isinstance(found, (classmethod, staticmethod)) else found
        ours = inspect.isfunction(found) and found.__module__.startswith("fastw2v")
        if ours and not name.startswith("_") and found.__module__ != old_names.__name__:
            yield f"{kind.__name__}.{name}", found


def functions(name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    module = importlib.import_module(f"fastw2v.{name}".rstrip("."))
    own = [key for key in vars(module) if getattr(vars(module)[key], "__module__", "") == module.__name__]
    for key in getattr(module, "__all__", [key for key in own if not key.startswith("_")]):
        if inspect.isfunction(found := getattr(module, key)):
            yield f"{name}.{key}".lstrip("."), found


PUBLIC = dict(pair for kind in CLASSES for pair in methods(kind))
PUBLIC |= dict(pair for name in modules() for pair in functions(name))


def test_what_users_meet_is_found() -> None:
    assert {"Word2Vec.train", "KeyedVectors.most_similar", "Phrases.freeze", "utils.tokenize", "plot.pca"} <= set(
        PUBLIC
    )
    assert {"scripts.glove2word2vec.main", "patch.patch_gensim", "demo.main", "files.load"} <= set(PUBLIC)
    assert {"load", "show_config", "patch_gensim"} <= set(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_is_documented(name: str) -> None:
    found = set(lacks(PUBLIC[name]).split(", ")) - {""}
    if name in MISSING:
        assert found, f"{name} is complete: take it off the list of what is missing"
    assert found <= set(MISSING.get(name, "").split(", ")), f"{name}: its docstring lacks {', '.join(sorted(found))}"


def test_the_list_names_nothing_else() -> None:
    assert set(MISSING) <= set(PUBLIC)


def test_what_a_docstring_lacks_is_found() -> None:
    def bare(value: int) -> int:
        """Return it."""
        if value < 0:
            raise ValueError(value)
        return value

    def complete(value: int) -> int:
        """Return it.

        Parameters
        ----------
        value : int

        Returns
        -------
        int

        Examples
        --------
        >>> complete(1)
        1
        """
        return value

    assert lacks(bare) == "Parameters, Returns, Raises, example"
    assert lacks(complete) == ""
