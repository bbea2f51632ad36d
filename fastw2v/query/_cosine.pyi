from typing import Any

from numpy.typing import NDArray

def cosines(rows: NDArray[Any], query: NDArray[Any], out: NDArray[Any]) -> None: ...
