from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

def mark_of(sentences: Sequence[Any]) -> int | None: ...
def mark_of_array(array: NDArray[Any]) -> int: ...
