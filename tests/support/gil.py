"""What holds only while the GIL does."""

import sys

import pytest

needs_gil = pytest.mark.skipif(
    hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled(), reason="rows do not move while others may look"
)
