"""Run a program that imports gensim on fastw2v: ``python -m fastw2v.patch program.py arguments ...``."""

from __future__ import annotations

import os
import runpy
import sys

from fastw2v.patch import patch_gensim
from fastw2v.patch.names import PROGRAMS

USAGE = """\
usage: python -m fastw2v.patch program.py [arguments ...]
       python -m fastw2v.patch -m module [arguments ...]
       python -m fastw2v.patch -c code [arguments ...]

Runs a Python program as python itself does, with `import gensim` giving fastw2v's Word2Vec,
KeyedVectors, Phrases and what belongs to them.  gensim need not be installed.
"""


def main(arguments: list[str]) -> int:
    """Run the program that the command line names; give the exit code for a wrong one."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, end="", file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    option, rest = arguments[0], arguments[1:]
    if option in ("-m", "-c"):
        if not rest:
            print(f"{option} needs an argument\n\n{USAGE}", end="", file=sys.stderr)
            return 2
        target, rest = rest[0], rest[1:]
    elif option.startswith("-"):
        print(f"unknown option {option}\n\n{USAGE}", end="", file=sys.stderr)
        return 2
    elif not os.path.exists(option):
        print(f"python -m fastw2v.patch: there is no file {option!r}", file=sys.stderr)
        return 2
    patch_gensim()
    if option == "-m":
        sys.argv = [target, *rest]  # runpy puts the file's name in
        runpy.run_module(PROGRAMS.get(target, target), run_name="__main__", alter_sys=True)
    elif option == "-c":
        sys.argv = ["-c", *rest]
        exec(compile(target, "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = [option, *rest]
        if not getattr(sys.flags, "safe_path", False):
            sys.path[0] = os.path.dirname(os.path.abspath(option))  # as python has it for a program
        runpy.run_path(option, run_name="__main__")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
