"""Temporary files: those of killed writers go with the next save, those of living writers stay."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fastw2v.formats import _tempfiles
from fastw2v.formats._io import open_write

fcntl = pytest.importorskip("fcntl", reason="without flock, on Windows, only the age decides")

WRITER = """
import sys
from fastw2v.formats._io import open_write
with open_write(sys.argv[1]) as out:
    out.write(b"child")
    print("go", flush=True)
    sys.stdin.readline()
"""


def start_writer(path: Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout.readline() == b"go\n"
    return child


def save(path: Path, content: bytes = b"saved") -> None:
    with open_write(path) as out:
        out.write(content)


def others(path: Path) -> list[str]:
    return sorted(name for name in os.listdir(path.parent) if name != path.name)


def leftover(path: Path, system: str, age: float = 0.0) -> Path:
    made = path.with_name(f".{path.name}.{system}{'0' * 24}.tmp")
    made.write_bytes(b"half")
    os.utime(made, (time.time() - age, time.time() - age))
    return made


def test_what_a_killed_writer_left_goes_with_the_next_save(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    save(path, b"old")
    with start_writer(path) as child:
        child.send_signal(signal.SIGKILL)
    assert len(others(path)) == 1
    assert path.read_bytes() == b"old"
    save(tmp_path / "t.txt.other")
    assert len(others(path)) == 2  # that of another name stays
    save(path)
    assert others(path) == ["t.txt.other"]
    assert path.read_bytes() == b"saved"


def test_a_living_writer_in_another_process_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    with start_writer(path) as child:
        save(path)
        assert len(others(path)) == 1
        child.stdin.write(b"\n")
    assert child.returncode == 0
    assert path.read_bytes() == b"child"
    assert others(path) == []


def test_a_living_writer_in_this_process_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    with open_write(path) as out:
        out.write(b"first")
        save(path)
        assert path.read_bytes() == b"saved"
    assert path.read_bytes() == b"first"
    assert others(path) == []


def test_files_of_another_system_must_be_a_day_old(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    young, old = leftover(path, "00000000", 3600), leftover(path, "11111111", 2 * _tempfiles.DAY)
    with leftover(path, "22222222", 2 * _tempfiles.DAY).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        save(path)
        assert others(path) == [young.name, Path(held.name).name]
    assert not old.exists()
    save(path)
    assert others(path) == [young.name]


def test_nothing_is_removed_where_locks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    path = tmp_path / "t.txt"
    made = leftover(path, _tempfiles._system(), 2 * _tempfiles.DAY)
    monkeypatch.setattr(_tempfiles.fcntl, "flock", refuse)
    save(path)
    assert path.read_bytes() == b"saved"
    assert others(path) == [made.name]


def test_links_and_other_names_stay(tmp_path: Path) -> None:
    path, precious = tmp_path / "t.txt", tmp_path / "precious"
    precious.write_bytes(b"precious")
    path.with_name(f".t.txt.{_tempfiles._system()}{'0' * 24}.tmp").symlink_to(precious)
    path.with_name(".t.txt.0123.tmp").write_bytes(b"")
    leftover(tmp_path / "u.txt", _tempfiles._system())
    before = others(path)
    save(path)
    assert others(path) == before
    assert precious.read_bytes() == b"precious"


def test_a_file_taken_for_a_leftover_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, calls = fcntl.flock, []

    def late(descriptor: int, operation: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            _tempfiles.remove(str(tmp_path), "present")
        original(descriptor, operation)

    (tmp_path / "present").write_bytes(b"")
    monkeypatch.setattr(_tempfiles.fcntl, "flock", late)
    stream, path = _tempfiles.create(str(tmp_path), "present")
    stream.close()
    assert os.listdir(tmp_path).count(Path(path).name) == 1
    assert len(calls) >= 3


def test_an_interrupt_while_the_file_is_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_tempfiles.fcntl, "flock", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "t.txt")
    assert os.listdir(tmp_path) == []
