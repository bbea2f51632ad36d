"""What the values of a pickle stand for: arrays, numbers, texts, collections, and nothing that could act.

``_opcodes.read_pickle`` gives plain Python values, and stand-ins for objects, dictionaries and sets. Classes of
gensim, NumPy and the standard library are known by name; a class that is not known may only be the type of an object
with a state (somebody's subclass); anything else that is to be called is refused.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import FormatError, TruncatedFileError
from fastw2v.formats import _npy
from fastw2v.formats._budget import Budget, shown
from fastw2v.formats._opcodes import Bag, Global, Inert, Pairs, read_pickle
from fastw2v.formats._reader import is_shape, plain_dtype

KNOWN_MODULES = ("gensim.", "numpy.random", "numpy.core.", "numpy._core.", "scipy.sparse", "datetime")
# Python 3.4 wrote collections.defaultdict under the names of Python 2's user modules
USER_MODULES = ("collections", "UserString", "UserList", "UserDict")
COLLECTIONS = ("set", "frozenset", "list", "tuple", "bytearray")
BUILTINS = ("int", "float", "str", "object", "hash", "bytes", "complex", "dict", *COLLECTIONS)
KNOWN_NAMES = {
    *(("numpy", name) for name in ("dtype", "ndarray", "memmap", "float32")),
    *((module, "_reconstructor") for module in ("copyreg", "copy_reg")),
    *((module, "defaultdict") for module in USER_MODULES),
    *(("collections", name) for name in ("OrderedDict", "Counter")),
    ("_codecs", "encode"),
    *(("builtins", name) for name in BUILTINS),
    *(("__builtin__", name) for name in (*BUILTINS, "long", "unicode")),
}
DEEPEST = 100  # tuples within tuples in a key


def is_known(module: str, name: str) -> bool:
    """Whether a pickle of vectors may call that class or function."""
    return (module, name) in KNOWN_NAMES or module.startswith(KNOWN_MODULES)


def load(data: bytes, name: str) -> Any:
    """The tree that a pickle describes.

    Raises
    ------
    FormatError
        It is damaged, or it wants to execute something; the message names what.
    """
    try:
        return read_pickle(data, is_known)
    except TruncatedFileError as error:
        raise TruncatedFileError(f"{name}: {error}") from None
    except FormatError as error:
        what = ""
        if b"joblib" in data[:4096]:  # whose arrays stand between the opcodes
            what = (
                "; it seems to be a file of joblib: joblib.load opens it, if you trust it, and save() makes one of ours"
            )
        raise FormatError(f"{name}: {error}{what}") from None


def is_a(value: Any, *names: str) -> bool:
    """Whether a value is a stand-in for an object of one of these class or function names."""
    return isinstance(value, Inert) and value.kind.name in names


def is_array(value: Any) -> bool:
    """Whether a value is an array, or a stand-in for one."""
    return isinstance(value, np.ndarray) or is_a(value, "_reconstruct", "ndarray", "memmap", "_frombuffer")


def name_of(value: Any) -> str:
    """What a message calls a value of a pickle."""
    return shown(value.label) if isinstance(value, Inert | Global) else type(value).__name__


def pairs_of(value: Any) -> list[Any] | None:
    """Keys and values in turn of what stands for some dictionary, else None."""
    if isinstance(value, Pairs):
        return value.flat
    if not isinstance(value, Inert):
        return None
    if value.flat is not None:
        return value.flat
    if not is_a(value, "OrderedDict", "defaultdict", "Counter", "dict"):
        return None
    given = value.args[-1] if value.args else None
    if isinstance(given, Pairs):
        return given.flat
    if isinstance(given, list) and all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in given):
        return [part for pair in given for part in pair]
    return []


def items_of(value: Any) -> list[Any] | tuple[Any, ...] | None:
    """The items of what stands for some list or set, else None."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, Bag):
        return value.items
    if is_a(value, *COLLECTIONS) and len(value.args) == 1:
        return items_of(value.args[0]) if not isinstance(value.args[0], Inert) else None
    return None


def bytes_of(value: Any) -> bytes | None:
    """Bytes, however the protocol wrote them down; None if the value is something else."""
    if isinstance(value, bytes):
        return value
    if is_a(value, "encode") and value.args and isinstance(value.args[0], str):  # protocols 0 to 2
        encoding = value.args[1] if len(value.args) > 1 else "utf8"
        if encoding not in ("latin1", "utf8", "utf-8"):
            raise FormatError("the pickle encodes text in a way that is not known")
        return value.args[0].encode(encoding, "replace")
    if is_a(value, "bytes", "bytearray") and not value.args:
        return b""
    if isinstance(value, str):  # of Python 2
        return value.encode("latin1", "replace")
    return None


def dtype_of(value: Any, kinds: str = "fiubO") -> np.dtype[Any]:
    """The plain dtype that a stand-in describes, of one of the ``kinds``."""
    if not is_a(value, "dtype") or not value.args:
        raise FormatError("an array has no dtype")
    kind = plain_dtype(value.args[0], kinds)
    order: Any = value.state[1] if isinstance(value.state, tuple) and len(value.state) > 1 else "<"
    if isinstance(order, bytes):
        order = order.decode("latin1")
    return kind.newbyteorder(order) if order in ("<", ">") else kind


def array_of(value: Any, what: str, budget: Budget, kinds: str = "fiubO") -> NDArray[Any]:
    """The array that a stand-in describes, of one of the ``kinds``; numeric ones are views of the bytes in the pickle.

    The budget pays for each time that an array is named: whoever asks for it may copy it.
    """
    if isinstance(value, np.ndarray):
        return value
    if is_a(value, "_frombuffer"):
        data, kind, shape, order = (*value.args, "C", "C", "C", "C")[:4]
        fortran = order == "F"
    elif is_a(value, "_reconstruct", "ndarray", "memmap") and isinstance(value.state, tuple) and len(value.state) >= 4:
        shape, kind, fortran, data = value.state[-4:]
    else:
        raise FormatError(f"{what} is not an array")
    dtype = dtype_of(kind, kinds)
    if not is_shape(shape, dtype.itemsize):
        raise FormatError(f"{what} has the shape {shown(shape)}")
    budget.charge(math.prod(shape) * dtype.itemsize, what)
    if dtype.kind == "O":
        if not isinstance(data, list) or len(data) != math.prod(shape) or len(shape) != 1:
            raise FormatError(f"{what}: {shape} objects are not in the file")
        made = np.empty(shape, object)
        made[:] = data
        return made
    raw = bytes_of(data)
    if raw is None or len(raw) != math.prod(shape) * dtype.itemsize:
        raise FormatError(f"{what}: the data do not have the size of {dtype} x {shape}")
    flat: NDArray[Any] = np.frombuffer(raw, dtype)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def listed(value: Any, what: str, budget: Budget) -> list[Any]:
    """The items of an array of one dimension, of texts too."""
    return _npy.items_of(array_of(value, what, budget, "fiubOUS"), what)


def scalar_of(value: Any) -> Any:
    """A plain number, text or None; None for everything else."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_a(value, "scalar") and len(value.args) == 2:
        kind, raw = dtype_of(value.args[0], "fiubOUS"), bytes_of(value.args[1])
        if raw is None or len(raw) != kind.itemsize or kind.kind == "O":
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
    if is_a(value, "str", "unicode", "int", "long", "float") and len(value.args) == 1:
        return value.args[0] if isinstance(value.args[0], str | int | float) else None
    return None


class NotPlainError(FormatError):
    """A value of a pickle is more than numbers, texts, lists and dictionaries."""


def plain_of(value: Any, budget: Budget, depth: int = 0) -> Any:
    """A value that JSON could hold: a number, a text, None, lists and dictionaries of those; else a NotPlainError.

    The budget pays for each time that a part is named: whoever writes the value down writes it as often. Lists and
    tuples that are plain already stay themselves, so that memory is taken once.
    """
    if isinstance(value, list | tuple | Pairs) and depth < DEEPEST:
        budget.charge(8, "attributes")
        if isinstance(value, Pairs):
            return {name: plain_of(part, budget, depth + 1) for name, part in _by_text(value).items()}
        parts = type(value)(plain_of(part, budget, depth + 1) for part in value)
        return value if all(map(operator.is_, parts, value)) else parts
    plain = scalar_of(value)
    if (plain is None and value is not None) or isinstance(plain, bytes):
        raise NotPlainError(name_of(value))
    written = len(plain) if isinstance(plain, str) else plain.bit_length() // 3 if isinstance(plain, int) else 0
    budget.charge(8 + written, "attributes")
    return plain


def _by_text(value: Pairs) -> dict[str, Any]:
    """The fields of a dictionary whose keys are all text."""
    if not all(type(key) is str for key in value.flat[::2]):
        raise NotPlainError("dict")
    fields: dict[str, Any] = value.fields()
    return fields


def keys_of(values: Sequence[Any], budget: Budget) -> list[Any]:
    """Keys of a table: text, bytes, numbers, None, or tuples of those, which a pickle can name again and again.

    The budget pays for each time that a part is named, which whoever hashes a key looks at; memory is taken once.
    """
    made: dict[int, Any] = {}  # tuples that had to be made anew, by the identity of what was in the file
    return [_key_of(value, budget, made, 0) for value in values]


def _key_of(value: Any, budget: Budget, made: dict[int, Any], depth: int) -> Any:
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    if isinstance(value, tuple) and depth < DEEPEST:
        budget.charge_parts(1 + len(value), "keys that are tuples")
        parts = tuple(_key_of(part, budget, made, depth + 1) for part in value)
        return value if all(map(operator.is_, parts, value)) else made.setdefault(id(value), parts)
    plain = scalar_of(value)
    if plain is None:
        raise FormatError(f"a key of type {name_of(value)}")
    budget.charge_parts(1 + len(plain) if isinstance(plain, str | bytes) else 1, "keys")
    return plain
