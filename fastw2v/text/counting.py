"""While words are counted: reports of progress, and gensim's bound on the number of distinct words."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

import numpy as np

from fastw2v.text.chunks import PendingChunk, Source
from fastw2v.text.scan import Scan, ScanProgress
from fastw2v.text.sentences import bad_token, own_tokens, warn_if_text
from fastw2v.text.trimming import TrimRule, prune_vocab
from fastw2v.text.vocab import Vocab

REPORT_SECONDS = 0.5


class TooManyWordsError(Exception):
    """More distinct words than ``max_vocab_size``: the count must start again, pruning."""


class Watch:
    """Passes progress on twice a second; ends a count that exceeds a bound.

    Parameters
    ----------
    progress : callable or None
    max_distinct : int or None
    """

    def __init__(self, progress: ScanProgress | None, max_distinct: int | None = None) -> None:
        self._progress = progress
        self._max_distinct = max_distinct
        self._next_report = time.monotonic() + REPORT_SECONDS

    def __call__(self, n_sentences: int, n_words: int, n_distinct: int, share: float = 0.0) -> None:
        """Take note of how far the count is, as a share of the corpus where that is known."""
        if self._max_distinct is not None and n_distinct > self._max_distinct:
            raise TooManyWordsError
        if self._progress is not None and time.monotonic() >= self._next_report:
            self._progress(n_sentences, n_words, n_distinct, share)
            self._next_report = time.monotonic() + REPORT_SECONDS

    def finish(self, scan: Scan) -> Scan:
        """Report the end; give the scan."""
        self._next_report = 0.0
        self(scan.n_sentences, scan.n_words, len(scan.keys), 1.0)
        return scan


class PrunedSource:
    """A source whose count prunes rare words as gensim does under ``max_vocab_size``.

    Whenever there are more distinct words after a sentence, those seen less than 1, 2, 3, ... times are
    forgotten, one more each time. A source that can be read twice is first counted natively, and
    that count stands if it never exceeds the bound, since nothing would have been pruned.

    Parameters
    ----------
    source : Source
    sentences : callable
        Gives the sentences of one pass, cut as gensim's corpus classes cut them.
    count_first : callable or None
        ``count_first(watch)`` scans the source natively.
    max_vocab_size : int
    trim_rule : callable or None
    """

    def __init__(
        self,
        source: Source,
        sentences: Callable[[], Iterable[Any]],
        count_first: Callable[[Watch], Scan] | None,
        max_vocab_size: int,
        trim_rule: TrimRule | None,
    ) -> None:
        self._source = source
        self._sentences = sentences
        self._count_first = count_first
        self._max_vocab_size = max_vocab_size
        self._trim_rule = trim_rule

    @property
    def fixed(self) -> bool:
        """As of the source; that of a list ends when the list changes."""
        return self._source.fixed

    @property
    def bound(self) -> bool:
        """As of the source."""
        return self._source.bound

    def scan(self, progress: ScanProgress | None = None) -> Scan:
        """Count every word, in one pass."""
        if self._count_first is not None:
            try:
                return self._count_first(Watch(progress, self._max_vocab_size))
            except TooManyWordsError:
                pass
        return self._scan_and_prune(Watch(progress))

    def settle(self, vocab: Vocab) -> None:
        """Pass on to the source, which keeps ids where nothing had to be pruned."""
        self._source.settle(vocab)

    def expect(self, n_words: int | None) -> None:
        """Pass on to the source, if it wants to know."""
        if expect := getattr(self._source, "expect", None):
            expect(n_words)

    def epoch(self, vocab: Vocab) -> Iterator[PendingChunk]:
        """Return the chunks of one pass, in corpus order."""
        return self._source.epoch(vocab)

    def _scan_and_prune(self, watch: Watch) -> Scan:
        counts: dict[Hashable, int] = {}
        n_words, n_sentences, min_reduce = 0, 0, 1
        for sentence in self._sentences():
            if not n_sentences:
                warn_if_text([sentence])
            tokens = own_tokens(sentence, n_sentences)
            n_words += len(tokens)
            for token in tokens:
                try:
                    counts[token] = counts.get(token, 0) + 1
                except TypeError as error:
                    raise bad_token(token, n_sentences, error) from error
            n_sentences += 1
            if len(counts) > self._max_vocab_size:
                prune_vocab(counts, min_reduce, self._trim_rule)
                min_reduce += 1
            if n_sentences % 1000 == 0:
                watch(n_sentences, n_words, len(counts))
        values = np.fromiter(counts.values(), np.int64, len(counts))
        return watch.finish(Scan(list(counts), values, n_words, n_sentences))
