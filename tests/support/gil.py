"""What holds only while the GIL does."""

import sys
import sysconfig

import pytest

needs_gil = pytest.mark.skipif(
    hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled(), reason="rows do not move while others may look"
)

# An interpreter that can do without GIL reads a copy of each list of words: what becomes of the list has no effect.
LISTS_ARE_COPIED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
