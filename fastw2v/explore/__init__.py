"""An explorer of word vectors in the browser: one local page, read only."""

from fastw2v.explore.server import Explorer

__all__ = ["Explorer"]
