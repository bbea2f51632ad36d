"""One file per phrase model, in the native format; gensim's own files are read without running them.

The texts are the keys of the file, ``counts`` (int64, of `Phrases`) or ``scores`` (float64, of
`FrozenPhrases`) its one array, the parameters its metadata. A custom scorer is stored as the name of its
function; loading never imports anything for it.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError, FormatError
from fastw2v.phrases.scoring import NAMED_SCORERS, Scorer, missing_parameters

if TYPE_CHECKING:
    from fastw2v.phrases.transform import PhrasesTransformation


class Kind(NamedTuple):
    """What is saved of a class."""

    name: str
    items: str  # the attribute that is a dict of texts
    array: str
    dtype: type
    parameters: tuple[str, ...]


COUNTED = Kind(
    "Phrases",
    "vocab",
    "counts",
    np.int64,
    ("min_count", "threshold", "delimiter", "max_vocab_size", "progress_per", "min_reduce", "corpus_word_count"),
)
FROZEN = Kind("FrozenPhrases", "phrasegrams", "scores", np.float64, ("min_count", "threshold", "delimiter"))
KINDS = {"phrases": COUNTED, "frozen_phrases": FROZEN}


class FunctionName(NamedTuple):
    """A function that a file names."""

    module: str
    name: str

    def look_up(self) -> Any:
        """Give what has this name in a module that is imported already, or None."""
        found: Any = sys.modules.get(self.module)
        for part in self.name.split("."):
            found = getattr(found, part, None)
        return found

    def scorer(self, path: object) -> Scorer:
        """Give the function if it is there and is a scorer.

        Raises
        ------
        FormatError
            Otherwise; the message says how to load the file all the same.
        """
        found = self.look_up()
        origin = (getattr(found, "__module__", None), getattr(found, "__qualname__", None))
        if origin != tuple(self) or not callable(found) or missing_parameters(found):
            raise FormatError(
                f"{path}: the scorer {self.module}.{self.name} is not at hand. Import its module first, or give "
                "the function: load(path, scoring=function)"
            )
        return found  # type: ignore[no-any-return]


def scorer_name(scoring: Scorer) -> list[str]:
    """Give the short name of a scorer of ours, else its module and its name there.

    Raises
    ------
    ConfigError
        For a lambda, a local function, a partial or the like.
    """
    for short, function in NAMED_SCORERS.items():
        if scoring is function:
            return [short]
    name = FunctionName(str(getattr(scoring, "__module__", "")), str(getattr(scoring, "__qualname__", "")))
    if name.look_up() is not scoring:
        raise ConfigError(
            f"scoring={scoring!r} cannot be saved: only a function defined at the top of a module "
            "can be found again by its name"
        )
    return list(name)


def save(model: PhrasesTransformation, target: Any) -> None:
    """Write a phrase model.

    Parameters
    ----------
    model : Phrases or FrozenPhrases
    target : path or binary file
        A path is replaced when the new file is complete.
    """
    from fastw2v.formats import native

    label, kind = next((label, kind) for label, kind in KINDS.items() if hasattr(model, kind.items))
    items = getattr(model, kind.items)
    metadata = {name: plain(getattr(model, name)) for name in kind.parameters}
    metadata["connector_words"] = sorted(model.connector_words)
    metadata["scoring"] = scorer_name(getattr(model, "scoring"))  # noqa: B009 (no attribute of the base class)
    values: NDArray[Any] = np.array(list(items.values()), dtype=kind.dtype)
    native.save_arrays(target, {kind.array: values}, list(items), metadata, kind=label)


def plain(value: Any) -> Any:
    """Give the Python number for a numpy one."""
    return value.item() if isinstance(value, np.generic) else value


def load(cls: type[Any], source: Any, scoring: Scorer | None) -> Any:
    """Read a phrase model.

    Parameters
    ----------
    cls : type
        What the caller asked for.
    source : path or binary file
    scoring : callable or None
        Replaces the scorer that the file names.

    Returns
    -------
    Phrases or FrozenPhrases
    """
    from fastw2v.formats._io import is_file_object, name_of, open_read
    from fastw2v.phrases import model
    from fastw2v.phrases.gensim_files import read_gensim

    with open_read(source) as reader:
        content = reader.rest()
    if content[:1] == b"\x80":  # a native file begins with the length of its header, which never has this byte
        kind, state = read_gensim(content, name_of(source))
    else:
        kind, state = read_native(io.BytesIO(content) if is_file_object(source) else source)
    if scoring is not None:
        state["scoring"] = scoring
    elif isinstance(state["scoring"], FunctionName):
        state["scoring"] = state["scoring"].scorer(source)
    recorded: type[Any] = getattr(model, kind.name)
    made: type[Any] = cls if issubclass(cls, recorded) else recorded
    loaded = object.__new__(made)
    loaded.__setstate__(state)
    return loaded


def read_native(source: Any) -> tuple[Kind, dict[str, Any]]:
    """Give the class and the state that a native file holds."""
    from fastw2v.formats import native

    arrays, texts, state = native.load_arrays(source)
    kind = KINDS.get(state.pop("kind", ""))
    if kind is None:
        raise FormatError(f"{source}: holds no phrase model")
    try:
        values = arrays[kind.array].tolist()
        state[kind.items] = dict(zip(texts or [], values, strict=True))
        state["connector_words"] = frozenset(state["connector_words"])
        name = state["scoring"]
        state["scoring"] = NAMED_SCORERS[name[0]] if len(name) == 1 else FunctionName(*name)
        missing = set(kind.parameters) - state.keys()
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{source}: damaged phrase model ({type(error).__name__}: {error})") from error
    if missing:
        raise FormatError(f"{source}: a phrase model without {', '.join(sorted(missing))}")
    return kind, state
