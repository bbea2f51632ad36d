"""Unpickling without execution: every global is an inert stand-in, nothing is ever imported or called.

The pickle becomes a tree of plain Python values and :class:`Inert` objects that only hold what was said
about them. Classes of gensim, NumPy and the standard library are known by name; a class that is not known
may only be the type of an object with a state (somebody's subclass); anything else that is to be called is
refused.
"""

from __future__ import annotations

import io
import math
import pickle
import struct
from collections.abc import Callable, Sized
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError, TruncatedFileError
from fastw2v.formats import _opcodes
from fastw2v.formats._reader import is_shape


class Called(type):
    """A type whose call is what the pickle wanted to execute: allowed for known names only."""

    known: bool
    label: str

    def __call__(cls, *args: Any) -> Any:
        if not cls.known:
            raise FormatError(f"the pickle wants to call {cls.label!r}, which is not allowed")
        return cls.__new__(cls, *args)  # type: ignore[arg-type]


class Inert:
    """What a pickle says about one object: its class by name, its arguments, its state."""

    __slots__ = ("args", "state")
    label = ""
    known = True
    args: tuple[Any, ...]
    state: Any

    def __new__(cls, *args: Any) -> Any:
        """Hold the arguments."""
        if args and not cls.known:
            raise FormatError(f"the pickle makes an object of {cls.label!r} with arguments, which is not allowed")
        made: Any = super().__new__(cls)
        made.args, made.state = args, None
        return made

    def __setstate__(self, state: Any) -> None:
        """Hold the state."""
        self.state = state

    def fields(self) -> dict[Any, Any]:
        """The state as a dictionary of attributes."""
        state = self.state
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], dict):
            state = state[0]
        if not isinstance(state, dict):
            raise FormatError(f"an object of {self.label!r} has no attributes")
        return state


def _reconstructor(cls: Any, *_: Any) -> Any:
    if not isinstance(cls, type) or not issubclass(cls, Inert):
        raise FormatError("the pickle reconstructs something that is no object")
    return cls.__new__(cls)


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "utf8", "utf-8"):
        raise FormatError("the pickle encodes something that is no text")
    return text.encode(encoding)


def _mapping(*args: Any) -> dict[Any, Any]:
    pairs = args[0] if args and isinstance(args[0], list | dict) else ()
    return dict(pairs)


def _collection(kind: Callable[[Any], Any]) -> Callable[..., Any]:
    def make(*args: Any) -> Any:
        if args and not isinstance(args[0], list | tuple | set | frozenset | bytes | str):
            raise FormatError("the pickle makes a collection of something that is none")
        # the walk over the opcodes does not see how large these become: nested ones could be compared for ever
        if args and kind is frozenset and any(isinstance(item, tuple | frozenset) for item in args[0]):
            raise FormatError("the pickle makes a frozenset of tuples or frozensets")
        return kind(*args[:1])

    return make


ANY_ARRAY = "ndarray"
ARRAY_NAMES = {
    ("numpy", "ndarray"),
    ("numpy", "memmap"),
    ("numpy.core.memmap", "memmap"),
    ("numpy", "float32"),
}
FUNCTIONS: dict[tuple[str, str], Callable[..., Any]] = {
    **{(module, "_reconstructor"): _reconstructor for module in ("copyreg", "copy_reg")},
    ("_codecs", "encode"): _encode,
    # Python 3.4 wrote collections.defaultdict under the names of Python 2's user modules
    **{(module, "defaultdict"): _mapping for module in ("collections", "UserString", "UserList", "UserDict")},
    ("collections", "OrderedDict"): _mapping,
    ("collections", "Counter"): _mapping,
    **{
        (module, kind.__name__): _collection(kind)
        for module in ("builtins", "__builtin__")
        for kind in (set, frozenset, list, bytearray)
    },
}
KNOWN_MODULES = ("gensim.", "numpy.random", "numpy.core.", "numpy._core.", "scipy.sparse", "datetime")
KNOWN_NAMES = {
    ("numpy", "dtype"),
    *ARRAY_NAMES,
    *(("builtins", name) for name in ("int", "float", "str", "object", "hash", "bytes", "complex", "dict")),
    *(("__builtin__", name) for name in ("int", "long", "float", "str", "object", "hash", "unicode", "dict")),
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")
        self.made: dict[tuple[str, str], Any] = {}
        self.room = 1_000_000 + 8 * len(data)

    def find_class(self, module: str, name: str) -> Any:
        """A stand-in, new for each file: a hostile state cannot leave anything behind."""
        function = FUNCTIONS.get((module, name))
        if function is not None:
            return partial(self.copied, function)
        found = self.made.get((module, name))
        if found is None:
            known = (module, name) in KNOWN_NAMES or module.startswith(KNOWN_MODULES)
            body = {"label": f"{module}.{name}", "known": known, "__slots__": ()}
            found = self.made[module, name] = Called("Inert", (Inert,), body)
        return found

    def copied(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function that copies its arguments, which a short file could ask for again and again."""
        self.room -= sum(len(one) for one in args if isinstance(one, Sized))
        if self.room < 0:
            raise FormatError("the pickle copies its contents too often")
        return function(*args)

    def persistent_load(self, pid: Any) -> Any:
        """Refuse: gensim never uses persistent ids."""
        raise FormatError("the pickle refers to something outside of the file")


# what CPython's unpickler raises for bytes that are no pickle
DAMAGE = (
    pickle.UnpicklingError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


def load(data: bytes, name: str) -> Any:
    """The tree that a pickle describes.

    Raises
    ------
    FormatError
        It is damaged, or it wants to execute something; the message names what.
    """
    place = _opcodes.check_pickle(data)
    if place >= len(data):
        raise TruncatedFileError(f"{name}: the pickle ends early, at byte {len(data)}")
    if place >= 0:
        raise FormatError(f"{name}: byte {place}: damaged, or an opcode that is not allowed in a pickle of vectors")
    try:
        return _Unpickler(data).load()
    except FormatError as error:
        raise FormatError(f"{name}: {error}") from None
    except EOFError as error:
        raise TruncatedFileError(f"{name}: the pickle ends early ({error})") from None
    except DAMAGE as error:
        raise FormatError(f"{name}: the pickle is damaged ({type(error).__name__}: {error})") from None


def is_a(value: Any, *names: str) -> bool:
    """Whether a value is a stand-in for an object of one of these class or function names."""
    return isinstance(value, Inert) and value.label.rpartition(".")[2] in names


def dtype_of(value: Any, kinds: str = "fiubO") -> np.dtype[Any]:
    """The plain dtype that a stand-in describes, of one of the ``kinds``."""
    if not is_a(value, "dtype") or not value.args or not isinstance(value.args[0], str):
        raise FormatError("an array has no dtype")
    order: Any = value.state[1] if isinstance(value.state, tuple) and len(value.state) > 1 else "<"
    if isinstance(order, bytes):
        order = order.decode("latin1")
    text = value.args[0]
    try:
        kind = np.dtype(text)
        if order in ("<", ">"):
            kind = kind.newbyteorder(order)
    except (TypeError, ValueError):
        raise FormatError(f"an array of unknown dtype {text!r}") from None
    if kind.kind not in kinds:
        raise FormatError(f"an array of dtype {text!r}, which is not numeric")
    return kind


def array_of(value: Any, what: str) -> NDArray[Any]:
    """The array that a stand-in describes; numeric ones are views of the bytes in the pickle."""
    if isinstance(value, np.ndarray):
        return value
    if is_a(value, "_frombuffer"):
        data, kind, shape, order = (*value.args, "C", "C", "C", "C")[:4]
        fortran = order == "F"
        dtype = dtype_of(kind)
    elif is_a(value, "_reconstruct", ANY_ARRAY, "memmap") and isinstance(value.state, tuple) and len(value.state) >= 4:
        shape, kind, fortran, data = value.state[-4:]
        dtype = dtype_of(kind)
    else:
        raise FormatError(f"{what} is not an array")
    if not is_shape(shape, dtype.itemsize):
        raise FormatError(f"{what} has the shape {shape!r}")
    if isinstance(data, str):
        data = data.encode("latin1", "replace")
    if dtype.kind == "O":
        if not isinstance(data, list) or len(data) != math.prod(shape) or len(shape) != 1:
            raise FormatError(f"{what}: {shape} objects are not in the file")
        made = np.empty(shape, object)
        made[:] = data
        return made
    if not isinstance(data, bytes | bytearray) or len(data) != math.prod(shape) * dtype.itemsize:
        raise FormatError(f"{what}: the data do not have the size of {dtype} x {shape}")
    flat: NDArray[Any] = np.frombuffer(data, dtype)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def scalar_of(value: Any) -> Any:
    """A plain number, text or None; None for everything else."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_a(value, "scalar") and len(value.args) == 2:
        raw = value.args[1].encode("latin1", "replace") if isinstance(value.args[1], str) else value.args[1]
        kind = dtype_of(value.args[0], "fiubOUS")
        if not isinstance(raw, bytes) or len(raw) != kind.itemsize or kind.kind == "O":
            return None
        if kind.kind == "S":
            return raw
        if kind.kind == "U":  # NumPy stores four bytes for each character
            order = "utf-32-be" if kind.str.startswith(">") else "utf-32-le"
            try:
                return raw.decode(order, "surrogatepass")
            except UnicodeDecodeError as error:
                raise FormatError(f"a text of NumPy holds a character that does not exist ({error.reason})") from None
        return np.frombuffer(raw, kind)[0].item()
    return None
