"""What authors of classes take from ``gensim.utils``: deprecation, random states, methods of the class alone.

Public as ``fastw2v.utils``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NoReturn, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def get_random_state(seed: Any) -> Any:
    """Return a ``numpy.random.RandomState``.

    Parameters
    ----------
    seed : None, int or RandomState
        None (or ``numpy.random``): numpy's global one. A RandomState is given back.

    Returns
    -------
    numpy.random.RandomState

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> get_random_state(1).randint(100) == get_random_state(1).randint(100)
    True
    """
    import numbers

    import numpy as np

    if seed is None or seed is np.random:
        return np.random.mtrand._rand
    if isinstance(seed, numbers.Integral):
        return np.random.RandomState(int(seed))
    if isinstance(seed, np.random.RandomState):
        return seed
    raise ValueError(f"seed={seed!r} is a {type(seed).__name__}: give None, an int or a numpy RandomState")


def call_on_class_only(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise an error: a class puts this over its ``load`` in its instances.

    Parameters
    ----------
    *args, **kwargs
        Not used.

    Raises
    ------
    AttributeError
        Always.

    Examples
    --------
    >>> class Table:
    ...     def __init__(self):
    ...         self.load = call_on_class_only
    >>> Table().load("file")
    Traceback (most recent call last):
        ...
    AttributeError: call this method on the class, not on an object of it
    """
    raise AttributeError("call this method on the class, not on an object of it")


def deprecated(reason: str | type | Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function as deprecated: each call warns.

    Parameters
    ----------
    reason : str, or the function itself
        Used as ``@deprecated("use f instead")`` or as ``@deprecated``.

    Returns
    -------
    callable

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> import warnings
    >>> @deprecated("use total instead")
    ... def add(a, b):
    ...     return a + b
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     add(1, 2), str(caught[0].message)
    (3, 'Call to deprecated `add` (use total instead).')
    """
    if not (isinstance(reason, str) or callable(reason)):
        raise TypeError(f"deprecated({reason!r}): give the reason as a str")

    def decorate(function: F, why: str = "") -> F:
        @wraps(function)
        def warn_and_call(*args: Any, **kwargs: Any) -> Any:
            message = f"Call to deprecated `{function.__name__}`{why}."
            warnings.warn(message, category=DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)

        return warn_and_call  # type: ignore[return-value]

    if isinstance(reason, str):
        return lambda function: decorate(function, f" ({reason})")
    return decorate(reason)


@contextmanager
def ignore_deprecation_warning() -> Iterator[None]:
    """Silence DeprecationWarning within a ``with`` block.

    Yields
    ------
    None

    Examples
    --------
    >>> import warnings
    >>> with ignore_deprecation_warning():
    ...     warnings.warn("old", DeprecationWarning)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=DeprecationWarning)
        yield
