"""All or nothing: what fails half way leaves objects as they were."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])


@contextmanager
def all_or_nothing(*owners: Any) -> Iterator[None]:
    """Give objects their attributes back if the block raises, whatever it is: MemoryError and Ctrl-C included.

    It is for blocks that put new arrays in the place of old ones: attributes, and the columns of ``expandos``, come
    back as the objects that they were, not as copies.

    Parameters
    ----------
    *owners : object

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> model = SimpleNamespace(keys=["a"])
    >>> try:
    ...     with all_or_nothing(model):
    ...         model.keys, model.vectors = ["a", "b"], bytearray(2**62)
    ... except (MemoryError, OverflowError):
    ...     print(model)
    namespace(keys=['a'])
    """
    kept: list[tuple[dict[str, Any], dict[str, Any]]] = [(owner.__dict__, vars(owner).copy()) for owner in owners]
    kept += [(columns, columns.copy()) for _, before in kept if isinstance(columns := before.get("expandos"), dict)]
    logs = [(events, len(events)) for _, before in kept if isinstance(events := before.get("lifecycle_events"), list)]
    try:
        yield
    except BaseException:
        for now, before in kept:
            for name in [name for name in now if name not in before]:
                del now[name]
            now.update(before)
        for events, n in logs:
            del events[n:]
        raise


def changes_all_or_nothing(method: Method) -> Method:
    """Let a method that raises leave its object, and the vectors ``wv`` of a model, as they were."""

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        owners = (self, self.wv) if "wv" in vars(self) else (self,)
        with all_or_nothing(*owners):
            return method(self, *args, **kwargs)

    return cast(Method, guarded)
