"""Counts of the keys: the vocabulary that they are to the text sources."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastw2v.text.vocab import Vocab


def vocabulary_of(wv: Any) -> Vocab:
    """Return the vocabulary of vectors by key, as the text sources see it; without counts, all are 0."""
    counts = wv.expandos.get("count")
    return Vocab(wv.index_to_key, np.zeros(len(wv), np.int64) if counts is None else counts)
