"""The parts of the run under ThreadSanitizer do what they say, small and without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from races import races


@pytest.mark.timeout(300)
def test_all_parts_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    races.run([], 120, tmp_path)
    assert capsys.readouterr().out.split() == [word for part in races.PARTS for word in (part.__name__, "done")]


def test_an_error_of_a_thread_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        races.together(lambda: None, lambda: 1 / 0)


def test_places_that_may_race_are_there() -> None:
    """A suppression whose function has another name now would hide nothing, or something else."""
    here = Path(__file__).parent
    folder = here.parents[1] / "fastw2v"
    if not (folder / "kernels" / "_tile_body.h").exists():
        pytest.skip("the sources are not installed")
    text = "".join(path.read_text() for path in (*folder.glob("*/*.h"), *folder.glob("train/ranks/*.h")))
    lines = (here / "suppressions.txt").read_text().splitlines()
    names = [line.removeprefix("race:") for line in lines if line.startswith("race:")]
    assert len(names) > 5
    lost = [name for name in names if f"NAME({name.removesuffix('_f32')})" not in text and f" {name}(" not in text]
    assert lost == []
