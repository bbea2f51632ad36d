"""Columns of lists of words, as data frames and Arrow hold them."""

from __future__ import annotations

from typing import Any

from fastw2v.errors import CorpusError


def is_arrow_column(corpus: object) -> bool:
    """Tell whether an object is a column of polars or Arrow, whose cells are no Python objects yet.

    A column of pandas holds Python objects, and that of ``datasets`` gives them: both are iterated as they are.

    Parameters
    ----------
    corpus : object

    Returns
    -------
    bool

    Examples
    --------
    >>> is_arrow_column([["one", "line"]])
    False
    """
    kind = type(corpus)
    return (kind.__module__.partition(".")[0], kind.__name__) == ("polars", "Series") or (
        kind.__module__.startswith("pyarrow") and hasattr(corpus, "to_pylist")
    )


def column_of_lists(corpus: Any) -> list[Any]:
    """Return the cells of a column as Python lists.

    Parameters
    ----------
    corpus : polars.Series, pyarrow.Array or pyarrow.ChunkedArray

    Returns
    -------
    list

    Raises
    ------
    CorpusError
        If a cell is a text (its letters would be taken for words) or empty (null).

    Examples
    --------
    >>> class Column:
    ...     def to_list(self):
    ...         return [["one", "line"]]
    >>> column_of_lists(Column())
    [['one', 'line']]
    """
    cells: list[Any] = corpus.to_list() if hasattr(corpus, "to_list") else corpus.to_pylist()
    name = type(corpus).__name__
    for row, cell in enumerate(cells):
        if isinstance(cell, str):
            raise CorpusError(
                f"row {row} of the {name} is the text {cell!r:.60}, not a list of words; split it: in polars "
                "column.str.split(' '), in Arrow pyarrow.compute.utf8_split_whitespace(column)"
            )
        if cell is None:
            raise CorpusError(f"row {row} of the {name} is null; drop such rows (drop_nulls), or fill them with []")
    return cells
