"""What the examples share: the command line, and where pictures go."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def parser(description: str | None) -> argparse.ArgumentParser:
    """Make a parser with the option that all examples have."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # consoles without Chinese letters
    made = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    made.add_argument("--plots", type=Path, help="folder for pictures (needs matplotlib); default: none are drawn")
    return made


def picture(folder: Path | None, name: str, draw: Callable[[], Any]) -> None:
    """Draw a picture and save it, where a folder for it was given."""
    if folder is None:
        return
    try:
        axes = draw()
    except ImportError as error:
        print(f"skipped: picture {name}: {error}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    axes.figure.savefig(folder / name, dpi=120)
    print(f"picture: {folder / name}")


def title(text: str) -> None:
    """Print a headline."""
    print(f"\n{text}\n{'-' * len(text)}")
