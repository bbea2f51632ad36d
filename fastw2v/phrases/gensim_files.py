"""Read the phrase models that gensim 3 and 4 have pickled; nothing in them is imported or called."""

from __future__ import annotations

from typing import Any

from fastw2v.errors import FormatError
from fastw2v.formats import _unpickle
from fastw2v.phrases.record import COUNTED, FROZEN, FunctionName, Kind
from fastw2v.phrases.scoring import NAMED_SCORERS, npmi_scorer, original_scorer

CLASSES = {"Phrases": COUNTED, "FrozenPhrases": FROZEN, "Phraser": FROZEN}
# What the oldest files lack. Only the NPMI scorer, which is younger, reads the number of words.
DEFAULTS = {"corpus_word_count": 0, "min_reduce": 1, "progress_per": 10_000, "max_vocab_size": 40_000_000}


def read_gensim(content: bytes, name: str) -> tuple[Kind, dict[str, Any]]:
    """Give the class and the state that a pickle holds.

    Raises
    ------
    FormatError
        It is damaged, wants to execute something, or holds something else.
    """
    root = _unpickle.load(content, name)
    if not _unpickle.is_a(root, *CLASSES):
        raise FormatError(
            f"{name}: holds {getattr(root, 'label', type(root).__name__)!r}, not a phrase model of gensim"
        )
    kind = CLASSES[root.label.rpartition(".")[2]]
    given = root.fields()
    try:
        delimiter = text_of(given.get("delimiter", "_"))
        words = given.get("connector_words", given.get("common_terms", ()))
        state = {parameter: given.get(parameter, DEFAULTS.get(parameter)) for parameter in kind.parameters}
        state["delimiter"] = delimiter
        state["connector_words"] = frozenset(text_of(word) for word in words)
        state["scoring"] = scorer_of(given.get("scoring", "default"))
        items = given[kind.items].items()
        if kind is COUNTED:
            state["vocab"] = {text_of(word): int(count) for word, count in items}
        else:
            state["phrasegrams"] = {
                phrase_of(phrase, delimiter): score[1] if isinstance(score, tuple) else score for phrase, score in items
            }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{name}: damaged phrase model ({type(error).__name__}: {error})") from error
    return kind, state


def scorer_of(given: Any) -> Any:
    """Give the scorer for a name or for the stand-in of a function."""
    if isinstance(given, str):
        return NAMED_SCORERS[given]
    module, _, function = given.label.rpartition(".")
    ours = {"original_scorer": original_scorer, "npmi_scorer": npmi_scorer}
    return ours[function] if module == "gensim.models.phrases" else FunctionName(module, function)


def text_of(text: str | bytes) -> str:
    """Give gensim 3's bytes as str."""
    return text if isinstance(text, str) else str(text, "utf8")


def phrase_of(phrase: Any, delimiter: str) -> str:
    """Give the joined phrase; gensim 3 kept its words apart."""
    return delimiter.join(map(text_of, phrase)) if isinstance(phrase, tuple) else text_of(phrase)
