"""A short run of the fuzz campaign; the long one is ``fuzz_formats.py --files 200000``."""

from __future__ import annotations

import pytest
from fuzz import fuzz_formats


@pytest.mark.timeout(600)  # ten seconds on an idle machine
def test_mutated_files_do_no_harm() -> None:
    report = fuzz_formats.campaign(n_files=800, seed=2024, timeout=20, batch=200, keep=None)
    assert report["problems"] == []
    assert report["files"] == 800
    tried = set(report["loaders"])
    assert {name for name in fuzz_formats.LOADERS if ":" not in name} <= tried
    assert len(tried) > 0.7 * len(fuzz_formats.LOADERS), "parts of files, too"
    assert report["outcomes"]["FormatError"] > 200
    assert report["outcomes"]["loaded"] > 10
