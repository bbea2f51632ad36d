"""Every code block of the README and of docs/ runs, page by page, in a folder with a small corpus.

A block that cannot run here has a comment before it, ``<!-- not run: reason -->``; a page that needs other libraries
has ``<!-- needs: library -->``, and is skipped without them. Blocks of kind ``text`` are no code.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.shell import run_line

import fastw2v
from fastw2v.demo import python_help_sentences
from fastw2v.utils import save_as_line_sentence

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
KINDS = {"python", "bash", "text"}
MOST_NOT_RUN = 4


class Block(NamedTuple):
    kind: str
    text: str
    line: int  # of the page, where the text begins
    excuse: str | None


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page; anything that is code in another form is an error."""
    blocks: list[Block] = []
    lines = iter(enumerate(page.read_text("utf8").splitlines(), 1))
    previous = ""
    for number, line in lines:
        where = f"{page.name}:{number}"
        if fence := re.match(r"\s*```(.*)", line):
            assert fence[1] in KINDS, f"{where}: a block of kind {fence[1]!r}; use one of {sorted(KINDS)}"
            inside = []
            for _, inner in lines:
                if inner.strip() == "```":
                    break
                inside.append(inner)
            reason = re.fullmatch(r"<!-- not run: (.+) -->", previous.strip())
            blocks.append(Block(fence[1], "\n".join(inside) + "\n", number + 1, reason[1] if reason else None))
        else:
            assert previous.strip() or not re.match(r" {4}\S", line), f"{where}: an indented block; use a fence"
        previous = line
    return blocks


def with_code() -> list[Path]:
    return [page for page in PAGES if any(block.kind != "text" for block in blocks_of(page))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with what the pages take for granted: a corpus, test sets, a program for gensim, vectors of GloVe."""
    sentences = python_help_sentences()[:1500]
    sentences += [["new", "york", "is", "big"], ["i", "love", "new", "york"], ["big", "apple"]] * 20
    family = ["man", "king", "woman", "queen"]
    sentences += [list(pair) for pair in itertools.permutations(family, 2)] * 10
    sentences += [[word] for word in family] * 300  # frequent, so that no pair of them is a phrase
    save_as_line_sentence(sentences, tmp_path / "corpus.txt")
    (tmp_path / "questions-words.txt").write_text(": family\nman king woman queen\n")
    (tmp_path / "wordsim353.tsv").write_text("king\tqueen\t8\nnew\tyork\t5\nman\twoman\t9\n")
    (tmp_path / "glove.txt").write_text("the 1 0\nof 0 1\n")
    (tmp_path / "program.py").write_text("from gensim.models import Word2Vec\nprint(Word2Vec.__module__)\n")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    fastw2v.unpatch_gensim()  # a page shows the patch


def run_shell(block: Block, folder: Path) -> None:
    for line in block.text.splitlines():
        if shlex.split(line, comments=True):
            run_line(line, folder)


@pytest.mark.parametrize("page", with_code(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_of_a_page_runs(page: Path, folder: Path) -> None:
    if needs := re.search(r"^<!-- needs: (.+) -->$", page.read_text("utf8"), re.MULTILINE):
        for library in needs[1].split():
            pytest.importorskip(library)
    names = {"__name__": "page"}
    for block in blocks_of(page):
        if block.excuse or block.kind == "text":
            continue
        if block.kind == "bash":
            run_shell(block, folder)
        else:
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), names)


def test_few_blocks_do_not_run_and_each_says_why() -> None:
    excused = [(page.name, block.line, block.excuse) for page in PAGES for block in blocks_of(page) if block.excuse]
    assert len(excused) <= MOST_NOT_RUN, excused


@pytest.mark.parametrize(
    "page", ["```\nx\n```\n", "text\n\n    indented = 1\n", "```sh\nls\n```\n"], ids=["no kind", "indented", "unknown"]
)
def test_code_that_would_not_be_run_is_found(page: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(page)
    with pytest.raises(AssertionError, match=r"page\.md"):
        blocks_of(tmp_path / "page.md")


def test_a_block_that_fails_is_found(folder: Path) -> None:
    with pytest.raises(AssertionError, match="no-such-file"):
        run_shell(Block("bash", "fastw2v info no-such-file\n", 1, None), folder)
    with pytest.raises(AssertionError, match="say why"):
        run_shell(Block("bash", "rm everything\n", 1, None), folder)
