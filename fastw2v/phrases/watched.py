"""A dict that knows whether it was changed since somebody last looked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def _noting(name: str) -> Callable[..., Any]:
    change = getattr(dict, name)

    def method(self: WatchedDict[Any, Any], *args: Any, **kwargs: Any) -> Any:
        self.changed = True
        return change(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Like dict.{name}; the change is noted."
    return method


class WatchedDict(dict[K, V]):
    """A dict with a flag ``changed``, which every method that can change it sets.

    The vocabulary of a phrase model is a native table; its dict form is made on demand, and when a
    program edits the dict, the table is made anew.
    """

    changed: bool = False

    __setitem__ = _noting("__setitem__")
    __delitem__ = _noting("__delitem__")
    __ior__ = _noting("__ior__")
    clear = _noting("clear")
    pop = _noting("pop")
    popitem = _noting("popitem")
    setdefault = _noting("setdefault")
    update = _noting("update")

    def refill(self, items: dict[K, V]) -> None:
        """Take over the items of `items`; this counts as no change."""
        super().clear()
        super().update(items)
        self.changed = False

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
