from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.phrases._counts import PhraseTable
from fastw2v.phrases._segment import Rule

def spell(
    buffer: bytearray, start: int, n_bytes: int, ids: NDArray[np.int32], strings: list[str], n_known: int
) -> None: ...

class Sentences(Iterator[list[str]]):
    def __init__(self, strings: list[str], ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> None: ...
    def __iter__(self) -> Sentences: ...
    def __next__(self) -> list[str]: ...

class Joiner:
    def __init__(
        self,
        table: PhraseTable,
        rule: Rule,
        strings: list[str],
        put: Callable[[list[str]], NDArray[np.int32]],
        by_text: Callable[[list[str]], list[str]],
        whole: tuple[PhraseTable, Rule] | None = None,
    ) -> None: ...
    def find(
        self,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        pairs_of: Callable[[list[str]], list[tuple[str, Any]]],
    ) -> list[tuple[str, Any]]: ...
    def join(
        self, ids: NDArray[np.int32], offsets: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]: ...
