"""Kernels compiled by NVRTC at their first use, and kept in a folder."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

from fastw2v.cuda.options import INSTALL, Options
from fastw2v.errors import ConfigError, TrainingError

logger = logging.getLogger("fastw2v.word2vec")

OLDEST = (7, 0)  # shuffles and matches of a warp, by this name
DEVICE_CODE = Path(__file__).parent / "device"


def sources() -> dict[str, str]:
    """Return the device code, by the name of the file."""
    return {path.name: path.read_text("utf-8") for path in sorted(DEVICE_CODE.glob("*.cu*"))}


def image_of(options: Options, capability: tuple[int, int]) -> bytes:
    """Return the machine code for a card of this compute capability, from the cache if it is there.

    Raises
    ------
    ConfigError
        If the card is too old, or NVRTC is not installed.
    TrainingError
        If the code cannot be compiled.
    """
    if capability < OLDEST:
        raise ConfigError(
            f'device="cuda": the card has compute capability {capability[0]}.{capability[1]}, and {OLDEST[0]}.'
            f'{OLDEST[1]} (Volta) is needed; train with device="cpu"'
        )
    try:
        from cuda.bindings import nvrtc

        version = _checked(nvrtc, nvrtc.nvrtcVersion())
    except (ImportError, RuntimeError) as error:
        raise ConfigError(f'device="cuda": NVRTC cannot be used ({str(error).splitlines()[0]}); {INSTALL}') from error
    architecture = f"sm_{capability[0]}{capability[1]}"
    code = sources()
    key = hashlib.sha256(repr((sorted(code.items()), options, architecture, version)).encode()).hexdigest()[:32]
    kept = Path(cache_folder()) / f"{key}.cubin"
    try:
        return kept.read_bytes()
    except OSError:
        image = compiled(nvrtc, code, options, architecture)
    _keep(kept, image)
    return image


def compiled(nvrtc: Any, code: dict[str, str], options: Options, architecture: str) -> bytes:
    """Return machine code for an architecture such as ``"sm_90"``."""
    main, *headers = sorted(code, key=lambda name: name != "kernels.cu")
    program = _checked(
        nvrtc,
        nvrtc.nvrtcCreateProgram(
            code[main].encode(), main.encode(), len(headers), [code[name].encode() for name in headers],
            [name.encode() for name in headers],
        ),
    )  # fmt: skip
    flags = [f"-arch={architecture}", "-std=c++17", "--extra-device-vectorization", *options.defines()]
    (status,) = nvrtc.nvrtcCompileProgram(program, len(flags), [flag.encode() for flag in flags])
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        log = bytearray(_checked(nvrtc, nvrtc.nvrtcGetProgramLogSize(program)))
        _checked(nvrtc, nvrtc.nvrtcGetProgramLog(program, log))
        said = log.rstrip(b"\0").decode(errors="replace").strip()[-2000:]
        raise TrainingError(f"NVRTC cannot compile the kernels for {architecture} ({status.name}): {said}")
    image = bytearray(_checked(nvrtc, nvrtc.nvrtcGetCUBINSize(program)))
    _checked(nvrtc, nvrtc.nvrtcGetCUBIN(program, image))
    _checked(nvrtc, nvrtc.nvrtcDestroyProgram(program))
    return bytes(image)


def _checked(nvrtc: Any, result: tuple[Any, ...]) -> Any:
    status, *values = result
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise TrainingError(f"NVRTC reports: {status.name}")
    return values[0] if len(values) == 1 else tuple(values)


def _keep(path: Path, image: bytes) -> None:
    """Write a file, atomically; a cache that cannot be written only costs time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(image)
        os.replace(name, path)
    except OSError as error:
        logger.warning("compiled kernels cannot be kept in %s (%s): the next program compiles again", path, error)


def cache_folder() -> str:
    """Return where compiled kernels are kept: ``FASTW2V_CACHE``, or the user's cache folder."""
    chosen = os.environ.get("FASTW2V_CACHE")
    if chosen:
        return chosen
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    return os.path.join(base or os.path.join(os.path.expanduser("~"), ".cache"), "fastw2v")
