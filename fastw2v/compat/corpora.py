"""Views of corpora (clipped, repeated, in chunks), and the base class that gensim's corpora have.

Public as ``fastw2v.utils``.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator
from typing import Any

from fastw2v._events import note_event

logger = logging.getLogger("fastw2v.utils")


class SaveLoad:
    """Base of objects that keep a log of what happened to them.

    gensim's class of this name also pickles them. This one does not: reading a pickle runs the code
    that it holds. Models and vectors have ``save`` and ``load`` methods of their own.
    """

    lifecycle_events: list[dict[str, Any]] | None

    def add_lifecycle_event(self, event_name: str, log_level: int | None = logging.INFO, **event: Any) -> None:
        """Append an event to ``lifecycle_events`` (set that to None to keep none) and log it.

        Unlike gensim's, an entry does not tell which machine or path it happened on.

        Parameters
        ----------
        event_name : str
        log_level : int or None
            None or 0: do not log.
        **event
            What is worth remembering; must be serialisable as JSON.

        Examples
        --------
        >>> thing = SaveLoad()
        >>> thing.lifecycle_events = []
        >>> thing.add_lifecycle_event("cleaned", n_removed=3)
        >>> [(event["event"], event["n_removed"]) for event in thing.lifecycle_events]
        [('cleaned', 3)]
        """
        note_event(self, logger, event_name, log_level, event)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse to save: see the class.

        Parameters
        ----------
        *args, **kwargs
            Not used.

        Raises
        ------
        NotImplementedError
            Always; models and vectors have methods of their own.

        Examples
        --------
        >>> SaveLoad().save("file")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        NotImplementedError: SaveLoad has no file format of its own. ...
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no file format of its own. Use the pickle module yourself, "
            "on files that nobody else can write"
        )

    @classmethod
    def load(cls, *args: Any, **kwargs: Any) -> Any:
        """Refuse to load: see the class.

        Parameters
        ----------
        *args, **kwargs
            Not used.

        Returns
        -------
        object
            In a subclass that can be saved.

        Raises
        ------
        NotImplementedError
            Always; models and vectors have methods of their own.

        Examples
        --------
        >>> SaveLoad.load("file")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        NotImplementedError: SaveLoad has no file format of its own. ...
        """
        raise NotImplementedError(
            f"{cls.__name__} has no file format of its own. Use the pickle module yourself, "
            "on files that nobody else can write"
        )


class RepeatCorpus(SaveLoad):
    """The first `reps` documents of a corpus, which starts over when it is too short.

    Parameters
    ----------
    corpus : iterable
    reps : int

    Examples
    --------
    >>> list(RepeatCorpus(["a", "b"], 5))
    ['a', 'b', 'a', 'b', 'a']
    """

    def __init__(self, corpus: Iterable[Any], reps: int) -> None:
        self.corpus = corpus
        self.reps = reps

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(itertools.cycle(self.corpus), self.reps)


class RepeatCorpusNTimes(SaveLoad):
    """A corpus, `n` times from beginning to end.

    Parameters
    ----------
    corpus : iterable
    n : int

    Examples
    --------
    >>> list(RepeatCorpusNTimes(["a", "b"], 2))
    ['a', 'b', 'a', 'b']
    """

    def __init__(self, corpus: Iterable[Any], n: int) -> None:
        self.corpus = corpus
        self.n = n

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self.corpus for _ in range(self.n))


class ClippedCorpus(SaveLoad):
    """The first `max_docs` documents of a corpus.

    Parameters
    ----------
    corpus : iterable
    max_docs : int, optional
        None: all.

    Examples
    --------
    >>> list(ClippedCorpus(["a", "b", "c"], 2))
    ['a', 'b']
    """

    def __init__(self, corpus: Any, max_docs: int | None = None) -> None:
        self.corpus = corpus
        self.max_docs = max_docs

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(self.corpus, self.max_docs)

    def __len__(self) -> int:
        n_docs = len(self.corpus)
        return n_docs if self.max_docs is None else min(self.max_docs, n_docs)


class SlicedCorpus(SaveLoad):
    """The documents of a corpus that a slice selects.

    Parameters
    ----------
    corpus : iterable
    slice_ : slice
        Without negative numbers, as in ``itertools.islice``.

    Examples
    --------
    >>> list(SlicedCorpus("abcde", slice(1, None, 2)))
    ['b', 'd']
    """

    def __init__(self, corpus: Iterable[Any], slice_: slice) -> None:
        self.corpus = corpus
        self.slice_ = slice_

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(self.corpus, self.slice_.start, self.slice_.stop, self.slice_.step)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def chunkize_serial(
    iterable: Iterable[Any], chunksize: int, as_numpy: bool = False, dtype: Any = "float32"
) -> Iterator[list[Any]]:
    """Return lists of `chunksize` elements; the last may be shorter.

    Parameters
    ----------
    iterable : iterable
    chunksize : int
    as_numpy : bool
        Make each element an array of type `dtype`.
    dtype : data-type

    Yields
    ------
    list

    Examples
    --------
    >>> list(chunkize_serial(range(5), 2))
    [[0, 1], [2, 3], [4]]
    """
    elements = iter(iterable)
    while chunk := list(itertools.islice(elements, int(chunksize))):
        if as_numpy:
            import numpy as np

            yield [np.array(element, dtype=dtype) for element in chunk]
        else:
            yield chunk


grouper = chunkize_serial


def lazy_flatten(nested_list: Iterable[Any]) -> Iterator[Any]:
    """Return the innermost elements of nested iterables, one after another; a str is one element.

    Parameters
    ----------
    nested_list : iterable

    Yields
    ------
    object

    Examples
    --------
    >>> list(lazy_flatten([["ab", [1]], 2]))
    ['ab', 1, 2]
    """
    for element in nested_list:
        if isinstance(element, Iterable) and not isinstance(element, str):
            yield from lazy_flatten(element)
        else:
            yield element


def flatten(nested_list: Iterable[Any]) -> list[Any]:
    """Return the innermost elements of nested iterables as a list; a str is one element.

    Parameters
    ----------
    nested_list : iterable

    Returns
    -------
    list

    Examples
    --------
    >>> flatten([["ab", [1]], 2])
    ['ab', 1, 2]
    """
    return list(lazy_flatten(nested_list))


for _class in (SaveLoad, RepeatCorpus, RepeatCorpusNTimes, ClippedCorpus, SlicedCorpus):
    _class.__module__ = "fastw2v.utils"  # the path that stays: programs pickle such objects
