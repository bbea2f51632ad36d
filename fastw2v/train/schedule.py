"""The learning rate as a pure function of the position in the corpus."""

from __future__ import annotations

from typing import NamedTuple


class Schedule(NamedTuple):
    """Linear decay over all epochs (docs/math.md section 9).

    Examples
    --------
    >>> schedule = Schedule(alpha=0.025, min_alpha=0.005, epochs=2)
    >>> round(schedule.at(epoch=1, fraction=0.0), 6)
    0.015
    """

    alpha: float
    min_alpha: float
    epochs: int

    def at(self, epoch: int, fraction: float) -> float:
        """Learning rate after ``fraction`` (0 to 1) of epoch ``epoch`` (from 0)."""
        progress = (epoch + min(max(fraction, 0.0), 1.0)) / self.epochs
        return self.alpha - (self.alpha - self.min_alpha) * min(progress, 1.0)
