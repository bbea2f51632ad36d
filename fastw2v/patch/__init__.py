"""Run programs written for gensim on fastw2v, without changing them.

    import fastw2v
    fastw2v.patch_gensim()          # before the program imports gensim

or, from a shell, ``python -m fastw2v.patch program.py arguments ...``.

With gensim installed, its ``Word2Vec``, ``KeyedVectors``, ``Phrases``, corpus classes and helpers are
replaced, and everything else (``Doc2Vec``, ``FastText``, topic models, ...) stays gensim's own, on
gensim's own base classes.  Without gensim, a package of that name holds the parts that exist here, and
everything else raises an ImportError that says so.
"""

from __future__ import annotations

from fastw2v.patch.switch import is_patched, patch_gensim, unpatch_gensim

__all__ = ["is_patched", "patch_gensim", "unpatch_gensim"]
