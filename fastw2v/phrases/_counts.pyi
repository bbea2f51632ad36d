from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.phrases._words import PhraseWords

class PhraseTable(PhraseWords):
    def __len__(self) -> int: ...
    def learn(
        self,
        sentences: Iterable[Iterable[str]],
        max_vocab_size: float,
        progress_per: int,
        report: Callable[[int, int, int], None],
    ) -> tuple[int, int, int]: ...
    def learn_encoded(
        self,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        words: list[Any],
        tokens: NDArray[np.uint32],
        max_vocab_size: float,
        min_reduce: int,
    ) -> int: ...
    def prune(self, min_count: int) -> int: ...
    def merge(self, other: PhraseTable) -> None: ...
    def get(self, text: str) -> int: ...
    def set(self, text: str, count: int) -> None: ...
    def seal(self) -> None: ...
    def to_dict(self) -> dict[str, int]: ...
