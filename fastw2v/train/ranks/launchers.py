"""Whether a launcher of MPI programs has started this process together with others."""

from __future__ import annotations

import os

# How launchers tell a process how many of its kind there are: MPICH and Intel MPI, Open MPI, MVAPICH.
SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")


def launched() -> bool:
    """Return whether there are other processes; without asking MPI, which takes long to start.

    Examples
    --------
    >>> launched()
    False
    """
    return any(os.environ.get(name, "1") not in ("", "1") for name in SIZES)
