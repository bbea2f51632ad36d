"""One door for every kind of corpus."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from fastw2v.errors import CorpusError
from fastw2v.text.chunks import Source
from fastw2v.text.columns import column_of_lists, is_arrow_column
from fastw2v.text.corpus import LineSentence, PathLineSentences, Text8Corpus, checked_lengths
from fastw2v.text.counting import PrunedSource, Watch
from fastw2v.text.files import FileSource
from fastw2v.text.iterables import CallableSource, IterableSource, is_one_shot, is_spent_by_a_count
from fastw2v.text.lists import ArraySource, ListSource, is_ids_and_offsets
from fastw2v.text.paths import checked_file, expand
from fastw2v.text.scan import Scan
from fastw2v.text.sentences import refuse_text
from fastw2v.text.shares import Sharers
from fastw2v.text.trimming import TrimRule

__all__ = ["files_of", "is_one_shot", "is_spent_by_a_count", "open_source"]


def open_source(
    corpus_iterable: Any = None,
    corpus_file: Any = None,
    *,
    max_vocab_size: int | None = None,
    trim_rule: TrimRule | None = None,
    workers: int = 1,
    max_cached_words: int | None = None,
    max_sentence_length: int | None = None,
    sharers: Sharers | None = None,
) -> Source:
    """Open a corpus, whatever it is made of; exactly one of the first two parameters is needed.

    Parameters
    ----------
    corpus_iterable : object
        - a list or tuple of sentences, each a list of words (str, int, or anything hashable);
        - ``(ids, offsets)``, two integer arrays: sentence ``s`` is ``ids[offsets[s]:offsets[s + 1]]``, and
          the words are the ids;
        - :class:`LineSentence`, :class:`PathLineSentences`, :class:`Text8Corpus` over paths: read natively,
          like ``corpus_file``;
        - an object whose method ``native_source(max_sentence_length=, max_cached_words=)`` gives a Source;
        - a column of lists of words, of pandas, polars, Arrow or ``datasets``;
        - a callable that gives the sentences of a pass; called with the epoch's number (from 0; the
          count calls it with 0, too) if it needs one argument;
        - any other iterable: iterated anew for each pass, in the caller's thread.
    corpus_file : path, folder, or list of these
        One sentence in each line; may be compressed (.gz, .bz2, .xz, .zst) or a URL.
    max_vocab_size : int or None
        Prune rare words during the count whenever there are more distinct ones, as gensim does.
    trim_rule : callable or None
        Asked when words are pruned.
    workers : int
        Threads that read files.
    max_cached_words : int or None
        Files and lists of up to so many words are kept as ids (some 2 bytes for each word), longer ones are read
        again in each epoch. None: 24 million, or 64 million where files have to be unpacked or fetched, or phrases
        joined.
    max_sentence_length : int or None
        Longer sentences are cut, nothing is dropped; None: 10,000, or what the corpus object says. A line
        of more than a mebibyte may also be cut where a block of the file ends.
    sharers : Sharers or None
        Processes that each train every so many-th chunk: files are then read and counted in shares. Any other corpus
        each of them reads in full.

    Returns
    -------
    Source

    Raises
    ------
    CorpusError
        If this is no corpus, or a file is missing (then also FileNotFoundError). What is wrong inside is
        raised when it is met.

    Examples
    --------
    >>> scan = open_source([["to", "be", "or"], ["not", "to", "be"]]).scan()
    >>> dict(zip(scan.keys, scan.counts.tolist()))
    {'to': 2, 'be': 2, 'or': 1, 'not': 1}
    """
    if (corpus_iterable is None) == (corpus_file is None):
        raise CorpusError("pass either corpus_iterable (sentences) or corpus_file (a path), and not both")
    if max_sentence_length is not None:
        max_sentence_length = checked_lengths(max_sentence_length)[0]
    files: dict[str, Any] | None
    files = files_of(corpus_iterable) if corpus_file is None else {"paths": expand(corpus_file)}
    source: Any
    if files is None:
        source = _open_native(corpus_iterable, max_sentence_length, max_cached_words)
        source = source or _open_iterable(corpus_iterable, max_sentence_length, max_cached_words)
    else:
        if max_sentence_length is not None:
            files["max_sentence_length"] = max_sentence_length
        if max_vocab_size:  # the count prunes on the way, which shares cannot
            sharers = None
        source = FileSource(**files, workers=workers, max_cached_words=max_cached_words, sharers=sharers)
    if not max_vocab_size:
        return source  # type: ignore[no-any-return]
    count_first: Callable[[Watch], Scan] | None = getattr(source, "scan_watched", None)
    return PrunedSource(source, source.sentences, count_first, max_vocab_size, trim_rule)


def _open_native(corpus: Any, max_sentence_length: int | None, max_cached_words: int | None) -> Source | None:
    """Ask a corpus object for a source of its own, which a corpus seen through phrases may have."""
    opener = None if isinstance(corpus, type) else getattr(type(corpus), "native_source", None)
    if opener is None:
        return None
    source: Source | None = opener(corpus, max_sentence_length=max_sentence_length, max_cached_words=max_cached_words)
    return source


def _open_iterable(
    corpus: Any, max_sentence_length: int | None, max_cached_words: int | None
) -> ListSource | ArraySource | IterableSource:
    refuse_text(corpus, "corpus_iterable is")
    if is_ids_and_offsets(corpus):
        return ArraySource(*corpus, max_sentence_length=max_sentence_length)
    if is_arrow_column(corpus):
        corpus = column_of_lists(corpus)
    if type(corpus) in (list, tuple):
        return ListSource(corpus, max_sentence_length=max_sentence_length, max_cached_words=max_cached_words)
    if isinstance(corpus, Iterable) or hasattr(type(corpus), "__getitem__"):
        return IterableSource(corpus, max_sentence_length=max_sentence_length)
    if callable(corpus):
        return CallableSource(corpus, max_sentence_length=max_sentence_length)
    raise CorpusError(
        f"corpus_iterable is {corpus!r:.60} of type {type(corpus).__name__}; it must be an iterable of lists of words"
    )


def files_of(corpus: Any) -> dict[str, Any] | None:
    """Return how FileSource reads what a corpus object stands for; None: it must be iterated.

    Only the classes themselves, ours and gensim's: a subclass may have changed what it gives.

    Parameters
    ----------
    corpus : object

    Returns
    -------
    dict or None
        Arguments of FileSource: ``paths``, ``max_sentence_length``, and ``limit`` or ``lines``.

    Raises
    ------
    CorpusError
        If a file is missing (then also FileNotFoundError).

    Examples
    --------
    >>> from pathlib import Path
    >>> n_bytes = Path("text.txt").write_text("one line")
    >>> files_of(LineSentence("text.txt"))
    {'paths': ['text.txt'], 'limit': None, 'max_sentence_length': 10000}
    >>> files_of([["one", "line"]]) is None
    True
    """
    kind = type(corpus)
    if kind.__module__ == "gensim.models.word2vec":
        name = kind.__name__
    else:
        name = kind.__name__ if kind in (LineSentence, PathLineSentences, Text8Corpus) else ""
    if name == "LineSentence" and _is_path(corpus.source):
        paths: list[Any] = [corpus.source]
        options: dict[str, Any] = {"limit": corpus.limit}
    elif name == "PathLineSentences":
        paths, options = corpus.input_files, {"limit": corpus.limit}
    elif name == "Text8Corpus" and _is_path(corpus.fname):
        paths, options = [corpus.fname], {"lines": False}
    else:
        return None
    files = [checked_file(path) for path in paths]
    options["max_sentence_length"], limit = checked_lengths(corpus.max_sentence_length, options.get("limit"))
    if limit is not None:
        options["limit"] = limit
    return {"paths": files, **options}


def _is_path(source: object) -> bool:
    return isinstance(source, (str, bytes, os.PathLike))
