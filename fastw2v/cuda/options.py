"""What the compiler is told of a training, so that registers hold as many output rows as they can."""

from __future__ import annotations

from typing import NamedTuple

from fastw2v.errors import ConfigError

INSTALL = "pip install 'fastw2v[cuda]', on a machine with a card and its driver; or train with device=\"cpu\""
MAX_VECTOR_SIZE = 1024  # of which a lane holds 32 numbers
REGISTER_ROWS = 18  # 128-number parts of output rows, at most: each is held twice, as it was read and as it is
MOST_OUT = 8  # one butterfly sums so many scores
STEP_BYTES = 48 * 1024  # of shared memory, for the steps of input rows between two slices: every card has so much
TILE_IN = 8


class Options(NamedTuple):
    """One build of the kernels."""

    vector_size: int
    tile_out: int
    skip_gram: bool
    ns: bool
    hs: bool
    joint_context: bool
    warps: int  # of a block
    blocks: int  # that a multiprocessor should hold
    most_out: int  # output rows of a window, at most

    def defines(self) -> list[str]:
        """Return the options of the compiler."""
        names = {
            "VECTOR_SIZE": self.vector_size, "TILE_OUT": self.tile_out, "SKIP_GRAM": self.skip_gram, "NS": self.ns,
            "HS": self.hs, "JOINT_CONTEXT": self.joint_context, "WARPS": self.warps, "BLOCKS": self.blocks,
        }  # fmt: skip
        return [f"-D{name}={int(value)}" for name, value in names.items()]

    @property
    def n_slices(self) -> int:
        """Slices of the output rows of a window, at most."""
        return -(-self.most_out // self.tile_out)

    @property
    def step_bytes(self) -> int:
        """Shared memory of a block."""
        return self.warps * TILE_IN * 512 * -(-self.vector_size // 128)


def check_vector_size(vector_size: int) -> None:
    """Raise ConfigError if vectors are longer than registers allow."""
    if vector_size > MAX_VECTOR_SIZE:
        raise ConfigError(
            f'vector_size={vector_size}: device="cuda" trains vectors of up to {MAX_VECTOR_SIZE} numbers; use fewer, '
            'or device="cpu"'
        )


def options_of(
    vector_size: int, *, skip_gram: bool, negative: int, max_path: int, joint_context: bool = False
) -> Options:
    """Return the build for a training.

    Parameters
    ----------
    vector_size : int
    skip_gram : bool
        Otherwise CBOW.
    negative : int
        Noise words of a window; 0: no negative sampling.
    max_path : int
        Inner nodes above a word, at most; 0: no hierarchical softmax.
    joint_context : bool

    Raises
    ------
    ConfigError
        If the vectors are longer than registers allow.

    Examples
    --------
    >>> options_of(100, skip_gram=True, negative=5, max_path=0).tile_out
    6
    >>> options_of(100, skip_gram=True, negative=10, max_path=0).tile_out  # 11 rows, in slices of 6 and 5
    6
    """
    check_vector_size(vector_size)
    parts = -(-vector_size // 128)
    most = max(2, min(MOST_OUT, REGISTER_ROWS // parts))
    n_out = min(max(negative + 1 if negative else 0, max_path), 32)
    n_slices = -(-n_out // most)
    warps = max(1, min(8, STEP_BYTES // (TILE_IN * 512 * parts)))
    # registers are enough for two blocks of eight warps where a row is one part, of half as many otherwise
    blocks = (16 if parts == 1 else 8) // warps
    return Options(
        vector_size,
        -(-n_out // n_slices),
        skip_gram,
        negative > 0,
        max_path > 0,
        joint_context,
        warps,
        blocks,
        n_out,
    )
