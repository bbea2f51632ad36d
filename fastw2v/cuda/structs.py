"""What the host gives to the kernels, field by field as in ``device/structs.cuh``."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int32, c_int64, c_uint64, c_void_p

PIECE = 32  # positions that a warp takes at a time
START = -(2**31)  # added to the id of the first word of a sentence


class Settings(ctypes.Structure):
    """What one training is, for all rounds of an epoch."""

    _fields_ = [
        ("w_in", c_void_p), ("w_ns", c_void_p), ("w_hs", c_void_p), ("keep", c_void_p), ("noise", c_void_p),
        ("path_start", c_void_p), ("path_code", c_void_p), ("path_point", c_void_p), ("lock", c_void_p),
        ("n_lock", c_int64), ("n_words", c_int64), ("seed", c_uint64), ("epoch", c_uint64), ("loss_every", c_int64),
        ("window", c_int32), ("negative", c_int32),
        ("cbow_mean", c_int32), ("cbow_exact", c_int32), ("shrink", c_int32), ("reserved", c_int32),
    ]  # fmt: skip


class Chunk(ctypes.Structure):
    """A chunk of the corpus in a round."""

    _fields_ = [
        ("ids", c_void_p), ("n_ids", c_int64), ("place", c_int64), ("first_piece", c_int64), ("number", c_uint64),
        ("alpha", c_double), ("alpha_end", c_double), ("n_kept", c_int64),
    ]  # fmt: skip


class Round(ctypes.Structure):
    """Chunks that are trained together, and memory for what is drawn for them."""

    _fields_ = [
        ("chunks", c_void_p), ("kept", c_void_p), ("left", c_void_p), ("right", c_void_p), ("border", c_void_p),
        ("noise", c_void_p), ("next", c_void_p), ("n_kept", c_void_p), ("n_pairs", c_void_p),
        ("n_loss_pairs", c_void_p), ("loss", c_void_p), ("n_chunks", c_int64), ("n_pieces", c_int64),
    ]  # fmt: skip
