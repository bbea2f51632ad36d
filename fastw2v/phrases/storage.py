"""One file per phrase model, in the native format; gensim's own files are read without running them.

The texts are the keys of the file, ``counts`` (int64, of `Phrases`) or ``scores`` (float64, of
`FrozenPhrases`) its one array, the parameters its metadata.
"""

from __future__ import annotations

import io
import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.formats import advice, native, way_to_kind
from fastw2v.formats._io import is_file_object, name_of, open_read
from fastw2v.formats._plain_values import is_plain
from fastw2v.formats._reader import say_more
from fastw2v.phrases.gensim_files import read_gensim
from fastw2v.phrases.record import KINDS, FunctionName, Kind, scorer_name
from fastw2v.phrases.scoring import NAMED_SCORERS, Scorer

logger = logging.getLogger("fastw2v.phrases")

RECORDED = {"connector_words", "scoring", "lifecycle_events"}  # beside the parameters


def write(model: Any, target: Any) -> None:
    """Write a phrase model.

    Parameters
    ----------
    model : Phrases or FrozenPhrases
    target : path or binary file
        A path is replaced when the new file is complete.
    """
    label, kind = next(((label, kind) for label, kind in KINDS.items() if hasattr(model, kind.items)), (None, None))
    if label is None or kind is None:
        raise NotImplementedError(f"{type(model).__name__} has no file format of its own: define save() and load()")
    items = getattr(model, kind.items)
    metadata = {name: plain(getattr(model, name)) for name in kind.parameters}
    metadata["connector_words"] = sorted(model.connector_words)
    metadata["scoring"] = scorer_name(model.scoring)
    metadata["attributes"] = own_attributes(model, kind)
    values: NDArray[Any] = np.array(list(items.values()), dtype=kind.dtype)
    native.save_arrays(target, {kind.array: values}, list(items), metadata, kind=label)


def own_attributes(model: Any, kind: Kind) -> dict[str, Any]:
    """Return what the program has put on a model and JSON can hold; a warning names the rest.

    Parameters
    ----------
    model : Phrases or FrozenPhrases
    kind : Kind

    Returns
    -------
    dict
    """
    known = {*kind.parameters, kind.items, *RECORDED}
    own = {name: value for name, value in vars(model).items() if name not in known and not name.startswith("_")}
    kept = {name: value for name, value in own.items() if is_plain(value)}
    if lost := sorted(own.keys() - kept):
        logger.warning("%s.save: not in the file, since JSON cannot hold it: %s", type(model).__name__, ", ".join(lost))
    return kept


def plain(value: Any) -> Any:
    """Return the Python number for a numpy one.

    Parameters
    ----------
    value : object

    Returns
    -------
    object

    Examples
    --------
    >>> type(plain(np.float32(0.5)))
    <class 'float'>
    """
    return value.item() if isinstance(value, np.generic) else value


def read(source: Any, scoring: Scorer | None) -> tuple[Kind, dict[str, Any]]:
    """Return which class a file holds, and the attributes of the object.

    Parameters
    ----------
    source : path or binary file
    scoring : callable or None
        Replaces the scorer that the file names.

    Raises
    ------
    FormatError
        If the file is no phrase model, is damaged, or names a scorer that is not at hand.
    """
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
    return kind, state


def read_native(source: Any) -> tuple[Kind, dict[str, Any]]:
    """Return the class and the state that a native file holds."""
    try:
        arrays, texts, state = native.load_arrays(source)
    except FormatError as error:
        if not is_file_object(source):
            say_more(error, advice(source, "native"))
        raise
    stored = state.pop("kind", "")
    kind = KINDS.get(stored)
    if kind is None:
        raise FormatError(f"{source}: holds no phrase model; {way_to_kind(stored)}")
    try:
        values = arrays[kind.array].tolist()
        state[kind.items] = dict(zip(texts or [], values, strict=True))
        state["connector_words"] = frozenset(state["connector_words"])
        name = state["scoring"]
        state["scoring"] = NAMED_SCORERS[name[0]] if len(name) == 1 else FunctionName(*name)
        missing = set(kind.parameters) - state.keys()
        own = {name: value for name, value in state.pop("attributes", {}).items() if not name.startswith("_")}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{source}: damaged phrase model ({type(error).__name__}: {error})") from error
    if missing:
        raise FormatError(f"{source}: a phrase model without {', '.join(sorted(missing))}")
    known = {*kind.parameters, kind.items, *RECORDED}
    return kind, {**own, **{name: value for name, value in state.items() if name in known}}
