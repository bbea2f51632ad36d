"""What MkDocs does beside its plugins: formulas as MathML, pages from the root of the repository, their links."""

from __future__ import annotations

import html
import posixpath
import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
# pages that GitHub shows at the root of the repository, and their place in the site
AT_THE_ROOT = {name: name.lower() for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")}
LINK = re.compile(r"\[([^]\n]*)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages at the root of the repository."""
    for source, target in AT_THE_ROOT.items():
        files.append(File.generated(config, target, content=(ROOT / source).read_text("utf8")))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Point links to the pages of the site; a link to what the site does not have becomes plain text."""
    sources = {target: source for source, target in AT_THE_ROOT.items()}
    folder = posixpath.dirname(sources.get(page.file.src_uri, f"docs/{page.file.src_uri}"))

    def relink(found: re.Match[str]) -> str:
        text, path, anchor = found[1], posixpath.normpath(posixpath.join(folder, found[2])), found[3] or ""
        if not (ROOT / path).exists():
            return found[0]  # MkDocs tells
        target = AT_THE_ROOT.get(path, "index.md" if path == "README.md" else path.removeprefix("docs/"))
        if files.get_file_from_path(target) is None:
            return text if text == path else f"{text} (`{path}`)"
        return f"[{text}]({posixpath.relpath(target, posixpath.dirname(page.file.src_uri) or '.')}{anchor})"

    return LINK.sub(relink, markdown)


def on_page_content(content: str, **_: Any) -> str:
    """Turn each formula into MathML, which browsers draw by themselves: no script, no font and no network.

    And drop the roles of docstrings: ``:class:`Word2Vec``` becomes its name alone.
    """

    def formula(found: re.Match[str]) -> str:
        display = found[1] == "div"
        mathml = convert(html.unescape(found[2].strip()[2:-2]), display="block" if display else "inline")
        return re.sub(r"<mi>([a-z]{2,})</mi>", r'<mo lspace="0.17em" rspace="0.17em">\1</mo>', mathml)  # log, min

    content = re.sub(r":(?:class|meth|func|attr|mod|data):<code>~?([^<]*)</code>", r"<code>\1</code>", content)
    return re.sub(r'<(span|div) class="arithmatex">(.*?)</\1>', formula, content, flags=re.DOTALL)
