"""Our classes under gensim's module names, for programs that tell vectors by ``"gensim" in str(type(wv))``.

While the patch lasts, each class that stands in for one of gensim's has that one's ``__module__``. Pickles and copies
keep to our names: what is pickled under the patch loads without it, and the other way round.
"""

from __future__ import annotations

import copyreg
import importlib
from collections.abc import Callable
from typing import Any

from fastw2v.patch.names import FOUND_BY_TYPE, MODULES


def classes() -> dict[type, str]:
    """Our classes that stand in for gensim's, and the module of gensim that each is defined in there."""
    found: dict[type, str] = {}
    for module, table in (*MODULES.items(), *FOUND_BY_TYPE.items()):  # of several modules, the last one defines it
        for name, target in table.items():
            home, _, attribute = target.partition(":")
            value = getattr(importlib.import_module(home), attribute)
            if isinstance(value, type) and value.__module__.startswith("fastw2v.") and value.__name__ == name:
                found[value] = module
    return found


def rename() -> Callable[[], None]:
    """Give our classes gensim's module names; give the function that undoes it."""
    undo = [_renamed(kind, module) for kind, module in classes().items()]

    def restore() -> None:
        for step in undo:
            step()

    return restore


def _renamed(kind: type, module: str) -> Callable[[], None]:
    ours = kind.__module__

    def reduced(value: Any) -> tuple[Any, ...]:
        """What pickle and copy make of an object, with our name in place of the class."""
        function, arguments, *rest = value.__reduce_ex__(4)
        assert function.__name__ == "__newobj__", f"{kind.__name__} is pickled in its own way"
        return new, (ours, kind.__qualname__, *arguments[1:]), *rest

    kind.__module__ = module
    copyreg.pickle(kind, reduced)  # of this class alone: a program's own have their names

    def restore() -> None:
        kind.__module__ = ours
        copyreg.dispatch_table.pop(kind, None)

    return restore


def new(module: str, name: str, *arguments: Any) -> Any:
    """Make an object of one of our classes without its constructor: what pickles of the patch begin with.

    Parameters
    ----------
    module, name : str
        Of a class of this package.
    *arguments
        Of its ``__new__``.

    Returns
    -------
    object

    Examples
    --------
    >>> type(new("fastw2v.keyedvectors", "KeyedVectors")).__name__
    'KeyedVectors'
    """
    kind = getattr(importlib.import_module(module), name)
    return kind.__new__(kind, *arguments)
