from typing import Any

from numpy.typing import NDArray

def search(
    rows: NDArray[Any],
    first: int,
    queries: NDArray[Any],
    exact: NDArray[Any],
    best: NDArray[Any],
    best_rows: NDArray[Any],
    allowed: NDArray[Any] | None = None,
    left_out: tuple[NDArray[Any], NDArray[Any]] | None = None,
    listed: tuple[NDArray[Any], NDArray[Any]] | None = None,
    sketch: tuple[NDArray[Any], ...] | None = None,
    by_floats: bool = False,
) -> None: ...
def sketch(rows: NDArray[Any]) -> tuple[NDArray[Any], ...] | None: ...
def merge(
    best: NDArray[Any], best_rows: NDArray[Any], others: NDArray[Any], other_rows: NDArray[Any]
) -> None: ...
def sort(best: NDArray[Any], best_rows: NDArray[Any]) -> None: ...
