"""The standard streams of a command: closed ones, and terminals that cannot show every letter."""

from __future__ import annotations

import io
import os
import sys


def ready_streams() -> None:
    r"""Make stdout and stderr take any word, or nothing if they are closed (``>&-``); stdin gives any bytes as words.

    Letters that a terminal does not have become escapes such as ``\u4e2d``. Without this, what is printed to a closed
    stderr would appear on stdout.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf8"))  # noqa: SIM115 - for as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
