"""What notebooks show of vectors and models; keys are text, never markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors

N_ROWS, N_NUMBERS, N_LETTERS = 8, 6, 40


def of_vectors(vectors: KeyedVectors) -> str:
    """Return a table with the first keys, their counts and the first numbers of their vectors."""
    counts = vectors.expandos.get("count")
    keys = vectors.index_to_key[:N_ROWS]
    rows = []
    for row, key in enumerate(keys):
        numbers = [f"{number:.3g}" for number in np.asarray(vectors.vectors[row][:N_NUMBERS], np.float64)]
        count = [f"{counts[row]:,}"] if counts is not None else []
        rows.append([shortened(key), *count, *numbers, "…" * (vectors.vector_size > N_NUMBERS)])
    head = [
        "key",
        *(["count"] if counts is not None else []),
        f"vector of {vectors.vector_size} {vectors.vectors.dtype}",
    ]
    more = f"<p>… and {len(vectors) - N_ROWS:,} more</p>" if len(vectors) > N_ROWS else ""
    return f"<p><b>{escape(type(vectors).__name__)}</b>: {len(vectors):,} keys</p>{table(head, rows)}{more}"


def of_model(title: str, settings: Mapping[str, Any], losses: Sequence[float], vectors: KeyedVectors) -> str:
    """Return the settings that are not the defaults, the losses, and the table of the vectors."""
    shown = ", ".join(f"{escape(name)}={escape(shortened(value))}" for name, value in settings.items())
    curve = ", ".join(f"{loss:.3g}" for loss in losses[-10:])
    lines = [f"<p><b>{escape(title)}</b></p>", f"<p>{shown}</p>" if shown else ""]
    return "".join([*lines, f"<p>loss of the last epochs: {curve}</p>" if curve else "", of_vectors(vectors)])


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return an HTML table of texts."""
    lines = ["".join(f"<th>{escape(cell)}</th>" for cell in head)]
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def shortened(value: Any) -> str:
    """Return a value as text of bounded length."""
    text = str(value)
    return text if len(text) <= N_LETTERS else text[: N_LETTERS - 1] + "…"
