"""What one pass over a corpus finds: its words and how often each occurs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scan(NamedTuple):
    """Result of one pass over a corpus, words in the order in which they were first seen."""

    keys: Sequence[Hashable]  # may be made on demand
    counts: NDArray[np.int64]  # (n_keys,)
    n_words: int  # raw words, words pruned under max_vocab_size included
    n_sentences: int


ScanProgress = Callable[[int, int, int, float], None]  # (n_sentences, n_words, n_distinct, share of all or 0) so far
