"""Put the stand-ins in gensim's place, and take them out again."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from fastw2v.parameters import Threads
from fastw2v.patch.loggers import redirect
from fastw2v.patch.names import COMPILED, GENSIM_VERSION, INDEXERS, MODULES, PACKAGES, SCRIPTS, WITHOUT_GENSIM
from fastw2v.patch.renaming import rename
from fastw2v.patch.standin import Finder, StandIn, packages_of, put, resolve

logger = logging.getLogger("fastw2v.patch")

_undo: list[Callable[[], None]] = []  # what unpatch_gensim has to do, in reverse; empty: not patched


def is_patched() -> bool:
    """Tell whether the patch is in place.

    Returns
    -------
    bool

    Examples
    --------
    >>> import fastw2v
    >>> from fastw2v.patch import is_patched
    >>> fastw2v.patch_gensim()
    >>> is_patched()
    True
    >>> fastw2v.unpatch_gensim()
    >>> is_patched()
    False
    """
    return bool(_undo)


def patch_gensim() -> None:
    """Let programs that import gensim run on this package, until :func:`unpatch_gensim`.

    Call it before the program imports names from gensim: what ``from gensim.models import Word2Vec``
    has bound already stays as it is.  With gensim installed its other parts remain its own; without,
    a package of that name has the parts that exist here.  Calling it twice does nothing.

    Examples
    --------
    >>> import fastw2v
    >>> fastw2v.patch_gensim()
    >>> from gensim.models import Word2Vec
    >>> Word2Vec is fastw2v.Word2Vec
    True
    >>> fastw2v.unpatch_gensim()
    """
    if _undo:
        return
    real = _import_gensim()
    finder = Finder(absent=not real)
    sys.meta_path.insert(0, finder)
    _undo.append(lambda: sys.meta_path.remove(finder))
    _undo.append(redirect())
    _undo.append(rename())
    _undo.append(_setter(Threads, "zero_is_one"))
    Threads.zero_is_one = True
    if real:
        _overlay()
    else:
        _stand_alone()


def unpatch_gensim() -> None:
    """Return programs that import gensim from now on gensim itself again.

    Examples
    --------
    >>> import fastw2v
    >>> fastw2v.patch_gensim()
    >>> fastw2v.unpatch_gensim()
    >>> fastw2v.patch.is_patched()
    False
    """
    while _undo:
        _undo.pop()()


def _import_gensim() -> bool:
    """Import as much of gensim as will be overlaid; False if it is not there, or cannot be imported."""
    if "gensim" not in sys.modules and importlib.util.find_spec("gensim") is None:
        return False
    before = set(sys.modules)
    try:
        # doc2vec and fasttext bind gensim's own base classes while these still are what import gives.
        for name in (*MODULES, "gensim.models.doc2vec", "gensim.models.fasttext"):
            importlib.import_module(name)
    except ImportError as error:
        logger.warning("gensim is installed, but cannot be imported (%s): going on without it", error)
        for name in [name for name in sys.modules if name.split(".")[0] == "gensim" and name not in before]:
            del sys.modules[name]
        return False
    return True


def _replace(name: str, module: ModuleType) -> None:
    old = sys.modules.get(name)
    put(name, module)
    _undo.append(lambda: put(name, old))


def _overlay() -> None:
    """Gensim is there: our names before its own."""
    _keep_picklable()
    _let_indexers_take_both()
    for name, table in (MODULES | COMPILED).items():
        if name in sys.modules:
            _replace(name, StandIn(name, table, sys.modules[name]))
    for name, table in PACKAGES.items():
        package = sys.modules[name]
        for attribute, target in table.items():
            _undo.append(_setter(package, attribute))
            setattr(package, attribute, resolve(target))
    for name in SCRIPTS:
        old = sys.modules.pop(name, None)
        _undo.append(lambda name=name, old=old: put(name, old))  # type: ignore[misc]


def _setter(package: Any, attribute: str) -> Callable[[], None]:
    old = getattr(package, attribute)
    return lambda: setattr(package, attribute, old)


def _let_indexers_take_both() -> None:
    """Let gensim's indexers take our models and vectors, and those that ``Doc2Vec`` and ``FastText`` hold."""
    for name in INDEXERS:
        with contextlib.suppress(ImportError):  # NMSLIB is not installed: nobody can use that one
            indexer = importlib.import_module(name)
            for attribute, target in PACKAGES["gensim.models"].items():
                if hasattr(indexer, attribute):
                    _undo.append(_setter(indexer, attribute))
                    # isinstance takes a tuple of classes wherever it takes a class
                    setattr(indexer, attribute, (resolve(target), getattr(indexer, attribute)))


def _keep_picklable() -> None:
    """Let gensim's own classes be pickled by a name that still leads to them.

    ``Doc2Vec`` and ``FastText`` models hold gensim's own ``KeyedVectors``; pickle refuses a class whose
    name leads to another one.  ``gensim.models.doc2vec`` has both under the same names, in every gensim 4,
    so that files written now can be read without the patch.
    """
    home = sys.modules["gensim.models.doc2vec"]
    for module, name in (("gensim.models.keyedvectors", "KeyedVectors"), ("gensim.models.word2vec", "Word2Vec")):
        real = getattr(sys.modules[module], name)
        if getattr(home, name, None) is real:
            real.__module__ = home.__name__
            _undo.append(lambda real=real, module=module: setattr(real, "__module__", module))  # type: ignore[misc]
    utils = sys.modules["gensim.utils"]
    unpickle = utils.unpickle
    utils.unpickle = _unpickle_real  # type: ignore[attr-defined]
    _undo.append(lambda: setattr(utils, "unpickle", unpickle))


def _unpickle_real(fname: str) -> object:
    """Gensim's own loading: its classes, whatever the patch put in their place."""
    import pickle

    home = sys.modules["gensim.models.doc2vec"]
    renamed = {
        "gensim.models.keyedvectors": {"KeyedVectors", "Word2VecKeyedVectors", "EuclideanKeyedVectors"},
        "gensim.models.word2vec": {"Word2Vec"},
    }

    class Unpickler(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> object:
            if name in renamed.get(module, ()):
                return getattr(home, "Word2Vec" if name == "Word2Vec" else "KeyedVectors")
            return super().find_class(module, name)

    from smart_open import open as smart_open

    with smart_open(fname, "rb") as file:
        return Unpickler(file, encoding="latin1").load()


def _stand_alone() -> None:
    """There is no gensim: a package of that name with our parts."""
    tables = {name: dict(table) for name, table in (MODULES | COMPILED).items()}
    for name, table in WITHOUT_GENSIM.items():
        tables.setdefault(name, {}).update(table)
    for name in packages_of([*tables, *SCRIPTS]):
        _replace(name, StandIn(name, PACKAGES.get(name, {}), None, package=True))
    for name, table in tables.items():
        _replace(name, StandIn(name, table, None))
    sys.modules["gensim"].__version__ = GENSIM_VERSION  # type: ignore[attr-defined]
    _undo.append(_forget_scripts)


def _forget_scripts() -> None:
    for name in SCRIPTS:
        put(name, None)
