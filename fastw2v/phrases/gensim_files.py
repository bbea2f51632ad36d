"""Read the phrase models that gensim 3 and 4 have pickled; nothing in them is imported or called."""

from __future__ import annotations

from typing import Any

from fastw2v.errors import FormatError
from fastw2v.formats import _unpickle
from fastw2v.formats._budget import Budget, shown
from fastw2v.formats._opcodes import Global
from fastw2v.phrases.record import COUNTED, FROZEN, FunctionName, Kind
from fastw2v.phrases.scoring import NAMED_SCORERS, npmi_scorer, original_scorer

PER_BYTE = 16  # characters of phrases that a byte of the file pays for
CLASSES = {"Phrases": COUNTED, "FrozenPhrases": FROZEN, "Phraser": FROZEN}
# What the oldest files lack. Only the NPMI scorer, which is younger, reads the number of words.
DEFAULTS = {"corpus_word_count": 0, "min_reduce": 1, "progress_per": 10_000, "max_vocab_size": 40_000_000}


def read_gensim(content: bytes, name: str) -> tuple[Kind, dict[str, Any]]:
    r"""Return the class and the state that a pickle holds; nothing of it is executed.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file, for messages.

    Returns
    -------
    (kind, state) : (Kind, dict)
        State: the attributes of the object.

    Raises
    ------
    FormatError
        It is damaged, wants to execute something, or holds something else.

    Examples
    --------
    >>> read_gensim(b"\x80\x04K\x01.", "number.pkl")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    fastw2v.errors.FormatError: number.pkl: holds ...
    """
    root = _unpickle.load(content, name)
    if not _unpickle.is_a(root, *CLASSES):
        raise FormatError(
            f"{name}: holds {_unpickle.name_of(root)}, not a phrase model of gensim; fastw2v.load(path) opens vectors"
        )
    kind = CLASSES[root.label.rpartition(".")[2]]
    given = root.fields()
    budget = Budget(name, len(content), PER_BYTE)
    try:
        delimiter = text_of(given.get("delimiter", "_"))
        words = given.get("connector_words", given.get("common_terms", ()))
        state = {parameter: given.get(parameter, DEFAULTS.get(parameter)) for parameter in kind.parameters}
        state["delimiter"] = delimiter
        state["connector_words"] = frozenset(text_of(word) for word in _unpickle.items_of(words) or ())
        state["scoring"] = scorer_of(given.get("scoring", "default"))
        pairs = _unpickle.pairs_of(given[kind.items])
        if pairs is None:
            raise TypeError(f"{kind.items} is no dictionary")
        items = zip(pairs[::2], pairs[1::2], strict=True)
        if kind is COUNTED:
            state["vocab"] = {text_of(word): int(count) for word, count in items}
        else:
            state["phrasegrams"] = {
                phrase_of(phrase, delimiter, budget): score[1] if isinstance(score, tuple) else score
                for phrase, score in items
            }
    except FormatError as error:
        raise error if str(error).startswith(name) else FormatError(f"{name}: {error}") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{name}: damaged phrase model ({type(error).__name__}: {shown(str(error), 200)})") from error
    return kind, state


def scorer_of(given: Any) -> Any:
    """Return the scorer for a name or for the stand-in of a function.

    Parameters
    ----------
    given : str or Global

    Returns
    -------
    callable or FunctionName

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> scorer_of("npmi") is npmi_scorer
    True
    """
    if isinstance(given, str):
        return NAMED_SCORERS[given]
    if not isinstance(given, Global):
        raise TypeError(f"scoring={shown(given)}")
    module, _, function = given.label.rpartition(".")
    ours = {"original_scorer": original_scorer, "npmi_scorer": npmi_scorer}
    return ours[function] if module == "gensim.models.phrases" else FunctionName(module, function)


def text_of(text: Any) -> str:
    """Return text as str; gensim 3 has bytes.

    Parameters
    ----------
    text : str, or the stand-in of bytes

    Returns
    -------
    str

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> text_of("new_york")
    'new_york'
    """
    if isinstance(text, str):
        return text
    raw = _unpickle.bytes_of(text)
    if raw is None:
        raise TypeError(f"{shown(text)} is no text")
    return str(raw, "utf8")


def phrase_of(phrase: Any, delimiter: str, budget: Budget) -> str:
    """Return the joined phrase; gensim 3 kept its words apart."""
    if not isinstance(phrase, tuple):
        return text_of(phrase)
    words = [text_of(word) for word in phrase]
    budget.charge(sum(map(len, words)) + len(words) * len(delimiter), "its phrases")
    return delimiter.join(words)
