"""The attribute ``vectors``, and a sketch of what it shows: a quarter of the memory to read for one question.

Whoever has the array may write to it, and no question may be answered from old numbers. So a sketch is made when nobody
but the attribute holds the array, and is thrown away when the attribute is next read or set, for the reader may write.
What only asks takes the array from :func:`rows`, which throws nothing away. Who reaches past the attribute, into
``__dict__``, and writes and lets go between two questions, writes unseen: a second look at who holds the array, before
each question, finds only those who still do.
"""

from __future__ import annotations

import math
import weakref
from typing import Any

import numpy as np

from fastw2v.checks import checked_integer
from fastw2v.query.search import Sketch, sketch_of
from fastw2v.train import _rows

MOST_BYTES = 48 << 20  # of a sketch, unless a user says more: no question takes more than 64 MB, whatever the table
LEAST_NUMBERS = 1 << 19  # of a table: a smaller one is in a near cache as it is


class _Kept:
    """What is known of one table: for how many questions to wait, and then its sketch."""

    def __init__(self, owner: Any) -> None:
        number = id(owner)
        self.owner = weakref.ref(owner, lambda _: _kept.pop(number, None))
        self.table = weakref.ref(owner.__dict__["vectors"])
        self.given = owner.sketch_bytes
        self.most_bytes = checked_integer("sketch_bytes", self.given, 0, f"{MOST_BYTES} is the default")
        self.patience = self.wait = 1.0
        self.sketch: Sketch | None = None


_kept: dict[int, _Kept] = {}  # by the address of the object whose vectors they are


def forget(owner: Any) -> None:
    """Throw the sketches of an object's vectors away, those of its shallow copies too: somebody may write to them."""
    if _kept:
        table = owner.__dict__.get("vectors")
        for number in list(_kept):  # a list of pairs would make objects, and a collection of garbage forgets others
            kept = _kept.get(number)
            if kept is not None and (kept.owner() is owner or kept.table() is table):
                _kept.pop(number, None)


class VectorsAttribute:
    """The attribute ``vectors`` of a class; the array stands in the ``__dict__`` of the object, as any other."""

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        if owner is None:
            return self
        forget(owner)
        try:
            return owner.__dict__["vectors"]
        except KeyError:
            raise AttributeError(f"{type(owner).__name__!r} object has no attribute 'vectors'") from None

    def __set__(self, owner: Any, vectors: Any) -> None:
        forget(owner)
        owner.__dict__["vectors"] = vectors

    def __delete__(self, owner: Any) -> None:
        forget(owner)
        if owner.__dict__.pop("vectors", None) is None:
            raise AttributeError(f"{type(owner).__name__!r} object has no attribute 'vectors'")


def rows(owner: Any) -> Any:
    """Return the vectors of an object to a caller that only reads them, and lets go of them."""
    try:
        return owner.__dict__["vectors"]
    except KeyError:  # a subclass may have a property of its own
        return owner.vectors


def sketch(owner: Any) -> Sketch | None:
    """Return a sketch of the vectors of an object that is true at this moment, or None.

    The second question in a row makes it, which takes as long as two. If others hold the array, perhaps as they ask at
    the same time, it is thrown away, and the next one is made after twice as many questions.

    Parameters
    ----------
    owner : object
        With a :class:`VectorsAttribute`, and ``sketch_bytes``.

    Returns
    -------
    Sketch or None

    Raises
    ------
    ConfigError
        If ``sketch_bytes`` is no integer, or below 0.
    """
    names = owner.__dict__
    if not isinstance(names.get("vectors"), np.ndarray) or names["vectors"].size < LEAST_NUMBERS:
        return None
    kept = _kept.get(id(owner))
    same = kept is not None and kept.owner() is owner and kept.table() is names["vectors"]
    if kept is None or not same or kept.given is not owner.sketch_bytes:
        _kept[id(owner)] = _Kept(owner)
        return None
    if not _rows.alone(names, "vectors"):  # here no variable may hold it
        kept.sketch, kept.patience = None, 2 * kept.patience
        kept.wait = kept.patience
    elif kept.sketch is None:
        kept.wait -= 1
        if kept.wait <= 0:
            kept.sketch = sketch_of(names["vectors"], kept.most_bytes)
            kept.wait = math.inf if kept.sketch is None else 0.0
    return kept.sketch
