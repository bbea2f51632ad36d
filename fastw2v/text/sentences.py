"""What a sentence may be, and what to say of one that is none."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fastw2v.errors import CorpusError

logger = logging.getLogger("fastw2v.word2vec")


def warn_if_text(first: Sequence[Any]) -> None:
    """Log gensim's warning, and the way out, if the first sentence is a text, whose characters are the words then.

    Parameters
    ----------
    first : sequence
        The first sentences of a corpus.

    Examples
    --------
    >>> warn_if_text([["one", "line"]])
    """
    if first and isinstance(first[0], (str, bytes)):
        logger.warning(
            "Each 'sentences' item should be a list of words (usually unicode strings). "
            "First item here is instead plain %s. Its characters are taken for words; for words pass "
            "[text.split() for text in corpus], of a column of pandas column.str.split().",
            type(first[0]),
        )


def refuse_text(corpus: object, name: str) -> None:
    """Refuse what is no sequence of sentences as corpus: letters of a text or a file, keys of a dict, whole columns.

    Parameters
    ----------
    corpus : object
    name : str
        What gave it, for the message.

    Raises
    ------
    CorpusError
        If it is one.

    Examples
    --------
    >>> refuse_text([["one", "line"]], "corpus_iterable is")
    """
    if isinstance(corpus, (str, bytes, os.PathLike)):
        raise CorpusError(
            f"{name} the {type(corpus).__name__} {corpus!r:.60}; it must be an iterable of token "
            "lists, such as [['first', 'sentence'], ['second']]; to read a file pass corpus_file="
        )
    if isinstance(corpus, Mapping):
        raise CorpusError(
            f"{name} a {type(corpus).__name__} with the keys {_names(corpus)}; its keys would be taken for sentences: "
            "pass list(corpus.values()) if the values are lists of words"
        )


    if isinstance(corpus, io.IOBase):
        path = getattr(corpus, "name", None)
        how = f"corpus_file={path!r}" if isinstance(path, str) else "[line.split() for line in file]"
        raise CorpusError(
            f"{name} an open file, whose lines are texts and can be read once; pass {how}, or LineSentence(file)"
        )
    if is_data_frame(corpus):
        raise CorpusError(
            f"{name} a {type(corpus).__name__} with the columns {_names(columns_of(corpus))}; pass one column of lists "
            "of words: frame['words'], or of texts: frame['text'].str.split(), in polars .str.split(' ')"
        )


def is_data_frame(corpus: object) -> bool:
    """Tell whether an object is a table of pandas, polars, Arrow or ``datasets``, none of which need be installed.

    Parameters
    ----------
    corpus : object

    Returns
    -------
    bool

    Examples
    --------
    >>> is_data_frame([["one", "line"]])
    False
    """
    library = type(corpus).__module__.partition(".")[0]
    return library in ("pandas", "polars", "pyarrow", "datasets") and columns_of(corpus) is not None


def columns_of(corpus: Any) -> Any:
    """Return the names of the columns of a table, None for what has none.

    Parameters
    ----------
    corpus : object

    Returns
    -------
    sequence of str, or None

    Examples
    --------
    >>> columns_of([]) is None
    True
    """
    return getattr(corpus, "column_names", getattr(corpus, "columns", None))


def length_of(sentence: Any, index: int) -> int:
    """Return the number of tokens of a sentence.

    Parameters
    ----------
    sentence : object
    index : int
        Its number, for the message.

    Returns
    -------
    int

    Raises
    ------
    CorpusError
        If it has no length.

    Examples
    --------
    >>> length_of(["one", "line"], 0)
    2
    """
    try:
        return len(sentence)
    except TypeError as error:
        raise bad_sentence(sentence, index) from error


def tokens_of(sentence: Any, index: int) -> list[Any]:
    """Return the tokens of a sentence that is neither a list nor a tuple.

    Parameters
    ----------
    sentence : object
    index : int
        Its number, for the message.

    Returns
    -------
    list

    Raises
    ------
    CorpusError
        If it has no length, or cannot be iterated.

    Examples
    --------
    >>> import numpy as np
    >>> tokens_of(np.array([3, 4]), 0)
    [3, 4]
    """
    length_of(sentence, index)
    if isinstance(sentence, np.ndarray):
        return list(sentence.tolist())  # plain ints and str are better keys than NumPy scalars
    if isinstance(sentence, Mapping):
        raise CorpusError(
            f"sentence {index} is a {type(sentence).__name__} with the keys {_names(sentence)}, which would be taken "
            "for its words; pass the field that holds the words, [row['words'] for row in rows], or list(sentence) if "
            "the keys are the words"
        )
    try:
        iterator = iter(sentence)
    except TypeError as error:
        raise bad_sentence(sentence, index) from error
    return list(iterator)


def own_tokens(sentence: Any, index: int) -> list[Any] | tuple[Any, ...]:
    """Return the tokens of a sentence in a list that nobody else changes: programs fill one buffer again and again.

    Parameters
    ----------
    sentence : object
    index : int
        Its number, for the message.

    Returns
    -------
    list or tuple

    Raises
    ------
    CorpusError
        If it has no length, or cannot be iterated.

    Examples
    --------
    >>> buffer = ["one", "line"]
    >>> tokens = own_tokens(buffer, 0)
    >>> buffer.clear()
    >>> tokens
    ['one', 'line']
    """
    if type(sentence) is list:
        return sentence[:]
    if type(sentence) is tuple:
        return sentence
    return tokens_of(sentence, index)


def bad_sentence(sentence: Any, index: int) -> CorpusError:
    """Return the error for a sentence that is no sequence.

    Parameters
    ----------
    sentence : object
    index : int
        Its number.

    Returns
    -------
    CorpusError

    Examples
    --------
    >>> str(bad_sentence(7, 2))[:35]
    'sentence 2 is 7 of type int; a sent'
    """
    return CorpusError(
        f"sentence {index} is {_shortened(sentence)} of type {type(sentence).__name__}; "
        "a sentence must be a list of words, or another sequence that has a length"
    )


def bad_token(token: Any, index: int, error: TypeError) -> CorpusError:
    """Return the error for a token that cannot be hashed.

    Parameters
    ----------
    token : object
    index : int
        Number of its sentence.
    error : TypeError
        What hashing it raised.

    Returns
    -------
    CorpusError

    Examples
    --------
    >>> str(bad_token({}, 2, TypeError("unhashable type: 'dict'")))[:43]
    'sentence 2 holds the token {} of type dict,'
    """
    return CorpusError(
        f"sentence {index} holds the token {_shortened(token)} of type {type(token).__name__}, which cannot "
        f"be a word ({error}); a sentence is a list of words: str, int or anything else that is hashable"
    )


def _names(mapping: Iterable[Any]) -> str:
    shown = [_shortened(key) for key, _ in zip(mapping, range(4), strict=False)]
    return ", ".join(shown[:3]) + ", ..." * (len(shown) > 3)


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
