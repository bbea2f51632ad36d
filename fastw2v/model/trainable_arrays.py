"""The arrays that training works on, and what programs see of them meanwhile.

Programs get C-contiguous arrays; kernels need each row on cache lines of its own. When training begins, the rows of a
table move apart in its own memory; when it pauses for callbacks, and when it ends, they move together again. Meanwhile
the attribute (``wv.vectors``, ``syn1neg``, ``syn1``) shows the rows where they are, so that whoever looks it up finds
vectors, and sees them learn.

An array that something else holds, too (a variable of the program, a query that is under way, a memory map), would show
other numbers as soon as rows move. So a copy is trained and shown then, and is written back. Nobody ever sees rows in
another place than where their array says.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import ConfigError
from fastw2v.train._rows import Table, replace
from fastw2v.train.weights import fits_kernels, new_table

BLOCK_BYTES = 1 << 20  # compared at a time

_moving = threading.RLock()  # two trainings may begin or end with the same rows


class _Use(NamedTuple):
    """An attribute whose rows are trained."""

    owner: Any
    name: str
    rows: Table | NDArray[np.float32]  # an array where nothing has to move


class TrainableArrays:
    """The arrays of one training.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from fastw2v.train.weights import zeros
    >>> model, arrays = SimpleNamespace(syn1neg=zeros(2, 100)), TrainableArrays()
    >>> arrays.use(model, "syn1neg")[:] = 1.0
    >>> model.syn1neg.flags.c_contiguous, float(model.syn1neg.min())
    (False, 1.0)
    >>> arrays.together()
    >>> model.syn1neg.flags.c_contiguous, float(model.syn1neg.min())
    (True, 1.0)
    """

    def __init__(self) -> None:
        self._uses: dict[str, _Use] = {}

    def use(self, owner: Any, name: str, label: str = "", *, write: bool = True) -> NDArray[np.float32]:
        """Return what kernels work on for an attribute of an object.

        Parameters
        ----------
        owner : object
        name : str
            Of the attribute.
        label : str
            Its name in messages, by default the same.
        write : bool
            False: kernels only read; a read-only array is copied.

        Returns
        -------
        ndarray of float32, of the same shape
            Each row begins on a cache line, and has zeros behind it.

        Raises
        ------
        ConfigError
            If the array cannot be trained.
        """
        label = label or name
        array: NDArray[Any] = getattr(owner, name)
        if write:
            _check_trainable(array, label)
        elif not array.flags.writeable:
            return _copied(array).view()
        if fits_kernels(array) and _table_of(array) is None:
            self._uses[label] = _Use(owner, name, array)
            return array
        del array  # nothing but the attribute may hold it when rows move
        with _moving:
            before, table = self._uses.get(label), _table_of(vars(owner).get(name))
            if table is not None:
                self._note(label, _Use(owner, name, table))
                if table.apart or table.move(vars(owner), name, apart=True):
                    return table.view()
                table.users.discard(self)
            return self._apart_from_program(owner, name, label, before).view()

    def _note(self, label: str, use: _Use) -> None:
        """Note a use before rows move: whatever happens then, :meth:`together` knows of it."""
        self._uses[label] = use
        if isinstance(use.rows, Table):
            use.rows.users.add(self)

    def _apart_from_program(self, owner: Any, name: str, label: str, before: _Use | None) -> Table:
        """Return a table with what an attribute shows, which shows the table from now on."""
        names = vars(owner)
        array: NDArray[Any] = getattr(owner, name)
        if before is not None and isinstance(before.rows, Table) and before.rows.original is array:
            table = before.rows
            _take_over_changes(table, array)  # a callback may have written into it
        else:
            table = _copied(array)
        self._note(label, _Use(owner, name, table))
        own = type(array) is np.ndarray and array.flags.owndata and array.dtype == np.float32
        del array
        if not own or not replace(names, name, table.view()):
            table.original = getattr(owner, name)
            if names.get(name) is table.original:
                names[name] = table.view()
        return table

    def newest(self) -> list[NDArray[np.float32]]:
        """Return what was last used under each label, in the order of first use, where it is now."""
        rows = (use.rows for use in self._uses.values())
        return [table.view() if isinstance(table, Table) else table for table in rows]

    def together(self, *, busy: bool = False) -> None:
        """Give the program C-contiguous arrays again; may be called at any time, and again.

        Parameters
        ----------
        busy : bool
            Whether a thread may still write where the rows are: then they stay there, and the program gets a copy.
        """
        with _moving:
            for owner, name, table in self._uses.values():
                if isinstance(table, Table) and self in table.users:
                    _bring_together(vars(owner), name, table, busy)
                    table.users.discard(self)

    def forget(self) -> None:
        """Forget all arrays, after :meth:`together`."""
        self._uses.clear()


def _bring_together(names: dict[str, Any], name: str, table: Table, busy: bool) -> None:
    shown = _table_of(names.get(name)) is table  # else the program has put another array there
    last = len(table.users) == 1
    if table.original is not None:
        _write_back(table)
        if shown and last:
            names[name] = table.original
    elif shown and last and table.apart and (busy or not table.move(names, name, apart=False)):
        names[name] = _copied(table.view(), apart=False).view()  # who holds the other array keeps it, as it is now


def as_programs_see_it(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array that a program put under a name, if what the name shows is a copy in training: with its values.

    Parameters
    ----------
    array : ndarray
        What the name shows.

    Returns
    -------
    ndarray
    """
    table = _table_of(array)
    if table is None or table.original is None:
        return array
    _write_back(table)
    return table.original


def _check_trainable(array: NDArray[Any], label: str) -> None:
    if array.dtype.kind != "f":
        raise ConfigError(
            f"{label} is an array of {array.dtype}, which cannot be trained: assign model.{label}.astype('float32')"
        )
    if not array.flags.writeable:
        raise ConfigError(
            f"{label} is read-only (a memory map opened with mmap='r'?): training would not reach it; "
            f"load it without mmap, or assign a copy: model.{label} = model.{label}.copy()"
        )


def _table_of(array: Any) -> Table | None:
    """Return the table of which an array shows all rows, if there is one."""
    table = array.base if isinstance(array, np.ndarray) else None
    return table if isinstance(table, Table) and array.shape == table.shape and array.dtype == np.float32 else None


def _copied(array: NDArray[Any], *, apart: bool = True) -> Table:
    table = new_table(*array.shape, apart=apart)
    np.copyto(table.view(), array, casting="same_kind")
    return table


def _write_back(table: Table) -> None:
    assert table.original is not None
    np.copyto(table.original, table.view(), casting="same_kind")


def _take_over_changes(table: Table, array: NDArray[Any]) -> None:
    """Bring a table up to an array that it was written back to: float16 would lose what float32 has learnt."""
    rows = table.view()
    step = max(1, BLOCK_BYTES // (rows.shape[1] * rows.itemsize))
    for first in range(0, len(rows), step):
        mine, given = rows[first : first + step], array[first : first + step]
        np.copyto(mine, given, casting="same_kind", where=mine.astype(array.dtype) != given)
