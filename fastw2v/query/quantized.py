"""Matrices of bytes: int8 codes with one scale per row, a quarter of float32's memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_CODE = 127


class QuantizedMatrix:
    """Matrix of int8 codes; ``matrix[i]`` is ``codes[i] * scales[i]`` as float32.

    Cosines do not need the scales, and are computed from the codes. The error of a number is at most half
    a step, 1/254 of the largest one in its row.

    Parameters
    ----------
    codes : ndarray of int8, shape (n, d)
    scales : ndarray of float32, shape (n,)
        Finite, 0 or more.

    Raises
    ------
    ValueError
        If shapes, types or scales are others.

    Examples
    --------
    >>> matrix = QuantizedMatrix.from_rows(np.array([[1.0, -0.5]], dtype=np.float32))
    >>> matrix.codes.tolist(), matrix[0].round(2).tolist()
    ([[127, -64]], [1.0, -0.5])
    """

    ndim = 2
    dtype = np.dtype(np.int8)

    def __init__(self, codes: NDArray[np.int8], scales: NDArray[np.float32]) -> None:
        if codes.ndim != 2 or codes.dtype != np.int8 or scales.shape != (len(codes),):
            raise ValueError(
                f"expected int8 codes (n, d) and n scales, got {codes.dtype} {codes.shape} and {scales.shape}"
            )
        known = np.isfinite(scales) & (scales >= 0)  # the queries go by the codes alone
        if not known.all():
            row = int(np.argmin(known))
            raise ValueError(f"the scale of row {row} is {scales[row]}: expected a finite number, 0 or more")
        self.codes = codes
        self.scales = scales

    @classmethod
    def _checked(cls, codes: NDArray[np.int8], scales: NDArray[np.float32]) -> QuantizedMatrix:
        """Make a matrix of rows of another one, which were checked when that was made."""
        made = cls.__new__(cls)
        made.codes, made.scales = codes, scales
        return made

    @classmethod
    def from_rows(cls, rows: NDArray[Any]) -> QuantizedMatrix:
        """Round the rows of a floating matrix, shape (n, d), to 255 steps each."""
        codes = np.empty(rows.shape, dtype=np.int8)
        scales = np.empty(len(rows), dtype=np.float32)
        step = max(1, (1 << 18) // max(1, rows.shape[1]))  # temporaries stay small beside the matrix
        for start in range(0, len(rows), step):
            block = np.asarray(rows[start : start + step], dtype=np.float32)
            largest = np.abs(block).max(axis=1, initial=0.0)
            if not np.isfinite(largest).all():
                raise ValueError("rows with NaN or infinite numbers cannot be quantized")
            scales[start : start + step] = largest / LARGEST_CODE
            divisor = np.where(largest > 0, largest, 1.0)[:, None]
            codes[start : start + step] = np.rint(block / divisor * LARGEST_CODE)
        return cls(codes, scales)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.codes.shape[0], self.codes.shape[1]

    @property
    def nbytes(self) -> int:
        """Memory of codes and scales."""
        return self.codes.nbytes + self.scales.nbytes

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> Any:
        """Give one row or a list of rows as float32; of a slice, a matrix that shares the codes."""
        if isinstance(rows, slice):
            return self._checked(self.codes[rows], self.scales[rows])
        codes, scales = self.codes[rows], self.scales[rows]
        return codes.astype(np.float32) * (scales[:, None] if codes.ndim == 2 else scales)

    def __setitem__(self, rows: Any, values: Any) -> None:
        raise TypeError("quantized vectors are read-only: use astype('float32') for vectors to be changed")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        decoded = self.codes.astype(np.float32) * self.scales[:, None]
        return decoded if dtype is None else decoded.astype(dtype, copy=False)

    def take(self, rows: NDArray[np.int64]) -> QuantizedMatrix:
        """Give a new matrix of these rows, still quantized."""
        return self._checked(self.codes[rows], self.scales[rows])
