"""What a command says: errors in the words of its flags, and results as lines or as JSON."""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from fastw2v.cli.streams import renamed


def message_of(error: Exception, parser: argparse.ArgumentParser | None = None, argv: Sequence[str] = ()) -> str:
    """Return an error in one line that names flags, where the error names arguments of Python.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> _ = parser.add_argument("-window", "--window")
    >>> message_of(ValueError("window=0: must be an integer"), parser)
    '--window 0: must be an integer'
    """
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return renamed(f"{error.filename}: {error.strerror}")
    text: Any = error
    if type(error) is KeyError and error.args:  # str() of it would be in quotes
        text = error.args[0]
    line = " ".join(str(text).split()) or type(error).__name__
    return renamed(line if parser is None else in_flags(line, parser, argv))


def in_flags(line: str, parser: argparse.ArgumentParser, argv: Sequence[str]) -> str:
    """Return a message in which the arguments that flags stand for are called by the flags, as the user wrote them."""
    if any(action.dest == "encoding" for action in parser._actions):
        line = line.replace("read it with open(..., encoding=...) and pass the sentences", "say --encoding NAME")
    for action in parser._actions:
        if not action.option_strings:
            continue
        flag = next((one for one in action.option_strings if one in argv), action.option_strings[-1])
        name = re.escape(action.dest)
        line = re.sub(rf"(?<![\w.-]){name}=True\b", flag, line)
        line = re.sub(rf"(?<![\w.-]){name}=False\b", f"{flag} 0", line)
        line = re.sub(rf"(?<![\w.(-]){name}=(?=[^\s=])", f"{flag} ", line)
        if "_" in action.dest:
            line = re.sub(rf"(?<![\w.-]){name}\b(?!=)", flag, line)
    return line


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the flag ``--json``."""
    parser.add_argument("--json", action="store_true", help="print results as JSON, one object in each line")


def as_json(result: Any) -> str:
    """Return a result as one line of JSON; what is no number is null.

    Examples
    --------
    >>> as_json({"word": "中", "score": float("nan")})
    '{"word": "中", "score": null}'
    """
    return json.dumps(_plain(result), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if hasattr(value, "item") and not getattr(value, "shape", ()):  # a number of NumPy
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (str, int, type(None))):
        return value
    return [_plain(one) for one in value] if isinstance(value, Iterable) else str(value)
