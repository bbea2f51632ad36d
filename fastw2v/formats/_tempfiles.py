"""Temporary files of writers: made with a lock, and removed when whoever made them was killed.

A file that will be called ``name`` is written as ``.name.<8 hex digits: system><24 hex digits: random>.tmp``, and its
writer holds an exclusive ``flock`` on it until it has its name. The lock goes when the process ends, however it
ends. A file whose lock is free is therefore abandoned, if it was made under the same running kernel (containers
included: locks belong to the kernel). Of files made elsewhere (another machine on a shared file system, or this one
before it was started anew) locks need not be visible here, so these must in addition have been left alone for a day,
by the file system's own clock. On a file system that refuses locks nothing is removed. Windows has no ``flock``, but
does not let an open file be removed: there the day decides, for a writer closes its file just before it is renamed.

A mistake would damage nothing: a writer whose temporary file is gone cannot rename it, which is an error, and the old
file stays.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import re
import socket
import uuid
from contextlib import suppress
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

DAY = 86400.0
LONGEST_NAME = 100  # characters of the name of the target; a file name may have 255 bytes


@functools.cache
def _system() -> str:
    """Eight hex digits that stand for the running kernel: it knows who holds a lock."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as stream:
            identity = stream.read()
    except OSError:
        identity = socket.gethostname()
    return hashlib.blake2b(identity.encode(), digest_size=4).hexdigest()


def create(folder: str, base: str) -> tuple[Any, str]:
    """Make and lock the temporary file that will be called ``base``; the open file and its path."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        path = os.path.join(folder, f".{base[:LONGEST_NAME]}.{_system()}{uuid.uuid4().hex[:24]}.tmp")
        stream = os.fdopen(os.open(path, flags, 0o666), "wb", 1 << 20)
        try:
            if fcntl is None or _lock(stream.fileno()):
                return stream, path
        except BaseException:
            stream.close()
            os.unlink(path)
            raise
        stream.close()  # somebody took it for a leftover, before it was locked


def _lock(descriptor: int) -> bool:
    """Whether a file that was just made is locked and still there; where locks are refused, nobody removes it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return os.fstat(descriptor).st_nlink > 0


def remove(folder: str, base: str) -> None:
    """Remove what killed writers of ``base`` left behind; called right after ``base`` was written."""
    pattern = re.compile(re.escape(f".{base[:LONGEST_NAME]}.") + r"([0-9a-f]{8})[0-9a-f]{24}\.tmp")
    with suppress(OSError):
        now = os.stat(os.path.join(folder, base)).st_mtime
        with os.scandir(folder or ".") as entries:
            found = [(entry, match[1]) for entry in entries if (match := pattern.fullmatch(entry.name))]
        for entry, system in found:
            with suppress(OSError):
                if _remove_abandoned(entry, system == _system(), now):
                    logger.info("removed %s, left behind by a writer that was killed", entry.path)


def _remove_abandoned(entry: os.DirEntry[str], made_here: bool, now: float) -> bool:
    """Remove a temporary file if nobody can be writing it; whether it was removed."""
    if not entry.is_file(follow_symlinks=False):
        return False
    old = now - entry.stat(follow_symlinks=False).st_mtime > DAY
    if fcntl is None:
        if old:
            os.unlink(entry.path)
        return old
    if not (made_here or old):
        return False
    descriptor = os.open(entry.path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(entry.path)  # while it is locked: a writer that has just made it notices
    finally:
        os.close(descriptor)
    return True
