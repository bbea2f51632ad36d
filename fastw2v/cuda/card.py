"""One card, as the rest of this folder sees it: memory, kernels, rounds.

The driver is called through ``cuda-bindings``, NVIDIA's own package of thin wrappers: a few megabytes with no further
needs, released together with CUDA, and every call below is one that the driver's manual describes. (CuPy would bring an
array library of a hundred times the size for the two dozen calls that are needed; ``cuda-core`` is built on these.)

All addresses are numbers; whoever allocates releases. Threads may call everything at the same time.
"""

from __future__ import annotations

import ctypes
import threading
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastw2v.cuda.options import INSTALL, Options
from fastw2v.cuda.structs import Round, Settings
from fastw2v.errors import ConfigError, TrainingError


class Event(Protocol):
    """The end of a round."""

    @property
    def seconds(self) -> float:
        """How long the card trained, once it is over."""

    def over(self) -> bool:
        """Tell whether the card is done."""

    def wait(self) -> None:
        """Wait until it is."""


class Kernels(Protocol):
    """One build, loaded."""

    @property
    def most_warps(self) -> int:
        """How many warps the card holds at the same time."""


class Card(Protocol):
    """What a card can do; tests have one that is played on a processor."""

    name: str
    real: np.dtype[Any]  # of weights

    def memory(self) -> tuple[int, int]:
        """Return the bytes that are free, and all."""

    def allocate(self, n_bytes: int) -> int:
        """Return the address of new memory."""

    def release(self, address: int) -> None:
        """Give memory back."""

    def upload(self, address: int, array: NDArray[Any]) -> None:
        """Copy an array to the card, and wait for the end of it."""

    def download(self, array: NDArray[Any], address: int) -> None:
        """Copy from the card into an array, and wait for the end of it."""

    def build(self, options: Options) -> Any:
        """Return kernels, compiled or from the cache."""

    def launch(self, kernels: Any, settings: Settings, this_round: Round, warps: int) -> Event:
        """Draw and train a round, after those that were launched before; return at once."""

    def close(self) -> None:
        """Let go of the card."""


def card_number(device: str) -> int:
    """Return which card ``"cuda"`` or ``"cuda:1"`` means.

    >>> card_number("cuda"), card_number("cuda:3")
    (0, 3)
    """
    return int(device.partition(":")[2] or 0)


def open_card(device: str) -> Card:
    """Return a card that is ready to train.

    Raises
    ------
    ConfigError
        If there is none, or what leads to it is not installed; the message says which, and what to do.
    """
    try:
        from cuda.bindings import driver
    except ImportError as error:
        raise ConfigError(f"device={device!r}: cuda-bindings is not installed ({error}); {INSTALL}") from error
    try:
        _checked(driver, driver.cuInit(0))
        n_cards = _checked(driver, driver.cuDeviceGetCount())
    except RuntimeError as error:  # the driver's library is not there, or there is no card
        raise ConfigError(f"device={device!r}: no card can be used on this machine ({error}); {INSTALL}") from error
    number = card_number(device)
    if number >= n_cards:
        raise ConfigError(f'device={device!r}: this machine has {n_cards}, from "cuda:0" on; choose one of them')
    return DriverCard(driver, number)


def _checked(driver: Any, result: tuple[Any, ...]) -> Any:
    """Return the value of a call of the driver; raise TrainingError with the driver's words for an error."""
    status, *values = result
    if status != driver.CUresult.CUDA_SUCCESS:
        _, words = driver.cuGetErrorString(status)
        text = words.decode() if isinstance(words, bytes) else str(words)
        raise TrainingError(f"CUDA reports: {text} ({getattr(status, 'name', status)})")
    return values[0] if len(values) == 1 else tuple(values)


class DriverEvent:
    """Two marks in the card's work: before a round, and after it."""

    def __init__(self, card: DriverCard) -> None:
        self._card = card
        self.begin, self.end = (card.call("cuEventCreate", 0) for _ in range(2))
        self.seconds = 0.0

    def over(self) -> bool:
        """Tell whether the card is done."""
        self._card.enter()
        status = self._card.driver.cuEventQuery(self.end)[0]
        if status == self._card.driver.CUresult.CUDA_ERROR_NOT_READY:
            return False
        self._card.checked((status,))
        return True

    def wait(self) -> None:
        """Wait until it is."""
        self._card.call("cuEventSynchronize", self.end)
        if self.begin is not None:
            self.seconds = self._card.call("cuEventElapsedTime", self.begin, self.end) / 1e3
            for event in (self.begin, self.end):
                self._card.call("cuEventDestroy", event)
            self.begin = None


class DriverKernels:
    """One build, loaded into a card."""

    def __init__(self, card: DriverCard, options: Options, image: bytes) -> None:
        self.options = options
        self.module = card.call("cuModuleLoadData", image)
        self.draw = card.call("cuModuleGetFunction", self.module, b"draw_chunks")
        self.train = card.call("cuModuleGetFunction", self.module, b"train_round")
        blocks = card.call(
            "cuOccupancyMaxActiveBlocksPerMultiprocessor", self.train, 32 * options.warps, options.step_bytes
        )
        if not blocks:
            raise TrainingError(f"{card.name} cannot hold a block of {options}: please report this as a bug")
        self.most_warps: int = card.n_processors * blocks * options.warps


class DriverCard:
    """A card behind CUDA's driver."""

    real = np.dtype(np.float32)

    def __init__(self, driver: Any, number: int) -> None:
        self.driver = driver
        self._device = self.checked(driver.cuDeviceGet(number))
        self._context = self.checked(driver.cuDevicePrimaryCtxRetain(self._device))
        self._entered = threading.local()
        attribute = driver.CUdevice_attribute
        self.name = self.call("cuDeviceGetName", 256, self._device).split(b"\0")[0].decode()
        self.n_processors = self._attribute(attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)
        self.l2_bytes = self._attribute(attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE)
        self.capability = (
            self._attribute(attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
            self._attribute(attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        )
        # streams of their own, which do not wait for each other: copies, draws, training
        flags = int(driver.CUstream_flags.CU_STREAM_NON_BLOCKING)
        self._copies, self._draws, self._trains = (self.call("cuStreamCreate", flags) for _ in range(3))
        self._kernels: dict[Options, DriverKernels] = {}
        self._copying = threading.Lock()
        self.seconds = 0.0  # that rounds took, for measurements

    # ------------------------------------------------------------------------------ calls ----

    def checked(self, result: tuple[Any, ...]) -> Any:
        """Return the value of a call, or raise TrainingError."""
        return _checked(self.driver, result)

    def enter(self) -> None:
        """Make this card the one that the calling thread talks to."""
        if not getattr(self._entered, "now", False):
            self.checked(self.driver.cuCtxSetCurrent(self._context))
            self._entered.now = True

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function of the driver; return its value, or raise TrainingError."""
        self.enter()
        return self.checked(getattr(self.driver, name)(*arguments))

    def _attribute(self, which: Any) -> int:
        return int(self.call("cuDeviceGetAttribute", which, self._device))

    # ----------------------------------------------------------------------------- memory ----

    def memory(self) -> tuple[int, int]:
        """Return the bytes that are free, and all."""
        free, total = self.call("cuMemGetInfo")
        return int(free), int(total)

    def allocate(self, n_bytes: int) -> int:
        """Return the address of new memory."""
        try:
            return int(self.call("cuMemAlloc", max(n_bytes, 16)))
        except TrainingError as error:
            free, total = self.memory()
            raise TrainingError(
                f"{self.name} has no {n_bytes / 1e9:.2f} GB of memory left: {free / 1e9:.2f} GB of "
                f'{total / 1e9:.2f} GB are free; let other programs end, use a smaller vector_size, or device="cpu"'
            ) from error

    def release(self, address: int) -> None:
        """Give memory back."""
        self.call("cuMemFree", address)

    def upload(self, address: int, array: NDArray[Any]) -> None:
        """Copy an array to the card, and wait for the end of it."""
        assert array.flags.c_contiguous
        if array.nbytes:
            with self._copying:
                self.call("cuMemcpyHtoDAsync", address, array.ctypes.data, array.nbytes, self._copies)
                self.call("cuStreamSynchronize", self._copies)

    def download(self, array: NDArray[Any], address: int) -> None:
        """Copy from the card into an array, and wait for the end of it."""
        assert array.flags.c_contiguous
        if array.nbytes:
            with self._copying:
                self.call("cuMemcpyDtoHAsync", array.ctypes.data, address, array.nbytes, self._copies)
                self.call("cuStreamSynchronize", self._copies)

    # ---------------------------------------------------------------------------- kernels ----

    def build(self, options: Options) -> DriverKernels:
        """Return kernels, compiled or from the cache."""
        from fastw2v.cuda.compiler import image_of

        if options not in self._kernels:
            self._kernels[options] = DriverKernels(self, options, image_of(options, self.capability))
        return self._kernels[options]

    def launch(self, kernels: DriverKernels, settings: Settings, this_round: Round, warps: int) -> DriverEvent:
        """Draw and train a round, after those that were launched before; return at once."""
        event, drawn = DriverEvent(self), self.call("cuEventCreate", 0)
        arguments = _arguments(settings, this_round)
        self._start(kernels.draw, this_round.n_chunks, 32, 0, self._draws, arguments)
        self.call("cuEventRecord", drawn, self._draws)
        self.call("cuStreamWaitEvent", self._trains, drawn, 0)
        self.call("cuEventDestroy", drawn)  # once it has happened
        self.call("cuEventRecord", event.begin, self._trains)
        options = kernels.options
        per_block = max(1, min(options.warps, warps // self.n_processors))  # few warps: one on each multiprocessor
        shared = options.step_bytes // options.warps * per_block
        self._start(kernels.train, max(1, warps // per_block), 32 * per_block, shared, self._trains, arguments)
        self.call("cuEventRecord", event.end, self._trains)
        return event

    def _start(self, function: Any, n_blocks: int, n_threads: int, shared: int, stream: Any, arguments: Any) -> None:
        self.call("cuLaunchKernel", function, n_blocks, 1, 1, n_threads, 1, 1, shared, stream, arguments[0], 0)

    def close(self) -> None:
        """Let go of the card."""
        for kernels in self._kernels.values():
            self.call("cuModuleUnload", kernels.module)
        for stream in (self._copies, self._draws, self._trains):
            self.call("cuStreamDestroy", stream)
        self._kernels = {}
        self.checked(self.driver.cuDevicePrimaryCtxRelease(self._device))


def _arguments(settings: Settings, this_round: Round) -> tuple[int, Any]:
    """Return the address of an array of pointers to the arguments of a kernel, and what must live until the launch."""
    pointers = (ctypes.c_void_p * 2)(ctypes.addressof(settings), ctypes.addressof(this_round))
    return ctypes.addressof(pointers), (pointers, settings, this_round)
