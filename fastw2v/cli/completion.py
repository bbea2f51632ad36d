"""``fastw2v completion``: the lines that teach a shell to complete commands and flags."""

from __future__ import annotations

import argparse
from typing import Any

HELP = "print what makes a shell complete commands and flags"
DESCRIPTION = """Print what makes a shell complete commands, flags and file names. It needs argcomplete
(pip install "fastw2v[cli]"):

  fastw2v completion bash >> ~/.bashrc
  fastw2v completion zsh >> ~/.zshrc
  fastw2v completion fish > ~/.config/fish/completions/fastw2v.fish
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("shell", choices=["bash", "zsh", "fish", "powershell"], help="the shell")


def run(args: argparse.Namespace) -> int:
    """Print the lines; the exit code."""
    print(_argcomplete().shellcode(["fastw2v"], shell=args.shell))
    return 0


def answer(parser: argparse.ArgumentParser) -> None:
    """Tell the shell that waits for them the words that may follow, and end the process."""
    _argcomplete().autocomplete(parser)


def _argcomplete() -> Any:
    try:
        import argcomplete
    except ImportError as error:
        raise ImportError("completion needs argcomplete: pip install 'fastw2v[cli]'") from error
    return argcomplete
