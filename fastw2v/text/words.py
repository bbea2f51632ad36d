"""The words of a scan, made on demand."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from operator import index
from typing import Any, Protocol, overload


class Table(Protocol):
    """What is asked of a table of words (``_tokenize.WordTable``)."""

    def __len__(self) -> int: ...

    def word(self, i: int, /) -> Hashable:
        """Return the word that has this id."""


class Words(Sequence[Hashable]):
    """The words of a table, each made when it is asked for: most words of a text are rare and never are.

    Equal to the list of its words.

    Parameters
    ----------
    table : WordTable
        Must not grow any more.
    foreign : dict of int to hashable
        Tokens that are neither text nor whole numbers, by id.
    """

    __slots__ = ("_foreign", "_table")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, table: Table, foreign: dict[int, Hashable]) -> None:
        self._table = table
        self._foreign = foreign

    def __len__(self) -> int:
        return len(self._table)

    @overload
    def __getitem__(self, place: int) -> Hashable: ...
    @overload
    def __getitem__(self, place: slice) -> list[Hashable]: ...
    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        i = index(place)
        i += len(self) if i < 0 else 0
        return self._foreign[i] if i in self._foreign else self._table.word(i)

    def __iter__(self) -> Iterator[Hashable]:
        word = self._table.word
        if not self._foreign:
            return map(word, range(len(self)))
        return (self._foreign[i] if i in self._foreign else word(i) for i in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (list, Words)) else NotImplemented
