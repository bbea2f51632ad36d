"""Choice of the kernel module: once, at import, by what the processor can do.

``FASTW2V_ISA=baseline|avx2|avx512`` overrides the choice, for tests and bug reports.  There is no
fallback in Python: a missing extension is an ImportError.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from typing import Any

from fastw2v._parallel import usable_cpus

try:
    from fastw2v import _kernels as _baseline
except ImportError as error:
    raise ImportError(
        "fastw2v's compiled kernels are missing: install a wheel (`pip install fastw2v`), or build from a "
        "checkout with `pip install .`, which needs a C compiler"
    ) from error

WIDER = ("avx2", "avx512")  # their modules stand in kernels/; any other set is what the module itself was compiled for


def compiled(name: str, isa: str | None = None) -> Any:
    """Return the module of a name that is compiled for an instruction set, by default for the chosen one.

    Parameters
    ----------
    name : str
        Of the module for all processors, such as ``"fastw2v._kernels"``.
    isa : str, optional
        One of :func:`runnable_isas`.

    Returns
    -------
    module

    Examples
    --------
    >>> from fastw2v import _dispatch
    >>> _dispatch.compiled("fastw2v._kernels") is _dispatch.kernels
    True
    """
    isa = isa or kernels.ISA
    return importlib.import_module(_wider(name, isa) if isa in WIDER else name)


def _wider(name: str, isa: str) -> str:
    return f"fastw2v.kernels.{name.rpartition('.')[2]}_{isa}"


def runnable_isas() -> list[str]:
    """Return the instruction sets that are compiled in and that this processor can run, best last.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from fastw2v._dispatch import runnable_isas
    >>> runnable_isas()[0] in ("baseline", "neon")
    True
    """
    found = [_baseline.ISA]
    found += (isa for isa in _baseline.cpu_features() if importlib.util.find_spec(_wider("_kernels", isa)))
    return found


def kernels_for(isa: str) -> Any:
    """Return the kernel module for one instruction set of :func:`runnable_isas`.

    Parameters
    ----------
    isa : str

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If it is not compiled in, or this processor cannot run it.

    Examples
    --------
    >>> kernels_for(runnable_isas()[0]).ISA in ("baseline", "neon")
    True
    """
    if isa not in runnable_isas():
        raise ImportError(
            f"instruction set {isa!r} (FASTW2V_ISA) is not available: this build and processor offer "
            f"{', '.join(runnable_isas())}"
        )
    return compiled("fastw2v._kernels", isa)


kernels: Any = kernels_for(os.environ.get("FASTW2V_ISA") or runnable_isas()[-1])


def show_config() -> dict[str, Any]:
    """Print and return what a bug report needs: version, instruction set, threads, platform.

    Returns
    -------
    dict
        Keys ``version``, ``isa`` (in use), ``isas`` (available), ``cpus``, ``python``, ``numpy``, ``platform``.

    Examples
    --------
    >>> import fastw2v
    >>> config = fastw2v.show_config()  # doctest: +ELLIPSIS
    version ...
    isa ...
    >>> config["isa"] in config["isas"]
    True
    """
    import numpy as np

    from fastw2v import __version__

    config = {
        "version": __version__,
        "isa": kernels.ISA,
        "isas": runnable_isas(),
        "cpus": usable_cpus(),
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "platform": platform.platform(),
    }
    for name, value in config.items():
        print(f"{name:9} {value}")
    return config
