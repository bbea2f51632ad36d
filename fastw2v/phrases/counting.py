"""Feed a corpus to a phrase table: files natively, everything else sentence by sentence."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np

from fastw2v._progress import step
from fastw2v.phrases._counts import PhraseTable
from fastw2v.phrases.file_stream import FileStream
from fastw2v.phrases.lexicon import Lexicon
from fastw2v.phrases.stream import open_files

logger = logging.getLogger("fastw2v.phrases")
UNKNOWN = 2**32 - 1


def report(n_sentences: int, n_words: int, n_entries: int) -> None:
    """Log how far the counting is.

    Parameters
    ----------
    n_sentences, n_words, n_entries : int
        Read so far; entries of the vocabulary, words and pairs.

    Examples
    --------
    >>> report(10_000, 123_456, 20_000)
    """
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

    Examples
    --------
    >>> table, min_reduce, n_words = learn(PhraseTable("_", frozenset()), [["new", "york"]] * 3, 1_000_000, 10_000)
    >>> table.to_dict(), min_reduce, n_words
    ({'new': 3, 'york': 3, 'new_york': 3}, 1, 6)
    """
    stream = open_files(sentences)
    if stream is not None:
        return table, *learn_files(table, stream, max_vocab_size)
    with step("counting phrases", None, "word") as counting:

        def told(n_sentences: int, n_words: int, n_entries: int) -> None:
            counting.at(n_words)
            report(n_sentences, n_words, n_entries)

        min_reduce, n_words, _ = table.learn(sentences, max_vocab_size, progress_per, told)
    return table, min_reduce, n_words


def learn_files(table: PhraseTable, stream: FileStream, max_vocab_size: float) -> tuple[int, int]:
    r"""Count files without making any sentence a list.

    Parameters
    ----------
    table : PhraseTable
        Counts are added to it.
    stream : FileStream
    max_vocab_size : int
        Above this many entries, the rarest are dropped.

    Returns
    -------
    (min_reduce, n_words) : (int, int)
        What the next pruning would drop; the words read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fastw2v import LineSentence
    >>> n_bytes = Path("text.txt").write_text("new york\nnew york\n")
    >>> table = PhraseTable("_", frozenset())
    >>> learn_files(table, open_files(LineSentence("text.txt")), 1_000_000)
    (1, 4)
    >>> table.get("new_york")
    2
    """
    min_reduce, n_words, n_sentences = 1, 0, 0
    known: Lexicon | None = None
    tokens = np.empty(0, np.uint32)
    with step("counting phrases", None, "word") as counting:
        for lexicon, ids, offsets in stream:
            if lexicon is not known:
                known, tokens = lexicon, np.empty(0, np.uint32)
            n_new = len(lexicon.strings) - len(tokens)
            tokens = np.append(tokens, np.full(n_new, UNKNOWN, np.uint32))
            min_reduce = table.learn_encoded(ids, offsets, lexicon.strings, tokens, max_vocab_size, min_reduce)
            n_words += len(ids)
            n_sentences += len(offsets) - 1
            counting.add(len(ids))
            report(n_sentences, n_words, len(table))
    return min_reduce, n_words
