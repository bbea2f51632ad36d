"""What crosses the border between text and training: chunks of word ids.

Chunk borders depend on the corpus alone, never on the number of workers, so that a random stream
keyed by (seed, epoch, chunk index) gives every run the same windows and noise words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fastw2v.text.scan import Scan, ScanProgress
from fastw2v.text.vocab import Vocab


class Chunk(NamedTuple):
    """Consecutive sentences as word ids; words outside the vocabulary are left out of ``ids``.

    A sentence that is longer than the corpus allows (10,000 words, if it does not say) is cut: in
    ``offsets`` its pieces are sentences of their own. ``n_sentences`` counts what the source calls a
    sentence: all pieces of a long line, as gensim's LineSentence does, but a long token list once.
    """

    ids: NDArray[np.int32]  # (n_known_words,)
    offsets: NDArray[np.int64]  # (n_pieces + 1,), piece s is ids[offsets[s]:offsets[s + 1]], maybe empty
    n_words: int  # raw words of the source, unknown ones included
    n_sentences: int  # raw sentences of the source


class PendingChunk(NamedTuple):
    """A chunk whose size is known and whose ids are produced where and when they are needed.

    ``encode`` may be called from any thread, and by one at a time; native sources run it without the GIL.
    """

    n_words: int
    n_sentences: int
    encode: Callable[[], Chunk]


class Source(Protocol):
    """A corpus, whatever it is made of, as a stream of chunks for each epoch."""

    @property
    def fixed(self) -> bool:
        """True: every epoch is the same (file, list, arrays); False: a foreign iterable, or a list that changed."""

    @property
    def bound(self) -> bool:
        """True: epochs draw on an iterable of the program, which belongs to the thread that calls."""

    def scan(self, progress: ScanProgress | None = None) -> Scan:
        """Count every word, in one pass; may keep the encoded corpus for :meth:`epoch`."""

    def settle(self, vocab: Vocab) -> None:
        """Learn which vocabulary the epochs will use, to let go of what was needed to find it."""

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Return the chunks of one pass, in corpus order."""
