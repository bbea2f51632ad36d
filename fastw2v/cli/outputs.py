"""The files that a command is to write, checked before it begins its work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from fastw2v.errors import ConfigError


def check_outputs(outputs: Mapping[str, str | None], inputs: Iterable[str | None]) -> None:
    """Refuse outputs that cannot be written, that are one file, or that are an input.

    Parameters
    ----------
    outputs : mapping of str to str or None
        Paths by what messages call them; None and URLs are passed over.
    inputs : iterable of str or None
        Files, and folders whose files are read.

    Raises
    ------
    ConfigError
        The message names the output and the way out.
    """
    from fastw2v.formats._io import kept_in_place, name_of

    if sum(path == "-" for path in outputs.values()) > 1:
        raise ConfigError("two outputs are -, which is stdout: give one of them a file")
    read = [name_of(path) for path in inputs if path not in (None, "-") and "://" not in name_of(path)]
    earlier: dict[str, str] = {}
    for what, given in outputs.items():
        path = "" if given is None else name_of(given)
        if not path or path == "-" or "://" in path or kept_in_place(path):
            continue
        folder = os.path.dirname(path)
        if os.path.isdir(path):
            raise ConfigError(f"{what} {given}: is a folder; give the name of a file in it")
        if folder and not os.path.isdir(folder):  # found out now, not after hours
            raise ConfigError(f"{given}: there is no folder {folder}")
        if not os.access(os.path.dirname(os.path.realpath(path)), os.W_OK):
            raise ConfigError(f"{what} {given}: the folder cannot be written to; give another one")
        for one in read:
            if any(is_same(path, file) for file in _files(one)) or (os.path.isdir(one) and is_same(folder or ".", one)):
                raise ConfigError(f"{what} {given}: would overwrite or join the input {one}; give another name")
        for other, file in earlier.items():
            if is_same(path, file):
                raise ConfigError(f"{what} {given}: is the file of {other} too; give each its own name")
        earlier[what] = path


def format_of_output(path: str, given: str | None, flag: str = "--to FORMAT") -> str:
    """Return the format to write a file in, which its extension names, unless one is given.

    Raises
    ------
    ConfigError
        For an extension that names none: data in a format that nobody asked for help nobody.
    """
    from fastw2v._codecs import CODECS
    from fastw2v.formats import FORMATS, format_of_name

    if given is not None:
        return given
    if path == "-":
        return "word2vec"
    stem, extension = os.path.splitext(path.lower())
    if extension in CODECS:
        extension = os.path.splitext(stem)[1]
    known = {one: name for name, format in FORMATS.items() if format.save is not None for one in format.extensions}
    if extension not in known:
        listed = ", ".join(f"{one} ({name})" for one, name in known.items())
        what = f"the extension {extension} names" if extension else "a name without an extension names"
        raise ConfigError(f"{path}: {what} no format; use one of {listed}, or say which with {flag}")
    return format_of_name(path)


def is_same(first: str, second: str) -> bool:
    """Whether two paths are one file, by whatever links."""
    if os.path.realpath(first) == os.path.realpath(second):
        return True
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def _files(path: str) -> Iterator[str]:
    """A file, or the files of a folder."""
    if not os.path.isdir(path):
        yield path
        return
    for name in os.listdir(path):
        yield os.path.join(path, name)
