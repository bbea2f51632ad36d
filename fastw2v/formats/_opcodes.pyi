from collections.abc import Callable
from typing import Any

class Global:
    module: str
    name: str
    known: bool
    def __init__(self, module: str, name: str, known: bool) -> None: ...
    @property
    def label(self) -> str: ...

class Pairs:
    flat: list[Any]
    def __init__(self, flat: list[Any]) -> None: ...
    def fields(self) -> dict[str, Any]: ...

class Bag:
    items: list[Any]
    def __init__(self, items: list[Any]) -> None: ...

class Inert:
    kind: Global
    args: tuple[Any, ...]
    state: Any
    items: list[Any] | None
    flat: list[Any] | None
    def __init__(self, kind: Global, args: tuple[Any, ...]) -> None: ...
    @property
    def label(self) -> str: ...
    def fields(self) -> dict[str, Any]: ...

def read_pickle(data: bytes | bytearray, is_known: Callable[[str, str], bool]) -> Any:
    """The value that a pickle describes.

    ``is_known(module, name)`` says which classes and functions may be called: nothing is called, their arguments are
    noted. Raises a FormatError, with the byte, for what is damaged or not allowed; a TruncatedFileError where it ends.
    """
