"""Feed a corpus to a phrase table: files natively, everything else sentence by sentence."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastw2v._phrases import PhraseTable
from fastw2v.text.chunks import Source
from fastw2v.text.corpus import LineSentence, PathLineSentences
from fastw2v.text.encoded import MAX_SENTENCE_WORDS
from fastw2v.text.files import FileSource
from fastw2v.text.source import open_source
from fastw2v.text.vocab import Vocab

logger = logging.getLogger("fastw2v.phrases")
UNKNOWN = 2**32 - 1


def report(n_sentences: int, n_words: int, n_entries: int) -> None:
    """Log how far the counting is."""
    logger.info("at sentence %i: %i words, %i entries", n_sentences, n_words, n_entries)


def learn(
    table: PhraseTable, sentences: Iterable[Iterable[str]], max_vocab_size: float, progress_per: int
) -> tuple[PhraseTable, int, int]:
    """Count every sentence.

    Parameters
    ----------
    table : PhraseTable
        An empty one.
    sentences : iterable of list of str
    max_vocab_size : int
        Above this many entries, the rarest are dropped after each sentence.
    progress_per : int
        Sentences between two reports.

    Returns
    -------
    (table, min_reduce, n_words) : (PhraseTable, int, int)
        The table with the counts; what the next pruning would drop; the words read.
    """
    source = file_source(sentences)
    if source is not None:
        empty = PhraseTable(table.delimiter, table.connectors)
        counted = learn_files(table, source, max_vocab_size, sentences.max_sentence_length)  # type: ignore[attr-defined]
        if counted is not None:
            return table, *counted
        table = empty
    min_reduce, n_words, _ = table.learn(sentences, max_vocab_size, progress_per, report)
    return table, min_reduce, n_words


def file_source(sentences: Any) -> Source | None:
    """Give the native reader of a corpus that stands for files, else None."""
    if type(sentences) not in (LineSentence, PathLineSentences):  # a subclass may give other sentences
        return None
    source = open_source(sentences, workers=min(8, os.cpu_count() or 1))
    return source if isinstance(source, FileSource) else None


def learn_files(
    table: PhraseTable, source: Source, max_vocab_size: float, max_sentence_length: int
) -> tuple[int, int] | None:
    """Count files: number the words in one pass, count the numbers in another.

    Returns
    -------
    (min_reduce, n_words) or None
        None: the table is useless, because some line was long enough to be cut, which the reader does at
        other places than iterating over the corpus, or because the words alone exceed `max_vocab_size`.
    """
    scan = source.scan(report)
    if len(scan.keys) > max_vocab_size:
        return None
    vocab = Vocab(scan.keys, scan.counts)
    tokens = np.full(len(vocab), UNKNOWN, np.uint32)
    min_reduce, n_words, n_sentences = 1, 0, 0
    longest = min(max_sentence_length, MAX_SENTENCE_WORDS)
    for pending in source.epoch(vocab):
        chunk = pending.encode()
        lengths = np.diff(chunk.offsets)
        if lengths.max(initial=0) >= longest:
            return None
        min_reduce = table.learn_encoded(chunk.ids, chunk.offsets, vocab.keys, tokens, max_vocab_size, min_reduce)
        n_words += chunk.n_words
        n_sentences += len(lengths)
        report(n_sentences, n_words, len(table))
    return min_reduce, n_words
