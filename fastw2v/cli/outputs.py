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

    read = [name_of(path) for path in inputs if path is not None and "://" not in name_of(path)]
    earlier: dict[str, str] = {}
    for what, given in outputs.items():
        path = "" if given is None else name_of(given)
        if not path or "://" in path or kept_in_place(path):
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
