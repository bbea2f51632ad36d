"""Modules that stand in for gensim's: our names first, then gensim's own where it is installed."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from fastw2v.patch.names import GENSIM_VERSION, REFUSED, SCRIPTS


def resolve(target: str) -> Any:
    """Give what ``"module:attribute"`` names."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def not_here(name: str) -> str:
    """Explain that a part of gensim is missing."""
    return (
        f"{name}: this program runs on fastw2v in place of gensim (fastw2v.patch_gensim), which has Word2Vec, "
        "KeyedVectors, Phrases and what belongs to them; for the other parts of gensim, install it: pip install gensim"
    )


class StandIn(ModuleType):
    """A module of gensim's name that serves the names of a table, and all others from ``real``."""

    def __init__(self, name: str, table: Mapping[str, str], real: ModuleType | None, package: bool = False) -> None:
        super().__init__(name, getattr(real, "__doc__", None))
        self._table = table
        self._real = real
        self.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=package)
        self.__package__ = name if package else name.rpartition(".")[0]
        if package:
            self.__path__: list[str] = []
        if real is not None and getattr(real, "__file__", None):
            self.__file__ = real.__file__

    def __getattr__(self, name: str) -> Any:
        if name == "__pyx_capi__" and self._real is not None:  # what compiled modules cimport
            return getattr(self._real, name)
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if name in self._table:
            value = resolve(self._table[name])
            setattr(self, name, value)
            return value
        if name in REFUSED:
            raise ImportError(f"{self.__name__}.{name} is not available under fastw2v.patch_gensim: {REFUSED[name]}")
        if self._real is not None:
            return getattr(self._real, name)
        if name.startswith("_"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        # An AttributeError's message would be lost in `from gensim.models import LdaModel`.
        raise ImportError(not_here(f"{self.__name__}.{name}"), name=self.__name__)

    def __dir__(self) -> list[str]:
        own = {name for name in vars(self) if name not in ("_table", "_real")}
        return sorted(own | set(self._table) | (set(dir(self._real)) if self._real is not None else set()))


class _AsItIs(importlib.abc.Loader):
    """Loads a stand-in that is there already: `importlib.reload` would run gensim's source in it."""

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it is."""


class _Distribution(importlib.metadata.Distribution):
    """The metadata of the gensim that the stand-in is."""

    def read_text(self, filename: str) -> str | None:
        if filename == "METADATA":
            return (
                f"Metadata-Version: 2.1\nName: gensim\nVersion: {GENSIM_VERSION}\n"
                "Summary: stand-in: the parts of gensim that fastw2v has\n"
            )
        return None

    def locate_file(self, path: Any) -> Any:
        raise FileNotFoundError(f"{path}: gensim is not installed, fastw2v stands in for it")


class Finder(importlib.metadata.DistributionFinder):
    """Finds our scripts under gensim's names and, where there is no gensim, answers for all of it."""

    def __init__(self, absent: bool) -> None:
        self._absent = absent

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the spec of a module; raises where gensim is absent and the module is one of its other parts."""
        del path
        if isinstance(target, StandIn):
            return importlib.machinery.ModuleSpec(fullname, _AsItIs(), is_package=hasattr(target, "__path__"))
        if fullname in SCRIPTS:
            ours = importlib.util.find_spec(SCRIPTS[fullname])
            if ours is not None and ours.origin is not None:
                return importlib.util.spec_from_file_location(fullname, ours.origin)
        if self._absent and fullname.startswith("gensim."):
            raise ModuleNotFoundError(not_here(fullname), name=fullname)
        return None

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context | None = None
    ) -> Iterable[importlib.metadata.Distribution]:
        """Give gensim's metadata where there is none."""
        name = getattr(context, "name", None)
        return [_Distribution()] if self._absent and name is not None and name.lower() == "gensim" else []

    def invalidate_caches(self) -> None:
        """Nothing is cached."""


def packages_of(names: Iterable[str]) -> list[str]:
    """All packages above some modules, outer ones first."""
    found = {name.rsplit(".", depth)[0] for name in names for depth in range(1, name.count(".") + 1)}
    return sorted(found, key=lambda name: name.count("."))


def put(name: str, module: ModuleType | None) -> None:
    """Make ``module`` the one that ``import name`` gives; None removes it."""
    parent, _, child = name.rpartition(".")
    if module is None:
        sys.modules.pop(name, None)
        if parent in sys.modules:
            vars(sys.modules[parent]).pop(child, None)
        return
    sys.modules[name] = module
    if parent:
        setattr(sys.modules[parent], child, module)
