from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

class Table:
    """Memory of a weight matrix, with room for the gaps that training needs between its rows.

    Rows lie together, as programs expect it, or *apart*: each begins on a cache line, with zeros behind it. They move
    in place, while one attribute of one object shows them and nothing else does. Arrays that :meth:`view` makes have
    the table as their ``base``, which keeps it alive.

    Parameters
    ----------
    memory : float32 array, (n_rows * stride,), C-contiguous
        Begins on a cache line.
    n_rows, size : int
        Rows, and numbers in a row.
    apart : bool
        Where the rows are.

    Attributes
    ----------
    shape : (int, int)
    apart : bool
    original : ndarray, optional
        What the rows are a copy of, and are to be written back to.
    users : weak set
        Who needs the rows apart.
    """

    shape: tuple[int, int]
    apart: bool
    original: NDArray[Any] | None
    users: WeakSet[Any]
    def __init__(self, memory: NDArray[np.float32], n_rows: int, size: int, apart: bool = False) -> None: ...
    @property
    def nbytes(self) -> int:
        """Size of the memory, room included."""

    def view(self) -> NDArray[np.float32]:
        """Return a new array, (n_rows, size), that shows the rows where they are now."""

    def move(self, names: dict[str, Any], name: str, apart: bool) -> bool:
        """Move rows apart or together, and let an attribute show them where they are then.

        Parameters
        ----------
        names : dict
            Attributes of an object.
        name : str
            The attribute that shows the rows.
        apart : bool
            Where they are to be.

        Returns
        -------
        bool
            False, with nothing changed, if something else holds the array that the attribute shows, or a part of it,
            or its buffer; or if the attribute shows something else; or in a Python without GIL, where others may look
            while rows move.
        """

def replace(names: dict[str, Any], name: str, other: Any) -> bool:
    """Put something else under a name, if nothing else holds what is there.

    Parameters
    ----------
    names : dict
        Attributes of an object.
    name : str
    other : object

    Returns
    -------
    bool
        False: something else holds it, and nothing is changed.
    """

def alone(names: dict[str, Any], name: str) -> bool:
    """Return whether nothing holds an array but an attribute, nor memory that it is a part of.

    Parameters
    ----------
    names : dict
        Attributes of an object.
    name : str

    Returns
    -------
    bool
        False also if the memory belongs to something that is neither an array nor a :class:`Table`, such as a file.
    """
