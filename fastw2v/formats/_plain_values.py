"""What a native file keeps of a table beside keys and vectors: arrays among its own, the rest as JSON in its header."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError
from fastw2v.formats._budget import shown
from fastw2v.table import FACTORS

logger = logging.getLogger("fastw2v.keyedvectors")

Columns = dict[str, NDArray[Any]]


def is_plain(value: Any) -> bool:
    """Whether JSON gives back exactly what it was given."""
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


def own_label(name: str) -> str:
    """The name of an array that belongs to the table as a whole, among the arrays of a file or a model."""
    return name if name == FACTORS else "own." + name


def parted(attrs: Mapping[str, Any], own: Mapping[str, Any], of: str) -> tuple[Columns, dict[str, dict[str, Any]]]:
    """The attributes of keys, and those of the table as a whole, as arrays by label and as values for the header.

    A warning names, as part ``of`` something, what neither can hold.
    """
    arrays: Columns = {}
    objects, values = {}, {}
    for name, column in attrs.items():
        if column.dtype != object:
            arrays["attr." + name] = column
        elif is_plain(listed := column.tolist()):
            objects[name] = listed
        else:
            logger.warning("%s: attribute %r holds objects that no file can hold, and is not saved", of, name)
    for name, value in own.items():
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            arrays[own_label(name)] = value
        elif is_plain(value):
            values[name] = value
        else:
            logger.warning("%s.%s cannot be held by a file, and is not saved", of, name)
    return arrays, {"object_attrs": objects, "own": values}


def object_columns(plain: dict[str, Any], n_rows: int, name: Any) -> Columns:
    """The attributes of keys that the header of a file holds.

    Raises
    ------
    FormatError
        If they are no lists of a value for each row.
    """
    columns = {}
    for label, values in _by_name(plain, "object_attrs", name).items():
        if not isinstance(values, list) or len(values) != n_rows:
            raise FormatError(f"{name}: object_attrs.{label}: must be a list of {n_rows} values, not {shown(values)}")
        column = columns[label] = np.empty(n_rows, object)
        for row, value in enumerate(values):  # a slice would take lists apart
            column[row] = value
    return columns


def own_values(plain: dict[str, Any], name: Any) -> dict[str, Any]:
    """The attributes of the table as a whole that the header holds."""
    return dict(_by_name(plain, "own", name))


def _by_name(plain: dict[str, Any], field: str, name: Any) -> dict[str, Any]:
    given = plain.get(field, {})
    if not isinstance(given, dict):
        raise FormatError(f"{name}: {field}: must be values by name, not {shown(given)}")
    return given
